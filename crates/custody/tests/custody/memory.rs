//! What the journal says: the same after a restart, and nothing secret.

use kaibiao_crypto::Hex;
use kaibiao_custody::{Act, Memory, Raised, Refusal};
use kaibiao_journal::CheckpointError;
use kaibiao_opening::EventKind;
use kaibiao_types::{CustodianIndex, Digest, Millis, Part, Stage};

use super::common::{
    after, closing, cosigned, custody, freeze_id, material, mine, ready, scenario, upto,
};

/// The acts of a whole opening.
fn acts() -> Vec<Act> {
    let replay = upto(EventKind::UnsealingStarted, 0);
    let mut memory = Memory::default();
    let root = scenario().log.root_at(closing()).unwrap();
    let mut acts = vec![
        Act::Cosigned { at: after().now, size: closing(), root },
        Act::Refused {
            at: after().now,
            request: "price".to_owned(),
            label: "E_NOT_YET".to_owned(),
            detail: "the opening time has not come".to_owned(),
        },
    ];
    for act in &acts {
        memory.remember(act);
    }
    let mut custody = custody();
    let good = material(scenario());
    acts.push(custody.countersign(&replay, &memory, &good, after()).unwrap().act);
    memory.remember(&acts[2]);
    acts.push(custody.release(&replay, &memory, &good, Part::Price, after()).unwrap().act);
    acts
}

#[test]
fn a_memory_read_back_from_the_journal_gives_the_same_answers() {
    let replay = upto(EventKind::UnsealingStarted, 0);
    let (mut live, mut read) = (Memory::default(), Memory::default());
    for act in acts() {
        live.remember(&act);
        let line = serde_json::to_vec(&act).unwrap();
        let back: Act = serde_json::from_slice(&line).unwrap();
        assert_eq!(back, act);
        read.remember(&back);
        assert_eq!(read, live);
    }
    assert_eq!(read.freeze_id(), Some(freeze_id()));
    let root = scenario().log.root_at(closing()).unwrap();
    assert_eq!(read.latest_head(), Some((closing(), root)));
    assert!(read.has_cosigned(closing(), &root));
    assert!(!read.has_cosigned(closing(), &Digest::ZERO));
    assert!(!read.has_cosigned(closing() + 1, &root));
    let release = |memory: &Memory| {
        let good = material(scenario());
        custody().release(&replay, memory, &good, Part::Price, after()).unwrap().act
    };
    assert_eq!(release(&read), release(&live));
    for point in release(&read).raised() {
        assert_eq!(read.raised_for(&point.u.0), Some(point.manifest_sha256));
    }
    assert_eq!(read.raised_for(&[2; 33]), None);
}

trait OfIntent {
    fn raised(&self) -> Vec<Raised>;
}

impl OfIntent for Act {
    fn raised(&self) -> Vec<Raised> {
        match self {
            Self::Intent { raised, .. } => raised.clone(),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_refusal_changes_no_memory() {
    let replay = upto(EventKind::UnsealingStarted, 0);
    let mut memory = ready(&replay);
    let before = memory.clone();
    memory.remember(&acts()[1]);
    assert_eq!(memory, before);
}

#[test]
fn the_greatest_head_counts_in_whatever_order_they_are_read() {
    let replay = upto(EventKind::SetFrozen, 0);
    let mut memory = Memory::default();
    cosigned(&mut memory, &replay, 3);
    memory.remember(&Act::Cosigned {
        at: after().now,
        size: 2,
        root: scenario().log.root_at(2).unwrap(),
    });
    assert_eq!(memory.latest_head().map(|(size, _)| size), Some(3));
}

#[test]
fn the_journal_holds_nothing_secret() {
    let share = mine();
    let bytes = share.danger_bytes();
    // The share's scalar and all that follows from it: no run of 16 bytes of it, in any writing.
    let hex = |bytes: &[u8]| -> String {
        bytes
            .iter()
            .flat_map(|b| [b >> 4, b & 15])
            .map(|d| char::from_digit(d.into(), 16).unwrap())
            .collect()
    };
    let public = hex(&share.public().bytes());
    for act in acts() {
        let line = serde_json::to_string(&act).unwrap();
        for window in bytes.windows(16) {
            assert!(!line.contains(&hex(window)), "{line}");
        }
        assert!(!line.contains(&public));
    }
    // The keys of each line are these and no others.
    let keys = |act: &Act| {
        let value = serde_json::to_value(act).unwrap();
        value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ")
    };
    let all: Vec<String> = acts().iter().map(keys).collect();
    assert_eq!(
        all,
        [
            "act at root size",
            "act at detail label request",
            "act at freeze_id",
            "act at freeze_id part raised stage",
        ]
    );
}

#[test]
fn a_journal_line_is_read_strictly() {
    let line = serde_json::to_string(&acts()[2]).unwrap();
    let read = |line: &str| serde_json::from_str::<Act>(line);
    assert!(read(&line).is_ok());
    assert!(read(&line.replacen("freeze-signed", "freeze-unsigned", 1)).is_err());
    assert!(read(&line.replacen("\"at\"", "\"x\":1,\"at\"", 1)).is_err());
    assert!(read(&line.replacen(&freeze_id().to_string(), "00", 1)).is_err());
    assert!(read(&format!("{line}{line}")).is_err());
}

#[test]
fn every_refusal_has_its_label() {
    let digest = Digest::ZERO;
    let labels = [
        (Refusal::Checkpoint(CheckpointError::LogSignature), "checkpoint-log-signature"),
        (Refusal::DuplicateLock { manifest_sha256: digest, before: digest }, "E_DUP_U"),
        (Refusal::FreezeConflict { signed: digest, asked: digest }, "E_FREEZE_CONFLICT"),
        (Refusal::FreezeUnsigned, "E_NOT_ALLOWED"),
        (Refusal::Head { size: 1 }, "E_ROLLBACK"),
        (Refusal::HeadUnsigned, "E_NOT_ALLOWED"),
        (Refusal::NotAsked(Part::Price), "E_NOT_ALLOWED"),
        (Refusal::NotYet(Millis::from_secs(1)), "E_NOT_YET"),
        (Refusal::Rollback { size: 1, cosigned: 2 }, "E_ROLLBACK"),
        (Refusal::Share(CustodianIndex::new(1).unwrap()), "E_CEREMONY"),
        (Refusal::TooFew { bidders: 2, min: 3 }, "E_TOO_FEW"),
    ];
    for (refusal, label) in labels {
        assert_eq!(refusal.label(), label);
    }
    let raised = Raised { manifest_sha256: digest, u: Hex([2; 33]) };
    let stage = Stage::new(1).unwrap();
    let (at, part) = (after().now, Part::Price);
    let act = Act::Intent { at, freeze_id: digest, stage, part, raised: vec![raised] };
    let mut memory = Memory::default();
    memory.remember(&act);
    assert_eq!(memory.raised_for(&[2; 33]), Some(digest));
}
