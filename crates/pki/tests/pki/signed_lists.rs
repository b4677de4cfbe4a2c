//! Trust lists signed by the supervising body, and the fixed vectors of them in
//! `fixtures/vectors/signature/trust-list.json`.

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kaibiao_pki::cms::{Pin, assemble, sign_detached, signed_attrs};
use kaibiao_pki::{Certificate, Chain, SignedTrustList};
use kaibiao_types::{Digest, UtcMillis};
use ring::rand::SystemRandom;
use serde::{Deserialize, Serialize};

use crate::forge::*;

fn list() -> &'static str {
    static LIST: OnceLock<String> = OnceLock::new();
    LIST.get_or_init(|| list_json(&[anchor_json(&World::get().root_der(), RULE_SUBJECT)]))
}

/// The supervising body: no authority of the list knows it.
struct Body {
    key: Key,
    certificate: Certificate,
}

impl Body {
    fn new(key: Key, change: impl FnOnce(&mut Spec)) -> Self {
        let (issuing, name) = (Key::new(), name(&[(O, utf8("监督局"))]));
        let mut spec = Spec { subject: name, ..Spec::leaf(&key) };
        change(&mut spec);
        let certificate = spec.certificate(&issuing);
        Self { key, certificate }
    }

    fn sign(&self, content: &[u8], at: UtcMillis) -> Vec<u8> {
        let chain = Chain::new(vec![self.certificate.clone()]).unwrap();
        let attributes = signed_attrs(chain.signer(), content, at).unwrap();
        assemble(&attributes, &chain, &self.key.sign(attributes.to_sign())).unwrap()
    }

    fn pin(&self) -> Pin {
        Pin::Certificate(self.certificate.sha256())
    }
}

fn label(bytes: &[u8], cms: &[u8], by: Pin) -> &'static str {
    SignedTrustList::verify(bytes, cms, by).map_or_else(|error| error.label(), |_| "ok")
}

#[test]
fn a_signed_list_says_what_it_holds_and_who_signed() {
    for key in [Key::new(), Key::rsa(), Key::sm2("1234567812345678")] {
        let body = Body::new(key, |_| {});
        let cms = body.sign(list().as_bytes(), now());
        let key_pin = Pin::Key(body.certificate.spki_sha256());
        for pin in [body.pin(), key_pin] {
            let signed = SignedTrustList::verify(list().as_bytes(), &cms, pin).unwrap();
            assert_eq!(signed.list().sha256().bytes().as_slice(), sha256(list().as_bytes()));
            assert_eq!(signed.signature().certificate(), &body.certificate);
            assert_eq!(signed.signature().signing_time(), now());
            assert_eq!(signed.into_list().anchors().len(), 1);
        }
    }
}

#[test]
fn bytes_that_were_not_signed() {
    let body = Body::new(Key::new(), |_| {});
    let (good, cms) = (list(), body.sign(list().as_bytes(), now()));
    let json: serde_json::Value = serde_json::from_str(good).unwrap();
    let excusing = excused(good, r#"["subject-key-id"]"#);
    for other in [
        format!("{good}\n"),
        format!(" {good}"),
        serde_json::to_string_pretty(&json).unwrap(), // the same list, other bytes
        good.replace("Development", "Developments"),
        excusing,
        String::new(),
        "not a list".to_owned(),
    ] {
        assert_eq!(label(other.as_bytes(), &cms, body.pin()), "E_SIG_HASH", "{other}");
    }
    let huge = " ".repeat(4 * 1024 * 1024 + 1);
    assert_eq!(label(huge.as_bytes(), &cms, body.pin()), "E_TRUST_TOO_LARGE");
}

#[test]
fn signatures_that_are_none() {
    let body = Body::new(Key::new(), |_| {});
    let (good, cms) = (list(), body.sign(list().as_bytes(), now()));
    for end in [0, 1, cms.len() / 2, cms.len() - 1] {
        assert_eq!(label(good.as_bytes(), &cms[..end], body.pin()), "E_SIG_FORMAT", "{end}");
    }
    let more = [cms.as_slice(), &[0]].concat();
    assert_eq!(label(good.as_bytes(), &more, body.pin()), "E_SIG_FORMAT");
    let mut altered = cms;
    *altered.last_mut().unwrap() ^= 1;
    assert_eq!(label(good.as_bytes(), &altered, body.pin()), "E_SIG_CRYPTO");
    assert_eq!(label(good.as_bytes(), good.as_bytes(), body.pin()), "E_SIG_FORMAT");
}

#[test]
fn somebody_else_signed() {
    let body = Body::new(Key::new(), |_| {});
    let other = Body::new(Key::new(), |_| {});
    let (good, theirs) = (list(), other.sign(list().as_bytes(), now()));
    assert_eq!(label(good.as_bytes(), &theirs, body.pin()), "E_SIG_OTHER_SIGNER");
    let key = Pin::Key(body.certificate.spki_sha256());
    assert_eq!(label(good.as_bytes(), &theirs, key), "E_SIG_OTHER_SIGNER");
    // A bidder whose authority is on the list.
    let bidder = World::get().identity();
    let cms = sign_detached(&bidder, good.as_bytes(), now(), &SystemRandom::new()).unwrap();
    assert_eq!(label(good.as_bytes(), &cms, body.pin()), "E_SIG_OTHER_SIGNER");
    // Another certificate of the same key: the certificate is pinned, or the key.
    let again = Body::new(Key::new(), |spec| spec.spki = body.key.spki());
    let again = Body { key: body.key, certificate: again.certificate };
    let cms = again.sign(good.as_bytes(), now());
    let pin = Pin::Certificate(body.certificate.sha256());
    assert_eq!(label(good.as_bytes(), &cms, pin), "E_SIG_OTHER_SIGNER");
    assert_eq!(label(good.as_bytes(), &cms, key), "ok");
    assert_eq!(
        label(good.as_bytes(), &cms, Pin::Certificate(Digest::new([0; 32]))),
        "E_SIG_OTHER_SIGNER"
    );
}

#[test]
fn certificates_that_sign_no_list() {
    let good = list();
    let by = |change: fn(&mut Spec), at: UtcMillis| {
        let body = Body::new(Key::new(), change);
        label(good.as_bytes(), &body.sign(good.as_bytes(), at), body.pin())
    };
    assert_eq!(by(|_| {}, now()), "ok");
    assert_eq!(by(|c| c.replace(key_usage(&[2, 3])), now()), "E_CERT_USAGE"); // encryption pair
    assert_eq!(by(|c| c.without(KU), now()), "E_CERT_USAGE");
    assert_eq!(by(|c| c.replace(basic(None)), now()), "E_CERT_CA_AS_SIGNER");
    assert_eq!(by(|_| {}, at(1_767_225_599_000)), "E_CERT_NOT_YET_VALID");
    assert_eq!(by(|_| {}, at(1_924_992_000_000)), "E_CERT_EXPIRED");
}

#[test]
fn what_was_signed_is_no_list() {
    let body = Body::new(Key::new(), |_| {});
    let list = list();
    for (content, expect) in [
        ("", "E_TRUST_JSON"),
        (r#"{"v":1,"kind":"submit"}"#, "E_TRUST_JSON"),
        (&list.replace(r#""v":1"#, r#""v":2"#), "E_TRUST_VERSION"),
        (&list.replace(r#""anchors":["#, r#""anchors":[],"x":["#), "E_TRUST_JSON"),
    ] {
        let cms = body.sign(content.as_bytes(), now());
        assert_eq!(label(content.as_bytes(), &cms, body.pin()), expect, "{content}");
    }
}

// Vectors ----------------------------------------------------------------------------------------

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    v: u64,
    about: String,
    /// The certificate of the supervising body.
    by_b64: String,
    cases: Vec<Vector>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    name: String,
    /// `ok`, or the label of the refusal.
    expect: String,
    list_b64: String,
    cms_b64: String,
}

fn file() -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.join("fixtures/vectors/signature/trust-list.json")
}

fn decode(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap()
}

#[test]
fn every_vector_comes_out_as_it_says() {
    let vectors: Vectors = serde_json::from_slice(&fs::read(file()).unwrap()).unwrap();
    let by = Certificate::from_der(&decode(&vectors.by_b64)).unwrap();
    for case in &vectors.cases {
        let (list, cms) = (decode(&case.list_b64), decode(&case.cms_b64));
        let outcome = label(&list, &cms, Pin::Certificate(by.sha256()));
        assert_eq!(outcome, case.expect, "{}", case.name);
    }
    assert!(vectors.cases.len() >= 7);
}

/// Every case made anew, with new keys, has the outcome it stands for. With `UPDATE=1` the cases
/// become the vectors: only after a change of the format, since the specification quotes them.
#[test]
fn vectors_made_anew_have_their_outcomes() {
    let body = Body::new(Key::new(), |_| {});
    let late = Body::new(Key::new(), |_| {});
    let root = anchor_json(&World::get().root_der(), RULE_SUBJECT);
    let good = list_json(&[excused(&root, r#"["subject-key-id"]"#)]);
    let unexcused = list_json(&[root]);
    let cms = body.sign(good.as_bytes(), now());
    let mut altered = cms.clone();
    *altered.last_mut().unwrap() ^= 1;
    let by_other = late.sign(good.as_bytes(), now());
    let expired = body.sign(good.as_bytes(), at(1_924_992_000_000));
    let no_list = r#"{"v":1,"name":"none"}"#;
    let mut cases = Vec::new();
    for (name, expect, list, cms) in [
        ("good", "ok", &*good, &cms),
        ("an excuse taken out", "E_SIG_HASH", &*unexcused, &cms),
        ("a line end follows", "E_SIG_HASH", &format!("{good}\n"), &cms),
        ("one bit of the signature value", "E_SIG_CRYPTO", &*good, &altered),
        ("a byte follows the signature", "E_SIG_FORMAT", &*good, &[&cms[..], &[0]].concat()),
        ("somebody else signed", "E_SIG_OTHER_SIGNER", &*good, &by_other),
        ("signed after the certificate expired", "E_CERT_EXPIRED", &*good, &expired),
        ("no trust list", "E_TRUST_JSON", no_list, &body.sign(no_list.as_bytes(), now())),
    ] {
        assert_eq!(label(list.as_bytes(), cms, body.pin()), expect, "{name}");
        cases.push(Vector {
            name: name.to_owned(),
            expect: expect.to_owned(),
            list_b64: STANDARD.encode(list),
            cms_b64: STANDARD.encode(cms),
        });
    }
    let about = "Signed trust lists (docs/spec/trust-list.md). `expect` is ok or a label; `by_b64` is \
                 the certificate of the supervising body, which is pinned.";
    let by_b64 = STANDARD.encode(body.certificate.der());
    let vectors = Vectors { v: 1, about: about.to_owned(), by_b64, cases };
    if std::env::var("UPDATE").as_deref() == Ok("1") {
        fs::write(file(), serde_json::to_string_pretty(&vectors).unwrap() + "\n").unwrap();
    }
}
