//! Why a signature is not accepted, or not made.

use super::parts::PartFault;
use crate::cert::{CertError, SerialTail, SignatureAlgorithm};
use crate::der::DerError;
use crate::pbe::PbeError;
use crate::pem::PemError;
use crate::tsp::TimeStampError;

/// Why a signature is not accepted.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// A digest or signature algorithm that is not in the profile, or does not fit the key.
    #[error("{what} algorithm {oid} is not accepted here")]
    Algorithm {
        /// `digest` or `signature`.
        what: &'static str,
        /// Its object identifier.
        oid: String,
    },
    /// A known signature algorithm that does not go with the digest named beside it, or with the
    /// signer's key.
    #[error(
        "signature algorithm {oid} does not go with the digest, or with the key of certificate 尾号 {cert}"
    )]
    AlgorithmMismatch {
        /// The signer's certificate.
        cert: SerialTail,
        /// Its object identifier.
        oid: String,
    },
    /// A signed attribute does not have the content its standard asks for.
    #[error("signed attribute {0} has a wrong value")]
    AttributeInvalid(&'static str),
    /// A signed attribute of the profile is absent.
    #[error("signed attribute {0} is missing")]
    AttributeMissing(&'static str),
    /// A signed attribute occurs twice, or has no or several values.
    #[error("signed attribute {0} does not occur exactly once with exactly one value")]
    AttributeRepeated(String),
    /// A signed attribute that is not in the profile.
    #[error("signed attribute {0} is not in the profile")]
    AttributeUnknown(String),
    /// A certificate: unreadable, or no valid path from the signer's to the trust list.
    #[error("certificate not accepted")]
    Certificate(#[from] CertError),
    /// The signature value is not the signer's over the signed attributes.
    #[error("the signature was not made with the key of certificate 尾号 {0}, or was altered")]
    Crypto(SerialTail),
    /// The content is not the content that was signed.
    #[error("the content differs from what was signed")]
    Digest,
    /// The content lies in the container; signatures here are detached.
    #[error("the container holds the content itself; a detached signature is required")]
    EmbeddedContent,
    /// Not DER, or not the structure of RFC 5652.
    #[error("not a signature container in DER: {part}: {source}")]
    Format {
        /// The part that was being read.
        part: &'static str,
        /// What is wrong with it.
        source: DerError,
    },
    /// Another certificate or key than the one that was expected.
    #[error("signed with certificate 尾号 {0}, which is not the expected one")]
    OtherSigner(SerialTail),
    /// The container holds something this profile has no place for.
    #[error("the container holds {0}, which the profile does not allow")]
    OutOfProfile(&'static str),
    /// The container does not hold the certificate the signer is identified by.
    #[error("the container does not hold the certificate of its signer")]
    SignerMissing,
    /// Not exactly one signer.
    #[error("{0} signers in the container; exactly one is allowed")]
    Signers(usize),
    /// The signed attributes name another certificate than the container presents.
    #[error("the signature was made for another certificate than 尾号 {0}")]
    SwappedCertificate(SerialTail),
    /// The time stamp on the signature.
    #[error("the time stamp on the signature is not accepted")]
    TimeStamp(#[from] TimeStampError),
    /// Larger than 1 MiB.
    #[error("signature container of {0} bytes; at most 1048576 are read")]
    TooLarge(usize),
}

impl SignatureError {
    /// The stable label, never renamed or reused.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Algorithm { .. } => "E_SIG_ALGORITHM",
            Self::AlgorithmMismatch { .. } => "E_SIG_MISMATCH",
            Self::AttributeInvalid(_)
            | Self::AttributeMissing(_)
            | Self::AttributeRepeated(_)
            | Self::AttributeUnknown(_) => "E_SIG_ATTRIBUTE",
            Self::Certificate(error) => error.label(),
            Self::Crypto(_) => "E_SIG_CRYPTO",
            Self::Digest => "E_SIG_HASH",
            Self::EmbeddedContent => "E_SIG_EMBEDDED",
            Self::Format { .. } => "E_SIG_FORMAT",
            Self::OtherSigner(_) => "E_SIG_OTHER_SIGNER",
            Self::OutOfProfile(_) => "E_SIG_PROFILE",
            Self::SignerMissing => "E_SIG_NO_CERTIFICATE",
            Self::Signers(_) => "E_SIG_SIGNERS",
            Self::SwappedCertificate(_) => "E_SIG_OTHER_CERTIFICATE",
            Self::TimeStamp(error) => error.label(),
            Self::TooLarge(_) => "E_SIG_TOO_LARGE",
        }
    }

    /// The sub-indication of a validation report (ETSI EN 319 102-1, table 6).
    #[must_use]
    pub const fn indication(&self) -> &'static str {
        match self {
            Self::Algorithm { .. } => "CRYPTO_CONSTRAINTS_FAILURE",
            Self::Certificate(error) => error.indication(),
            Self::Crypto(_) => "SIG_CRYPTO_FAILURE",
            Self::Digest => "HASH_FAILURE",
            Self::SignerMissing => "NO_SIGNING_CERTIFICATE_FOUND",
            Self::TimeStamp(error) => error.indication(),
            Self::OtherSigner(_) | Self::SwappedCertificate(_) => "SIG_CONSTRAINTS_FAILURE",
            _ => "FORMAT_FAILURE",
        }
    }
}

impl From<PartFault> for SignatureError {
    fn from(fault: PartFault) -> Self {
        match fault {
            PartFault::Certificate(error) => Self::Certificate(error),
            PartFault::Format { part, source } => Self::Format { part, source },
            PartFault::OtherCertificate(tail) => Self::SwappedCertificate(tail),
            PartFault::OutOfProfile(what) => Self::OutOfProfile(what),
            PartFault::SignerMissing => Self::SignerMissing,
            PartFault::Signers(count) => Self::Signers(count),
        }
    }
}

/// Why a signature was not made, or an identity not loaded.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The key does not make signatures by that algorithm, or documents are not signed by it.
    #[error("the key of certificate 尾号 {cert} does not sign documents by {algorithm}")]
    Algorithm {
        /// The signer's certificate.
        cert: SerialTail,
        /// What was asked for.
        algorithm: SignatureAlgorithm,
    },
    /// The chain has no certificate, or more than six.
    #[error("{0} certificates in the chain; 1 to 6 are allowed")]
    ChainLength(usize),
    /// The certificates of the chain do not follow one another, the signer's first.
    #[error("certificate {0} of the chain did not issue the one before it")]
    ChainOrder(usize),
    /// The private key is not an unencrypted PKCS#8 key of the kind the certificate is about.
    #[error(
        "the private key is not an unencrypted PKCS#8 key of the kind in certificate 尾号 {cert} ({algorithm})"
    )]
    Key {
        /// The signer's certificate.
        cert: SerialTail,
        /// The algorithm its key signs with.
        algorithm: SignatureAlgorithm,
    },
    /// An encrypted private key whose encryption is not read.
    #[error("the encrypted private key is not read")]
    KeyEncryption(#[source] PbeError),
    /// The password does not decrypt the private key.
    #[error("the password does not decrypt the private key, or the key file is damaged")]
    KeyPassword,
    /// The private key belongs to another certificate.
    #[error("the private key does not belong to certificate 尾号 {0}")]
    KeyMismatch(SerialTail),
    /// The key is not in this process, and where it is, it does not sign.
    #[error("the key of certificate 尾号 {cert} does not sign: {detail}")]
    Outside {
        /// The signer's certificate.
        cert: SerialTail,
        /// The stable label of the reason.
        label: &'static str,
        /// The reason.
        detail: String,
    },
    /// The chain or the key is not readable PEM.
    #[error("chain or key not read")]
    Pem(#[from] PemError),
    /// The signature from outside does not verify under the certificate.
    #[error("the signature value was not made with the key of certificate 尾号 {0}")]
    SignatureValue(SerialTail),
    /// The source of randomness or the signing operation failed.
    #[error("signing with the key of certificate 尾号 {0} failed")]
    Signing(SerialTail),
    /// A signing time after the year 9999.
    #[error("signing time after the year 9999")]
    Time,
    /// The container would be larger than 1 MiB.
    #[error("signature container of {0} bytes; at most 1048576 are written")]
    TooLarge(usize),
}

impl SignError {
    /// The stable label, never renamed or reused.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Algorithm { .. } => "E_ID_ALGORITHM",
            Self::ChainLength(_) | Self::ChainOrder(_) => "E_ID_CHAIN",
            Self::Key { .. } => "E_ID_KEY",
            Self::KeyEncryption(_) => "E_ID_KEY_ENCRYPTION",
            Self::KeyMismatch(_) => "E_ID_KEY_MISMATCH",
            Self::KeyPassword => "E_ID_KEY_PASSWORD",
            Self::Outside { label, .. } => label,
            Self::Pem(error) => error.label(),
            Self::SignatureValue(_) => "E_ID_SIGNATURE_VALUE",
            Self::Signing(_) => "E_ID_SIGNING",
            Self::Time => "E_ID_TIME",
            Self::TooLarge(_) => "E_ID_TOO_LARGE",
        }
    }
}
