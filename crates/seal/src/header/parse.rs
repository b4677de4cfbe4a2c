//! The strict parser. Fields are checked in the order of the bytes.

use kaibiao_crypto::{PointError, SUITE_1, Suite, tdh2};
use kaibiao_types::Digest;

use super::{
    BidderLock, BidderLockAlgorithm, CeremonyLock, Escrow, FIXED_LEN, Header, HeaderError, MAGIC,
    MagicDamage, PREFIX_LEN, PROOF_LEN, TAIL_LEN, VERSION, checked_header_len,
};
use crate::escrow::escrow_label;
use crate::limits::{CHUNK_LOG2, LENGTH_PREFIX, PADDED_MAX, RSA_MODULUS_BYTES};
use crate::{LockKind, Padding};

pub(super) fn parse(bytes: &[u8]) -> Result<Header, HeaderError> {
    let (suite, length) = prefix(bytes)?;
    if bytes.len() < length {
        return Err(HeaderError::Truncated { expected: length, found: bytes.len() });
    }
    if bytes.len() > length {
        return Err(HeaderError::Trailing { expected: length, found: bytes.len() });
    }
    // `length` is at least FIXED_LEN + TAIL_LEN, so the tail begins inside.
    let (hdr0, tail) = bytes.split_at_checked(length - TAIL_LEN).ok_or(HeaderError::LockSpace)?;
    let mut cursor = Cursor::new(hdr0);
    cursor.take(PREFIX_LEN)?;

    let [chunk_log2] = cursor.array()?;
    if chunk_log2 != CHUNK_LOG2 {
        return Err(HeaderError::ChunkSize(chunk_log2));
    }
    let [pad] = cursor.array()?;
    let padding = Padding::by_code(pad).ok_or(HeaderError::PadMode(pad))?;
    let lock_count = u16::from_be_bytes(cursor.array()?);
    let padded_len = u64::from_be_bytes(cursor.array()?);
    if !(LENGTH_PREFIX..=PADDED_MAX).contains(&padded_len) {
        return Err(HeaderError::PaddedLength(padded_len));
    }
    if !padding.allows(padded_len) {
        return Err(HeaderError::PadShape(padded_len));
    }
    let salt = cursor.array()?;
    let bidctx = Digest::new(cursor.array()?);
    let ceremony_id = Digest::new(cursor.array()?);

    let (ceremony, bidder) = locks(suite, lock_count, hdr0, &mut cursor)?;
    let (commit, proof) = self::tail(suite, tail)?;
    Ok(Header {
        bytes: bytes.to_vec(),
        suite,
        padding,
        padded_len,
        salt,
        bidctx,
        ceremony_id,
        ceremony,
        bidder,
        hh: suite.hash(hdr0),
        commit,
        proof,
    })
}

/// Suite and length of the header, from its first bytes.
pub(super) fn prefix(bytes: &[u8]) -> Result<(&'static Suite, usize), HeaderError> {
    let start = bytes.get(..PREFIX_LEN).unwrap_or(bytes);
    let magic = start.get(..MAGIC.len()).unwrap_or(start);
    if !MAGIC.starts_with(magic) || magic.is_empty() {
        return Err(HeaderError::Magic(MagicDamage::find(start)));
    }
    let mut cursor = Cursor::new(start);
    if start.len() < PREFIX_LEN {
        return Err(HeaderError::Truncated { expected: FIXED_LEN + TAIL_LEN, found: start.len() });
    }
    cursor.take(MAGIC.len())?;
    let version = u16::from_be_bytes(cursor.array()?);
    if version != VERSION {
        return Err(HeaderError::Version(version));
    }
    let suite = u16::from_be_bytes(cursor.array()?);
    let suite = Suite::by_id(suite).map_err(|_| HeaderError::Suite(suite))?;
    let claimed = u32::from_be_bytes(cursor.array()?);
    let length = checked_header_len(claimed).ok_or(HeaderError::HeaderLength(claimed))?;
    Ok((suite, length))
}

fn locks(
    suite: &Suite,
    count: u16,
    hdr0: &[u8],
    cursor: &mut Cursor<'_>,
) -> Result<(CeremonyLock, Option<BidderLock>), HeaderError> {
    // Two types exist and each occurs at most once; a greater count is refused before any lock.
    if !(1..=2).contains(&count) {
        return Err(HeaderError::LockCount(count));
    }
    let (mut ceremony, mut bidder, mut previous) = (None, None, 0);
    for _ in 0..count {
        let [kind, reserved] = cursor.array()?;
        if kind <= previous {
            return Err(HeaderError::LockOrder(kind));
        }
        previous = kind;
        if reserved != 0 {
            return Err(HeaderError::LockReserved(kind));
        }
        let body_len = usize::from(u16::from_be_bytes(cursor.array()?));
        let commit = Digest::new(cursor.array()?);
        let body = Cursor { at: cursor.at, rest: cursor.take(body_len)? };
        match LockKind::by_code(kind) {
            Some(LockKind::Ceremony) => {
                if body.rest.len() != suite.lock_len() {
                    return Err(HeaderError::LockBody(kind));
                }
                let u = suite.lock_point(body.rest).map_err(|_| HeaderError::LockPoint(kind))?;
                ceremony = Some(CeremonyLock { commit, u, body: body.rest.to_vec() });
            }
            Some(LockKind::Bidder) => bidder = Some(bidder_lock(suite, commit, hdr0, body)?),
            None => return Err(HeaderError::LockType(kind)),
        }
    }
    if !cursor.rest.is_empty() {
        return Err(HeaderError::LockSpace);
    }
    let ceremony = ceremony.ok_or(HeaderError::LockMissing)?;
    let escrow = bidder.as_ref().and_then(|lock: &BidderLock| lock.escrow.as_ref());
    if escrow.is_some_and(|escrow| escrow.u == ceremony.u) {
        return Err(HeaderError::LockRepeated);
    }
    Ok((ceremony, bidder))
}

fn bidder_lock(
    suite: &Suite,
    commit: Digest,
    hdr0: &[u8],
    mut body: Cursor<'_>,
) -> Result<BidderLock, HeaderError> {
    let kind = LockKind::Bidder.code();
    let short = |_| HeaderError::LockBody(kind);
    let [algorithm, escrowed] = body.array().map_err(short)?;
    let algorithm = match algorithm {
        // Suite 0x0101 has no bidder lock yet.
        other if suite.id() != SUITE_1.id() => return Err(HeaderError::LockAlgorithm(other)),
        1 => BidderLockAlgorithm::RsaOaepSha256,
        2 => BidderLockAlgorithm::DhKemP256,
        other => return Err(HeaderError::LockAlgorithm(other)),
    };
    if escrowed > 1 {
        return Err(HeaderError::LockEscrow(escrowed));
    }
    let cert_sha256 = Digest::new(body.array().map_err(short)?);
    let wrapped_len = usize::from(u16::from_be_bytes(body.array().map_err(short)?));
    let fits = match algorithm {
        BidderLockAlgorithm::RsaOaepSha256 => RSA_MODULUS_BYTES.contains(&wrapped_len),
        BidderLockAlgorithm::DhKemP256 => wrapped_len == 33,
    };
    if !fits {
        return Err(HeaderError::LockBody(kind));
    }
    let wrapped = body.take(wrapped_len).map_err(short)?;
    if algorithm == BidderLockAlgorithm::DhKemP256 {
        suite.point(wrapped).map_err(|_| HeaderError::LockPoint(kind))?;
    }
    let escrow = match escrowed {
        1 => Some(escrow(suite, hdr0, &mut body)?),
        _ => None,
    };
    if !body.rest.is_empty() {
        return Err(HeaderError::LockBody(kind));
    }
    Ok(BidderLock { commit, algorithm, cert_sha256, wrapped: wrapped.to_vec(), escrow })
}

fn escrow(suite: &Suite, hdr0: &[u8], body: &mut Cursor<'_>) -> Result<Escrow, HeaderError> {
    let kind = LockKind::Bidder.code();
    let short = |_| HeaderError::LockBody(kind);
    let u = body.array::<33>().map_err(short)?;
    let u = suite.point(&u).map_err(|_| HeaderError::LockPoint(kind))?;
    let at = body.at;
    let proof = proof(suite, &body.array().map_err(short)?)?;
    let masked = body.array().map_err(short)?;
    Ok(Escrow { u, proof, masked, label: escrow_label(suite, hdr0, at) })
}

fn tail(suite: &Suite, tail: &[u8]) -> Result<(Digest, tdh2::Proof), HeaderError> {
    let mut cursor = Cursor::new(tail);
    let commit = Digest::new(cursor.array()?);
    Ok((commit, proof(suite, &cursor.array()?)?))
}

fn proof(suite: &Suite, bytes: &[u8; PROOF_LEN]) -> Result<tdh2::Proof, HeaderError> {
    tdh2::Proof::read(suite, bytes).map_err(|error| match error {
        PointError::Scalar => HeaderError::ProofScalar,
        PointError::Encoding | PointError::Identity | PointError::NotOnCurve => {
            HeaderError::ProofPoint
        }
    })
}

/// The bytes not read yet. Running out of them means that the locks do not fit the header: all
/// other fields lie inside the minimum length.
struct Cursor<'a> {
    rest: &'a [u8],
    /// Bytes before `rest`.
    at: usize,
}

impl<'a> Cursor<'a> {
    const fn new(rest: &'a [u8]) -> Self {
        Self { rest, at: 0 }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], HeaderError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(HeaderError::LockSpace)?;
        self.rest = rest;
        self.at += length;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], HeaderError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(HeaderError::LockSpace)?;
        self.rest = rest;
        self.at += N;
        Ok(*taken)
    }
}
