//! Signatures by SM2 with SM3 and by RSASSA-PSS: ours, those of OpenSSL and of foreign suites, and what
//! must be refused.

use std::env;
use std::fs;
use std::path::PathBuf;

use kaibiao_pki::cms::{self, SignatureError};
use kaibiao_pki::{
    CertError, Certificate, FullPaths, KeyAlgorithm, PathValidator, Purposes, SignError,
    SignatureAlgorithm, TrustList, Usage, read_certificates, verify_chain,
};
use ring::rand::SystemRandom;

use crate::forge::*;
use crate::openssl;
use crate::peers::changed;

const BID: &[u8] = br#"{"v":1,"kind":"submit"}"#;

fn verify(p7s: &[u8], world: &World) -> Result<SignatureAlgorithm, SignatureError> {
    let verified = cms::verify_detached(p7s, BID, &world.trust(), now())?;
    assert_eq!(verified.signer().party().code.as_str(), code());
    Ok(verified.signer().certificate().key_algorithm().signature())
}

fn refused(container: &Container) -> SignatureError {
    let p7s = container.signed_by(&World::sm2().leaf_key);
    verify(&p7s, World::sm2()).unwrap_err()
}

// SM2 --------------------------------------------------------------------------------------------

#[test]
fn a_signature_by_sm2_verifies_here_and_with_openssl() {
    let world = World::sm2();
    let rng = SystemRandom::new();
    let p7s = cms::sign_detached(&world.identity(), BID, now(), &rng).unwrap();
    assert_eq!(verify(&p7s, world), Ok(SignatureAlgorithm::Sm2Sm3));
    assert_eq!(world.leaf().key_algorithm(), KeyAlgorithm::Sm2);

    let cas = [world.issuing.der(&world.root_key), world.root_der()];
    let cas = cas.map(|der| pem("CERTIFICATE", &der));
    let openssl = |cas: &[String], p7s: &[u8], content: &[u8], millis: u64| {
        openssl::verify_sm2(cas, p7s, content, at(millis))
    };
    openssl(&cas, &p7s, BID, NOW).unwrap();
    openssl(&cas, &changed(&p7s, 1), BID, NOW).unwrap_err();
    let time = p7s.windows(13).position(|window| window == b"260701000000Z").unwrap();
    openssl(&cas, &changed(&p7s, p7s.len() - time - 11), BID, NOW).unwrap_err();
    openssl(&cas, &p7s, b"other", NOW).unwrap_err();
    openssl(&cas, &p7s, BID, NOW + 10 * 365 * 86_400_000).unwrap_err();
    // Links: others of the same names.
    let other = World::of(key(), key(), key());
    let others = [other.issuing.der(&other.root_key), other.root_der()];
    let [issuing, root] = others.map(|der| pem("CERTIFICATE", &der));
    openssl(&[cas[0].clone(), root], &p7s, BID, NOW).unwrap_err();
    openssl(&[issuing, cas[1].clone()], &p7s, BID, NOW).unwrap_err();
    openssl(&cas[1..], &p7s, BID, NOW).unwrap_err();
}

fn key() -> Key {
    Key::sm2("1234567812345678")
}

#[test]
fn the_forged_container_is_good_before_it_is_changed() {
    let good = Container::good_sm2(BID).signed_by(&World::sm2().leaf_key);
    assert_eq!(verify(&good, World::sm2()), Ok(SignatureAlgorithm::Sm2Sm3));
    // The digest of the certificate may be the default one.
    let mut container = Container::good_sm2(BID);
    let leaf = World::sm2().leaf.der(&World::sm2().issuing_key);
    container.set(SIGNING_CERT_V2, vec![ess(&[tlv(4, &sha256(&leaf))])]);
    let p7s = container.signed_by(&World::sm2().leaf_key);
    assert_eq!(verify(&p7s, World::sm2()), Ok(SignatureAlgorithm::Sm2Sm3));
}

/// N14: digest, signature algorithm and key say different things.
#[test]
fn what_does_not_go_together_is_refused() {
    let mismatch = |container: &Container| {
        let error = refused(container);
        assert_eq!(error.indication(), "FORMAT_FAILURE", "{error}");
        error.label()
    };
    let mut sha_beside_sm2 = Container::good_sm2(BID);
    sha_beside_sm2.digests = vec![SHA256.to_vec()];
    sha_beside_sm2.digest = SHA256.to_vec();
    sha_beside_sm2.set(MESSAGE_DIGEST, vec![tlv(4, &sha256(BID))]);
    assert_eq!(mismatch(&sha_beside_sm2), "E_SIG_MISMATCH");

    let mut ecdsa = Container::good_sm2(BID);
    ecdsa.signature_algorithm = ECDSA_SHA256.to_vec();
    assert_eq!(mismatch(&ecdsa), "E_SIG_MISMATCH");

    let mut rsa = Container::good_sm2(BID);
    rsa.signature_algorithm = RSA_SHA256.to_vec();
    assert_eq!(mismatch(&rsa), "E_SIG_MISMATCH");

    let mut announced = Container::good_sm2(BID);
    announced.digests = vec![SHA256.to_vec()];
    assert_eq!(mismatch(&announced), "E_SIG_FORMAT");

    let mut both = Container::good_sm2(BID);
    both.digests = vec![SHA256.to_vec(), SM3.to_vec()];
    assert_eq!(mismatch(&both), "E_SIG_FORMAT");

    // SM3 with a P-256 key.
    let mut sm3_beside_ecdsa = Container::good(BID);
    sm3_beside_ecdsa.digests = vec![SM3.to_vec()];
    sm3_beside_ecdsa.digest = SM3.to_vec();
    sm3_beside_ecdsa.set(MESSAGE_DIGEST, vec![tlv(4, &sm3(BID))]);
    let error = verify(&sm3_beside_ecdsa.der(), World::get()).unwrap_err();
    assert_eq!(error.label(), "E_SIG_MISMATCH");
    let mut sm2_beside_p256 = Container::good(BID);
    sm2_beside_p256.signature_algorithm = SM2_SM3.to_vec();
    let error = verify(&sm2_beside_p256.der(), World::get()).unwrap_err();
    assert_eq!(error.label(), "E_SIG_MISMATCH");
}

/// N11: without the digest Z of the user id, or with the empty one.
#[test]
fn another_user_id_is_refused() {
    for id in ["", "1234567812345679", "ALICE123@YAHOO.COM"] {
        let key = Key::sm2(id);
        let world = World::of(Key::sm2("1234567812345678"), Key::sm2("1234567812345678"), key);
        let identity = world.identity();
        let attributes = cms::signed_attrs(identity.certificate(), BID, now()).unwrap();
        let value = world.leaf_key.sign(attributes.to_sign());
        let error = cms::assemble(&attributes, identity.chain(), &value).unwrap_err();
        assert!(matches!(error, SignError::SignatureValue(_)), "{id}: {error}");
        // In a chain: the issuing CA signs the certificate under the other id.
        let standard = || Key::sm2("1234567812345678");
        let world = World::of(standard(), Key::sm2(id), standard());
        let error =
            verify_chain(&world.leaf(), &[world.issuing()], &world.trust(), now(), Usage::Sign);
        assert!(matches!(error, Err(CertError::Signature(_))), "{id}: {error:?}");
    }
}

/// N03, N04, N06 to N09 for SM2.
#[test]
fn an_altered_container_is_refused() {
    let label = |change: &dyn Fn(&mut Container)| {
        let mut container = Container::good_sm2(BID);
        change(&mut container);
        refused(&container).label()
    };
    let leaf = || World::sm2().leaf.der(&World::sm2().issuing_key);
    let bare = |c: &mut Container| {
        c.attributes = None;
        c.message = Some(BID.to_vec());
    };
    assert_eq!(label(&bare), "E_SIG_ATTRIBUTE");
    assert_eq!(label(&|c| c.remove(MESSAGE_DIGEST)), "E_SIG_ATTRIBUTE");
    assert_eq!(label(&|c| c.add(MESSAGE_DIGEST, vec![tlv(4, &sm3(BID))])), "E_SIG_ATTRIBUTE");
    assert_eq!(label(&|c| c.set(MESSAGE_DIGEST, vec![tlv(4, &sha256(BID))])), "E_SIG_HASH");
    assert_eq!(label(&|c| c.signers = 2), "E_SIG_SIGNERS");
    assert_eq!(
        label(&|c| c.set(SIGNING_CERT_V2, vec![ess(&[SM3.to_vec(), tlv(4, &sha256(&leaf()))])])),
        "E_SIG_OTHER_CERTIFICATE"
    );
    assert_eq!(
        label(&|c| c.set(SIGNING_CERT_V2, vec![ess(&[tlv(4, &sm3(&leaf()))])])),
        "E_SIG_OTHER_CERTIFICATE"
    );
    // The default must not be written out (DER), and no third digest is known.
    for named in [SHA256, SHA384] {
        let value = vec![ess(&[named.to_vec(), tlv(4, &sha256(&leaf()))])];
        assert_eq!(label(&|c| c.set(SIGNING_CERT_V2, value.clone())), "E_SIG_ATTRIBUTE");
    }
    let mut altered = Container::good_sm2(BID);
    altered.signature = Some(World::sm2().leaf_key.sign(b"something else"));
    assert_eq!(refused(&altered).indication(), "SIG_CRYPTO_FAILURE");
    let good = Container::good_sm2(BID).signed_by(&World::sm2().leaf_key);
    for place in (0..good.len()).step_by(7) {
        let mut bad = good.clone();
        bad[place] ^= 0x10;
        assert!(verify(&bad, World::sm2()).is_err(), "octet {place}");
    }
}

/// N12: of a pair of certificates the one for encryption must not sign.
#[test]
fn the_encryption_certificate_of_a_pair_does_not_sign() {
    let key = || Key::sm2("1234567812345678");
    for bits in [&[2_u8, 3, 4][..], &[2], &[4]] {
        let mut world = World::of(key(), key(), key());
        world.leaf.replace(key_usage(bits));
        let p7s = cms::sign_detached(&world.identity(), BID, now(), &SystemRandom::new()).unwrap();
        let error = verify(&p7s, &world).unwrap_err();
        assert_eq!(error.label(), "E_CERT_USAGE");
        assert_eq!(error.indication(), "CHAIN_CONSTRAINTS_FAILURE");
    }
}

#[test]
fn a_list_that_does_not_name_sm2_does_not_accept_it() {
    let world = World::sm2();
    let p7s = cms::sign_detached(&world.identity(), BID, now(), &SystemRandom::new()).unwrap();
    let list = list_json(&[anchor_json(&world.root_der(), RULE_SUBJECT)]);
    let without = list.replace(r#","sm2-sm3""#, "");
    assert_ne!(list, without);
    let trust = TrustList::parse(without.as_bytes()).unwrap();
    let error = cms::verify_detached(&p7s, BID, &trust, now()).unwrap_err();
    assert_eq!(error.label(), "E_CERT_ALGORITHM");
}

/// Tokens give the two numbers without any encoding (GM/T 0016); what is written is DER.
#[test]
fn the_raw_value_of_a_token_is_taken() {
    for world in [World::sm2(), World::get()] {
        let identity = world.identity();
        let attributes = cms::signed_attrs(identity.certificate(), BID, now()).unwrap();
        let value = world.leaf_key.sign(attributes.to_sign());
        let raw = raw_of(&value);
        let p7s = cms::assemble(&attributes, identity.chain(), &raw).unwrap();
        assert_eq!(p7s, cms::assemble(&attributes, identity.chain(), &value).unwrap());
        for bad in [&raw[..63], &[raw.as_slice(), &[0]].concat(), &[0; 64], &[0xff; 64]] {
            let error = cms::assemble(&attributes, identity.chain(), bad).unwrap_err();
            assert!(matches!(error, SignError::SignatureValue(_)));
        }
        let swapped = [&raw[32..], &raw[..32]].concat();
        assert!(cms::assemble(&attributes, identity.chain(), &swapped).is_err());
    }
}

fn raw_of(der: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 2;
    for _ in 0..2 {
        let len = usize::from(der[at + 1]);
        let number = &der[at + 2..at + 2 + len];
        let zeros = number.iter().take_while(|octet| **octet == 0).count();
        out.extend(vec![0; 32 - (len - zeros)]);
        out.extend(&number[zeros..]);
        at += 2 + len;
    }
    out
}

// The suite of Tongsuo and OpenSSL -----------------------------------------------------------------

const IN_2025: u64 = 1_750_000_000_000;

fn suite() -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let shared = env::var_os("KAIBIAO_SHARED").map_or(root.join("../shared"), PathBuf::from);
    shared.join("suites/sm2")
}

fn certificates(name: &str) -> Vec<Certificate> {
    read_certificates(&fs::read_to_string(suite().join(name)).unwrap()).unwrap()
}

/// The path from a certificate of the suite over the CAs of a file, of which those that can be read
/// and the last one of them is trusted.
fn path(leaf: &str, chain: &str) -> Result<(), CertError> {
    let text = fs::read_to_string(suite().join(chain)).unwrap();
    let blocks = text.split_inclusive("-----END CERTIFICATE-----");
    let mut pool: Vec<_> =
        blocks.filter_map(|block| read_certificates(block).ok()).flatten().collect();
    let trust = trust(pool.pop().unwrap().der(), RULE_SUBJECT);
    let leaf = &certificates(leaf)[0];
    FullPaths::default().find(leaf, &pool, &trust, at(IN_2025), &Purposes::ANY).map(drop)
}

#[test]
fn chains_of_foreign_tools() {
    if !suite().is_dir() {
        assert_ne!(env::var("CI").as_deref(), Ok("true"), "CI has the suites");
        eprintln!("SKIPPED: {} is not there", suite().display());
        return;
    }
    assert_eq!(path("sm2-leaf.crt", "sm2-chain-ca.crt"), Ok(()));
    // The root of this set has the serial number 0, which matters only below a trust anchor.
    for good in ["client_sign", "client_enc", "server_sign", "server_enc"] {
        assert_eq!(path(&format!("dual/{good}.crt"), "dual/chain-ca.crt"), Ok(()), "{good}");
        let late = path(&format!("dual/{good}_expire.crt"), "dual/chain-ca.crt");
        assert!(matches!(late, Err(CertError::Expired { .. })), "{good}: {late:?}");
    }
    let other = path("dual/server_sign2.crt", "dual/chain-ca.crt");
    assert!(matches!(other, Err(CertError::Untrusted(_))), "{other:?}");
    assert_eq!(path("sm2-cert.pem", "sm2-root-cert.pem"), Ok(()));
    // Signed without the digest Z of the user id.
    let root = certificates("sm2-noza-root-cert.pem").remove(0);
    let leaf = certificates("sm2-noza-cert.pem").remove(0);
    let trust = trust(root.der(), RULE_SUBJECT);
    let found = verify_chain(&leaf, &[], &trust, at(IN_2025), Usage::Sign);
    assert!(matches!(found, Err(CertError::Signature(_))), "{found:?}");
}

// RSASSA-PSS -----------------------------------------------------------------------------------

#[test]
fn a_signature_by_pss_verifies_here_and_with_openssl() {
    let world = World::of(Key::new(), Key::new(), Key::rsa());
    let rng = SystemRandom::new();
    let by = SignatureAlgorithm::RsaPssSha256;
    let p7s = cms::sign_detached_by(by, &world.identity(), BID, now(), &rng).unwrap();
    assert!(cms::verify_detached(&p7s, BID, &world.trust(), now()).is_ok());
    let root = pem("CERTIFICATE", &world.root_der());
    openssl::verify(&root, "", &p7s, BID, Some(now())).unwrap();
    assert!(openssl::verify(&root, "", &p7s, b"other", Some(now())).is_err());

    // Not by a list that does not name it, though it names the other form of RSA.
    let list = list_json(&[anchor_json(&world.root_der(), RULE_SUBJECT)]);
    let trust = TrustList::parse(list.replace(r#","rsa-pss-sha256""#, "").as_bytes()).unwrap();
    let error = cms::verify_detached(&p7s, BID, &trust, now()).unwrap_err();
    assert_eq!(error.label(), "E_CERT_ALGORITHM");
    // One form does not pass for the other.
    let attributes = cms::signed_attrs(&world.leaf(), BID, now()).unwrap();
    let value = signature_of_rsa(&p7s);
    let error = cms::assemble(&attributes, world.identity().chain(), &value).unwrap_err();
    assert!(matches!(error, SignError::SignatureValue(_)));
}

fn signature_of_rsa(p7s: &[u8]) -> Vec<u8> {
    p7s[p7s.len() - 256..].to_vec()
}

#[test]
fn only_the_parameters_of_the_profile() {
    let world = World::of(Key::new(), Key::new(), Key::rsa());
    let by = SignatureAlgorithm::RsaPssSha256;
    let rng = SystemRandom::new();
    let p7s = cms::sign_detached_by(by, &world.identity(), BID, now(), &rng).unwrap();
    let salt = [0xa2, 3, 2, 1, 32];
    let place = p7s.windows(5).rposition(|window| window == salt).unwrap();
    for other in [20, 31, 33, 0] {
        let mut bad = p7s.clone();
        bad[place + 4] = other;
        let error = cms::verify_detached(&bad, BID, &world.trust(), now()).unwrap_err();
        assert_eq!(error.label(), "E_SIG_ALGORITHM", "salt of {other}");
    }
    // Without parameters: SHA-1.
    let mut container = Container::good(BID);
    container.signature_algorithm = RSA_PSS.to_vec();
    let error = verify(&container.der(), World::get()).unwrap_err();
    assert_eq!(error.label(), "E_SIG_ALGORITHM");
    // A key that signs otherwise is told before anything is signed.
    for (world, by) in [
        (World::get(), SignatureAlgorithm::RsaPssSha256),
        (World::get(), SignatureAlgorithm::Sm2Sm3),
        (World::sm2(), SignatureAlgorithm::EcdsaP256Sha256),
    ] {
        let error = cms::sign_detached_by(by, &world.identity(), BID, now(), &rng).unwrap_err();
        assert_eq!(error.label(), "E_ID_ALGORITHM");
    }
}
