//! The script inside the package, run by a real shell with the real OpenSSL.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_evidence::{BidContents, PackageContents, SignedFile, write};
use kaibiao_testkit::{Scenario, ScenarioOptions, require_tool};
use kaibiao_types::UtcMillis;

fn contents(scenario: &Scenario) -> PackageContents {
    let signed = |bytes: &[u8], cms: &[u8]| SignedFile { bytes: bytes.into(), cms: cms.into() };
    let bids = scenario.bids.iter().map(|bid| BidContents {
        manifest: signed(&bid.manifest, &bid.cms),
        headers: bid.headers.clone(),
        prices: bid.prices(),
        receipt: signed(&bid.receipt, &bid.receipt_cms),
        receipt_proof: bid.receipt_proof.clone(),
    });
    PackageContents {
        tender: signed(&scenario.tender, &scenario.tender_cms),
        draft: signed(&scenario.draft, &scenario.draft_cms),
        ceremony: scenario.ceremony.clone(),
        trust: scenario.trust.clone(),
        log: scenario.log.jsonl(),
        checkpoint: scenario.checkpoint.clone(),
        places: scenario.places.clone(),
        bids: bids.collect(),
        journals: scenario.journals.clone(),
    }
}

/// The package unzipped by `unzip`, which also shows that any ZIP program reads it.
fn unzipped(options: &ScenarioOptions) -> tempfile::TempDir {
    let scenario = Scenario::build(options).unwrap();
    let (rng, at) = (ring::rand::SystemRandom::new(), UtcMillis::new(1_800_010_000_000).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lot.asice");
    let mut out = fs::File::create(&file).unwrap();
    write(&contents(&scenario), &scenario.people.hall, at, &rng, &mut out).unwrap();
    let done = Command::new("unzip").arg("-q").arg(&file).arg("-d").arg(folder.path()).status();
    assert!(done.unwrap().success());
    fs::remove_file(file).unwrap();
    folder
}

/// Exit code and last line.
fn run(folder: &Path, roots: Option<&Path>) -> (i32, String) {
    let mut command = Command::new("sh");
    command.arg(folder.join("verify-openssl.sh")).args(roots);
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(errors, "", "{text}");
    (output.status.code().unwrap(), text)
}

fn last_line(text: &str) -> &str {
    text.lines().last().unwrap()
}

fn tools() -> bool {
    ["openssl", "xxd", "unzip", "awk"].into_iter().all(require_tool)
}

/// The roots that the trust list of these openings names.
fn roots(folder: &Path) -> PathBuf {
    let roots = ["ca-rsa", "ca-p256"]
        .map(|ca| fs::read(kaibiao_testkit::keys_dev().join(ca).join("root.cert.pem")).unwrap());
    let file = folder.join("roots.pem");
    fs::write(&file, roots.concat()).unwrap();
    file
}

/// Puts the digest that a file has now into the manifest, so that only what reads the file can tell.
fn list_again(folder: &Path, name: &str) {
    let path = folder.join("META-INF/ASiCManifest001.xml");
    let manifest = fs::read_to_string(&path).unwrap();
    let (before, after) = manifest.split_once(&format!("URI=\"{name}\"")).unwrap();
    let (between, after) = after.split_once("<ds:DigestValue>").unwrap();
    let (_, after) = after.split_once('<').unwrap();
    let bytes = fs::read(folder.join(name)).unwrap();
    let digest = ring::digest::digest(&ring::digest::SHA256, &bytes);
    let digest = STANDARD.encode(digest);
    let listed = format!("{before}URI=\"{name}\"{between}<ds:DigestValue>{digest}<{after}");
    fs::write(path, listed).unwrap();
}

/// Changes a file once and lists it again.
fn edit(folder: &Path, name: &str, from: &str, to: &str) {
    let path = folder.join(name);
    let good = fs::read_to_string(&path).unwrap();
    let bad = good.replacen(from, to, 1);
    assert_ne!(bad, good, "{name}");
    fs::write(path, bad).unwrap();
    list_again(folder, name);
}

#[test]
fn a_whole_opening_passes_and_changes_do_not() {
    if !tools() {
        return;
    }
    let options = ScenarioOptions {
        garbage: Some(2),
        revised: Some(0),
        seed: "openssl",
        ..ScenarioOptions::default()
    };
    let folder = unzipped(&options);
    let folder = folder.path();
    let elsewhere = tempfile::tempdir().unwrap();
    let trusted = roots(elsewhere.path());
    let (code, text) = run(folder, Some(&trusted));
    assert_eq!((code, last_line(&text)), (0, "VERDICT: PASSED"), "{text}");
    // Every kind of entry was looked at: a pattern that matches nothing would check less.
    assert!(text.contains("\n210 checks hold, 0 do not; 3 of 3 custodians"), "{text}");

    // By the list inside the package alone nothing is decided.
    let (code, text) = run(folder, None);
    assert_eq!(code, 2, "{text}");
    assert!(last_line(&text).starts_with("VERDICT: INDETERMINATE (trust only by"), "{text}");

    // A stranger's root: every signature is untrusted.
    let other = kaibiao_testkit::keys_dev().join("ca-other/root.cert.pem");
    let (code, text) = run(folder, Some(&other));
    assert_eq!((code, last_line(&text)), (1, "VERDICT: FAILED"), "{text}");

    let log = "log/entries.jsonl";
    edit(folder, log, "\"kind\":\"price-read\"", "\"kind\":\"price-reed\"");
    edit(
        folder,
        log,
        "\"journal-signed\",\"data\":{\"custodian\":1",
        "\"journal-signed\",\"data\":{\"custodian\":2",
    );
    edit(
        folder,
        log,
        "\"key-destroyed\",\"data\":{\"custodian\":2",
        "\"key-destroyed\",\"data\":{\"custodian\":3",
    );
    edit(
        folder,
        log,
        "\"freeze-signed\",\"data\":{\"custodian\":3",
        "\"freeze-signed\",\"data\":{\"custodian\":1",
    );
    edit(folder, "opening/record.json", "\"position\":1", "\"position\":7");
    edit(folder, "log/checkpoint", "kaibiao.example", "kaibiao.exemple");
    let journal = folder.join("journals/1.jsonl");
    let longer = [fs::read(&journal).unwrap(), b"{}\n".to_vec()].concat();
    fs::write(journal, longer).unwrap();
    list_again(folder, "journals/1.jsonl");
    fs::copy(folder.join("ceremony/custodian-2.p7s"), folder.join("ceremony/custodian-1.p7s"))
        .unwrap();
    list_again(folder, "ceremony/custodian-1.p7s");
    let (code, text) = run(folder, Some(&trusted));
    assert_eq!((code, last_line(&text)), (1, "VERDICT: FAILED"), "{text}");
    for expected in [
        "seal of the package: the signature does not hold",
        "ceremony: not custodian 1's certificate",
        "journal (freeze), custodian 2: the signature does not hold",
        "not the certificate of custodian 3",
        "not the certificate of custodian 1",
        "journals/1.jsonl: longer than what was signed",
        "opening/record.json: not the one of the log",
        "opening record, entry",
        "log/checkpoint: of another log",
        "log/checkpoint: another root",
        "log/checkpoint: the signature of the log does not hold",
    ] {
        assert!(
            text.lines().any(|line| line.starts_with("BAD ") && line.contains(expected)),
            "{expected}\n{text}"
        );
    }
}

#[test]
fn files_that_are_not_listed_or_not_as_listed_fail() {
    if !tools() {
        return;
    }
    let folder = unzipped(&ScenarioOptions { bidders: Some(2), ..ScenarioOptions::default() });
    let folder = folder.path();
    let elsewhere = tempfile::tempdir().unwrap();
    let trusted = roots(elsewhere.path());
    let (code, text) = run(folder, Some(&trusted));
    assert_eq!((code, last_line(&text)), (0, "VERDICT: PASSED"), "a failed lot: {text}");

    fs::write(folder.join("added.txt"), "x").unwrap();
    let mut readme = fs::read(folder.join("README.en.txt")).unwrap();
    readme[0] ^= 1;
    fs::write(folder.join("README.en.txt"), readme).unwrap();
    let (code, text) = run(folder, Some(&trusted));
    assert_eq!((code, last_line(&text)), (1, "VERDICT: FAILED"), "{text}");
    for expected in
        ["BAD  README.en.txt: missing or altered", "BAD  the files are not those of the manifest"]
    {
        assert!(text.contains(expected), "{text}");
    }
}

/// A corrected record is judged by its last version; a terminated lot has none.
#[test]
fn a_corrected_record_and_a_terminated_lot_pass() {
    if !tools() {
        return;
    }
    let elsewhere = tempfile::tempdir().unwrap();
    let trusted = roots(elsewhere.path());
    let corrected = ScenarioOptions { corrected: true, ..ScenarioOptions::default() };
    let folder = unzipped(&corrected);
    let (code, text) = run(folder.path(), Some(&trusted));
    assert_eq!((code, last_line(&text)), (0, "VERDICT: PASSED"), "{text}");
    // The first version in place of the last: the log names another.
    edit(folder.path(), "opening/record.json", "\"no\":2", "\"no\":1");
    let (code, text) = run(folder.path(), Some(&trusted));
    assert_eq!((code, last_line(&text)), (1, "VERDICT: FAILED"), "{text}");
    assert!(text.contains("opening/record.json: not the one of the log"), "{text}");

    let terminated = ScenarioOptions { terminated: true, ..ScenarioOptions::default() };
    let folder = unzipped(&terminated);
    assert!(!folder.path().join("opening/record.json").exists());
    let (code, text) = run(folder.path(), Some(&trusted));
    assert_eq!((code, last_line(&text)), (0, "VERDICT: PASSED"), "{text}");
}

/// Each envelope has its own record.
#[test]
fn the_records_of_two_envelopes_are_judged_each() {
    if !tools() {
        return;
    }
    let elsewhere = tempfile::tempdir().unwrap();
    let trusted = roots(elsewhere.path());
    let two = ScenarioOptions { two_envelopes: true, ..ScenarioOptions::default() };
    let folder = unzipped(&two);
    let (code, text) = run(folder.path(), Some(&trusted));
    assert_eq!((code, last_line(&text)), (0, "VERDICT: PASSED"), "{text}");
    for name in ["record.json", "record-2.json"] {
        let folder = unzipped(&two);
        edit(folder.path(), &format!("opening/{name}"), "\"position\":1", "\"position\":7");
        let (code, text) = run(folder.path(), Some(&trusted));
        assert_eq!((code, last_line(&text)), (1, "VERDICT: FAILED"), "{text}");
        assert!(text.contains(&format!("opening/{name}: not the one of the log")), "{text}");
    }
}
