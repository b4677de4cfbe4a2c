//! The bidder lock of one object: by what its bidder handed over, or by its escrow (ADR-0006, ADR-0020).

use kaibiao_ceremony::{Observation, Partial, PartialError, blame, combine_any};
use kaibiao_crypto::Secret32;
use kaibiao_opening::{BidderLockTerms, State, UnlockSecret};
use kaibiao_seal::{Header, LockMode, check_bidder_lock, escrow_secret, released_secret};
use kaibiao_types::{Digest, Fault, OrgCode, Part};

use crate::{Unopened, VerifiedTender};

/// What is at hand for the bidder lock of one object. An object without one needs nothing of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unlocking<'a> {
    /// What its bidder handed over, as the log has it.
    pub secret: Option<&'a UnlockSecret>,
    /// Partial decryptions of the point U' of its escrow.
    pub escrow: &'a [Partial],
}

/// The lock that a tender's rules ask for.
pub const fn lock_mode(asked: Option<BidderLockTerms>) -> LockMode {
    match asked {
        None => LockMode::None,
        Some(BidderLockTerms::Escrow) => LockMode::Escrow,
        Some(BidderLockTerms::Strict) => LockMode::Strict,
    }
}

/// Whether a handed secret is the one that the object's bidder lock commits to.
pub fn unlocks(header: &Header, secret: &UnlockSecret) -> bool {
    fitting(header, secret).is_some()
}

/// Whether custodians have to raise the escrow of an object: it has one, and the log has no secret of
/// its bidder that fits (crypto.md 3.9, R10).
pub fn needs_escrow(state: &State, bidder: &OrgCode, part: Part, header: &Header) -> bool {
    let own = state.unlock_secret(bidder, part);
    header.escrow().is_some() && own.is_none_or(|secret| !unlocks(header, secret))
}

fn read(secret: &UnlockSecret) -> Option<Secret32> {
    released_secret(secret.expose())
}

fn fitting(header: &Header, secret: &UnlockSecret) -> Option<Secret32> {
    read(secret).filter(|secret| matches!(check_bidder_lock(header, secret), Some(Ok(()))))
}

/// The secret of lock 2, if the object has one: the bidder's own where it fits, else that of the
/// escrow. Without an escrow it is what the bidder handed over, also if it does not fit: the opening
/// then shows it.
pub(crate) fn unlock(
    tender: &VerifiedTender,
    freeze_id: &Digest,
    header: &Header,
    unlocking: Unlocking<'_>,
    dropped: &mut Vec<PartialError>,
) -> Result<Option<Secret32>, Unopened> {
    if header.bidder_lock().is_none() {
        return Ok(None);
    }
    if let Some(secret) = unlocking.secret.and_then(|secret| fitting(header, secret)) {
        return Ok(Some(secret));
    }
    let Some(escrow) = header.escrow() else { return Ok(unlocking.secret.and_then(read)) };
    let verdict = |observation, detail: String, retry| {
        let verdict = blame(observation);
        let fault = verdict.fault.unwrap_or(Fault::Undetermined);
        Unopened { label: verdict.label, fault, detail, retry, dropped: Vec::new() }
    };
    let combined = combine_any(tender.record(), freeze_id, &escrow.u, unlocking.escrow);
    let combined = combined.map_err(|(error, bad)| {
        dropped.extend(bad);
        verdict(Observation::TooFewPartials, error.to_string(), true)
    })?;
    dropped.extend(combined.dropped);
    match escrow_secret(header, &combined.point, tender.bases().key()) {
        Ok(secret) => Ok(Some(secret)),
        Err(error) => Err(verdict(Observation::EscrowMismatch, error.to_string(), false)),
    }
}
