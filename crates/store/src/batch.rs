//! Several changes of one lot, committed together or not at all.

use std::time::Instant;

use kaibiao_types::LotKey;
use rusqlite::{Transaction, params};

use crate::{
    error::{Inside, Refusal, StoreError},
    ids::Nonce,
    limits::LINE_LEN_MAX,
    log::next_index,
    lots::doc,
    store::{Store, lot_id, to_db},
};

/// Changes of one lot for [`Store::commit`]: a used nonce, log lines, documents, kept values.
///
/// ```
/// # use kaibiao_store::{Batch, Nonce};
/// let batch = Batch::new()
///     .nonce(Nonce::new([7; 16]))
///     .append(12, [br#"{"i":12}"#.to_vec()])
///     .put_new_doc("record", b"{}")
///     .kv_put("phase", b"closed");
/// # let _ = batch;
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[must_use = "a batch does nothing until it is committed"]
pub struct Batch {
    steps: Vec<Step>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Step {
    Nonce(Nonce),
    Append { first_index: u64, lines: Vec<Vec<u8>> },
    PutDoc { name: String, bytes: Vec<u8> },
    PutNewDoc { name: String, bytes: Vec<u8> },
    KvPut { key: String, bytes: Vec<u8> },
}

impl Batch {
    /// No changes yet.
    pub const fn new() -> Self {
        Self { steps: Vec::new() }
    }

    /// Marks a nonce as used; if it was used before, the whole batch is refused.
    pub fn nonce(self, nonce: Nonce) -> Self {
        self.with(Step::Nonce(nonce))
    }

    /// Appends lines to the opening log, the first one at `first_index`; exact bytes without line
    /// feed.
    pub fn append(self, first_index: u64, lines: impl IntoIterator<Item = Vec<u8>>) -> Self {
        self.with(Step::Append { first_index, lines: lines.into_iter().collect() })
    }

    /// Writes a document, in place of an earlier one.
    pub fn put_doc(self, name: &str, bytes: &[u8]) -> Self {
        self.with(Step::PutDoc { name: name.to_owned(), bytes: bytes.to_vec() })
    }

    /// Writes a document that is written once; other bytes under that name refuse the batch.
    pub fn put_new_doc(self, name: &str, bytes: &[u8]) -> Self {
        self.with(Step::PutNewDoc { name: name.to_owned(), bytes: bytes.to_vec() })
    }

    /// Keeps a value for recovery, in place of an earlier one.
    pub fn kv_put(self, key: &str, bytes: &[u8]) -> Self {
        self.with(Step::KvPut { key: key.to_owned(), bytes: bytes.to_vec() })
    }

    /// Whether log lines are among the changes.
    fn has_lines(&self) -> bool {
        let lines = |step: &Step| matches!(step, Step::Append { lines, .. } if !lines.is_empty());
        self.steps.iter().any(lines)
    }

    fn with(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// Carries the steps out in their order, inside a transaction of the caller.
    pub(crate) fn apply(&self, tx: &Transaction<'_>, lot: i64) -> Result<(), Inside> {
        self.steps.iter().try_for_each(|step| step.apply(tx, lot))
    }
}

impl Step {
    fn apply(&self, tx: &Transaction<'_>, lot: i64) -> Result<(), Inside> {
        match self {
            Self::Nonce(nonce) => use_nonce(tx, lot, *nonce),
            Self::Append { first_index, lines } => append(tx, lot, *first_index, lines),
            Self::PutDoc { name, bytes } => {
                tx.prepare_cached("INSERT OR REPLACE INTO doc VALUES (?1, ?2, ?3)")?
                    .execute(params![lot, name, bytes])?;
                Ok(())
            }
            Self::PutNewDoc { name, bytes } => match doc(tx, lot, name)? {
                Some(old) if old == *bytes => Ok(()),
                Some(_) => Err(Refusal::DifferentBytes { name: name.clone() }.into()),
                None => {
                    tx.prepare_cached("INSERT INTO doc VALUES (?1, ?2, ?3)")?
                        .execute(params![lot, name, bytes])?;
                    Ok(())
                }
            },
            Self::KvPut { key, bytes } => {
                tx.prepare_cached("INSERT OR REPLACE INTO kv VALUES (?1, ?2, ?3)")?
                    .execute(params![lot, key, bytes])?;
                Ok(())
            }
        }
    }
}

fn use_nonce(tx: &Transaction<'_>, lot: i64, nonce: Nonce) -> Result<(), Inside> {
    let fresh = tx
        .prepare_cached("INSERT OR IGNORE INTO nonce VALUES (?1, ?2)")?
        .execute(params![lot, nonce.bytes()])?;
    if fresh == 1 { Ok(()) } else { Err(Refusal::ReplayedNonce.into()) }
}

fn append(
    tx: &Transaction<'_>,
    lot: i64,
    first_index: u64,
    lines: &[Vec<u8>],
) -> Result<(), Inside> {
    let expected = next_index(tx, lot)?;
    if expected != first_index {
        return Err(Refusal::WrongIndex { expected, given: first_index }.into());
    }
    let mut insert = tx.prepare_cached("INSERT INTO entry VALUES (?1, ?2, ?3)")?;
    for (index, line) in (first_index..).zip(lines) {
        if line.is_empty() || line.len() > LINE_LEN_MAX || line.contains(&b'\n') {
            return Err(Refusal::BadLine { index }.into());
        }
        insert.execute(params![lot, to_db(index)?, line])?;
    }
    Ok(())
}

const COMMITTING: &str = "commit changes of a lot";

impl Store {
    /// Commits all changes of a batch in one durable transaction, or none of them.
    ///
    /// # Errors
    ///
    /// The refusal of the first step that breaks a rule: [`Refusal::ReplayedNonce`],
    /// [`Refusal::WrongIndex`], [`Refusal::BadLine`], [`Refusal::DifferentBytes`],
    /// [`Refusal::UnknownLot`]; [`StoreError`].
    pub fn commit(&self, lot: &LotKey, batch: &Batch) -> Result<(), StoreError> {
        let begun = Instant::now();
        let job = (lot.clone(), batch.clone());
        let answer = self.line.carry_out(job, |jobs| self.commit_group(&jobs));
        answer.unwrap_or_else(|| Err(self.halt(COMMITTING, "a thread panicked".into())))?;
        if batch.has_lines() {
            self.appends.tell(begun.elapsed());
        }
        Ok(())
    }

    /// Commits what came together: all in one transaction, each of them whole or not at all.
    fn commit_group(&self, jobs: &[(LotKey, Batch)]) -> Vec<Result<(), StoreError>> {
        let acts = jobs
            .iter()
            .map(|(lot, batch)| move |tx: &Transaction<'_>| batch.apply(tx, lot_id(tx, lot)?));
        let acts: Vec<_> = acts.collect();
        match self.write_group(COMMITTING, &acts) {
            Ok(results) => results,
            Err(error) => jobs.iter().map(|_| Err(error.told_again())).collect(),
        }
    }

    /// Whether a nonce was used before in this lot.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownLot`]; [`StoreError`].
    pub fn knows_nonce(&self, lot: &LotKey, nonce: Nonce) -> Result<bool, StoreError> {
        self.read("look for a nonce", |conn| {
            let mut row =
                conn.prepare_cached("SELECT 1 FROM nonce WHERE lot = ?1 AND nonce = ?2")?;
            Ok(row.exists(params![lot_id(conn, lot)?, nonce.bytes()])?)
        })
    }

    /// Marks a nonce as used; `false` if it was used before in this lot.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownLot`]; [`StoreError`].
    pub fn use_nonce(&self, lot: &LotKey, nonce: Nonce) -> Result<bool, StoreError> {
        match self.commit(lot, &Batch::new().nonce(nonce)) {
            Ok(()) => Ok(true),
            Err(StoreError::Refused(Refusal::ReplayedNonce)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
