//! A 32-byte secret: moved in once, wiped on drop, never printed.

use zeroize::Zeroizing;

use crate::{Entropy, EntropyError};

/// 32 secret bytes (a lock secret, a pseudo-random key, an AEAD key).
///
/// `Debug` prints no byte; `Clone` and serialised forms do not exist.
pub struct Secret32(Zeroizing<[u8; 32]>);

impl Secret32 {
    /// Takes the bytes over; the caller's copy should be a wiped one too.
    pub fn new(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }

    /// 32 fresh bytes.
    ///
    /// # Errors
    ///
    /// [`EntropyError`] if the source failed.
    pub fn random(entropy: &mut dyn Entropy) -> Result<Self, EntropyError> {
        let mut bytes = Zeroizing::new([0; 32]);
        entropy.fill(&mut *bytes)?;
        Ok(Self(bytes))
    }

    /// Other bytes masked with this secret, or unmasked: the bitwise exclusive or.
    pub fn mask(&self, bytes: &[u8; 32]) -> Zeroizing<[u8; 32]> {
        let mut out = Zeroizing::new(*bytes);
        for (to, from) in out.iter_mut().zip(self.expose()) {
            *to ^= from;
        }
        out
    }

    /// The bytes, for one computation; do not store them.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl core::fmt::Debug for Secret32 {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Secret32(..)")
    }
}
