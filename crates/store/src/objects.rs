//! Stored objects: one file of a random name per sealed object.

use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
};

use kaibiao_seal::SliceCut;
use rusqlite::Connection;

use crate::{
    error::{BoxError, Inside, Refusal, StoreError},
    faults::Point,
    ids::{BlobName, PartName, UploadId},
    limits::{OBJECT_LEN_MAX, OBJECTS_MAX},
    open::sync_dir,
    store::{Store, from_db},
};

/// One sealed object that an upload will bring.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewObject {
    /// Its name in the upload.
    pub part: PartName,
    /// Its bytes, at least 1, at most [`OBJECT_LEN_MAX`].
    pub file_len: u64,
    /// Bytes of its header, less than `file_len`: slice 0 is longer by them.
    pub header_len: u64,
    /// The roots of its slices, 32 bytes each, as they were judged against the signed root.
    pub slice_roots: Vec<u8>,
    /// A fresh random name for its file.
    pub blob: BlobName,
}

/// A sealed object of an upload that was begun.
#[derive(Clone, Debug)]
pub(crate) struct StoredObject {
    pub(crate) part: PartName,
    pub(crate) file_len: u64,
    pub(crate) cut: SliceCut,
    pub(crate) blob: BlobName,
}

impl Store {
    /// Opens a stored object for reading. Slices that are missing read as zeros or end the file
    /// early, so the caller judges only an upload whose [`missing`](crate::UploadState::missing) is 0.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownUpload`], [`Refusal::UnknownPart`]; [`Refusal::StoredLength`] if all slices
    /// were stored and the file has another length now; [`StoreError`].
    pub fn open_object(&self, upload: UploadId, part: &PartName) -> Result<File, StoreError> {
        const DOING: &str = "open a stored object";
        let (object, whole) = self.read(DOING, |conn| {
            let state = crate::uploads::upload_state(conn, upload)?;
            let object = stored_objects(conn, upload)?
                .into_iter()
                .find(|object| object.part == *part)
                .ok_or_else(|| Refusal::UnknownPart(part.clone()))?;
            let whole = state.parts.iter().any(|p| p.part == *part && p.missing.is_empty());
            Ok((object, whole))
        })?;
        let not_done =
            |source: io::Error| StoreError::NotDone { doing: DOING, source: source.into() };
        let file = File::open(self.blob_path(object.blob)).map_err(not_done)?;
        let found = file.metadata().map_err(not_done)?.len();
        if whole && found != object.file_len {
            let expected = object.file_len;
            return Err(Refusal::StoredLength { part: object.part, expected, found }.into());
        }
        Ok(file)
    }

    /// Makes the empty files of an upload and syncs their folder, before the rows that name them.
    pub(crate) fn create_blobs(
        &self,
        doing: &'static str,
        objects: &[NewObject],
    ) -> Result<NewFiles, StoreError> {
        let mut files = NewFiles(Vec::new());
        if objects.is_empty() {
            return Ok(files);
        }
        self.check_running(doing)?;
        for object in objects {
            let path = self.blob_path(object.blob);
            let create = || -> Result<(), BoxError> {
                OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
                files.0.push(path);
                Ok(())
            };
            if let Err(source) = self.faults.around(Point::BlobCreate, create) {
                files.remove();
                let taken = source
                    .downcast_ref::<io::Error>()
                    .is_some_and(|error| error.kind() == io::ErrorKind::AlreadyExists);
                return Err(if taken {
                    Refusal::NameTaken.into()
                } else {
                    StoreError::NotDone { doing, source }
                });
            }
        }
        let sync = || sync_dir(self.blob_dir()).map_err(Into::into);
        self.faults.around(Point::BlobDirSync, sync).map_err(|source| self.halt(doing, source))?;
        Ok(files)
    }
}

/// Files just made, which either get rows or are removed.
pub(crate) struct NewFiles(Vec<PathBuf>);

impl NewFiles {
    /// The files stay.
    pub(crate) fn keep(self) {
        drop(self.0);
    }

    /// The files go. One that cannot be removed is empty and without a row: the next opening
    /// removes it. Nothing is said of it, since before a deadline that would be a sign of a bidder
    /// (ruling 25).
    pub(crate) fn remove(self) {
        for path in self.0 {
            drop(fs::remove_file(path));
        }
    }
}

pub(crate) fn check_objects(objects: &[NewObject]) -> Result<(), Refusal> {
    if objects.len() > OBJECTS_MAX {
        return Err(Refusal::Objects("too many"));
    }
    if objects.iter().any(|object| object.file_len == 0) {
        return Err(Refusal::Objects("empty"));
    }
    if objects.iter().any(|object| object.header_len >= object.file_len) {
        return Err(Refusal::Objects("nothing but a header"));
    }
    if objects.iter().any(|object| object.file_len > OBJECT_LEN_MAX) {
        return Err(Refusal::Objects("too long"));
    }
    let parts: BTreeSet<_> = objects.iter().map(|object| &object.part).collect();
    if parts.len() != objects.len() {
        return Err(Refusal::Objects("named twice"));
    }
    Ok(())
}

/// The objects of an upload, in the order of its manifest.
pub(crate) fn stored_objects(
    conn: &Connection,
    upload: UploadId,
) -> Result<Vec<StoredObject>, Inside> {
    let mut rows = conn.prepare_cached(
        "SELECT part, file_len, blob, header_len FROM object WHERE upload = ?1 ORDER BY no",
    )?;
    let mut rows = rows.query([upload.bytes()])?;
    let mut objects = Vec::new();
    while let Some(row) = rows.next()? {
        let part: String = row.get(0)?;
        let part = PartName::parse(&part)
            .map_err(|_| rusqlite::Error::InvalidColumnName("part".to_owned()))?;
        let file_len = from_db(row.get(1)?)?;
        let cut = cut(from_db(row.get(3)?)?, file_len)?;
        objects.push(StoredObject { part, file_len, cut, blob: BlobName::new(row.get(2)?) });
    }
    Ok(objects)
}

/// The cut of a stored object; one without a payload was never taken in.
pub(crate) fn cut(header_len: u64, file_len: u64) -> Result<SliceCut, Inside> {
    SliceCut::new(header_len, file_len).ok_or_else(|| Refusal::OutOfRange.into())
}
