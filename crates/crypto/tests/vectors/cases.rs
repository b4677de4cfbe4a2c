//! Hashing, encodings and the exported secret.

use kaibiao_crypto::{PointError, SUITE_1, SecretScalar, hpke};
use serde::{Deserialize, Serialize};

use crate::{Planted, check, hex, unhex};

#[derive(Serialize, Deserialize)]
struct HashFile {
    what: String,
    cases: Vec<HashCase>,
}

#[derive(Serialize, Deserialize)]
struct HashCase {
    name: String,
    label: String,
    input: Vec<String>,
    output: String,
}

fn hash_file(what: &str, run: impl Fn(&str, &[&[u8]]) -> Vec<u8>) -> HashFile {
    let cases: [(&str, &str, Vec<Vec<u8>>); 6] = [
        ("no input", "session", vec![]),
        ("one empty input", "session", vec![vec![]]),
        ("two inputs", "session", vec![b"ZZ-2022-0705".to_vec(), b"1".to_vec()]),
        ("the same bytes, cut elsewhere", "session", vec![b"ZZ-2022-07".to_vec(), b"051".to_vec()]),
        ("another label", "freeze", vec![b"ZZ-2022-0705".to_vec(), b"1".to_vec()]),
        ("more than one block", "dleq", vec![(0..=255).collect(), vec![0xff; 33]]),
    ];
    let case = |(name, label, input): (&str, &str, Vec<Vec<u8>>)| {
        let parts: Vec<&[u8]> = input.iter().map(Vec::as_slice).collect();
        HashCase {
            name: name.to_owned(),
            label: label.to_owned(),
            output: hex(run(label, &parts)),
            input: input.iter().map(hex).collect(),
        }
    };
    HashFile { what: what.to_owned(), cases: cases.into_iter().map(case).collect() }
}

fn judge(file: &HashFile, run: impl Fn(&str, &[&[u8]]) -> Vec<u8>) {
    for case in &file.cases {
        let input: Vec<Vec<u8>> = case.input.iter().map(|part| unhex(part)).collect();
        let parts: Vec<&[u8]> = input.iter().map(Vec::as_slice).collect();
        assert_eq!(hex(run(&case.label, &parts)), case.output, "{}", case.name);
    }
}

#[test]
fn transcript_hash() {
    let run = |label: &str, parts: &[&[u8]]| SUITE_1.th(label, parts).bytes().to_vec();
    let made = hash_file("TH(label, fields): 32 bytes; field boundaries count", run);
    judge(&check("th.json", &made), run);
}

#[test]
fn hash_to_scalar() {
    let run = |label: &str, parts: &[&[u8]]| SUITE_1.hash_to_scalar(label, parts).bytes().to_vec();
    let what = "H2S(label, concatenated input): RFC 9380 hash_to_field, 48 bytes, \
                DST kaibiao/v1/P256/ + label";
    judge(&check("hash-to-scalar.json", &hash_file(what, run)), run);
}

#[test]
fn hash_to_point() {
    let run = |label: &str, parts: &[&[u8]]| {
        SUITE_1.hash_to_point(label, parts).unwrap().bytes().to_vec()
    };
    let what = "RFC 9380 hash_to_curve of the concatenated input, \
                DST kaibiao/v1/P256_XMD:SHA-256_SSWU_RO_/ + label";
    judge(&check("hash-to-point.json", &hash_file(what, run)), run);
}

#[derive(Serialize, Deserialize)]
struct EncodingFile {
    what: String,
    cases: Vec<EncodingCase>,
}

#[derive(Serialize, Deserialize)]
struct EncodingCase {
    name: String,
    kind: String,
    bytes: String,
    expect: String,
}

#[test]
fn encodings() {
    const G: &str = "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296";
    const G_Y: &str = "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
    const P: &str = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";
    const P_PLUS_5: &str = "ffffffff00000001000000000000000000000001000000000000000000000004";
    const Q: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    const Q_MINUS_1: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550";
    let zeros = "00".repeat(32);
    let five = format!("{}05", "00".repeat(31));
    let cases = [
        ("the generator", "point", format!("03{G}"), "ok"),
        ("its negative", "point", format!("02{G}"), "ok"),
        ("x = 5", "point", format!("02{five}"), "ok"),
        ("x = 5, written as p + 5", "point", format!("02{P_PLUS_5}"), "E_POINT"),
        ("x = p", "point", format!("02{P}"), "E_POINT"),
        ("x = 2^256 - 1", "point", format!("02{}", "ff".repeat(32)), "E_POINT"),
        ("x = 1, which is on no point", "point", format!("02{}01", "00".repeat(31)), "E_POINT"),
        ("33 zero bytes", "point", format!("00{zeros}"), "E_POINT"),
        ("the identity of SEC 1", "point", "00".to_owned(), "E_POINT"),
        ("uncompressed", "point", format!("04{G}{G_Y}"), "E_POINT"),
        ("uncompressed prefix, compressed length", "point", format!("04{G}"), "E_POINT"),
        ("hybrid", "point", format!("07{G}{G_Y}"), "E_POINT"),
        ("compact prefix", "point", format!("05{G}"), "E_POINT"),
        ("one byte short", "point", format!("03{}", G.split_at(62).0), "E_POINT"),
        ("one byte more", "point", format!("03{G}00"), "E_POINT"),
        ("empty", "point", String::new(), "E_POINT"),
        ("zero", "scalar", zeros.clone(), "ok"),
        ("q - 1", "scalar", Q_MINUS_1.to_owned(), "ok"),
        ("q", "scalar", Q.to_owned(), "E_SCALAR"),
        ("2^256 - 1", "scalar", "ff".repeat(32), "E_SCALAR"),
        ("31 bytes", "scalar", "00".repeat(31), "E_SCALAR"),
        ("33 bytes", "scalar", format!("00{Q_MINUS_1}"), "E_SCALAR"),
        ("zero as a secret", "secret", zeros, "E_SCALAR"),
        ("q as a secret", "secret", Q.to_owned(), "E_SCALAR"),
        ("q - 1 as a secret", "secret", Q_MINUS_1.to_owned(), "ok"),
    ];
    let made = EncodingFile {
        what: "points: 33 bytes, compressed, on the curve; scalars: 32 bytes below q; \
               secrets: scalars that are not zero"
            .to_owned(),
        cases: cases
            .into_iter()
            .map(|(name, kind, bytes, expect)| EncodingCase {
                name: name.to_owned(),
                kind: kind.to_owned(),
                bytes,
                expect: expect.to_owned(),
            })
            .collect(),
    };
    for case in check("encodings.json", &made).cases {
        let bytes = unhex(&case.bytes);
        let result: Result<Vec<u8>, PointError> = match case.kind.as_str() {
            "point" => SUITE_1.point(&bytes).map(|point| point.bytes().to_vec()),
            "scalar" => SUITE_1.scalar(&bytes).map(|scalar| scalar.bytes().to_vec()),
            _ => SecretScalar::from_bytes(&bytes).map(|secret| secret.danger_bytes().to_vec()),
        };
        assert_eq!(result.as_ref().map_or_else(|error| error.label(), |_| "ok"), case.expect);
        // What is accepted is written back as the very same bytes.
        assert!(result.is_err() || result == Ok(bytes), "{}", case.name);
    }
}

#[derive(Serialize, Deserialize)]
struct ExportFile {
    what: String,
    cases: Vec<ExportCase>,
}

#[derive(Serialize, Deserialize)]
struct ExportCase {
    recipient_secret: String,
    recipient_key: String,
    info: String,
    export_context: String,
    entropy: String,
    u: String,
    secret: String,
}

#[test]
fn exported_secrets() {
    let case = |seed: u8, info: &[u8], context: &[u8]| {
        let recipient = SecretScalar::random(&mut Planted(vec![seed; 48])).unwrap();
        let entropy: Vec<u8> = (seed..).take(48).collect();
        let mut source = Planted(entropy.clone());
        let key = recipient.base_mul();
        let sealed = hpke::encap(&SUITE_1, &key, info, context, &mut source).unwrap();
        ExportCase {
            recipient_secret: hex(*recipient.danger_bytes()),
            recipient_key: key.to_string(),
            info: hex(info),
            export_context: hex(context),
            entropy: hex(entropy),
            u: sealed.u.to_string(),
            secret: hex(sealed.secret.expose()),
        }
    };
    let made = ExportFile {
        what: "RFC 9180 base mode, export only: DHKEM(P-256), HKDF-SHA256, AEAD 0xFFFF; \
               r is the 48 bytes of entropy, reduced"
            .to_owned(),
        cases: vec![
            case(1, b"", b""),
            case(2, &[7; 32], b"kaibiao/v1/ceremony-lock"),
            case(3, &[0; 200], b"kaibiao/v1/escrow"),
        ],
    };
    for case in check("hpke-export.json", &made).cases {
        let recipient = SecretScalar::from_bytes(&unhex(&case.recipient_secret)).unwrap();
        let u = SUITE_1.point(&unhex(&case.u)).unwrap();
        let key = SUITE_1.point(&unhex(&case.recipient_key)).unwrap();
        assert_eq!(recipient.base_mul(), key);
        let dh = recipient.mul_point(&u);
        let context = unhex(&case.export_context);
        let secret = hpke::export_from_dh(&SUITE_1, &dh, &u, &key, &unhex(&case.info), &context);
        assert_eq!(hex(secret.expose()), case.secret);
    }
}
