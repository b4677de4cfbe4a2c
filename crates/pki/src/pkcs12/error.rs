//! Why a PKCS#12 file is not opened, or nobody in it signs.

use crate::cert::{CertError, SerialTail};
use crate::cms::SignError;
use crate::der::DerError;
use crate::limits::{PASSWORD_ROUNDS_MAX, PKCS12_BAGS_MAX};
use crate::pbe::PbeError;

/// Why a PKCS#12 file is not opened, or nobody in it signs.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Pkcs12Error {
    /// The certificate of the key is not accepted, or may not sign: the encryption certificate of a
    /// pair, or that of an authority.
    #[error("the certificate of the private key does not sign")]
    Certificate(#[from] CertError),
    /// The password is right, and the content is not what was written.
    #[error("the password is right, but the file is damaged")]
    Damaged,
    /// Not a PKCS#12 file, or not a whole one.
    #[error("not a whole PKCS#12 file: {part}: {source}")]
    Format {
        /// The part that was being read.
        part: &'static str,
        /// What is wrong with it.
        source: DerError,
    },
    /// No certificate of the file is that of the private key.
    #[error("the file has no certificate for its private key")]
    NoCertificate,
    /// The file could have been changed by anybody: it has no MAC.
    #[error("the file has no protection of its integrity")]
    NoIntegrity,
    /// Certificates only.
    #[error("the file has no private key")]
    NoKey,
    /// No certificate that signs has this 尾号.
    #[error("the file has no certificate 尾号 {0} that signs")]
    NotFound(String),
    /// Integrity is under one password, certificates or key under another.
    #[error("{0} in the file is under another password than the file itself")]
    OtherPassword(&'static str),
    /// The password is wrong; if it is not, the file is damaged.
    #[error("the password does not open the file, or the file is damaged")]
    Password,
    /// More rounds of hashing than are done: a hostile file could ask for years.
    #[error("the file asks for more than {PASSWORD_ROUNDS_MAX} rounds of hashing in all")]
    Rounds,
    /// More than one certificate of the file signs: the program does not guess.
    #[error("{} certificates of the file sign: 尾号 {}", .0.len(), tails(.0))]
    Several(Vec<SerialTail>),
    /// The chain of the certificate.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// More keys and certificates than are read.
    #[error("more than {PKCS12_BAGS_MAX} keys and certificates in the file")]
    TooMany,
    /// Larger than 1 MiB.
    #[error("PKCS#12 file of {0} bytes; at most 1048576 are read")]
    TooLarge(usize),
    /// A form that is not read.
    #[error("{what} {oid} is not read")]
    Unsupported {
        /// What it is.
        what: &'static str,
        /// Its object identifier.
        oid: String,
    },
}

impl Pkcs12Error {
    /// The stable label, never renamed or reused.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Certificate(error) => error.label(),
            Self::Damaged => "E_P12_DAMAGED",
            Self::Format { .. } => "E_P12_FORMAT",
            Self::NoCertificate => "E_P12_NO_CERTIFICATE",
            Self::NoIntegrity => "E_P12_NO_MAC",
            Self::NoKey => "E_P12_NO_KEY",
            Self::NotFound(_) => "E_P12_NOT_FOUND",
            Self::OtherPassword(_) => "E_P12_OTHER_PASSWORD",
            Self::Password => "E_P12_PASSWORD",
            Self::Rounds => "E_P12_ROUNDS",
            Self::Several(_) => "E_P12_SEVERAL",
            Self::Sign(error) => error.label(),
            Self::TooLarge(_) | Self::TooMany => "E_P12_TOO_LARGE",
            Self::Unsupported { .. } => "E_P12_UNSUPPORTED",
        }
    }

    /// What an encryption of this part met.
    pub(super) fn decryption(part: &'static str) -> impl FnOnce(PbeError) -> Self {
        move |error| match error {
            PbeError::Decryption => Self::OtherPassword(part),
            PbeError::Format(source) => Self::Format { part, source },
            PbeError::Rounds => Self::Rounds,
            PbeError::Unsupported(oid) => Self::Unsupported { what: "encryption algorithm", oid },
        }
    }
}

/// 尾号 one after another.
fn tails(all: &[SerialTail]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join("、")
}
