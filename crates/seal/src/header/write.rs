//! Writing a header: the bytes first, then one way in through the parser's own structures.

use kaibiao_crypto::Suite;
use kaibiao_types::Digest;

use super::{CeremonyLock, FIXED_LEN, MAGIC, PROOF_LEN, TAIL_LEN, VERSION};
use crate::escrow::MadeLock;
use crate::limits::CHUNK_LOG2;
use crate::{Context, LockKind, Padding};

/// Everything before the key commitment.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    pub(crate) context: &'a Context,
    pub(crate) padding: Padding,
    pub(crate) padded_len: u64,
    pub(crate) salt: [u8; 32],
    pub(crate) locks: &'a [DraftLock],
}

/// One lock as bytes.
#[derive(Debug)]
pub(crate) struct DraftLock {
    pub(crate) kind: u8,
    pub(crate) commit: Digest,
    pub(crate) body: Vec<u8>,
}

impl From<&CeremonyLock> for DraftLock {
    fn from(lock: &CeremonyLock) -> Self {
        Self { kind: LockKind::Ceremony.code(), commit: lock.commit, body: lock.body.clone() }
    }
}

impl From<&MadeLock> for DraftLock {
    /// The lock with zeros where the proof of its escrow goes: that proof covers the whole header.
    fn from(made: &MadeLock) -> Self {
        let MadeLock { lock, escrow, .. } = made;
        // A wrapped secret is at most 512 bytes; the parser refuses what is longer.
        let length = u16::try_from(lock.wrapped.len()).unwrap_or(u16::MAX).to_be_bytes();
        let mut body = [
            &[lock.algorithm.code(), u8::from(escrow.is_some())],
            lock.cert_sha256.bytes().as_slice(),
            &length,
            &lock.wrapped,
        ]
        .concat();
        if let Some(escrow) = escrow {
            body.extend_from_slice(&escrow.u.bytes());
            body.extend_from_slice(&[0; PROOF_LEN]);
            body.extend_from_slice(&escrow.masked);
        }
        Self { kind: LockKind::Bidder.code(), commit: lock.commit, body }
    }
}

impl Draft<'_> {
    /// `hdr0`: the bytes of the header before the key commitment.
    pub(crate) fn hdr0(&self) -> Vec<u8> {
        let locks: Vec<u8> = self.locks.iter().flat_map(DraftLock::bytes).collect();
        // Two locks of a few hundred bytes: far below every integer type here.
        let header_len = u32::try_from(FIXED_LEN + locks.len() + TAIL_LEN).unwrap_or(u32::MAX);
        let lock_count = u16::try_from(self.locks.len()).unwrap_or(u16::MAX);
        let suite: &Suite = self.context.suite();
        [
            MAGIC.as_slice(),
            &VERSION.to_be_bytes(),
            &suite.id().to_be_bytes(),
            &header_len.to_be_bytes(),
            &[CHUNK_LOG2, self.padding.code()],
            &lock_count.to_be_bytes(),
            &self.padded_len.to_be_bytes(),
            &self.salt,
            self.context.bidctx().bytes(),
            self.context.ceremony_id().bytes(),
            &locks,
        ]
        .concat()
    }
}

impl DraftLock {
    fn bytes(&self) -> Vec<u8> {
        let length = u16::try_from(self.body.len()).unwrap_or(u16::MAX).to_be_bytes();
        let reserved = 0;
        [&[self.kind, reserved], length.as_slice(), self.commit.bytes(), &self.body].concat()
    }
}
