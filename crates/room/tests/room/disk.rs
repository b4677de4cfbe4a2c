//! The disk is full in the middle of an intake: a bid is received whole or not at all, what has its receipt
//! stays, and once there is room again the hall goes on.
//!
//! The hall is a process of its own that can make no further slot of the pool (`RLIMIT_FSIZE`), and has so
//! many bytes left in the one it has.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use crate::support::{Hall, pool_used};
use kaibiao_journal::Receipt;
use kaibiao_room::RoomError;
use kaibiao_seal::Manifest;
use kaibiao_store::StoreError;
use kaibiao_types::OrgCode;
use rustix::process::{Resource, Rlimit, setrlimit};

/// Says to the test that it is the hall: its folder, and how many bytes there are left.
const HALL: &str = "KAIBIAO_DISK_HALL";
const LEFT: &str = "KAIBIAO_DISK_LEFT";

/// Bytes of a slot.
const SLOT_LEN: usize = 33 << 20;

const NAME: &str = "disk::a_full_disk_loses_no_receipt_and_takes_no_half_of_a_bid";

#[test]
fn a_full_disk_loses_no_receipt_and_takes_no_half_of_a_bid() {
    if let Ok(data) = std::env::var(HALL) {
        return receive_until_full(Path::new(&data));
    }
    let mut outcomes = BTreeSet::new();
    for left in [0, 8_192, 20_000, 80_000, 120_000, 160_000, 250_000, 4_000_000] {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("hall");
        let said = run_hall(&data, left);
        // The first of its lines may follow the name of the test.
        let receipts = said.lines().filter_map(|line| Some(line.split_once("receipt ")?.1));
        let receipts: Vec<&str> = receipts.collect();
        let full = said.contains("full: ");
        outcomes.insert((receipts.len(), full));
        go_on(&folder.path().join("scratch"), &data, &receipts);
    }
    println!("receipts, and whether the disk was full: {outcomes:?}");
    assert!(outcomes.contains(&(0, true)), "the first bid did not fit");
    assert!(outcomes.iter().any(|(receipts, full)| *full && *receipts > 0), "a later one did not");
    assert!(outcomes.contains(&(3, false)), "all three fitted");
}

/// This very test as a hall, in a process that a write beyond the limit does not kill.
fn run_hall(data: &Path, left: usize) -> String {
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", NAME, "--nocapture"])
        .env(HALL, data)
        .env(LEFT, left.to_string())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    said
}

fn receive_until_full(data: &Path) {
    let hall = Hall::prepare(data);
    let book = hall.open(data);
    let store = &book.hall().store;
    store.write_decoy(0).unwrap();
    let left: usize = std::env::var(LEFT).unwrap().parse().unwrap();
    loop {
        // A decoy is a frame of whole blocks, of which it fills all but 60 bytes.
        let rest = SLOT_LEN - pool_used(data) - left;
        match rest.min(8 << 20) / 512 * 512 {
            0 => break,
            frame => store.write_decoy(frame - 60).unwrap(),
        }
    }
    let most = u64::try_from(SLOT_LEN - 1).ok();
    setrlimit(Resource::Fsize, Rlimit { current: most, maximum: most }).unwrap();
    for bidder in 0..3 {
        match hall.submit(&book, bidder, [&format!("{bidder}a"), &format!("{bidder}b")]) {
            Ok(done) => {
                let receipt = Receipt::parse(&done.receipt).unwrap();
                println!("receipt {}", receipt.manifest_sha256);
            }
            Err(RoomError::Stopped) => println!("full: the room had stopped"),
            Err(RoomError::Store(
                error @ (StoreError::NotDone { .. } | StoreError::StateUnknown { .. }),
            )) => println!("full: {error:?}"),
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// There is room again: all receipts hold, and whoever has none hands in anew.
fn go_on(scratch: &Path, data: &Path, receipts: &[&str]) {
    let hall = Hall::prepare(scratch);
    let book = hall.open(data);
    let store = &book.hall().store;
    let before = store.submissions(&hall.lot).unwrap();
    for receipt in receipts {
        let kept = before.iter().any(|one| one.manifest_sha256.to_string() == **receipt);
        assert!(kept, "a receipt was lost");
    }
    let manifests = before.iter().map(|one| Manifest::parse(&one.manifest).unwrap());
    let have: Vec<OrgCode> = manifests.map(|one| one.body().bidder.code.clone()).collect();
    for (bidder, (_, party)) in hall.scenario.people.bidders.iter().enumerate().take(3) {
        if !have.contains(&party.code) {
            let seeds = [format!("{bidder} again a"), format!("{bidder} again b")];
            hall.submit(&book, bidder, [&seeds[0], &seeds[1]]).expect("there is room");
        }
    }
    assert_eq!(store.submissions(&hall.lot).unwrap().len(), 3);
    book.stop();
}
