//! From the deadline to the completed freeze (rulings 9 to 11).

use kaibiao_opening::*;
use kaibiao_types::*;

use crate::support::*;

fn rule(result: Result<Vec<Event>, Refusal>) -> &'static str {
    match result.expect_err("a refusal") {
        Refusal::BadData { rule, .. } => rule.name(),
        other => other.label(),
    }
}

#[test]
fn ticks_are_gapless_and_end_with_the_intake() {
    let mut opening = Opening::at(Phase::Receiving, 4);
    assert_eq!(rule(opening.input(&tick(1))), "number");
    opening.input(&tick(0)).unwrap();
    assert_eq!(rule(opening.input(&tick(0))), "number");
    assert_eq!(rule(opening.input(&tick(2))), "number");
    let mut opening = Opening::at(Phase::IntakeClosed, 4);
    assert_eq!(rule(opening.input(&tick(2))), "out-of-order");
}

#[test]
fn the_closing_head_covers_the_last_tick_and_is_cosigned() {
    let mut opening = Opening::at(Phase::Receiving, 4);
    opening.now = DEADLINE;
    assert_eq!(rule(opening.input(&Input::DeadlineReached(head()))), "closing-head");
    opening.input(&tick(0)).unwrap();
    opening.input(&tick(1)).unwrap();
    let mut close = |change: fn(&mut IntakeClosed)| {
        let mut head = head();
        change(&mut head);
        rule(opening.input(&Input::DeadlineReached(head)))
    };
    assert_eq!(close(|head| head.tick = TickNo::new(0).unwrap()), "closing-head");
    assert_eq!(close(|head| head.size = 2), "closing-head");
    assert_eq!(close(|head| head.size = 4), "closing-head");
    assert_eq!(close(|head| drop(head.cosignatures.pop())), "cosignatures");
    assert_eq!(close(|head| head.cosignatures[1] = head.cosignatures[0].clone()), "cosignatures");
    assert_eq!(close(|head| head.cosignatures[1] = "a\nb".to_owned()), "shape");
    // An attempt that was refused after the last tick stands between it and the closing entry.
    let start = Command::StartUnsealing(Part::Price);
    let refusal = opening.state.decide(&host(), &start, at(opening.now)).unwrap_err();
    let event = opening.state.refusal_event(&host(), start.kind(), &refusal).unwrap();
    opening.write(&Actor::Hall, &event);
    opening.input(&Input::DeadlineReached(head())).unwrap();
}

#[test]
fn the_frozen_set_is_the_receipted_one() {
    let opening = Opening::at(Phase::IntakeClosed, 4);
    let freeze = |change: fn(&mut SetFrozen)| {
        let mut set = set(4);
        change(&mut set);
        rule(opening.state.decide_input(&Input::SetFrozen(set), at(opening.now)))
    };
    assert_eq!(freeze(|set| set.round = 1), "freeze-round");
    assert_eq!(freeze(|set| set.size = 4), "freeze-head");
    assert_eq!(freeze(|set| set.root = digest(6, 1)), "freeze-head");
    assert_eq!(freeze(|set| set.bidders = 5), "bidder-count");
    assert_eq!(freeze(|set| set.bids.swap(0, 1)), "bid-order");
    assert_eq!(freeze(|set| set.bids[1].place = set.bids[0].place.clone()), "bid-duplicate");
    let manifest = freeze(|set| set.bids[1].manifest_sha256 = set.bids[0].manifest_sha256);
    assert_eq!(manifest, "bid-duplicate");
    assert_eq!(freeze(|set| set.bids[1].bidder = set.bids[0].bidder.clone()), "bid-duplicate");
    // 招标投标法 art. 28 ¶2: complete in the millisecond of the deadline is late.
    assert_eq!(freeze(|set| set.bids[0].completed_at = at(DEADLINE)), "bid-late");
    assert_eq!(freeze(|set| set.bids[3].place.tick = TickNo::new(2).unwrap()), "bid-late");
    assert_eq!(freeze(|set| set.bids[0].objects.clear()), "bid-objects");
    assert_eq!(freeze(|set| set.bids[0].objects[1].part = Part::Price), "bid-objects");
    assert_eq!(freeze(|set| set.bids[0].objects[1].stage = Stage::new(2).unwrap()), "bid-objects");
    assert_eq!(freeze(|set| set.bids[0].bidder.name = String::new()), "shape");
}

/// Bidder 1 submits (1), replaces (2), withdraws (3) and submits again (4).
fn versions() -> SetFrozen {
    let mut set = set(4);
    for (seq, place) in [(2, 10), (3, 11), (4, 12)] {
        let mut bid = bid(1);
        bid.seq = BidSeq::new(seq).unwrap();
        bid.manifest_sha256 = digest(40, u8::try_from(seq).unwrap());
        bid.place.no = PlaceNo::new(place).unwrap();
        set.bids.push(bid);
    }
    let set_status = |bid: &mut FrozenBid, status, by| (bid.status, bid.by) = (status, Some(by));
    set_status(&mut set.bids[0], BidStatus::Superseded, digest(40, 2));
    set_status(&mut set.bids[4], BidStatus::Withdrawn, digest(40, 3));
    set_status(&mut set.bids[5], BidStatus::Withdrawn, digest(40, 3));
    set.bids[5].objects.clear();
    set
}

#[test]
fn replaced_and_withdrawn_bids_point_to_the_bidders_own_manifest() {
    let opening = Opening::at(Phase::IntakeClosed, 4);
    let freeze = |set| opening.state.decide_input(&Input::SetFrozen(set), at(opening.now));
    assert!(freeze(versions()).is_ok());
    let broken = |change: fn(&mut SetFrozen)| {
        let mut set = versions();
        change(&mut set);
        rule(freeze(set))
    };
    // The last version counts, and no other.
    let older =
        |set: &mut SetFrozen| (set.bids[0].status, set.bids[0].by) = (BidStatus::Current, None);
    assert_eq!(broken(older), "bid-status");
    assert_eq!(broken(|set| set.bids[6].by = Some(digest(40, 4))), "bid-status");
    assert_eq!(broken(|set| set.bids[6].status = BidStatus::Superseded), "bid-status");
    let dropped = |set: &mut SetFrozen| {
        (set.bids[6].status, set.bids[6].by) = (BidStatus::Withdrawn, Some(digest(40, 4)));
    };
    assert_eq!(broken(dropped), "bid-status");
    assert_eq!(broken(|set| set.bids[0].by = None), "bid-status");
    // Nobody else's manifest, and no unknown one, can take a bid out of the set.
    assert_eq!(broken(|set| set.bids[0].by = Some(digest(2, 2))), "bid-status");
    assert_eq!(broken(|set| set.bids[0].by = Some(digest(99, 9))), "bid-status");
    assert_eq!(broken(|set| set.bids[4].by = Some(digest(2, 2))), "bid-status");
    assert_eq!(broken(|set| set.bids[4].by = Some(digest(40, 4))), "bid-status");
    assert_eq!(broken(|set| set.bids[0].by = Some(digest(40, 3))), "bid-status");
    assert_eq!(broken(|set| set.bids[4].by = Some(digest(2, 1))), "bid-status");
}

#[test]
fn signatures_are_counted_once_and_only_for_this_freeze() {
    let mut opening = Opening::at(Phase::Freezing, 4);
    let sign = |change: fn(&mut FreezeSigned)| {
        let mut signed = FreezeSigned {
            custodian: custodian(1),
            freeze_id: digest(5, 0),
            cms: "AAAA".to_owned(),
        };
        change(&mut signed);
        Input::FreezeSigned(signed)
    };
    assert_eq!(rule(opening.input(&sign(|s| s.freeze_id = digest(5, 1)))), "wrong-freeze");
    assert_eq!(rule(opening.input(&sign(|s| s.custodian = custodian(4)))), "unknown-custodian");
    assert_eq!(rule(opening.input(&sign(|s| s.cms = "not base64".to_owned()))), "shape");
    assert_eq!(rule(opening.input(&sign(|s| s.cms.clear()))), "shape");
    opening.input(&sign(|_| {})).unwrap();
    assert_eq!(rule(opening.input(&sign(|_| {}))), "already-done");
    let publish = opening.command(&host(), &Command::PublishBidders);
    assert_eq!(publish, Err(Refusal::FreezeIncomplete { signed: 1, quorum: 3 }));
    let mut early = Opening::at(Phase::IntakeClosed, 4);
    assert_eq!(rule(early.input(&freeze_signed(1))), "out-of-order");
}

/// Ruling 11: fewer than the quorum, at least k: wait, notice, two approvals.
#[test]
fn a_degraded_freeze_takes_its_time_and_two_approvals() {
    let mut opening = Opening::at(Phase::Freezing, 4);
    opening.input(&freeze_signed(1)).unwrap();
    let frozen = opening.now;
    assert_eq!(opening.state.next_due(), None);
    opening.now = frozen + 5_000;
    let alone = opening.input(&Input::FreezeTimeout);
    assert_eq!(alone, Err(Refusal::TooFewCustodians { signed: 1, need: 2 }));
    opening.now = frozen + 4_999;
    opening.input(&freeze_signed(2)).unwrap();
    assert_eq!(opening.state.next_due(), Some(at(frozen + 5_000)));
    assert_eq!(
        opening.input(&Input::FreezeTimeout),
        Err(Refusal::FreezeWaitRunning { wait: span(1) })
    );
    assert_eq!(rule(opening.command(&host(), &Command::ApproveDegraded)), "out-of-order");
    assert_eq!(rule(opening.input(&Input::NoticeOver)), "freeze-incomplete");

    opening.now = frozen + 5_000;
    opening.input(&Input::FreezeTimeout).unwrap();
    let notice = opening.state.degraded().unwrap().clone();
    assert_eq!(notice.absent, [custodian(3)]);
    assert_eq!(notice.notice_until, at(frozen + 7_000));
    opening.command(&host(), &Command::ApproveDegraded).unwrap();
    assert_eq!(rule(opening.command(&host(), &Command::ApproveDegraded)), "already-done");
    assert_eq!(rule(opening.command(&bidder(1), &Command::ApproveDegraded)), "wrong-role");
    assert_eq!(
        opening.input(&Input::NoticeOver),
        Err(Refusal::NoticeRunning { wait: span(2_000) })
    );
    assert_eq!(rule(opening.command(&host(), &Command::PublishBidders)), "freeze-incomplete");

    opening.now = frozen + 7_000;
    assert_eq!(opening.input(&Input::NoticeOver), Err(Refusal::ApprovalMissing));
    assert_eq!(opening.state.next_due(), None);
    let events = opening.command(&supervisor(), &Command::ApproveDegraded).unwrap();
    assert_eq!(events.len(), 2);
    let freeze = opening.state.freeze().unwrap();
    assert!(freeze.degraded);
    assert_eq!(freeze.signers, [custodian(1), custodian(2)]);
    assert_eq!(opening.state.phase(), Phase::Ready);
}

#[test]
fn the_notice_ends_by_itself_once_both_approved() {
    let mut opening = Opening::at(Phase::DegradedNotice, 4);
    opening.command(&supervisor(), &Command::ApproveDegraded).unwrap();
    opening.command(&host(), &Command::ApproveDegraded).unwrap();
    assert_eq!(opening.state.phase(), Phase::DegradedNotice);
    let until = opening.state.degraded().unwrap().notice_until;
    assert_eq!(opening.state.next_due(), Some(until));
    assert_eq!(opening.state.due(at(until.get() - 1)), None);
    opening.now = until.get();
    let owed = opening.state.due(until).unwrap();
    opening.write(&Actor::Hall, &owed);
    assert!(opening.state.freeze().unwrap().degraded);
}

#[test]
fn a_late_signature_ends_the_notice_without_degradation() {
    let mut opening = Opening::at(Phase::DegradedNotice, 4);
    let events = opening.input(&freeze_signed(2)).unwrap();
    assert_eq!(events.len(), 2);
    assert!(!opening.state.freeze().unwrap().degraded);
    assert_eq!(opening.state.phase(), Phase::Ready);
}

#[test]
fn too_few_bidders_fail_on_the_degraded_way_too() {
    let mut opening = Opening::at(Phase::DegradedNotice, 2);
    opening.command(&host(), &Command::ApproveDegraded).unwrap();
    opening.now += 2_000;
    let events = opening.command(&supervisor(), &Command::ApproveDegraded).unwrap();
    assert_eq!(events.last().map(Event::kind), Some(EventKind::TooFewBidders));
    assert_eq!(opening.state.phase(), Phase::Failed);
}

#[test]
fn a_custodian_may_sign_late_and_then_release() {
    let mut opening = Opening::at(Phase::DegradedNotice, 4);
    opening.command(&host(), &Command::ApproveDegraded).unwrap();
    opening.now += 2_000;
    opening.command(&supervisor(), &Command::ApproveDegraded).unwrap();
    opening.host(&Command::PublishBidders);
    opening.host(&Command::CheckSeals);
    opening.input(&Input::SealsChecked(seals(&opening.state))).unwrap();
    opening.host(&Command::StartUnsealing(Part::Price));
    let release = Input::PartialsReceived(partials(&opening.state, 2, Part::Price));
    assert_eq!(rule(opening.input(&release)), "unsigned-custodian");
    opening.input(&freeze_signed(2)).unwrap();
    opening.input(&release).unwrap();
    // The record tells who signed before the freeze was complete.
    assert_eq!(opening.state.freeze().unwrap().signers.len(), 2);
}
