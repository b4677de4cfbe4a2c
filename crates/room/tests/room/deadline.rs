//! The deadline may pass between any two readings of the clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::support::{Hall, wait};
use kaibiao_journal::EntryLine;
use kaibiao_room::Clock;
use kaibiao_types::{Millis, UtcMillis};

/// Every reading is a millisecond later than the one before, once it runs.
#[derive(Clone, Debug)]
struct Stepping {
    next: Arc<AtomicU64>,
    runs: Arc<AtomicBool>,
}

impl Clock for Stepping {
    fn now(&self) -> UtcMillis {
        let step = u64::from(self.runs.load(Ordering::SeqCst));
        UtcMillis::new(self.next.fetch_add(step, Ordering::SeqCst)).unwrap()
    }
}

/// The closing head ends with a tick at the deadline or after it, whichever reading it fell on.
#[test]
fn the_last_tick_is_not_before_the_deadline() {
    for before in 1..=4 {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("hall");
        let hall = Hall::prepare(&data);
        let deadline = hall.scenario.verified.file().terms().deadline;
        let clock = Stepping {
            next: Arc::new(AtomicU64::new(hall.now.get())),
            runs: Arc::new(AtomicBool::new(false)),
        };
        let book = hall.open_by(&data, Box::new(clock.clone()));
        let room = book.room(&hall.lot).unwrap();
        clock.next.store(deadline.minus(Millis::new(before).unwrap()).get(), Ordering::SeqCst);
        clock.runs.store(true, Ordering::SeqCst);

        let until = Instant::now() + Duration::from_secs(30);
        let is_closing = |line: &[u8]| {
            let entry = EntryLine::parse(line).unwrap();
            entry.kind() == "tick" && entry.at() >= deadline
        };
        while !room.log().lines(2, 16).iter().any(|line| is_closing(line)) {
            assert!(Instant::now() < until, "{before}: no tick at the deadline");
            // What is refused wakes the room up.
            assert!(wait(room.cosign(u64::MAX, String::new())).is_err());
        }
        book.stop();
    }
}
