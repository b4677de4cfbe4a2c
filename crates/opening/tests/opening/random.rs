//! Random openings: `decide` never panics, what it decides a suspicious reader accepts, and nothing
//! is ever opened without deadline, quorum and enough bidders.

use std::collections::BTreeSet;

use kaibiao_opening::*;
use kaibiao_types::*;
use proptest::prelude::*;

use crate::support::*;

/// One attempt: who, what and after how long, drawn at random.
#[derive(Clone, Copy, Debug)]
struct Attempt {
    what: u8,
    who: u8,
    wait: u64,
}

fn attempts() -> impl Strategy<Value = Vec<Attempt>> {
    let wait = prop_oneof![6 => 0..50_u64, 2 => 1_000..8_000_u64, 1 => 3_000_000..8_000_000_u64];
    let attempt =
        (0..60_u8, 0..6_u8, wait).prop_map(|(what, who, wait)| Attempt { what, who, wait });
    proptest::collection::vec(attempt, 1..160)
}

fn actor(who: u8) -> Actor {
    match who {
        0 => host(),
        1 => supervisor(),
        2 => Actor::Hall,
        3 => Actor::Custodian(custodian(1)),
        no => bidder(no - 3),
    }
}

/// The input or command that would move the opening on, tried often so that runs get far.
pub fn forward(opening: &Opening, bidders: u8, who: u8) -> Result<Input, (Actor, Command)> {
    let state = &opening.state;
    let custodian = u16::from(who % 3) + 1;
    if let Some(hold) = state.hold() {
        return Err(match hold.holder {
            Holder::Host => (host(), Command::Resume),
            Holder::Supervisor => (supervisor(), Command::Resume),
            Holder::Both if state.measure_asked().is_none() => {
                (host(), crate::hold::ask(Measure::Resume))
            }
            Holder::Both => approval(state, who),
        });
    }
    match state.phase() {
        Phase::Unpublished => Ok(Input::LotPublished(Box::new(match who {
            0 if bidders.is_multiple_of(2) => crate::fault::published(),
            3 if bidders.is_multiple_of(2) => crate::outage::published(),
            1 if bidders.is_multiple_of(2) => {
                crate::bidder_window::published(BidderLockTerms::Escrow)
            }
            2 if bidders.is_multiple_of(2) => {
                crate::bidder_window::published(BidderLockTerms::Strict)
            }
            5 if bidders.is_multiple_of(2) => crate::window::published(),
            5 => crate::draw::published(),
            who => {
                let result = bidders.is_multiple_of(2).then_some(crate::result::SESSION);
                LotPublished { result, ..crate::steps::LISTS[usize::from(who)].1() }
            }
        }))),
        Phase::Receiving if who.is_multiple_of(2) => {
            Ok(tick(state.next_tick().map_or(0, TickNo::get)))
        }
        Phase::Receiving => Ok(Input::DeadlineReached(IntakeClosed {
            tick: TickNo::new(state.next_tick().map_or(0, |t| t.get().saturating_sub(1))).unwrap(),
            size: state.entries(),
            ..head()
        })),
        Phase::IntakeClosed => {
            let set = SetFrozen { size: state.intake().unwrap().size, ..set(bidders) };
            Ok(Input::SetFrozen(crate::envelope::of_lot(state, set)))
        }
        Phase::Freezing if who == 0 => Ok(Input::FreezeTimeout),
        Phase::Freezing => Ok(freeze_signed(custodian)),
        Phase::DegradedNotice if who == 5 => Ok(Input::NoticeOver),
        Phase::DegradedNotice => Err((actor(who % 2), Command::ApproveDegraded)),
        Phase::Closed if state.result_session().is_some() => Err(crate::result::next(state, who)),
        Phase::TooFew | Phase::Failed | Phase::Closed | Phase::Terminated => Ok(Input::ReadingOver),
        Phase::Ready if who > 1 && crate::round::waits(state) => {
            Err((supervisor(), crate::round::approve(state)))
        }
        Phase::Ready | Phase::BiddersPublished | Phase::SealsChecked => {
            // An optional step is taken or left out, as it comes.
            let next = state.next_steps();
            let listed = next.get(usize::from(who) % next.len()).unwrap();
            crate::steps::taken(state, listed.step)
        }
        Phase::UnsealingPrices if who == 5 => Ok(Input::PricesUnsealed(outcomes(state))),
        Phase::UnsealingPrices => {
            Ok(Input::PartialsReceived(partials(state, custodian, Part::Price)))
        }
        Phase::Published if who == 4 => crate::steps::taken(state, Step::AnnounceCeiling),
        Phase::Read if who > 3 => crate::steps::taken(state, Step::AnnounceCeiling),
        Phase::Published | Phase::Reading => Err((host(), Command::ReadNext(span(100)))),
        Phase::Read if who == 0 => Err((host(), Command::StartUnsealing(Part::Documents))),
        Phase::Read => Ok(Input::RecordGenerated { sha256: digest(12, 0) }),
        Phase::RecordGenerated if state.stage_after().is_some() => {
            Err((host(), Command::CloseEnvelope))
        }
        Phase::RecordGenerated => Err((host(), Command::Close)),
        Phase::Adjourned => Err(crate::envelope::onward(state, who)),
    }
}

/// The supervisor approves what waits; sometimes something else.
fn approval(state: &State, who: u8) -> (Actor, Command) {
    let asked = state.measure_asked().map_or((1, Measure::Fail), |asked| (asked.no, asked.measure));
    let no = asked.0 + u32::from(who == 5);
    (supervisor(), crate::hold::approve(no, asked.1))
}

fn attempt(opening: &mut Opening, bidders: u8, attempt: Attempt) {
    let Attempt { what, who, wait } = attempt;
    opening.now += wait;
    let tried = match what {
        25 => Err((host(), Command::StartDraw(u32::from(who % 3)))),
        26 => Ok(Input::DrawPartial(crate::draw::partial(u16::from(who % 3) + 1, 1))),
        27 => Ok(Input::DrawCombined { no: 1, index: u64::from(who), dropped: Vec::new() }),
        28 => Ok(Input::DrawFailed { no: 1, dropped: Vec::new() }),
        0..12 | 29 => {
            let commands = crate::command::commands();
            let chosen = (usize::from(what) + usize::from(wait % 2 == 0) * 12) % commands.len();
            Err((actor(who), commands[chosen].clone()))
        }
        12 => Err((actor(who), Command::StartUnsealing(Part::Documents))),
        13 => Err((actor(who), Command::RaiseObjection("异议".to_owned()))),
        14 => Ok(refused_by(u16::from(who % 3) + 1)),
        15 => Ok(Input::FreezeTimeout),
        16 => Ok(Input::NoticeOver),
        17 => Ok(Input::ReadingOver),
        18 => Ok(Input::PartialsReceived(partials(
            &opening.state,
            u16::from(who) + 1,
            Part::Documents,
        ))),
        19 => Ok(Input::DocumentsUnsealed(documents(&opening.state))),
        20 => Ok(Input::PricesUnsealed(
            (1..=bidders).map(|no| not_opened(no, "UNOPENED_CUSTODY", Fault::NotBidder)).collect(),
        )),
        21 => Ok(Input::PricesUnsealed(outcomes(&opening.state))),
        22 => Ok(freeze_signed(u16::from(who) + 1)),
        23 => Ok(Input::DeadlineReached(head())),
        24 => Ok(Input::SetFrozen(set(bidders))),
        30 => Ok(journal_signed(u16::from(who) + 1, JournalMoment::Freeze)),
        31 => Ok(journal_signed(u16::from(who) + 1, JournalMoment::Close)),
        32 => Ok(key_destroyed(u16::from(who) + 1)),
        33 => Err((actor(who % 2), crate::hold::pause())),
        34 => Err((actor(who), Command::Resume)),
        35 => Err((host(), crate::hold::ask(Measure::ALL[usize::from(who % 4)]))),
        36 => Err(approval(&opening.state, who)),
        37 => Err((host(), crate::fault::decide(who, Part::Price, Fault::Bidder))),
        38 => Ok(Input::PricesUnsealed(
            (1..=bidders).map(|no| not_opened(no, "X", Fault::Undetermined)).collect(),
        )),
        39 => Err((actor(who), crate::window::extend(u64::from(who)))),
        41 => Ok(Input::OutageAttested(crate::outage::attested(
            &opening.state,
            u16::from(who % 3) + 1,
        ))),
        40 => Ok(Input::RecordCorrected { reason: "更正".to_owned(), sha256: digest(12, who) }),
        45 => Err((actor(who), crate::bidder_window::extend(u64::from(who)))),
        42 => Err((actor(who), crate::bidder_window::reopen(u64::from(who)))),
        43 => Err(crate::bidder_window::unseal(who + 1)),
        44 => Err((actor(who), Command::StartUnsealing(Part::Price))),
        _ => forward(opening, bidders, who),
    };
    match tried {
        Ok(input) => drop(opening.input(&input)),
        Err((actor, command)) => {
            if let Err(refusal) = opening.command(&actor, &command) {
                let event = opening.state.refusal_event(&actor, command.kind(), &refusal);
                if let Some(event) = event {
                    opening.write(&Actor::Hall, &event);
                }
            }
        }
    }
}

/// The promises, read from the log alone and without any code of the procedure.
fn promises(log: &[Entry], bidders: u8) {
    let has = |kind: EventKind, before: usize| {
        log[..before].iter().filter(|(_, _, event)| event.kind() == kind).count()
    };
    for (index, (_, at, event)) in log.iter().enumerate() {
        let kind = event.kind();
        if let Event::Refused(refused) = event
            && at.get() < DEADLINE
        {
            assert!(!matches!(refused.actor, Actor::Bidder(_)), "promise 5");
        }
        let opens = [
            EventKind::SetFrozen,
            EventKind::UnsealingStarted,
            EventKind::PartialsReceived,
            EventKind::PricesPublished,
            EventKind::DocumentsOpened,
        ];
        assert!(!opens.contains(&kind) || at.get() >= DEADLINE, "promise 1");
        assert!(kind != EventKind::JournalSigned || at.get() >= DEADLINE, "promise 5");
        if kind != EventKind::PricesPublished {
            continue;
        }
        assert!(bidders >= 3, "promise 8");
        assert_eq!(has(EventKind::FreezeCompleted, index), 1);
        let signed = has(EventKind::FreezeSigned, index);
        let notice = has(EventKind::FreezeDegraded, index) == 1
            && has(EventKind::DegradedApproved, index) == 2
            && signed >= 2;
        assert!(signed >= 3 || notice, "promise 4");
        assert_eq!(has(EventKind::SealsChecked, index), 1);
        assert_eq!(has(EventKind::PricesPublished, index), 0, "promise 6");
        let Event::PricesPublished(prices) = event else { panic!("prices") };
        let opened = prices.bids.iter().any(|bid| bid.total.is_some());
        assert!(!opened || has(EventKind::PartialsReceived, index) >= 2);
    }
    held_promises(log);
    assert!(record_waited(log), "办法 art. 31");
    window_waited(log);
    bidders_came_first(log);
    if has(EventKind::TooFewBidders, log.len()) > 0 {
        let end = [EventKind::TooFewBidders, EventKind::JournalSigned, EventKind::KeyDestroyed];
        let failed = log.iter().position(|(_, _, event)| event.kind() == end[0]).unwrap();
        assert!(log[failed..].iter().all(|(_, _, event)| end.contains(&event.kind())));
        assert_eq!(has(EventKind::UnsealingStarted, log.len()), 0);
    }
}

/// Where the tender file says so, no record came before every open fault was decided.
fn record_waited(log: &[Entry]) -> bool {
    let Some((_, _, Event::LotPublished(lot))) = log.first() else { return true };
    let made = log.iter().position(|(_, _, event)| event.kind() == EventKind::RecordGenerated);
    let before = &log[..made.unwrap_or(0)];
    let mut open: BTreeSet<&OrgCode> = BTreeSet::new();
    for (_, _, event) in before {
        match event {
            Event::PricesPublished(prices) => {
                let silent = |bid: &&PublishedBid| bid.fault == Some(Fault::Undetermined);
                open.extend(prices.bids.iter().filter(silent).map(|bid| &bid.bidder.code));
            }
            Event::FaultDecided(decided) => {
                assert!(open.remove(&decided.bidder), "evidence is not overruled");
            }
            _ => {}
        }
    }
    !lot.decide_faults || open.is_empty()
}

/// Where the tender file has a window for objections, no record came before its end.
fn window_waited(log: &[Entry]) {
    let Some((_, _, Event::LotPublished(lot))) = log.first() else { return };
    let Some(span) = lot.objection_ms else { return };
    let find = |kind: EventKind| log.iter().find(|(_, _, event)| event.kind() == kind);
    let read = find(EventKind::ReadingFinished);
    if let (Some((_, read, _)), Some((_, made, _))) = (read, find(EventKind::RecordGenerated)) {
        assert!(*made >= read.plus(span), "条例 art. 44 ¶3");
    }
}

/// Where the tender file asks bidders first, nothing was unsealed before their window was over, and
/// without an escrow no locked bid opened.
fn bidders_came_first(log: &[Entry]) {
    let Some((_, _, Event::LotPublished(lot))) = log.first() else { return };
    let Some(terms) = lot.bidder_window else { return };
    let (mut open, mut seen) = (false, false);
    let mut unlocked: BTreeSet<&OrgCode> = BTreeSet::new();
    for (_, _, event) in log {
        match event {
            Event::BidderWindowOpened(_) | Event::BidderWindowReopened(_) => {
                (open, seen) = (true, true);
            }
            Event::BidderWindowClosed(_) => open = false,
            Event::BidderUnsealed(own) => {
                assert!(open && unlocked.insert(&own.bidder), "办法 art. 30");
            }
            Event::UnsealingStarted(_) | Event::PartialsReceived(_) => {
                assert!(seen && !open, "办法 art. 30");
            }
            Event::PricesPublished(prices) if terms.lock == BidderLockTerms::Strict => {
                let mut opened = prices.bids.iter().filter(|bid| bid.total.is_some());
                assert!(opened.all(|bid| unlocked.contains(&bid.bidder.code)), "ruling 21");
            }
            _ => {}
        }
    }
}

/// Held, no step of the opening is taken; an ended lot stays ended; nothing but a pause comes between
/// the first release of the prices and their publication.
fn held_promises(log: &[Entry]) {
    let end = [EventKind::JournalSigned, EventKind::KeyDestroyed];
    let goes_on = [
        EventKind::FreezeSigned,
        EventKind::PartialsReceived,
        EventKind::DrawPartial,
        EventKind::CustodianRefused,
        EventKind::JournalSigned,
        EventKind::ObjectionRaised,
        EventKind::ObjectionAnswered,
        EventKind::OpeningPaused,
        EventKind::OpeningResumed,
        EventKind::MeasureAsked,
        EventKind::MeasureTaken,
        EventKind::ChatSaid,
        EventKind::ChatPrivate,
        EventKind::ChatMuted,
        EventKind::ChatUnmuted,
        EventKind::ChatRemoved,
        EventKind::ChatReadmitted,
        EventKind::Refused,
    ];
    let (mut held, mut ended, mut released) = (false, false, false);
    for (_, _, event) in log {
        assert!(!held || goes_on.contains(&event.kind()), "held: {}", event.kind());
        assert!(!ended || end.contains(&event.kind()), "ended: {}", event.kind());
        match event {
            Event::PartialsReceived(partials) if partials.part == Part::Price => released = true,
            Event::PricesPublished(_) => released = false,
            Event::OpeningPaused(_) => held = true,
            Event::OpeningResumed(_) => held = false,
            Event::MeasureTaken(taken) => {
                assert!(!released || taken.measure == Measure::Resume, "ruling 19");
                held = taken.measure == Measure::Suspend;
                ended = taken.measure.ends();
            }
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_opened_against_the_rules(attempts in attempts(), bidders in 0..6_u8) {
        let mut opening = Opening::new();
        for one in attempts {
            // `write` inside replays every decided entry on the twin state.
            attempt(&mut opening, bidders, one);
            while let Some(owed) = opening.state.due(at(opening.now)) {
                opening.write(&Actor::Hall, &owed);
            }
        }
        promises(&opening.log, bidders);
        crate::steps::in_order(&opening.log);
        for (_, _, event) in &opening.log {
            let again = Event::from_parts(event.kind().name(), &event.data_json());
            prop_assert_eq!(again.as_ref(), Ok(event));
        }
    }

    #[test]
    fn readers_of_foreign_bytes_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = TenderFile::parse(&bytes);
        let _ = TenderDraft::parse(&bytes);
        let _ = SignedCommandBody::parse(&bytes);
        let tender = tender();
        let _ = PriceSheet::parse(&tender.sheet_rules(Stage::FIRST), &code(101), &bytes);
        let text = String::from_utf8_lossy(&bytes);
        let _ = Actor::parse(&text);
        for kind in EventKind::ALL {
            let _ = Event::from_parts(kind.name(), &text);
        }
    }

    /// One changed byte in a sheet never gives another price under the same bidder and lot unnoticed
    /// by the form: it is refused, or it differs from the sheet that was signed.
    #[test]
    fn a_changed_sheet_is_another_sheet(position in 0..300_usize, byte in any::<u8>()) {
        let good = sheet_bytes(1);
        let mut bad = good.clone();
        let index = position % bad.len();
        prop_assume!(bad[index] != byte);
        bad[index] = byte;
        let tender = tender();
        let rules = tender.sheet_rules(Stage::FIRST);
        let original = PriceSheet::parse(&rules, &bidder_party(1).code, &good).unwrap();
        if let Ok(sheet) = PriceSheet::parse(&rules, &bidder_party(1).code, &bad) {
            prop_assert_ne!(sheet, original);
        }
    }
}

/// The random runs are worth something only if some of them get to the prices.
#[test]
fn random_runs_get_far() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut reached = 0;
    for _ in 0..200 {
        let attempts = attempts().new_tree(&mut runner).unwrap().current();
        let mut opening = Opening::new();
        for one in attempts {
            attempt(&mut opening, 4, one);
        }
        reached += usize::from(opening.state.prices().is_some());
    }
    assert!(reached >= 20, "{reached} of 200 runs reached the prices");
}
