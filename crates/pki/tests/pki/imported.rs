//! Signatures in containers of GB/T 35275, made by a writer of our own.

use std::env;
use std::fs;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kaibiao_pki::TrustList;
use kaibiao_pki::cms::{self, ImportNote, ImportedSignature, SignatureError};
use serde_json::{Value, json};

use crate::forge::*;

const CONTENT: &[u8] = "投标函".as_bytes();
/// 1.2.156.10197.6.1.4.2
const GM: [u8; 9] = [0x2a, 0x81, 0x1c, 0xcf, 0x55, 6, 1, 4, 2];
/// 1.2.156.10197.1.301.1 with its parameters NULL, as tools write it.
const SM2_SIGN: [u8; 15] = [0x30, 0x0d, 6, 9, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x82, 0x2d, 1, 5, 0];

fn gm(kind: u8) -> Vec<u8> {
    [&GM[..], &[kind]].concat()
}

/// A good container; `change` may spoil it before it is signed.
fn container(change: impl FnOnce(&mut Container)) -> Vec<u8> {
    let mut container = Container::good_sm2(CONTENT);
    container.encapsulated = vec![oid(&gm(1))];
    container.set(CONTENT_TYPE, vec![oid(&gm(1))]);
    container.remove(SIGNING_CERT_V2);
    container.signature_algorithm = SM2_SIGN.to_vec();
    change(&mut container);
    import(&container.signed_by(&World::sm2().leaf_key))
}

/// The same container under the content type of GB/T 35275.
fn import(cms: &[u8]) -> Vec<u8> {
    let at = cms.windows(SIGNED_DATA.len()).position(|part| part == SIGNED_DATA).unwrap();
    seq(&[oid(&gm(2)), cms[at + SIGNED_DATA.len()..].to_vec()])
}

fn verify(cms: &[u8]) -> Result<ImportedSignature, SignatureError> {
    cms::verify_imported(cms, CONTENT, &World::sm2().trust(), now())
}

fn refused(change: impl FnOnce(&mut Container)) -> &'static str {
    verify(&container(change)).unwrap_err().label()
}

#[test]
fn a_sound_one_is_read_and_never_equal_to_ours() {
    let bytes = container(|_| {});
    assert!(cms::is_importable(&bytes));
    let signature = verify(&bytes).unwrap();
    assert_eq!(signature.signer().party().code.as_str(), code());
    assert_eq!(signature.signing_time(), Some(now()));
    let notes = [ImportNote::Container, ImportNote::UnnamedCertificate];
    assert_eq!(signature.notes(), notes);
    assert_eq!(notes[0].label(), "non-canonical-container");
    // Where ours are asked for it is refused, by name.
    let trust = World::sm2().trust();
    let error = cms::verify_detached(&bytes, CONTENT, &trust, now()).unwrap_err();
    assert_eq!(error.label(), "E_SIG_PROFILE");
    assert!(error.to_string().contains("GB/T 35275"), "{error}");
    let pin = cms::Pin::Certificate(World::sm2().leaf().sha256());
    assert_eq!(cms::verify_pinned(&bytes, CONTENT, pin).unwrap_err().label(), "E_SIG_PROFILE");
    assert!(cms::time_stamp_imprint(&bytes).is_err());
    // And ours is none of theirs.
    let ours = Container::good_sm2(CONTENT).signed_by(&World::sm2().leaf_key);
    assert!(!cms::is_importable(&ours));
    assert_eq!(verify(&ours).unwrap_err().label(), "E_SIG_PROFILE");
}

#[test]
fn what_others_write_is_noted() {
    let notes = |change: fn(&mut Container)| verify(&container(change)).unwrap().notes().to_vec();
    assert!(notes(|c| c.remove(SIGNING_TIME)).contains(&ImportNote::NoSigningTime));
    assert!(notes(|c| c.add(CAPABILITIES, vec![seq(&[])])).contains(&ImportNote::OtherAttributes));
    assert!(
        notes(|c| {
            c.sorted = false;
            c.attributes.as_mut().unwrap().reverse();
        })
        .contains(&ImportNote::Unsorted)
    );
    for algorithm in [&SM2_SIGN[..], SM2_SM3] {
        let algorithm = algorithm.to_vec();
        let bytes = container(|c| c.signature_algorithm = algorithm);
        assert_eq!(verify(&bytes).unwrap().notes().len(), 2);
    }
    // The content type of PKCS#7 inside the container of GB/T 35275.
    let mixed = container(|c| {
        c.encapsulated = vec![oid(DATA)];
        c.set(CONTENT_TYPE, vec![oid(DATA)]);
    });
    assert!(verify(&mixed).is_ok());
}

#[test]
fn what_is_not_sound_is_refused() {
    // Without signed attributes: over the content with Z, or over the bare digest.
    assert_eq!(
        refused(|c| {
            c.attributes = None;
            c.message = Some(CONTENT.to_vec());
        }),
        "E_SIG_ATTRIBUTE"
    );
    // Under another user id, hence another Z.
    let mut other = Container::good_sm2(CONTENT);
    other.encapsulated = vec![oid(&gm(1))];
    other.set(CONTENT_TYPE, vec![oid(&gm(1))]);
    other.remove(SIGNING_CERT_V2);
    other.signature_algorithm = SM2_SIGN.to_vec();
    for key in [Key::sm2("1234567812345678"), Key::sm2("")] {
        let bytes = import(&other.signed_by(&key));
        assert_eq!(verify(&bytes).unwrap_err().label(), "E_SIG_CRYPTO");
    }
    assert_eq!(refused(|c| c.message = Some(b"x".to_vec())), "E_SIG_CRYPTO");
    assert_eq!(refused(|c| c.set(MESSAGE_DIGEST, vec![tlv(4, &sm3(b"x"))])), "E_SIG_HASH");
    for change in [
        (|c: &mut Container| c.remove(MESSAGE_DIGEST)) as fn(&mut Container),
        |c| c.remove(CONTENT_TYPE),
        |c| c.set(CONTENT_TYPE, vec![oid(DATA)]),
        |c| c.set(MESSAGE_DIGEST, vec![tlv(4, &[0; 31])]),
        |c| c.set(MESSAGE_DIGEST, vec![tlv(4, &sm3(CONTENT)), tlv(4, &sm3(CONTENT))]),
        |c| c.add(MESSAGE_DIGEST, vec![tlv(4, &sm3(CONTENT))]),
        |c| c.add(STRANGE, vec![]),
        |c| c.set(SIGNING_TIME, vec![tlv(0x17, b"2607010000Z")]),
        |c| c.attributes = Some(vec![]),
    ] {
        assert_eq!(refused(change), "E_SIG_ATTRIBUTE");
    }
    assert_eq!(refused(|c| c.digest = SHA256.to_vec()), "E_SIG_ALGORITHM");
    assert_eq!(refused(|c| c.digests = vec![SHA256.to_vec()]), "E_SIG_ALGORITHM");
    assert_eq!(refused(|c| c.signature_algorithm = ECDSA_SHA256.to_vec()), "E_SIG_ALGORITHM");
    assert_eq!(refused(|c| c.signers = 2), "E_SIG_SIGNERS");
    assert_eq!(refused(|c| c.signers = 0), "E_SIG_SIGNERS");
    assert_eq!(refused(|c| c.version = 3), "E_SIG_FORMAT");
    assert_eq!(refused(|c| c.signer_version = 3), "E_SIG_FORMAT");
    assert_eq!(refused(|c| c.certificates = None), "E_SIG_NO_CERTIFICATE");
    assert_eq!(refused(|c| c.revocation = tlv(0xa1, &[])), "E_SIG_PROFILE");
    assert_eq!(refused(|c| c.unsigned = tlv(0xa1, &[])), "E_SIG_PROFILE");
    assert_eq!(refused(|c| c.encapsulated = vec![oid(&gm(3))]), "E_SIG_PROFILE");
    assert_eq!(refused(|c| c.encapsulated.push(tlv(0xa0, &tlv(4, CONTENT)))), "E_SIG_EMBEDDED");
    let good = container(|_| {});
    for length in 0..good.len() {
        assert!(verify(&good[..length]).is_err());
    }
    let longer = [&good[..], &[0]].concat();
    assert_eq!(verify(&longer).unwrap_err().label(), "E_SIG_FORMAT");
    let error = cms::verify_imported(&good, b"other", &World::sm2().trust(), now());
    assert_eq!(error.unwrap_err().label(), "E_SIG_HASH");
    let error = cms::verify_imported(&good, CONTENT, &World::get().trust(), now());
    assert_eq!(error.unwrap_err().label(), "E_CERT_UNTRUSTED"); // other keys under the same names
}

#[test]
fn keys_of_another_kind_do_not_sign_this_way() {
    // The whole container by a P-256 certificate, every name of an algorithm that of SM2.
    let mut container = Container::good(CONTENT);
    container.digests = vec![SM3.to_vec()];
    container.digest = SM3.to_vec();
    container.encapsulated = vec![oid(&gm(1))];
    container.set(CONTENT_TYPE, vec![oid(&gm(1))]);
    container.set(MESSAGE_DIGEST, vec![tlv(4, &sm3(CONTENT))]);
    container.signature_algorithm = SM2_SIGN.to_vec();
    let error =
        cms::verify_imported(&import(&container.der()), CONTENT, &World::get().trust(), now());
    assert_eq!(error.unwrap_err().label(), "E_SIG_MISMATCH");
}

// The fixed vectors ------------------------------------------------------------------------------

fn file() -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.join("fixtures/vectors/signature/gbt-35275.json")
}

/// Writes the vectors anew with `KAIBIAO_WRITE=1`.
fn vectors() -> Value {
    if env::var_os("KAIBIAO_WRITE").is_some() {
        let case = |name: &str, expect: &str, cms: &[u8]| {
            json!({
                "name": name,
                "expect": expect,
                "content_b64": STANDARD.encode(CONTENT),
                "cms_b64": STANDARD.encode(cms),
                "at": now(),
            })
        };
        let bare = container(|c| {
            c.attributes = None;
            c.message = Some(CONTENT.to_vec());
        });
        let mut altered = container(|_| {});
        *altered.last_mut().unwrap() ^= 1;
        let trust = list_json(&[anchor_json(&World::sm2().root_der(), RULE_SUBJECT)]);
        let vectors = json!({
            "v": 1,
            "about": "detached signatures in containers of GB/T 35275: docs/spec/signature.md, 25 to 27",
            "trust_b64": STANDARD.encode(trust),
            "cases": [
                case("good", "ok", &container(|_| {})),
                case("over the bare content, no signed attributes", "E_SIG_ATTRIBUTE", &bare),
                case("one bit of the value", "E_SIG_CRYPTO", &altered),
                case(
                    "messageDigest of another content",
                    "E_SIG_HASH",
                    &container(|c| c.set(MESSAGE_DIGEST, vec![tlv(4, &sm3(b"x"))])),
                ),
            ],
        });
        fs::write(file(), serde_json::to_string_pretty(&vectors).unwrap() + "\n").unwrap();
    }
    serde_json::from_slice(&fs::read(file()).unwrap()).unwrap()
}

#[test]
fn the_fixed_vectors_come_out_as_they_say() {
    let vectors = vectors();
    let decode = |value: &Value| STANDARD.decode(value.as_str().unwrap()).unwrap();
    let trust = TrustList::parse(&decode(&vectors["trust_b64"])).unwrap();
    for case in vectors["cases"].as_array().unwrap() {
        let (cms, content) = (decode(&case["cms_b64"]), decode(&case["content_b64"]));
        let at = at(case["at"].as_u64().unwrap());
        let found = cms::verify_imported(&cms, &content, &trust, at);
        let found = found.map_or_else(|error| error.label(), |_| "ok");
        assert_eq!(found, case["expect"], "{}", case["name"]);
        let ours = cms::verify_detached(&cms, &content, &trust, at);
        assert_eq!(ours.unwrap_err().label(), "E_SIG_PROFILE");
    }
}
