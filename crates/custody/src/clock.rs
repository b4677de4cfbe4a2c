//! What a custodian knows about the time.

use kaibiao_types::{Millis, UtcMillis};

/// How long a custodian waits beyond the opening time when its clock has lost its sources
/// (ruling 13): `T + 10 minutes` by the time that has run since they last agreed.
pub const HOLDOVER_WAIT: Millis = Millis::from_secs(600);

/// A reading of the custodian's own clock with its greatest possible error (ruling 13).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ClockReading {
    /// The clock's time.
    pub now: UtcMillis,
    /// The clock may be wrong by at most this much. Zero where the policy names the system clock as
    /// its only source; the record then says `time = self`.
    pub max_error: Millis,
    /// What the reading rests on.
    pub standing: Standing,
}

/// What a reading rests on.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Standing {
    /// The system clock alone. Enough for a lot whose tender file says `time = self`, and for no
    /// other.
    System,
    /// Enough sources of the policy agree, and lately.
    Synchronised,
    /// They agreed once since this process began; since then only monotonic time has run.
    Holdover,
    /// They never agreed since this process began: the reading proves nothing.
    Never,
}

impl ClockReading {
    /// A reading of the system clock, taken as it is.
    pub const fn system(now: UtcMillis) -> Self {
        Self { now, max_error: Millis::ZERO, standing: Standing::System }
    }

    /// The earliest instant that it may be: only this counts for a release.
    pub fn earliest(self) -> UtcMillis {
        self.now.minus(self.max_error)
    }

    /// The latest instant that it may be.
    pub fn latest(self) -> UtcMillis {
        self.now.plus(self.max_error)
    }
}

impl Standing {
    /// The word for it in the journal.
    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Synchronised => "synchronised",
            Self::Holdover => "holdover",
            Self::Never => "never",
        }
    }
}
