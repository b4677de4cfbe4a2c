//! The signature holds for its key and message only. (Its bytes are checked by the public vectors.)

use kaibiao_crypto::SUITE_1;

use super::*;
use crate::testing::Seeded;

fn key(seed: u64) -> SecretScalar {
    SecretScalar::random(&SUITE_1, &mut Seeded(seed)).unwrap()
}

#[test]
fn a_signature_holds_for_its_key_and_message_only() {
    let (secret, other) = (key(1), key(2));
    let public = secret.base_mul();
    let signature = sign(&SUITE_1, &secret, b"message").unwrap();
    assert!(verify(&SUITE_1, &public, b"message", &signature));
    assert!(!verify(&SUITE_1, &public, b"messag", &signature));
    assert!(!verify(&SUITE_1, &public, b"", &signature));
    assert!(!verify(&SUITE_1, &other.base_mul(), b"message", &signature));
    for at in 0..SIGNATURE_LEN {
        let mut bad = signature;
        bad[at] ^= 1;
        assert!(!verify(&SUITE_1, &public, b"message", &bad), "byte {at}");
        assert!(!verify(&SUITE_1, &public, b"message", &signature[..at]));
    }
    let longer = [signature.as_slice(), &[0]].concat();
    assert!(!verify(&SUITE_1, &public, b"message", &longer));
}

#[test]
fn values_that_are_not_canonical_are_refused() {
    let secret = key(3);
    let public = secret.base_mul();
    let signature = sign(&SUITE_1, &secret, b"m").unwrap();
    let (r, z) = signature.split_at(33);
    for bad in [
        [&[0; 33][..], z].concat(),
        [r, &[0xff; 32]].concat(),
        [r, &[0; 32]].concat(),
        [&[0; 33][..], &[0; 32]].concat(),
        vec![0; 65],
        vec![],
    ] {
        assert!(!verify(&SUITE_1, &public, b"m", &bad));
    }
}

/// The nonce follows from secret and message, so two messages never share one.
#[test]
fn the_nonce_is_deterministic_and_per_message() {
    let secret = key(4);
    let sign = |message: &[u8]| sign(&SUITE_1, &secret, message).unwrap();
    assert_eq!(sign(b"a"), sign(b"a"));
    assert_ne!(sign(b"a")[..33], sign(b"b")[..33]);
}
