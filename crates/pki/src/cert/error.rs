//! Why a certificate is not accepted.

use core::fmt;

use kaibiao_types::{OrgCodeError, UtcMillis};

use super::key::KeyFault;
use super::profile::CaDuty;
use crate::der::DerError;

/// 尾号: the last four hexadecimal digits of a serial number, by which people tell certificates
/// apart.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
pub struct SerialTail(pub(crate) [u8; 2]);

impl fmt::Display for SerialTail {
    /// Four capital hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([high, low]) = self;
        write!(f, "{high:02X}{low:02X}")
    }
}

impl fmt::Debug for SerialTail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Why a certificate, or the path from it to a trust anchor, is not accepted.
///
/// The certificate at fault is named by its 尾号 where it could be read at all.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CertError {
    /// A signature algorithm that the trust list does not allow under this CA, or that is unknown.
    #[error(
        "certificate 尾号 {cert} is involved in a signature by {algorithm}, which the trust list does not allow"
    )]
    Algorithm {
        /// The signed certificate, or the signer's.
        cert: SerialTail,
        /// Name of the algorithm, or its object identifier.
        algorithm: String,
    },
    /// The two readers of certificates do not read the same from the bytes.
    #[error("certificate 尾号 {cert} is ambiguous: {field} reads differently in two parsers")]
    Ambiguous {
        /// The certificate.
        cert: SerialTail,
        /// The field.
        field: &'static str,
    },
    /// The trust list accepts the CA only in another period.
    #[error(
        "the CA of certificate 尾号 {cert} is on the trust list only from {not_before} to {not_after}, not at {at}"
    )]
    AnchorPeriod {
        /// The signer's certificate.
        cert: SerialTail,
        /// Start of the period on the list.
        not_before: UtcMillis,
        /// End of the period on the list.
        not_after: UtcMillis,
        /// The instant that was judged.
        at: UtcMillis,
    },
    /// A certificate of a CA was presented as the signer's.
    #[error("certificate 尾号 {0} belongs to a CA; a CA certificate does not sign documents")]
    CaAsSigner(SerialTail),
    /// More certificates than a path may have, or than are looked at.
    #[error("{0} certificates in the chain, more than are accepted")]
    ChainLength(usize),
    /// One extension twice.
    #[error("certificate 尾号 {cert} has the extension {oid} twice")]
    DuplicateExtension {
        /// The certificate.
        cert: SerialTail,
        /// The extension.
        oid: String,
    },
    /// The certificate had expired at the judged instant.
    #[error("certificate 尾号 {cert} expired at {not_after}, before {at}")]
    Expired {
        /// The certificate.
        cert: SerialTail,
        /// Its last instant.
        not_after: UtcMillis,
        /// The instant that was judged.
        at: UtcMillis,
    },
    /// A known extension does not have the content its standard asks for.
    #[error("certificate 尾号 {cert} has a malformed extension {oid}")]
    Extension {
        /// The certificate.
        cert: SerialTail,
        /// The extension.
        oid: String,
    },
    /// The bytes are not one certificate in DER.
    #[error("not an X.509 certificate in DER: {0}")]
    Format(DerError),
    /// The key may not be used.
    #[error("certificate 尾号 {cert}: {fault}")]
    Key {
        /// The certificate.
        cert: SerialTail,
        /// What is wrong with the key.
        fault: KeyFault,
    },
    /// The certificate names no organisation that could be shown.
    #[error("certificate 尾号 {0} names no organisation (O or CN) that can be shown")]
    Name(SerialTail),
    /// A name of the certificate is not one that the CAs above may certify (RFC 5280, 4.2.1.10), or
    /// that cannot be decided.
    #[error("certificate 尾号 {0} has a name that a CA above it may not certify")]
    NameConstraints(SerialTail),
    /// A certificate lacks what its CA owes by RFC 5280, and the trust list does not excuse the CA.
    #[error("certificate 尾号 {cert} breaks RFC 5280: {}", .duty.missed())]
    Nonconforming {
        /// The certificate.
        cert: SerialTail,
        /// What the CA owes.
        duty: CaDuty,
    },
    /// An issuer on the path is not a CA that may sign certificates.
    #[error("certificate 尾号 {0} was used as a CA but may not sign certificates")]
    NotCa(SerialTail),
    /// The certificate is not valid yet at the judged instant.
    #[error("certificate 尾号 {cert} is valid from {not_before}, after {at}")]
    NotYetValid {
        /// The certificate.
        cert: SerialTail,
        /// Its first instant.
        not_before: UtcMillis,
        /// The instant that was judged.
        at: UtcMillis,
    },
    /// The code in the certificate is not a unified social credit code.
    #[error("certificate 尾号 {cert}: {source}")]
    OrgCode {
        /// The certificate.
        cert: SerialTail,
        /// What is wrong with the code.
        source: OrgCodeError,
    },
    /// The place where this CA puts the code is empty, or filled more than once.
    #[error(
        "certificate 尾号 {cert} does not have exactly one unified social credit code in {place}"
    )]
    OrgCodeMissing {
        /// The certificate.
        cert: SerialTail,
        /// The place the trust list names.
        place: String,
    },
    /// More CAs follow than a CA on the path allows.
    #[error("certificate 尾号 {0} allows fewer CAs below it than the chain has")]
    PathLength(SerialTail),
    /// The path is valid for no certificate policy, and one is required.
    #[error("certificate 尾号 {0} is valid for no certificate policy that is accepted")]
    Policy(SerialTail),
    /// A rule of RFC 5280 on what a certificate contains is broken.
    #[error("certificate 尾号 {cert} breaks RFC 5280: {rule}")]
    Profile {
        /// The certificate.
        cert: SerialTail,
        /// The rule.
        rule: &'static str,
    },
    /// A serial number that is zero, negative, or longer than 20 octets, below the trust anchor.
    #[error(
        "certificate 尾号 {0} has a serial number that is zero, negative or longer than 20 octets"
    )]
    Serial(SerialTail),
    /// The issuer's key does not confirm the signature on the certificate.
    #[error("the signature on certificate 尾号 {0} is not its issuer's")]
    Signature(SerialTail),
    /// Larger than 64 KiB.
    #[error("certificate of {0} bytes; at most 65536 are read")]
    TooLarge(usize),
    /// More than 64 extensions.
    #[error("certificate 尾号 {0} has more than 64 extensions")]
    TooManyExtensions(SerialTail),
    /// A critical extension that is not understood (RFC 5280, 4.2).
    #[error("certificate 尾号 {cert} has the unknown critical extension {oid}")]
    UnknownCritical {
        /// The certificate.
        cert: SerialTail,
        /// The extension.
        oid: String,
    },
    /// No path from the certificate to a CA of the trust list.
    #[error("certificate 尾号 {0} does not lead to a CA of the trust list")]
    Untrusted(SerialTail),
    /// Key usage or extended key usage do not allow what the certificate was used for.
    #[error("certificate 尾号 {cert} is not for {usage}")]
    Usage {
        /// The certificate.
        cert: SerialTail,
        /// What it was used for.
        usage: &'static str,
    },
    /// Not version 3.
    #[error("certificate 尾号 {0} is not of version 3")]
    Version(SerialTail),
}

impl CertError {
    /// The stable label, never renamed or reused.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Algorithm { .. } => "E_CERT_ALGORITHM",
            Self::Ambiguous { .. } => "E_CERT_AMBIGUOUS",
            Self::AnchorPeriod { .. } => "E_CERT_ANCHOR_PERIOD",
            Self::CaAsSigner(_) => "E_CERT_CA_AS_SIGNER",
            Self::ChainLength(_) => "E_CERT_CHAIN_LENGTH",
            Self::DuplicateExtension { .. } => "E_CERT_DUPLICATE_EXTENSION",
            Self::Expired { .. } => "E_CERT_EXPIRED",
            Self::Extension { .. } => "E_CERT_EXTENSION",
            Self::Format(_) => "E_CERT_FORMAT",
            Self::Key { .. } => "E_CERT_KEY",
            Self::Name(_) => "E_CERT_NAME",
            Self::NameConstraints(_) => "E_CERT_NAME_CONSTRAINTS",
            Self::Nonconforming { .. } => "E_CERT_NONCONFORMING",
            Self::NotCa(_) => "E_CERT_NOT_CA",
            Self::NotYetValid { .. } => "E_CERT_NOT_YET_VALID",
            Self::OrgCode { .. } => "E_CERT_ORG_CODE",
            Self::OrgCodeMissing { .. } => "E_CERT_ORG_CODE_MISSING",
            Self::PathLength(_) => "E_CERT_PATH_LENGTH",
            Self::Policy(_) => "E_CERT_POLICY",
            Self::Profile { .. } => "E_CERT_PROFILE",
            Self::Serial(_) => "E_CERT_SERIAL",
            Self::Signature(_) => "E_CERT_SIGNATURE",
            Self::TooLarge(_) | Self::TooManyExtensions(_) => "E_CERT_TOO_LARGE",
            Self::UnknownCritical { .. } => "E_CERT_UNKNOWN_CRITICAL",
            Self::Untrusted(_) => "E_CERT_UNTRUSTED",
            Self::Usage { .. } => "E_CERT_USAGE",
            Self::Version(_) => "E_CERT_VERSION",
        }
    }

    /// The sub-indication of a validation report (ETSI EN 319 102-1, table 6).
    ///
    /// [`Untrusted`](Self::Untrusted) leaves a verdict open (another list may know the CA); every
    /// other one is a failure at the instant that was judged. Whether that instant is proven is
    /// for the caller to say.
    #[must_use]
    pub const fn indication(&self) -> &'static str {
        match self {
            Self::Algorithm { .. } | Self::Key { .. } => "CRYPTO_CONSTRAINTS_FAILURE",
            Self::Expired { .. } => "EXPIRED",
            Self::NotYetValid { .. } => "NOT_YET_VALID",
            Self::Format(_)
            | Self::TooLarge(_)
            | Self::TooManyExtensions(_)
            | Self::Ambiguous { .. } => "FORMAT_FAILURE",
            Self::Untrusted(_) => "NO_CERTIFICATE_CHAIN_FOUND",
            _ => "CHAIN_CONSTRAINTS_FAILURE",
        }
    }
}
