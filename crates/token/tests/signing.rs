//! Signing with keys on tokens of `SoftHSM`.
//!
//! `SoftHSM` finds its tokens by a variable of the environment, which no running process may change:
//! each test starts itself once more, as a process with the variable set.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use cryptoki::context::Pkcs11;
use cryptoki::object::{Attribute, CertificateType, ObjectClass};
use cryptoki::session::UserType;
use cryptoki::types::AuthPin;
use kaibiao_pki::{
    Certificate, Chain, SignatureAlgorithm, Signer, TrustList, cms, read_certificates,
};
use kaibiao_testkit::{SoftTokens, keys_dev};
use kaibiao_token::{Token, TokenConfig, TokenError, TokenPin, TokenSigner};
use kaibiao_types::UtcMillis;
use ring::rand::SystemRandom;
use tempfile::TempDir;
use zeroize::Zeroizing;

/// The variable by which a test knows that it is the process with the tokens.
const FOLDER: &str = "KAIBIAO_TEST_TOKENS";
const PIN: &str = "123456";
/// Odd bidders have RSA keys, even ones P-256.
const RSA: &str = "bidder-works-12-01";
const OTHER_RSA: &str = "bidder-works-12-03";
const P256: &str = "bidder-works-12-02";
/// Its certificate is for encryption alone.
const ENCRYPTION: &str = "no-sign-usage";

struct Scene {
    dir: TempDir,
    tokens: SoftTokens,
}

/// Runs `test` in a process of its own that sees the token `first`, with the keys of these people;
/// their identifiers are 01, 02 and so on.
fn with_keys(name: &str, people: &[&str], test: impl FnOnce(&Scene)) {
    let dir = tempfile::tempdir().unwrap();
    if let Some(folder) = std::env::var_os(FOLDER) {
        let tokens = SoftTokens::in_folder(Path::new(&folder)).unwrap().unwrap();
        return test(&Scene { dir, tokens });
    }
    let Some(tokens) = SoftTokens::in_folder(dir.path()).unwrap() else { return };
    tokens.add("first", PIN).unwrap();
    for (number, person) in people.iter().enumerate() {
        import(&tokens, person, number + 1);
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", name, "--nocapture"]);
    command.env(FOLDER, dir.path()).env(SoftTokens::VARIABLE, tokens.conf());
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

/// Puts a development key on the token.
fn import(tokens: &SoftTokens, person: &str, number: usize) {
    let mut command = Command::new("softhsm2-util");
    command.args(["--token", "first", "--pin", PIN, "--label", person]);
    command.arg("--import").arg(keys_dev().join(format!("id/{person}.key.pem")));
    command.args(["--id", &format!("{number:02}")]);
    let output = command.env(SoftTokens::VARIABLE, tokens.conf()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn certificates(person: &str) -> Vec<Certificate> {
    let pem = fs::read_to_string(keys_dev().join(format!("id/{person}.chain.pem"))).unwrap();
    read_certificates(&pem).unwrap()
}

fn chain(person: &str) -> Chain {
    Chain::new(certificates(person)).unwrap()
}

impl Scene {
    fn config(&self, label: &str, pin: &str) -> TokenConfig {
        let pin = TokenPin::new(&Zeroizing::new(pin.as_bytes().to_vec())).unwrap();
        let module = self.tokens.module().to_owned();
        TokenConfig { module, label: label.to_owned(), pin }
    }

    fn open(&self, tail: Option<&str>) -> Result<TokenSigner, TokenError> {
        TokenSigner::open(self.config("first", PIN), tail)
    }

    fn open_for(&self, person: &str) -> Result<TokenSigner, TokenError> {
        TokenSigner::open_for(self.config("first", PIN), chain(person))
    }

    /// Puts a certificate on the token `first`; without a number it belongs to no key.
    fn put(&self, certificate: &Certificate, number: Option<u8>) {
        let token = Token::open(self.config("first", PIN), &[]).unwrap();
        let template = [
            Attribute::Class(ObjectClass::CERTIFICATE),
            Attribute::CertificateType(CertificateType::X_509),
            Attribute::Token(true),
            Attribute::Subject(vec![0x30, 0]),
            Attribute::Value(certificate.der().to_vec()),
            Attribute::Id(number.into_iter().collect()),
        ];
        token
            .with(|session| session.create_object(&template).map(drop).map_err(TokenError::Fault))
            .unwrap();
    }
}

fn label(signer: Result<TokenSigner, TokenError>) -> &'static str {
    signer.map(|_| ()).unwrap_err().label()
}

/// The signature of a signer verifies against the development trust list.
fn verified(signer: &TokenSigner) {
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let now = UtcMillis::new(u64::try_from(millis).unwrap()).unwrap();
    let trust = TrustList::parse(&fs::read(keys_dev().join("trust.json")).unwrap()).unwrap();
    let p7s = cms::sign_detached(signer, b"bid", now, &SystemRandom::new()).unwrap();
    let verified = cms::verify_detached(&p7s, b"bid", &trust, now).unwrap();
    assert_eq!(verified.signer().certificate(), signer.certificate());
}

fn sign_by(signer: &TokenSigner, by: SignatureAlgorithm) -> Result<Vec<u8>, &'static str> {
    let at = UtcMillis::new(1_782_864_000_000).unwrap();
    let signed = cms::sign_detached_by(by, signer, b"bid", at, &SystemRandom::new());
    signed.map_err(|error| error.label())
}

#[test]
fn rsa_signs_both_ways() {
    with_keys("rsa_signs_both_ways", &[RSA], |scene| {
        let signer = scene.open_for(RSA).unwrap();
        verified(&signer);
        assert!(sign_by(&signer, SignatureAlgorithm::RsaPssSha256).is_ok());
        for other in [SignatureAlgorithm::EcdsaP256Sha256, SignatureAlgorithm::Sm2Sm3] {
            assert_eq!(sign_by(&signer, other).unwrap_err(), "E_ID_ALGORITHM");
        }
        let shown = format!("{signer:?}");
        assert!(shown.contains("尾号") && !shown.contains(PIN), "{shown}");
    });
}

#[test]
fn p256_signs_with_its_certificate_on_the_token() {
    with_keys("p256_signs_with_its_certificate_on_the_token", &[P256], |scene| {
        // A key alone signs for a chain from elsewhere only.
        assert_eq!(label(scene.open(None)), "E_TOKEN_NO_CERTIFICATE");
        verified(&scene.open_for(P256).unwrap());
        let all = certificates(P256);
        scene.put(&all[0], Some(1));
        let alone = scene.open(None).unwrap();
        assert_eq!(alone.chain().above().len(), 0);
        scene.put(&all[1], None);
        let signer = scene.open(None).unwrap();
        assert_eq!(signer.chain().above().len(), 1);
        verified(&signer);
        assert_eq!(
            sign_by(&signer, SignatureAlgorithm::RsaPkcs1Sha256).unwrap_err(),
            "E_ID_ALGORITHM"
        );
    });
}

#[test]
fn of_several_certificates_one_is_named() {
    with_keys("of_several_certificates_one_is_named", &[RSA, P256, ENCRYPTION], |scene| {
        for (number, person) in (1..).zip([RSA, P256, ENCRYPTION]) {
            scene.put(&certificates(person)[0], Some(number));
        }
        let error = scene.open(None).unwrap_err();
        assert_eq!(error.label(), "E_TOKEN_SEVERAL");
        assert!(matches!(&error, TokenError::CertificateSeveral(tails) if tails.len() == 2));
        let wanted = &certificates(P256)[0];
        let tail = wanted.serial_tail().to_string().to_lowercase();
        let signer = scene.open(Some(&tail)).unwrap();
        assert_eq!(signer.certificate(), wanted);
        // The encryption certificate of a pair is not one of them.
        let tail = certificates(ENCRYPTION)[0].serial_tail().to_string();
        assert_eq!(label(scene.open(Some(&tail))), "E_TOKEN_NO_CERTIFICATE");
        assert_eq!(label(scene.open(Some("ZZZZ"))), "E_TOKEN_NO_CERTIFICATE");
    });
}

#[test]
fn certificates_without_their_keys_do_not_sign() {
    with_keys("certificates_without_their_keys_do_not_sign", &[RSA], |scene| {
        // A certificate of another kind, one under another identifier, and one that is none.
        scene.put(&certificates(P256)[0], Some(1));
        scene.put(&certificates(RSA)[0], Some(2));
        scene.put(&certificates(OTHER_RSA)[0], None);
        assert_eq!(label(scene.open(None)), "E_TOKEN_NO_CERTIFICATE");
        assert_eq!(label(scene.open_for(P256)), "E_TOKEN_NO_KEY");
        // It says that it is beside a key, and there is none.
        assert_eq!(label(scene.open_for(RSA)), "E_TOKEN_NO_KEY");
    });
}

#[test]
fn the_key_of_somebody_else_makes_no_signature() {
    with_keys("the_key_of_somebody_else_makes_no_signature", &[RSA], |scene| {
        let signer = scene.open_for(OTHER_RSA).unwrap();
        let signed = sign_by(&signer, SignatureAlgorithm::RsaPkcs1Sha256);
        assert_eq!(signed.unwrap_err(), "E_ID_SIGNATURE_VALUE");
        // The same where the token itself says that they belong together.
        scene.put(&certificates(OTHER_RSA)[0], Some(1));
        let signer = scene.open(None).unwrap();
        let signed = sign_by(&signer, SignatureAlgorithm::RsaPssSha256);
        assert_eq!(signed.unwrap_err(), "E_ID_SIGNATURE_VALUE");
    });
}

#[test]
fn among_several_keys_the_token_must_say_which() {
    with_keys("among_several_keys_the_token_must_say_which", &[OTHER_RSA, RSA], |scene| {
        assert_eq!(label(scene.open_for(RSA)), "E_TOKEN_KEY_SEVERAL");
        scene.put(&certificates(RSA)[0], Some(2));
        verified(&scene.open_for(RSA).unwrap());
        assert_eq!(label(scene.open_for(P256)), "E_TOKEN_NO_KEY");
    });
}

#[test]
fn sm2_is_not_used_on_tokens() {
    with_keys("sm2_is_not_used_on_tokens", &[P256], |scene| {
        let openssl = |words: &str| {
            let mut command = Command::new("openssl");
            let output = command.args(words.split(' ')).current_dir(scene.dir.path()).output();
            let output = output.unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        };
        openssl("ecparam -name SM2 -genkey -noout -out key");
        openssl("req -x509 -key key -sm3 -sigopt distid:1234567812345678 -subj /O=x -out sm2.pem");
        let pem = fs::read_to_string(scene.dir.path().join("sm2.pem")).unwrap();
        let chain = Chain::from_pem(&pem).unwrap();
        let signer = TokenSigner::open_for(scene.config("first", PIN), chain);
        assert_eq!(label(signer), "E_TOKEN_ALGORITHM");
    });
}

#[test]
fn the_wrong_way_to_a_token_is_named() {
    with_keys("the_wrong_way_to_a_token_is_named", &[RSA], |scene| {
        let open = |config| TokenSigner::open_for(config, chain(RSA));
        assert_eq!(label(open(scene.config("second", PIN))), "E_TOKEN_MISSING");
        let error = open(scene.config("first", "123457")).unwrap_err();
        assert!(error.is_pin());
        assert_eq!(error.label(), "E_TOKEN_PIN");
        for module in ["libsofthsm2.so", "/nonexistent.so"] {
            let module = PathBuf::from(module);
            let config = TokenConfig { module, ..scene.config("first", PIN) };
            assert_eq!(label(open(config)), "E_TOKEN_MODULE");
        }
        // Somebody took the key away after the login.
        let signer = open(scene.config("first", PIN)).unwrap();
        let context = Pkcs11::new(scene.tokens.module()).unwrap();
        let slots = context.get_slots_with_initialized_token().unwrap();
        let slot = slots
            .into_iter()
            .find(|slot| context.get_token_info(*slot).is_ok_and(|info| info.label() == "first"));
        let session = context.open_rw_session(slot.unwrap()).unwrap();
        // All sessions of one process share a login.
        drop(session.login(UserType::User, Some(&AuthPin::from(PIN))));
        let keys = [Attribute::Class(ObjectClass::PRIVATE_KEY)];
        for key in session.find_objects(&keys).unwrap() {
            session.destroy_object(key).unwrap();
        }
        let signed = sign_by(&signer, SignatureAlgorithm::RsaPkcs1Sha256);
        assert_eq!(signed.unwrap_err(), "E_TOKEN_NO_KEY");
    });
}

#[test]
fn of_two_tokens_with_one_label_none_is_taken() {
    with_keys("of_two_tokens_with_one_label_none_is_taken", &[RSA], |scene| {
        scene.tokens.add("first", PIN).unwrap();
        assert_eq!(label(scene.open_for(RSA)), "E_TOKEN_AMBIGUOUS");
    });
}
