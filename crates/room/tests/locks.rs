//! Intake refuses a lock that it has seen before: negative test 20, rule R7, ruling 30.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use kaibiao_pki::cms;
use kaibiao_room::{Completed, LotBook, NewSubmission, RoomError, SubmissionHeader};
use kaibiao_seal::{Manifest, ManifestBody, ManifestPart, Padding, SealPlan, seal};
use kaibiao_store::PartName;
use kaibiao_testkit::SeededEntropy;
use ring::rand::SystemRandom;
use support::{Hall, wait};

impl Hall {
    /// A first bid whose parts are sealed with the randomness of the given seeds: one seed, one U.
    fn bid(&self, bidder: usize, seeds: [&str; 2]) -> (NewSubmission, Vec<(PartName, Vec<u8>)>) {
        let (identity, party) = &self.scenario.people.bidders[bidder];
        let template = self.scenario.bids.iter().find(|bid| bid.bidder == *party).unwrap();
        let mut body: ManifestBody = Manifest::parse(&template.manifest).unwrap().body().clone();
        let manifest = Manifest::build(body.clone()).unwrap();
        let (mut headers, mut files) = (Vec::new(), Vec::new());
        for (entry, seed) in body.parts.iter_mut().zip(seeds) {
            let context = manifest.context_for(entry.stage, entry.part);
            let plan = SealPlan {
                context: &context,
                bases: self.scenario.verified.bases(),
                padding: Padding::of(entry.part),
                plaintext_len: 4,
                bidder_lock: None,
            };
            let (mut file, mut entropy) = (Vec::new(), SeededEntropy::new(seed));
            let sealed = seal(&plan, &mut b"text".as_slice(), &mut file, &mut entropy).unwrap();
            let header = sealed.header.bytes().to_vec();
            headers.push(SubmissionHeader { stage: entry.stage, part: entry.part, header });
            files.push((PartName::from(entry.part), file));
            *entry = ManifestPart::new(entry.stage, entry.part, &sealed.object);
        }
        let manifest = Manifest::build(body).unwrap().bytes().to_vec();
        let cms = cms::sign_detached(identity, &manifest, self.now, &SystemRandom::new()).unwrap();
        (NewSubmission { manifest, cms, headers }, files)
    }

    /// Uploads a bid whole.
    fn submit(
        &self,
        book: &LotBook,
        bidder: usize,
        seeds: [&str; 2],
    ) -> Result<Completed, RoomError> {
        let (submission, files) = self.bid(bidder, seeds);
        let upload = book.begin(&self.lot, submission).unwrap();
        for (part, file) in files {
            book.hall().store.write_slice(upload, &part, 0, &file).unwrap();
        }
        let (revision, digests) = book.check_upload(upload).unwrap();
        wait(book.room_of(upload).unwrap().complete(upload, revision, digests))
    }
}

#[test]
fn a_point_is_taken_once_in_a_lot() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("hall");
    let hall = Hall::prepare(&data);
    let book = hall.open(&data);
    let duplicate =
        |result: Result<Completed, RoomError>| matches!(result, Err(RoomError::DuplicateObject));
    assert!(duplicate(hall.submit(&book, 0, ["a", "a"])), "one U in both parts of a bid");
    hall.submit(&book, 0, ["a", "b"]).expect("the refusal before left nothing behind");
    assert!(duplicate(hall.submit(&book, 1, ["c", "a"])), "the U of another bidder's price");
    assert!(duplicate(hall.submit(&book, 1, ["b", "c"])), "the U of another bidder's documents");
    book.stop();
    drop(book);

    // A restart forgets no point.
    let book = hall.open(&data);
    assert!(duplicate(hall.submit(&book, 1, ["b", "d"])));
    hall.submit(&book, 1, ["c", "d"]).expect("nothing of the refused bids was kept");
    book.stop();
}
