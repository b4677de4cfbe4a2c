//! 暂停、中止、终止、流标: who may, what stands still, and what may follow (ADR-0016).

use kaibiao_opening::*;
use kaibiao_types::*;

use crate::support::*;

pub fn pause() -> Command {
    Command::Pause { reason: HoldReason::Power, text: "园区停电".to_owned() }
}

pub fn ask(measure: Measure) -> Command {
    let text = "主管部门书面要求".to_owned();
    Command::AskMeasure { measure, reason: HoldReason::AuthorityOrder, text }
}

pub fn approve(no: u32, measure: Measure) -> Command {
    Command::ApproveMeasure { no, measure }
}

/// Host and supervisor take a measure.
pub fn take(opening: &mut Opening, measure: Measure) {
    opening.host(&ask(measure));
    let no = opening.state.measure_asked().unwrap().no;
    opening.command(&supervisor(), &approve(no, measure)).unwrap();
}

fn supervise(opening: &mut Opening, command: &Command) {
    opening.command(&supervisor(), command).unwrap();
}

/// Every phase in which an opening can be held, with an opening there.
fn holdable() -> Vec<(Phase, Opening)> {
    let never = [
        Phase::Unpublished,
        Phase::Receiving,
        Phase::IntakeClosed,
        Phase::TooFew,
        Phase::Failed,
        Phase::Closed,
        Phase::Terminated,
    ];
    let phases = Phase::ALL.iter().filter(|phase| !never.contains(phase));
    phases.map(|phase| (*phase, Opening::at(*phase, 4))).collect()
}

/// Paused by the host, stopped by the supervisor over that, suspended by both, and held to its end.
pub fn closed() -> Opening {
    let mut opening = Opening::at(Phase::Freezing, 4);
    opening.host(&pause());
    opening.input(&freeze_signed(1)).unwrap();
    opening.now += 20 * MINUTE;
    let order = "责令暂停，核查现场".to_owned();
    supervise(&mut opening, &Command::Pause { reason: HoldReason::AuthorityOrder, text: order });
    opening.now += 10 * MINUTE;
    supervise(&mut opening, &Command::Resume);
    opening.walk_to_from_one_signature();
    opening.walk_to(Phase::Published, 4);
    take(&mut opening, Measure::Suspend);
    opening.now += 24 * 60 * MINUTE;
    take(&mut opening, Measure::Resume);
    opening.walk_to(Phase::Closed, 4);
    opening
}

/// Ended by both while the prices are sealed; custodians destroy their shares.
pub fn terminated() -> Opening {
    let mut opening = Opening::at(Phase::SealsChecked, 4);
    opening.host(&pause());
    take(&mut opening, Measure::Terminate);
    for no in 1..=3 {
        opening.input(&journal_signed(no, JournalMoment::Close)).unwrap();
        opening.input(&key_destroyed(no)).unwrap();
    }
    opening
}

/// Held openings for the table: in the middle of each kind of work.
pub fn states() -> Vec<(&'static str, Opening)> {
    let mut freezing = Opening::at(Phase::Freezing, 4);
    freezing.host(&pause());
    let mut unsealing = Opening::at(Phase::UnsealingPrices, 4);
    let released = partials(&unsealing.state, 3, Part::Price);
    unsealing.input(&Input::PartialsReceived(released)).unwrap();
    supervise(&mut unsealing, &pause());
    let mut reading = Opening::at(Phase::Reading, 4);
    take(&mut reading, Measure::Suspend);
    let mut recorded = Opening::at(Phase::RecordGenerated, 4);
    recorded.host(&pause());
    vec![
        ("freezing, by the host", freezing),
        ("prices half released, by the supervisor", unsealing),
        ("reading, by both", reading),
        ("record made, by the host", recorded),
    ]
}

#[test]
fn a_held_opening_takes_no_step() {
    for (phase, mut opening) in holdable() {
        let free = opening.state.clone();
        opening.host(&pause());
        assert_eq!(opening.state.phase(), phase);
        let now = at(opening.now);
        for (actor, command) in crate::table::commands() {
            let held = opening.state.decide(&actor, &command, now);
            let goes_on = matches!(
                command,
                Command::RaiseObjection(_)
                    | Command::AnswerObjection { .. }
                    | Command::Pause { .. }
                    | Command::Resume
                    | Command::AskMeasure { .. }
                    | Command::ApproveMeasure { .. }
                    | Command::Chat(_)
                    | Command::ChatPrivately { .. }
                    | Command::Mute { .. }
                    | Command::Unmute { .. }
                    | Command::Remove { .. }
                    | Command::Readmit { .. }
            );
            if goes_on {
                let free = free.decide(&actor, &command, now).is_ok();
                let ends = matches!(command, Command::Resume | Command::Pause { .. });
                assert!(ends || held.is_ok() == free, "{phase}: {}", command.kind());
                continue;
            }
            if free.decide(&actor, &command, now).is_ok() {
                assert_eq!(label(held), "opening-held", "{phase}: {}", command.kind());
            }
        }
        for input in crate::table::inputs(&opening.state) {
            let held = opening.state.decide_input(&input, now);
            let passes = matches!(
                input,
                Input::FreezeSigned(_)
                    | Input::PartialsReceived(_)
                    | Input::DrawPartial(_)
                    | Input::CustodianRefused(_)
                    | Input::JournalSigned(_)
            );
            if let Ok(free) = free.decide_input(&input, now) {
                if passes {
                    assert_eq!(held.unwrap(), free[..1], "{phase}: {}", input.name());
                } else {
                    assert_eq!(label(held), "opening-held", "{phase}: {}", input.name());
                }
            }
        }
        opening.host(&Command::Resume);
        assert!(opening.state.hold().is_none());
    }
}

/// What a custodian goes by: while the opening is held it is asked for nothing, not even in the
/// middle of an unsealing; what was on its way is taken in.
#[test]
fn custodians_are_asked_for_nothing_while_it_is_held() {
    let mut opening = Opening::at(Phase::UnsealingPrices, 4);
    assert!(opening.state.unsealing().is_some());
    opening.host(&pause());
    assert_eq!(opening.state.unsealing(), None);
    opening.release(Part::Price);
    assert_eq!(opening.state.released(Part::Price).len(), 2);
    let prices = Input::PricesUnsealed(outcomes(&opening.state));
    assert_eq!(label(opening.input(&prices)), "opening-held");
    opening.host(&Command::Resume);
    assert!(opening.state.unsealing().is_some());
    opening.input(&prices).unwrap();

    let mut drawing = crate::draw::drawing_lot(Phase::Read);
    drawing.host(&Command::StartDraw(1));
    drawing.host(&pause());
    assert!(drawing.state.drawing().is_none() && drawing.state.draw_wait_until().is_none());
    drawing.input(&Input::DrawPartial(crate::draw::partial(1, 1))).unwrap();
    drawing.input(&Input::DrawPartial(crate::draw::partial(2, 1))).unwrap();
    let made = Input::DrawCombined { no: 1, index: 2, dropped: Vec::new() };
    assert_eq!(label(drawing.input(&made)), "opening-held");
    drawing.host(&Command::Resume);
    drawing.input(&made).unwrap();
}

#[test]
fn the_clocks_of_a_held_opening_stand() {
    // The reading: 3 s, of which 1 s has passed.
    let mut opening = Opening::at(Phase::Published, 4);
    while opening.state.next_reading(Millis::ZERO).is_some() {
        opening.now += 3_000;
        opening.host(&Command::ReadNext(span(3_000)));
    }
    opening.now += 1_000;
    opening.host(&pause());
    opening.now += 60 * MINUTE;
    assert_eq!((opening.state.next_due(), opening.state.due(at(opening.now))), (None, None));
    opening.host(&Command::Resume);
    assert_eq!(opening.state.phase(), Phase::Reading);
    assert_eq!(opening.state.next_due(), Some(at(opening.now + 2_000)));
    opening.now += 1_999;
    assert_eq!(label(opening.input(&Input::ReadingOver)), "reading-running");
    opening.now += 1;
    opening.input(&Input::ReadingOver).unwrap();

    // The wait for the freeze quorum: 5 s, of which 4 s have passed.
    let mut opening = Opening::at(Phase::Freezing, 4);
    opening.input(&freeze_signed(1)).unwrap();
    opening.input(&freeze_signed(2)).unwrap();
    opening.now += 4_000;
    opening.host(&pause());
    opening.now += MINUTE;
    opening.host(&Command::Resume);
    opening.now += 999;
    assert_eq!(label(opening.input(&Input::FreezeTimeout)), "freeze-wait-running");
    opening.now += 1;
    opening.input(&Input::FreezeTimeout).unwrap();
    // The notice: 2 s.
    opening.now += 500;
    opening.host(&Command::ApproveDegraded);
    supervise(&mut opening, &Command::ApproveDegraded);
    opening.host(&pause());
    opening.now += MINUTE;
    opening.host(&Command::Resume);
    assert_eq!(opening.state.phase(), Phase::DegradedNotice);
    opening.now += 1_499;
    assert_eq!(label(opening.input(&Input::NoticeOver)), "notice-running");
    opening.now += 1;
    opening.input(&Input::NoticeOver).unwrap();

    // A draw: silent custodians count as out of reach after 5 s.
    let mut drawing = crate::draw::drawing_lot(Phase::Read);
    drawing.host(&Command::StartDraw(1));
    drawing.now += 4_000;
    drawing.host(&pause());
    drawing.now += MINUTE;
    drawing.host(&Command::Resume);
    assert!(!drawing.state.draw_is_lost(&[], at(drawing.now + 999)));
    assert!(drawing.state.draw_is_lost(&[], at(drawing.now + 1_000)));
}

/// What had run out before the hold is over after it.
#[test]
fn a_clock_that_had_run_out_stays_over() {
    let mut opening = Opening::at(Phase::Freezing, 4);
    opening.now += 5_001;
    opening.host(&pause());
    opening.now += MINUTE;
    opening.host(&Command::Resume);
    opening.input(&freeze_signed(1)).unwrap();
    let events = opening.input(&freeze_signed(2)).unwrap();
    assert_eq!(events[1].kind(), EventKind::FreezeDegraded);
}

/// A quorum that is reached while the opening is held completes the freeze when it goes on.
#[test]
fn what_the_hall_owes_follows_the_resumption() {
    let mut opening = Opening::at(Phase::Freezing, 4);
    opening.host(&pause());
    for no in 1..=3 {
        assert_eq!(opening.input(&freeze_signed(no)).unwrap().len(), 1);
    }
    let events = opening.command(&host(), &Command::Resume).unwrap();
    let kinds: Vec<EventKind> = events.iter().map(Event::kind).collect();
    assert_eq!(kinds, [EventKind::OpeningResumed, EventKind::FreezeCompleted]);
    assert_eq!(opening.state.phase(), Phase::Ready);
}

#[test]
fn whoever_paused_resumes() {
    let mut opening = Opening::at(Phase::Ready, 4);
    for actor in [host(), supervisor()] {
        assert_eq!(label(opening.command(&actor, &Command::Resume)), "not-held");
    }
    for actor in [bidder(1), Actor::Hall, Actor::Custodian(custodian(1))] {
        assert_eq!(label(opening.command(&actor, &pause())), "wrong-role");
    }
    opening.host(&pause());
    assert_eq!(label(opening.command(&host(), &pause())), "already-done");
    let other = opening.command(&supervisor(), &Command::Resume);
    assert_eq!(label(other), "not-the-holder");
    // The supervisor's stop goes over the host's pause, and not the other way.
    opening.now += 1_000;
    supervise(&mut opening, &pause());
    for command in [Command::Resume, pause()] {
        let refused = label(opening.command(&host(), &command));
        assert!(["not-the-holder", "already-done"].contains(&refused), "{refused}");
    }
    opening.now += 500;
    supervise(&mut opening, &Command::Resume);
    let held: Vec<_> = opening.state.holds().iter().map(|hold| (hold.holder, hold.to)).collect();
    assert_eq!(held.len(), 2);
    assert_eq!(held[0].0, Holder::Host);
    assert_eq!(held[0].1, Some(opening.state.holds()[1].from));
    assert_eq!((held[1].0, held[1].1.map(|to| to.at)), (Holder::Supervisor, Some(at(opening.now))));
}

#[test]
fn a_request_lapses_when_the_pause_ends() {
    let mut opening = Opening::at(Phase::Ready, 4);
    opening.host(&pause());
    opening.host(&ask(Measure::Terminate));
    opening.host(&Command::Resume);
    assert!(opening.state.measure_asked().is_none());
    let approval = Command::ApproveMeasure { no: 1, measure: Measure::Terminate };
    assert_eq!(label(opening.command(&supervisor(), &approval)), "no-such-measure");
    // Asked for again, it can be approved.
    opening.host(&ask(Measure::Terminate));
    supervise(&mut opening, &approval);
    assert_eq!(opening.state.phase(), Phase::Terminated);
}

#[test]
fn a_suspension_takes_both_and_so_does_its_end() {
    let mut opening = Opening::at(Phase::Published, 4);
    let refuse = |opening: &mut Opening, actor: &Actor, command: &Command| {
        label(opening.command(actor, command))
    };
    let (host, super_) = (host(), supervisor());
    assert_eq!(refuse(&mut opening, &super_, &approve(1, Measure::Suspend)), "no-such-measure");
    assert_eq!(refuse(&mut opening, &super_, &ask(Measure::Suspend)), "wrong-role");
    assert_eq!(refuse(&mut opening, &host, &ask(Measure::Resume)), "not-held");
    opening.host(&ask(Measure::Suspend));
    assert!(opening.state.hold().is_none(), "not by the host alone");
    assert_eq!(refuse(&mut opening, &host, &approve(1, Measure::Suspend)), "wrong-role");
    assert_eq!(refuse(&mut opening, &super_, &approve(2, Measure::Suspend)), "no-such-measure");
    assert_eq!(refuse(&mut opening, &super_, &approve(1, Measure::Terminate)), "no-such-measure");
    supervise(&mut opening, &approve(1, Measure::Suspend));
    for actor in [&host, &super_] {
        assert_eq!(refuse(&mut opening, actor, &Command::Resume), "not-the-holder");
        assert_eq!(refuse(&mut opening, actor, &pause()), "already-done");
    }
    assert_eq!(refuse(&mut opening, &host, &ask(Measure::Suspend)), "already-done");
    opening.host(&ask(Measure::Resume));
    assert_eq!(refuse(&mut opening, &super_, &approve(1, Measure::Resume)), "no-such-measure");
    // A new request takes the place of the old one.
    opening.host(&ask(Measure::Terminate));
    assert_eq!(refuse(&mut opening, &super_, &approve(2, Measure::Resume)), "no-such-measure");
    opening.host(&ask(Measure::Resume));
    supervise(&mut opening, &approve(2, Measure::Resume));
    assert!(opening.state.hold().is_none());
    assert_eq!(opening.state.measures().len(), 2);
    assert_eq!(refuse(&mut opening, &super_, &approve(2, Measure::Resume)), "no-such-measure");
}

#[test]
fn an_ended_opening_stays_ended_and_sealed() {
    for (measure, goal) in [(Measure::Terminate, Phase::Terminated), (Measure::Fail, Phase::Failed)]
    {
        for (phase, mut opening) in holdable() {
            take(&mut opening, measure);
            assert_eq!((opening.state.phase(), goal.is_final()), (goal, true), "{phase}");
            assert!(opening.state.ended().is_some() && opening.state.unsealing().is_none());
            let ended = opening.state.ended_by().unwrap();
            assert_eq!(ended.asked.reason, HoldReason::AuthorityOrder);
            let now = at(opening.now);
            for (actor, command) in crate::table::commands() {
                let refused = label(opening.state.decide(&actor, &command, now));
                assert!(["lot-closed", "wrong-role"].contains(&refused), "{phase}: {refused}");
            }
            for input in crate::table::inputs(&opening.state) {
                let result = opening.state.decide_input(&input, now);
                let last = matches!(&input, Input::KeyDestroyed(_))
                    || matches!(&input, Input::JournalSigned(j) if j.moment == JournalMoment::Close);
                assert_eq!(result.is_ok(), last, "{phase}: {}", input.name());
            }
            let record = OpeningRecord::new(&opening.state);
            let made = matches!(phase, Phase::RecordGenerated | Phase::Adjourned);
            assert_eq!(record.is_some(), made, "{phase}");
        }
    }
}

/// Ruling 19: from the first release of the prices to their publication only a pause comes between.
#[test]
fn between_release_and_prices_nothing_but_a_pause() {
    let mut opening = Opening::at(Phase::UnsealingPrices, 4);
    let mut asked = opening.clone();
    asked.host(&ask(Measure::Terminate));
    for opening in [&mut opening, &mut asked] {
        let one = partials(&opening.state, 3, Part::Price);
        opening.input(&Input::PartialsReceived(one)).unwrap();
    }
    for measure in [Measure::Suspend, Measure::Terminate, Measure::Fail] {
        assert_eq!(label(opening.command(&host(), &ask(measure))), "prices-released");
    }
    let late = asked.command(&supervisor(), &approve(1, Measure::Terminate));
    assert_eq!(label(late), "prices-released", "asked for before, approved after the release");
    opening.host(&pause());
    assert_eq!(label(opening.command(&host(), &ask(Measure::Terminate))), "prices-released");
    opening.host(&Command::Resume);
    opening.walk_to(Phase::Published, 4);
    take(&mut opening, Measure::Terminate);
    assert_eq!(opening.state.phase(), Phase::Terminated);
}

#[test]
fn before_the_frozen_set_there_is_nothing_to_hold() {
    for (phase, expected) in [
        (Phase::Unpublished, "out-of-order"),
        (Phase::Receiving, "postpone-instead"),
        (Phase::IntakeClosed, "out-of-order"),
        (Phase::TooFew, "too-few-bidders"),
        (Phase::Failed, "too-few-bidders"),
        (Phase::Closed, "lot-closed"),
    ] {
        let bidders = if matches!(phase, Phase::TooFew | Phase::Failed) { 2 } else { 4 };
        let mut opening = Opening::at(phase, bidders);
        for command in [pause(), Command::Resume, ask(Measure::Terminate), ask(Measure::Fail)] {
            assert_eq!(label(opening.command(&host(), &command)), expected, "{phase}");
        }
        let approval = approve(1, Measure::Terminate);
        assert_eq!(label(opening.command(&supervisor(), &approval)), expected, "{phase}");
    }
    // After the deadline too, as long as the intake is not closed.
    let mut late = Opening::at(Phase::Receiving, 4);
    late.now = DEADLINE + MINUTE;
    assert_eq!(label(late.command(&host(), &pause())), "postpone-instead");
}

/// 条例 art. 44 ¶3: a termination would cut an objection off for good, so it is heard at once.
#[test]
fn objections_are_raised_and_answered_while_it_is_held() {
    let mut opening = Opening::at(Phase::Read, 4);
    supervise(&mut opening, &pause());
    opening.command(&bidder(2), &Command::RaiseObjection("为何暂停".to_owned())).unwrap();
    opening.host(&Command::AnswerObjection { no: 1, text: "停电".to_owned() });
    assert_eq!(label(opening.command(&bidder(2), &Command::ConfirmPrice)), "opening-held");
    assert_eq!(label(opening.command(&host(), &Command::GenerateRecord)), "opening-held");
}

#[test]
fn the_record_shows_who_held_it_and_how_long() {
    let opening = closed();
    let record = OpeningRecord::new(&opening.state).unwrap();
    let held: Vec<_> = record.holds.iter().map(|hold| (hold.holder, hold.reason)).collect();
    assert_eq!(
        held,
        [
            (Holder::Host, HoldReason::Power),
            (Holder::Supervisor, HoldReason::AuthorityOrder),
            (Holder::Both, HoldReason::AuthorityOrder),
        ]
    );
    assert_eq!(record.holds[0].to, record.holds[1].from);
    let length = |hold: &RecordHold| hold.to.since(hold.from).unwrap();
    assert_eq!(length(&record.holds[1]), span(10 * MINUTE));
    let articles: Vec<_> = record.holds.iter().map(|hold| hold.article.is_some()).collect();
    assert_eq!(articles, [false, true, true]);
    let text = record.to_text();
    for words in ["园区停电", "监督人暂停", "中止", "停电 power failure"] {
        assert!(text.contains(words), "{words}");
    }
    // A hold after the record does not enter it.
    let mut later = Opening::at(Phase::RecordGenerated, 4);
    let made = OpeningRecord::new(&later.state);
    later.host(&pause());
    later.host(&Command::Resume);
    take(&mut later, Measure::Terminate);
    assert_eq!(OpeningRecord::new(&later.state), made);
    assert!(made.unwrap().holds.is_empty());
}

/// What a hall might write by itself, or in another's name: a reader refuses it.
#[test]
fn a_reader_refuses_holds_that_nobody_signed_for() {
    let opening = Opening::at(Phase::Ready, 4);
    let now = at(opening.now);
    let paused = Event::OpeningPaused(OpeningPaused {
        reason: HoldReason::System,
        text: "故障".to_owned(),
    });
    let resumed = Event::OpeningResumed(Empty {});
    let taken = Event::MeasureTaken(MeasureTaken { no: 1, measure: Measure::Terminate });
    for event in [&paused, &taken] {
        let mut twin = opening.state.clone();
        assert!(twin.check_and_apply(&Actor::Hall, now, event).is_err());
        assert_eq!(twin, opening.state, "unchanged");
    }
    let mut asked = opening.clone();
    asked.host(&ask(Measure::Terminate));
    let mut twin = asked.state.clone();
    assert!(twin.check_and_apply(&host(), now, &taken).is_err());
    let mut held = opening;
    held.command(&supervisor(), &pause()).unwrap();
    assert!(held.state.clone().check_and_apply(&host(), now, &resumed).is_err());
    assert_eq!(paused.needs_command(), Some(CommandKind::Pause));
    assert_eq!(resumed.needs_command(), Some(CommandKind::Resume));
    assert_eq!(taken.needs_command(), Some(CommandKind::ApproveMeasure));
}

#[test]
fn reasons_are_a_closed_list_with_words() {
    for reason in HoldReason::ALL {
        assert_eq!(HoldReason::parse(reason.name()), Some(*reason));
        let text = serde_json::to_string(reason).unwrap();
        assert_eq!(text, format!("\"{}\"", reason.name()));
        let (zh, en) = reason.words();
        assert!(!zh.is_ascii() && en.is_ascii());
        assert!(reason.article().is_none_or(|article| article.contains("art. ")));
    }
    assert_eq!(HoldReason::parse("fire"), None);
    for measure in Measure::ALL {
        assert_eq!(Measure::parse(measure.name()), Some(*measure));
        let text = serde_json::to_string(measure).unwrap();
        assert_eq!(text, format!("\"{}\"", measure.name()));
        assert!(!measure.words().0.is_ascii() && measure.words().1.is_ascii());
    }
    assert_eq!(Measure::parse("stop"), None);
    for (kind, data) in [
        ("opening-paused", r#"{"reason":"fire","text":"x"}"#),
        ("opening-paused", r#"{"reason":"power"}"#),
        ("measure-taken", r#"{"no":1,"measure":"close"}"#),
        ("measure-taken", r#"{"no":-1,"measure":"fail"}"#),
    ] {
        assert_eq!(Event::from_parts(kind, data).unwrap_err().label(), "E_EVENT_DATA", "{data}");
    }
    let blank = r#"{"reason":"other","text":" "}"#;
    assert_eq!(Event::from_parts("opening-paused", blank).unwrap_err().label(), "E_EVENT_SHAPE");
}

#[test]
fn holds_and_measures_are_bounded() {
    let mut opening = Opening::at(Phase::Ready, 4);
    for _ in 0..limits::HOLDS {
        opening.host(&pause());
        opening.host(&Command::Resume);
    }
    assert_eq!(label(opening.command(&host(), &pause())), "bad-data");
    assert_eq!(label(opening.command(&host(), &ask(Measure::Suspend))), "bad-data");
    take(&mut opening, Measure::Terminate);
}
