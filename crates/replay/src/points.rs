//! One lock, one object: the points that custodians can be asked to raise are never the same twice.

use std::collections::BTreeSet;

use kaibiao_seal::Header;

/// The points of one ceremony: U of every object and U' of every escrow, in one set (rule R7,
/// rulings 20 and 30, attack A22).
///
/// A point that comes back is a copied lock, or one that was sealed with repeated randomness. With
/// both kinds in one set, a point cannot come back in the other role either, where the decision to
/// raise it would be another one.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct LockPoints(BTreeSet<[u8; 33]>);

/// A point of the header is in another lock of the ceremony already.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the object carries a lock that another object carries too")]
pub struct DuplicatePoint;

impl DuplicatePoint {
    /// The stable label.
    pub const fn label(self) -> &'static str {
        "E_DUP_U"
    }
}

impl LockPoints {
    /// Takes in the points of one more object; all of them, or none if one is known.
    ///
    /// # Errors
    ///
    /// [`DuplicatePoint`].
    pub fn take(&mut self, header: &Header) -> Result<(), DuplicatePoint> {
        if self.knows(header) {
            return Err(DuplicatePoint);
        }
        self.add(header);
        Ok(())
    }

    /// Takes in the points of an object that was compared before.
    pub fn add(&mut self, header: &Header) {
        // The parser has refused a header whose own points are equal.
        self.0.extend(header.points().map(kaibiao_crypto::Point::bytes));
    }

    /// Whether a point of the header is known.
    pub fn knows(&self, header: &Header) -> bool {
        header.points().any(|point| self.0.contains(&point.bytes()))
    }

    /// Whether a point is known.
    pub fn has(&self, point: &kaibiao_crypto::Point) -> bool {
        self.0.contains(&point.bytes())
    }

    /// Takes in everything that another set holds.
    pub fn join(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}
