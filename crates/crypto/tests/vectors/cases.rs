//! Hashing, encodings and the exported secret.

use kaibiao_crypto::{LockKey, PointError, SUITE_1, SUITE_SM, SecretScalar, Suite, hpke};
use serde::{Deserialize, Serialize};

use crate::{Planted, SUITES, check, hex, unhex};

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
    for (suite, suffix) in SUITES {
        let run = |label: &str, parts: &[&[u8]]| suite.th(label, parts).bytes().to_vec();
        let made = hash_file("TH(label, fields): 32 bytes; field boundaries count", run);
        judge(&check(&format!("th{suffix}.json"), &made), run);
    }
}

#[test]
fn hash_to_scalar() {
    let what = [
        "H2S(label, concatenated input): RFC 9380 hash_to_field, 48 bytes, \
         DST kaibiao/v1/P256/ + label",
        "H2S(label, concatenated input): RFC 9380 hash_to_field with SM3, 48 bytes, \
         DST kaibiao/v1/SM2/ + label",
    ];
    for ((suite, suffix), what) in SUITES.into_iter().zip(what) {
        let run =
            |label: &str, parts: &[&[u8]]| suite.hash_to_scalar(label, parts).bytes().to_vec();
        let made = hash_file(what, run);
        judge(&check(&format!("hash-to-scalar{suffix}.json"), &made), run);
    }
}

#[test]
fn hash_to_point() {
    let what = [
        "RFC 9380 hash_to_curve of the concatenated input, \
         DST kaibiao/v1/P256_XMD:SHA-256_SSWU_RO_/ + label",
        "try and increment over the concatenated input || u8 attempt, \
         DST kaibiao/v1/SM2_XMD:SM3_TAI_/ + label",
    ];
    for ((suite, suffix), what) in SUITES.into_iter().zip(what) {
        let run = |label: &str, parts: &[&[u8]]| {
            suite.hash_to_point(label, parts).unwrap().bytes().to_vec()
        };
        let made = hash_file(what, run);
        judge(&check(&format!("hash-to-point{suffix}.json"), &made), run);
    }
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

/// The numbers of a curve, in hexadecimal.
struct Curve {
    suite: &'static Suite,
    file: &'static str,
    g: &'static str,
    g_y: &'static str,
    /// The prefix of the generator, and of its negative.
    signs: [&'static str; 2],
    p: &'static str,
    /// A small x that is on the curve, with p + x, and one that is not.
    x_on: u8,
    p_plus: &'static str,
    x_off: u8,
    q: &'static str,
    q_minus_1: &'static str,
}

const CURVES: [Curve; 2] = [
    Curve {
        suite: &SUITE_1,
        file: "encodings.json",
        g: "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
        g_y: "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
        signs: ["03", "02"],
        p: "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
        x_on: 5,
        p_plus: "ffffffff00000001000000000000000000000001000000000000000000000004",
        x_off: 1,
        q: "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
        q_minus_1: "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550",
    },
    Curve {
        suite: &SUITE_SM,
        file: "encodings-sm2.json",
        g: "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7",
        g_y: "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0",
        signs: ["02", "03"],
        p: "fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff",
        x_on: 7,
        p_plus: "fffffffeffffffffffffffffffffffffffffffff000000010000000000000006",
        x_off: 2,
        q: "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123",
        q_minus_1: "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54122",
    },
];

#[test]
fn encodings() {
    for curve in &CURVES {
        encodings_of(curve);
    }
}

fn encodings_of(curve: &Curve) {
    let Curve { suite, file, g, g_y, signs: [sign, other_sign], p, p_plus, q, q_minus_1, .. } =
        curve;
    let zeros = "00".repeat(32);
    let small = |x: u8| format!("{}{x:02x}", "00".repeat(31));
    let (on, off) = (curve.x_on, curve.x_off);
    let named = [
        format!("x = {on}"),
        format!("x = {on}, written as p + {on}"),
        format!("x = {off}, which is on no point"),
    ];
    let [named_on, named_plus, named_off] = &named;
    let cases: [(&str, &str, String, &str); 25] = [
        ("the generator", "point", format!("{sign}{g}"), "ok"),
        ("its negative", "point", format!("{other_sign}{g}"), "ok"),
        (named_on, "point", format!("02{}", small(on)), "ok"),
        (named_plus, "point", format!("02{p_plus}"), "E_POINT"),
        ("x = p", "point", format!("02{p}"), "E_POINT"),
        ("x = 2^256 - 1", "point", format!("02{}", "ff".repeat(32)), "E_POINT"),
        (named_off, "point", format!("02{}", small(off)), "E_POINT"),
        ("33 zero bytes", "point", format!("00{zeros}"), "E_POINT"),
        ("the identity of SEC 1", "point", "00".to_owned(), "E_POINT"),
        ("uncompressed", "point", format!("04{g}{g_y}"), "E_POINT"),
        ("uncompressed prefix, compressed length", "point", format!("04{g}"), "E_POINT"),
        ("hybrid", "point", format!("07{g}{g_y}"), "E_POINT"),
        ("compact prefix", "point", format!("05{g}"), "E_POINT"),
        ("one byte short", "point", format!("{sign}{}", g.split_at(62).0), "E_POINT"),
        ("one byte more", "point", format!("{sign}{g}00"), "E_POINT"),
        ("empty", "point", String::new(), "E_POINT"),
        ("zero", "scalar", zeros.clone(), "ok"),
        ("q - 1", "scalar", q_minus_1.to_string(), "ok"),
        ("q", "scalar", q.to_string(), "E_SCALAR"),
        ("2^256 - 1", "scalar", "ff".repeat(32), "E_SCALAR"),
        ("31 bytes", "scalar", "00".repeat(31), "E_SCALAR"),
        ("33 bytes", "scalar", format!("00{q_minus_1}"), "E_SCALAR"),
        ("zero as a secret", "secret", zeros, "E_SCALAR"),
        ("q as a secret", "secret", q.to_string(), "E_SCALAR"),
        ("q - 1 as a secret", "secret", q_minus_1.to_string(), "ok"),
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
    for case in check(file, &made).cases {
        let bytes = unhex(&case.bytes);
        let result: Result<Vec<u8>, PointError> = match case.kind.as_str() {
            "point" => suite.point(&bytes).map(|point| point.bytes().to_vec()),
            "scalar" => suite.scalar(&bytes).map(|scalar| scalar.bytes().to_vec()),
            _ => {
                SecretScalar::from_bytes(suite, &bytes).map(|secret| secret.danger_bytes().to_vec())
            }
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
        let recipient = SecretScalar::random(&SUITE_1, &mut Planted(vec![seed; 48])).unwrap();
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
        let recipient = SecretScalar::from_bytes(&SUITE_1, &unhex(&case.recipient_secret)).unwrap();
        let u = SUITE_1.point(&unhex(&case.u)).unwrap();
        let key = SUITE_1.point(&unhex(&case.recipient_key)).unwrap();
        assert_eq!(recipient.base_mul(), key);
        let dh = recipient.mul_point(&u).unwrap();
        let context = unhex(&case.export_context);
        let secret = hpke::export_from_dh(&SUITE_1, &dh, &u, &key, &unhex(&case.info), &context);
        assert_eq!(hex(secret.expose()), case.secret);
    }
}

#[derive(Serialize, Deserialize)]
struct LockFile {
    what: String,
    recipient_secret: String,
    recipient_key: String,
    entropy: String,
    r: String,
    z: String,
    secret: String,
    cases: Vec<LockCase>,
}

#[derive(Serialize, Deserialize)]
struct LockCase {
    name: String,
    body: String,
    expect: String,
}

/// The ceremony lock of suite 0x0101, opened with the recipient's whole secret.
#[test]
fn sm2_locks() {
    let recipient = SecretScalar::random(&SUITE_SM, &mut Planted(vec![1; 48])).unwrap();
    let key = recipient.base_mul();
    let entropy: Vec<u8> = (0..80).collect();
    let to = LockKey { suite: &SUITE_SM, key: &key, info: &[], export_context: &[] };
    let made = to.seal(&mut Planted(entropy.clone())).unwrap();
    let good = hex(&made.body);
    let (c1, rest) = made.body.split_at(33);
    let (c3, c2) = rest.split_at(32);
    let flip = |at: usize| {
        let mut body = made.body.clone();
        body[at] ^= 1;
        hex(body)
    };
    let case = |name: &str, body: String, expect: &str| LockCase {
        name: name.to_owned(),
        body,
        expect: expect.to_owned(),
    };
    let file = LockFile {
        what: "SM2 encryption of the first 32 bytes of entropy with r of the next 48, reduced: \
               C1 (33 bytes, compressed) || C3 || C2"
            .to_owned(),
        recipient_secret: hex(*recipient.danger_bytes()),
        recipient_key: key.to_string(),
        entropy: hex(&entropy),
        r: hex(*made.r.danger_bytes()),
        z: recipient.mul_point(&made.u).unwrap().to_string(),
        secret: hex(made.secret.expose()),
        cases: vec![
            case("opens", good.clone(), "ok"),
            case("the sign of C1 exchanged", flip(0), "LOCK"),
            case("C3 altered", flip(33), "LOCK"),
            case("C2 altered", flip(96), "LOCK"),
            case("C3 and C2 exchanged", hex([c1, c2, c3].concat()), "LOCK"),
            case("C1 is 33 zero bytes", hex([&[0; 33], c3, c2].concat()), "E_POINT"),
            case("one byte short", hex(&made.body[..96]), "E_POINT"),
            case("one byte more", format!("{good}00"), "E_POINT"),
            case("the point alone", hex(c1), "E_POINT"),
        ],
    };
    let file = check("lock-sm2.json", &file);
    let recipient = SecretScalar::from_bytes(&SUITE_SM, &unhex(&file.recipient_secret)).unwrap();
    for case in file.cases {
        let body = unhex(&case.body);
        let result = SUITE_SM
            .lock_point(&body)
            .map_err(PointError::label)
            .and_then(|u| to.open(&body, &recipient.mul_point(&u).unwrap()).map_err(|_| "LOCK"));
        assert_eq!(result.as_ref().err().copied().unwrap_or("ok"), case.expect, "{}", case.name);
        assert!(result.is_err() || result.is_ok_and(|s| hex(s.expose()) == file.secret));
    }
}
