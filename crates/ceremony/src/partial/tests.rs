//! Any k give the same point; a liar is dropped and named; too few give nothing.

use kaibiao_crypto::{EntropyError, SUITE_1, SecretScalar};

use super::*;
use crate::testing::{Ceremony, Dry, Seeded, index, one_of_one, three_of_five, two_of_three};

const FREEZE: Digest = Digest::new([7; 32]);

/// A sealed point U = r*G and the point Z = r*Y that opening it must give.
fn sealed(ceremony: &Ceremony, seed: u64) -> (Point, Point) {
    let r = SecretScalar::random(&SUITE_1, &mut Seeded(seed)).unwrap();
    (r.base_mul(), r.mul_point(&ceremony.record.key().unwrap()).unwrap())
}

fn verified(ceremony: &Ceremony, u: &Point, indexes: &[u16]) -> Vec<VerifiedPartial> {
    ceremony
        .raise(&FREEZE, u, indexes)
        .iter()
        .map(|partial| partial.verify(&ceremony.record, &FREEZE, u).unwrap())
        .collect()
}

/// All ways to choose k of 1..=n, in order.
fn subsets(n: u16, k: usize) -> Vec<Vec<u16>> {
    (0_u32..1 << n)
        .filter(|set| set.count_ones() == u32::try_from(k).unwrap())
        .map(|set| (1..=n).filter(|i| set >> (i - 1) & 1 == 1).collect())
        .collect()
}

/// Negative test 24, attack A16.
#[test]
fn every_k_subset_gives_the_same_point() {
    for (ceremony, n, ways) in
        [(one_of_one(), 1, 1), (two_of_three(), 3, 3), (three_of_five(), 5, 10)]
    {
        let (u, z) = sealed(ceremony, 31);
        let k = usize::from(ceremony.record.threshold.k());
        let all = verified(ceremony, &u, &(1..=n).collect::<Vec<_>>());
        assert_eq!(subsets(n, k).len(), ways);
        for size in k..=usize::from(n) {
            for subset in subsets(n, size) {
                let chosen: Vec<VerifiedPartial> =
                    subset.iter().rev().map(|i| all[usize::from(*i) - 1]).collect();
                assert_eq!(combine(&ceremony.record, &chosen), Ok(z), "{subset:?}");
            }
        }
    }
}

/// Negative test 23.
#[test]
fn fewer_than_k_give_nothing() {
    for ceremony in [one_of_one(), two_of_three(), three_of_five()] {
        let (u, z) = sealed(ceremony, 32);
        let need = usize::from(ceremony.record.threshold.k());
        let indexes: Vec<u16> = (1..).take(need - 1).collect();
        let few = verified(ceremony, &u, &indexes);
        let error = combine(&ceremony.record, &few).unwrap_err();
        assert_eq!(error, CombineError::NotEnough { have: need - 1, need });
        assert_eq!(error.label(), "UNOPENED_CUSTODY");
        let raw = ceremony.raise(&FREEZE, &u, &indexes);
        let refused = combine_any(&ceremony.record, &FREEZE, &u, &raw).unwrap_err();
        assert_eq!(refused, (error, vec![]));
        // k - 1 partials interpolate to something, but not to Z.
        let points: Vec<(CustodianIndex, Point)> = few.iter().map(|p| (p.index, p.d)).collect();
        assert_ne!(interpolate(&SUITE_1, &points), Some(z));
    }
}

/// Negative test 21: whichever custodian lies, and wherever its partial stands in the list.
#[test]
fn one_liar_is_dropped_and_named_wherever_it_stands() {
    let ceremony = two_of_three();
    let (u, z) = sealed(ceremony, 33);
    let honest = ceremony.raise(&FREEZE, &u, &[1, 2, 3]);
    let g = SUITE_1.generator();
    let shifted = |hex: &Hex<33>| SUITE_1.point(&hex.0).unwrap().add(&g).unwrap().hex();
    for liar in 0..3 {
        let name = honest[liar].index;
        let mut all = honest.clone();
        all[liar].d = shifted(&all[liar].d);
        for turn in 0..3 {
            let mut order = all.clone();
            order.rotate_left(turn);
            let combined = combine_any(&ceremony.record, &FREEZE, &u, &order).unwrap();
            assert_eq!(combined.point, z);
            assert_eq!(combined.dropped, [PartialError::Proof(name)]);
            assert_eq!(
                (combined.dropped[0].custodian(), combined.dropped[0].label()),
                (name, "E_DLEQ")
            );
        }
    }
    // Two liars of three: nothing opens, and both are named.
    let mut two = honest.clone();
    two[0].d = shifted(&two[0].d);
    two[2].z = two[0].z;
    let (error, dropped) = combine_any(&ceremony.record, &FREEZE, &u, &two).unwrap_err();
    assert_eq!(error, CombineError::NotEnough { have: 1, need: 2 });
    assert_eq!(dropped, [PartialError::Proof(index(1)), PartialError::Proof(index(3))]);
}

/// A correct partial for one point says nothing about another one, another freeze or another seat.
#[test]
fn a_partial_holds_only_for_what_it_was_raised_for() {
    let ceremony = two_of_three();
    let (u, _) = sealed(ceremony, 34);
    let (other_u, _) = sealed(ceremony, 35);
    let other = crate::testing::run(3, 2, 6);
    let partial = ceremony.raise(&FREEZE, &u, &[1])[0];
    let verify = |partial: &Partial, record: &CeremonyRecord, context: &Digest, u: &Point| {
        partial.verify(record, context, u).map(|_| ())
    };
    let wrong = Err(PartialError::Proof(index(1)));
    assert_eq!(verify(&partial, &ceremony.record, &FREEZE, &u), Ok(()));
    assert_eq!(verify(&partial, &ceremony.record, &Digest::new([8; 32]), &u), wrong);
    assert_eq!(verify(&partial, &ceremony.record, &FREEZE, &other_u), wrong);
    assert_eq!(verify(&partial, &other.record, &FREEZE, &u), wrong);
    let rehearsal = rehearsal_context(&SUITE_1, &ceremony.record.ceremony_id, 0);
    assert_eq!(verify(&partial, &ceremony.record, &rehearsal, &u), wrong);
    assert_ne!(rehearsal, rehearsal_context(&SUITE_1, &ceremony.record.ceremony_id, 1));
    let stolen = Partial { index: index(2), ..partial };
    let error = PartialError::Proof(index(2));
    assert_eq!(verify(&stolen, &ceremony.record, &FREEZE, &u), Err(error));
}

#[test]
fn points_and_scalars_are_canonical() {
    let ceremony = two_of_three();
    let (u, _) = sealed(ceremony, 36);
    let good = ceremony.raise(&FREEZE, &u, &[1])[0];
    let mut off_curve = [0; 33];
    (off_curve[0], off_curve[32]) = (2, 1);
    let mut uncompressed = [0; 33];
    uncompressed.copy_from_slice(&SUITE_1.generator().uncompressed()[..33]);
    for bad in [
        Partial { d: Hex([0; 33]), ..good },
        Partial { d: Hex(off_curve), ..good },
        Partial { d: Hex([0xff; 33]), ..good },
        Partial { d: Hex(uncompressed), ..good },
        Partial { c: Hex([0xff; 32]), ..good },
        Partial { z: Hex([0xff; 32]), ..good },
    ] {
        let error = bad.verify(&ceremony.record, &FREEZE, &u).unwrap_err();
        assert_eq!((&error, error.label()), (&PartialError::Malformed(index(1)), "E_POINT"));
    }
    for bad in [Partial { c: Hex([0; 32]), ..good }, Partial { z: Hex([0; 32]), ..good }] {
        let error = bad.verify(&ceremony.record, &FREEZE, &u).unwrap_err();
        assert_eq!(error, PartialError::Proof(index(1)));
    }
}

/// Negative test 22.
#[test]
fn numbers_outside_the_ceremony_are_refused() {
    let ceremony = two_of_three();
    let (u, _) = sealed(ceremony, 37);
    let good = ceremony.raise(&FREEZE, &u, &[1])[0];
    for beyond in [4, 32] {
        let bad = Partial { index: index(beyond), ..good };
        let error = bad.verify(&ceremony.record, &FREEZE, &u).unwrap_err();
        assert_eq!((&error, error.label()), (&PartialError::Index(index(beyond)), "E_INDEX"));
    }
    let text = serde_json::to_string(&good).unwrap();
    assert_eq!(serde_json::from_str::<Partial>(&text).unwrap(), good);
    for bad in ["0", "33", "65536", "-1", "1.0", "\"1\"", "null"] {
        let text = text.replacen("\"index\":1", &format!("\"index\":{bad}"), 1);
        assert!(serde_json::from_str::<Partial>(&text).is_err(), "{bad}");
    }
    let unknown = text.replacen('{', "{\"note\":1,", 1);
    assert!(serde_json::from_str::<Partial>(&unknown).is_err());
}

#[test]
fn one_custodian_counts_once() {
    let ceremony = two_of_three();
    let (u, z) = sealed(ceremony, 38);
    let twice = verified(ceremony, &u, &[2, 2]);
    let error = combine(&ceremony.record, &twice).unwrap_err();
    assert_eq!((&error, error.label()), (&CombineError::Duplicate(index(2)), "E_INDEX"));
    let raw = ceremony.raise(&FREEZE, &u, &[2, 2, 2]);
    let (error, dropped) = combine_any(&ceremony.record, &FREEZE, &u, &raw).unwrap_err();
    assert_eq!((error, dropped), (CombineError::NotEnough { have: 1, need: 2 }, vec![]));
    // A repeated answer does not hinder the others; a false one before the true one is named.
    let mut raw = ceremony.raise(&FREEZE, &u, &[2, 2, 3]);
    raw[0].c = raw[0].z;
    let combined = combine_any(&ceremony.record, &FREEZE, &u, &raw).unwrap();
    assert_eq!((combined.point, combined.dropped), (z, vec![PartialError::Proof(index(2))]));
}

/// Mixing would give a wrong Z, and a wrong Z would be called the bidder's garbage.
#[test]
fn partials_of_different_statements_are_never_combined() {
    let ceremony = two_of_three();
    let (u, _) = sealed(ceremony, 39);
    let (other_u, _) = sealed(ceremony, 40);
    let one = verified(ceremony, &u, &[1])[0];
    let of_other_point = verified(ceremony, &other_u, &[2])[0];
    let later = Digest::new([9; 32]);
    let of_other_freeze =
        ceremony.raise(&later, &u, &[2])[0].verify(&ceremony.record, &later, &u).unwrap();
    for mixed in [[one, of_other_point], [one, of_other_freeze]] {
        let error = combine(&ceremony.record, &mixed).unwrap_err();
        assert_eq!((&error, error.label()), (&CombineError::Mixed(index(2)), "E_DLEQ"));
    }
    let both = verified(ceremony, &u, &[1, 2]);
    let other = crate::testing::run(3, 2, 6);
    assert_eq!(combine(&other.record, &both), Err(CombineError::Mixed(index(1))));
}

/// Attack A24: the same request answered twice by a source that repeats gives the same answer, and
/// by a fresh source another proof of the same point.
#[test]
fn raising_is_repeatable_and_needs_randomness() {
    let ceremony = two_of_three();
    let (u, _) = sealed(ceremony, 41);
    let (share, id) = (&ceremony.shares[0], &ceremony.record.ceremony_id);
    let with = |seed| raise(&SUITE_1, share, id, &FREEZE, &u, &mut Seeded(seed)).unwrap();
    assert_eq!(with(1), with(1));
    assert_eq!(with(1).d, with(2).d);
    assert_ne!(with(1).z, with(2).z);
    let failed = raise(&SUITE_1, share, id, &FREEZE, &u, &mut Dry);
    assert_eq!(failed, Err(EntropyError.into()));
}
