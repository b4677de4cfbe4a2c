//! Randomness as a parameter.

/// A source of unpredictable bytes. Processes hand in the system's source, tests a seeded one.
pub trait Entropy {
    /// Fills `out` with unpredictable bytes.
    ///
    /// # Errors
    ///
    /// [`EntropyError`] if the source failed; nothing made from `out` may then be used.
    fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError>;
}

/// The source of randomness failed: stop, retry later, never go on with weaker bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the source of randomness failed")]
pub struct EntropyError;

/// A process's source of randomness, handed in, as [`Entropy`].
pub struct SecureEntropy<'a>(pub &'a dyn ring::rand::SecureRandom);

impl core::fmt::Debug for SecureEntropy<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("SecureEntropy(..)")
    }
}

impl Entropy for SecureEntropy<'_> {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        self.0.fill(out).map_err(|_| EntropyError)
    }
}
