//! The open store: one connection, one flag for "no longer known", one turn per upload.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use kaibiao_types::LotKey;
use rusqlite::{
    Connection, ErrorCode, OptionalExtension, Transaction, TransactionBehavior, params,
};

use crate::{
    error::{BoxError, Inside, Refusal, StoreError},
    faults::{Faults, Point},
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
    conn: Mutex<Connection>,
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
            conn: Mutex::new(conn),
            halted: AtomicBool::new(false),
            turns: [const { Mutex::new(()) }; TURNS],
            faults: Faults::new(),
            appends: AppendWatch::default(),
            _lock: lock,
        }
    }

    /// Breaks a write point at one of its next visits, counted from 0.
    #[cfg(feature = "faults")]
    pub fn plan_fault(&self, point: Point, way: crate::faults::Way, visit: u32) {
        self.faults.plan(point, way, visit);
    }

    /// Whether the planned fault has happened, or none was planned.
    #[cfg(feature = "faults")]
    pub fn fault_is_spent(&self) -> bool {
        self.faults.spent()
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

    /// Runs `act` on the database without changing it.
    pub(crate) fn read<T>(
        &self,
        doing: &'static str,
        act: impl FnOnce(&Connection) -> Result<T, Inside>,
    ) -> Result<T, StoreError> {
        let conn = self.conn(doing)?;
        act(&conn).map_err(|error| self.judge(doing, error))
    }

    /// Runs `act` in a transaction and commits it durably, or changes nothing.
    pub(crate) fn write<T>(
        &self,
        doing: &'static str,
        act: impl FnOnce(&Transaction<'_>) -> Result<T, Inside>,
    ) -> Result<T, StoreError> {
        let mut conn = self.conn(doing)?;
        let tx = conn
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|error| self.judge(doing, error.into()))?;
        let value = match act(&tx) {
            Ok(value) => value,
            Err(error) => {
                // If even the rollback fails, the connection is in a state nobody described.
                tx.rollback().map_err(|cause| self.halt(doing, cause.into()))?;
                return Err(self.judge(doing, error));
            }
        };
        // After a failed sync the frames may still be in the log file and come back on recovery.
        self.faults
            .around(Point::Commit, || tx.commit().map_err(Into::into))
            .map_err(|cause| self.halt(doing, cause))?;
        self.checkpoint_if_long(&conn, doing)?;
        Ok(value)
    }

    fn checkpoint_if_long(&self, conn: &Connection, doing: &'static str) -> Result<(), StoreError> {
        let len = fs::metadata(&self.wal).map_or(0, |meta| meta.len());
        if len < self.wal_len_max() {
            return Ok(());
        }
        let checkpoint = || -> Result<(), BoxError> {
            let busy: i64 =
                conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
            if busy == 0 { Ok(()) } else { Err("the checkpoint did not finish".into()) }
        };
        self.faults.around(Point::Checkpoint, checkpoint).map_err(|cause| self.halt(doing, cause))
    }

    #[cfg(not(any(test, feature = "faults")))]
    #[allow(clippy::unused_self)] // same signature as in tests
    const fn wal_len_max(&self) -> u64 {
        WAL_LEN
    }

    /// In tests a planned checkpoint fault makes every log long enough.
    #[cfg(any(test, feature = "faults"))]
    fn wal_len_max(&self) -> u64 {
        if self.faults.spent() { WAL_LEN } else { 1 }
    }

    fn conn(&self, doing: &'static str) -> Result<MutexGuard<'_, Connection>, StoreError> {
        // A poisoned lock means that a thread panicked in the middle of a transaction.
        let conn = self
            .conn
            .lock()
            .map_err(|_| self.halt(doing, "a thread stopped while it held the database".into()))?;
        self.check_running(doing)?;
        Ok(conn)
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

    fn judge(&self, doing: &'static str, error: Inside) -> StoreError {
        match error {
            Inside::Refused(refusal) => refusal.into(),
            Inside::Sqlite(error) if is_fatal(&error) => self.halt(doing, error.into()),
            Inside::Sqlite(error) => StoreError::NotDone { doing, source: error.into() },
        }
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

/// Errors after which a page in memory or on disk may be other than the database believes.
fn is_fatal(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
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
