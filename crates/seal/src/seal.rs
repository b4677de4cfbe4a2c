//! Sealing: plaintext in, sealed file out, in constant memory.

use std::io::{Read, Write};
use std::num::NonZeroUsize;

use kaibiao_crypto::{Entropy, EntropyError, Locked, OperationError, tdh2};
use kaibiao_types::Digest;

use crate::header::{Draft, DraftLock, proof_label};
use crate::keys::{PayloadKey, context_info, lock_commit, lock_key};
use crate::limits::TAG_LEN;
use crate::payload::{ObjectRoot, at_end, chunk_digests, read_full};
use crate::pipeline::{alone, together};
use crate::{
    BidderKeyError, BidderLockPlan, CeremonyLock, Context, Header, LockKind, LockSecrets,
    ObjectSummary, Padding,
};

/// What to seal, to whom, as whose.
#[derive(Clone, Copy, Debug)]
pub struct SealPlan<'a> {
    /// Whose object it is.
    pub context: &'a Context,
    /// The ceremony key, from the lot's signed tender file.
    pub bases: &'a tdh2::Bases,
    /// How the plaintext is padded; [`Padding::of`] the part.
    pub padding: Padding,
    /// Bytes that `plaintext` will give, exactly.
    pub plaintext_len: u64,
    /// The bidder lock, where the tender's rules want one.
    pub bidder_lock: Option<BidderLockPlan<'a>>,
}

/// A sealed object that was written completely.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// Its header.
    pub header: Header,
    /// What the manifest says about it.
    pub object: ObjectSummary,
}

/// Why nothing was sealed. What was written to `out` must be thrown away.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The bidder's certificate key cannot carry a lock.
    #[error("the bidder lock could not be made")]
    BidderKey(#[from] BidderKeyError),
    /// The context belongs to another ceremony than the key.
    #[error("the bid belongs to another ceremony than the key")]
    Ceremony,
    /// The source of randomness failed.
    #[error("no randomness to seal with")]
    Entropy(#[from] EntropyError),
    /// The plaintext went on after its announced length: the file is being written to.
    #[error(
        "the plaintext is longer than the announced {announced} bytes; is it being written to?"
    )]
    Longer {
        /// Bytes announced.
        announced: u64,
    },
    /// The plaintext could not be read.
    #[error("the plaintext could not be read")]
    Read(#[source] std::io::Error),
    /// The plaintext ended before its announced length.
    #[error("the plaintext ends after {found} of {announced} bytes; is it being written to?")]
    Shorter {
        /// Bytes announced.
        announced: u64,
        /// Bytes found.
        found: u64,
    },
    /// The plaintext does not fit the padding: a price sheet holds read-out fields only.
    #[error("{found} bytes are too many for one sealed object; at most {max}")]
    TooLarge {
        /// Bytes announced.
        found: u64,
        /// Bytes that fit.
        max: u64,
    },
    /// The sealed file could not be written.
    #[error("the sealed file could not be written")]
    Write(#[source] std::io::Error),
}

impl From<OperationError> for SealError {
    fn from(error: OperationError) -> Self {
        match error {
            OperationError::Curve => Self::Ceremony,
            OperationError::Entropy(error) => Self::Entropy(error),
        }
    }
}

impl SealError {
    /// The stable label.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::BidderKey(error) => error.label(),
            Self::Ceremony => "E_CEREMONY",
            Self::Entropy(_) => "E_ENTROPY",
            Self::Longer { .. } | Self::Shorter { .. } => "E_LEN",
            Self::Read(_) => "E_READ",
            Self::TooLarge { .. } => "E_TOO_LARGE",
            Self::Write(_) => "E_WRITE",
        }
    }
}

/// Seals `plaintext` and writes the sealed file to `out`.
///
/// Every call draws a fresh salt and fresh lock secrets, so no two plaintexts ever share a key
/// (ruling 4); that holds only if `entropy` never repeats. Give `out` a temporary file and name it
/// only after `Ok`, and overwrite the stack (`scrub_stack`) when it has returned. Memory: two chunks.
///
/// # Errors
///
/// [`SealError`].
pub fn seal(
    plan: &SealPlan<'_>,
    plaintext: &mut dyn Read,
    out: &mut dyn Write,
    entropy: &mut dyn Entropy,
) -> Result<Sealed, SealError> {
    let (header, key) = begin(plan, entropy)?;
    let mut padded = Padded::new(&header, plaintext, plan.plaintext_len);
    let mut given = Given::begin(&header, out)?;
    alone(
        header.chunks_of_plaintext(),
        |index, buffer| padded.fill(index, buffer),
        |first, chunks| encrypt(&header, &key, first, chunks),
        |_, chunk, digest| given.take(chunk, &digest),
    )?;
    let root = given.end()?;
    Ok(sealed(header, root))
}

/// As [`seal()`], with the same result, on up to `threads` threads: 1 is the calling thread alone.
///
/// Memory: two chunks for each thread, and no more than 8 threads are used.
///
/// # Errors
///
/// [`SealError`].
pub fn seal_on(
    threads: NonZeroUsize,
    plan: &SealPlan<'_>,
    plaintext: &mut (dyn Read + Send),
    out: &mut (dyn Write + Send),
    entropy: &mut dyn Entropy,
) -> Result<Sealed, SealError> {
    let (header, key) = begin(plan, entropy)?;
    let mut padded = Padded::new(&header, plaintext, plan.plaintext_len);
    let mut given = Given::begin(&header, out)?;
    together(
        threads,
        header.chunks_of_plaintext(),
        |index, buffer| padded.fill(index, buffer),
        |first, chunks| encrypt(&header, &key, first, chunks),
        |_, chunk, digest| given.take(chunk, &digest),
    )?;
    let root = given.end()?;
    Ok(sealed(header, root))
}

/// What is checked and made before the plaintext is touched.
fn begin(
    plan: &SealPlan<'_>,
    entropy: &mut dyn Entropy,
) -> Result<(Header, PayloadKey), SealError> {
    let max = plan.padding.plaintext_max();
    let too_large = SealError::TooLarge { found: plan.plaintext_len, max };
    let padded_len = plan.padding.padded_len(plan.plaintext_len).ok_or(too_large)?;
    if plan.context.ceremony_id().bytes() != plan.bases.ceremony_id() {
        return Err(SealError::Ceremony);
    }
    seal_header(plan, padded_len, entropy)
}

fn sealed(header: Header, root: ObjectRoot) -> Sealed {
    let (header_sha256, file_len) = (header.digest(), header.file_len());
    let ct_root = root.finish(&header_sha256, file_len);
    Sealed { header, object: ObjectSummary { header_sha256, file_len, ct_root } }
}

/// Draws all secrets and makes the header. Draws, in this order: salt (32 bytes), what the ceremony
/// lock needs (suite 1: r of U, 48 bytes; suite 0x0101: the secret, 32, and r, 48), what the bidder
/// lock needs, of an escrow r' of U' (48) and the nonce of its proof (32), the nonce of the proof
/// (32).
pub(crate) fn seal_header(
    plan: &SealPlan<'_>,
    padded_len: u64,
    entropy: &mut dyn Entropy,
) -> Result<(Header, PayloadKey), SealError> {
    let (context, suite) = (plan.context, plan.context.suite());
    let commit =
        |salt: &_, kind, secret: &_| lock_commit(suite, context.bidctx(), salt, kind, secret);
    let mut salt = [0; 32];
    entropy.fill(&mut salt)?;

    let info = context_info(context, &salt);
    let Locked { body, u, r, secret } = lock_key(suite, plan.bases.key(), &info).seal(entropy)?;
    let ceremony = CeremonyLock { commit: commit(&salt, LockKind::Ceremony, &secret), u, body };
    let mut secrets = LockSecrets { ceremony: secret, bidder: None };

    let made = match plan.bidder_lock {
        Some(lock) => Some(lock.make(context, plan.bases.key(), &salt, entropy)?),
        None => None,
    };
    let locks: Vec<DraftLock> = [DraftLock::from(&ceremony)]
        .into_iter()
        .chain(made.as_ref().map(DraftLock::from))
        .collect();
    let mut hdr0 = Draft { context, padding: plan.padding, padded_len, salt, locks: &locks }.hdr0();
    let mut bidder = None;
    if let Some(made) = made {
        let (lock, secret) = made.finish(plan.bases, suite, &mut hdr0, entropy)?;
        (bidder, secrets.bidder) = (Some(lock), Some(secret));
    }
    let hh = suite.hash(&hdr0);
    let key = PayloadKey::derive(suite, &salt, &secrets.ceremony, secrets.bidder.as_ref(), &hh);
    let label = proof_label(suite, &hh, &key.commit);
    let proof = plan.bases.prove(&u, &r, label.bytes(), entropy)?;
    let header = Header {
        bytes: [hdr0.as_slice(), key.commit.bytes(), &proof.bytes()].concat(),
        suite,
        padding: plan.padding,
        padded_len,
        salt,
        bidctx: *context.bidctx(),
        ceremony_id: *context.ceremony_id(),
        ceremony,
        bidder,
        hh,
        commit: key.commit,
        proof,
    };
    Ok((header, key))
}

/// Encrypts chunks in place, from the number `first`, puts their tags behind them and hashes both.
fn encrypt(header: &Header, key: &PayloadKey, first: u64, chunks: &mut [&mut [u8]]) -> Vec<Digest> {
    for (index, chunk) in (first..).zip(chunks.iter_mut()) {
        let Some((plain, tag)) = chunk.split_last_chunk_mut::<TAG_LEN>() else { continue };
        match key.aead.seal_in_place(key.nonce(index, header.is_last(index)), plain) {
            Ok(made) => *tag = made,
            Err(_) => unreachable!("a chunk is far shorter than the 2^36 bytes of the algorithm"),
        }
    }
    chunk_digests(header, chunks)
}

/// The sealed file as it is written.
struct Given<'a, W: ?Sized> {
    out: &'a mut W,
    root: ObjectRoot,
}

impl<'a, W: Write + ?Sized> Given<'a, W> {
    fn begin(header: &Header, out: &'a mut W) -> Result<Self, SealError> {
        out.write_all(header.bytes()).map_err(SealError::Write)?;
        Ok(Self { out, root: ObjectRoot::new(header.suite()) })
    }

    fn take(&mut self, chunk: &[u8], digest: &Digest) -> Result<(), SealError> {
        self.root.push_digest(digest);
        self.out.write_all(chunk).map_err(SealError::Write)
    }

    fn end(self) -> Result<ObjectRoot, SealError> {
        self.out.flush().map_err(SealError::Write)?;
        Ok(self.root)
    }
}

/// `u64 length || plaintext || zeros`, with the announced length enforced.
struct Padded<'a, R: ?Sized> {
    header: &'a Header,
    input: &'a mut R,
    announced: u64,
    given: u64,
    ended: bool,
}

impl<'a, R: Read + ?Sized> Padded<'a, R> {
    const fn new(header: &'a Header, input: &'a mut R, announced: u64) -> Self {
        Self { header, input, announced, given: 0, ended: false }
    }

    /// Fills in the plain bytes of the next chunk; gives its length with the tag to come.
    fn fill(&mut self, index: u64, buffer: &mut [u8]) -> Result<usize, SealError> {
        // No chunk is longer than the first one, which the buffer was made for.
        let plain_len = self.header.chunk_plain_len(index);
        let chunk = buffer.get_mut(..plain_len).unwrap_or_default();
        let prefix = self.announced.to_be_bytes();
        let prefix = if index == 0 { prefix.as_slice() } else { &[] };
        // A padded length is 8 bytes or more, so the prefix fits the first chunk.
        let (head, chunk) = chunk.split_at_mut(prefix.len());
        head.copy_from_slice(prefix);
        let missing = usize::try_from(self.announced - self.given).unwrap_or(usize::MAX);
        let (data, zeros) = chunk.split_at_mut(missing.min(chunk.len()));
        let have = read_full(self.input, data).map_err(SealError::Read)?;
        self.given += u64::try_from(have).unwrap_or(u64::MAX);
        if have < data.len() {
            return Err(SealError::Shorter { announced: self.announced, found: self.given });
        }
        zeros.fill(0);
        if self.given == self.announced && !self.ended {
            self.ended = true;
            if !at_end(self.input).map_err(SealError::Read)? {
                return Err(SealError::Longer { announced: self.announced });
            }
        }
        Ok(plain_len + TAG_LEN)
    }
}
