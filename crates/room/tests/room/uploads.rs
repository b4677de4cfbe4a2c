//! Slices on their way in: judged when they come, never after; and what the hall signs of them.

use crate::support::bids::Whole;
use crate::support::{Hall, wait};
use kaibiao_crypto::SUITE_1;
use kaibiao_journal::{IntakeRefusal, Progress, Receipt};
use kaibiao_pki::cms::{self, Pin};
use kaibiao_room::{LotBook, RefusedCall, RoomError, Signed};
use kaibiao_seal::{Manifest, SliceCut, SliceFault};
use kaibiao_store::{PartName, Refusal, StoreError, UploadId};
use kaibiao_types::{BidPart, Millis, UtcMillis};
use tempfile::TempDir;

/// A hall, a bid whose documents have three slices, and its upload.
struct Scene {
    hall: Hall,
    book: LotBook,
    bid: Whole,
    upload: UploadId,
    documents: BidPart,
    folder: TempDir,
}

fn documents() -> Vec<u8> {
    (0..17_200_000_u32).map(|at| at.to_le_bytes()[1]).collect()
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("hall");
        let hall = Hall::prepare(&data);
        let book = hall.open(&data);
        let bid = hall.large_bid(0, ["a", "b"], &documents());
        let upload = book.begin(&hall.lot, bid.0.clone()).unwrap();
        let documents = BidPart::parse("documents").unwrap();
        Self { hall, book, bid, upload, documents, folder }
    }

    fn file(&self, part: BidPart) -> &[u8] {
        &self.bid.1.iter().find(|(name, _)| *name == part).unwrap().1
    }

    fn cut(&self, part: BidPart) -> SliceCut {
        let file = self.file(part);
        let header_len = u32::from_be_bytes(file[12..16].try_into().unwrap());
        SliceCut::new(header_len.into(), u64::try_from(file.len()).unwrap()).unwrap()
    }

    fn slice(&self, part: BidPart, n: u32) -> Vec<u8> {
        let range = self.cut(part).range(n).unwrap();
        let at = |at: u64| usize::try_from(at).unwrap();
        self.file(part)[at(range.start)..at(range.end)].to_vec()
    }

    fn send(&self, part: BidPart, n: u32, bytes: &[u8]) -> Result<Vec<u32>, RoomError> {
        let slice = self.book.await_slice(self.upload, part, n)?;
        let state = self.book.take_slice(&slice, bytes)?;
        let name = PartName::from(part);
        Ok(state.parts.into_iter().find(|part| part.part == name).unwrap().missing)
    }

    fn send_price(&self) {
        let price = BidPart::parse("price").unwrap();
        assert_eq!(self.send(price, 0, &self.slice(price, 0)).unwrap(), [0_u32; 0]);
    }

    fn complete(&self) -> Result<Receipt, RoomError> {
        let (revision, digests) = self.book.check_upload(self.upload)?;
        let room = self.book.room_of(self.upload)?;
        let done = wait(room.complete(self.upload, revision, digests))?;
        Ok(Receipt::parse(&done.receipt).unwrap())
    }

    fn deadline(&self) -> UtcMillis {
        self.hall.scenario.verified.file().terms().deadline
    }

    /// The hall's own signature holds over the statement.
    fn checked<'a>(&self, signed: &'a Signed) -> &'a [u8] {
        let hall = self.book.hall().identity.certificate().sha256();
        cms::verify_pinned(&signed.cms, &signed.statement, Pin::Certificate(hall)).unwrap();
        &signed.statement
    }
}

#[test]
fn slices_in_any_order_give_the_receipt_of_the_whole_files() {
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let scene = Scene::new();
        assert_eq!(scene.cut(scene.documents).count(), 3);
        scene.send_price();
        let mut left = vec![0, 1, 2];
        for n in order {
            left.retain(|missing| *missing != n);
            let bytes = scene.slice(scene.documents, n);
            assert_eq!(scene.send(scene.documents, n, &bytes).unwrap(), left);
            // The same again changes nothing.
            let before = scene.book.hall().store.upload_state(scene.upload).unwrap();
            assert_eq!(scene.send(scene.documents, n, &bytes).unwrap(), left);
            assert_eq!(scene.book.hall().store.upload_state(scene.upload).unwrap(), before);
        }
        let receipt = scene.complete().unwrap();
        for object in &receipt.objects {
            assert_eq!(object.sha256, SUITE_1.hash(scene.file(object.part)), "{order:?}");
        }
        scene.book.stop();
    }
}

/// Half of the slices before a restart, half after it: what was in memory is read again.
#[test]
fn a_restart_in_the_middle_costs_no_slice() {
    let mut scene = Scene::new();
    let documents = scene.documents;
    scene.send_price();
    scene.send(documents, 1, &scene.slice(documents, 1)).unwrap();
    scene.send(documents, 0, &scene.slice(documents, 0)).unwrap();
    let data = scene.folder.path().join("hall");
    scene.book.stop();
    drop(scene.book);
    scene.book = scene.hall.open(&data);
    assert_eq!(scene.book.begin(&scene.hall.lot, scene.bid.0.clone()).unwrap(), scene.upload);
    assert_eq!(scene.send(documents, 2, &scene.slice(documents, 2)).unwrap(), [0_u32; 0]);
    let receipt = scene.complete().unwrap();
    assert!(receipt.objects.iter().all(|o| o.sha256 == SUITE_1.hash(scene.file(o.part))));
    scene.book.stop();
}

#[test]
fn a_slice_that_is_not_the_signed_one_changes_nothing() {
    let scene = Scene::new();
    let documents = scene.documents;
    let good = scene.slice(documents, 1);
    let state = || scene.book.hall().store.upload_state(scene.upload).unwrap();
    let before = state();
    let fault = |n: u32, bytes: &[u8]| match scene.send(documents, n, bytes) {
        Err(RoomError::Slice { fault, n: told, .. }) if told == n => fault,
        other => panic!("slice {n}: {other:?}"),
    };
    for at in [0, good.len() / 2, good.len() - 1] {
        let mut bad = good.clone();
        bad[at] ^= 1;
        assert_eq!(fault(1, &bad), SliceFault::Root);
    }
    assert_eq!(fault(0, &[&[0], &scene.slice(documents, 0)[1..]].concat()), SliceFault::Header);
    for bad in [&good[1..], &[], &scene.slice(documents, 2)] {
        assert!(matches!(fault(1, bad), SliceFault::Length { .. }), "{} bytes", bad.len());
    }
    let other = scene.hall.large_bid(1, ["c", "d"], &self::documents());
    let file = &other.1.iter().find(|(name, _)| *name == documents).unwrap().1;
    let range = scene.cut(documents).range(1).unwrap();
    let at = |at: u64| usize::try_from(at).unwrap();
    assert_eq!(fault(1, &file[at(range.start)..at(range.end)]), SliceFault::Root, "of another bid");
    assert_eq!(state(), before);
    // A good one that is stored is not given up for a bad one.
    scene.send(documents, 1, &good).unwrap();
    let stored = state();
    assert_eq!(fault(1, &vec![0; good.len()]), SliceFault::Root);
    assert_eq!(state(), stored);
    let missing = |result| {
        matches!(
            result,
            Err(RoomError::Store(StoreError::Refused(Refusal::NotComplete { missing: 3, .. })))
        )
    };
    assert!(missing(scene.complete()));
    scene.book.stop();
}

#[test]
fn a_slice_that_nobody_awaits_is_refused_before_its_bytes() {
    let scene = Scene::new();
    let refused = |upload, part: &str, n| match scene.book.await_slice(
        upload,
        BidPart::parse(part).unwrap(),
        n,
    ) {
        Err(RoomError::Store(StoreError::Refused(refusal))) => refusal,
        other => panic!("{part} {n}: {other:?}"),
    };
    assert!(matches!(
        refused(scene.upload, "documents", 3),
        Refusal::SliceBeyondEnd { slices: 3, .. }
    ));
    assert!(matches!(refused(scene.upload, "signals", 0), Refusal::UnknownPart(_)));
    assert!(matches!(refused(scene.upload, "price-2", 0), Refusal::UnknownPart(_)));
    let nobody = UploadId::new([9; 16]);
    assert_eq!(refused(nobody, "price", 0), Refusal::UnknownUpload(nobody));
    // 招标投标法 art. 28 ¶2: from the deadline on nothing is taken in; equal is late.
    scene.hall.clock.set(scene.deadline());
    let late = scene.book.await_slice(scene.upload, scene.documents, 0);
    assert!(matches!(late, Err(RoomError::Late(after)) if after.get() == 0), "{late:?}");
    scene.book.stop();
}

#[test]
fn roots_that_are_not_of_the_signed_object_begin_nothing() {
    let scene = Scene::new();
    let good = scene.hall.large_bid(1, ["c", "d"], b"short");
    for change in [
        |roots: &mut Vec<u8>| roots.clear(),
        |roots: &mut Vec<u8>| roots[0] ^= 1,
        |roots: &mut Vec<u8>| roots.extend([0; 32]),
        |roots: &mut Vec<u8>| roots.truncate(31),
    ] {
        let mut bad = good.0.clone();
        change(&mut bad.headers[0].slice_roots);
        let begun = scene.book.begin(&scene.hall.lot, bad);
        assert!(matches!(begun, Err(RoomError::SliceRoots(_))), "{begun:?}");
    }
    let mut swapped = good.0.clone();
    let (first, second) = swapped.headers.split_at_mut(1);
    std::mem::swap(&mut first[0].slice_roots, &mut second[0].slice_roots);
    assert!(scene.book.begin(&scene.hall.lot, swapped).is_err());
    assert!(scene.book.begin(&scene.hall.lot, good.0).is_ok());
    scene.book.stop();
}

#[test]
fn progress_is_signed_once_for_each_state() {
    let scene = Scene::new();
    let documents = scene.documents;
    let progress = || {
        let state = scene.book.hall().store.upload_state(scene.upload).unwrap();
        scene.book.progress(&state).unwrap()
    };
    let begun = progress();
    let told = Progress::parse(scene.checked(&begun)).unwrap();
    assert_eq!((told.stored(), told.parts.len()), (0, 2));
    assert_eq!(told.manifest_sha256, SUITE_1.hash(&scene.bid.0.manifest));
    assert_eq!(told.upload.0, *scene.upload.bytes());
    assert_eq!(progress().cms, begun.cms, "no second signature for the same state");
    scene.send(documents, 2, &scene.slice(documents, 2)).unwrap();
    scene.send(documents, 0, &scene.slice(documents, 0)).unwrap();
    let later = progress();
    let told = Progress::parse(scene.checked(&later)).unwrap();
    let part = told.parts.iter().find(|part| part.part == documents).unwrap();
    assert_eq!((part.slices, part.stored.as_slice()), (3, [[0, 0], [2, 2]].as_slice()));
    // A slice that was there already is no new state.
    scene.send(documents, 0, &scene.slice(documents, 0)).unwrap();
    assert_eq!(progress().cms, later.cms);
    scene.book.stop();
}

#[test]
fn a_known_bidder_gets_the_reason_signed_and_nobody_else_does() {
    let scene = Scene::new();
    let begin = |change: &dyn Fn(&mut RefusedCall)| {
        let (manifest, cms) = (scene.bid.0.manifest.clone(), scene.bid.0.cms.clone());
        let mut call = RefusedCall::Begin { lot: scene.hall.lot.clone(), manifest, cms };
        change(&mut call);
        scene.book.sign_refusal(&call, "late")
    };
    let signed = begin(&|_| {}).unwrap();
    let told = IntakeRefusal::parse(scene.checked(&signed)).unwrap();
    assert_eq!((told.label.as_str(), told.call.as_str()), ("late", "begin"));
    assert_eq!(told.manifest_sha256, SUITE_1.hash(&scene.bid.0.manifest));
    assert_eq!((told.at, told.deadline), (scene.hall.now, scene.deadline()));
    let kept = format!("refusal/{}/begin/late", told.manifest_sha256);
    let kept = scene.book.hall().store.note(&scene.hall.lot, &kept).unwrap().unwrap();
    assert_eq!(kept, [signed.statement.as_slice(), b"\n", &signed.cms].concat());
    // Another text under the signature, a broken signature, no signature, no such lot.
    for change in [
        |call: &mut RefusedCall| {
            if let RefusedCall::Begin { manifest, .. } = call {
                manifest.push(b' ');
            }
        },
        |call: &mut RefusedCall| {
            if let RefusedCall::Begin { cms, .. } = call {
                cms.truncate(99);
            }
        },
        |call: &mut RefusedCall| {
            if let RefusedCall::Begin { cms, .. } = call {
                cms.clear();
            }
        },
        |call: &mut RefusedCall| {
            if let RefusedCall::Begin { lot, .. } = call {
                lot.lot = kaibiao_types::LotId::parse("none").unwrap();
            }
        },
    ] {
        assert!(begin(&change).is_none());
    }
    let nobody = UploadId::new([9; 16]);
    assert!(scene.book.sign_refusal(&RefusedCall::Commit(nobody), "late").is_none());
    assert!(
        scene.book.sign_refusal(&RefusedCall::Slice(nobody, scene.documents, 0), "late").is_none()
    );
    // What the bidder signed need not be a manifest to make it known.
    let (identity, _) = &scene.hall.scenario.people.bidders[0];
    let rng = ring::rand::SystemRandom::new();
    let cms = cms::sign_detached(identity, b"no manifest", scene.hall.now, &rng).unwrap();
    let call =
        RefusedCall::Begin { lot: scene.hall.lot.clone(), manifest: b"no manifest".to_vec(), cms };
    assert!(Manifest::parse(b"no manifest").is_err());
    assert!(scene.book.sign_refusal(&call, "bad-manifest").is_some());
    scene.book.stop();
}

#[test]
fn refusals_are_signed_a_bounded_number_of_times() {
    let scene = Scene::new();
    let refuse = |n| {
        scene
            .book
            .sign_refusal(&RefusedCall::Slice(scene.upload, scene.documents, n), "wrong-slice")
    };
    let first = refuse(1).unwrap();
    let told = IntakeRefusal::parse(scene.checked(&first)).unwrap();
    assert_eq!(
        (told.slice, told.part, told.upload.unwrap().0),
        (Some(1), Some(scene.documents), *scene.upload.bytes())
    );
    assert_eq!(refuse(1).unwrap().cms, first.cms, "the same within a second");
    let signed = (0..100).filter_map(refuse).count();
    assert_eq!(signed, 32);
    assert_eq!(refuse(1).unwrap().cms, first.cms, "what was signed is given again");
    assert!(refuse(99).is_none());
    let at = scene.hall.now.plus(Millis::from_secs(1));
    scene.hall.clock.set(at);
    let again = refuse(1).unwrap();
    assert_eq!(IntakeRefusal::parse(&again.statement).unwrap().at, at);
    assert!(refuse(99).is_some());
    // A clock that went back does not keep the hall silent.
    scene.hall.clock.set(scene.hall.now);
    assert!(refuse(2).is_some());
    scene.book.stop();
}
