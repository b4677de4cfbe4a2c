//! The proof holds for its lock, ceremony and header only.

use super::*;
use crate::dleq::tests::{BOTH, Dry, Seeded};

#[test]
fn holds_only_for_its_lock_ceremony_and_label() {
    for suite in BOTH {
        let mut entropy = Seeded(7);
        let s = SecretScalar::random(suite, &mut entropy).unwrap();
        let bases = Bases::new(suite, [1; 32], s.base_mul()).unwrap();
        let r = SecretScalar::random(suite, &mut entropy).unwrap();
        let u = r.base_mul();
        let proof = bases.prove(&u, &r, &[9; 32], &mut entropy).unwrap();
        assert_eq!(bases.verify(&u, &[9; 32], &proof), Ok(()));
        assert_eq!(Proof::read(suite, &proof.bytes()), Ok(proof));

        let shifted = u.add(&suite.generator()).unwrap();
        assert_eq!(bases.verify(&shifted, &[9; 32], &proof), Err(ProofError), "re-randomised lock");
        assert_eq!(bases.verify(&u, &[8; 32], &proof), Err(ProofError), "other header");
        let other = Bases::new(suite, [2; 32], s.base_mul()).unwrap();
        assert_eq!(other.verify(&u, &[9; 32], &proof), Err(ProofError), "other ceremony, same key");
        let other = Bases::new(suite, [1; 32], u).unwrap();
        assert_eq!(other.verify(&u, &[9; 32], &proof), Err(ProofError), "other key");
        let one = suite.number(1);
        for bad in [
            Proof { e: proof.e.add(&one).unwrap(), ..proof },
            Proof { f: proof.f.add(&one).unwrap(), ..proof },
            Proof { ubar: shifted, ..proof },
        ] {
            assert_eq!(bases.verify(&u, &[9; 32], &bad), Err(ProofError));
        }
    }
}

#[test]
fn refuses_scalars_and_points_that_are_not_canonical() {
    for suite in BOTH {
        let mut bytes = [0_u8; 97];
        assert_eq!(Proof::read(suite, &bytes), Err(PointError::Encoding));
        let generator = suite.generator().bytes();
        bytes[..33].copy_from_slice(&generator);
        bytes[33..65].fill(0xff);
        assert_eq!(Proof::read(suite, &bytes), Err(PointError::Scalar));
        let mut not_on_curve = generator;
        not_on_curve[32] ^= 2;
        let refused = (0..8_u8).filter(|i| {
            not_on_curve[31] = *i;
            suite.point(&not_on_curve) == Err(PointError::NotOnCurve)
        });
        assert!(refused.count() > 0);
        for (bad, why) in [
            (vec![0; 33], PointError::Encoding),
            (vec![0], PointError::Encoding),
            (suite.generator().uncompressed().to_vec(), PointError::Encoding),
            ([&[2][..], &[0xff; 32]].concat(), PointError::NotOnCurve),
        ] {
            assert_eq!(suite.point(&bad), Err(why));
        }
    }
}

#[test]
fn a_repeating_source_gives_every_key_and_header_its_own_nonce() {
    for suite in BOTH {
        let r = SecretScalar::random(suite, &mut Seeded(5)).unwrap();
        let u = r.base_mul();
        let key = SecretScalar::random(suite, &mut Seeded(6)).unwrap().base_mul();
        let commitment = |ceremony: u8, key: Point, label: u8| {
            let bases = Bases::new(suite, [ceremony; 32], key).unwrap();
            let proof = bases.prove(&u, &r, &[label; 32], &mut Seeded(99)).unwrap();
            crate::lincomb(&[(&proof.f, &suite.generator()), (&proof.e.neg(), &u)]).unwrap().bytes()
        };
        let all = [
            commitment(1, key, 1),
            commitment(2, key, 1),
            commitment(1, u, 1),
            commitment(1, key, 2),
        ];
        assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), all.len());
        let bases = Bases::new(suite, [1; 32], key).unwrap();
        assert_eq!(bases.prove(&u, &r, &[1; 32], &mut Dry), Err(EntropyError.into()));
    }
}

/// Without knowing r, a proof with chosen e and f fits only a commitment that it cannot hash to.
#[test]
fn a_proof_of_zeros_is_refused() {
    for suite in BOTH {
        let key = SecretScalar::random(suite, &mut Seeded(6)).unwrap().base_mul();
        let bases = Bases::new(suite, [1; 32], key).unwrap();
        let zero = suite.number(0);
        for (e, f) in [(zero, zero), (zero, suite.number(1)), (suite.number(1), zero)] {
            let proof = Proof { ubar: key, e, f };
            assert_eq!(bases.verify(&key, &[1; 32], &proof), Err(ProofError));
        }
    }
}
