//! Uploads: begun once per manifest, filled slice by slice in any order.
//!
//! The pieces of a slice and the record that makes them count go to the pool together. A slice that comes
//! again is written again behind everything else; the last one counts.

use std::ops::Range;

use kaibiao_seal::SliceCut;
use kaibiao_types::{Digest, LotKey};
use rusqlite::{Connection, OptionalExtension, params};

use crate::{
    error::{Inside, Refusal, StoreError},
    ids::{PartName, UploadId},
    intake::places,
    lots::{instant, lot_key},
    objects::{NewObject, check_objects, stored_objects},
    pool::{Cut, Place},
    record::{Begun, Record, StoredSlice},
    store::{Store, from_db, lot_id},
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
    /// Grows with every slice that is written; a judgement about the stored bytes holds
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
        let _turn = self.turn(upload.manifest_sha256.bytes());
        let known = self.read(DOING, |conn| {
            let known = known_upload(conn, lot_id(conn, lot)?, upload)?;
            if known.is_none() && upload_exists(conn, upload.id)? {
                return Err(Refusal::NameTaken.into());
            }
            Ok(known)
        })?;
        if let Some(id) = known {
            return Ok(id);
        }
        let begun = Record::Begun(Begun {
            lot: lot.clone(),
            upload: upload.id,
            manifest_sha256: upload.manifest_sha256,
            manifest: upload.manifest.to_vec(),
            cms: upload.cms.to_vec(),
            objects: upload.objects.to_vec(),
        });
        self.keep(self.pool.record(&begun))?;
        self.take_over(DOING, &begun)?;
        Ok(upload.id)
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
        let _turn = self.turn(upload.bytes());
        let given = count(bytes.len());
        let (cut, stored) =
            self.read(WRITING, |conn| stored_slice(conn, upload, part, n, given))?;
        if !stored.is_empty() && self.holds(&stored, cut, bytes) {
            return Ok(());
        }
        let places = self.keep(self.pool.slice(upload, part, n, cut, bytes))?;
        let stored = StoredSlice { upload, part: part.clone(), n, places };
        self.take_over(WRITING, &Record::Stored(stored))
    }

    /// Whether the pieces at these places still are these bytes.
    fn holds(&self, places: &[Place], cut: Cut, bytes: &[u8]) -> bool {
        let same = |(place, piece): (&Place, &[u8])| {
            self.pool.piece(*place).is_ok_and(|stored| stored == piece)
        };
        places.len() == cut.pieces(bytes).count() && places.iter().zip(cut.pieces(bytes)).all(same)
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

fn upload_exists(conn: &Connection, upload: UploadId) -> Result<bool, Inside> {
    let mut row = conn.prepare_cached("SELECT 1 FROM upload WHERE id = ?1")?;
    Ok(row.exists([upload.bytes()])?)
}

/// How a slice of `given` bytes is cut, and where its pieces are; none if it is not stored yet.
fn stored_slice(
    conn: &Connection,
    upload: UploadId,
    part: &PartName,
    n: u32,
    given: u64,
) -> Result<(Cut, Vec<Place>), Inside> {
    check_open(conn, upload)?;
    let object = stored_objects(conn, upload)?.into_iter().find(|object| object.part == *part);
    let object = object.ok_or_else(|| Refusal::UnknownPart(part.clone()))?;
    let range = range_of(object.cut, part, n)?;
    let expected = range.end - range.start;
    if given != expected {
        return Err(Refusal::SliceLength { part: part.clone(), n, expected, given }.into());
    }
    let mut places = places(conn, upload, part)?;
    Ok((object.cut_of_slice(n)?, places.remove(&n).unwrap_or_default()))
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
