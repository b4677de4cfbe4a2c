//! Partial decryption with its proof, and combination that drops and names a lying custodian.

use std::collections::BTreeMap;

use kaibiao_crypto::{Entropy, Hex, OperationError, Point, Scalar, Suite, dleq, lincomb};
use kaibiao_types::{CustodianIndex, Digest};
use serde::{Deserialize, Serialize};

use crate::{CeremonyRecord, KeyShare};

/// One custodian's result for one point, as it travels and is logged: `D = s*U` with its proof.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partial {
    /// The custodian.
    pub index: CustodianIndex,
    /// D, compressed.
    pub d: Hex<33>,
    /// The proof's challenge.
    pub c: Hex<32>,
    /// The proof's response.
    pub z: Hex<32>,
}

/// A partial whose proof has been checked; the only thing [`combine`] takes.
#[derive(Clone, Copy, Debug)]
pub struct VerifiedPartial {
    index: CustodianIndex,
    d: Point,
    statement: Proven,
}

/// For what a partial was proven: partials of different statements must never be combined, since
/// the wrong result would look like garbage sealed by the bidder.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Proven {
    ceremony_id: Digest,
    context: Digest,
    u: Point,
}

/// Why a partial is dropped; its custodian is named and the others go on.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PartialError {
    /// The number is not one of this ceremony's custodians.
    #[error("custodian {0} is not part of this ceremony")]
    Index(CustodianIndex),
    /// The point or a scalar is not canonical.
    #[error("the partial decryption of custodian {0} is malformed")]
    Malformed(CustodianIndex),
    /// The proof does not hold.
    #[error("the proof of custodian {0} does not hold")]
    Proof(CustodianIndex),
}

impl PartialError {
    /// The stable label.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Index(_) => "E_INDEX",
            Self::Malformed(_) => "E_POINT",
            Self::Proof(_) => "E_DLEQ",
        }
    }

    /// The custodian named by the failure.
    pub const fn custodian(&self) -> CustodianIndex {
        match self {
            Self::Index(index) | Self::Malformed(index) | Self::Proof(index) => *index,
        }
    }
}

/// Why partials do not combine.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CombineError {
    /// One custodian appears twice.
    #[error("custodian {0} appears twice")]
    Duplicate(CustodianIndex),
    /// Partials that were proven for another ceremony, context or point than the first one.
    #[error("the partial decryption of custodian {0} is of another ceremony, context or point")]
    Mixed(CustodianIndex),
    /// Fewer than k valid partials: the bid stays sealed, and it is not the bidder's fault.
    #[error("{have} valid partial decryptions, {need} are needed")]
    NotEnough {
        /// Valid partials at hand.
        have: usize,
        /// Partials needed, k.
        need: usize,
    },
    /// The combination is the identity, which no honest encapsulation gives.
    #[error("the combined point is the identity")]
    Identity,
}

impl CombineError {
    /// The stable label.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Duplicate(_) => "E_INDEX",
            Self::Mixed(_) => "E_DLEQ",
            Self::NotEnough { .. } => "UNOPENED_CUSTODY",
            Self::Identity => "E_POINT",
        }
    }
}

/// The result of combining whatever partials were at hand.
#[derive(Clone, Debug)]
pub struct Combined {
    /// Z, the Diffie-Hellman point.
    pub point: Point,
    /// Custodians whose partials were dropped, each with the reason.
    pub dropped: Vec<PartialError>,
}

/// Raises U with a share and proves it. Whether it may be raised is decided before, in `custody`.
///
/// # Errors
///
/// [`OperationError`] if share, point and suite are not of one curve, or the source of randomness
/// failed.
pub fn raise(
    suite: &Suite,
    share: &KeyShare,
    ceremony_id: &Digest,
    context: &Digest,
    u: &Point,
    entropy: &mut dyn Entropy,
) -> Result<Partial, OperationError> {
    let d = share.secret.mul_point(u).ok_or(OperationError::Curve)?;
    let public = share.public();
    let statement =
        dleq::Statement { ceremony_id, context, index: share.index, share: &public, u, d: &d };
    let proof = statement.prove(suite, &share.secret, entropy)?;
    Ok(Partial { index: share.index, d: d.hex(), c: proof.c.hex(), z: proof.z.hex() })
}

/// The context under which the i-th rehearsal object of a ceremony is raised (ruling 15).
pub fn rehearsal_context(suite: &Suite, ceremony_id: &Digest, i: u32) -> Digest {
    suite.th("rehearsal", &[ceremony_id.bytes(), &i.to_be_bytes()])
}

impl Partial {
    /// Checks the proof against the custodian's public share in the ceremony record.
    ///
    /// # Errors
    ///
    /// [`PartialError`] names the custodian.
    pub fn verify(
        &self,
        record: &CeremonyRecord,
        context: &Digest,
        u: &Point,
    ) -> Result<VerifiedPartial, PartialError> {
        let index = self.index;
        let share = record.public_share(index).ok_or(PartialError::Index(index))?;
        let suite = record.suite();
        let d = suite.point(&self.d.0).map_err(|_| PartialError::Malformed(index))?;
        let scalar =
            |bytes: &Hex<32>| suite.scalar(&bytes.0).map_err(|_| PartialError::Malformed(index));
        let proof = dleq::Proof { c: scalar(&self.c)?, z: scalar(&self.z)? };
        let ceremony_id = &record.ceremony_id;
        let statement = dleq::Statement { ceremony_id, context, index, share, u, d: &d };
        statement.verify(suite, &proof).map_err(|_| PartialError::Proof(index))?;
        let statement = Proven { ceremony_id: *ceremony_id, context: *context, u: *u };
        Ok(VerifiedPartial { index, d, statement })
    }
}

/// Lagrange interpolation at zero over the first k partials, in custodian order.
///
/// # Errors
///
/// [`CombineError`] if there are too few, one custodian appears twice, or they were proven for
/// different things.
pub fn combine(
    record: &CeremonyRecord,
    partials: &[VerifiedPartial],
) -> Result<Point, CombineError> {
    let mut by_index = BTreeMap::new();
    let first = partials.first().map(|partial| partial.statement);
    for partial in partials {
        let own = partial.statement.ceremony_id == record.ceremony_id;
        if !own || Some(partial.statement) != first {
            return Err(CombineError::Mixed(partial.index));
        }
        if by_index.insert(partial.index, partial.d).is_some() {
            return Err(CombineError::Duplicate(partial.index));
        }
    }
    let need = usize::from(record.threshold.k());
    if by_index.len() < need {
        return Err(CombineError::NotEnough { have: by_index.len(), need });
    }
    let chosen: Vec<(CustodianIndex, Point)> = by_index.into_iter().take(need).collect();
    interpolate(record.suite(), &chosen).ok_or(CombineError::Identity)
}

/// Checks every partial, drops and names the bad ones, and combines the rest.
///
/// All are checked, also those beyond the first k valid ones: who lied must not depend on the order
/// of arrival. Partials of one custodian beyond its first valid one are ignored.
///
/// # Errors
///
/// [`CombineError`] with the partials that were dropped.
pub fn combine_any(
    record: &CeremonyRecord,
    context: &Digest,
    u: &Point,
    partials: &[Partial],
) -> Result<Combined, (CombineError, Vec<PartialError>)> {
    let mut dropped = Vec::new();
    let mut valid: BTreeMap<CustodianIndex, VerifiedPartial> = BTreeMap::new();
    for partial in partials {
        match partial.verify(record, context, u) {
            Ok(verified) => drop(valid.entry(verified.index).or_insert(verified)),
            Err(error) => dropped.push(error),
        }
    }
    let valid: Vec<VerifiedPartial> = valid.into_values().collect();
    match combine(record, &valid) {
        Ok(point) => Ok(Combined { point, dropped }),
        Err(error) => Err((error, dropped)),
    }
}

/// The value at zero of the polynomial through the given points of the exponent.
pub(crate) fn interpolate(suite: &Suite, points: &[(CustodianIndex, Point)]) -> Option<Point> {
    let mut terms = Vec::new();
    for (index, point) in points {
        terms.push((lagrange(suite, *index, points)?, *point));
    }
    let terms: Vec<(&Scalar, &Point)> =
        terms.iter().map(|(scalar, point)| (scalar, point)).collect();
    lincomb(&terms)
}

/// The Lagrange coefficient of `index` at zero: the product of `j / (j - index)`.
fn lagrange(
    suite: &Suite,
    index: CustodianIndex,
    points: &[(CustodianIndex, Point)],
) -> Option<Scalar> {
    let own = suite.number(index.get());
    let (mut above, mut below) = (suite.number(1), suite.number(1));
    for (other, _) in points.iter().filter(|(other, _)| *other != index) {
        let other = suite.number(other.get());
        above = above.mul(&other)?;
        below = below.mul(&other.sub(&own)?)?;
    }
    above.mul(&below.invert()?)
}

#[cfg(test)]
mod tests;
