//! The one place where this process touches the machine's clock and randomness.

use std::num::NonZeroUsize;
use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use kaibiao_types::UtcMillis;
use kaibiao_wire::RandomId;
use ring::rand::{SecureRandom, SystemRandom};

use crate::failure::Failure;

static RANDOM: LazyLock<SystemRandom> = LazyLock::new(SystemRandom::new);

/// The machine's source of randomness.
pub(crate) fn random() -> &'static SystemRandom {
    &RANDOM
}

/// The machine's clock.
pub(crate) fn now() -> Result<UtcMillis, Failure> {
    let wrong = || Failure::internal("the clock of this machine is not set");
    let span = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|_| wrong())?;
    let millis = u64::try_from(span.as_millis()).map_err(|_| wrong())?;
    UtcMillis::new(millis).map_err(|_| wrong())
}

/// How many threads can run at the same time, by the machine and what this process may use of it.
pub(crate) fn threads() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// Random bytes.
pub(crate) fn random_bytes<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    random()
        .fill(&mut bytes)
        .map_err(|_| Failure::internal("the system gives no random numbers"))?;
    Ok(bytes)
}

/// 16 random bytes as an id.
pub(crate) fn random_id() -> Result<RandomId, Failure> {
    random_bytes().map(RandomId::new)
}
