//! A trust list that its supervising body signed.

use crate::cert::CertError;
use crate::cms::{IntactSignature, Pin, SignatureError, verify_pinned};
use crate::limits::TRUST_LIST_BYTES_MAX;
use crate::path::valid_at;
use crate::trust::{TrustList, TrustListError};
use crate::verified::{Usage, fits_usage};

/// A trust list whose exact bytes were signed by the one who answers for it. Only verification makes
/// one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedTrustList {
    list: TrustList,
    signature: IntactSignature,
}

/// Why a trust list and a signature are not one signed trust list.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignedListError {
    /// The signed bytes are no trust list.
    #[error("what was signed is not accepted as a trust list")]
    List(#[from] TrustListError),
    /// The signature.
    #[error("the signature on the trust list is not accepted")]
    Signature(#[from] SignatureError),
}

impl SignedListError {
    /// The stable label, never renamed or reused.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::List(error) => error.label(),
            Self::Signature(error) => error.label(),
        }
    }
}

impl From<CertError> for SignedListError {
    fn from(error: CertError) -> Self {
        Self::Signature(error.into())
    }
}

impl SignedTrustList {
    /// Verifies the detached signature over the exact bytes of a list by a certificate or key that is
    /// known beforehand, then reads the list.
    ///
    /// The signer's certificate may sign documents, and was valid when it says it signed. No path is
    /// looked for: trust in the list cannot come from the list.
    ///
    /// # Errors
    ///
    /// [`SignedListError`]; in this order: size, signature, the signer's certificate, the list.
    ///
    /// # Source
    ///
    /// `docs/spec/trust-list.md`, "The signed list".
    pub fn verify(bytes: &[u8], cms: &[u8], by: Pin) -> Result<Self, SignedListError> {
        if bytes.len() > TRUST_LIST_BYTES_MAX {
            return Err(TrustListError::TooLarge(bytes.len()).into());
        }
        let signature = verify_pinned(cms, bytes, by)?;
        let certificate = signature.certificate();
        fits_usage(certificate, Usage::Sign)?;
        valid_at(certificate, signature.signing_time())?;
        Ok(Self { list: TrustList::parse(bytes)?, signature })
    }

    /// The list.
    pub const fn list(&self) -> &TrustList {
        &self.list
    }

    /// The list alone.
    #[must_use]
    pub fn into_list(self) -> TrustList {
        self.list
    }

    /// Who signed, and when the signer says to have signed.
    pub const fn signature(&self) -> &IntactSignature {
        &self.signature
    }
}
