use serde_json::{Value, json};

use super::*;

const CENTRAL: &str = "registry+https://registry.example/index";

/// A foreign package that breaks no rule.
fn foreign(name: &str, version: &str) -> Value {
    json!({
        "id": format!("{name}@{version}"), "name": name, "version": version, "source": CENTRAL,
        "license": "MIT OR Apache-2.0", "manifest_path": format!("/r/{name}-{version}/Cargo.toml"),
        "dependencies": [],
    })
}

/// The package of ours that requires (name, requirement).
fn own(requirements: &[(&str, &str)]) -> Value {
    let dependencies: Vec<Value> = requirements
        .iter()
        .map(|(name, requirement)| json!({ "name": name, "kind": null, "req": requirement }))
        .collect();
    json!({
        "id": "own", "name": "own", "version": "0.1.0", "source": null, "license": "MIT",
        "manifest_path": "/w/own/Cargo.toml", "dependencies": dependencies,
    })
}

fn with(mut package: Value, key: &str, value: Value) -> Value {
    package[key] = value;
    package
}

fn policy() -> Policy {
    let text = "[licences]\nallow = [\"MIT\"]\n\
                [[ban]]\nname = \"openssl\"\nreason = \"a second library for TLS\"\n\
                [[duplicate]]\nname = \"rand\"\nlines = [\"0.8\", \"0.9\"]\nreason = \"rsa\"\n";
    Policy::parse(text).unwrap()
}

fn twice() -> [Value; 2] {
    [foreign("rand", "0.8.5"), foreign("rand", "0.9.2")]
}

/// The breaches by these packages, beside the listed duplicate.
fn breaches(packages: &[Value]) -> Vec<String> {
    breaches_of_all(&[twice().as_slice(), packages].concat())
}

fn breaches_of_all(packages: &[Value]) -> Vec<String> {
    let text = json!({ "packages": packages, "workspace_members": ["own"] }).to_string();
    let metadata = Metadata::parse(&text).unwrap();
    let found = violations(&metadata, &policy());
    found.into_iter().map(|violation| format!("{}: {}", violation.place, violation.what)).collect()
}

#[test]
fn a_graph_that_keeps_the_policy_is_fine() {
    let packages = [
        own(&[("serde", "^1"), ("cms", "=0.3.0-rc.1")]),
        foreign("serde", "1.0.2"),
        foreign("cms", "0.3.0-rc.1+build.5"),
    ];
    assert_eq!(breaches(&packages), Vec::<String>::new());
}

#[test]
fn licences_outside_the_list_are_named() {
    for (licence, words) in [
        (json!("GPL-3.0-only"), "is not allowed"),
        (json!("MIT AND GPL-3.0-only"), "is not allowed"),
        (json!("MIT or Apache"), "is not understood"),
        (json!(""), "is not understood"),
        (Value::Null, "names no licence"),
    ] {
        let found = breaches(&[with(foreign("a", "1.0.0"), "license", licence)]);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("a 1.0.0: ") && found[0].contains(words), "{found:?}");
    }
    assert_eq!(breaches(&[with(own(&[]), "license", json!("GPL-3.0-only"))]).len(), 1);
}

#[test]
fn a_banned_crate_is_named_with_the_reason() {
    let found = breaches(&[foreign("openssl", "0.10.1")]);
    assert_eq!(found, ["openssl 0.10.1: it is banned: a second library for TLS"]);
    assert!(breaches(&[foreign("openssl-probe", "0.1.6")]).is_empty());
}

#[test]
fn only_the_workspace_and_one_registry_are_sources() {
    for source in ["git+https://forge.example/a?rev=1", "sparse+https://other.example/", "x"] {
        let found = breaches(&[with(foreign("a", "1.0.0"), "source", json!(source))]);
        assert_eq!(found, [format!("a 1.0.0: it comes from {source}")]);
    }
    let found = breaches(&[with(foreign("a", "1.0.0"), "source", Value::Null)]);
    assert_eq!(found, ["a 1.0.0: it comes from a folder outside the workspace"]);
    let other = json!("registry+https://other.example/index");
    let found = breaches(&[with(foreign("a", "1.0.0"), "source", other)]);
    assert_eq!(found, ["a 1.0.0: the crates come from 2 registries"]);
}

#[test]
fn a_duplicate_must_be_listed_exactly() {
    let found = breaches(&[foreign("syn", "1.0.9"), foreign("syn", "2.0.1")]);
    assert_eq!(found, ["syn: lines 1, 2 are in the graph"]);
    let found = breaches(&[foreign("rand", "0.10.0")]);
    assert_eq!(found, ["rand: lines 0.10, 0.8, 0.9 are in the graph, 0.8, 0.9 are listed"]);
    let found = breaches_of_all(&[foreign("rand", "0.8.5"), foreign("rand", "0.10.0")]);
    assert_eq!(found, ["rand: lines 0.10, 0.8 are in the graph, 0.8, 0.9 are listed"]);
}

#[test]
fn a_stale_entry_is_a_breach() {
    let stale = ["rand: it is listed as a duplicate and is none"];
    assert_eq!(breaches_of_all(&[foreign("rand", "0.9.2")]), stale);
    assert_eq!(breaches_of_all(&[foreign("serde", "1.0.0")]), stale);
}

#[test]
fn a_release_line_is_what_cargo_may_replace() {
    for (version, line) in [
        ("1.2.3", "1"),
        ("2.0.0+meta-data", "2"),
        ("0.22.1", "0.22"),
        ("0.0.7", "0.0.7"),
        ("0.3.0-rc.1", "0.3.0-rc.1"),
        ("1.0.0-rc.1+7", "1.0.0-rc.1"),
    ] {
        assert_eq!(release_line(version), line);
    }
}

#[test]
fn a_release_candidate_without_a_pin_is_named() {
    for requirement in ["^0.3.0-rc.1", ">=0.3.0-rc.1", "=0.3.0-rc.1, <0.4", "~0.3.0-rc.1"] {
        let found = breaches(&[own(&[("cms", requirement)]), foreign("cms", "0.3.0-rc.1")]);
        assert_eq!(found.len(), 2, "{requirement}: {found:?}");
        assert!(found[0].starts_with("own: requires cms"));
    }
    let found = breaches(&[own(&[]), foreign("cms", "0.3.0-rc.1")]);
    assert_eq!(found, ["cms 0.3.0-rc.1: it is a pre-release and nobody pins it"]);
    let found = breaches(&[own(&[("cms", "=0.3.0-rc.0")]), foreign("cms", "0.3.0-rc.1")]);
    assert_eq!(found, ["cms 0.3.0-rc.1: it is a pre-release and nobody pins it"]);
}
