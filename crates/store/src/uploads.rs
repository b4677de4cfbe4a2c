//! Uploads: begun once per manifest, filled slice by slice in any order.
//!
//! A slice row says that its bytes are in the file and were synced. So the bytes go first, then the
//! sync, then the row; and before stored bytes are replaced, the row goes first.

use std::{fs::OpenOptions, ops::Range, os::unix::fs::FileExt};

use kaibiao_seal::SliceCut;
use kaibiao_types::{Digest, LotKey};
use rusqlite::{Connection, OptionalExtension, params};

use crate::{
    error::{Inside, Refusal, StoreError},
    faults::Point,
    ids::{BlobName, PartName, UploadId},
    lots::{instant, lot_key},
    objects::{NewObject, check_objects, cut, stored_objects},
    store::{Store, from_db, lot_id, to_db},
};

/// What [`Store::begin_upload`] is told.
#[derive(Clone, Copy, Debug)]
pub struct Upload<'a> {
    /// A fresh random id; used only if this manifest is new.
    pub id: UploadId,
    /// SHA-256 of the manifest bytes, computed by the caller.
    pub manifest_sha256: Digest,
    /// The exact manifest.
    pub manifest: &'a [u8],
    /// The bidder's CMS over it, DER.
    pub cms: &'a [u8],
    /// The sealed objects the manifest names, in its order; none for a withdrawal.
    pub objects: &'a [NewObject],
}

/// How far an upload is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UploadState {
    /// The upload.
    pub upload: UploadId,
    /// Its lot.
    pub lot: LotKey,
    /// SHA-256 of its manifest.
    pub manifest_sha256: Digest,
    /// Grows with every slice that is written or given up; a judgement about the stored bytes holds
    /// for one revision.
    pub revision: u64,
    /// Its parts, in the order of the manifest.
    pub parts: Vec<PartState>,
    /// Whether it was completed.
    pub completed: bool,
}

/// How far one part of an upload is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PartState {
    /// The part.
    pub part: PartName,
    /// Bytes of the whole object.
    pub file_len: u64,
    /// How many slices it has.
    pub slices: u32,
    /// The slices not stored yet, ascending, from 0.
    pub missing: Vec<u32>,
}

impl UploadState {
    /// How many slices are missing in all parts.
    #[must_use]
    pub fn missing(&self) -> u64 {
        self.parts.iter().map(|part| count(part.missing.len())).sum()
    }
}

fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

const WRITING: &str = "store a slice";

/// What is known of a slice before its bytes come.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KnownSlice {
    /// How the file of its part is cut.
    pub cut: SliceCut,
    /// The root that its bytes must have.
    pub root: Digest,
}

/// Where a slice goes.
struct Target {
    blob: BlobName,
    offset: u64,
    stored: bool,
}

impl Store {
    /// Begins an upload, or finds the one begun before with the same manifest, and gives its id.
    ///
    /// # Errors
    ///
    /// [`Refusal::DifferentBytes`] if this manifest digest came before with another CMS, other bytes
    /// or other objects; [`Refusal::Objects`], [`Refusal::NameTaken`], [`Refusal::UnknownLot`];
    /// [`StoreError`].
    pub fn begin_upload(&self, lot: &LotKey, upload: &Upload<'_>) -> Result<UploadId, StoreError> {
        const DOING: &str = "begin an upload";
        check_objects(upload.objects)?;
        let known = self.read(DOING, |conn| known_upload(conn, lot_id(conn, lot)?, upload))?;
        if let Some(id) = known {
            return Ok(id);
        }
        let files = self.create_blobs(DOING, upload.objects)?;
        let begun = self.write(DOING, |tx| {
            let lot = lot_id(tx, lot)?;
            // Another thread may have begun it since the look above.
            if let Some(id) = known_upload(tx, lot, upload)? {
                return Ok(id);
            }
            insert_upload(tx, lot, upload)?;
            Ok(upload.id)
        });
        match &begun {
            // The rows now own the files, or may own them: the next opening finds out.
            Ok(id) if *id == upload.id => files.keep(),
            Err(StoreError::StateUnknown { .. }) => files.keep(),
            Ok(_) | Err(_) => files.remove(),
        }
        begun
    }

    /// What the bytes of slice `n` (from 0) of a part must be. It never changes.
    ///
    /// # Errors
    ///
    /// [`Refusal::SliceBeyondEnd`], [`Refusal::UnknownUpload`], [`Refusal::UnknownPart`];
    /// [`StoreError`].
    pub fn known_slice(
        &self,
        upload: UploadId,
        part: &PartName,
        n: u32,
    ) -> Result<KnownSlice, StoreError> {
        self.read("look up a slice", |conn| known_slice(conn, upload, part, n))
    }

    /// Stores slice `n` (from 0) of a part: on `Ok` its bytes are durable. The caller has judged them
    /// by [`Store::known_slice`].
    ///
    /// Slices come in any order. The same slice again replaces the bytes, so a client may take its
    /// broken upload over from another machine.
    ///
    /// # Errors
    ///
    /// [`Refusal::SliceBeyondEnd`], [`Refusal::SliceLength`], [`Refusal::AlreadyCompleted`],
    /// [`Refusal::UnknownUpload`], [`Refusal::UnknownPart`]; [`StoreError::NotDone`], after which the
    /// slice counts as missing; [`StoreError`].
    pub fn write_slice(
        &self,
        upload: UploadId,
        part: &PartName,
        n: u32,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        let _turn = self.turn(upload);
        let given = count(bytes.len());
        let target = self.read(WRITING, |conn| target(conn, upload, part, n, given))?;
        let not_done =
            |source: std::io::Error| StoreError::NotDone { doing: WRITING, source: source.into() };
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(self.blob_path(target.blob))
            .map_err(not_done)?;
        if target.stored {
            let mut old = vec![0; bytes.len()];
            if file.read_exact_at(&mut old, target.offset).is_ok() && old == bytes {
                return Ok(());
            }
            self.write(WRITING, |tx| {
                tx.execute(
                    "DELETE FROM slice WHERE upload = ?1 AND part = ?2 AND n = ?3",
                    params![upload.bytes(), part.as_str(), n],
                )?;
                next_revision(tx, upload)
            })?;
        }
        self.check_running(WRITING)?;
        let reaching = self.faults.reaching_disk(bytes);
        let write = || file.write_all_at(reaching, target.offset).map_err(Into::into);
        self.faults
            .around(Point::BlobWrite, write)
            .map_err(|source| StoreError::NotDone { doing: WRITING, source })?;
        // After a failed sync the system may have dropped the bytes and still read them back.
        self.faults
            .around(Point::BlobSync, || file.sync_data().map_err(Into::into))
            .map_err(|source| self.halt(WRITING, source))?;
        self.write(WRITING, |tx| {
            tx.prepare_cached("INSERT INTO slice VALUES (?1, ?2, ?3)")?.execute(params![
                upload.bytes(),
                part.as_str(),
                n
            ])?;
            next_revision(tx, upload)
        })
    }

    /// How far an upload is, with the slices still missing.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownUpload`]; [`StoreError`].
    pub fn upload_state(&self, upload: UploadId) -> Result<UploadState, StoreError> {
        self.read("read the state of an upload", |conn| upload_state(conn, upload))
    }

    /// The exact manifest of an upload and the bidder's CMS over it.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownUpload`]; [`StoreError`].
    pub fn upload_bid(&self, upload: UploadId) -> Result<(Vec<u8>, Vec<u8>), StoreError> {
        self.read("read the manifest of an upload", |conn| {
            let bid = conn
                .prepare_cached("SELECT manifest, cms FROM upload WHERE id = ?1")?
                .query_row([upload.bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            bid.ok_or_else(|| Refusal::UnknownUpload(upload).into())
        })
    }
}

/// The upload of this manifest, if there is one and all it says is the same.
fn known_upload(
    conn: &Connection,
    lot: i64,
    upload: &Upload<'_>,
) -> Result<Option<UploadId>, Inside> {
    let row: Option<([u8; 16], Vec<u8>, Vec<u8>)> = conn
        .prepare_cached(
            "SELECT id, manifest, cms FROM upload WHERE lot = ?1 AND manifest_sha256 = ?2",
        )?
        .query_row(params![lot, upload.manifest_sha256.bytes()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let Some((id, manifest, cms)) = row else {
        return Ok(None);
    };
    let id = UploadId::new(id);
    let stored = stored_objects(conn, id)?;
    let same = manifest == upload.manifest
        && cms == upload.cms
        && stored.len() == upload.objects.len()
        && stored
            .iter()
            .zip(upload.objects)
            .all(|(old, new)| old.part == new.part && old.file_len == new.file_len);
    if same {
        Ok(Some(id))
    } else {
        let name = format!("manifest {}", upload.manifest_sha256);
        Err(Refusal::DifferentBytes { name }.into())
    }
}

fn insert_upload(conn: &Connection, lot: i64, upload: &Upload<'_>) -> Result<(), Inside> {
    let made = conn
        .prepare_cached(
            "INSERT INTO upload (id, lot, manifest_sha256, manifest, cms)
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (id) DO NOTHING",
        )?
        .execute(params![
            upload.id.bytes(),
            lot,
            upload.manifest_sha256.bytes(),
            upload.manifest,
            upload.cms
        ])?;
    if made == 0 {
        return Err(Refusal::NameTaken.into());
    }
    let mut insert =
        conn.prepare_cached("INSERT INTO object VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    for (no, object) in (0_i64..).zip(upload.objects) {
        let file_len = to_db(object.file_len)?;
        insert.execute(params![
            upload.id.bytes(),
            no,
            object.part.as_str(),
            file_len,
            object.blob.bytes(),
            to_db(object.header_len)?,
            object.slice_roots
        ])?;
    }
    Ok(())
}

fn target(
    conn: &Connection,
    upload: UploadId,
    part: &PartName,
    n: u32,
    given: u64,
) -> Result<Target, Inside> {
    check_open(conn, upload)?;
    let (file_len, header_len, blob): (i64, i64, [u8; 16]) = conn
        .prepare_cached(
            "SELECT file_len, header_len, blob FROM object WHERE upload = ?1 AND part = ?2",
        )?
        .query_row(params![upload.bytes(), part.as_str()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?
        .ok_or_else(|| Refusal::UnknownPart(part.clone()))?;
    let cut = cut(from_db(header_len)?, from_db(file_len)?)?;
    let range = range_of(cut, part, n)?;
    let expected = range.end - range.start;
    if given != expected {
        return Err(Refusal::SliceLength { part: part.clone(), n, expected, given }.into());
    }
    let stored = conn
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM slice WHERE upload = ?1 AND part = ?2 AND n = ?3)",
        )?
        .query_row(params![upload.bytes(), part.as_str(), n], |row| row.get(0))?;
    Ok(Target { blob: BlobName::new(blob), offset: range.start, stored })
}

fn range_of(cut: SliceCut, part: &PartName, n: u32) -> Result<Range<u64>, Refusal> {
    let beyond = || Refusal::SliceBeyondEnd { part: part.clone(), n, slices: cut.count() };
    cut.range(n).ok_or_else(beyond)
}

fn known_slice(
    conn: &Connection,
    upload: UploadId,
    part: &PartName,
    n: u32,
) -> Result<KnownSlice, Inside> {
    let object = stored_objects(conn, upload)?.into_iter().find(|object| object.part == *part);
    let Some(object) = object else {
        // Tells an unknown upload from an unknown part.
        upload_state(conn, upload)?;
        return Err(Refusal::UnknownPart(part.clone()).into());
    };
    range_of(object.cut, part, n)?;
    // The roots of a large object are many: only this one is read.
    let root: Vec<u8> = conn
        .prepare_cached(
            "SELECT substr(slice_roots, 1 + 32 * ?3, 32) FROM object WHERE upload = ?1 AND part = ?2",
        )?
        .query_row(params![upload.bytes(), part.as_str(), n], |row| row.get(0))?;
    let root = Digest::from_slice(&root).map_err(|_| Refusal::OutOfRange)?;
    Ok(KnownSlice { cut: object.cut, root })
}

/// The upload exists and is not completed.
pub(crate) fn check_open(conn: &Connection, upload: UploadId) -> Result<(), Inside> {
    let completed_at: Option<i64> = conn
        .prepare_cached(
            "SELECT completed_at FROM upload LEFT JOIN completion ON completion.upload = upload.id
             WHERE upload.id = ?1",
        )?
        .query_row([upload.bytes()], |row| row.get(0))
        .optional()?
        .ok_or(Refusal::UnknownUpload(upload))?;
    match completed_at {
        None => Ok(()),
        Some(at) => {
            let completed_at = instant(at)?;
            Err(Refusal::AlreadyCompleted { upload, completed_at }.into())
        }
    }
}

fn next_revision(conn: &Connection, upload: UploadId) -> Result<(), Inside> {
    conn.prepare_cached("UPDATE upload SET revision = revision + 1 WHERE id = ?1")?
        .execute([upload.bytes()])?;
    Ok(())
}

pub(crate) fn upload_state(conn: &Connection, upload: UploadId) -> Result<UploadState, Inside> {
    let (tender, lot, digest, revision, completed): (String, String, [u8; 32], i64, bool) = conn
        .prepare_cached(
            "SELECT lot.tender, lot.lot, manifest_sha256, revision,
                    EXISTS (SELECT 1 FROM completion WHERE upload = ?1)
             FROM upload JOIN lot ON lot.id = upload.lot WHERE upload.id = ?1",
        )?
        .query_row([upload.bytes()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
        })
        .optional()?
        .ok_or(Refusal::UnknownUpload(upload))?;
    let mut parts = Vec::new();
    for object in stored_objects(conn, upload)? {
        let slices = u32::try_from(object.cut.count()).map_err(|_| Refusal::OutOfRange)?;
        let missing = missing_slices(conn, upload, &object.part, slices)?;
        parts.push(PartState { part: object.part, file_len: object.file_len, slices, missing });
    }
    Ok(UploadState {
        upload,
        lot: lot_key(&tender, &lot)?,
        manifest_sha256: Digest::new(digest),
        revision: from_db(revision)?,
        parts,
        completed,
    })
}

fn missing_slices(
    conn: &Connection,
    upload: UploadId,
    part: &PartName,
    slices: u32,
) -> Result<Vec<u32>, Inside> {
    let mut rows =
        conn.prepare_cached("SELECT n FROM slice WHERE upload = ?1 AND part = ?2 ORDER BY n")?;
    let stored = rows
        .query_map(params![upload.bytes(), part.as_str()], |row| row.get(0))?
        .collect::<Result<std::collections::BTreeSet<u32>, _>>()?;
    Ok((0..slices).filter(|n| !stored.contains(n)).collect())
}
