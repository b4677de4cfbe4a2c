//! `kill -9` in the middle of the work, again and again on one directory: what was acknowledged is
//! there, nothing is doubled, no batch is half there.
//!
//! `cargo xtask soak append` runs it with many more rounds.

use std::{
    collections::BTreeMap,
    hash::{BuildHasher, RandomState},
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::{Command, Stdio},
};

use crate::common::{at, completion, lot, object, part, upload};
use kaibiao_store::{Batch, Nonce, Store, Upload, UploadId};
use kaibiao_types::{Digest, LotKey};

/// Lots, each with a thread of its own.
const LOTS: u64 = 8;
/// The most acknowledgements after which a round is ended.
const ACKS: u64 = 300;
/// Where the killed process works; set only for it.
const CHILD: &str = "KAIBIAO_CRASH_DIR";
/// How often.
const ROUNDS: &str = "KAIBIAO_ROUNDS";

#[test]
fn a_kill_loses_nothing_that_was_acknowledged() {
    if let Some(dir) = std::env::var_os(CHILD) {
        return work(Path::new(&dir));
    }
    let rounds = std::env::var(ROUNDS).map_or(25, |text| text.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let mut seen = Seen::default();
    for round in 0..rounds {
        let acks = RandomState::new().hash_one(round) % ACKS;
        let acknowledged = killed_after(dir.path(), acks);
        seen.check(dir.path(), &acknowledged);
    }
    let entries: u64 = seen.entries.values().sum();
    println!("{rounds} kills, {entries} entries, {} submissions, none lost or doubled", seen.bids);
    assert!(entries > rounds, "the rounds came to nothing");
}

/// Starts the work in a process of its own, kills it after so many acknowledgements, and gives all
/// that it acknowledged until it was dead.
fn killed_after(dir: &Path, acks: u64) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::a_kill_loses_nothing_that_was_acknowledged", "--nocapture"])
        .env(CHILD, dir)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut text = String::new();
    for _ in 0..acks {
        assert!(said.read_line(&mut text).unwrap() > 0, "it ended by itself: {text}");
    }
    child.kill().unwrap();
    said.read_to_string(&mut text).unwrap();
    assert!(!child.wait().unwrap().success());
    // A last line without its end is none.
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.lines().map(str::to_owned).collect()
}

/// Appends to every lot and takes bids in, until it is killed.
fn work(dir: &Path) {
    let store = crate::common::open(dir).unwrap();
    let known = store.lots().unwrap();
    for key in (0..=LOTS).map(lot_of) {
        if known.iter().all(|lot| lot.key != key) {
            store.create_lot(&key, at(1)).unwrap();
        }
    }
    std::thread::scope(|scope| {
        let store = &store;
        for n in 0..LOTS {
            scope.spawn(move || append_for_ever(store, n));
        }
        scope.spawn(move || take_bids_for_ever(store));
    });
}

fn acknowledge(text: &str) {
    std::io::stderr().lock().write_all(text.as_bytes()).unwrap();
}

fn lot_of(n: u64) -> LotKey {
    lot(&format!("L{n}"))
}

fn line(n: u64, index: u64) -> Vec<u8> {
    format!("{{\"lot\":{n},\"i\":{index},\"{}\":0}}", "x".repeat(270)).into_bytes()
}

fn nonce(n: u64, index: u64) -> Nonce {
    Nonce::new((u128::from(n) << 64 | u128::from(index)).to_be_bytes())
}

fn append_for_ever(store: &Store, n: u64) {
    let key = lot_of(n);
    for index in store.entry_count(&key).unwrap().. {
        let batch = Batch::new()
            .nonce(nonce(n, index))
            .append(index, [line(n, index)])
            .kv_put("count", &(index + 1).to_be_bytes());
        store.commit(&key, &batch).unwrap();
        acknowledge(&format!("entry {n} {index}\n"));
    }
}

/// The names of the bid with this number.
fn bid(number: u64) -> (UploadId, Digest) {
    let id = u128::from(number).to_be_bytes();
    let mut digest = [0; 32];
    digest[..16].copy_from_slice(&id);
    (UploadId::new(id), Digest::new(digest))
}

fn take_bids_for_ever(store: &Store) {
    let key = lot_of(LOTS);
    // Bids that were begun and not completed stay so.
    let begun = |number: &u64| store.upload_state(bid(*number).0).is_ok();
    for number in (0..).skip_while(begun) {
        let (id, manifest_sha256) = bid(number);
        let objects = [object("price", 8)];
        let new = Upload { id, manifest_sha256, ..upload(0, &objects) };
        store.begin_upload(&key, &new).unwrap();
        store.write_slice(id, &part("price"), 0, &number.to_be_bytes()).unwrap();
        let revision = store.upload_state(id).unwrap().revision;
        store.complete(id, &completion(revision)).unwrap();
        acknowledge(&format!("bid {number}\n"));
    }
}

/// What was found after the last kill.
#[derive(Default)]
struct Seen {
    /// Entries of each lot.
    entries: BTreeMap<u64, u64>,
    bids: usize,
}

impl Seen {
    fn check(&mut self, dir: &Path, acknowledged: &[String]) {
        let store = crate::common::open(dir).unwrap();
        let mut promised = self.entries.clone();
        for said in acknowledged {
            let words: Vec<&str> = said.split(' ').collect();
            match words[..] {
                ["entry", n, index] => {
                    promised.insert(n.parse().unwrap(), index.parse::<u64>().unwrap() + 1);
                }
                ["bid", number] => {
                    let number: u64 = number.parse().unwrap();
                    let id = bid(number).0;
                    assert!(store.submission_by_upload(id).unwrap().is_some(), "bid {number}");
                    let mut bytes = Vec::new();
                    let mut object = store.open_object(id, &part("price")).unwrap();
                    object.read_to_end(&mut bytes).unwrap();
                    assert_eq!(bytes, number.to_be_bytes());
                    self.bids += 1;
                }
                _ => panic!("it said {said}"),
            }
        }
        for (n, promised) in promised {
            let (key, known) = (lot_of(n), self.entries.get(&n).copied().unwrap_or(0));
            let found = store.entry_count(&key).unwrap();
            assert!(found >= promised, "lot {n}: {found} of {promised} entries");
            let fresh = store.entries(&key, known).unwrap();
            let expected: Vec<_> = (known..found).map(|index| (index, line(n, index))).collect();
            assert!(fresh == expected, "lot {n}: lines are not those that were appended");
            let kept = store.kv_get(&key, "count").unwrap();
            assert_eq!(kept, Some(found.to_be_bytes().to_vec()), "lot {n}: half a batch");
            assert!(store.knows_nonce(&key, nonce(n, found - 1)).unwrap());
            assert!(!store.knows_nonce(&key, nonce(n, found)).unwrap());
            self.entries.insert(n, found);
        }
    }
}
