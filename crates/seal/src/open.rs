//! Opening: sealed file and lock secrets in, plaintext out, or a failure that says whose fault it is.

use std::io::{Read, Write};

use kaibiao_types::Fault;
use zeroize::Zeroizing;

use crate::keys::{PayloadKey, same};
use crate::limits::TAG_LEN;
use crate::payload::{ObjectRoot, at_end, read_full};
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
/// bidder is to blame. Memory: one chunk.
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
    if header.digest() != expected.header_sha256 {
        return Err(OpenFailure::Header);
    }
    if header.file_len() != expected.file_len {
        let (signed, header) = (expected.file_len, header.file_len());
        return Err(OpenFailure::AnnouncedLength { signed, header });
    }
    let key = unlock(header, secrets)?;
    let mut plain = Plain { header, out, inner: None, written: 0 };
    open_payload(&key, expected, payload, &mut plain)?;
    plain.out.flush().map_err(OpenFailure::Write)?;
    Ok(Opened { out: plain.out, plaintext_len: plain.written })
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

fn open_payload<W: Write>(
    key: &PayloadKey,
    expected: &ObjectSummary,
    payload: &mut dyn Read,
    plain: &mut Plain<'_, W>,
) -> Result<(), OpenFailure> {
    let header = plain.header;
    let wrong_length = || OpenFailure::Length { expected: expected.file_len };
    let mut root = ObjectRoot::new(header.suite());
    let mut buffer = Zeroizing::new(vec![0; header.chunk_plain_len(0) + TAG_LEN]);
    let mut failure = None;
    let last = header.chunks() - 1;
    for index in 0..=last {
        // No chunk is longer than the first one, which the buffer was made for.
        let chunk = buffer.get_mut(..header.chunk_plain_len(index) + TAG_LEN).unwrap_or_default();
        if read_full(payload, chunk).map_err(OpenFailure::Read)? < chunk.len() {
            return Err(wrong_length());
        }
        root.push(chunk);
        if failure.is_some() {
            continue;
        }
        failure = match key.aead.open_in_place(key.nonce(index, index == last), chunk) {
            Ok(bytes) => plain.take(bytes).err(),
            Err(_) => Some(OpenFailure::Chunk(index)),
        };
        if matches!(failure, Some(OpenFailure::Write(_))) {
            break;
        }
    }
    match failure {
        Some(OpenFailure::Write(error)) => return Err(OpenFailure::Write(error)),
        _ if !at_end(payload).map_err(OpenFailure::Read)? => return Err(wrong_length()),
        _ => {}
    }
    if root.finish(&expected.header_sha256, expected.file_len) != expected.ct_root {
        return Err(OpenFailure::Root);
    }
    failure.map_or(Ok(()), Err)
}

/// The padded plaintext as it comes out: length, content, zeros.
struct Plain<'a, W> {
    header: &'a Header,
    out: W,
    inner: Option<u64>,
    written: u64,
}

impl<W: Write> Plain<'_, W> {
    fn take(&mut self, mut bytes: &[u8]) -> Result<(), OpenFailure> {
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
}
