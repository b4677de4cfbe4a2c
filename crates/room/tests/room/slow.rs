//! A disk that takes long over everything: bids are received late and whole, readers do not wait, and calls
//! that come together wait once.

use std::time::{Duration, Instant};

use crate::support::Hall;
use kaibiao_journal::Receipt;

/// Milliseconds that each write and each sync takes.
const SLOW: u64 = 100;

#[test]
fn a_slow_disk_delays_receipts_and_loses_none() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("hall");
    let hall = Hall::prepare(&data);
    let book = hall.open(&data);
    book.hall().store.slow_down(SLOW);
    let receipts: Vec<Receipt> = std::thread::scope(|scope| {
        let (hall, book) = (&hall, &book);
        let submit = |bidder: usize| {
            let seeds = [format!("{bidder}a"), format!("{bidder}b")];
            move || hall.submit(book, bidder, [&seeds[0], &seeds[1]]).unwrap()
        };
        let bids: Vec<_> = (0..3).map(|bidder| scope.spawn(submit(bidder))).collect();
        // Meanwhile whoever reads is answered from memory: many times, while one bid is under way.
        let room = book.room(&hall.lot).unwrap();
        let mut answers = 0;
        while bids.iter().any(|bid| !bid.is_finished()) {
            assert_eq!(room.log().head().entries, 2);
            assert!(room.checkpoint().contains("\n2\n"));
            answers += 1;
            std::thread::sleep(Duration::from_millis(1));
        }
        assert!(answers > 100, "{answers}");
        let done = bids.into_iter().map(|bid| bid.join().unwrap());
        done.map(|done| Receipt::parse(&done.receipt).unwrap()).collect()
    });
    let kept = |store: &kaibiao_store::Store| {
        let mut kept: Vec<_> = store.submissions(&hall.lot).unwrap();
        kept.sort_by_key(|one| one.manifest_sha256);
        kept.into_iter().map(|one| one.manifest_sha256).collect::<Vec<_>>()
    };
    let mut promised: Vec<_> = receipts.iter().map(|receipt| receipt.manifest_sha256).collect();
    promised.sort();
    assert_eq!(kept(&book.hall().store), promised);
    book.stop();
    drop(book);
    // The next start finds the same, and the same bid again gets the same receipt.
    let book = hall.open(&data);
    assert_eq!(kept(&book.hall().store), promised);
    let again = hall.submit(&book, 0, ["0a", "0b"]).unwrap();
    assert_eq!(Receipt::parse(&again.receipt).unwrap(), receipts[0]);
    book.stop();
}

#[test]
fn calls_that_come_together_wait_for_a_slow_disk_once() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("hall");
    let hall = Hall::prepare(&data);
    let book = hall.open(&data);
    let store = &book.hall().store;
    store.write_decoy(1).unwrap(); // the first slot
    store.slow_down(SLOW);
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for n in 0..32 {
            scope.spawn(move || {
                store.put_note(&hall_lot(store), &format!("note/{n}"), b"x").unwrap();
            });
        }
    });
    // Each record is a write, and they share two or three syncs: one after the other it would be 32.
    let alone = u32::try_from(2 * 32 * SLOW).unwrap();
    assert!(begun.elapsed() < Duration::from_millis(alone.into()) * 3 / 4, "{:?}", begun.elapsed());
    assert!((0..32).all(|n| store.note(&hall.lot, &format!("note/{n}")).unwrap().is_some()));
    book.stop();
}

fn hall_lot(store: &kaibiao_store::Store) -> kaibiao_types::LotKey {
    store.lots().unwrap().remove(0).key
}
