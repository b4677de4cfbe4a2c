//! The auditor's own trust list and instant.

use std::io::Cursor;

use kaibiao_pki::TrustList;
use kaibiao_types::UtcMillis;
use serde_json::Value;

use super::common::{Case, assert_verdict, files, rich_scenario, sealed};
use crate::CheckId::{Ord05, Tru02, Wit02};
use crate::{Verdict, verify};

/// The tender's trust list after a change.
fn list(edit: impl FnOnce(&mut Value)) -> TrustList {
    let mut value: Value = serde_json::from_slice(&rich_scenario().trust).unwrap();
    edit(&mut value);
    TrustList::parse(&serde_json::to_vec(&value).unwrap()).unwrap()
}

fn good() -> Vec<u8> {
    sealed(rich_scenario(), &files(rich_scenario()))
}

pub(super) fn cases() -> Vec<Case> {
    let anchors = rich_scenario().verified.file().terms().custody.custodians.len();
    assert_eq!(anchors, 3);
    // The host's certificate is under one of the two CAs; without it the host is a stranger.
    let without =
        |place: usize| list(|value| drop(value["anchors"].as_array_mut().unwrap().remove(place)));
    let mut cases: Vec<Case> = (0..2)
        .map(|place| {
            let mut case = Case::opens("N16 root of nobody's list", good(), Tru02);
            case.trust = Some(without(place));
            case
        })
        .collect();
    let knows_host = |case: &Case| {
        let report = verify(&mut Cursor::new(&case.package), case.trust.as_ref().unwrap(), None);
        report.finding(Tru02, None).unwrap().outcome == crate::Outcome::Pass
    };
    cases.retain(|case| !knows_host(case));
    assert!(!cases.is_empty());

    let last = rich_scenario().log.last_at().unwrap();
    let before = UtcMillis::new(last.get() - 1).unwrap();
    let mut early = Case::fails("log from the future", good(), Ord05);
    early.at = Some(before);
    let mut cosigned = Case::opens("N34 cosignatures from the future", good(), Wit02);
    cosigned.at = Some(before);
    cosigned.verdict = Verdict::Failed; // the log itself is later than that instant, too
    cases.extend([early, cosigned]);
    cases
}

#[test]
fn another_list_with_the_same_roots_passes_with_a_note() {
    let other = list(|value| value["name"] = "the auditor's own list".into());
    let report = verify(&mut Cursor::new(good()), &other, None);
    assert_verdict(&report, Verdict::Passed);
    assert!(report.notes().iter().any(|note| note.id == "trust-list-differs"));
}

#[test]
fn a_later_instant_changes_nothing() {
    let list = super::common::trust(rich_scenario());
    let package = good();
    let report = |at: Option<u64>| {
        let at = at.map(|at| UtcMillis::new(at).unwrap());
        verify(&mut Cursor::new(&package), &list, at)
    };
    // Twenty years on, when every certificate has expired (N57).
    for at in [None, Some(1_800_020_000_000), Some(2_431_000_000_000)] {
        assert_verdict(&report(at), Verdict::Passed);
    }
    assert_eq!(report(None), report(None));
    assert_eq!(report(None).json(), report(None).json());
}
