//! Rules from the announced bidders to the published prices and opened documents.

use std::collections::BTreeSet;

use kaibiao_types::{Digest, Fault, Part};

use super::{Guard, bad, fits};
use crate::event::{
    BiddersPublished, DocumentsOpened, EventKind, FrozenBid, OpenedDocument, PartialsReceived,
    PricesPublished, PublishedBid, SealsChecked, UnsealingStarted, Verdict,
};
use crate::refusal::{DataRule, Refusal};
use crate::state::State;

impl State {
    pub(super) fn bidders_announced(&self, list: &BiddersPublished) -> Guard {
        let right = list.bidders.iter().eq(self.current_bids().map(|bid| &bid.bidder));
        fits(EventKind::BiddersPublished, DataRule::BidderList, right)
    }

    /// 招标投标法 art. 36 ¶1: every sealed object of every current bid, whatever the result.
    pub(super) fn seals_checked(&self, seals: &SealsChecked) -> Guard {
        let asked = self
            .sealed_objects()
            .map(|(bid, object)| (&bid.bidder.code, self.named_stage(object.stage), object.part));
        let answered =
            seals.results.iter().map(|result| (&result.bidder, result.stage, result.part));
        let reasons = seals.results.iter().all(|result| result.sealed == result.label.is_none());
        fits(EventKind::SealsChecked, DataRule::SealResults, asked.eq(answered) && reasons)
    }

    pub(super) fn unsealing_may_start(&self, start: &UnsealingStarted) -> Guard {
        let step = EventKind::UnsealingStarted;
        let part = start.part;
        fits(step, DataRule::Stage, start.stage == self.stage)?;
        let track = match part {
            Part::Price | Part::Documents => self.track(part),
            Part::Signals => None,
        };
        let Some(track) = track else { return Err(Refusal::NothingToUnseal { part }) };
        if track.started {
            return Err(Refusal::AlreadyDone { step });
        }
        // Documents wait for the prices: 电子招标投标办法 art. 30 publishes the prices when the
        // decryption is through, and nothing may delay that.
        if part == Part::Documents && !self.phase.prices_public() {
            return Err(Refusal::OutOfOrder { step, phase: self.phase });
        }
        if self.current_bids().any(|bid| bid.object(self.stage, part).is_some()) {
            Ok(())
        } else {
            Err(Refusal::NothingToUnseal { part })
        }
    }

    /// A custodian that has not signed the freeze may not release for it (crypto.md 3.9, R2).
    pub(super) fn partials_fit(&self, partials: &PartialsReceived) -> Guard {
        let step = EventKind::PartialsReceived;
        let index = partials.custodian;
        let Some(unsealing) = self.unsealing_begun() else {
            return Err(Refusal::OutOfOrder { step, phase: self.phase });
        };
        if partials.part != unsealing.part {
            return Err(Refusal::OutOfOrder { step, phase: self.phase });
        }
        fits(step, DataRule::Stage, partials.stage == unsealing.stage)?;
        if partials.freeze_id != unsealing.freeze_id {
            return Err(Refusal::WrongFreeze);
        }
        if !self.signers.contains(&index) {
            return Err(Refusal::UnsignedCustodian { index });
        }
        if self.track(partials.part).is_some_and(|track| track.released.contains_key(&index)) {
            return Err(Refusal::AlreadyDone { step });
        }
        let bids = unsealing.bids.iter().map(|bid| bid.manifest_sha256);
        let open: BTreeSet<Digest> = bids.chain(unsealing.estimate).collect();
        let count = usize::try_from(partials.count).unwrap_or(usize::MAX);
        let right = match (partials.part, &partials.partials) {
            // Ruling 19: the whole set is in the log before anything is combined.
            (Part::Price, Some(list)) => {
                let bids: BTreeSet<Digest> = list.iter().map(|p| p.manifest_sha256).collect();
                bids.len() == list.len() && bids.is_subset(&open) && list.len() == count
            }
            // Ruling 23: the partials of documents are not public.
            (Part::Documents, None) => count <= open.len(),
            _ => false,
        };
        let right = right && self.escrow_partials_fit(partials);
        fits(step, DataRule::PartialSet, right && count > 0)
    }

    /// Promise 6: all prices in one step, each following from its plaintext.
    pub(super) fn prices_fit(&self, prices: &PricesPublished) -> Guard {
        let step = EventKind::PricesPublished;
        let Some(lot) = self.published() else {
            return Err(Refusal::OutOfOrder { step, phase: self.phase });
        };
        let current: Vec<&FrozenBid> = self.current_bids().collect();
        fits(step, DataRule::Verdict, current.len() == prices.bids.len())?;
        let rules = lot.sheet_rules(&self.lot, self.stage);
        for (bid, published) in current.into_iter().zip(&prices.bids) {
            let judged = published.is_judged_rightly(&rules, lot.ceiling, bid);
            fits(step, DataRule::Verdict, judged)?;
            self.custody_spoke(step, Part::Price, bid, &price_claim(published))?;
            let opened = published.verdict != Verdict::NotOpened;
            self.lock_spoke(step, bid, (opened, published.label.as_deref(), published.fault))?;
        }
        self.estimate_fits(prices.estimate.as_ref())
    }

    pub(super) fn documents_fit(&self, documents: &DocumentsOpened) -> Guard {
        let step = EventKind::DocumentsOpened;
        if self.unsealing_part() != Some(Part::Documents) {
            return Err(Refusal::OutOfOrder { step, phase: self.phase });
        }
        let has_documents = |bid: &&FrozenBid| bid.object(self.stage, Part::Documents).is_some();
        let with: Vec<&FrozenBid> = self.current_bids().filter(has_documents).collect();
        fits(step, DataRule::Verdict, with.len() == documents.bids.len())?;
        for (bid, opened) in with.into_iter().zip(&documents.bids) {
            let same = opened.bidder == bid.bidder.code
                && opened.manifest_sha256 == bid.manifest_sha256
                && document_is_consistent(opened);
            fits(step, DataRule::Verdict, same)?;
            let claim = Claim { opened: opened.verdict == Verdict::Opened, fault: opened.fault };
            self.custody_spoke(step, Part::Documents, bid, &claim)?;
            self.lock_spoke(step, bid, (claim.opened, opened.label.as_deref(), opened.fault))?;
        }
        Ok(())
    }

    /// What opened was opened by at least k custodians. What did not open for want of custodians is
    /// not blamed on the bidder (ruling 21), and is not given up while k may still be reached.
    fn custody_spoke(&self, step: EventKind, part: Part, bid: &FrozenBid, claim: &Claim) -> Guard {
        if bid.object(self.stage, part).is_none() {
            return fits(step, DataRule::Verdict, !claim.opened);
        }
        let Some(track) = self.track(part) else { return Err(bad(step, DataRule::Verdict)) };
        let have = track
            .released
            .values()
            .filter(|bids| part == Part::Documents || bids.contains(&bid.manifest_sha256))
            .count();
        let need = self.k();
        if have >= need {
            return Ok(());
        }
        let outstanding = self
            .signers
            .iter()
            .filter(|index| !track.released.contains_key(index) && !track.refused.contains(index))
            .count();
        if claim.opened || have + outstanding >= need {
            return Err(Refusal::CustodyIncomplete { have, need });
        }
        fits(step, DataRule::Blame, claim.fault != Some(Fault::Bidder))
    }
}

/// What an entry claims about one bid.
struct Claim {
    opened: bool,
    fault: Option<Fault>,
}

fn price_claim(published: &PublishedBid) -> Claim {
    Claim { opened: published.verdict != Verdict::NotOpened, fault: published.fault }
}

fn document_is_consistent(opened: &OpenedDocument) -> bool {
    match opened.verdict {
        Verdict::Opened => {
            opened.label.is_none()
                && opened.fault.is_none()
                && opened.plain_sha256.is_some()
                && opened.plain_len.is_some()
        }
        Verdict::NotOpened => {
            opened.label.is_some()
                && opened.fault.is_some()
                && opened.plain_sha256.is_none()
                && opened.plain_len.is_none()
        }
        Verdict::BadFormat => false,
    }
}
