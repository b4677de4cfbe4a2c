//! A disk that takes nothing more, played by the limit of the system on the length of a file: a slice
//! is not done, a commit stops the store, and what was acknowledged before is there.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::expect_used)]

mod common;

use std::{path::Path, process::Command};

use common::{lines, lot, object, part, store_with_lot, upload};
use kaibiao_store::{SLICE_LEN, Store, StoreError, UploadId};

/// Where the process with the limit works; set only for it.
const CHILD: &str = "KAIBIAO_FULL_DIR";
/// 512-byte blocks that a file may have: 1 MiB.
const BLOCKS: &str = "2048";
const UPLOAD: UploadId = UploadId::new([1; 16]);
const LOTS: [&str; 4] = ["L1", "L2", "L3", "L4"];

#[test]
fn a_full_disk_loses_nothing_that_was_acknowledged() {
    if let Some(dir) = std::env::var_os(CHILD) {
        return fill(Path::new(&dir));
    }
    let (dir, store) = store_with_lot();
    for name in &LOTS[1..] {
        store.create_lot(&lot(name), common::at(5)).unwrap();
    }
    drop(store);
    // Without the trap the signal of the limit would end the process.
    let script = format!("trap '' XFSZ; ulimit -f {BLOCKS}; exec \"$0\" \"$@\"");
    let output = Command::new("sh")
        .args(["-c", &script])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "a_full_disk_loses_nothing_that_was_acknowledged", "--nocapture"])
        .env(CHILD, dir.path())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    let store = Store::open(dir.path()).unwrap();
    let state = store.upload_state(UPLOAD).unwrap();
    assert_eq!((&state.parts[0].missing[..], &state.parts[1].missing[..]), (&[0, 1][..], &[][..]));
    let mut acknowledged = 0;
    for told in said.lines() {
        let (name, count) = told.split_once(' ').unwrap();
        let (key, count) = (lot(name), count.parse::<u64>().unwrap());
        let found = store.entry_count(&key).unwrap();
        // The line under way when the disk was full may be there or not.
        assert!(found == count || found == count + 1, "{name}: {found} of {count}");
        let texts = store.entries(&key, 0).unwrap().into_iter().map(|(_, line)| line);
        assert!(texts.eq(lines(0, found)), "{name}");
        acknowledged += count;
        // There is room again, and it goes on where it ended.
        store.append(&key, found, &lines(found, 1)).unwrap();
    }
    assert!(said.lines().count() == LOTS.len() && acknowledged > 0, "{said}");
    let slice = vec![7; usize::try_from(SLICE_LEN).unwrap()];
    store.write_slice(UPLOAD, &part("documents"), 0, &slice).unwrap();
}

/// Works until the disk takes nothing more, and tells how many lines of each lot it was promised.
fn fill(dir: &Path) {
    let store = Store::open(dir).unwrap();
    let objects = [object("documents", SLICE_LEN + 3, 1), object("price", 3, 2)];
    store.begin_upload(&lot("L1"), &upload(1, &objects)).unwrap();
    let before = store.upload_state(UPLOAD).unwrap();
    let slice = vec![7; usize::try_from(SLICE_LEN).unwrap()];
    for _ in 0..2 {
        let refused = store.write_slice(UPLOAD, &part("documents"), 0, &slice);
        assert!(matches!(refused, Err(StoreError::NotDone { .. })), "{refused:?}");
        assert_eq!(store.upload_state(UPLOAD).unwrap(), before, "the slice counts as missing");
    }
    // A disk that takes no slice may take a small one.
    store.write_slice(UPLOAD, &part("price"), 0, b"abc").unwrap();
    std::thread::scope(|scope| {
        for name in LOTS {
            let store = &store;
            scope.spawn(move || {
                let stopped = (0..).find_map(|index| {
                    store.append(&lot(name), index, &lines(index, 1)).err().map(|e| (index, e))
                });
                let (index, error) = stopped.unwrap();
                assert!(matches!(error, StoreError::StateUnknown { .. }), "{error:?}");
                eprintln!("{name} {index}");
            });
        }
    });
    assert!(matches!(store.lots(), Err(StoreError::StateUnknown { .. })));
    assert!(matches!(store.probe(), Err(StoreError::StateUnknown { .. })));
}
