//! Opening: sealed file and lock secrets in, plaintext out, or a failure that says whose fault it is.

use std::io::{Read, Write};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};

use kaibiao_crypto::AeadError;
use kaibiao_types::{Digest, Fault};

use crate::keys::{PayloadKey, same};
use crate::limits::TAG_LEN;
use crate::payload::{ObjectRoot, at_end, chunk_digests, read_full};
use crate::pipeline::{alone, together};
use crate::{
    Header, LockCommitError, LockKind, LockSecrets, ObjectSummary, PadFault, check_bidder_lock,
    check_ceremony_lock,
};

/// An object that was opened and checked to its last byte.
pub struct Opened<W> {
    /// The writer that was handed in, now with the whole plaintext.
    pub out: W,
    /// Bytes of the plaintext.
    pub plaintext_len: u64,
}

impl<W> core::fmt::Debug for Opened<W> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Opened({} bytes)", self.plaintext_len)
    }
}

/// Why one object did not open. The other bids go on (电子招标投标办法 art. 31).
///
/// What the failure proves holds under two conditions that the caller has checked before: the point
/// Z was proven by the custodians' proofs, and `expected` stands in the manifest that the bidder
/// signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenFailure {
    /// The bidder signed another length than its own header calls for.
    #[error("the manifest says {signed} bytes, the header calls for {header}")]
    AnnouncedLength {
        /// Bytes in the manifest.
        signed: u64,
        /// Bytes by the header.
        header: u64,
    },
    /// The object has a bidder lock and the bidder handed no secret in.
    #[error("the bidder's own secret is missing")]
    BidderSecretMissing,
    /// The stored bytes are the signed ones, yet a chunk (256 KiB, counted from 0) failed.
    #[error("chunk {0} failed authentication")]
    Chunk(u64),
    /// The stored header is not the signed one.
    #[error("the stored header is not the signed one")]
    Header,
    /// The key that all lock secrets give is not the one that the header commits to.
    #[error("the payload key does not fit its commitment")]
    KeyCommit,
    /// The stored file ends too early or goes on too long.
    #[error("the stored file does not have its {expected} bytes")]
    Length {
        /// Bytes of the signed file.
        expected: u64,
    },
    /// A lock secret is not the one that the lock commits to.
    #[error(transparent)]
    LockCommit(#[from] LockCommitError),
    /// The stored bytes are the signed ones and authentic, yet wrongly padded.
    #[error("wrong padding: {0}")]
    Padding(#[from] PadFault),
    /// The stored file could not be read; this says nothing about the bid.
    #[error("the stored file could not be read")]
    Read(#[source] std::io::Error),
    /// The stored chunks are not the signed ones.
    #[error("the stored file is not the signed one")]
    Root,
    /// The plaintext could not be written; this says nothing about the bid.
    #[error("the plaintext could not be written")]
    Write(#[source] std::io::Error),
}

/// What a failure means for the bid.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// The bidder sealed something that nobody can open.
    BidderGarbage,
    /// The bidder's own lock was not opened.
    BidderNotUnlocked,
    /// The file is not the one that was receipted.
    ServerCorrupt,
}

impl Verdict {
    /// The stable label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::BidderGarbage => "BIDDER_GARBAGE",
            Self::BidderNotUnlocked => "BIDDER_NOT_UNLOCKED",
            Self::ServerCorrupt => "SERVER_CORRUPT",
        }
    }
}

impl OpenFailure {
    /// The stable label.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::AnnouncedLength { .. } | Self::Length { .. } => "E_LEN",
            Self::BidderSecretMissing => "E_LOCK_SECRET",
            Self::Chunk(_) => "E_CHUNK",
            Self::Header => "E_HEADER",
            Self::KeyCommit => "E_COMMIT",
            Self::LockCommit(error) => error.label(),
            Self::Padding(_) => "E_PAD",
            Self::Read(_) => "E_READ",
            Self::Root => "E_ROOT",
            Self::Write(_) => "E_WRITE",
        }
    }

    /// What the failure means for the bid; `None` for trouble of this machine, after which the
    /// object may simply be opened again.
    pub const fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::AnnouncedLength { .. }
            | Self::Chunk(_)
            | Self::KeyCommit
            | Self::LockCommit(LockCommitError(LockKind::Ceremony))
            | Self::Padding(_) => Some(Verdict::BidderGarbage),
            Self::BidderSecretMissing | Self::LockCommit(LockCommitError(LockKind::Bidder)) => {
                Some(Verdict::BidderNotUnlocked)
            }
            Self::Header | Self::Length { .. } | Self::Root => Some(Verdict::ServerCorrupt),
            Self::Read(_) | Self::Write(_) => None,
        }
    }

    /// Whose fault it is (ruling 21). A bidder secret that is wrong is under the bidder's signature;
    /// about a missing one, and about trouble of this machine, a person decides.
    pub const fn fault(&self) -> Fault {
        match (self, self.verdict()) {
            (Self::BidderSecretMissing, _) | (_, None) => Fault::Undetermined,
            (_, Some(Verdict::BidderGarbage | Verdict::BidderNotUnlocked)) => Fault::Bidder,
            (_, Some(Verdict::ServerCorrupt)) => Fault::NotBidder,
        }
    }
}

/// Opens an object: checks header, lock commitments and key commitment before the first chunk is
/// read, then writes the plaintext chunk by chunk.
///
/// `payload` gives the bytes after the header, and no byte more. `out` is moved in and comes back
/// only in `Ok`, after every chunk, the padding, the length and the signed root were checked: on
/// failure it is dropped with what was written. So hand in something whose drop discards (a `Vec`,
/// a temporary file), never a reference to a final place. After a failed chunk nothing more is
/// written, but the file is read to its end, because only the root tells whether the file or the
/// bidder is to blame. Memory: two chunks.
///
/// # Errors
///
/// [`OpenFailure`]; [`OpenFailure::fault`] says what it proves.
pub fn open<W: Write>(
    header: &Header,
    secrets: &LockSecrets,
    expected: &ObjectSummary,
    payload: &mut dyn Read,
    out: W,
) -> Result<Opened<W>, OpenFailure> {
    let key = begin(header, secrets, expected)?;
    let mut plain = Plain::new(header, out);
    let failed = AtomicBool::new(false);
    alone(
        header.chunks_of_file(),
        |index, buffer| take(header, index, buffer, payload),
        |first, chunks| decrypt(header, &key, &failed, first, chunks),
        |index, chunk, outcome| plain.take(index, chunk, outcome, &failed),
    )?;
    plain.finish(expected, payload)
}

/// As [`open()`], with the same result, on up to `threads` threads: 1 is the calling thread alone.
///
/// Memory: two chunks for each thread, and no more than 8 threads are used.
///
/// # Errors
///
/// [`OpenFailure`]; [`OpenFailure::fault`] says what it proves.
pub fn open_on<W: Write + Send>(
    threads: NonZeroUsize,
    header: &Header,
    secrets: &LockSecrets,
    expected: &ObjectSummary,
    payload: &mut (dyn Read + Send),
    out: W,
) -> Result<Opened<W>, OpenFailure> {
    let key = begin(header, secrets, expected)?;
    let mut plain = Plain::new(header, out);
    let failed = AtomicBool::new(false);
    together(
        threads,
        header.chunks_of_file(),
        |index, buffer| take(header, index, buffer, payload),
        |first, chunks| decrypt(header, &key, &failed, first, chunks),
        |index, chunk, outcome| plain.take(index, chunk, outcome, &failed),
    )?;
    plain.finish(expected, payload)
}

/// What is checked before the first chunk is read.
fn begin(
    header: &Header,
    secrets: &LockSecrets,
    expected: &ObjectSummary,
) -> Result<PayloadKey, OpenFailure> {
    if header.digest() != expected.header_sha256 {
        return Err(OpenFailure::Header);
    }
    if header.file_len() != expected.file_len {
        let (signed, header) = (expected.file_len, header.file_len());
        return Err(OpenFailure::AnnouncedLength { signed, header });
    }
    unlock(header, secrets)
}

/// The payload key, after every commitment was checked.
fn unlock(header: &Header, secrets: &LockSecrets) -> Result<PayloadKey, OpenFailure> {
    check_ceremony_lock(header, &secrets.ceremony)?;
    let mut bidder = None;
    if header.bidder_lock().is_some() {
        let secret = secrets.bidder.as_ref().ok_or(OpenFailure::BidderSecretMissing)?;
        check_bidder_lock(header, secret).transpose()?;
        bidder = Some(secret);
    }
    let key = PayloadKey::derive(header.suite, &header.salt, &secrets.ceremony, bidder, &header.hh);
    if same(&key.commit, &header.commit) { Ok(key) } else { Err(OpenFailure::KeyCommit) }
}

/// Reads the next chunk, tag included.
fn take<R: Read + ?Sized>(
    header: &Header,
    index: u64,
    buffer: &mut [u8],
    payload: &mut R,
) -> Result<usize, OpenFailure> {
    // No chunk is longer than the first one, which the buffer was made for.
    let chunk = buffer.get_mut(..header.chunk_plain_len(index) + TAG_LEN).unwrap_or_default();
    if read_full(payload, chunk).map_err(OpenFailure::Read)? < chunk.len() {
        return Err(OpenFailure::Length { expected: header.file_len() });
    }
    Ok(chunk.len())
}

/// Hashes chunks and decrypts them in place, from the number `first`; after a failure they are only
/// hashed.
fn decrypt(
    header: &Header,
    key: &PayloadKey,
    failed: &AtomicBool,
    first: u64,
    chunks: &mut [&mut [u8]],
) -> Vec<(Digest, Result<(), AeadError>)> {
    let digests = chunk_digests(header, chunks);
    let decrypted = (first..).zip(chunks).map(|(index, chunk)| {
        // Only spares work: whether a chunk is given on is decided in the order of the chunks.
        if failed.load(Ordering::Relaxed) {
            return Ok(());
        }
        let nonce = key.nonce(index, header.is_last(index));
        key.aead.open_in_place(nonce, chunk).map(drop)
    });
    digests.into_iter().zip(decrypted).collect()
}

/// The padded plaintext as it comes out: length, content, zeros.
struct Plain<'a, W> {
    header: &'a Header,
    out: W,
    root: ObjectRoot,
    inner: Option<u64>,
    written: u64,
    /// The first chunk that is the bidder's fault, if the root is the signed one.
    failure: Option<OpenFailure>,
}

impl<'a, W: Write> Plain<'a, W> {
    fn new(header: &'a Header, out: W) -> Self {
        let root = ObjectRoot::new(header.suite());
        Self { header, out, root, inner: None, written: 0, failure: None }
    }

    /// Takes the next chunk in: decrypted in place, its tag still behind it. An error is trouble of
    /// this machine; what the object itself lacks is kept until its root is known.
    fn take(
        &mut self,
        index: u64,
        chunk: &[u8],
        (digest, authentic): (Digest, Result<(), AeadError>),
        failed: &AtomicBool,
    ) -> Result<(), OpenFailure> {
        self.root.push_digest(&digest);
        if self.failure.is_some() {
            return Ok(());
        }
        let (plain, _) = chunk.split_last_chunk::<TAG_LEN>().unwrap_or((chunk, &[0; TAG_LEN]));
        match authentic.map_err(|_| OpenFailure::Chunk(index)).and_then(|()| self.write(plain)) {
            Ok(()) => Ok(()),
            Err(OpenFailure::Write(error)) => Err(OpenFailure::Write(error)),
            Err(failure) => {
                self.failure = Some(failure);
                failed.store(true, Ordering::Relaxed);
                Ok(())
            }
        }
    }

    fn write(&mut self, mut bytes: &[u8]) -> Result<(), OpenFailure> {
        let inner = if let Some(inner) = self.inner {
            inner
        } else {
            // The first chunk has at least 8 bytes, as every padded length has.
            let (length, rest) = bytes.split_first_chunk().ok_or(PadFault::InnerLength)?;
            bytes = rest;
            let inner = u64::from_be_bytes(*length);
            self.header.padding().check_inner(inner, self.header.padded_len())?;
            *self.inner.insert(inner)
        };
        let missing = usize::try_from(inner - self.written).unwrap_or(usize::MAX);
        let (data, zeros) = bytes.split_at_checked(missing).unwrap_or((bytes, &[]));
        if zeros.iter().any(|byte| *byte != 0) {
            return Err(PadFault::NotZero.into());
        }
        self.out.write_all(data).map_err(OpenFailure::Write)?;
        self.written += u64::try_from(data.len()).unwrap_or(u64::MAX);
        Ok(())
    }

    /// The checks that need the whole file.
    fn finish<R: Read + ?Sized>(
        mut self,
        expected: &ObjectSummary,
        payload: &mut R,
    ) -> Result<Opened<W>, OpenFailure> {
        if !at_end(payload).map_err(OpenFailure::Read)? {
            return Err(OpenFailure::Length { expected: expected.file_len });
        }
        if self.root.finish(&expected.header_sha256, expected.file_len) != expected.ct_root {
            return Err(OpenFailure::Root);
        }
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        self.out.flush().map_err(OpenFailure::Write)?;
        Ok(Opened { out: self.out, plaintext_len: self.written })
    }
}
