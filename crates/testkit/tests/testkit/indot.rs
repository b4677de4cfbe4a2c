//! The INDOT fixture against the public file, row by row, read here a second time.

use std::collections::BTreeMap;
use std::process::{Command, Output};

use kaibiao_testkit::{Fixture, Item, skip_unless_shared};
use kaibiao_types::{Currency, Money};

const PROJECT: &str = "B -40891-A";

/// The fields of one line (RFC 4180; the public file has no line breaks inside quotes).
fn fields(line: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, quoted) {
            ('"', true) if characters.peek() == Some(&'"') => {
                characters.next();
                out.last_mut().unwrap().push('"');
            }
            ('"', _) => quoted = !quoted,
            (',', false) => out.push(String::new()),
            (other, _) => out.last_mut().unwrap().push(other),
        }
    }
    assert!(!quoted, "line break inside quotes: {line}");
    out
}

fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut lines = text.lines();
    let header = fields(lines.next().unwrap());
    lines
        .map(|line| {
            let values = fields(line);
            assert_eq!(values.len(), header.len(), "{line}");
            header.iter().cloned().zip(values).collect()
        })
        .collect()
}

fn cents(text: &str) -> Money {
    Money::parse_major(text, Currency::Usd).unwrap()
}

/// A decimal text with at most three places in thousandths.
fn thousandths(text: &str) -> u64 {
    let (whole, decimals) = text.split_once('.').unwrap();
    assert!(decimals.len() <= 3, "{text}");
    format!("{whole}{decimals:0<3}").parse().unwrap()
}

fn compare(no: usize, item: &Item, row: &BTreeMap<String, String>) {
    let place = format!("{} item {no}", row["Bidder Name"]);
    assert_eq!(usize::try_from(item.no).unwrap(), no, "{place}");
    assert_eq!(item.code, row["Pay Item"], "{place}");
    assert_eq!(item.description, row["Description"], "{place}");
    assert_eq!(item.unit, row["Unit"], "{place}");
    assert_eq!(item.quantity_milli, thousandths(&row["Quantity"]), "{place}");
    assert_eq!(item.unit_price, cents(&row["Unit Price"]), "{place}");
    assert_eq!(item.amount, cents(&row["Extension"]), "{place}");
}

#[test]
fn the_fixture_is_the_public_record_line_by_line() {
    let shared = skip_unless_shared!();
    let text = std::fs::read_to_string(shared.join("data/indot-letting-2026-04-08.csv")).unwrap();
    let rows: Vec<_> = rows(&text).into_iter().filter(|row| row["ProjectID"] == PROJECT).collect();
    assert_eq!(rows.len(), 7 * 70);
    let fixture = Fixture::load("indot-b40891").unwrap();
    assert_eq!(fixture.draft.lot.as_str(), PROJECT.replace(' ', ""));
    assert_eq!((fixture.bidders.len(), fixture.draft.ceiling), (7, None));
    let mut stated = 0;
    for bidder in &fixture.bidders {
        let own: Vec<_> =
            rows.iter().filter(|row| row["Bidder Name"] == bidder.party.name).collect();
        assert_eq!((own.len(), bidder.items.len()), (70, 70), "{}", bidder.party.name);
        for ((item, row), no) in bidder.items.iter().zip(&own).zip(1..) {
            compare(no, item, row);
        }
        // The source states the totals of the three lowest bidders.
        let row = own[0];
        let total = match row["Pos"].as_str() {
            "1" => Some(&row["Job Size"]),
            "2" => Some(&row["Bidder2Total"]),
            "3" => Some(&row["Bidder3Total"]),
            _ => None,
        };
        if let Some(total) = total {
            assert_eq!(bidder.sheet.total, cents(total), "{}", bidder.party.name);
            stated += 1;
        }
    }
    assert_eq!(stated, 3);
}

#[test]
fn the_notes_say_what_the_numbers_say() {
    let fixture = Fixture::load("indot-b40891").unwrap();
    assert!(fixture.notes[0].ends_with("490 pay items compared; differing: none."));
    assert!(fixture.notes[1].contains("differing: none."));
    let dollars = |item: &&Item| item.unit == "$";
    let items = || fixture.bidders.iter().flat_map(|bidder| &bidder.items);
    let count = items().filter(dollars).count();
    let other = items().filter(dollars).filter(|item| item.unit_price.minor() != 100).count();
    let note = format!("{count} of them, unit price other than 1.00 in {other}");
    assert!(fixture.notes.iter().any(|text| text.contains(&note)), "{note}: {:?}", fixture.notes);
}

#[test]
fn quoted_fields_are_read() {
    assert_eq!(fields(r#"a,"b, ""c""",,d"#), ["a", r#"b, "c""#, "", "d"]);
    assert_eq!((thousandths("167.2"), thousandths("1.0")), (167_200, 1_000));
}

/// The comparison of this file in a process of its own, which finds no shared data.
fn without_shared_data(ci: &str) -> Output {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "indot::the_fixture_is_the_public_record_line_by_line"])
        .env("KAIBIAO_SHARED", "/no/such/folder")
        .env("CI", ci)
        .output()
        .unwrap()
}

#[test]
fn absent_data_is_told_and_fails_in_ci() {
    let at_home = without_shared_data("");
    let told = String::from_utf8_lossy(&at_home.stderr).into_owned();
    assert!(at_home.status.success(), "{told}");
    assert!(
        told.contains("SKIPPED: indot::the_fixture_is_the_public_record_line_by_line: "),
        "{told}"
    );
    assert!(told.contains("KAIBIAO_SHARED"), "{told}");
    let in_ci = without_shared_data("true");
    assert!(!in_ci.status.success());
    assert!(!String::from_utf8_lossy(&in_ci.stderr).contains("SKIPPED"));
}
