//! A published lot with real keys: what bidders and custodians have before the first bid.

use std::fs;
use std::path::Path;

use kaibiao_ceremony::{KeyShare, Partial, raise};
use kaibiao_crypto::SUITE_1;
use kaibiao_pki::{Identity, TrustList};
use kaibiao_replay::{TenderMaterial, VerifiedTender};
use kaibiao_seal::Header;
use kaibiao_testkit::{Fixture, People, Published, Roster, SeededEntropy};
use kaibiao_types::{Digest, Millis, Party, Threshold, UtcMillis};

use crate::error::BenchError;

/// The fixture whose tender, bidders and read-out fields are used.
const FIXTURE: &str = "works-12";

/// The bidder that seals the large file: with an RSA certificate, as most are.
pub(crate) const BIDDER: &str = "bidder-works-12-01";

/// Files of a saved lot.
const FILES: [&str; 6] =
    ["tender.json", "tender.p7s", "draft.json", "draft.p7s", "ceremony.json", "trust.json"];

/// A published lot, with the shares of all custodians in one hand, as only development has them.
#[derive(Debug)]
pub(crate) struct Lot {
    /// The fixture.
    pub(crate) fixture: Fixture,
    /// Everybody with a certificate.
    pub(crate) people: People,
    /// What was published, and the shares.
    pub(crate) published: Published,
}

/// What a process reads of a saved lot.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The tender, verified.
    pub(crate) tender: VerifiedTender,
    /// The trust list.
    pub(crate) trust: TrustList,
}

impl Lot {
    /// Plays the ceremony of `n` custodians, `k` of whom open, and publishes the lot.
    pub(crate) fn publish(n: u16, k: u16) -> Result<Self, BenchError> {
        let mut fixture = Fixture::load(FIXTURE).map_err(BenchError::product)?;
        let people = People::load(FIXTURE)?;
        fixture.draft.custody.threshold = Threshold::new(n, k).map_err(BenchError::product)?;
        let mut entropy = SeededEntropy::new("bench");
        let published = Published::new(&fixture, &people, &mut entropy)?;
        Ok(Self { fixture, people, published })
    }

    /// Writes what a bidder and a verifier need into a new folder.
    pub(crate) fn save(&self, folder: &Path) -> Result<(), BenchError> {
        fs::create_dir(folder).map_err(BenchError::file(folder))?;
        let lot = &self.published;
        let contents =
            [&lot.tender, &lot.tender_cms, &lot.draft, &lot.draft_cms, &lot.ceremony, &lot.trust];
        for (name, bytes) in FILES.into_iter().zip(contents) {
            let path = folder.join(name);
            fs::write(&path, bytes).map_err(BenchError::file(&path))?;
        }
        Ok(())
    }

    /// One custodian's partial decryption of one object.
    pub(crate) fn raise(
        tender: &VerifiedTender,
        share: &KeyShare,
        freeze_id: &Digest,
        header: &Header,
        entropy: &mut SeededEntropy,
    ) -> Result<Partial, BenchError> {
        let id = tender.record().ceremony_id;
        raise(&SUITE_1, share, &id, freeze_id, header.u(), entropy).map_err(BenchError::product)
    }
}

impl Loaded {
    /// Reads and verifies a saved lot.
    pub(crate) fn read(folder: &Path) -> Result<Self, BenchError> {
        let read = |name: &str| {
            let path = folder.join(name);
            fs::read(&path).map_err(BenchError::file(&path))
        };
        let [tender, tender_cms, draft, draft_cms, ceremony, trust] = FILES.map(read);
        let trust = TrustList::parse(&trust?).map_err(BenchError::product)?;
        let material = TenderMaterial {
            tender: &tender?,
            tender_cms: &tender_cms?,
            draft: &draft?,
            draft_cms: &draft_cms?,
            ceremony: &ceremony?,
        };
        let deadline = kaibiao_opening::TenderFile::parse(material.tender);
        let at = before(deadline.map_err(BenchError::product)?.terms().deadline);
        let tender = VerifiedTender::verify(&material, &trust, at).map_err(BenchError::product)?;
        Ok(Self { tender, trust })
    }
}

/// When bids are sealed: an hour before the deadline.
pub(crate) fn before(deadline: UtcMillis) -> UtcMillis {
    deadline.minus(Millis::from_secs(3_600))
}

/// A freeze that the partial decryptions are bound to.
pub(crate) fn freeze_id() -> Digest {
    SUITE_1.hash(b"freeze of a measurement")
}

/// One bidder with its certificate and key.
pub(crate) fn bidder() -> Result<(Identity, Party), BenchError> {
    let roster = Roster::load().map_err(BenchError::product)?;
    let entry = roster.identity(BIDDER);
    let entry = entry.ok_or_else(|| BenchError::product(format!("no identity {BIDDER}")))?;
    let read = |path: &Path| fs::read_to_string(path).map_err(BenchError::file(path));
    let (chain, key) = (read(&entry.chain())?, read(&entry.key())?);
    let random = ring::rand::SystemRandom::new();
    let identity = Identity::from_pem(&chain, &key, &random).map_err(BenchError::product)?;
    Ok((identity, entry.party.clone()))
}
