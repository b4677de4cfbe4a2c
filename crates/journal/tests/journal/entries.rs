//! Lines and the log: one text per entry, no gap, no clock that runs back, and no panic.

use crate::common::{CODES, Lot, PLACES, at, origin};
use kaibiao_journal::limits::LINE_MAX;
use kaibiao_journal::{Actor, EntryLine, LogError, OpeningLog, SignedCommand};
use proptest::prelude::*;
use serde_json::json;

const LINE: &str = r#"{"i":12,"at":1690000000000,"by":"hall","kind":"tick","data":{"no":3}}"#;
const SIGNED: &str = r#"{"i":13,"at":1690000000001,"by":"bidder:91000000MA0000001R","kind":"signed-in","data":{"a":[1, 2]},"cmd":{"body":"e30=","cms":"MAA="}}"#;

fn refused(line: &str) -> &'static str {
    EntryLine::parse(line.as_bytes()).map(|_| ()).unwrap_err().label()
}

#[test]
fn reads_back_what_it_builds() {
    let command = SignedCommand { body: b"{}".to_vec(), cms: vec![0x30, 0] };
    let by: Actor = format!("bidder:{}", CODES[0]).parse().unwrap();
    let entry =
        EntryLine::build(7, at(5), &by, "signed-in", &json!({"名": "甲"}), Some(&command)).unwrap();
    assert_eq!(
        entry.text(),
        r#"{"i":7,"at":5,"by":"bidder:91000000MA0000001R","kind":"signed-in","data":{"名":"甲"},"cmd":{"body":"e30=","cms":"MAA="}}"#
    );
    let again = EntryLine::parse(entry.line()).unwrap();
    assert_eq!(again, entry);
    assert_eq!((again.index(), again.at(), again.by(), again.kind()), (7, at(5), &by, "signed-in"));
    assert_eq!(again.command(), Some(&command));
    assert_eq!(again.leaf_hash(), kaibiao_merkle::leaf_hash(entry.line()));
}

#[test]
fn data_keeps_its_exact_bytes() {
    let entry = EntryLine::parse(SIGNED.as_bytes()).unwrap();
    assert_eq!(entry.data().get(), r#"{"a":[1, 2]}"#);
    assert_eq!(entry.text(), SIGNED);
}

#[test]
fn one_entry_has_one_text() {
    assert!(EntryLine::parse(LINE.as_bytes()).is_ok());
    for (line, label) in [
        (LINE.replace(":12", ": 12"), "entry-form"),
        (format!(" {LINE}"), "entry-form"),
        (format!("{LINE} "), "entry-form"),
        (format!("{LINE}\n"), "entry-form"),
        (format!("{LINE}\r"), "entry-form"),
        (LINE.replace("hall", "h\\u0061ll"), "entry-form"),
        (LINE.replace("tick", "t\\u0069ck"), "entry-form"),
        (LINE.replace("{\"no\":3}", "{\n\"no\":3}"), "entry-form"),
        (LINE.replace("{\"no\":3}", "{\t\"no\":3}"), "entry-form"),
        (
            LINE.replace(r#""i":12,"at":1690000000000"#, r#""at":1690000000000,"i":12"#),
            "entry-form",
        ),
        (LINE.replace("}}", r#"},"cmd":null}"#), "entry-form"),
        (
            SIGNED.replace(r#""body":"e30=","cms":"MAA=""#, r#""cms":"MAA=","body":"e30=""#),
            "entry-form",
        ),
    ] {
        assert_eq!(refused(&line), label, "{line}");
    }
}

#[test]
fn refuses_lines_that_are_none() {
    for (line, label) in [
        (String::new(), "entry-json"),
        ("{}".to_owned(), "entry-json"),
        ("[]".to_owned(), "entry-json"),
        ("null".to_owned(), "entry-json"),
        (format!("\u{feff}{LINE}"), "entry-json"),
        (format!("{LINE}{LINE}"), "entry-json"),
        (format!("{LINE},"), "entry-json"),
        (LINE.replace(r#""i":12,"#, ""), "entry-json"),
        (LINE.replace(r#","data":{"no":3}"#, ""), "entry-json"),
        (LINE.replace(r#""i":12,"#, r#""i":12,"i":12,"#), "entry-json"),
        (LINE.replace(r#""i":12,"#, r#""i":12,"x":1,"#), "entry-json"),
        (LINE.replace(":12", ":-1"), "entry-json"),
        (LINE.replace(":12", ":12.0"), "entry-json"),
        (LINE.replace(":12", ":\"12\""), "entry-json"),
        (LINE.replace(":12", ":012"), "entry-json"),
        (LINE.replace(":12", ":9007199254740992"), "entry-index"),
        (LINE.replace(":12", ":18446744073709551616"), "entry-json"),
        (LINE.replace("1690000000000", "9007199254740992"), "entry-json"),
        (LINE.replace("hall", "the hall"), "actor-syntax"),
        (LINE.replace("hall", "bidder:91000000MA0000001W"), "actor-syntax"),
        (LINE.replace("tick", ""), "entry-kind"),
        (LINE.replace("tick", "Tick"), "entry-kind"),
        (LINE.replace("tick", "1tick"), "entry-kind"),
        (LINE.replace("tick", "ti ck"), "entry-kind"),
        (LINE.replace("tick", "滴答"), "entry-kind"),
        (LINE.replace("tick", &"t".repeat(65)), "entry-kind"),
        (LINE.replace("{\"no\":3}", "[]"), "entry-data-not-object"),
        (LINE.replace("{\"no\":3}", "null"), "entry-data-not-object"),
        (LINE.replace("{\"no\":3}", "\"{}\""), "entry-data-not-object"),
        (LINE.replace("{\"no\":3}", "{\"no\":}"), "entry-json"),
        (LINE.replace("{\"no\":3}", "{no:3}"), "entry-json"),
        (SIGNED.replace("e30=", ""), "entry-command"),
        (SIGNED.replace("MAA=", ""), "entry-command"),
        (SIGNED.replace("e30=", "e30"), "entry-command"),
        (SIGNED.replace("e30=", "e31="), "entry-command"),
        (SIGNED.replace("e30=", "-_8="), "entry-command"),
        (SIGNED.replace(r#","cms":"MAA=""#, ""), "entry-json"),
        (SIGNED.replace(r#""MAA=""#, r#""MAA=","x":1"#), "entry-json"),
        (SIGNED.replace(r#"{"body":"e30=","cms":"MAA="}"#, "[]"), "entry-json"),
    ] {
        assert_eq!(refused(&line), label, "{line}");
    }
    assert_eq!(EntryLine::parse(b"\xff\xfe").unwrap_err().label(), "entry-json");
}

#[test]
fn the_length_limit_is_exact() {
    let text = |filler: usize| {
        LINE.replace("{\"no\":3}", &format!("{{\"a\":\"{}\"}}", "x".repeat(filler)))
    };
    let room = LINE_MAX - text(0).len();
    assert!(EntryLine::parse(text(room).as_bytes()).is_ok());
    assert_eq!(refused(&text(room + 1)), "entry-too-long");
    let data = json!({"a": "x".repeat(LINE_MAX)});
    let built = EntryLine::build(0, at(0), &Actor::Hall, "tick", &data, None);
    assert_eq!(built.unwrap_err().label(), "entry-too-long");
}

#[test]
fn does_not_build_what_it_would_not_read() {
    let build = |index, kind: &str, data: serde_json::Value, command: Option<SignedCommand>| {
        let built = EntryLine::build(index, at(0), &Actor::Hall, kind, &data, command.as_ref());
        built.unwrap_err().label()
    };
    assert_eq!(build(1 << 53, "tick", json!({}), None), "entry-index");
    assert_eq!(build(0, "Tick", json!({}), None), "entry-kind");
    assert_eq!(build(0, "a\nb", json!({}), None), "entry-kind");
    assert_eq!(build(0, "tick", json!([1]), None), "entry-data-not-object");
    assert_eq!(build(0, "tick", json!("{"), None), "entry-data-not-object");
    let unsigned = SignedCommand { body: b"{}".to_vec(), cms: Vec::new() };
    assert_eq!(build(0, "tick", json!({}), Some(unsigned)), "entry-command");
}

#[test]
fn deep_nesting_neither_panics_nor_passes_typed_reading() {
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(200_000), "]".repeat(200_000));
    let line = LINE.replace("{\"no\":3}", &deep);
    if let Ok(entry) = EntryLine::parse(line.as_bytes()) {
        assert_eq!(entry.data_as::<serde_json::Value>().unwrap_err().label(), "entry-data");
    }
}

#[test]
fn typed_data_is_read_strictly() {
    let entry = EntryLine::parse(LINE.as_bytes()).unwrap();
    let error = entry.data_as::<kaibiao_journal::TickData>().unwrap_err();
    assert_eq!(error.label(), "entry-data");
    assert!(error.to_string().contains("root"), "{error}");
}

#[test]
fn the_log_replays_to_the_same_head() {
    let lot = Lot::new(PLACES);
    let bytes = lot.log.jsonl();
    let again = OpeningLog::replay(origin(), &bytes).unwrap();
    assert_eq!(again.head(), lot.log.head());
    assert_eq!(again.entries(), lot.log.entries());
    assert_eq!(again.jsonl(), bytes);
    for size in 1..=again.len() {
        let root = again.root_at(size).unwrap();
        let old = again.checkpoint_at(size).unwrap().head;
        assert_eq!(old.root, root);
        let proof = again.consistency_proof(size, again.len()).unwrap();
        let head = again.head();
        kaibiao_merkle::verify_consistency(size, root, head.size, head.root, &proof).unwrap();
        let leaf = again.entry(size - 1).unwrap().leaf_hash();
        let path = again.inclusion_proof(size - 1, head.size).unwrap();
        kaibiao_merkle::verify_inclusion(size - 1, head.size, leaf, &path, head.root).unwrap();
    }
    assert_eq!(again.root_at(again.len() + 1), None);
    assert_eq!(again.checkpoint_at(again.len() + 1), None);
}

#[test]
fn an_empty_log_is_a_log() {
    let log = OpeningLog::replay(origin(), b"").unwrap();
    assert!(log.is_empty());
    assert_eq!(log.head().root, kaibiao_merkle::empty_root());
    assert_eq!(log.last_at(), None);
}

#[test]
fn a_log_that_does_not_continue_is_refused_and_stays() {
    let mut log = Lot::new(PLACES).log;
    let (head, next, last) = (log.head(), log.len(), log.last_at().unwrap());
    let line = |index, time| {
        EntryLine::build(index, time, &Actor::Hall, "tick", &json!({}), None).unwrap()
    };
    let before = at(last.get() - 1);
    for (entry, error) in [
        (line(next + 1, last), LogError::Gap { expected: next, found: next + 1 }),
        (line(next - 1, last), LogError::Gap { expected: next, found: next - 1 }),
        (line(next, before), LogError::ClockBack { index: next, at: before, last }),
    ] {
        assert_eq!(log.append(entry.line()), Err(error));
        assert_eq!(log.head(), head);
    }
    assert_eq!(log.append(b"{}").unwrap_err().label(), "entry-json");
    assert_eq!(log.append_entry(line(next, last)), Ok(next), "an equal time continues");
}

#[test]
fn damaged_files_are_refused() {
    let bytes = Lot::new(PLACES).log.jsonl();
    let refused = |bytes: &[u8]| OpeningLog::replay(origin(), bytes).map(|_| ()).unwrap_err();
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    assert_eq!(refused(&bytes[..bytes.len() - 1]), LogError::Torn { index: 3 });
    assert_eq!(refused(&lines[1..].concat()), LogError::Gap { expected: 0, found: 1 });
    let dropped = [lines[0], lines[2]].concat();
    assert_eq!(refused(&dropped), LogError::Gap { expected: 1, found: 2 });
    let twice = [lines[0], lines[0]].concat();
    assert_eq!(refused(&twice), LogError::Gap { expected: 1, found: 0 });
    let blank = [lines[0], b"\n", lines[1]].concat();
    assert_eq!(refused(&blank).label(), "entry-json");
    let windows = bytes.split(|byte| *byte == b'\n').collect::<Vec<_>>().join(&b"\r\n"[..]);
    assert_eq!(refused(&windows).label(), "entry-form");
}

proptest! {
    #[test]
    fn no_bytes_make_the_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = EntryLine::parse(&bytes);
        let _ = OpeningLog::replay(origin(), &bytes);
    }

    /// A cut line is refused; a changed byte is refused or gives another leaf.
    #[test]
    fn damage_never_passes_unseen(cut in 0..SIGNED.len(), at in 0..SIGNED.len(), byte in any::<u8>()) {
        let good = EntryLine::parse(SIGNED.as_bytes()).unwrap();
        prop_assert!(EntryLine::parse(&SIGNED.as_bytes()[..cut]).is_err());
        let mut bytes = SIGNED.as_bytes().to_vec();
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        if let Ok(entry) = EntryLine::parse(&bytes) {
            prop_assert_eq!(entry.line(), bytes.as_slice());
            prop_assert_ne!(entry.leaf_hash(), good.leaf_hash());
        }
    }

    #[test]
    fn a_built_line_is_read_as_built(
        index in 0_u64..1 << 53,
        time in 0_u64..1 << 53,
        text in any::<String>(),
        body in proptest::collection::vec(any::<u8>(), 1..40),
    ) {
        let command = SignedCommand { cms: body.iter().rev().copied().collect(), body };
        let data = json!({ "text": text });
        let entry =
            EntryLine::build(index, at(time), &Actor::Hall, "note", &data, Some(&command)).unwrap();
        let again = EntryLine::parse(entry.line()).unwrap();
        prop_assert_eq!(again.data_as::<serde_json::Value>().unwrap(), data);
        prop_assert_eq!(again.command(), Some(&command));
        prop_assert!(!entry.line().contains(&b'\n'));
    }
}
