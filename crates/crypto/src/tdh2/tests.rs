//! The proof holds for its lock, ceremony and header only.

use super::*;
use crate::SUITE_1;
use crate::dleq::tests::{Dry, Seeded};

#[test]
fn holds_only_for_its_lock_ceremony_and_label() {
    let mut entropy = Seeded(7);
    let s = SecretScalar::random(&mut entropy).unwrap();
    let bases = Bases::new(&SUITE_1, [1; 32], s.base_mul()).unwrap();
    let r = SecretScalar::random(&mut entropy).unwrap();
    let u = r.base_mul();
    let proof = bases.prove(&u, &r, &[9; 32], &mut entropy).unwrap();
    assert_eq!(bases.verify(&u, &[9; 32], &proof), Ok(()));
    assert_eq!(Proof::read(&SUITE_1, &proof.bytes()), Ok(proof));

    let shifted = u.add(&Point::generator()).unwrap();
    assert_eq!(bases.verify(&shifted, &[9; 32], &proof), Err(ProofError), "re-randomised lock");
    assert_eq!(bases.verify(&u, &[8; 32], &proof), Err(ProofError), "other header");
    let other = Bases::new(&SUITE_1, [2; 32], s.base_mul()).unwrap();
    assert_eq!(other.verify(&u, &[9; 32], &proof), Err(ProofError), "other ceremony, same key");
    let other = Bases::new(&SUITE_1, [1; 32], u).unwrap();
    assert_eq!(other.verify(&u, &[9; 32], &proof), Err(ProofError), "other key");
    let one = Scalar::from_u16(1);
    for bad in [
        Proof { e: proof.e.add(&one), ..proof },
        Proof { f: proof.f.add(&one), ..proof },
        Proof { ubar: shifted, ..proof },
    ] {
        assert_eq!(bases.verify(&u, &[9; 32], &bad), Err(ProofError));
    }
}

#[test]
fn refuses_scalars_and_points_that_are_not_canonical() {
    let mut bytes = [0_u8; 97];
    assert_eq!(Proof::read(&SUITE_1, &bytes), Err(PointError::Encoding));
    let generator = Point::generator().bytes();
    bytes[..33].copy_from_slice(&generator);
    bytes[33..65].fill(0xff);
    assert_eq!(Proof::read(&SUITE_1, &bytes), Err(PointError::Scalar));
    let mut not_on_curve = generator;
    not_on_curve[32] ^= 2;
    let refused = (0..8_u8).filter(|i| {
        not_on_curve[31] = *i;
        SUITE_1.point(&not_on_curve) == Err(PointError::NotOnCurve)
    });
    assert!(refused.count() > 0);
    for (bad, why) in [
        (vec![0; 33], PointError::Encoding),
        (vec![0], PointError::Encoding),
        (Point::generator().uncompressed().to_vec(), PointError::Encoding),
        ([&[2][..], &[0xff; 32]].concat(), PointError::NotOnCurve),
    ] {
        assert_eq!(SUITE_1.point(&bad), Err(why));
    }
}

#[test]
fn a_repeating_source_gives_every_key_and_header_its_own_nonce() {
    let r = SecretScalar::random(&mut Seeded(5)).unwrap();
    let u = r.base_mul();
    let key = SecretScalar::random(&mut Seeded(6)).unwrap().base_mul();
    let commitment = |ceremony: u8, key: Point, label: u8| {
        let bases = Bases::new(&SUITE_1, [ceremony; 32], key).unwrap();
        let proof = bases.prove(&u, &r, &[label; 32], &mut Seeded(99)).unwrap();
        crate::lincomb(&[(&proof.f, &Point::generator()), (&proof.e.neg(), &u)]).unwrap().bytes()
    };
    let all =
        [commitment(1, key, 1), commitment(2, key, 1), commitment(1, u, 1), commitment(1, key, 2)];
    assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), all.len());
    let bases = Bases::new(&SUITE_1, [1; 32], key).unwrap();
    assert_eq!(bases.prove(&u, &r, &[1; 32], &mut Dry), Err(EntropyError));
}

/// Without knowing r, a proof with chosen e and f fits only a commitment that it cannot hash to.
#[test]
fn a_proof_of_zeros_is_refused() {
    let key = SecretScalar::random(&mut Seeded(6)).unwrap().base_mul();
    let bases = Bases::new(&SUITE_1, [1; 32], key).unwrap();
    let zero = Scalar::from_u16(0);
    for (e, f) in [(zero, zero), (zero, Scalar::from_u16(1)), (Scalar::from_u16(1), zero)] {
        let proof = Proof { ubar: key, e, f };
        assert_eq!(bases.verify(&key, &[1; 32], &proof), Err(ProofError));
    }
}
