//! The group of the ceremony key: points, public scalars, secret scalars.

use core::fmt;

use p256::elliptic_curve::PrimeField as _;
use p256::elliptic_curve::array::Array;
use p256::elliptic_curve::consts::U48;
use p256::elliptic_curve::group::Group as _;
use p256::elliptic_curve::ops::{MulVartime as _, Reduce as _};
use p256::elliptic_curve::sec1::{FromSec1Point as _, ToSec1Point as _};
use p256::hash2curve::{GroupDigest, hash_to_scalar};
use p256::{AffinePoint, NistP256, ProjectivePoint, Sec1Point};
use serde::{Serialize, Serializer};
use zeroize::{Zeroize as _, Zeroizing};

use crate::{Entropy, EntropyError, Hex};

/// A prime-order group with hashing to it.
pub trait Group: Sync {
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
    /// RFC 9380 `hash_to_curve`.
    ///
    /// # Errors
    ///
    /// [`PointError::Identity`] if the result is the identity.
    fn hash_to_point(&self, label: &str, parts: &[&[u8]]) -> Result<Point, PointError>;
}

/// Why bytes are not a point or scalar of the group.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PointError {
    /// Not 33 bytes starting with 02 or 03.
    #[error("a point is 33 bytes in compressed form")]
    Encoding,
    /// The identity, which no honest party sends.
    #[error("the point is the identity")]
    Identity,
    /// No such point on the curve.
    #[error("the point is not on the curve")]
    NotOnCurve,
    /// Not 32 bytes below the group order.
    #[error("a scalar is 32 bytes below the group order")]
    Scalar,
}

impl PointError {
    /// The stable label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Encoding | Self::Identity | Self::NotOnCurve => "E_POINT",
            Self::Scalar => "E_SCALAR",
        }
    }
}

/// A point of the group that is not the identity.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Point(pub(crate) AffinePoint);

impl Point {
    /// The generator G.
    pub fn generator() -> Self {
        Self(AffinePoint::GENERATOR)
    }

    /// The compressed form: 33 bytes.
    pub fn bytes(&self) -> [u8; 33] {
        let mut out = [0; 33];
        copy(&mut out, self.0.to_sec1_point(true).as_bytes());
        out
    }

    /// The uncompressed form (SEC 1, 2.3.3): 65 bytes, as RFC 9180 hashes it.
    pub fn uncompressed(&self) -> [u8; 65] {
        let mut out = [0; 65];
        copy(&mut out, self.0.to_sec1_point(false).as_bytes());
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

    /// The sum; `None` if it is the identity.
    #[must_use]
    pub fn add(&self, other: &Self) -> Option<Self> {
        not_identity(ProjectivePoint::from(self.0) + ProjectivePoint::from(other.0))
    }

    /// The product with a public scalar (variable time); `None` if it is the identity.
    #[must_use]
    pub fn mul(&self, scalar: &Scalar) -> Option<Self> {
        not_identity(ProjectivePoint::from(self.0).mul_vartime(&scalar.0))
    }
}

/// The sum of products of public scalars and points (variable time); `None` if it is the identity.
#[must_use]
pub fn lincomb(terms: &[(&Scalar, &Point)]) -> Option<Point> {
    let products =
        terms.iter().map(|(scalar, point)| ProjectivePoint::from(point.0).mul_vartime(&scalar.0));
    not_identity(products.fold(ProjectivePoint::IDENTITY, |sum, product| sum + product))
}

fn not_identity(point: ProjectivePoint) -> Option<Point> {
    if bool::from(point.is_identity()) { None } else { Some(Point(point.to_affine())) }
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
pub struct Scalar(pub(crate) p256::Scalar);

impl Scalar {
    /// A small number as a scalar.
    pub fn from_u16(number: u16) -> Self {
        Self(p256::Scalar::from(u64::from(number)))
    }

    /// 48 bytes, big-endian, reduced modulo the order: a hash output with a bias below 2^-128.
    pub fn reduce_wide(wide: &[u8; 48]) -> Self {
        let wide: Array<u8, U48> = Array::from(*wide);
        Self(p256::Scalar::reduce(&wide))
    }

    /// The canonical form: 32 bytes.
    pub fn bytes(&self) -> [u8; 32] {
        self.0.to_repr().into()
    }

    /// The canonical form for JSON.
    pub fn hex(&self) -> Hex<32> {
        Hex(self.bytes())
    }

    /// The sum.
    #[must_use]
    pub fn add(&self, other: &Self) -> Self {
        Self(self.0 + other.0)
    }

    /// The difference.
    #[must_use]
    pub fn sub(&self, other: &Self) -> Self {
        Self(self.0 - other.0)
    }

    /// The product.
    #[must_use]
    pub fn mul(&self, other: &Self) -> Self {
        Self(self.0 * other.0)
    }

    /// The negative.
    #[must_use]
    pub fn neg(&self) -> Self {
        Self(-self.0)
    }

    /// The inverse; `None` for zero.
    #[must_use]
    pub fn invert(&self) -> Option<Self> {
        Option::<p256::Scalar>::from(self.0.invert()).map(Self)
    }

    /// The product with the generator; `None` for zero.
    #[must_use]
    pub fn base_mul(&self) -> Option<Point> {
        not_identity(ProjectivePoint::mul_by_generator(&self.0))
    }
}

impl fmt::Debug for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.hex())
    }
}

/// A secret scalar (share, key, proof nonce): never zero, wiped on drop, never printed or serialised.
pub struct SecretScalar(p256::Scalar);

impl SecretScalar {
    /// A uniformly random non-zero scalar (48 bytes reduced, RFC 9380 section 5.1).
    ///
    /// # Errors
    ///
    /// [`EntropyError`] if the source failed (a zero result, one in 2^256, counts as that).
    pub fn random(entropy: &mut dyn Entropy) -> Result<Self, EntropyError> {
        let mut wide = Zeroizing::new(Array::<u8, U48>::default()); // no second copy to wipe
        entropy.fill(&mut wide)?;
        Self::nonzero(p256::Scalar::reduce(&*wide)).ok_or(EntropyError)
    }

    /// Reads a canonical non-zero scalar, for instance from a key store.
    ///
    /// # Errors
    ///
    /// [`PointError::Scalar`] if it is zero, not below the order, or not 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PointError> {
        let scalar = P256.scalar(bytes)?;
        Self::nonzero(scalar.0).ok_or(PointError::Scalar)
    }

    /// Makes a secret of a scalar that was computed (a hedged nonce, a hash-derived key).
    #[must_use]
    pub fn from_scalar(scalar: Scalar) -> Option<Self> {
        Self::nonzero(scalar.0)
    }

    fn nonzero(scalar: p256::Scalar) -> Option<Self> {
        if scalar == p256::Scalar::ZERO { None } else { Some(Self(scalar)) }
    }

    /// The product with the generator: the public key of this secret.
    pub fn base_mul(&self) -> Point {
        Point(ProjectivePoint::mul_by_generator(&self.0).to_affine())
    }

    /// The product with a point; never the identity, since the order is prime.
    pub fn mul_point(&self, point: &Point) -> Point {
        Point((ProjectivePoint::from(point.0) * self.0).to_affine())
    }

    /// The sum of two secrets; `None` if it is zero.
    #[must_use]
    pub fn add(&self, other: &Self) -> Option<Self> {
        Self::nonzero(self.0 + other.0)
    }

    /// The product with a public scalar; `None` if it is zero.
    #[must_use]
    pub fn mul(&self, other: &Scalar) -> Option<Self> {
        Self::nonzero(self.0 * other.0)
    }

    /// `self + challenge * secret`: the response of a Schnorr-type proof, where `self` is the nonce.
    pub fn respond(self, challenge: &Scalar, secret: &Self) -> Scalar {
        Scalar(self.0 + challenge.0 * secret.0)
    }

    /// The bytes, for a key store or a hedged hash only.
    pub fn danger_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_repr().into())
    }
}

impl Drop for SecretScalar {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for SecretScalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretScalar(..)")
    }
}

/// `expand_message_xmd` with SHA-256 (RFC 9380 section 5.3.1).
type Expand = <NistP256 as GroupDigest>::ExpandMsg;

/// NIST P-256 (FIPS 186-5, SP 800-186) through p256.
pub(crate) struct P256;

impl Group for P256 {
    fn point(&self, bytes: &[u8]) -> Result<Point, PointError> {
        if bytes.len() != 33 || !matches!(bytes.first(), Some(2 | 3)) {
            return Err(PointError::Encoding);
        }
        let encoded = Sec1Point::from_bytes(bytes).map_err(|_| PointError::Encoding)?;
        let point = Option::<AffinePoint>::from(AffinePoint::from_sec1_point(&encoded));
        point.map(Point).ok_or(PointError::NotOnCurve)
    }

    fn scalar(&self, bytes: &[u8]) -> Result<Scalar, PointError> {
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| PointError::Scalar)?;
        let scalar = Option::<p256::Scalar>::from(p256::Scalar::from_repr(bytes.into()));
        scalar.map(Scalar).ok_or(PointError::Scalar)
    }

    fn hash_to_scalar(&self, label: &str, parts: &[&[u8]]) -> Scalar {
        let dst = format!("kaibiao/v1/P256/{label}");
        match hash_to_scalar::<NistP256, Expand, U48>(parts, &[dst.as_bytes()]) {
            Ok(scalar) => Scalar(scalar),
            // expand_message_xmd fails only for an empty DST or more than 65,535 bytes of output.
            Err(_) => unreachable!("the DST is not empty and the output is 48 bytes"),
        }
    }

    fn hash_to_point(&self, label: &str, parts: &[&[u8]]) -> Result<Point, PointError> {
        let dst = format!("kaibiao/v1/P256_XMD:SHA-256_SSWU_RO_/{label}");
        let point = NistP256::hash_from_bytes(parts, &[dst.as_bytes()])
            .map_err(|_| PointError::Encoding)?;
        not_identity(point).ok_or(PointError::Identity)
    }
}

#[cfg(test)]
mod tests;
