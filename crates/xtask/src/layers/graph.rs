//! Rules on the dependencies of our crates.

use std::collections::{BTreeMap, BTreeSet};

use super::table::{
    CRATES, IMPURE_CRATES, Place, Purity, SERVERS, SIDEWAYS, TESTKIT, VERIFIER, XTASK, place,
    purity,
};
use crate::cargo::{Dependency, DependencyKind, Package};
use crate::report::Violation;

/// All breaches of the rules by the crates `own`.
pub(super) fn violations(own: &[&Package]) -> Vec<Violation> {
    let mut found = table_violations(own);
    let reach = testkit_reach(own);
    for package in own {
        for dependency in &package.dependencies {
            found.extend(edge_violation(package, dependency, reach));
            found.extend(impure_dependency(package, dependency));
        }
    }
    found.extend(verifier_violations(own));
    found
}

/// The table and the workspace name the same crates.
fn table_violations(own: &[&Package]) -> Vec<Violation> {
    let present: BTreeSet<&str> = own.iter().map(|package| package.name.as_str()).collect();
    let unknown = present.iter().filter(|name| place(name).is_none()).map(|name| {
        Violation::new(
            *name,
            "no layer is given for this crate",
            "add it to the table in crates/xtask/src/layers/table.rs, as low as it can stand",
        )
    });
    let gone = CRATES.iter().filter(|(name, _)| !present.contains(name)).map(|(name, _)| {
        Violation::new(
            *name,
            "the table of layers names a crate that does not exist",
            "remove its row in crates/xtask/src/layers/table.rs",
        )
    });
    unknown.chain(gone).collect()
}

/// The highest layer that the library of the tests is built from.
fn testkit_reach(own: &[&Package]) -> u8 {
    let testkit = own.iter().filter(|package| package.name == TESTKIT);
    testkit
        .flat_map(|package| &package.dependencies)
        .filter(|dependency| dependency.kind != DependencyKind::Dev)
        .filter_map(|dependency| match place(&dependency.name) {
            Some(Place::Layer(layer)) => Some(layer),
            _ => None,
        })
        .max()
        .unwrap_or(0)
}

/// What is wrong with one dependency between two of our crates.
fn edge_violation(from: &Package, to: &Dependency, testkit_reach: u8) -> Option<Violation> {
    let breach = |what: String, remedy: &str| Some(Violation::new(from.name.clone(), what, remedy));
    let (here, there) = (place(&from.name)?, place(&to.name)?);
    let dev = to.kind == DependencyKind::Dev;
    if from.name == XTASK {
        return breach(
            format!("the tasks depend on {}", to.name),
            "tasks stand apart from the workspace, or a broken crate silences their checks",
        );
    }
    match (here, there) {
        (_, Place::Dev) if to.name == XTASK => breach(
            "depends on xtask, which is a program".to_owned(),
            "move what you need to kaibiao-testkit",
        ),
        (Place::Layer(_), Place::Dev) if !dev => breach(
            format!("is built from {}, a crate for tests", to.name),
            "list it under [dev-dependencies]",
        ),
        (Place::Layer(layer), Place::Dev) if testkit_reach > layer => breach(
            format!("its tests use {}, which is built from layer {testkit_reach}", to.name),
            "a test may not point up either: keep the helper beside the test",
        ),
        (Place::Layer(layer), Place::Layer(other)) if dev && other > layer => breach(
            format!("its tests (layer {layer}) use {} (layer {other})", to.name),
            "move the test to the higher crate",
        ),
        (Place::Layer(layer), Place::Layer(other)) if !dev && other >= layer => {
            if SIDEWAYS.contains(&(from.name.as_str(), to.name.as_str())) {
                return None;
            }
            breach(
                format!("layer {layer} depends on {} of layer {other}", to.name),
                "dependencies point strictly down: move the shared part down, or hand the value \
                 in from above",
            )
        }
        _ => None,
    }
}

/// A pure crate is not built from what brings the outside world in.
fn impure_dependency(from: &Package, to: &Dependency) -> Option<Violation> {
    let pure = purity(&from.name) != Purity::Free;
    let impure = IMPURE_CRATES.contains(&to.name.as_str()) && to.kind != DependencyKind::Dev;
    (pure && impure).then(|| {
        Violation::new(
            from.name.clone(),
            format!("a pure crate depends on {}", to.name),
            "a pure crate has no runtime, socket, database or system randomness: take the value as \
             an argument",
        )
    })
}

/// The verifier needs no crate of a running platform, not even by way of another crate or in its
/// tests.
fn verifier_violations(own: &[&Package]) -> Vec<Violation> {
    let by_name: BTreeMap<&str, &Package> =
        own.iter().map(|package| (package.name.as_str(), *package)).collect();
    let Some(verifier) = by_name.get(VERIFIER) else { return Vec::new() };
    let mut reached: BTreeSet<&str> = BTreeSet::new();
    let mut open: Vec<&str> = verifier.dependencies.iter().map(|to| to.name.as_str()).collect();
    while let Some(name) = open.pop() {
        if !reached.insert(name) {
            continue;
        }
        let next = by_name.get(name).into_iter().flat_map(|package| &package.dependencies);
        open.extend(next.filter(|to| to.kind != DependencyKind::Dev).map(|to| to.name.as_str()));
    }
    SERVERS
        .iter()
        .filter(|server| reached.contains(*server))
        .map(|server| {
            Violation::new(
                VERIFIER,
                format!("the verifier reaches {server}, a crate of the running platform"),
                "an auditor needs nothing from us: move the shared part to layer 2 or below",
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::cargo::Metadata;

    /// A crate, and its dependencies with their kinds as cargo writes them.
    type Row<'a> = (&'a str, &'a [(&'a str, Option<&'a str>)]);

    /// A workspace of the crates `rows`.
    fn workspace(rows: &[Row<'_>]) -> Metadata {
        let packages: Vec<Value> = rows
            .iter()
            .map(|(name, dependencies)| {
                let dependencies: Vec<Value> = dependencies
                    .iter()
                    .map(|(name, kind)| json!({ "name": name, "kind": kind, "req": "*" }))
                    .collect();
                json!({
                    "id": name, "name": name, "version": "0.1.0", "source": null,
                    "license": "Apache-2.0", "manifest_path": format!("/w/{name}/Cargo.toml"),
                    "dependencies": dependencies,
                })
            })
            .collect();
        let members: Vec<&str> = rows.iter().map(|(name, _)| *name).collect();
        let text = json!({ "packages": packages, "workspace_members": members }).to_string();
        Metadata::parse(&text).unwrap()
    }

    /// The breaches by the rows, without those about absent crates.
    fn breaches(rows: &[Row<'_>]) -> Vec<String> {
        let metadata = workspace(rows);
        let own: Vec<&Package> = metadata.own().collect();
        violations(&own)
            .into_iter()
            .filter(|violation| !violation.what.contains("does not exist"))
            .map(|violation| format!("{}: {}", violation.place, violation.what))
            .collect()
    }

    const DEV: Option<&str> = Some("dev");
    const BUILD: Option<&str> = Some("build");

    #[test]
    fn dependencies_that_point_down_are_fine() {
        let found = breaches(&[
            ("kaibiao-types", &[("serde", None)]),
            ("kaibiao-crypto", &[("kaibiao-types", None), ("ring", None)]),
            ("kaibiao-seal", &[("kaibiao-crypto", None), ("kaibiao-testkit", DEV)]),
            ("kaibiao-replay", &[("kaibiao-seal", None)]),
            ("kaibiao-custody", &[("kaibiao-seal", None), ("kaibiao-replay", None)]),
            ("kaibiao-room", &[("kaibiao-custody", None), ("tokio", None)]),
            ("kaibiao-hall", &[("kaibiao-room", None)]),
            ("kaibiao", &[("kaibiao-hall", None), ("kaibiao-custodian", None)]),
            ("kaibiao-custodian", &[("kaibiao-custody", None), ("tempfile", DEV)]),
            ("kaibiao-testkit", &[("kaibiao-types", None), ("kaibiao-crypto", None)]),
            ("xtask", &[("serde_json", None)]),
        ]);
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn a_dependency_that_points_up_or_sideways_is_named() {
        for (from, to) in [
            ("kaibiao-types", "kaibiao-crypto"),
            ("kaibiao-crypto", "kaibiao-merkle"),
            ("kaibiao-seal", "kaibiao-ceremony"),
            ("kaibiao-opening", "kaibiao-journal"),
            ("kaibiao-journal", "kaibiao-replay"),
            ("kaibiao-replay", "kaibiao-custody"),
            ("kaibiao-wire", "kaibiao-store"),
            ("kaibiao-custody", "kaibiao-room"),
            ("kaibiao-hall", "kaibiao-custodian"),
            ("kaibiao-custodian", "kaibiao-hall"),
            ("kaibiao-hall", "kaibiao"),
        ] {
            for kind in [None, BUILD] {
                let found = breaches(&[(from, &[(to, kind)])]);
                assert_eq!(found.len(), 1, "{from} -> {to}: {found:?}");
                assert!(found[0].contains(from) && found[0].contains(to));
            }
        }
    }

    #[test]
    fn tests_may_look_down_but_not_up() {
        assert!(breaches(&[("kaibiao-journal", &[("kaibiao-merkle", DEV)])]).is_empty());
        let found = breaches(&[("kaibiao-merkle", &[("kaibiao-journal", DEV)])]);
        assert_eq!(found, ["kaibiao-merkle: its tests (layer 1) use kaibiao-journal (layer 2)"]);
    }

    #[test]
    fn crates_of_development_stay_out_of_the_product() {
        let found = breaches(&[("kaibiao-hall", &[("kaibiao-testkit", None)])]);
        assert_eq!(found, ["kaibiao-hall: is built from kaibiao-testkit, a crate for tests"]);
        assert_eq!(breaches(&[("kaibiao-hall", &[("kaibiao-testkit", BUILD)])]).len(), 1);
        assert_eq!(breaches(&[("kaibiao-hall", &[("xtask", DEV)])]).len(), 1);
        let found = breaches(&[("kaibiao-hall", &[("kaibiao-bench", None)])]);
        assert_eq!(found, ["kaibiao-hall: is built from kaibiao-bench, a crate for tests"]);
        assert_eq!(breaches(&[("kaibiao-bench", &[("xtask", None)])]).len(), 1);
        assert!(breaches(&[("kaibiao-bench", &[("kaibiao-testkit", None)])]).is_empty());
        assert_eq!(breaches(&[("xtask", &[("kaibiao-types", None)])]).len(), 1);
        assert_eq!(breaches(&[("kaibiao-fuzz", &[("kaibiao-testkit", None)])]), [""; 0]);
        assert_eq!(breaches(&[("kaibiao-hall", &[("kaibiao-fuzz", None)])]).len(), 1);
        assert_eq!(breaches(&[("xtask", &[("kaibiao-testkit", DEV)])]).len(), 1);
    }

    #[test]
    fn the_library_of_tests_is_no_way_up() {
        let found = breaches(&[
            ("kaibiao-testkit", &[("kaibiao-hall", None)]),
            ("kaibiao-seal", &[("kaibiao-testkit", DEV)]),
        ]);
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("kaibiao-seal"), "{found:?}");
    }

    #[test]
    fn a_pure_crate_has_no_runtime() {
        for (from, to) in [
            ("kaibiao-types", "tokio"),
            ("kaibiao-crypto", "getrandom"),
            ("kaibiao-opening", "axum"),
            ("kaibiao-journal", "rusqlite"),
            ("kaibiao-pki", "reqwest"),
            ("kaibiao-replay", "tokio"),
            ("kaibiao-custody", "rand"),
            ("kaibiao-evidence", "rusqlite"),
        ] {
            assert_eq!(breaches(&[(from, &[(to, None)])]).len(), 1, "{from} -> {to}");
            assert_eq!(breaches(&[(from, &[(to, BUILD)])]).len(), 1, "{from} -> {to}");
        }
        assert!(breaches(&[("kaibiao-pki", &[("tempfile", DEV)])]).is_empty());
        assert!(breaches(&[("kaibiao-store", &[("rusqlite", None)])]).is_empty());
    }

    #[test]
    fn the_verifier_needs_no_server() {
        let found = breaches(&[("kaibiao-evidence", &[("kaibiao-store", DEV)])]);
        assert_eq!(
            found,
            [
                "kaibiao-evidence: the verifier reaches kaibiao-store, a crate of the running platform"
            ]
        );
        let found = breaches(&[
            ("kaibiao-evidence", &[("kaibiao-pki", None)]),
            ("kaibiao-pki", &[("kaibiao-wire", None)]),
        ]);
        assert!(found.iter().any(|line| line.contains("the verifier reaches kaibiao-wire")));
    }

    #[test]
    fn the_table_and_the_workspace_name_the_same_crates() {
        let found = breaches(&[("kaibiao-extra", &[])]);
        assert_eq!(found, ["kaibiao-extra: no layer is given for this crate"]);
        let all = table_violations(&[]);
        assert_eq!(all.len(), CRATES.len());
    }
}
