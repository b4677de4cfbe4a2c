//! The script inside the package, run by a real shell with the real OpenSSL.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::Command;

use kaibiao_evidence::{BidContents, PackageContents, SignedFile, write};
use kaibiao_testkit::{Scenario, ScenarioOptions, require_tool};
use kaibiao_types::UtcMillis;

fn contents(scenario: &Scenario) -> PackageContents {
    let signed = |bytes: &[u8], cms: &[u8]| SignedFile { bytes: bytes.into(), cms: cms.into() };
    let bids = scenario.bids.iter().map(|bid| BidContents {
        manifest: signed(&bid.manifest, &bid.cms),
        headers: bid.headers.clone(),
        price: bid.objects.first().cloned(),
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
    let (code, text) = run(folder, None);
    assert_eq!((code, last_line(&text)), (0, "VERDICT: PASSED"), "{text}");

    // A stranger's root: every signature is untrusted.
    let other = kaibiao_testkit::keys_dev().join("ca-other/root.cert.pem");
    let (code, text) = run(folder, Some(&other));
    assert_eq!((code, last_line(&text)), (1, "VERDICT: FAILED"), "{text}");

    for (name, from, to) in [
        ("log/entries.jsonl", "\"kind\":\"price-read\"", "\"kind\":\"price-reed\""),
        ("log/checkpoint", "kaibiao.example", "kaibiao.exemple"),
        ("opening/record.json", "\"position\":1", "\"position\":7"),
        ("META-INF/ASiCManifest001.xml", "README.en.txt", "README.fr.txt"),
    ] {
        let path = folder.join(name);
        let good = fs::read_to_string(&path).unwrap();
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{name}");
        fs::write(&path, bad).unwrap();
        let (code, text) = run(folder, None);
        fs::write(&path, good).unwrap();
        assert_eq!((code, last_line(&text)), (1, "VERDICT: FAILED"), "{name}\n{text}");
    }
    fs::write(folder.join("added.txt"), "x").unwrap();
    assert_eq!(run(folder, None).0, 1);
}

#[test]
fn a_failed_lot_passes() {
    if !tools() {
        return;
    }
    let options = ScenarioOptions { bidders: Some(2), ..ScenarioOptions::default() };
    let folder = unzipped(&options);
    let (code, text) = run(folder.path(), None);
    assert_eq!((code, last_line(&text)), (0, "VERDICT: PASSED"), "{text}");
}
