//! What the pool keeps, as it is in memory; and notes, which name bidders like everything there.

use std::collections::BTreeMap;

use kaibiao_types::LotKey;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::{
    error::{Inside, Refusal, StoreError},
    ids::{PartName, UploadId},
    pool::Place,
    record::{Begun, Completed, Note, Record, StoredSlice},
    store::{Store, from_db, lot_id, to_db},
};

impl Store {
    /// Keeps a note of a lot in the pool, in place of an earlier one of its name: something that names
    /// a bidder and must not stand in the database before the deadline (ruling 25).
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownLot`]; [`StoreError`].
    pub fn put_note(&self, lot: &LotKey, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        const DOING: &str = "keep a note";
        let _turn = self.turn(name.as_bytes());
        self.read(DOING, |conn| lot_id(conn, lot))?;
        let note = Note { lot: lot.clone(), name: name.to_owned(), bytes: bytes.to_vec() };
        let record = Record::Noted(note);
        self.keep(self.pool.record(&record))?;
        self.take_over(DOING, &record)
    }

    /// A note of a lot, exact bytes; `None` if there is none of this name.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownLot`]; [`StoreError`].
    pub fn note(&self, lot: &LotKey, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.read("read a note", |conn| note(conn, lot_id(conn, lot)?, name))
    }

    /// Writes `len` bytes to the pool that mean nothing and look like everything else there, so that
    /// its growth tells no more than what has come in at most (ruling 25).
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub fn write_decoy(&self, len: usize) -> Result<(), StoreError> {
        self.keep(self.pool.decoy(len)).map(drop)
    }
}

pub(crate) fn note(conn: &Connection, lot: i64, name: &str) -> Result<Option<Vec<u8>>, Inside> {
    let mut row = conn.prepare_cached("SELECT bytes FROM note WHERE lot = ?1 AND name = ?2")?;
    Ok(row.query_row(params![lot, name], |r| r.get(0)).optional()?)
}

/// Takes a record over into the tables of the intake.
pub(crate) fn apply(conn: &Connection, record: &Record) -> Result<(), Inside> {
    match record {
        Record::Begun(begun) => begin(conn, begun),
        Record::Stored(slice) => store_slice(conn, slice),
        Record::Completed(done) => complete(conn, done),
        Record::Noted(note) => put(conn, lot_id(conn, &note.lot)?, &note.name, &note.bytes),
    }
}

fn begin(conn: &Connection, begun: &Begun) -> Result<(), Inside> {
    conn.prepare_cached(
        "INSERT INTO upload (id, lot, manifest_sha256, manifest, cms) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        begun.upload.bytes(),
        lot_id(conn, &begun.lot)?,
        begun.manifest_sha256.bytes(),
        begun.manifest,
        begun.cms
    ])?;
    let mut insert = conn.prepare_cached("INSERT INTO object VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    for (no, object) in (0_i64..).zip(&begun.objects) {
        insert.execute(params![
            begun.upload.bytes(),
            no,
            object.part.as_str(),
            to_db(object.file_len)?,
            to_db(object.header_len)?,
            object.slice_roots
        ])?;
    }
    Ok(())
}

fn store_slice(conn: &Connection, slice: &StoredSlice) -> Result<(), Inside> {
    let places = slice.places.iter().flat_map(|place| [place.slot, place.offset]);
    let places: Vec<u8> = places.flat_map(u64::to_be_bytes).collect();
    conn.prepare_cached("INSERT OR REPLACE INTO slice VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![slice.upload.bytes(), slice.part.as_str(), slice.n, places])?;
    conn.prepare_cached("UPDATE upload SET revision = revision + 1 WHERE id = ?1")?
        .execute([slice.upload.bytes()])?;
    Ok(())
}

fn complete(conn: &Connection, done: &Completed) -> Result<(), Inside> {
    let lot: i64 = conn
        .prepare_cached("SELECT lot FROM upload WHERE id = ?1")?
        .query_row([done.upload.bytes()], |row| row.get(0))
        .optional()?
        .ok_or(Refusal::UnknownUpload(done.upload))?;
    conn.prepare_cached(
        "INSERT INTO completion
         SELECT ?1, ?2, COUNT(*), ?3, ?4, ?5, ?6, ?7 FROM completion WHERE lot = ?2",
    )?
    .execute(params![
        done.upload.bytes(),
        lot,
        to_db(done.at.get())?,
        done.receipt,
        done.receipt_cms,
        done.place,
        done.salt
    ])?;
    done.notes.iter().try_for_each(|(name, bytes)| put(conn, lot, name, bytes))
}

fn put(conn: &Connection, lot: i64, name: &str, bytes: &[u8]) -> Result<(), Inside> {
    conn.prepare_cached("INSERT OR REPLACE INTO note VALUES (?1, ?2, ?3)")?
        .execute(params![lot, name, bytes])?;
    Ok(())
}

/// Where the pieces of the stored slices of a part are, by the numbers of the slices.
pub(crate) fn places(
    conn: &Connection,
    upload: UploadId,
    part: &PartName,
) -> Result<BTreeMap<u32, Vec<Place>>, Inside> {
    let mut rows =
        conn.prepare_cached("SELECT n, places FROM slice WHERE upload = ?1 AND part = ?2")?;
    let mut rows = rows.query(params![upload.bytes(), part.as_str()])?;
    let mut slices = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let bytes: Vec<u8> = row.get(1)?;
        let numbers = bytes.as_chunks::<8>().0.iter().map(|bytes| u64::from_be_bytes(*bytes));
        let numbers: Vec<u64> = numbers.collect();
        let place = |[slot, offset]: &[u64; 2]| Place { slot: *slot, offset: *offset };
        slices.insert(row.get(0)?, numbers.as_chunks::<2>().0.iter().map(place).collect());
    }
    Ok(slices)
}

/// Checks that the order of completion has no gap.
pub(crate) fn is_gapless(conn: &Connection) -> Result<bool, Inside> {
    let gaps = "SELECT COUNT(*) FROM
        (SELECT lot FROM completion GROUP BY lot HAVING COUNT(*) <> MAX(no) + 1)";
    let gaps: i64 = conn.query_row(gaps, [], |row| row.get(0))?;
    Ok(from_db(gaps)? == 0)
}
