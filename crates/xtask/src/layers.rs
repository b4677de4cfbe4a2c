//! `cargo xtask layers`: dependencies point strictly down, and the pure crates stay pure.
//!
//! The order of the layers is in [`table`], the rules on dependencies in [`graph`], the rules on
//! source text in [`purity`].

mod graph;
mod purity;
mod table;

use std::path::Path;

use crate::cargo::{self, Metadata};
use crate::error::TaskError;
use crate::report;

/// Checks the workspace in `root`.
///
/// # Errors
///
/// [`TaskError::Violations`] after printing each one with its remedy; [`TaskError::Command`],
/// [`TaskError::Input`] or [`TaskError::Read`] if the workspace cannot be read.
pub(crate) fn run(root: &Path) -> Result<(), TaskError> {
    let text =
        cargo::output(root, &["metadata", "--no-deps", "--format-version", "1", "--offline"])?;
    let metadata = Metadata::parse(&text)?;
    let own: Vec<&cargo::Package> = metadata.own().collect();
    let mut violations = graph::violations(&own);
    let scan = purity::scan(root, &own)?;
    violations.extend(scan.violations);
    let seen = format!("{} crates, {} source files", own.len(), scan.files);
    report::conclude("layers", &seen, &violations)
}
