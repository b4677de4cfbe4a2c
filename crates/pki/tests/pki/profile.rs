//! What RFC 5280 asks of CAs, who excuses them; keys of CAs; depth, purposes and names that callers ask
//! for.

use kaibiao_pki::{
    AlternativeName, CaDuty, CertError, Certificate, FullPaths, PathValidator, Purposes, TrustList,
    Usage, verify_chain,
};

use crate::forge::*;

/// A world in which one thing is changed, and what its CA is excused from.
struct Case {
    root: Spec,
    issuing: Spec,
    leaf: Spec,
    excused: &'static str,
}

fn case(change: impl FnOnce(&mut Case)) -> Result<(), CertError> {
    let world = World::get();
    let mut case = Case {
        root: world.root.clone(),
        issuing: world.issuing.clone(),
        leaf: world.leaf.clone(),
        excused: "[]",
    };
    change(&mut case);
    let anchor = anchor_json(&case.root.der(&world.root_key), RULE_SUBJECT);
    let list = list_json(&[excused(&anchor, case.excused)]);
    let trust = TrustList::parse(list.as_bytes()).unwrap();
    let pool = [case.issuing.certificate(&world.root_key)];
    let leaf = case.leaf.certificate(&world.issuing_key);
    verify_chain(&leaf, &pool, &trust, now(), Usage::Sign).map(drop)
}

fn refused(change: impl FnOnce(&mut Case)) -> String {
    let error = case(change).unwrap_err();
    format!("{} {error}", error.label())
}

// Duties of CAs ----------------------------------------------------------------------------------

/// Each way to miss a duty, the certificate that misses it, and the duty.
type Fault = (&'static str, CaDuty, fn(&mut Case));

const FAULTS: [Fault; 9] = [
    ("3F2A", CaDuty::AuthorityKeyId, |c| c.leaf.without(AKI)),
    // Issuer and serial number alone name no key.
    ("3F2A", CaDuty::AuthorityKeyId, |c| c.leaf.replace(extension(AKI, false, seq(&[])))),
    ("0B02", CaDuty::AuthorityKeyId, |c| c.issuing.without(AKI)),
    ("0B02", CaDuty::SubjectKeyId, |c| c.issuing.without(SKI)),
    ("0A01", CaDuty::SubjectKeyId, |c| c.root.without(SKI)),
    ("0B02", CaDuty::CriticalBasicConstraints, |c| lax(&mut c.issuing, BC)),
    ("0A01", CaDuty::CriticalBasicConstraints, |c| lax(&mut c.root, BC)),
    ("0B02", CaDuty::CriticalPolicyConstraints, |c| c.issuing.replace(policy_constraints(false))),
    ("0A01", CaDuty::CriticalPolicyConstraints, |c| c.root.replace(policy_constraints(false))),
];

fn lax(spec: &mut Spec, oid: &[u8]) {
    let found = spec.extensions.iter_mut().find(|extension| extension.oid == oid);
    found.unwrap().critical = false;
}

/// Mappings are inhibited from here on; there are none.
fn policy_constraints(critical: bool) -> Extension {
    extension(POLICY_CONSTRAINTS, critical, seq(&[tlv(0x81, &[0])]))
}

#[test]
fn duties_are_asked_for_unless_excused_by_name() {
    for (tail, duty, fault) in FAULTS {
        let said = refused(fault);
        assert!(said.starts_with("E_CERT_NONCONFORMING"), "{said}");
        assert!(said.contains(&format!("尾号 {tail} breaks RFC 5280: ")), "{said}");
        for other in CaDuty::ALL {
            let excused: &'static str = format!("[\"{other}\"]").leak();
            let outcome = case(|c| {
                fault(c);
                c.excused = excused;
            });
            assert_eq!(outcome.is_ok(), other == duty, "{tail} {duty}, excused from {other}");
        }
    }
    case(|c| c.root.without(AKI)).unwrap(); // its subject is its issuer
    case(|c| c.leaf.without(SKI)).unwrap(); // no CA
    case(|c| c.issuing.replace(policy_constraints(true))).unwrap();
}

#[test]
fn a_cross_certificate_on_the_list_names_its_issuer() {
    let (world, another) = (World::get(), Key::new());
    let mut root = world.root.clone().by(&another);
    root.issuer = common_name("Another root");
    let judge = |root: &Spec| {
        let trust = trust(&root.der(&another), RULE_SUBJECT);
        verify_chain(&world.leaf(), &[world.issuing()], &trust, now(), Usage::Sign)
    };
    judge(&root).unwrap();
    root.without(AKI);
    let said = judge(&root).unwrap_err().to_string();
    assert!(said.contains("0A01") && said.contains("no authority key identifier"), "{said}");
}

/// A root signed by its own key under another name is self-signed all the same (so in x509-limbo).
#[test]
fn a_root_signed_by_its_own_key() {
    let (world, another) = (World::get(), Key::new());
    let mut root = world.root.clone();
    root.issuer = common_name("Another root");
    root.without(AKI);
    assert!(root.certificate(&world.root_key).missed_duties().is_empty());
    let missed = root.certificate(&another).missed_duties();
    assert_eq!(missed.into_iter().collect::<Vec<_>>(), [CaDuty::AuthorityKeyId]);
}

#[test]
fn what_a_certificate_of_a_ca_misses_itself() {
    let world = World::get();
    assert!(world.root.certificate(&world.root_key).missed_duties().is_empty());
    let mut bare = world.root.clone();
    bare.extensions = vec![basic(None)];
    lax(&mut bare, BC);
    let bare = bare.certificate(&world.root_key);
    let missed: Vec<_> = bare.missed_duties().into_iter().collect();
    assert_eq!(missed, [CaDuty::CriticalBasicConstraints, CaDuty::SubjectKeyId]);
}

#[test]
fn excuses_are_ordered_names() {
    let world = World::get();
    let anchor = anchor_json(&world.root_der(), RULE_SUBJECT);
    let parse = |duties: &str| TrustList::parse(list_json(&[excused(&anchor, duties)]).as_bytes());
    let list = parse(r#"["authority-key-id","subject-key-id"]"#).unwrap();
    let read: Vec<_> = list.anchors()[0].excused().iter().copied().collect();
    assert_eq!(read, [CaDuty::AuthorityKeyId, CaDuty::SubjectKeyId]);
    let none = TrustList::parse(list_json(std::slice::from_ref(&anchor)).as_bytes()).unwrap();
    assert!(none.anchors()[0].excused().is_empty());
    for (bad, label) in [
        (r#"["subject-key-id","authority-key-id"]"#, "E_TRUST_EXCUSED"),
        (r#"["subject-key-id","subject-key-id"]"#, "E_TRUST_EXCUSED"),
        (r#"["signature"]"#, "E_TRUST_JSON"),
        (r#"["Subject-Key-Id"]"#, "E_TRUST_JSON"),
        (r#""subject-key-id""#, "E_TRUST_JSON"),
        (r#"[],"excused":[]"#, "E_TRUST_JSON"),
        ("null", "E_TRUST_JSON"),
        ("true", "E_TRUST_JSON"),
    ] {
        assert_eq!(parse(bad).unwrap_err().label(), label, "{bad}");
    }
}

// Serial numbers ---------------------------------------------------------------------------------

#[test]
fn n53_serial_numbers_below_the_trust_list() {
    for bad in [vec![0], vec![0x80], vec![0xff, 0], vec![1; 21]] {
        let leaf = refused(|c| c.leaf.serial.clone_from(&bad));
        let issuing = refused(|c| c.issuing.serial.clone_from(&bad));
        for said in [leaf, issuing] {
            assert!(said.starts_with("E_CERT_SERIAL"), "{bad:?}: {said}");
        }
        case(|c| c.root.serial.clone_from(&bad)).unwrap();
    }
    case(|c| c.leaf.serial = vec![1; 20]).unwrap();
}

// P-384 ------------------------------------------------------------------------------------------

/// A list that allows these algorithms.
fn allowing(world: &World, algorithms: &str) -> TrustList {
    let json = anchor_json(&world.root_der(), RULE_SUBJECT);
    let all = r#""rsa-pkcs1-sha256","rsa-pss-sha256","ecdsa-p256-sha256","sm2-sm3""#;
    assert!(json.contains(all));
    let json = json.replace(all, algorithms);
    TrustList::parse(list_json(&[json]).as_bytes()).unwrap()
}

const P384: &str = r#""ecdsa-p384-sha384""#;
const P256: &str = r#""ecdsa-p256-sha256""#;

fn verify(world: &World, algorithms: &str) -> Result<(), &'static str> {
    let trust = allowing(world, algorithms);
    verify_chain(&world.leaf(), &[world.issuing()], &trust, now(), Usage::Sign)
        .map(drop)
        .map_err(|error| error.label())
}

#[test]
fn cas_on_p384() {
    let both = World::of(Key::p384(), Key::p384(), Key::new());
    assert_eq!(verify(&both, P384), Ok(()));
    assert_eq!(verify(&both, P256), Err("E_CERT_ALGORITHM"));
    let upper = World::of(Key::p384(), Key::new(), Key::new());
    assert_eq!(verify(&upper, P384), Err("E_CERT_ALGORITHM"));
    assert_eq!(verify(&upper, P256), Err("E_CERT_ALGORITHM"));
    assert_eq!(verify(&upper, &format!("{P256},{P384}")), Ok(()));
    let mut altered = both.leaf.der(&both.issuing_key);
    *altered.last_mut().unwrap() ^= 1;
    let altered = Certificate::from_der(&altered).unwrap();
    let trust = allowing(&both, P384);
    let error = verify_chain(&altered, &[both.issuing()], &trust, now(), Usage::Sign).unwrap_err();
    assert_eq!(error.label(), "E_CERT_SIGNATURE");
}

#[test]
fn the_digest_of_a_ca_is_that_of_its_curve() {
    let by = |root: Key, algorithm: &[u8]| {
        let mut world = World::of(root, Key::new(), Key::new());
        world.issuing.inner_algorithm = algorithm.to_vec();
        world.issuing.outer_algorithm = algorithm.to_vec();
        verify(&world, &format!("{P256},{P384}"))
    };
    assert_eq!(by(Key::p384(), ECDSA_SHA256), Err("E_CERT_SIGNATURE"));
    assert_eq!(by(Key::new(), ECDSA_SHA384), Err("E_CERT_SIGNATURE"));
    assert_eq!(by(Key::new(), ECDSA_SHA256), Ok(()));
}

#[test]
fn n10_a_signer_on_p384() {
    let world = World::of(Key::new(), Key::new(), Key::p384());
    let trust = allowing(&world, &format!("{P256},{P384}"));
    let judge = |usage| verify_chain(&world.leaf(), &[world.issuing()], &trust, now(), usage);
    let error = judge(Usage::Sign).unwrap_err();
    assert_eq!((error.label(), error.indication()), ("E_CERT_KEY", "CRYPTO_CONSTRAINTS_FAILURE"));
    assert!(error.to_string().contains("尾号 3F2A"), "{error}");
    // In a container, whatever algorithms it names.
    for (algorithm, digest) in
        [(ECDSA_SHA384, SHA384), (ECDSA_SHA384, SHA256), (ECDSA_SHA256, SHA256)]
    {
        let leaf = world.leaf.der(&world.issuing_key);
        let mut container = Container::good(b"x");
        container.set(SIGNING_CERT_V2, vec![ess(&[tlv(4, &sha256(&leaf))])]);
        container.certificates = Some(vec![leaf, world.issuing.der(&world.root_key)]);
        container.signature_algorithm = algorithm.to_vec();
        container.digest = digest.to_vec();
        let cms = container.signed_by(&world.leaf_key);
        let error = kaibiao_pki::cms::verify_detached(&cms, b"x", &trust, now()).unwrap_err();
        assert_eq!(error.indication(), "CRYPTO_CONSTRAINTS_FAILURE", "{error}");
    }
    // Nor is one made.
    let chain = pem("CERTIFICATE", &world.leaf.der(&world.issuing_key));
    let rng = ring::rand::SystemRandom::new();
    let error = kaibiao_pki::Identity::from_pem(&chain, &world.leaf_key.pem(), &rng).unwrap_err();
    assert_eq!(error.label(), "E_ID_ALGORITHM");
    let error = kaibiao_pki::cms::signed_attrs(&world.leaf(), b"x", now()).unwrap_err();
    assert_eq!(error.label(), "E_ID_ALGORITHM");
}

#[test]
fn an_authority_for_time_stamps_on_p384() {
    let mut world = World::of(Key::new(), Key::new(), Key::p384());
    world.leaf.replace(purposes(true, &[TIME_STAMPING]));
    let trust = allowing(&world, &format!("{P256},{P384}"));
    let at = now();
    verify_chain(&world.leaf(), &[world.issuing()], &trust, at, Usage::TimeStamp).unwrap();
}

// What a caller asks of a path -------------------------------------------------------------------

fn find(validator: &FullPaths, purposes: &Purposes) -> Result<usize, &'static str> {
    let world = World::get();
    let (leaf, pool, trust) = (world.leaf(), [world.issuing()], world.trust());
    validator
        .find(&leaf, &pool, &trust, now(), purposes)
        .map(|path| path.between().len())
        .map_err(|error| error.label())
}

#[test]
fn depth() {
    let at_most = |cas| find(&FullPaths::default().at_most_between(cas), &Purposes::ANY);
    assert_eq!(at_most(0), Err("E_CERT_CHAIN_LENGTH"));
    assert_eq!(at_most(1), Ok(1));
    assert_eq!(find(&FullPaths::default(), &Purposes::ANY), Ok(1));
    // A new key of the same CA does not count.
    let world = World::get();
    let key = Key::new();
    let rolled = Spec::ca("Issuing", "Issuing", &key, None).certificate(&world.issuing_key);
    let issuing = Spec { extensions: vec![], ..world.issuing.clone() };
    let mut issuing = Spec { extensions: world.issuing.extensions.clone(), ..issuing };
    issuing.replace(basic(None));
    let pool = [rolled, issuing.certificate(&world.root_key)];
    let leaf = world.leaf.clone().by(&key).certificate(&key);
    let (one, trust) = (FullPaths::default().at_most_between(1), world.trust());
    let path = one.find(&leaf, &pool, &trust, now(), &Purposes::ANY).unwrap();
    assert_eq!(path.between().len(), 2);
}

#[test]
fn purposes_hold_all_along_the_path() {
    let paths = FullPaths::default();
    let one_of = |list: &[&str]| Purposes::one_of(list).unwrap();
    let (server, client, document) =
        ("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.36");
    assert_eq!(find(&paths, &one_of(&[document])), Ok(1));
    assert_eq!(find(&paths, &one_of(&[server, document])), Ok(1));
    assert_eq!(find(&paths, &one_of(&[server])), Err("E_CERT_USAGE"));
    assert_eq!(find(&paths, &one_of(&[])), Err("E_CERT_USAGE"));
    assert!(Purposes::one_of(&["documentSigning"]).is_none());
    // Each certificate allows a purpose of the use, but none is allowed by both.
    let said = refused(|c| c.issuing.replace(purposes(false, &[CLIENT_AUTH])));
    assert!(said.starts_with("E_CERT_USAGE") && said.contains("3F2A"), "{said}");
    case(|c| c.issuing.replace(purposes(false, &[CLIENT_AUTH, DOCUMENT]))).unwrap();
    case(|c| c.issuing.replace(purposes(false, &[EKU_ANY]))).unwrap();
    case(|c| {
        c.issuing.replace(purposes(false, &[CLIENT_AUTH]));
        c.leaf.replace(purposes(false, &[EKU_ANY]));
    })
    .unwrap();
    let said = refused(|c| c.issuing.replace(purposes(false, &[SERVER_AUTH])));
    assert!(said.contains("0B02") && said.contains("issuing"), "{said}");
    assert_eq!(find(&paths, &one_of(&[client])), Err("E_CERT_USAGE"));
}

#[test]
fn another_path_is_found_where_one_has_the_wrong_purposes() {
    let world = World::get();
    let mut wrong = world.issuing.clone();
    wrong.replace(purposes(false, &[TIME_STAMPING]));
    wrong.serial = vec![0x77];
    let (wrong, right) = (wrong.certificate(&world.root_key), world.issuing());
    for pool in [[wrong.clone(), right.clone()], [right.clone(), wrong.clone()]] {
        let trust = world.trust();
        let found = verify_chain(&world.leaf(), &pool, &trust, now(), Usage::Sign).unwrap();
        assert_eq!(found.between(), std::slice::from_ref(&right));
    }
    let error = verify_chain(&world.leaf(), &[wrong], &world.trust(), now(), Usage::Sign);
    assert_eq!(error.unwrap_err().label(), "E_CERT_USAGE");
}

// Alternative names ------------------------------------------------------------------------------

fn named(names: &[Vec<u8>]) -> Certificate {
    let world = World::get();
    let mut leaf = world.leaf.clone();
    leaf.replace(extension(ALTERNATIVES, false, seq(names)));
    leaf.certificate(&world.issuing_key)
}

#[test]
fn alternative_names_in_readable_form() {
    let directory = name(&[(O, utf8("甲\u{202e}")), (CN, utf8("a")), (ORG_ID, utf8("1"))]);
    let certificate = named(&[
        tlv(0x82, b"*.example.com"),
        tlv(0x81, b"a@example.com"),
        tlv(0x86, b"urn:a"),
        tlv(0x87, &[192, 0, 2, 1]),
        tlv(0x87, &[[0; 15].as_slice(), &[1]].concat()),
        tlv(0xa4, &directory),
        tlv(0x88, &[0x2a]),
    ]);
    let names = certificate.alternative_names().unwrap();
    let shown: Vec<String> = names.iter().map(AlternativeName::to_string).collect();
    assert_eq!(
        shown,
        [
            "dns:*.example.com",
            "email:a@example.com",
            "uri:urn:a",
            "ip:192.0.2.1",
            "ip:::1",
            "directory:O=甲\u{fffd}, CN=a, 2.5.4.97=1",
            "other",
        ]
    );
    assert_eq!(World::get().leaf().alternative_names(), Ok(vec![]));
}

#[test]
fn alternative_names_that_are_malformed() {
    for bad in [tlv(0x82, b"a b"), tlv(0x82, b""), tlv(0x87, &[1, 2, 3]), tlv(0x81, b"nobody")] {
        let error = named(&[bad]).alternative_names().unwrap_err();
        assert_eq!(error.label(), "E_CERT_EXTENSION", "{error}");
    }
    assert!(named(&[]).alternative_names().is_err());
}
