//! Encodings that must be refused, the arithmetic of secrets, and hashing against a second reading
//! of RFC 9380.

use super::*;
use crate::SUITE_1;
use crate::dleq::tests::{Dry, Seeded, unhex};

/// The field prime of P-256 (FIPS 186-5, SP 800-186, 3.2.1.3).
const P: &str = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";
/// The group order.
const Q: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

fn compressed(parity: u8, x: &[u8]) -> Vec<u8> {
    [&[parity], x].concat()
}

/// Adds a small number to 32 big-endian bytes.
fn plus(bytes: &[u8], number: u8) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let mut carry = u16::from(number);
    for byte in out.iter_mut().rev() {
        carry += u16::from(*byte);
        *byte = u8::try_from(carry & 0xff).unwrap();
        carry >>= 8;
    }
    assert_eq!(carry, 0);
    out
}

#[test]
fn a_point_has_one_encoding() {
    let p = unhex(P);
    let mut small = 0;
    for x in 0..=16_u8 {
        let canonical = plus(&[0; 32], x);
        let Ok(point) = SUITE_1.point(&compressed(2, &canonical)) else { continue };
        assert_eq!(point.bytes().as_slice(), compressed(2, &canonical));
        // The same x, written as x + p, is below 2^256 but not below p.
        let unreduced = compressed(2, &plus(&p, x));
        assert_eq!(SUITE_1.point(&unreduced), Err(PointError::NotOnCurve));
        small += 1;
    }
    assert!(small > 2, "points with a small x exist");
}

#[test]
fn forms_other_than_compressed_are_refused() {
    let g = SUITE_1.generator();
    let (short, long) = (g.bytes(), g.uncompressed());
    let hybrid = [&[6][..], &long[1..]].concat();
    let compact = [&[5][..], &short[1..]].concat();
    for bad in [
        vec![],
        vec![0],
        vec![0; 33],
        vec![2],
        short[..32].to_vec(),
        [short.as_slice(), &[0]].concat(),
        long.to_vec(),
        hybrid,
        compact,
        compressed(4, &short[1..]),
    ] {
        assert_eq!(SUITE_1.point(&bad), Err(PointError::Encoding));
        assert_eq!(PointError::Encoding.label(), "E_POINT");
    }
    assert_eq!(SUITE_1.point(&compressed(3, &unhex(P))), Err(PointError::NotOnCurve));
    assert_eq!(SUITE_1.point(&compressed(2, &[0xff; 32])), Err(PointError::NotOnCurve));
}

#[test]
fn a_scalar_is_below_the_order() {
    let q = unhex(Q);
    let mut below = q.clone();
    below[31] -= 1;
    assert_eq!(SUITE_1.scalar(&below).unwrap().bytes().as_slice(), below);
    assert!(SUITE_1.scalar(&[0; 32]).is_ok());
    for bad in [q.clone(), plus(&q, 1), vec![0xff; 32], vec![0; 31], vec![0; 33], vec![]] {
        assert_eq!(SUITE_1.scalar(&bad), Err(PointError::Scalar));
        assert_eq!(SecretScalar::from_bytes(&SUITE_1, &bad).unwrap_err(), PointError::Scalar);
    }
    assert_eq!(
        SecretScalar::from_bytes(&SUITE_1, &[0; 32]).unwrap_err(),
        PointError::Scalar,
        "zero"
    );
    assert_eq!(PointError::Scalar.label(), "E_SCALAR");
}

#[test]
fn the_identity_never_becomes_a_point() {
    let g = SUITE_1.generator();
    let minus_one = SUITE_1.number(1).neg();
    let minus_g = g.mul(&minus_one).unwrap();
    assert_eq!(g.add(&minus_g), None);
    assert_eq!(g.mul(&SUITE_1.number(0)), None);
    assert_eq!(SUITE_1.number(0).base_mul(), None);
    assert_eq!(SUITE_1.number(0).invert(), None);
    assert_eq!(lincomb(&[]), None);
    assert_eq!(lincomb(&[(&SUITE_1.number(7), &g), (&SUITE_1.number(7), &minus_g)]), None);
    let one = SecretScalar::from_bytes(&SUITE_1, &SUITE_1.number(1).bytes()).unwrap();
    let other = SecretScalar::from_scalar(minus_one).unwrap();
    assert!(one.add(&other).is_none());
    assert!(one.mul(&SUITE_1.number(0)).is_none());
    assert!(SecretScalar::from_scalar(SUITE_1.number(0)).is_none());
}

#[test]
fn secret_and_public_arithmetic_agree() {
    let mut entropy = Seeded(11);
    for _ in 0..8 {
        let s = SecretScalar::random(&SUITE_1, &mut entropy).unwrap();
        let t = SecretScalar::random(&SUITE_1, &mut entropy).unwrap();
        let public = SUITE_1.scalar(&*s.danger_bytes()).unwrap();
        assert_eq!(s.base_mul(), public.base_mul().unwrap());
        assert_eq!(s.base_mul(), SUITE_1.generator().mul(&public).unwrap());
        assert_eq!(t.mul_point(&s.base_mul()), s.mul_point(&t.base_mul()));
        assert_eq!(s.add(&t).unwrap().base_mul(), s.base_mul().add(&t.base_mul()).unwrap());
        let inverse = public.invert().unwrap();
        assert_eq!(public.mul(&inverse), Some(SUITE_1.number(1)));
        assert_eq!(public.sub(&public), Some(SUITE_1.number(0)));
        let response =
            SecretScalar::from_bytes(&SUITE_1, &*t.danger_bytes()).unwrap().respond(&public, &s);
        let expected =
            SUITE_1.scalar(&*t.danger_bytes()).unwrap().add(&public.mul(&public).unwrap());
        assert_eq!(response, expected);
    }
    assert_eq!(SecretScalar::random(&SUITE_1, &mut Dry).unwrap_err(), EntropyError);
}

#[test]
fn a_source_of_zeros_gives_no_key() {
    struct Zeros;
    impl Entropy for Zeros {
        fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
            out.fill(0);
            Ok(())
        }
    }
    assert_eq!(SecretScalar::random(&SUITE_1, &mut Zeros).unwrap_err(), EntropyError);
}

#[test]
fn debug_shows_no_secret_byte() {
    let planted = [0xa7; 32];
    let secret = SecretScalar::from_bytes(&SUITE_1, &planted).unwrap();
    let shown = format!("{secret:?} {secret:#?}").to_lowercase();
    assert_eq!(shown, "secretscalar(..) secretscalar(..)");
    assert!(!shown.contains("a7") && !shown.contains("167"));
}

/// `expand_message_xmd` of RFC 9380, section 5.3.1, for 48 bytes, written a second time.
fn expand(message: &[u8], dst: &[u8]) -> [u8; 48] {
    let dst_prime = [dst, &[u8::try_from(dst.len()).unwrap()]].concat();
    let hash = |parts: &[&[u8]]| *SUITE_1.hash(&parts.concat()).bytes();
    let b0 = hash(&[&[0; 64], message, &[0, 48], &[0], &dst_prime]);
    let b1 = hash(&[&b0, &[1], &dst_prime]);
    let mixed: Vec<u8> = b0.iter().zip(&b1).map(|(a, b)| a ^ b).collect();
    let b2 = hash(&[&mixed, &[2], &dst_prime]);
    [b1.as_slice(), &b2[..16]].concat().try_into().unwrap()
}

#[test]
fn hash_to_scalar_is_the_one_of_rfc_9380() {
    for (label, message) in
        [("dleq", vec![]), ("tdh2", b"abc".to_vec()), ("dleq", vec![7; 200]), ("x", vec![0; 63])]
    {
        let dst = format!("kaibiao/v1/P256/{label}");
        let expected = SUITE_1.reduce_wide(&expand(&message, dst.as_bytes()));
        assert_eq!(SUITE_1.hash_to_scalar(label, &[&message]), expected);
        // Parts are concatenated; where a boundary matters, every field has a fixed length.
        let (head, tail) = message.split_at(message.len() / 2);
        assert_eq!(SUITE_1.hash_to_scalar(label, &[head, tail]), expected);
        assert_ne!(SUITE_1.hash_to_scalar("other", &[&message]), expected);
    }
}

#[test]
fn hash_to_point_depends_on_label_and_message() {
    let points = [
        SUITE_1.hash_to_point("draw", &[b"a"]).unwrap(),
        SUITE_1.hash_to_point("draw", &[b"b"]).unwrap(),
        SUITE_1.hash_to_point("tdh2-gbar", &[b"a"]).unwrap(),
        SUITE_1.generator(),
    ];
    for (i, point) in points.iter().enumerate() {
        assert_eq!(SUITE_1.point(&point.bytes()), Ok(*point));
        assert!(points[i + 1..].iter().all(|other| other != point));
    }
    assert_eq!(SUITE_1.hash_to_point("draw", &[b"", b"a"]), Ok(points[0]));
}
