//! `kaibiao record` on the records of the vectors.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Done, kaibiao, text, words};
use kaibiao_testkit::fixtures;
use serde_json::Value;

/// The exact bytes of a record of the vectors, in a file of a folder.
fn record(folder: &Path, name: &str) -> PathBuf {
    let bytes = fs::read(fixtures().join(format!("vectors/opening/record-{name}.json"))).unwrap();
    let path = folder.join(format!("{name}.json"));
    fs::write(&path, bytes.strip_suffix(b"\n").unwrap()).unwrap();
    path
}

fn print(form: &str, record: &Path, out: &Path, more: &str) -> Done {
    let mut all = words(&format!("record {form}"));
    all.extend([text(record), "--out".to_owned(), text(out)]);
    all.extend(words(more));
    kaibiao(all)
}

fn golden(name: &str) -> Vec<u8> {
    fs::read(fixtures().join("vectors/record").join(name)).unwrap()
}

const OCDS: &str = "--ocid-prefix ocds-213czf --publisher 示例公共资源交易中心 \
                    --uri https://hall.example/ocds/ZZ-2022-0705.json";

#[test]
fn records_become_the_files_of_the_vectors() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["normal", "degraded", "drawn"] {
        let record = record(dir.path(), name);
        let out = dir.path().join(format!("{name}.html"));
        let said = print("page", &record, &out, "").ok();
        assert!(said.contains("record_sha256: ") && said.contains("code: "), "{said}");
        assert!(fs::read(&out).unwrap() == golden(&format!("page-{name}.html")));
        let out = dir.path().join(format!("{name}.ocds.json"));
        print("ocds", &record, &out, OCDS).ok();
        assert!(fs::read(&out).unwrap() == golden(&format!("ocds-{name}.json")));
    }
    let facts = String::from_utf8(golden("pdf-sha256.txt")).unwrap();
    for name in ["normal", "degraded", "drawn"] {
        let out = dir.path().join(format!("{name}.pdf"));
        let said = print("pdf", &record(dir.path(), name), &out, "--json").ok();
        let said: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
        let sha256 = kaibiao_crypto::SUITE_1.hash(&fs::read(&out).unwrap());
        let fact = format!("{sha256}  {name}.pdf  {} pages", said["pages"]);
        assert!(facts.lines().any(|line| line == fact), "{fact}");
    }
}

#[test]
fn what_is_no_record_is_refused_with_its_label() {
    let dir = tempfile::tempdir().unwrap();
    let whole = fs::read_to_string(record(dir.path(), "normal")).unwrap();
    let out = dir.path().join("out");
    for (name, bytes, label) in [
        ("line", format!("{whole}\n"), "E_RECORD_FORM"),
        ("cut", whole.strip_suffix('}').unwrap().to_owned(), "E_RECORD_SYNTAX"),
        ("price", whole.replace("¥800,123.45", "¥300,123.45"), "E_RECORD_AMOUNT"),
        ("version", whole.replacen("\"v\":1", "\"v\":2", 1), "E_RECORD_VERSION"),
        ("key", whole.replacen("{\"v\":1", "{\"v\":1,\"w\":1", 1), "E_RECORD_SYNTAX"),
    ] {
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        for form in ["page", "pdf"] {
            let said = print(form, &path, &out, "").refused(65, "bad-json");
            assert!(said.contains(label), "{name}: {said}");
        }
        assert!(print("ocds", &path, &out, OCDS).refused(65, "bad-json").contains(label));
        assert!(!out.exists());
    }
    print("page", Path::new("/nonexistent"), &out, "").refused(66, "cannot-read");
}

#[test]
fn files_and_words_that_do_not_fit_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let record = record(dir.path(), "normal");
    let out = dir.path().join("out");
    fs::write(&out, "kept").unwrap();
    for form in ["page", "pdf"] {
        print(form, &record, &out, "").refused(73, "cannot-write");
    }
    assert_eq!(fs::read(&out).unwrap(), b"kept");
    let out = dir.path().join("new");
    let no_font = format!("--font {}", text(&record));
    assert!(print("pdf", &record, &out, &no_font).refused(65, "bad-input").contains("E_FONT"));
    for (from, to, label) in
        [("ocds-213czf", "ocds-213CZF", "E_OCDS_PREFIX"), ("https://hall", "hall", "E_OCDS_URI")]
    {
        let said = print("ocds", &record, &out, &OCDS.replace(from, to)).refused(64, "usage");
        assert!(said.contains(label), "{said}");
    }
    let no_log = format!("--log {}", text(&record));
    assert_ne!(print("page", &record, &out, &no_log).code, 0);
    assert!(!out.exists());
}

#[test]
fn a_character_that_no_font_has_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = record(dir.path(), "normal");
    let whole = fs::read_to_string(&path).unwrap();
    fs::write(&path, whole.replace("示例投标人1", "𠮷野公司")).unwrap();
    let said = print("pdf", &path, &dir.path().join("out.pdf"), "").ok();
    assert!(said.contains("without_glyph: U+20BB7"), "{said}");
    assert!(print("page", &path, &dir.path().join("out.html"), "").ok().contains("code: "));
}
