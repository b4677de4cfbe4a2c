//! A verifiable random draw from the ceremony key (K values, lotteries).
//!
//! Unpredictable before k custodians raise the draw point after the freeze, recomputable by anyone
//! from their proven partials afterwards (ruling 15).

use kaibiao_crypto::{Point, PointError, Suite};
use kaibiao_types::Digest;

/// Why a draw has no value.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a draw needs a range of at least one value")]
pub struct DrawError;

/// The point that custodians raise for draw number `draw_no`; each computes it itself.
///
/// # Errors
///
/// [`PointError::Identity`] in the one case in 2^256 where hashing gives the identity.
pub fn draw_point(
    suite: &Suite,
    ceremony_id: &Digest,
    freeze_id: &Digest,
    draw_no: u32,
) -> Result<Point, PointError> {
    suite.hash_to_point("draw", &[ceremony_id.bytes(), freeze_id.bytes(), &draw_no.to_be_bytes()])
}

/// A uniformly distributed number in `0..range` from the combined draw point.
///
/// Numbers come from `TH("draw-out", Z, u32 try)` as 64-bit integers; those beyond the greatest
/// multiple of `range` are rejected, so no value is likelier than another. The range must be fixed
/// before the point is raised: it is no part of the hash, and whoever could choose it afterwards
/// could choose among values.
///
/// # Errors
///
/// [`DrawError`] if `range` is zero.
pub fn draw_value(suite: &Suite, combined: &Point, range: u64) -> Result<u64, DrawError> {
    let limit = u64::MAX - u64::MAX.checked_rem(range).ok_or(DrawError)?;
    for attempt in 0_u32.. {
        let digest = suite.th("draw-out", &[&combined.bytes(), &attempt.to_be_bytes()]);
        let Some(first) = digest.bytes().first_chunk::<8>() else { break };
        let number = u64::from_be_bytes(*first);
        if number < limit {
            return number.checked_rem(range).ok_or(DrawError);
        }
    }
    // 2^32 rejections in a row do not happen: each has a chance below one half.
    Err(DrawError)
}

#[cfg(test)]
mod tests;
