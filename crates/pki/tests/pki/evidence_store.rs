//! Evidence that is read once judges as if it were read for every path.

use kaibiao_pki::revocation::{Evidence, EvidenceStore, Freshness, Revocation, judge_revocation};
use kaibiao_pki::{Usage, VerifiedCert, limits, verify_chain};

use crate::forge::*;
use crate::forge_revocation::*;
use crate::known_world::identified;

fn later() -> Freshness {
    Freshness::Later { now: at(NOW + 31 * 86_400_000) }
}

fn world() -> World {
    identified(Key::new(), Key::new(), Key::new())
}

fn path(world: &World) -> VerifiedCert {
    verify_chain(&world.leaf(), &[world.issuing()], &world.trust(), now(), Usage::Sign).unwrap()
}

/// CRLs of root and issuing CA; on the latter stand 300 numbers, the signer's if asked for.
fn crls(world: &World, with_signer: bool) -> [Vec<u8>; 2] {
    let numbers = (0..300_u16).rev().map(|n| [&[0x42], n.to_be_bytes().as_slice()].concat());
    let signer = with_signer.then(|| world.leaf.serial.clone());
    let line = |serial| Line(serial, "260601000000Z", vec![reason(4)]);
    let lines = numbers.chain(signer).map(line).collect();
    let issuing = CrlSpec { lines, ..CrlSpec::new("Issuing", &world.issuing_key) };
    let root = CrlSpec::new("Root", &world.root_key);
    [root.der(&world.root_key), issuing.der(&world.issuing_key)]
}

fn evidence(crls: &[Vec<u8>]) -> Vec<Evidence<'_>> {
    crls.iter().map(|crl| Evidence::Crl(crl)).collect()
}

#[test]
fn a_store_judges_as_if_read_anew() {
    let (one, two) = (world(), world());
    for (with_signer, good) in [(false, true), (true, false)] {
        let lists = [crls(&one, with_signer), crls(&two, false)].concat();
        let evidence = evidence(&lists);
        let store = EvidenceStore::read(&evidence);
        // Both worlds have the same names: each is judged by the lists that its own keys signed,
        // before and after the store has seen the other.
        for (world, second) in [(&one, false), (&two, true), (&one, false), (&two, true)] {
            let anew = judge_revocation(&path(world), &[], &evidence, later());
            let stored = store.judge(&path(world), &[], later());
            assert_eq!(stored, anew);
            let expected = good || second;
            assert_eq!(stored.revocation() == Revocation::Good, expected);
        }
    }
}

/// A signature that was found good under one key is not good under another.
#[test]
fn a_key_that_was_found_does_not_speak_for_another() {
    let (one, two) = (world(), world());
    let lists = crls(&one, false);
    let store = EvidenceStore::read(&evidence(&lists));
    assert_eq!(store.judge(&path(&one), &[], later()).revocation(), Revocation::Good);
    let other = store.judge(&path(&two), &[], later());
    assert!(matches!(other.revocation(), Revocation::Unknown(_)));
    assert_eq!(other.faults().len(), 2, "{other:?}");
    assert_eq!(other, judge_revocation(&path(&two), &[], &evidence(&lists), later()));
}

#[test]
fn what_cannot_be_read_is_named_in_every_verdict() {
    let world = world();
    let [root, issuing] = crls(&world, false);
    let mut lists = vec![b"no list".to_vec(), root, issuing];
    let store = EvidenceStore::read(&evidence(&lists));
    for _ in 0..2 {
        let verdict = store.judge(&path(&world), &[], later());
        assert_eq!(verdict.revocation(), Revocation::Good);
        assert_eq!(verdict.faults().iter().map(|(place, _)| *place).collect::<Vec<_>>(), [0]);
    }
    // Those beyond the limit are not read.
    let filler = std::iter::repeat_n(vec![], limits::REVOCATION_EVIDENCE_MAX);
    lists.splice(0..0, filler);
    let store = EvidenceStore::read(&evidence(&lists));
    let verdict = store.judge(&path(&world), &[], later());
    assert!(matches!(verdict.revocation(), Revocation::Unknown(_)));
    assert_eq!(verdict.faults().len(), lists.len());
}
