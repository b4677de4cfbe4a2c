//! The graph against the policy.

use std::collections::{BTreeMap, BTreeSet};

use super::policy::Policy;
use super::spdx;
use crate::cargo::{Metadata, Package};
use crate::report::Violation;

/// What a package of the one allowed registry has in front of its address.
const REGISTRY: &str = "registry+";

/// All breaches of `policy` by the graph `metadata`.
pub(super) fn violations(metadata: &Metadata, policy: &Policy) -> Vec<Violation> {
    let mut found = Vec::new();
    for package in &metadata.packages {
        found.extend(licence_violation(package, policy));
        found.extend(ban_violation(package, policy));
        found.extend(source_violation(metadata, package));
    }
    found.extend(registry_violation(metadata));
    found.extend(duplicate_violations(metadata, policy));
    found.extend(candidate_violations(metadata));
    found
}

fn shown(package: &Package) -> String {
    format!("{} {}", package.name, package.version)
}

fn licence_violation(package: &Package, policy: &Policy) -> Option<Violation> {
    let remedy = "do without the crate; a licence joins the list in deps.toml only if it is \
                  permissive";
    let Some(expression) = &package.licence else {
        return Some(Violation::new(shown(package), "its manifest names no licence", remedy));
    };
    match spdx::allows(expression, &policy.licences) {
        Ok(true) => None,
        Ok(false) => {
            let what = format!("its licence `{expression}` is not allowed");
            Some(Violation::new(shown(package), what, remedy))
        }
        Err(detail) => {
            let what = format!("its licence `{expression}` is not understood: {detail}");
            Some(Violation::new(shown(package), what, remedy))
        }
    }
}

fn ban_violation(package: &Package, policy: &Policy) -> Option<Violation> {
    let reason = policy.bans.get(&package.name)?;
    Some(Violation::new(
        shown(package),
        format!("it is banned: {reason}"),
        format!("`cargo tree -i {}` shows who brings it in; turn that feature off", package.name),
    ))
}

/// A package is ours and in the workspace, or comes from a registry.
fn source_violation(metadata: &Metadata, package: &Package) -> Option<Violation> {
    match &package.source {
        Some(source) if source.starts_with(REGISTRY) => None,
        None if metadata.is_member(package) => None,
        source => {
            let from = source.as_deref().unwrap_or("a folder outside the workspace");
            let what = format!("it comes from {from}");
            let remedy = "use a released version: only those stay available and unchanged";
            Some(Violation::new(shown(package), what, remedy))
        }
    }
}

/// All foreign crates come from one and the same registry, the default one of cargo.
fn registry_violation(metadata: &Metadata) -> Option<Violation> {
    let mut by_registry: BTreeMap<&str, Vec<&Package>> = BTreeMap::new();
    for package in &metadata.packages {
        if let Some(source) = package.source.as_deref().filter(|text| text.starts_with(REGISTRY)) {
            by_registry.entry(source).or_default().push(package);
        }
    }
    let (_, rare) = by_registry.iter().min_by_key(|(_, packages)| packages.len())?;
    let example = rare.first()?;
    (by_registry.len() > 1).then(|| {
        Violation::new(
            shown(example),
            format!("the crates come from {} registries", by_registry.len()),
            "take all crates from the default registry",
        )
    })
}

/// The part of a version that decides whether cargo may replace it by another: `1`, `0.3` or
/// `0.0.7`. Pre-releases replace nothing, so each is a line of its own.
fn release_line(version: &str) -> String {
    let core = version.split('+').next().unwrap_or(version);
    if core.contains('-') {
        return core.to_owned();
    }
    let mut line: Vec<&str> = Vec::new();
    for part in core.split('.') {
        line.push(part);
        if part != "0" {
            break;
        }
    }
    line.join(".")
}

fn duplicate_violations(metadata: &Metadata, policy: &Policy) -> Vec<Violation> {
    let mut lines: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for package in &metadata.packages {
        lines.entry(&package.name).or_default().insert(release_line(&package.version));
    }
    let join =
        |lines: &BTreeSet<String>| lines.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let mut found = Vec::new();
    for (name, present) in lines.iter().filter(|(_, present)| present.len() > 1) {
        match policy.duplicates.get(*name) {
            Some(listed) if listed == present => {}
            Some(listed) => found.push(Violation::new(
                *name,
                format!("lines {} are in the graph, {} are listed", join(present), join(listed)),
                "bring the entry in deps.toml up to date, or get rid of the new line",
            )),
            None => found.push(Violation::new(
                *name,
                format!("lines {} are in the graph", join(present)),
                format!(
                    "`cargo tree -d -i {name}@VERSION` shows who needs each; if it cannot be \
                         helped, list it in deps.toml with the reason"
                ),
            )),
        }
    }
    for name in policy.duplicates.keys() {
        if lines.get(name.as_str()).is_none_or(|present| present.len() < 2) {
            found.push(Violation::new(
                name,
                "it is listed as a duplicate and is none",
                "remove the entry in deps.toml",
            ));
        }
    }
    found
}

/// A release candidate may change in any way with the next one, so somebody must pin it.
fn candidate_violations(metadata: &Metadata) -> Vec<Violation> {
    let remedy = "pin it with `=`, as in `=0.3.0-rc.1`";
    let mut found = Vec::new();
    for package in metadata.own() {
        for dependency in &package.dependencies {
            if is_candidate(&dependency.requirement) && !is_pinned(&dependency.requirement) {
                let what = format!(
                    "requires {} `{}`, a pre-release that may be replaced",
                    dependency.name, dependency.requirement
                );
                found.push(Violation::new(package.name.clone(), what, remedy));
            }
        }
    }
    for package in metadata.packages.iter().filter(|package| is_candidate(&package.version)) {
        let pinned =
            metadata.packages.iter().flat_map(|other| &other.dependencies).any(|to| {
                to.name == package.name && to.requirement == format!("={}", core(package))
            });
        if !pinned && !metadata.is_member(package) {
            let what = "it is a pre-release and nobody pins it";
            found.push(Violation::new(shown(package), what, remedy));
        }
    }
    found
}

fn core(package: &Package) -> &str {
    package.version.split('+').next().unwrap_or(&package.version)
}

fn is_candidate(version: &str) -> bool {
    version.split('+').next().unwrap_or(version).contains('-')
}

fn is_pinned(requirement: &str) -> bool {
    requirement.starts_with('=') && !requirement.contains(',')
}

#[cfg(test)]
mod tests;
