//! From proven partials to the value of a draw.

use kaibiao_ceremony::{CombineError, Partial, combine_any, draw_point, draw_value};
use kaibiao_crypto::{Hex, Point, PointError};
use kaibiao_opening::{DrawPartial, Drawing};
use kaibiao_types::{CustodianIndex, Digest};

use crate::VerifiedTender;

/// The value of a draw, and who was dropped on the way to it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Drawn {
    /// Position of the value among those of the tender file, from 0.
    pub index: u64,
    /// The custodians whose proofs do not hold, ascending.
    pub dropped: Vec<CustodianIndex>,
}

/// Why a draw has no value yet, or none at all.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the draw has no value")]
pub struct Undrawn {
    /// The custodians whose proofs do not hold, ascending.
    pub dropped: Vec<CustodianIndex>,
    /// What is missing.
    pub source: UndrawnCause,
}

/// What a draw lacks.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum UndrawnCause {
    /// The partials do not combine.
    #[error(transparent)]
    Combine(#[from] CombineError),
    /// The point cannot be computed: one case in 2^256.
    #[error(transparent)]
    Point(#[from] PointError),
    /// The tender file gives no values, which its checks exclude.
    #[error("the draw has no values to choose from")]
    Values,
}

/// The point that custodians raise for a draw, computed from the ceremony, the freeze and the
/// number of the draw and from nothing that anybody could choose (ruling 15).
///
/// # Errors
///
/// [`PointError`] in the one case in 2^256 where hashing gives the identity.
pub fn point_of_draw(
    tender: &VerifiedTender,
    freeze_id: &Digest,
    no: u32,
) -> Result<Point, PointError> {
    let record = tender.record();
    draw_point(record.suite(), &record.ceremony_id, freeze_id, no)
}

/// Checks every answer of a draw, drops and names those whose proofs do not hold, and computes the
/// value from the rest: the same from any k of them.
///
/// # Errors
///
/// [`Undrawn`], with those dropped, if fewer than k hold.
pub fn draw_outcome(tender: &VerifiedTender, drawing: &Drawing<'_>) -> Result<Drawn, Undrawn> {
    let none = |source| Undrawn { dropped: Vec::new(), source };
    let point = point_of_draw(tender, &drawing.freeze_id, drawing.draw.no)
        .map_err(|error| none(error.into()))?;
    let mut dropped = Vec::new();
    let mut partials = Vec::new();
    for answer in drawing.run.answers.values() {
        match partial_of(answer) {
            Some(partial) => partials.push(partial),
            None => dropped.push(answer.custodian),
        }
    }
    let combined = combine_any(tender.record(), &drawing.freeze_id, &point, &partials);
    let failed = match &combined {
        Ok(combined) => &combined.dropped,
        Err((_, failed)) => failed,
    };
    dropped.extend(failed.iter().map(kaibiao_ceremony::PartialError::custodian));
    dropped.sort_unstable();
    let combined = match combined {
        Ok(combined) => combined,
        Err((error, _)) => return Err(Undrawn { dropped, source: error.into() }),
    };
    match draw_value(tender.record().suite(), &combined.point, drawing.draw.values.count()) {
        Ok(index) => Ok(Drawn { index, dropped }),
        Err(_) => Err(Undrawn { dropped, source: UndrawnCause::Values }),
    }
}

fn partial_of(answer: &DrawPartial) -> Option<Partial> {
    Some(Partial {
        index: answer.custodian,
        d: Hex::parse(&answer.d).ok()?,
        c: Hex::parse(&answer.c).ok()?,
        z: Hex::parse(&answer.z).ok()?,
    })
}
