//! Every kind of entry in its one written form, and whole logs as vectors for other readers.

use std::collections::BTreeMap;

use kaibiao_opening::*;
use kaibiao_types::*;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::support::*;

/// One line of a vector file: an entry without its index and command, which belong to the journal.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    pub at: UtcMillis,
    pub by: String,
    pub kind: String,
    pub data: Box<RawValue>,
}

pub fn line((by, at, event): &Entry) -> String {
    let data = RawValue::from_string(event.data_json()).unwrap();
    let kind = event.kind().name().to_owned();
    serde_json::to_string(&Line { at: *at, by: by.to_string(), kind, data }).unwrap() + "\n"
}

pub fn read(name: &str) -> Vec<Entry> {
    let text = std::fs::read_to_string(vectors(name)).unwrap();
    text.lines()
        .map(|text| {
            let line: Line = serde_json::from_str(text).unwrap();
            let event = Event::from_parts(&line.kind, line.data.get()).unwrap();
            (Actor::parse(&line.by).unwrap(), line.at, event)
        })
        .collect()
}

/// A refused attempt of `actor`, written into the log.
fn refuse(opening: &mut Opening, actor: &Actor, command: &Command) {
    let refusal = opening.state.decide(actor, command, at(opening.now)).unwrap_err();
    let event = opening.state.refusal_event(actor, command.kind(), &refusal).unwrap();
    opening.write(&Actor::Hall, &event);
}

/// Four bidders, of whom one replaced its bid, one has a sheet for another lot, one did not open
/// and one is above the ceiling; objections, documents, signatures.
pub fn normal() -> Opening {
    let mut opening = Opening::at(Phase::Receiving, 4);
    refuse(&mut opening, &host(), &Command::StartUnsealing(Part::Price));
    opening.input(&refused_by(2)).unwrap();
    opening.now = DEADLINE - MINUTE;
    opening.input(&tick(0)).unwrap();
    opening.now = DEADLINE;
    opening.input(&tick(1)).unwrap();
    opening.now = DEADLINE + 40;
    let closing = IntakeClosed { size: 5, ..head() };
    opening.input(&Input::DeadlineReached(closing)).unwrap();
    let mut frozen = SetFrozen { size: 5, ..set(4) };
    let mut earlier = bid(1);
    earlier.manifest_sha256 = digest(40, 1);
    (earlier.status, earlier.by) = (BidStatus::Superseded, Some(digest(2, 1)));
    earlier.place.no = PlaceNo::new(0).unwrap();
    frozen.bids[0].seq = BidSeq::new(2).unwrap();
    frozen.bids.insert(0, earlier);
    opening.input(&Input::SetFrozen(frozen)).unwrap();
    for no in [1, 3, 2] {
        opening.now += 10;
        opening.input(&freeze_signed(no)).unwrap();
    }
    opening.input(&journal_signed(3, JournalMoment::Freeze)).unwrap();
    opening.command(&bidder(1), &Command::SignIn(None)).unwrap();
    opening.host(&Command::PublishBidders);
    refuse(&mut opening, &host(), &Command::StartUnsealing(Part::Price));
    opening.host(&Command::CheckSeals);
    let mut results = seals(&opening.state);
    (results[3].sealed, results[3].label) = (false, Some("SERVER_CORRUPT".to_owned()));
    opening.input(&Input::SealsChecked(results)).unwrap();
    opening.host(&Command::StartUnsealing(Part::Price));
    opening.now += 500;
    opening.release(Part::Price);
    let wrong = String::from_utf8(sheet_bytes(3)).unwrap().replace("\"L1\"", "\"L2\"");
    let outcomes = vec![
        opened(1, sheet_bytes(1)),
        not_opened(2, "SERVER_CORRUPT", Fault::NotBidder),
        opened(3, wrong.into_bytes()),
        opened(4, sheet_bytes(4)),
    ];
    opening.input(&Input::PricesUnsealed(outcomes)).unwrap();
    opening.host(&Command::StartUnsealing(Part::Documents));
    for _ in 0..2 {
        opening.host(&Command::ReadNext(span(8_000)));
        opening.now += 8_000;
    }
    opening.input(&Input::ReadingOver).unwrap();
    opening.command(&bidder(1), &Command::ConfirmPrice).unwrap();
    let raise = Command::RaiseObjection("我方文件未能解密。\n请说明原因。".to_owned());
    opening.command(&bidder(2), &raise).unwrap();
    refuse(&mut opening, &host(), &Command::GenerateRecord);
    let answer = "服务器存储损坏，非贵方原因，按撤回处理。".to_owned();
    opening.host(&Command::AnswerObjection { no: 1, text: answer });
    opening.release(Part::Documents);
    let mut opened = documents(&opening.state);
    opened[1] = OpenedDocument {
        verdict: Verdict::NotOpened,
        label: Some("SERVER_CORRUPT".to_owned()),
        fault: Some(Fault::NotBidder),
        plain_sha256: None,
        plain_len: None,
        ..opened[1].clone()
    };
    opening.input(&Input::DocumentsUnsealed(opened)).unwrap();
    opening.host(&Command::GenerateRecord);
    opening.input(&Input::RecordGenerated { sha256: digest(12, 0) }).unwrap();
    let sign = Command::SignRecord { record_sha256: digest(12, 0), cms: "AAAA".to_owned() };
    for actor in [host(), supervisor(), bidder(1)] {
        opening.command(&actor, &sign).unwrap();
    }
    opening.command(&bidder(3), &Command::SignIn(None)).unwrap();
    opening.host(&Command::Close);
    for no in [2, 1, 3] {
        opening.now += 400;
        opening.input(&journal_signed(no, JournalMoment::Close)).unwrap();
        opening.input(&key_destroyed(no)).unwrap();
    }
    opening
}

/// One custodian absent: notice, approvals, and an opening without objections.
pub fn degraded() -> Opening {
    let mut opening = Opening::at(Phase::DegradedNotice, 3);
    opening.command(&host(), &Command::ApproveDegraded).unwrap();
    opening.now += 2_000;
    opening.command(&supervisor(), &Command::ApproveDegraded).unwrap();
    opening.host(&Command::PublishBidders);
    opening.host(&Command::CheckSeals);
    opening.input(&Input::SealsChecked(seals(&opening.state))).unwrap();
    opening.host(&Command::StartUnsealing(Part::Price));
    for no in [1, 3] {
        let partials = partials(&opening.state, no, Part::Price);
        opening.input(&Input::PartialsReceived(partials)).unwrap();
    }
    opening.input(&Input::PricesUnsealed(outcomes(&opening.state))).unwrap();
    for _ in 0..3 {
        opening.host(&Command::ReadNext(Millis::ZERO));
    }
    opening.host(&Command::GenerateRecord);
    opening.input(&Input::RecordGenerated { sha256: digest(12, 0) }).unwrap();
    opening
}

#[test]
#[allow(clippy::large_stack_arrays)] // one line for each log
fn whole_logs_are_vectors() {
    let mut too_few = Opening::at(Phase::Failed, 2);
    too_few.input(&journal_signed(3, JournalMoment::Close)).unwrap();
    too_few.input(&key_destroyed(3)).unwrap();
    let logs = vec![
        ("normal", normal()),
        ("degraded", degraded()),
        ("too-few", too_few),
        ("postponed", crate::postpone::closed_later()),
        ("drawn", crate::draw::closed()),
        ("works", crate::steps::closed()),
        ("held", crate::hold::closed()),
        ("terminated", crate::hold::terminated()),
        ("decided", crate::fault::closed()),
        ("window", crate::window::closed()),
        ("attended", crate::sign_in::closed()),
        ("rates", crate::rates::closed()),
        ("consortium", crate::consortium::closed()),
        ("corrected", crate::correction::closed()),
        ("envelopes", crate::envelope::closed()),
        ("applications", crate::envelope::applications()),
        ("round", crate::round::closed()),
        ("outage", crate::outage::closed()),
        ("over-rates", crate::rates::over_ceilings()),
        ("unlocked", crate::bidder_window::closed()),
        ("locked", crate::bidder_window::strict()),
        ("estimate", crate::estimate::closed()),
        ("result", crate::result::told()),
        ("talk", crate::chat::closed()),
    ];
    let mut first: BTreeMap<EventKind, String> = BTreeMap::new();
    for (name, opening) in &logs {
        let text: String = opening.log.iter().map(line).collect();
        golden(&format!("log-{name}.jsonl"), &text);
        for entry in &opening.log {
            first.entry(entry.2.kind()).or_insert_with(|| line(entry));
        }
    }
    assert_eq!(first.len(), EventKind::ALL.len(), "every kind occurs");
    golden("events.jsonl", &first.values().map(String::as_str).collect::<String>());
}

#[test]
fn entries_round_trip_byte_for_byte() {
    for name in [
        "events",
        "log-normal",
        "log-degraded",
        "log-too-few",
        "log-postponed",
        "log-drawn",
        "log-works",
        "log-held",
        "log-terminated",
        "log-decided",
        "log-window",
        "log-attended",
        "log-rates",
        "log-consortium",
        "log-corrected",
        "log-envelopes",
        "log-applications",
        "log-round",
        "log-outage",
        "log-over-rates",
        "log-unlocked",
        "log-locked",
        "log-estimate",
        "log-result",
        "log-talk",
    ] {
        let text = std::fs::read_to_string(vectors(&format!("{name}.jsonl"))).unwrap();
        let again: String = read(&format!("{name}.jsonl")).iter().map(line).collect();
        assert_eq!(text, again, "{name}");
    }
}

#[test]
fn committed_logs_replay() {
    for (name, phase) in [
        ("log-normal.jsonl", Phase::Closed),
        ("log-degraded.jsonl", Phase::RecordGenerated),
        ("log-too-few.jsonl", Phase::Failed),
        ("log-postponed.jsonl", Phase::Closed),
        ("log-drawn.jsonl", Phase::Closed),
        ("log-works.jsonl", Phase::Closed),
        ("log-held.jsonl", Phase::Closed),
        ("log-terminated.jsonl", Phase::Terminated),
        ("log-decided.jsonl", Phase::Closed),
        ("log-window.jsonl", Phase::Closed),
        ("log-attended.jsonl", Phase::Closed),
        ("log-rates.jsonl", Phase::Closed),
        ("log-consortium.jsonl", Phase::Closed),
        ("log-corrected.jsonl", Phase::Closed),
        ("log-envelopes.jsonl", Phase::Closed),
        ("log-applications.jsonl", Phase::Closed),
        ("log-round.jsonl", Phase::Closed),
        ("log-outage.jsonl", Phase::Closed),
        ("log-over-rates.jsonl", Phase::Closed),
        ("log-unlocked.jsonl", Phase::Closed),
        ("log-locked.jsonl", Phase::Closed),
        ("log-estimate.jsonl", Phase::Closed),
        ("log-result.jsonl", Phase::Closed),
        ("log-talk.jsonl", Phase::Closed),
    ] {
        let mut state = State::new(lot_key());
        for (by, at, event) in read(name) {
            state.check_and_apply(&by, at, &event).unwrap();
        }
        assert_eq!(state.phase(), phase, "{name}");
    }
}

/// One written form: other key order, white space, added, missing or doubled keys are refused, and
/// so is an array in place of an object.
#[test]
fn data_has_one_written_form() {
    for (_, _, event) in read("events.jsonl") {
        let (kind, good) = (event.kind().name(), event.data_json());
        let value: serde_json::Value = serde_json::from_str(&good).unwrap();
        let map = value.as_object().unwrap();
        let mut broken = vec![
            format!(" {good}"),
            format!("{good} "),
            format!("{good}{good}"),
            format!("\u{feff}{good}"),
            good.replacen('{', "{ ", 1),
            good.replacen('{', "{\"x\":1,", 1).replace(",}", "}"),
            serde_json::to_string(&map.values().collect::<Vec<_>>()).unwrap(),
            "null".to_owned(),
            String::new(),
        ];
        for key in map.keys() {
            let mut short = map.clone();
            short.remove(key);
            broken.push(serde_json::to_string(&short).unwrap());
            let doubled = format!("{},{:?}:{}}}", &good[..good.len() - 1], key, map[key]);
            broken.push(doubled);
        }
        for text in broken {
            let error = Event::from_parts(kind, &text).expect_err(&text);
            // A reading without only one of price and 大写 is read, and has no such form.
            let labels = ["E_EVENT_DATA", "E_EVENT_FORM", "E_EVENT_SHAPE"];
            assert!(labels.contains(&error.label()), "{text}");
        }
    }
}

#[test]
fn kinds_are_closed() {
    for kind in ["", "Tick", "tick ", "bid.price.read", "unsealing-stopped"] {
        assert_eq!(Event::from_parts(kind, "{}"), Err(EventError::Kind), "{kind}");
    }
    for kind in EventKind::ALL {
        assert_eq!(EventKind::parse(kind.name()), Some(*kind));
        assert!(!kind.writers().is_empty());
    }
}

#[test]
fn texts_and_numbers_of_entries_are_bounded() {
    let refused = |kind: &str, from: &str, to: &str| {
        let events = read("events.jsonl");
        let (_, _, event) = events.iter().find(|(_, _, e)| e.kind().name() == kind).unwrap();
        let good = event.data_json();
        assert!(good.contains(from), "{good}");
        Event::from_parts(kind, &good.replacen(from, to, 1)).expect_err(to).label()
    };
    assert_eq!(refused("custodian-refused", "own-clock-behind", "own clock"), "E_EVENT_SHAPE");
    assert_eq!(refused("custodian-refused", "the own", " the own"), "E_EVENT_SHAPE");
    assert_eq!(refused("freeze-signed", "AAAA", "AAA"), "E_EVENT_SHAPE");
    assert_eq!(refused("record-signed", "AAAA", ""), "E_EVENT_SHAPE");
    for length in ["0", "8388609", "18446744073709551615"] {
        let to = format!("\"length\":{length}");
        assert_eq!(refused("journal-signed", "\"length\":643", &to), "E_EVENT_SHAPE");
    }
    assert_eq!(refused("journal-signed", "\"freeze\"", "\"tick\""), "E_EVENT_DATA");
    assert_eq!(refused("journal-signed", "AAAA", ""), "E_EVENT_SHAPE");
    assert_eq!(refused("key-destroyed", "AAAA", "A AA"), "E_EVENT_SHAPE");
    assert_eq!(
        refused("intake-closed", "\"size\":5", "\"size\":9007199254740992"),
        "E_EVENT_SHAPE"
    );
    assert_eq!(refused("intake-closed", "\"size\":5", "\"size\":-5"), "E_EVENT_DATA");
    assert_eq!(refused("intake-closed", "\"size\":5", "\"size\":5.0"), "E_EVENT_DATA");
    assert_eq!(
        refused("price-read", "\"duration_ms\":8000", "\"duration_ms\":600001"),
        "E_EVENT_SHAPE"
    );
    assert_eq!(refused("objection-raised", "我方", "\u{202e}"), "E_EVENT_SHAPE");
    assert_eq!(refused("partials-received", "\"d\":\"02", "\"d\":\"0"), "E_EVENT_SHAPE");
    assert_eq!(
        refused("set-frozen", "\"status\":\"current\"", "\"status\":\"lost\""),
        "E_EVENT_DATA"
    );
    assert_eq!(refused("signed-in", "示例投标人1", "示例\u{200b}投标人1"), "E_EVENT_SHAPE");
}
