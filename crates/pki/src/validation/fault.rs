//! What stands in the way of a yes.

use kaibiao_types::UtcMillis;

use crate::cert::{CertError, SerialTail};
use crate::cms::SignatureError;
use crate::ers::EvidenceError;
use crate::revocation::{EvidenceFault, Reason};
use crate::tsp::TimeStampError;

/// Why a question of a validation is not answered with yes.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The container is said to have existed, its time stamp included, before that stamp was made.
    #[error("it is dated {stamp}, yet the container it is part of is said to be of {known}")]
    Contradicted {
        /// When the stamp was made.
        stamp: UtcMillis,
        /// When the container is said to have existed.
        known: UtcMillis,
    },
    /// What shows an instant is dated after the present: one of the clocks is wrong.
    #[error("it is dated {0}, after the present")]
    Future(UtcMillis),
    /// Not valid at present, and nothing shows that the signature existed while it was.
    #[error("nothing shows when the signature was made")]
    OutOfBounds(#[source] CertError),
    /// The evidence record shows nothing on the container.
    #[error("the evidence record does not show when the signature existed")]
    Record(#[from] EvidenceError),
    /// A certificate was revoked.
    #[error("certificate 尾号 {certificate} was revoked from {since} on")]
    Revoked {
        /// The certificate.
        certificate: SerialTail,
        /// From when on; of a lost key, when it was lost.
        since: UtcMillis,
        /// Why.
        reason: Reason,
        /// What that means.
        effect: RevocationEffect,
    },
    /// The signature or its container, the path of its signer, or a time stamp that is in itself
    /// wrong.
    #[error("signature not accepted")]
    Signature(#[from] SignatureError),
    /// The certificates of the authority that stamped ended, and nothing shows that the time stamp
    /// existed before.
    #[error(
        "the time stamp proved something until {due}; nothing shows that it existed before then"
    )]
    StampEnded {
        /// The end of the authority's path.
        due: UtcMillis,
    },
    /// No evidence that can be used says whether a certificate was revoked.
    #[error("whether certificate 尾号 {certificate} was revoked is not known")]
    Unknown {
        /// The certificate.
        certificate: SerialTail,
        /// Why.
        source: EvidenceFault,
    },
    /// The authority of the time stamp is not known to the trust list.
    #[error("the authority of the time stamp is not trusted")]
    UntrustedStamp(#[source] TimeStampError),
}

/// What a revocation means for a signature.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RevocationEffect {
    /// The signature is shown to have existed, and the certificate was revoked by then.
    Decided,
    /// Nothing shows when the signature was made; the revoked certificate is the signer's.
    NoProofSigner,
    /// Nothing shows when the signature was made; the revoked certificate is that of a CA.
    NoProofCa,
    /// The certificate is one of an authority that stamped time: it shows nothing.
    NoProofStamp,
}

impl Fault {
    /// The stable label, never renamed or reused.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Contradicted { .. } => "E_VALIDATION_CONTRADICTED",
            Self::Future(_) => "E_VALIDATION_FUTURE",
            Self::OutOfBounds(error) => error.label(),
            Self::Record(error) => error.label(),
            Self::Revoked { .. } => "E_VALIDATION_REVOKED",
            Self::Signature(error) => error.label(),
            Self::StampEnded { .. } => "E_VALIDATION_STAMP_ENDED",
            Self::Unknown { source, .. } => source.label(),
            Self::UntrustedStamp(error) => error.label(),
        }
    }

    /// The sub-indication of a validation report (ETSI EN 319 102-1, 5.1.3).
    #[must_use]
    pub const fn indication(&self) -> &'static str {
        match self {
            Self::Contradicted { .. } | Self::Future(_) => "TIMESTAMP_ORDER_FAILURE",
            Self::OutOfBounds(_) | Self::StampEnded { .. } => "OUT_OF_BOUNDS_NO_POE",
            Self::Record(error) => match error {
                EvidenceError::Late { .. } | EvidenceError::Order(_) => "TIMESTAMP_ORDER_FAILURE",
                EvidenceError::Overdue { .. } => "OUT_OF_BOUNDS_NO_POE",
                _ => "NO_POE",
            },
            Self::Revoked { effect, .. } => match effect {
                RevocationEffect::Decided => "REVOKED",
                RevocationEffect::NoProofCa => "REVOKED_CA_NO_POE",
                RevocationEffect::NoProofSigner | RevocationEffect::NoProofStamp => {
                    "REVOKED_NO_POE"
                }
            },
            Self::Signature(error) => error.indication(),
            Self::Unknown { source: EvidenceFault::TooOld, .. } => "NO_POE",
            Self::Unknown { .. } => "TRY_LATER",
            Self::UntrustedStamp(error) => error.indication(),
        }
    }
}
