//! One certificate: what is read, and what is refused before any path is looked for.

use kaibiao_pki::{Certificate, KeyAlgorithm, Usage, limits, read_certificates, verify_chain};

use crate::forge::*;
use crate::openssl;

/// The label of the refusal of the leaf changed by `change`.
fn refused(change: impl FnOnce(&mut Spec)) -> &'static str {
    let world = World::get();
    let mut spec = world.leaf.clone();
    change(&mut spec);
    Certificate::from_der(&spec.der(&world.issuing_key)).unwrap_err().label()
}

#[test]
fn what_a_certificate_says() {
    let world = World::get();
    let der = world.leaf.der(&world.issuing_key);
    let leaf = Certificate::from_der(&der).unwrap();
    assert_eq!(leaf.der(), der);
    assert_eq!(leaf.sha256().bytes().as_slice(), sha256(&der));
    assert_eq!(leaf.spki_sha256().bytes().as_slice(), sha256(&world.leaf.spki));
    assert_eq!(leaf.display_name(), "甲建设有限公司");
    assert_eq!(leaf.serial_tail().to_string(), "3F2A");
    assert_eq!(leaf.not_before().rfc3339(), "2026-01-01T00:00:00.000Z");
    assert_eq!(leaf.not_after().rfc3339(), "2030-12-31T23:59:59.000Z");
    assert_eq!(leaf.key_algorithm(), KeyAlgorithm::EcP256);
    assert_eq!(leaf.key_usage().unwrap(), ["digitalSignature", "contentCommitment"]);
    assert_eq!(leaf.extended_key_usage().unwrap(), ["1.3.6.1.5.5.7.3.36"]);
    assert!(!leaf.is_ca() && world.issuing().is_ca());
    assert_eq!(world.issuing().display_name(), "Issuing");
    assert_eq!(format!("{leaf:?}"), "Certificate(甲建设有限公司, 尾号 3F2A)");
    let mut small = world.leaf.clone();
    small.serial = vec![5];
    assert_eq!(small.certificate(&world.issuing_key).serial_tail().to_string(), "0005");
}

#[test]
fn names_cannot_disturb_a_screen() {
    let world = World::get();
    let mut spec = world.leaf.clone();
    spec.subject = name(&[(O, utf8("a\u{202e}b\u{1b}[2J"))]);
    let shown = spec.certificate(&world.issuing_key).display_name();
    assert_eq!(shown, "a\u{fffd}b\u{fffd}[2J");
}

#[test]
fn faults_of_the_structure() {
    assert_eq!(refused(|c| c.version = None), "E_CERT_VERSION");
    assert_eq!(refused(|c| c.version = Some(0)), "E_CERT_VERSION");
    assert_eq!(refused(|c| c.version = Some(1)), "E_CERT_VERSION");
    assert_eq!(refused(|c| c.version = Some(3)), "E_CERT_VERSION");
    assert_eq!(refused(|c| c.serial = vec![0, 1]), "E_CERT_FORMAT");
    assert_eq!(refused(|c| c.serial = vec![]), "E_CERT_FORMAT");
    assert_eq!(refused(|c| c.outer_algorithm = ECDSA_SHA1.to_vec()), "E_CERT_AMBIGUOUS");
    assert_eq!(refused(|c| c.after_spki = tlv(0x81, &[0, 1])), "E_CERT_FORMAT");
    assert_eq!(refused(|c| c.not_before = "2601010000Z".to_owned()), "E_CERT_FORMAT");
    assert_eq!(refused(|c| c.not_after = "261301000000Z".to_owned()), "E_CERT_FORMAT");
    assert_eq!(refused(|c| c.not_after = "261201000000+0800".to_owned()), "E_CERT_FORMAT");
}

#[test]
fn faults_of_extensions() {
    let twice = |c: &mut Spec| c.extensions.push(c.extensions[0].clone());
    assert_eq!(refused(twice), "E_CERT_DUPLICATE_EXTENSION");
    let strange_twice = |c: &mut Spec| {
        c.extensions.push(extension(STRANGE, false, vec![1]));
        c.extensions.push(extension(STRANGE, false, vec![2]));
    };
    assert_eq!(refused(strange_twice), "E_CERT_DUPLICATE_EXTENSION");
    for (oid, value) in [
        (KU, tlv(3, &[0, 0])),    // no bit
        (KU, tlv(3, &[7, 0xc0])), // an unused bit that is set
        (KU, tlv(4, &[0x80])),    // not a BIT STRING
        (KU, [tlv(3, &[7, 0x80]), vec![0]].concat()),
        (BC, tlv(0x30, &[1, 1, 1])), // TRUE in BER
        (BC, tlv(0x30, &[2, 1, 0])), // path length without CA
        (BC, tlv(0x30, &[1, 1, 0xff, 2, 1, 0x80])),
        (EKU, tlv(0x30, &[])),
        (EKU, tlv(0x30, &[5, 0])),
        (EKU, vec![]),
    ] {
        let label = refused(|c| c.replace(extension(oid, false, value.clone())));
        assert_eq!(label, "E_CERT_EXTENSION", "{value:02x?}");
    }
}

/// N52: what takes work to compare is bounded before it is compared.
#[test]
fn extensions_without_end() {
    let many = |count: usize| {
        let mut spec = World::get().leaf.clone();
        let numbers = (0_u16..).take(count - spec.extensions.len());
        let one = |number: u16| {
            let arcs = [0x2a, 1 + (number >> 7) as u8 % 100, (number & 0x7f) as u8];
            extension(&arcs, false, vec![])
        };
        spec.extensions.extend(numbers.map(one));
        Certificate::from_der(&spec.der(&World::get().issuing_key))
    };
    assert!(many(limits::EXTENSIONS_MAX).is_ok());
    let error = many(limits::EXTENSIONS_MAX + 1).unwrap_err();
    assert_eq!((error.label(), error.indication()), ("E_CERT_TOO_LARGE", "FORMAT_FAILURE"));
    assert_eq!(many(4_000).unwrap_err(), error);
    let listed = |count: usize| {
        let list = vec![DOCUMENT; count];
        refused(|c| c.replace(purposes(false, &list)))
    };
    assert_eq!(listed(limits::PURPOSES_MAX + 1), "E_CERT_EXTENSION");
    assert_eq!(listed(5_000), "E_CERT_EXTENSION");
}

/// An organisation in a type that is not read is not replaced by the common name.
#[test]
fn the_common_name_does_not_stand_in_for_an_organisation() {
    let world = World::get();
    let party = |parts: &[(&[u8], Vec<u8>)]| {
        let mut spec = world.leaf.clone();
        spec.subject = name(&[parts, &[(ORG_ID, utf8(&code()))]].concat());
        let leaf = spec.certificate(&world.issuing_key);
        let path = verify_chain(&leaf, &[world.issuing()], &world.trust(), now(), Usage::Sign);
        let party = path.map(|path| path.party().name.clone()).map_err(|error| error.label());
        (leaf.display_name(), party)
    };
    let refused = |shown: &str| (shown.to_owned(), Err("E_CERT_NAME"));
    let common = || (CN, utf8("株洲市城市照明服务中心"));
    assert_eq!(party(&[common()]).1.as_deref(), Ok("株洲市城市照明服务中心"));
    for tag in [0x14, 0x1c] {
        let bytes = if tag == 0x14 { b"ABCD".to_vec() } else { vec![0, 0, 0, b'A'] };
        assert_eq!(party(&[(O, tlv(tag, &bytes)), common()]), refused("?"));
        assert_eq!(party(&[common(), (O, tlv(tag, &bytes))]), refused("?"));
    }
    assert_eq!(party(&[(O, utf8("甲 ")), common()]), refused("甲 "));
    assert_eq!(party(&[(O, utf8("甲\u{fe00}乙")), common()]), refused("甲\u{fffd}乙"));
}

#[test]
fn faults_of_keys() {
    let point = |prefix: u8, length: usize| {
        let mut bits = vec![0, prefix];
        bits.resize(length + 1, 9);
        seq(&[EC_P256.to_vec(), tlv(3, &bits)])
    };
    assert_eq!(refused(|c| c.spki = point(2, 33)), "E_CERT_KEY");
    assert_eq!(refused(|c| c.spki = point(4, 64)), "E_CERT_KEY");
    assert_eq!(refused(|c| c.spki = seq(&[ECDSA_SHA256.to_vec(), tlv(3, &[0, 4])])), "E_CERT_KEY");
    for key in ["rsa:1024", "rsa:2047", "P-521", "secp256k1", "ed25519"] {
        let pem = openssl::self_signed(key, "sha256");
        let error = read_certificates(&pem).unwrap_err();
        assert_eq!(error.label(), "E_CERT_KEY", "{key}: {error}");
    }
    let p384 = read_certificates(&openssl::self_signed("P-384", "sha384")).unwrap();
    assert_eq!(p384[0].key_algorithm(), KeyAlgorithm::EcP384);
    assert!(read_certificates(&openssl::self_signed("P-256", "sha1")).is_ok(), "refused on a path");
}

#[test]
fn bytes_around_a_certificate() {
    let world = World::get();
    let der = world.leaf.der(&world.issuing_key);
    let label = |bytes: &[u8]| Certificate::from_der(bytes).unwrap_err().label();
    for end in 0..der.len() {
        assert_eq!(label(&der[..end]), "E_CERT_FORMAT", "{end}");
    }
    assert_eq!(label(&[der.as_slice(), &[0]].concat()), "E_CERT_FORMAT");
    assert_eq!(label(&[&[0x30, 0x80], &der[4..], &[0, 0]].concat()), "E_CERT_FORMAT");
    assert_eq!(
        refused(|c| c.replace(extension(STRANGE, false, vec![0; 65_536]))),
        "E_CERT_TOO_LARGE"
    );
}

#[test]
fn a_chain_file() {
    let world = World::get();
    let leaf = pem("CERTIFICATE", &world.leaf.der(&world.issuing_key));
    let issuing = pem("CERTIFICATE", &world.issuing.der(&world.root_key));
    let read = read_certificates(&format!("subject=甲\n{leaf}\n{issuing}")).unwrap();
    assert_eq!(read.len(), 2);
    assert_eq!(read[0].display_name(), "甲建设有限公司");
    let broken = pem("CERTIFICATE", b"\x30\x00");
    let error = read_certificates(&format!("{leaf}{broken}")).unwrap_err();
    assert_eq!(
        (error.label(), error.to_string().contains("certificate 2")),
        ("E_CERT_FORMAT", true)
    );
    let key = world.leaf_key.pem();
    assert_eq!(read_certificates(&format!("{leaf}{key}")).unwrap_err().label(), "E_PEM_LABEL");
    assert_eq!(read_certificates(&leaf.repeat(7)).unwrap_err().label(), "E_PEM_TOO_LARGE");
}
