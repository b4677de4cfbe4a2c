//! While bidders unlock their bids a custodian raises nothing, and after it only the escrows that are
//! needed (ADR-0020; crypto.md 3.9, R10).

use std::collections::BTreeSet;
use std::sync::LazyLock;

use kaibiao_custody::{Act, Custody, Memory, Refusal, Release};
use kaibiao_journal::TreeHead;
use kaibiao_opening::{BidderLockTerms, EventKind};
use kaibiao_replay::{Replay, VerifiedBid};
use kaibiao_testkit::{Scenario, ScenarioOptions, WindowPlay};
use kaibiao_types::{Part, Stage};

use super::common::{after, deadline, material, prefix_of, share};

const SEED: &str = "custody-window";

fn play(lock: BidderLockTerms, documents: bool) -> Scenario {
    let window = WindowPlay { lock, silent: Some(1), wrong: Some(2) };
    let options = ScenarioOptions {
        bidder_window: Some(window),
        documents,
        seed: SEED,
        ..ScenarioOptions::default()
    };
    Scenario::build(&options).unwrap()
}

fn escrow() -> &'static Scenario {
    static ESCROW: LazyLock<Scenario> = LazyLock::new(|| play(BidderLockTerms::Escrow, true));
    &ESCROW
}

fn strict() -> &'static Scenario {
    static STRICT: LazyLock<Scenario> = LazyLock::new(|| play(BidderLockTerms::Strict, false));
    &STRICT
}

/// The custodian and its memory, up to the countersignature.
fn seat(scenario: &Scenario) -> (Custody, Memory) {
    let kinds = scenario.log.entries().iter().map(|entry| entry.kind().to_owned());
    let frozen = kinds.enumerate().find(|(_, kind)| kind == "set-frozen").unwrap().0;
    let replay = prefix_of(scenario, frozen + 1);
    let mut custody = Custody::new(&replay, &share(scenario, SEED, 0)).unwrap();
    let mut memory = Memory::default();
    let size = scenario.state.frozen().unwrap().size;
    let head = TreeHead { size, root: scenario.log.root_at(size).unwrap() };
    let note = scenario.sign_head(head, 0, deadline()).unwrap();
    memory.remember(&custody.cosign(&replay, &memory, &note, after()).unwrap().act);
    let signed = custody.countersign(&replay, &memory, &material(scenario), after()).unwrap();
    memory.remember(&signed.act);
    (custody, memory)
}

fn released(scenario: &Scenario, replay: &Replay, part: Part) -> Result<Release, Refusal> {
    let (mut custody, memory) = seat(scenario);
    custody.release(replay, &memory, &material(scenario), part, after())
}

fn place(scenario: &Scenario, kind: EventKind) -> usize {
    scenario.log.entries().iter().position(|entry| entry.kind() == kind.name()).unwrap()
}

/// From the complete freeze to the very entry before the unsealing: nothing, of any part.
#[test]
fn nothing_is_raised_while_bidders_unlock() {
    for scenario in [escrow(), strict()] {
        let from = place(scenario, EventKind::FreezeCompleted);
        let to = place(scenario, EventKind::UnsealingStarted);
        assert!(to > from + 5, "the window is between");
        for count in from + 1..=to {
            let replay = prefix_of(scenario, count);
            assert_eq!(replay.state().unsealing(), None);
            for part in [Part::Price, Part::Documents] {
                let refusal = released(scenario, &replay, part).unwrap_err();
                assert_eq!(refusal.label(), "E_NOT_ALLOWED", "after {count} entries");
            }
        }
        assert!(released(scenario, &prefix_of(scenario, to + 1), Part::Price).is_ok());
    }
}

/// U of every current bid; U' of those alone that no secret in the log unlocks.
#[test]
fn only_escrows_that_are_needed_are_raised() {
    let replay = prefix_of(escrow(), place(escrow(), EventKind::UnsealingStarted) + 1);
    let release = released(escrow(), &replay, Part::Price).unwrap();
    assert_eq!(release.points.len(), 4);
    let stage = Stage::new(1).unwrap();
    let mut needed = Vec::new();
    for entry in escrow().state.current_bids() {
        let number = escrow().people.bidders.iter().position(|(_, p)| *p == entry.bidder).unwrap();
        if ![1, 2].contains(&number) {
            continue;
        }
        let bid = escrow().bids.iter().find(|bid| bid.bidder == entry.bidder).unwrap();
        let material = kaibiao_replay::BidMaterial {
            manifest: bid.manifest.clone(),
            cms: bid.cms.clone(),
            headers: bid.headers.clone(),
        };
        let at = entry.completed_at;
        let bid = VerifiedBid::verify(&escrow().verified, &material, replay.trust(), at).unwrap();
        let header = bid.header(stage, Part::Price).unwrap();
        needed.push((entry.manifest_sha256, header.escrow().unwrap().u.bytes()));
    }
    let raised: BTreeSet<_> =
        release.escrow.iter().map(|p| (p.manifest_sha256, p.u.bytes())).collect();
    assert_eq!(raised, needed.into_iter().collect());
    // The journal names every point before the share is touched.
    let Act::Intent { raised, .. } = &release.act else { panic!("an intent") };
    let all = release.points.iter().chain(&release.escrow);
    assert!(all.map(|point| point.u.bytes()).eq(raised.iter().map(|line| line.u.0)));
}

#[test]
fn a_strict_lot_has_no_escrow_to_raise() {
    let replay = prefix_of(strict(), place(strict(), EventKind::UnsealingStarted) + 1);
    let release = released(strict(), &replay, Part::Price).unwrap();
    assert_eq!((release.points.len(), release.escrow.len()), (4, 0));
}
