//! The inclusion and consistency vectors of transparency-dev (98 of each), read where they lie.
//!
//! A vector that we judge otherwise needs a line with a reason in
//! `fixtures/vectors/merkle/exceptions.json`; an exception that is no longer one fails the test.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kaibiao_merkle::{verify_consistency, verify_inclusion};
use kaibiao_types::Digest;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct InclusionVector {
    leaf_idx: u64,
    tree_size: u64,
    root: String,
    leaf_hash: String,
    proof: Option<Vec<String>>,
    #[serde(rename = "desc")]
    _desc: String,
    want_err: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ConsistencyVector {
    size1: u64,
    size2: u64,
    root1: String,
    root2: String,
    proof: Option<Vec<String>>,
    #[serde(rename = "desc")]
    _desc: String,
    want_err: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ForeignException {
    vector: String,
    reason: String,
}

/// A digest, where the vector holds 32 bytes: everything else is refused by the type.
fn digest(text: &str) -> Option<Digest> {
    Digest::from_slice(&STANDARD.decode(text).ok()?).ok()
}

fn digests(texts: Option<&Vec<String>>) -> Option<Vec<Digest>> {
    texts.map_or(Some(Vec::new()), |texts| texts.iter().map(|text| digest(text)).collect())
}

impl InclusionVector {
    fn accepted(&self) -> bool {
        let parsed = (digest(&self.leaf_hash), digests(self.proof.as_ref()), digest(&self.root));
        let (Some(leaf), Some(proof), Some(root)) = parsed else { return false };
        verify_inclusion(self.leaf_idx, self.tree_size, leaf, &proof, root).is_ok()
    }
}

impl ConsistencyVector {
    fn accepted(&self) -> bool {
        let parsed = (digest(&self.root1), digest(&self.root2), digests(self.proof.as_ref()));
        let (Some(root1), Some(root2), Some(proof)) = parsed else { return false };
        verify_consistency(self.size1, root1, self.size2, root2, &proof).is_ok()
    }
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The suite, or `None` with a notice where it is absent and absence is allowed.
fn suite(name: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("KAIBIAO_SHARED")
        .map_or_else(|| workspace().join("../shared"), |path| workspace().join(path));
    let folder = shared.join("suites/tlog").join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    // Past the test harness, which keeps what is printed by a test that passes.
    let notice = format!("SKIPPED: tlog/{name}: set KAIBIAO_SHARED to the folder of the suites\n");
    std::io::stderr().write_all(notice.as_bytes()).unwrap();
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI must run the foreign vectors");
    None
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, out);
        } else {
            out.push(path);
        }
    }
}

fn exceptions(kind: &str) -> BTreeMap<String, String> {
    let path = workspace().join("fixtures/vectors/merkle/exceptions.json");
    let all: Vec<ForeignException> = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    all.into_iter()
        .filter(|exception| exception.vector.starts_with(kind))
        .map(|exception| (exception.vector, exception.reason))
        .collect()
}

/// Runs `judge` (as expected?) over every file of a suite of 98.
fn run(kind: &str, judge: impl Fn(&[u8]) -> bool) {
    let Some(folder) = suite(kind) else { return };
    let mut exceptions = exceptions(kind);
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    assert_eq!(paths.len(), 98, "the suite {kind} is not the one we know");
    for path in paths {
        let name = path.strip_prefix(folder.parent().unwrap()).unwrap().display().to_string();
        let as_expected = judge(&fs::read(&path).unwrap());
        match exceptions.remove(&name) {
            None => assert!(as_expected, "{name} is judged otherwise, without an exception"),
            Some(reason) => {
                assert!(!as_expected, "{name} is no exception any more; it said: {reason}");
                assert!(reason.len() > 20, "{name} needs a reason");
            }
        }
    }
    assert!(exceptions.is_empty(), "exceptions without a vector: {exceptions:?}");
}

#[test]
fn inclusion_vectors() {
    run("inclusion", |bytes| {
        let vector: InclusionVector = serde_json::from_slice(bytes).unwrap();
        vector.accepted() != vector.want_err
    });
}

#[test]
fn consistency_vectors() {
    run("consistency", |bytes| {
        let vector: ConsistencyVector = serde_json::from_slice(bytes).unwrap();
        vector.accepted() != vector.want_err
    });
}
