//! Bids as their bidders would make them, and their way in.

use kaibiao_pki::{Identity, cms};
use kaibiao_room::{Completed, LotBook, NewSubmission, RoomError, SubmissionHeader};
use kaibiao_seal::{Manifest, ManifestBody, ManifestPart, ObjectDigest, Padding, SealPlan, seal};
use kaibiao_testkit::SeededEntropy;
use kaibiao_types::{BidPart, Part, UtcMillis};
use ring::rand::SystemRandom;

use super::{Hall, wait};

/// A submission and the sealed files of its parts.
pub(crate) type Whole = (NewSubmission, Vec<(BidPart, Vec<u8>)>);

impl Hall {
    /// A first bid whose parts are sealed with the randomness of the given seeds: one seed, one U.
    pub(crate) fn bid(&self, bidder: usize, seeds: [&str; 2]) -> Whole {
        let (identity, party) = &self.scenario.people.bidders[bidder];
        let template = self.scenario.bids.iter().find(|bid| bid.bidder == *party).unwrap();
        let body = Manifest::parse(&template.manifest).unwrap().body().clone();
        self.bid_by(identity, body, seeds)
    }

    /// A version whose manifest says this; its parts are sealed anew.
    pub(crate) fn bid_by(
        &self,
        identity: &Identity,
        body: ManifestBody,
        seeds: [&str; 2],
    ) -> Whole {
        self.bid_of(identity, body, seeds, b"text")
    }

    /// As [`Hall::bid`], with documents of many slices.
    pub(crate) fn large_bid(&self, bidder: usize, seeds: [&str; 2], documents: &[u8]) -> Whole {
        let (identity, party) = &self.scenario.people.bidders[bidder];
        let template = self.scenario.bids.iter().find(|bid| bid.bidder == *party).unwrap();
        let body = Manifest::parse(&template.manifest).unwrap().body().clone();
        self.bid_of(identity, body, seeds, documents)
    }

    fn bid_of(
        &self,
        identity: &Identity,
        mut body: ManifestBody,
        seeds: [&str; 2],
        documents: &[u8],
    ) -> Whole {
        let manifest = Manifest::build(body.clone()).unwrap();
        let (mut headers, mut files) = (Vec::new(), Vec::new());
        for (entry, seed) in body.parts.iter_mut().zip(seeds) {
            let context = manifest.context_for(entry.stage, entry.part);
            let text = if entry.part == Part::Documents { documents } else { b"text" };
            let plan = SealPlan {
                context: &context,
                bases: self.scenario.verified.bases(),
                padding: Padding::of(entry.part),
                plaintext_len: u64::try_from(text.len()).unwrap(),
                bidder_lock: None,
            };
            let (mut file, mut entropy) = (Vec::new(), SeededEntropy::new(seed));
            let sealed = seal(&plan, &mut &*text, &mut file, &mut entropy).unwrap();
            let header = sealed.header.bytes().to_vec();
            let mut digest = ObjectDigest::new();
            digest.update(&file).unwrap();
            let (_, roots) = digest.finish_with_slices().unwrap();
            let slice_roots = roots.iter().flat_map(|root| *root.bytes()).collect();
            let (stage, part) = (entry.stage, entry.part);
            headers.push(SubmissionHeader { stage, part, header, slice_roots });
            files.push((entry.name(), file));
            *entry = ManifestPart::new(entry.stage, entry.part, &sealed.object);
        }
        let manifest = Manifest::build(body).unwrap().bytes().to_vec();
        let cms = cms::sign_detached(identity, &manifest, self.now, &SystemRandom::new()).unwrap();
        (NewSubmission { manifest, cms, headers }, files)
    }

    /// Uploads a bid whole.
    pub(crate) fn submit(
        &self,
        book: &LotBook,
        bidder: usize,
        seeds: [&str; 2],
    ) -> Result<Completed, RoomError> {
        self.hand_in(book, self.bid(bidder, seeds), self.now)
    }

    /// Uploads a bid and completes it at an instant; once it is complete, as it was then.
    pub(crate) fn hand_in(
        &self,
        book: &LotBook,
        (submission, files): Whole,
        completed_at: UtcMillis,
    ) -> Result<Completed, RoomError> {
        let upload = book.begin(&self.lot, submission)?;
        self.clock.set(completed_at);
        let store = &book.hall().store;
        let done = store.submission_by_upload(upload)?.is_some();
        for (part, file) in files.iter().filter(|_| !done) {
            book.take_slice(&book.await_slice(upload, *part, 0)?, file)?;
        }
        let (revision, digests) = if done { (0, Vec::new()) } else { book.check_upload(upload)? };
        wait(book.room_of(upload).unwrap().complete(upload, revision, digests))
    }
}
