//! The way of an opening and what is refused on it, article by article.

use kaibiao_opening::*;
use kaibiao_types::*;

use crate::support::*;

fn kinds(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(|event| event.kind().name()).collect()
}

#[test]
fn a_whole_opening() {
    let opening = Opening::at(Phase::Closed, 4);
    let names: Vec<_> = opening.log.iter().map(|(_, _, event)| event.kind().name()).collect();
    assert_eq!(names[..4], ["lot-published", "tick", "tick", "intake-closed"]);
    assert_eq!(names.last(), Some(&"opening-closed"));
    assert_eq!(names.iter().filter(|name| **name == "prices-published").count(), 1);
    assert_eq!(names.iter().filter(|name| **name == "price-read").count(), 4);
    assert_eq!(opening.state.entries(), u64::try_from(names.len()).unwrap());
}

/// Ruling 17: shares are destroyed once nothing may be opened any more, by each custodian once.
#[test]
fn the_destruction_of_shares_follows_the_end_and_nothing_else_does() {
    for (phase, bidders) in [(Phase::Closed, 4), (Phase::Failed, 2)] {
        let mut opening = Opening::at(phase, bidders);
        let end = opening.state.entries() - 1;
        assert_eq!(opening.state.ended().map(|mark| mark.entry), Some(end));
        for (have, no) in [(0, 3), (1, 1), (2, 2)] {
            assert_eq!(opening.state.destroyed().len(), have);
            assert!(!opening.state.all_destroyed());
            opening.input(&key_destroyed(no)).unwrap();
            assert_eq!(label(opening.input(&key_destroyed(no))), "already-done");
            assert_eq!(opening.state.phase(), phase);
        }
        assert!(opening.state.all_destroyed());
        assert_eq!(opening.state.ended().map(|mark| mark.entry), Some(end));
        assert_eq!(label(opening.input(&key_destroyed(4))), "unknown-custodian");
        assert!(opening.command(&host(), &Command::Close).is_err());
        assert!(opening.input(&refused_by(1)).is_err());
        assert!(opening.input(&freeze_signed(2)).is_err());
    }
    for phase in Phase::ALL.iter().filter(|phase| !phase.is_final()) {
        let bidders = if *phase == Phase::TooFew { 2 } else { 4 };
        let mut opening = Opening::at(*phase, bidders);
        assert!(opening.input(&key_destroyed(1)).is_err(), "{phase}");
        assert_eq!(opening.state.ended(), None);
    }
}

/// Ruling 19: once after the freeze that it countersigned, once at the end, never before the
/// deadline, and nothing after the statement of destruction.
#[test]
fn each_custodian_signs_its_journal_at_the_freeze_and_at_the_end() {
    let (freeze, close) = (JournalMoment::Freeze, JournalMoment::Close);
    for phase in Phase::ALL {
        let bidders = if matches!(phase, Phase::TooFew | Phase::Failed) { 2 } else { 4 };
        let mut opening = Opening::at(*phase, bidders);
        let mut tried = |no, moment| opening.input(&journal_signed(no, moment));
        let signed = opening_signed(*phase);
        let at_freeze = tried(1, freeze);
        assert_eq!(at_freeze.is_ok(), signed, "{phase}: {at_freeze:?}");
        assert_eq!(tried(2, close).is_ok(), phase.is_final(), "{phase}");
        if signed {
            assert_eq!(label(tried(1, freeze)), "already-done");
        }
        assert_eq!(opening.state.phase(), *phase);
    }
    let mut opening = Opening::at(Phase::Freezing, 4);
    opening.input(&freeze_signed(1)).unwrap();
    assert_eq!(label(opening.input(&journal_signed(2, freeze))), "out-of-order");
    opening.input(&journal_signed(1, freeze)).unwrap();
    let kept = opening.state.journals()[&(custodian(1), freeze)];
    assert_eq!((kept.length, kept.sha256), (641, digest(13, 1)));

    let mut opening = Opening::at(Phase::Closed, 4);
    opening.input(&journal_signed(1, close)).unwrap();
    assert_eq!(label(opening.input(&journal_signed(1, close))), "already-done");
    opening.input(&key_destroyed(1)).unwrap();
    opening.input(&key_destroyed(2)).unwrap();
    assert_eq!(label(opening.input(&journal_signed(2, close))), "out-of-order");
    assert_eq!(label(opening.input(&journal_signed(4, close))), "unknown-custodian");
}

/// Whether custodian 1 has countersigned by then, in the walk of these tests, and may still sign.
fn opening_signed(phase: Phase) -> bool {
    let before =
        [Phase::Unpublished, Phase::Receiving, Phase::IntakeClosed, Phase::Freezing, Phase::TooFew];
    !phase.is_final() && !before.contains(&phase)
}

/// 招标投标法 art. 34: no step before the deadline, not by anybody, not one millisecond.
#[test]
fn nothing_before_the_deadline() {
    let mut opening = Opening::at(Phase::Receiving, 4);
    opening.now = DEADLINE - 1;
    opening.input(&tick(0)).unwrap();
    let wait = Refusal::TooEarly { wait: span(1) };
    let mut head = head();
    (head.tick, head.size) = (TickNo::new(0).unwrap(), 2);
    assert_eq!(opening.input(&Input::DeadlineReached(head.clone())), Err(wait.clone()));
    assert_eq!(opening.input(&Input::SetFrozen(set(4))), Err(wait.clone()));
    assert_eq!(opening.input(&Input::PricesUnsealed(Vec::new())), Err(wait.clone()));
    let outcome = opening.command(&host(), &Command::StartUnsealing(Part::Price));
    assert_eq!(outcome, Err(wait.clone()));
    assert_eq!(opening.command(&bidder(1), &Command::SignIn(None)), Err(wait.clone()));
    assert_eq!(opening.state.unsealing(), None);
    assert_eq!(wait.article(), Some("招标投标法 art. 34"));
    opening.now = DEADLINE;
    opening.input(&Input::DeadlineReached(head)).unwrap();
}

/// Promise 5: a refused command of a bidder before the deadline leaves no trace of who it is.
#[test]
fn before_the_deadline_a_refusal_names_no_bidder() {
    let opening = Opening::at(Phase::Receiving, 4);
    let now = at(opening.now);
    let refusal = opening.state.decide(&bidder(1), &Command::SignIn(None), now).unwrap_err();
    assert_eq!(opening.state.refusal_event(&bidder(1), CommandKind::SignIn, &refusal), None);
    // An attempt of the host is on record.
    let start = Command::StartUnsealing(Part::Price);
    let refusal = opening.state.decide(&host(), &start, now).unwrap_err();
    let event = opening.state.refusal_event(&host(), start.kind(), &refusal).unwrap();
    let Event::Refused(data) = &event else { panic!("a refusal") };
    assert_eq!((data.label.as_str(), data.command.as_str()), ("too-early", "start-unsealing"));
    // And a log that names a bidder all the same is not believed.
    let named = Event::Refused(Refused { actor: bidder(1), ..data.clone() });
    let error = opening.twin.clone().check_and_apply(&Actor::Hall, now, &named).unwrap_err();
    assert_eq!(error.label(), "bad-data");
}

/// 招标投标法 art. 35: every step belongs to its party.
#[test]
fn steps_belong_to_their_parties() {
    let mut opening = Opening::at(Phase::Ready, 4);
    let stranger = Actor::Host(code(999));
    let publish = Command::PublishBidders;
    for actor in [bidder(1), supervisor(), Actor::Hall, Actor::Custodian(custodian(1)), stranger] {
        assert_eq!(label(opening.command(&actor, &publish)), "wrong-role", "{actor}");
    }
    assert_eq!(label(opening.command(&host(), &Command::SignIn(None))), "wrong-role");
    assert_eq!(label(opening.command(&bidder(9), &Command::SignIn(None))), "not-a-bidder");
    assert_eq!(
        label(opening.command(&Actor::Bidder(code(1)), &Command::SignIn(None))),
        "not-a-bidder"
    );
    let other = Actor::Supervisor(code(1));
    assert_eq!(label(opening.command(&other, &Command::ApproveDegraded)), "wrong-role");
}

/// 实施条例 art. 44 ¶2: fewer than three bidders, everything stays sealed and nothing follows.
#[test]
fn fewer_than_three_bidders_are_never_unsealed() {
    for bidders in 0..3 {
        let mut opening = Opening::at(Phase::Freezing, bidders);
        opening.input(&freeze_signed(1)).unwrap();
        opening.input(&freeze_signed(2)).unwrap();
        let events = opening.input(&freeze_signed(3)).unwrap();
        assert_eq!(kinds(&events), ["freeze-signed", "freeze-completed", "too-few-bidders"]);
        assert_eq!(opening.state.phase(), Phase::Failed);
        assert_eq!(opening.state.unsealing(), None);
        for command in crate::command::commands() {
            let actor = match command.kind().roles()[0] {
                Role::Bidder => bidder(1),
                Role::Supervisor => supervisor(),
                _ => host(),
            };
            let refusal = opening.command(&actor, &command).unwrap_err();
            assert_eq!(refusal, Refusal::TooFewBidders { bidders: u32::from(bidders), min: 3 });
            assert_eq!(opening.state.refusal_event(&actor, command.kind(), &refusal), None);
        }
        assert_eq!(label(opening.input(&refused_by(1))), "too-few-bidders");
    }
}

#[test]
fn after_a_crash_the_failure_is_still_owed_and_nothing_else_is_allowed() {
    let mut opening = Opening::at(Phase::TooFew, 2);
    let now = at(opening.now);
    assert_eq!(opening.state.next_due(), Some(now));
    assert_eq!(label(opening.command(&host(), &Command::PublishBidders)), "too-few-bidders");
    assert_eq!(label(opening.command(&bidder(1), &Command::SignIn(None))), "too-few-bidders");
    assert_eq!(label(opening.input(&refused_by(1))), "too-few-bidders");
    let owed = opening.state.due(now).unwrap();
    assert_eq!(owed.kind(), EventKind::TooFewBidders);
    opening.write(&Actor::Hall, &owed);
    assert_eq!(opening.state.phase(), Phase::Failed);
    assert_eq!(opening.state.due(now), None);
}

/// 招标投标法 art. 36 ¶1: seals are checked before anything is opened.
#[test]
fn seals_come_before_the_unsealing() {
    let mut opening = Opening::at(Phase::BiddersPublished, 4);
    let start = Command::StartUnsealing(Part::Price);
    let refusal = opening.command(&host(), &start).unwrap_err();
    assert_eq!(refusal, Refusal::SealsUnchecked);
    assert_eq!(refusal.article(), Some("招标投标法 art. 36 ¶1"));
    let good = seals(&opening.state);
    let mut short = good.clone();
    short.pop();
    assert_eq!(label(opening.input(&Input::SealsChecked(short))), "bad-data");
    let mut swapped = good.clone();
    swapped.swap(0, 1);
    assert_eq!(label(opening.input(&Input::SealsChecked(swapped))), "bad-data");
    let mut unexplained = good.clone();
    unexplained[0].sealed = false;
    assert_eq!(label(opening.input(&Input::SealsChecked(unexplained))), "bad-data");
    let mut excused = good;
    excused[0].label = Some("SERVER_CORRUPT".to_owned());
    assert_eq!(label(opening.input(&Input::SealsChecked(excused.clone()))), "bad-data");
    // A broken seal is announced and stops nobody.
    excused[0].sealed = false;
    opening.input(&Input::SealsChecked(excused)).unwrap();
    opening.host(&start);
}

#[test]
fn sign_in_is_evidence_and_no_gate() {
    let mut opening = Opening::at(Phase::IntakeClosed, 4);
    assert_eq!(label(opening.command(&bidder(1), &Command::SignIn(None))), "out-of-order");
    let mut opening = Opening::at(Phase::Freezing, 4);
    opening.command(&bidder(1), &Command::SignIn(None)).unwrap();
    assert_eq!(label(opening.command(&bidder(1), &Command::SignIn(None))), "already-done");
    let mut opening = Opening::at(Phase::RecordGenerated, 4);
    opening.command(&bidder(2), &Command::SignIn(None)).unwrap();
    assert_eq!(opening.state.sign_ins().len(), 1);
}

#[test]
fn prices_are_read_in_order_and_only_once() {
    let mut opening = Opening::at(Phase::Published, 4);
    let read = Command::ReadNext(span(3_000));
    for position in 1..=4 {
        let events = opening.command(&host(), &read).unwrap();
        let [Event::PriceRead(reading)] = events.as_slice() else { panic!("one reading") };
        assert_eq!(
            (reading.position, reading.total),
            (position, Some(price(u8::try_from(position).unwrap())))
        );
        assert!(
            reading.zh.contains(reading.capital.as_ref().unwrap())
                && reading.en.contains("Duration: 365 days")
        );
    }
    assert_eq!(label(opening.command(&host(), &read)), "prices-all-read");
    assert_eq!(
        opening.input(&Input::ReadingOver),
        Err(Refusal::ReadingRunning { left: 0, wait: span(3_000) })
    );
    assert_eq!(opening.state.due(at(opening.now)), None);
    assert_eq!(label(opening.command(&host(), &Command::GenerateRecord)), "out-of-order");
    opening.now += 3_000;
    assert_eq!(opening.state.next_due(), Some(at(opening.now)));
    opening.input(&Input::ReadingOver).unwrap();
    assert_eq!(label(opening.command(&host(), &read)), "prices-all-read");
}

#[test]
fn reading_cannot_be_cut_short() {
    let mut opening = Opening::at(Phase::Reading, 4);
    let outcome = opening.input(&Input::ReadingOver);
    assert_eq!(outcome, Err(Refusal::ReadingRunning { left: 3, wait: span(3_000) }));
}

/// 实施条例 art. 44 ¶3: objections are answered on the spot; record and end wait for the answers.
#[test]
fn objections_are_answered_before_record_and_end() {
    let mut opening = Opening::at(Phase::Read, 4);
    let raise = Command::RaiseObjection("报价读错了".to_owned());
    opening.command(&bidder(1), &raise).unwrap();
    opening.command(&bidder(2), &raise).unwrap();
    let open = Refusal::ObjectionsOpen { nos: vec![1, 2] };
    assert_eq!(opening.command(&host(), &Command::GenerateRecord), Err(open.clone()));
    assert_eq!(opening.command(&host(), &Command::Close), Err(open.clone()));
    let record = Input::RecordGenerated { sha256: digest(12, 0) };
    assert_eq!(opening.input(&record), Err(open.clone()));
    assert_eq!(open.article(), Some("招标投标法实施条例 art. 44 ¶3"));
    let answer = |no| Command::AnswerObjection { no, text: "已核对，无误。".to_owned() };
    assert_eq!(label(opening.command(&host(), &answer(3))), "no-such-objection");
    assert_eq!(label(opening.command(&host(), &answer(0))), "no-such-objection");
    assert_eq!(label(opening.command(&bidder(2), &answer(1))), "wrong-role");
    opening.command(&host(), &answer(2)).unwrap();
    assert_eq!(label(opening.command(&host(), &answer(2))), "objection-answered");
    assert_eq!(label(opening.command(&host(), &Command::Close)), "objections-open");
    opening.command(&host(), &answer(1)).unwrap();
    opening.host(&Command::GenerateRecord);
    opening.input(&record).unwrap();
    assert_eq!(label(opening.command(&bidder(1), &raise)), "out-of-order");
    assert_eq!(label(opening.command(&bidder(1), &Command::ConfirmPrice)), "out-of-order");
}

#[test]
fn objections_begin_with_the_prices() {
    let mut opening = Opening::at(Phase::UnsealingPrices, 4);
    let raise = Command::RaiseObjection("尚早".to_owned());
    assert_eq!(label(opening.command(&bidder(1), &raise)), "out-of-order");
    assert_eq!(label(opening.command(&bidder(1), &Command::ConfirmPrice)), "out-of-order");
    let mut opening = Opening::at(Phase::Published, 4);
    assert_eq!(label(opening.command(&bidder(9), &raise)), "not-a-bidder");
    opening.command(&bidder(1), &raise).unwrap();
    opening.command(&bidder(1), &Command::ConfirmPrice).unwrap();
    assert_eq!(label(opening.command(&bidder(1), &Command::ConfirmPrice)), "already-done");
}

#[test]
fn the_record_is_signed_by_its_parties_once_each() {
    let mut opening = Opening::at(Phase::RecordGenerated, 4);
    let sign = |no| Command::SignRecord { record_sha256: digest(12, no), cms: "AAAA".to_owned() };
    assert_eq!(label(opening.command(&host(), &sign(1))), "record-differs");
    for actor in [host(), supervisor(), bidder(1), bidder(4)] {
        opening.command(&actor, &sign(0)).unwrap();
        assert_eq!(label(opening.command(&actor, &sign(0))), "already-done");
    }
    assert_eq!(label(opening.command(&bidder(9), &sign(0))), "not-a-bidder");
    assert_eq!(label(opening.command(&Actor::Hall, &sign(0))), "wrong-role");
    assert_eq!(opening.state.record_signatures().len(), 4);
    // Ruling 28: the absence of the others does not block the end.
    opening.open_documents();
    opening.host(&Command::Close);
    assert_eq!(opening.command(&bidder(2), &sign(0)), Err(Refusal::LotClosed));
}

/// 招标投标法 art. 36 ¶2: bids received in time are all opened before the end.
#[test]
fn sealed_documents_keep_the_opening_open() {
    let mut opening = Opening::at(Phase::RecordGenerated, 4);
    let close = opening.command(&host(), &Command::Close);
    assert_eq!(close, Err(Refusal::DocumentsSealed));
    opening.host(&Command::StartUnsealing(Part::Documents));
    assert_eq!(label(opening.command(&host(), &Command::Close)), "documents-sealed");
    opening.release(Part::Documents);
    opening.input(&Input::DocumentsUnsealed(documents(&opening.state))).unwrap();
    opening.host(&Command::Close);
}

#[test]
fn after_the_end_nothing_is_written() {
    let opening = Opening::at(Phase::Closed, 4);
    let now = at(opening.now);
    let refusal = opening.state.decide(&host(), &Command::Close, now).unwrap_err();
    assert_eq!(refusal, Refusal::LotClosed);
    assert_eq!(opening.state.refusal_event(&host(), CommandKind::Close, &refusal), None);
    assert_eq!(opening.state.decide_input(&refused_by(1), now), Err(Refusal::LotClosed));
    assert_eq!(opening.state.due(now), None);
}

#[test]
fn time_does_not_run_backwards() {
    let mut opening = Opening::at(Phase::Ready, 4);
    let last = opening.state.last_at();
    opening.now = last.get() - 1;
    let outcome = opening.command(&host(), &Command::PublishBidders);
    assert_eq!(outcome, Err(Refusal::ClockBackwards { last }));
    opening.now = last.get();
    opening.host(&Command::PublishBidders);
}

#[test]
fn a_lot_that_breaks_the_law_is_not_even_published() {
    let publish = |change: fn(&mut LotPublished), now| {
        let mut lot = lot_published();
        change(&mut lot);
        State::new(lot_key()).decide_input(&Input::LotPublished(Box::new(lot)), at(now))
    };
    assert!(publish(|_| {}, DEADLINE - 1).is_ok());
    assert_eq!(label(publish(|_| {}, DEADLINE)), "bad-data");
    let changes: [fn(&mut LotPublished); 8] = [
        |lot| lot.min_bidders = 2,
        |lot| lot.stage_count = 2,
        |lot| lot.supervisor = lot.host.clone(),
        |lot| lot.currency = Currency::Usd,
        |lot| lot.fields.clear(),
        |lot| lot.fields[1].key = "price".to_owned(),
        |lot| lot.title.zh = String::new(),
        |lot| lot.host.name = "\u{202e}".to_owned(),
    ];
    for change in changes {
        assert_eq!(label(publish(change, DEADLINE - 1)), "bad-data");
    }
    let mut opening = Opening::at(Phase::Receiving, 4);
    let again = Input::LotPublished(Box::new(lot_published()));
    assert_eq!(label(opening.input(&again)), "out-of-order");
    let empty = State::new(lot_key()).decide_input(&tick(0), at(1));
    assert_eq!(label(empty), "out-of-order");
}
