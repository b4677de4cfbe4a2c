//! Completed uploads: receipted once, in completion order.

use core::fmt;

use kaibiao_types::{Digest, LotKey, UtcMillis};
use rusqlite::{Connection, Row, params};

use crate::{
    error::{Inside, Refusal, StoreError},
    ids::{PartName, UploadId},
    intake::note,
    lots::instant,
    objects::stored_objects,
    record::{Completed, Record},
    store::{Store, from_db, lot_id},
    uploads::{check_open, upload_state},
};

/// What is committed when the last byte of an upload is durable and was judged.
#[derive(Clone, Copy)]
pub struct Completion<'a> {
    /// The revision of the upload that the caller judged; if a slice was written since, the
    /// completion is refused.
    pub revision: u64,
    /// The completion stamp: the clock of the hall after the final sync (ruling 9).
    pub completed_at: UtcMillis,
    /// The exact receipt.
    pub receipt: &'a [u8],
    /// The hall's CMS over it, DER.
    pub receipt_cms: &'a [u8],
    /// The place, JSON of the caller.
    pub place: &'a [u8],
    /// The salt of the place; it stays secret until the freeze.
    pub salt: &'a [u8; 32],
    /// Notes of the lot that are written once: name and bytes ([`Store::put_note`]).
    pub notes: &'a [(&'a str, &'a [u8])],
}

impl fmt::Debug for Completion<'_> {
    /// Without receipt, place and salt: before the freeze they tie a bidder to a place.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Completion")
            .field("revision", &self.revision)
            .field("completed_at", &self.completed_at)
            .finish_non_exhaustive()
    }
}

/// A completed upload.
#[derive(Clone, Eq, PartialEq)]
pub struct Submission {
    /// Its number in the completion order of the lot, from 0.
    pub no: u64,
    /// The upload.
    pub upload: UploadId,
    /// SHA-256 of the manifest.
    pub manifest_sha256: Digest,
    /// The exact manifest.
    pub manifest: Vec<u8>,
    /// The bidder's CMS over it, DER.
    pub cms: Vec<u8>,
    /// The completion stamp.
    pub completed_at: UtcMillis,
    /// The exact receipt.
    pub receipt: Vec<u8>,
    /// The hall's CMS over it, DER.
    pub receipt_cms: Vec<u8>,
    /// The place, JSON as it was given.
    pub place: Vec<u8>,
    /// The salt of the place; it stays secret until the freeze.
    pub salt: [u8; 32],
    /// The stored objects and their lengths in bytes, in the order of the manifest.
    pub objects: Vec<(PartName, u64)>,
}

impl fmt::Debug for Submission {
    /// Without manifest, receipt, place and salt: before the freeze they name a bidder.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Submission")
            .field("no", &self.no)
            .field("upload", &self.upload)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Completes an upload, once, together with its notes.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotComplete`] while slices are missing, [`Refusal::ChangedMeanwhile`] if a slice
    /// was written after the revision that was judged, [`Refusal::AlreadyCompleted`],
    /// [`Refusal::DifferentBytes`] if a note exists with other bytes, [`Refusal::UnknownUpload`];
    /// [`StoreError`].
    pub fn complete(
        &self,
        upload: UploadId,
        completion: &Completion<'_>,
    ) -> Result<Submission, StoreError> {
        const DOING: &str = "complete an upload";
        // A slice being written now either counts in the revision or comes after the completion.
        let _turn = self.turn(upload.bytes());
        let lot = self.read(DOING, |conn| Ok(upload_state(conn, upload)?.lot))?;
        let _turn = self.lot_turn(&lot);
        self.read(DOING, |conn| {
            check_open(conn, upload)?;
            let state = upload_state(conn, upload)?;
            let missing = state.missing();
            if missing > 0 {
                return Err(Refusal::NotComplete { upload, missing }.into());
            }
            if state.revision != completion.revision {
                return Err(Refusal::ChangedMeanwhile { upload }.into());
            }
            let lot = lot_id(conn, &lot)?;
            for (name, bytes) in completion.notes {
                if note(conn, lot, name)?.is_some_and(|old| old != *bytes) {
                    return Err(Refusal::DifferentBytes { name: (*name).to_owned() }.into());
                }
            }
            Ok(())
        })?;
        let owned = |(name, bytes): &(&str, &[u8])| ((*name).to_owned(), bytes.to_vec());
        let record = Record::Completed(Completed {
            upload,
            at: completion.completed_at,
            receipt: completion.receipt.to_vec(),
            receipt_cms: completion.receipt_cms.to_vec(),
            place: completion.place.to_vec(),
            salt: *completion.salt,
            notes: completion.notes.iter().map(owned).collect(),
        });
        self.keep(self.pool.record(&record))?;
        self.take_over(DOING, &record)?;
        let done = self.submission_by_upload(upload)?;
        done.ok_or_else(|| Refusal::UnknownUpload(upload).into())
    }

    /// The completed uploads of a lot, in completion order.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownLot`]; [`StoreError`].
    pub fn submissions(&self, lot: &LotKey) -> Result<Vec<Submission>, StoreError> {
        self.read("list submissions", |conn| {
            let sql = format!("{SELECT} ORDER BY completion.no");
            let mut rows = conn.prepare_cached(&sql)?;
            let mut rows = rows.query([lot_id(conn, lot)?])?;
            let mut submissions = Vec::new();
            while let Some(row) = rows.next()? {
                submissions.push(submission(conn, row)?);
            }
            Ok(submissions)
        })
    }

    /// The completed upload of one manifest; `None` if it is unknown or not completed.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownLot`]; [`StoreError`].
    pub fn submission_by_manifest(
        &self,
        lot: &LotKey,
        manifest_sha256: &Digest,
    ) -> Result<Option<Submission>, StoreError> {
        self.read("find a submission", |conn| {
            one(conn, lot_id(conn, lot)?, "manifest_sha256 = ?2", manifest_sha256.bytes())
        })
    }

    /// The completed upload of one id; `None` while it is not completed.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownUpload`]; [`StoreError`].
    pub fn submission_by_upload(&self, upload: UploadId) -> Result<Option<Submission>, StoreError> {
        self.read("find a submission", |conn| {
            let lot = lot_id(conn, &upload_state(conn, upload)?.lot)?;
            one(conn, lot, "upload.id = ?2", upload.bytes())
        })
    }
}

const SELECT: &str = "SELECT completion.no, upload.id, manifest_sha256, manifest, cms,
        completed_at, receipt, receipt_cms, place, salt
    FROM completion JOIN upload ON upload.id = completion.upload
    WHERE completion.lot = ?1";

fn one(
    conn: &Connection,
    lot: i64,
    condition: &str,
    value: &[u8],
) -> Result<Option<Submission>, Inside> {
    let sql = format!("{SELECT} AND {condition}");
    let mut rows = conn.prepare_cached(&sql)?;
    let mut rows = rows.query(params![lot, value])?;
    rows.next()?.map(|row| submission(conn, row)).transpose()
}

fn submission(conn: &Connection, row: &Row<'_>) -> Result<Submission, Inside> {
    let upload = UploadId::new(row.get(1)?);
    let objects = stored_objects(conn, upload)?;
    Ok(Submission {
        no: from_db(row.get(0)?)?,
        upload,
        manifest_sha256: Digest::new(row.get(2)?),
        manifest: row.get(3)?,
        cms: row.get(4)?,
        completed_at: instant(row.get(5)?)?,
        receipt: row.get(6)?,
        receipt_cms: row.get(7)?,
        place: row.get(8)?,
        salt: row.get(9)?,
        objects: objects.into_iter().map(|object| (object.part, object.file_len)).collect(),
    })
}
