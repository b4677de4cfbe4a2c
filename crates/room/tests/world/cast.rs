//! What all seeds share: the people, one ceremony, one tender file, and the bids, sealed once.
//!
//! Everybody signs with an RSA certificate: such signatures have no randomness in them.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};

use kaibiao_crypto::SUITE_1;
use kaibiao_opening::PriceSheet;
use kaibiao_pki::{Identity, TrustList, cms};
use kaibiao_room::{NewSubmission, SubmissionHeader};
use kaibiao_seal::{
    Client, Manifest, ManifestBody, ManifestKind, ManifestPart, ObjectDigest, Padding, SealPlan,
    SliceCut, limits, seal,
};
use kaibiao_testkit::{Fixture, People, Published, Roster, SeededEntropy, TickRule};
use kaibiao_types::{
    BidPart, BidSeq, Digest, LotKey, Millis, Money, Part, Party, Stage, UtcMillis,
};
use ring::rand::SystemRandom;

/// What a bidder hands in, one version after the other.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Version {
    /// A bid, the first or one that replaces.
    Bid,
    /// 撤回.
    Withdrawal,
}

/// One version with all that is uploaded for it.
#[derive(Debug)]
pub(crate) struct Sealed {
    pub(crate) submission: NewSubmission,
    pub(crate) manifest: Manifest,
    /// Every slice of every part.
    pub(crate) slices: Vec<(BidPart, u32, Arc<[u8]>)>,
}

type Versions = BTreeMap<(usize, Vec<Version>), Arc<Sealed>>;

pub(crate) struct Cast {
    pub(crate) people: People,
    pub(crate) published: Published,
    pub(crate) trust: Arc<TrustList>,
    pub(crate) lot: LotKey,
    pub(crate) deadline: UtcMillis,
    fixture: Fixture,
    sealed: Mutex<Versions>,
}

/// The files of the hall's certificate and key.
pub(crate) const HALL: &str = "bidder-indot-b40891-01";
/// Bidders there are; a seed takes some of them.
pub(crate) const BIDDERS: usize = 5;
/// The longest documents: more than one slice, sealed by one bidder in one version.
const LARGE: usize = limits::UPLOAD_PART_LEN + 70_000;

pub(crate) fn cast() -> &'static Cast {
    static CAST: LazyLock<Cast> = LazyLock::new(Cast::new);
    &CAST
}

pub(crate) fn identity(name: &str) -> Identity {
    let roster = Roster::load().unwrap();
    let entry = roster.identity(name).unwrap();
    let read = |path| std::fs::read_to_string(path).unwrap();
    Identity::from_pem(&read(entry.chain()), &read(entry.key()), &SystemRandom::new()).unwrap()
}

fn person(name: &str) -> (Identity, Party) {
    (identity(name), Roster::load().unwrap().identity(name).unwrap().party.clone())
}

fn people() -> People {
    let (hall, hall_party) = person(HALL);
    let (host, host_party) = person("host-zhuzhou-2022");
    let (supervisor, supervisor_party) = person("host-works-12");
    let custodians = ["custodian-1", "custodian-3", "custodian-5"];
    let bidders = ["01", "03", "05", "07", "09"].map(|no| format!("bidder-works-12-{no}"));
    People {
        hall,
        hall_party,
        host,
        host_party,
        supervisor,
        supervisor_party,
        custodians: custodians.map(person).into(),
        bidders: bidders.iter().map(|name| person(name)).collect(),
    }
}

impl Cast {
    fn new() -> Self {
        let people = people();
        let mut fixture = Fixture::load("zhuzhou-2022").unwrap();
        let seconds = Millis::from_secs;
        let draft = &mut fixture.draft;
        draft.supervisor = people.supervisor_party.clone();
        draft.notice_ms = seconds(20);
        draft.freeze_wait_ms = seconds(8);
        draft.ticks = vec![
            TickRule { within_ms: Some(seconds(8)), every_ms: seconds(2) },
            TickRule { within_ms: None, every_ms: seconds(15) },
        ];
        let published =
            Published::new(&fixture, &people, &mut SeededEntropy::new("world")).unwrap();
        let trust = Arc::new(TrustList::parse(&published.trust).unwrap());
        let lot = published.verified.file().lot_key();
        let deadline = published.verified.file().terms().deadline;
        Self { people, published, trust, lot, deadline, fixture, sealed: Mutex::default() }
    }

    pub(crate) fn index_of(&self, party: &Party) -> usize {
        self.people.bidders.iter().position(|(_, known)| known == party).unwrap()
    }

    /// The price that a bidder seals in its version `seq`.
    pub(crate) fn total(&self, bidder: usize, seq: u32) -> Money {
        let base = self.fixture.bidders[0].sheet.total.minor();
        Money::new(base - (bidder as u64 * 1_000 + u64::from(seq)), self.fixture.draft.currency)
            .unwrap()
    }

    /// The last of these versions of a bidder's bid, sealed once for all seeds.
    pub(crate) fn sealed(&self, bidder: usize, versions: &[Version]) -> Arc<Sealed> {
        let key = (bidder, versions.to_vec());
        if let Some(known) = self.sealed.lock().unwrap().get(&key) {
            return Arc::clone(known);
        }
        let (_, before) = versions.split_last().unwrap();
        let supersedes = match before {
            [] => Digest::ZERO,
            before => self.sealed(bidder, before).manifest.sha256(),
        };
        let made = Arc::new(self.seal(bidder, versions, supersedes));
        let mut all = self.sealed.lock().unwrap();
        Arc::clone(all.entry(key).or_insert(made))
    }

    fn seal(&self, bidder: usize, versions: &[Version], supersedes: Digest) -> Sealed {
        let mut entropy = SeededEntropy::new(format!("world {bidder} {versions:?}"));
        let (identity, party) = &self.people.bidders[bidder];
        let tender = &self.published.verified;
        let terms = tender.file().terms();
        let seq = versions.len() as u32;
        let withdraws = versions.last() == Some(&Version::Withdrawal);
        let sealed_at = terms.deadline.minus(Millis::from_secs(3_600));
        let mut body = ManifestBody {
            v: 1,
            kind: if withdraws { ManifestKind::Withdraw } else { ManifestKind::Submit },
            suite: SUITE_1.id(),
            tender: terms.tender.clone(),
            lot: terms.lot.clone(),
            bidder: party.clone(),
            signer_spki_sha256: identity.certificate().spki_sha256(),
            seq: BidSeq::new(seq).unwrap(),
            supersedes,
            ceremony_id: tender.record().ceremony_id,
            deadline: terms.deadline,
            client: Client::Cli,
            sealed_at,
            parts: Vec::new(),
        };
        let (mut headers, mut slices) = (Vec::new(), Vec::new());
        for (part, text) in if withdraws { Vec::new() } else { self.texts(bidder, seq) } {
            let stage = Stage::new(1).unwrap();
            let context = Self::context(&body, stage, part);
            let plan = SealPlan {
                context: &context,
                bases: tender.bases(),
                padding: Padding::of(part),
                plaintext_len: text.len() as u64,
                bidder_lock: None,
            };
            let mut file = Vec::new();
            let made = seal(&plan, &mut text.as_slice(), &mut file, &mut entropy).unwrap();
            let header = made.header.bytes().to_vec();
            let mut digest = ObjectDigest::new();
            digest.update(&file).unwrap();
            let (_, roots) = digest.finish_with_slices().unwrap();
            let slice_roots = roots.iter().flat_map(|root| *root.bytes()).collect();
            headers.push(SubmissionHeader { stage, part, header, slice_roots });
            let entry = ManifestPart::new(stage, part, &made.object);
            let cut = SliceCut::of(&made.header);
            for (n, range) in (0..).map_while(|n| Some((n, cut.range(n)?))) {
                slices.push((
                    entry.name(),
                    n,
                    file[range.start as usize..range.end as usize].into(),
                ));
            }
            body.parts.push(entry);
        }
        let manifest = Manifest::build(body).unwrap();
        let signed =
            cms::sign_detached(identity, manifest.bytes(), sealed_at, &SystemRandom::new());
        let submission =
            NewSubmission { manifest: manifest.bytes().to_vec(), cms: signed.unwrap(), headers };
        Sealed { submission, manifest, slices }
    }

    fn context(body: &ManifestBody, stage: Stage, part: Part) -> kaibiao_seal::Context {
        kaibiao_seal::Context::of_bid(&kaibiao_seal::BidContext {
            suite: &SUITE_1,
            ceremony_id: body.ceremony_id,
            lot: &LotKey { tender: body.tender.clone(), lot: body.lot.clone() },
            stage,
            part,
            bidder: &body.bidder.code,
            signer_spki: body.signer_spki_sha256,
            seq: body.seq,
            supersedes: body.supersedes,
        })
    }

    fn texts(&self, bidder: usize, seq: u32) -> Vec<(Part, Vec<u8>)> {
        let (_, party) = &self.people.bidders[bidder];
        let rules = self.published.verified.file().sheet_rules(Stage::new(1).unwrap());
        let fields = self.fixture.bidders[0].sheet.fields.clone();
        let sheet = PriceSheet::build(&rules, &party.code, self.total(bidder, seq), fields);
        let documents = match (bidder, seq) {
            (4, 1) => vec![7; LARGE],
            (_, seq) => b"bid documents\n".repeat(100 * seq as usize),
        };
        vec![(Part::Price, sheet.unwrap().to_bytes()), (Part::Documents, documents)]
    }
}
