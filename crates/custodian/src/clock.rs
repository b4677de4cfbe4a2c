//! Where a custodian takes its time from (ruling 13).

use std::time::{SystemTime, UNIX_EPOCH};

use kaibiao_custody::ClockReading;
use kaibiao_types::{Millis, UtcMillis};

/// A clock that says how wrong it may be. Tests hand in theirs.
pub trait Clock: Send + Sync {
    /// The time now with its greatest possible error.
    fn read(&self) -> ClockReading;
}

/// The clock of this machine, the only source that a tender file of this version can name
/// (`time = self`); the record says so. Its error is taken as zero, because nothing here could
/// bound it.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn read(&self) -> ClockReading {
        // A clock set before 1970 reads as 1970: by it no opening time has come, so nothing is
        // released.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let millis = u64::try_from(since.as_millis()).unwrap_or(0);
        ClockReading::system(UtcMillis::new(millis).unwrap_or(UtcMillis::EPOCH))
    }
}
