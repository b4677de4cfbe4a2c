//! The hall checks a sealed base estimate before its entry is written (ADR-0022).

use crate::support::Hall;
use kaibiao_room::{LotBook, RoomError};
use kaibiao_testkit::{
    EstimatePlay, ScenarioOptions, SeededEntropy, estimate_command, estimate_plain, seal_estimate,
};
use kaibiao_types::Digest;

fn with_estimate(data: &std::path::Path) -> Hall {
    let options =
        ScenarioOptions { estimate: Some(EstimatePlay::Missing), ..ScenarioOptions::default() };
    Hall::of(data, &options, 2)
}

impl Hall {
    fn spki(&self) -> Digest {
        self.scenario.people.host.certificate().spki_sha256()
    }

    /// An estimate for number `no`, sealed with the randomness of the seed.
    fn estimate(&self, no: u32, seed: &str) -> Vec<u8> {
        let plain = estimate_plain(&self.scenario.verified, 7).unwrap();
        let mut entropy = SeededEntropy::new(seed);
        seal_estimate(&self.scenario.verified, self.spki(), no, &plain, &mut entropy).unwrap()
    }

    fn seal(&self, book: &LotBook, object: &[u8], nonce: u128) -> Result<u64, RoomError> {
        let host = &self.scenario.people.host;
        self.send(book, &self.command(host, estimate_command(object), nonce))
    }
}

#[test]
fn what_is_wrong_with_it_is_said_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("hall");
    let hall = with_estimate(&data);
    let book = hall.open(&data);
    let entries = || book.room(&hall.lot).unwrap().log().head().entries;
    let before = entries();
    let label = |object: &[u8], nonce: u128| match hall.seal(&book, object, nonce) {
        Err(RoomError::Estimate(fault)) => fault.label(),
        other => panic!("{other:?}"),
    };
    let good = hall.estimate(1, "a");
    assert_eq!(label(b"no object", 1), "E_MAGIC");
    assert_eq!(label(&good[..good.len() - 1], 2), "E_LEN");
    assert_eq!(label(&hall.estimate(2, "a"), 3), "E_CTX", "there is no first one yet");
    let mut changed = good.clone();
    changed[28] ^= 1;
    assert_eq!(label(&changed, 4), "E_TDH2");
    let price = &hall.scenario.bids[0].objects[0];
    assert_eq!(price.len(), 65_874, "a price part is no base estimate by its length alone");
    let too_long = hall.seal(&book, price, 5);
    assert!(matches!(too_long, Err(RoomError::Command(_))), "{too_long:?}");
    let documents = &hall.scenario.bids[0].objects[1];
    assert_eq!(label(documents, 6), "E_CTX", "a bid's object is no base estimate");
    assert_eq!(entries(), before);

    hall.seal(&book, &good, 7).expect("the host's own, sealed for this lot");
    assert_eq!(label(&good, 8), "E_CTX", "the same again is not the second");
    hall.seal(&book, &hall.estimate(2, "b"), 9).expect("another one takes its place");
    assert_eq!(entries(), before + 2);
    // Nobody else's, however well it is sealed.
    let third = estimate_command(&hall.estimate(3, "c"));
    let other = &hall.scenario.people.supervisor;
    let refused = hall.send(&book, &hall.command(other, third, 10));
    assert!(matches!(refused, Err(RoomError::Refused(_))), "{refused:?}");
    book.stop();
}

/// Rule R7: the locks of bids and estimates are one set, also after a restart.
#[test]
fn a_lock_is_taken_once_by_bids_and_estimates() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("hall");
    let hall = with_estimate(&data);
    let book = hall.open(&data);
    hall.submit(&book, 0, ["a", "b"]).unwrap();
    for (seed, nonce) in [("a", 1), ("b", 2)] {
        let copied = hall.seal(&book, &hall.estimate(1, seed), nonce);
        assert!(matches!(copied, Err(RoomError::DuplicateObject)), "{copied:?}");
    }
    hall.seal(&book, &hall.estimate(1, "c"), 3).unwrap();
    hall.seal(&book, &hall.estimate(2, "d"), 4).unwrap();
    let again = hall.seal(&book, &hall.estimate(3, "c"), 5);
    assert!(matches!(again, Err(RoomError::DuplicateObject)), "{again:?}");
    let copied = |book: &LotBook, fresh: &str| {
        // That of the estimate that was replaced too.
        for seeds in [["c", fresh], [fresh, "d"]] {
            let copied = hall.submit(book, 1, seeds);
            assert!(matches!(copied, Err(RoomError::DuplicateObject)), "{copied:?}");
        }
    };
    copied(&book, "e");
    book.stop();
    drop(book);

    let book = hall.open(&data);
    copied(&book, "f");
    hall.submit(&book, 1, ["e", "f"]).unwrap();
    book.stop();
}
