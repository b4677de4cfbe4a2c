//! PKCS#12 files as OpenSSL and Java write them, and those that nobody should.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use kaibiao_pki::{Identity, Password, Pkcs12, Pkcs12Error, Signer, cms};
use ring::rand::SystemRandom;
use zeroize::Zeroizing;

use crate::forge::*;
use crate::forge_pkcs12::{self as p12, ber, file, pkcs};
use crate::openssl::{Made, try_run};

const PASSWORD: &str = "投标2026 pass";

fn password(text: &str) -> Password {
    Password::new(Zeroizing::new(text.as_bytes().to_vec())).unwrap()
}

fn open(bytes: &[u8], text: &str) -> Result<Pkcs12, Pkcs12Error> {
    Pkcs12::open(bytes, &password(text))
}

fn identity(bytes: &[u8], tail: Option<&str>) -> Result<Identity, Pkcs12Error> {
    open(bytes, PASSWORD)?.into_identity(tail, &SystemRandom::new())
}

fn refused(bytes: &[u8]) -> &'static str {
    identity(bytes, None).map(|_| ()).unwrap_err().label()
}

/// Whether an identity signs, so that the signature verifies; and has its whole chain.
fn signs(identity: &Identity) {
    let rng = SystemRandom::new();
    let p7s = cms::sign_detached(identity, b"bid", now(), &rng).unwrap();
    let signer = cms::danger_read_signer_unverified(&p7s).unwrap().certificate;
    assert_eq!(&signer, identity.certificate());
    assert_eq!(identity.chain().above().len(), 1, "the issuing CA, and not the root");
}

/// `openssl pkcs12 -export` of a chain and a key.
fn export(chain_pem: &str, key_pem: &str, password: &str, options: &str) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in [("chain", chain_pem), ("key", key_pem), ("password", password)] {
        fs::write(dir.path().join(name), text).unwrap();
    }
    let words = format!(
        "pkcs12 -export -in chain -inkey key -passout file:password -out out -name 投标人 {options}"
    );
    try_run(dir.path(), &words, &[]).unwrap_or_else(|error| panic!("{options}: {error}"));
    fs::read(dir.path().join("out")).unwrap()
}

fn made(options: &str) -> Vec<u8> {
    export(&Made::p256().chain_pem, &Made::p256().key_pem, PASSWORD, options)
}

/// Certificates of the small world of SM2, as PEM.
fn sm2_chain() -> String {
    let world = World::sm2();
    let chain = [world.leaf.der(&world.issuing_key), world.issuing.der(&world.root_key)];
    chain.iter().map(|der| pem("CERTIFICATE", der)).collect()
}

/// Bags of the signer of the world and of its issuing CA.
fn world_bags(id: Option<&[u8]>) -> Vec<Vec<u8>> {
    let world = World::get();
    vec![
        p12::key(&world.leaf_key, id),
        p12::certificate(&world.issuing.der(&world.root_key), None),
        p12::certificate(&world.leaf.der(&world.issuing_key), id),
    ]
}

#[test]
fn all_algorithms_of_openssl() {
    for options in [
        "",
        "-keypbe AES-128-CBC -certpbe AES-192-CBC",
        "-keypbe des-ede3-cbc -certpbe des-ede3-cbc",
        "-keypbe SM4-CBC -certpbe SM4-CBC -macalg sm3",
        "-legacy",
        "-legacy -certpbe PBE-SHA1-RC2-128 -keypbe PBE-SHA1-RC2-40",
        "-legacy -certpbe PBE-SHA1-3DES -keypbe PBE-SHA1-3DES -macalg sha1",
        "-certpbe NONE",
        "-keypbe NONE",
        "-macalg sha224",
        "-macalg sha384",
        "-macalg sha512 -iter 10000",
        "-noiter -nomaciter",
    ] {
        let bytes = made(options);
        assert!(Pkcs12::seems(&bytes), "{options}");
        let identity = identity(&bytes, None).unwrap_or_else(|error| panic!("{options}: {error}"));
        signs(&identity);
        assert_eq!(open(&bytes, "other").unwrap_err().label(), "E_P12_PASSWORD", "{options}");
    }
}

#[test]
fn keys_of_all_kinds() {
    for (chain, key) in [
        (Made::rsa().chain_pem.clone(), Made::rsa().key_pem.clone()),
        (sm2_chain(), World::sm2().leaf_key.pem()),
    ] {
        for options in ["", "-legacy"] {
            signs(&identity(&export(&chain, &key, PASSWORD, options), None).unwrap());
        }
    }
    // SM4 and HMAC with SM3, as GmSSL writes keys; OpenSSL 3.0 does not.
    let world = World::sm2();
    let bags = [
        p12::shrouded_sm4(&world.leaf_key, PASSWORD.as_bytes()),
        p12::certificate(&world.leaf.der(&world.issuing_key), None),
        p12::certificate(&world.issuing.der(&world.root_key), None),
    ];
    signs(&identity(&file(&bags, PASSWORD), None).unwrap());
}

#[test]
fn empty_passwords_have_two_forms() {
    for options in ["", "-legacy"] {
        let bytes = export(&Made::p256().chain_pem, &Made::p256().key_pem, "\n", options);
        assert!(open(&bytes, "").is_ok(), "{options}");
        assert_eq!(open(&bytes, " ").unwrap_err().label(), "E_P12_PASSWORD");
    }
    assert_eq!(open(&made(""), "").unwrap_err().label(), "E_P12_PASSWORD");
}

#[test]
fn files_of_java() {
    let dir = tempfile::tempdir().unwrap();
    let made = Command::new("keytool")
        .args(["-genkeypair", "-keyalg", "EC", "-groupname", "secp256r1", "-alias", "a"])
        .args(["-dname", "O=Java", "-validity", "9", "-storetype", "PKCS12"])
        .args(["-ext", "ku=digitalSignature", "-keystore", "k.p12", "-storepass", "changeit"])
        .current_dir(dir.path())
        .output();
    let Ok(made) = made else {
        eprintln!("SKIPPED: there is no keytool");
        return;
    };
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stdout));
    let bytes = fs::read(dir.path().join("k.p12")).unwrap();
    let identity = open(&bytes, "changeit").unwrap().into_identity(None, &SystemRandom::new());
    let p7s = cms::sign_detached(&identity.unwrap(), b"bid", now(), &SystemRandom::new()).unwrap();
    assert!(cms::danger_read_signer_unverified(&p7s).is_ok());
    assert_eq!(open(&bytes, "changeIt").unwrap_err().label(), "E_P12_PASSWORD");
}

#[test]
fn ber_as_programs_write_it() {
    let plain = file(&world_bags(None), PASSWORD);
    signs(&identity(&plain, None).unwrap());
    // The outer layer, and the safe inside, whose octets the MAC covers.
    signs(&identity(&ber(&plain), None).unwrap());
    let safe = ber(&seq(&[p12::data(&ber(&seq(&world_bags(None))))]));
    let inner = seq(&[p12::integer(3), p12::data(&safe), p12::mac(&safe, PASSWORD, 5, Some(32))]);
    signs(&identity(&ber(&inner), None).unwrap());
    assert!(Pkcs12::seems(&ber(&inner)) && !Pkcs12::seems(&World::get().root_der()));
    // Encrypted content in pieces.
    let encrypted = made("");
    assert!(identity(&ber(&encrypted), None).is_ok());
    let mut longer = ber(&plain);
    longer.push(0);
    assert_eq!(refused(&longer), "E_P12_FORMAT");
    longer.truncate(longer.len() - 3);
    assert_eq!(refused(&longer), "E_P12_FORMAT");
}

#[test]
fn every_octet_counts() {
    let bytes = made("-iter 1");
    for place in 0..bytes.len() {
        for bit in [1, 0x80] {
            let mut bad = bytes.clone();
            bad[place] ^= bit;
            assert!(identity(&bad, None).is_err(), "octet {place} bit {bit:#x}");
        }
    }
    for length in 0..bytes.len() {
        let label = open(&bytes[..length], PASSWORD).unwrap_err().label();
        assert_eq!(label, "E_P12_FORMAT", "cut at {length}");
    }
}

#[test]
fn a_damaged_file_is_told_from_a_wrong_password() {
    let bytes = made("-iter 1");
    // The last octets are the rounds of the MAC, its salt before them, its value before that.
    let mut mac = bytes.clone();
    let place = mac.len() - 20;
    mac[place] ^= 1;
    assert_eq!(refused(&mac), "E_P12_DAMAGED");
    assert_eq!(open(&mac, "other").unwrap_err().label(), "E_P12_PASSWORD");
}

#[test]
fn without_integrity_nothing_is_believed() {
    assert_eq!(refused(&made("-nomac")), "E_P12_NO_MAC");
    let safe = seq(&[p12::data(&seq(&world_bags(None)))]);
    let signed = seq(&[pkcs(&[7, 2]), tlv(0xa0, &p12::octets(&safe))]);
    let signed = seq(&[p12::integer(3), signed]);
    assert_eq!(refused(&signed), "E_P12_UNSUPPORTED");
    // A MAC of another file, and one by a key so short that it would be guessed.
    let other = p12::mac(b"other", PASSWORD, 5, Some(32));
    let swapped = seq(&[p12::integer(3), p12::data(&safe), other]);
    assert_eq!(refused(&swapped), "E_P12_PASSWORD");
    for length in [None, Some(1), Some(19), Some(65)] {
        let mac = p12::mac(&safe, PASSWORD, 5, length);
        let weak = seq(&[p12::integer(3), p12::data(&safe), mac]);
        assert_eq!(refused(&weak), "E_P12_FORMAT", "{length:?}");
    }
}

#[test]
fn bombs_do_not_go_off() {
    let begin = Instant::now();
    let safe = seq(&[p12::data(&seq(&world_bags(None)))]);
    for rounds in [10_000_001, 0x7fff_ffff, u32::MAX] {
        let mac = p12::mac(&safe, PASSWORD, rounds, Some(32));
        let bomb = seq(&[p12::integer(3), p12::data(&safe), mac]);
        assert_eq!(refused(&bomb), "E_P12_ROUNDS");
        // The old MAC, and one whose rounds do not fit a machine word.
        let digest =
            seq(&[seq(&[oid(&[0x2b, 0x0e, 3, 2, 0x1a]), vec![5, 0]]), p12::octets(&[0; 20])]);
        for count in [p12::integer(rounds), tlv(2, &[0x7f; 9])] {
            let mac = seq(&[digest.clone(), p12::octets(b"salt"), count]);
            let bomb = seq(&[p12::integer(3), p12::data(&safe), mac]);
            assert_eq!(refused(&bomb), "E_P12_ROUNDS");
        }
        // In a key, and in the certificates, behind a good MAC.
        let iv = seq(&[oid(&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 42]), p12::octets(&[0; 16])]);
        let derivation = p12::pbkdf2_params(&p12::hmac_sha256(), rounds, None);
        let algorithm = p12::pbes2(&derivation, &iv);
        let bomb = file(&[p12::shrouded(&algorithm, &[0; 32])], PASSWORD);
        assert_eq!(refused(&bomb), "E_P12_ROUNDS");
        let bomb = p12::of_contents(&[p12::encrypted(&algorithm, &[0; 32])], PASSWORD);
        assert_eq!(refused(&bomb), "E_P12_ROUNDS");
        let old = seq(&[p12::octets(b"salt"), p12::integer(rounds)]);
        let old = seq(&[pkcs(&[12, 1, 3]), old]);
        assert_eq!(refused(&file(&[p12::shrouded(&old, &[0; 32])], PASSWORD)), "E_P12_ROUNDS");
    }
    // Nesting, many bags, and sheer size.
    assert_eq!(refused(&[0x30, 0x80].repeat(400_000)), "E_P12_FORMAT");
    let mut deep = seq(&[]);
    for _ in 0..100 {
        deep = seq(&[deep]);
    }
    assert_eq!(refused(&p12::of_contents(&[deep], PASSWORD)), "E_P12_FORMAT");
    let many = vec![p12::certificate(&World::get().root_der(), None); 65];
    assert_eq!(refused(&file(&many, PASSWORD)), "E_P12_TOO_LARGE");
    assert_eq!(refused(&vec![0x30; 1024 * 1024 + 1]), "E_P12_TOO_LARGE");
    assert!(begin.elapsed() < Duration::from_mins(1), "{:?}", begin.elapsed());
}

#[test]
fn forms_that_are_not_read_are_named() {
    let rc4 = seq(&[pkcs(&[12, 1, 1]), seq(&[p12::octets(b"salt"), p12::integer(1)])]);
    let error = identity(&file(&[p12::shrouded(&rc4, &[0; 8])], PASSWORD), None).unwrap_err();
    assert_eq!(error.label(), "E_P12_UNSUPPORTED");
    assert!(error.to_string().contains("1.2.840.113549.1.12.1.1"), "{error}");
    let scrypt = oid(&[0x2b, 6, 1, 4, 1, 0xda, 0x47, 4, 0x0b]);
    let scheme = seq(&[oid(&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 42]), p12::octets(&[0; 16])]);
    let algorithm = p12::pbes2(&seq(&[scrypt, seq(&[])]), &scheme);
    assert_eq!(
        refused(&file(&[p12::shrouded(&algorithm, &[0; 16])], PASSWORD)),
        "E_P12_UNSUPPORTED"
    );
    let enveloped = seq(&[pkcs(&[7, 3]), tlv(0xa0, &seq(&[]))]);
    assert_eq!(refused(&p12::of_contents(&[enveloped], PASSWORD)), "E_P12_UNSUPPORTED");
    let nested = [p12::nested(&world_bags(None))];
    assert_eq!(refused(&file(&nested, PASSWORD)), "E_P12_UNSUPPORTED");
    // An initial vector or a key of another length than the cipher's.
    let short = seq(&[oid(&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 42]), p12::octets(&[0; 8])]);
    for (length, scheme) in [(None, &short), (Some(16), &scheme)] {
        let derivation = p12::pbkdf2_params(&p12::hmac_sha256(), 1, length);
        let algorithm = p12::pbes2(&derivation, scheme);
        let bytes = file(&[p12::shrouded(&algorithm, &[0; 16])], PASSWORD);
        assert_eq!(refused(&bytes), "E_P12_FORMAT");
    }
    let version = seq(&[p12::integer(4), p12::data(&seq(&[]))]);
    assert_eq!(refused(&version), "E_P12_FORMAT");
    assert_eq!(refused(&World::get().root_der()), "E_P12_FORMAT");
    assert_eq!(refused(b"-----BEGIN CERTIFICATE-----"), "E_P12_FORMAT");
}

#[test]
fn a_key_under_another_password_is_said_so() {
    let world = World::sm2();
    let bags = [
        p12::shrouded_sm4(&world.leaf_key, b"other"),
        p12::certificate(&world.leaf.der(&world.issuing_key), None),
    ];
    let error = identity(&file(&bags, PASSWORD), None).unwrap_err();
    assert_eq!(error, Pkcs12Error::OtherPassword("the private key"));
}

#[test]
fn who_signs_is_found_by_the_key() {
    let world = World::get();
    let leaf = world.leaf.der(&world.issuing_key);
    // Order, and identifiers that are absent or lead nowhere, do not matter.
    for id in [None, Some(&b"x"[..])] {
        let mut bags = world_bags(id);
        bags.reverse();
        signs(&identity(&file(&bags, PASSWORD), None).unwrap());
    }
    let mut crossed = world_bags(Some(b"x"));
    crossed[1] = p12::certificate(&world.issuing.der(&world.root_key), Some(b"x"));
    crossed[2] = p12::certificate(&leaf, Some(b"y"));
    signs(&identity(&file(&crossed, PASSWORD), None).unwrap());
    // The same certificate twice is one.
    let mut twice = world_bags(None);
    twice.push(twice[2].clone());
    signs(&identity(&file(&twice, PASSWORD), None).unwrap());
    // A certificate that is not accepted does not matter, unless it is the one of the key.
    let mut strange = world_bags(None);
    strange.push(p12::certificate(&[0x30, 0], None));
    signs(&identity(&file(&strange, PASSWORD), None).unwrap());
    let only = [p12::key(&world.leaf_key, None), p12::certificate(&[0x30, 0], None)];
    assert_eq!(refused(&file(&only, PASSWORD)), "E_CERT_FORMAT");

    let stranger = p12::key(&Key::new(), Some(b"x"));
    let other = [stranger, p12::certificate(&leaf, Some(b"x"))];
    assert_eq!(refused(&file(&other, PASSWORD)), "E_P12_NO_CERTIFICATE");
    assert_eq!(refused(&file(&world_bags(None)[1..], PASSWORD)), "E_P12_NO_KEY");
    assert_eq!(refused(&file(&world_bags(None)[..1], PASSWORD)), "E_P12_NO_CERTIFICATE");
    assert_eq!(refused(&file(&[], PASSWORD)), "E_P12_NO_KEY");
    let ca = [
        p12::key(&world.issuing_key, None),
        p12::certificate(&world.issuing.der(&world.root_key), None),
    ];
    assert_eq!(refused(&file(&ca, PASSWORD)), "E_CERT_CA_AS_SIGNER");
    let broken = [p12::shrouded(&[0x30, 0], &[]), p12::certificate(&leaf, None)];
    assert_eq!(refused(&file(&broken, PASSWORD)), "E_P12_FORMAT");
}

#[test]
fn of_a_pair_the_signing_certificate_is_chosen() {
    let world = World::sm2();
    let encryption_key = Key::sm2("1234567812345678");
    let mut encryption = Spec { spki: encryption_key.spki(), ..world.leaf.clone() };
    encryption.serial = vec![0x01, 0x23, 0xee, 0xee];
    encryption.replace(key_usage(&[2, 3]));
    let of_encryption = [
        p12::key(&encryption_key, Some(b"e")),
        p12::certificate(&encryption.der(&world.issuing_key), Some(b"e")),
        p12::certificate(&world.issuing.der(&world.root_key), None),
    ];
    assert_eq!(refused(&file(&of_encryption, PASSWORD)), "E_CERT_USAGE");
    let mut pair = of_encryption.to_vec();
    pair.push(p12::key(&world.leaf_key, Some(b"s")));
    pair.push(p12::certificate(&world.leaf.der(&world.issuing_key), Some(b"s")));
    let bytes = file(&pair, PASSWORD);
    assert_eq!(open(&bytes, PASSWORD).unwrap().certificates().count(), 3);
    let signer = identity(&bytes, None).unwrap();
    assert_eq!(signer.certificate().serial_tail().to_string(), "3F2A");
    signs(&signer);
    // Nor is it when it is asked for.
    assert!(matches!(identity(&bytes, Some("EEEE")), Err(Pkcs12Error::NotFound(_))));
}

#[test]
fn of_several_certificates_one_is_named() {
    let world = World::get();
    let renewed_key = Key::new();
    let mut renewed = Spec { spki: renewed_key.spki(), ..world.leaf.clone() };
    renewed.serial = vec![0x01, 0x23, 0xab, 0xcd];
    let mut bags = world_bags(None);
    bags.push(p12::key(&renewed_key, None));
    bags.push(p12::certificate(&renewed.der(&world.issuing_key), None));
    let bytes = file(&bags, PASSWORD);
    let error = identity(&bytes, None).unwrap_err();
    assert_eq!(error.label(), "E_P12_SEVERAL");
    assert!(error.to_string().contains("3F2A、ABCD"), "{error}");
    for tail in ["abcd", "3F2A"] {
        let signer = identity(&bytes, Some(tail)).unwrap();
        assert!(signer.certificate().serial_tail().to_string().eq_ignore_ascii_case(tail));
        signs(&signer);
    }
    assert_eq!(identity(&bytes, Some("0000")).unwrap_err().label(), "E_P12_NOT_FOUND");

    // Two certificates of one key: the identifier decides, if there is one.
    renewed.spki = world.leaf_key.spki();
    let renewed = renewed.der(&world.issuing_key);
    let mut bags = world_bags(None);
    bags.push(p12::certificate(&renewed, None));
    assert_eq!(refused(&file(&bags, PASSWORD)), "E_P12_SEVERAL");
    bags[0] = p12::key(&world.leaf_key, Some(b"new"));
    bags[3] = p12::certificate(&renewed, Some(b"new"));
    let signer = identity(&file(&bags, PASSWORD), None).unwrap();
    assert_eq!(signer.certificate().serial_tail().to_string(), "ABCD");
}

#[test]
fn chains_neither_go_in_a_circle_nor_on_for_ever() {
    let world = World::get();
    let (one, two) = (Key::new(), Key::new());
    let ca = |issuer: &str, by: &Key, subject: &str, key: &Key| {
        p12::certificate(&Spec::ca(issuer, subject, key, None).der(by), None)
    };
    let mut leaf = world.leaf.clone().by(&one);
    leaf.issuer = common_name("One");
    let signer = [p12::key(&world.leaf_key, None), p12::certificate(&leaf.der(&one), None)];
    let circle = [ca("Two", &two, "One", &one), ca("One", &one, "Two", &two)];
    let circle = [&signer[..], &circle].concat();
    let identity_of = |bags: &[Vec<u8>]| identity(&file(bags, PASSWORD), None);
    assert_eq!(identity_of(&circle).unwrap().chain().above().len(), 2);
    let name = |number: u8| if number == 0 { "One".to_owned() } else { format!("CA {number}") };
    let tower = |height: u8| {
        let all = (0..height).map(|n| ca(&name(n + 1), &one, &name(n), &one));
        signer.iter().cloned().chain(all).collect::<Vec<_>>()
    };
    assert_eq!(identity_of(&tower(5)).unwrap().chain().above().len(), 5);
    assert_eq!(identity_of(&tower(6)).unwrap_err().label(), "E_ID_CHAIN");
}

#[test]
fn nothing_secret_is_shown() {
    let shown = format!("{:?}", open(&file(&world_bags(None), PASSWORD), PASSWORD).unwrap());
    assert!(shown.contains("尾号 3F2A") && shown.contains("keys: 1"), "{shown}");
    let signer = identity(&file(&world_bags(None), PASSWORD), None).unwrap();
    let signer: &dyn Signer = &signer;
    assert_eq!(signer.certificate().serial_tail().to_string(), "3F2A");
}

// Keys in PEM, encrypted -------------------------------------------------------------------------

fn encrypted_pem(options: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("key"), &Made::p256().key_pem).unwrap();
    fs::write(dir.path().join("password"), PASSWORD).unwrap();
    let words = format!("pkcs8 -topk8 -in key -passout file:password -out out {options}");
    try_run(dir.path(), &words, &[]).unwrap_or_else(|error| panic!("{options}: {error}"));
    fs::read_to_string(dir.path().join("out")).unwrap()
}

fn from_encrypted(key: &str, text: &str) -> Result<Identity, &'static str> {
    let (chain, rng) = (&Made::p256().chain_pem, SystemRandom::new());
    let read = Identity::from_encrypted_pem(chain, key, &password(text), &rng);
    read.map_err(|error| error.label())
}

#[test]
fn encrypted_keys_in_pem() {
    for options in [
        "",
        "-v2 aes-128-cbc -v2prf hmacWithSHA1",
        "-v2 aes-192-cbc -v2prf hmacWithSHA224",
        "-v2 des3 -v2prf hmacWithSHA384",
        "-v2 aes-256-cbc -v2prf hmacWithSHA512",
        "-v2 sm4-cbc",
        "-provider legacy -provider default -v1 PBE-SHA1-3DES",
    ] {
        let key = encrypted_pem(options);
        assert!(kaibiao_pki::is_encrypted_key(&key));
        signs(&from_encrypted(&key, PASSWORD).unwrap_or_else(|label| panic!("{options}: {label}")));
        assert_eq!(from_encrypted(&key, "other").unwrap_err(), "E_ID_KEY_PASSWORD");
        assert_eq!(from_encrypted(&key, "").unwrap_err(), "E_ID_KEY_PASSWORD");
    }
    let scrypt = encrypted_pem("-scrypt");
    assert_eq!(from_encrypted(&scrypt, PASSWORD).unwrap_err(), "E_ID_KEY_ENCRYPTION");
    assert_eq!(from_encrypted(&Made::p256().key_pem, PASSWORD).unwrap_err(), "E_PEM_LABEL");
    assert!(!kaibiao_pki::is_encrypted_key(&Made::p256().key_pem));
    let bomb = pem("ENCRYPTED PRIVATE KEY", &{
        let iv = seq(&[oid(&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 42]), p12::octets(&[0; 16])]);
        let derivation = p12::pbkdf2_params(&p12::hmac_sha256(), u32::MAX, None);
        seq(&[p12::pbes2(&derivation, &iv), p12::octets(&[0; 32])])
    });
    assert_eq!(from_encrypted(&bomb, PASSWORD).unwrap_err(), "E_ID_KEY_ENCRYPTION");
}
