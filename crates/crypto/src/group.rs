//! The groups of the ceremony keys: points, public scalars, secret scalars.
//!
//! Every value knows its curve. An operation on values of two curves gives nothing, never a panic
//! and never a value.

use core::fmt;

use p256::elliptic_curve::PrimeField as _;
use p256::elliptic_curve::group::Group as _;
use p256::elliptic_curve::ops::MulVartime as _;
use p256::elliptic_curve::sec1::ToSec1Point as _;
use serde::{Serialize, Serializer};
use zeroize::{Zeroize as _, Zeroizing};

use crate::{Entropy, EntropyError, Hex, Suite};

mod error;
mod nist;
mod shangmi;

pub use error::{OperationError, PointError};
pub(crate) use nist::P256;
pub(crate) use shangmi::Sm2;

/// A prime-order group with hashing to it.
pub trait Group: Sync {
    /// The generator G.
    fn generator(&self) -> Point;
    /// Whether a point is one of this group.
    fn has(&self, point: &Point) -> bool;
    /// A small number as a scalar.
    fn number(&self, number: u16) -> Scalar;
    /// 48 bytes, big-endian, reduced modulo the order: a hash output with a bias below 2^-128.
    fn reduce_wide(&self, wide: &[u8; 48]) -> Scalar;
    /// Reads a compressed point (33 bytes): on the curve, never the identity.
    ///
    /// # Errors
    ///
    /// [`PointError`] otherwise.
    fn point(&self, bytes: &[u8]) -> Result<Point, PointError>;
    /// Reads a canonical scalar (32 bytes, below the order).
    ///
    /// # Errors
    ///
    /// [`PointError::Scalar`] otherwise.
    fn scalar(&self, bytes: &[u8]) -> Result<Scalar, PointError>;
    /// RFC 9380 `hash_to_field` to a scalar.
    fn hash_to_scalar(&self, label: &str, parts: &[&[u8]]) -> Scalar;
    /// A point whose discrete logarithm nobody knows, from a label and a message.
    ///
    /// # Errors
    ///
    /// [`PointError`] in the one case in 2^256 where none results.
    fn hash_to_point(&self, label: &str, parts: &[&[u8]]) -> Result<Point, PointError>;
}

/// A value of one of the curves.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum On<P, S> {
    P256(P),
    Sm2(S),
}

pub(crate) type AnyPoint = On<p256::AffinePoint, sm2::AffinePoint>;
pub(crate) type AnyScalar = On<p256::Scalar, sm2::Scalar>;

/// One expression for either curve: `curve` is its crate, `Here` marks a result as its value. With
/// two values the result is an `Option`, `None` if their curves differ.
macro_rules! each {
    ($a:expr; $x:ident => $body:expr) => {
        match $a {
            On::P256($x) => {
                #[allow(unused_imports)]
                use {On::P256 as Here, p256 as curve};
                $body
            }
            On::Sm2($x) => {
                #[allow(unused_imports)]
                use {On::Sm2 as Here, sm2 as curve};
                $body
            }
        }
    };
    ($a:expr, $b:expr; $x:ident, $y:ident => $body:expr) => {
        match ($a, $b) {
            (On::P256($x), On::P256($y)) => {
                #[allow(unused_imports)]
                use {On::P256 as Here, p256 as curve};
                $body
            }
            (On::Sm2($x), On::Sm2($y)) => {
                #[allow(unused_imports)]
                use {On::Sm2 as Here, sm2 as curve};
                $body
            }
            _ => None,
        }
    };
}

/// `None` for the identity.
fn not_identity<G: p256::elliptic_curve::group::Group>(point: G) -> Option<G> {
    if bool::from(point.is_identity()) { None } else { Some(point) }
}

/// A point of a group that is not the identity.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Point(pub(crate) AnyPoint);

impl Point {
    /// The compressed form: 33 bytes.
    pub fn bytes(&self) -> [u8; 33] {
        let mut out = [0; 33];
        each!(self.0; point => copy(&mut out, point.to_sec1_point(true).as_bytes()));
        out
    }

    /// The uncompressed form (SEC 1, 2.3.3): 65 bytes, as RFC 9180 and GB/T 32918 hash it.
    pub fn uncompressed(&self) -> [u8; 65] {
        let mut out = [0; 65];
        each!(self.0; point => copy(&mut out, point.to_sec1_point(false).as_bytes()));
        out
    }

    /// The x coordinate, 32 bytes: the Diffie-Hellman value of RFC 9180 section 4.1.
    pub fn x(&self) -> Zeroizing<[u8; 32]> {
        let compressed = Zeroizing::new(self.bytes());
        let mut out = Zeroizing::new([0; 32]);
        copy(&mut *out, compressed.split_at(1).1);
        out
    }

    /// The compressed form for JSON.
    pub fn hex(&self) -> Hex<33> {
        Hex(self.bytes())
    }

    /// The sum; `None` if it is the identity, or the points are of two curves.
    #[must_use]
    pub fn add(&self, other: &Self) -> Option<Self> {
        each!(self.0, other.0; a, b => {
            let sum = curve::ProjectivePoint::from(a) + curve::ProjectivePoint::from(b);
            not_identity(sum).map(|sum| Self(Here(sum.to_affine())))
        })
    }

    /// The product with a public scalar (variable time); `None` if it is the identity, or the scalar
    /// is of another curve.
    #[must_use]
    pub fn mul(&self, scalar: &Scalar) -> Option<Self> {
        each!(self.0, scalar.0; point, scalar => {
            let product = curve::ProjectivePoint::from(point).mul_vartime(&scalar);
            not_identity(product).map(|product| Self(Here(product.to_affine())))
        })
    }
}

/// The sum of products of public scalars and points (variable time); `None` if it is the identity,
/// there is no term, or the terms are of two curves.
#[must_use]
pub fn lincomb(terms: &[(&Scalar, &Point)]) -> Option<Point> {
    let mut sum: Option<On<p256::ProjectivePoint, sm2::ProjectivePoint>> = None;
    for (scalar, point) in terms {
        let product = each!(point.0, scalar.0; point, scalar => {
            Some(Here(curve::ProjectivePoint::from(point).mul_vartime(&scalar)))
        })?;
        sum = match sum {
            None => Some(product),
            Some(sum) => Some(each!(sum, product; a, b => Some(Here(a + b)))?),
        };
    }
    each!(sum?; sum => not_identity(sum).map(|sum| Point(Here(sum.to_affine()))))
}

fn copy(to: &mut [u8], from: &[u8]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}

impl fmt::Debug for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.hex())
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.hex())
    }
}

impl Serialize for Point {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.hex().serialize(serializer)
    }
}

/// A public scalar: a proof's response, a Lagrange coefficient.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Scalar(pub(crate) AnyScalar);

impl Scalar {
    /// The canonical form: 32 bytes.
    pub fn bytes(&self) -> [u8; 32] {
        each!(self.0; scalar => scalar.to_repr().into())
    }

    /// The canonical form for JSON.
    pub fn hex(&self) -> Hex<32> {
        Hex(self.bytes())
    }

    /// The sum; `None` if the scalars are of two curves.
    #[must_use]
    pub fn add(&self, other: &Self) -> Option<Self> {
        each!(self.0, other.0; a, b => Some(Self(Here(a + b))))
    }

    /// The difference; `None` if the scalars are of two curves.
    #[must_use]
    pub fn sub(&self, other: &Self) -> Option<Self> {
        each!(self.0, other.0; a, b => Some(Self(Here(a - b))))
    }

    /// The product; `None` if the scalars are of two curves.
    #[must_use]
    pub fn mul(&self, other: &Self) -> Option<Self> {
        each!(self.0, other.0; a, b => Some(Self(Here(a * b))))
    }

    /// The negative.
    #[must_use]
    pub fn neg(&self) -> Self {
        each!(self.0; scalar => Self(Here(-scalar)))
    }

    /// The inverse; `None` for zero.
    #[must_use]
    pub fn invert(&self) -> Option<Self> {
        each!(self.0; scalar => {
            Option::<curve::Scalar>::from(scalar.invert()).map(|inverse| Self(Here(inverse)))
        })
    }

    /// The product with the generator; `None` for zero.
    #[must_use]
    pub fn base_mul(&self) -> Option<Point> {
        each!(self.0; scalar => {
            let product = curve::ProjectivePoint::mul_by_generator(&scalar);
            not_identity(product).map(|product| Point(Here(product.to_affine())))
        })
    }
}

impl fmt::Debug for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.hex())
    }
}

/// A secret scalar (share, key, proof nonce): never zero, wiped on drop, never printed or serialised.
pub struct SecretScalar(AnyScalar);

impl SecretScalar {
    /// A uniformly random non-zero scalar (48 bytes reduced, RFC 9380 section 5.1).
    ///
    /// # Errors
    ///
    /// [`EntropyError`] if the source failed (a zero result, one in 2^256, counts as that).
    pub fn random(suite: &Suite, entropy: &mut dyn Entropy) -> Result<Self, EntropyError> {
        let mut wide = Zeroizing::new([0; 48]);
        entropy.fill(&mut *wide)?;
        Self::from_scalar(suite.reduce_wide(&wide)).ok_or(EntropyError)
    }

    /// Reads a canonical non-zero scalar, for instance from a key store.
    ///
    /// # Errors
    ///
    /// [`PointError::Scalar`] if it is zero, not below the order, or not 32 bytes.
    pub fn from_bytes(suite: &Suite, bytes: &[u8]) -> Result<Self, PointError> {
        Self::from_scalar(suite.scalar(bytes)?).ok_or(PointError::Scalar)
    }

    /// Makes a secret of a scalar that was computed (a hedged nonce, a hash-derived key); `None` for
    /// zero.
    #[must_use]
    pub fn from_scalar(scalar: Scalar) -> Option<Self> {
        let zero = each!(scalar.0; scalar => scalar == curve::Scalar::ZERO);
        if zero { None } else { Some(Self(scalar.0)) }
    }

    /// The product with the generator: the public key of this secret.
    pub fn base_mul(&self) -> Point {
        each!(&self.0; secret => {
            Point(Here(curve::ProjectivePoint::mul_by_generator(secret).to_affine()))
        })
    }

    /// The product with a point, never the identity, since the order is prime; `None` if the point
    /// is of another curve.
    #[must_use]
    pub fn mul_point(&self, point: &Point) -> Option<Point> {
        each!(&self.0, point.0; secret, point => {
            Some(Point(Here((curve::ProjectivePoint::from(point) * secret).to_affine())))
        })
    }

    /// The sum of two secrets; `None` if it is zero, or they are of two curves.
    #[must_use]
    pub fn add(&self, other: &Self) -> Option<Self> {
        each!(&self.0, &other.0; a, b => Self::from_scalar(Scalar(Here(a + b))))
    }

    /// The product with a public scalar; `None` if it is zero, or they are of two curves.
    #[must_use]
    pub fn mul(&self, other: &Scalar) -> Option<Self> {
        each!(&self.0, &other.0; a, b => Self::from_scalar(Scalar(Here(a * b))))
    }

    /// `self + challenge * secret`: the response of a Schnorr-type proof, where `self` is the nonce.
    /// `None` if they are of two curves.
    #[must_use]
    pub fn respond(self, challenge: &Scalar, secret: &Self) -> Option<Scalar> {
        let product = each!(&challenge.0, &secret.0; challenge, secret => {
            Some(Here(challenge * secret))
        })?;
        each!(&self.0, &product; nonce, product => Some(Scalar(Here(nonce + product))))
    }

    /// The bytes, for a key store or a hedged hash only.
    pub fn danger_bytes(&self) -> Zeroizing<[u8; 32]> {
        each!(&self.0; secret => Zeroizing::new(secret.to_repr().into()))
    }
}

impl Drop for SecretScalar {
    fn drop(&mut self) {
        each!(&mut self.0; secret => secret.zeroize());
    }
}

impl fmt::Debug for SecretScalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretScalar(..)")
    }
}

#[cfg(test)]
mod tests;
