//! Heads: of the replayed log, never back, never another history.

use kaibiao_custody::{Act, Custody, Memory};
use kaibiao_journal::TreeHead;
use kaibiao_opening::EventKind;
use kaibiao_types::Digest;

use super::common::{
    after, closing, cosigned, custody, deadline, mine, other, others, prefix_of, scenario, signed,
    upto,
};

fn refused(memory: &Memory, note: &str, label: &str) {
    let replay = upto(EventKind::Tick, 2);
    let refusal = custody().cosign(&replay, memory, note, after()).unwrap_err();
    assert_eq!(refusal.label(), label, "{refusal}");
}

#[test]
fn the_share_is_that_of_the_ceremony() {
    let replay = prefix_of(scenario(), 1);
    assert_eq!(Custody::new(&replay, &mine()).unwrap().index().get(), 1);
    assert_eq!(Custody::new(&replay, &others()).unwrap_err().label(), "E_CEREMONY");
}

#[test]
fn a_head_of_the_log_is_cosigned_and_journalled() {
    let replay = upto(EventKind::Tick, 2);
    let mut memory = Memory::default();
    for size in [1, 2, replay.log().len()] {
        let root = scenario().log.root_at(size).unwrap();
        let cosigning =
            custody().cosign(&replay, &memory, &signed(scenario(), size), after()).unwrap();
        assert_eq!(cosigning.checkpoint.head, TreeHead { size, root });
        assert_eq!(cosigning.act, Act::Cosigned { at: after().now, size, root });
        memory.remember(&cosigning.act);
        // The same head again: a repeat changes nothing.
        assert!(custody().cosign(&replay, &memory, &signed(scenario(), size), after()).is_ok());
    }
}

#[test]
fn a_head_is_signed_by_this_log() {
    let memory = Memory::default();
    refused(&memory, "", "note-structure");
    let head = TreeHead { size: 2, root: scenario().log.root_at(2).unwrap() };
    let foreign = other().sign_head(head, 3, deadline()).unwrap();
    refused(&memory, &foreign, "checkpoint-log-signature-missing");
    let altered = signed(scenario(), 2).replacen("\n2\n", "\n3\n", 1);
    refused(&memory, &altered, "checkpoint-log-signature");
}

#[test]
fn a_head_is_one_of_the_replayed_log() {
    let memory = Memory::default();
    let sign = |head| scenario().sign_head(head, 0, deadline()).unwrap();
    refused(&memory, &sign(TreeHead { size: 2, root: Digest::ZERO }), "E_ROLLBACK");
    // A true head, but of entries that this custodian has not read.
    refused(&memory, &signed(scenario(), scenario().log.len()), "E_ROLLBACK");
}

#[test]
fn a_smaller_head_is_a_rollback() {
    let replay = upto(EventKind::Tick, 2);
    let mut memory = Memory::default();
    cosigned(&mut memory, &replay, 3);
    refused(&memory, &signed(scenario(), 2), "E_ROLLBACK");
    assert!(custody().cosign(&replay, &memory, &signed(scenario(), 3), after()).is_ok());
}

#[test]
fn another_history_is_a_rollback_even_if_it_is_longer() {
    // After a restart the hall shows a log that differs below the head cosigned before.
    let mut memory = Memory::default();
    memory.remember(&Act::Cosigned { at: deadline(), size: 2, root: Digest::ZERO });
    let replay = upto(EventKind::FreezeCompleted, 0);
    let note = signed(scenario(), closing());
    let refusal = custody().cosign(&replay, &memory, &note, after()).unwrap_err();
    assert_eq!(refusal.label(), "E_ROLLBACK");
}
