//! What all lots of one hall share.

use std::sync::Arc;

use kaibiao_crypto::{Entropy, EntropyError};
use kaibiao_journal::VerifierKey;
use kaibiao_pki::{Identity, TrustList};
use kaibiao_store::Store;
use kaibiao_types::UtcMillis;
use ring::rand::SecureRandom;

/// A clock, handed in by the process; tests hand in theirs.
pub trait Clock: Send + Sync {
    /// The time now, milliseconds since the Unix epoch, UTC.
    fn now(&self) -> UtcMillis;
}

/// A source of randomness that threads share, handed in by the process. Every source of `ring` is one.
pub trait Randomness: Send + Sync {
    /// Fills `out` with unpredictable bytes.
    ///
    /// # Errors
    ///
    /// [`EntropyError`] if the source failed; nothing made from `out` may then be used.
    fn fill(&self, out: &mut [u8]) -> Result<(), EntropyError>;

    /// The source for signatures, which `ring` takes from its own sources only.
    fn for_signatures(&self) -> &dyn SecureRandom;
}

impl<T: SecureRandom + Send + Sync> Randomness for T {
    fn fill(&self, out: &mut [u8]) -> Result<(), EntropyError> {
        SecureRandom::fill(self, out).map_err(|_| EntropyError)
    }

    fn for_signatures(&self) -> &dyn SecureRandom {
        self
    }
}

/// The hall's randomness as the lower layers take it.
pub struct HallEntropy<'a>(&'a dyn Randomness);

impl Entropy for HallEntropy<'_> {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        self.0.fill(out)
    }
}

impl std::fmt::Debug for HallEntropy<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HallEntropy(..)")
    }
}

/// The hall's own things: store, certificate, trust list, clock, randomness.
pub struct HallContext {
    /// The durable state.
    pub store: Store,
    /// Keys of witnesses whose cosignatures are shown beside those of the custodians.
    pub witnesses: Vec<VerifierKey>,
    /// The hall's certificate and key: receipts and packages are signed with it.
    pub identity: Identity,
    /// Exact bytes of the trust list.
    pub trust_bytes: Vec<u8>,
    /// The trust list.
    pub trust: Arc<TrustList>,
    /// The clock that stamps entries and decides what is in time.
    pub clock: Box<dyn Clock>,
    /// The source of randomness.
    pub random: Box<dyn Randomness>,
    /// Where opened documents are put for the evaluation, and finished packages.
    pub output: std::path::PathBuf,
}

impl HallContext {
    /// The time now.
    pub fn now(&self) -> UtcMillis {
        self.clock.now()
    }

    /// The randomness as the lower layers take it.
    pub fn entropy(&self) -> HallEntropy<'_> {
        HallEntropy(&*self.random)
    }
}

impl std::fmt::Debug for HallContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HallContext").field("output", &self.output).finish_non_exhaustive()
    }
}
