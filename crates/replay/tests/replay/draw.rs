//! [`Replay`]: a draw's outcome follows from the proven partials in the log and from nothing else.

use std::sync::{Arc, LazyLock};

use kaibiao_journal::EntryLine;
use kaibiao_opening::{DrawFailed, DrawMade, DrawPartial, EventKind, PartialsReceived};
use kaibiao_replay::{Replay, draw_outcome};
use kaibiao_testkit::{DrawPlay, Scenario, ScenarioOptions};
use kaibiao_types::{CustodianIndex, Digest};

use super::common::{entry, refuse, trust};

fn played(draw: DrawPlay, seed: &'static str) -> Scenario {
    let options =
        ScenarioOptions { draw: Some(draw), documents: false, seed, ..Default::default() };
    Scenario::build(&options).unwrap()
}

/// Two draws, each answered by all three custodians.
fn drawn() -> &'static Scenario {
    static DRAWN: LazyLock<Scenario> = LazyLock::new(|| played(DrawPlay::Fair, "drawn"));
    &DRAWN
}

fn lines(scenario: &Scenario) -> Vec<Vec<u8>> {
    scenario.log.entries().iter().map(|entry| entry.line().to_vec()).collect()
}

fn nth(scenario: &Scenario, kind: EventKind, n: usize) -> usize {
    let entries = scenario.log.entries().iter().enumerate();
    entries.filter(|(_, e)| e.kind() == kind.name()).nth(n).unwrap().0
}

fn upto(scenario: &Scenario, count: usize) -> Replay {
    let mut replay = Replay::new(Arc::clone(&scenario.verified), Arc::clone(trust()));
    for line in lines(scenario).iter().take(count) {
        replay.ingest(line).unwrap();
    }
    replay
}

/// A line like `like` with other data, as the next one of the replay.
fn next(replay: &Replay, like: &[u8], data: &impl serde::Serialize) -> Vec<u8> {
    let (like, index) = (entry(like), replay.log().len());
    let built = EntryLine::build(index, like.at(), like.by(), like.kind(), data, None).unwrap();
    built.line().to_vec()
}

/// A line as a hall would write it, by another author or of another kind.
fn other_kind(
    replay: &Replay,
    like: &[u8],
    kind: EventKind,
    data: &impl serde::Serialize,
) -> Vec<u8> {
    let (like, index) = (entry(like), replay.log().len());
    let by = like.by();
    EntryLine::build(index, like.at(), by, kind.name(), data, None).unwrap().line().to_vec()
}

fn custodian(no: u16) -> CustodianIndex {
    CustodianIndex::new(no).unwrap()
}

/// The first draw before its outcome, the line of the outcome, and what it says.
fn before_outcome() -> (Replay, Vec<u8>, DrawMade) {
    let at = nth(drawn(), EventKind::DrawMade, 0);
    let line = lines(drawn()).swap_remove(at);
    let made = entry(&line).data_as().unwrap();
    (upto(drawn(), at), line, made)
}

/// The first draw with these answers instead of those in the log.
fn answered(answers: &[DrawPartial]) -> Replay {
    let at = nth(drawn(), EventKind::DrawStarted, 0);
    let mut replay = upto(drawn(), at + 1);
    for answer in answers {
        let lines = lines(drawn());
        let like = (0..3).map(|n| &lines[nth(drawn(), EventKind::DrawPartial, n)]).find(|line| {
            entry(line).data_as::<DrawPartial>().unwrap().custodian == answer.custodian
        });
        let line = next(&replay, like.unwrap(), answer);
        replay.ingest(&line).unwrap();
    }
    replay
}

/// The answers of custodians 1, 2, 3 to draw `no`.
fn answers(no: u32) -> Vec<DrawPartial> {
    let all = drawn().log.entries().iter().filter(|e| e.kind() == EventKind::DrawPartial.name());
    all.map(|entry| entry.data_as::<DrawPartial>().unwrap()).filter(|p| p.no == no).collect()
}

#[test]
fn a_log_with_draws_replays() {
    let replay = upto(drawn(), lines(drawn()).len());
    assert_eq!(*replay.state(), drawn().state);
    for (no, run) in replay.state().draws() {
        assert!(run.outcome.as_ref().unwrap().drawn.is_some(), "draw {no}");
    }
}

#[test]
fn a_hall_cannot_write_another_value() {
    let (mut replay, line, good) = before_outcome();
    let values = ["0.95", "0.96", "0.97", "0.98", "0.99"];
    for (index, value) in (0..).zip(values) {
        let other = DrawMade { index, value: value.to_owned(), ..good.clone() };
        let line = next(&replay, &line, &other);
        if index != good.index {
            assert_eq!(refuse(&mut replay, &line), "E_DRAW", "{value}");
        }
    }
    // The right position with another text, a position that does not exist.
    let text = DrawMade { value: "0.94".to_owned(), ..good.clone() };
    let text = next(&replay, &line, &text);
    assert_eq!(refuse(&mut replay, &text), "bad-data");
    let beyond = next(&replay, &line, &DrawMade { index: 5, ..good.clone() });
    assert_eq!(refuse(&mut replay, &beyond), "E_DRAW");
    // Nobody is called a liar who is none.
    let dropped = DrawMade { dropped: vec![custodian(1)], ..good.clone() };
    let dropped = next(&replay, &line, &dropped);
    assert_eq!(refuse(&mut replay, &dropped), "E_DRAW");
    // A draw that k custodians proved has not failed.
    let failed = DrawFailed { no: 1, dropped: Vec::new() };
    let failed = other_kind(&replay, &line, EventKind::DrawFailed, &failed);
    assert_eq!(refuse(&mut replay, &failed), "E_DRAW");
    let other = next(&replay, &line, &DrawMade { no: 2, ..good.clone() });
    assert_eq!(refuse(&mut replay, &other), "bad-data");
    replay.ingest(&line).unwrap();
}

#[test]
fn a_steering_hall_is_refused_by_every_reader() {
    let steered = played(DrawPlay::Steered, "steered");
    let at = nth(&steered, EventKind::DrawMade, 0);
    let mut replay = upto(&steered, at);
    assert_eq!(refuse(&mut replay, &lines(&steered)[at]), "E_DRAW");
}

#[test]
fn any_k_custodians_give_the_same_value() {
    let (_, line, good) = before_outcome();
    let all = answers(1);
    for left_out in 0..3 {
        let mut some = all.clone();
        some.remove(left_out);
        let mut replay = answered(&some);
        let outcome = draw_outcome(replay.tender(), &replay.state().drawing().unwrap()).unwrap();
        assert_eq!((outcome.index, outcome.dropped.len()), (good.index, 0));
        let line = next(&replay, &line, &good);
        replay.ingest(&line).unwrap();
    }
    for alone in &all {
        let mut replay = answered(std::slice::from_ref(alone));
        let line = next(&replay, &line, &good);
        assert_eq!(refuse(&mut replay, &line), "E_DRAW", "one is not enough");
    }
}

/// What does not prove this draw under this freeze is dropped, and its custodian is named.
#[test]
fn an_answer_of_another_draw_freeze_or_point_counts_for_nothing() {
    let (_, line, good) = before_outcome();
    let all = answers(1);
    let other_draw = answers(2);
    let released: PartialsReceived = {
        let at = nth(drawn(), EventKind::PartialsReceived, 0);
        entry(&lines(drawn())[at]).data_as().unwrap()
    };
    assert_eq!(released.custodian, custodian(1));
    let of_bid = released.partials.unwrap().swap_remove(0);
    let (flip, first) = (|text: &str| text.replacen(['0', '1'], "2", 1), all[0].clone());
    let wrong = [
        ("another draw", DrawPartial { no: 1, ..other_draw[0].clone() }),
        ("a bid", DrawPartial { d: of_bid.d, c: of_bid.c, z: of_bid.z, ..first.clone() }),
        ("challenge", DrawPartial { c: flip(&first.c), ..first.clone() }),
        ("answer", DrawPartial { z: flip(&first.z), ..first.clone() }),
        ("no point", DrawPartial { d: format!("02{}", "ff".repeat(32)), ..first.clone() }),
        ("no scalar", DrawPartial { c: "ff".repeat(32), ..first.clone() }),
        ("of custodian 2", DrawPartial { custodian: custodian(1), ..all[1].clone() }),
    ];
    for (name, lie) in wrong {
        let mut replay = answered(&[lie, all[1].clone(), all[2].clone()]);
        let hidden = next(&replay, &line, &good);
        assert_eq!(refuse(&mut replay, &hidden), "E_DRAW", "{name}");
        let named = DrawMade { dropped: vec![custodian(1)], ..good.clone() };
        let named = next(&replay, &line, &named);
        replay.ingest(&named).unwrap_or_else(|fault| panic!("{name}: {fault}"));
    }
    // An answer that names another freeze is not even taken in.
    let at = nth(drawn(), EventKind::DrawPartial, 0);
    let mut replay = upto(drawn(), at);
    let other = DrawPartial { freeze_id: Digest::ZERO, ..first };
    let other = next(&replay, &lines(drawn())[at], &other);
    assert_eq!(refuse(&mut replay, &other), "wrong-freeze");
}

#[test]
fn with_too_few_proofs_there_is_no_value() {
    let (_, line, good) = before_outcome();
    let all = answers(1);
    let lie = |no: usize| DrawPartial { c: "0a".repeat(32), ..all[no].clone() };
    let mut replay = answered(&[lie(0), lie(1), all[2].clone()]);
    let dropped = vec![custodian(1), custodian(2)];
    let made = DrawMade { dropped: dropped.clone(), ..good };
    let made = next(&replay, &line, &made);
    assert_eq!(refuse(&mut replay, &made), "E_DRAW");
    let failed = |dropped| DrawFailed { no: 1, dropped };
    let silent = other_kind(&replay, &line, EventKind::DrawFailed, &failed(Vec::new()));
    assert_eq!(refuse(&mut replay, &silent), "E_DRAW", "the liars are named");
    let honest = failed(vec![custodian(1), custodian(2), custodian(3)]);
    let honest = other_kind(&replay, &line, EventKind::DrawFailed, &honest);
    assert_eq!(refuse(&mut replay, &honest), "E_DRAW", "and nobody else");
    let failed = other_kind(&replay, &line, EventKind::DrawFailed, &failed(dropped));
    replay.ingest(&failed).unwrap();
}

#[test]
fn a_draw_given_up_too_early_is_refused() {
    let lost = played(DrawPlay::Lost, "lost");
    let at = nth(&lost, EventKind::DrawFailed, 0);
    let line = lines(&lost).swap_remove(at);
    let mut replay = upto(&lost, at);
    let (good, index) = (entry(&line), replay.log().len());
    let early = replay.state().last_at();
    let kind = good.kind();
    let early = EntryLine::build(index, early, good.by(), kind, &good.data(), None).unwrap();
    assert_eq!(refuse(&mut replay, early.line()), "custody-incomplete");
    replay.ingest(&line).unwrap();
}

/// A range that is changed afterwards is another tender file, and another ceremony.
#[test]
fn the_values_are_those_of_the_tender_file() {
    let line = lines(drawn()).swap_remove(0);
    let text = String::from_utf8(line).unwrap();
    assert!(text.contains("\"0.99\""));
    let other = text.replacen("\"0.99\"", "\"1.99\"", 1);
    let mut replay = upto(drawn(), 0);
    assert_eq!(refuse(&mut replay, other.as_bytes()), "E_TENDER");
    let tender = String::from_utf8(drawn().tender.clone()).unwrap();
    let changed = tender.replacen("\"0.99\"", "\"1.99\"", 1).into_bytes();
    let material = kaibiao_replay::TenderMaterial {
        tender: &changed,
        tender_cms: &drawn().tender_cms,
        draft: &drawn().draft,
        draft_cms: &drawn().draft_cms,
        ceremony: &drawn().ceremony,
    };
    let at = drawn().log.entries()[0].at();
    let fault = kaibiao_replay::VerifiedTender::verify(&material, trust(), at).unwrap_err();
    assert_eq!(fault.label(), "E_TENDER_DRAFT");
}
