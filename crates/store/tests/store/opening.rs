//! Opening a directory: locks, permissions, damage, power cuts.

use std::{
    fs,
    io::Read,
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use crate::common::{
    after_power_cut, completion, copy, lines, lot, object, part, store_with_lot, upload,
};
use kaibiao_store::OpenError;

const DATABASE: &str = "kaibiao.sqlite";

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn two_halls_cannot_open_one_directory() {
    let (dir, store) = store_with_lot();
    let second = crate::common::open(dir.path());
    assert!(matches!(second, Err(OpenError::InUse)), "{second:?}");
    // The refused one disturbed nothing.
    store.append(&lot("L1"), 0, &lines(0, 1)).unwrap();
    drop(store);
    assert_eq!(crate::common::open(dir.path()).unwrap().entry_count(&lot("L1")).unwrap(), 1);
}

#[test]
fn files_are_private() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("a/b");
    let store = crate::common::open(&dir).unwrap();
    store.create_lot(&lot("L1"), crate::common::at(1)).unwrap();
    let objects = [object("price", 3)];
    store.begin_upload(&lot("L1"), &upload(1, &objects)).unwrap();
    assert_eq!((mode(&dir), mode(&dir.join("pool"))), (0o700, 0o700));
    for file in ["lock", DATABASE, "kaibiao.sqlite-wal"] {
        assert_eq!(mode(&dir.join(file)), 0o600, "{file}");
    }
    let slot = fs::read_dir(dir.join("pool")).unwrap().next().unwrap().unwrap();
    assert_eq!(mode(&slot.path()), 0o600);
    // One connection, exclusive: there is no shared-memory file.
    assert!(!dir.join("kaibiao.sqlite-shm").exists());
}

#[test]
fn a_folder_with_other_files_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("thesis.txt"), "x").unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    assert!(matches!(crate::common::open(dir.path()), Err(OpenError::NotAStore)));
    assert_eq!(mode(dir.path()), 0o755);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    let file = dir.path().join("thesis.txt");
    assert!(matches!(crate::common::open(&file), Err(OpenError::Files { .. })));
}

#[test]
fn an_open_folder_that_is_ours_is_closed_to_others() {
    let (dir, store) = store_with_lot();
    drop(store);
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let _store = crate::common::open(dir.path()).unwrap();
    assert_eq!(mode(dir.path()), 0o700);
}

#[test]
fn another_schema_is_refused() {
    let (dir, store) = store_with_lot();
    drop(store);
    let conn = rusqlite::Connection::open(dir.path().join(DATABASE)).unwrap();
    conn.execute("UPDATE schema SET version = 2", []).unwrap();
    drop(conn);
    let opened = crate::common::open(dir.path());
    assert!(matches!(opened, Err(OpenError::OtherSchema { found: 2, known: 3 })), "{opened:?}");
}

#[test]
fn damage_is_noticed() {
    type Harm = (&'static str, fn(&rusqlite::Connection));
    let harms: [Harm; 3] = [
        ("a gap in the log", |conn| {
            conn.execute_batch("DROP TRIGGER entry_stays; DELETE FROM entry WHERE i = 1").unwrap();
        }),
        ("a missing row", |conn| {
            conn.execute_batch("PRAGMA foreign_keys = 0; DELETE FROM lot").unwrap();
        }),
        ("a lot that the pool knows", |conn| {
            conn.execute_batch(
                "PRAGMA foreign_keys = 0; DROP TRIGGER entry_stays; DELETE FROM entry;
                 DELETE FROM lot",
            )
            .unwrap();
        }),
    ];
    for (name, harm) in harms {
        let (dir, store) = store_with_lot();
        store.append(&lot("L1"), 0, &lines(0, 3)).unwrap();
        let id = store.begin_upload(&lot("L1"), &upload(1, &[])).unwrap();
        store.complete(id, &completion(0)).unwrap();
        drop(store);
        let conn = rusqlite::Connection::open(dir.path().join(DATABASE)).unwrap();
        harm(&conn);
        drop(conn);
        let opened = crate::common::open(dir.path());
        assert!(matches!(opened, Err(OpenError::Damaged { .. })), "{name}: {opened:?}");
    }
}

#[test]
fn a_file_that_is_no_database_is_damage() {
    for bytes in [vec![b'x'; 5000], b"SQLite format 3\0garbage".repeat(300)] {
        let (dir, store) = store_with_lot();
        drop(store);
        fs::write(dir.path().join(DATABASE), &bytes).unwrap();
        let opened = crate::common::open(dir.path());
        assert!(matches!(opened, Err(OpenError::Damaged { .. })), "{opened:?}");
        assert_eq!(fs::read(dir.path().join(DATABASE)).unwrap(), bytes, "left for the expert");
    }
}

#[test]
fn the_log_is_final_in_the_database_too() {
    let (dir, store) = store_with_lot();
    store.append(&lot("L1"), 0, &lines(0, 1)).unwrap();
    drop(store);
    let conn = rusqlite::Connection::open(dir.path().join(DATABASE)).unwrap();
    for sql in ["UPDATE entry SET line = x'00'", "DELETE FROM entry"] {
        assert!(conn.execute(sql, []).is_err(), "{sql}");
    }
}

#[test]
fn a_power_cut_after_any_step_keeps_what_was_acknowledged() {
    let (dir, store) = store_with_lot();
    let key = lot("L1");
    let objects = [object("price", 3)];
    let id = store.begin_upload(&key, &upload(1, &objects)).unwrap();
    let (_copy, cut) = after_power_cut(dir.path());
    assert_eq!(cut.upload_state(id).unwrap().missing(), 1);
    store.write_slice(id, &part("price"), 0, b"abc").unwrap();
    let (_copy, cut) = after_power_cut(dir.path());
    assert_eq!(cut.upload_state(id).unwrap().missing(), 0);
    store.complete(id, &completion(1)).unwrap();
    let (_copy, cut) = after_power_cut(dir.path());
    assert_eq!(cut.submissions(&key).unwrap(), store.submissions(&key).unwrap());
    let mut text = String::new();
    cut.open_object(id, &part("price")).unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "abc");
    store.append(&key, 0, &lines(0, 5)).unwrap();
    let (_copy, cut) = after_power_cut(dir.path());
    assert_eq!(cut.entry_count(&key).unwrap(), 5);
    // And it goes on from there.
    cut.append(&key, 5, &lines(5, 1)).unwrap();
}

#[test]
fn a_power_cut_at_any_moment_leaves_a_gapless_log() {
    let (dir, store) = store_with_lot();
    let key = lot("L1");
    let acknowledged = AtomicU64::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for i in (0..400).step_by(2) {
                store.append(&key, i, &lines(i, 2)).unwrap();
                acknowledged.store(i + 2, Ordering::SeqCst);
            }
        });
        for _ in 0..10 {
            let promised = acknowledged.load(Ordering::SeqCst);
            let (_copy, cut) = after_power_cut(dir.path());
            let entries = cut.entries(&key, 0).unwrap();
            let found = u64::try_from(entries.len()).unwrap();
            assert!(found >= promised, "{found} of {promised}");
            assert_eq!(found % 2, 0, "half a batch");
            assert!(
                (0..).zip(&entries).all(|(i, entry)| (i, &lines(i, 1)[0]) == (entry.0, &entry.1))
            );
        }
    });
}

#[test]
fn a_torn_write_ahead_log_loses_whole_batches_only() {
    let (dir, store) = store_with_lot();
    let key = lot("L1");
    for i in (0..40).step_by(4) {
        store.append(&key, i, &lines(i, 4)).unwrap();
    }
    let whole = tempfile::tempdir().unwrap();
    copy(dir.path(), whole.path());
    let wal = fs::read(whole.path().join("kaibiao.sqlite-wal")).unwrap();
    let mut last = 0;
    for length in (0..=wal.len()).step_by(997) {
        let torn = tempfile::tempdir().unwrap();
        copy(whole.path(), torn.path());
        fs::write(torn.path().join("kaibiao.sqlite-wal"), &wal[..length]).unwrap();
        let Ok(cut) = crate::common::open(torn.path()) else { panic!("torn at {length}") };
        let count = cut.entry_count(&key).unwrap_or(0);
        assert!(count >= last && count % 4 == 0, "torn at {length}: {count} entries");
        last = count;
    }
    assert!(last >= 36);
}

#[test]
fn the_write_ahead_log_does_not_grow_for_ever() {
    let (dir, store) = store_with_lot();
    let key = lot("L1");
    let line = vec![b'x'; 4 << 20];
    for i in 0..24 {
        store.append(&key, i, std::slice::from_ref(&line)).unwrap();
    }
    let len = fs::metadata(dir.path().join("kaibiao.sqlite-wal")).unwrap().len();
    assert!(len < 48 << 20, "{len} bytes after 96 MiB of lines");
    let (_copy, cut) = after_power_cut(dir.path());
    assert!(cut.entries(&key, 0).unwrap().iter().all(|(_, kept)| *kept == line));
    assert_eq!(cut.entry_count(&key).unwrap(), 24);
}
