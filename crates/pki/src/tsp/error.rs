//! Why a time stamp is not accepted.

use core::fmt;

use crate::cert::{CertError, SerialTail};
use crate::cms::PartFault;
use crate::der::DerError;

/// Why a time stamp, a request for one or an answer is not accepted.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TimeStampError {
    /// A digest or signature algorithm that is unknown.
    #[error("{what} algorithm {oid} of the time stamp is not accepted here")]
    Algorithm {
        /// `digest`, `imprint` or `signature`.
        what: &'static str,
        /// Its object identifier.
        oid: String,
    },
    /// The signature algorithm does not go with the digest or with the authority's key.
    #[error(
        "the signature algorithm of the time stamp does not go with its digest, or with the key of certificate 尾号 {0}"
    )]
    AlgorithmMismatch(SerialTail),
    /// A signed attribute that is needed is absent, occurs twice, or has a wrong value.
    #[error("signed attribute {0} of the time stamp is absent, repeated or wrong")]
    Attribute(&'static str),
    /// No valid path from the authority's certificate to the trust list, or one not for time stamps.
    #[error("certificate of the time-stamping authority not accepted")]
    Certificate(#[from] CertError),
    /// The signature value is not the authority's over the signed attributes.
    #[error("the time stamp was not signed with the key of certificate 尾号 {0}, or was altered")]
    Crypto(SerialTail),
    /// The stamped statement is not the one that was signed.
    #[error("the statement in the time stamp differs from what was signed")]
    Digest,
    /// Not DER, or not the structure of RFC 3161.
    #[error("not a time stamp in DER: {part}: {source}")]
    Format {
        /// The part that was being read.
        part: &'static str,
        /// What is wrong with it.
        source: DerError,
    },
    /// Other data was stamped.
    #[error("the time stamp is of other data")]
    Imprint,
    /// The data was stamped by another digest than the one asked for.
    #[error("the time stamp is over a digest by another algorithm")]
    ImprintAlgorithm,
    /// The answer is to another request.
    #[error("the time stamp answers another request (nonce)")]
    Nonce,
    /// The signed attributes name another certificate than the token presents, or the statement
    /// names another authority.
    #[error("the time stamp was made for another certificate than 尾号 {0}")]
    OtherCertificate(SerialTail),
    /// The token holds something this profile has no place for.
    #[error("the time stamp holds {0}, which is not allowed")]
    OutOfProfile(&'static str),
    /// The authority did not stamp.
    #[error("the time-stamping authority refused (status {status}{}): {text:?}", Because(*.failure))]
    Refused {
        /// `PKIStatus`: 2 rejected, 3 waiting, 4 and 5 about revocations.
        status: u8,
        /// The reason, if one was given.
        failure: Option<Failure>,
        /// What the authority says about it, at most 200 characters that can be shown.
        text: String,
    },
    /// The token does not hold the certificate of its authority.
    #[error("the time stamp does not hold the certificate of its authority")]
    SignerMissing,
    /// Not exactly one signer.
    #[error("{0} signers in the time stamp; exactly one is allowed")]
    Signers(usize),
    /// Larger than 256 KiB.
    #[error("time stamp of {0} bytes; at most 262144 are read")]
    TooLarge(usize),
}

/// Why an authority did not stamp (RFC 3161, 2.4.2, `PKIFailureInfo`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Failure {
    /// The digest algorithm is not supported.
    BadAlgorithm,
    /// The request is not permitted or not supported.
    BadRequest,
    /// The request has the wrong format.
    BadDataFormat,
    /// The source of time is not available.
    TimeNotAvailable,
    /// The policy asked for is not supported.
    UnacceptedPolicy,
    /// An extension asked for is not supported.
    UnacceptedExtension,
    /// Additional information asked for is not available.
    AddInfoNotAvailable,
    /// The system failed.
    SystemFailure,
}

impl Failure {
    const ALL: [(Self, u8, &'static str); 8] = [
        (Self::BadAlgorithm, 0, "badAlg"),
        (Self::BadRequest, 2, "badRequest"),
        (Self::BadDataFormat, 5, "badDataFormat"),
        (Self::TimeNotAvailable, 14, "timeNotAvailable"),
        (Self::UnacceptedPolicy, 15, "unacceptedPolicy"),
        (Self::UnacceptedExtension, 16, "unacceptedExtension"),
        (Self::AddInfoNotAvailable, 17, "addInfoNotAvailable"),
        (Self::SystemFailure, 25, "systemFailure"),
    ];

    /// The name in RFC 3161.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(failure, ..)| *failure == self).map_or("", |(.., name)| name)
    }

    pub(super) fn bit(self) -> u8 {
        Self::ALL.iter().find(|(failure, ..)| *failure == self).map_or(25, |(_, bit, _)| *bit)
    }

    /// The first known reason of a BIT STRING's octets.
    pub(super) fn of_bits(octets: &[u8]) -> Option<Self> {
        let set = |bit: u8| {
            let octet = octets.get(usize::from(bit / 8)).copied().unwrap_or(0);
            octet & (0x80 >> (bit % 8)) != 0
        };
        Self::ALL.iter().find(|(_, bit, _)| set(*bit)).map(|(failure, ..)| *failure)
    }
}

struct Because(Option<Failure>);

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |failure| write!(f, ", {}", failure.name()))
    }
}

impl TimeStampError {
    /// The stable label, never renamed or reused.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Algorithm { .. } => "E_TST_ALGORITHM",
            Self::AlgorithmMismatch(_) => "E_TST_MISMATCH",
            Self::Attribute(_) => "E_TST_ATTRIBUTE",
            Self::Certificate(error) => error.label(),
            Self::Crypto(_) => "E_TST_CRYPTO",
            Self::Digest => "E_TST_HASH",
            Self::Format { .. } => "E_TST_FORMAT",
            Self::Imprint => "E_TST_IMPRINT",
            Self::ImprintAlgorithm => "E_TST_IMPRINT_ALGORITHM",
            Self::Nonce => "E_TST_NONCE",
            Self::OtherCertificate(_) => "E_TST_OTHER_CERTIFICATE",
            Self::OutOfProfile(_) => "E_TST_PROFILE",
            Self::Refused { .. } => "E_TST_REFUSED",
            Self::SignerMissing => "E_TST_NO_CERTIFICATE",
            Self::Signers(_) => "E_TST_SIGNERS",
            Self::TooLarge(_) => "E_TST_TOO_LARGE",
        }
    }

    /// The sub-indication of a validation report (ETSI EN 319 102-1, table 6).
    #[must_use]
    pub const fn indication(&self) -> &'static str {
        match self {
            Self::Algorithm { .. } => "CRYPTO_CONSTRAINTS_FAILURE",
            Self::Certificate(error) => error.indication(),
            Self::Crypto(_) => "SIG_CRYPTO_FAILURE",
            Self::Digest | Self::Imprint | Self::ImprintAlgorithm => "HASH_FAILURE",
            Self::SignerMissing => "NO_SIGNING_CERTIFICATE_FOUND",
            Self::OtherCertificate(_) | Self::Nonce => "SIG_CONSTRAINTS_FAILURE",
            Self::Refused { .. } => "NO_POE",
            _ => "FORMAT_FAILURE",
        }
    }
}

impl From<PartFault> for TimeStampError {
    fn from(fault: PartFault) -> Self {
        match fault {
            PartFault::Certificate(error) => Self::Certificate(error),
            PartFault::Format { part, source } => Self::Format { part, source },
            PartFault::OtherCertificate(tail) => Self::OtherCertificate(tail),
            PartFault::OutOfProfile(what) => Self::OutOfProfile(what),
            PartFault::SignerMissing => Self::SignerMissing,
            PartFault::Signers(count) => Self::Signers(count),
        }
    }
}

/// Says which part a fault of the encoding was found in.
pub(super) fn part<T>(
    part: &'static str,
    result: Result<T, DerError>,
) -> Result<T, TimeStampError> {
    result.map_err(|source| TimeStampError::Format { part, source })
}
