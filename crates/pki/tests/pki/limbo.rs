//! x509-limbo: paths built and validated as RFC 5280 asks, with CRLs where a case brings them.
//!
//! Cases of the Web's own rules (`webpki::`) are left out by that name. Every other mismatch stands
//! in `limbo-exceptions.txt` with its reason; a mismatch that is not there fails, and so does a line
//! that is not needed any more.

use std::collections::BTreeMap;
use std::fs;

use kaibiao_pki::revocation::{Evidence, Freshness, Revocation, judge_path};
use kaibiao_pki::{Certificate, FullPaths, PathValidator, TrustList};
use kaibiao_types::UtcMillis;
use serde::Deserialize;

use crate::forge::{RULE_SUBJECT, anchor_json, at, der_of_pem, list_json};
use crate::pkits::suite;

/// 2026-03-01T00:00:00Z, for cases that name no time: all their certificates are valid then.
const NO_TIME: u64 = 1_772_323_200_000;

#[derive(Deserialize)]
struct Suite {
    testcases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    trusted_certs: Vec<String>,
    untrusted_intermediates: Vec<String>,
    peer_certificate: String,
    validation_time: Option<String>,
    expected_result: String,
    crls: Vec<String>,
}

#[test]
fn x509_limbo() {
    let Some(file) = suite("x509-limbo.json") else { return };
    let suite: Suite = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let exceptions: BTreeMap<&str, &str> = include_str!("limbo-exceptions.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_once(' ').expect("case and reason"))
        .collect();
    let (mut wrong, mut right, mut judged) = (Vec::new(), 0, 0);
    let mut named = 0;
    for case in suite.testcases.iter().filter(|case| !case.id.starts_with("webpki::")) {
        let outcome = judge(case);
        judged += 1;
        let expected = case.expected_result == "SUCCESS";
        let mismatch = outcome.is_ok() != expected;
        right += usize::from(!mismatch);
        let exception = exceptions.get(case.id.as_str());
        named += usize::from(exception.is_some());
        if mismatch != exception.is_some() {
            wrong.push(format!("{} expected {expected}: {outcome:?}, {exception:?}", case.id));
        }
    }
    assert!(wrong.is_empty(), "{right} of {judged} right\n{}", wrong.join("\n"));
    assert_eq!(named, exceptions.len(), "a line names no case");
    assert_eq!(judged, 152);
}

fn judge(case: &Case) -> Result<(), String> {
    let instant = case.validation_time.as_deref().map_or(at(NO_TIME), parse_time);
    let anchors: Vec<String> = case
        .trusted_certs
        .iter()
        .map(|pem| anchor_json(&der_of_pem(pem), RULE_SUBJECT))
        // The suite's times lie anywhere; the period of a list is no matter of it.
        .map(|json| json.replace("1577836800000", "0").replace("2524608000000", "9007199254740991"))
        .collect();
    // An anchor that cannot be read is not believed; the others are.
    let readable: Vec<String> = anchors
        .into_iter()
        .filter(|anchor| {
            TrustList::parse(list_json(std::slice::from_ref(anchor)).as_bytes()).is_ok()
        })
        .collect();
    let trust =
        TrustList::parse(list_json(&readable).as_bytes()).map_err(|error| error.to_string())?;
    let leaf = read(&case.peer_certificate)?;
    let pool: Vec<Certificate> =
        case.untrusted_intermediates.iter().filter_map(|pem| read(pem).ok()).collect();
    let path = FullPaths::default()
        .find(&leaf, &pool, &trust, instant)
        .map_err(|error| error.to_string())?;
    if case.crls.is_empty() {
        return Ok(());
    }
    let crls: Vec<Vec<u8>> = case.crls.iter().map(|pem| der_of_pem(pem)).collect();
    let evidence: Vec<Evidence<'_>> = crls.iter().map(|crl| Evidence::Crl(crl)).collect();
    match judge_path(&leaf, &path, &pool, &evidence, instant, Freshness::Current).revocation() {
        Revocation::Good => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

fn read(pem: &str) -> Result<Certificate, String> {
    Certificate::from_der(&der_of_pem(pem)).map_err(|error| error.to_string())
}

/// `YYYY-MM-DDTHH:MM:SS[.fff]+00:00`.
fn parse_time(text: &str) -> UtcMillis {
    let number = |range: std::ops::Range<usize>| text.get(range).unwrap().parse::<u64>().unwrap();
    let (year, month, day) = (number(0..4), number(5..7), number(8..10));
    let leap = |year: u64| year.is_multiple_of(4) && !year.is_multiple_of(100);
    let lengths = [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut days: u64 =
        (1970..year).map(|year| if leap(year) || year == 2000 { 366 } else { 365 }).sum();
    days += lengths.iter().take(month as usize - 1).sum::<u64>() + day - 1;
    let seconds = days * 86_400 + number(11..13) * 3_600 + number(14..16) * 60 + number(17..19);
    let millis = if text.as_bytes()[19] == b'.' { number(20..23) } else { 0 };
    at(seconds * 1_000 + millis)
}
