//! The draw: a point that the custodian computes itself, once the log asks for it.

use std::sync::LazyLock;

use kaibiao_ceremony::{combine_any, draw_point, draw_value, raise};
use kaibiao_crypto::{Hex, SUITE_1};
use kaibiao_custody::{Act, ClockReading, Custody, DrawRelease, Memory, Raised, Refusal};
use kaibiao_opening::EventKind;
use kaibiao_replay::Replay;
use kaibiao_testkit::{DrawPlay, Scenario, ScenarioOptions, SeededEntropy};
use kaibiao_types::{Digest, Millis, Part, UtcMillis};

use super::common::{after, clock, deadline, material, prefix_of, share};

const SEED: &str = "custody-draw";

fn scenario() -> &'static Scenario {
    static DRAWN: LazyLock<Scenario> = LazyLock::new(|| {
        let options =
            ScenarioOptions { draw: Some(DrawPlay::Fair), seed: SEED, ..Default::default() };
        Scenario::build(&options).unwrap()
    });
    &DRAWN
}

/// A replay up to and with the nth entry of a kind, counted from 0.
fn upto(kind: EventKind, n: usize) -> Replay {
    let entries = scenario().log.entries().iter().enumerate();
    let at = entries.filter(|(_, entry)| entry.kind() == kind.name()).nth(n).unwrap().0;
    prefix_of(scenario(), at + 1)
}

fn custody() -> Custody {
    Custody::new(&prefix_of(scenario(), 1), &share(scenario(), SEED, 0)).unwrap()
}

fn freeze_id() -> Digest {
    scenario().state.frozen().unwrap().freeze_id
}

fn ceremony_id() -> Digest {
    scenario().verified.record().ceremony_id
}

/// The memory of a custodian that cosigned the closing head and countersigned the freeze.
fn ready() -> Memory {
    let (size, root) = {
        let frozen = scenario().state.frozen().unwrap();
        (frozen.size, frozen.root)
    };
    let mut memory = Memory::default();
    memory.remember(&Act::Cosigned { at: after().now, size, root });
    memory.remember(&Act::FreezeSigned { at: after().now, freeze_id: freeze_id() });
    memory
}

fn draw(replay: &Replay, memory: &Memory, clock: ClockReading) -> Result<DrawRelease, Refusal> {
    custody().draw(replay, memory, &material(scenario()), clock)
}

fn label(result: Result<DrawRelease, Refusal>) -> &'static str {
    result.unwrap_err().label()
}

/// The log asks for the first draw.
fn asked() -> Replay {
    upto(EventKind::DrawStarted, 0)
}

#[test]
fn the_point_is_computed_from_ceremony_freeze_and_number() {
    for n in [0_u32, 1] {
        let replay = upto(EventKind::DrawStarted, usize::try_from(n).unwrap());
        let release = draw(&replay, &ready(), after()).unwrap();
        let point = draw_point(&SUITE_1, &ceremony_id(), &freeze_id(), n + 1).unwrap();
        assert_eq!(release.point.bytes(), point.bytes());
        assert_eq!((release.no, release.freeze_id), (n + 1, freeze_id()));
        let (at, u) = (after().now, Hex(point.bytes()));
        assert_eq!(release.act, Act::DrawIntent { at, freeze_id: freeze_id(), no: n + 1, u });
    }
    // What three custodians raise gives the value that the log has.
    let release = draw(&asked(), &ready(), after()).unwrap();
    let mut entropy = SeededEntropy::new("raise");
    let all: Vec<_> = (0..3)
        .map(|index| {
            let (share, id) = (share(scenario(), SEED, index), ceremony_id());
            raise(&SUITE_1, &share, &id, &freeze_id(), &release.point, &mut entropy).unwrap()
        })
        .collect();
    let record = scenario().verified.record();
    let drawn = scenario().state.draws()[&1].outcome.clone().unwrap().drawn.unwrap();
    for pair in [[0, 1], [0, 2], [1, 2]] {
        let some = pair.map(|index| all[index]);
        let combined = combine_any(record, &freeze_id(), &release.point, &some).unwrap();
        assert_eq!(draw_value(&SUITE_1, &combined.point, 5), Ok(drawn.0));
    }
    // A proof for this draw is worth nothing under another freeze or for another number.
    let other = draw_point(&SUITE_1, &ceremony_id(), &freeze_id(), 2).unwrap();
    for partial in &all {
        assert!(partial.verify(record, &Digest::ZERO, &release.point).is_err());
        assert!(partial.verify(record, &freeze_id(), &other).is_err());
    }
}

#[test]
fn nothing_is_raised_unless_the_log_asks_for_a_draw() {
    for kind in [
        EventKind::LotPublished,
        EventKind::SetFrozen,
        EventKind::FreezeCompleted,
        EventKind::UnsealingStarted,
        EventKind::PricesPublished,
        EventKind::ReadingFinished,
        EventKind::DrawMade,
        EventKind::RecordGenerated,
        EventKind::OpeningClosed,
    ] {
        let label = label(draw(&upto(kind, 0), &ready_at(kind), after()));
        assert_eq!(label, "E_DRAW_NOT_ASKED", "{}", kind.name());
    }
    // Custodian 1 is the first to answer: after that nothing is asked of it.
    let answered = upto(EventKind::DrawPartial, 0);
    assert_eq!(label(draw(&answered, &ready(), after())), "E_DRAW_NOT_ASKED");
}

/// A memory that does not contradict a log cut off before the closing head.
fn ready_at(kind: EventKind) -> Memory {
    if kind == EventKind::LotPublished { Memory::default() } else { ready() }
}

#[test]
fn nothing_is_raised_before_the_deadline_by_the_own_clock() {
    let early = deadline().minus(Millis::new(1).unwrap());
    for at in [early, UtcMillis::EPOCH] {
        assert_eq!(label(draw(&asked(), &ready(), clock(at))), "E_NOT_YET");
    }
    let max_error = Millis::new(6_000).unwrap();
    let unsure = ClockReading { max_error, ..after() };
    assert_eq!(label(draw(&asked(), &ready(), unsure)), "E_NOT_YET");
    assert!(draw(&asked(), &ready(), clock(deadline())).is_ok());
}

#[test]
fn the_freeze_is_the_one_that_this_custodian_signed() {
    let mut unsigned = Memory::default();
    let frozen = scenario().state.frozen().unwrap();
    let (size, root) = (frozen.size, frozen.root);
    unsigned.remember(&Act::Cosigned { at: after().now, size, root });
    assert_eq!(label(draw(&asked(), &unsigned, after())), "E_NOT_ALLOWED");
    let mut other = unsigned.clone();
    other.remember(&Act::FreezeSigned { at: after().now, freeze_id: Digest::ZERO });
    assert_eq!(label(draw(&asked(), &other, after())), "E_NOT_ALLOWED");
    // Another history than the one that was cosigned.
    let mut forked = ready();
    let size = asked().log().len();
    forked.remember(&Act::Cosigned { at: after().now, size, root: Digest::ZERO });
    assert_eq!(label(draw(&asked(), &forked, after())), "E_ROLLBACK");
}

#[test]
fn the_bids_are_checked_anew_after_a_restart() {
    let mut bad = material(scenario());
    bad.bids[0].headers[0][40] ^= 1;
    let refusal = custody().draw(&asked(), &ready(), &bad, after()).unwrap_err();
    assert!(matches!(refusal, Refusal::Freeze(_)), "{refusal}");
}

#[test]
fn a_destroyed_share_draws_nothing() {
    for act in [Act::Destroying { at: after().now }, Act::Destroyed { at: after().now }] {
        let mut memory = ready();
        memory.remember(&act);
        assert_eq!(label(draw(&asked(), &memory, after())), "E_DESTROYED");
    }
}

/// R7 both ways: no bid's point is raised as a draw, and no draw's point as a bid.
#[test]
fn a_point_has_one_role() {
    let release = draw(&asked(), &ready(), after()).unwrap();
    let u = Hex(release.point.bytes());
    let mut as_bid = ready();
    let raised = vec![Raised { manifest_sha256: Digest::ZERO, u }];
    let stage = kaibiao_types::Stage::new(1).unwrap();
    let (at, part, freeze_id) = (after().now, Part::Price, freeze_id());
    as_bid.remember(&Act::Intent { at, freeze_id, stage, part, raised });
    assert_eq!(label(draw(&asked(), &as_bid, after())), "E_DRAW_POINT");
    // A bid whose point was raised for a draw stays shut.
    let unsealing = upto(EventKind::UnsealingStarted, 0);
    let points = custody()
        .release(&unsealing, &ready(), &material(scenario()), Part::Price, after())
        .unwrap()
        .points;
    let mut as_draw = ready();
    let u = Hex(points[1].u.bytes());
    as_draw.remember(&Act::DrawIntent { at, freeze_id, no: 1, u });
    let refused =
        custody().release(&unsealing, &as_draw, &material(scenario()), Part::Price, after());
    assert_eq!(refused.unwrap_err().label(), "E_DRAW_POINT");
    // Nor is a draw's number given another point than the one noted before.
    assert_eq!(label(draw(&asked(), &as_draw, after())), "E_DRAW_POINT");
    let mut elsewhere = ready();
    let u = Hex(release.point.bytes());
    elsewhere.remember(&Act::DrawIntent { at, freeze_id: Digest::ZERO, no: 1, u });
    assert_eq!(label(draw(&asked(), &elsewhere, after())), "E_DRAW_POINT");
}

/// A hall that asks again, and a custodian that was interrupted after its journal: the same point.
#[test]
fn asking_again_gives_the_same_point() {
    let first = draw(&asked(), &ready(), after()).unwrap();
    let line = serde_json::to_string(&first.act).unwrap();
    let act: Act = serde_json::from_str(&line).unwrap();
    assert_eq!(act, first.act);
    assert!(line.starts_with(r#"{"act":"draw-intent","at":"#), "{line}");
    let mut memory = ready();
    memory.remember(&act);
    let again = draw(&asked(), &memory, after()).unwrap();
    assert_eq!(again.act, first.act);
    assert_eq!(memory.drawn(1), Some((freeze_id(), first.point.bytes())));
    assert_eq!(memory.drawn_for(&first.point.bytes()), Some(1));
    assert_eq!(memory.drawn(2), None);
}
