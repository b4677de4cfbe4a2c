//! The opening log of a lot: exact lines, gapless from 0.

use kaibiao_types::LotKey;
use rusqlite::{Connection, params};

use crate::{
    batch::Batch,
    error::{Inside, StoreError},
    ids::Nonce,
    store::{Store, from_db, lot_id, to_db},
};

impl Store {
    /// Appends lines, the first one at `first_index`: all of them durably, or none.
    ///
    /// # Errors
    ///
    /// [`Refusal::WrongIndex`](crate::Refusal::WrongIndex) if the log does not end there,
    /// [`Refusal::BadLine`](crate::Refusal::BadLine),
    /// [`Refusal::UnknownLot`](crate::Refusal::UnknownLot); [`StoreError`].
    pub fn append(
        &self,
        lot: &LotKey,
        first_index: u64,
        lines: &[Vec<u8>],
    ) -> Result<(), StoreError> {
        self.commit(lot, &Batch::new().append(first_index, lines.iter().cloned()))
    }

    /// As [`Store::append`], and marks a nonce as used in the same transaction.
    ///
    /// # Errors
    ///
    /// As [`Store::append`], and [`Refusal::ReplayedNonce`](crate::Refusal::ReplayedNonce).
    pub fn append_with_nonce(
        &self,
        lot: &LotKey,
        nonce: Nonce,
        first_index: u64,
        lines: &[Vec<u8>],
    ) -> Result<(), StoreError> {
        self.commit(lot, &Batch::new().nonce(nonce).append(first_index, lines.iter().cloned()))
    }

    /// The entries from index `since` on, in order: index and exact line.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownLot`](crate::Refusal::UnknownLot); [`StoreError`].
    pub fn entries(&self, lot: &LotKey, since: u64) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        self.read("read the opening log", |conn| {
            let mut rows = conn.prepare_cached(
                "SELECT i, line FROM entry WHERE lot = ?1 AND i >= ?2 ORDER BY i",
            )?;
            let mut rows = rows.query(params![lot_id(conn, lot)?, to_db(since)?])?;
            let mut entries = Vec::new();
            while let Some(row) = rows.next()? {
                entries.push((from_db(row.get(0)?)?, row.get(1)?));
            }
            Ok(entries)
        })
    }

    /// How many entries the log has; the next one gets this index.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownLot`](crate::Refusal::UnknownLot); [`StoreError`].
    pub fn entry_count(&self, lot: &LotKey) -> Result<u64, StoreError> {
        self.read("count log entries", |conn| next_index(conn, lot_id(conn, lot)?))
    }
}

/// The index the next line gets. The log is gapless (checked at opening), so the greatest index
/// tells the count without a scan.
pub(crate) fn next_index(conn: &Connection, lot: i64) -> Result<u64, Inside> {
    let next: i64 = conn
        .prepare_cached("SELECT COALESCE(MAX(i) + 1, 0) FROM entry WHERE lot = ?1")?
        .query_row([lot], |row| row.get(0))?;
    Ok(from_db(next)?)
}
