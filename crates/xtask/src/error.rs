//! Why a task did not succeed.

use std::fmt;
use std::path::PathBuf;

/// Why a task did not succeed; the exit status follows from the variant.
#[derive(Debug)]
pub(crate) enum TaskError {
    /// A program did not start, or ended badly where we needed its output.
    Command {
        /// The command line, as typed.
        line: String,
        /// What the operating system or the program said.
        detail: String,
    },
    /// Steps of `test` failed; each one has already told why.
    Failed(Vec<&'static str>),
    /// A file or the output of a program has a form that we do not understand.
    Input {
        /// The file or program.
        place: String,
        /// What is wrong with it.
        detail: String,
    },
    /// A file or folder could not be read.
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The machine lacks something that we may not install.
    SetUp {
        /// What is missing.
        missing: String,
        /// The command that a person runs.
        remedy: String,
    },
    /// The command line is wrong.
    Usage(String),
    /// A check found violations; each one has already been printed.
    Violations {
        /// The check.
        check: &'static str,
        /// How many.
        count: usize,
    },
}

impl TaskError {
    /// The exit status, as the help text documents it.
    pub(crate) const fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 64,
            Self::SetUp { .. } => 2,
            Self::Command { .. }
            | Self::Failed(_)
            | Self::Input { .. }
            | Self::Read { .. }
            | Self::Violations { .. } => 1,
        }
    }

    /// What a person can do about it, where the error itself does not say it yet.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Usage(_) => Some("`cargo xtask help` lists the tasks".to_owned()),
            Self::SetUp { remedy, .. } => Some(remedy.clone()),
            Self::Command { line, .. } if line.contains("--offline") => {
                Some("`cargo fetch --locked` downloads what Cargo.lock names".to_owned())
            }
            _ => None,
        }
    }
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command { line, detail } => write!(f, "`{line}` did not succeed: {detail}"),
            Self::Failed(steps) => write!(f, "failed: {}", steps.join(", ")),
            Self::Input { place, detail } => write!(f, "{place}: {detail}"),
            Self::Read { path, source } => write!(f, "cannot read {}: {source}", path.display()),
            Self::SetUp { missing, .. } => write!(f, "this machine lacks {missing}"),
            Self::Usage(detail) => f.write_str(detail),
            Self::Violations { check, count: 1 } => write!(f, "{check}: one violation"),
            Self::Violations { check, count } => write!(f, "{check}: {count} violations"),
        }
    }
}

impl std::error::Error for TaskError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_ends_the_program_with_its_documented_status() {
        assert_eq!(TaskError::Usage(String::new()).exit_code(), 64);
        let lacking = TaskError::SetUp { missing: "cc".to_owned(), remedy: "install".to_owned() };
        assert_eq!(lacking.exit_code(), 2);
        assert_eq!(TaskError::Failed(vec!["fmt"]).exit_code(), 1);
        assert_eq!(TaskError::Violations { check: "deps", count: 3 }.exit_code(), 1);
    }

    #[test]
    fn an_offline_command_names_the_download() {
        let error = TaskError::Command {
            line: "cargo metadata --offline".to_owned(),
            detail: "no matching package".to_owned(),
        };
        assert!(error.hint().unwrap().contains("cargo fetch"));
    }
}
