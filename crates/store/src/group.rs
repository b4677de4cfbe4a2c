//! Group commit (ADR-0026): calls that come while the disk is busy share the next transaction and its
//! one sync.
//!
//! Each call carries its changes out itself, in its turn, inside a savepoint of the open transaction;
//! the last one for which no other is coming commits for all. Nobody is answered before that, not
//! even who was refused or only read: the answer may rest on what another call of the group changed.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, atomic::Ordering};

use rusqlite::{Connection, ErrorCode};

use crate::{
    error::{Inside, StoreError},
    faults::Point,
    store::Store,
};

/// Calls that one commit may answer.
const MEMBERS_MAX: usize = 1_024;

/// The connection, and the calls that wait for the commit of its open transaction.
#[derive(Debug)]
pub(crate) struct Database {
    conn: Connection,
    open: Option<Arc<Group>>,
    members: usize,
}

impl Database {
    pub(crate) const fn new(conn: Connection) -> Self {
        Self { conn, open: None, members: 0 }
    }

    /// The group of the open transaction; begins both if there is none.
    fn join(&mut self) -> Result<Arc<Group>, rusqlite::Error> {
        let group = if let Some(group) = &self.open {
            Arc::clone(group)
        } else {
            self.conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
            self.members = 0;
            Arc::clone(self.open.insert(Arc::default()))
        };
        self.members += 1;
        Ok(group)
    }

    /// Whether calls wait for a commit.
    #[cfg(test)]
    pub(crate) const fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Answers all calls of the open transaction.
    fn settle(&mut self, outcome: Outcome) {
        if let Some(group) = self.open.take() {
            group.settle(outcome);
        }
    }
}

/// What became of the changes of a group.
#[derive(Clone, Debug)]
enum Outcome {
    /// Committed and synced.
    Kept,
    /// Rolled back as a whole.
    Undone(String),
    /// The disk may hold them or not.
    Unknown(String),
}

/// The calls that share one commit.
#[derive(Debug, Default)]
struct Group {
    outcome: Mutex<Option<Outcome>>,
    settled: Condvar,
}

impl Group {
    fn settle(&self, outcome: Outcome) {
        let mut held = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        held.get_or_insert(outcome);
        self.settled.notify_all();
    }

    /// Blocks until the commit is done.
    fn wait(&self, doing: &'static str) -> Result<(), StoreError> {
        let mut outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match outcome.clone() {
                Some(Outcome::Kept) => return Ok(()),
                Some(Outcome::Undone(cause)) => {
                    return Err(StoreError::NotDone { doing, source: cause.into() });
                }
                Some(Outcome::Unknown(cause)) => {
                    return Err(StoreError::StateUnknown { doing, source: cause.into() });
                }
                None => {
                    outcome = self.settled.wait(outcome).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }
}

/// A call at its turn: if its thread panics, nobody else would answer the group.
struct Turn<'a>(&'a Group);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.settle(Outcome::Unknown(STOPPED.to_owned()));
        }
    }
}

const STOPPED: &str = "a thread stopped while it held the database";

impl Store {
    /// Runs `act` on the database without changing it.
    pub(crate) fn read<T>(
        &self,
        doing: &'static str,
        act: impl FnOnce(&Connection) -> Result<T, Inside>,
    ) -> Result<T, StoreError> {
        let (group, result) = {
            let db = self.enter(doing)?;
            (db.open.clone(), act(&db.conn))
        };
        if let Some(group) = group {
            group.wait(doing)?;
        }
        result.map_err(|error| self.judge(doing, error))
    }

    /// Runs `act` in a transaction and commits it durably, or changes nothing.
    pub(crate) fn write<T>(
        &self,
        doing: &'static str,
        act: impl FnOnce(&Connection) -> Result<T, Inside>,
    ) -> Result<T, StoreError> {
        self.coming.fetch_add(1, Ordering::SeqCst);
        let (group, result) = {
            let entered = self.enter(doing);
            self.coming.fetch_sub(1, Ordering::SeqCst);
            let mut db = entered?;
            let group = db.join().map_err(|error| self.judge(doing, error.into()))?;
            let _turn = Turn(&group);
            let result = in_savepoint(&db.conn, act);
            self.end_turn(&mut db, result.as_ref().err());
            (Arc::clone(&group), result)
        };
        group.wait(doing)?;
        result.map_err(|error| self.judge(doing, error))
    }

    /// The turn at the database. Whoever finds that the store has stopped answers the open group,
    /// which may have counted on it.
    fn enter(&self, doing: &'static str) -> Result<MutexGuard<'_, Database>, StoreError> {
        // A poisoned lock means that a thread panicked in the middle of a transaction.
        let mut db = self.db.lock().unwrap_or_else(|poisoned| {
            drop(self.halt(doing, STOPPED.into()));
            poisoned.into_inner()
        });
        if let Err(error) = self.check_running(doing) {
            db.settle(Outcome::Unknown("the store stopped after an earlier error".to_owned()));
            return Err(error);
        }
        Ok(db)
    }

    /// Leaves the transaction open for the next call of the group, or ends it.
    fn end_turn(&self, db: &mut Database, error: Option<&Inside>) {
        let outcome = match error {
            Some(Inside::Lost(error)) => Outcome::Unknown(error.to_string()),
            Some(Inside::Sqlite(error)) if is_fatal(error) => Outcome::Unknown(error.to_string()),
            // On some errors, as that of a full disk, the database rolls back by itself.
            Some(Inside::Sqlite(error)) if db.conn.is_autocommit() => {
                Outcome::Undone(error.to_string())
            }
            _ if self.coming.load(Ordering::SeqCst) > 0 && db.members < MEMBERS_MAX => return,
            _ => self.commit_group(&db.conn),
        };
        if let Outcome::Unknown(cause) = &outcome {
            drop(self.halt("commit a group", cause.clone().into()));
        }
        db.settle(outcome);
    }

    fn commit_group(&self, conn: &Connection) -> Outcome {
        let commit = || {
            conn.prepare_cached("COMMIT")?.execute([])?;
            Ok(())
        };
        // After a failed sync the frames may still be in the log file and come back on recovery.
        let done = self.faults.around(Point::Commit, commit);
        match done.and_then(|()| self.checkpoint_if_long(conn)) {
            Ok(()) => Outcome::Kept,
            Err(cause) => Outcome::Unknown(cause.to_string()),
        }
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
}

/// Carries out `act` so that its failure undoes only its own changes.
fn in_savepoint<T>(
    conn: &Connection,
    act: impl FnOnce(&Connection) -> Result<T, Inside>,
) -> Result<T, Inside> {
    let run = |sql: &str| conn.prepare_cached(sql)?.execute([]).map(drop);
    run("SAVEPOINT call")?;
    let result = act(conn);
    if result.is_err() {
        if conn.is_autocommit() {
            return result; // the whole transaction is gone
        }
        run("ROLLBACK TO call").map_err(Inside::Lost)?;
    }
    run("RELEASE call").map_err(Inside::Lost)?;
    result
}

/// Errors after which a page in memory or on disk may be other than the database believes.
fn is_fatal(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}
