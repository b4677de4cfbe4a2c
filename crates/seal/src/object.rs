//! The digest of a sealed file, computed from its bytes as they arrive.

use kaibiao_crypto::Hasher;
use kaibiao_types::Digest;

use crate::limits::TAG_LEN;
use crate::payload::ObjectRoot;
use crate::{Header, HeaderError, PREFIX_LEN};

/// What identifies the bytes of one sealed file, as the manifest signs it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ObjectSummary {
    /// Digest of the exact header.
    pub header_sha256: Digest,
    /// Bytes of the whole file.
    pub file_len: u64,
    /// Digest over header, length and the tree of all chunks.
    pub ct_root: Digest,
}

impl ObjectSummary {
    /// Checks what was computed from bytes (`self`) against what was signed.
    ///
    /// # Errors
    ///
    /// [`ObjectMismatch`]; the first of header, length and root that differs.
    pub fn expect(&self, signed: &Self) -> Result<(), ObjectMismatch> {
        if self.header_sha256 != signed.header_sha256 {
            return Err(ObjectMismatch::Header);
        }
        if self.file_len != signed.file_len {
            return Err(ObjectMismatch::Length { signed: signed.file_len, found: self.file_len });
        }
        if self.ct_root == signed.ct_root { Ok(()) } else { Err(ObjectMismatch::Root) }
    }
}

/// A file is not the one that was signed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ObjectMismatch {
    /// Another header.
    #[error("the header is not the signed one")]
    Header,
    /// Another length than the manifest says.
    #[error("the file has {found} bytes, the manifest says {signed}")]
    Length {
        /// Bytes in the manifest.
        signed: u64,
        /// Bytes found.
        found: u64,
    },
    /// Another chunk somewhere.
    #[error("the content is not the signed one")]
    Root,
}

impl ObjectMismatch {
    /// The stable label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Header => "E_HEADER",
            Self::Length { .. } => "E_LEN",
            Self::Root => "E_ROOT",
        }
    }
}

/// Why bytes are not one whole sealed file. Nothing is decrypted to find out.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ObjectError {
    /// The bytes do not start with a header.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// Bytes follow the last chunk.
    #[error("bytes follow the {expected} bytes of the sealed file")]
    Longer {
        /// Bytes the header calls for.
        expected: u64,
    },
    /// The file ends too early.
    #[error("the sealed file ends after {found} of {expected} bytes")]
    Shorter {
        /// Bytes the header calls for.
        expected: u64,
        /// Bytes found.
        found: u64,
    },
}

impl ObjectError {
    /// The stable label.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Header(error) => error.label(),
            Self::Longer { .. } | Self::Shorter { .. } => "E_LEN",
        }
    }
}

/// Computes the summary of a sealed file from its bytes in any slicing, in constant memory.
#[derive(Debug)]
pub struct ObjectDigest {
    state: State,
}

#[derive(Debug)]
enum State {
    /// The header is not complete yet; at most its longest length is kept.
    Header(Vec<u8>),
    Payload(Box<Payload>),
    /// Stays refused, whatever follows.
    Refused(ObjectError),
}

impl Default for ObjectDigest {
    fn default() -> Self {
        Self::new()
    }
}

impl ObjectDigest {
    /// Starts at the first byte of a file.
    pub const fn new() -> Self {
        Self { state: State::Header(Vec::new()) }
    }

    /// Starts after a header that is already there: only the payload will be fed.
    pub fn of_payload(header: Header) -> Self {
        Self { state: State::Payload(Box::new(Payload::new(header))) }
    }

    /// The header, once all of its bytes have arrived.
    pub fn header(&self) -> Option<&Header> {
        match &self.state {
            State::Payload(payload) => Some(&payload.header),
            State::Header(_) | State::Refused(_) => None,
        }
    }

    /// Takes the next bytes in.
    ///
    /// # Errors
    ///
    /// [`ObjectError`] as soon as it is certain; it is then repeated for ever.
    pub fn update(&mut self, bytes: &[u8]) -> Result<(), ObjectError> {
        let result = self.advance(bytes);
        if let Err(error) = result {
            self.state = State::Refused(error);
        }
        result
    }

    /// The summary, if the file is whole.
    ///
    /// # Errors
    ///
    /// [`ObjectError`].
    pub fn finish(self) -> Result<ObjectSummary, ObjectError> {
        self.finish_with_slices().map(|(summary, _)| summary)
    }

    /// The summary, and the root of each upload slice in order, if the file is whole.
    ///
    /// # Errors
    ///
    /// [`ObjectError`].
    pub fn finish_with_slices(self) -> Result<(ObjectSummary, Vec<Digest>), ObjectError> {
        match self.state {
            State::Header(start) => Err(Header::parse(&start).map_or_else(
                ObjectError::Header,
                // `advance` leaves this state as soon as a header is complete.
                |header| ObjectError::Shorter {
                    expected: header.file_len(),
                    found: header.header_len(),
                },
            )),
            State::Payload(payload) => payload.finish(),
            State::Refused(error) => Err(error),
        }
    }

    fn advance(&mut self, mut bytes: &[u8]) -> Result<(), ObjectError> {
        match &mut self.state {
            State::Refused(error) => return Err(*error),
            State::Payload(payload) => return payload.update(bytes),
            State::Header(start) => {
                // First the prefix, then exactly as many bytes as it claims.
                if !take_up_to(PREFIX_LEN, start, &mut bytes) {
                    return Ok(());
                }
                let length = Header::len_from_prefix(start)?;
                if !take_up_to(length, start, &mut bytes) {
                    return Ok(());
                }
                let mut payload = Payload::new(Header::parse(start)?);
                payload.update(bytes)?;
                self.state = State::Payload(Box::new(payload));
            }
        }
        Ok(())
    }
}

/// Moves bytes until `kept` has `length`; whether it has.
fn take_up_to(length: usize, kept: &mut Vec<u8>, bytes: &mut &[u8]) -> bool {
    let missing = length.saturating_sub(kept.len());
    let (taken, rest) = bytes.split_at_checked(missing).unwrap_or((bytes, &[]));
    kept.extend_from_slice(taken);
    *bytes = rest;
    kept.len() >= length
}

#[derive(Debug)]
struct Payload {
    header: Header,
    header_sha256: Digest,
    root: ObjectRoot,
    /// Of the chunk that is arriving.
    index: u64,
    missing: usize,
    hasher: Hasher,
    /// Payload bytes taken in.
    taken: u64,
}

impl Payload {
    fn new(header: Header) -> Self {
        let suite = header.suite();
        Self {
            header_sha256: header.digest(),
            root: ObjectRoot::new(suite),
            index: 0,
            missing: header.chunk_plain_len(0) + TAG_LEN,
            hasher: suite.hasher(),
            taken: 0,
            header,
        }
    }

    fn update(&mut self, mut bytes: &[u8]) -> Result<(), ObjectError> {
        while !bytes.is_empty() {
            if self.index == self.header.chunks() {
                return Err(ObjectError::Longer { expected: self.header.file_len() });
            }
            let (part, rest) = bytes.split_at_checked(self.missing).unwrap_or((bytes, &[]));
            self.hasher.update(part);
            self.missing -= part.len();
            self.taken += u64::try_from(part.len()).unwrap_or(u64::MAX);
            bytes = rest;
            if self.missing == 0 {
                let fresh = self.header.suite().hasher();
                let chunk = core::mem::replace(&mut self.hasher, fresh).finish();
                self.root.push_digest(&chunk);
                self.index += 1;
                self.missing = self.header.chunk_plain_len(self.index) + TAG_LEN;
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<(ObjectSummary, Vec<Digest>), ObjectError> {
        let file_len = self.header.file_len();
        if self.index != self.header.chunks() {
            let found = self.header.header_len() + self.taken;
            return Err(ObjectError::Shorter { expected: file_len, found });
        }
        let header_sha256 = self.header_sha256;
        let (ct_root, slices) = self.root.finish_with_slices(&header_sha256, file_len);
        Ok((ObjectSummary { header_sha256, file_len, ct_root }, slices))
    }
}
