//! Why a ceremony record or bundle is not acceptable.

use crate::cocktail::DkgError;

/// Why a ceremony record is not acceptable.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The certificate of agreement does not hold.
    #[error("the certificate of agreement does not hold")]
    Agreement(#[source] DkgError),
    /// Custodians are not numbered 1 to n, a static key is not a point, or two custodians have one
    /// static key or cosigning key; or not every one signed, in order.
    #[error("the custodians are not n distinct ones, numbered from 1")]
    Custodians,
    /// The id is not the digest of the record's content.
    #[error("the ceremony id does not follow from the record")]
    Id,
    /// Y and the shares do not lie on one polynomial of degree k - 1.
    #[error("the ceremony key and the public shares do not fit together")]
    Key,
    /// Not the strict form.
    #[error("the ceremony record is malformed: {0}")]
    Malformed(String),
    /// The numbers n and k break the rules of custody (`1 <= k <= n <= 32`, `2k > n`), or one
    /// certificate holds two seats.
    #[error(
        "the ceremony breaks the custody policy: its threshold, or one certificate for two seats"
    )]
    Policy,
    /// More than three rehearsals, or not numbered from 0 in order.
    #[error("a ceremony has at most three rehearsals, numbered from 0")]
    Rehearsals,
    /// The transcript is not the one the record names, or gives another key.
    #[error("the transcript of the key generation does not give this record")]
    Transcript,
    /// Version or suite of a newer program.
    #[error("the ceremony record needs a newer program (version {v}, suite {suite})")]
    Version {
        /// The version found.
        v: u32,
        /// The suite found.
        suite: u16,
    },
}

impl RecordError {
    /// The stable label.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Policy => "E_POLICY",
            _ => "E_CEREMONY",
        }
    }
}
