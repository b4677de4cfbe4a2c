//! A package of a scenario, and ways to change it.

use std::io::Cursor;
use std::sync::LazyLock;

use kaibiao_pki::TrustList;
use kaibiao_testkit::{Scenario, ScenarioOptions};
use kaibiao_types::UtcMillis;

use crate::package::{Files, collect, seal_files};
use crate::{
    BidContents, CheckId, Lang, Outcome, PackageContents, Report, SignedFile, Verdict, verify,
};

/// When every package of these tests is sealed: after the opening of every scenario.
pub(super) fn sealed_at() -> UtcMillis {
    UtcMillis::new(1_800_010_000_000).unwrap()
}

/// An opening with everything: a replaced and a withdrawn bid, a bid that does not open, an
/// objection, documents.
pub(super) fn rich() -> ScenarioOptions {
    ScenarioOptions {
        fixture: "indot-b40891",
        garbage: Some(2),
        bad_format: Some(4),
        revised: Some(0),
        withdrawn: Some(1),
        seed: "rich",
        ..ScenarioOptions::default()
    }
}

pub(super) fn scenario(options: &ScenarioOptions) -> Scenario {
    Scenario::build(options).unwrap()
}

/// What the hall hands in.
pub(super) fn contents(scenario: &Scenario) -> PackageContents {
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

pub(super) fn trust(scenario: &Scenario) -> TrustList {
    TrustList::parse(&scenario.trust).unwrap()
}

/// The files of the package, to be changed by a test.
pub(super) fn files(scenario: &Scenario) -> Files {
    collect(&contents(scenario)).unwrap()
}

/// A package of these files, sealed by the hall as if they were right.
pub(super) fn sealed(scenario: &Scenario, files: &Files) -> Vec<u8> {
    let rng = ring::rand::SystemRandom::new();
    let mut out = Vec::new();
    seal_files(files, &scenario.people.hall, sealed_at(), &rng, &mut out).unwrap();
    out
}

pub(super) fn report(scenario: &Scenario, package: &[u8]) -> Report {
    verify(&mut Cursor::new(package), &trust(scenario), None)
}

/// Asserts a verdict, with the report where it is another one.
pub(super) fn assert_verdict(report: &Report, verdict: Verdict) {
    assert_eq!(report.verdict(), verdict, "{}", report.text(Lang::En));
}

/// One change and what must come of it.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) package: Vec<u8>,
    /// The auditor's list; `None` is the one of the tender.
    pub(super) trust: Option<TrustList>,
    pub(super) at: Option<UtcMillis>,
    /// The check that must answer, over all bids.
    pub(super) check: CheckId,
    pub(super) outcome: Outcome,
    pub(super) indication: Option<&'static str>,
    pub(super) verdict: Verdict,
}

impl Case {
    /// A change that must fail this check and the package.
    pub(super) const fn fails(name: &'static str, package: Vec<u8>, check: CheckId) -> Self {
        Self {
            name,
            package,
            trust: None,
            at: None,
            check,
            outcome: Outcome::Fail,
            indication: None,
            verdict: Verdict::Failed,
        }
    }

    /// A change that must leave this check and the package open.
    pub(super) const fn opens(name: &'static str, package: Vec<u8>, check: CheckId) -> Self {
        let mut case = Self::fails(name, package, check);
        case.outcome = Outcome::Unknown;
        case.verdict = Verdict::Indeterminate;
        case
    }

    pub(super) const fn with(mut self, indication: &'static str) -> Self {
        self.indication = Some(indication);
        self
    }
}

/// The rich opening, built once.
pub(super) fn rich_scenario() -> &'static Scenario {
    static RICH: LazyLock<Scenario> = LazyLock::new(|| scenario(&rich()));
    &RICH
}

/// A lot that failed for too few bidders, built once.
pub(super) fn failed_lot() -> &'static Scenario {
    static FAILED: LazyLock<Scenario> = LazyLock::new(|| {
        scenario(&ScenarioOptions { bidders: Some(2), seed: "failed", ..Default::default() })
    });
    &FAILED
}

/// The folder of the bid of one bidder (counted as in the fixture) in one version.
pub(super) fn bid_name(scenario: &Scenario, bidder: usize, seq: u32) -> String {
    format!("{}-{seq}", scenario.people.bidders[bidder].1.code)
}
