//! Why a key store cannot be used.

use std::io;
use std::path::{Path, PathBuf};

use kaibiao_crypto::EntropyError;
use kaibiao_token::TokenError;

use super::sealed::TOKEN_FILE_VERSION;

/// Why a key store, or a file of it, cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyStoreError {
    /// A file is not what was written. It is left as it is.
    #[error("{path} is damaged: {detail}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// The source of randomness failed; nothing was written.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// There is a key store already, or something else with its name.
    #[error("{0} exists and is not empty")]
    Exists(PathBuf),
    /// Another process uses this key store.
    #[error("another process uses the key store {0}")]
    Locked(PathBuf),
    /// There is no key store here.
    #[error("{0} is not a key store")]
    Missing(PathBuf),
    /// Other users of this machine may read the folder or a key in it.
    #[error("{0} can be read by other users of this machine")]
    OpenToOthers(PathBuf),
    /// The passphrase is not the one the key store was made with.
    #[error("the passphrase does not open the key store {0}")]
    Passphrase(PathBuf),
    /// The key store was made with the other protection: passphrase instead of token, or reverse.
    #[error("{path} is protected by {}", protection(*version))]
    Protection {
        /// The file.
        path: PathBuf,
        /// Its version: 1 under a passphrase, 2 under a key of a token.
        version: u16,
    },
    /// A file cannot be read.
    #[error("{path} cannot be read")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The token that protects the key store.
    #[error("the token of the key store is not usable")]
    Token(#[from] TokenError),
    /// A file was written by a newer program.
    #[error("{path} has version {version}; a newer program is needed")]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u16,
    },
    /// A file could not be written for certain: what is on the disk is unknown, and nothing may be
    /// done that relies on it. The process stops and reads everything again when it starts.
    #[error("{path} could not be written")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl KeyStoreError {
    /// The stable label.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Damaged { .. } => "E_KEYSTORE_DAMAGED",
            Self::Entropy(_) => "E_ENTROPY",
            Self::Exists(_) => "E_KEYSTORE_EXISTS",
            Self::Locked(_) => "E_KEYSTORE_LOCKED",
            Self::Missing(_) => "E_KEYSTORE_MISSING",
            Self::OpenToOthers(_) => "E_KEYSTORE_OPEN_TO_OTHERS",
            Self::Passphrase(_) => "E_PASSPHRASE",
            Self::Protection { .. } => "E_KEYSTORE_PROTECTION",
            Self::Read { .. } => "E_KEYSTORE_READ",
            Self::Token(error) => error.label(),
            Self::Version { .. } => "E_KEYSTORE_VERSION",
            Self::Write { .. } => "E_KEYSTORE_WRITE",
        }
    }

    /// Whether what is on the disk is unknown: the process must stop.
    pub const fn is_state_unknown(&self) -> bool {
        matches!(self, Self::Write { .. })
    }

    /// Whether going on would make it worse: the disk is unknown, or the token does not take the PIN,
    /// and each new try brings it nearer to its lock.
    pub const fn ends_the_process(&self) -> bool {
        match self {
            Self::Token(error) => error.is_pin(),
            error => error.is_state_unknown(),
        }
    }

    pub(crate) fn damaged(path: &Path, detail: impl core::fmt::Display) -> Self {
        Self::Damaged { path: path.to_owned(), detail: detail.to_string() }
    }

    pub(crate) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Read { path, source }
    }

    pub(crate) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Write { path, source }
    }
}

/// What a key file of a version is protected by.
const fn protection(version: u16) -> &'static str {
    if version == TOKEN_FILE_VERSION { "a key of a token" } else { "a passphrase" }
}
