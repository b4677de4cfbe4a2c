//! Postponement (延期, ruling 12): later only, by host and supervisor, while bids are received.

use kaibiao_opening::*;
use kaibiao_types::*;

use crate::support::*;
use crate::walk::Opening;

const LATER: u64 = DEADLINE + 60 * MINUTE;

fn ask(deadline: u64) -> Command {
    Command::AskPostponement { deadline: at(deadline), reason: "停电".to_owned() }
}

fn approve(no: u32, deadline: u64) -> Command {
    Command::ApprovePostponement { no, deadline: at(deadline) }
}

/// A lot with one tick whose deadline was postponed by an hour.
fn postponed() -> Opening {
    let mut opening = Opening::at(Phase::Receiving, 4);
    opening.now = DEADLINE - MINUTE;
    opening.input(&tick(0)).unwrap();
    opening.host(&ask(LATER));
    opening.command(&supervisor(), &approve(1, LATER)).unwrap();
    opening
}

/// The whole opening at the later deadline.
pub fn closed_later() -> Opening {
    let mut opening = postponed();
    opening.now = LATER;
    opening.input(&tick(1)).unwrap();
    opening.now = LATER + 40;
    let size = opening.state.entries();
    opening.input(&Input::DeadlineReached(IntakeClosed { size, ..head() })).unwrap();
    opening.input(&Input::SetFrozen(SetFrozen { size, ..set(4) })).unwrap();
    opening.host(&Command::ConfirmTime { deadline: at(LATER) });
    opening.command(&supervisor(), &Command::ApproveTime { deadline: at(LATER) }).unwrap();
    opening.walk_to(Phase::Closed, 4);
    opening
}

#[test]
fn a_postponed_opening_is_held_at_the_later_deadline() {
    let mut opening = postponed();
    assert_eq!(opening.state.deadline(), Some(at(LATER)));
    assert_eq!(opening.state.postponement_asked(), None);
    // At the first deadline nothing happens, and bids may still come.
    opening.now = DEADLINE;
    let early = opening.input(&Input::DeadlineReached(head()));
    assert_eq!(label(early), "too-early");
    let start = opening.command(&host(), &Command::StartUnsealing(Part::Price));
    assert_eq!(label(start), "too-early");
    let closed = closed_later();
    let record = OpeningRecord::new(&closed.state).unwrap();
    assert_eq!(record.deadline, at(LATER));
    let note = &record.notes[2];
    assert!(note.zh.contains("延期 1") && note.en.contains("postponement 1"), "{note:?}");
}

/// Promise 3: the sealed bids of before count at the later deadline.
#[test]
fn bids_between_the_deadlines_are_in_time_and_later_ones_are_not() {
    let mut opening = postponed();
    opening.now = LATER;
    opening.input(&tick(1)).unwrap();
    opening.now = LATER + 40;
    let size = opening.state.entries();
    opening.input(&Input::DeadlineReached(IntakeClosed { size, ..head() })).unwrap();
    let stamped = |millis: u64| {
        let mut set = SetFrozen { size, ..set(4) };
        set.bids[3].completed_at = at(millis);
        opening.state.decide_input(&Input::SetFrozen(set), at(opening.now))
    };
    assert!(stamped(DEADLINE).is_ok() && stamped(LATER - 1).is_ok());
    assert!(matches!(stamped(LATER), Err(Refusal::BadData { rule: DataRule::BidLate, .. })));
}

#[test]
fn it_takes_both_and_just_what_was_asked_for() {
    let mut opening = Opening::at(Phase::Receiving, 4);
    let supervise =
        |opening: &mut Opening, command| label(opening.command(&supervisor(), &command));
    assert_eq!(supervise(&mut opening, approve(1, LATER)), "no-such-postponement");
    assert_eq!(supervise(&mut opening, ask(LATER)), "wrong-role");
    assert_eq!(label(opening.command(&bidder(1), &ask(LATER))), "wrong-role");
    opening.host(&ask(LATER));
    assert_eq!(opening.state.deadline(), Some(at(DEADLINE)), "not by the host alone");
    assert_eq!(label(opening.command(&host(), &approve(1, LATER))), "wrong-role");
    assert_eq!(supervise(&mut opening, approve(2, LATER)), "no-such-postponement");
    assert_eq!(supervise(&mut opening, approve(1, LATER + 1)), "no-such-postponement");
    // A new request takes the place of the old one.
    opening.host(&ask(LATER + MINUTE));
    assert_eq!(supervise(&mut opening, approve(1, LATER)), "no-such-postponement");
    opening.command(&supervisor(), &approve(1, LATER + MINUTE)).unwrap();
    assert_eq!(supervise(&mut opening, approve(1, LATER + MINUTE)), "no-such-postponement");
    assert_eq!(opening.state.postponements().len(), 1);
}

#[test]
fn a_deadline_only_moves_later() {
    let mut opening = Opening::at(Phase::Receiving, 4);
    for deadline in [DEADLINE, DEADLINE - 1, 0] {
        assert_eq!(label(opening.command(&host(), &ask(deadline))), "not-later");
    }
    opening.host(&ask(LATER));
    // Approved only after it has passed: a deadline in the past would close the intake at once.
    opening.now = LATER;
    let late = opening.command(&supervisor(), &approve(1, LATER));
    assert_eq!(label(late), "not-later");
    opening.host(&ask(LATER + MINUTE));
    opening.command(&supervisor(), &approve(1, LATER + MINUTE)).unwrap();
    // The second one starts from the first.
    assert_eq!(label(opening.command(&host(), &ask(LATER + MINUTE))), "not-later");
    opening.host(&ask(LATER + 2 * MINUTE));
    opening.command(&supervisor(), &approve(2, LATER + 2 * MINUTE)).unwrap();
    let moved: Vec<_> = opening.state.postponements().iter().map(|p| (p.no, p.from)).collect();
    assert_eq!(moved, [(1, at(DEADLINE)), (2, at(LATER + MINUTE))]);
}

/// A hall that was away at the deadline may still be given a later one; a closed intake may not.
#[test]
fn after_the_deadline_it_goes_until_the_closing_head_is_in_the_log() {
    let mut opening = Opening::at(Phase::Receiving, 4);
    opening.now = DEADLINE + MINUTE;
    opening.host(&ask(LATER));
    opening.command(&supervisor(), &approve(1, LATER)).unwrap();
    assert_eq!(opening.state.deadline(), Some(at(LATER)));
    for phase in [Phase::IntakeClosed, Phase::Freezing, Phase::Ready, Phase::UnsealingPrices] {
        let mut opening = Opening::at(phase, 4);
        assert_eq!(label(opening.command(&host(), &ask(LATER))), "intake-over", "{phase}");
    }
    let mut asked = Opening::at(Phase::Receiving, 4);
    asked.host(&ask(LATER));
    asked.now = DEADLINE - MINUTE;
    asked.input(&tick(0)).unwrap();
    asked.now = DEADLINE;
    asked.input(&tick(1)).unwrap();
    let size = asked.state.entries();
    asked.input(&Input::DeadlineReached(IntakeClosed { size, ..head() })).unwrap();
    assert_eq!(label(asked.command(&supervisor(), &approve(1, LATER))), "intake-over");
}

/// What a hall might write by itself: a reader refuses it.
#[test]
fn a_reader_refuses_a_deadline_that_nobody_signed_for() {
    let opening = Opening::at(Phase::Receiving, 4);
    let to = DeadlinePostponed { no: 1, from: at(DEADLINE), deadline: at(LATER) };
    let mut twin = opening.state.clone();
    let event = Event::DeadlinePostponed(to.clone());
    assert!(twin.check_and_apply(&supervisor(), at(opening.now), &event).is_err());
    assert!(twin.check_and_apply(&Actor::Hall, at(opening.now), &event).is_err());
    let mut asked = opening;
    asked.host(&ask(LATER));
    let other = Event::DeadlinePostponed(DeadlinePostponed { from: at(DEADLINE - 1), ..to });
    let error = asked.state.clone().check_and_apply(&supervisor(), at(asked.now), &other);
    assert_eq!(error.unwrap_err().label(), "bad-data");
    assert_eq!(event.needs_command(), Some(CommandKind::ApprovePostponement));
}
