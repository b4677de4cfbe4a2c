//! `cargo xtask deps`: the foreign crates against the policy in `deps.toml`.
//!
//! The graph is the one of the platform that we build for. [`policy`] reads the policy, [`spdx`]
//! the licence expressions, [`rules`] compares.

mod policy;
mod rules;
mod spdx;

use std::path::Path;

use crate::cargo::{self, Metadata};
use crate::error::TaskError;
use crate::report;
use crate::source;
use policy::Policy;

/// The platform whose graph is checked.
pub(crate) const PLATFORM: &str = "x86_64-unknown-linux-gnu";

/// The file that holds the policy.
const POLICY: &str = "deps.toml";

/// Checks the graph of the workspace in `root`, without the network.
///
/// # Errors
///
/// [`TaskError::Violations`] after printing each one with its remedy; [`TaskError::Command`],
/// [`TaskError::Input`] or [`TaskError::Read`] if graph or policy cannot be read.
pub(crate) fn run(root: &Path) -> Result<(), TaskError> {
    let policy = Policy::parse(&source::read(&root.join(POLICY))?)
        .map_err(|detail| TaskError::Input { place: POLICY.to_owned(), detail })?;
    let arguments = [
        "metadata",
        "--format-version",
        "1",
        "--offline",
        "--locked",
        "--filter-platform",
        PLATFORM,
    ];
    let metadata = Metadata::parse(&cargo::output(root, &arguments)?)?;
    let violations = rules::violations(&metadata, &policy);
    let own = metadata.own().count();
    let seen = format!("{own} crates of ours, {} foreign", metadata.packages.len() - own);
    report::conclude("deps", &seen, &violations)
}
