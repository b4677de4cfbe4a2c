//! `cargo xtask bench` and `cargo xtask soak`: builds the programs that measure, with the profile
//! `release`, and runs one of them.

use std::path::Path;
use std::process::Command;

use crate::cargo;
use crate::error::TaskError;

/// One program of `benches/`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Program {
    /// `bench append`.
    Append,
    /// `bench open`.
    Open,
    /// `bench record`.
    Record,
    /// `bench seal`.
    Seal,
    /// `bench room`.
    Room,
    /// `bench rush`.
    Rush,
    /// `bench signatures`.
    Signatures,
    /// `bench procedure`.
    Procedure,
    /// `soak seal`.
    Soak,
}

impl Program {
    /// The program of two words of the command line.
    pub(crate) fn by_words(kind: &str, name: &str) -> Option<Self> {
        match (kind, name) {
            ("bench", "append") => Some(Self::Append),
            ("bench", "open") => Some(Self::Open),
            ("bench", "record") => Some(Self::Record),
            ("bench", "seal") => Some(Self::Seal),
            ("bench", "room") => Some(Self::Room),
            ("bench", "rush") => Some(Self::Rush),
            ("bench", "signatures") => Some(Self::Signatures),
            ("bench", "procedure") => Some(Self::Procedure),
            ("soak", "seal") => Some(Self::Soak),
            _ => None,
        }
    }

    /// The options that it knows.
    pub(crate) const fn options(self) -> &'static [&'static str] {
        match self {
            Self::Open | Self::Procedure | Self::Record => &["--bids", "--runs", "--json"],
            Self::Append => &["--producers", "--runs", "--seconds", "--dir", "--json"],
            Self::Seal => &["--size", "--runs", "--dir", "--no-peers", "--json"],
            Self::Room => &["--readers", "--runs", "--seconds", "--no-peers", "--json"],
            Self::Rush => &["--bids", "--size", "--seconds", "--dir", "--json"],
            Self::Signatures => &["--bids", "--lines", "--runs", "--json"],
            Self::Soak => &["--size", "--dir"],
        }
    }

    /// What it is called by itself.
    const fn name(self) -> &'static str {
        match self {
            Self::Append => "append",
            Self::Open => "open",
            Self::Record => "record",
            Self::Seal => "seal",
            Self::Room => "room",
            Self::Rush => "rush",
            Self::Signatures => "signatures",
            Self::Procedure => "procedure",
            Self::Soak => "soak",
        }
    }
}

/// Builds and runs a program in the workspace `root`; what it prints goes straight to the reader.
///
/// # Errors
///
/// [`TaskError::Command`] if it cannot be built or ends badly.
pub(crate) fn run(root: &Path, program: Program, options: &[String]) -> Result<(), TaskError> {
    let mut arguments =
        vec!["run", "--quiet", "--locked", "--release", "--package", "kaibiao-bench", "--"];
    arguments.push(program.name());
    arguments.extend(options.iter().map(String::as_str));
    let failed = |detail: String| TaskError::Command {
        line: format!("cargo {}", arguments.join(" ")),
        detail,
    };
    let status = Command::new(cargo::program()).args(&arguments).current_dir(root).status();
    let status = status.map_err(|error| failed(error.to_string()))?;
    if status.success() { Ok(()) } else { Err(failed(status.to_string())) }
}
