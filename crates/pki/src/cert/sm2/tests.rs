//! Known answers of GB/T 32918 and what a signature must not survive.

use ring::rand::SystemRandom;
use sm2::dsa::signature::hazmat::PrehashSigner;
use sm3::Digest as _;

use super::*;

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).map(hex).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn hex(digit: u8) -> u8 {
    u8::try_from(char::from(digit).to_digit(16).unwrap()).unwrap()
}

/// GB/T 32918.5-2017, annex B: the key and the signature of "message digest".
const POINT: &str = "04 09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020
    ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13";
const R: &str = "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3";
const S: &str = "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa";
const ORDER: &str = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123";

fn value(r: &str, s: &str) -> Vec<u8> {
    der_of_raw(&[unhex(r), unhex(s)].concat()).unwrap()
}

#[test]
fn the_example_of_the_standard() {
    assert!(verifies(&unhex(POINT), b"message digest", &value(R, S)));
}

#[test]
fn what_is_not_that_signature_is_refused() {
    let point = unhex(POINT);
    let no = |what: &str, signature: &[u8]| {
        assert!(!verifies(&point, b"message digest", signature), "{what}");
    };
    let zero = "00".repeat(32);
    no("r = 0", &value(&zero, S));
    no("s = 0", &value(R, &zero));
    no("r = n", &value(ORDER, S));
    no("s = n", &value(R, ORDER));
    // r + s = n: then t is zero.
    let order = unhex(ORDER);
    let mut rest = vec![0; 32];
    let mut borrow = 0_i16;
    for place in (0..32).rev() {
        let left = i16::from(order[place]) - i16::from(unhex(R)[place]) - borrow;
        borrow = i16::from(left < 0);
        rest[place] = u8::try_from(left.rem_euclid(256)).unwrap();
    }
    no("r + s = n", &der_of_raw(&[unhex(R), rest].concat()).unwrap());
    no("exchanged", &value(S, R));
    let good = value(R, S);
    for place in 0..good.len() {
        for bit in [0x01, 0x80] {
            let mut other = good.clone();
            other[place] ^= bit;
            no(&format!("octet {place}"), &other);
        }
    }
    no("nothing", &[]);
    no("raw numbers", &[unhex(R), unhex(S)].concat());
    no("octet behind", &[good.as_slice(), &[0]].concat());
    let padded = der::sequence(&[
        &der::tlv(der::INTEGER, &[&[0, 0], &unhex(R)]),
        &der::tlv(der::INTEGER, &[&[0], &unhex(S)]),
    ]);
    no("padded number", &padded);
    let negative = der::sequence(&[
        &der::tlv(der::INTEGER, &[&unhex(R)]),
        &der::tlv(der::INTEGER, &[&[0], &unhex(S)]),
    ]);
    no("negative number", &negative);
    let three = der::sequence(&[
        &der::tlv(der::INTEGER, &[&[0], &unhex(R)]),
        &der::tlv(der::INTEGER, &[&[0], &unhex(S)]),
        &der::tlv(der::INTEGER, &[&[1]]),
    ]);
    no("three numbers", &three);
    assert!(!verifies(&point, b"message digest ", &good));
    let mut off_curve = point.clone();
    off_curve[64] ^= 1;
    assert!(!verifies(&off_curve, b"message digest", &good));
}

/// GB/T 35276 asks for the standard user id: a signature without the digest Z of it, or with the
/// empty id, is another one (N11).
#[test]
fn another_user_id_is_another_signature() {
    let number = unhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8");
    let scalar = NonZeroScalar::try_from(number.as_slice()).unwrap();
    for (id, good) in [(USER_ID, true), ("", false), ("1234567812345679", false)] {
        let key = SigningKey::from_nonzero_scalar(id, scalar).unwrap();
        let rng = SystemRandom::new();
        let made: Signature = key.try_sign_with_rng(&mut Rng(&rng), b"bid").unwrap();
        let made = der_of_raw(&made.to_bytes()).unwrap();
        assert_eq!(verifies(&unhex(POINT), b"bid", &made), good, "{id}");
    }
    // Without Z: SM3 of the message alone.
    let key = SigningKey::from_nonzero_scalar(USER_ID, scalar).unwrap();
    let made: Signature = key.sign_prehash(&sm3::Sm3::digest(b"bid")).unwrap();
    assert!(!verifies(&unhex(POINT), b"bid", &der_of_raw(&made.to_bytes()).unwrap()));
}

#[test]
fn numbers_of_every_length_have_one_encoding() {
    for zeros in 0..32 {
        let mut number = [0; 32];
        number[zeros..].fill(0x7f);
        for top in [0x7f, 0x80] {
            number[zeros] = top;
            let made = der_of_raw(&[number, number].concat()).unwrap();
            let raw = raw_of_der(&made).unwrap();
            assert_eq!(raw, [number, number].concat().as_slice());
        }
    }
    assert_eq!(der_of_raw(&[1; 63]), None);
    assert_eq!(der_of_raw(&[1; 65]), None);
}
