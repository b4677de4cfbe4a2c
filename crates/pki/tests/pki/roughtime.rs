//! Signed time: what a foreign server recorded, what a server of our own signs, and every way in
//! which a response proves nothing.

use std::fs;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kaibiao_pki::roughtime::{REQUEST_BYTES, RoughtimeError, TimeRequest, token_nonce, verify};
use kaibiao_types::{Digest, Millis, UtcMillis};
use serde::Deserialize;

use crate::time_server::TimeAnswer;

const NOW: u64 = 1_800_000_000;

fn answer() -> TimeAnswer {
    TimeAnswer::at(NOW, 1)
}

fn request() -> TimeRequest {
    TimeRequest::new(answer().public_key(), [7; 32])
}

#[track_caller]
fn refused(answer: &TimeAnswer, label: &str) {
    let response = answer.respond(request().packet()).unwrap();
    assert_eq!(request().verify(&response).unwrap_err().label(), label);
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recorded {
    v: u64,
    about: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    key_b64: String,
    request_b64: String,
    response_b64: String,
    expect: String,
    midpoint: u64,
    radius_ms: u64,
}

#[test]
fn recorded_responses_of_another_implementation() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = fs::read(root.join("fixtures/vectors/time/roughtime.json")).unwrap();
    let recorded: Recorded = serde_json::from_slice(&text).unwrap();
    assert_eq!(recorded.v, 1);
    assert!(!recorded.about.is_empty() && recorded.cases.len() >= 5);
    for case in recorded.cases {
        let [key, request, response] = [&case.key_b64, &case.request_b64, &case.response_b64]
            .map(|text| STANDARD.decode(text).unwrap());
        match verify(&request, &key.try_into().unwrap(), &response) {
            Ok(signed) => {
                assert_eq!(case.expect, "ok", "{}", case.name);
                assert_eq!(signed.midpoint().get(), case.midpoint, "{}", case.name);
                assert_eq!(signed.radius().get(), case.radius_ms, "{}", case.name);
            }
            Err(error) => assert_eq!(error.label(), case.expect, "{}", case.name),
        }
    }
}

#[test]
fn a_response_gives_the_time_of_its_server() {
    assert_eq!(request().packet().len(), REQUEST_BYTES);
    for version in [1, 0x8000_000c] {
        for others in 0..4 {
            let answer = TimeAnswer { version, others, radius: 3, ..answer() };
            let response = answer.respond(request().packet()).unwrap();
            let signed = request().verify(&response).unwrap();
            assert_eq!(signed.midpoint(), UtcMillis::new(NOW * 1_000).unwrap());
            assert_eq!(signed.radius(), Millis::from_secs(3));
            assert_eq!(signed.earliest(), UtcMillis::new(NOW * 1_000 - 3_000).unwrap());
            assert_eq!(signed.nonce(), request().nonce());
        }
    }
}

#[test]
fn a_response_to_another_request_is_a_replay() {
    let old = TimeRequest::new(answer().public_key(), [8; 32]);
    let response = answer().respond(old.packet()).unwrap();
    assert!(old.verify(&response).is_ok());
    assert_eq!(request().verify(&response), Err(RoughtimeError::Nonce));
    // With the nonce exchanged outside of what is signed, the request is not under the root.
    let at = response.windows(32).position(|window| window == [8; 32]).unwrap();
    let mut forged = response;
    forged[at..at + 32].copy_from_slice(&[7; 32]);
    assert_eq!(request().verify(&forged), Err(RoughtimeError::Path));
}

#[test]
fn a_response_under_another_key_is_refused() {
    refused(&TimeAnswer { long_term_seed: [9; 32], ..answer() }, "E_TIME_DELEGATION");
    // The same nonce, asked of another server.
    let other = TimeRequest::new(TimeAnswer::at(NOW, 2).public_key(), [7; 32]);
    let response = answer().respond(other.packet()).unwrap();
    assert_eq!(other.verify(&response), Err(RoughtimeError::Delegation));
}

#[test]
fn what_the_delegation_does_not_cover_is_refused() {
    for delegated in [(NOW + 1, NOW + 9), (NOW - 9, NOW - 1), (NOW + 9, NOW - 9)] {
        refused(&TimeAnswer { delegated, ..answer() }, "E_TIME_DELEGATED");
    }
    assert!(
        request()
            .verify(
                &TimeAnswer { delegated: (NOW, NOW), ..answer() }
                    .respond(request().packet())
                    .unwrap()
            )
            .is_ok()
    );
}

#[test]
fn a_version_that_was_not_offered_is_refused() {
    refused(&TimeAnswer { version: 2, ..answer() }, "E_TIME_VERSION");
    // The words of the drafts under the version of the RFC.
    let mut response =
        TimeAnswer { version: 0x8000_000c, ..answer() }.respond(request().packet()).unwrap();
    let version = 0x8000_000c_u32.to_le_bytes();
    let at = response.windows(4).position(|window| window == version).unwrap();
    response[at..at + 4].copy_from_slice(&1_u32.to_le_bytes());
    assert!(request().verify(&response).is_err());
}

#[test]
fn a_time_without_bounds_is_refused() {
    refused(&TimeAnswer { radius: 0, ..answer() }, "E_TIME_FORM");
    let far = u64::MAX / 2;
    refused(&TimeAnswer { midpoint: far, delegated: (0, u64::MAX), ..answer() }, "E_TIME_FORM");
}

#[test]
fn every_changed_byte_is_noticed() {
    // Padding outside of any value does not exist, so no byte may be changed.
    let response = answer().respond(request().packet()).unwrap();
    for at in 0..response.len() {
        let mut changed = response.clone();
        changed[at] ^= 1;
        if let Ok(signed) = request().verify(&changed) {
            panic!("byte {at} does not count: {signed:?}");
        }
    }
}

#[test]
fn cut_off_and_overlong_responses_are_refused() {
    let response = answer().respond(request().packet()).unwrap();
    for length in 0..response.len() {
        assert!(request().verify(&response[..length]).is_err(), "{length}");
    }
    let longer = [response.as_slice(), &[0; 4]].concat();
    assert_eq!(request().verify(&longer).unwrap_err().label(), "E_TIME_FORM");
    assert_eq!(request().verify(&[0x52; 4_096]).unwrap_err().label(), "E_TIME_FORM");
}

#[test]
fn a_token_is_bound_to_log_freeze_and_blind() {
    let freeze = Digest::new([1; 32]);
    let nonce = token_nonce("kaibiao.example/lot/T-1/L1", &freeze, &[2; 32]);
    for other in [
        token_nonce("kaibiao.example/lot/T-1/L2", &freeze, &[2; 32]),
        token_nonce("kaibiao.example/lot/T-1/L1", &Digest::new([3; 32]), &[2; 32]),
        token_nonce("kaibiao.example/lot/T-1/L1", &freeze, &[4; 32]),
    ] {
        assert_ne!(nonce, other);
    }
}
