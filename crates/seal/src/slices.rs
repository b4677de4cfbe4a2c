//! Slices: how a sealed file is cut for its upload, so that each piece is checked when it arrives.
//!
//! A slice holds 32 chunks, which are one subtree of the object; slice 0 begins with the header.
//! So the slices in a row are the file. Byte layout: `docs/spec/intake.md`.

use core::ops::Range;

use kaibiao_crypto::Suite;
use kaibiao_types::Digest;

use crate::limits::{SEALED_CHUNK_LEN, UPLOAD_PART_LEN};
use crate::payload::{join_slices, object_root};
use crate::tree::suite_tree;
use crate::{Header, ObjectSummary};

/// Bytes of one whole slice without a header: 32 chunks with their tags.
const WHOLE: u64 = wide(UPLOAD_PART_LEN);

/// Bytes of one root.
const ROOT_LEN: usize = 32;

/// Where the slices of a sealed file begin and end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SliceCut {
    header_len: u64,
    file_len: u64,
}

impl SliceCut {
    /// The cut of a file of `file_len` bytes whose first `header_len` bytes are its header; `None`
    /// if nothing follows the header.
    #[must_use]
    pub const fn new(header_len: u64, file_len: u64) -> Option<Self> {
        if header_len < file_len { Some(Self { header_len, file_len }) } else { None }
    }

    /// The cut of the file with this header.
    #[must_use]
    pub fn of(header: &Header) -> Self {
        Self { header_len: header.header_len(), file_len: header.file_len() }
    }

    /// How many slices the file has, at least one.
    #[must_use]
    pub const fn count(self) -> u64 {
        (self.file_len - self.header_len).div_ceil(WHOLE)
    }

    /// The bytes of slice `n` (from 0) in the file; `None` beyond the end.
    #[must_use]
    pub const fn range(self, n: u32) -> Option<Range<u64>> {
        // A u32 widens to u64 without loss; `u64::from` is not usable in a const function.
        #[allow(clippy::as_conversions, clippy::cast_lossless)]
        let before = n as u64 * WHOLE;
        let payload = self.file_len - self.header_len;
        if before >= payload {
            return None;
        }
        let rest = payload - before;
        let start = if n == 0 { 0 } else { self.header_len + before };
        let end = self.header_len + before + if rest < WHOLE { rest } else { WHOLE };
        Some(start..end)
    }
}

/// Why roots of slices are not those of a signed object.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SliceRootsError {
    /// Another number of roots than the file has slices.
    #[error("{found} bytes of slice roots, {expected} expected")]
    Count {
        /// Bytes the file's slices call for: 32 for each.
        expected: u64,
        /// Bytes given.
        found: u64,
    },
    /// Header, length and roots together do not give the signed root.
    #[error("the slice roots do not give the signed root of the object")]
    Root,
}

impl SliceRootsError {
    /// The stable label.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Count { .. } => "E_SLICE_COUNT",
            Self::Root => "E_SLICE_ROOTS",
        }
    }
}

/// Checks that header, length and the roots of all slices give the signed `ct_root`: from then on each
/// slice is judged by its own root.
///
/// `roots` are 32 bytes for each slice, in order. `signed` is what the manifest says of the object whose
/// `header` this is.
///
/// # Errors
///
/// [`SliceRootsError`].
pub fn check_slice_roots(
    header: &Header,
    roots: &[u8],
    signed: &ObjectSummary,
) -> Result<(), SliceRootsError> {
    let expected = SliceCut::of(header).count().saturating_mul(wide(ROOT_LEN));
    let found = wide(roots.len());
    if found != expected {
        return Err(SliceRootsError::Count { expected, found });
    }
    let roots = roots.chunks_exact(ROOT_LEN).filter_map(|root| Digest::from_slice(root).ok());
    let tree = join_slices(header.suite(), roots);
    let root = object_root(header.suite(), &header.digest(), header.file_len(), &tree);
    let file = (header.digest(), header.file_len(), root);
    if file == (signed.header_sha256, signed.file_len, signed.ct_root) {
        Ok(())
    } else {
        Err(SliceRootsError::Root)
    }
}

/// What one slice must be.
#[derive(Clone, Debug)]
pub struct ExpectedSlice {
    /// The suite of the object.
    pub suite: &'static Suite,
    /// How its file is cut.
    pub cut: SliceCut,
    /// The signed digest of its header.
    pub header_sha256: Digest,
    /// Which slice, from 0.
    pub n: u32,
    /// Its root, one of those that gave the signed `ct_root`.
    pub root: Digest,
}

/// Why bytes are not the expected slice.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SliceFault {
    /// Slice 0 begins with other bytes than the signed header.
    #[error("slice 0 does not begin with the signed header")]
    Header,
    /// Another length than the cut gives.
    #[error("the slice has {found} bytes, {expected} expected")]
    Length {
        /// Bytes of the slice; 0 beyond the end of the file.
        expected: u64,
        /// Bytes given.
        found: u64,
    },
    /// Another chunk somewhere.
    #[error("the slice is not the signed one")]
    Root,
}

impl SliceFault {
    /// The stable label.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Header => "E_HEADER",
            Self::Length { .. } => "E_LEN",
            Self::Root => "E_ROOT",
        }
    }
}

impl ExpectedSlice {
    /// Judges bytes that are said to be this slice.
    ///
    /// # Errors
    ///
    /// [`SliceFault`]; the first of length, header and root that differs.
    pub fn check(&self, bytes: &[u8]) -> Result<(), SliceFault> {
        let expected = self.cut.range(self.n).map_or(0, |range| range.end - range.start);
        let found = wide(bytes.len());
        if found != expected || expected == 0 {
            return Err(SliceFault::Length { expected, found });
        }
        let header_len = if self.n == 0 { self.cut.header_len } else { 0 };
        let header_len = usize::try_from(header_len).unwrap_or(usize::MAX);
        let (header, chunks) = bytes.split_at_checked(header_len).unwrap_or((bytes, &[]));
        if self.n == 0 && self.suite.hash(header) != self.header_sha256 {
            return Err(SliceFault::Header);
        }
        let chunks: Vec<&[u8]> = chunks.chunks(SEALED_CHUNK_LEN).collect();
        let mut tree = suite_tree(self.suite);
        for chunk in self.suite.hash_each(&chunks) {
            tree.push_data(chunk.bytes());
        }
        if tree.finish() == self.root { Ok(()) } else { Err(SliceFault::Root) }
    }
}

/// A length as a 64-bit number: `usize` is never wider on a supported machine.
#[allow(clippy::as_conversions)] // `u64::try_from` is not usable in a const function
const fn wide(length: usize) -> u64 {
    length as u64
}
