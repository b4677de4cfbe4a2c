//! Signing and verifying with the crate's own functions.

use kaibiao_pki::cms::{
    Pin, assemble, danger_read_signer_unverified, sign_detached, signed_attrs, verify_detached,
    verify_pinned,
};
use kaibiao_pki::{Chain, Identity, TrustList};
use kaibiao_types::Digest;
use ring::rand::SystemRandom;

use crate::forge::*;
use crate::openssl::{self, Made};

const CONTENT: &[u8] = b"the bid manifest";

fn identity() -> Identity {
    let world = World::get();
    let chain = pem("CERTIFICATE", &world.leaf.der(&world.issuing_key))
        + &pem("CERTIFICATE", &world.issuing.der(&world.root_key));
    Identity::from_pem(&chain, &world.leaf_key.pem(), &SystemRandom::new()).unwrap()
}

#[test]
fn what_is_signed_is_verified() {
    let (identity, trust) = (identity(), World::get().trust());
    let cms = sign_detached(&identity, CONTENT, at(NOW + 999), &SystemRandom::new()).unwrap();
    let verified = verify_detached(&cms, CONTENT, &trust, now()).unwrap();
    assert_eq!(verified.signing_time(), now()); // whole seconds
    assert_eq!(verified.cms_sha256().bytes().as_slice(), sha256(&cms));
    assert_eq!(verified.signer().certificate(), identity.certificate());
    assert_eq!(verified.signer().party().code.as_str(), code());
    let error = verify_detached(&cms, b"the bid manifesT", &trust, now()).unwrap_err();
    assert_eq!((error.label(), error.indication()), ("E_SIG_HASH", "HASH_FAILURE"));
}

#[test]
fn the_time_of_judgement_is_not_the_claimed_time() {
    let (identity, trust) = (identity(), World::get().trust());
    let late = at(2_000_000_000_000);
    let cms = sign_detached(&identity, CONTENT, late, &SystemRandom::new()).unwrap();
    assert_eq!(verify_detached(&cms, CONTENT, &trust, now()).unwrap().signing_time(), late);
    let error = verify_detached(&cms, CONTENT, &trust, late).unwrap_err();
    assert_eq!(error.label(), "E_CERT_EXPIRED");
}

#[test]
fn two_steps_with_a_key_elsewhere() {
    let world = World::get();
    let identity = identity();
    let attributes = signed_attrs(identity.certificate(), CONTENT, now()).unwrap();
    let value = world.leaf_key.sign(attributes.to_sign());
    let cms = assemble(&attributes, identity.chain(), &value).unwrap();
    verify_detached(&cms, CONTENT, &world.trust(), now()).unwrap();

    let label =
        |chain: &Chain, value: &[u8]| assemble(&attributes, chain, value).unwrap_err().label();
    let other = world.leaf_key.sign(b"other bytes");
    assert_eq!(label(identity.chain(), &other), "E_ID_SIGNATURE_VALUE");
    assert_eq!(label(identity.chain(), &[]), "E_ID_SIGNATURE_VALUE");
    assert_eq!(
        label(identity.chain(), &Key::new().sign(attributes.to_sign())),
        "E_ID_SIGNATURE_VALUE"
    );
    let mut reissued = world.leaf.clone();
    reissued.serial = vec![9];
    let reissued = Chain::new(vec![reissued.certificate(&world.issuing_key)]).unwrap();
    assert_eq!(label(&reissued, &value), "E_ID_SIGNATURE_VALUE");
    let never = signed_attrs(identity.certificate(), CONTENT, at(1 << 52));
    assert_eq!(never.unwrap_err().label(), "E_ID_TIME");
}

#[test]
fn pinned_signers() {
    let identity = identity();
    let cms = sign_detached(&identity, CONTENT, now(), &SystemRandom::new()).unwrap();
    let certificate = identity.certificate();
    for pin in [Pin::Certificate(certificate.sha256()), Pin::Key(certificate.spki_sha256())] {
        let intact = verify_pinned(&cms, CONTENT, pin).unwrap();
        assert_eq!(intact.certificate(), certificate);
        assert_eq!(intact.signing_time(), now());
        assert_eq!(intact.cms_sha256().bytes().as_slice(), sha256(&cms));
        assert_eq!(verify_pinned(&cms, b"x", pin).unwrap_err().label(), "E_SIG_HASH");
    }
    for pin in [
        Pin::Certificate(certificate.spki_sha256()),
        Pin::Key(certificate.sha256()),
        Pin::Key(Digest::ZERO),
        Pin::Key(World::get().issuing().spki_sha256()),
    ] {
        let error = verify_pinned(&cms, CONTENT, pin).unwrap_err();
        assert_eq!(
            (error.label(), error.indication()),
            ("E_SIG_OTHER_SIGNER", "SIG_CONSTRAINTS_FAILURE")
        );
    }
    let mut forged = Container::good(CONTENT);
    forged.signature = Some(Key::new().sign(b"x"));
    let pin = Pin::Key(certificate.spki_sha256());
    assert_eq!(verify_pinned(&forged.der(), CONTENT, pin).unwrap_err().label(), "E_SIG_CRYPTO");
}

#[test]
fn a_pinned_signature_outlives_its_certificate() {
    let world = World::get();
    let mut leaf = world.leaf.clone();
    leaf.not_after = "260101000001Z".to_owned();
    let leaf = leaf.der(&world.issuing_key);
    let mut container = Container::good(CONTENT);
    container.set(SIGNING_CERT_V2, vec![ess(&[tlv(4, &sha256(&leaf))])]);
    container.certificates = Some(vec![leaf]);
    let cms = container.der();
    let key = world.leaf().spki_sha256();
    verify_pinned(&cms, CONTENT, Pin::Key(key)).unwrap();
    verify_detached(&cms, CONTENT, &world.trust(), now()).unwrap_err();
}

#[test]
fn reading_without_verifying() {
    let world = World::get();
    let mut container = Container::good(CONTENT);
    container.signature = Some(vec![]);
    let signer = danger_read_signer_unverified(&container.der()).unwrap();
    assert_eq!(signer.certificate.spki_sha256(), world.leaf().spki_sha256());
    assert_eq!(signer.signing_time, now());
    assert_eq!(danger_read_signer_unverified(b"").unwrap_err().label(), "E_SIG_FORMAT");
}

#[test]
fn rsa_signatures_repeat_and_ecdsa_signatures_do_not() {
    let rng = SystemRandom::new();
    for (made, same) in [(Made::rsa(), true), (Made::p256(), false)] {
        let identity = made.identity();
        let at = openssl::clock();
        let one = sign_detached(&identity, CONTENT, at, &rng).unwrap();
        let two = sign_detached(&identity, CONTENT, at, &rng).unwrap();
        assert_eq!(one == two, same);
    }
}

#[test]
fn an_algorithm_the_list_does_not_allow_for_signatures() {
    // A P-256 signer under an RSA CA: the path is RSA throughout, the signature is not.
    let root_key = Key::rsa();
    let leaf_key = Key::new();
    let root = Spec::ca("Root", "Root", &root_key, None).by(&root_key);
    let leaf = Spec { issuer: root.subject.clone(), ..Spec::leaf(&leaf_key) }.by(&root_key);
    let chain = pem("CERTIFICATE", &leaf.der(&root_key));
    let identity = Identity::from_pem(&chain, &leaf_key.pem(), &SystemRandom::new()).unwrap();
    let cms = sign_detached(&identity, CONTENT, now(), &SystemRandom::new()).unwrap();
    let both = list_json(&[anchor_json(&root.der(&root_key), RULE_SUBJECT)]);
    let rsa_only = both.replace(r#","ecdsa-p256-sha256""#, "");
    let verify = |json: &str| {
        let trust = TrustList::parse(json.as_bytes()).unwrap();
        verify_detached(&cms, CONTENT, &trust, now()).map(|_| ()).map_err(|error| error.label())
    };
    assert_eq!(verify(&both), Ok(()));
    assert_eq!(verify(&rsa_only), Err("E_CERT_ALGORITHM"));
}
