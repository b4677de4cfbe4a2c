//! Why an evidence record is not accepted, or not made.

use kaibiao_types::UtcMillis;

use crate::cert::DigestAlgorithm;
use crate::der::DerError;
use crate::tsp::TimeStampError;

/// Why an evidence record is not accepted, or not made.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EvidenceError {
    /// The digest of a renewed hash tree is not stronger than one before.
    #[error("the hash tree was renewed with {new} after {old}, which is not stronger")]
    Digest {
        /// The digest of an earlier chain.
        old: DigestAlgorithm,
        /// The digest of the new one.
        new: DigestAlgorithm,
    },
    /// The digest of an object by this algorithm was not handed in.
    #[error("the digest of an object by {0} is needed and was not handed in")]
    DigestMissing(DigestAlgorithm),
    /// Not DER, or not the structure of RFC 4998.
    #[error("not an evidence record in DER: {part}: {source}")]
    Format {
        /// The part that was being read.
        part: &'static str,
        /// What is wrong with it.
        source: DerError,
    },
    /// A stamp was made after the one before it had stopped proving something.
    #[error(
        "time stamp {number} of the record was made at {gen_time}, after the one before ended at {due}"
    )]
    Late {
        /// Its place in the record, from 1.
        number: usize,
        /// The end of the one before.
        due: UtcMillis,
        /// When it was made.
        gen_time: UtcMillis,
    },
    /// What is asked about is not what the record covers.
    #[error("the evidence record does not cover these objects")]
    NotCovered,
    /// A stamp is not later than the one before it, or lies in the future.
    #[error("time stamp {0} of the record is out of order")]
    Order(usize),
    /// The record holds something this profile has no place for.
    #[error("the evidence record holds {0}, which is not allowed")]
    OutOfProfile(&'static str),
    /// The last stamp has stopped proving something and was not renewed.
    #[error("the evidence record was to be renewed by {due}")]
    Overdue {
        /// The end of the last stamp, or of its digest.
        due: UtcMillis,
    },
    /// A stamp of the record.
    #[error("time stamp {number} of the record is not accepted")]
    Stamp {
        /// Its place in the record, from 1.
        number: usize,
        /// Why.
        source: TimeStampError,
    },
    /// Larger than 16 MiB.
    #[error("evidence record of {0} bytes; at most 16777216 are read")]
    TooLarge(usize),
}

impl EvidenceError {
    /// The stable label, never renamed or reused.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Digest { .. } => "E_ERS_DIGEST",
            Self::DigestMissing(_) => "E_ERS_DIGEST_MISSING",
            Self::Format { .. } => "E_ERS_FORMAT",
            Self::Late { .. } => "E_ERS_LATE",
            Self::NotCovered => "E_ERS_NOT_COVERED",
            Self::Order(_) => "E_ERS_ORDER",
            Self::OutOfProfile(_) => "E_ERS_PROFILE",
            Self::Overdue { .. } => "E_ERS_OVERDUE",
            Self::Stamp { source, .. } => source.label(),
            Self::TooLarge(_) => "E_ERS_TOO_LARGE",
        }
    }

    /// The sub-indication of a validation report (ETSI EN 319 102-1, table 6);
    /// [`Overdue`](Self::Overdue) leaves the verdict open.
    #[must_use]
    pub const fn indication(&self) -> &'static str {
        match self {
            Self::Digest { .. } => "CRYPTO_CONSTRAINTS_FAILURE",
            Self::DigestMissing(_) => "SIGNED_DATA_NOT_FOUND",
            Self::Late { .. } | Self::Order(_) => "TIMESTAMP_ORDER_FAILURE",
            Self::NotCovered => "HASH_FAILURE",
            Self::Overdue { .. } => "OUT_OF_BOUNDS_NO_POE",
            Self::Stamp { source, .. } => source.indication(),
            _ => "FORMAT_FAILURE",
        }
    }
}

pub(super) fn part<T>(part: &'static str, result: Result<T, DerError>) -> Result<T, EvidenceError> {
    result.map_err(|source| EvidenceError::Format { part, source })
}
