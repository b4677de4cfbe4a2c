//! One X.509 certificate: what it says, read by two parsers that must agree.

mod algorithm;
mod alternative;
mod digest;
mod error;
mod extensions;
mod key;
mod name;
mod profile;
mod read;
mod second;
mod sm2;

use core::fmt;

use kaibiao_types::{Digest, UtcMillis};

use crate::der::Tlv;
use crate::name::ComparableName;

pub use algorithm::{DigestAlgorithm, KeyAlgorithm, SignatureAlgorithm};
pub use alternative::AlternativeName;
pub use error::{CertError, SerialTail};
pub use key::KeyFault;
pub use profile::CaDuty;

pub(crate) use digest::DigestState;
pub(crate) use extensions::{Extensions, Purpose, ReadExtension, extension};
pub(crate) use key::PublicKey;
pub(crate) use name::{presentable_part, text};
pub(crate) use sm2::{Sm2Key, der_of_raw};

/// One X.509 version 3 certificate, with the exact bytes it was read from.
///
/// A value of this type is well formed: DER throughout, at most 64 KiB, an allowed key (RSA of at
/// least 2,048 bits, P-256, P-384 or SM2), no extension twice, and read alike by two independent
/// parsers. Nothing is said about trust: see [`verify_chain`](crate::verify_chain).
#[derive(Clone, Eq, PartialEq)]
pub struct Certificate {
    pub(crate) der: Vec<u8>,
    pub(crate) sha256: Digest,
    pub(crate) spki_sha256: Digest,
    /// The whole `SubjectPublicKeyInfo`, as received.
    pub(crate) spki: Vec<u8>,
    /// `TBSCertificate` as received: what the issuer signed.
    pub(crate) tbs: Vec<u8>,
    /// Content octets of the serial number.
    pub(crate) serial: Vec<u8>,
    /// The whole issuer `Name`, as received.
    pub(crate) issuer: Vec<u8>,
    /// The whole subject `Name`, as received.
    pub(crate) subject: Vec<u8>,
    pub(crate) issuer_name: ComparableName,
    pub(crate) subject_name: ComparableName,
    pub(crate) not_before: UtcMillis,
    pub(crate) not_after: UtcMillis,
    pub(crate) key: PublicKey,
    pub(crate) extensions: Extensions,
    /// The whole `signatureAlgorithm`, as received.
    pub(crate) signature_algorithm: Vec<u8>,
    pub(crate) signature: Vec<u8>,
    /// Attributes of the subject, in order.
    pub(crate) attributes: Vec<Attribute>,
}

/// Content octets of an attribute's type, and its text where the value is a string.
pub(crate) type Attribute = (Vec<u8>, Option<String>);

/// Two hexadecimal digits, upper case.
fn hex_digits(byte: u8) -> [char; 2] {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('0');
    [byte >> 4, byte & 15].map(|half| digit(half).to_ascii_uppercase())
}

impl Certificate {
    /// Reads one certificate in DER; nothing may follow it.
    ///
    /// # Errors
    ///
    /// [`CertError`]: the format and key variants.
    ///
    /// # Source
    ///
    /// RFC 5280, 4.1 and 4.2.
    pub fn from_der(der: &[u8]) -> Result<Self, CertError> {
        read::certificate(der)
    }

    /// The bytes it was read from.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 of the whole certificate.
    pub const fn sha256(&self) -> Digest {
        self.sha256
    }

    /// SHA-256 of the `SubjectPublicKeyInfo`: the same for every certificate of one key.
    pub const fn spki_sha256(&self) -> Digest {
        self.spki_sha256
    }

    /// The `SubjectPublicKeyInfo` as received.
    pub fn spki_der(&self) -> &[u8] {
        &self.spki
    }

    /// The serial number in hexadecimal, as certificates' owners see it in their tools.
    pub fn serial_hex(&self) -> String {
        self.serial.iter().flat_map(|byte| hex_digits(*byte)).collect()
    }

    /// Who the certificate is for, as shown to people: the organisation (O), or the common name (CN)
    /// if there is no O; `?` if that is no text. Characters that could disturb a screen are replaced by U+FFFD.
    pub fn display_name(&self) -> String {
        let name = self.organisation_or_common_name().unwrap_or("?");
        name.chars().map(|c| if name::disturbs(c) { '\u{fffd}' } else { c }).collect()
    }

    /// 尾号: the last four hexadecimal digits of the serial number.
    pub fn serial_tail(&self) -> SerialTail {
        read::tail(&self.serial)
    }

    /// The first instant at which the certificate is valid.
    pub const fn not_before(&self) -> UtcMillis {
        self.not_before
    }

    /// The second at whose end the certificate ceases to be valid.
    pub const fn not_after(&self) -> UtcMillis {
        self.not_after
    }

    /// The last instant of that second.
    pub(crate) fn last_instant(&self) -> UtcMillis {
        UtcMillis::new(self.not_after.get() + 999).unwrap_or(self.not_after)
    }

    /// The kind of the subject's key.
    pub const fn key_algorithm(&self) -> KeyAlgorithm {
        self.key.algorithm
    }

    /// The subject's public key as its algorithm encodes it: the octets of an uncompressed point,
    /// or an `RSAPublicKey` in DER.
    pub fn public_key(&self) -> &[u8] {
        &self.key.bits
    }

    /// Key usage names the certificate has, in the order of RFC 5280, 4.2.1.3; `None` if the
    /// extension is absent.
    pub fn key_usage(&self) -> Option<Vec<&'static str>> {
        self.extensions.key_usage.map(extensions::key_usage_names)
    }

    /// Object identifiers of the extended key usage; `None` if the extension is absent.
    pub fn extended_key_usage(&self) -> Option<Vec<String>> {
        let purposes = self.extensions.purposes.as_ref()?;
        Some(purposes.iter().map(|oid| crate::oid::dotted(oid)).collect())
    }

    /// The alternative names of the subject, in order; none if the extension is absent.
    ///
    /// # Errors
    ///
    /// [`CertError::Extension`] if the extension is malformed: a path does not pass either.
    ///
    /// # Source
    ///
    /// RFC 5280, 4.2.1.6.
    pub fn alternative_names(&self) -> Result<Vec<AlternativeName>, CertError> {
        let Some(extension) = self.extensions.get(crate::oid::SUBJECT_ALT_NAME) else {
            return Ok(Vec::new());
        };
        alternative::read(&extension.value).map_err(|_| CertError::Extension {
            cert: self.serial_tail(),
            oid: crate::oid::dotted(crate::oid::SUBJECT_ALT_NAME),
        })
    }

    /// Whether documents may be signed with a key of this kind.
    pub(crate) fn key_for_documents(&self) -> Result<(), CertError> {
        match self.key_algorithm() {
            KeyAlgorithm::EcP384 => {
                Err(CertError::Key { cert: self.serial_tail(), fault: KeyFault::Documents })
            }
            KeyAlgorithm::EcP256 | KeyAlgorithm::Rsa { .. } | KeyAlgorithm::Sm2 => Ok(()),
        }
    }

    /// True if basic constraints call the subject a CA.
    pub fn is_ca(&self) -> bool {
        self.extensions.basic.is_some_and(|basic| basic.ca)
    }

    /// The subject key identifier, if the certificate has one.
    pub(crate) fn key_id(&self) -> Option<&[u8]> {
        let extension = self.extensions.get(crate::oid::SUBJECT_KEY_ID)?;
        Tlv::only(&extension.value, crate::der::OCTET_STRING).ok().map(|id| id.value)
    }

    /// The key identifier of the issuer, if the certificate names one.
    pub(crate) fn authority_key_id(&self) -> Option<&[u8]> {
        let extension = self.extensions.get(crate::oid::AUTHORITY_KEY_ID)?;
        let mut fields = Tlv::only(&extension.value, crate::der::SEQUENCE).ok()?.reader();
        let id = fields.optional(crate::der::CONTEXT_0_PRIMITIVE).ok()?;
        id.map(|id| id.value)
    }

    /// False if another certificate must be the issuer: another name, or other key identifiers
    /// where both name one.
    pub(crate) fn may_be_issued_by(&self, issuer: &Self) -> bool {
        let ids = self.authority_key_id().zip(issuer.key_id());
        self.issuer_name == issuer.subject_name && ids.is_none_or(|(wanted, found)| wanted == found)
    }

    /// Whether the issuer's name is the subject's (RFC 5280, 3.2).
    pub(crate) fn is_self_issued(&self) -> bool {
        self.issuer_name == self.subject_name
    }

    /// The text of O, or of CN if there is no O, as it stands in the certificate. An O that is no
    /// text of a known type has none: CN does not stand in for it.
    pub(crate) fn organisation_or_common_name(&self) -> Option<&str> {
        let first = |wanted: &[u8]| self.attributes.iter().find(|(oid, _)| oid == wanted);
        let found = first(crate::oid::ORGANIZATION).or_else(|| first(crate::oid::COMMON_NAME));
        found?.1.as_deref()
    }

    /// The organisation's name if it may be shown: not empty, not too long, nothing that disturbs
    /// a screen.
    pub(crate) fn party_name(&self) -> Result<String, CertError> {
        self.organisation_or_common_name()
            .filter(|text| name::presentable(text))
            .map(str::to_owned)
            .ok_or_else(|| CertError::Name(self.serial_tail()))
    }

    /// The algorithm that the certificate is signed by, if it is a known one.
    pub(crate) fn signed_by_algorithm(&self) -> Option<SignatureAlgorithm> {
        SignatureAlgorithm::of_identifier(&self.signature_algorithm)
    }

    /// True iff `issuer` is the key that signed this certificate, by an algorithm that fits it.
    pub(crate) fn is_signed_by(&self, issuer: &PublicKey) -> bool {
        let algorithm = self.signed_by_algorithm();
        algorithm.is_some_and(|by| issuer.verifies(by, &self.tbs, &self.signature))
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({}, 尾号 {})", self.display_name(), self.serial_tail())
    }
}
