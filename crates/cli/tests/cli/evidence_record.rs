//! `kaibiao evidence renew`, `show` and `verify`: records that live longer than their authorities.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::stamps::{QUERY, Tsa, openssl_replies, post, short_authority};
use crate::support::{Done, kaibiao, text};
use kaibiao_testkit::keys_dev;
use serde_json::Value;

/// Years after the first authority, whose certificate lasts ten years from now, has ended.
const IN_2041: &str = "--at 2041-01-01T00:00:00Z";

/// Three files, an authority of ten years, one until 2045, and a list with both.
struct Archive {
    dir: tempfile::TempDir,
    short: Tsa,
    long: Tsa,
    list: PathBuf,
}

impl Archive {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for name in ["package.asice", "payload-001.zip", "payload-002.zip", "stranger"] {
            fs::write(dir.path().join(name), name).unwrap();
        }
        let (cert, key, list) = short_authority(dir.path(), 3650);
        let short = Tsa::of(&cert, &key, &dir.path().join("short"));
        let long = Tsa::start(&dir.path().join("long"));
        Self { dir, short, long, list }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// `kaibiao evidence …`; words that begin with @ are files here.
    fn evidence(&self, line: &str) -> Done {
        let word = |word: &str| match word.strip_prefix('@') {
            Some("ALL") => ["package.asice", "payload-001.zip", "payload-002.zip"]
                .map(|name| text(&self.path(name)))
                .to_vec(),
            Some(name) => vec![text(&self.path(name))],
            None => vec![word.to_owned()],
        };
        kaibiao(["evidence".to_owned()].into_iter().chain(line.split_whitespace().flat_map(word)))
    }

    /// `… renew …` by an authority.
    fn renew(&self, tsa: &Tsa, line: &str) -> Done {
        self.renew_by(&self.list, &format!("--tsa {} {line}", tsa.url))
    }

    fn renew_by(&self, list: &Path, line: &str) -> Done {
        self.evidence(&format!("renew --trust {} {line}", list.display()))
    }

    fn verify(&self, line: &str) -> Done {
        self.evidence(&format!("verify --trust {} {line}", self.list.display()))
    }

    /// The list with an end for SHA-256.
    fn list_with_end(&self, name: &str, not_after: u64) -> PathBuf {
        let mut list: Value = serde_json::from_slice(&fs::read(&self.list).unwrap()).unwrap();
        list["digests"] = serde_json::json!([{ "name": "sha256", "not_after": not_after }]);
        fs::write(self.path(name), list.to_string()).unwrap();
        self.path(name)
    }
}

#[track_caller]
fn verdict(done: &Done, code: i32, word: &str, indication: &str) {
    assert_eq!(done.code, code, "{}", done.text);
    assert!(done.text.contains(&format!("verdict: {word}")), "{}", done.text);
    assert!(done.text.contains(indication), "{}", done.text);
}

#[test]
fn a_renewed_record_outlives_its_authority() {
    let archive = Archive::new();
    let said = archive.renew(&archive.short, "@ALL --out @1.ers").ok();
    assert!(said.contains("renewed: begun") && said.contains("下次续期"), "{said}");
    archive.renew(&archive.long, "--record @1.ers --out @2.ers").ok();
    let said = archive.renew(&archive.long, "--record @1.ers @ALL --out @3.ers --lang en").ok();
    assert!(said.contains("renewed: time-stamp") && said.contains("renew it before 2046-01-01"));

    verdict(&archive.verify("@1.ers @ALL"), 0, "TOTAL-PASSED", "stamp: 1");
    let overdue = archive.verify(&format!("@1.ers @ALL {IN_2041}"));
    verdict(&overdue, 2, "INDETERMINATE", "OUT_OF_BOUNDS_NO_POE");
    for record in ["@2.ers", "@3.ers"] {
        let said = archive.verify(&format!("{record} @ALL {IN_2041}"));
        verdict(&said, 0, "TOTAL-PASSED", "stamps: 2");
        assert!(said.text.contains("之前已经存在"), "{}", said.text);
        verdict(&archive.verify(&format!("{record} @payload-001.zip")), 0, "TOTAL-PASSED", "due");
        let late = archive.verify(&format!("{record} @ALL --at 2046-02-01T00:00:00Z"));
        verdict(&late, 2, "INDETERMINATE", "E_ERS_OVERDUE");
        let early = archive.verify(&format!("{record} @ALL --at 2026-01-01T00:00:00Z"));
        verdict(&early, 1, "TOTAL-FAILED", "TIMESTAMP_ORDER_FAILURE");
    }
    // A stamp by an authority that another list may know.
    let list = keys_dev().join("trust.json");
    let said = archive.evidence(&format!("verify @2.ers @ALL --trust {}", list.display()));
    verdict(&said, 2, "INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND");

    let shown = archive.evidence("show @2.ers").ok();
    assert!(shown.contains("objects: 3") && shown.contains("没有经过验证"), "{shown}");
    archive.evidence("show @package.asice").refused(1, "broken-record");
}

#[test]
fn forged_records_and_other_files_fail() {
    let archive = Archive::new();
    archive.renew(&archive.short, "@ALL --out @1.ers").ok();
    archive.renew(&archive.long, "--record @1.ers --out @2.ers").ok();
    for files in ["@stranger", "@package.asice @payload-001.zip", "@ALL @stranger"] {
        let said = archive.verify(&format!("@2.ers {files}"));
        verdict(&said, 1, "TOTAL-FAILED", "HASH_FAILURE");
    }
    let record = fs::read(archive.path("2.ers")).unwrap();
    for place in [record.len() - 1, record.len() / 2, 60] {
        let mut altered = record.clone();
        altered[place] ^= 1;
        fs::write(archive.path("forged.ers"), altered).unwrap();
        let said = archive.verify(&format!("@forged.ers @ALL {IN_2041}"));
        verdict(&said, 1, "TOTAL-FAILED", "label: E_");
        // And it is not renewed either.
        let line = "--record @forged.ers --out @no.ers";
        assert_eq!(archive.renew(&archive.long, line).code, 1);
    }
    fs::write(archive.path("short.ers"), &record[..record.len() / 2]).unwrap();
    verdict(&archive.verify("@short.ers @ALL"), 1, "TOTAL-FAILED", "FORMAT_FAILURE");
    fs::write(archive.path("payload-001.zip"), "changed").unwrap();
    verdict(&archive.verify("@2.ers @ALL"), 1, "TOTAL-FAILED", "HASH_FAILURE");
    archive.renew(&archive.long, "--record @2.ers @ALL --out @no.ers").refused(1, "broken-record");
    archive.verify("@2.ers @nothing").refused(66, "cannot-read");
    assert!(!archive.path("no.ers").exists());
}

#[test]
fn a_hash_tree_is_renewed_when_the_digest_ends() {
    let archive = Archive::new();
    archive.renew(&archive.long, "@ALL --out @1.ers").ok();
    // SHA-256 is believed until 2035; the time stamp would last longer.
    let list = archive.list_with_end("ends.json", 2_051_222_400_000);
    let judge = |record: &str, more: &str| {
        archive.evidence(&format!("verify {record} --trust {} {more}", list.display()))
    };
    let said = judge("@1.ers", "@ALL");
    verdict(&said, 0, "TOTAL-PASSED", "digest_due: 2035-01-01");
    assert!(said.text.contains("需要全部原文件"), "{}", said.text);
    let said = judge("@1.ers", &format!("@ALL {IN_2041}"));
    verdict(&said, 2, "INDETERMINATE", "E_ERS_OVERDUE");

    let tsa = &archive.long.url;
    let renew = |line: &str| archive.renew_by(&list, &format!("--tsa {tsa} {line}"));
    renew("--record @1.ers --out @no.ers").refused(64, "usage");
    renew("--record @1.ers @package.asice --out @no.ers").refused(1, "broken-record");
    let said = renew("--record @1.ers @ALL --out @2.ers").ok();
    assert!(said.contains("renewed: hash-tree") && said.contains("digest: sha512"), "{said}");
    let said = judge("@2.ers", &format!("@ALL {IN_2041}"));
    verdict(&said, 0, "TOTAL-PASSED", "stamps: 2");
    verdict(&judge("@2.ers", "@payload-002.zip"), 0, "TOTAL-PASSED", "stamps: 2");
    verdict(&judge("@2.ers", "@stranger"), 1, "TOTAL-FAILED", "HASH_FAILURE");
    // Its time stamp goes on, now without the files; the old records are as they were.
    let said = renew("--record @2.ers --out @3.ers").ok();
    assert!(said.contains("renewed: time-stamp") && said.contains("files: not-checked"), "{said}");
    assert!(!said.contains("existed_before"), "{said}");
    verdict(&judge("@3.ers", &format!("@ALL {IN_2041}")), 0, "TOTAL-PASSED", "stamps: 3");
    verdict(&archive.verify("@1.ers @ALL"), 0, "TOTAL-PASSED", "stamps: 1");
    let shown = archive.evidence("show @3.ers").ok();
    assert!(shown.contains("digest: sha256") && shown.contains("digest: sha512"), "{shown}");

    // A digest that is asked for by name: stronger, or not.
    let said =
        archive.renew(&archive.long, "--record @1.ers @ALL --digest sha384 --out @4.ers").ok();
    assert!(said.contains("renewed: hash-tree"), "{said}");
    let line = "--record @4.ers @ALL --digest sha256 --out @no.ers";
    let said = archive.renew(&archive.long, line).refused(65, "bad-input");
    assert!(said.contains("不比已用过的"), "{said}");
    // The digest ended already: too late for this record.
    let past = archive.list_with_end("past.json", 1_700_000_000_000);
    let said = archive.renew_by(&past, &format!("--tsa {tsa} --record @1.ers @ALL --out @no.ers"));
    said.refused(2, "record-overdue");
    assert!(!archive.path("no.ers").exists());
}

#[test]
fn a_record_is_renewed_in_two_steps() {
    let archive = Archive::new();
    let state = archive.path("openssl");
    fs::create_dir(&state).unwrap();
    let answer = |name: &str| {
        let query = fs::read(archive.path(&format!("{name}.tsq"))).unwrap();
        fs::write(archive.path(&format!("{name}.tsr")), openssl_replies(&state, &query)).unwrap();
    };
    let two_steps = |line: &str, name: &str| {
        archive.renew_by(&archive.list, &format!("{line} --request-out @{name}.tsq")).ok();
        answer(name);
        let second = format!("--request @{name}.tsq --response @{name}.tsr --out @{name}.ers");
        archive.renew_by(&archive.list, &format!("{line} {second}"))
    };
    two_steps("@ALL", "1").ok();
    two_steps("--record @1.ers", "2").ok();
    two_steps("--record @2.ers @ALL --digest sha512", "3").ok();
    verdict(&archive.verify(&format!("@3.ers @ALL {IN_2041}")), 0, "TOTAL-PASSED", "stamps: 3");
    let mixed = "--record @1.ers --request @1.tsq --response @1.tsr --out @no.ers";
    archive.renew_by(&archive.list, mixed).refused(65, "bad-input");
    // The answer belongs to another record.
    archive.renew_by(&archive.list, "@stranger --request-out @4.tsq").ok();
    let (_, other) = post(&archive.short.url, QUERY, &fs::read(archive.path("1.tsq")).unwrap());
    fs::write(archive.path("4.tsr"), other).unwrap();
    let wrong = "@stranger --request @4.tsq --response @4.tsr --out @no.ers";
    archive.renew_by(&archive.list, wrong).refused(1, "broken-stamp");

    // What is not replaced, what is missing, what nobody answers.
    let tsa = &archive.long;
    archive.renew(tsa, "@ALL --out @1.ers").refused(73, "cannot-write");
    archive.renew(tsa, "--record @1.ers --out @1.ers").refused(73, "cannot-write");
    archive.renew(tsa, "--out @no.ers").refused(64, "usage");
    assert_eq!(archive.renew(tsa, "@ALL").code, 64, "no --out");
    archive.renew(tsa, "@nothing --out @no.ers").refused(66, "cannot-read");
    archive.renew(tsa, "--record @nothing --out @no.ers").refused(66, "cannot-read");
    let nobody = "@ALL --out @no.ers --tsa http://127.0.0.1:9/";
    archive.renew_by(&archive.list, nobody).refused(4, "tsa-unreachable");
    assert!(!archive.path("no.ers").exists());
}

#[test]
fn a_list_keeps_the_ends_of_digests() {
    let archive = Archive::new();
    let list = text(&archive.list_with_end("ends.json", 2_051_222_400_000));
    let (ca, out) = (keys_dev().join("ca-other/root.cert.pem"), archive.path("longer.json"));
    let (ca, out) = (text(&ca), text(&out));
    let place = "extension:1.2.156.10260.4.1.3";
    kaibiao(["trust", "add", &ca, "--list", &list, "--org-code", place, "--out", &out]).ok();
    let shown = kaibiao(["trust", "show", &out]).ok();
    assert!(shown.contains("sha256_until: 2035-01-01T00:00:00.000Z"), "{shown}");
    assert!(!shown.contains("sha512_until"), "{shown}");
}

/// The download of a package has kept its place.
#[test]
fn a_package_is_still_downloaded_by_the_same_command() {
    assert_eq!(kaibiao(["evidence"]).code, 64);
    assert_eq!(kaibiao(["evidence", "--hall", "http://127.0.0.1:9", "--lot", "T/L"]).code, 64);
    let dir = tempfile::tempdir().unwrap();
    let out = text(&dir.path().join("evidence.asice"));
    let all = ["evidence", "--hall", "http://127.0.0.1:9", "--lot", "T/L", "--out", &out];
    kaibiao(all).refused(4, "hall-unreachable");
}
