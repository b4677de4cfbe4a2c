//! Lots, their documents, and the state kept for recovery.

use kaibiao_types::{LotId, LotKey, TenderId, UtcMillis};
use rusqlite::{Connection, OptionalExtension, params};

use crate::{
    batch::Batch,
    error::{Inside, Refusal, StoreError},
    store::{Store, from_db, lot_id, to_db},
};

/// One lot of this hall.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Lot {
    /// Its name.
    pub key: LotKey,
    /// When it was made here, by the clock of the hall.
    pub created_at: UtcMillis,
}

impl Store {
    /// Makes a lot without documents.
    ///
    /// # Errors
    ///
    /// [`Refusal::LotExists`]; [`StoreError`].
    pub fn create_lot(&self, lot: &LotKey, now: UtcMillis) -> Result<(), StoreError> {
        self.create_lot_with(lot, now, &Batch::new())
    }

    /// Makes a lot together with its first documents and log lines, all or nothing.
    ///
    /// # Errors
    ///
    /// [`Refusal::LotExists`] and the refusals of [`Store::commit`]; [`StoreError`].
    pub fn create_lot_with(
        &self,
        lot: &LotKey,
        now: UtcMillis,
        batch: &Batch,
    ) -> Result<(), StoreError> {
        self.write("make a lot", |tx| {
            let made = tx.execute(
                "INSERT OR IGNORE INTO lot (tender, lot, created_at) VALUES (?1, ?2, ?3)",
                params![lot.tender.as_str(), lot.lot.as_str(), to_db(now.get())?],
            )?;
            if made == 0 {
                return Err(Refusal::LotExists(lot.clone()).into());
            }
            batch.apply(tx, lot_id(tx, lot)?)
        })
    }

    /// All lots, ordered by tender and lot.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub fn lots(&self) -> Result<Vec<Lot>, StoreError> {
        self.read("list lots", |conn| {
            let mut rows =
                conn.prepare_cached("SELECT tender, lot, created_at FROM lot ORDER BY 1, 2")?;
            let mut rows = rows.query([])?;
            let mut lots = Vec::new();
            while let Some(row) = rows.next()? {
                let tender: String = row.get(0)?;
                let lot: String = row.get(1)?;
                let created_at = instant(row.get(2)?)?;
                let key = lot_key(&tender, &lot)?;
                lots.push(Lot { key, created_at });
            }
            Ok(lots)
        })
    }

    /// Writes a document of a lot, in place of an earlier one of the same name.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownLot`]; [`StoreError`].
    pub fn put_doc(&self, lot: &LotKey, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.commit(lot, &Batch::new().put_doc(name, bytes))
    }

    /// Writes a document of a lot that is written once; the same bytes again are accepted.
    ///
    /// # Errors
    ///
    /// [`Refusal::DifferentBytes`] if it exists with other bytes, [`Refusal::UnknownLot`];
    /// [`StoreError`].
    pub fn put_new_doc(&self, lot: &LotKey, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.commit(lot, &Batch::new().put_new_doc(name, bytes))
    }

    /// A document of a lot, exact bytes; `None` if there is none of this name.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownLot`]; [`StoreError`].
    pub fn doc(&self, lot: &LotKey, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.read("read a document", |conn| doc(conn, lot_id(conn, lot)?, name))
    }

    /// Keeps a value for recovery after a crash, in place of an earlier one under the same key.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownLot`]; [`StoreError`].
    pub fn kv_put(&self, lot: &LotKey, key: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.commit(lot, &Batch::new().kv_put(key, bytes))
    }

    /// A value kept for recovery; `None` if there is none under this key.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownLot`]; [`StoreError`].
    pub fn kv_get(&self, lot: &LotKey, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.read("read a kept value", |conn| {
            let mut row =
                conn.prepare_cached("SELECT bytes FROM kv WHERE lot = ?1 AND key = ?2")?;
            Ok(row.query_row(params![lot_id(conn, lot)?, key], |r| r.get(0)).optional()?)
        })
    }
}

pub(crate) fn doc(conn: &Connection, lot: i64, name: &str) -> Result<Option<Vec<u8>>, Inside> {
    let mut row = conn.prepare_cached("SELECT bytes FROM doc WHERE lot = ?1 AND name = ?2")?;
    Ok(row.query_row(params![lot, name], |r| r.get(0)).optional()?)
}

/// A lot name as it was stored; another text is damage.
pub(crate) fn lot_key(tender: &str, lot: &str) -> Result<LotKey, rusqlite::Error> {
    let damage = |_| rusqlite::Error::InvalidColumnName("lot".to_owned());
    let tender = TenderId::parse(tender).map_err(damage)?;
    let lot = LotId::parse(lot).map_err(damage)?;
    Ok(LotKey { tender, lot })
}

/// An instant as it was stored; another number is damage.
pub(crate) fn instant(number: i64) -> Result<UtcMillis, rusqlite::Error> {
    UtcMillis::new(from_db(number)?)
        .map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, number))
}
