//! The release of points: time, request, freeze, bidders, locks.

use std::collections::BTreeSet;

use kaibiao_crypto::Hex;
use kaibiao_custody::{Act, ClockReading, Custody, Memory, Raised, Refusal, Release};
use kaibiao_opening::EventKind;
use kaibiao_replay::Replay;
use kaibiao_seal::Header;
use kaibiao_testkit::{EstimatePlay, Scenario, ScenarioOptions};
use kaibiao_types::{Digest, Millis, Part, UtcMillis};

use super::common::{
    after, clock, closing, cosigned, custody, deadline, freeze_id, material, prefix_of, ready,
    scenario, share, upto,
};

/// The log asks for the prices.
fn asked() -> Replay {
    upto(EventKind::UnsealingStarted, 0)
}

fn release(
    replay: &Replay,
    memory: &Memory,
    part: Part,
    clock: ClockReading,
) -> Result<Release, Refusal> {
    custody().release(replay, memory, &material(scenario()), part, clock)
}

fn label(result: Result<Release, Refusal>) -> &'static str {
    result.unwrap_err().label()
}

#[test]
fn exactly_the_current_bids_are_raised() {
    let replay = asked();
    let release = release(&replay, &ready(&replay), Part::Price, after()).unwrap();
    let raised: BTreeSet<Digest> = release.points.iter().map(|p| p.manifest_sha256).collect();
    let current: BTreeSet<Digest> =
        scenario().state.current_bids().map(|bid| bid.manifest_sha256).collect();
    assert_eq!(raised, current);
    assert_eq!(scenario().bids.len(), current.len() + 1, "one was replaced and stays shut");
    assert_eq!((release.freeze_id, release.part), (freeze_id(), Part::Price));
    // The journal line names the very points: U of the price part of each bid.
    let Act::Intent { at, raised, part, .. } = &release.act else { panic!("an intent") };
    assert_eq!((*at, *part), (after().now, Part::Price));
    let of_bid = |digest: Digest| {
        let parse = |bid: &&kaibiao_testkit::ScenarioBid| {
            kaibiao_crypto::SUITE_1.hash(&bid.manifest) == digest
        };
        let bid = scenario().bids.iter().find(parse).unwrap();
        Header::parse(&bid.headers[0]).unwrap().u().bytes()
    };
    for (point, line) in release.points.iter().zip(raised) {
        assert_eq!(point.manifest_sha256, line.manifest_sha256);
        assert_eq!(point.u.bytes(), line.u.0);
        assert_eq!(of_bid(line.manifest_sha256), line.u.0);
    }
}

#[test]
fn nothing_is_raised_before_the_deadline_by_the_own_clock() {
    let replay = asked();
    let memory = ready(&replay);
    let milli = Millis::new(1).unwrap();
    let at = |now: UtcMillis, max_error: u64| ClockReading {
        max_error: Millis::new(max_error).unwrap(),
        ..ClockReading::system(now)
    };
    let early = deadline().minus(milli);
    let refusal = release(&replay, &memory, Part::Price, clock(early)).unwrap_err();
    assert!(matches!(refusal, Refusal::NotYet(wait) if wait == milli));
    assert_eq!(refusal.label(), "E_NOT_YET");
    let long = clock(UtcMillis::new(0).unwrap());
    assert_eq!(label(release(&replay, &memory, Part::Price, long)), "E_NOT_YET");
    // The clock may be wrong: only the earliest instant that it may be counts.
    let wrong = at(deadline().plus(Millis::new(499).unwrap()), 500);
    assert_eq!(label(release(&replay, &memory, Part::Price, wrong)), "E_NOT_YET");
    let huge = at(deadline(), 1 << 52);
    assert_eq!(label(release(&replay, &memory, Part::Price, huge)), "E_NOT_YET");
    // Equal is enough.
    assert!(release(&replay, &memory, Part::Price, clock(deadline())).is_ok());
    let sure = at(deadline().plus(Millis::new(500).unwrap()), 500);
    assert!(release(&replay, &memory, Part::Price, sure).is_ok());
}

#[test]
fn the_log_asks_for_the_very_part() {
    // The price part at every moment of the log at which it is not asked for.
    for kind in [
        EventKind::LotPublished,
        EventKind::IntakeClosed,
        EventKind::SetFrozen,
        EventKind::FreezeCompleted,
        EventKind::BiddersPublished,
        EventKind::SealsChecked,
        EventKind::PricesPublished,
        EventKind::OpeningClosed,
    ] {
        let replay = upto(kind, 0);
        let memory =
            if replay.state().frozen().is_some() { ready(&replay) } else { Memory::default() };
        let label = label(release(&replay, &memory, Part::Price, after()));
        assert_eq!(label, "E_NOT_ALLOWED", "{}", kind.name());
    }
    let replay = asked();
    let memory = ready(&replay);
    for part in [Part::Documents, Part::Signals] {
        assert_eq!(label(release(&replay, &memory, part, after())), "E_NOT_ALLOWED");
    }
    let empty = prefix_of(scenario(), 0);
    assert_eq!(label(release(&empty, &Memory::default(), Part::Price, after())), "E_NOT_ALLOWED");
    // The documents once they are asked for, and then no longer the prices.
    let replay = upto(EventKind::UnsealingStarted, 1);
    let memory = ready(&replay);
    let documents = release(&replay, &memory, Part::Documents, after()).unwrap();
    assert_eq!(documents.points.len(), scenario().state.current_bids().count());
    assert_eq!(label(release(&replay, &memory, Part::Price, after())), "E_NOT_ALLOWED");
}

#[test]
fn the_freeze_is_one_that_this_custodian_signed() {
    let replay = asked();
    let mut memory = Memory::default();
    cosigned(&mut memory, &replay, closing());
    assert_eq!(label(release(&replay, &memory, Part::Price, after())), "E_NOT_ALLOWED");
    memory.remember(&Act::FreezeSigned { at: after().now, freeze_id: Digest::ZERO });
    assert_eq!(label(release(&replay, &memory, Part::Price, after())), "E_NOT_ALLOWED");
}

#[test]
fn another_history_gets_nothing() {
    let replay = asked();
    let mut memory = ready(&replay);
    let size = replay.log().len();
    memory.remember(&Act::Cosigned { at: after().now, size, root: Digest::ZERO });
    assert_eq!(label(release(&replay, &memory, Part::Price, after())), "E_ROLLBACK");
    // Nor a log that was cut off below a head cosigned before.
    let mut memory = ready(&replay);
    let root = scenario().log.root_at(size + 1).unwrap();
    memory.remember(&Act::Cosigned { at: after().now, size: size + 1, root });
    assert_eq!(label(release(&replay, &memory, Part::Price, after())), "E_ROLLBACK");
}

#[test]
fn too_few_bidders_open_nothing() {
    let options = ScenarioOptions {
        bidders: Some(2),
        documents: false,
        seed: "few",
        ..ScenarioOptions::default()
    };
    let few = Scenario::build(&options).unwrap();
    let size = few.state.frozen().unwrap().size;
    let root = few.log.root_at(size).unwrap();
    let share = share(&few, "few", 0);
    let mut asked = 0;
    for count in 1..=few.log.entries().len() {
        let replay = prefix_of(&few, count);
        let mut custody = Custody::new(&replay, &share).unwrap();
        let mut memory = Memory::default();
        if replay.log().len() >= size {
            memory.remember(&Act::Cosigned { at: after().now, size, root });
        }
        // The freeze is countersigned: it is evidence of who handed in, and opens nothing.
        let signing = custody.countersign(&replay, &memory, &material(&few), after());
        if let Ok(signing) = &signing {
            memory.remember(&signing.act);
        }
        let refusal =
            custody.release(&replay, &memory, &material(&few), Part::Price, after()).unwrap_err();
        assert_eq!(refusal.label(), "E_NOT_ALLOWED", "after {count} entries");
        asked += usize::from(signing.is_ok());
    }
    assert!(asked > 0, "the freeze was there");
}

#[test]
fn a_lock_is_raised_for_one_bid_only() {
    let replay = asked();
    let mut memory = ready(&replay);
    let first = release(&replay, &memory, Part::Price, after()).unwrap();
    // A repeat of the same intent is the same answer.
    memory.remember(&first.act);
    let again = release(&replay, &memory, Part::Price, after()).unwrap();
    assert_eq!(again.act, first.act);
    // The same U under another manifest.
    let mut memory = ready(&replay);
    let before = Digest::ZERO;
    let raised = vec![Raised { manifest_sha256: before, u: Hex(first.points[1].u.bytes()) }];
    let (stage, part) = (first.stage, first.part);
    let at = after().now;
    memory.remember(&Act::Intent { at, freeze_id: freeze_id(), stage, part, raised });
    assert_eq!(label(release(&replay, &memory, Part::Price, after())), "E_DUP_U");
}

#[test]
fn after_a_restart_bids_are_checked_anew() {
    let replay = asked();
    let memory = ready(&replay);
    let mut bad = material(scenario());
    bad.bids[0].headers[0][40] ^= 1;
    let refusal = custody().release(&replay, &memory, &bad, Part::Price, after()).unwrap_err();
    assert!(matches!(refusal, Refusal::Freeze(_)), "{refusal}");
}

/// The second envelope: only of those on the list that host and supervisor signed, and only once the
/// opening goes on (ruling 14).
#[test]
fn the_second_envelope_is_raised_of_those_who_passed() {
    let options =
        ScenarioOptions { two_envelopes: true, seed: "two", ..ScenarioOptions::default() };
    let two = Scenario::build(&options).unwrap();
    let own = share(&two, "two", 0);
    let place = |kind: EventKind, n: usize| {
        let entries = two.log.entries().iter().enumerate();
        entries.filter(|(_, entry)| entry.kind() == kind.name()).nth(n).unwrap().0
    };
    let all = two.bids.len();
    let material = material(&two);
    let tried = |count: usize| {
        let replay = prefix_of(&two, count);
        let mut custody = Custody::new(&replay, &own).unwrap();
        let mut memory = Memory::default();
        let frozen = two.state.frozen().unwrap();
        memory.remember(&Act::Cosigned { at: after().now, size: frozen.size, root: frozen.root });
        memory.remember(&Act::FreezeSigned { at: after().now, freeze_id: frozen.freeze_id });
        custody.release(&replay, &memory, &material, Part::Price, after())
    };
    let first = tried(place(EventKind::UnsealingStarted, 0) + 1).unwrap();
    assert_eq!((first.stage.get(), first.points.len()), (1, all));
    let second = tried(place(EventKind::UnsealingStarted, 2) + 1).unwrap();
    assert_eq!((second.stage.get(), second.points.len()), (2, all - 1));
    let failed = kaibiao_crypto::SUITE_1.hash(&two.bids.last().unwrap().manifest);
    assert!(second.points.iter().all(|point| point.manifest_sha256 != failed));
    assert!(first.points.iter().any(|point| point.manifest_sha256 == failed));
    let points = |release: &Release| -> BTreeSet<[u8; 33]> {
        release.points.iter().map(|point| point.u.bytes()).collect()
    };
    assert!(points(&first).is_disjoint(&points(&second)), "each envelope has its own lock");
    for kind in [
        EventKind::EnvelopeClosed,
        EventKind::PassedListed,
        EventKind::PassedApproved,
        EventKind::OpeningReconvened,
    ] {
        assert_eq!(label(tried(place(kind, 0) + 1)), "E_NOT_ALLOWED", "{}", kind.name());
    }
}

/// The base estimate is raised with the prices, under its own digest, and with nothing else.
#[test]
fn the_base_estimate_is_raised_with_the_prices() {
    for two_envelopes in [false, true] {
        let options = ScenarioOptions {
            estimate: Some(EstimatePlay::Fair),
            two_envelopes,
            seed: "estimate",
            ..ScenarioOptions::default()
        };
        let scenario = Scenario::build(&options).unwrap();
        let own = share(&scenario, "estimate", 0);
        let material = material(&scenario);
        let tried = |kind: EventKind, n: usize, part: Part| {
            let entries = scenario.log.entries().iter().enumerate();
            let at = entries.filter(|(_, entry)| entry.kind() == kind.name()).nth(n).unwrap().0;
            let replay = prefix_of(&scenario, at + 1);
            let mut custody = Custody::new(&replay, &own).unwrap();
            let mut memory = Memory::default();
            let frozen = scenario.state.frozen().unwrap();
            let (size, root) = (frozen.size, frozen.root);
            if replay.log().len() > size {
                memory.remember(&Act::Cosigned { at: after().now, size, root });
            }
            memory.remember(&Act::FreezeSigned { at: after().now, freeze_id: frozen.freeze_id });
            custody.release(&replay, &memory, &material, part, after())
        };
        let all = prefix_of(&scenario, scenario.log.entries().len());
        let estimate = all.estimate().unwrap();
        let names = |release: &Release| {
            release.points.iter().any(|point| point.manifest_sha256 == estimate.sha256())
        };
        // The last envelope is unsealed third: price and documents of the first come before.
        let last = if two_envelopes { 2 } else { 0 };
        let release = tried(EventKind::UnsealingStarted, last, Part::Price).unwrap();
        let point = release.points.last().unwrap();
        assert_eq!(point.manifest_sha256, estimate.sha256());
        assert_eq!(point.u.bytes(), estimate.header().u().bytes());
        let Act::Intent { raised, .. } = &release.act else { panic!("an intent") };
        assert_eq!(raised.last().unwrap().manifest_sha256, estimate.sha256());
        assert_eq!(raised.len(), release.points.len());
        let documents = tried(EventKind::UnsealingStarted, last + 1, Part::Documents).unwrap();
        assert!(!names(&documents));
        if two_envelopes {
            assert!(!names(&tried(EventKind::UnsealingStarted, 0, Part::Price).unwrap()));
            assert!(!names(&tried(EventKind::UnsealingStarted, 1, Part::Documents).unwrap()));
        }
        for kind in [EventKind::EstimateSealed, EventKind::SetFrozen, EventKind::SealsChecked] {
            assert_eq!(label(tried(kind, 0, Part::Price)), "E_NOT_ALLOWED", "{}", kind.name());
        }
    }
}

/// A point that was raised for a bid before is not raised for the estimate, and the other way round.
#[test]
fn the_point_of_the_base_estimate_is_raised_for_nothing_else() {
    let options = ScenarioOptions {
        estimate: Some(EstimatePlay::Fair),
        documents: false,
        seed: "estimate",
        ..ScenarioOptions::default()
    };
    let scenario = Scenario::build(&options).unwrap();
    let kind = EventKind::UnsealingStarted.name();
    let at = scenario.log.entries().iter().position(|entry| entry.kind() == kind).unwrap();
    let replay = prefix_of(&scenario, at + 1);
    let frozen = scenario.state.frozen().unwrap();
    let mut memory = Memory::default();
    memory.remember(&Act::Cosigned { at: after().now, size: frozen.size, root: frozen.root });
    memory.remember(&Act::FreezeSigned { at: after().now, freeze_id: frozen.freeze_id });
    let u = Hex(replay.estimate().unwrap().header().u().bytes());
    let raised = vec![Raised { manifest_sha256: Digest::new([3; 32]), u }];
    memory.remember(&Act::Intent {
        at: after().now,
        freeze_id: frozen.freeze_id,
        stage: kaibiao_types::Stage::FIRST,
        part: Part::Documents,
        raised,
    });
    let mut custody = Custody::new(&replay, &share(&scenario, "estimate", 0)).unwrap();
    let refused = custody.release(&replay, &memory, &material(&scenario), Part::Price, after());
    assert_eq!(label(refused), "E_DUP_U");
}
