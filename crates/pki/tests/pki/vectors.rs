//! The fixed vectors in `fixtures/vectors/signature`, which every implementation of
//! `docs/spec/signature.md` reads: one fault each, `expect` names what must come out.

use std::fs;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kaibiao_pki::cms::{assemble, signed_attrs, verify_detached};
use kaibiao_pki::{Certificate, Chain, TrustList};
use kaibiao_types::UtcMillis;
use serde::{Deserialize, Serialize};

use crate::forge::*;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    v: u64,
    about: String,
    trust_b64: String,
    cases: Vec<Case>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// `ok`, or the label of the refusal.
    expect: String,
    content_b64: String,
    cms_b64: String,
    /// The instant of judgement.
    at: UtcMillis,
    signer: Option<Signer>,
}

/// What a good signature proves, and the bytes its key signed.
#[derive(Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signer {
    code: String,
    name: String,
    serial_tail: String,
    certificate_sha256: String,
    spki_sha256: String,
    signing_time: UtcMillis,
    to_sign_b64: String,
}

fn file() -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.join("fixtures/vectors/signature/detached.json")
}

fn decode(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap()
}

/// Verifies one case and tells what came out.
fn judge(case: &Case, trust: &TrustList) -> (String, Option<Signer>) {
    let (cms, content) = (decode(&case.cms_b64), decode(&case.content_b64));
    let verified = match verify_detached(&cms, &content, trust, case.at) {
        Ok(verified) => verified,
        Err(error) => return (error.label().to_owned(), None),
    };
    let certificate = verified.signer().certificate();
    let to_sign = signed_attrs(certificate, &content, verified.signing_time()).unwrap();
    let signer = Signer {
        code: verified.signer().party().code.to_string(),
        name: verified.signer().party().name.clone(),
        serial_tail: certificate.serial_tail().to_string(),
        certificate_sha256: certificate.sha256().to_string(),
        spki_sha256: certificate.spki_sha256().to_string(),
        signing_time: verified.signing_time(),
        to_sign_b64: STANDARD.encode(to_sign.to_sign()),
    };
    ("ok".to_owned(), Some(signer))
}

#[test]
fn every_vector_comes_out_as_it_says() {
    let vectors: Vectors = serde_json::from_slice(&fs::read(file()).unwrap()).unwrap();
    assert_eq!(vectors.v, 1);
    let trust = TrustList::parse(&decode(&vectors.trust_b64)).unwrap();
    for case in &vectors.cases {
        let (outcome, signer) = judge(case, &trust);
        assert_eq!((&outcome, &signer), (&case.expect, &case.signer), "{}", case.name);
    }
    assert!(vectors.cases.len() >= 20);
}

#[test]
fn openssl_judges_the_plain_vectors_alike() {
    let vectors: Vectors = serde_json::from_slice(&fs::read(file()).unwrap()).unwrap();
    let trust = TrustList::parse(&decode(&vectors.trust_b64)).unwrap();
    let roots: String = trust
        .anchors()
        .iter()
        .map(|anchor| pem("CERTIFICATE", anchor.certificate().der()))
        .collect();
    // Faults of our closed profile alone are left out: openssl knows no such profile.
    let plain = ["ok", "E_SIG_HASH", "E_SIG_CRYPTO", "E_CERT_EXPIRED", "E_CERT_UNTRUSTED"];
    let mut judged = 0;
    for case in vectors.cases.iter().filter(|case| plain.contains(&case.expect.as_str())) {
        let (cms, content) = (decode(&case.cms_b64), decode(&case.content_b64));
        let result = crate::openssl::verify(&roots, "", &cms, &content, Some(case.at));
        assert_eq!(result.is_ok(), case.expect == "ok", "{}: {result:?}", case.name);
        judged += 1;
    }
    assert!(judged >= 10);
}

/// A signer of one kind under its own root.
struct Party {
    leaf_key: Key,
    leaf: Vec<u8>,
    issuing: Vec<u8>,
    root: Vec<u8>,
}

impl Party {
    fn new(make: fn() -> Key, tag: &str, extension_rule: bool) -> Self {
        let (root_key, issuing_key, leaf_key) = (make(), make(), make());
        let (root_name, issuing_name) = (format!("Root {tag}"), format!("Issuing {tag}"));
        let root = Spec::ca(&root_name, &root_name, &root_key, None).by(&root_key);
        let issuing = Spec::ca(&root_name, &issuing_name, &issuing_key, Some(0)).by(&root_key);
        let issuer = common_name(&issuing_name);
        let mut leaf = Spec { issuer, ..Spec::leaf(&leaf_key) }.by(&issuing_key);
        if extension_rule {
            leaf.subject = name(&[(O, utf8("乙工程有限公司"))]);
            leaf.serial = vec![0x7a, 0xe7, 0xa9];
            let code = utf8(&code_of("91430200MA0000002"));
            leaf.replace(extension(CODE_EXTENSION, false, code));
        }
        Self {
            leaf: leaf.der(&issuing_key),
            issuing: issuing.der(&root_key),
            root: root.der(&root_key),
            leaf_key,
        }
    }

    fn sign(&self, content: &[u8]) -> Vec<u8> {
        let certificate = |der: &[u8]| Certificate::from_der(der).unwrap();
        let chain = Chain::new(vec![certificate(&self.leaf), certificate(&self.issuing)]).unwrap();
        let attributes = signed_attrs(chain.signer(), content, now()).unwrap();
        assemble(&attributes, &chain, &self.leaf_key.sign(attributes.to_sign())).unwrap()
    }
}

/// Name, expected label, and the change to a good container before it is signed.
type Fault = (&'static str, &'static str, fn(&mut Container));

const FAULTS: [Fault; 16] = [
    ("two signers", "E_SIG_SIGNERS", |c| c.signers = 2),
    ("contentType missing", "E_SIG_ATTRIBUTE", |c| c.remove(CONTENT_TYPE)),
    ("messageDigest missing", "E_SIG_ATTRIBUTE", |c| c.remove(MESSAGE_DIGEST)),
    ("signingTime missing", "E_SIG_ATTRIBUTE", |c| c.remove(SIGNING_TIME)),
    ("signingCertificateV2 missing", "E_SIG_ATTRIBUTE", |c| c.remove(SIGNING_CERT_V2)),
    ("attribute outside the profile", "E_SIG_ATTRIBUTE", |c| c.add(CAPABILITIES, vec![seq(&[])])),
    ("messageDigest twice", "E_SIG_ATTRIBUTE", |c| c.add(MESSAGE_DIGEST, vec![tlv(4, &[0; 32])])),
    ("signingCertificateV2 of another certificate", "E_SIG_OTHER_CERTIFICATE", |c| {
        c.set(SIGNING_CERT_V2, vec![ess(&[tlv(4, &[7; 32])])]);
    }),
    ("SHA-1 digest", "E_SIG_ALGORITHM", |c| c.digest = SHA1.to_vec()),
    ("RSA-PSS signature algorithm", "E_SIG_ALGORITHM", |c| {
        c.signature_algorithm = RSA_PSS.to_vec();
    }),
    ("content embedded", "E_SIG_EMBEDDED", |c| c.encapsulated.push(tlv(0xa0, &tlv(4, b"x")))),
    ("no certificates", "E_SIG_NO_CERTIFICATE", |c| c.certificates = None),
    ("attributes not in DER order", "E_SIG_FORMAT", |c| {
        c.sorted = false;
        c.attributes.as_mut().unwrap().reverse();
    }),
    ("certificates not in DER order", "E_SIG_FORMAT", |c| {
        c.certificates_sorted = false;
        c.certificates.as_mut().unwrap().sort_by(|a, b| b.cmp(a));
    }),
    ("ECDSA value with r = 0", "E_SIG_CRYPTO", |c| {
        c.signature = Some(seq(&[tlv(2, &[0]), tlv(2, &[1])]));
    }),
    ("unsigned attributes", "E_SIG_PROFILE", |c| {
        c.unsigned = tlv(0xa1, &seq(&[oid(DATA), set(&[])]));
    }),
];

/// Every case made anew, with new keys, has the outcome it stands for. With `UPDATE=1` the cases
/// become the vectors: only after a change of the format, since the specification quotes them.
#[test]
fn cases_made_anew_have_their_outcomes() {
    let rsa = Party::new(Key::rsa, "RSA", false);
    let p256 = Party::new(Key::new, "P-256", true);
    let list =
        list_json(&[anchor_json(&rsa.root, RULE_SUBJECT), anchor_json(&p256.root, RULE_EXTENSION)]);
    let trust = TrustList::parse(list.as_bytes()).unwrap();
    let content = br#"{"v":1,"kind":"submit","tender":"ZZ-2022-0705","lot":"1"}"#.to_vec();
    let mut cases = Vec::new();
    let mut add = |name: &str, expect: &str, content: &[u8], cms: &[u8], at: UtcMillis| {
        let mut case = Case {
            name: name.to_owned(),
            expect: expect.to_owned(),
            content_b64: STANDARD.encode(content),
            cms_b64: STANDARD.encode(cms),
            at,
            signer: None,
        };
        let (outcome, signer) = judge(&case, &trust);
        assert_eq!(outcome, expect, "{name}");
        case.signer = signer;
        cases.push(case);
    };
    for (kind, party) in [("RSA", &rsa), ("P-256", &p256)] {
        let good = party.sign(&content);
        add(&format!("good, {kind}"), "ok", &content, &good, now());
        add(&format!("empty content, {kind}"), "ok", b"", &party.sign(b""), now());
        let mut other = content.clone();
        other[10] ^= 1;
        add(&format!("one bit of the content, {kind}"), "E_SIG_HASH", &other, &good, now());
        let mut altered = good.clone();
        *altered.last_mut().unwrap() ^= 1;
        add(
            &format!("one bit of the signature value, {kind}"),
            "E_SIG_CRYPTO",
            &content,
            &altered,
            now(),
        );
        add(
            &format!("a byte follows, {kind}"),
            "E_SIG_FORMAT",
            &content,
            &[&good[..], &[0]].concat(),
            now(),
        );
        add(
            &format!("cut short, {kind}"),
            "E_SIG_FORMAT",
            &content,
            &good[..good.len() - 1],
            now(),
        );
        add(
            &format!("certificate expired, {kind}"),
            "E_CERT_EXPIRED",
            &content,
            &good,
            at(1_924_992_000_000),
        );
        add(
            &format!("certificate not yet valid, {kind}"),
            "E_CERT_NOT_YET_VALID",
            &content,
            &good,
            at(1_767_225_599_999),
        );
    }
    let stranger = Party::new(Key::new, "unlisted", true);
    add("CA not on the list", "E_CERT_UNTRUSTED", &content, &stranger.sign(&content), now());
    for (name, expect, change) in FAULTS {
        let mut container = Container::good(&content);
        let leaf = Certificate::from_der(&p256.leaf).unwrap();
        container.signer_id = seq(&[common_name("Issuing P-256"), tlv(2, &[0x7a, 0xe7, 0xa9])]);
        container.set(SIGNING_CERT_V2, vec![ess(&[tlv(4, leaf.sha256().bytes())])]);
        container.certificates = Some(vec![p256.leaf.clone(), p256.issuing.clone()]);
        change(&mut container);
        add(name, expect, &content, &container.signed_by(&p256.leaf_key), now());
    }
    let about = "Detached signatures (docs/spec/signature.md). `expect` is ok or a label; `at` is \
                 the instant of judgement; `to_sign_b64` are the bytes the signer's key signed.";
    let vectors =
        Vectors { v: 1, about: about.to_owned(), trust_b64: STANDARD.encode(&list), cases };
    if std::env::var("UPDATE").as_deref() == Ok("1") {
        fs::create_dir_all(file().parent().unwrap()).unwrap();
        fs::write(file(), serde_json::to_string_pretty(&vectors).unwrap() + "\n").unwrap();
    }
}
