//! Suite 0x0101 against the examples of the standards, and against keys that others made.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_crypto::{Hex, PointError, SUITE_1, SUITE_SM, Scalar, SecretScalar};

fn hex<const N: usize>(text: &str) -> [u8; N] {
    Hex::parse(text).unwrap().0
}

/// GB/T 32905-2016, annex A.
#[test]
fn sm3_is_that_of_the_standard() {
    let abc = SUITE_SM.hash(b"abc");
    let expected = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0";
    assert_eq!(abc.to_string(), expected);
    let long = SUITE_SM.hash(&b"abcd".repeat(16));
    let expected = "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732";
    assert_eq!(long.to_string(), expected);
    let mut pieces = SUITE_SM.hasher();
    b"abcd".repeat(16).chunks(7).for_each(|piece| pieces.update(piece));
    assert_eq!(pieces.finish(), long);
}

/// GB/T 32918.5-2017: the base point and its order.
#[test]
fn the_curve_is_that_of_the_standard() {
    let g = [
        "04",
        "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7",
        "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0",
    ];
    let generator = SUITE_SM.generator();
    assert_eq!(generator.uncompressed(), hex::<65>(&g.concat()));
    let q = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123";
    assert_eq!(SUITE_SM.scalar(&hex::<32>(q)), Err(PointError::Scalar));
    let mut below = hex::<32>(q);
    below[31] -= 1;
    let minus_one = SUITE_SM.scalar(&below).unwrap();
    assert_eq!(minus_one, SUITE_SM.number(1).neg());
    // (q - 1) * G = -G: the same x, and together the identity.
    let minus_g = minus_one.base_mul().unwrap();
    assert_eq!(minus_g.x(), generator.x());
    assert_eq!(generator.add(&minus_g), None);
    // The example's key pair, annex A.2.
    let secret = hex::<32>("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8");
    let public = [
        "04",
        "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020",
        "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13",
    ];
    let secret = SecretScalar::from_bytes(&SUITE_SM, &secret).unwrap();
    assert_eq!(secret.base_mul().uncompressed(), hex::<65>(&public.concat()));
}

/// 48 bytes as one number modulo the order, against sums of products.
#[test]
fn wide_numbers_are_reduced() {
    let two_16 = SUITE_SM.number(u16::MAX).add(&SUITE_SM.number(1)).unwrap();
    for wide in
        [[0; 48], [0xff; 48], [0x80; 48], core::array::from_fn(|i| u8::try_from(i).unwrap())]
    {
        let number = |pair: &[u8]| SUITE_SM.number(u16::from_be_bytes([pair[0], pair[1]]));
        let expected = wide.chunks(2).fold(SUITE_SM.number(0), |sum: Scalar, pair| {
            sum.mul(&two_16).unwrap().add(&number(pair)).unwrap()
        });
        assert_eq!(SUITE_SM.reduce_wide(&wide), expected);
    }
}

/// Scalars and points of two curves give nothing, in every operation and both ways.
#[test]
fn curves_are_not_mixed() {
    for (one, two) in [(&SUITE_1, &SUITE_SM), (&SUITE_SM, &SUITE_1)] {
        let (number, other) = (one.number(3), two.number(3));
        let (point, foreign) = (one.generator(), two.generator());
        assert_ne!(number, other);
        assert_ne!(point, foreign);
        assert_eq!(number.add(&other), None);
        assert_eq!(number.sub(&other), None);
        assert_eq!(number.mul(&other), None);
        assert_eq!(point.add(&foreign), None);
        assert_eq!(point.mul(&other), None);
        assert_eq!(kaibiao_crypto::lincomb(&[(&number, &foreign)]), None);
        let mixed = [(&number, &point), (&other, &foreign)];
        assert_eq!(kaibiao_crypto::lincomb(&mixed), None);
        let secret = |number| SecretScalar::from_scalar(number).unwrap();
        assert_eq!(secret(number).mul_point(&foreign), None);
        assert!(secret(number).add(&secret(other)).is_none());
        assert!(secret(number).mul(&other).is_none());
        assert_eq!(secret(number).respond(&other, &secret(number)), None);
        assert_eq!(secret(number).respond(&number, &secret(other)), None);
        assert!(one.has(&point) && !one.has(&foreign));
        // 33 bytes do not say their curve: each suite reads them as its own, or not at all.
        assert_ne!(one.point(&foreign.bytes()), Ok(foreign));
    }
}

/// Every public key in certificates and requests of other makers is a point of this curve.
#[test]
fn public_keys_of_others_are_points() {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let root = std::env::var("KAIBIAO_SHARED").unwrap_or_else(|_| default.to_owned());
    let Ok(folder) = std::fs::read_dir(format!("{root}/suites/sm2")) else {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "suites/sm2 is needed in CI");
        return;
    };
    // The curve's object identifier, then the BIT STRING of an uncompressed point.
    let mark = hex::<14>("06082a811ccf5501822d03420004");
    let mut found = 0;
    for file in folder.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
        let text = std::fs::read_to_string(&file).unwrap();
        for block in text.split("-----BEGIN ").skip(1) {
            let body = block.split("-----").nth(1).unwrap();
            let der = STANDARD.decode(body.split_whitespace().collect::<String>()).unwrap();
            let Some(at) = der.windows(mark.len()).position(|window| window == mark) else {
                continue;
            };
            let public = &der[at + mark.len() - 1..][..65];
            let compressed = [&[2 | (public[64] & 1)], &public[1..33]].concat();
            let point = SUITE_SM.point(&compressed).unwrap();
            assert_eq!(point.uncompressed(), public, "{}", file.display());
            found += 1;
        }
    }
    assert!(found >= 5, "{found} keys");
}
