//! Certificates and CRLs of invented CAs, as many as a measurement needs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_testkit::{Authority, Identity, Roster};
use kaibiao_types::OrgCode;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use ring::error::KeyRejected;
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use sm2::dsa::signature::Signer as _;

use crate::error::BenchError;

/// The user id of every signature by SM2.
const USER_ID: &str = "1234567812345678";

const P256_KEY: &[u8] =
    b"\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
const SM2_KEY: &[u8] =
    b"\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x81\x1c\xcf\x55\x01\x82\x2d";
const RSA_KEY: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
const ECDSA_SHA256: &[u8] = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02";
const SM2_SM3: &[u8] = b"\x30\x0a\x06\x08\x2a\x81\x1c\xcf\x55\x01\x83\x75";
const RSA_SHA256: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00";

const COMMON_NAME: &[u8] = b"\x06\x03\x55\x04\x03";
const ORGANIZATION: &[u8] = b"\x06\x03\x55\x04\x0a";
const ORGANIZATION_ID: &[u8] = b"\x06\x03\x55\x04\x61";
const SUBJECT_KEY_ID: &[u8] = b"\x06\x03\x55\x1d\x0e";
const KEY_USAGE: &[u8] = b"\x06\x03\x55\x1d\x0f";
const BASIC_CONSTRAINTS: &[u8] = b"\x06\x03\x55\x1d\x13";
const CRL_NUMBER: &[u8] = b"\x06\x03\x55\x1d\x14";
const REASON: &[u8] = b"\x06\x03\x55\x1d\x15";
const AUTHORITY_KEY_ID: &[u8] = b"\x06\x03\x55\x1d\x23";

/// digitalSignature and contentCommitment.
const SIGNS: &[u8] = b"\x03\x02\x06\xc0";
/// keyCertSign and cRLSign.
const ISSUES: &[u8] = b"\x03\x02\x01\x06";
/// The BOOLEAN.
const TRUE: &[u8] = b"\x01\x01\xff";

/// Which keys a CA and its bidders have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    P256,
    Rsa,
    Sm2,
}

/// A private key.
pub(crate) enum Key {
    P256(EcdsaKeyPair),
    Rsa(RsaKeyPair),
    Sm2(sm2::dsa::SigningKey),
}

impl Key {
    /// A new key; of RSA, which nobody makes a thousand times in a measurement, the development key
    /// number `number`, in a circle.
    fn new(kind: Kind, number: usize) -> Result<Self, BenchError> {
        let random = SystemRandom::new();
        let failed = |_| BenchError::product("a key is made");
        Ok(match kind {
            Kind::P256 => {
                let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random);
                let pkcs8 = pkcs8.map_err(failed)?;
                let pair = EcdsaKeyPair::from_pkcs8(
                    &ECDSA_P256_SHA256_ASN1_SIGNING,
                    pkcs8.as_ref(),
                    &random,
                );
                Self::P256(pair.map_err(rejected)?)
            }
            Kind::Rsa => Self::Rsa(development_key(number)?),
            Kind::Sm2 => {
                let mut secret = [0; 32];
                random.fill(&mut secret).map_err(failed)?;
                secret[0] &= 0x7f; // below the order
                let key = sm2::dsa::SigningKey::from_slice(USER_ID, &secret);
                Self::Sm2(key.map_err(BenchError::product)?)
            }
        })
    }

    /// The `SubjectPublicKeyInfo` and the `BIT STRING` in it.
    fn public(&self) -> (Vec<u8>, Vec<u8>) {
        let (algorithm, bits) = match self {
            Self::P256(pair) => (P256_KEY, pair.public_key().as_ref().to_vec()),
            Self::Rsa(pair) => (RSA_KEY, pair.public().as_ref().to_vec()),
            Self::Sm2(key) => (SM2_KEY, key.verifying_key().to_sec1_bytes().into_vec()),
        };
        (sequence(&[algorithm, &tlv(3, &[&[0], &bits])]), bits)
    }

    fn key_id(&self) -> Vec<u8> {
        digest(&SHA1_FOR_LEGACY_USE_ONLY, &self.public().1).as_ref().to_vec()
    }

    const fn algorithm(&self) -> &'static [u8] {
        match self {
            Self::P256(_) => ECDSA_SHA256,
            Self::Rsa(_) => RSA_SHA256,
            Self::Sm2(_) => SM2_SM3,
        }
    }

    /// A signature by the usual algorithm of the key; of SM2 the octets `r || s`.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, BenchError> {
        let random = SystemRandom::new();
        let failed = |_| BenchError::product("a signature is made");
        Ok(match self {
            Self::P256(pair) => pair.sign(&random, message).map_err(failed)?.as_ref().to_vec(),
            Self::Rsa(pair) => {
                let mut value = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut value).map_err(failed)?;
                value
            }
            Self::Sm2(key) => {
                let signature: sm2::dsa::Signature =
                    key.try_sign(message).map_err(BenchError::product)?;
                signature.to_bytes().to_vec()
            }
        })
    }

    /// `SEQUENCE { tbs, signatureAlgorithm, signatureValue }`.
    fn signed(&self, tbs: &[u8]) -> Result<Vec<u8>, BenchError> {
        let mut value = self.sign(tbs)?;
        if let Self::Sm2(_) = self {
            let (r, s) = value.split_at(value.len() / 2);
            value = sequence(&[&integer(r), &integer(s)]);
        }
        Ok(sequence(&[tbs, self.algorithm(), &tlv(3, &[&[0], &value])]))
    }
}

/// One of the RSA keys of `keys-dev`, all of 2,048 bits.
fn development_key(number: usize) -> Result<RsaKeyPair, BenchError> {
    let roster = Roster::load().map_err(BenchError::product)?;
    let rsa = |one: &&Identity| one.ca == Authority::Rsa;
    let own: Vec<_> = roster.identities.iter().filter(rsa).collect();
    let none = || BenchError::product("keys-dev has RSA keys");
    let path = own.get(number % own.len().max(1)).ok_or_else(none)?.key();
    let pem = std::fs::read_to_string(&path).map_err(BenchError::file(&path))?;
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let pkcs8 = STANDARD.decode(base64).map_err(BenchError::product)?;
    RsaKeyPair::from_pkcs8(&pkcs8).map_err(rejected)
}

fn rejected(why: KeyRejected) -> BenchError {
    BenchError::product(why.to_string())
}

/// A root and the CA under it that issues to bidders.
pub(crate) struct Ca {
    kind: Kind,
    /// The root's certificate.
    pub(crate) root: Vec<u8>,
    /// The issuing CA's certificate.
    pub(crate) issuing: Vec<u8>,
    /// The CRLs of the root and of the issuing CA.
    pub(crate) crls: [Vec<u8>; 2],
    issuing_name: Vec<u8>,
    issuing_key: Key,
}

impl Ca {
    /// Two new CAs, each with so many lines on its CRL.
    pub(crate) fn new(kind: Kind, lines: u32) -> Result<Self, BenchError> {
        let (root_key, issuing_key) = (Key::new(kind, 0)?, Key::new(kind, 1)?);
        let names = ["root", "issuing"].map(|level| format!("Benchmark {kind:?} {level}"));
        let [root_name, issuing_name] = names.map(|text| name(&[(COMMON_NAME, &text)]));
        let ca = |name: &[u8], key: &Key, serial| {
            let constraints = sequence(&[TRUE]);
            let extensions =
                [(BASIC_CONSTRAINTS, true, constraints), (KEY_USAGE, true, ISSUES.to_vec())];
            certificate(&Subject { serial, name, key }, &extensions, &root_name, &root_key)
        };
        Ok(Self {
            kind,
            root: ca(&root_name, &root_key, serial(b"root", 0))?,
            issuing: ca(&issuing_name, &issuing_key, serial(b"issuing", 0))?,
            crls: [crl(&root_name, &root_key, lines)?, crl(&issuing_name, &issuing_key, lines)?],
            issuing_name,
            issuing_key,
        })
    }

    /// A bidder's key and certificate; `revoked` asks for one that stands on the CRL.
    pub(crate) fn bidder(
        &self,
        number: usize,
        revoked: bool,
    ) -> Result<(Key, Vec<u8>), BenchError> {
        let key = Key::new(self.kind, number + 2)?;
        let place = u32::try_from(number).map_err(BenchError::product)?;
        let serial = if revoked { revoked_serial(place) } else { serial(b"bidder", place) };
        let parts = [
            (ORGANIZATION, format!("投标人第{number}号（虚构）")),
            (ORGANIZATION_ID, code(number)?.to_string()),
        ];
        let own = name(&parts.each_ref().map(|(kind, text)| (*kind, text.as_str())));
        let extensions = [(KEY_USAGE, true, SIGNS.to_vec())];
        let subject = Subject { serial, name: &own, key: &key };
        let der = certificate(&subject, &extensions, &self.issuing_name, &self.issuing_key)?;
        Ok((key, der))
    }
}

/// An invented code whose check character is right.
fn code(number: usize) -> Result<OrgCode, BenchError> {
    let all = "0123456789ABCDEFGHJKLMNPQRTUWXY".chars();
    let mut tried =
        all.filter_map(|last| OrgCode::parse(&format!("91990000MA{number:07}{last}")).ok());
    tried.next().ok_or_else(|| BenchError::product("a code has a check character"))
}

/// Whom a certificate is for.
struct Subject<'a> {
    serial: Vec<u8>,
    name: &'a [u8],
    key: &'a Key,
}

fn certificate(
    subject: &Subject<'_>,
    extensions: &[(&[u8], bool, Vec<u8>)],
    issuer: &[u8],
    issuer_key: &Key,
) -> Result<Vec<u8>, BenchError> {
    let mut list = vec![
        (SUBJECT_KEY_ID, false, tlv(4, &[&subject.key.key_id()])),
        (AUTHORITY_KEY_ID, false, sequence(&[&tlv(0x80, &[&issuer_key.key_id()])])),
    ];
    list.extend_from_slice(extensions);
    let tbs = sequence(&[
        &tlv(0xa0, &[b"\x02\x01\x02"]),
        &tlv(2, &[&subject.serial]),
        issuer_key.algorithm(),
        issuer,
        &sequence(&[&tlv(0x17, &[b"260101000000Z"]), &tlv(0x17, &[b"301231235959Z"])]),
        subject.name,
        &subject.key.public().0,
        &tlv(0xa3, &[&self::extensions(&list)]),
    ]);
    issuer_key.signed(&tbs)
}

/// A CRL of 2 July 2026 with so many lines.
fn crl(issuer: &[u8], key: &Key, lines: u32) -> Result<Vec<u8>, BenchError> {
    let superseded = extensions(&[(REASON, false, vec![10, 1, 4])]);
    let mut list = Vec::new();
    for number in 0..lines {
        let serial = tlv(2, &[&revoked_serial(number)]);
        list.extend(sequence(&[&serial, &tlv(0x17, &[b"260301000000Z"]), &superseded]));
    }
    let extensions = extensions(&[
        (AUTHORITY_KEY_ID, false, sequence(&[&tlv(0x80, &[&key.key_id()])])),
        (CRL_NUMBER, false, vec![2, 1, 7]),
    ]);
    key.signed(&sequence(&[
        b"\x02\x01\x01",
        key.algorithm(),
        issuer,
        &tlv(0x17, &[b"260702000000Z"]),
        &tlv(0x17, &[b"260709000000Z"]),
        &if list.is_empty() { Vec::new() } else { sequence(&[&list]) },
        &tlv(0xa0, &[&extensions]),
    ]))
}

/// The serial number on a line of every CRL.
fn revoked_serial(line: u32) -> Vec<u8> {
    serial(b"revoked", line)
}

/// A positive number of 16 octets.
fn serial(what: &[u8], number: u32) -> Vec<u8> {
    let hash = digest(&SHA256, &[what, &number.to_be_bytes()].concat());
    let rest = hash.as_ref().iter().take(15).copied();
    [0x50].into_iter().chain(rest).collect()
}

/// A `Name` of one attribute per part.
fn name(parts: &[(&[u8], &str)]) -> Vec<u8> {
    let parts = parts
        .iter()
        .flat_map(|(kind, text)| tlv(0x31, &[&sequence(&[kind, &tlv(0x0c, &[text.as_bytes()])])]));
    sequence(&[&parts.collect::<Vec<u8>>()])
}

fn extensions(list: &[(&[u8], bool, Vec<u8>)]) -> Vec<u8> {
    let list = list.iter().flat_map(|(kind, critical, value)| {
        let critical = if *critical { TRUE } else { &[] };
        sequence(&[kind, critical, &tlv(4, &[value])])
    });
    sequence(&[&list.collect::<Vec<u8>>()])
}

/// A positive number of any octets.
fn integer(octets: &[u8]) -> Vec<u8> {
    let zeros = octets.iter().take_while(|octet| **octet == 0).count();
    let significant = octets.get(zeros..).unwrap_or_default();
    let sign: &[u8] =
        if significant.first() < Some(&0x80) && !significant.is_empty() { &[] } else { &[0] };
    tlv(2, &[sign, significant])
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, parts)
}

fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = content.len().to_be_bytes();
    let zeros = length.iter().take_while(|octet| **octet == 0).count();
    let octets = length.get(zeros..).unwrap_or_default();
    let mut out = vec![tag];
    match octets {
        [] => out.push(0),
        [short @ 0..0x80] => out.push(*short),
        long => {
            out.push(0x80 | u8::try_from(long.len()).unwrap_or(0));
            out.extend_from_slice(long);
        }
    }
    out.extend(content);
    out
}
