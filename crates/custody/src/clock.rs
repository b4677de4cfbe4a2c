//! What a custodian knows about the time.

use kaibiao_types::{Millis, UtcMillis};

/// A reading of the custodian's own clock with its greatest possible error (ruling 13).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ClockReading {
    /// The clock's time.
    pub now: UtcMillis,
    /// The clock may be wrong by at most this much. Zero where the policy names the system clock as
    /// its only source; the record then says `time = self`.
    pub max_error: Millis,
}

impl ClockReading {
    /// The earliest instant that it may be: only this counts for a release.
    pub fn earliest(self) -> UtcMillis {
        self.now.minus(self.max_error)
    }
}
