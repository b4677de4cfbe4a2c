//! Where a custodian takes its time from (ruling 13).

use std::time::{SystemTime, UNIX_EPOCH};

use kaibiao_custody::ClockReading;
use kaibiao_types::{Millis, UtcMillis};

/// A clock that says how wrong it may be. Tests hand in theirs.
pub trait Clock: Send + Sync {
    /// The time now with its greatest possible error.
    fn read(&self) -> ClockReading;

    /// Time that has run since some instant before this process began, also while the machine slept.
    /// Nobody sets it.
    fn monotonic(&self) -> Millis {
        monotonic()
    }
}

/// `CLOCK_BOOTTIME`: it goes on while the machine is suspended. Slewed by a time daemon at most by
/// 500 ppm, for which [`kaibiao_custody::DRIFT_PPM`] has room.
#[cfg(target_os = "linux")]
fn monotonic() -> Millis {
    let at = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let seconds = u64::try_from(at.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(at.tv_nsec).unwrap_or(0);
    Millis::new(seconds.saturating_mul(1_000).saturating_add(nanos / 1_000_000))
        .unwrap_or(Millis::MAX)
}

/// Where sleep is not counted, a clock falls behind while the machine sleeps: it acts later, and
/// says that its sources contradict it.
#[cfg(not(target_os = "linux"))]
fn monotonic() -> Millis {
    use std::sync::LazyLock;
    use std::time::Instant;
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let run = u64::try_from(START.elapsed().as_millis()).unwrap_or(u64::MAX);
    Millis::new(run).unwrap_or(Millis::MAX)
}

/// The clock of this machine. A lot whose tender file says `time = self` goes by it alone, and the
/// record says so. Its error is taken as zero, because nothing here could bound it.
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
