//! The header of a sealed object: who can open it, whose it is, how long it is.

mod error;
mod parse;
mod write;

use std::io::Read;

use kaibiao_crypto::{Point, Suite, tdh2};
use kaibiao_types::Digest;

use crate::limits::{CHUNK_LEN, HEADER_MAX, TAG_LEN};
use crate::{Context, ContextError, Padding};

pub use error::{HeaderError, MagicDamage, ReadHeaderError};
pub(crate) use write::{Draft, DraftLock};

/// The first eight bytes of every sealed object. Line-ending conversion and re-encoding as text
/// destroy them recognisably.
pub(crate) const MAGIC: [u8; 8] = [0x89, 0x4b, 0x42, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/// The version of the format.
pub(crate) const VERSION: u16 = 1;

/// Bytes that say how long the header is: magic, version, suite, `header_len`.
pub const PREFIX_LEN: usize = 16;

/// Bytes before the first lock.
pub(crate) const FIXED_LEN: usize = 124;

/// Bytes after the last lock: key commitment and well-formedness proof.
pub(crate) const TAIL_LEN: usize = 32 + PROOF_LEN;

/// Bytes of one well-formedness proof.
pub(crate) const PROOF_LEN: usize = 97;

/// A header that is well-formed byte for byte. Whether its proof holds and whose it is are separate
/// checks: [`Header::verify_proof`], [`Header::expect_context`].
#[derive(Clone, Debug)]
pub struct Header {
    pub(crate) bytes: Vec<u8>,
    pub(crate) suite: &'static Suite,
    pub(crate) padding: Padding,
    pub(crate) padded_len: u64,
    pub(crate) salt: [u8; 32],
    pub(crate) bidctx: Digest,
    pub(crate) ceremony_id: Digest,
    pub(crate) ceremony: CeremonyLock,
    pub(crate) bidder: Option<BidderLock>,
    /// Digest of the bytes before the key commitment.
    pub(crate) hh: Digest,
    pub(crate) commit: Digest,
    pub(crate) proof: tdh2::Proof,
}

/// Lock type 1: opens with the ceremony key, that is with k custodians.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CeremonyLock {
    /// Commitment to the lock secret.
    pub commit: Digest,
    /// U, the point that the custodians raise.
    pub u: Point,
    /// The exact bytes of the lock, which begin with U.
    pub body: Vec<u8>,
}

/// Lock type 2: a second secret that the bidder's own certificate key gives back. Without an escrow
/// (strict) nothing else does.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BidderLock {
    /// Commitment to the lock secret.
    pub commit: Digest,
    /// How the secret is wrapped.
    pub algorithm: BidderLockAlgorithm,
    /// SHA-256 of the bidder's encryption certificate (DER).
    pub cert_sha256: Digest,
    /// RSA ciphertext, or the encapsulated point (33 bytes).
    pub wrapped: Vec<u8>,
    /// The way to the same secret that does not need the bidder.
    pub escrow: Option<Escrow>,
}

/// The escrow of a bidder lock: its secret, masked with what k custodians can recompute (ADR-0006).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Escrow {
    /// U', encapsulated to the ceremony key. Like U it must be new in its ceremony.
    pub u: Point,
    /// That U' was made for this very header.
    pub proof: tdh2::Proof,
    /// The lock secret XOR the secret exported from U'.
    pub masked: [u8; 32],
    /// What the proof is bound to: every byte of `hdr0` beside the proof's own.
    pub(crate) label: Digest,
}

/// What an object needs besides the ceremony key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LockMode {
    /// Nothing.
    None,
    /// The bidder's own secret, or the escrow in its place.
    Escrow,
    /// The bidder's own secret and nothing in its place.
    Strict,
}

impl LockMode {
    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Escrow => "escrow",
            Self::Strict => "strict",
        }
    }
}

/// How a bidder lock wraps its secret.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BidderLockAlgorithm {
    /// 1: RSA-OAEP with SHA-256 (RFC 8017 section 7.1).
    RsaOaepSha256,
    /// 2: DHKEM-P256 to the certificate key, exported by HPKE (RFC 9180).
    DhKemP256,
}

impl BidderLockAlgorithm {
    /// The byte in the lock.
    pub const fn code(self) -> u8 {
        match self {
            Self::RsaOaepSha256 => 1,
            Self::DhKemP256 => 2,
        }
    }

    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RsaOaepSha256 => "rsa-oaep-sha256",
            Self::DhKemP256 => "dhkem-p256",
        }
    }
}

impl Header {
    /// Reads a header from exactly its bytes.
    ///
    /// # Errors
    ///
    /// [`HeaderError`]; nothing beyond `bytes` is allocated before all lengths are checked.
    pub fn parse(bytes: &[u8]) -> Result<Self, HeaderError> {
        parse::parse(bytes)
    }

    /// Reads a header from the start of a sealed file and leaves `input` at the payload.
    ///
    /// At most [`HEADER_MAX`] bytes are read and allocated, whatever the file claims.
    ///
    /// # Errors
    ///
    /// [`ReadHeaderError`].
    pub fn read(input: &mut dyn Read) -> Result<Self, ReadHeaderError> {
        let mut prefix = [0; PREFIX_LEN];
        let have = crate::payload::read_full(input, &mut prefix)?;
        let total = Self::len_from_prefix(prefix.get(..have).unwrap_or_default())?;
        let mut bytes = prefix.to_vec();
        let rest = u64::try_from(total - PREFIX_LEN).unwrap_or(u64::MAX);
        input.take(rest).read_to_end(&mut bytes)?;
        Ok(Self::parse(&bytes)?)
    }

    /// The length of the whole header in bytes, from its first [`PREFIX_LEN`] bytes; later bytes
    /// are not looked at. The result is between the shortest header and [`HEADER_MAX`].
    ///
    /// # Errors
    ///
    /// [`HeaderError`] if the prefix is cut, damaged, of another version, or claims an impossible
    /// length.
    pub fn len_from_prefix(prefix: &[u8]) -> Result<usize, HeaderError> {
        parse::prefix(prefix).map(|(_, length)| length)
    }

    /// The exact bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The digest of the exact bytes, as the manifest names it.
    pub fn digest(&self) -> Digest {
        self.suite.hash(&self.bytes)
    }

    /// The suite.
    pub const fn suite(&self) -> &'static Suite {
        self.suite
    }

    /// The digest of the context the object is bound to.
    pub const fn bidctx(&self) -> &Digest {
        &self.bidctx
    }

    /// The ceremony the object is sealed to.
    pub const fn ceremony_id(&self) -> &Digest {
        &self.ceremony_id
    }

    /// How the plaintext is padded.
    pub const fn padding(&self) -> Padding {
        self.padding
    }

    /// Bytes of the padded plaintext.
    pub const fn padded_len(&self) -> u64 {
        self.padded_len
    }

    /// U, the point that the custodians raise. It must be new in its ceremony.
    pub const fn u(&self) -> &Point {
        &self.ceremony.u
    }

    /// The ceremony lock.
    pub const fn ceremony_lock(&self) -> &CeremonyLock {
        &self.ceremony
    }

    /// The bidder lock, if the object has one.
    pub const fn bidder_lock(&self) -> Option<&BidderLock> {
        self.bidder.as_ref()
    }

    /// The escrow of the bidder lock, if there are both.
    pub fn escrow(&self) -> Option<&Escrow> {
        self.bidder.as_ref().and_then(|lock| lock.escrow.as_ref())
    }

    /// What the object needs besides the ceremony key; read without any key.
    pub fn lock_mode(&self) -> LockMode {
        match (&self.bidder, self.escrow()) {
            (None, _) => LockMode::None,
            (Some(_), Some(_)) => LockMode::Escrow,
            (Some(_), None) => LockMode::Strict,
        }
    }

    /// Every point that custodians can be asked to raise: U, then U' of an escrow. Each of them must
    /// be new in its ceremony (rule R7, ruling 30).
    pub fn points(&self) -> impl Iterator<Item = &Point> {
        core::iter::once(self.u()).chain(self.escrow().map(|escrow| &escrow.u))
    }

    /// Chunks in the payload; at least 1.
    pub fn chunks(&self) -> u64 {
        self.padded_len.div_ceil(chunk_len())
    }

    /// Bytes of the payload: every chunk with its tag.
    pub fn payload_len(&self) -> u64 {
        self.padded_len + self.chunks() * u64::try_from(TAG_LEN).unwrap_or(u64::MAX)
    }

    /// Bytes of the whole sealed file. A file of any other length is not this object.
    pub fn file_len(&self) -> u64 {
        self.header_len() + self.payload_len()
    }

    /// Bytes of the header.
    pub fn header_len(&self) -> u64 {
        // At most HEADER_MAX.
        u64::try_from(self.bytes.len()).unwrap_or(u64::MAX)
    }

    /// Plaintext bytes of a chunk: full, but for the last one.
    pub(crate) fn chunk_plain_len(&self, index: u64) -> usize {
        let rest = self.padded_len.saturating_sub(index.saturating_mul(chunk_len()));
        usize::try_from(rest.min(chunk_len())).unwrap_or(CHUNK_LEN)
    }

    /// Checks that the object belongs to a context: suite, ceremony, then bid.
    ///
    /// # Errors
    ///
    /// [`ContextError`].
    pub fn expect_context(&self, context: &Context) -> Result<(), ContextError> {
        if self.suite.id() != context.suite().id() {
            return Err(ContextError::Suite(self.suite.id()));
        }
        if self.ceremony_id != *context.ceremony_id() {
            return Err(ContextError::Ceremony);
        }
        if self.bidctx == *context.bidctx() { Ok(()) } else { Err(ContextError::Bid) }
    }

    /// Checks the proofs that U, and U' of an escrow, were made for this very header in this ceremony.
    ///
    /// Every byte of the header is bound: a header that differs anywhere and still parses fails.
    ///
    /// # Errors
    ///
    /// [`tdh2::ProofError`].
    pub fn verify_proof(&self, bases: &tdh2::Bases) -> Result<(), tdh2::ProofError> {
        let label = proof_label(self.suite, &self.hh, &self.commit);
        if self.ceremony_id.bytes() != bases.ceremony_id() {
            return Err(tdh2::ProofError);
        }
        bases.verify(self.u(), label.bytes(), &self.proof)?;
        match self.escrow() {
            Some(escrow) => bases.verify(&escrow.u, escrow.label.bytes(), &escrow.proof),
            None => Ok(()),
        }
    }
}

/// `TH("tdh2-label", hh, commit)`: what a proof is bound to beside its ceremony.
pub(crate) fn proof_label(suite: &Suite, hh: &Digest, commit: &Digest) -> Digest {
    suite.th("tdh2-label", &[hh.bytes(), commit.bytes()])
}

/// The chunk length as a file length.
fn chunk_len() -> u64 {
    u64::try_from(CHUNK_LEN).unwrap_or(u64::MAX)
}

/// A header length that fits the format, from its 32-bit field.
fn checked_header_len(claimed: u32) -> Option<usize> {
    let length = usize::try_from(claimed).ok()?;
    (FIXED_LEN + TAIL_LEN..=HEADER_MAX).contains(&length).then_some(length)
}
