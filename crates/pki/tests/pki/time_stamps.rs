//! Time stamps of RFC 3161: ours, those of OpenSSL, a real one, and what must be refused.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use kaibiao_pki::tsp::{
    Authority, Imprint, Request, TimeStampError, VerifiedTimeStamp, read_response, verify_response,
    verify_token,
};
use kaibiao_pki::{DigestAlgorithm, Identity, TrustList, limits, read_certificates};
use kaibiao_types::{Digest, UtcMillis};
use ring::rand::SystemRandom;

use crate::forge::*;
use crate::openssl::{clock, try_run, unpem};

pub(crate) const POLICY: &str = "2.999.26.1";
const TST_INFO: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 1, 4];
const SIGNING_CERT_V1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 2, 12];
const DATA: &[u8] = b"what existed";

/// A world whose leaf is a time-stamping authority: no organisation code.
pub(crate) fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| of(Key::new(), Key::new(), Key::new()))
}

/// A world whose leaf is a time-stamping authority, of these keys.
pub(crate) fn of(root: Key, issuing: Key, leaf: Key) -> World {
    let mut world = World::of(root, issuing, leaf);
    world.leaf.subject = common_name("Stamps");
    world.leaf.replace(purposes(true, &[TIME_STAMPING]));
    world
}

fn nonce() -> [u8; 16] {
    [0xc3; 16]
}

fn imprint() -> Imprint {
    Imprint::of(DigestAlgorithm::Sha256, DATA)
}

/// The last second of the authority's certificate counts as a whole.
pub(crate) fn last_instant(world: &World) -> UtcMillis {
    at(world.leaf().not_after().get() + 999)
}

pub(crate) fn stamp(world: &World, imprint: Imprint, millis: u64) -> Vec<u8> {
    let identity = world.identity();
    let authority = Authority::new(&identity, POLICY).unwrap();
    let request = Request::new(imprint, nonce());
    let rng = SystemRandom::new();
    let response = authority.answer(&request.to_der(), at(millis), 0x80, &rng).unwrap();
    let (_, token) = verify_response(&response, &request, &world.trust()).unwrap();
    token.to_vec()
}

fn label(token: &[u8]) -> &'static str {
    verify_token(token, &imprint(), &world().trust()).map_or_else(|e| e.label(), |_| "good")
}

#[test]
fn a_stamp_says_what_when_by_whom() {
    for world in [world(), &of(Key::rsa(), Key::new(), Key::rsa()), &sm2()] {
        let token = stamp(world, imprint(), NOW + 250);
        let verified = verify_token(&token, &imprint(), &world.trust()).unwrap();
        assert_eq!(verified.gen_time(), at(NOW + 250));
        assert_eq!(verified.accuracy_micros(), Some(1_000_000));
        assert_eq!(verified.serial(), [0, 0x80]);
        assert_eq!(verified.policy(), POLICY);
        assert_eq!(verified.tsa().spki_sha256(), world.leaf().spki_sha256());
        assert_eq!(verified.imprint(), &imprint());
        assert_eq!(verified.due(), last_instant(world));
        assert_eq!(verified.authority().between()[0].display_name(), "Issuing");
    }
}

fn sm2() -> World {
    let key = || Key::sm2("1234567812345678");
    of(key(), key(), key())
}

#[test]
fn the_answer_belongs_to_the_request() {
    let (identity, rng) = (world().identity(), SystemRandom::new());
    let authority = Authority::new(&identity, POLICY).unwrap();
    let request = Request::new(imprint(), nonce());
    assert_eq!(Request::from_der(&request.to_der()).unwrap(), request);
    let response = authority.answer(&request.to_der(), now(), 1, &rng).unwrap();
    let error =
        |request: &Request| verify_response(&response, request, &world().trust()).unwrap_err();
    let other = Request::new(imprint(), [7; 16]);
    assert_eq!(error(&other), TimeStampError::Nonce);
    let other = Request::new(Imprint::of(DigestAlgorithm::Sha256, b"x"), nonce());
    assert_eq!(error(&other), TimeStampError::Imprint);
    let other = Request::new(Imprint::of(DigestAlgorithm::Sha512, DATA), nonce());
    assert_eq!(error(&other), TimeStampError::ImprintAlgorithm);
    assert!(Imprint::new(DigestAlgorithm::Sha512, vec![0; 32]).is_none());
}

#[test]
fn an_authority_refuses_with_a_reason() {
    let (identity, rng) = (world().identity(), SystemRandom::new());
    let authority = Authority::new(&identity, POLICY).unwrap();
    let refused = |request: &[u8]| {
        let response = authority.answer(request, now(), 1, &rng).unwrap();
        let error = read_response(&response).unwrap_err();
        assert_eq!(error.label(), "E_TST_REFUSED");
        assert_eq!(error.indication(), "NO_POE");
        error.to_string()
    };
    let imprint = |algorithm: &[u8]| seq(&[algorithm.to_vec(), tlv(4, &sha256(DATA))]);
    let version = vec![2, 1, 1];
    assert!(refused(b"").contains("badDataFormat"));
    assert!(refused(&seq(&[version.clone(), imprint(SHA1)])).contains("badAlg"));
    assert!(refused(&seq(&[version.clone(), imprint(SHA384)])).contains("badDataFormat"));
    assert!(refused(&seq(&[vec![2, 1, 2], imprint(SHA256)])).contains("badDataFormat"));
    let policy = seq(&[version.clone(), imprint(SHA256), oid(STRANGE)]);
    assert!(refused(&policy).contains("unacceptedPolicy"));
    let extension = seq(&[version.clone(), imprint(SHA256), tlv(0xa0, &[])]);
    assert!(refused(&extension).contains("unacceptedExtension"));
    let false_written = seq(&[version, imprint(SHA256), vec![1, 1, 0]]);
    assert!(refused(&false_written).contains("badDataFormat"));

    let leaf = World::get().identity();
    let error = Authority::new(&leaf, POLICY).unwrap_err();
    assert_eq!(error.label(), "E_CERT_USAGE");
    assert!(Authority::new(&identity, "no policy").is_err());
}

#[test]
fn responses_with_two_meanings_are_refused() {
    let token = stamp(world(), imprint(), NOW);
    let status = |fields: &[Vec<u8>]| seq(fields);
    let read = |parts: &[Vec<u8>]| {
        read_response(&seq(parts)).map(<[u8]>::to_vec).map_err(|error| error.label())
    };
    let granted = status(&[vec![2, 1, 0]]);
    assert_eq!(read(&[granted.clone(), token.clone()]), Ok(token.clone()));
    assert_eq!(read(&[status(&[vec![2, 1, 1]]), token.clone()]), Ok(token.clone()));
    let rejected = status(&[vec![2, 1, 2]]);
    let bits = vec![3, 2, 5, 0x20];
    for (parts, expected) in [
        (vec![granted.clone()], "E_TST_FORMAT"),
        (vec![rejected.clone(), token.clone()], "E_TST_FORMAT"),
        (vec![status(&[vec![2, 1, 0], bits]), token.clone()], "E_TST_FORMAT"),
        (vec![status(&[vec![2, 1, 6]])], "E_TST_FORMAT"),
        (vec![granted, token.clone(), token], "E_TST_FORMAT"),
        (vec![rejected], "E_TST_REFUSED"),
    ] {
        assert_eq!(read(&parts), Err(expected));
    }
    let line = utf8(&format!("no\u{202e}{}", "x".repeat(300)));
    let error = read_response(&seq(&[status(&[vec![2, 1, 2], seq(&[line])])])).unwrap_err();
    let TimeStampError::Refused { text, .. } = error else { panic!("{error}") };
    assert!(text.starts_with("no\u{fffd}x") && text.chars().count() == 200);
}

// Forged tokens ----------------------------------------------------------------------------------

/// The fields of a `TSTInfo` over [`DATA`].
fn fields() -> Vec<Vec<u8>> {
    fields_over(&sha256(DATA))
}

pub(crate) fn fields_over(digest: &[u8]) -> Vec<Vec<u8>> {
    vec![
        vec![2, 1, 1],
        oid(&[0x88, 0x37, 26, 1]),
        seq(&[SHA256.to_vec(), tlv(4, digest)]),
        vec![2, 1, 9],
        tlv(0x18, b"20260701000000Z"),
    ]
}

fn token(statement: &[u8]) -> Container {
    token_in(world(), statement)
}

pub(crate) fn token_in(world: &World, statement: &[u8]) -> Container {
    let mut container = Container::good_in(world, statement);
    container.version = 3;
    container.encapsulated = vec![oid(TST_INFO), tlv(0xa0, &tlv(4, statement))];
    container.set(CONTENT_TYPE, vec![oid(TST_INFO)]);
    container
}

fn good() -> Container {
    token(&seq(&fields()))
}

/// A token over a SHA-256 digest, of 1 July 2026, by an authority of P-256 that may be no good one.
pub(crate) fn forged_by(world: &World, digest: &[u8]) -> Vec<u8> {
    token_in(world, &seq(&fields_over(digest))).signed_by(&world.leaf_key)
}

fn forged(container: &Container) -> &'static str {
    label(&container.signed_by(&world().leaf_key))
}

fn stated(change: impl FnOnce(&mut Vec<Vec<u8>>)) -> &'static str {
    let mut fields = fields();
    change(&mut fields);
    forged(&token(&seq(&fields)))
}

fn changed(change: impl FnOnce(&mut Container)) -> &'static str {
    let mut container = good();
    change(&mut container);
    forged(&container)
}

#[test]
fn statements() {
    assert_eq!(forged(&good()), "good");
    let time = |text: &str| stated(|fields| fields[4] = tlv(0x18, text.as_bytes()));
    assert_eq!(time("20260701000000.25Z"), "good");
    for bad in ["20260701000000.250Z", "20260701000000+0800", "202607010000Z", "20261301000000Z"] {
        assert_eq!(time(bad), "E_TST_FORMAT", "{bad}");
    }
    assert_eq!(time("20310101000000Z"), "E_CERT_EXPIRED");
    assert_eq!(time("20251231235959.999Z"), "E_CERT_NOT_YET_VALID");
    assert_eq!(stated(|fields| fields[4] = tlv(0x17, b"260701000000Z")), "E_TST_FORMAT");
    assert_eq!(stated(|fields| fields[0] = vec![2, 1, 2]), "E_TST_FORMAT");
    let other = |digest: &[u8], value: &[u8]| {
        stated(|fields| fields[2] = seq(&[digest.to_vec(), tlv(4, value)]))
    };
    assert_eq!(other(SHA256, &sha256(b"other")), "E_TST_IMPRINT");
    assert_eq!(other(SHA256, &[0; 31]), "E_TST_FORMAT");
    assert_eq!(other(SM3, &sm3(DATA)), "E_TST_IMPRINT_ALGORITHM");
    assert_eq!(other(SHA1, &[0; 20]), "E_TST_ALGORITHM");
    let with = |field: Vec<u8>| stated(|fields| fields.push(field));
    assert_eq!(with(vec![1, 1, 0xff]), "good"); // ordering
    assert_eq!(with(vec![1, 1, 0]), "E_TST_FORMAT");
    assert_eq!(with(seq(&[vec![2, 1, 1], vec![0x80, 1, 1], vec![0x81, 1, 1]])), "good");
    for bad in [vec![0x80, 1, 0], vec![0x80, 2, 3, 0xe8], vec![0x81, 1, 0x81], vec![2, 1, 0xff]] {
        assert_eq!(with(seq(std::slice::from_ref(&bad))), "E_TST_FORMAT", "{bad:?}");
    }
    assert_eq!(with(tlv(2, &[1; 40])), "E_TST_FORMAT"); // an endless nonce
    assert_eq!(with(tlv(0xa0, &tlv(0xa4, &world().leaf.subject))), "good");
    assert_eq!(with(tlv(0xa0, &tlv(0xa4, &common_name("Other")))), "E_TST_OTHER_CERTIFICATE");
    let extension =
        |critical: &[u8]| tlv(0xa1, &seq(&[oid(STRANGE), critical.to_vec(), tlv(4, b"")]));
    assert_eq!(with(extension(&[])), "good");
    assert_eq!(with(extension(&[1, 1, 0xff])), "E_TST_PROFILE");
    assert_eq!(with(tlv(0x13, b"x")), "E_TST_FORMAT");
}

#[test]
fn containers_of_tokens() {
    assert_eq!(changed(|c| c.version = 1), "E_TST_FORMAT");
    assert_eq!(changed(|c| c.signers = 2), "E_TST_SIGNERS");
    assert_eq!(changed(|c| c.signers = 0), "E_TST_SIGNERS");
    assert_eq!(changed(|c| c.encapsulated.truncate(1)), "E_TST_PROFILE");
    let data = oid(crate::forge::DATA);
    assert_eq!(changed(|c| c.encapsulated[0] = data.clone()), "E_TST_PROFILE");
    assert_eq!(changed(|c| c.set(CONTENT_TYPE, vec![data])), "E_TST_ATTRIBUTE");
    assert_eq!(changed(|c| c.attributes = Some(vec![])), "E_TST_ATTRIBUTE");
    assert_eq!(changed(|c| c.remove(SIGNING_CERT_V2)), "E_TST_ATTRIBUTE");
    assert_eq!(changed(|c| c.remove(MESSAGE_DIGEST)), "E_TST_ATTRIBUTE");
    assert_eq!(changed(|c| c.remove(SIGNING_TIME)), "good");
    assert_eq!(changed(|c| c.add(CAPABILITIES, vec![seq(&[])])), "good");
    assert_eq!(changed(|c| c.add(SIGNING_TIME, vec![seq(&[])])), "E_TST_ATTRIBUTE");
    let many = |count: usize| {
        changed(|c| {
            let held = c.attributes.as_ref().unwrap().len();
            for number in held..count {
                c.add(&[0x2a, 1, number as u8], vec![seq(&[])]);
            }
        })
    };
    assert_eq!(many(limits::ATTRIBUTES_MAX), "good");
    assert_eq!(many(limits::ATTRIBUTES_MAX + 1), "E_TST_ATTRIBUTE");
    let twice = vec![tlv(4, &[0; 32]), tlv(4, &[1; 32])];
    assert_eq!(changed(|c| c.set(MESSAGE_DIGEST, twice)), "E_TST_ATTRIBUTE");
    assert_eq!(changed(|c| c.set(MESSAGE_DIGEST, vec![tlv(4, &[0; 32])])), "E_TST_HASH");
    assert_eq!(changed(|c| c.sorted = false), "E_TST_FORMAT");
    assert_eq!(changed(|c| c.digests = vec![SHA384.to_vec()]), "E_TST_FORMAT");
    assert_eq!(changed(|c| c.digests.push(SHA384.to_vec())), "E_TST_FORMAT");
    assert_eq!(changed(|c| c.digest = SHA1.to_vec()), "E_TST_ALGORITHM");
    assert_eq!(changed(|c| c.signature_algorithm = ECDSA_SHA1.to_vec()), "E_TST_ALGORITHM");
    assert_eq!(changed(|c| c.signature_algorithm = RSA_SHA256.to_vec()), "E_TST_MISMATCH");
    assert_eq!(changed(|c| c.message = Some(b"other".to_vec())), "E_TST_CRYPTO");
    assert_eq!(changed(|c| c.unsigned = tlv(0xa1, &[])), "E_TST_PROFILE");
    assert_eq!(changed(|c| c.revocation = tlv(0xa1, &[])), "E_TST_PROFILE");
    assert_eq!(changed(|c| c.certificates = None), "E_TST_NO_CERTIFICATE");
    assert_eq!(changed(|c| c.certificates.as_mut().unwrap().truncate(1)), "E_CERT_UNTRUSTED");
    let with = |other: Vec<u8>| changed(|c| c.certificates.as_mut().unwrap().insert(0, other));
    let mut old = world().root.clone();
    (old.version, old.extensions) = (None, vec![]);
    assert_eq!(with(old.der(&world().root_key)), "good"); // not readable, not needed
    let mut double = world().leaf.clone();
    double.spki = Key::new().spki();
    double.subject = common_name("S"); // shorter, so it stands before the authority's
    assert_eq!(with(double.der(&world().issuing_key)), "good"); // another of that serial number
    let mut der = good().signed_by(&world().leaf_key);
    der.push(0);
    assert_eq!(label(&der), "E_TST_FORMAT");
    let ber = [&[0x30, 0x80], &der[4..der.len() - 1], &[0, 0]].concat();
    assert_eq!(label(&ber), "E_TST_FORMAT");
    assert_eq!(label(&vec![0x30; 262_145]), "E_TST_TOO_LARGE");
}

/// Both forms of the attribute identify the certificate; SHA-1 in the old one does no more than that.
#[test]
fn signing_certificates() {
    let base = good();
    let leaf = base.certificates.clone().unwrap()[0].clone();
    let changed = |change: &dyn Fn(&mut Container)| {
        let mut container = base.clone();
        change(&mut container);
        forged(&container)
    };
    let sha1 = |bytes: &[u8]| {
        let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, bytes);
        tlv(4, digest.as_ref())
    };
    let (right, wrong) = (ess(&[sha1(&leaf)]), ess(&[sha1(b"other")]));
    let chain = seq(&[seq(&[seq(&[sha1(&leaf)]), seq(&[sha1(b"an authority above")])])]);
    let first_only = |value: Vec<u8>| {
        changed(&|c| {
            c.remove(SIGNING_CERT_V2);
            c.add(SIGNING_CERT_V1, vec![value.clone()]);
        })
    };
    assert_eq!(first_only(right.clone()), "good");
    assert_eq!(first_only(chain), "good");
    assert_eq!(first_only(wrong.clone()), "E_TST_OTHER_CERTIFICATE");
    assert_eq!(first_only(seq(&[seq(&[])])), "E_TST_ATTRIBUTE");
    assert_eq!(first_only(seq(&[seq(&vec![seq(&[sha1(&leaf)]); 7])])), "E_TST_ATTRIBUTE");
    assert_eq!(changed(&|c| c.add(SIGNING_CERT_V1, vec![right.clone()])), "good");
    assert_eq!(
        changed(&|c| c.add(SIGNING_CERT_V1, vec![wrong.clone()])),
        "E_TST_OTHER_CERTIFICATE"
    );
    let second = |value: Vec<u8>| changed(&|c| c.set(SIGNING_CERT_V2, vec![value.clone()]));
    let named = |algorithm: &[u8], digest: &[u8]| ess(&[algorithm.to_vec(), tlv(4, digest)]);
    assert_eq!(second(named(SM3, &sm3(&leaf))), "good");
    assert_eq!(second(named(SHA384, &sha256(&leaf))), "E_TST_OTHER_CERTIFICATE");
    assert_eq!(second(named(SHA1, &[0; 20])), "E_TST_ATTRIBUTE");
    let other_serial = seq(&[seq(&[tlv(0xa4, &world().leaf.issuer)]), vec![2, 1, 1]]);
    assert_eq!(second(ess(&[tlv(4, &sha256(&leaf)), other_serial])), "E_TST_OTHER_CERTIFICATE");
}

#[test]
fn authorities() {
    let judged = |change: &dyn Fn(&mut Spec)| {
        let mut other = of(Key::new(), Key::new(), Key::new());
        change(&mut other.leaf);
        let token = forged_by(&other, &sha256(DATA));
        let result = verify_token(&token, &imprint(), &other.trust());
        let untrusted = verify_token(&token, &imprint(), &world().trust()).unwrap_err();
        let open = ["NO_CERTIFICATE_CHAIN_FOUND", "CHAIN_CONSTRAINTS_FAILURE"];
        assert!(open.contains(&untrusted.indication()));
        result.map_or_else(|error| error.label(), |_| "good")
    };
    assert_eq!(judged(&|_| ()), "good");
    let eku = |critical, list: &'static [&'static [u8]]| {
        judged(&|leaf| leaf.replace(purposes(critical, list)))
    };
    assert_eq!(eku(false, &[TIME_STAMPING]), "E_CERT_USAGE");
    assert_eq!(eku(true, &[TIME_STAMPING, EMAIL]), "E_CERT_USAGE");
    assert_eq!(eku(true, &[EKU_ANY]), "E_CERT_USAGE");
    assert_eq!(judged(&|leaf| leaf.without(EKU)), "E_CERT_USAGE");
    assert_eq!(judged(&|leaf| leaf.replace(key_usage(&[2]))), "E_CERT_USAGE");
    assert_eq!(judged(&|leaf| leaf.replace(basic(None))), "E_CERT_CA_AS_SIGNER");
    assert_eq!(
        judged(&|leaf| leaf.not_before = "260701000001Z".to_owned()),
        "E_CERT_NOT_YET_VALID"
    );
    assert_eq!(judged(&|leaf| leaf.not_after = "260630235959Z".to_owned()), "E_CERT_EXPIRED");

    let error = verify_token(&stamp(world(), imprint(), NOW), &imprint(), &World::get().trust());
    let error = error.unwrap_err();
    assert!(["E_CERT_UNTRUSTED", "E_CERT_SIGNATURE"].contains(&error.label()), "{error}");
    let mut elsewhere = of(Key::new(), Key::new(), Key::new());
    elsewhere.root.subject = common_name("Elsewhere");
    let error = verify_token(&stamp(world(), imprint(), NOW), &imprint(), &elsewhere.trust());
    assert_eq!(error.unwrap_err().indication(), "NO_CERTIFICATE_CHAIN_FOUND");
}

#[test]
fn every_altered_octet_is_seen() {
    let token = stamp(world(), imprint(), NOW);
    for place in 0..token.len() {
        let mut altered = token.clone();
        altered[place] ^= 0x01;
        if let Ok(verified) = verify_token(&altered, &imprint(), &world().trust()) {
            panic!("octet {place} of {}: {verified:?}", token.len());
        }
    }
    for end in (0..token.len()).step_by(7) {
        assert_eq!(label(&token[..end]), "E_TST_FORMAT", "{end}");
    }
}

// A real one -------------------------------------------------------------------------------------

fn suite(name: &str) -> Vec<u8> {
    let shared = env::var_os("KAIBIAO_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let path = shared.join("suites/tsa").join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn sectigo_trust(anchor: &str, algorithms: &str) -> TrustList {
    let pem = String::from_utf8(suite(anchor)).unwrap();
    let json = anchor_json(read_certificates(&pem).unwrap()[0].der(), RULE_SUBJECT);
    let (before, rest) = json.split_once("\"signatures\":[").unwrap();
    let (_, after) = rest.split_once(']').unwrap();
    let json = format!("{before}\"signatures\":[{algorithms}]{after}");
    TrustList::parse(list_json(&[json]).as_bytes()).unwrap()
}

fn sectigo(trust: &TrustList) -> Result<VerifiedTimeStamp, TimeStampError> {
    let response = suite("sectigo-all-zero.tsr");
    let token = read_response(&response)?;
    verify_token(token, &Imprint::sha256(Digest::new([0; 32])), trust)
}

#[test]
fn a_real_stamp_of_sectigo() {
    let wide = r#""rsa-pkcs1-sha384""#;
    for anchor in ["user-trust-ca.pem", "user-trust-ca-aaa.pem"] {
        let verified = sectigo(&sectigo_trust(anchor, wide)).unwrap();
        assert_eq!(verified.gen_time(), at(1_613_490_167_000));
        assert_eq!(verified.policy(), "1.3.6.1.4.1.6449.2.1.1");
        assert_eq!(verified.accuracy_micros(), None);
        assert_eq!(verified.serial()[..4], [0, 0xb2, 0x29, 0x50]);
        assert_eq!(verified.tsa().serial_tail().to_string(), "8D6B");
        assert!(verified.due() > verified.gen_time());
    }
    let request = Request::from_der(&suite("all-zero.tsq")).unwrap();
    let response = suite("sectigo-all-zero.tsr");
    verify_response(&response, &request, &sectigo_trust("user-trust-ca.pem", wide)).unwrap();

    // Only where the trust list names the algorithm.
    let narrow = sectigo(&sectigo_trust("user-trust-ca.pem", r#""rsa-pkcs1-sha256""#));
    assert_eq!(narrow.unwrap_err().label(), "E_CERT_ALGORITHM");
    // Another root of the same house is not its issuer; ours is nobody's.
    let other = sectigo(&sectigo_trust("comodo-aaa.pem", wide)).unwrap_err();
    assert_eq!(other.indication(), "NO_CERTIFICATE_CHAIN_FOUND");
    assert_eq!(sectigo(&world().trust()).unwrap_err().label(), "E_CERT_UNTRUSTED");
    let token = read_response(&response).unwrap();
    let trust = sectigo_trust("user-trust-ca.pem", wide);
    let error = verify_token(token, &imprint(), &trust).unwrap_err();
    assert_eq!(error, TimeStampError::Imprint);
}

// OpenSSL ----------------------------------------------------------------------------------------

fn keys_dev() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../keys-dev").canonicalize().unwrap()
}

fn dev(path: &str) -> String {
    fs::read_to_string(keys_dev().join(path)).unwrap()
}

#[test]
fn openssl_accepts_our_stamps() {
    let root = dev("ca-rsa/root.cert.pem");
    let trust = TrustList::parse(dev("trust.json").as_bytes()).unwrap();
    let (chain, key) = (dev("tsa/tsa.chain.pem"), dev("tsa/tsa.key.pem"));
    let rng = SystemRandom::new();
    let identity = Identity::from_pem(&chain, &key, &rng).unwrap();
    let authority = Authority::new(&identity, POLICY).unwrap();
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("F"), DATA).unwrap();
    fs::write(dir.path().join("root.pem"), &root).unwrap();
    try_run(dir.path(), "ts -query -data F -sha256 -cert -out F.tsq", &[]).unwrap();
    let request = fs::read(dir.path().join("F.tsq")).unwrap();
    let response = authority.answer(&request, clock(), 77, &rng).unwrap();
    fs::write(dir.path().join("F.tsr"), &response).unwrap();
    let by_query = "ts -verify -queryfile F.tsq -in F.tsr -CAfile root.pem";
    try_run(dir.path(), by_query, &[]).unwrap();
    let token = read_response(&response).unwrap();
    fs::write(dir.path().join("F.tst"), token).unwrap();
    let by_data = "ts -verify -data F -in F.tst -token_in -CAfile root.pem";
    try_run(dir.path(), by_data, &[]).unwrap();
    verify_response(&response, &Request::from_der(&request).unwrap(), &trust).unwrap();

    fs::write(dir.path().join("F"), b"other").unwrap();
    try_run(dir.path(), by_data, &[]).unwrap_err();
}

#[test]
fn we_accept_the_stamps_of_openssl() {
    let trust = TrustList::parse(dev("trust.json").as_bytes()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let request = Request::new(imprint(), nonce());
    fs::write(dir.path().join("F.tsq"), request.to_der()).unwrap();
    let config = keys_dev().join("tsa/tsa.cnf");
    let run = std::process::Command::new("openssl")
        .args(["ts", "-reply", "-queryfile", "F.tsq", "-out", "F.tsr", "-config"])
        .arg(config)
        .env("KAIBIAO_TSA", keys_dev().join("tsa"))
        .env("KAIBIAO_TSA_STATE", dir.path())
        .current_dir(dir.path())
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let response = fs::read(dir.path().join("F.tsr")).unwrap();
    let (verified, _) = verify_response(&response, &request, &trust).unwrap();
    assert_eq!(verified.accuracy_micros(), Some(1_000_000));
    assert_eq!(verified.policy(), POLICY);
    assert_eq!(verified.tsa().der(), unpem(&dev("tsa/tsa.cert.pem")));
    let other = Request::new(imprint(), [1; 16]);
    let error = verify_response(&response, &other, &trust).unwrap_err();
    assert_eq!(error, TimeStampError::Nonce);
}
