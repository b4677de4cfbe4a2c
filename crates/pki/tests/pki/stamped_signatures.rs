//! Signatures with a time stamp on them (CAdES-T).

use kaibiao_pki::cms::{
    Pin, SignatureError, add_time_stamp, sign_detached, sign_detached_by, time_stamp_imprint,
    verify_detached, verify_pinned,
};
use kaibiao_pki::tsp::Imprint;
use kaibiao_pki::{DigestAlgorithm, SignatureAlgorithm, TimeStampError, TrustList};
use ring::rand::SystemRandom;

use crate::forge::*;
use crate::openssl::{Made, clock};
use crate::time_stamps::{stamp, world as authority};

const BID: &[u8] = br#"{"v":1,"kind":"submit"}"#;
pub(crate) const SIGNATURE_TIME_STAMP: &[u8] =
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 2, 14];

/// The bidder's CA and the authority's.
fn trust(world: &World) -> TrustList {
    let anchors = [world.root_der(), authority().root_der()];
    let anchors = anchors.map(|der| anchor_json(&der, RULE_SUBJECT));
    TrustList::parse(list_json(&anchors).as_bytes()).unwrap()
}

fn signed(world: &World) -> Vec<u8> {
    sign_detached(&world.identity(), BID, now(), &SystemRandom::new()).unwrap()
}

fn token_of(p7s: &[u8]) -> Vec<u8> {
    stamp(authority(), time_stamp_imprint(p7s).unwrap(), NOW + 5_000)
}

pub(crate) fn unsigned(attributes: &[(&[u8], Vec<Vec<u8>>)]) -> Vec<u8> {
    let list: Vec<_> =
        attributes.iter().map(|(kind, values)| seq(&[oid(kind), set(values)])).collect();
    tlv(0xa1, &list.concat())
}

#[test]
fn a_stamped_signature_says_until_when_it_existed() {
    let rsa = World::of(Key::new(), Key::new(), Key::rsa());
    for world in [World::get(), World::sm2(), &rsa] {
        let plain = signed(world);
        let none = verify_detached(&plain, BID, &trust(world), now()).unwrap();
        assert!(none.time_stamp().is_none());
        let token = token_of(&plain);
        let stamped = add_time_stamp(&plain, &token).unwrap();
        let verified = verify_detached(&stamped, BID, &trust(world), now()).unwrap();
        assert_eq!(verified.signer().party(), none.signer().party());
        let found = verified.time_stamp().unwrap();
        assert_eq!(found.gen_time(), at(NOW + 5_000));
        assert_eq!(found.imprint(), &time_stamp_imprint(&plain).unwrap());
        // One is enough: no authority is asked for a second.
        assert!(time_stamp_imprint(&stamped).is_err() && add_time_stamp(&stamped, &token).is_err());
        assert_ne!(verified.cms_sha256(), none.cms_sha256());
        // All that was there is there still, but for the lengths around it.
        let attribute = seq(&[oid(SIGNATURE_TIME_STAMP), set(&[token])]);
        assert!(stamped.ends_with(&tlv(0xa1, &attribute)));
        let before = &stamped[..stamped.len() - tlv(0xa1, &attribute).len()];
        let differ = before.iter().zip(&plain).filter(|(new, old)| new != old).count();
        assert!(before.len() == plain.len() && differ <= 10, "{differ} octets");

        let pin = Pin::Key(world.leaf().spki_sha256());
        verify_pinned(&stamped, BID, pin).unwrap();
        let again = add_time_stamp(&stamped, &token_of(&plain)).unwrap_err();
        assert_eq!(again.label(), "E_SIG_PROFILE");
    }
}

/// N27: a stamp of the content, or of another signature, is none of this one.
#[test]
fn stamps_of_other_data_are_refused() {
    let (world, plain) = (World::get(), signed(World::get()));
    let pin = Pin::Key(world.leaf().spki_sha256());
    let whole = Imprint::of(DigestAlgorithm::Sha256, &plain);
    let of_content = stamp(authority(), Imprint::of(DigestAlgorithm::Sha256, BID), NOW);
    let of_file = stamp(authority(), whole, NOW);
    let of_another = token_of(&signed(world));
    for token in [of_content, of_file, of_another] {
        let error = add_time_stamp(&plain, &token).unwrap_err();
        assert_eq!(error, SignatureError::TimeStamp(TimeStampError::Imprint));
        let mut container = Container::good(BID);
        container.unsigned = unsigned(&[(SIGNATURE_TIME_STAMP, vec![token])]);
        let p7s = container.der();
        let error = verify_detached(&p7s, BID, &trust(world), now()).unwrap_err();
        assert_eq!((error.label(), error.indication()), ("E_TST_IMPRINT", "HASH_FAILURE"));
        let error = verify_pinned(&p7s, BID, pin).unwrap_err();
        assert!(matches!(error, SignatureError::TimeStamp(_) | SignatureError::OtherSigner(_)));
    }
}

#[test]
fn one_stamp_and_nothing_else() {
    let world = World::get();
    let refused = |attributes: Vec<u8>| {
        let mut container = Container::good(BID);
        container.unsigned = attributes;
        verify_detached(&container.der(), BID, &trust(world), now()).unwrap_err().label()
    };
    let token = token_of(&signed(world));
    let one = (SIGNATURE_TIME_STAMP, vec![token.clone()]);
    assert_eq!(refused(unsigned(&[one.clone(), one.clone()])), "E_SIG_PROFILE");
    assert_eq!(refused(unsigned(&[(STRANGE, vec![token.clone()])])), "E_SIG_PROFILE");
    assert_eq!(refused(unsigned(&[one, (STRANGE, vec![])])), "E_SIG_PROFILE");
    let two = vec![token.clone(), token];
    assert_eq!(refused(unsigned(&[(SIGNATURE_TIME_STAMP, two)])), "E_SIG_FORMAT");
    assert_eq!(refused(unsigned(&[(SIGNATURE_TIME_STAMP, vec![])])), "E_SIG_FORMAT");
    assert_eq!(refused(unsigned(&[(SIGNATURE_TIME_STAMP, vec![tlv(4, b"")])])), "E_SIG_FORMAT");
    assert_eq!(refused(unsigned(&[(SIGNATURE_TIME_STAMP, vec![seq(&[])])])), "E_TST_FORMAT");
    assert_eq!(refused(tlv(0xa1, &[])), "E_SIG_FORMAT");
}

/// N28: the bidder's CA is trusted, the authority is not; the verdict stays open.
#[test]
fn an_untrusted_authority_leaves_the_verdict_open() {
    let plain = signed(World::sm2());
    let stamped = add_time_stamp(&plain, &token_of(&plain)).unwrap();
    let mut elsewhere = World::of(Key::new(), Key::new(), Key::new());
    elsewhere.root.subject = common_name("Elsewhere");
    let anchors = [World::sm2().root_der(), elsewhere.root_der()];
    let anchors = anchors.map(|der| anchor_json(&der, RULE_SUBJECT));
    let trust = TrustList::parse(list_json(&anchors).as_bytes()).unwrap();
    verify_detached(&plain, BID, &trust, now()).unwrap();
    let error = verify_detached(&stamped, BID, &trust, now()).unwrap_err();
    assert!(matches!(error, SignatureError::TimeStamp(TimeStampError::Certificate(_))), "{error}");
    // After a receipt nothing of this keeps a bid shut.
    verify_pinned(&stamped, BID, Pin::Key(World::sm2().leaf().spki_sha256())).unwrap();
}

#[test]
fn openssl_reads_a_stamped_signature() {
    for made in [Made::rsa(), Made::p256()] {
        let plain = sign_detached(&made.identity(), BID, clock(), &SystemRandom::new()).unwrap();
        let stamped = add_time_stamp(&plain, &token_of(&plain)).unwrap();
        let told = made.openssl_verifies(&stamped, BID).unwrap();
        assert!(told.contains("CAdES Verification successful"), "{told}");
        made.openssl_verifies(&stamped, b"other").unwrap_err();
    }
}

/// SHA-384 and SHA-512 are for certificates and time stamps.
#[test]
fn documents_are_not_signed_by_wide_digests() {
    let rsa = World::of(Key::new(), Key::new(), Key::rsa());
    for algorithm in [SignatureAlgorithm::RsaPkcs1Sha384, SignatureAlgorithm::RsaPkcs1Sha512] {
        let rng = SystemRandom::new();
        let error = sign_detached_by(algorithm, &rsa.identity(), BID, now(), &rng).unwrap_err();
        assert_eq!(error.label(), "E_ID_ALGORITHM");
    }
    let mut container = Container::good(BID);
    container.signature_algorithm =
        vec![0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 12, 5, 0];
    let error = verify_detached(&container.der(), BID, &trust(World::get()), now()).unwrap_err();
    assert_eq!(error.label(), "E_SIG_ALGORITHM");
}
