//! What a custodian keeps: the static key of one ceremony, then its share of the ceremony key.

use kaibiao_crypto::{Entropy, EntropyError, Point, SecretScalar};
use kaibiao_types::CustodianIndex;
use zeroize::Zeroizing;

/// A custodian's static key for one key generation; fresh for every ceremony (ruling 17).
#[derive(Debug)]
pub struct StaticKey(pub(crate) SecretScalar);

/// A custodian's share of one ceremony key. It can do nothing but raise points ([`crate::raise`]).
#[derive(Debug)]
pub struct KeyShare {
    pub(crate) index: CustodianIndex,
    pub(crate) secret: SecretScalar,
}

/// Bytes from a key store are not a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the stored key is damaged: it is not a scalar with a custodian number")]
pub struct ShareError;

impl StaticKey {
    /// A fresh key.
    ///
    /// # Errors
    ///
    /// [`EntropyError`] if the source of randomness failed.
    pub fn generate(entropy: &mut dyn Entropy) -> Result<Self, EntropyError> {
        SecretScalar::random(entropy).map(Self)
    }

    /// The public key P.
    pub fn public(&self) -> Point {
        self.0.base_mul()
    }

    /// The bytes for an encrypted key store.
    pub fn danger_bytes(&self) -> Zeroizing<[u8; 32]> {
        self.0.danger_bytes()
    }

    /// Reads what [`Self::danger_bytes`] gave.
    ///
    /// # Errors
    ///
    /// [`ShareError`] if the bytes are not a key.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ShareError> {
        SecretScalar::from_bytes(bytes).map(Self).map_err(|_| ShareError)
    }
}

impl KeyShare {
    /// The custodian's number in the ceremony.
    pub const fn index(&self) -> CustodianIndex {
        self.index
    }

    /// The public share S.
    pub fn public(&self) -> Point {
        self.secret.base_mul()
    }

    /// `u16 index || scalar` for an encrypted key store.
    pub fn danger_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(self.index.get().to_be_bytes().to_vec());
        out.extend_from_slice(&*self.secret.danger_bytes());
        out
    }

    /// Reads what [`Self::danger_bytes`] gave.
    ///
    /// # Errors
    ///
    /// [`ShareError`] if the bytes are not a share.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ShareError> {
        let (index, secret) = bytes.split_first_chunk::<2>().ok_or(ShareError)?;
        let index = CustodianIndex::new(u16::from_be_bytes(*index)).map_err(|_| ShareError)?;
        let secret = SecretScalar::from_bytes(secret).map_err(|_| ShareError)?;
        Ok(Self { index, secret })
    }
}
