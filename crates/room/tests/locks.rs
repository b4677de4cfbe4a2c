//! Intake refuses a lock that it has seen before: negative test 20, rule R7, ruling 30.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::path::Path;
use std::sync::Arc;

use kaibiao_pki::{Identity, TrustList, cms};
use kaibiao_room::{
    Clock, Completed, HallContext, LotBook, NewSubmission, RoomError, SubmissionHeader,
};
use kaibiao_seal::{Manifest, ManifestBody, ManifestPart, Padding, SealPlan, seal};
use kaibiao_store::{Batch, PartName, Store};
use kaibiao_testkit::{Scenario, ScenarioOptions, SeededEntropy, keys_dev};
use kaibiao_types::{LotKey, Millis, UtcMillis};
use ring::rand::SystemRandom;

/// One second after the tick that the room finds in its log.
struct Fixed(UtcMillis);

impl Clock for Fixed {
    fn now(&self) -> UtcMillis {
        self.0
    }
}

struct Hall {
    scenario: Scenario,
    lot: LotKey,
    now: UtcMillis,
}

impl Hall {
    /// A lot in the middle of its intake, without a bid.
    fn prepare(data: &Path) -> Self {
        let options = ScenarioOptions { bidders: Some(3), ..ScenarioOptions::default() };
        let scenario = Scenario::build(&options).unwrap();
        let lot = scenario.verified.file().lot_key();
        let lines: Vec<_> = scenario.log.entries().iter().take(2).collect();
        let batch = Batch::new()
            .put_new_doc("draft.json", &scenario.draft)
            .put_new_doc("draft.p7s", &scenario.draft_cms)
            .put_new_doc("ceremony.bundle", &scenario.ceremony)
            .put_new_doc("tender.json", &scenario.tender)
            .put_new_doc("tender.p7s", &scenario.tender_cms)
            .kv_put("session", &scenario.verified.record().session.0)
            .kv_put("log-seed", &[7; 32])
            .append(0, lines.iter().map(|entry| entry.line().to_vec()));
        let now = lines[1].at().plus(Millis::from_secs(1));
        let store = Store::open(data).unwrap();
        store.create_lot_with(&lot, UtcMillis::EPOCH, &batch).unwrap();
        Self { scenario, lot, now }
    }

    fn open(&self, data: &Path) -> LotBook {
        let read = |name: &str| std::fs::read_to_string(keys_dev().join(name)).unwrap();
        let (chain, key) = (read("id/hall.chain.pem"), read("id/hall.key.pem"));
        let trust = TrustList::parse(&self.scenario.trust).unwrap();
        let context = HallContext {
            store: Store::open(data).unwrap(),
            identity: Identity::from_pem(&chain, &key, &SystemRandom::new()).unwrap(),
            trust_bytes: self.scenario.trust.clone(),
            trust: Arc::new(trust),
            clock: Box::new(Fixed(self.now)),
            random: Box::new(SystemRandom::new()),
            output: data.join("output"),
        };
        LotBook::open(Arc::new(context)).unwrap()
    }

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
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(book.room_of(upload).unwrap().complete(upload, revision, digests))
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
