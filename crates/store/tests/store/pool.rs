//! The pool: what an outsider sees of it, and what is left of it after a cut, damage, or a wrong key.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::common::{
    after_power_cut, completion, copy, lot, object, open, part, store_with_lot, upload,
};
use kaibiao_store::{Completion, IntakeKey, OpenError, SLICE_LEN, Store, Upload, UploadId};
use kaibiao_types::Digest;

const SLOT_LEN: u64 = 33 << 20;
const BLOCK: usize = 512;

fn slots(dir: &Path) -> Vec<PathBuf> {
    fs::read_dir(dir.join("pool")).unwrap().map(|item| item.unwrap().path()).collect()
}

/// Takes a whole bid in.
fn bid(store: &Store, n: u8, bytes: &[u8]) -> UploadId {
    let objects = [object("price", bytes.len().try_into().unwrap())];
    let manifest = format!("{{\"bidder\":\"91310000MA1K3M2X{n:02}\"}}");
    let upload = Upload { manifest: manifest.as_bytes(), ..upload(n, &objects) };
    let id = store.begin_upload(&lot("L1"), &upload).unwrap();
    let whole = usize::try_from(SLICE_LEN).unwrap();
    for (n, slice) in (0..).zip(bytes.chunks(whole)) {
        store.write_slice(id, &part("price"), n, slice).unwrap();
    }
    let number = format!("receipt/{n}");
    let notes: [(&str, &[u8]); 1] = [(&number, b"x")];
    let revision = store.upload_state(id).unwrap().revision;
    store.complete(id, &Completion { notes: &notes, ..completion(revision) }).unwrap();
    id
}

fn read(store: &Store, id: UploadId) -> Vec<u8> {
    let mut bytes = Vec::new();
    store.open_object(id, &part("price")).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

/// How many bytes of a slot were written: up to the last block that is not zero.
fn used(slot: &Path) -> usize {
    let bytes = fs::read(slot).unwrap();
    let mut blocks = bytes.chunks(BLOCK);
    BLOCK * blocks.rposition(|block| block.iter().any(|byte| *byte != 0)).map_or(0, |n| n + 1)
}

#[test]
fn slots_are_equal_and_follow_each_other() {
    let (dir, store) = store_with_lot();
    assert!(slots(dir.path()).is_empty());
    let long = |n: u8| vec![n; usize::try_from(2 * SLICE_LEN + 5).unwrap()];
    let ids: Vec<_> = (1..6).map(|n| bid(&store, n, &long(n))).collect();
    let found = slots(dir.path());
    assert_eq!(found.len(), 3);
    assert!(found.iter().all(|slot| fs::metadata(slot).unwrap().len() == SLOT_LEN));
    let (_copy, again) = after_power_cut(dir.path());
    for store in [store, again] {
        for (n, id) in (1..).zip(&ids) {
            assert!(read(&store, *id) == long(n), "bid {n}");
        }
    }
}

/// Ruling 25, as somebody with a shell on the database and a backup of the folder, but without the key:
/// what is there of a lot with bids is of the same kind as of one without.
#[test]
fn an_outsider_sees_noise_and_a_database_that_says_nothing() {
    let (dir, store) = store_with_lot();
    let (other_dir, other) = store_with_lot();
    let secret = b"91310000MA1K3M2X".as_slice();
    for n in 1..6 {
        bid(&store, n, &vec![n; 70_000]);
        other.write_decoy(70_000).unwrap();
    }
    store.put_note(&lot("L1"), "refusal/91310000MA1K3M2X", secret).unwrap();
    drop((store, other));

    let rows = |dir: &Path| {
        let conn = rusqlite::Connection::open(dir.join("kaibiao.sqlite")).unwrap();
        let mut names =
            conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
        let names: Vec<String> =
            names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let count = |name: &String| -> i64 {
            let sql = format!("SELECT COUNT(*) FROM {name}");
            conn.query_row(&sql, [], |row| row.get(0)).unwrap()
        };
        names.iter().map(|name| (name.clone(), count(name))).collect::<Vec<_>>()
    };
    assert_eq!(rows(dir.path()), rows(other_dir.path()));
    let names = |dir: &Path| {
        let items = fs::read_dir(dir).unwrap().map(|item| item.unwrap());
        let mut names: Vec<_> =
            items.map(|item| (item.file_name(), item.metadata().unwrap().len())).collect();
        names.retain(|(name, _)| !name.to_string_lossy().ends_with("-wal"));
        names.sort();
        names
    };
    assert_eq!(names(dir.path()), names(other_dir.path()));

    for dir in [dir.path(), other_dir.path()] {
        for slot in slots(dir) {
            let mut counts = [0_usize; 256];
            let bytes = fs::read(&slot).unwrap();
            let written = &bytes[..used(&slot)];
            assert!(!written.windows(secret.len()).any(|window| window == secret));
            for byte in written {
                counts[usize::from(*byte)] += 1;
            }
            // Each byte as often as any other: noise of 350,000 bytes strays by less than a tenth.
            let even = written.len() / 256;
            assert!(
                counts.iter().all(|count| count.abs_diff(even) < even / 10 + 100),
                "{counts:?} of {}",
                written.len()
            );
            // No block is twice there, so no frame shows where it begins.
            let blocks: std::collections::BTreeSet<_> = written.chunks(BLOCK).collect();
            assert_eq!(blocks.len(), written.len() / BLOCK);
        }
        for item in fs::read_dir(dir).unwrap() {
            let path = item.unwrap().path();
            if path.is_file() {
                let bytes = fs::read(&path).unwrap();
                assert!(!bytes.windows(secret.len()).any(|window| window == secret), "{path:?}");
            }
        }
    }
}

#[test]
fn another_key_opens_nothing_and_changes_nothing() {
    let (dir, store) = store_with_lot();
    let id = bid(&store, 1, b"abc");
    drop(store);
    let other = Store::open(dir.path(), &IntakeKey::new([8; 32]));
    assert!(matches!(other, Err(OpenError::OtherKey)), "{other:?}");
    assert_eq!(read(&open(dir.path()).unwrap(), id), b"abc");
}

#[test]
fn a_cut_anywhere_leaves_what_came_before_it() {
    let (dir, store) = store_with_lot();
    let mut ends = Vec::new();
    let ids: Vec<_> = (1..4)
        .map(|n| {
            let id = bid(&store, n, &[n; 1_000]);
            ends.push(used(&slots(dir.path())[0]));
            id
        })
        .collect();
    drop(store);
    let whole = fs::read(&slots(dir.path())[0]).unwrap();
    for end in (0..*ends.last().unwrap()).step_by(BLOCK / 2) {
        // What was behind the cut never reached the disk, or as something else.
        for rest in [0, 0xa5] {
            let mut torn = whole.clone();
            torn[end..].fill(0);
            torn[end..(end + 300).min(*ends.last().unwrap())].fill(rest);
            if end < BLOCK && rest != 0 {
                continue; // a slot without its header: below
            }
            let copied = tempfile::tempdir().unwrap();
            copy(dir.path(), copied.path());
            fs::write(&slots(copied.path())[0], &torn).unwrap();
            let store = open(copied.path()).unwrap();
            let found = store.submissions(&lot("L1")).unwrap();
            let promised = ends.iter().filter(|whole| **whole <= end).count();
            assert!(found.len() >= promised, "{} of {promised} at {end}", found.len());
            for (done, id) in found.iter().zip(&ids) {
                assert_eq!(done.upload, *id);
                assert_eq!(read(&store, *id).len(), 1_000);
            }
            // And it goes on, and is there after the next start.
            let next = bid(&store, 9, b"next");
            drop(store);
            let store = open(copied.path()).unwrap();
            assert_eq!(read(&store, next), b"next");
            assert_eq!(store.submissions(&lot("L1")).unwrap().len(), found.len() + 1);
        }
    }
}

#[test]
fn damage_to_what_was_acknowledged_is_noticed() {
    let (dir, store) = store_with_lot();
    for n in 1..4 {
        bid(&store, n, &[n; 1_000]);
    }
    drop(store);
    let slot = slots(dir.path()).remove(0);
    let whole = fs::read(&slot).unwrap();
    let end = used(&slot);
    let mut noticed = 0;
    for at in (0..end - 4 * BLOCK).step_by(61) {
        let mut altered = whole.clone();
        altered[at] ^= 1;
        fs::write(&slot, &altered).unwrap();
        match open(dir.path()) {
            Err(OpenError::Damaged { .. }) => noticed += 1,
            Err(error) => panic!("{at}: {error}"),
            // A piece is checked when it is read, and the noise behind a frame is nothing.
            Ok(store) => {
                assert_eq!(store.submissions(&lot("L1")).unwrap().len(), 3, "byte {at}");
                for n in 1..4 {
                    let mut bytes = Vec::new();
                    let mut object =
                        store.open_object(UploadId::new([n; 16]), &part("price")).unwrap();
                    match object.read_to_end(&mut bytes) {
                        Ok(_) => assert_eq!(bytes, [n; 1_000]),
                        Err(error) => {
                            assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
                            noticed += 1;
                        }
                    }
                }
            }
        }
    }
    assert!(noticed > 20, "{noticed}");
}

#[test]
fn a_slot_that_is_gone_or_doubled_is_damage() {
    let (dir, store) = store_with_lot();
    let long = vec![1; usize::try_from(3 * SLICE_LEN).unwrap()];
    for n in 1..4 {
        bid(&store, n, &long);
    }
    drop(store);
    drop(open(dir.path()).unwrap());
    let found = slots(dir.path());
    assert!(found.len() >= 3);
    let mut damaged = 0;
    for slot in &found {
        let kept = fs::read(slot).unwrap();
        fs::remove_file(slot).unwrap();
        damaged += usize::from(matches!(open(dir.path()), Err(OpenError::Damaged { .. })));
        // One that nobody numbered is no slot, unless it is only half made.
        fs::write(slot, [0; 4 * BLOCK]).unwrap();
        assert!(open(dir.path()).is_err() || !slot.exists());
        fs::write(slot, &kept).unwrap();
        let twin = slot.with_file_name("0".repeat(32));
        fs::write(&twin, &kept).unwrap();
        assert!(matches!(open(dir.path()), Err(OpenError::Damaged { .. })));
        fs::remove_file(twin).unwrap();
        let strange = slot.with_file_name("f".repeat(32));
        fs::write(&strange, [5; 4 * BLOCK]).unwrap();
        assert!(matches!(open(dir.path()), Err(OpenError::Damaged { .. })));
        fs::remove_file(strange).unwrap();
    }
    // The last one is missed because it was there at the opening before.
    assert_eq!(damaged, found.len());
    let notes = dir.path().join("pool/notes.txt");
    fs::write(&notes, "left alone").unwrap();
    assert_eq!(open(dir.path()).unwrap().submissions(&lot("L1")).unwrap().len(), 3);
    assert!(notes.exists());
}

#[test]
fn decoys_are_nothing_when_they_are_read() {
    let (dir, store) = store_with_lot();
    store.write_decoy(0).unwrap();
    let id = bid(&store, 1, b"abc");
    store.write_decoy(usize::MAX).unwrap();
    store.write_decoy(3_000_000).unwrap();
    let before = store.submissions(&lot("L1")).unwrap();
    let (_copy, again) = after_power_cut(dir.path());
    assert_eq!(again.submissions(&lot("L1")).unwrap(), before);
    assert_eq!(read(&again, id), b"abc");
    let digest = Digest::new([1; 32]);
    assert!(again.submission_by_manifest(&lot("L1"), &digest).unwrap().is_some());
}
