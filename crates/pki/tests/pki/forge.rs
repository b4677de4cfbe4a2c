//! Makes certificates with any fault one may want, independently of the crate: its own DER writer,
//! its own structures, keys from `ring`.

use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kaibiao_pki::{Certificate, Identity, TrustList};
use kaibiao_types::UtcMillis;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, KeyPair,
    RSA_PKCS1_SHA256, RsaKeyPair,
};
use sm2::dsa::signature::Signer;
use sm2::dsa::signature::hazmat::PrehashSigner;

pub(crate) use crate::forge_cms::*;

pub(crate) const EC_P256: &[u8] = &[
    0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1,
    7,
];
pub(crate) const EC_P384: &[u8] =
    &[0x30, 0x10, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 5, 0x2b, 0x81, 4, 0, 0x22];
pub(crate) const ECDSA_SHA384: &[u8] = &[0x30, 0x0a, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3];
pub(crate) const ECDSA_SHA256: &[u8] = &[0x30, 0x0a, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
pub(crate) const ECDSA_SHA1: &[u8] = &[0x30, 9, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1];
pub(crate) const RSA_SHA256: &[u8] =
    &[0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11, 5, 0];
pub(crate) const RSA: &[u8] =
    &[0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
pub(crate) const EC_SM2: &[u8] = &[
    0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 1,
    0x82, 0x2d,
];
pub(crate) const SM2_SM3: &[u8] = &[0x30, 0x0a, 6, 8, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x83, 0x75];
pub(crate) const SM3: &[u8] = &[0x30, 0x0a, 6, 8, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x83, 0x11];
/// `id-RSASSA-PSS` without parameters, which means SHA-1.
pub(crate) const RSA_PSS: &[u8] = &[0x30, 0x0b, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10];
pub(crate) const SHA256: &[u8] = &[0x30, 0x0b, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
pub(crate) const SHA384: &[u8] = &[0x30, 0x0b, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2];
pub(crate) const SHA1: &[u8] = &[0x30, 7, 6, 5, 0x2b, 0x0e, 3, 2, 0x1a];

pub(crate) const O: &[u8] = &[0x55, 4, 10];
pub(crate) const CN: &[u8] = &[0x55, 4, 3];
pub(crate) const ORG_ID: &[u8] = &[0x55, 4, 97];
pub(crate) const SKI: &[u8] = &[0x55, 0x1d, 14];
pub(crate) const KU: &[u8] = &[0x55, 0x1d, 15];
pub(crate) const ALTERNATIVES: &[u8] = &[0x55, 0x1d, 17];
pub(crate) const BC: &[u8] = &[0x55, 0x1d, 19];
pub(crate) const NAME_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 30];
pub(crate) const AKI: &[u8] = &[0x55, 0x1d, 35];
pub(crate) const POLICY_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 36];
pub(crate) const EKU: &[u8] = &[0x55, 0x1d, 37];
/// 1.2.156.10260.4.1.3
pub(crate) const CODE_EXTENSION: &[u8] = &[0x2a, 0x81, 0x1c, 0xd0, 0x14, 4, 1, 3];
/// 1.3.6.1.4.1.55555.1, known to nobody.
pub(crate) const STRANGE: &[u8] = &[0x2b, 6, 1, 4, 1, 0x83, 0xb2, 3, 1];
pub(crate) const EKU_ANY: &[u8] = &[0x55, 0x1d, 37, 0];
pub(crate) const SERVER_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];
pub(crate) const CLIENT_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 2];
pub(crate) const EMAIL: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 4];
pub(crate) const TIME_STAMPING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 8];
pub(crate) const DOCUMENT: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 36];

/// 2026-07-01T00:00:00Z: every certificate made here is valid then, unless told otherwise.
pub(crate) const NOW: u64 = 1_782_864_000_000;

pub(crate) fn at(millis: u64) -> UtcMillis {
    UtcMillis::new(millis).unwrap()
}

pub(crate) fn now() -> UtcMillis {
    at(NOW)
}

// DER ------------------------------------------------------------------------------------------

pub(crate) fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match content.len() {
        short @ 0..128 => out.push(short as u8),
        long => {
            let octets: Vec<u8> =
                long.to_be_bytes().into_iter().skip_while(|octet| *octet == 0).collect();
            out.push(0x80 | octets.len() as u8);
            out.extend(octets);
        }
    }
    out.extend(content);
    out
}

pub(crate) fn seq(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

pub(crate) fn set(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x31, &parts.concat())
}

pub(crate) fn oid(content: &[u8]) -> Vec<u8> {
    tlv(6, content)
}

pub(crate) fn utf8(text: &str) -> Vec<u8> {
    tlv(0x0c, text.as_bytes())
}

pub(crate) fn sha256(bytes: &[u8]) -> Vec<u8> {
    ring::digest::digest(&ring::digest::SHA256, bytes).as_ref().to_vec()
}

/// A `Name` of one attribute per part.
pub(crate) fn name(parts: &[(&[u8], Vec<u8>)]) -> Vec<u8> {
    let parts: Vec<_> =
        parts.iter().map(|(kind, value)| set(&[seq(&[oid(kind), value.clone()])])).collect();
    seq(&parts)
}

pub(crate) fn common_name(text: &str) -> Vec<u8> {
    name(&[(CN, utf8(text))])
}

/// INTEGER of these octets, the highest first, not all zero.
pub(crate) fn unsigned_integer(octets: &[u8]) -> Vec<u8> {
    let zeros = octets.iter().take_while(|octet| **octet == 0).count();
    let sign = if octets[zeros] < 0x80 { vec![] } else { vec![0] };
    tlv(2, &[&sign, &octets[zeros..]].concat())
}

// Keys -----------------------------------------------------------------------------------------

pub(crate) struct Key {
    pub(crate) pkcs8: Vec<u8>,
    pair: Pair,
}

enum Pair {
    Ec(EcdsaKeyPair),
    Ec384(EcdsaKeyPair),
    Rsa(RsaKeyPair),
    Sm2(sm2::dsa::SigningKey),
}

impl Key {
    /// A P-256 key.
    pub(crate) fn new() -> Self {
        let rng = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &rng).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref(), &rng);
        Self { pkcs8: pkcs8.as_ref().to_vec(), pair: Pair::Ec(pair.unwrap()) }
    }

    /// A P-384 key.
    pub(crate) fn p384() -> Self {
        let rng = SystemRandom::new();
        let kind = &ECDSA_P384_SHA384_ASN1_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(kind, &rng).unwrap().as_ref().to_vec();
        let pair = Pair::Ec384(EcdsaKeyPair::from_pkcs8(kind, &pkcs8, &rng).unwrap());
        Self { pkcs8, pair }
    }

    /// An RSA key of 2,048 bits.
    pub(crate) fn rsa() -> Self {
        let pkcs8 = crate::openssl::rsa_key();
        let pair = Pair::Rsa(RsaKeyPair::from_pkcs8(&pkcs8).unwrap());
        Self { pkcs8, pair }
    }

    /// A key on the curve of SM2 that signs under this user id.
    pub(crate) fn sm2(user_id: &str) -> Self {
        let mut number = [0; 32];
        SystemRandom::new().fill(&mut number).unwrap();
        number[0] &= 0x7f; // below the order
        let pair = sm2::dsa::SigningKey::from_slice(user_id, &number).unwrap();
        let key = seq(&[vec![2, 1, 1], tlv(4, &number)]);
        let pkcs8 = seq(&[vec![2, 1, 0], EC_SM2.to_vec(), tlv(4, &key)]);
        Self { pkcs8, pair: Pair::Sm2(pair) }
    }

    pub(crate) fn spki(&self) -> Vec<u8> {
        let (identifier, bits) = match &self.pair {
            Pair::Ec(pair) => (EC_P256, pair.public_key().as_ref().to_vec()),
            Pair::Ec384(pair) => (EC_P384, pair.public_key().as_ref().to_vec()),
            Pair::Rsa(pair) => (RSA, pair.public().as_ref().to_vec()),
            Pair::Sm2(pair) => (EC_SM2, pair.verifying_key().to_sec1_bytes().into_vec()),
        };
        seq(&[identifier.to_vec(), tlv(3, &[&[0], bits.as_slice()].concat())])
    }

    /// The identifier of the key in certificates.
    pub(crate) fn id(&self) -> Vec<u8> {
        sha256(&self.spki())[..20].to_vec()
    }

    pub(crate) fn algorithm(&self) -> Vec<u8> {
        match &self.pair {
            Pair::Ec(_) => ECDSA_SHA256.to_vec(),
            Pair::Ec384(_) => ECDSA_SHA384.to_vec(),
            Pair::Rsa(_) => RSA_SHA256.to_vec(),
            Pair::Sm2(_) => SM2_SM3.to_vec(),
        }
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let rng = SystemRandom::new();
        match &self.pair {
            Pair::Ec(pair) | Pair::Ec384(pair) => {
                pair.sign(&rng, message).unwrap().as_ref().to_vec()
            }
            Pair::Rsa(pair) => {
                let mut value = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &rng, message, &mut value).unwrap();
                value
            }
            Pair::Sm2(pair) => {
                let signature: sm2::dsa::Signature = pair.try_sign(message).unwrap();
                let (r, s) = (signature.r_bytes(), signature.s_bytes());
                seq(&[unsigned_integer(&r), unsigned_integer(&s)])
            }
        }
    }

    /// The same SM2 key, signing under another user id.
    pub(crate) fn with_id(&self, user_id: &str) -> Self {
        let number = &self.pkcs8[self.pkcs8.len() - 32..];
        let pair = sm2::dsa::SigningKey::from_slice(user_id, number).unwrap();
        Self { pkcs8: self.pkcs8.clone(), pair: Pair::Sm2(pair) }
    }

    /// A signature by SM2 over the bare SM3 digest, without the digest Z of the user id.
    pub(crate) fn sign_without_z(&self, message: &[u8]) -> Vec<u8> {
        let Pair::Sm2(pair) = &self.pair else { panic!("a key of SM2") };
        let signature: sm2::dsa::Signature = pair.sign_prehash(&sm3(message)).unwrap();
        let (r, s) = (signature.r_bytes(), signature.s_bytes());
        seq(&[unsigned_integer(&r), unsigned_integer(&s)])
    }

    pub(crate) fn pem(&self) -> String {
        pem("PRIVATE KEY", &self.pkcs8)
    }
}

pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> =
        text.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// The bytes of the one PEM block.
pub(crate) fn der_of_pem(pem: &str) -> Vec<u8> {
    let lines: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode(lines.trim()).unwrap()
}

// Certificates ---------------------------------------------------------------------------------

#[derive(Clone, Eq, PartialEq)]
pub(crate) struct Extension {
    pub(crate) oid: Vec<u8>,
    pub(crate) critical: bool,
    pub(crate) value: Vec<u8>,
}

pub(crate) fn extension(oid: &[u8], critical: bool, value: Vec<u8>) -> Extension {
    Extension { oid: oid.to_vec(), critical, value }
}

/// `keyUsage` with these bits; bit 0 is digitalSignature, bit 5 keyCertSign.
pub(crate) fn key_usage(bits: &[u8]) -> Extension {
    let octet = bits.iter().fold(0_u8, |sum, bit| sum | 0x80 >> bit);
    extension(KU, true, tlv(3, &[octet.trailing_zeros() as u8 % 8, octet]))
}

pub(crate) fn basic(path_length: Option<u8>) -> Extension {
    let mut content = vec![1, 1, 0xff];
    content.extend(path_length.map(|most| [2, 1, most]).into_iter().flatten());
    extension(BC, true, tlv(0x30, &content))
}

pub(crate) fn subject_key_id(key: &Key) -> Extension {
    extension(SKI, false, tlv(4, &key.id()))
}

pub(crate) fn authority_key_id(issuer: &Key) -> Extension {
    extension(AKI, false, seq(&[tlv(0x80, &issuer.id())]))
}

/// To be that of whoever signs.
fn open_authority_key_id() -> Extension {
    extension(AKI, false, vec![])
}

pub(crate) fn purposes(critical: bool, list: &[&[u8]]) -> Extension {
    let list: Vec<_> = list.iter().map(|purpose| oid(purpose)).collect();
    extension(EKU, critical, seq(&list))
}

/// Everything in a certificate, ready to be changed.
#[derive(Clone, Eq, PartialEq)]
pub(crate) struct Spec {
    pub(crate) version: Option<u8>,
    pub(crate) serial: Vec<u8>,
    pub(crate) inner_algorithm: Vec<u8>,
    pub(crate) outer_algorithm: Vec<u8>,
    pub(crate) issuer: Vec<u8>,
    pub(crate) not_before: String,
    pub(crate) not_after: String,
    pub(crate) subject: Vec<u8>,
    pub(crate) spki: Vec<u8>,
    pub(crate) after_spki: Vec<u8>,
    pub(crate) extensions: Vec<Extension>,
}

impl Spec {
    pub(crate) fn ca(issuer: &str, subject: &str, key: &Key, path_length: Option<u8>) -> Self {
        Self {
            version: Some(2),
            serial: vec![0x11, 0xca],
            inner_algorithm: ECDSA_SHA256.to_vec(),
            outer_algorithm: ECDSA_SHA256.to_vec(),
            issuer: common_name(issuer),
            not_before: "260101000000Z".to_owned(),
            not_after: "301231235959Z".to_owned(),
            subject: common_name(subject),
            spki: key.spki(),
            after_spki: vec![],
            extensions: vec![
                basic(path_length),
                key_usage(&[5, 6]),
                subject_key_id(key),
                open_authority_key_id(),
            ],
        }
    }

    pub(crate) fn leaf(key: &Key) -> Self {
        let subject = name(&[(O, utf8("甲建设有限公司")), (ORG_ID, utf8(&code()))]);
        let extensions = vec![
            key_usage(&[0, 1]),
            purposes(false, &[DOCUMENT]),
            subject_key_id(key),
            open_authority_key_id(),
        ];
        let serial = vec![0x01, 0x23, 0x3f, 0x2a];
        Self { serial, subject, extensions, ..Self::ca("Issuing", "", key, None) }
    }

    /// Names the key that will sign and its algorithm.
    pub(crate) fn by(mut self, signer: &Key) -> Self {
        self.replace(authority_key_id(signer));
        (self.inner_algorithm, self.outer_algorithm) = (signer.algorithm(), signer.algorithm());
        self
    }

    pub(crate) fn replace(&mut self, new: Extension) {
        self.extensions.retain(|old| old.oid != new.oid);
        self.extensions.push(new);
    }

    pub(crate) fn without(&mut self, oid: &[u8]) {
        self.extensions.retain(|old| old.oid != oid);
    }

    pub(crate) fn der(&self, signer: &Key) -> Vec<u8> {
        let extensions: Vec<_> = self
            .extensions
            .iter()
            .map(|e| {
                let e = if *e == open_authority_key_id() { &authority_key_id(signer) } else { e };
                let critical = if e.critical { vec![1, 1, 0xff] } else { vec![] };
                seq(&[oid(&e.oid), critical, tlv(4, &e.value)])
            })
            .collect();
        let extensions = if extensions.is_empty() { vec![] } else { tlv(0xa3, &seq(&extensions)) };
        let tbs = seq(&[
            self.version.map(|version| tlv(0xa0, &[2, 1, version])).unwrap_or_default(),
            tlv(2, &self.serial),
            self.inner_algorithm.clone(),
            self.issuer.clone(),
            seq(&[tlv(0x17, self.not_before.as_bytes()), tlv(0x17, self.not_after.as_bytes())]),
            self.subject.clone(),
            self.spki.clone(),
            self.after_spki.clone(),
            extensions,
        ]);
        let bits = [vec![0], signer.sign(&tbs)].concat();
        seq(&[tbs, self.outer_algorithm.clone(), tlv(3, &bits)])
    }

    pub(crate) fn certificate(&self, signer: &Key) -> Certificate {
        Certificate::from_der(&self.der(signer)).unwrap()
    }
}

/// A fictional code with a right check character.
pub(crate) fn code() -> String {
    code_of("91430200MA0000001")
}

pub(crate) fn code_of(body: &str) -> String {
    let alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    let weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
    let sum: usize = body.chars().zip(weights).map(|(c, w)| alphabet.find(c).unwrap() * w).sum();
    format!("{body}{}", alphabet.as_bytes()[(31 - sum % 31) % 31] as char)
}

// Trust lists ----------------------------------------------------------------------------------

pub(crate) const RULE_SUBJECT: &str = r#"{"in":"subject","oid":"2.5.4.97"}"#;
pub(crate) const RULE_EXTENSION: &str = r#"{"in":"extension","oid":"1.2.156.10260.4.1.3"}"#;

pub(crate) fn anchor_json(der: &[u8], rule: &str) -> String {
    format!(
        concat!(
            r#"{{"name":{{"zh":"开发","en":"Development"}},"cert_b64":"{}","org_code":{},"#,
            r#""signatures":["rsa-pkcs1-sha256","rsa-pss-sha256","ecdsa-p256-sha256","sm2-sm3"],"#,
            r#""not_before":1577836800000,"not_after":2524608000000}}"#
        ),
        STANDARD.encode(der),
        rule
    )
}

/// An entry that excuses its CA from these duties.
pub(crate) fn excused(anchor: &str, duties: &str) -> String {
    anchor.replacen(r#","not_before""#, &format!(r#","excused":{duties},"not_before""#), 1)
}

pub(crate) fn list_json(anchors: &[String]) -> String {
    format!(r#"{{"v":1,"name":"test","anchors":[{}]}}"#, anchors.join(","))
}

pub(crate) fn trust(der: &[u8], rule: &str) -> TrustList {
    TrustList::parse(list_json(&[anchor_json(der, rule)]).as_bytes()).unwrap()
}

// A small world --------------------------------------------------------------------------------

/// Root, issuing CA and one signer.
pub(crate) struct World {
    pub(crate) root_key: Key,
    pub(crate) issuing_key: Key,
    pub(crate) leaf_key: Key,
    pub(crate) root: Spec,
    pub(crate) issuing: Spec,
    pub(crate) leaf: Spec,
}

impl World {
    /// All keys P-256.
    pub(crate) fn get() -> &'static Self {
        static WORLD: OnceLock<World> = OnceLock::new();
        WORLD.get_or_init(|| Self::of(Key::new(), Key::new(), Key::new()))
    }

    /// All keys SM2.
    pub(crate) fn sm2() -> &'static Self {
        static WORLD: OnceLock<World> = OnceLock::new();
        let key = || Key::sm2("1234567812345678");
        WORLD.get_or_init(|| Self::of(key(), key(), key()))
    }

    pub(crate) fn of(root_key: Key, issuing_key: Key, leaf_key: Key) -> Self {
        let mut root = Spec::ca("Root", "Root", &root_key, None).by(&root_key);
        root.serial = vec![0x0a, 0x01];
        let mut issuing = Spec::ca("Root", "Issuing", &issuing_key, Some(0)).by(&root_key);
        issuing.serial = vec![0x0b, 0x02];
        let leaf = Spec::leaf(&leaf_key).by(&issuing_key);
        Self { root_key, issuing_key, leaf_key, root, issuing, leaf }
    }

    /// The signer with its issuing CA, to sign with.
    pub(crate) fn identity(&self) -> Identity {
        let chain = [self.leaf.der(&self.issuing_key), self.issuing.der(&self.root_key)];
        let chain: String = chain.iter().map(|der| pem("CERTIFICATE", der)).collect();
        Identity::from_pem(&chain, &self.leaf_key.pem(), &SystemRandom::new()).unwrap()
    }

    pub(crate) fn root_der(&self) -> Vec<u8> {
        self.root.der(&self.root_key)
    }

    pub(crate) fn trust(&self) -> TrustList {
        trust(&self.root_der(), RULE_SUBJECT)
    }

    pub(crate) fn issuing(&self) -> Certificate {
        self.issuing.certificate(&self.root_key)
    }

    pub(crate) fn leaf(&self) -> Certificate {
        self.leaf.certificate(&self.issuing_key)
    }
}
