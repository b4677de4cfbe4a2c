//! Intake refuses a lock that it has seen before (negative test 20, rule R7, ruling 30), and a bid
//! whose certificate ended before it was complete (ruling 18).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use kaibiao_pki::{Identity, Usage, cms, verify_chain};
use kaibiao_room::{Completed, LotBook, NewSubmission, RoomError, SubmissionHeader};
use kaibiao_seal::{Manifest, ManifestBody, ManifestPart, Padding, SealPlan, seal};
use kaibiao_store::PartName;
use kaibiao_testkit::{SeededEntropy, keys_dev};
use kaibiao_types::UtcMillis;
use ring::rand::SystemRandom;
use support::{Hall, wait};

impl Hall {
    /// A first bid whose parts are sealed with the randomness of the given seeds: one seed, one U.
    fn bid(&self, bidder: usize, seeds: [&str; 2]) -> (NewSubmission, Vec<(PartName, Vec<u8>)>) {
        let (identity, party) = &self.scenario.people.bidders[bidder];
        let template = self.scenario.bids.iter().find(|bid| bid.bidder == *party).unwrap();
        let body = Manifest::parse(&template.manifest).unwrap().body().clone();
        self.bid_by(identity, body, seeds)
    }

    fn bid_by(
        &self,
        identity: &Identity,
        mut body: ManifestBody,
        seeds: [&str; 2],
    ) -> (NewSubmission, Vec<(PartName, Vec<u8>)>) {
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
            files.push((PartName::from(entry.name()), file));
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
        self.hand_in(book, self.bid(bidder, seeds), self.now)
    }

    /// Uploads a bid and completes it at an instant.
    fn hand_in(
        &self,
        book: &LotBook,
        (submission, files): (NewSubmission, Vec<(PartName, Vec<u8>)>),
        completed_at: UtcMillis,
    ) -> Result<Completed, RoomError> {
        let upload = book.begin(&self.lot, submission).unwrap();
        self.clock.set(completed_at);
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

#[test]
fn a_certificate_that_ends_before_the_bid_is_complete_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("hall");
    let hall = Hall::prepare(&data);
    let book = hall.open(&data);
    let read = |name: &str| std::fs::read_to_string(keys_dev().join(name)).unwrap();
    let (chain, key) = (read("id/expired.chain.pem"), read("id/expired.key.pem"));
    let identity = Identity::from_pem(&chain, &key, &SystemRandom::new()).unwrap();
    let ends = identity.certificate().not_after();
    let party = {
        let chain = identity.chain();
        let trust = book.hall().trust.clone();
        let verified = verify_chain(chain.signer(), chain.above(), &trust, ends, Usage::Sign);
        verified.unwrap().party().clone()
    };
    let template = Manifest::parse(&hall.scenario.bids[0].manifest).unwrap();
    let mut body: ManifestBody = template.body().clone();
    body.bidder = party;
    body.signer_spki_sha256 = identity.certificate().spki_sha256();

    // Begun while the certificate is valid, complete afterwards.
    hall.clock.set(ends);
    let result = hall.hand_in(&book, hall.bid_by(&identity, body.clone(), ["a", "b"]), hall.now);
    let Err(RoomError::Bid(fault)) = result else { panic!("{result:?}") };
    assert_eq!(fault.label(), "E_CERT_EXPIRED");
    // Nothing of it was kept: the same points are free.
    hall.submit(&book, 0, ["a", "b"]).expect("a bid by a valid certificate");
    book.stop();
}
