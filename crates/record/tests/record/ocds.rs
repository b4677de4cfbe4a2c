//! OCDS: every required field with its type, exact amounts, and no publication without its data.

use crate::support::{file, golden};
use kaibiao_record::{OcdsError, Publication, RecordFile, ocds};
use kaibiao_types::Money;
use serde_json::Value;

fn publication() -> Publication {
    Publication {
        prefix: "ocds-213czf".to_owned(),
        publisher: "示例公共资源交易中心".to_owned(),
        uri: "https://hall.example/ocds/ZZ-2022-0705.json".to_owned(),
    }
}

fn text(file: &RecordFile) -> String {
    String::from_utf8(ocds(file, &publication()).unwrap()).unwrap()
}

#[test]
fn packages_are_vectors() {
    for name in crate::support::NAMES {
        golden(&format!("ocds-{name}.json"), text(&file(name)).as_bytes());
    }
}

/// What the standard and its extensions ask for (version 1.1.5): path, type. `*` is every element
/// of a list that is not empty.
const REQUIRED: &[(&str, &str)] = &[
    ("uri", "uri"),
    ("version", "string"),
    ("extensions/*", "uri"),
    ("publishedDate", "date-time"),
    ("publisher/name", "string"),
    ("releases/*/ocid", "string"),
    ("releases/*/id", "string"),
    ("releases/*/date", "date-time"),
    ("releases/*/tag/*", "string"),
    ("releases/*/initiationType", "string"),
    ("releases/*/language", "string"),
    ("releases/*/buyer/id", "string"),
    ("releases/*/buyer/name", "string"),
    ("releases/*/parties/*/id", "string"),
    ("releases/*/parties/*/name", "string"),
    ("releases/*/parties/*/roles/*", "string"),
    ("releases/*/parties/*/identifier/scheme", "string"),
    ("releases/*/parties/*/identifier/id", "string"),
    ("releases/*/tender/id", "string"),
    ("releases/*/tender/title", "string"),
    ("releases/*/tender/status", "string"),
    ("releases/*/tender/procuringEntity/id", "string"),
    ("releases/*/tender/submissionMethod/*", "string"),
    ("releases/*/tender/tenderPeriod/endDate", "date-time"),
    ("releases/*/tender/numberOfTenderers", "integer"),
    ("releases/*/tender/tenderers/*/id", "string"),
    ("releases/*/tender/bidOpening/date", "date-time"),
    ("releases/*/tender/bidOpening/description", "string"),
    ("releases/*/tender/lots/*/id", "string"),
    ("releases/*/tender/documents/*/id", "string"),
    ("releases/*/bids/statistics/*/id", "string"),
    ("releases/*/bids/statistics/*/measure", "string"),
    ("releases/*/bids/statistics/*/value", "integer"),
    ("releases/*/bids/details/*/id", "string"),
    ("releases/*/bids/details/*/date", "date-time"),
    ("releases/*/bids/details/*/status", "string"),
    ("releases/*/bids/details/*/tenderers/*/id", "string"),
    ("releases/*/bids/details/*/relatedLots/*", "string"),
];

fn found<'a>(value: &'a Value, path: &str) -> Vec<&'a Value> {
    let (step, rest) = path.split_once('/').map_or((path, None), |(step, rest)| (step, Some(rest)));
    let next: Vec<&Value> = match step {
        "*" => value.as_array().map(|list| list.iter().collect()).unwrap_or_default(),
        key => value.get(key).into_iter().collect(),
    };
    match rest {
        None => next,
        Some(rest) => next.into_iter().flat_map(|value| found(value, rest)).collect(),
    }
}

fn is(value: &Value, kind: &str) -> bool {
    let filled = value.as_str().filter(|text| !text.is_empty());
    match kind {
        "date-time" => filled.is_some_and(|text| {
            text.len() == 24 && text.ends_with('Z') && text.as_bytes().get(10) == Some(&b'T')
        }),
        "integer" => value.is_u64(),
        "string" => filled.is_some(),
        "uri" => filled.is_some_and(|text| text.starts_with("https://")),
        _ => false,
    }
}

#[test]
fn every_required_field_is_there_with_its_type() {
    for name in crate::support::NAMES {
        let package: Value = serde_json::from_str(&text(&file(name))).unwrap();
        for (path, kind) in REQUIRED {
            let values = found(&package, path);
            assert!(!values.is_empty(), "{name}: {path} is missing");
            assert!(values.iter().all(|value| is(value, kind)), "{name}: {path}: {values:?}");
        }
    }
}

#[test]
fn codes_are_those_of_the_lists() {
    let package: Value = serde_json::from_str(&text(&file("normal"))).unwrap();
    let all = |path: &str| -> Vec<String> {
        found(&package, path).iter().map(|value| value.as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(all("releases/*/tag/*"), ["tenderUpdate"]);
    assert_eq!(all("releases/*/tender/mainProcurementCategory"), ["works"]);
    let statuses = all("releases/*/bids/details/*/status");
    // Row 2 was damaged in the hall: 撤回. Row 3 opened, yet is no price sheet of the lot.
    assert_eq!(statuses, ["pending", "withdrawn", "pending", "pending"]);
    // Row 2 of this one: the evidence was silent, a person decided.
    let decided: Value = serde_json::from_str(&text(&file("decided"))).unwrap();
    let decided = found(&decided, "releases/*/bids/details/*/status");
    assert_eq!(decided, ["pending", "withdrawn", "withdrawn", "withdrawn"]);
    let parties = all("releases/*/parties/*/id");
    for id in all("releases/*/bids/details/*/tenderers/*/id") {
        assert!(parties.contains(&id), "{id}");
    }
}

#[test]
fn every_member_of_a_consortium_is_a_tenderer_and_a_party() {
    let package: Value = serde_json::from_str(&text(&file("consortium"))).unwrap();
    let parties = found(&package, "releases/*/parties/*/id");
    let lists = found(&package, "releases/*/bids/details/*/tenderers");
    assert!(lists.iter().any(|list| list.as_array().unwrap().len() > 1));
    for id in found(&package, "releases/*/bids/details/*/tenderers/*/id") {
        assert!(parties.contains(&id), "{id}");
    }
}

#[test]
fn amounts_are_exact_numbers_and_only_of_opened_bids() {
    let text = text(&file("normal"));
    assert!(text.contains(r#""value":{"amount":800123.45,"currency":"CNY"}"#));
    assert!(text.contains(r#""value":{"amount":1000000.01,"currency":"CNY"}"#));
    assert!(text.contains(r#""value":{"amount":1000000.00,"currency":"CNY"}"#), "the ceiling");
    assert_eq!(text.matches("\"amount\"").count(), 3, "two bids have no price");
    let bytes = String::from_utf8(crate::support::bytes("normal")).unwrap();
    // The largest amount there is: no floating point touches it.
    let largest = Money::fen((1 << 53) - 1).unwrap();
    let large = bytes
        .replace("\"minor\":80012345", "\"minor\":9007199254740991")
        .replace("¥800,123.45", &largest.to_string())
        .replace("捌拾万零壹佰贰拾叁元肆角伍分", &largest.capital());
    let package = self::text(&RecordFile::read(large.as_bytes()).unwrap());
    assert!(package.contains("\"amount\":90071992547409.91"));
}

#[test]
fn what_is_not_public_stays_out() {
    let text = text(&file("normal"));
    for secret in ["我方文件未能解密", "signed_in", "custod", "SERVER_CORRUPT"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[test]
fn a_publication_without_its_data_is_refused() {
    let with = |change: fn(&mut Publication)| {
        let mut publication = publication();
        change(&mut publication);
        ocds(&file("normal"), &publication).unwrap_err().label()
    };
    for prefix in
        ["", "ocds-", "ocds-213cz", "ocds-213czff", "ocds-213CZF", "213czf", "ocds-21/czf"]
    {
        let mut publication = publication();
        publication.prefix = prefix.to_owned();
        let refused = ocds(&file("normal"), &publication).unwrap_err();
        assert_eq!(refused, OcdsError::Prefix(prefix.to_owned()));
    }
    assert_eq!(with(|publication| publication.publisher = " ".to_owned()), "E_OCDS_PUBLISHER");
    assert_eq!(with(|publication| publication.uri = "hall.example/a".to_owned()), "E_OCDS_URI");
    assert_eq!(with(|publication| publication.uri = "https://".to_owned()), "E_OCDS_URI");
    assert_eq!(with(|publication| publication.uri = "https://a b".to_owned()), "E_OCDS_URI");
}
