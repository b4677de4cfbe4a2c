//! The SM2 curve (GB/T 32918.5) through sm2, with hashing by SM3.

use core::num::NonZero;

use p256::elliptic_curve::PrimeField as _;
use p256::elliptic_curve::consts::U16;
use p256::elliptic_curve::ops::Reduce as _;
use p256::elliptic_curve::sec1::FromSec1Point as _;
use p256::hash2curve::{ExpandMsg, ExpandMsgXmd, Expander as _};
use sm2::{AffinePoint, FieldBytes, Sec1Point};
use sm3::Sm3;
use zeroize::Zeroizing;

use super::{Group, On, Point, PointError, Scalar};

/// The group of suite 0x0101.
pub(crate) struct Sm2;

/// `expand_message_xmd` with SM3 (RFC 9380 section 5.3.1), at most 8,160 bytes.
fn expand<const N: usize>(parts: &[&[u8]], dst: &str) -> [u8; N] {
    let mut out = [0; N];
    let length = u16::try_from(N).ok().and_then(NonZero::new);
    let dst = [dst.as_bytes()];
    let done = length.map(|length| {
        let expander: Result<_, _> =
            <ExpandMsgXmd<Sm3> as ExpandMsg<U16>>::expand_message(parts, &dst, length);
        expander.is_ok_and(|mut expander| expander.fill_bytes(&mut out).is_ok())
    });
    // It fails only for an empty DST or too long an output; both are fixed here.
    debug_assert_eq!(done, Some(true));
    out
}

impl Group for Sm2 {
    fn generator(&self) -> Point {
        Point(On::Sm2(AffinePoint::GENERATOR))
    }

    fn has(&self, point: &Point) -> bool {
        matches!(point.0, On::Sm2(_))
    }

    fn number(&self, number: u16) -> Scalar {
        Scalar(On::Sm2(sm2::Scalar::from(u64::from(number))))
    }

    fn reduce_wide(&self, wide: &[u8; 48]) -> Scalar {
        let part = |bytes: &[u8]| {
            let mut padded = Zeroizing::new(FieldBytes::default());
            for (to, from) in padded.iter_mut().rev().zip(bytes.iter().rev()) {
                *to = *from;
            }
            sm2::Scalar::reduce(&*padded)
        };
        let (high, low) = wide.split_at(16);
        let two_128 = part(&[&[1][..], &[0; 16]].concat());
        Scalar(On::Sm2(part(high) * two_128 * two_128 + part(low)))
    }

    fn point(&self, bytes: &[u8]) -> Result<Point, PointError> {
        if bytes.len() != 33 || !matches!(bytes.first(), Some(2 | 3)) {
            return Err(PointError::Encoding);
        }
        let encoded = Sec1Point::from_bytes(bytes).map_err(|_| PointError::Encoding)?;
        let point = Option::<AffinePoint>::from(AffinePoint::from_sec1_point(&encoded));
        point.map(|point| Point(On::Sm2(point))).ok_or(PointError::NotOnCurve)
    }

    fn scalar(&self, bytes: &[u8]) -> Result<Scalar, PointError> {
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| PointError::Scalar)?;
        let scalar = Option::<sm2::Scalar>::from(sm2::Scalar::from_repr(bytes.into()));
        scalar.map(|scalar| Scalar(On::Sm2(scalar))).ok_or(PointError::Scalar)
    }

    fn hash_to_scalar(&self, label: &str, parts: &[&[u8]]) -> Scalar {
        self.reduce_wide(&expand(parts, &format!("kaibiao/v1/SM2/{label}")))
    }

    /// Try and increment: candidates are hashed one after the other until one is the x coordinate of
    /// a point. The time depends on the message, which is public wherever this is used.
    fn hash_to_point(&self, label: &str, parts: &[&[u8]]) -> Result<Point, PointError> {
        let dst = format!("kaibiao/v1/SM2_XMD:SM3_TAI_/{label}");
        for attempt in 0_u8..=255 {
            let attempt = [attempt];
            let mut message = parts.to_vec();
            message.push(&attempt);
            let mut candidate: [u8; 33] = expand(&message, &dst);
            let [sign, ..] = &mut candidate;
            *sign = 2 | (*sign & 1);
            if let Ok(point) = self.point(&candidate) {
                return Ok(point);
            }
        }
        Err(PointError::NotOnCurve) // one message in 2^256
    }
}
