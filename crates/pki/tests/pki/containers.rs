//! Signature containers: one fault each.

use kaibiao_pki::cms::{SignatureError, verify_detached};

use crate::forge::*;

const CONTENT: &[u8] = b"the bid manifest";

fn verify(cms: &[u8]) -> Result<(), SignatureError> {
    verify_detached(cms, CONTENT, &World::get().trust(), now()).map(|_| ())
}

/// Label of the refusal of the good container changed by `change`.
fn refused(change: impl FnOnce(&mut Container)) -> &'static str {
    let mut container = Container::good(CONTENT);
    change(&mut container);
    verify(&container.der()).unwrap_err().label()
}

fn good(change: impl FnOnce(&mut Container)) {
    let mut container = Container::good(CONTENT);
    change(&mut container);
    verify(&container.der()).unwrap();
}

#[test]
fn the_good_container_and_its_allowed_variants() {
    good(|_| {});
    let null = [&[0x30, 0x0d][..], &SHA256[2..], &[5, 0]].concat();
    good(|c| (c.digest, c.digests) = (null.clone(), vec![null.clone()]));
    let world = World::get();
    good(|c| c.certificates.as_mut().unwrap().push(world.root_der()));
    good(|c| c.set(SIGNING_TIME, vec![tlv(0x18, b"20500101000000Z")]));
}

#[test]
fn signers() {
    assert_eq!(refused(|c| c.signers = 0), "E_SIG_SIGNERS");
    assert_eq!(refused(|c| c.signers = 2), "E_SIG_SIGNERS");
    assert_eq!(refused(|c| c.signer_version = 3), "E_SIG_FORMAT");
    assert_eq!(refused(|c| c.version = 3), "E_SIG_FORMAT");
    assert_eq!(refused(|c| c.version = 4), "E_SIG_FORMAT");
    let world = World::get();
    let id = |issuer: &[u8], serial: &[u8]| seq(&[issuer.to_vec(), tlv(2, serial)]);
    let (issuer, serial) = (&world.leaf.issuer, &world.leaf.serial);
    assert_eq!(refused(|c| c.signer_id = id(issuer, &[9])), "E_SIG_NO_CERTIFICATE");
    assert_eq!(refused(|c| c.signer_id = id(&common_name("X"), serial)), "E_SIG_NO_CERTIFICATE");
    let issuing = id(&world.issuing.issuer, &world.issuing.serial);
    assert_eq!(refused(|c| c.signer_id = issuing), "E_SIG_OTHER_CERTIFICATE");
    assert_eq!(refused(|c| c.certificates = None), "E_SIG_NO_CERTIFICATE");
    assert_eq!(refused(|c| c.certificates = Some(vec![])), "E_SIG_NO_CERTIFICATE");
}

#[test]
fn signers_named_by_key_identifier() {
    let world = World::get();
    let mut leaf = world.leaf.clone();
    leaf.replace(extension(SKI, false, tlv(4, b"key one")));
    let leaf = leaf.der(&world.issuing_key);
    let with = |id: &[u8]| {
        let mut container = Container::good(CONTENT);
        container.certificates = Some(vec![leaf.clone(), world.issuing.der(&world.root_key)]);
        container.set(SIGNING_CERT_V2, vec![ess(&[tlv(4, &sha256(&leaf))])]);
        (container.version, container.signer_version) = (3, 3);
        container.signer_id = tlv(0x80, id);
        container
    };
    verify(&with(b"key one").der()).unwrap();
    assert_eq!(verify(&with(b"key two").der()).unwrap_err().label(), "E_SIG_NO_CERTIFICATE");
    let mut old = with(b"key one");
    old.signer_version = 1;
    assert_eq!(verify(&old.der()).unwrap_err().label(), "E_SIG_FORMAT");
}

#[test]
fn attributes_missing() {
    for kind in [CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME, SIGNING_CERT_V2] {
        assert_eq!(refused(|c| c.remove(kind)), "E_SIG_ATTRIBUTE");
    }
    assert_eq!(refused(|c| c.attributes = Some(vec![])), "E_SIG_ATTRIBUTE");
    // A signature straight over the content, and one over attribute bytes as content.
    let direct = |c: &mut Container| (c.attributes, c.message) = (None, Some(CONTENT.to_vec()));
    assert_eq!(refused(direct), "E_SIG_ATTRIBUTE");
    let list = Container::good(CONTENT).attributes.unwrap();
    let mut list: Vec<_> = list.iter().map(|(kind, v)| seq(&[oid(kind), set(v)])).collect();
    list.sort();
    let content = tlv(0x31, &list.concat());
    let mut container = Container::good(CONTENT);
    (container.attributes, container.message) = (None, Some(content.clone()));
    let result = verify_detached(&container.der(), &content, &World::get().trust(), now());
    assert_eq!(result.unwrap_err().label(), "E_SIG_ATTRIBUTE");
}

#[test]
fn attributes_twice_or_with_other_counts_of_values() {
    let good_one = Container::good(CONTENT);
    for (kind, values) in good_one.attributes.clone().unwrap() {
        assert_eq!(refused(|c| c.add(&kind, values.clone())), "E_SIG_ATTRIBUTE");
        let mut other = values.clone();
        other[0][2] ^= 1;
        assert_eq!(refused(|c| c.add(&kind, other.clone())), "E_SIG_ATTRIBUTE");
        assert_eq!(refused(|c| c.set(&kind, vec![])), "E_SIG_ATTRIBUTE");
        assert_eq!(refused(|c| c.set(&kind, [values.clone(), other].concat())), "E_SIG_ATTRIBUTE");
    }
    assert_eq!(refused(|c| c.add(CAPABILITIES, vec![seq(&[])])), "E_SIG_ATTRIBUTE");
    let backwards = |c: &mut Container| {
        c.sorted = false;
        c.attributes.as_mut().unwrap().reverse();
    };
    assert_eq!(refused(backwards), "E_SIG_FORMAT");
}

#[test]
fn attribute_values() {
    assert_eq!(refused(|c| c.set(CONTENT_TYPE, vec![oid(SIGNED_DATA)])), "E_SIG_ATTRIBUTE");
    let digest = sha256(CONTENT);
    assert_eq!(refused(|c| c.set(MESSAGE_DIGEST, vec![tlv(4, &digest[..31])])), "E_SIG_ATTRIBUTE");
    assert_eq!(refused(|c| c.set(MESSAGE_DIGEST, vec![tlv(0x0c, &digest)])), "E_SIG_FORMAT");
    assert_eq!(refused(|c| c.set(MESSAGE_DIGEST, vec![tlv(0x16, &digest)])), "E_SIG_ATTRIBUTE");
    assert_eq!(refused(|c| c.set(MESSAGE_DIGEST, vec![tlv(4, &[0; 32])])), "E_SIG_HASH");
    for time in [
        tlv(0x17, b"2607010000Z"),
        tlv(0x17, b"260701000000+0800"),
        tlv(0x18, b"20260701000000Z"),
        tlv(0x18, b"20500101000000.5Z"),
        tlv(0x17, b"260231000000Z"),
        tlv(4, b"260701000000Z"),
    ] {
        assert_eq!(refused(|c| c.set(SIGNING_TIME, vec![time])), "E_SIG_ATTRIBUTE");
    }
}

#[test]
fn the_signing_certificate() {
    let world = World::get();
    let leaf_der = world.leaf.der(&world.issuing_key);
    // The forged certificates are signed anew each time (ECDSA is randomised), so the digest must
    // be taken from the container's own certificate.
    let with = |make: &dyn Fn(&[u8]) -> Vec<u8>| {
        let mut container = Container::good(CONTENT);
        let leaf = sha256(&container.certificates.as_ref().unwrap()[0]);
        container.set(SIGNING_CERT_V2, vec![make(&leaf)]);
        verify(&container.der()).map_err(|error| error.label()).err()
    };
    let names = |issuer: &[u8]| seq(&[tlv(0xa4, issuer)]);
    let serial = || tlv(2, &world.leaf.serial);
    assert_eq!(with(&|h| ess(&[tlv(4, h)])), None);
    assert_eq!(with(&|h| ess(&[tlv(4, h), seq(&[names(&world.leaf.issuer), serial()])])), None);
    let swapped = Some("E_SIG_OTHER_CERTIFICATE");
    assert_eq!(with(&|_| ess(&[tlv(4, &sha256(&leaf_der[1..]))])), swapped);
    assert_eq!(with(&|h| ess(&[tlv(4, &h[..31])])), swapped);
    assert_eq!(with(&|h| ess(&[tlv(4, h), seq(&[names(&common_name("X")), serial()])])), swapped);
    assert_eq!(
        with(&|h| ess(&[tlv(4, h), seq(&[names(&world.leaf.issuer), tlv(2, &[7])])])),
        swapped
    );
    let wrong = Some("E_SIG_ATTRIBUTE");
    assert_eq!(with(&|h| ess(&[SHA256.to_vec(), tlv(4, h)])), wrong); // the default, written out
    assert_eq!(with(&|h| ess(&[SHA384.to_vec(), tlv(4, h)])), wrong);
    let id = |h: &[u8]| seq(&[tlv(4, h)]);
    assert_eq!(with(&|h| seq(&[seq(&[id(h), id(h)])])), wrong);
    assert_eq!(with(&|_| seq(&[seq(&[])])), wrong);
    assert_eq!(with(&|h| seq(&[seq(&[id(h)]), seq(&[seq(&[oid(DATA)])])])), wrong); // policies
}

#[test]
fn a_reissued_certificate_of_the_same_key_does_not_pass() {
    let world = World::get();
    let mut reissued = world.leaf.clone();
    reissued.not_after = "351231235959Z".to_owned();
    let reissued = reissued.der(&world.issuing_key);
    assert_eq!(
        refused(|c| c.certificates.as_mut().unwrap()[0] = reissued),
        "E_SIG_OTHER_CERTIFICATE"
    );
}

#[test]
fn algorithms() {
    assert_eq!(refused(|c| c.digest = SHA1.to_vec()), "E_SIG_ALGORITHM");
    assert_eq!(refused(|c| c.digest = SHA384.to_vec()), "E_SIG_ALGORITHM");
    assert_eq!(refused(|c| c.digests = vec![SHA1.to_vec()]), "E_SIG_ALGORITHM");
    assert_eq!(refused(|c| c.digests = vec![]), "E_SIG_FORMAT");
    assert_eq!(refused(|c| c.digests.push(SHA384.to_vec())), "E_SIG_FORMAT");
    for algorithm in [ECDSA_SHA1, RSA_PSS, SHA256] {
        assert_eq!(refused(|c| c.signature_algorithm = algorithm.to_vec()), "E_SIG_ALGORITHM");
    }
    for algorithm in [RSA_SHA256, RSA, SM2_SM3] {
        assert_eq!(refused(|c| c.signature_algorithm = algorithm.to_vec()), "E_SIG_MISMATCH");
    }
}

#[test]
fn values_that_are_no_signature() {
    let pair = |r: &[u8], s: &[u8]| seq(&[tlv(2, r), tlv(2, s)]);
    let order =
        [
            &[
                0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                0xff,
            ][..],
            &[
                0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63,
                0x25, 0x51,
            ],
        ]
        .concat();
    for value in [
        vec![],
        pair(&[0], &[0]),
        pair(&[0], &[1]),
        pair(&[1], &[0]),
        pair(&[1], &[1]),
        pair(&order, &[1]),
        pair(&[1], &order),
        vec![1; 64],
    ] {
        assert_eq!(refused(|c| c.signature = Some(value.clone())), "E_SIG_CRYPTO", "{value:02x?}");
    }
    let stranger = Container::good(CONTENT).signed_by(&Key::new());
    let error = verify(&stranger).unwrap_err();
    assert_eq!((error.label(), error.indication()), ("E_SIG_CRYPTO", "SIG_CRYPTO_FAILURE"));
    assert!(error.to_string().contains("尾号 3F2A"));
}

#[test]
fn attributes_exchanged_after_signing() {
    let good = Container::good(CONTENT);
    let mut list: Vec<_> =
        good.attributes.clone().unwrap().iter().map(|(k, v)| seq(&[oid(k), set(v)])).collect();
    list.sort();
    let mut container = Container::good(b"another content");
    container.message = Some(tlv(0x31, &list.concat()));
    let result =
        verify_detached(&container.der(), b"another content", &World::get().trust(), now());
    assert_eq!(result.unwrap_err().label(), "E_SIG_CRYPTO");
}

#[test]
fn what_the_profile_has_no_place_for() {
    let content = || tlv(0xa0, &tlv(4, CONTENT));
    assert_eq!(refused(|c| c.encapsulated.push(content())), "E_SIG_EMBEDDED");
    assert_eq!(refused(|c| c.encapsulated = vec![oid(SIGNED_DATA)]), "E_SIG_PROFILE");
    assert_eq!(refused(|c| c.revocation = tlv(0xa1, &seq(&[]))), "E_SIG_PROFILE");
    assert_eq!(refused(|c| c.unsigned = tlv(0xa1, &seq(&[oid(DATA), set(&[])]))), "E_SIG_PROFILE");
    assert_eq!(refused(|c| c.certificates.as_mut().unwrap().push(tlv(0xa1, &[]))), "E_SIG_PROFILE");
    let many = |c: &mut Container| {
        let list = c.certificates.as_mut().unwrap();
        while list.len() < 7 {
            list.push(list[1].clone());
        }
    };
    assert_eq!(refused(many), "E_SIG_PROFILE");
}

#[test]
fn certificates_are_a_set() {
    let turned = |c: &mut Container| {
        c.certificates_sorted = false;
        c.certificates.as_mut().unwrap().sort_by(|a, b| b.cmp(a));
    };
    assert_eq!(refused(turned), "E_SIG_FORMAT");
    let twice = |place: usize| {
        move |c: &mut Container| {
            let list = c.certificates.as_mut().unwrap();
            list.push(list[place].clone());
        }
    };
    assert_eq!(refused(twice(0)), "E_SIG_FORMAT");
    assert_eq!(refused(twice(1)), "E_SIG_FORMAT");
}

/// What a container may carry along that no path needs and that is no certificate of ours.
fn unreadable() -> Vec<Vec<u8>> {
    let world = World::get();
    let changed = |change: &dyn Fn(&mut Spec)| {
        let mut spec = world.root.clone();
        change(&mut spec);
        spec.der(&world.root_key)
    };
    let other = |key| der_of_pem(&crate::openssl::self_signed(key, "sha256"));
    vec![
        changed(&|c| (c.version, c.extensions) = (None, vec![])), // an old root
        changed(&|c| c.extensions.push(c.extensions[0].clone())), // one extension twice
        other("rsa:1024"),
        other("ed25519"),
        seq(&[]),
    ]
}

#[test]
fn certificates_that_cannot_be_read_and_are_not_needed() {
    for other in unreadable() {
        assert!(kaibiao_pki::Certificate::from_der(&other).is_err());
        good(|c| c.certificates.as_mut().unwrap().push(other.clone()));
        good(|c| c.certificates.as_mut().unwrap().insert(0, other));
    }
    // They count all the same.
    let mut list = unreadable();
    good(|c| c.certificates.as_mut().unwrap().extend(list[..4].to_vec()));
    assert_eq!(refused(|c| c.certificates.as_mut().unwrap().append(&mut list)), "E_SIG_PROFILE");
}

/// Two certificates of one issuer and serial number, which a careless CA makes: the signed attributes
/// say which one is meant.
#[test]
fn the_signer_is_found_by_identifier_and_attribute_together() {
    let world = World::get();
    let mut double = world.leaf.clone();
    double.spki = Key::new().spki();
    let longer = double.der(&world.issuing_key);
    double.without(EKU); // shorter, so it stands before the signer's
    for double in [double.der(&world.issuing_key), longer] {
        good(|c| c.certificates.as_mut().unwrap().push(double.clone()));
        assert_eq!(
            refused(|c| c.certificates.as_mut().unwrap()[0] = double),
            "E_SIG_OTHER_CERTIFICATE"
        );
    }
}

#[test]
fn bytes_around_a_container() {
    let label = |cms: &[u8]| verify(cms).unwrap_err().label();
    let cms = Container::good(CONTENT).der();
    assert_eq!(label(&[cms.as_slice(), &[0]].concat()), "E_SIG_FORMAT");
    assert_eq!(label(&[&[0x30, 0x80], &cms[4..], &[0, 0]].concat()), "E_SIG_FORMAT");
    let long = [&[0x30, 0x83, 0][..], &cms[2..]].concat();
    assert_eq!(label(&long), "E_SIG_FORMAT");
    assert_eq!(label(&vec![0x30; 1024 * 1024 + 1]), "E_SIG_TOO_LARGE");
    let deep = (0..10_000).fold(vec![], |inner, _| tlv(0x30, &inner));
    assert_eq!(label(&deep), "E_SIG_FORMAT");
    assert_eq!(label(&seq(&[oid(DATA), tlv(0xa0, &tlv(4, b"x"))])), "E_SIG_FORMAT");
    assert_eq!(label(b""), "E_SIG_FORMAT");
    assert_eq!(label(b"-----BEGIN CMS-----"), "E_SIG_FORMAT");
}

#[test]
fn certificates_are_judged_with_the_signature() {
    let world = World::get();
    let verify_with = |change: &dyn Fn(&mut Spec)| {
        let mut leaf = world.leaf.clone();
        change(&mut leaf);
        let leaf = leaf.der(&world.issuing_key);
        let mut container = Container::good(CONTENT);
        container.set(SIGNING_CERT_V2, vec![ess(&[tlv(4, &sha256(&leaf))])]);
        container.certificates.as_mut().unwrap()[0] = leaf;
        verify(&container.der()).map_err(|error| error.label()).err()
    };
    assert_eq!(verify_with(&|_| {}), None);
    assert_eq!(verify_with(&|c| c.not_after = "260501000000Z".to_owned()), Some("E_CERT_EXPIRED"));
    assert_eq!(verify_with(&|c| c.replace(key_usage(&[2]))), Some("E_CERT_USAGE"));
    assert_eq!(verify_with(&|c| c.replace(basic(None))), Some("E_CERT_CA_AS_SIGNER"));
    assert_eq!(verify_with(&|c| c.version = None), Some("E_CERT_VERSION"));
    let other = Key::new();
    let stranger = trust(&Spec::ca("Other", "Other", &other, None).der(&other), RULE_SUBJECT);
    let result = verify_detached(&Container::good(CONTENT).der(), CONTENT, &stranger, now());
    assert_eq!(result.unwrap_err().label(), "E_CERT_UNTRUSTED");
}
