//! One measured process.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::error::BenchError;
use crate::{line, machine, work};

/// What one process does. It prints its peak memory in KiB.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Step {
    /// Checks sealed documents against the signed manifest.
    Check {
        /// A saved lot.
        lot: PathBuf,
        /// A bid folder.
        bid: PathBuf,
    },
    /// Opens the documents of a bid.
    Open {
        /// A saved lot.
        lot: PathBuf,
        /// A bid folder.
        bid: PathBuf,
        /// The partial decryptions.
        partials: PathBuf,
        /// The plaintext to be.
        out: PathBuf,
    },
    /// Seals a document and signs for it.
    Seal {
        /// A saved lot.
        lot: PathBuf,
        /// The document.
        document: PathBuf,
        /// The bid folder to be.
        out: PathBuf,
    },
}

impl Step {
    /// Reads the words after `step`.
    pub(crate) fn parse(words: &[OsString]) -> Result<Self, BenchError> {
        let path = |word: &OsString| PathBuf::from(word);
        match words {
            [name, lot, bid] if name == "check" => {
                Ok(Self::Check { lot: path(lot), bid: path(bid) })
            }
            [name, lot, bid, partials, out] if name == "open" => Ok(Self::Open {
                lot: path(lot),
                bid: path(bid),
                partials: path(partials),
                out: path(out),
            }),
            [name, lot, document, out] if name == "seal" => {
                Ok(Self::Seal { lot: path(lot), document: path(document), out: path(out) })
            }
            _ => Err(BenchError::Usage("a step is not for people; see --help".to_owned())),
        }
    }

    /// The command line that runs this step in a process of its own.
    pub(crate) fn words(&self) -> Result<Vec<OsString>, BenchError> {
        let program = std::env::current_exe().map_err(BenchError::file(Path::new("self")))?;
        let (name, paths) = match self {
            Self::Check { lot, bid } => ("check", vec![lot, bid]),
            Self::Open { lot, bid, partials, out } => ("open", vec![lot, bid, partials, out]),
            Self::Seal { lot, document, out } => ("seal", vec![lot, document, out]),
        };
        let mut words: Vec<OsString> = vec![program.into(), "step".into(), name.into()];
        words.extend(paths.into_iter().map(OsString::from));
        Ok(words)
    }

    /// Does it.
    pub(crate) fn run(&self) -> Result<(), BenchError> {
        match self {
            Self::Check { lot, bid } => work::check(lot, bid)?,
            Self::Open { lot, bid, partials, out } => work::open(lot, bid, partials, out)?,
            Self::Seal { lot, document, out } => work::seal(lot, document, out)?,
        }
        line(&machine::own_peak_kib().unwrap_or(0).to_string());
        Ok(())
    }
}
