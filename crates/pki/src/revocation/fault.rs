//! Why a piece of evidence decides nothing.

use crate::der::DerError;

/// Why evidence cannot be used, for a certificate or at all.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EvidenceFault {
    /// The signature algorithm is unknown, or not allowed under this CA by the trust list.
    #[error("signed by an algorithm that the trust list does not allow")]
    Algorithm,
    /// Two parsers read different things from the bytes.
    #[error("ambiguous: reads differently in two parsers")]
    Ambiguous,
    /// A delta CRL, or under [`Freshness::Current`](super::Freshness::Current) a CRL that delta CRLs
    /// complete.
    #[error("a delta CRL is involved; only complete CRLs are used")]
    Delta,
    /// Issued after the certificate had expired: it may have been taken off by then.
    #[error("issued after the certificate expired, when revocations need not be listed any more")]
    Expired,
    /// Not DER, or not the structure of its standard.
    #[error("malformed: {0}")]
    Format(DerError),
    /// Dated after the instant for which it is to speak, or after the present.
    #[error("dated in the future")]
    Future,
    /// An indirect CRL.
    #[error("an indirect CRL; only CRLs of the certificate's own issuer are used")]
    Indirect,
    /// No evidence is about the certificate.
    #[error("no CRL or OCSP response is about the certificate")]
    Missing,
    /// The CRL has no number, or is of version 1, or has no time of the next one when that counts.
    #[error("the CRL is not of the profile of RFC 5280: {0}")]
    Profile(&'static str),
    /// An OCSP response whose responder could not or would not answer.
    #[error("the responder gives no status")]
    NoStatus,
    /// A responder or CRL signer whom the CA did not entrust with this, or whose own certificate is
    /// not known to be good.
    #[error("the signer is not authorised by the CA of the certificate")]
    Responder,
    /// A CRL for other certificates of its issuer, or for some reasons alone.
    #[error("the CRL covers other certificates of its issuer, or some reasons alone")]
    Scope,
    /// The signature is not the issuer's.
    #[error("the signature does not verify")]
    Signature,
    /// A newer one was due before the instant.
    #[error("a newer one was due before the judged instant")]
    Stale,
    /// Larger than is read, or more pieces than are read.
    #[error("larger than is read, or too many pieces of evidence")]
    TooLarge,
    /// Issued before the judged instant; it cannot know what happened until then.
    #[error("issued before the judged instant")]
    TooOld,
    /// A critical extension that is not understood.
    #[error("it has a critical extension that is not understood")]
    UnknownCritical,
}

impl EvidenceFault {
    /// The stable label, never renamed or reused.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Algorithm => "E_REVOCATION_ALGORITHM",
            Self::Ambiguous => "E_REVOCATION_AMBIGUOUS",
            Self::Delta => "E_REVOCATION_DELTA",
            Self::Expired => "E_REVOCATION_EXPIRED",
            Self::Format(_) => "E_REVOCATION_FORMAT",
            Self::Future => "E_REVOCATION_FUTURE",
            Self::Indirect => "E_REVOCATION_INDIRECT",
            Self::Missing => "E_REVOCATION_MISSING",
            Self::NoStatus => "E_REVOCATION_NO_STATUS",
            Self::Profile(_) => "E_REVOCATION_PROFILE",
            Self::Responder => "E_REVOCATION_RESPONDER",
            Self::Scope => "E_REVOCATION_SCOPE",
            Self::Signature => "E_REVOCATION_SIGNATURE",
            Self::Stale => "E_REVOCATION_STALE",
            Self::TooLarge => "E_REVOCATION_TOO_LARGE",
            Self::TooOld => "E_REVOCATION_TOO_OLD",
            Self::UnknownCritical => "E_REVOCATION_UNKNOWN_CRITICAL",
        }
    }
}

impl From<DerError> for EvidenceFault {
    fn from(error: DerError) -> Self {
        Self::Format(error)
    }
}
