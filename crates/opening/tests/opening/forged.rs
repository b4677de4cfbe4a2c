//! Logs forged against one promise each: the observer sees through every one.

use kaibiao_opening::*;
use kaibiao_types::*;

use crate::observer::{Promise, observe};
use crate::support::*;

/// A forged log: what it breaks, and how it is made from a good one.
type Forgery = (Promise, fn(&mut Vec<Entry>));

fn place(log: &[Entry], kind: EventKind) -> usize {
    log.iter().position(|(_, _, event)| event.kind() == kind).unwrap()
}

fn remove(log: &mut Vec<Entry>, kind: EventKind) {
    log.remove(place(log, kind));
}

/// Moves the first entry of `kind` in front of the first of `before`.
fn bring(log: &mut Vec<Entry>, kind: EventKind, before: EventKind) {
    let mut entry = log.remove(place(log, kind));
    let to = place(log, before);
    entry.1 = log[to].1;
    log.insert(to, entry);
}

fn lot(log: &mut [Entry]) -> &mut LotPublished {
    let Event::LotPublished(lot) = &mut log[0].2 else { panic!("the first entry") };
    lot
}

fn frozen(log: &mut [Entry]) -> &mut SetFrozen {
    let at = place(log, EventKind::SetFrozen);
    let Event::SetFrozen(set) = &mut log[at].2 else { panic!("a frozen set") };
    set
}

fn released(log: &mut [Entry]) -> &mut PartialsReceived {
    let at = place(log, EventKind::PartialsReceived);
    let Event::PartialsReceived(partials) = &mut log[at].2 else { panic!("partials") };
    partials
}

fn published(log: &mut [Entry]) -> &mut PricesPublished {
    let at = place(log, EventKind::PricesPublished);
    let Event::PricesPublished(prices) = &mut log[at].2 else { panic!("prices") };
    prices
}

/// Everything of the opening a millisecond before its deadline.
fn early(log: &mut Vec<Entry>) {
    for entry in log {
        entry.1 = at(entry.1.get().min(DEADLINE - 1));
    }
}

/// Bidder 2 withdrew its bid, and the list does not say so.
fn withdrawn(log: &mut [Entry]) {
    let withdrawal = FrozenBid {
        seq: BidSeq::new(2).unwrap(),
        manifest_sha256: digest(41, 2),
        objects: Vec::new(),
        ..bid(2)
    };
    frozen(log).bids.push(withdrawal);
}

const FORGERIES: &[Forgery] = &[
    (Promise::Deadline, early),
    (Promise::Deadline, |log| lot(log).deadline = at(DEADLINE + MINUTE)),
    (Promise::Deadline, |log| {
        let earlier = DeadlinePostponed { no: 1, from: at(DEADLINE), deadline: at(DEADLINE - 1) };
        log.insert(1, (supervisor(), log[0].1, Event::DeadlinePostponed(earlier)));
    }),
    (Promise::Enough, |log| lot(log).min_bidders = 5),
    (Promise::Enough, |log| {
        lot(log).min_bidders = 1;
        frozen(log).bids.truncate(3);
    }),
    (Promise::Current, |log| withdrawn(log)),
    (Promise::Current, |log| {
        released(log).partials.as_mut().unwrap()[0].manifest_sha256 = digest(40, 1);
    }),
    (Promise::Current, |log| published(log).bids[1].manifest_sha256 = digest(40, 1)),
    (Promise::Stage, |log| released(log).stage = Stage::new(2).unwrap()),
    (Promise::Quorum, |log| remove(log, EventKind::FreezeSigned)),
    (Promise::Quorum, |log| remove(log, EventKind::FreezeCompleted)),
    (Promise::Quorum, |log| remove(log, EventKind::PartialsReceived)),
    (Promise::Quorum, |log| released(log).custodian = custodian(9)),
    (Promise::Seals, |log| remove(log, EventKind::SealsChecked)),
    (Promise::OneStep, |log| bring(log, EventKind::PriceRead, EventKind::PricesPublished)),
    (Promise::OneStep, |log| bring(log, EventKind::DocumentsOpened, EventKind::PricesPublished)),
    (Promise::OneStep, |log| published(log).bids.truncate(3)),
    (Promise::OneStep, |log| {
        let at = place(log, EventKind::PricesPublished);
        log.insert(at, log[at].clone());
    }),
    (Promise::OneStep, |log| published(log).bids[0].total = Some(price(9))),
    (Promise::Objections, |log| remove(log, EventKind::ObjectionAnswered)),
    (Promise::Objections, |log| {
        bring(log, EventKind::RecordGenerated, EventKind::ObjectionAnswered);
    }),
    (Promise::Record, |log| {
        let generated = log[place(log, EventKind::RecordGenerated)].clone();
        log.insert(place(log, EventKind::OpeningClosed), generated);
    }),
    (Promise::Record, |log| remove(log, EventKind::RecordGenerated)),
    (Promise::Record, |log| bring(log, EventKind::RecordGenerated, EventKind::ReadingFinished)),
    (Promise::AllOpened, |log| remove(log, EventKind::DocumentsOpened)),
    (Promise::End, |log| bring(log, EventKind::OpeningClosed, EventKind::RecordSigned)),
    (Promise::End, |log| {
        let generated = log[place(log, EventKind::RecordGenerated)].clone();
        let last = log.last().unwrap().1;
        log.push((generated.0, last, generated.2));
    }),
    (Promise::Names, |log| {
        let at = place(log, EventKind::Refused);
        let Event::Refused(refused) = &mut log[at].2 else { panic!("a refusal") };
        refused.actor = bidder(1);
    }),
    (Promise::Time, |log| log[5].1 = at(0)),
];

/// The same with a log of two envelopes, of whose four bidders three passed.
const ENVELOPE_FORGERIES: &[Forgery] = &[
    (Promise::Stage, |log| remove(log, EventKind::PassedApproved)),
    (Promise::Stage, |log| log.retain(|(_, _, event)| event.kind() != EventKind::PassedListed)),
    (Promise::Stage, |log| remove(log, EventKind::EnvelopeClosed)),
    (Promise::Stage, |log| {
        let at = place(log, EventKind::PassedApproved);
        log[at].0 = host();
    }),
    (Promise::Stage, |log| {
        let at = place(log, EventKind::PassedApproved);
        let Event::PassedApproved(approved) = &mut log[at].2 else { panic!("an approval") };
        approved.passed.push(bidder_party(4).code);
    }),
    (Promise::Stage, |log| {
        let reconvened = place(log, EventKind::OpeningReconvened);
        log[reconvened].1 = at(log[reconvened].1.get() - 1);
        for kind in [EventKind::PassedListed, EventKind::PassedApproved] {
            let early = place(log, kind);
            log[early].1 = log[early - 1].1;
        }
    }),
    (Promise::Stage, |log| {
        let at = place(log, EventKind::OpeningReconvened);
        let Event::OpeningReconvened(next) = &mut log[at].2 else { panic!("the next envelope") };
        next.stage = Stage::new(3).unwrap();
    }),
    // A bid that did not pass is raised with the others.
    (Promise::Stage, |log| {
        let next = place(log, EventKind::OpeningReconvened);
        let mut later = log[next..].iter_mut();
        let released = later.find_map(|(_, _, event)| match event {
            Event::PartialsReceived(partials) => Some(partials),
            _ => None,
        });
        released.unwrap().partials.as_mut().unwrap().push(partial(digest(2, 4)));
    }),
    // The second envelope is raised with the first.
    (Promise::Stage, |log| released(log).stage = Stage::new(2).unwrap()),
    (Promise::Seals, |log| {
        let next = place(log, EventKind::OpeningReconvened);
        let kind = EventKind::SealsChecked;
        let again = log[next..].iter().position(|(_, _, event)| event.kind() == kind).unwrap();
        log.remove(next + again);
    }),
    (Promise::OneStep, |log| published(log).bids[0].total = Some(price(1))),
    (Promise::AllOpened, |log| remove(log, EventKind::DocumentsOpened)),
    (Promise::AllOpened, |log| {
        let (end, close) = (log.len() - 1, place(log, EventKind::EnvelopeClosed));
        log[close] = (host(), log[close].1, Event::OpeningClosed(Empty {}));
        log.truncate(end.min(close + 1));
    }),
    (Promise::Record, |log| remove(log, EventKind::RecordGenerated)),
];

/// The same with a log of a base estimate that was replaced once.
const ESTIMATE_FORGERIES: &[Forgery] = &[
    // Sealed at the deadline, or by another than the host.
    (Promise::Estimate, |log| bring(log, EventKind::EstimateSealed, EventKind::IntakeClosed)),
    (Promise::Estimate, |log| {
        let sealed = place(log, EventKind::EstimateSealed);
        log[sealed].0 = supervisor();
    }),
    // Another one than the last counts, or none.
    (Promise::Estimate, |log| {
        published(log).estimate.as_mut().unwrap().sha256 = crate::estimate::sha256(1);
    }),
    (Promise::Estimate, |log| published(log).estimate = None),
    (Promise::Current, |log| {
        let last = released(log).partials.as_mut().unwrap().last_mut().unwrap();
        last.manifest_sha256 = crate::estimate::sha256(1);
    }),
    // Too few custodians raised its point.
    (Promise::Estimate, |log| drop(released(log).partials.as_mut().unwrap().pop())),
    // Said before the prices.
    (Promise::OneStep, |log| {
        let ceiling = crate::estimate::amount();
        let said = CeilingAnnounced { ceiling, capital: ceiling.capital() };
        let at = place(log, EventKind::UnsealingStarted);
        log.insert(at, (host(), log[at].1, Event::CeilingAnnounced(said)));
    }),
];

#[test]
fn forged_logs_of_an_estimate_are_seen_through() {
    let good = crate::estimate::closed().log;
    assert_eq!(observe(&good), Ok(()));
    for (number, (promise, forge)) in ESTIMATE_FORGERIES.iter().enumerate() {
        let mut log = good.clone();
        forge(&mut log);
        let found = observe(&log).map_err(|(_, promise)| promise);
        assert_eq!(found, Err(*promise), "forgery {number}");
    }
}

fn result(log: &mut [Entry]) -> &mut ResultAnnounced {
    let at = place(log, EventKind::ResultAnnounced);
    let Event::ResultAnnounced(told) = &mut log[at].2 else { panic!("a result") };
    told
}

fn answered(log: &mut [Entry]) -> &mut ResultAnswered {
    let at = place(log, EventKind::ResultAnswered);
    let Event::ResultAnswered(answered) = &mut log[at].2 else { panic!("an answer") };
    answered
}

/// The same with a log of a result that was corrected once.
const RESULT_FORGERIES: &[Forgery] = &[
    // Before the close, without the term, by another than the host.
    (Promise::Result, |log| bring(log, EventKind::ResultAnnounced, EventKind::OpeningClosed)),
    (Promise::Result, |log| remove(log, EventKind::OpeningClosed)),
    (Promise::Result, |log| lot(log).result = None),
    (Promise::Result, |log| {
        let told = place(log, EventKind::ResultAnnounced);
        log[told].0 = supervisor();
    }),
    // Somebody is left out, stands twice, is no bidder, or is ranked unopened.
    (Promise::Result, |log| drop(result(log).rejected.pop())),
    (Promise::Result, |log| {
        let first = result(log).ranked[0].clone();
        result(log).ranked.push(first);
    }),
    (Promise::Result, |log| result(log).ranked[0] = bidder_party(9).code),
    (Promise::Result, |log| {
        published(log).bids[0].sheet_b64 = None;
        published(log).bids[0].total = None;
        for (_, _, event) in log {
            if let Event::PriceRead(reading) = event
                && reading.bidder == bidder_party(1)
            {
                reading.total = None;
            }
        }
    }),
    // Another time, another number.
    (Promise::Result, |log| result(log).until = at(result(log).until.get() + 1)),
    (Promise::Result, |log| result(log).no = 2),
    (Promise::Result, |log| remove(log, EventKind::ResultAnnounced)),
    // An answer to nothing, of a stranger, in another's name, twice, to the one before, too late.
    (Promise::Result, |log| bring(log, EventKind::ResultAnswered, EventKind::ResultAnnounced)),
    (Promise::Result, |log| {
        let at = place(log, EventKind::ResultAnswered);
        log[at].0 = bidder(9);
        answered(log).bidder = bidder_party(9).code;
    }),
    (Promise::Result, |log| {
        let at = place(log, EventKind::ResultAnswered);
        log[at].0 = host();
    }),
    (Promise::Result, |log| {
        let again = place(log, EventKind::ResultAnswered);
        log.insert(again, log[again].clone());
    }),
    (Promise::Result, |log| {
        let mut old = log[place(log, EventKind::ResultAnswered)].clone();
        old.1 = log.last().unwrap().1;
        log.push(old);
    }),
    (Promise::Result, |log| {
        let until = log.iter().rev().find_map(|(_, _, event)| match event {
            Event::ResultAnnounced(told) => Some(told.until),
            _ => None,
        });
        log.last_mut().unwrap().1 = until.unwrap();
    }),
    // The closed record is made anew.
    (Promise::End, |log| {
        let corrected = RecordCorrected {
            no: 2,
            reason: "更正".to_owned(),
            previous: digest(12, 0),
            sha256: digest(12, 1),
        };
        log.push((Actor::Hall, log.last().unwrap().1, Event::RecordCorrected(corrected)));
    }),
];

#[test]
fn forged_results_are_seen_through() {
    let good = crate::result::told().log;
    assert_eq!(observe(&good), Ok(()));
    for (number, (promise, forge)) in RESULT_FORGERIES.iter().enumerate() {
        let mut log = good.clone();
        forge(&mut log);
        let found = observe(&log).map_err(|(_, promise)| promise);
        assert_eq!(found, Err(*promise), "forgery {number}");
    }
}

/// The same with a log of an opening in which people talk, and some are muted or removed.
const TALK_FORGERIES: &[Forgery] = &[
    (Promise::Deadline, |log| {
        log.insert(1, (host(), log[0].1, Event::ChatSaid(ChatSaid { text: "早".to_owned() })));
    }),
    // Without the words that let somebody speak again.
    (Promise::Talk, |log| remove(log, EventKind::ChatUnmuted)),
    (Promise::Talk, |log| remove(log, EventKind::ChatReadmitted)),
    (Promise::Talk, |log| remove(log, EventKind::ObjectionRaised)),
    // A bidder orders, a stranger or a machine talks.
    (Promise::Talk, |log| {
        let muted = place(log, EventKind::ChatMuted);
        log[muted].0 = bidder(1);
    }),
    (Promise::Talk, |log| {
        let removed = place(log, EventKind::ChatRemoved);
        log[removed].0 = Actor::Hall;
    }),
    (Promise::Talk, |log| {
        let whispered = place(log, EventKind::ChatPrivate);
        log[whispered].0 = bidder(9);
    }),
    (Promise::Talk, |log| {
        let said = place(log, EventKind::ChatSaid);
        log[said].0 = Actor::Hall;
    }),
];

#[test]
fn forged_talk_is_seen_through() {
    let good = crate::chat::closed().log;
    assert_eq!(observe(&good), Ok(()));
    for (number, (promise, forge)) in TALK_FORGERIES.iter().enumerate() {
        let mut log = good.clone();
        forge(&mut log);
        let found = observe(&log).map_err(|(_, promise)| promise);
        assert_eq!(found, Err(*promise), "forgery {number}");
    }
}

#[test]
fn forged_rounds_are_seen_through() {
    let good = crate::round::closed().log;
    assert_eq!(observe(&good), Ok(()));
    let forgeries: [fn(&mut Vec<Entry>); 3] = [
        |log| remove(log, EventKind::RoundApproved),
        |log| {
            let at = place(log, EventKind::RoundApproved);
            log[at].0 = host();
        },
        |log| drop(lot(log).round.as_mut().unwrap().invited.remove(0)),
    ];
    for forge in forgeries {
        let mut log = good.clone();
        forge(&mut log);
        assert_eq!(observe(&log).unwrap_err().1, Promise::Invited);
    }
}

#[test]
fn forged_logs_of_envelopes_are_seen_through() {
    let good = crate::envelope::closed().log;
    assert_eq!(observe(&good), Ok(()));
    for (number, (promise, forge)) in ENVELOPE_FORGERIES.iter().enumerate() {
        let mut log = good.clone();
        forge(&mut log);
        let found = observe(&log).map_err(|(_, promise)| promise);
        assert_eq!(found, Err(*promise), "forgery {number}");
    }
}

fn unlocked(log: &mut [Entry]) -> &mut BidderUnsealed {
    let at = place(log, EventKind::BidderUnsealed);
    let Event::BidderUnsealed(own) = &mut log[at].2 else { panic!("an unlocked bid") };
    own
}

/// The same for a lot whose bidders unlock their bids first.
const WINDOW_FORGERIES: &[Forgery] = &[
    (Promise::Window, |log| remove(log, EventKind::BidderWindowOpened)),
    (Promise::Window, |log| bring(log, EventKind::BidderUnsealed, EventKind::BidderWindowOpened)),
    (Promise::Window, |log| bring(log, EventKind::BidderWindowClosed, EventKind::BidderUnsealed)),
    (Promise::Window, |log| {
        log.retain(|(_, _, event)| event.kind() != EventKind::BidderWindowClosed);
    }),
    (Promise::Window, |log| {
        let place = place(log, EventKind::BidderUnsealed);
        log.insert(place, log[place].clone());
    }),
    (Promise::Current, |log| unlocked(log).manifest_sha256 = digest(40, 1)),
    (Promise::Window, |log| lot(log).bidder_window.as_mut().unwrap().extend_ms = span(MINUTE)),
    (Promise::Window, |log| {
        let place = place(log, EventKind::BidderWindowExtended);
        let Event::BidderWindowExtended(more) = &mut log[place].2 else { panic!("extended") };
        more.until = more.until.plus(span(60 * MINUTE));
    }),
    (Promise::Window, |log| {
        let started = place(log, EventKind::UnsealingStarted);
        let reopened = place(log, EventKind::BidderWindowReopened);
        let again = log[reopened].2.clone();
        log.insert(started, (host(), log[started].1, again));
    }),
    (Promise::Window, |log| {
        for (_, _, event) in log {
            if let Event::PartialsReceived(partials) = event {
                partials.escrow.clear();
            }
        }
    }),
    (Promise::Window, |log| {
        lot(log).bidder_window.as_mut().unwrap().lock = BidderLockTerms::Strict;
        for (_, _, event) in log {
            if let Event::PartialsReceived(partials) = event {
                partials.escrow.clear();
            }
        }
    }),
];

#[test]
fn forged_windows_are_seen_through() {
    let good = crate::bidder_window::closed().log;
    for (number, (promise, forge)) in WINDOW_FORGERIES.iter().enumerate() {
        let mut log = good.clone();
        forge(&mut log);
        let found = observe(&log).map_err(|(_, promise)| promise);
        assert_eq!(found, Err(*promise), "forgery {number}");
    }
}

/// The observer lets good logs pass and names what each forged one breaks: it can find a wrong guard.
#[test]
fn forged_logs_are_seen_through() {
    let good = crate::events::normal().log;
    for (number, (promise, forge)) in FORGERIES.iter().enumerate() {
        let mut log = good.clone();
        forge(&mut log);
        let found = observe(&log).map_err(|(_, promise)| promise);
        assert_eq!(found, Err(*promise), "forgery {number}");
    }
    let mut failed = Opening::at(Phase::Failed, 2).log;
    let start = UnsealingStarted { stage: Stage::new(1).unwrap(), part: Part::Price };
    failed.push((host(), failed.last().unwrap().1, Event::UnsealingStarted(start)));
    assert_eq!(observe(&failed).unwrap_err().1, Promise::End);
    let mut hasty = crate::events::degraded().log;
    remove(&mut hasty, EventKind::DegradedApproved);
    assert_eq!(observe(&hasty).unwrap_err().1, Promise::Quorum);
}

#[test]
fn good_logs_pass() {
    let logs: &[fn() -> Opening] = &[
        crate::events::normal,
        crate::events::degraded,
        crate::postpone::closed_later,
        crate::draw::closed,
        crate::bidder_window::closed,
        crate::bidder_window::strict,
        || Opening::at(Phase::Failed, 2),
    ];
    for opening in logs {
        assert_eq!(observe(&opening().log), Ok(()));
    }
}
