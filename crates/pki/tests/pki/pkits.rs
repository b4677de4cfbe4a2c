//! NIST PKITS, the sections that need neither revocation nor policies.
//!
//! Valid paths we refuse stand in `pkits-exceptions.txt` with a reason; a refusal that is not there
//! fails, an exception that is accepted fails, and an invalid path that is accepted always fails.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::{env, fs, io};

use kaibiao_pki::{BasicPaths, Certificate, PathValidator, TrustList};
use serde::Deserialize;

use crate::forge::{RULE_SUBJECT, anchor_json, at, list_json};

/// The time for which the suite states its expectations.
const SUITE_TIME: u64 = 1_700_000_000_000;

/// Signatures, validity, names, basic constraints, key usage, name constraints, private extensions.
const SECTIONS: [&str; 7] = ["4.1.", "4.2.", "4.3.", "4.6.", "4.7.", "4.13.", "4.16."];

/// Cases of these sections that are invalid by their CRLs alone.
const BY_CRL: [&str; 2] = ["4.7.4", "4.7.5"];

#[derive(Deserialize)]
struct Case {
    num: String,
    certs: Vec<String>,
    valid: bool,
}

fn suite() -> Option<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let shared = env::var_os("KAIBIAO_SHARED").map_or(root.join("../shared"), PathBuf::from);
    let suite = shared.join("suites/pkits");
    if suite.is_dir() {
        return Some(suite);
    }
    let missing = format!("suite PKITS not found at {}", suite.display());
    assert_ne!(env::var("CI").as_deref(), Ok("true"), "{missing}");
    // Straight to the stream: test output is captured, and a skipped suite must be seen.
    io::stderr().write_all(format!("SKIPPED: {missing}\n").as_bytes()).unwrap();
    None
}

#[test]
fn sections_without_revocation_and_policies() {
    let Some(suite) = suite() else { return };
    let cases: Vec<Case> =
        serde_json::from_slice(&fs::read(suite.join("pkits.json")).unwrap()).unwrap();
    let exceptions: BTreeMap<&str, &str> = include_str!("pkits-exceptions.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_once(' ').expect("number and reason"))
        .collect();
    let in_scope = |case: &&Case| {
        SECTIONS.iter().any(|section| case.num.starts_with(section))
            && !BY_CRL.contains(&case.num.as_str())
    };
    let mut wrong = Vec::new();
    let mut judged = 0;
    for case in cases.iter().filter(in_scope) {
        let ders: Vec<Vec<u8>> = case
            .certs
            .iter()
            .map(|name| fs::read(suite.join("certs").join(format!("{name}.crt"))).unwrap())
            .collect();
        let outcome = judge(&ders);
        judged += 1;
        match (case.valid, outcome, exceptions.get(case.num.as_str())) {
            (true, Ok(()), None) | (true, Err(_), Some(_)) | (false, Err(_), None) => {}
            (valid, outcome, exception) => wrong
                .push(format!("{}: valid {valid}, {outcome:?}, exception {exception:?}", case.num)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(judged > 80, "only {judged} cases found");
}

fn judge(ders: &[Vec<u8>]) -> Result<(), String> {
    let (root, rest) = ders.split_first().unwrap();
    let trust = TrustList::parse(list_json(&[anchor_json(root, RULE_SUBJECT)]).as_bytes())
        .map_err(|error| error.to_string())?;
    let chain: Vec<Certificate> = rest
        .iter()
        .map(|der| Certificate::from_der(der))
        .collect::<Result<_, _>>()
        .map_err(|error| error.to_string())?;
    let (leaf, pool) = chain.split_last().unwrap();
    BasicPaths
        .find(leaf, pool, &trust, at(SUITE_TIME))
        .map(|_| ())
        .map_err(|error| error.to_string())
}
