//! Makes the world that fuzzing judges by (`fixtures/fuzz/pki.json`): chains of three with keys of all
//! algorithms and what they signed. What is committed is good.

use std::fs;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kaibiao_pki::cms::{add_time_stamp, sign_detached, time_stamp_imprint, verify_detached};
use kaibiao_pki::ers::DataObject;
use kaibiao_pki::revocation::{Evidence, Freshness, Revocation, judge_revocation};
use kaibiao_pki::tsp::{Authority, Imprint, Request, verify_response};
use kaibiao_pki::{
    Certificate, DigestAlgorithm, TrustList, Usage, VerifiedCert, ers, verify_chain,
};
use kaibiao_types::UtcMillis;
use ring::rand::SystemRandom;
use serde::{Deserialize, Serialize};

use crate::forge::*;
use crate::forge_revocation::*;
use crate::time_stamps::{POLICY, stamp};

const CONTENT: &[u8] = br#"{"v":1,"kind":"submit","tender":"ZZ-2022-0705","lot":"1"}"#;
const SHA: DigestAlgorithm = DigestAlgorithm::Sha256;
/// 2026-08-01T00:00:00Z.
const LATER: u64 = NOW + 31 * 86_400_000;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    about: String,
    at: UtcMillis,
    now: UtcMillis,
    trust: Bytes,
    content: Bytes,
    kinds: Vec<Kind>,
    request: Bytes,
    response: Bytes,
    digests: Vec<Bytes>,
    records: Vec<Bytes>,
    pools: Vec<Bytes>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kind {
    root: Bytes,
    issuing: Bytes,
    signer: Bytes,
    signatures: Vec<Bytes>,
    crls: Vec<Bytes>,
    responses: Vec<Bytes>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct Bytes(Vec<u8>);

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<Bytes> for String {
    fn from(bytes: Bytes) -> Self {
        STANDARD.encode(bytes.0)
    }
}

impl TryFrom<String> for Bytes {
    type Error = base64::DecodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        STANDARD.decode(text).map(Self)
    }
}

/// The subject and authority key identifiers of a certificate.
pub(crate) fn identify(spec: &mut Spec, issuer_spki: &[u8]) {
    let id = |spki: &[u8]| sha256(spki)[..20].to_vec();
    let own = id(&spec.spki);
    spec.replace(extension(SKI, false, tlv(4, &own)));
    let issuer = seq(&[tlv(0x80, &id(issuer_spki))]);
    spec.replace(extension(&[0x55, 0x1d, 35], false, issuer));
}

/// A world whose certificates carry key identifiers.
pub(crate) fn identified(root: Key, issuing: Key, leaf: Key) -> World {
    let mut world = World::of(root, issuing, leaf);
    let (root, issuing) = (world.root.spki.clone(), world.issuing.spki.clone());
    identify(&mut world.root, &root);
    identify(&mut world.issuing, &root);
    identify(&mut world.leaf, &issuing);
    world
}

/// One whose leaf stamps time.
pub(crate) fn stamping(root: Key, issuing: Key, leaf: Key) -> World {
    let mut world = identified(root, issuing, leaf);
    world.leaf.subject = common_name("Stamps");
    world.leaf.replace(purposes(true, &[TIME_STAMPING]));
    world
}

fn sm2() -> Key {
    Key::sm2("1234567812345678")
}

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/fuzz/pki.json")
}

fn made() -> File {
    let authority = stamping(Key::new(), Key::new(), Key::new());
    let worlds = [
        identified(Key::new(), Key::new(), Key::new()),
        identified(Key::rsa(), Key::rsa(), Key::rsa()),
        identified(sm2(), sm2(), sm2()),
    ];
    let anchors: Vec<_> = worlds
        .iter()
        .chain([&authority])
        .map(|world| anchor_json(&world.root_der(), RULE_SUBJECT))
        .collect();
    let request = Request::new(Imprint::of(SHA, CONTENT), [0xc3; 16]);
    let identity = authority.identity();
    let stamps = Authority::new(&identity, POLICY).unwrap();
    let response = stamps.answer(&request.to_der(), now(), 1, &SystemRandom::new()).unwrap();
    let digests: Vec<_> = (0..3_u8).map(|n| sha256(&[n])).collect();
    let token = stamp(&authority, ers::imprint(SHA, &digests).unwrap(), NOW);
    let record = ers::begin(SHA, &digests, &token).unwrap();
    let token = stamp(&authority, ers::renewal_imprint(&record).unwrap(), NOW + 1_000);
    let renewed = ers::renew(&record, &token).unwrap();
    File {
        about: "Chains of three with keys on P-256, of RSA and on the curve of SM2, and what they \
                signed: what the targets of crates/fuzz judge by. All of it is good."
            .to_owned(),
        at: now(),
        now: at(LATER),
        trust: list_json(&anchors).into_bytes().into(),
        content: CONTENT.to_vec().into(),
        kinds: worlds.iter().map(|world| kind(world, &authority)).collect(),
        request: request.to_der().into(),
        response: response.into(),
        digests: digests.into_iter().map(Bytes).collect(),
        records: vec![record.into(), renewed.into()],
        pools: worlds.iter().map(good_pool).chain([crossed_pool()]).map(Bytes).collect(),
    }
}

fn kind(world: &World, authority: &World) -> Kind {
    let plain = sign_detached(&world.identity(), CONTENT, now(), &SystemRandom::new()).unwrap();
    let token = stamp(authority, time_stamp_imprint(&plain).unwrap(), NOW);
    let stamped = add_time_stamp(&plain, &token).unwrap();
    let issuing = CrlSpec::new("Issuing", &world.issuing_key);
    let line = Line(world.leaf.serial.clone(), "260601000000Z", vec![reason(1)]);
    let revoking = CrlSpec { lines: vec![line], ..issuing.clone() };
    let crls = [
        CrlSpec::new("Root", &world.root_key).der(&world.root_key),
        issuing.der(&world.issuing_key),
        revoking.der(&world.issuing_key),
    ];
    Kind {
        root: world.root_der().into(),
        issuing: world.issuing.der(&world.root_key).into(),
        signer: world.leaf.der(&world.issuing_key).into(),
        signatures: vec![plain.into(), stamped.into()],
        crls: crls.map(Bytes).to_vec(),
        responses: responses(world).into_iter().map(Bytes).collect(),
    }
}

/// By the issuing CA, and by a responder that it entrusted; none with keys of RSA, which the maker of
/// OCSP responses does not know.
fn responses(world: &World) -> Vec<Vec<u8>> {
    if world.issuing_key.algorithm() == RSA_SHA256 {
        return vec![];
    }
    let direct = OcspSpec::new(world).der(&world.issuing_key);
    let key = if world.issuing_key.algorithm() == SM2_SM3 { sm2() } else { Key::new() };
    let mut responder = Spec::ca("Issuing", "Responder", &key, None).by(&world.issuing_key);
    let unchecked = extension(NO_CHECK, false, vec![5, 0]);
    responder.extensions = vec![key_usage(&[0]), purposes(false, &[OCSP_SIGNING]), unchecked];
    identify(&mut responder, &world.issuing.spki);
    let mut spec = OcspSpec::new(world);
    spec.responder = tlv(0xa1, &responder.subject);
    spec.certificates = vec![responder.der(&world.issuing_key)];
    vec![direct, spec.der(&key)]
}

/// Signer, then root and issuing CA in the wrong order, the latter twice.
fn good_pool(world: &World) -> Vec<u8> {
    let issuing = world.issuing.der(&world.root_key);
    [world.leaf.der(&world.issuing_key), world.root_der(), issuing.clone(), issuing].concat()
}

/// Sixteen CAs of one name: each of four keys certified by each of the four. No path ends.
fn crossed_pool() -> Vec<u8> {
    let keys: [Key; 4] = std::array::from_fn(|_| Key::new());
    let leaf = Spec { issuer: common_name("Crossed"), ..Spec::leaf(&keys[0]) };
    let mut out = leaf.der(&keys[0]);
    for subject in &keys {
        for issuer in &keys {
            let mut ca = Spec::ca("Crossed", "Crossed", subject, None);
            identify(&mut ca, &issuer.spki());
            out.extend(ca.der(issuer));
        }
    }
    out
}

fn read(der: &Bytes) -> Certificate {
    Certificate::from_der(&der.0).unwrap()
}

fn verified(kind: &Kind, trust: &TrustList) -> VerifiedCert {
    verify_chain(&read(&kind.signer), &[read(&kind.issuing)], trust, now(), Usage::Sign).unwrap()
}

/// Everything holds; with `KAIBIAO_WRITE=1` it is made anew before.
#[test]
fn the_world_of_fuzzing_is_good() {
    if std::env::var("KAIBIAO_WRITE").as_deref() == Ok("1") {
        fs::create_dir_all(file().parent().unwrap()).unwrap();
        fs::write(file(), serde_json::to_string_pretty(&made()).unwrap() + "\n").unwrap();
    }
    let file: File = serde_json::from_slice(&fs::read(file()).unwrap()).unwrap();
    let trust = TrustList::parse(&file.trust.0).unwrap();
    let request = Request::from_der(&file.request.0).unwrap();
    verify_response(&file.response.0, &request, &trust).unwrap();
    let object = |digest: &Bytes| DataObject::with(DigestAlgorithm::Sha256, digest.0.clone());
    let objects: Vec<_> = file.digests.iter().map(|digest| object(digest).unwrap()).collect();
    for record in &file.records {
        ers::verify(&record.0, &objects, &trust, file.now).unwrap();
    }
    assert_eq!(file.kinds.len(), 3);
    for kind in &file.kinds {
        for cms in &kind.signatures {
            verify_detached(&cms.0, &file.content.0, &trust, file.at).unwrap();
        }
        let path = verified(kind, &trust);
        let judge = |evidence: &[Evidence<'_>]| {
            judge_revocation(&path, &[], evidence, Freshness::Later { now: file.now })
        };
        let crls: Vec<_> = kind.crls.iter().map(|crl| Evidence::Crl(&crl.0)).collect();
        assert_eq!(judge(&crls[..2]).revocation(), Revocation::Good);
        assert!(matches!(judge(&crls).revocation(), Revocation::Revoked { .. }));
        for response in &kind.responses {
            let with = judge(&[crls[0], Evidence::Ocsp(&response.0)]);
            assert_eq!(with.revocation(), Revocation::Good);
        }
    }
}
