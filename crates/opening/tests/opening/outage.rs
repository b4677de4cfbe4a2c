//! The outage rule (ruling 12): a deadline moves by itself only if k custodians attest one silence.

use kaibiao_opening::*;
use kaibiao_types::*;

use crate::support::*;

/// Three minutes of silence within the last ten before the deadline; half an hour more.
const RULE: (u64, u64, u64) = (10 * MINUTE, 3 * MINUTE, 30 * MINUTE);

fn rule() -> OutageRule {
    let (within_ms, silent_ms, postpone_by_ms) = (span(RULE.0), span(RULE.1), span(RULE.2));
    OutageRule { within_ms, silent_ms, postpone_by_ms }
}

fn with_rule() -> Terms {
    Terms { outage: Some(rule()), ..terms() }
}

pub fn published() -> LotPublished {
    let tender = TenderFile::new(&TenderDraft::new(with_rule()).unwrap(), announced()).unwrap();
    LotPublished::new(&tender, digest(1, 5), digest(1, 6))
}

/// Custodian `no` was without a new head from 8 to 4 minutes before the deadline.
pub fn attested(state: &State, no: u16) -> OutageAttested {
    let deadline = state.deadline().unwrap_or(at(DEADLINE));
    let before = |millis| deadline.minus(span(millis));
    silent(state, no, before(8 * MINUTE).plus(span(u64::from(no))), before(4 * MINUTE))
}

fn silent(state: &State, no: u16, from: UtcMillis, to: UtcMillis) -> OutageAttested {
    let deadline = state.deadline().unwrap_or(at(DEADLINE));
    OutageAttested { custodian: custodian(no), deadline, from, to, cms: "AAAA".to_owned() }
}

/// Bids are received, and the hall is back three minutes before the deadline.
fn back() -> Opening {
    back_of(published())
}

fn back_of(lot: LotPublished) -> Opening {
    let mut opening = Opening::new();
    opening.input(&Input::LotPublished(Box::new(lot))).unwrap();
    opening.now = DEADLINE - 9 * MINUTE;
    opening.input(&tick(0)).unwrap();
    opening.now = DEADLINE - 3 * MINUTE;
    opening
}

fn attest(opening: &mut Opening, said: OutageAttested) -> Result<Vec<Event>, Refusal> {
    opening.input(&Input::OutageAttested(said))
}

/// Custodians 1 and 2 attest the same silence.
fn postponed() -> Opening {
    postponed_of(published())
}

fn postponed_of(lot: LotPublished) -> Opening {
    let mut opening = back_of(lot);
    for no in [1, 2] {
        let said = attested(&opening.state, no);
        attest(&mut opening, said).unwrap();
    }
    opening
}

/// The whole opening, half an hour later.
pub fn closed() -> Opening {
    closed_of(published())
}

pub fn closed_of(lot: LotPublished) -> Opening {
    let mut opening = postponed_of(lot);
    opening.now = DEADLINE + RULE.2;
    opening.input(&tick(1)).unwrap();
    opening.now += 40;
    let size = opening.state.entries();
    opening.input(&Input::DeadlineReached(IntakeClosed { size, ..head() })).unwrap();
    let set = crate::envelope::of_lot(&opening.state, SetFrozen { size, ..set(4) });
    opening.input(&Input::SetFrozen(set)).unwrap();
    opening.walk_to(Phase::Closed, 4);
    opening
}

/// For the table: the hall is back, and one custodian has attested.
pub fn states() -> Vec<(&'static str, Opening)> {
    let mut one = back();
    let said = attested(&one.state, 1);
    attest(&mut one, said).unwrap();
    vec![("back after an outage", back()), ("an outage attested by one", one)]
}

fn no_of(rule: DataRule, result: Result<Vec<Event>, Refusal>) {
    match result {
        Err(Refusal::BadData { rule: found, .. }) => assert_eq!(found, rule),
        other => panic!("{rule}: {other:?}"),
    }
}

#[test]
fn k_custodians_postpone_and_one_does_not() {
    let mut opening = back();
    let said = attested(&opening.state, 3);
    assert_eq!(attest(&mut opening, said).unwrap().len(), 1);
    assert_eq!(opening.state.deadline(), Some(at(DEADLINE)));
    assert_eq!(opening.state.due(at(opening.now)), None);
    assert_eq!(opening.state.next_due(), None);
    let said = attested(&opening.state, 1);
    let events = attest(&mut opening, said).unwrap();
    assert_eq!(events[1].kind(), EventKind::OutagePostponed);
    assert_eq!(events[1].written_by(&host()), Actor::Hall);
    assert_eq!(events[1].needs_command(), None);
    let later = at(DEADLINE + RULE.2);
    assert_eq!(opening.state.deadline(), Some(later));
    assert_eq!(opening.state.outages().iter().copied().collect::<Vec<_>>(), [1]);
    assert_eq!(opening.state.outage_attested_by().count(), 0, "they attest anew");
    // The old deadline is none any more.
    opening.now = DEADLINE;
    assert_eq!(label(opening.input(&Input::DeadlineReached(head()))), "too-early");
    let record = OpeningRecord::new(&closed().state).unwrap();
    assert_eq!(record.deadline, later);
    let note = record.notes.iter().find(|note| note.en.starts_with("postponement 1")).unwrap();
    assert!(note.en.contains("outage") && note.zh.contains("停机"), "{note:?}");
}

/// A hall that comes back after the deadline: bidders have the whole span from then on.
#[test]
fn a_hall_away_over_the_deadline_gives_the_whole_span() {
    let mut opening = back();
    opening.now = DEADLINE + 20 * MINUTE;
    for no in [1, 2] {
        let (from, to) = (at(DEADLINE - 4 * MINUTE), at(opening.now));
        let said = silent(&opening.state, no, from, to);
        attest(&mut opening, said).unwrap();
    }
    assert_eq!(opening.state.deadline(), Some(at(DEADLINE + 50 * MINUTE)));
}

#[test]
fn only_the_silence_that_the_rule_asks_for_is_attested() {
    let opening = back();
    let attempt = |from: u64, to: u64| {
        let mut opening = opening.clone();
        let said = silent(&opening.state, 1, at(from), at(to));
        attest(&mut opening, said)
    };
    let whole = DEADLINE - 10 * MINUTE;
    attempt(whole, whole + RULE.1).unwrap();
    no_of(DataRule::Silence, attempt(whole, whole + RULE.1 - 1));
    // What lies before the rule's reach does not count, however long it was.
    no_of(DataRule::Silence, attempt(whole - 60 * MINUTE, whole + RULE.1 - 1));
    no_of(DataRule::Silence, attempt(whole - 60 * MINUTE, whole));
    attempt(whole - 60 * MINUTE, whole + RULE.1).unwrap();
    // It runs backwards, or is still to come.
    no_of(DataRule::Silence, attempt(whole + RULE.1, whole));
    no_of(DataRule::Silence, attempt(whole, whole));
    let now = opening.now;
    attempt(whole, now + 10_000).unwrap();
    no_of(DataRule::Silence, attempt(whole, now + 10_001));
    // After the deadline nobody could be kept from bidding.
    let mut late = opening.clone();
    late.now = DEADLINE + 20 * MINUTE;
    let said = silent(&late.state, 1, at(DEADLINE - RULE.1 + 1), at(late.now));
    no_of(DataRule::Silence, attest(&mut late, said));
}

#[test]
fn an_attestation_is_for_one_deadline_and_by_its_custodian() {
    let mut opening = back();
    let good = attested(&opening.state, 1);
    let other = OutageAttested { deadline: at(DEADLINE + 1), ..good.clone() };
    no_of(DataRule::Terms, attest(&mut opening, other));
    let stranger = OutageAttested { custodian: custodian(9), ..good.clone() };
    assert_eq!(label(attest(&mut opening, stranger)), "unknown-custodian");
    let unsigned = OutageAttested { cms: String::new(), ..good.clone() };
    no_of(DataRule::Shape("cms"), attest(&mut opening, unsigned));
    attest(&mut opening, good.clone()).unwrap();
    assert_eq!(label(attest(&mut opening, good.clone())), "already-done");
    // Another one must begin after it.
    let (end, now) = (good.to.get(), opening.now + 10_000);
    let mut late = opening.clone();
    late.now = DEADLINE + MINUTE;
    let overlaps = silent(&late.state, 1, at(end), at(now));
    assert_eq!(label(attest(&mut late, overlaps)), "already-done");
    let next = silent(&late.state, 1, at(end + 1), at(end + 1 + RULE.1));
    assert_eq!(attest(&mut late, next).unwrap().len(), 1, "one custodian alone, twice");
    // In another's name, as a reader would find it.
    let event = Event::OutageAttested(OutageAttested { custodian: custodian(2), ..good });
    for by in [Actor::Hall, host(), supervisor(), Actor::Custodian(custodian(3))] {
        let error = opening.state.clone().check_and_apply(&by, at(opening.now), &event);
        assert_eq!(error.unwrap_err().label(), "wrong-role", "{by}");
    }
}

/// What was attested before a postponement does not count again, whoever postponed.
#[test]
fn a_postponement_uses_the_attestations_up() {
    let mut opening = postponed();
    let stale = OutageAttested { deadline: at(DEADLINE), ..attested(&opening.state, 3) };
    no_of(DataRule::Terms, attest(&mut opening, stale));
    let mut opening = back();
    let said = attested(&opening.state, 1);
    attest(&mut opening, said).unwrap();
    let deadline = at(DEADLINE + 5 * MINUTE);
    opening.host(&Command::AskPostponement { deadline, reason: "停电".to_owned() });
    opening.command(&supervisor(), &Command::ApprovePostponement { no: 1, deadline }).unwrap();
    opening.now = DEADLINE + 2 * MINUTE;
    let said = attested(&opening.state, 2);
    attest(&mut opening, said).unwrap();
    assert_eq!(opening.state.deadline(), Some(deadline), "only one attested for this deadline");
}

#[test]
fn silences_one_after_the_other_are_no_outage() {
    let mut opening = back();
    let (early, late) = (DEADLINE - 10 * MINUTE, DEADLINE - 6 * MINUTE);
    let said = silent(&opening.state, 1, at(early), at(early + RULE.1));
    attest(&mut opening, said).unwrap();
    // They overlap, and not for long enough.
    let said = silent(&opening.state, 2, at(early + 1), at(late + RULE.1));
    assert_eq!(attest(&mut opening, said).unwrap().len(), 1);
    assert_eq!(opening.state.deadline(), Some(at(DEADLINE)));
    // The third was silent together with the second.
    let said = silent(&opening.state, 3, at(late), at(late + RULE.1));
    assert_eq!(attest(&mut opening, said).unwrap().len(), 2);
}

#[test]
fn a_lot_without_the_rule_and_a_closed_intake_have_none() {
    let mut plain = Opening::at(Phase::Receiving, 4);
    plain.now = DEADLINE - 3 * MINUTE;
    let said = attested(&plain.state, 1);
    assert_eq!(label(attest(&mut plain, said)), "no-outage-rule");
    let to = DeadlinePostponed { no: 1, from: at(DEADLINE), deadline: at(DEADLINE + RULE.2) };
    let event = Event::OutagePostponed(to);
    let error = plain.state.clone().check_and_apply(&Actor::Hall, at(plain.now), &event);
    assert_eq!(error.unwrap_err().label(), "no-outage-rule");
    let mut late = back();
    late.now = DEADLINE;
    late.input(&tick(1)).unwrap();
    late.now = DEADLINE + 40;
    late.input(&Input::DeadlineReached(head())).unwrap();
    let said = attested(&late.state, 1);
    assert_eq!(label(attest(&mut late, said)), "intake-over");
    let error = late.state.clone().check_and_apply(&Actor::Hall, at(late.now), &event);
    assert_eq!(error.unwrap_err().label(), "intake-over");
}

/// What a hall might write by itself: a reader of the log alone refuses it.
#[test]
fn a_reader_refuses_a_postponement_that_does_not_follow() {
    let mut opening = back();
    let said = attested(&opening.state, 1);
    attest(&mut opening, said).unwrap();
    let now = at(opening.now);
    let right = DeadlinePostponed { no: 1, from: at(DEADLINE), deadline: at(DEADLINE + RULE.2) };
    let refused = |state: &State, by: &Actor, to: &DeadlinePostponed| {
        let event = Event::OutagePostponed(to.clone());
        state.clone().check_and_apply(by, now, &event).unwrap_err().label()
    };
    assert_eq!(refused(&opening.state, &Actor::Hall, &right), "outage-unproven");
    // The second attestation, without what the hall owes after it.
    let mut owed = opening.state.clone();
    let said = Event::OutageAttested(attested(&owed, 2));
    owed.check_and_apply(&Actor::Custodian(custodian(2)), now, &said).unwrap();
    for by in [host(), supervisor(), Actor::Custodian(custodian(1))] {
        assert_eq!(refused(&owed, &by, &right), "wrong-role");
    }
    for wrong in [
        DeadlinePostponed { no: 2, ..right.clone() },
        DeadlinePostponed { from: at(DEADLINE - 1), ..right.clone() },
        DeadlinePostponed { deadline: at(DEADLINE + RULE.2 - 1), ..right.clone() },
        DeadlinePostponed { deadline: at(DEADLINE + RULE.2 + 1), ..right.clone() },
        DeadlinePostponed { deadline: at(DEADLINE - 1), ..right.clone() },
    ] {
        assert_eq!(refused(&owed, &Actor::Hall, &wrong), "bad-data", "{wrong:?}");
    }
    assert_eq!(owed.next_due(), Some(now));
    assert_eq!(owed.due(now), Some(Event::OutagePostponed(right)));
}

/// A hall that has the attestations and closes all the same: nobody follows such a log.
#[test]
fn the_intake_is_not_closed_while_a_postponement_is_owed() {
    let mut owed = back();
    let said = attested(&owed.state, 1);
    attest(&mut owed, said).unwrap();
    let said = Event::OutageAttested(attested(&owed.state, 2));
    owed.write(&Actor::Custodian(custodian(2)), &said);
    owed.now = DEADLINE;
    let Input::Tick(last) = tick(1) else { panic!("a tick") };
    owed.write(&Actor::Hall, &Event::Tick(last));
    let size = owed.state.entries();
    let head = Event::IntakeClosed(IntakeClosed { size, ..head() });
    let error = owed.state.clone().check_and_apply(&Actor::Hall, at(DEADLINE + 40), &head);
    assert_eq!(error.unwrap_err().label(), "postponement-owed");
}

/// A second of silence is asked for here, so that nine of them fit before the deadline.
#[test]
fn a_custodian_attests_eight_silences_before_a_deadline_at_most() {
    let outage = Some(OutageRule { silent_ms: span(1_000), ..rule() });
    let mut opening = back_of(LotPublished { outage, ..published() });
    let begin = |no: u64| at(DEADLINE - 9 * MINUTE + no * 2_000);
    for no in 0..8 {
        let said = silent(&opening.state, 1, begin(no), begin(no).plus(span(1_000)));
        attest(&mut opening, said).unwrap();
    }
    let said = silent(&opening.state, 1, begin(8), begin(8).plus(span(1_000)));
    no_of(DataRule::Number, attest(&mut opening, said));
    // The same silence of another one is enough, whichever of the eight it is.
    let said = silent(&opening.state, 2, begin(3), begin(3).plus(span(1_000)));
    assert_eq!(attest(&mut opening, said).unwrap().len(), 2);
}

/// What a custodian asks before it signs is what the log will say.
#[test]
fn a_custodian_sees_what_may_be_attested() {
    let opening = back();
    let now = at(opening.now);
    let span_of = |said: &OutageAttested| (said.from, said.to);
    let good = attested(&opening.state, 1);
    let found = opening.state.outage_to_attest(custodian(1), span_of(&good), now).unwrap();
    assert_eq!(OutageAttested { cms: good.cms.clone(), ..found }, good);
    let short = (good.from, good.from.plus(span(RULE.1 - 1)));
    assert_eq!(opening.state.outage_to_attest(custodian(1), short, now), None);
    let plain = Opening::at(Phase::Receiving, 4);
    assert_eq!(plain.state.outage_to_attest(custodian(1), span_of(&good), now), None);
    let closed = Opening::at(Phase::IntakeClosed, 4);
    assert_eq!(closed.state.outage_to_attest(custodian(1), span_of(&good), now), None);
    let mut said = opening;
    attest(&mut said, good.clone()).unwrap();
    assert_eq!(said.state.outage_to_attest(custodian(1), span_of(&good), now), None);
}

#[test]
fn outages_postpone_ten_times_at_most() {
    let mut opening = back();
    for _ in 0..10 {
        opening.now = opening.state.deadline().unwrap().get() - 3 * MINUTE;
        for no in [1, 2] {
            let said = attested(&opening.state, no);
            attest(&mut opening, said).unwrap();
        }
    }
    assert_eq!(opening.state.deadline(), Some(at(DEADLINE + 10 * RULE.2)));
    opening.now = opening.state.deadline().unwrap().get() - 3 * MINUTE;
    let said = attested(&opening.state, 1);
    no_of(DataRule::Number, attest(&mut opening, said));
    // By host and supervisor it still moves.
    let deadline = at(DEADLINE + 11 * RULE.2);
    opening.host(&Command::AskPostponement { deadline, reason: "停电".to_owned() });
    opening.command(&supervisor(), &Command::ApprovePostponement { no: 11, deadline }).unwrap();
    assert_eq!(opening.state.deadline(), Some(deadline));
}

#[test]
fn the_rule_of_a_tender_file_is_checked() {
    let refused = |change: fn(&mut OutageRule)| {
        let mut outage = rule();
        change(&mut outage);
        TenderDraft::new(Terms { outage: Some(outage), ..terms() }).unwrap_err().label()
    };
    assert_eq!(refused(|rule| rule.silent_ms = Millis::ZERO), "E_TENDER_SPAN");
    assert_eq!(refused(|rule| rule.postpone_by_ms = Millis::ZERO), "E_TENDER_SPAN");
    assert_eq!(refused(|rule| rule.postpone_by_ms = span(86_400_001)), "E_TENDER_SPAN");
    assert_eq!(refused(|rule| rule.within_ms = span(86_400_001)), "E_TENDER_SPAN");
    assert_eq!(refused(|rule| rule.silent_ms = span(10 * MINUTE + 1)), "E_TENDER_SPAN");
    // Ticks of one second in the last ten minutes, of an hour before.
    assert_eq!(refused(|rule| rule.silent_ms = span(1_999)), "E_TENDER_OUTAGE");
    assert_eq!(refused(|rule| rule.within_ms = span(10 * MINUTE + 1)), "E_TENDER_OUTAGE");
    let hours =
        OutageRule { within_ms: span(240 * MINUTE), silent_ms: span(120 * MINUTE), ..rule() };
    TenderDraft::new(Terms { outage: Some(hours), ..terms() }).unwrap();
    // In the file: the key as it is written, and no other key in it.
    let draft = TenderDraft::new(with_rule()).unwrap();
    let text = String::from_utf8(draft.to_bytes()).unwrap();
    assert_eq!(TenderDraft::parse(text.as_bytes()).unwrap(), draft);
    let key = "\"outage\":{\"within_ms\":600000,\"silent_ms\":180000,\"postpone_by_ms\":1800000}";
    assert!(text.contains(key), "{text}");
    for other in ["\"outage\":null", "\"outage\":{}", "\"outage\":{\"silent_ms\":180000}"] {
        let error = TenderDraft::parse(text.replace(key, other).as_bytes()).unwrap_err();
        assert_eq!(error.label(), "E_TENDER_JSON", "{other}");
    }
    let plain = String::from_utf8(TenderDraft::new(terms()).unwrap().to_bytes()).unwrap();
    assert!(!plain.contains("outage"), "an absent rule has no key");
    // A reader of the log alone refuses such a first entry too.
    let lot =
        LotPublished { outage: Some(OutageRule { silent_ms: span(0), ..rule() }), ..published() };
    no_of(DataRule::Terms, Opening::new().input(&Input::LotPublished(Box::new(lot))));
}
