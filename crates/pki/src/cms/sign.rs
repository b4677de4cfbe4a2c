//! Makes detached signatures, in one step with a key at hand or in two with a key elsewhere.

use kaibiao_types::{Digest, UtcMillis};
use ring::rand::SecureRandom;

use super::error::SignError;
use crate::cert::{Certificate, DigestAlgorithm, SignatureAlgorithm, der_of_raw};
use crate::der;
use crate::identity::Chain;
use crate::limits::CMS_BYTES_MAX;
use crate::oid;
use crate::signer::Signer;

/// The signed attributes of a signature to be: step one of two.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedAttributes {
    /// The SET OF attributes in DER.
    set: Vec<u8>,
    signer_sha256: Digest,
    algorithm: SignatureAlgorithm,
}

impl SignedAttributes {
    /// The bytes the signer's key signs by [`Self::algorithm`].
    pub fn to_sign(&self) -> &[u8] {
        &self.set
    }

    /// The algorithm they are to be signed by.
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }
}

/// Step one: the signed attributes over `content` for `signer` at `signing_time`, to be signed by the
/// usual algorithm of its key.
///
/// The signing time is cut to whole seconds.
///
/// # Errors
///
/// [`SignError::Time`] after the year 9999.
///
/// # Source
///
/// RFC 5652, 5.3 and 11; RFC 5035, 3; ETSI EN 319 122-1, 5.1 and 5.2.
pub fn signed_attrs(
    signer: &Certificate,
    content: &[u8],
    signing_time: UtcMillis,
) -> Result<SignedAttributes, SignError> {
    signed_attrs_by(signer.key_algorithm().signature(), signer, content, signing_time)
}

/// [`signed_attrs`], to be signed by a certain algorithm: with an RSA key also RSASSA-PSS.
///
/// # Errors
///
/// [`SignError::Algorithm`] if the key does not sign that way; [`SignError::Time`].
pub fn signed_attrs_by(
    algorithm: SignatureAlgorithm,
    signer: &Certificate,
    content: &[u8],
    signing_time: UtcMillis,
) -> Result<SignedAttributes, SignError> {
    if !algorithm.fits(signer.key_algorithm()) || !algorithm.digest().for_documents() {
        return Err(SignError::Algorithm { cert: signer.serial_tail(), algorithm });
    }
    attributes_over(algorithm, signer, oid::DATA, content, signing_time)
}

/// The signed attributes over content of a kind.
pub(crate) fn attributes_over(
    algorithm: SignatureAlgorithm,
    signer: &Certificate,
    kind: &[u8],
    content: &[u8],
    signing_time: UtcMillis,
) -> Result<SignedAttributes, SignError> {
    let by = algorithm.digest();
    let time = der::write_time(signing_time).ok_or(SignError::Time)?;
    let kind = der::tlv(der::OID, &[kind]);
    let digest = der::tlv(der::OCTET_STRING, &[&by.of(content)]);
    let set = der::set_of(vec![
        attribute(oid::CONTENT_TYPE, &kind),
        attribute(oid::MESSAGE_DIGEST, &digest),
        attribute(oid::SIGNING_TIME, &time),
        attribute(oid::SIGNING_CERTIFICATE_V2, &signing_certificate(signer, by)),
    ]);
    Ok(SignedAttributes { set, signer_sha256: signer.sha256(), algorithm })
}

/// Step two: the container around attributes and the signature value made over
/// [`SignedAttributes::to_sign`]. ECDSA and SM2 values are DER (r, s), or the 64 octets `r || s` that
/// tokens give; what is written is DER.
///
/// The value is verified first, so that a container from here always verifies.
///
/// # Errors
///
/// [`SignError::SignatureValue`] if the value is not by the key of the chain's signer, or the
/// attributes were made for another certificate; [`SignError::TooLarge`].
///
/// # Source
///
/// RFC 5652, 5.1 and 5.3; RFC 5754, 2 and 3.
pub fn assemble(
    attributes: &SignedAttributes,
    chain: &Chain,
    signature: &[u8],
) -> Result<Vec<u8>, SignError> {
    let signer = chain.signer();
    let made_for = attributes.signer_sha256 == signer.sha256();
    let value = value_of_key(attributes, signer, signature).filter(|_| made_for);
    let value = value.ok_or_else(|| SignError::SignatureValue(signer.serial_tail()))?;
    let detached = der::sequence(&[&der::tlv(der::OID, &[oid::DATA])]);
    let mut certificates: Vec<&[u8]> = chain.above().iter().map(Certificate::der).collect();
    certificates.push(signer.der());
    certificates.sort_unstable(); // a SET OF
    let certificates = der::tlv(der::CONTEXT_0, &certificates);
    let cms = container(1, attributes, signer, &value, &[&detached, &certificates]);
    if cms.len() > CMS_BYTES_MAX { Err(SignError::TooLarge(cms.len())) } else { Ok(cms) }
}

/// A container of a version with one signer; `inside` are the fields between `digestAlgorithms` and
/// `signerInfos`.
pub(crate) fn container(
    version: u8,
    attributes: &SignedAttributes,
    signer: &Certificate,
    value: &[u8],
    inside: &[&[u8]],
) -> Vec<u8> {
    let digest = attributes.algorithm.digest().identifier();
    let mut signed = attributes.set.clone();
    if let Some(tag) = signed.first_mut() {
        *tag = der::CONTEXT_0; // IMPLICIT [0] in the container, SET OF when signed
    }
    let serial = der::tlv(der::INTEGER, &[&signer.serial]);
    let signer_info = der::sequence(&[
        &der::integer_u8(1),
        &der::sequence(&[&signer.issuer, &serial]),
        digest,
        &signed,
        attributes.algorithm.identifier(),
        &der::tlv(der::OCTET_STRING, &[value]),
    ]);
    let signed_data = der::sequence(&[
        &der::integer_u8(version),
        &der::tlv(der::SET, &[digest]),
        &inside.concat(),
        &der::tlv(der::SET, &[&signer_info]),
    ]);
    der::sequence(&[
        &der::tlv(der::OID, &[oid::SIGNED_DATA]),
        &der::tlv(der::CONTEXT_0, &[&signed_data]),
    ])
}

/// Signs `content`: a detached container in DER (`.p7s`).
///
/// # Errors
///
/// [`SignError`].
///
/// # Source
///
/// `docs/spec/signature.md`.
pub fn sign_detached(
    signer: &dyn Signer,
    content: &[u8],
    signing_time: UtcMillis,
    rng: &dyn SecureRandom,
) -> Result<Vec<u8>, SignError> {
    let algorithm = signer.certificate().key_algorithm().signature();
    sign_detached_by(algorithm, signer, content, signing_time, rng)
}

/// [`sign_detached`] by a certain algorithm: with an RSA key also RSASSA-PSS.
///
/// # Errors
///
/// [`SignError`].
pub fn sign_detached_by(
    algorithm: SignatureAlgorithm,
    signer: &dyn Signer,
    content: &[u8],
    signing_time: UtcMillis,
    rng: &dyn SecureRandom,
) -> Result<Vec<u8>, SignError> {
    let attributes = signed_attrs_by(algorithm, signer.certificate(), content, signing_time)?;
    let signature = signer.sign(algorithm, attributes.to_sign(), rng)?;
    assemble(&attributes, signer.chain(), &signature)
}

/// The signature value in the form in which it is written, if it is one of the signer's key.
fn value_of_key(
    attributes: &SignedAttributes,
    signer: &Certificate,
    signature: &[u8],
) -> Option<Vec<u8>> {
    let good = |value: &[u8]| signer.key.verifies(attributes.algorithm, &attributes.set, value);
    if good(signature) {
        return Some(signature.to_vec());
    }
    der_of_raw(signature).filter(|value| good(value))
}

/// An `Attribute` with one value.
pub(crate) fn attribute(oid: &[u8], value: &[u8]) -> Vec<u8> {
    der::sequence(&[&der::tlv(der::OID, &[oid]), &der::tlv(der::SET, &[value])])
}

/// `SigningCertificateV2` of one certificate, with issuer and serial number. SHA-256 is the default and
/// so not named (RFC 5035, 4).
fn signing_certificate(signer: &Certificate, by: DigestAlgorithm) -> Vec<u8> {
    let names = der::sequence(&[&der::tlv(der::CONTEXT_4, &[&signer.issuer])]);
    let serial = der::tlv(der::INTEGER, &[&signer.serial]);
    let named = if by == DigestAlgorithm::Sha256 { &[] } else { by.identifier() };
    let id = der::sequence(&[
        named,
        &der::tlv(der::OCTET_STRING, &[&by.of(signer.der())]),
        &der::sequence(&[&names, &serial]),
    ]);
    der::sequence(&[&der::sequence(&[&id])])
}
