//! Public keys: which are allowed, and what they verify.

use ring::signature;

use super::algorithm::{KeyAlgorithm, SignatureAlgorithm};
use super::sm2;
use crate::der::{self, DerError, Reader, Tlv};
use crate::oid::algorithm;

/// Why a public key is not used.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFault {
    /// Neither RSA nor on P-256, P-384 or the curve of SM2.
    #[error("key is neither RSA nor on curve P-256, P-384 or SM2")]
    Algorithm,
    /// Of a kind that signs certificates and time stamps alone.
    #[error("keys on curve P-384 are for CAs and time stamps; documents are not signed with them")]
    Documents,
    /// The RSA exponent is even, below 3, or above 2^33 - 1.
    #[error("RSA exponent is even, below 3 or above 2^33 - 1")]
    Exponent,
    /// Not the encoding the key's algorithm asks for.
    #[error("key is not encoded as its algorithm asks")]
    Format,
    /// The RSA modulus is even, or its length is not 2,048 to 8,192 bits in whole octets.
    #[error("RSA modulus is even, or its length is not 2048 to 8192 bits in steps of 8")]
    Modulus,
}

/// A public key whose kind and size are allowed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct PublicKey {
    pub(crate) algorithm: KeyAlgorithm,
    /// Content of the BIT STRING `subjectPublicKey`: `RSAPublicKey`, or the point.
    pub(crate) bits: Vec<u8>,
}

impl PublicKey {
    /// Reads a `SubjectPublicKeyInfo` (RFC 5280, 4.1.2.7) that already passed the DER check.
    pub(crate) fn from_spki(spki: &[u8]) -> Result<Self, KeyFault> {
        let (identifier, bits) = split_spki(spki).map_err(|_| KeyFault::Format)?;
        let algorithm = match identifier {
            algorithm::RSA => KeyAlgorithm::Rsa { bits: rsa_bits(bits)? },
            algorithm::EC_P256 if uncompressed(bits, 32) => KeyAlgorithm::EcP256,
            algorithm::EC_P384 if uncompressed(bits, 48) => KeyAlgorithm::EcP384,
            algorithm::EC_SM2 | algorithm::SM2_SM2 if uncompressed(bits, 32) => KeyAlgorithm::Sm2,
            algorithm::EC_P256 | algorithm::EC_P384 | algorithm::EC_SM2 | algorithm::SM2_SM2 => {
                return Err(KeyFault::Format);
            }
            _ => return Err(KeyFault::Algorithm),
        };
        Ok(Self { algorithm, bits: bits.to_vec() })
    }

    /// True iff `signature` is this key's signature over `message` by this algorithm.
    pub(crate) fn verifies(
        &self,
        by: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        let algorithm: &dyn signature::VerificationAlgorithm = match by {
            SignatureAlgorithm::EcdsaP256Sha256 => &signature::ECDSA_P256_SHA256_ASN1,
            SignatureAlgorithm::EcdsaP384Sha384 => &signature::ECDSA_P384_SHA384_ASN1,
            SignatureAlgorithm::RsaPkcs1Sha256 => &signature::RSA_PKCS1_2048_8192_SHA256,
            SignatureAlgorithm::RsaPkcs1Sha384 => &signature::RSA_PKCS1_2048_8192_SHA384,
            SignatureAlgorithm::RsaPkcs1Sha512 => &signature::RSA_PKCS1_2048_8192_SHA512,
            SignatureAlgorithm::RsaPssSha256 => &signature::RSA_PSS_2048_8192_SHA256,
            SignatureAlgorithm::Sm2Sm3 => {
                return by.fits(self.algorithm) && sm2::verifies(&self.bits, message, signature);
            }
        };
        let key = signature::UnparsedPublicKey::new(algorithm, &self.bits);
        by.fits(self.algorithm) && key.verify(message, signature).is_ok()
    }
}

/// The form of a point whose both coordinates, of this many octets each, are written out.
fn uncompressed(point: &[u8], coordinate: usize) -> bool {
    point.len() == 1 + 2 * coordinate && point.first() == Some(&4)
}

fn split_spki(spki: &[u8]) -> Result<(&[u8], &[u8]), DerError> {
    let mut fields = Tlv::only(spki, der::SEQUENCE)?.reader();
    let identifier = fields.expect(der::SEQUENCE)?.raw;
    let bits = fields.expect(der::BIT_STRING)?.whole_bits()?;
    fields.finish()?;
    Ok((identifier, bits))
}

/// The length of the modulus, once modulus and exponent are allowed.
fn rsa_bits(key: &[u8]) -> Result<usize, KeyFault> {
    let (modulus, exponent) = split_rsa(key).map_err(|_| KeyFault::Format)?;
    let bits = modulus.len() * 8;
    let whole = modulus.first().is_some_and(|octet| octet & 0x80 != 0);
    let odd = |number: &[u8]| number.last().is_some_and(|octet| octet & 1 == 1);
    if !whole || !odd(modulus) || !(2_048..=8_192).contains(&bits) {
        return Err(KeyFault::Modulus);
    }
    let value = exponent.iter().take(9).fold(0_u128, |sum, octet| sum << 8 | u128::from(*octet));
    if !odd(exponent) || exponent.len() > 8 || !(3..1 << 33).contains(&value) {
        return Err(KeyFault::Exponent);
    }
    Ok(bits)
}

/// Modulus and exponent of an `RSAPublicKey` (RFC 8017, A.1.1), without the octet of the sign.
fn split_rsa(key: &[u8]) -> Result<(&[u8], &[u8]), DerError> {
    der::check(key, der::SEQUENCE)?;
    let mut fields = Reader::new(key).inside(der::SEQUENCE)?;
    let modulus = fields.expect(der::INTEGER)?.value;
    let exponent = fields.expect(der::INTEGER)?.value;
    fields.finish()?;
    Ok((der::unsigned(modulus)?, der::unsigned(exponent)?))
}

#[cfg(test)]
mod wycheproof;

#[cfg(test)]
mod tests {
    use super::*;

    fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<KeyAlgorithm, KeyFault> {
        let key = der::sequence(&[
            &der::tlv(der::INTEGER, &[modulus]),
            &der::tlv(der::INTEGER, &[exponent]),
        ]);
        let bits = der::tlv(der::BIT_STRING, &[&[0], &key]);
        PublicKey::from_spki(&der::sequence(&[algorithm::RSA, &bits])).map(|key| key.algorithm)
    }

    fn modulus(octets: usize) -> Vec<u8> {
        let mut out = vec![0, 0x80];
        out.resize(octets, 0x55);
        out.push(0x01);
        out
    }

    #[test]
    fn rsa_bounds() {
        let good = modulus(256);
        assert_eq!(rsa(&good, &[3]), Ok(KeyAlgorithm::Rsa { bits: 2_048 }));
        assert_eq!(rsa(&modulus(1_024), &[1, 0, 1]), Ok(KeyAlgorithm::Rsa { bits: 8_192 }));
        for exponent in [&[1][..], &[4], &[0], &[0x02, 0, 0, 0, 1], &[1, 0, 0, 0, 0, 0, 0, 0, 0, 1]]
        {
            assert_eq!(rsa(&good, exponent), Err(KeyFault::Exponent), "{exponent:?}");
        }
        assert_eq!(rsa(&good, &[0x81]), Err(KeyFault::Format));
        assert_eq!(rsa(&modulus(255), &[3]), Err(KeyFault::Modulus));
        assert_eq!(rsa(&modulus(1_025), &[3]), Err(KeyFault::Modulus));
        let mut even = good.clone();
        even.push(0);
        even.remove(2);
        assert_eq!(rsa(&even, &[3]), Err(KeyFault::Modulus));
        let mut odd_length = good.clone();
        odd_length.remove(0);
        if let Some(first) = odd_length.first_mut() {
            *first = 0x40;
        }
        assert_eq!(rsa(&odd_length, &[3]), Err(KeyFault::Modulus));
    }

    #[test]
    fn other_keys() {
        let spki = |identifier: &[u8], bits: &[u8]| {
            PublicKey::from_spki(&der::sequence(&[identifier, &der::tlv(der::BIT_STRING, &[bits])]))
                .map(|key| key.algorithm)
        };
        let mut point = vec![0, 4];
        point.resize(66, 7);
        assert_eq!(spki(algorithm::EC_P256, &point), Ok(KeyAlgorithm::EcP256));
        assert_eq!(spki(algorithm::EC_SM2, &point), Ok(KeyAlgorithm::Sm2));
        assert_eq!(spki(algorithm::EC_SM2, &point[..65]), Err(KeyFault::Format));
        assert_eq!(spki(algorithm::EC_P384, &point), Err(KeyFault::Format));
        let mut long = point.clone();
        long.resize(98, 7);
        assert_eq!(spki(algorithm::EC_P384, &long), Ok(KeyAlgorithm::EcP384));
        assert_eq!(spki(algorithm::EC_P256, &long), Err(KeyFault::Format));
        long.push(7);
        assert_eq!(spki(algorithm::EC_P384, &long), Err(KeyFault::Format));
        assert_eq!(spki(algorithm::EC_P256, &point[..65]), Err(KeyFault::Format));
        point[1] = 2;
        assert_eq!(spki(algorithm::EC_P256, &point[..34]), Err(KeyFault::Format));
        assert_eq!(spki(algorithm::RSA_SHA256, &point), Err(KeyFault::Algorithm));
        assert_eq!(spki(algorithm::EC_P256, &[]), Err(KeyFault::Format));
    }
}
