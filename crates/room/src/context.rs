//! What all lots of one hall share.

use std::sync::Arc;

use kaibiao_crypto::SecureEntropy;
use kaibiao_pki::{Identity, TrustList};
use kaibiao_store::Store;
use kaibiao_types::UtcMillis;
use ring::rand::SecureRandom;

/// A clock, handed in by the process; tests hand in theirs.
pub trait Clock: Send + Sync {
    /// The time now, milliseconds since the Unix epoch, UTC.
    fn now(&self) -> UtcMillis;
}

/// The hall's own things: store, certificate, trust list, clock, randomness.
pub struct HallContext {
    /// The durable state.
    pub store: Store,
    /// The hall's certificate and key: receipts and packages are signed with it.
    pub identity: Identity,
    /// Exact bytes of the trust list.
    pub trust_bytes: Vec<u8>,
    /// The trust list.
    pub trust: Arc<TrustList>,
    /// The clock that stamps entries and decides what is in time.
    pub clock: Box<dyn Clock>,
    /// The source of randomness.
    pub random: Box<dyn SecureRandom + Send + Sync>,
    /// Where opened documents are put for the evaluation, and finished packages.
    pub output: std::path::PathBuf,
}

impl HallContext {
    /// The time now.
    pub fn now(&self) -> UtcMillis {
        self.clock.now()
    }

    /// The randomness as the lower layers take it.
    pub fn entropy(&self) -> SecureEntropy<'_> {
        SecureEntropy(&*self.random)
    }
}

impl std::fmt::Debug for HallContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HallContext").field("output", &self.output).finish_non_exhaustive()
    }
}
