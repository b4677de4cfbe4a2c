//! Rules from the deadline to the completed freeze (rulings 9 to 11).

use std::collections::{BTreeMap, BTreeSet};

use kaibiao_types::{BidSeq, CustodianIndex, Millis, OrgCode, Stage, UtcMillis};

use super::{Guard, bad, fits};
use crate::actor::Actor;
use crate::event::{
    BidStatus, EventKind, FreezeCompleted, FreezeDegraded, FreezeSigned, FrozenBid, IntakeClosed,
    SetFrozen, TooFewBidders,
};
use crate::refusal::{DataRule, Refusal};
use crate::state::{Approver, State};

impl State {
    /// The closing head covers the last tick, and at least k custodians cosigned it.
    pub(super) fn intake_closed(&self, head: &IntakeClosed) -> Guard {
        let step = EventKind::IntakeClosed;
        if self.outage_owed() {
            return Err(Refusal::PostponementOwed);
        }
        let covered = self.last_tick.is_some_and(|last| {
            head.tick == last.no && head.size > last.entry && head.size <= self.entries
        });
        fits(step, DataRule::ClosingHead, covered)?;
        let distinct: BTreeSet<&String> = head.cosignatures.iter().collect();
        let enough = distinct.len() >= self.k() && distinct.len() == head.cosignatures.len();
        fits(step, DataRule::Cosignatures, enough)
    }

    pub(super) fn set_frozen(&self, set: &SetFrozen) -> Guard {
        let step = EventKind::SetFrozen;
        let rule = |rule, holds| fits(step, rule, holds);
        let lot = self.published().ok_or(bad(step, DataRule::FreezeRound))?;
        rule(DataRule::FreezeRound, set.round == lot.round_no())?;
        let invited = |bid: &FrozenBid| lot.may_bid(&bid.bidder.code);
        rule(DataRule::Invited, set.bids.iter().all(invited))?;
        let head = self.intake.ok_or(bad(step, DataRule::FreezeHead))?;
        rule(DataRule::FreezeHead, set.size == head.size && set.root == head.root)?;
        let place = |bid: &FrozenBid| (bid.place.tick, bid.place.no);
        let pairs = || set.bids.iter().zip(set.bids.iter().skip(1));
        rule(DataRule::BidOrder, pairs().all(|(one, next)| place(one) <= place(next)))?;
        let unique = pairs().all(|(one, next)| place(one) != place(next))
            && distinct(set, |bid| bid.manifest_sha256)
            && distinct(set, |bid| (&bid.bidder.code, bid.seq));
        rule(DataRule::BidDuplicate, unique)?;
        // 招标投标法 art. 28 ¶2: late bids are refused; complete in the millisecond of the deadline
        // is late (ruling 9).
        let deadline = self.deadline().unwrap_or(UtcMillis::EPOCH);
        let in_time = |bid: &FrozenBid| bid.completed_at < deadline && bid.place.tick <= head.tick;
        rule(DataRule::BidLate, set.bids.iter().all(in_time))?;
        let last = self.published().and_then(|lot| lot.stages().last());
        let objects = |bid: &FrozenBid| last.is_some_and(|last| objects_fit(bid, last));
        rule(DataRule::BidObjects, set.bids.iter().all(objects))?;
        rule(DataRule::BidStatus, statuses_fit(set))?;
        let current: BTreeSet<&OrgCode> = set
            .bids
            .iter()
            .filter(|bid| bid.status == BidStatus::Current)
            .map(|bid| &bid.bidder.code)
            .collect();
        rule(DataRule::BidderCount, usize::try_from(set.bidders) == Ok(current.len()))
    }

    pub(super) fn freeze_signed(&self, signed: &FreezeSigned) -> Guard {
        if self.frozen().is_none_or(|set| set.freeze_id != signed.freeze_id) {
            return Err(Refusal::WrongFreeze);
        }
        if self.signers.contains(&signed.custodian) {
            return Err(Refusal::AlreadyDone { step: EventKind::FreezeSigned });
        }
        Ok(())
    }

    /// Ruling 11: after the wait, with fewer than the quorum and at least k.
    pub(super) fn freeze_degraded(&self, notice: &FreezeDegraded, at: UtcMillis) -> Guard {
        let step = EventKind::FreezeDegraded;
        let wait = self.freeze_wait_until();
        if at < wait {
            let wait = wait.since(at).unwrap_or(Millis::ZERO);
            return Err(Refusal::FreezeWaitRunning { wait });
        }
        self.at_least_k_signed()?;
        fits(step, DataRule::Absent, notice.absent == self.absent() && !notice.absent.is_empty())?;
        let length = self.published().map_or(Millis::ZERO, |lot| lot.notice_ms);
        fits(step, DataRule::NoticeLength, notice.notice_until >= at.plus(length))
    }

    pub(super) fn degraded_approved(&self, by: &Actor) -> Guard {
        let approver = match by {
            Actor::Supervisor(_) => Approver::Supervisor,
            _ => Approver::Host,
        };
        if self.approvals.contains(&approver) {
            return Err(Refusal::AlreadyDone { step: EventKind::DegradedApproved });
        }
        Ok(())
    }

    /// The quorum of ruling 11, so that k - 1 double signers cannot make two freezes; or the
    /// degraded way: at least k, the notice over, host and supervisor approved.
    pub(super) fn freeze_completed(&self, freeze: &FreezeCompleted, at: UtcMillis) -> Guard {
        let step = EventKind::FreezeCompleted;
        fits(step, DataRule::Signers, freeze.signers.iter().eq(&self.signers))?;
        let (signed, quorum) = (self.signers.len(), self.quorum());
        if signed >= quorum {
            return fits(step, DataRule::Signers, !freeze.degraded);
        }
        let Some(notice) = self.degraded.as_ref().filter(|_| freeze.degraded) else {
            return Err(Refusal::FreezeIncomplete { signed, quorum });
        };
        self.at_least_k_signed()?;
        if at < notice.notice_until {
            let wait = notice.notice_until.since(at).unwrap_or(Millis::ZERO);
            return Err(Refusal::NoticeRunning { wait });
        }
        if self.both_approved() { Ok(()) } else { Err(Refusal::ApprovalMissing) }
    }

    pub(super) fn too_few_bidders(&self, count: &TooFewBidders) -> Guard {
        let min = self.published().map_or(0, |lot| lot.min_bidders);
        let right = count.bidders == self.distinct_bidders() && count.min == min;
        fits(EventKind::TooFewBidders, DataRule::BidderCount, right)
    }

    pub(crate) fn both_approved(&self) -> bool {
        self.approvals.contains(&Approver::Host) && self.approvals.contains(&Approver::Supervisor)
    }

    /// The custodians that have not signed, ascending.
    pub(crate) fn absent(&self) -> Vec<CustodianIndex> {
        (1..=self.n())
            .filter_map(|number| CustodianIndex::new(number).ok())
            .filter(|index| !self.signers.contains(index))
            .collect()
    }

    fn at_least_k_signed(&self) -> Guard {
        let (signed, need) = (self.signers.len(), self.k());
        if signed >= need { Ok(()) } else { Err(Refusal::TooFewCustodians { signed, need }) }
    }
}

fn distinct<'a, K: Ord>(set: &'a SetFrozen, key: impl Fn(&'a FrozenBid) -> K) -> bool {
    set.bids.iter().map(key).collect::<BTreeSet<K>>().len() == set.bids.len()
}

/// One object per part of each envelope that the tender has; a current bid has at least one.
fn objects_fit(bid: &FrozenBid, last: Stage) -> bool {
    let parts: BTreeSet<_> = bid.objects.iter().map(|object| (object.stage, object.part)).collect();
    parts.len() == bid.objects.len()
        && bid.objects.iter().all(|object| object.stage <= last)
        && (bid.status != BidStatus::Current || !parts.is_empty())
}

/// Ruling 10: only a bidder's last version is current. Any other points to the bidder's own manifest
/// that superseded or withdrew it; a withdrawal has no objects and points to itself.
fn statuses_fit(set: &SetFrozen) -> bool {
    let by_manifest: BTreeMap<_, _> =
        set.bids.iter().map(|bid| (bid.manifest_sha256, bid)).collect();
    let mut last: BTreeMap<&OrgCode, BidSeq> = BTreeMap::new();
    for bid in &set.bids {
        let newest = last.entry(&bid.bidder.code).or_insert(bid.seq);
        *newest = (*newest).max(bid.seq);
    }
    set.bids.iter().all(|bid| {
        let newest = last.get(&bid.bidder.code) == Some(&bid.seq);
        let by = bid.by.and_then(|by| by_manifest.get(&by));
        let by = by.filter(|by| by.bidder.code == bid.bidder.code);
        match (bid.status, by) {
            (BidStatus::Current, None) => bid.by.is_none() && newest,
            (BidStatus::Superseded, Some(by)) => by.seq > bid.seq && !by.objects.is_empty(),
            (BidStatus::Withdrawn, Some(by)) => by.seq >= bid.seq && by.objects.is_empty(),
            _ => false,
        }
    })
}
