//! The bulletin board of a ceremony: ordered messages, one per sender and kind.

use kaibiao_types::LotKey;
use rusqlite::{OptionalExtension, params};

use crate::{
    error::{Refusal, StoreError},
    store::{Store, from_db, lot_id, to_db},
};

/// One message on the board of a lot.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BoardMessage {
    /// Its number, from 0 without gaps.
    pub n: u64,
    /// Who posted it, as the caller names senders (`custodian:2`).
    pub from: String,
    /// The kind of message, as the ceremony names it.
    pub kind: String,
    /// The exact bytes.
    pub body: Vec<u8>,
}

impl Store {
    /// Posts a message and gives its number. The same message again gives the same number.
    ///
    /// # Errors
    ///
    /// [`Refusal::DifferentBytes`] if this sender posted this kind with another body,
    /// [`Refusal::UnknownLot`]; [`StoreError`].
    pub fn board_post(
        &self,
        lot: &LotKey,
        from: &str,
        kind: &str,
        body: &[u8],
    ) -> Result<u64, StoreError> {
        self.write("post to the board", |tx| {
            let lot = lot_id(tx, lot)?;
            let old: Option<(i64, Vec<u8>)> = tx
                .prepare_cached(
                    "SELECT n, body FROM board WHERE lot = ?1 AND sender = ?2 AND kind = ?3",
                )?
                .query_row(params![lot, from, kind], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            match old {
                Some((n, old)) if old == body => Ok(from_db(n)?),
                Some(_) => {
                    Err(Refusal::DifferentBytes { name: format!("{kind} of {from}") }.into())
                }
                None => {
                    let n: i64 = tx
                        .prepare_cached(
                            "INSERT INTO board (lot, n, sender, kind, body)
                             SELECT ?1, COUNT(*), ?2, ?3, ?4 FROM board WHERE lot = ?1
                             RETURNING n",
                        )?
                        .query_row(params![lot, from, kind, body], |row| row.get(0))?;
                    Ok(from_db(n)?)
                }
            }
        })
    }

    /// The messages with numbers from `since` on, in order.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownLot`]; [`StoreError`].
    pub fn board(&self, lot: &LotKey, since: u64) -> Result<Vec<BoardMessage>, StoreError> {
        self.read("read the board", |conn| {
            let mut rows = conn.prepare_cached(
                "SELECT n, sender, kind, body FROM board WHERE lot = ?1 AND n >= ?2 ORDER BY n",
            )?;
            let mut rows = rows.query(params![lot_id(conn, lot)?, to_db(since)?])?;
            let mut messages = Vec::new();
            while let Some(row) = rows.next()? {
                messages.push(BoardMessage {
                    n: from_db(row.get(0)?)?,
                    from: row.get(1)?,
                    kind: row.get(2)?,
                    body: row.get(3)?,
                });
            }
            Ok(messages)
        })
    }
}
