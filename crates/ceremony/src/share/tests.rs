//! What comes out of a key store is what went in, or is refused; and nothing of it is printed.

use super::*;
use crate::testing::{Dry, Seeded, hex, index, two_of_three};

#[test]
fn a_share_survives_its_store() {
    for share in &two_of_three().shares {
        let stored = share.danger_bytes();
        assert_eq!(stored.len(), 42);
        let read = KeyShare::from_bytes(&stored).unwrap();
        assert_eq!((read.index(), read.public()), (share.index(), share.public()));
    }
    let key = StaticKey::generate(&mut Seeded(1)).unwrap();
    assert_eq!(StaticKey::from_bytes(&*key.danger_bytes()).unwrap().public(), key.public());
}

#[test]
fn damaged_bytes_are_refused() {
    let stored = two_of_three().shares[1].danger_bytes();
    for bit in 0..stored.len() * 8 {
        let mut bad = stored.to_vec();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(KeyShare::from_bytes(&bad).unwrap_err(), ShareError, "bit {bit}");
    }
    for cut in 0..stored.len() {
        assert_eq!(KeyShare::from_bytes(&stored[..cut]).unwrap_err(), ShareError);
    }
    let longer = [stored.as_slice(), &[0]].concat();
    let shifted = [&[0], stored.as_slice()].concat();
    for bad in [longer, shifted, vec![0; 42], vec![0xff; 42]] {
        assert_eq!(KeyShare::from_bytes(&bad).unwrap_err(), ShareError);
    }
}

#[test]
fn a_share_of_zero_or_of_no_custodian_is_refused_even_with_its_check() {
    let with_check = |index: u16, scalar: [u8; 32]| {
        let fields: [&[u8]; 2] = [&index.to_be_bytes(), &scalar];
        let check = SUITE_1.th("key-share", &fields);
        [fields[0], fields[1], &check.bytes()[..8]].concat()
    };
    assert!(KeyShare::from_bytes(&with_check(1, [1; 32])).is_ok());
    for bad in [
        with_check(0, [1; 32]),
        with_check(33, [1; 32]),
        with_check(1, [0; 32]),
        with_check(1, [0xff; 32]),
    ] {
        assert_eq!(KeyShare::from_bytes(&bad).unwrap_err(), ShareError);
    }
}

#[test]
fn a_static_key_is_a_scalar_that_is_not_zero() {
    for bad in [vec![], vec![0; 32], vec![0xff; 32], vec![1; 31], vec![1; 33]] {
        assert_eq!(StaticKey::from_bytes(&bad).unwrap_err(), ShareError);
    }
    assert_eq!(StaticKey::generate(&mut Dry).unwrap_err(), EntropyError);
}

/// Negative test 56: planted bytes are in no text that a program could log.
#[test]
fn debug_shows_no_secret_byte() {
    let planted = [0xa7; 32];
    let secret = || SecretScalar::from_bytes(&SUITE_1, &planted).unwrap();
    let (key, share) =
        (StaticKey(secret()), KeyShare { suite: &SUITE_1, index: index(1), secret: secret() });
    let shown = format!("{key:?} {key:#?} {share:?} {share:#?}");
    assert!(shown.contains("StaticKey(SecretScalar(..))"));
    assert!(shown.contains("secret: SecretScalar(..)"));
    let lower = shown.to_lowercase();
    assert!(!lower.contains("a7") && !lower.contains("167"), "{shown}");
    let error = KeyShare::from_bytes(&planted).unwrap_err();
    assert!(!format!("{error} {error:?}").to_lowercase().contains(&hex(&planted[..1])));
}
