//! The escrow of a bidder lock: k custodians can do what the bidder did not (ADR-0006).
//!
//! The secret of lock 2 stands in the header once more, masked with a secret that is encapsulated to
//! the ceremony key under its own point U'. U' has its own proof and is raised on its own, so that
//! opening the ceremony lock opens no bidder lock.

use kaibiao_crypto::{Entropy, OperationError, Point, Secret32, SecretScalar, Suite, hpke, tdh2};
use kaibiao_types::{Digest, Fault};

use crate::header::PROOF_LEN;
use crate::keys::lock_commit;
use crate::{
    BidderKey, BidderKeyError, BidderLock, Context, Escrow, Header, LockKind, Verdict,
    check_bidder_lock,
};

/// HPKE exporter context of the escrow.
const ESCROW_EXPORT: &[u8] = b"kaibiao/v1/escrow";

/// Bytes of the masked secret, the last of the lock.
const MASKED_LEN: usize = 32;

/// The bidder lock that a tender's rules ask for.
#[derive(Clone, Copy, Debug)]
pub enum BidderLockPlan<'a> {
    /// If the bidder does not unlock its bid, k custodians can, by a decision that is on record.
    Escrow(&'a BidderKey),
    /// Without the bidder its bid stays shut.
    Strict(&'a BidderKey),
}

/// Why an escrow gave no secret.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum EscrowError {
    /// The escrow gives another secret than the lock commits to: the bidder sealed it wrongly.
    #[error("the escrow of the bidder lock gives another secret than the committed one")]
    Mismatch,
    /// The object has no bidder lock, or one without an escrow.
    #[error("the object has no escrow")]
    NoEscrow,
}

impl EscrowError {
    /// The stable label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Mismatch => "E_ESCROW",
            Self::NoEscrow => "E_LOCK",
        }
    }

    /// What it means for the bid; `None` if nothing was to be found out.
    pub const fn verdict(self) -> Option<Verdict> {
        match self {
            Self::Mismatch => Some(Verdict::BidderGarbage),
            Self::NoEscrow => None,
        }
    }

    /// Whose fault it is, provided that Z' was proven by the custodians' proofs and the header is
    /// the one that the bidder signed: both secret and escrow are then fixed by the bidder, and
    /// anyone can compute that they differ.
    pub const fn fault(self) -> Fault {
        match self {
            Self::Mismatch => Fault::Bidder,
            Self::NoEscrow => Fault::Undetermined,
        }
    }
}

/// The secret of lock 2 from the combined point `Z' = s * U'` and the ceremony key `Y = s * G`,
/// checked against its commitment: it is the same secret that the bidder's own key gives.
///
/// # Errors
///
/// [`EscrowError`].
pub fn escrow_secret(header: &Header, z: &Point, key: &Point) -> Result<Secret32, EscrowError> {
    let escrow = header.escrow().ok_or(EscrowError::NoEscrow)?;
    let suite = header.suite();
    let info = escrow_info(suite, header.ceremony_id(), header.bidctx(), &header.salt);
    let mask = hpke::export_from_dh(suite, z, &escrow.u, key, info.bytes(), ESCROW_EXPORT);
    let secret = Secret32::new(mask.mask(&escrow.masked));
    match check_bidder_lock(header, &secret) {
        Some(Ok(())) => Ok(secret),
        Some(Err(_)) => Err(EscrowError::Mismatch),
        None => Err(EscrowError::NoEscrow),
    }
}

/// What the proof of an escrow is bound to: `TH("tdh2-escrow", before, after)`, where `hdr0` is
/// `before || proof || after` and the proof begins at `at`.
pub(crate) fn escrow_label(suite: &Suite, hdr0: &[u8], at: usize) -> Digest {
    // Both callers know that the whole proof lies inside `hdr0`.
    let before = hdr0.get(..at).unwrap_or_default();
    let after = hdr0.get(at + PROOF_LEN..).unwrap_or_default();
    suite.th("tdh2-escrow", &[before, after])
}

/// A bidder lock that is ready but for the proof of its escrow.
pub(crate) struct MadeLock {
    pub(crate) lock: BidderLock,
    pub(crate) secret: Secret32,
    pub(crate) escrow: Option<Unproven>,
}

/// An escrow before its proof.
pub(crate) struct Unproven {
    pub(crate) u: Point,
    pub(crate) r: SecretScalar,
    pub(crate) masked: [u8; MASKED_LEN],
}

impl BidderLockPlan<'_> {
    const fn key(&self) -> &BidderKey {
        match self {
            Self::Escrow(key) | Self::Strict(key) => key,
        }
    }

    /// Draws the lock secret, wraps it, and masks it for the custodians if there is an escrow.
    pub(crate) fn make(
        &self,
        context: &Context,
        ceremony_key: &Point,
        salt: &[u8; 32],
        entropy: &mut dyn Entropy,
    ) -> Result<MadeLock, BidderKeyError> {
        let (suite, key) = (context.suite(), self.key());
        let (wrapped, secret) = key.wrap(context, salt, entropy)?;
        let escrow = match self {
            Self::Escrow(_) => {
                let info = escrow_info(suite, context.ceremony_id(), context.bidctx(), salt);
                let made = hpke::encap(suite, ceremony_key, info.bytes(), ESCROW_EXPORT, entropy)?;
                let masked = *made.secret.mask(secret.expose());
                Some(Unproven { u: made.u, r: made.r, masked })
            }
            Self::Strict(_) => None,
        };
        let lock = BidderLock {
            commit: lock_commit(suite, context.bidctx(), salt, LockKind::Bidder, &secret),
            algorithm: key.algorithm(),
            cert_sha256: *key.cert_sha256(),
            wrapped,
            escrow: None,
        };
        Ok(MadeLock { lock, secret, escrow })
    }
}

impl MadeLock {
    /// Puts the proof of the escrow, if there is one, in its place in `hdr0`.
    pub(crate) fn finish(
        self,
        bases: &tdh2::Bases,
        suite: &Suite,
        hdr0: &mut [u8],
        entropy: &mut dyn Entropy,
    ) -> Result<(BidderLock, Secret32), OperationError> {
        let Self { mut lock, secret, escrow } = self;
        if let Some(Unproven { u, r, masked }) = escrow {
            // Lock 2 is the last one, and the escrow ends it: proof, then masked secret.
            let at = hdr0.len().saturating_sub(PROOF_LEN + MASKED_LEN);
            let label = escrow_label(suite, hdr0, at);
            let proof = bases.prove(&u, &r, label.bytes(), entropy)?;
            for (to, from) in hdr0.iter_mut().skip(at).zip(proof.bytes()) {
                *to = from;
            }
            lock.escrow = Some(Escrow { u, proof, masked, label });
        }
        Ok((lock, secret))
    }
}

/// `TH("escrow-info", ceremony_id, bidctx, salt)`.
fn escrow_info(suite: &Suite, ceremony_id: &Digest, bidctx: &Digest, salt: &[u8; 32]) -> Digest {
    suite.th("escrow-info", &[ceremony_id.bytes(), bidctx.bytes(), salt])
}
