//! Sealed objects as they are read back: pieces from the pool, in order.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::{collections::BTreeSet, ops::Range};

use kaibiao_seal::SliceCut;
use rusqlite::Connection;

use crate::{
    error::{Inside, Refusal, StoreError},
    ids::{PartName, UploadId},
    intake::places,
    limits::{OBJECT_LEN_MAX, OBJECTS_MAX},
    pool::{Cut, PIECE_LEN, Place, Pool, wide},
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
}

/// A sealed object of an upload that was begun.
#[derive(Clone, Debug)]
pub(crate) struct StoredObject {
    pub(crate) part: PartName,
    pub(crate) file_len: u64,
    pub(crate) header_len: u64,
    pub(crate) cut: SliceCut,
}

impl StoredObject {
    /// How slice `n` is cut into pieces.
    pub(crate) fn cut_of_slice(&self, n: u32) -> Result<Cut, Refusal> {
        let header_len = if n == 0 { self.header_len } else { 0 };
        Ok(Cut { header_len: usize::try_from(header_len).map_err(|_| Refusal::OutOfRange)? })
    }
}

/// A sealed object, read from the pool. Bytes of a slice that is not stored are an error of kind
/// [`io::ErrorKind::NotFound`], damaged ones of [`io::ErrorKind::InvalidData`].
#[derive(Debug)]
pub struct ObjectReader {
    pool: Arc<Pool>,
    file_len: u64,
    /// The pieces by their first bytes in the object, ascending.
    pieces: Vec<(u64, Place)>,
    /// The slices that are stored, ascending.
    stored: Vec<Range<u64>>,
    at: u64,
    /// The piece that was read last, and its first byte.
    last: Option<(u64, Vec<u8>)>,
}

impl ObjectReader {
    /// Fills `out` with the bytes from `at` on, wherever the reader stands.
    ///
    /// # Errors
    ///
    /// As reading; [`io::ErrorKind::UnexpectedEof`] beyond the end.
    pub fn read_exact_at(&mut self, out: &mut [u8], at: u64) -> io::Result<()> {
        self.at = at;
        self.read_exact(out)
    }

    /// Opens the piece in which byte `self.at` lies, unless it is open.
    fn load(&mut self) -> io::Result<(&[u8], u64)> {
        let absent = || io::Error::new(io::ErrorKind::NotFound, "a slice is not stored");
        let next = self.stored.partition_point(|range| range.start <= self.at);
        let slice = next.checked_sub(1).and_then(|n| self.stored.get(n));
        slice.filter(|range| range.contains(&self.at)).ok_or_else(absent)?;
        let next = self.pieces.partition_point(|(begin, _)| *begin <= self.at);
        let piece = next.checked_sub(1).and_then(|n| self.pieces.get(n));
        let (begin, place) = *piece.ok_or_else(absent)?;
        let last = match self.last.take() {
            Some(last) if last.0 == begin => last,
            _ => (begin, self.pool.piece(place)?),
        };
        let (begin, bytes) = self.last.insert(last);
        Ok((bytes, *begin))
    }
}

impl Read for ObjectReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.file_len || out.is_empty() {
            return Ok(0);
        }
        let at = self.at;
        let (piece, begin) = self.load()?;
        let offset = usize::try_from(at - begin).map_err(io::Error::other)?;
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, "a stored piece is too short");
        let rest = piece.get(offset..).filter(|rest| !rest.is_empty()).ok_or_else(damaged)?;
        let count = rest.len().min(out.len());
        if let (Some(out), Some(rest)) = (out.get_mut(..count), rest.get(..count)) {
            out.copy_from_slice(rest);
        }
        self.at += wide(count);
        Ok(count)
    }
}

impl Seek for ObjectReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.file_len.checked_add_signed(by),
        };
        self.at = to.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

impl Store {
    /// Opens a stored object for reading.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownUpload`], [`Refusal::UnknownPart`]; [`StoreError`].
    pub fn open_object(
        &self,
        upload: UploadId,
        part: &PartName,
    ) -> Result<ObjectReader, StoreError> {
        let (object, slices) = self.read("open a stored object", |conn| {
            crate::uploads::upload_state(conn, upload)?;
            let object = stored_objects(conn, upload)?
                .into_iter()
                .find(|object| object.part == *part)
                .ok_or_else(|| Refusal::UnknownPart(part.clone()))?;
            Ok((object, places(conn, upload, part)?))
        })?;
        let (mut pieces, mut stored) = (Vec::new(), Vec::new());
        for (n, places) in slices {
            let Some(range) = object.cut.range(n) else { continue };
            let header = (n == 0 && object.header_len > 0).then_some(0);
            let begin = if n == 0 { object.header_len } else { range.start };
            let begins = header.into_iter().chain((begin..).step_by(PIECE_LEN));
            pieces.extend(begins.zip(places));
            stored.push(range);
        }
        let (pool, file_len) = (Arc::clone(&self.pool), object.file_len);
        Ok(ObjectReader { pool, file_len, pieces, stored, at: 0, last: None })
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
        "SELECT part, file_len, header_len FROM object WHERE upload = ?1 ORDER BY no",
    )?;
    let mut rows = rows.query([upload.bytes()])?;
    let mut objects = Vec::new();
    while let Some(row) = rows.next()? {
        let part: String = row.get(0)?;
        let part = PartName::parse(&part)
            .map_err(|_| rusqlite::Error::InvalidColumnName("part".to_owned()))?;
        let file_len = from_db(row.get(1)?)?;
        // One without a payload was never taken in.
        let header_len = from_db(row.get(2)?)?;
        let cut = SliceCut::new(header_len, file_len).ok_or(Refusal::OutOfRange)?;
        objects.push(StoredObject { part, file_len, header_len, cut });
    }
    Ok(objects)
}
