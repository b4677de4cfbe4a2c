//! NIST P-256 (FIPS 186-5, SP 800-186) through p256.

use p256::elliptic_curve::PrimeField as _;
use p256::elliptic_curve::array::Array;
use p256::elliptic_curve::consts::U48;
use p256::elliptic_curve::ops::Reduce as _;
use p256::elliptic_curve::sec1::FromSec1Point as _;
use p256::hash2curve::{GroupDigest, hash_to_scalar};
use p256::{AffinePoint, NistP256, Sec1Point};
use zeroize::Zeroizing;

use super::{Group, On, Point, PointError, Scalar, not_identity};

/// `expand_message_xmd` with SHA-256 (RFC 9380 section 5.3.1).
type Expand = <NistP256 as GroupDigest>::ExpandMsg;

/// The group of suite 1.
pub(crate) struct P256;

impl Group for P256 {
    fn generator(&self) -> Point {
        Point(On::P256(AffinePoint::GENERATOR))
    }

    fn has(&self, point: &Point) -> bool {
        matches!(point.0, On::P256(_))
    }

    fn number(&self, number: u16) -> Scalar {
        Scalar(On::P256(p256::Scalar::from(u64::from(number))))
    }

    fn reduce_wide(&self, wide: &[u8; 48]) -> Scalar {
        let wide = Zeroizing::new(Array::<u8, U48>::from(*wide));
        Scalar(On::P256(p256::Scalar::reduce(&*wide)))
    }

    fn point(&self, bytes: &[u8]) -> Result<Point, PointError> {
        if bytes.len() != 33 || !matches!(bytes.first(), Some(2 | 3)) {
            return Err(PointError::Encoding);
        }
        let encoded = Sec1Point::from_bytes(bytes).map_err(|_| PointError::Encoding)?;
        let point = Option::<AffinePoint>::from(AffinePoint::from_sec1_point(&encoded));
        point.map(|point| Point(On::P256(point))).ok_or(PointError::NotOnCurve)
    }

    fn scalar(&self, bytes: &[u8]) -> Result<Scalar, PointError> {
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| PointError::Scalar)?;
        let scalar = Option::<p256::Scalar>::from(p256::Scalar::from_repr(bytes.into()));
        scalar.map(|scalar| Scalar(On::P256(scalar))).ok_or(PointError::Scalar)
    }

    fn hash_to_scalar(&self, label: &str, parts: &[&[u8]]) -> Scalar {
        let dst = format!("kaibiao/v1/P256/{label}");
        match hash_to_scalar::<NistP256, Expand, U48>(parts, &[dst.as_bytes()]) {
            Ok(scalar) => Scalar(On::P256(scalar)),
            // expand_message_xmd fails only for an empty DST or more than 65,535 bytes of output.
            Err(_) => unreachable!("the DST is not empty and the output is 48 bytes"),
        }
    }

    /// RFC 9380 `hash_to_curve` (random oracle).
    fn hash_to_point(&self, label: &str, parts: &[&[u8]]) -> Result<Point, PointError> {
        let dst = format!("kaibiao/v1/P256_XMD:SHA-256_SSWU_RO_/{label}");
        let point = NistP256::hash_from_bytes(parts, &[dst.as_bytes()])
            .map_err(|_| PointError::Encoding)?;
        let point = not_identity(point).ok_or(PointError::Identity)?;
        Ok(Point(On::P256(point.to_affine())))
    }
}
