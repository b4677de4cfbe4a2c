//! Paths to the trust list: one fault each.

use kaibiao_pki::{CertError, Certificate, TrustList, Usage, VerifiedCert, verify_chain};
use kaibiao_types::UtcMillis;

use crate::forge::*;
use crate::openssl;

/// A world in which one thing is changed.
struct Case {
    root: Spec,
    issuing: Spec,
    leaf: Spec,
    rule: &'static str,
    at: UtcMillis,
    usage: Usage,
}

fn case(change: impl FnOnce(&mut Case)) -> Result<VerifiedCert, CertError> {
    let world = World::get();
    let mut case = Case {
        root: world.root.clone(),
        issuing: world.issuing.clone(),
        leaf: world.leaf.clone(),
        rule: RULE_SUBJECT,
        at: now(),
        usage: Usage::Sign,
    };
    change(&mut case);
    let leaf = case.leaf.certificate(&world.issuing_key);
    let pool = [case.issuing.certificate(&world.root_key)];
    let trust = trust(&case.root.der(&world.root_key), case.rule);
    verify_chain(&leaf, &pool, &trust, case.at, case.usage)
}

fn refused(change: impl FnOnce(&mut Case)) -> &'static str {
    case(change).unwrap_err().label()
}

fn good(change: impl FnOnce(&mut Case)) {
    case(change).unwrap();
}

#[test]
fn a_good_path() {
    let verified = case(|_| {}).unwrap();
    assert_eq!(verified.party().name, "甲建设有限公司");
    assert_eq!(verified.party().code.as_str(), code());
    assert_eq!(verified.certificate().serial_tail().to_string(), "3F2A");
    assert_eq!(verified.between().len(), 1);
    assert_eq!(verified.at(), now());
    assert_eq!(verified.anchor_sha256().bytes().as_slice().len(), 32);
}

#[test]
fn both_ends_of_a_validity_belong_to_it() {
    let (from, to) = (1_767_225_600_000, 1_924_991_999_000);
    good(|c| c.at = at(from));
    good(|c| c.at = at(to));
    assert_eq!(refused(|c| c.at = at(from - 1)), "E_CERT_NOT_YET_VALID");
    good(|c| c.at = at(to + 999)); // within its last second
    assert_eq!(refused(|c| c.at = at(to + 1_000)), "E_CERT_EXPIRED");
}

#[test]
fn every_certificate_is_judged_at_the_instant() {
    let past = || "260630235959Z".to_owned();
    let future = || "260701000001Z".to_owned();
    assert_eq!(refused(|c| c.leaf.not_after = past()), "E_CERT_EXPIRED");
    assert_eq!(refused(|c| c.issuing.not_after = past()), "E_CERT_EXPIRED");
    assert_eq!(refused(|c| c.root.not_after = past()), "E_CERT_EXPIRED");
    assert_eq!(refused(|c| c.leaf.not_before = future()), "E_CERT_NOT_YET_VALID");
    assert_eq!(refused(|c| c.issuing.not_before = future()), "E_CERT_NOT_YET_VALID");
    assert_eq!(refused(|c| c.root.not_before = future()), "E_CERT_NOT_YET_VALID");
    let error = case(|c| c.leaf.not_after = past()).unwrap_err().to_string();
    assert!(error.contains("尾号 3F2A expired at 2026-06-30T23:59:59.000Z"), "{error}");
}

#[test]
fn the_period_on_the_list() {
    let world = World::get();
    let json = list_json(&[anchor_json(&world.root_der(), RULE_SUBJECT)]);
    let early = json.replace("1577836800000", &(NOW + 1).to_string());
    let late = json.replace("2524608000000", &(NOW - 1).to_string());
    let exact = early.replace(&(NOW + 1).to_string(), &NOW.to_string());
    let exact = exact.replace("2524608000000", &NOW.to_string());
    for (json, label) in [
        (&early, Some("E_CERT_ANCHOR_PERIOD")),
        (&late, Some("E_CERT_ANCHOR_PERIOD")),
        (&exact, None),
    ] {
        let trust = TrustList::parse(json.as_bytes()).unwrap();
        let result = verify_chain(&world.leaf(), &[world.issuing()], &trust, now(), Usage::Sign);
        assert_eq!(result.err().map(|error| error.label()), label);
    }
}

#[test]
fn anchors_come_from_the_list_alone() {
    let world = World::get();
    let other = Key::new();
    let same_name = Spec { spki: other.spki(), ..world.root.clone() };
    let other_name = Spec::ca("Other", "Other", &other, None);
    let root = world.root.certificate(&world.root_key);
    let verify = |anchor: &Spec, pool: &[Certificate]| {
        let trust = trust(&anchor.der(&other), RULE_SUBJECT);
        verify_chain(&world.leaf(), pool, &trust, now(), Usage::Sign).unwrap_err().label()
    };
    assert_eq!(verify(&other_name, &[world.issuing()]), "E_CERT_UNTRUSTED");
    assert_eq!(verify(&other_name, &[world.issuing(), root.clone()]), "E_CERT_UNTRUSTED");
    assert_eq!(verify(&same_name, &[world.issuing()]), "E_CERT_SIGNATURE");
    assert_eq!(verify(&same_name, &[world.issuing(), root]), "E_CERT_SIGNATURE");
    // Another key identifier: the signature need not be looked at.
    let another = Spec::ca("Root", "Root", &other, None);
    assert_eq!(verify(&another, &[world.issuing()]), "E_CERT_UNTRUSTED");
    // The issuing CA is missing altogether.
    let result = verify_chain(&world.leaf(), &[], &world.trust(), now(), Usage::Sign);
    assert_eq!(result.unwrap_err().label(), "E_CERT_UNTRUSTED");
}

#[test]
fn an_issuing_ca_may_be_the_anchor() {
    let world = World::get();
    let trust = trust(&world.issuing.der(&world.root_key), RULE_SUBJECT);
    let verified = verify_chain(&world.leaf(), &[], &trust, now(), Usage::Sign).unwrap();
    assert!(verified.between().is_empty());
}

#[test]
fn signatures_on_the_way() {
    let world = World::get();
    let wrong = Key::new();
    let leaf = world.leaf.certificate(&wrong);
    let result = verify_chain(&leaf, &[world.issuing()], &world.trust(), now(), Usage::Sign);
    assert_eq!(result.unwrap_err().label(), "E_CERT_SIGNATURE");
    let issuing = world.issuing.certificate(&wrong);
    let result = verify_chain(&world.leaf(), &[issuing], &world.trust(), now(), Usage::Sign);
    assert_eq!(result.unwrap_err().label(), "E_CERT_SIGNATURE");
    let named = |spec: &mut Spec, algorithm: &[u8]| {
        spec.inner_algorithm = algorithm.to_vec();
        spec.outer_algorithm = algorithm.to_vec();
    };
    assert_eq!(refused(|c| named(&mut c.leaf, ECDSA_SHA1)), "E_CERT_ALGORITHM");
    assert_eq!(refused(|c| named(&mut c.issuing, ECDSA_SHA1)), "E_CERT_ALGORITHM");
    assert_eq!(refused(|c| named(&mut c.leaf, RSA_SHA256)), "E_CERT_SIGNATURE");
    good(|c| named(&mut c.root, ECDSA_SHA1)); // the anchor's own signature plays no part
}

#[test]
fn algorithms_the_list_does_not_allow() {
    let world = World::get();
    let json = list_json(&[anchor_json(&world.root_der(), RULE_SUBJECT)]);
    let json = json.replace(r#","ecdsa-p256-sha256""#, "");
    let trust = TrustList::parse(json.as_bytes()).unwrap();
    let result = verify_chain(&world.leaf(), &[world.issuing()], &trust, now(), Usage::Sign);
    let error = result.unwrap_err();
    assert_eq!(
        (error.label(), error.indication()),
        ("E_CERT_ALGORITHM", "CRYPTO_CONSTRAINTS_FAILURE")
    );
}

#[test]
fn who_may_issue() {
    assert_eq!(refused(|c| c.issuing.without(BC)), "E_CERT_NOT_CA");
    assert_eq!(
        refused(|c| c.issuing.replace(extension(BC, true, tlv(0x30, &[])))),
        "E_CERT_NOT_CA"
    );
    assert_eq!(refused(|c| c.issuing.without(KU)), "E_CERT_NOT_CA");
    assert_eq!(refused(|c| c.issuing.replace(key_usage(&[0, 6]))), "E_CERT_NOT_CA");
    assert_eq!(refused(|c| c.issuing.replace(purposes(false, &[TIME_STAMPING]))), "E_CERT_USAGE");
    good(|c| c.issuing.replace(purposes(true, &[TIME_STAMPING, DOCUMENT])));
    good(|c| c.root.without(KU)); // RFC 5280 asks it of no anchor
}

#[test]
fn path_lengths() {
    assert_eq!(refused(|c| c.root.replace(basic(Some(0)))), "E_CERT_PATH_LENGTH");
    good(|c| c.root.replace(basic(Some(1))));
    good(|c| c.issuing.replace(basic(None)));
    let world = World::get();
    let sub_key = Key::new();
    let verify = |sub: &Spec, pool: &[Certificate]| {
        let leaf = Spec { issuer: sub.subject.clone(), ..world.leaf.clone() }.by(&sub_key);
        verify_chain(&leaf.certificate(&sub_key), pool, &world.trust(), now(), Usage::Sign)
    };
    let sub = Spec::ca("Issuing", "Sub", &sub_key, None);
    let pool = [world.issuing(), sub.certificate(&world.issuing_key)];
    assert_eq!(verify(&sub, &pool).unwrap_err().label(), "E_CERT_PATH_LENGTH");
    // A new key of the same CA (subject = issuer) does not count.
    let rolled = Spec::ca("Issuing", "Issuing", &sub_key, None);
    let pool = [rolled.certificate(&world.issuing_key), world.issuing()];
    assert_eq!(verify(&rolled, &pool).unwrap().between().len(), 2);
}

#[test]
fn at_most_six_certificates() {
    let world = World::get();
    let keys: Vec<Key> = (0..5).map(|_| Key::new()).collect();
    let build = |count: usize| {
        let mut pool = Vec::new();
        let (mut issuer, mut signer) = ("Root".to_owned(), &world.root_key);
        for (i, key) in keys.iter().take(count).enumerate() {
            let subject = format!("CA {i}");
            pool.insert(0, Spec::ca(&issuer, &subject, key, None).certificate(signer));
            (issuer, signer) = (subject, key);
        }
        let leaf = Spec { issuer: common_name(&issuer), ..world.leaf.clone() }.by(signer);
        let leaf = leaf.certificate(signer);
        pool.sort_by_key(Certificate::sha256); // any order will do
        verify_chain(&leaf, &pool, &world.trust(), now(), Usage::Sign).map(|v| v.between().len())
    };
    assert_eq!(build(0), Ok(0));
    assert_eq!(build(4), Ok(4));
    assert_eq!(build(5).unwrap_err().label(), "E_CERT_UNTRUSTED");
    let pool = vec![world.issuing(); 17];
    let error = verify_chain(&world.leaf(), &pool, &world.trust(), now(), Usage::Sign);
    assert_eq!(error.unwrap_err().label(), "E_CERT_CHAIN_LENGTH");
}

#[test]
fn a_search_among_equal_names_ends() {
    let world = World::get();
    let keys: Vec<Key> = (0..5).map(|_| Key::new()).collect();
    let pool: Vec<_> = keys
        .iter()
        .zip(keys.iter().cycle().skip(1))
        .map(|(key, signer)| {
            let mut ca = Spec::ca("Issuing", "Issuing", key, None);
            ca.replace(subject_key_id(&world.issuing_key)); // claims to be the one that is asked for
            ca.replace(authority_key_id(&world.issuing_key));
            ca.certificate(signer)
        })
        .collect();
    let error = verify_chain(&world.leaf(), &pool, &world.trust(), now(), Usage::Sign).unwrap_err();
    assert_eq!(error.label(), "E_CERT_SIGNATURE");
}

#[test]
fn extensions_that_are_not_understood() {
    let strange = |critical| extension(STRANGE, critical, vec![5, 0]);
    good(|c| c.leaf.replace(strange(false)));
    good(|c| c.issuing.replace(strange(false)));
    assert_eq!(refused(|c| c.leaf.replace(strange(true))), "E_CERT_UNKNOWN_CRITICAL");
    assert_eq!(refused(|c| c.issuing.replace(strange(true))), "E_CERT_UNKNOWN_CRITICAL");
    let code = || extension(CODE_EXTENSION, true, utf8(&code()));
    assert_eq!(refused(|c| c.leaf.replace(code())), "E_CERT_UNKNOWN_CRITICAL");
    good(|c| {
        c.rule = RULE_EXTENSION;
        c.leaf.extensions.push(code());
    });
}

/// `nameConstraints` with one subtree: `0xa0` permitted, `0xa1` excluded.
pub(crate) fn limit(kind: u8, base: &[u8]) -> Extension {
    extension(NAME_CONSTRAINTS, true, seq(&[tlv(kind, &seq(&[base.to_vec()]))]))
}

#[test]
fn limits_on_names() {
    let outside = "E_CERT_NAME_CONSTRAINTS";
    let dns = || limit(0xa0, &tlv(0x82, b"example.com"));
    let alternative = |name: &[u8]| extension(ALTERNATIVES, false, seq(&[tlv(0x82, name)]));
    good(|c| c.issuing.replace(dns()));
    good(|c| c.root.replace(dns()));
    good(|c| {
        c.issuing.replace(dns());
        c.leaf.replace(alternative(b"a.example.com"));
    });
    for name in [&b"example.org"[..], b"anexample.com", b"com"] {
        assert_eq!(
            refused(|c| {
                c.issuing.replace(dns());
                c.leaf.replace(alternative(name));
            }),
            outside
        );
        assert_eq!(
            refused(|c| {
                c.root.replace(dns());
                c.leaf.replace(alternative(name));
            }),
            outside
        );
    }
    let directory = |text: &str| tlv(0xa4, &name(&[(O, utf8(text))]));
    good(|c| c.issuing.replace(limit(0xa0, &directory("甲建设有限公司"))));
    good(|c| c.issuing.replace(limit(0xa1, &directory("乙建设有限公司"))));
    assert_eq!(refused(|c| c.issuing.replace(limit(0xa0, &directory("乙")))), outside);
    assert_eq!(refused(|c| c.issuing.replace(limit(0xa1, &directory("甲建设有限公司")))), outside);
    // Limits that cannot be evaluated, and limits where none belong.
    let mut lax = dns();
    lax.critical = false;
    assert_eq!(refused(|c| c.issuing.replace(lax.clone())), "E_CERT_EXTENSION");
    assert_eq!(refused(|c| c.root.replace(lax)), "E_CERT_EXTENSION");
    let minimum = [tlv(0x82, b"example.com"), vec![0x80, 1, 1]].concat();
    assert_eq!(refused(|c| c.issuing.replace(limit(0xa0, &minimum))), "E_CERT_EXTENSION");
    assert_eq!(refused(|c| c.leaf.replace(dns())), "E_CERT_PROFILE");
}

#[test]
fn the_work_on_limits_is_bounded() {
    let names: Vec<_> = (0..600).map(|i| tlv(0x82, format!("h{i}.test").as_bytes())).collect();
    let bases: Vec<_> = names.iter().map(|name| seq(std::slice::from_ref(name))).collect();
    let limits = extension(NAME_CONSTRAINTS, true, seq(&[tlv(0xa0, &bases.concat())]));
    assert_eq!(
        refused(|c| {
            c.issuing.replace(limits);
            c.leaf.replace(extension(ALTERNATIVES, false, seq(&names)));
        }),
        "E_CERT_NAME_CONSTRAINTS"
    );
}

#[test]
fn n60_names_chain_as_they_are_compared() {
    let issuer = |value: Vec<u8>| name(&[(CN, value)]);
    good(|c| c.leaf.issuer = issuer(tlv(0x13, b"ISSUING")));
    good(|c| c.leaf.issuer = issuer(utf8(" Issuing ")));
    let chinese = |issuing: &str, leaf: Vec<u8>| {
        case(|c| {
            c.issuing.subject = common_name(issuing);
            c.leaf.issuer = issuer(leaf);
        })
        .map_err(|error| error.label())
        .map(drop)
    };
    assert_eq!(chinese("株洲ＣＡ", utf8("株洲CA")), Ok(()));
    assert_eq!(chinese("株洲", tlv(0x1e, &[0x68, 0x2a, 0x6d, 0x32])), Ok(()));
    assert_eq!(chinese("株洲", utf8("株州")), Err("E_CERT_UNTRUSTED"));
    assert_eq!(chinese("株洲", tlv(0x14, "株洲".as_bytes())), Err("E_CERT_UNTRUSTED"));
    assert_eq!(refused(|c| c.leaf.issuer = issuer(utf8("Issuing2"))), "E_CERT_UNTRUSTED");
}

#[test]
fn a_ca_does_not_sign_documents() {
    assert_eq!(refused(|c| c.leaf.replace(basic(None))), "E_CERT_CA_AS_SIGNER");
    assert_eq!(refused(|c| c.leaf.replace(key_usage(&[0, 5]))), "E_CERT_USAGE");
    assert_eq!(refused(|c| c.leaf.replace(key_usage(&[0, 6]))), "E_CERT_USAGE");
    good(|c| c.leaf.replace(extension(BC, true, tlv(0x30, &[]))));
    let world = World::get();
    let result = verify_chain(&world.issuing(), &[], &world.trust(), now(), Usage::Sign);
    assert_eq!(result.unwrap_err().label(), "E_CERT_CA_AS_SIGNER");
}

#[test]
fn usages() {
    assert_eq!(refused(|c| c.leaf.without(KU)), "E_CERT_USAGE");
    assert_eq!(refused(|c| c.leaf.replace(key_usage(&[2, 3]))), "E_CERT_USAGE"); // encryption pair
    good(|c| c.leaf.replace(key_usage(&[0])));
    good(|c| c.leaf.replace(key_usage(&[1])));
    good(|c| c.leaf.without(EKU));
    for purpose in [DOCUMENT, EMAIL, CLIENT_AUTH, EKU_ANY] {
        good(|c| c.leaf.replace(purposes(true, &[SERVER_AUTH, purpose])));
    }
    assert_eq!(refused(|c| c.leaf.replace(purposes(false, &[SERVER_AUTH]))), "E_CERT_USAGE");
    assert_eq!(refused(|c| c.leaf.replace(purposes(true, &[TIME_STAMPING]))), "E_CERT_USAGE");
}

#[test]
fn time_stamping() {
    let stamp = |critical, list: &'static [&'static [u8]]| {
        move |c: &mut Case| {
            c.usage = Usage::TimeStamp;
            c.leaf.replace(purposes(critical, list));
        }
    };
    good(stamp(true, &[TIME_STAMPING]));
    assert_eq!(refused(stamp(false, &[TIME_STAMPING])), "E_CERT_USAGE");
    assert_eq!(refused(stamp(true, &[TIME_STAMPING, EMAIL])), "E_CERT_USAGE");
    assert_eq!(refused(stamp(true, &[EKU_ANY])), "E_CERT_USAGE");
    let none = |c: &mut Case| {
        c.usage = Usage::TimeStamp;
        c.leaf.without(EKU);
    };
    assert_eq!(refused(none), "E_CERT_USAGE");
}

#[test]
fn whose_certificate_it_is() {
    let subject = |parts: &[(&[u8], Vec<u8>)]| {
        let subject = name(parts);
        refused(move |c| c.leaf.subject = subject)
    };
    let (o, id) = (|| (O, utf8("甲")), || (ORG_ID, utf8(&code())));
    assert_eq!(subject(&[o()]), "E_CERT_ORG_CODE_MISSING");
    assert_eq!(subject(&[o(), id(), id()]), "E_CERT_ORG_CODE_MISSING");
    assert_eq!(subject(&[o(), (ORG_ID, tlv(0x14, code().as_bytes()))]), "E_CERT_ORG_CODE_MISSING");
    assert_eq!(subject(&[o(), (ORG_ID, utf8(&format!("NTRCN-{}", code())))]), "E_CERT_ORG_CODE");
    assert_eq!(subject(&[o(), (ORG_ID, utf8(&format!(" {}", code())))]), "E_CERT_ORG_CODE");
    let wrong = code().replace("MA0000001", "MA0000010");
    assert_eq!(subject(&[o(), (ORG_ID, utf8(&wrong))]), "E_CERT_ORG_CODE");
    assert_eq!(subject(&[id()]), "E_CERT_NAME");
    for text in ["", " ", "甲\n", "甲\u{202e}", &"甲".repeat(201)] {
        assert_eq!(subject(&[(O, utf8(text)), id()]), "E_CERT_NAME", "{text:?}");
    }
    let printable =
        name(&[(CN, tlv(0x13, b"Kaibiao Ltd")), (ORG_ID, tlv(0x13, code().as_bytes()))]);
    let verified = case(|c| c.leaf.subject = printable).unwrap();
    assert_eq!(verified.party().name, "Kaibiao Ltd");
}

#[test]
fn the_code_in_an_extension() {
    let with = |value: Vec<u8>| {
        case(|c| {
            c.rule = RULE_EXTENSION;
            c.leaf.replace(extension(CODE_EXTENSION, false, value));
        })
    };
    let other = code_of("91430200MA0000002");
    assert_eq!(with(utf8(&other)).unwrap().party().code.as_str(), other);
    assert_eq!(with(tlv(0x13, other.as_bytes())).unwrap().party().code.as_str(), other);
    let missing = |value| with(value).unwrap_err().label();
    assert_eq!(missing(other.as_bytes().to_vec()), "E_CERT_ORG_CODE_MISSING");
    assert_eq!(missing([utf8(&other), vec![0]].concat()), "E_CERT_ORG_CODE_MISSING");
    assert_eq!(missing(vec![]), "E_CERT_ORG_CODE_MISSING");
    assert_eq!(missing(utf8("")), "E_CERT_ORG_CODE");
    // The subject's code is not looked at under this rule.
    assert_eq!(refused(|c| c.rule = RULE_EXTENSION), "E_CERT_ORG_CODE_MISSING");
}

#[test]
fn rsa_paths_from_openssl() {
    let made = openssl::Made::rsa();
    let chain = kaibiao_pki::read_certificates(&made.chain_pem).unwrap();
    let verify = |trust: &TrustList| {
        verify_chain(&chain[0], &chain[1..], trust, openssl::clock(), Usage::Sign)
    };
    assert_eq!(verify(&made.trust()).unwrap().party().code.as_str(), code());
    let error = verify(&openssl::Made::p256().trust()).unwrap_err();
    assert_eq!(
        (error.label(), error.indication()),
        ("E_CERT_UNTRUSTED", "NO_CERTIFICATE_CHAIN_FOUND")
    );
}
