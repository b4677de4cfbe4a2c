//! A bidder withdraws its bid (撤回, 招标投标法 art. 29): received like a bid, refused like a bid.

use std::time::{Duration, Instant};

use crate::support::bids::Whole;
use crate::support::{Hall, pool_used, wait};
use kaibiao_crypto::SUITE_1;
use kaibiao_journal::{OpeningLog, Receipt, freeze_statement};
use kaibiao_opening::{BidStatus, Phase, SetFrozen};
use kaibiao_pki::cms;
use kaibiao_room::{Completed, FreezeSignature, LotBook, LotHandle, NewSubmission, RoomError};
use kaibiao_seal::{Manifest, ManifestBody, ManifestKind};
use kaibiao_store::{Refusal, StoreError};
use kaibiao_types::{BidSeq, CustodianIndex, Millis, UtcMillis};
use ring::rand::SystemRandom;

fn seq(number: u32) -> BidSeq {
    BidSeq::new(number).unwrap()
}

fn body_of(submission: &NewSubmission) -> ManifestBody {
    Manifest::parse(&submission.manifest).unwrap().body().clone()
}

/// The manifest of the bidder's next version, of which the parts are still those of the version before.
fn next(submission: &NewSubmission) -> ManifestBody {
    let body = body_of(submission);
    let seq = seq(body.seq.get() + 1);
    ManifestBody { seq, supersedes: SUITE_1.hash(&submission.manifest), ..body }
}

/// The manifest of a withdrawal.
fn withdrawing(submission: &NewSubmission) -> ManifestBody {
    ManifestBody { kind: ManifestKind::Withdraw, parts: Vec::new(), ..next(submission) }
}

/// The manifest of a new bid after a withdrawal, with as many parts as the bid before.
fn bidding_again(withdrawal: &NewSubmission, before: &NewSubmission) -> ManifestBody {
    let parts = body_of(before).parts;
    ManifestBody { kind: ManifestKind::Submit, parts, ..next(withdrawal) }
}

/// Why a submission is refused.
fn refusal(result: Result<Completed, RoomError>) -> &'static str {
    match result {
        Err(RoomError::Bid(fault)) => fault.label(),
        Err(RoomError::NothingToWithdraw) => "nothing to withdraw",
        Err(RoomError::Sequence(_)) => "sequence",
        other => panic!("{other:?}"),
    }
}

impl Hall {
    /// Signed by a bidder, whatever the manifest says.
    fn by(&self, bidder: usize, body: ManifestBody, seeds: [&str; 2]) -> Whole {
        self.bid_by(&self.scenario.people.bidders[bidder].0, body, seeds)
    }

    fn withdraw(&self, bidder: usize, submission: &NewSubmission) -> Whole {
        self.by(bidder, withdrawing(submission), ["", ""])
    }

    /// Hands in what has no sealed files, or all of them.
    fn take(&self, book: &LotBook, whole: &Whole) -> Result<Completed, RoomError> {
        self.hand_in(book, whole.clone(), self.now)
    }

    fn deadline(&self) -> UtcMillis {
        self.scenario.verified.file().terms().deadline
    }

    /// Lets the deadline pass; all custodians cosign the closing head and sign the freeze.
    fn freeze(&self, book: &LotBook) -> SetFrozen {
        let room = book.room(&self.lot).unwrap();
        self.clock.set(self.deadline());
        let closing = self.log_with(&room, "tick", self.deadline()).checkpoint();
        for cosigner in &self.scenario.cosigners {
            let line = cosigner.cosign(&closing, self.deadline()).unwrap();
            wait(room.cosign(closing.head.size, line)).unwrap();
        }
        let log = self.log_with(&room, "set-frozen", self.deadline());
        let frozen = log.entries().iter().find(|entry| entry.kind() == "set-frozen").unwrap();
        let frozen: SetFrozen = serde_json::from_str(frozen.data().get()).unwrap();
        let text = freeze_statement(self.scenario.verified.origin(), &frozen.freeze_id);
        for (number, (identity, _)) in (1..).zip(&self.scenario.people.custodians).take(3) {
            let custodian = CustodianIndex::new(number).unwrap();
            let signed = FreezeSignature { custodian, freeze_id: frozen.freeze_id };
            let random = SystemRandom::new();
            let cms = cms::sign_detached(identity, text.as_bytes(), self.deadline(), &random);
            let signed = book.from_seat(&self.lot, signed, cms.unwrap()).unwrap();
            wait(room.sign_freeze(signed)).unwrap();
        }
        frozen
    }

    /// The log once it has an entry of a kind at an instant or later.
    fn log_with(&self, room: &LotHandle, kind: &str, at: UtcMillis) -> OpeningLog {
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            let mut log = OpeningLog::new(self.scenario.verified.origin().clone());
            for index in 0..room.log().head().entries {
                log.append(&room.log().lines(index, 1)[0]).unwrap();
            }
            if log.entries().iter().any(|entry| entry.kind() == kind && entry.at() >= at) {
                return log;
            }
            assert!(Instant::now() < until, "still no {kind}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn a_withdrawal_is_received_once_and_a_new_bid_may_follow() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("hall");
    let hall = Hall::prepare(&data);
    let book = hall.open(&data);
    let first = hall.bid(0, ["a", "b"]);
    let receipt = hall.take(&book, &first).unwrap().receipt;
    let files = pool_used(&data);

    let withdrawal = hall.withdraw(0, &first.0);
    let done = hall.take(&book, &withdrawal).unwrap();
    let read = Receipt::parse(&done.receipt).unwrap();
    assert_eq!((read.seq, read.objects.len()), (seq(2), 0));
    assert_eq!(read.manifest_sha256, SUITE_1.hash(&withdrawal.0.manifest));
    assert_eq!(read.cms_sha256, SUITE_1.hash(&withdrawal.0.cms));
    // Nothing shows it: no entry, no file more, and none less.
    assert_eq!(book.room(&hall.lot).unwrap().log().head().entries, 2);
    assert!(pool_used(&data) - files < 16 << 10, "only what was asked is kept");
    assert_eq!(hall.take(&book, &withdrawal).unwrap().receipt, done.receipt);
    assert_eq!(refusal(hall.take(&book, &hall.by(0, next(&first.0), ["c", "d"]))), "sequence");
    book.stop();
    drop(book);

    // A restart forgets neither the withdrawal nor its receipt.
    let book = hall.open(&data);
    assert_eq!(hall.take(&book, &withdrawal).unwrap().receipt, done.receipt);
    let again = hall.by(0, bidding_again(&withdrawal.0, &first.0), ["e", "f"]);
    hall.take(&book, &again).expect("a new bid after the withdrawal");

    // What was receipted before is answered with its receipt, and changes nothing.
    assert_eq!(hall.take(&book, &first).unwrap().receipt, receipt);
    assert_eq!(hall.take(&book, &withdrawal).unwrap().receipt, done.receipt);
    hall.take(&book, &hall.withdraw(0, &again.0)).expect("the last bid is still the new one");
    book.stop();
}

#[test]
fn only_the_bidder_withdraws_and_only_the_bid_that_counts() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("hall");
    let hall = Hall::prepare(&data);
    let book = hall.open(&data);
    let take = |whole: &Whole| hall.take(&book, whole);
    let first = hall.bid(0, ["a", "b"]);
    let early = hall.withdraw(0, &first.0);
    assert_eq!(refusal(take(&early)), "nothing to withdraw", "nothing was submitted yet");
    take(&first).unwrap();

    // In the bidder's name by another certificate, and in the own name of somebody else.
    assert_eq!(refusal(take(&hall.withdraw(1, &first.0))), "E_SIG_SIGNER");
    let (other, party) = &hall.scenario.people.bidders[1];
    let foreign = ManifestBody {
        bidder: party.clone(),
        signer_spki_sha256: other.certificate().spki_sha256(),
        ..withdrawing(&first.0)
    };
    let foreign = hall.by(1, foreign, ["", ""]);
    assert_eq!(refusal(take(&foreign)), "nothing to withdraw", "it has no bid itself");
    hall.submit(&book, 1, ["c", "d"]).unwrap();
    assert_eq!(refusal(take(&foreign)), "sequence", "it names another's bid");

    // The bytes that were signed, and no others.
    let (mut changed, _) = hall.withdraw(0, &first.0);
    let skipping = ManifestBody { seq: seq(3), ..withdrawing(&first.0) };
    changed.manifest = Manifest::build(skipping.clone()).unwrap().bytes().to_vec();
    assert_eq!(refusal(take(&(changed, Vec::new()))), "E_SIG_HASH");
    let (mut with_parts, _) = hall.withdraw(0, &first.0);
    let text = String::from_utf8(first.0.manifest.clone()).unwrap();
    with_parts.manifest = text.replace("\"submit\"", "\"withdraw\"").into_bytes();
    assert_eq!(refusal(take(&(with_parts, Vec::new()))), "E_SEQ", "a first version");
    let replacing = String::from_utf8(hall.by(0, next(&first.0), ["e", "f"]).0.manifest).unwrap();
    let (mut with_parts, _) = hall.withdraw(0, &first.0);
    with_parts.manifest = replacing.replace("\"submit\"", "\"withdraw\"").into_bytes();
    assert_eq!(refusal(take(&(with_parts, Vec::new()))), "E_PARTS");

    // The bid that counts is the second version: no other seq, no other bid.
    let second = hall.by(0, next(&first.0), ["e", "f"]);
    take(&second).unwrap();
    assert_eq!(refusal(take(&early)), "sequence", "that one is replaced");
    assert_eq!(refusal(take(&hall.by(0, skipping, ["", ""]))), "sequence");
    let same_seq = ManifestBody { seq: seq(2), ..withdrawing(&second.0) };
    assert_eq!(refusal(take(&hall.by(0, same_seq, ["", ""]))), "sequence");

    let withdrawal = hall.withdraw(0, &second.0);
    take(&withdrawal).expect("nothing that was refused left anything behind");
    assert_eq!(
        refusal(take(&hall.withdraw(0, &withdrawal.0))),
        "nothing to withdraw",
        "it is withdrawn already"
    );
    let (mut signed_again, _) = withdrawal;
    let (identity, later) =
        (&hall.scenario.people.bidders[0].0, hall.now.plus(Millis::from_secs(1)));
    let manifest = &signed_again.manifest;
    signed_again.cms = cms::sign_detached(identity, manifest, later, &SystemRandom::new()).unwrap();
    let refused = take(&(signed_again, Vec::new()));
    let Err(RoomError::Store(StoreError::Refused(refusal))) = refused else {
        panic!("{refused:?}")
    };
    assert!(matches!(refusal, Refusal::DifferentBytes { .. }), "{refusal}");
    assert_eq!(
        book.room(&hall.lot).unwrap().log().head().entries,
        2,
        "no entry tells of any of it"
    );
    book.stop();
}

#[test]
fn a_withdrawal_at_the_deadline_is_late_and_one_before_keeps_its_receipt() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("hall");
    let hall = Hall::prepare(&data);
    let book = hall.open(&data);
    let bids = [hall.bid(0, ["a", "b"]), hall.bid(1, ["c", "d"]), hall.bid(2, ["e", "f"])];
    for bid in &bids {
        hall.take(&book, bid).unwrap();
    }
    let withdrawals = [0, 1, 2].map(|bidder| hall.withdraw(bidder, &bids[bidder].0));
    let late = |result: Result<Completed, RoomError>| match result {
        Err(RoomError::Late(late)) => late,
        other => panic!("{other:?}"),
    };
    let last = hall.deadline().minus(Millis::new(1).unwrap());
    let done = hall.hand_in(&book, withdrawals[0].clone(), last).expect("in the last millisecond");
    assert_eq!(Receipt::parse(&done.receipt).unwrap().completed_at, last);
    // Begun before, complete in the very millisecond of the deadline.
    let equal = hall.hand_in(&book, withdrawals[1].clone(), hall.deadline());
    assert_eq!(late(equal), Millis::ZERO);
    // Begun after it.
    let after = hall.hand_in(&book, withdrawals[2].clone(), hall.deadline());
    assert_eq!(late(after), Millis::ZERO);

    // A lost answer is given again; the same manifest by another signature is nobody's receipt.
    let repeat = hall.hand_in(&book, withdrawals[0].clone(), hall.deadline()).unwrap();
    assert_eq!((repeat.receipt, repeat.cms), (done.receipt, done.cms));
    let mut other = withdrawals[0].clone();
    other.0.cms = withdrawals[1].0.cms.clone();
    late(hall.hand_in(&book, other, hall.deadline()));

    let frozen = hall.freeze(&book);
    let withdrawn = frozen.bids.iter().filter(|bid| bid.status == BidStatus::Withdrawn);
    let who = &hall.scenario.people.bidders[0].1;
    assert_eq!(withdrawn.map(|bid| &bid.bidder).collect::<Vec<_>>(), [who, who]);
    assert_eq!((frozen.bidders, frozen.bids.len()), (2, 4));
    book.stop();
}

#[test]
fn who_withdrew_is_no_bidder_and_fewer_than_three_are_too_few() {
    for returns in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("hall");
        let hall = Hall::prepare(&data);
        let book = hall.open(&data);
        let bids = [hall.bid(0, ["a", "b"]), hall.bid(1, ["c", "d"]), hall.bid(2, ["e", "f"])];
        for bid in &bids {
            hall.take(&book, bid).unwrap();
        }
        let withdrawal = hall.withdraw(0, &bids[0].0);
        hall.take(&book, &withdrawal).unwrap();
        if returns {
            let again = bidding_again(&withdrawal.0, &bids[0].0);
            hall.take(&book, &hall.by(0, again, ["g", "h"])).unwrap();
        }
        let frozen = hall.freeze(&book);
        let of_first =
            frozen.bids.iter().filter(|bid| bid.bidder == hall.scenario.people.bidders[0].1);
        let mut statuses: Vec<_> = of_first.map(|bid| (bid.seq, bid.status, bid.by)).collect();
        statuses.sort_unstable_by_key(|(seq, ..)| *seq);
        let by = Some(SUITE_1.hash(&withdrawal.0.manifest));
        let mut expected =
            vec![(seq(1), BidStatus::Withdrawn, by), (seq(2), BidStatus::Withdrawn, by)];
        let (mut bidders, mut phase) = (2, Phase::Failed);
        if returns {
            expected.push((seq(3), BidStatus::Current, None));
            (bidders, phase) = (3, Phase::Ready);
        }
        assert_eq!((statuses, frozen.bidders), (expected, bidders));
        assert_eq!(book.room(&hall.lot).unwrap().phase(), phase);
        book.stop();
    }
}
