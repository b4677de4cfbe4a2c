//! The evidence package.

use std::io::Cursor;
use std::sync::LazyLock;

use kaibiao_evidence::{BidContents, PackageContents, SignedFile, Verdict, verify, write};
use kaibiao_testkit::Scenario;
use kaibiao_types::UtcMillis;

use crate::scene::SCENE;

/// Any file: a report with one verdict, and "passed" only for the package as it was sealed.
pub(crate) fn package(data: &[u8]) {
    let report = verify(&mut Cursor::new(data), &SCENE.trust, None);
    if report.verdict() == Verdict::Passed {
        assert!(SEALED.as_deref() == Some(data), "an altered package passed");
    }
}

/// The whole package, its first and its last bytes.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let whole = SEALED.as_deref().unwrap_or_default();
    let first = whole.get(..CUT).unwrap_or_default();
    let last = whole.len().checked_sub(CUT).and_then(|from| whole.get(from..)).unwrap_or_default();
    vec![first.to_vec(), last.to_vec(), whole.to_vec()]
}

/// Bytes of a seed that is a part of a package.
const CUT: usize = 4_096;

/// Sealed anew by every process: the signatures of EC certificates have randomness.
static SEALED: LazyLock<Option<Vec<u8>>> = LazyLock::new(sealed);

fn sealed() -> Option<Vec<u8>> {
    let scenario = &SCENE.scenario;
    let at = UtcMillis::new(1_800_010_000_000).ok()?;
    let rng = ring::rand::SystemRandom::new();
    let mut out = Vec::new();
    write(&contents(scenario), &scenario.people.hall, at, &rng, &mut out).ok()?;
    Some(out)
}

fn contents(scenario: &Scenario) -> PackageContents {
    let signed = |bytes: &[u8], cms: &[u8]| SignedFile { bytes: bytes.into(), cms: cms.into() };
    let bids = scenario.bids.iter().map(|bid| BidContents {
        manifest: signed(&bid.manifest, &bid.cms),
        headers: bid.headers.clone(),
        prices: bid.prices(),
        receipt: signed(&bid.receipt, &bid.receipt_cms),
        receipt_proof: bid.receipt_proof.clone(),
    });
    PackageContents {
        tender: signed(&scenario.tender, &scenario.tender_cms),
        draft: signed(&scenario.draft, &scenario.draft_cms),
        ceremony: scenario.ceremony.clone(),
        trust: scenario.trust.clone(),
        log: scenario.log.jsonl(),
        checkpoint: scenario.checkpoint.clone(),
        places: scenario.places.clone(),
        bids: bids.collect(),
        journals: scenario.journals.clone(),
    }
}
