//! What a suspicious reader finds in a log that was tampered with.

use kaibiao_opening::*;
use kaibiao_types::*;

use crate::events::{degraded, normal};
use crate::support::*;

fn replay(log: &[Entry]) -> Result<State, ReplayError> {
    let mut state = State::new(lot_key());
    for (by, at, event) in log {
        state.check_and_apply(by, *at, event)?;
    }
    Ok(state)
}

fn position(log: &[Entry], kind: EventKind) -> usize {
    log.iter().position(|(_, _, event)| event.kind() == kind).unwrap()
}

/// Kinds whose absence the procedure alone cannot notice; gaps in the index are the journal's task.
const OPTIONAL: &[EventKind] = &[
    EventKind::Refused,
    EventKind::CustodianRefused,
    EventKind::SignedIn,
    EventKind::EmergencySignedIn,
    EventKind::PriceConfirmed,
    EventKind::RecordSigned,
    EventKind::OpeningClosed,
    EventKind::TooFewBidders,
    EventKind::JournalSigned,
    EventKind::KeyDestroyed,
];

#[test]
fn an_entry_that_is_left_out_is_noticed() {
    for (name, opening) in [("normal", normal()), ("degraded", degraded())] {
        for left_out in 0..opening.log.len() {
            let (_, _, event) = &opening.log[left_out];
            let last = left_out + 1 == opening.log.len();
            if OPTIONAL.contains(&event.kind()) || last {
                continue;
            }
            let mut log = opening.log.clone();
            log.remove(left_out);
            assert!(replay(&log).is_err(), "{name}: {} left out unnoticed", event.kind());
        }
    }
}

#[test]
fn an_entry_that_is_repeated_is_noticed() {
    for opening in [normal(), degraded()] {
        for repeated in 0..opening.log.len() {
            let entry = opening.log[repeated].clone();
            if [EventKind::Refused, EventKind::CustodianRefused].contains(&entry.2.kind()) {
                continue;
            }
            let mut log = opening.log.clone();
            log.insert(repeated, entry);
            let error = replay(&log).unwrap_err();
            assert!(error.entry > u64::try_from(repeated).unwrap(), "{error:?}");
        }
    }
}

#[test]
fn an_entry_by_another_author_is_noticed() {
    let opening = normal();
    let authors = [
        Actor::Hall,
        host(),
        Actor::Host(code(999)),
        supervisor(),
        bidder(1),
        bidder(2),
        Actor::Custodian(custodian(1)),
        Actor::Custodian(custodian(2)),
    ];
    for changed in 0..opening.log.len() {
        for author in &authors {
            let mut log = opening.log.clone();
            if log[changed].0 == *author {
                continue;
            }
            log[changed].0 = author.clone();
            let error = replay(&log).expect_err("another author");
            assert_eq!(error.entry, u64::try_from(changed).unwrap());
            assert!(
                ["wrong-role", "not-a-bidder", "unknown-custodian"].contains(&error.label()),
                "{error:?}"
            );
        }
    }
}

#[test]
fn time_that_runs_backwards_is_noticed() {
    let opening = normal();
    for changed in 1..opening.log.len() {
        let mut log = opening.log.clone();
        log[changed].1 = at(log[changed - 1].1.get() - 1);
        let error = replay(&log).unwrap_err();
        assert_eq!(
            (error.entry, error.label()),
            (u64::try_from(changed).unwrap(), "clock-backwards")
        );
    }
}

/// A hall that dates the whole opening before the deadline opens nothing.
#[test]
fn an_early_opening_is_noticed() {
    let mut log = normal().log;
    let first = position(&log, EventKind::IntakeClosed);
    for entry in &mut log {
        entry.1 = at(entry.1.get().min(DEADLINE - 1));
    }
    let error = replay(&log).unwrap_err();
    assert_eq!(error.entry, u64::try_from(first).unwrap());
    assert_eq!(error.refusal, Refusal::TooEarly { wait: span(1) });
    assert!(error.to_string().contains("intake-closed"));
}

/// A hall that claims a quorum it does not have opens nothing.
#[test]
fn a_freeze_without_its_quorum_is_noticed() {
    let opening = normal();
    let last =
        opening.log.iter().rposition(|(_, _, e)| e.kind() == EventKind::FreezeSigned).unwrap();
    let mut log = opening.log.clone();
    log.remove(last);
    assert_eq!(replay(&log).unwrap_err().label(), "bad-data");
    let done = position(&log, EventKind::FreezeCompleted);
    for is_degraded in [false, true] {
        let signers = vec![custodian(1), custodian(3)];
        log[done].2 = Event::FreezeCompleted(FreezeCompleted { signers, degraded: is_degraded });
        let refusal = replay(&log).unwrap_err().refusal;
        assert_eq!(refusal, Refusal::FreezeIncomplete { signed: 2, quorum: 3 });
    }
}

#[test]
fn a_shortened_notice_is_noticed() {
    let opening = degraded();
    let done = position(&opening.log, EventKind::FreezeCompleted);
    let mut log = opening.log.clone();
    let until = log[done].1.get();
    for entry in &mut log[done - 1..] {
        entry.1 = at(until - 1);
    }
    assert_eq!(replay(&log).unwrap_err().refusal, Refusal::NoticeRunning { wait: span(1) });

    let notice = position(&opening.log, EventKind::FreezeDegraded);
    let mut log = opening.log.clone();
    let Event::FreezeDegraded(data) = &mut log[notice].2 else { panic!("a notice") };
    data.notice_until = at(data.notice_until.get() - 1);
    assert_eq!(replay(&log).unwrap_err().label(), "bad-data");

    let mut log = opening.log.clone();
    let Event::FreezeDegraded(data) = &mut log[notice].2 else { panic!("a notice") };
    data.absent = vec![custodian(1)];
    assert_eq!(replay(&log).unwrap_err().label(), "bad-data");

    let mut log = opening.log;
    for entry in &mut log[notice..] {
        entry.1 = at(entry.1.get() - 1);
    }
    assert_eq!(replay(&log).unwrap_err().refusal, Refusal::FreezeWaitRunning { wait: span(1) });
}

#[test]
fn a_changed_sentence_is_noticed() {
    let opening = normal();
    let read = position(&opening.log, EventKind::PriceRead);
    let changes: [fn(&mut PriceRead); 8] = [
        |r| r.total = Some(price(2)),
        |r| r.total = None,
        |r| r.capital = Some("壹元整".to_owned()),
        |r| r.capital = None,
        |r| r.zh.push('。'),
        |r| r.en.clear(),
        |r| r.position = 2,
        |r| r.bidder = bidder_party(2),
    ];
    for change in changes {
        let mut log = opening.log.clone();
        let Event::PriceRead(reading) = &mut log[read].2 else { panic!("a reading") };
        change(reading);
        let error = replay(&log).unwrap_err();
        assert_eq!((error.entry, error.label()), (u64::try_from(read).unwrap(), "bad-data"));
    }
}

/// Every fact that an entry repeats is compared with the log before it.
#[test]
fn a_changed_fact_is_noticed() {
    let opening = normal();
    for (kind, from, to) in [
        ("intake-closed", "\"tick\":1", "\"tick\":0"),
        ("intake-closed", "\"size\":5", "\"size\":4"),
        ("set-frozen", "\"size\":5", "\"size\":4"),
        ("set-frozen", "\"bidders\":4", "\"bidders\":3"),
        ("set-frozen", "\"status\":\"superseded\"", "\"status\":\"withdrawn\""),
        ("freeze-signed", "050500", "050501"),
        ("freeze-completed", "[1,2,3]", "[1,2]"),
        ("freeze-completed", "[1,2,3]", "[2,1,3]"),
        ("freeze-completed", "false", "true"),
        ("signed-in", "示例投标人1", "示例投标人9"),
        ("bidders-published", "示例投标人1", "示例投标人9"),
        ("seals-checked", "\"part\":\"price\"", "\"part\":\"signals\""),
        ("unsealing-started", "\"stage\":1", "\"stage\":2"),
        ("unsealing-started", "\"part\":\"price\"", "\"part\":\"signals\""),
        ("partials-received", "\"count\":4", "\"count\":3"),
        ("documents-opened", "\"verdict\":\"opened\"", "\"verdict\":\"bad-format\""),
        ("objection-raised", "\"no\":1", "\"no\":2"),
        ("objection-answered", "\"no\":1", "\"no\":2"),
        ("record-signed", "示例代理机构", "示例代理公司"),
        ("record-signed", "0c0c00", "0c0c01"),
        ("refused", "start-unsealing", "open-early"),
    ] {
        let mut log = opening.log.clone();
        let changed = log.iter().position(|(_, _, event)| event.kind().name() == kind).unwrap();
        let good = log[changed].2.data_json();
        assert!(good.contains(from), "{good}");
        log[changed].2 = Event::from_parts(kind, &good.replacen(from, to, 1)).unwrap();
        let error = replay(&log).expect_err(to);
        assert_eq!(error.entry, u64::try_from(changed).unwrap(), "{to}");
    }
    let mut log = Opening::at(Phase::Failed, 2).log;
    let last = log.len() - 1;
    for (bidders, min) in [(3, 3), (2, 2)] {
        log[last].2 = Event::TooFewBidders(TooFewBidders { bidders, min });
        assert_eq!(replay(&log).unwrap_err().label(), "bad-data");
    }
}

/// A lot with too few bidders cannot go on as if it had enough.
#[test]
fn too_few_bidders_cannot_be_talked_away() {
    let mut log = Opening::at(Phase::Failed, 2).log;
    log.pop();
    let state = replay(&log).unwrap();
    assert_eq!(state.phase(), Phase::TooFew);
    let now = state.last_at();
    let bidders = state.current_bids().map(|bid| bid.bidder.clone()).collect();
    for (by, event) in [
        (host(), Event::BiddersPublished(BiddersPublished { bidders })),
        (host(), Event::OpeningClosed(Empty {})),
        (Actor::Hall, Event::SealsChecked(SealsChecked { results: seals(&state) })),
        (bidder(1), Event::SignedIn(SignedIn { bidder: bidder_party(1), agent: None })),
    ] {
        let error = state.clone().check_and_apply(&by, now, &event).unwrap_err();
        assert_eq!(error.label(), "too-few-bidders");
    }
}

#[test]
fn a_refused_entry_leaves_the_state_unchanged() {
    let opening = Opening::at(Phase::Ready, 4);
    let mut state = opening.twin.clone();
    let now = at(opening.now);
    let close = Event::OpeningClosed(Empty {});
    assert!(state.check_and_apply(&host(), now, &close).is_err());
    assert_eq!(state, opening.twin);
}

fn body(command: Command) -> SignedCommandBody {
    SignedCommandBody { lot: lot_key(), command, nonce: "0".repeat(32), at: at(0), after: 0 }
}

#[test]
fn the_command_beside_an_entry_asks_for_just_that() {
    let opening = Opening::at(Phase::SealsChecked, 4);
    let now = at(opening.now);
    let start = body(Command::StartUnsealing(Part::Price));
    let event = opening.state.decide(&host(), &start.command, now).unwrap().remove(0);
    let check = |by: &Actor, signer: &Actor, body: &SignedCommandBody| {
        opening.state.check_command(by, now, &event, signer, body)
    };
    assert_eq!(check(&host(), &host(), &start), Ok(()));
    assert!(check(&host(), &supervisor(), &start).is_err());
    assert!(check(&host(), &Actor::Host(code(999)), &start).is_err());
    assert!(check(&Actor::Hall, &host(), &start).is_err());
    assert!(check(&host(), &host(), &body(Command::StartUnsealing(Part::Documents))).is_err());
    assert!(check(&host(), &host(), &body(Command::Close)).is_err());
    let mut other = start.clone();
    other.lot.lot = LotId::parse("L2").unwrap();
    assert!(check(&host(), &host(), &other).is_err());
    let ahead = SignedCommandBody { after: opening.state.entries(), ..start };
    assert!(check(&host(), &host(), &ahead).is_err());
}

#[test]
fn the_hall_writes_what_it_computes_after_a_command() {
    let opening = Opening::at(Phase::BiddersPublished, 4);
    let now = at(opening.now);
    let input = Input::SealsChecked(seals(&opening.state));
    let event = opening.state.decide_input(&input, now).unwrap().remove(0);
    let check = |by: &Actor, signer: &Actor, command| {
        opening.state.check_command(by, now, &event, signer, &body(command))
    };
    assert_eq!(event.needs_command(), Some(CommandKind::CheckSeals));
    assert_eq!(check(&Actor::Hall, &host(), Command::CheckSeals), Ok(()));
    assert!(check(&host(), &host(), Command::CheckSeals).is_err());
    assert!(check(&Actor::Hall, &bidder(1), Command::CheckSeals).is_err());
    assert!(check(&Actor::Hall, &host(), Command::GenerateRecord).is_err());
}

#[test]
fn nobody_signs_for_another() {
    let opening = Opening::at(Phase::Published, 4);
    let now = at(opening.now);
    let confirm = body(Command::ConfirmPrice);
    let event = opening.state.decide(&bidder(1), &confirm.command, now).unwrap().remove(0);
    let check =
        |by: &Actor, signer: &Actor| opening.state.check_command(by, now, &event, signer, &confirm);
    assert_eq!(check(&bidder(1), &bidder(1)), Ok(()));
    assert!(check(&bidder(1), &bidder(2)).is_err());
    assert!(check(&bidder(2), &bidder(2)).is_err());
    let raise = body(Command::RaiseObjection("异议".to_owned()));
    let objection = opening.state.decide(&bidder(1), &raise.command, now).unwrap().remove(0);
    let other = body(Command::RaiseObjection("另一异议".to_owned()));
    let by = bidder(1);
    assert!(opening.state.check_command(&by, now, &objection, &by, &raise).is_ok());
    assert!(opening.state.check_command(&by, now, &objection, &by, &other).is_err());
}
