//! Why a measurement did not come about.

use std::path::{Path, PathBuf};

/// Why a measurement did not come about.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    /// A measured or helping program did not do its work.
    #[error("{line}: {detail}")]
    Command {
        /// The command line.
        line: String,
        /// What it said.
        detail: String,
    },
    /// A file could not be read or written.
    #[error("{}: {source}", .path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A step of the product was refused: a defect of the program that measures, or of the product.
    #[error(transparent)]
    Product(#[from] Box<dyn std::error::Error + Send + Sync>),
    /// What came out is not what went in: the figures are worth nothing.
    #[error("wrong result: {0}")]
    Result(String),
    /// The command line is wrong.
    #[error("{0}")]
    Usage(String),
}

impl BenchError {
    /// Trouble with a file.
    pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::File { path, source }
    }

    /// A refusal by the product.
    pub(crate) fn product(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Product(error.into())
    }
}
