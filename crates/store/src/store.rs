//! The open store: one connection, one flag for "no longer known", one turn per upload.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use kaibiao_types::LotKey;
use rusqlite::{
    Connection, ErrorCode, OptionalExtension, Transaction, TransactionBehavior, params,
};

use crate::{
    batch::Batch,
    error::{BoxError, Inside, Refusal, StoreError},
    faults::{Faults, Point},
    group::Line,
    intake::apply,
    pool::{Job, Place, Pool, PoolError},
    record::Record,
    watch::AppendWatch,
};

pub(crate) const DATABASE: &str = "kaibiao.sqlite";
pub(crate) const POOL: &str = "pool";
/// A file that is there only for a moment: see [`Store::probe`].
pub(crate) const PROBE: &str = "probe";

/// The write-ahead log is copied back once it has this many pages of 4 KiB more than were copied.
const WAL_PAGES: i64 = 8_192;

/// Batches that one group may have.
const BATCHES: usize = 1_024;

/// Bytes that go to the pool with one sync: as many slices as a hall holds in memory. Groups of four slices
/// were not faster (docs/measurements.md).
const POOL_GROUP: usize = 272 << 20;

/// What is judged and then written shares this many turns; two with the same turn only wait for each other.
const TURNS: usize = 64;

/// The durable state of one hall, in one directory. See the crate page for what `Ok` means.
///
/// All methods take `&self`; calls from many threads wait for each other where they must.
#[derive(Debug)]
pub struct Store {
    probe: PathBuf,
    pub(crate) conn: Mutex<Connection>,
    /// Batches that wait for the next commit.
    pub(crate) line: Line<(LotKey, Batch), Result<(), StoreError>>,
    pub(crate) pool: Arc<Pool>,
    /// What waits to be written to the pool.
    pool_line: Line<Job, Result<Vec<Place>, StoreError>>,
    halted: AtomicBool,
    turns: [Mutex<()>; TURNS],
    lot_turns: [Mutex<()>; TURNS],
    pub(crate) faults: Faults,
    pub(crate) appends: AppendWatch,
    // Last, so that the database is closed before another process may open it.
    _lock: File,
}

impl Store {
    pub(crate) fn from_parts(dir: &Path, conn: Connection, pool: Pool, lock: File) -> Self {
        Self {
            probe: dir.join(PROBE),
            conn: Mutex::new(conn),
            line: Line::new(|_| 1, BATCHES),
            pool: Arc::new(pool),
            pool_line: Line::new(Job::len, POOL_GROUP),
            halted: AtomicBool::new(false),
            turns: [const { Mutex::new(()) }; TURNS],
            lot_turns: [const { Mutex::new(()) }; TURNS],
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

    /// From now on each write point takes so many milliseconds more.
    #[cfg(feature = "faults")]
    pub fn slow_down(&self, millis: u64) {
        self.faults.slow_down(millis);
    }

    /// Whether the planned fault has happened, or none was planned.
    #[cfg(feature = "faults")]
    pub fn fault_is_spent(&self) -> bool {
        self.faults.spent()
    }

    pub(crate) fn probe_path(&self) -> &Path {
        &self.probe
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
        act: impl Fn(&Transaction<'_>) -> Result<T, Inside>,
    ) -> Result<T, StoreError> {
        let mut results = self.write_group(doing, &[act])?;
        results.pop().unwrap_or_else(|| Err(self.halt(doing, "a call got no answer".into())))
    }

    /// Runs all acts in one transaction, so that the failure of one undoes only its own changes, and
    /// commits them durably. An act may be run twice: savepoints cost more than what they save, so there
    /// are none until one act of a group fails.
    ///
    /// An error of the whole is the answer to every act.
    pub(crate) fn write_group<T>(
        &self,
        doing: &'static str,
        acts: &[impl Fn(&Transaction<'_>) -> Result<T, Inside>],
    ) -> Result<Vec<Result<T, StoreError>>, StoreError> {
        let mut conn = self.conn(doing)?;
        let tx = self.begin(&mut conn, doing)?;
        let mut results = Vec::new();
        for act in acts {
            match act(&tx) {
                Ok(done) => results.push(Ok(done)),
                Err(error) => {
                    let error = self.judge(doing, error);
                    still_there(&tx, doing, &error)?;
                    results.clear();
                    break;
                }
            }
        }
        if results.len() == acts.len() {
            self.commit_now(tx, doing)?;
            self.checkpoint_if_long(&conn, doing)?;
            return Ok(results);
        }
        tx.rollback().map_err(|error| self.halt(doing, error.into()))?;
        let tx = self.begin(&mut conn, doing)?;
        for act in acts {
            let result = in_savepoint(&tx, act).map_err(|error| self.judge(doing, error));
            if let Err(error) = &result {
                still_there(&tx, doing, error)?;
            }
            results.push(result);
        }
        self.commit_now(tx, doing)?;
        self.checkpoint_if_long(&conn, doing)?;
        Ok(results)
    }

    fn begin<'a>(
        &self,
        conn: &'a mut Connection,
        doing: &'static str,
    ) -> Result<Transaction<'a>, StoreError> {
        conn.transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|error| self.judge(doing, error.into()))
    }

    fn commit_now(&self, tx: Transaction<'_>, doing: &'static str) -> Result<(), StoreError> {
        // After a failed sync the frames may still be in the log file and come back on recovery.
        self.faults
            .around(Point::Commit, || tx.commit().map_err(Into::into))
            .map_err(|cause| self.halt(doing, cause))
    }

    /// Writes to the pool; on `Ok` it is durable. Calls that come together share the sync.
    pub(crate) fn keep(&self, job: Result<Job, BoxError>) -> Result<Vec<Place>, StoreError> {
        const DOING: &str = "write to the pool";
        let job = job.map_err(|source| StoreError::NotDone { doing: DOING, source })?;
        let all = |jobs: Vec<Job>| {
            let count = jobs.len();
            if self.check_running(DOING).is_err() {
                return (0..count)
                    .map(|_| self.check_running(DOING).map(|()| Vec::new()))
                    .collect();
            }
            let told = |answer: Result<_, PoolError>| {
                answer.map_err(|error| match error {
                    PoolError::NotDone(source) => StoreError::NotDone { doing: DOING, source },
                    PoolError::Unknown(source) => self.halt(DOING, source),
                })
            };
            self.pool.append(&self.faults, jobs).into_iter().map(told).collect()
        };
        let answer = self.pool_line.carry_out(job, all);
        answer.unwrap_or_else(|| Err(self.halt(DOING, "a thread panicked".into())))
    }

    /// Takes over into memory what the pool has kept.
    pub(crate) fn take_over(&self, doing: &'static str, record: &Record) -> Result<(), StoreError> {
        let mut conn = self.conn(doing)?;
        let taken = conn.transaction().map_err(Inside::from).and_then(|tx| {
            apply(&tx, record)?;
            Ok(tx.commit()?)
        });
        // The pool says one thing and memory another: only a new opening makes them one again.
        taken.map_err(|error| self.halt(doing, error.into_cause()))
    }

    /// Copies the write-ahead log back into the database once it is long. Its file keeps its length
    /// and is written from the start again: a file that grows costs more at each sync.
    fn checkpoint_if_long(&self, conn: &Connection, doing: &'static str) -> Result<(), StoreError> {
        let pages = || {
            let mut row = conn.prepare_cached("PRAGMA wal_checkpoint(NOOP)")?;
            row.query_row([], |row| Ok(row.get::<_, i64>(1)? - row.get::<_, i64>(2)?))
        };
        let not_copied = pages().map_err(|error| self.halt(doing, error.into()))?;
        if not_copied < self.wal_pages_max() {
            return Ok(());
        }
        let checkpoint = || -> Result<(), BoxError> {
            let busy: i64 =
                conn.query_row("PRAGMA wal_checkpoint(RESTART)", [], |row| row.get(0))?;
            if busy == 0 { Ok(()) } else { Err("the checkpoint did not finish".into()) }
        };
        self.faults.around(Point::Checkpoint, checkpoint).map_err(|cause| self.halt(doing, cause))
    }

    #[cfg(not(any(test, feature = "faults")))]
    #[allow(clippy::unused_self)] // same signature as in tests
    const fn wal_pages_max(&self) -> i64 {
        WAL_PAGES
    }

    /// In tests a planned checkpoint fault makes every log long enough.
    #[cfg(any(test, feature = "faults"))]
    fn wal_pages_max(&self) -> i64 {
        if self.faults.spent() { WAL_PAGES } else { 1 }
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
            Inside::Sqlite(error) if !is_fatal(&error) => {
                StoreError::NotDone { doing, source: error.into() }
            }
            Inside::Sqlite(error) | Inside::Lost(error) => self.halt(doing, error.into()),
        }
    }

    /// Waits until no other call judges and writes what is known by these bytes: an upload, a manifest,
    /// the name of a note. Nobody has two of these turns at once.
    pub(crate) fn turn(&self, what: &[u8]) -> MutexGuard<'_, ()> {
        turn_of(&self.turns, what)
    }

    /// Waits until no other call completes an upload of this lot, so that the order in the pool is that
    /// in memory.
    pub(crate) fn lot_turn(&self, lot: &LotKey) -> MutexGuard<'_, ()> {
        turn_of(&self.lot_turns, lot.lot.as_str().as_bytes())
    }
}

fn turn_of<'a>(turns: &'a [Mutex<()>; TURNS], what: &[u8]) -> MutexGuard<'a, ()> {
    let sum = what.iter().fold(0, |sum: usize, byte| sum.wrapping_add(usize::from(*byte)));
    let [fallback, ..] = turns;
    let turn = turns.get(sum % TURNS).unwrap_or(fallback);
    // Whoever panicked left nothing half done in memory, so its turn may be taken over.
    turn.lock().unwrap_or_else(PoisonError::into_inner)
}

/// After an act that failed: whether the transaction is still there.
fn still_there(
    tx: &Transaction<'_>,
    doing: &'static str,
    error: &StoreError,
) -> Result<(), StoreError> {
    match error {
        StoreError::StateUnknown { .. } => Err(error.told_again()),
        // On some errors, as that of a full disk, the database rolls everything back.
        _ if tx.is_autocommit() => {
            Err(StoreError::NotDone { doing, source: error.told_again().into() })
        }
        _ => Ok(()),
    }
}

/// Carries out `act` so that its failure undoes only its own changes.
fn in_savepoint<T>(
    tx: &Transaction<'_>,
    act: impl FnOnce(&Transaction<'_>) -> Result<T, Inside>,
) -> Result<T, Inside> {
    let run = |sql: &str| tx.prepare_cached(sql)?.execute([]).map(drop);
    run("SAVEPOINT act")?;
    let result = act(tx);
    if result.is_err() {
        if tx.is_autocommit() {
            return result; // the whole transaction is gone
        }
        run("ROLLBACK TO act").map_err(Inside::Lost)?;
    }
    run("RELEASE act").map_err(Inside::Lost)?;
    result
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
