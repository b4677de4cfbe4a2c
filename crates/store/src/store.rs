//! The open store: one connection, one flag for "no longer known", one turn per upload.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use kaibiao_types::LotKey;
use rusqlite::{Connection, OptionalExtension, params};

use crate::{
    error::{BoxError, Inside, Refusal, StoreError},
    faults::{Faults, Point},
    group::Database,
    ids::{BlobName, UploadId},
    watch::AppendWatch,
};

pub(crate) const DATABASE: &str = "kaibiao.sqlite";
pub(crate) const BLOBS: &str = "blobs";
/// A file that is there only for a moment: see [`Store::probe`].
pub(crate) const PROBE: &str = "probe";

/// The write-ahead log is copied back once it has this many bytes.
const WAL_LEN: u64 = 4 << 20;

/// Uploads share this many turns; two uploads with the same turn only wait for each other.
const TURNS: usize = 64;

/// The durable state of one hall, in one directory. See the crate page for what `Ok` means.
///
/// All methods take `&self`; calls from many threads wait for each other where they must.
#[derive(Debug)]
pub struct Store {
    blobs: PathBuf,
    wal: PathBuf,
    probe: PathBuf,
    pub(crate) db: Mutex<Database>,
    /// Calls that change something and have not had their turn at the database yet.
    pub(crate) coming: AtomicUsize,
    halted: AtomicBool,
    turns: [Mutex<()>; TURNS],
    pub(crate) faults: Faults,
    pub(crate) appends: AppendWatch,
    // Last, so that the database is closed before another process may open it.
    _lock: File,
}

impl Store {
    pub(crate) fn from_parts(dir: &Path, conn: Connection, lock: File) -> Self {
        Self {
            blobs: dir.join(BLOBS),
            wal: dir.join(format!("{DATABASE}-wal")),
            probe: dir.join(PROBE),
            db: Mutex::new(Database::new(conn)),
            coming: AtomicUsize::new(0),
            halted: AtomicBool::new(false),
            turns: [const { Mutex::new(()) }; TURNS],
            faults: Faults::new(),
            appends: AppendWatch::default(),
            _lock: lock,
        }
    }

    pub(crate) fn blob_dir(&self) -> &Path {
        &self.blobs
    }

    pub(crate) fn probe_path(&self) -> &Path {
        &self.probe
    }

    pub(crate) fn blob_path(&self, name: BlobName) -> PathBuf {
        self.blobs.join(name.to_string())
    }

    /// Copies the write-ahead log back into the database once it is long.
    pub(crate) fn checkpoint_if_long(&self, conn: &Connection) -> Result<(), BoxError> {
        let len = fs::metadata(&self.wal).map_or(0, |meta| meta.len());
        if len < self.wal_len_max() {
            return Ok(());
        }
        let checkpoint = || -> Result<(), BoxError> {
            let busy: i64 =
                conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
            if busy == 0 { Ok(()) } else { Err("the checkpoint did not finish".into()) }
        };
        self.faults.around(Point::Checkpoint, checkpoint)
    }

    #[cfg(not(test))]
    #[allow(clippy::unused_self)] // same signature as in tests
    const fn wal_len_max(&self) -> u64 {
        WAL_LEN
    }

    /// In tests a planned checkpoint fault makes every log long enough.
    #[cfg(test)]
    fn wal_len_max(&self) -> u64 {
        if self.faults.spent() { WAL_LEN } else { 1 }
    }

    pub(crate) fn check_running(&self, doing: &'static str) -> Result<(), StoreError> {
        if self.halted.load(Ordering::SeqCst) {
            let source = "the store stopped after an earlier error".into();
            return Err(StoreError::StateUnknown { doing, source });
        }
        Ok(())
    }

    /// From now on every call is answered with [`StoreError::StateUnknown`].
    pub(crate) fn halt(&self, doing: &'static str, source: BoxError) -> StoreError {
        self.halted.store(true, Ordering::SeqCst);
        StoreError::StateUnknown { doing, source }
    }

    /// Waits until no other call writes to or completes this upload.
    pub(crate) fn turn(&self, upload: UploadId) -> MutexGuard<'_, ()> {
        let [first, ..] = *upload.bytes();
        let [fallback, ..] = &self.turns;
        let turn = self.turns.get(usize::from(first) % TURNS).unwrap_or(fallback);
        // A writer that panicked left no row, so its turn may be taken over.
        turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The row number of a lot.
pub(crate) fn lot_id(conn: &Connection, lot: &LotKey) -> Result<i64, Inside> {
    conn.prepare_cached("SELECT id FROM lot WHERE tender = ?1 AND lot = ?2")?
        .query_row(params![lot.tender.as_str(), lot.lot.as_str()], |row| row.get(0))
        .optional()?
        .ok_or_else(|| Refusal::UnknownLot(lot.clone()).into())
}

/// A number as the database keeps it.
pub(crate) fn to_db(number: u64) -> Result<i64, Inside> {
    i64::try_from(number).map_err(|_| Refusal::OutOfRange.into())
}

/// A number as it was given to [`to_db`]; a negative one is damage.
pub(crate) fn from_db(number: i64) -> Result<u64, rusqlite::Error> {
    u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, number))
}
