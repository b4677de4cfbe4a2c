//! An opening, the custodians' shares, and replays of its log as far as a test wants.

use std::sync::{Arc, LazyLock};

use kaibiao_ceremony::{Agreed, KeyShare, StaticKey};
use kaibiao_crypto::{Entropy as _, Hex, SUITE_1};
use kaibiao_custody::{ClockReading, Custody, Memory};
use kaibiao_journal::{CosignedCheckpoint, TreeHead};
use kaibiao_opening::EventKind;
use kaibiao_pki::TrustList;
use kaibiao_replay::{BidMaterial, FrozenMaterial, Replay};
use kaibiao_testkit::{Scenario, ScenarioOptions, SeededEntropy};
use kaibiao_types::{Digest, Millis, UtcMillis};

const SEED: &str = "custody";

/// Bidder 0 replaced its bid.
pub(crate) fn scenario() -> &'static Scenario {
    static GOOD: LazyLock<Scenario> = LazyLock::new(|| {
        let options =
            ScenarioOptions { revised: Some(0), seed: SEED, ..ScenarioOptions::default() };
        Scenario::build(&options).unwrap()
    });
    &GOOD
}

/// The same tender with another key generation.
pub(crate) fn other() -> &'static Scenario {
    static OTHER: LazyLock<Scenario> = LazyLock::new(|| {
        let options = ScenarioOptions {
            unfinished: true,
            documents: false,
            seed: "other",
            ..ScenarioOptions::default()
        };
        Scenario::build(&options).unwrap()
    });
    &OTHER
}

/// The share of a custodian: the scenario draws its keys from a seed, so they can be drawn again.
pub(crate) fn share(scenario: &Scenario, seed: &str, index: usize) -> KeyShare {
    let mut entropy = SeededEntropy::new(seed);
    let draw = |entropy: &mut SeededEntropy| {
        let mut out = [0; 32];
        entropy.fill(&mut out).unwrap();
        out
    };
    let record = scenario.verified.record();
    let mut statics = Vec::new();
    for _ in &record.custodians {
        statics.push(StaticKey::generate(&mut entropy).unwrap());
        draw(&mut entropy); // the cosigning key
    }
    let agreed = Agreed {
        lot: record.lot_key(),
        threshold: record.threshold,
        session: Hex(draw(&mut entropy)),
        custodians: record.custodians.clone(),
        policy_sha256: record.policy_sha256,
    };
    let session = agreed.session(&SUITE_1).unwrap();
    let seats = || record.custodians.iter().map(|entry| entry.index).zip(&statics);
    let messages: Vec<Vec<u8>> =
        seats().map(|(i, key)| session.round1(i, key, &mut entropy).unwrap()).collect();
    let (seat, key) = seats().nth(index).unwrap();
    session.round2(seat, key, &messages).unwrap().share
}

pub(crate) fn mine() -> KeyShare {
    share(scenario(), SEED, 0)
}

pub(crate) fn others() -> KeyShare {
    share(other(), "other", 0)
}

/// A replay of the first `count` entries.
pub(crate) fn prefix_of(scenario: &Scenario, count: usize) -> Replay {
    let trust = TrustList::parse(&scenario.trust).unwrap();
    let mut replay = Replay::new(Arc::clone(&scenario.verified), Arc::new(trust));
    for entry in scenario.log.entries().iter().take(count) {
        replay.ingest(entry.line()).unwrap();
    }
    replay
}

/// A replay up to and with the nth entry of a kind, counted from 0.
pub(crate) fn upto(kind: EventKind, n: usize) -> Replay {
    let entries = scenario().log.entries().iter().enumerate();
    let at = entries.filter(|(_, entry)| entry.kind() == kind.name()).nth(n).unwrap().0;
    prefix_of(scenario(), at + 1)
}

pub(crate) fn custody() -> Custody {
    Custody::new(&prefix_of(scenario(), 1), &mine()).unwrap()
}

pub(crate) fn material(scenario: &Scenario) -> FrozenMaterial {
    let bid = |bid: &kaibiao_testkit::ScenarioBid| BidMaterial {
        manifest: bid.manifest.clone(),
        cms: bid.cms.clone(),
        headers: bid.headers.clone(),
    };
    FrozenMaterial { bids: scenario.bids.iter().map(bid).collect(), paths: scenario.places.clone() }
}

pub(crate) fn deadline() -> UtcMillis {
    scenario().verified.file().terms().deadline
}

pub(crate) fn clock(now: UtcMillis) -> ClockReading {
    ClockReading::system(now)
}

/// A clock well after the deadline.
pub(crate) fn after() -> ClockReading {
    clock(deadline().plus(Millis::from_secs(5)))
}

/// The head of so many entries, signed by the log.
pub(crate) fn signed(scenario: &Scenario, size: u64) -> String {
    let head = TreeHead { size, root: scenario.log.root_at(size).unwrap() };
    scenario.sign_head(head, 0, deadline()).unwrap()
}

/// Cosigns a head and remembers it.
pub(crate) fn cosigned(memory: &mut Memory, replay: &Replay, size: u64) {
    let note = signed(scenario(), size);
    CosignedCheckpoint::verify(&note, replay.tender().log_key(), &[]).unwrap();
    let cosigning = custody().cosign(replay, memory, &note, after()).unwrap();
    memory.remember(&cosigning.act);
}

/// Entries under the closing head.
pub(crate) fn closing() -> u64 {
    scenario().state.frozen().unwrap().size
}

pub(crate) fn freeze_id() -> Digest {
    scenario().state.frozen().unwrap().freeze_id
}

/// The memory of a custodian that did everything up to the countersignature.
pub(crate) fn ready(replay: &Replay) -> Memory {
    let mut memory = Memory::default();
    cosigned(&mut memory, replay, closing());
    let act = custody().countersign(replay, &memory, &material(scenario()), after()).unwrap().act;
    memory.remember(&act);
    memory
}
