//! x509-limbo: paths built and validated as RFC 5280 asks, with the purposes, the depth and the name
//! that a case asks for, and with CRLs where it brings them.
//!
//! Cases of the Web's own rules (`webpki::`) are left out by that name. All others are judged as the
//! suite says: no CA is excused from anything, and there are no exceptions.

use std::fs;
use std::net::IpAddr;

use kaibiao_pki::revocation::{Evidence, Freshness, Revocation, judge_path};
use kaibiao_pki::{AlternativeName, Certificate, FullPaths, PathValidator, Purposes, TrustList};
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
    extended_key_usage: Vec<String>,
    max_chain_depth: Option<usize>,
    expected_peer_name: Option<Name>,
    expected_peer_names: Vec<Name>,
    expected_result: String,
    crls: Vec<String>,
}

#[derive(Deserialize)]
struct Name {
    kind: String,
    value: String,
}

#[test]
fn x509_limbo() {
    let Some(file) = suite("x509-limbo.json") else { return };
    let suite: Suite = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let (mut wrong, mut judged) = (Vec::new(), 0);
    for case in suite.testcases.iter().filter(|case| !case.id.starts_with("webpki::")) {
        let outcome = judge(case);
        judged += 1;
        let expected = case.expected_result == "SUCCESS";
        if outcome.is_ok() != expected {
            wrong.push(format!("{} expected {expected}: {outcome:?}", case.id));
        }
    }
    assert!(wrong.is_empty(), "{} of {judged} wrong\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(judged, 152);
}

/// The list of a case: the usual one, with all algorithms and at all times.
fn trust(case: &Case) -> Result<TrustList, String> {
    let anchors = case.trusted_certs.iter().map(|pem| anchor_json(&der_of_pem(pem), RULE_SUBJECT));
    let more = r#""signatures":["rsa-pkcs1-sha384","rsa-pkcs1-sha512","ecdsa-p384-sha384","#;
    let anchors = anchors
        .map(|json| json.replace("1577836800000", "0").replace("2524608000000", "9007199254740991"))
        .map(|json| json.replace(r#""signatures":["#, more));
    // An anchor that cannot be read is not believed; the others are.
    let readable: Vec<String> = anchors
        .filter(|anchor| {
            TrustList::parse(list_json(std::slice::from_ref(anchor)).as_bytes()).is_ok()
        })
        .collect();
    TrustList::parse(list_json(&readable).as_bytes()).map_err(|error| error.to_string())
}

fn judge(case: &Case) -> Result<(), String> {
    let instant = case.validation_time.as_deref().map_or(at(NO_TIME), parse_time);
    let trust = trust(case)?;
    let leaf = read(&case.peer_certificate)?;
    let pool: Vec<Certificate> =
        case.untrusted_intermediates.iter().filter_map(|pem| read(pem).ok()).collect();
    let mut validator = FullPaths::default();
    if let Some(depth) = case.max_chain_depth {
        validator = validator.at_most_between(depth);
    }
    let path = validator
        .find(&leaf, &pool, &trust, instant, &purposes(case))
        .map_err(|error| error.to_string())?;
    named(&leaf, case)?;
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

fn purposes(case: &Case) -> Purposes {
    let oids: Vec<&str> = case
        .extended_key_usage
        .iter()
        .map(|purpose| match purpose.as_str() {
            "serverAuth" => "1.3.6.1.5.5.7.3.1",
            "clientAuth" => "1.3.6.1.5.5.7.3.2",
            other => panic!("unknown purpose {other}"),
        })
        .collect();
    if oids.is_empty() { Purposes::ANY } else { Purposes::one_of(&oids).unwrap() }
}

/// Whether the certificate has every name that its user expects.
fn named(leaf: &Certificate, case: &Case) -> Result<(), String> {
    let names = leaf.alternative_names().map_err(|error| error.to_string())?;
    for wanted in case.expected_peer_name.iter().chain(&case.expected_peer_names) {
        if !names.iter().any(|name| is(name, wanted)) {
            return Err(format!("not {}: {names:?}", wanted.value));
        }
    }
    Ok(())
}

fn is(name: &AlternativeName, wanted: &Name) -> bool {
    match (name, wanted.kind.as_str()) {
        (AlternativeName::Dns(host), "DNS") => match host.strip_prefix("*.") {
            Some(domain) => wanted.value.split_once('.').is_some_and(|(_, rest)| rest == domain),
            None => host.eq_ignore_ascii_case(&wanted.value),
        },
        (AlternativeName::Ip(address), "IP") => Ok(*address) == wanted.value.parse::<IpAddr>(),
        (AlternativeName::Email(mailbox), "RFC822") => *mailbox == wanted.value,
        _ => false,
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
