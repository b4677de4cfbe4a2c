//! A whole opening in memory: real keys, a real key generation, really sealed bids, and a log in
//! which every step was decided by the procedure. For tests of whoever reads an opening.

mod bid;
mod ceremony;
mod draw;
mod estimate;
mod hearing;
mod intake;
mod journals;
mod people;
mod result;
mod room;
mod steps;
mod time;
mod unlock;
mod unsealing;

use std::collections::BTreeMap;
use std::sync::Arc;

use kaibiao_journal::{
    Cosigner, LogOrigin, LogSigner, OpeningLog, PlacePath, SignedNote, TreeHead,
};
use kaibiao_opening::{
    Announced, BidderLockTerms, CeremonyRef, Envelope, HallRef, LogRef, State, Step, Template,
    TenderDraft, TenderFile, Terms, TimeSource,
};
use kaibiao_pki::{Identity, TrustList};
use kaibiao_replay::{TenderMaterial, VerifiedTender};
use kaibiao_types::{CustodianIndex, Digest, Millis, UtcMillis};

pub use bid::ScenarioBid;
pub use estimate::{ESTIMATE, EstimatePlay, estimate_command, estimate_plain, seal_estimate};
pub use people::People;

use crate::{Fixture, SeededEntropy};

/// Why a scenario could not be built: a defect, of a test's knobs or of the crates it drives.
pub type ScenarioError = Box<dyn std::error::Error + Send + Sync>;

/// How a draw goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DrawPlay {
    /// All custodians answer with a proof.
    Fair,
    /// The first custodian's proof does not hold.
    Lied,
    /// Only one custodian answers, and the draw is given up.
    Lost,
    /// All answer, and the hall writes another value than the one that follows.
    Steered,
}

/// How bidders unlock their bids.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct WindowPlay {
    /// What the tender file says of a bid that its bidder does not unlock.
    pub lock: BidderLockTerms,
    /// This bidder does not unlock its bid.
    pub silent: Option<usize>,
    /// This bidder hands over a secret that does not fit, and the hall takes it.
    pub wrong: Option<usize>,
}

/// What is to happen. Bidders are counted from 0, in the order of the fixture.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools)] // things that may happen or not, each by itself
pub struct ScenarioOptions {
    /// Name of the fixture tender.
    pub fixture: &'static str,
    /// How many bidders of the fixture take part; `None` is all. Fewer than three: the lot fails.
    pub bidders: Option<usize>,
    /// This bidder sealed something that nobody can open.
    pub garbage: Option<usize>,
    /// This bidder sealed a text that is no price sheet.
    pub bad_format: Option<usize>,
    /// This bidder replaced its first version before the deadline.
    pub revised: Option<usize>,
    /// This bidder withdrew its bid before the deadline.
    pub withdrawn: Option<usize>,
    /// The tender file asks bidders to unlock their bids.
    pub bidder_window: Option<WindowPlay>,
    /// The hall publishes another price for this bidder than it sealed, and says so everywhere.
    pub forged: Option<usize>,
    /// The last custodian is away: the freeze is degraded.
    pub custodian_absent: bool,
    /// So many custodians, the first ones, put proofs that do not hold into the log.
    pub lying_custodians: usize,
    /// A draw is held, also in a tender that has none by itself.
    pub draw: Option<DrawPlay>,
    /// The tender provides for a base estimate.
    pub estimate: Option<EstimatePlay>,
    /// The result is told after the close, corrected once, and answered by all but the first bidder.
    pub result: bool,
    /// The tender file names time servers that nobody reaches, and the time is confirmed.
    pub confirmed_time: bool,
    /// The tender file says that the hall is another organisation than its certificate says.
    pub foreign_hall: bool,
    /// So many custodians, the first ones, never hand over their journals.
    pub silent_custodians: usize,
    /// So many custodians, the first ones, refuse to release and say so.
    pub refusing_custodians: usize,
    /// The tender has two envelopes; the last bidder does not pass with the first.
    pub two_envelopes: bool,
    /// Whether the bids have documents beside the price.
    pub documents: bool,
    /// Whether a bidder objects and the host answers.
    pub objection: bool,
    /// The record is corrected by a second version.
    pub corrected: bool,
    /// The opening is paused, and terminated by host and supervisor, before anything is unsealed.
    pub terminated: bool,
    /// Stop before the record: the opening is not over.
    pub unfinished: bool,
    /// Seed of everything that is drawn, except the signatures of EC certificates.
    pub seed: &'static str,
}

impl Default for ScenarioOptions {
    fn default() -> Self {
        Self {
            fixture: "zhuzhou-2022",
            bidders: None,
            garbage: None,
            bad_format: None,
            revised: None,
            withdrawn: None,
            bidder_window: None,
            forged: None,
            custodian_absent: false,
            lying_custodians: 0,
            draw: None,
            estimate: None,
            result: false,
            confirmed_time: false,
            foreign_hall: false,
            refusing_custodians: 0,
            silent_custodians: 0,
            two_envelopes: false,
            documents: true,
            objection: true,
            corrected: false,
            terminated: false,
            unfinished: false,
            seed: "scenario",
        }
    }
}

/// A finished opening: all that a hall holds at its end.
#[derive(Debug)]
pub struct Scenario {
    /// Exact bytes of `draft.json`.
    pub draft: Vec<u8>,
    /// The host's CMS over it.
    pub draft_cms: Vec<u8>,
    /// Exact bytes of `tender.json`.
    pub tender: Vec<u8>,
    /// The host's CMS over it.
    pub tender_cms: Vec<u8>,
    /// The ceremony bundle (JSON).
    pub ceremony: Vec<u8>,
    /// Exact bytes of the trust list.
    pub trust: Vec<u8>,
    /// The tender as every party has verified it.
    pub verified: Arc<VerifiedTender>,
    /// The opening log.
    pub log: OpeningLog,
    /// The state that follows from it.
    pub state: State,
    /// The signed final head with the cosignatures of all custodians.
    pub checkpoint: String,
    /// The paths of the opened places, in the order of the freeze list.
    pub places: Vec<PlacePath>,
    /// The receipted bids, in the order of the freeze list.
    pub bids: Vec<ScenarioBid>,
    /// The custodians' journals, each as it was signed last.
    pub journals: BTreeMap<CustodianIndex, Vec<u8>>,
    /// Everybody with a certificate.
    pub people: People,
    /// The log's key.
    pub log_signer: LogSigner,
    /// The custodians' cosigning keys.
    pub cosigners: Vec<Cosigner>,
}

/// The deadline of every scenario: 2027-01-15 08:00 UTC.
const DEADLINE: u64 = 1_800_000_000_000;

/// Everything that is fixed before the first bid.
#[derive(Debug)]
pub struct Published {
    /// Exact bytes of `draft.json`.
    pub draft: Vec<u8>,
    /// The host's CMS over it.
    pub draft_cms: Vec<u8>,
    /// Exact bytes of `tender.json`.
    pub tender: Vec<u8>,
    /// The host's CMS over it.
    pub tender_cms: Vec<u8>,
    /// The ceremony bundle (JSON).
    pub ceremony: Vec<u8>,
    /// Exact bytes of the trust list.
    pub trust: Vec<u8>,
    /// The tender as every party has verified it.
    pub verified: Arc<VerifiedTender>,
    /// The custodians' shares of the key, in their order.
    pub shares: Vec<kaibiao_ceremony::KeyShare>,
    /// The seed of the log's key.
    pub log_seed: [u8; 32],
    /// The custodians' cosigning keys, in their order.
    pub cosigners: Vec<Cosigner>,
    log_signer: LogSigner,
}

impl Published {
    /// Plays the ceremony and publishes the lot of a fixture, which may have been changed.
    ///
    /// # Errors
    ///
    /// [`ScenarioError`] if some step is refused.
    pub fn new(
        fixture: &Fixture,
        people: &People,
        entropy: &mut SeededEntropy,
    ) -> Result<Self, ScenarioError> {
        let trust = std::fs::read(crate::keys_dev().join("trust.json"))?;
        publish(fixture, people, entropy, trust, UtcMillis::new(DEADLINE)?)
    }

    /// The same under another trust list, which must name the authorities of `keys-dev` too, and with
    /// another deadline.
    ///
    /// # Errors
    ///
    /// [`ScenarioError`] if some step is refused.
    pub fn under(
        fixture: &Fixture,
        people: &People,
        entropy: &mut SeededEntropy,
        trust: Vec<u8>,
        deadline: UtcMillis,
    ) -> Result<Self, ScenarioError> {
        publish(fixture, people, entropy, trust, deadline)
    }
}

impl Scenario {
    /// Plays an opening from the key generation to its end.
    ///
    /// # Errors
    ///
    /// [`ScenarioError`] if some step is refused.
    pub fn build(options: &ScenarioOptions) -> Result<Self, ScenarioError> {
        let mut entropy = SeededEntropy::new(options.seed);
        let mut fixture = Fixture::load(options.fixture)?;
        if options.draw.is_some() && fixture.draft.draws.is_empty() {
            fixture.draft.draws = draw::sample();
        }
        fixture.draft.base_estimate = options.estimate.is_some();
        fixture.draft.result = options.result.then_some(result::SESSION);
        if options.two_envelopes {
            "two-envelope".clone_into(&mut fixture.draft.template);
            fixture.draft.envelopes = envelopes();
        }
        let mut people = People::load(options.fixture)?;
        if options.foreign_hall {
            people.hall_party = people.supervisor_party.clone();
        }
        if let Some(play) = options.bidder_window {
            unlock::asked(&mut fixture, play.lock)?;
        }
        if options.confirmed_time {
            fixture.draft.custody.time = TimeSource::Sources(time::sample(&people));
        }
        let published = Published::new(&fixture, &people, &mut entropy)?;
        let played = steps::play(options, &fixture, &people, &published, &mut entropy)?;
        let Published { draft, draft_cms, tender, tender_cms, ceremony, trust, .. } = published;
        Ok(Self {
            draft,
            draft_cms,
            tender,
            tender_cms,
            ceremony,
            trust,
            verified: published.verified,
            checkpoint: played.checkpoint,
            log: played.log,
            state: played.state,
            places: played.places,
            bids: played.bids,
            journals: played.journals,
            people,
            log_signer: published.log_signer,
            cosigners: published.cosigners,
        })
    }

    /// Any head, signed by the log and cosigned by the first `cosigners` custodians at `at`.
    ///
    /// # Errors
    ///
    /// [`ScenarioError`] if a key does not fit.
    pub fn sign_head(
        &self,
        head: TreeHead,
        cosigners: usize,
        at: UtcMillis,
    ) -> Result<String, ScenarioError> {
        let cosigners: Vec<&Cosigner> = self.cosigners.iter().take(cosigners).collect();
        signed_head(&self.log_signer, &cosigners, head, at)
    }
}

/// A head with the log's signature and cosignatures.
fn signed_head(
    signer: &LogSigner,
    cosigners: &[&Cosigner],
    head: TreeHead,
    at: UtcMillis,
) -> Result<String, ScenarioError> {
    let mut note = SignedNote::parse(&signer.sign(head))?;
    let checkpoint = kaibiao_journal::Checkpoint { origin: signer.origin().clone(), head };
    for cosigner in cosigners {
        note.add_line(&cosigner.cosign(&checkpoint, at)?)?;
    }
    Ok(note.note())
}

/// Draft, ceremony, tender file.
fn publish(
    fixture: &Fixture,
    people: &People,
    entropy: &mut SeededEntropy,
    trust_bytes: Vec<u8>,
    deadline: UtcMillis,
) -> Result<Published, ScenarioError> {
    let rng = ring::rand::SystemRandom::new();
    let trust = TrustList::parse(&trust_bytes)?;
    let drafted_at = deadline.minus(Millis::from_secs(90_000));

    let draft = draft(fixture, people, deadline)?;
    let draft_bytes = draft.to_bytes();
    let sign = |identity: &Identity, bytes: &[u8]| {
        kaibiao_pki::cms::sign_detached(identity, bytes, drafted_at, &rng)
    };
    let draft_cms = sign(&people.host, &draft_bytes)?;

    let origin = LogOrigin::parse(&draft.terms().log_origin())?;
    let made = ceremony::run(&draft, &draft_bytes, &origin, people, drafted_at, entropy)?;
    let log_seed = seed(entropy)?;
    let log_signer = LogSigner::from_seed(origin.clone(), &log_seed)?;
    let announced = Announced {
        ceremony: CeremonyRef { id: made.ceremony_id, sha256: made.ceremony_sha256 },
        log: LogRef { origin: origin.to_string(), vkey: log_signer.vkey().to_string() },
        hall: HallRef {
            party: people.hall_party.clone(),
            cert_sha256: people.hall.certificate().sha256(),
        },
        trust_sha256: trust.sha256(),
    };
    let tender = TenderFile::new(&draft, announced)?.to_bytes();
    let tender_cms = sign(&people.host, &tender)?;
    let material = TenderMaterial {
        tender: &tender,
        tender_cms: &tender_cms,
        draft: &draft_bytes,
        draft_cms: &draft_cms,
        ceremony: &made.bundle,
    };
    let verified = Arc::new(VerifiedTender::verify(&material, &trust, drafted_at)?);
    Ok(Published {
        draft: draft_bytes,
        draft_cms,
        tender,
        tender_cms,
        ceremony: made.bundle,
        trust: trust_bytes,
        verified,
        shares: made.shares,
        log_seed,
        log_signer,
        cosigners: made.cosigners,
    })
}

/// The fixture's draft with what belongs to a run.
fn draft(
    fixture: &Fixture,
    people: &People,
    deadline: UtcMillis,
) -> Result<TenderDraft, ScenarioError> {
    let mut value = serde_json::to_value(&fixture.draft)?;
    let seats: Vec<serde_json::Value> = (1_u16..=fixture.draft.custody.threshold.n())
        .zip(&people.custodians)
        .map(|(index, (identity, party))| {
            let cert: Digest = identity.certificate().sha256();
            serde_json::json!({ "index": index, "party": party, "cert_sha256": cert })
        })
        .collect();
    let object = value.as_object_mut().ok_or("a draft is an object")?;
    object.remove("v");
    object.remove("kind");
    object.insert("platform".to_owned(), "kaibiao.example".into());
    object.insert("deadline".to_owned(), deadline.get().into());
    let custody = object.get_mut("custody").and_then(serde_json::Value::as_object_mut);
    custody.ok_or("a draft has a custody")?.insert("custodians".to_owned(), seats.into());
    let terms: Terms = serde_json::from_value(value)?;
    Ok(TenderDraft::new(terms)?)
}

/// The envelope before the prices, with the order of the first version.
fn envelopes() -> Vec<Envelope> {
    let mut envelopes = Template::TwoEnvelope.envelopes();
    for envelope in &mut envelopes {
        envelope.steps.retain(|listed| listed.step != Step::CheckBidders);
    }
    envelopes
}

/// 32 drawn bytes.
fn seed(entropy: &mut SeededEntropy) -> Result<[u8; 32], ScenarioError> {
    let mut out = [0; 32];
    kaibiao_crypto::Entropy::fill(entropy, &mut out)?;
    Ok(out)
}
