//! Packages of honest openings pass, whatever happened in them.

use std::time::Instant;

use kaibiao_opening::BidderLockTerms;
use kaibiao_testkit::{DrawPlay, EstimatePlay, ScenarioOptions, WindowPlay};

use super::common::{
    assert_verdict, contents, failed_lot, files, report, rich, rich_scenario, scenario, sealed,
    sealed_at,
};
use crate::package::collect;
use crate::{CheckId, Lang, Outcome, Report, Verdict, write};

fn written(options: &ScenarioOptions) -> Report {
    let scenario = scenario(options);
    report(&scenario, &sealed(&scenario, &files(&scenario)))
}

fn notes(report: &Report) -> Vec<&'static str> {
    report.notes().iter().map(|note| note.id).collect()
}

#[test]
fn a_whole_opening_passes() {
    let rich = rich_scenario();
    let rng = ring::rand::SystemRandom::new();
    let mut package = Vec::new();
    write(&contents(rich), &rich.people.hall, sealed_at(), &rng, &mut package).unwrap();
    let report = report(rich, &package);
    assert_verdict(&report, Verdict::Passed);
    assert_eq!(report.exit_code(), 0);
    assert_eq!((report.count(Outcome::Unknown), report.count(Outcome::Fail)), (0, 0));
    assert_eq!(report.bids().len(), 9);
    let expected = ["bad-format", "bid-not-opened", "custody-self", "time-self", "fictional"];
    assert_eq!(notes(&report), expected);
    let zh = report.text(Lang::Zh);
    assert!(zh.ends_with("结论：通过（公开范围） TOTAL-PASSED\n"), "{zh}");
    let en = report.text(Lang::En);
    assert!(en.ends_with("verdict: TOTAL-PASSED (public scope)\n"), "{en}");
    let json: serde_json::Value = serde_json::from_str(&report.json()).unwrap();
    assert_eq!(json["verdict"], "TOTAL-PASSED");
    assert_eq!(json["checks"].as_array().unwrap().len(), report.findings().len());
    assert_eq!(json["counts"]["fail"], 0);
}

#[test]
fn the_same_contents_give_the_same_files() {
    let rich = rich_scenario();
    assert_eq!(collect(&contents(rich)).unwrap(), collect(&contents(rich)).unwrap());
}

#[test]
fn a_lot_that_failed_for_too_few_bidders_passes() {
    let report = report(failed_lot(), &sealed(failed_lot(), &files(failed_lot())));
    assert_verdict(&report, Verdict::Passed);
    let outcome = |check, bid| report.finding(check, bid).unwrap().outcome;
    assert_eq!(outcome(CheckId::Ord03, None), Outcome::Pass);
    assert_eq!(outcome(CheckId::Cer04, None), Outcome::Pass);
    assert_eq!(outcome(CheckId::Ord02, None), Outcome::NotApplicable);
    assert_eq!(outcome(CheckId::Rec02, None), Outcome::NotApplicable);
    let bid = report.bids()[0].name.as_str();
    for check in [CheckId::Sea03, CheckId::Dec01, CheckId::Dec02] {
        assert_eq!(outcome(check, Some(bid)), Outcome::NotApplicable);
    }
    assert_eq!(report.bids()[0].opened, None);
    // What nobody opened is not handed out either.
    assert!(!files(failed_lot()).keys().any(|name| name.ends_with("price.sealed")));
}

#[test]
fn a_terminated_lot_passes_and_hands_out_nothing() {
    let terminated = scenario(&ScenarioOptions { terminated: true, ..ScenarioOptions::default() });
    let files = files(&terminated);
    let report = report(&terminated, &sealed(&terminated, &files));
    assert_verdict(&report, Verdict::Passed);
    let outcome = |check| report.finding(check, None).unwrap().outcome;
    assert_eq!(outcome(CheckId::Ord04), Outcome::Pass);
    for check in [CheckId::Ord02, CheckId::Rec02] {
        assert_eq!(outcome(check), Outcome::NotApplicable);
    }
    let notes = notes(&report);
    assert!(notes.contains(&"held") && notes.contains(&"ended-early"), "{notes:?}");
    assert!(!files.keys().any(|name| name.ends_with("price.sealed") || name.contains("record")));
}

#[test]
fn a_corrected_record_passes_with_a_note() {
    let report = written(&ScenarioOptions { corrected: true, ..ScenarioOptions::default() });
    assert_verdict(&report, Verdict::Passed);
    assert_eq!(report.finding(CheckId::Rec02, None).unwrap().outcome, Outcome::Pass);
    let notes = notes(&report);
    assert!(notes.contains(&"record-corrected"), "{notes:?}");
    // Only host and supervisor signed the second version: who did not is named.
    assert!(notes.contains(&"record-unsigned"), "{notes:?}");
}

/// Bidders unlocked their bids first: one was silent, one handed something else over (ADR-0020).
#[test]
fn a_bidder_window_passes_with_either_lock() {
    for (lock, documents) in [(BidderLockTerms::Escrow, true), (BidderLockTerms::Strict, false)] {
        let window = WindowPlay { lock, silent: Some(1), wrong: Some(2) };
        let options =
            ScenarioOptions { bidder_window: Some(window), documents, ..Default::default() };
        let report = written(&options);
        assert_verdict(&report, Verdict::Passed);
        let shut = notes(&report).iter().filter(|note| **note == "bid-not-opened").count();
        assert_eq!(shut, if lock == BidderLockTerms::Strict { 2 } else { 0 });
    }
}

#[test]
fn a_lying_custodian_does_no_harm_to_an_escrow() {
    let window = WindowPlay { lock: BidderLockTerms::Escrow, silent: Some(0), wrong: None };
    let options = ScenarioOptions {
        bidder_window: Some(window),
        lying_custodians: 1,
        documents: false,
        ..Default::default()
    };
    let report = written(&options);
    assert_verdict(&report, Verdict::Passed);
    let bad = notes(&report).iter().filter(|note| **note == "bad-partial").count();
    assert_eq!(bad, 4, "one for each bid, of U and U' alike");
}

#[test]
fn two_envelopes_pass_and_the_one_that_did_not_stays_sealed() {
    let options = ScenarioOptions { two_envelopes: true, bidders: Some(4), ..rich() };
    let two =
        scenario(&ScenarioOptions { garbage: None, bad_format: None, withdrawn: None, ..options });
    let files = files(&two);
    let report = report(&two, &sealed(&two, &files));
    assert_verdict(&report, Verdict::Passed);
    assert_eq!((report.count(Outcome::Unknown), report.count(Outcome::Fail)), (0, 0));
    assert!(notes(&report).contains(&"envelope-passed"), "{:?}", notes(&report));
    let count = |end: &str| files.keys().filter(|name| name.ends_with(end)).count();
    assert_eq!((count("/price.sealed"), count("/price-2.sealed")), (4, 3));
    for name in ["record.json", "record.txt", "record-2.json", "record-2.txt"] {
        assert!(files.contains_key(&format!("opening/{name}")), "{name}");
    }
    assert_eq!(count(".2.json"), 3);
    let page = String::from_utf8(files["opening/record-2.txt"].clone()).unwrap();
    assert!(page.contains("未通过，不予拆封 Not passed, stays sealed"), "{page}");
}

#[test]
fn a_degraded_freeze_passes_with_a_note() {
    let report = written(&ScenarioOptions { custodian_absent: true, ..Default::default() });
    assert_verdict(&report, Verdict::Passed);
    assert!(notes(&report).contains(&"degraded-freeze"));
    // The absent custodian has not said that its share is destroyed: said, and no failure.
    assert_eq!(report.finding(CheckId::Cer04, None).unwrap().outcome, Outcome::Pass);
    let missing = report.notes().iter().find(|note| note.id == "share-not-destroyed").unwrap();
    assert!(missing.en.ends_with("custodians 3"), "{}", missing.en);
}

#[test]
fn one_lying_custodian_is_named_and_does_no_harm() {
    let report = written(&ScenarioOptions { lying_custodians: 1, ..Default::default() });
    assert_verdict(&report, Verdict::Passed);
    let bad: Vec<_> = report.notes().iter().filter(|note| note.id == "bad-partial").collect();
    assert_eq!(bad.len(), 4);
    assert!(bad.iter().all(|note| note.en.contains("custodian 1")));
}

#[test]
fn draws_are_computed_again() {
    let play = |draw| {
        let options = ScenarioOptions { draw: Some(draw), documents: false, ..Default::default() };
        let report = written(&options);
        assert_verdict(&report, Verdict::Passed);
        assert_eq!(report.finding(CheckId::Drw01, None).unwrap().outcome, Outcome::Pass);
        report
    };
    assert!(!notes(&play(DrawPlay::Fair)).contains(&"bad-partial"));
    let lied = play(DrawPlay::Lied);
    let named: Vec<_> = lied.notes().iter().filter(|note| note.id == "bad-partial").collect();
    assert_eq!(named.len(), 2);
    assert!(named.iter().all(|note| note.en.contains("custodian 1")));
    let lost = play(DrawPlay::Lost);
    assert_eq!(notes(&lost).iter().filter(|id| **id == "draw-failed").count(), 2);
    // Without any draw the question does not arise.
    let none = written(&ScenarioOptions { documents: false, ..Default::default() });
    assert_eq!(none.finding(CheckId::Drw01, None).unwrap().outcome, Outcome::NotApplicable);
}

#[test]
fn twelve_bids_pass() {
    let scenario = scenario(&ScenarioOptions { fixture: "works-12", ..Default::default() });
    let package = sealed(&scenario, &files(&scenario));
    let start = Instant::now();
    let report = report(&scenario, &package);
    let took = start.elapsed();
    assert_verdict(&report, Verdict::Passed);
    assert_eq!(report.bids().len(), 12);
    println!("12 bids, {} bytes: {took:?}", package.len());
}

#[test]
fn what_does_not_belong_together_is_not_written() {
    let rich = rich_scenario();
    let fails = |edit: fn(&mut crate::PackageContents)| {
        let mut contents = contents(rich);
        edit(&mut contents);
        collect(&contents).unwrap_err().label()
    };
    assert_eq!(fails(|c| drop(c.bids.pop())), "E_PACKAGE_BIDS");
    assert_eq!(fails(|c| c.bids.swap(0, 1)), "E_PACKAGE_BIDS");
    assert_eq!(fails(|c| drop(c.bids[0].headers.pop())), "E_PACKAGE_BIDS");
    assert_eq!(fails(|c| c.bids.iter_mut().for_each(|b| b.prices.clear())), "E_PACKAGE_PRICE");
    assert_eq!(fails(|c| c.ceremony.clear()), "E_PACKAGE_CEREMONY");
    assert_eq!(fails(|c| c.log.truncate(c.log.len() - 1)), "log-torn");
    assert_eq!(fails(|c| c.log = b"{}\n".to_vec()), "entry-json");
}

/// The base estimate is opened again from the log alone, whatever came of it, and a journal may name
/// its point.
#[test]
fn a_base_estimate_is_opened_again() {
    let play = |estimate: EstimatePlay, two_envelopes: bool| {
        let (estimate, documents) = (Some(estimate), false);
        let options =
            ScenarioOptions { estimate, documents, two_envelopes, ..ScenarioOptions::default() };
        let report = written(&options);
        assert_verdict(&report, Verdict::Passed);
        assert_eq!(report.finding(CheckId::Jrn03, None).unwrap().outcome, Outcome::Pass);
        report
    };
    for two_envelopes in [false, true] {
        let fair = play(EstimatePlay::Fair, two_envelopes);
        assert_eq!(fair.finding(CheckId::Dec02, None).unwrap().outcome, Outcome::Pass);
    }
    for (wrong, note) in [
        (EstimatePlay::Garbage, "estimate-not-opened"),
        (EstimatePlay::BadFormat, "estimate-bad-format"),
        (EstimatePlay::Missing, "no-estimate"),
    ] {
        let report = play(wrong, false);
        assert!(notes(&report).contains(&note), "{note}");
    }
}

/// The result is told after the close: named with its objections, and the record is the closed one.
#[test]
fn a_result_told_after_the_close_passes() {
    let told = scenario(&ScenarioOptions { result: true, ..ScenarioOptions::default() });
    let report = report(&told, &sealed(&told, &files(&told)));
    assert_verdict(&report, Verdict::Passed);
    assert_eq!(report.finding(CheckId::Ord04, None).unwrap().outcome, Outcome::Pass);
    assert_eq!(report.finding(CheckId::Rec02, None).unwrap().outcome, Outcome::Pass);
    let note = report.notes().iter().find(|note| note.id == "result-announced").unwrap();
    let said = "3 bidders answered it, 1 of them object, 1 were silent";
    assert!(note.en.starts_with("announcements of the result: 2,") && note.en.ends_with(said));
    // The same lot before the session, as a package that was made then.
    let before = written(&ScenarioOptions::default());
    assert!(!notes(&before).contains(&"result-announced"));
}

/// A hall that publishes another estimate than the sealed one leaves a log that nobody believes.
#[test]
fn a_steered_base_estimate_fails_the_package() {
    let options = ScenarioOptions {
        estimate: Some(EstimatePlay::Steered),
        documents: false,
        ..ScenarioOptions::default()
    };
    let steered = scenario(&options);
    let report = report(&steered, &sealed(&steered, &files(&steered)));
    assert_verdict(&report, Verdict::Failed);
}
