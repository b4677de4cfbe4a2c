//! Ruling 25, as an administrator before the deadline: a shell on the database, a backup of the folder, and
//! no intake key.

use std::fs;
use std::path::Path;

use crate::support::{Hall, pool_used};
use kaibiao_crypto::SUITE_1;
use kaibiao_journal::Receipt;
use kaibiao_room::RefusedCall;

/// All files of a hall that was stopped.
fn files(data: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for folder in [data.to_owned(), data.join("pool")] {
        for item in fs::read_dir(folder).unwrap() {
            let path = item.unwrap().path();
            if path.is_file() {
                files.push((path.display().to_string(), fs::read(&path).unwrap()));
            }
        }
    }
    files
}

#[test]
fn an_administrator_with_a_backup_finds_no_bidder() {
    let folder = tempfile::tempdir().unwrap();
    let (quiet, busy) = (folder.path().join("quiet"), folder.path().join("busy"));
    let hall = Hall::prepare(&quiet);
    for (name, bytes) in files(&quiet) {
        fs::create_dir_all(busy.join("pool")).unwrap();
        fs::write(busy.join(Path::new(&name).file_name().unwrap()), bytes).unwrap();
    }
    hall.open(&quiet).stop();

    let book = hall.open(&busy);
    let mut needles = Vec::new();
    for (bidder, (_, party)) in hall.scenario.people.bidders.iter().enumerate().take(3) {
        let seeds = [format!("{bidder}a"), format!("{bidder}b")];
        let bid = hall.bid(bidder, [&seeds[0], &seeds[1]]).0;
        let done = hall.submit(&book, bidder, [&seeds[0], &seeds[1]]).unwrap();
        let receipt = Receipt::parse(&done.receipt).unwrap();
        let (manifest, cms) = (bid.manifest.clone(), bid.cms);
        let call = RefusedCall::Begin { lot: hall.lot.clone(), manifest, cms };
        assert!(book.sign_refusal(&call, "late").is_some());
        let digest = SUITE_1.hash(&bid.manifest);
        assert_eq!(receipt.manifest_sha256, digest);
        needles.extend([party.code.as_str().as_bytes().to_vec(), party.name.clone().into_bytes()]);
        needles.extend([digest.bytes().to_vec(), digest.to_string().into_bytes()]);
        needles.extend([receipt.place.salt.bytes().to_vec(), done.receipt[..64].to_vec()]);
    }
    book.stop();
    drop(book);

    for (name, mut bytes) in files(&busy) {
        bytes.truncate(bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1));
        for needle in &needles {
            let found = bytes.windows(needle.len()).any(|window| window == needle);
            assert!(!found, "{name} names {}", String::from_utf8_lossy(needle));
        }
    }
    let database = |data: &Path| fs::read(data.join("kaibiao.sqlite")).unwrap();
    assert!(database(&quiet) == database(&busy), "the database tells of bids");
    assert!(pool_used(&busy) > 0 && fs::read_dir(busy.join("pool")).unwrap().count() == 1);
}
