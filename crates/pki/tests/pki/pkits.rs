//! NIST PKITS, all sections, with the CRLs and the policy settings of each case.
//!
//! The CAs of the suite owe some policy and basic constraints the mark "critical": its trust list
//! excuses them from that, and from nothing else.
//!
//! Valid paths we refuse stand in `pkits-exceptions.txt` with a reason; a refusal that is not there
//! fails, an exception that is accepted fails, and an invalid path that is accepted always fails.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use kaibiao_pki::revocation::{Evidence, Freshness, Revocation, judge_path};
use kaibiao_pki::{Certificate, FullPaths, PathValidator, PolicySettings, Purposes, TrustList};
use serde::Deserialize;

use crate::forge::{RULE_SUBJECT, anchor_json, at, excused, list_json};

/// The time for which the suite states its expectations.
const SUITE_TIME: u64 = 1_700_000_000_000;
/// What the CAs of the suite are excused from.
const EXCUSED: &str = r#"["critical-basic-constraints","critical-policy-constraints"]"#;

#[derive(Deserialize)]
struct Case {
    num: String,
    certs: Vec<String>,
    crls: Vec<String>,
    valid: bool,
    calls: Vec<[String; 2]>,
}

/// A foreign suite; its absence is an error where all of them are expected.
pub(crate) fn suite(name: &str) -> Option<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let shared = env::var_os("KAIBIAO_SHARED").map_or(root.join("../shared"), PathBuf::from);
    let suite = shared.join("suites").join(name);
    if suite.exists() {
        return Some(suite);
    }
    let missing = format!("suite {name} not found at {}", suite.display());
    assert_ne!(env::var("CI").as_deref(), Ok("true"), "{missing}");
    // Straight to the stream: test output is captured, and a skipped suite must be seen.
    io::stderr().write_all(format!("SKIPPED: {missing}\n").as_bytes()).unwrap();
    None
}

#[test]
fn nist_pkits() {
    let Some(suite) = suite("pkits") else { return };
    let cases: Vec<Case> =
        serde_json::from_slice(&fs::read(suite.join("pkits.json")).unwrap()).unwrap();
    let exceptions: BTreeMap<&str, &str> = include_str!("pkits-exceptions.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_once(' ').expect("number and reason"))
        .collect();
    let (mut wrong, mut right, mut refused) = (Vec::new(), 0, 0);
    for (variant, case) in variants(&cases) {
        let outcome = judge(&suite, case);
        right += usize::from(outcome.is_ok() == case.valid);
        refused += usize::from(outcome.is_err() && !case.valid);
        match (case.valid, outcome, exceptions.get(variant.as_str())) {
            (true, Ok(()), None) | (true, Err(_), Some(_)) | (false, Err(_), None) => {}
            (valid, outcome, exception) => wrong
                .push(format!("{variant}: valid {valid}, {outcome:?}, exception {exception:?}")),
        }
    }
    assert!(
        wrong.is_empty(),
        "{right} of 247 right, {refused} of 135 refused\n{}",
        wrong.join("\n")
    );
    assert_eq!(right + exceptions.len(), 247, "a line names no variant");
    assert_eq!(refused, 135, "invalid variants that are refused");
    assert!(right >= 230, "only {right} of 247 right");
}

/// Each case with its number; the second and later settings of one number end in `b`, `c`, …
fn variants(cases: &[Case]) -> Vec<(String, &Case)> {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut out = Vec::new();
    for case in cases {
        let count = seen.entry(&case.num).and_modify(|count| *count += 1).or_default();
        let suffix = ["", "b", "c", "d", "e"][*count];
        out.push((format!("{}{suffix}", case.num), case));
    }
    out
}

fn judge(suite: &Path, case: &Case) -> Result<(), String> {
    let read = |folder: &str, name: &str, ext: &str| {
        fs::read(suite.join(folder).join(format!("{name}.{ext}"))).unwrap()
    };
    let ders: Vec<Vec<u8>> = case.certs.iter().map(|name| read("certs", name, "crt")).collect();
    let (root, rest) = ders.split_first().unwrap();
    let anchor = excused(&anchor_json(root, RULE_SUBJECT), EXCUSED);
    let trust =
        TrustList::parse(list_json(&[anchor]).as_bytes()).map_err(|error| error.to_string())?;
    let chain: Vec<Certificate> = rest
        .iter()
        .map(|der| Certificate::from_der(der))
        .collect::<Result<_, _>>()
        .map_err(|error| error.to_string())?;
    let (leaf, pool) = chain.split_last().unwrap();
    let path = FullPaths::new(settings(&case.calls))
        .find(leaf, pool, &trust, at(SUITE_TIME), &Purposes::ANY)
        .map_err(|error| error.to_string())?;
    let crls: Vec<Vec<u8>> = case.crls.iter().map(|name| read("crls", name, "crl")).collect();
    let evidence: Vec<Evidence<'_>> = crls.iter().map(|crl| Evidence::Crl(crl)).collect();
    let verdict = judge_path(leaf, &path, pool, &evidence, at(SUITE_TIME), Freshness::Current);
    match verdict.revocation() {
        Revocation::Good => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

/// The inputs of RFC 5280, 6.1.1 c and e to g, as the suite names them.
fn settings(calls: &[[String; 2]]) -> PolicySettings {
    let mut settings = PolicySettings::default();
    for [call, value] in calls {
        match call.as_str() {
            "SetInitialPolicySet" => {
                for name in value.trim_matches('"').split(',') {
                    let number = name.strip_prefix("NIST-test-policy-").unwrap();
                    settings =
                        settings.accept(&format!("2.16.840.1.101.3.2.1.48.{number}")).unwrap();
                }
            }
            "SetInitialExplicitPolicy" => settings = settings.require_explicit(),
            "SetInitialPolicyMappingInhibit" => settings = settings.inhibit_mapping(),
            "SetInitialInhibitAnyPolicy" => settings = settings.inhibit_any_policy(),
            "SetUserConstrainedPolicySet" => {} // an output
            other => panic!("unknown setting {other}"),
        }
    }
    settings
}
