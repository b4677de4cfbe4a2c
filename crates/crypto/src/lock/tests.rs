//! Locks open from the combined point only; the SM2 one is the encryption of the standard.

use super::*;
use crate::dleq::tests::{BOTH, Dry, Seeded, unhex};
use crate::{SUITE_1, SUITE_SM};

fn to<'a>(suite: &'static Suite, key: &'a Point) -> LockKey<'a> {
    LockKey { suite, key, info: b"info", export_context: b"context" }
}

#[test]
fn a_lock_opens_from_the_combined_point_only() {
    for suite in BOTH {
        let s = SecretScalar::random(suite, &mut Seeded(1)).unwrap();
        let key = s.base_mul();
        let made = to(suite, &key).seal(&mut Seeded(2)).unwrap();
        assert_eq!(made.body.len(), suite.lock_len());
        assert_eq!(suite.lock_point(&made.body), Ok(made.u));
        assert_eq!(made.u, made.r.base_mul());
        let z = s.mul_point(&made.u).unwrap();
        let opened = to(suite, &key).open(&made.body, &z).unwrap();
        assert_eq!(opened.expose(), made.secret.expose());
        for wrong in [key, made.u, z.add(&suite.generator()).unwrap()] {
            let opened = to(suite, &key).open(&made.body, &wrong).ok();
            assert_ne!(opened.map(|o| *o.expose()), Some(*made.secret.expose()));
        }
        assert_eq!(to(suite, &key).seal(&mut Dry).unwrap_err(), EntropyError.into());
        let shown = format!("{made:?}");
        assert!(shown.contains("Secret32(..)") && shown.contains("SecretScalar(..)"));
    }
}

#[test]
fn every_byte_of_a_lock_counts() {
    for suite in BOTH {
        let s = SecretScalar::random(suite, &mut Seeded(1)).unwrap();
        let key = s.base_mul();
        let made = to(suite, &key).seal(&mut Seeded(2)).unwrap();
        for at in 0..made.body.len() {
            let mut body = made.body.clone();
            body[at] ^= 1;
            let Ok(u) = suite.lock_point(&body) else { continue };
            let z = s.mul_point(&u).unwrap();
            let opened = to(suite, &key).open(&body, &z).ok();
            assert_ne!(opened.map(|o| *o.expose()), Some(*made.secret.expose()), "byte {at}");
        }
        for bad in [vec![], made.body[..made.body.len() - 1].to_vec(), [&*made.body, &[0]].concat()]
        {
            assert_eq!(suite.lock_point(&bad), Err(PointError::Encoding));
            let z = s.mul_point(&made.u).unwrap();
            assert_eq!(to(suite, &key).open(&bad, &z).unwrap_err(), LockError);
        }
    }
}

#[test]
fn curves_are_not_mixed() {
    for (suite, other) in [(&SUITE_1, &SUITE_SM), (&SUITE_SM, &SUITE_1)] {
        let foreign = other.generator();
        let error = to(suite, &foreign).seal(&mut Seeded(3)).unwrap_err();
        assert_eq!(error, OperationError::Curve);
        let key = suite.generator();
        let made = to(suite, &key).seal(&mut Seeded(3)).unwrap();
        assert_eq!(to(suite, &key).open(&made.body, &foreign).unwrap_err(), LockError);
        assert_eq!(to(suite, &foreign).open(&made.body, &made.u).unwrap_err(), LockError);
        assert_eq!(to(other, &foreign).open(&made.body, &foreign).unwrap_err(), LockError);
    }
}

/// GB/T 32918.5-2017, annex C.2: encryption of "encryption standard" on the recommended curve.
#[test]
fn the_example_of_the_standard() {
    let private = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8";
    let nonce = "59276e27d506861a16680f3ad9c02dccef3cc1fa3cdbe4ce6d54b80deac1bc21";
    let public_x = "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020";
    let c1 = "0404ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73\
              e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0";
    let c3 = "59983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766";
    let c2 = "21886ca989ca9c7d58087307ca93092d651efa";
    let secret = SecretScalar::from_bytes(&SUITE_SM, &unhex(private)).unwrap();
    assert_eq!(secret.base_mul().x().as_slice(), unhex(public_x));
    let ephemeral = SecretScalar::from_bytes(&SUITE_SM, &unhex(nonce)).unwrap();
    let u = ephemeral.base_mul();
    assert_eq!(u.uncompressed().as_slice()[..], unhex(c1)[..]);
    let z = secret.mul_point(&u).unwrap();
    assert_eq!(ephemeral.mul_point(&secret.base_mul()), Some(z));
    // Nineteen bytes: the first of the mask's one block, and the check value over the message.
    let message = b"encryption standard";
    let mask = mask(&z).unwrap();
    let sealed: Vec<u8> = message.iter().zip(mask.expose()).map(|(m, t)| m ^ t).collect();
    assert_eq!(sealed, unhex(c2));
    let shared = z.uncompressed();
    let mut state = sm3::Sm3::new();
    for part in [&shared[1..33], message, &shared[33..]] {
        state.update(part);
    }
    assert_eq!(state.finalize().as_slice(), unhex(c3));
}
