//! Table of labels and files of `fixtures/errors/` are the same, both ways.

use std::{collections::BTreeSet, fs, path::PathBuf};

use kaibiao_wire::{Label, Problem, from_json};
use serde::Deserialize;

/// One file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixture {
    label: String,
    status: Option<u16>,
    exit: u8,
    zh: String,
    en: String,
    safe_zh: String,
    safe_en: String,
    todo_zh: String,
    todo_en: String,
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/errors"))
}

#[test]
fn every_label_has_its_file() {
    for label in Label::ALL {
        let path = folder().join(format!("{label}.json"));
        let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let file: Fixture = from_json(&bytes).unwrap();
        let text = label.text();
        assert_eq!(file.label, label.as_str());
        assert_eq!(file.status, label.status(), "{label}");
        assert_eq!(file.exit, label.exit().code(), "{label}");
        assert_eq!([file.zh.as_str(), &file.en], [text.zh, text.en], "{label}");
        assert_eq!([file.safe_zh.as_str(), &file.safe_en], [text.safe_zh, text.safe_en], "{label}");
        assert_eq!([file.todo_zh.as_str(), &file.todo_en], [text.todo_zh, text.todo_en], "{label}");
    }
}

#[test]
fn every_file_has_its_label() {
    let files: BTreeSet<String> = fs::read_dir(folder())
        .unwrap()
        .map(|item| item.unwrap().file_name().into_string().unwrap())
        .collect();
    let labels: BTreeSet<String> = Label::ALL.iter().map(|label| format!("{label}.json")).collect();
    assert_eq!(files, labels, "a label was added, renamed or removed");
}

#[test]
fn labels_are_ordered_and_plain() {
    assert!(Label::ALL.windows(2).all(|pair| pair[0].as_str() < pair[1].as_str()));
    for label in Label::ALL {
        assert!(label.as_str().bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{label}");
        assert_eq!(Label::parse(label.as_str()), Ok(*label));
        assert!(label.exit().code() != 0, "{label} is a problem");
        assert!(label.status().is_none_or(|status| (400..600).contains(&status)), "{label}");
        assert_eq!(Problem::new(*label).urn, format!("urn:kaibiao:problem:{label}"));
    }
    for bad in ["", "Late", "late ", "too_early", "迟到"] {
        assert!(Label::parse(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn sentences_are_sentences() {
    for label in Label::ALL {
        let text = label.text();
        for zh in [text.zh, text.safe_zh, text.todo_zh] {
            assert!(zh.ends_with('。') && zh.chars().count() >= 8, "{label}: {zh}");
        }
        for en in [text.en, text.safe_en, text.todo_en] {
            assert!(en.ends_with('.') && en.is_ascii(), "{label}: {en}");
            assert!(en.starts_with(|c: char| c.is_ascii_uppercase()), "{label}: {en}");
        }
    }
}
