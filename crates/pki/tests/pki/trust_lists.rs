//! Trust lists: what is read, and what is refused.

use kaibiao_pki::{OrgCodePlace, SignatureAlgorithm, TrustList};

use crate::forge::*;
use crate::openssl::Made;

fn json() -> String {
    list_json(&[anchor_json(&World::get().root_der(), RULE_SUBJECT)])
}

fn label(json: &str) -> &'static str {
    TrustList::parse(json.as_bytes()).unwrap_err().label()
}

#[test]
fn what_a_list_says() {
    let json = json();
    let list = TrustList::parse(json.as_bytes()).unwrap();
    assert_eq!(list.sha256().bytes().as_slice(), sha256(json.as_bytes()));
    assert_eq!(list.name(), "test");
    let [anchor] = list.anchors() else { panic!("one anchor") };
    assert_eq!((anchor.name_zh(), anchor.name_en()), ("开发", "Development"));
    assert_eq!(
        (anchor.org_code().place(), anchor.org_code().oid()),
        (OrgCodePlace::Subject, "2.5.4.97")
    );
    assert!(anchor.allows(SignatureAlgorithm::RsaPkcs1Sha256));
    assert_eq!(anchor.period(), (at(1_577_836_800_000), at(2_524_608_000_000)));
    assert_eq!(anchor.certificate().display_name(), "Root");
}

#[test]
fn strict_json() {
    let json = json();
    let edit = |from: &str, to: &str| {
        assert!(json.contains(from), "{from}");
        label(&json.replacen(from, to, 1))
    };
    assert_eq!(edit(r#""v":1"#, r#""v":1,"v":1"#), "E_TRUST_JSON");
    assert_eq!(edit(r#""v":1"#, r#""v":1,"w":1"#), "E_TRUST_JSON");
    assert_eq!(edit(r#""v":1,"#, ""), "E_TRUST_JSON");
    assert_eq!(edit(r#""v":1"#, r#""v":1.0"#), "E_TRUST_JSON");
    assert_eq!(edit(r#""v":1"#, r#""v":2"#), "E_TRUST_VERSION");
    assert_eq!(edit(r#""zh":"开发""#, r#""zh":"开发","zh":"开发""#), "E_TRUST_JSON");
    assert_eq!(edit(r#""in":"subject""#, r#""in":"subject","in":"extension""#), "E_TRUST_JSON");
    assert_eq!(edit(r#""in":"subject""#, r#""in":"Subject""#), "E_TRUST_JSON");
    assert_eq!(edit(r#""in":"subject""#, r#""in":"subject","x":1"#), "E_TRUST_JSON");
    assert_eq!(edit("ecdsa-p256-sha256", "ecdsa-p256-sha1"), "E_TRUST_JSON");
    assert_eq!(edit("1577836800000", "9007199254740992"), "E_TRUST_JSON");
    assert_eq!(edit("1577836800000", "-1"), "E_TRUST_JSON");
    assert_eq!(edit("1577836800000", "\"2020\""), "E_TRUST_JSON");
    assert_eq!(label(&format!("{json} x")), "E_TRUST_JSON");
    assert_eq!(label(&format!("\u{feff}{json}")), "E_TRUST_JSON");
    assert_eq!(label(""), "E_TRUST_JSON");
    assert_eq!(label(&" ".repeat(4 * 1024 * 1024 + 1)), "E_TRUST_TOO_LARGE");
}

#[test]
fn rules_of_a_list() {
    let json = json();
    let edit = |from: &str, to: &str| label(&json.replacen(from, to, 1));
    assert_eq!(edit("2.5.4.97", "2.5.4."), "E_TRUST_OID");
    assert_eq!(edit("2.5.4.97", "organizationIdentifier"), "E_TRUST_OID");
    assert_eq!(edit("ecdsa-p256-sha256", "rsa-pkcs1-sha256"), "E_TRUST_SIGNATURES");
    let all = r#"["rsa-pkcs1-sha256","rsa-pss-sha256","ecdsa-p256-sha256","sm2-sm3"]"#;
    assert_eq!(edit(all, "[]"), "E_TRUST_SIGNATURES");
    assert_eq!(edit("sm2-sm3", "rsa-pss-sha256"), "E_TRUST_SIGNATURES");
    assert_eq!(edit("sm2-sm3", "sm2-sha256"), "E_TRUST_JSON");
    assert_eq!(edit("2524608000000", "1577836799999"), "E_TRUST_PERIOD");
    assert_eq!(edit(r#""name":"test""#, r#""name":"""#), "E_TRUST_NAME");
    assert_eq!(edit("Development", "a\\u0007b"), "E_TRUST_NAME");
    assert_eq!(edit(r#""cert_b64":"M"#, r#""cert_b64":"M="#), "E_TRUST_BASE64");
    assert_eq!(edit(r#""cert_b64":"M"#, r#""cert_b64":"_"#), "E_TRUST_BASE64");
    assert_eq!(label(&list_json(&[])), "E_TRUST_COUNT");
    let one = anchor_json(&World::get().root_der(), RULE_SUBJECT);
    assert_eq!(label(&list_json(&vec![one; 257])), "E_TRUST_COUNT");
}

#[test]
fn anchors_that_contradict() {
    let world = World::get();
    let root = world.root_der();
    let one = anchor_json(&root, RULE_SUBJECT);
    assert_eq!(label(&list_json(&[one.clone(), one.clone()])), "E_TRUST_CONFLICT");
    let mut renewed = world.root.clone();
    renewed.not_after = "401231235959Z".to_owned();
    let renewed = renewed.der(&world.root_key);
    let other_rule = anchor_json(&renewed, RULE_EXTENSION);
    assert_eq!(label(&list_json(&[one.clone(), other_rule])), "E_TRUST_CONFLICT");
    // The name is the same by the rules of comparison.
    let mut capitals = world.root.clone();
    capitals.subject = common_name("ROOT");
    let capitals = anchor_json(&capitals.der(&world.root_key), RULE_EXTENSION);
    assert_eq!(label(&list_json(&[one.clone(), capitals])), "E_TRUST_CONFLICT");
    let same_rule = anchor_json(&renewed, RULE_SUBJECT);
    TrustList::parse(list_json(&[one, same_rule]).as_bytes()).unwrap();
}

#[test]
fn certificates_that_are_no_anchor() {
    let world = World::get();
    let leaf = world.leaf.der(&world.issuing_key);
    assert_eq!(label(&list_json(&[anchor_json(&leaf, RULE_SUBJECT)])), "E_TRUST_ANCHOR");
    let mut root = world.root.clone();
    root.replace(key_usage(&[0]));
    let root = root.der(&world.root_key);
    assert_eq!(label(&list_json(&[anchor_json(&root, RULE_SUBJECT)])), "E_TRUST_ANCHOR");
    assert_eq!(label(&list_json(&[anchor_json(&[0x30, 0], RULE_SUBJECT)])), "E_TRUST_ANCHOR");
}

#[test]
fn lists_of_two_cas() {
    let (rsa, p256) = (Made::rsa().trust(), Made::p256().trust());
    assert_ne!(rsa.sha256(), p256.sha256());
    assert_eq!(rsa.anchors()[0].org_code().place(), OrgCodePlace::Subject);
    assert_eq!(p256.anchors()[0].org_code().place(), OrgCodePlace::Extension);
}
