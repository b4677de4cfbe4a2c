//! What earlier versions wrote is read to the same events, written back to the same bytes, and makes
//! the same record, for ever (`fixtures/stored/README.md`).
//!
//! `UPDATE=1` appends what is missing; nothing here rewrites what is stored.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::PathBuf;

use kaibiao_crypto::SUITE_1;
use kaibiao_opening::*;
use kaibiao_types::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::support::*;

/// One entry as a version of the project wrote it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    version: String,
    at: UtcMillis,
    by: String,
    kind: String,
    data: Box<RawValue>,
}

impl Sample {
    fn new((by, at, event): &Entry) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            at: *at,
            by: by.to_string(),
            kind: event.kind().name().to_owned(),
            data: RawValue::from_string(event.data_json()).unwrap(),
        }
    }

    fn event(&self) -> Event {
        Event::from_parts(&self.kind, self.data.get()).expect(&self.kind)
    }
}

/// The version of an entry's form: its kind and the names of all keys in it, however deep. A key that
/// is left out, or new, is another form.
fn form(event: &Event) -> String {
    fn names(value: &Value, path: &str, all: &mut BTreeSet<String>) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    let path = [path, ".", key].concat();
                    names(value, &path, all);
                    all.insert(path);
                }
            }
            Value::Array(list) => list.iter().for_each(|value| names(value, path, all)),
            _ => {}
        }
    }
    let mut all = BTreeSet::new();
    names(&serde_json::from_str(&event.data_json()).unwrap(), "", &mut all);
    let keys: Vec<String> = all.into_iter().collect();
    format!("{} {}", event.kind(), keys.join(" "))
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/stored")
}

fn stored(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap_or_default()
}

/// Adds a line to a stored file if `UPDATE` asks for it; otherwise it is missing.
fn append(name: &str, line: &str) {
    assert!(std::env::var_os("UPDATE").is_some(), "{name} lacks `{line}`; UPDATE=1 appends it");
    let path = folder().join(name);
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    writeln!(file, "{line}").unwrap();
}

/// Whole logs that the tests make now, by name.
fn logs() -> Vec<(String, String)> {
    let names = std::fs::read_dir(vectors("")).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut logs: Vec<String> = names.filter(|name| name.starts_with("log-")).collect();
    logs.sort();
    let text = |name: &String| std::fs::read_to_string(vectors(name)).unwrap();
    logs.iter().map(|name| (name.replacen("log-", "", 1), text(name))).collect()
}

#[test]
fn stored_entries_are_read_and_written_as_they_were() {
    let lines: Vec<String> = stored("events.jsonl").lines().map(str::to_owned).collect();
    for line in &lines {
        let sample: Sample = serde_json::from_str(line).unwrap();
        let event = sample.event();
        assert_eq!(event.data_json(), sample.data.get(), "{}", sample.kind);
        assert_eq!(serde_json::to_string(&sample).unwrap(), *line);
        assert_eq!(event.written_by(&actor(&sample.by)), actor(&sample.by));
    }
    // No stored line changes, and none is taken away.
    let digests = stored("events.sha256");
    assert!(digests.lines().count() <= lines.len(), "a stored line is gone");
    for (line, digest) in lines.iter().zip(digests.lines()) {
        assert_eq!(SUITE_1.hash(line.as_bytes()).to_string(), digest, "{line}");
    }
    for line in &lines[digests.lines().count()..] {
        append("events.sha256", &SUITE_1.hash(line.as_bytes()).to_string());
    }
}

fn actor(by: &str) -> Actor {
    Actor::parse(by).unwrap()
}

/// Every kind, in every form that is written today, has been stored as it is.
#[test]
fn every_form_of_every_kind_is_stored() {
    let samples = stored("events.jsonl");
    let samples = samples.lines().map(|line| serde_json::from_str::<Sample>(line).unwrap().event());
    let mut known: BTreeSet<String> = samples.map(|event| form(&event)).collect();
    let mut kinds = BTreeSet::new();
    for (name, _) in logs() {
        for entry in crate::events::read(&format!("log-{name}")) {
            kinds.insert(entry.2.kind());
            if known.insert(form(&entry.2)) {
                append("events.jsonl", &serde_json::to_string(&Sample::new(&entry)).unwrap());
            }
        }
    }
    assert_eq!(kinds.len(), EventKind::ALL.len(), "every kind occurs in a log");
}

/// One line of `logs/replays.txt`.
fn replay(file: &str, text: &str) -> String {
    let mut state = State::new(lot_key());
    let mut record = "-".to_owned();
    for line in text.lines() {
        let line: crate::events::Line = serde_json::from_str(line).unwrap();
        let event = Event::from_parts(&line.kind, line.data.get()).unwrap();
        let before = state.record().cloned();
        state.check_and_apply(&actor(&line.by), line.at, &event).expect(file);
        if state.record().is_some_and(|made| Some(made) != before.as_ref()) {
            record = SUITE_1.hash(&OpeningRecord::new(&state).unwrap().to_bytes()).to_string();
        }
    }
    let log = SUITE_1.hash(text.as_bytes());
    format!("{file} {log} {} entries, {}, record {record}", state.entries(), state.phase())
}

/// Old logs replay to the phase and the very record that they had.
#[test]
fn stored_logs_replay_to_their_record() {
    let lines = stored("logs/replays.txt");
    for line in lines.lines() {
        let file = line.split(' ').next().unwrap();
        assert_eq!(replay(file, &stored(&format!("logs/{file}"))), line);
    }
    for (name, text) in logs() {
        let ends = format!("-{name}");
        if lines.lines().any(|line| line.split(' ').next().unwrap().ends_with(&ends)) {
            continue;
        }
        let file = format!("{}{ends}", env!("CARGO_PKG_VERSION"));
        append("logs/replays.txt", &replay(&file, &text));
        std::fs::write(folder().join("logs").join(file), text).unwrap();
    }
}
