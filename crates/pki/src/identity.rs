//! An identity that signs: certificate chain and private key.

use core::fmt;

use ring::rand::SecureRandom;

use crate::cert::{Certificate, SignatureAlgorithm};
use crate::cms::SignError;
use crate::limits::CHAIN_MAX;
use crate::pbe::{self, Password};
use crate::pem::{read_certificates, read_encrypted_key, read_private_key};
use crate::private_key::PrivateKey;
use crate::signer::Signer;

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

    /// The chain of a certificate among others in any order. It ends below a certificate that issued
    /// itself, where the next one is not among them, or where it would go in a circle.
    ///
    /// # Errors
    ///
    /// [`SignError::ChainLength`] if it is longer than a chain may be.
    pub fn among(signer: Certificate, pool: &[Certificate]) -> Result<Self, SignError> {
        let mut above: Vec<Certificate> = Vec::new();
        loop {
            let last = above.last().unwrap_or(&signer);
            let issued = |issuer: &&Certificate| {
                last.may_be_issued_by(issuer)
                    && !issuer.is_self_issued()
                    && !above.contains(issuer)
                    && last.is_signed_by(&issuer.key)
            };
            // Of an old and a renewed certificate of one CA the renewed one is of use for longer.
            let Some(next) = pool.iter().filter(issued).max_by_key(|ca| ca.not_after) else {
                break;
            };
            if above.len() + 1 == CHAIN_MAX {
                return Err(SignError::ChainLength(CHAIN_MAX + 1));
            }
            above.push(next.clone());
        }
        Ok(Self { signer, above })
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

/// A chain with the private key of its signer's certificate, both in memory.
///
/// The key is wiped on drop, and cannot be read back, cloned, shown or serialised.
pub struct Identity {
    chain: Chain,
    key: PrivateKey,
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
        Self::new(chain, PrivateKey::new(read_private_key(key_pem)?), rng)
    }

    /// An identity from a chain and a PKCS#8 key (PEM) that is encrypted under a password.
    ///
    /// Such a file has no integrity of its own: what decrypts is believed only once it is the key of
    /// the certificate.
    ///
    /// # Errors
    ///
    /// [`SignError::KeyPassword`] if the password does not decrypt it; [`SignError`] as
    /// [`Self::from_pem`].
    ///
    /// # Source
    ///
    /// RFC 5208, 6; RFC 8018 (PKCS#5).
    pub fn from_encrypted_pem(
        chain_pem: &str,
        key_pem: &str,
        password: &Password,
        rng: &dyn SecureRandom,
    ) -> Result<Self, SignError> {
        let chain = Chain::from_pem(chain_pem)?;
        let pkcs8 = pbe::decrypt_key(&read_encrypted_key(key_pem)?, password)?;
        Self::new(chain, PrivateKey::new(pkcs8), rng)
    }

    /// An identity from its parts, which must belong together.
    pub(crate) fn new(
        chain: Chain,
        key: PrivateKey,
        rng: &dyn SecureRandom,
    ) -> Result<Self, SignError> {
        key.fits(&chain.signer, rng)?;
        Ok(Self { chain, key })
    }

    /// The signer's certificate.
    pub const fn certificate(&self) -> &Certificate {
        &self.chain.signer
    }

    /// The chain.
    pub const fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Hands the private key (PKCS#8, DER) to one computation of its owner, which must keep no copy that
    /// is not wiped. For a bidder that unlocks its own bid; signing does not need it.
    pub fn danger_with_pkcs8<T>(&self, compute: impl FnOnce(&[u8]) -> T) -> T {
        self.key.danger_with_bytes(compute)
    }
}

impl Signer for Identity {
    fn chain(&self) -> &Chain {
        &self.chain
    }

    fn sign(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        rng: &dyn SecureRandom,
    ) -> Result<Vec<u8>, SignError> {
        self.key.sign(&self.chain.signer, algorithm, message, rng)
    }
}

impl fmt::Debug for Identity {
    /// The certificate; the key is never shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("certificate", self.certificate()).finish_non_exhaustive()
    }
}
