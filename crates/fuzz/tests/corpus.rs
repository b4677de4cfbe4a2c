//! Every committed input again, on stable Rust, through the functions that are fuzzed.

#![allow(clippy::panic, clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use kaibiao_fuzz::{TARGETS, Target, target};
use kaibiao_testkit::fixtures;

fn folder(target: &Target) -> PathBuf {
    fixtures().join("corpus").join(target.name)
}

/// The files of a folder in the order of their names.
fn files(folder: &Path) -> Vec<PathBuf> {
    let read = std::fs::read_dir(folder);
    let read = read.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = read.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn replay(name: &str) {
    let target = target(name).unwrap();
    let files = files(&folder(target));
    assert!(!files.is_empty(), "{name} has no corpus");
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        // A panic shows which input it was.
        let run = std::panic::catch_unwind(|| (target.run)(&bytes));
        assert!(run.is_ok(), "{}", file.display());
    }
}

macro_rules! corpora {
    ($($function:ident = $name:literal;)*) => {
        $(
            #[test]
            fn $function() {
                replay($name);
            }
        )*

        const REPLAYED: &[&str] = &[$($name),*];
    };
}

corpora! {
    bid_manifest = "bid-manifest";
    bundle = "bundle";
    certificate = "certificate";
    cms = "cms";
    command = "command";
    crl = "crl";
    custodian_journal = "custodian-journal";
    dkg_message = "dkg-message";
    evidence_record = "evidence-record";
    freeze = "freeze";
    header = "header";
    locks = "locks";
    log_entry = "log-entry";
    note = "note";
    object = "object";
    ocsp = "ocsp";
    opening_record = "opening-record";
    package = "package";
    partial = "partial";
    path = "path";
    pkcs12 = "pkcs12";
    price_sheet = "price-sheet";
    proof = "proof";
    receipt = "receipt";
    tender = "tender";
    time_response = "time-response";
    time_stamp = "time-stamp";
    trust_list = "trust-list";
    wire = "wire";
}

#[test]
fn every_target_is_replayed_and_every_corpus_has_a_target() {
    let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    assert_eq!(names, REPLAYED);
    let folders = files(&fixtures().join("corpus"));
    let folders: Vec<&str> =
        folders.iter().map(|folder| folder.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(folders, names);
}

#[test]
fn seeds_hold_and_their_every_cut_is_taken_without_panic() {
    for target in TARGETS {
        let seeds = (target.seeds)();
        assert!(!seeds.is_empty(), "{} has no seed", target.name);
        for seed in &seeds {
            (target.run)(seed);
        }
        // Cuts and flipped bits of the first seed: a quick look at what the soak does at length.
        let first = &seeds[0];
        let step = (first.len() / 20).max(1);
        for cut in (0..first.len()).step_by(step) {
            (target.run)(&first[..cut]);
            let mut flipped = first.clone();
            flipped[cut] ^= 1;
            (target.run)(&flipped);
        }
    }
}
