//! Sealing: plaintext in, sealed file out, in constant memory.

use std::io::{Read, Write};

use kaibiao_crypto::{Entropy, EntropyError, Locked, OperationError, tdh2};
use zeroize::Zeroizing;

use crate::header::{Draft, DraftLock, proof_label};
use crate::keys::{PayloadKey, context_info, lock_commit, lock_key};
use crate::limits::TAG_LEN;
use crate::payload::{ObjectRoot, at_end, read_full};
use crate::{
    BidderKey, BidderKeyError, BidderLock, CeremonyLock, Context, Header, LockKind, LockSecrets,
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
    /// The bidder's own certificate key, where the tender's rules want a bidder lock.
    pub bidder_lock: Option<&'a BidderKey>,
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
/// only after `Ok`. Memory: one chunk.
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
    let max = plan.padding.plaintext_max();
    let too_large = SealError::TooLarge { found: plan.plaintext_len, max };
    let padded_len = plan.padding.padded_len(plan.plaintext_len).ok_or(too_large)?;
    if plan.context.ceremony_id().bytes() != plan.bases.ceremony_id() {
        return Err(SealError::Ceremony);
    }
    let (header, key) = seal_header(plan, padded_len, entropy)?;
    out.write_all(header.bytes()).map_err(SealError::Write)?;
    let padded = Padded { input: plaintext, announced: plan.plaintext_len, given: 0, ended: false };
    let root = seal_payload(&header, &key, padded, out)?;
    let (header_sha256, file_len) = (header.digest(), header.file_len());
    let ct_root = root.finish(&header_sha256, file_len);
    Ok(Sealed { header, object: ObjectSummary { header_sha256, file_len, ct_root } })
}

/// Draws all secrets and makes the header. Draws, in this order: salt (32 bytes), what the ceremony
/// lock needs (suite 1: r of U, 48 bytes; suite 0x0101: the secret, 32, and r, 48), what the bidder
/// lock needs, the proof's nonce (32).
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

    let mut bidder = None;
    if let Some(key) = plan.bidder_lock {
        let (wrapped, secret) = key.wrap(context, &salt, entropy)?;
        bidder = Some(BidderLock {
            commit: commit(&salt, LockKind::Bidder, &secret),
            algorithm: key.algorithm(),
            cert_sha256: *key.cert_sha256(),
            wrapped,
        });
        secrets.bidder = Some(secret);
    }

    let locks: Vec<DraftLock> = [DraftLock::from(&ceremony)]
        .into_iter()
        .chain(bidder.as_ref().map(DraftLock::from))
        .collect();
    let hdr0 = Draft { context, padding: plan.padding, padded_len, salt, locks: &locks }.hdr0();
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

fn seal_payload(
    header: &Header,
    key: &PayloadKey,
    mut padded: Padded<'_>,
    out: &mut dyn Write,
) -> Result<ObjectRoot, SealError> {
    let mut root = ObjectRoot::new(header.suite());
    let mut buffer = Zeroizing::new(vec![0; header.chunk_plain_len(0) + TAG_LEN]);
    let last = header.chunks() - 1;
    for index in 0..=last {
        let plain_len = header.chunk_plain_len(index);
        // No chunk is longer than the first one, which the buffer was made for.
        let sealed = buffer.get_mut(..plain_len + TAG_LEN).unwrap_or_default();
        let (chunk, tag) = sealed.split_at_mut(plain_len);
        padded.fill(index == 0, chunk)?;
        match key.aead.seal_in_place(key.nonce(index, index == last), chunk) {
            Ok(made) => tag.copy_from_slice(&made),
            Err(_) => unreachable!("a chunk is far shorter than the 2^36 bytes of the algorithm"),
        }
        root.push(sealed);
        out.write_all(sealed).map_err(SealError::Write)?;
    }
    out.flush().map_err(SealError::Write)?;
    Ok(root)
}

/// `u64 length || plaintext || zeros`, with the announced length enforced.
struct Padded<'a> {
    input: &'a mut dyn Read,
    announced: u64,
    given: u64,
    ended: bool,
}

impl Padded<'_> {
    fn fill(&mut self, first: bool, chunk: &mut [u8]) -> Result<(), SealError> {
        // The first chunk holds at least the prefix: a padded length is 8 bytes or more.
        let prefix = if first { self.announced.to_be_bytes().to_vec() } else { Vec::new() };
        let (head, rest) = chunk.split_at_mut(prefix.len());
        head.copy_from_slice(&prefix);

        let missing = usize::try_from(self.announced - self.given).unwrap_or(usize::MAX);
        let (data, zeros) = rest.split_at_mut(missing.min(rest.len()));
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
        Ok(())
    }
}
