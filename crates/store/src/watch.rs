//! How the store is doing, for whoever runs it: whether the disk takes writes, and how long an append
//! takes. Neither tells of a bid (ruling 25): the probe is the same whatever is stored, and only the
//! lines of opening logs are timed, which everybody sees come.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use crate::error::StoreError;
use crate::store::Store;

/// Bytes that the probe writes.
const PROBE_LEN: usize = 4 << 10;

type Observer = Box<dyn Fn(Duration) + Send + Sync>;

/// Who is told how long each append took.
#[derive(Default)]
pub(crate) struct AppendWatch(OnceLock<Observer>);

impl AppendWatch {
    pub(crate) fn tell(&self, took: Duration) {
        if let Some(observer) = self.0.get() {
            observer(took);
        }
    }
}

impl core::fmt::Debug for AppendWatch {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("AppendWatch(..)")
    }
}

impl Store {
    /// Has somebody told how long each durable append of log lines took, the wait for its turn
    /// included. Only the first observer is told.
    pub fn watch_appends(&self, observer: impl Fn(Duration) + Send + Sync + 'static) {
        // A second observer is not taken; the hall has one.
        drop(self.appends.0.set(Box::new(observer)));
    }

    /// Whether the database answers and the disk takes a small file, durably. The file is gone
    /// afterwards: the store is what it was.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotDone`] if the disk does not take it, [`StoreError::StateUnknown`] once the
    /// store has stopped.
    pub fn probe(&self) -> Result<(), StoreError> {
        const DOING: &str = "try the disk";
        self.read(DOING, |conn| {
            Ok(conn.query_row("SELECT version FROM schema", [], |row| row.get::<_, i64>(0))?)
        })?;
        write_and_remove(self.probe_path())
            .map_err(|source| StoreError::NotDone { doing: DOING, source: source.into() })
    }
}

fn write_and_remove(path: &Path) -> io::Result<()> {
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    let written = file.write_all(&[0; PROBE_LEN]).and_then(|()| file.sync_all());
    fs::remove_file(path).and(written)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use kaibiao_types::{LotId, LotKey, TenderId, UtcMillis};

    use super::*;
    use crate::faults::{Point, Way};
    use crate::{Batch, Nonce};

    fn lot() -> LotKey {
        LotKey { tender: TenderId::parse("T").unwrap(), lot: LotId::parse("L").unwrap() }
    }

    fn names(dir: &Path) -> Vec<std::ffi::OsString> {
        let mut names: Vec<_> =
            fs::read_dir(dir).unwrap().map(|item| item.unwrap().file_name()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_probe_leaves_nothing_and_says_what_does_not_take_writes() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), &crate::IntakeKey::new([7; 32])).unwrap();
        let before = names(dir.path());
        let wal = fs::metadata(dir.path().join("kaibiao.sqlite-wal")).map(|meta| meta.len()).ok();
        for _ in 0..100 {
            store.probe().unwrap();
        }
        assert_eq!(names(dir.path()), before);
        let after = fs::metadata(dir.path().join("kaibiao.sqlite-wal")).map(|meta| meta.len()).ok();
        assert_eq!(after, wal, "the database was not written to");

        fs::create_dir(dir.path().join("probe")).unwrap();
        assert!(matches!(store.probe(), Err(StoreError::NotDone { .. })));
        fs::remove_dir(dir.path().join("probe")).unwrap();
        store.probe().unwrap();

        store.create_lot(&lot(), UtcMillis::EPOCH).unwrap();
        store.faults.plan(Point::Commit, Way::NotWritten, 0);
        assert!(store.append(&lot(), 0, &[b"{}".to_vec()]).is_err());
        assert!(matches!(store.probe(), Err(StoreError::StateUnknown { .. })));
        assert_eq!(names(dir.path()), before);
    }

    #[test]
    fn only_durable_log_lines_are_timed() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), &crate::IntakeKey::new([7; 32])).unwrap();
        let told = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&told);
        store.watch_appends(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
        });
        store.watch_appends(|_| panic!("the first observer stays"));
        store.create_lot(&lot(), UtcMillis::EPOCH).unwrap();
        store.put_doc(&lot(), "name", b"bytes").unwrap();
        store.kv_put(&lot(), "key", b"bytes").unwrap();
        assert!(store.use_nonce(&lot(), Nonce::new([1; 16])).unwrap());
        store.commit(&lot(), &Batch::new().append(0, [])).unwrap();
        assert!(store.append(&lot(), 7, &[b"{}".to_vec()]).is_err(), "another index");
        assert_eq!(told.load(Ordering::SeqCst), 0);
        store.append(&lot(), 0, &[b"{}".to_vec(), b"{}".to_vec()]).unwrap();
        store.append_with_nonce(&lot(), Nonce::new([2; 16]), 2, &[b"{}".to_vec()]).unwrap();
        assert_eq!(told.load(Ordering::SeqCst), 2);
    }
}
