//! How long to wait after a call that failed: longer each time, never all at the same moment.

use std::time::Duration;

use ring::rand::{SecureRandom, SystemRandom};

/// The first wait.
const FIRST: Duration = Duration::from_millis(200);
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(5);

/// A growing wait with jitter.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Something worked: the next failure waits the shortest time again.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }

    /// The wait after one more failure: half of it fixed, half of it random, 5 s at most.
    pub(crate) fn next(&mut self, random: &SystemRandom) -> Duration {
        let full = FIRST.saturating_mul(1 << self.failures.min(8)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        let mut bytes = [0_u8; 2];
        // Without randomness the wait is the shortest one: only politeness is lost.
        let _ = random.fill(&mut bytes);
        let part = u32::from(u16::from_be_bytes(bytes));
        full / 2 + full / 2 * part / u32::from(u16::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_are_bounded() {
        let random = SystemRandom::new();
        let mut backoff = Backoff::default();
        assert!(backoff.next(&random) <= FIRST);
        for _ in 0..100 {
            assert!(backoff.next(&random) <= LONGEST);
        }
        assert!(backoff.next(&random) >= LONGEST / 2);
        backoff.reset();
        assert!(backoff.next(&random) <= FIRST);
    }
}
