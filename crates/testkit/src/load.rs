//! Reading a JSON file of the repository.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

/// Why a file of the repository could not be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file is not there or cannot be read.
    #[error("cannot read {}", .0.display())]
    Read(PathBuf, #[source] std::io::Error),
    /// The file is not what its format says.
    #[error("{} does not follow its format", .0.display())]
    Format(PathBuf, #[source] serde_json::Error),
}

/// Reads a file as strict JSON: unknown and repeated keys, and bytes after the end, are refused.
pub(crate) fn load<T: DeserializeOwned>(path: &Path) -> Result<T, LoadError> {
    let bytes = std::fs::read(path).map_err(|error| LoadError::Read(path.to_path_buf(), error))?;
    serde_json::from_slice(&bytes).map_err(|error| LoadError::Format(path.to_path_buf(), error))
}
