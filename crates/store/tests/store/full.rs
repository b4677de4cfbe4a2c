//! A disk that takes nothing more, played by the limit of the system on the length of a file: an upload
//! is not begun, a commit stops the store, and what was acknowledged before is there.

use std::{path::Path, process::Command};

use crate::common::{lines, lot, object, part, store_with_lot, upload};
use kaibiao_store::{StoreError, UploadId};

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
        store.create_lot(&lot(name), crate::common::at(5)).unwrap();
    }
    drop(store);
    // Without the trap the signal of the limit would end the process.
    let script = format!("trap '' XFSZ; ulimit -f {BLOCKS}; exec \"$0\" \"$@\"");
    let output = Command::new("sh")
        .args(["-c", &script])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "full::a_full_disk_loses_nothing_that_was_acknowledged", "--nocapture"])
        .env(CHILD, dir.path())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    let store = crate::common::open(dir.path()).unwrap();
    assert!(store.upload_state(UPLOAD).is_err(), "nobody was told that it had begun");
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
    store.begin_upload(&lot("L1"), &upload(1, &[object("price", 3)])).unwrap();
    store.write_slice(UPLOAD, &part("price"), 0, b"abc").unwrap();
}

/// Works until the disk takes nothing more, and tells how many lines of each lot it was promised.
fn fill(dir: &Path) {
    let store = crate::common::open(dir).unwrap();
    // There is no room for a slot of the pool.
    for _ in 0..2 {
        let refused = store.begin_upload(&lot("L1"), &upload(1, &[object("price", 3)]));
        assert!(matches!(refused, Err(StoreError::NotDone { .. })), "{refused:?}");
        assert!(store.upload_state(UPLOAD).is_err());
    }
    assert_eq!(std::fs::read_dir(dir.join("pool")).unwrap().count(), 0, "half of a slot");
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
