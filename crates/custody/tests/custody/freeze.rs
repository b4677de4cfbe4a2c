//! The countersignature under the freeze.

use kaibiao_custody::{Act, ClockReading, Memory, Refusal};
use kaibiao_journal::freeze_statement;
use kaibiao_opening::EventKind;
use kaibiao_replay::FrozenMaterial;
use kaibiao_types::{Digest, Millis};

use super::common::{
    after, clock, closing, cosigned, custody, deadline, freeze_id, material, prefix_of, scenario,
    upto,
};

/// The log with the freeze, and the memory of its closing head.
fn closed() -> (kaibiao_replay::Replay, Memory) {
    let replay = upto(EventKind::SetFrozen, 0);
    let mut memory = Memory::default();
    cosigned(&mut memory, &replay, closing());
    (replay, memory)
}

fn refused(memory: &Memory, material: &FrozenMaterial, label: &str) -> Refusal {
    let (replay, _) = closed();
    let refusal = custody().countersign(&replay, memory, material, after()).unwrap_err();
    assert_eq!(refusal.label(), label, "{refusal}");
    refusal
}

#[test]
fn a_freeze_that_holds_is_countersigned_and_again() {
    let (replay, mut memory) = closed();
    let mut custody = custody();
    let good = material(scenario());
    let signing = custody.countersign(&replay, &memory, &good, after()).unwrap();
    assert_eq!(signing.freeze_id, freeze_id());
    assert_eq!(signing.statement, freeze_statement(scenario().verified.origin(), &freeze_id()));
    assert_eq!(signing.act, Act::FreezeSigned { at: after().now, freeze_id: freeze_id() });
    memory.remember(&signing.act);
    let again = custody.countersign(&replay, &memory, &good, after()).unwrap();
    assert_eq!((again.freeze_id, again.statement), (signing.freeze_id, signing.statement));
}

#[test]
fn there_is_nothing_to_sign_before_the_freeze() {
    let replay = upto(EventKind::IntakeClosed, 0);
    let mut memory = Memory::default();
    cosigned(&mut memory, &replay, closing());
    let label = |refusal: Refusal| refusal.label();
    let good = material(scenario());
    let refusal = custody().countersign(&replay, &memory, &good, after());
    assert_eq!(refusal.map_err(label).err(), Some("E_NOT_ALLOWED"));
    let refusal =
        custody().countersign(&prefix_of(scenario(), 0), &Memory::default(), &good, after());
    assert_eq!(refusal.map_err(label).err(), Some("E_NOT_ALLOWED"));
}

#[test]
fn nothing_is_signed_before_the_deadline_by_the_own_clock() {
    let (replay, memory) = closed();
    let good = material(scenario());
    let sign = |clock| custody().countersign(&replay, &memory, &good, clock);
    let milli = Millis::new(1).unwrap();
    let early = sign(clock(deadline().minus(milli))).unwrap_err();
    assert!(matches!(early, Refusal::NotYet(wait) if wait == milli), "{early}");
    // A hall that froze an hour early signs nothing with this custodian.
    let early = sign(clock(deadline().minus(Millis::from_secs(3_600)))).unwrap_err();
    assert_eq!(early.label(), "E_NOT_YET");
    let unsure = ClockReading {
        max_error: Millis::from_secs(1),
        ..ClockReading::system(deadline().plus(milli))
    };
    assert_eq!(sign(unsure).unwrap_err().label(), "E_NOT_YET");
    assert!(sign(clock(deadline())).is_ok());
}

#[test]
fn the_closing_head_is_one_that_this_custodian_cosigned() {
    let good = material(scenario());
    let refusal = refused(&Memory::default(), &good, "E_NOT_ALLOWED");
    assert!(matches!(refusal, Refusal::HeadUnsigned));
    // A smaller head and a greater one are not the closing head.
    let (replay, _) = closed();
    for size in [closing() - 1, closing() + 1] {
        let mut memory = Memory::default();
        cosigned(&mut memory, &replay, size);
        refused(&memory, &good, "E_NOT_ALLOWED");
    }
}

#[test]
fn there_is_one_freeze_only() {
    let (_, mut memory) = closed();
    memory.remember(&Act::FreezeSigned { at: after().now, freeze_id: Digest::ZERO });
    let refusal = refused(&memory, &material(scenario()), "E_FREEZE_CONFLICT");
    let Refusal::FreezeConflict { signed, asked } = refusal else { panic!("{refusal}") };
    assert_eq!((signed, asked), (Digest::ZERO, freeze_id()), "both are kept as evidence");
}

#[test]
fn another_history_is_not_frozen() {
    let (_, mut memory) = closed();
    memory.remember(&Act::Cosigned { at: after().now, size: closing() + 1, root: Digest::ZERO });
    refused(&memory, &material(scenario()), "E_ROLLBACK");
}

#[test]
fn every_bid_and_place_is_checked() {
    let (replay, memory) = closed();
    let mut bad = material(scenario());
    bad.bids.pop();
    refused(&memory, &bad, "E_FREEZE");
    let mut bad = material(scenario());
    bad.bids.swap(0, 1);
    refused(&memory, &bad, "E_FROZEN");
    let mut bad = material(scenario());
    *bad.bids[0].cms.last_mut().unwrap() ^= 1;
    refused(&memory, &bad, "E_SIG_CRYPTO");
    let mut bad = material(scenario());
    bad.paths.pop();
    refused(&memory, &bad, "place-path-missing");
    // What was refused is not kept: the same custodian still refuses, and then accepts.
    let mut custody = custody();
    assert!(custody.countersign(&replay, &memory, &bad, after()).is_err());
    assert!(custody.countersign(&replay, &memory, &bad, after()).is_err());
    assert!(custody.countersign(&replay, &memory, &material(scenario()), after()).is_ok());
}
