//! The committed development identities: each signs and is recognised, the negative ones are not.

use std::fs;
use std::path::PathBuf;

use kaibiao_pki::cms::{sign_detached, verify_detached};
use kaibiao_pki::{Identity, TrustList, Usage, read_certificates, verify_chain};
use kaibiao_types::Party;
use ring::rand::SystemRandom;
use serde::Deserialize;

use crate::forge::now;

#[derive(Deserialize)]
struct Roster {
    identities: Vec<Entry>,
    negative: Vec<Negative>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    party: Party,
}

#[derive(Deserialize)]
struct Negative {
    name: String,
}

fn read(path: &str) -> String {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../keys-dev");
    fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("keys-dev/{path}: {error}"))
}

fn roster() -> Roster {
    serde_json::from_str(&read("roster.json")).unwrap()
}

fn trust() -> TrustList {
    TrustList::parse(read("trust.json").as_bytes()).unwrap()
}

fn identity(name: &str) -> Identity {
    let (chain, key) = (read(&format!("id/{name}.chain.pem")), read(&format!("id/{name}.key.pem")));
    Identity::from_pem(&chain, &key, &SystemRandom::new()).unwrap()
}

#[test]
fn every_identity_signs_for_its_organisation() {
    let (roster, trust) = (roster(), trust());
    assert!(roster.identities.len() > 20);
    for entry in roster.identities {
        let content = entry.name.as_bytes();
        let cms = sign_detached(&identity(&entry.name), content, now(), &SystemRandom::new());
        let verified = verify_detached(&cms.unwrap(), content, &trust, now()).unwrap();
        assert_eq!(verified.signer().party(), &entry.party, "{}", entry.name);
    }
}

#[test]
fn every_negative_identity_is_refused() {
    let trust = trust();
    let mut labels = Vec::new();
    for negative in roster().negative {
        let cms = sign_detached(&identity(&negative.name), b"x", now(), &SystemRandom::new());
        let error = verify_detached(&cms.unwrap(), b"x", &trust, now()).unwrap_err();
        labels.push((negative.name, error.label()));
    }
    labels.sort();
    let expected = [
        ("expired".to_owned(), "E_CERT_EXPIRED"),
        ("no-sign-usage".to_owned(), "E_CERT_USAGE"),
        ("other-root".to_owned(), "E_CERT_UNTRUSTED"),
    ];
    assert_eq!(labels, expected);
}

#[test]
fn the_time_stamping_authority_signs_no_documents() {
    let chain = read_certificates(&read("tsa/tsa.chain.pem")).unwrap();
    let (leaf, above) = chain.split_first().unwrap();
    let error = verify_chain(leaf, above, &trust(), now(), Usage::Sign).unwrap_err();
    assert_eq!(error.label(), "E_CERT_USAGE");
}
