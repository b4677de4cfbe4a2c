//! Opening a directory: lock, permissions, versions, health.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _, config::DbConfig};

use crate::{
    error::{Inside, OpenError},
    intake::{apply, is_gapless},
    key::IntakeKey,
    pool::Pool,
    schema,
    store::{DATABASE, POOL, PROBE, Store},
};

const LOCK: &str = "lock";

/// 3.51.3 fixed the reset of the write-ahead log that could corrupt a database (2026-03-13).
const SQLITE_MIN: i32 = 3_051_003;

impl Store {
    /// Opens the store in `dir`, or makes a new one if `dir` is missing or empty. `key` opens what came
    /// in before deadlines.
    ///
    /// The directory gets mode 0700 and its files 0600. A crash in an earlier run is recovered here:
    /// what was acknowledged is there, what was half written is gone.
    ///
    /// # Errors
    ///
    /// [`OpenError`]; a directory with other files in it is left as it was.
    pub fn open(dir: &Path, key: &IntakeKey) -> Result<Self, OpenError> {
        check_sqlite(rusqlite::version_number(), rusqlite::version())?;
        prepare_dir(dir)?;
        let lock = take_lock(dir)?;
        make_private_dir(&dir.join(POOL)).map_err(files("make the folder of the pool"))?;
        open_private(&dir.join(DATABASE)).map_err(files("make the database file"))?;
        let conn = connect(&dir.join(DATABASE))?;
        create_or_check_schema(&conn)?;
        check_health(&conn)?;
        let slots = check_key(&conn, key)?;
        let pool = open_pool(&conn, &dir.join(POOL), key)?;
        if pool.slots() < slots {
            return Err(OpenError::Damaged { what: "slots of the pool are missing".to_owned() });
        }
        conn.execute("UPDATE pool SET slots = ?1", [pool.slots()])
            .map_err(database("keep the number of slots"))?;
        sync_dir(&dir.join(POOL)).map_err(files("sync the folder of the pool"))?;
        sync_dir(dir).map_err(files("sync the folder"))?;
        Ok(Self::from_parts(dir, conn, pool, lock))
    }
}

/// Whether the store in `dir` has a slot.
pub(crate) fn uses_pool(dir: &Path) -> io::Result<bool> {
    match fs::read_dir(dir.join(POOL)) {
        Ok(mut items) => Ok(items.next().transpose()?.is_some()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn check_sqlite(number: i32, text: &str) -> Result<(), OpenError> {
    if number < SQLITE_MIN {
        return Err(OpenError::OldSqlite { found: text.to_owned() });
    }
    Ok(())
}

fn files(doing: &'static str) -> impl FnOnce(io::Error) -> OpenError {
    move |error| OpenError::Files { doing, source: error.into() }
}

fn database(doing: &'static str) -> impl FnOnce(rusqlite::Error) -> OpenError {
    move |error| match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            OpenError::Damaged { what: error.to_string() }
        }
        _ => OpenError::Database { doing, source: error.into() },
    }
}

/// Makes the directory, or takes an existing one only if it is empty or a store: its mode is about
/// to change, and that must not happen to somebody's home folder.
fn prepare_dir(dir: &Path) -> Result<(), OpenError> {
    if dir.exists() {
        let mut ours = true;
        for item in fs::read_dir(dir).map_err(files("list the folder"))? {
            let name = item.map_err(files("list the folder"))?.file_name();
            if name == DATABASE {
                ours = true;
                break;
            }
            ours &= name == LOCK || name == POOL || name == PROBE;
        }
        if !ours {
            return Err(OpenError::NotAStore);
        }
    }
    make_private_dir(dir).map_err(files("make the folder"))
}

fn make_private_dir(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    fs::set_permissions(dir, Permissions::from_mode(0o700))
}

fn open_private(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

fn take_lock(dir: &Path) -> Result<File, OpenError> {
    let file = open_private(&dir.join(LOCK)).map_err(files("make the lock file"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse),
        Err(TryLockError::Error(error)) => Err(files("lock the folder")(error)),
    }
}

pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// One connection, exclusive: no other program can run a checkpoint under us, and there is no
/// shared-memory file to copy or to lose. Checkpoints are explicit, because the automatic ones
/// swallow a failed sync.
fn connect(path: &Path) -> Result<Connection, OpenError> {
    let doing = database("open the database");
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let set = |conn: &Connection| -> rusqlite::Result<(String, i64)> {
        conn.pragma_update(None, "trusted_schema", false)?;
        conn.pragma_update(None, "cell_size_check", true)?;
        conn.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        let mode = conn.pragma_update_and_check(None, "journal_mode", "WAL", |r| r.get(0))?;
        conn.pragma_update(None, "synchronous", "FULL")?;
        conn.pragma_update(None, "fullfsync", true)?;
        conn.pragma_update(None, "checkpoint_fullfsync", true)?;
        conn.pragma_update(None, "foreign_keys", true)?;
        conn.pragma_update(None, "mmap_size", 0)?;
        conn.pragma_update(None, "wal_autocheckpoint", 0)?;
        // The journals of savepoints hold every page that a group changes; no file for them.
        conn.pragma_update(None, "temp_store", "MEMORY")?;
        // The bundled SQLite is built with STAT4: it would plan cached statements anew whenever they
        // get other values, at every append.
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        conn.set_prepared_statement_cache_capacity(64);
        Ok((mode, conn.pragma_query_value(None, "synchronous", |r| r.get(0))?))
    };
    let conn = Connection::open_with_flags(path, flags).map_err(doing)?;
    let (mode, synchronous) = set(&conn).map_err(database("set up the database"))?;
    if mode != "wal" || synchronous != 2 {
        return Err(OpenError::Damaged {
            what: format!("journal mode {mode}, synchronous {synchronous}; expected wal and 2"),
        });
    }
    Ok(conn)
}

fn create_or_check_schema(conn: &Connection) -> Result<(), OpenError> {
    let doing = || database("read the schema");
    let tables: i64 =
        conn.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |r| r.get(0)).map_err(doing())?;
    if tables == 0 {
        let create = format!(
            "BEGIN IMMEDIATE; {} INSERT INTO schema VALUES ({}); COMMIT;",
            schema::CREATE,
            schema::VERSION
        );
        return conn.execute_batch(&create).map_err(database("make the tables"));
    }
    let found: i64 =
        conn.query_row("SELECT version FROM schema", [], |r| r.get(0)).map_err(doing())?;
    match found {
        schema::VERSION => Ok(()),
        _ => Err(OpenError::OtherSchema { found, known: schema::VERSION }),
    }
}

/// Pages are sound, references hold, and every log is gapless.
fn check_health(conn: &Connection) -> Result<(), OpenError> {
    let doing = || database("check the database");
    let damaged = |what: &str| Err(OpenError::Damaged { what: what.to_owned() });
    let said: String = conn.query_row("PRAGMA quick_check(1)", [], |r| r.get(0)).map_err(doing())?;
    if said != "ok" {
        return damaged(&said);
    }
    let count = |sql: &str| conn.query_row::<i64, _, _>(sql, [], |r| r.get(0)).map_err(doing());
    if count("SELECT COUNT(*) FROM pragma_foreign_key_check")? != 0 {
        return damaged("a row refers to one that is missing");
    }
    let gaps = "SELECT COUNT(*) FROM
        (SELECT lot FROM entry GROUP BY lot HAVING COUNT(*) <> MAX(i) + 1)";
    if count(gaps)? != 0 {
        return damaged("an opening log has a gap");
    }
    Ok(())
}

/// The store remembers the mark of its first key; gives the number of slots that there were.
fn check_key(conn: &Connection, key: &IntakeKey) -> Result<u32, OpenError> {
    let kept = conn.query_row("SELECT mark, slots FROM pool", [], |row| {
        Ok((row.get::<_, [u8; 16]>(0)?, row.get(1)?))
    });
    match kept.optional().map_err(database("read the mark of the intake key"))? {
        Some((mark, slots)) if mark == key.mark() => Ok(slots),
        Some(_) => Err(OpenError::OtherKey),
        None => conn
            .execute("INSERT INTO pool VALUES (?1, 0)", [key.mark()])
            .map(|_| 0)
            .map_err(database("keep the mark of the intake key")),
    }
}

/// Fills the tables of the intake from the pool.
fn open_pool(conn: &Connection, dir: &Path, key: &IntakeKey) -> Result<Pool, OpenError> {
    let doing = || database("fill the tables of the intake");
    conn.execute_batch(schema::INTAKE).map_err(doing())?;
    let tx = conn.unchecked_transaction().map_err(doing())?;
    let judge = |error: Inside| match error {
        Inside::Refused(refusal) => OpenError::Damaged {
            what: format!("the pool and the database are not of one instant: {refusal}"),
        },
        Inside::Sqlite(error) | Inside::Lost(error) => OpenError::Damaged {
            what: format!("the records of the pool contradict each other: {error}"),
        },
    };
    let pool = Pool::open(dir, key.frames(), |record| apply(&tx, &record).map_err(judge))?;
    if !is_gapless(&tx).map_err(judge)? {
        return Err(OpenError::Damaged { what: "the completion order has a gap".to_owned() });
    }
    tx.commit().map_err(doing())?;
    Ok(pool)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_sqlite_is_refused() {
        assert!(check_sqlite(3_051_003, "3.51.3").is_ok());
        assert!(matches!(
            check_sqlite(3_051_002, "3.51.2"),
            Err(OpenError::OldSqlite { found }) if found == "3.51.2"
        ));
        assert!(check_sqlite(rusqlite::version_number(), rusqlite::version()).is_ok());
    }
}
