//! A private key as PKCS#8 bytes, and at work.

use ring::rand::SecureRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384,
    RSA_PKCS1_SHA512, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair,
};
use zeroize::Zeroizing;

use crate::cert::{Certificate, KeyAlgorithm, SignatureAlgorithm, Sm2Key};
use crate::cms::SignError;
use crate::der::{self, DerError, Tlv};
use crate::oid::algorithm;

/// A private key: PKCS#8 bytes that are wiped on drop, and cannot be cloned, shown or serialised, nor
/// be read but by the one computation that says danger. During a signature `ring` makes a working copy, which it frees without wiping.
pub(crate) struct PrivateKey(Zeroizing<Vec<u8>>);

enum WorkingKey {
    Ec(EcdsaKeyPair),
    Rsa(RsaKeyPair),
    Sm2(Sm2Key),
}

impl PrivateKey {
    /// Takes the bytes over; what they are is judged when they are used.
    pub(crate) const fn new(pkcs8: Zeroizing<Vec<u8>>) -> Self {
        Self(pkcs8)
    }

    /// Lends the bytes to one computation.
    pub(crate) fn danger_with_bytes<T>(&self, compute: impl FnOnce(&[u8]) -> T) -> T {
        compute(&self.0)
    }

    /// Whether this is the key of a certificate.
    pub(crate) fn fits(
        &self,
        certificate: &Certificate,
        rng: &dyn SecureRandom,
    ) -> Result<(), SignError> {
        self.working(certificate, rng).map(drop)
    }

    /// Signs with the key of this certificate. ECDSA and SM2 values are DER (r, s).
    pub(crate) fn sign(
        &self,
        certificate: &Certificate,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        rng: &dyn SecureRandom,
    ) -> Result<Vec<u8>, SignError> {
        let value = match self.working(certificate, rng)? {
            WorkingKey::Ec(pair) => {
                pair.sign(rng, message).map(|value| value.as_ref().to_vec()).ok()
            }
            WorkingKey::Rsa(pair) => {
                let padding: &dyn RsaEncoding = match algorithm {
                    SignatureAlgorithm::RsaPssSha256 => &RSA_PSS_SHA256,
                    SignatureAlgorithm::RsaPkcs1Sha384 => &RSA_PKCS1_SHA384,
                    SignatureAlgorithm::RsaPkcs1Sha512 => &RSA_PKCS1_SHA512,
                    _ => &RSA_PKCS1_SHA256,
                };
                let mut value = vec![0; pair.public().modulus_len()];
                pair.sign(padding, rng, message, &mut value).map(|()| value).ok()
            }
            WorkingKey::Sm2(key) => key.sign(message, rng),
        };
        value.ok_or_else(|| SignError::Signing(certificate.serial_tail()))
    }

    /// The key, once it is sure to be the one of the certificate.
    fn working(
        &self,
        certificate: &Certificate,
        rng: &dyn SecureRandom,
    ) -> Result<WorkingKey, SignError> {
        let cert = certificate.serial_tail();
        let kind = certificate.key_algorithm();
        let public = certificate.key.bits.as_slice();
        let unreadable = || SignError::Key { cert, algorithm: kind.signature() };
        let key = match kind {
            KeyAlgorithm::EcP256 => {
                let number = ec_number(&self.0, &[algorithm::EC_P256]).map_err(|_| unreadable())?;
                // The public key comes from the certificate: many files leave it out, and ring
                // refuses a number that is not its own.
                let signing = &ECDSA_P256_SHA256_ASN1_SIGNING;
                EcdsaKeyPair::from_private_key_and_public_key(signing, number, public, rng)
                    .map(WorkingKey::Ec)
                    .ok()
            }
            // No document is signed with such a key, and no other use needs one.
            KeyAlgorithm::EcP384 => {
                return Err(SignError::Algorithm { cert, algorithm: kind.signature() });
            }
            KeyAlgorithm::Rsa { .. } => {
                let pair = RsaKeyPair::from_pkcs8(&self.0).map_err(|_| unreadable())?;
                (pair.public().as_ref() == public).then_some(WorkingKey::Rsa(pair))
            }
            KeyAlgorithm::Sm2 => {
                let curves = [algorithm::EC_SM2, algorithm::SM2_SM2];
                let number = ec_number(&self.0, &curves).map_err(|_| unreadable())?;
                let key = Sm2Key::from_number(number).ok_or_else(unreadable)?;
                (key.public() == public).then_some(WorkingKey::Sm2(key))
            }
        };
        key.ok_or(SignError::KeyMismatch(cert))
    }
}

/// The 32 octets of the private number of an unencrypted PKCS#8 key on one of these curves.
///
/// # Source
///
/// RFC 5208, 5; RFC 5958, 2 (a public key may follow); RFC 5915, 3; GM/T 0009.
fn ec_number<'a>(pkcs8: &'a [u8], curves: &[&[u8]]) -> Result<&'a [u8], DerError> {
    der::check(pkcs8, der::SEQUENCE)?;
    let mut fields = Tlv::only(pkcs8, der::SEQUENCE)?.reader();
    let version = fields.expect(der::INTEGER)?.value;
    let identifier = fields.expect(der::SEQUENCE)?.raw;
    let key = fields.expect(der::OCTET_STRING)?.value;
    if !matches!(version, [0 | 1]) || !curves.contains(&identifier) {
        return Err(DerError::Value);
    }
    der::check(key, der::SEQUENCE)?;
    let mut inner = Tlv::only(key, der::SEQUENCE)?.reader();
    let version = inner.expect(der::INTEGER)?.value;
    let number = inner.expect(der::OCTET_STRING)?.value;
    if version == [1] && number.len() == 32 { Ok(number) } else { Err(DerError::Value) }
}
