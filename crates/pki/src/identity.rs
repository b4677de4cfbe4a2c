//! An identity that signs: certificate chain and private key.

use core::fmt;

use ring::rand::SecureRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384,
    RSA_PKCS1_SHA512, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair,
};
use zeroize::Zeroizing;

use crate::cert::{Certificate, KeyAlgorithm, SignatureAlgorithm, Sm2Key};
use crate::cms::SignError;
use crate::limits::CHAIN_MAX;
use crate::pem::{read_certificates, read_private_key};

/// A certificate and the CAs above it, each having issued the one before.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Chain {
    signer: Certificate,
    above: Vec<Certificate>,
}

impl Chain {
    /// A chain, the signer's certificate first; the trust anchor may be left out.
    ///
    /// # Errors
    ///
    /// [`SignError::ChainLength`] or [`SignError::ChainOrder`].
    pub fn new(certificates: Vec<Certificate>) -> Result<Self, SignError> {
        let count = certificates.len();
        if !(1..=CHAIN_MAX).contains(&count) {
            return Err(SignError::ChainLength(count));
        }
        let pairs = certificates.iter().zip(certificates.iter().skip(1)).enumerate();
        for (place, (issued, issuer)) in pairs {
            if !issued.may_be_issued_by(issuer) || !issued.is_signed_by(&issuer.key) {
                return Err(SignError::ChainOrder(place + 2));
            }
        }
        let mut above = certificates;
        let signer = above.remove(0);
        Ok(Self { signer, above })
    }

    /// Reads a chain from PEM, the signer's certificate first.
    ///
    /// # Errors
    ///
    /// [`SignError`]: PEM or chain.
    pub fn from_pem(chain_pem: &str) -> Result<Self, SignError> {
        Self::new(read_certificates(chain_pem)?)
    }

    /// The signer's certificate.
    pub const fn signer(&self) -> &Certificate {
        &self.signer
    }

    /// The CAs above it.
    pub fn above(&self) -> &[Certificate] {
        &self.above
    }
}

/// A chain with the private key of its signer's certificate.
///
/// The key is kept as PKCS#8 bytes that are wiped on drop, and cannot be read back, cloned, shown
/// or serialised. During a signature `ring` makes a working copy, which it frees without wiping.
pub struct Identity {
    chain: Chain,
    pkcs8: Zeroizing<Vec<u8>>,
}

enum WorkingKey {
    Ec(EcdsaKeyPair),
    Rsa(RsaKeyPair),
    Sm2(Sm2Key),
}

impl Identity {
    /// Loads an identity from a chain (PEM, the signer's certificate first) and an unencrypted
    /// PKCS#8 key (PEM), and checks that they belong together.
    ///
    /// `rng` is used by the consistency check of EC keys.
    ///
    /// # Errors
    ///
    /// [`SignError`]: PEM, chain, key or mismatch.
    ///
    /// # Source
    ///
    /// RFC 5208 and RFC 5958 (PKCS#8).
    pub fn from_pem(
        chain_pem: &str,
        key_pem: &str,
        rng: &dyn SecureRandom,
    ) -> Result<Self, SignError> {
        let chain = Chain::from_pem(chain_pem)?;
        let pkcs8 = read_private_key(key_pem)?;
        let identity = Self { chain, pkcs8 };
        let cert = identity.chain.signer.serial_tail();
        let public = match identity.working_key(rng)? {
            WorkingKey::Ec(pair) => pair.public_key().as_ref().to_vec(),
            WorkingKey::Rsa(pair) => pair.public().as_ref().to_vec(),
            WorkingKey::Sm2(key) => key.public(),
        };
        if public == identity.chain.signer.key.bits {
            Ok(identity)
        } else {
            Err(SignError::KeyMismatch(cert))
        }
    }

    /// The signer's certificate.
    pub const fn certificate(&self) -> &Certificate {
        &self.chain.signer
    }

    /// The chain.
    pub const fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Signs a message by an algorithm of the key. ECDSA and SM2 values are DER (r, s).
    pub(crate) fn sign(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        rng: &dyn SecureRandom,
    ) -> Result<Vec<u8>, SignError> {
        let value = match self.working_key(rng)? {
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
        value.ok_or_else(|| SignError::Signing(self.chain.signer.serial_tail()))
    }

    fn working_key(&self, rng: &dyn SecureRandom) -> Result<WorkingKey, SignError> {
        let signer = &self.chain.signer;
        let kind = signer.key_algorithm();
        let pair = match kind {
            KeyAlgorithm::EcP256 => {
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &self.pkcs8, rng)
                    .map(WorkingKey::Ec)
                    .ok()
            }
            // No document is signed with such a key, and no other use needs one.
            KeyAlgorithm::EcP384 => {
                let (cert, algorithm) = (signer.serial_tail(), kind.signature());
                return Err(SignError::Algorithm { cert, algorithm });
            }
            KeyAlgorithm::Rsa { .. } => {
                RsaKeyPair::from_pkcs8(&self.pkcs8).map(WorkingKey::Rsa).ok()
            }
            KeyAlgorithm::Sm2 => Sm2Key::from_pkcs8(&self.pkcs8).map(WorkingKey::Sm2),
        };
        let cert = signer.serial_tail();
        pair.ok_or_else(|| SignError::Key { cert, algorithm: kind.signature() })
    }
}

impl fmt::Debug for Identity {
    /// The certificate; the key is never shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("certificate", self.certificate()).finish_non_exhaustive()
    }
}
