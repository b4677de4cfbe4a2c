//! The hall's clock is set back while bids come in: no receipt fails by it, and the opening goes on.

use std::time::{Duration, Instant};

use crate::support::{Hall, wait};
use kaibiao_journal::{EntryLine, Receipt};
use kaibiao_room::LotHandle;
use kaibiao_types::{Millis, UtcMillis};

/// The last tick of a log that has more entries than `entries`.
fn tick_after(room: &LotHandle, entries: u64) -> EntryLine {
    let until = Instant::now() + Duration::from_secs(30);
    while room.log().head().entries <= entries {
        assert!(Instant::now() < until, "still no tick");
        std::thread::sleep(Duration::from_millis(20));
    }
    let entry = EntryLine::parse(&room.log().lines(entries, 1)[0]).unwrap();
    assert_eq!(entry.kind(), "tick");
    entry
}

fn seconds(seconds: u32) -> Millis {
    Millis::from_secs(seconds)
}

/// A tick that holds a bid is never stamped before it, in the same process and after a restart; neither
/// is a later bid. Before, the freeze of such a lot could not be built, and nothing in it be opened.
#[test]
fn a_clock_that_is_set_back_breaks_no_receipt() {
    for restarted in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("hall");
        let hall = Hall::prepare(&data);
        let mut book = hall.open(&data);
        let stamped = hall.now.plus(seconds(1_800));
        let receipt = hall.hand_in(&book, hall.bid(0, ["a", "b"]), stamped).unwrap().receipt;
        assert_eq!(Receipt::parse(&receipt).unwrap().completed_at, stamped);

        hall.clock.set(hall.now);
        if restarted {
            book.stop();
            drop(book);
            book = hall.open(&data);
        }
        // Complete while the clock is behind: stamped when the one before it was, not earlier.
        let second = hall.hand_in(&book, hall.bid(1, ["c", "d"]), hall.now).unwrap().receipt;
        assert_eq!(Receipt::parse(&second).unwrap().completed_at, stamped);

        let room = book.room(&hall.lot).unwrap();
        let entries = room.log().head().entries;
        let due = if restarted { hall.now.plus(seconds(120)) } else { stamped.plus(seconds(120)) };
        hall.clock.set(due);
        assert!(tick_after(&room, entries).at() >= stamped, "restarted: {restarted}");
        hall.hand_in(&book, hall.bid(2, ["e", "f"]), due).unwrap();

        let deadline: UtcMillis = hall.scenario.verified.file().terms().deadline;
        hall.clock.set(deadline);
        let closing = closing_head(&hall, &room, deadline);
        for cosigner in &hall.scenario.cosigners {
            let line = cosigner.cosign(&closing, deadline).unwrap();
            wait(room.cosign(closing.head.size, line)).expect("the freeze is built");
        }
        assert!(room.freeze_id().is_some());
        book.stop();
    }
}

/// The head over the last tick.
fn closing_head(hall: &Hall, room: &LotHandle, at: UtcMillis) -> kaibiao_journal::Checkpoint {
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        let mut log = kaibiao_journal::OpeningLog::new(hall.scenario.verified.origin().clone());
        for index in 0..room.log().head().entries {
            log.append(&room.log().lines(index, 1)[0]).unwrap();
        }
        if log.entries().last().is_some_and(|entry| entry.kind() == "tick" && entry.at() >= at) {
            return log.checkpoint();
        }
        assert!(Instant::now() < until, "still no last tick");
        std::thread::sleep(Duration::from_millis(20));
    }
}
