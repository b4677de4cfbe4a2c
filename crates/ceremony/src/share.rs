//! What a custodian keeps: the static key of one ceremony, then its share of the ceremony key.

use kaibiao_crypto::{Entropy, EntropyError, Point, SUITE_1, SecretScalar, Suite};
use kaibiao_types::CustodianIndex;
use zeroize::Zeroizing;

/// A custodian's static key for one key generation; fresh for every ceremony (ruling 17).
#[derive(Debug)]
pub struct StaticKey(pub(crate) SecretScalar);

/// A custodian's share of one ceremony key. It can do nothing but raise points ([`crate::raise`]).
#[derive(Debug)]
pub struct KeyShare {
    pub(crate) suite: &'static Suite,
    pub(crate) index: CustodianIndex,
    pub(crate) secret: SecretScalar,
}

/// Bytes of the check value in a stored share.
const CHECK_LEN: usize = 8;

/// Bytes from a key store are not a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the stored key is damaged")]
pub struct ShareError;

impl StaticKey {
    /// A fresh key of suite 1.
    ///
    /// # Errors
    ///
    /// [`EntropyError`] if the source of randomness failed.
    pub fn generate(entropy: &mut dyn Entropy) -> Result<Self, EntropyError> {
        Self::generate_in(&SUITE_1, entropy)
    }

    /// A fresh key of a suite.
    ///
    /// # Errors
    ///
    /// [`EntropyError`] if the source of randomness failed.
    pub fn generate_in(suite: &Suite, entropy: &mut dyn Entropy) -> Result<Self, EntropyError> {
        SecretScalar::random(suite, entropy).map(Self)
    }

    /// The public key P.
    pub fn public(&self) -> Point {
        self.0.base_mul()
    }

    /// The bytes for an encrypted key store: 32, without a check value. A damaged one is another
    /// key, whose public key is not the announced one, and the key generation then refuses it.
    pub fn danger_bytes(&self) -> Zeroizing<[u8; 32]> {
        self.0.danger_bytes()
    }

    /// Reads what [`Self::danger_bytes`] gave in suite 1.
    ///
    /// # Errors
    ///
    /// [`ShareError`] if the bytes are not a key.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ShareError> {
        Self::from_bytes_in(&SUITE_1, bytes)
    }

    /// Reads what [`Self::danger_bytes`] gave. The bytes do not name their suite; the record does.
    ///
    /// # Errors
    ///
    /// [`ShareError`] if the bytes are not a key.
    pub fn from_bytes_in(suite: &Suite, bytes: &[u8]) -> Result<Self, ShareError> {
        SecretScalar::from_bytes(suite, bytes).map(Self).map_err(|_| ShareError)
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

    /// `u16 index || scalar || check`, 42 bytes, for an encrypted key store.
    ///
    /// `check` is the first eight bytes of `TH("key-share", u16 index, scalar)`. It finds damage,
    /// which would otherwise show only as proofs that do not hold, in the name of a lying custodian.
    pub fn danger_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::with_capacity(2 + 32 + CHECK_LEN)); // never grows: no copies
        out.extend_from_slice(&self.index.get().to_be_bytes());
        out.extend_from_slice(&*self.secret.danger_bytes());
        out.extend_from_slice(&self.check());
        out
    }

    fn check(&self) -> [u8; CHECK_LEN] {
        let fields: [&[u8]; 2] = [&self.index.get().to_be_bytes(), &*self.secret.danger_bytes()];
        let digest = self.suite.th("key-share", &fields);
        digest.bytes().first_chunk().copied().unwrap_or_default()
    }

    /// Reads what [`Self::danger_bytes`] gave in suite 1.
    ///
    /// # Errors
    ///
    /// [`ShareError`] if the bytes are not a share, or were damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ShareError> {
        Self::from_bytes_in(&SUITE_1, bytes)
    }

    /// Reads what [`Self::danger_bytes`] gave; a share of another suite fails its check value.
    ///
    /// # Errors
    ///
    /// [`ShareError`] if the bytes are not a share of this suite, or were damaged.
    pub fn from_bytes_in(suite: &'static Suite, bytes: &[u8]) -> Result<Self, ShareError> {
        let (index, rest) = bytes.split_first_chunk::<2>().ok_or(ShareError)?;
        let (secret, check) = rest.split_last_chunk::<CHECK_LEN>().ok_or(ShareError)?;
        let index = CustodianIndex::new(u16::from_be_bytes(*index)).map_err(|_| ShareError)?;
        let secret = SecretScalar::from_bytes(suite, secret).map_err(|_| ShareError)?;
        let share = Self { suite, index, secret };
        if share.check() == *check { Ok(share) } else { Err(ShareError) }
    }
}

#[cfg(test)]
mod tests;
