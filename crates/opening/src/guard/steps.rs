//! Rules of the list of steps (ADR-0017) and of what the host states about bidders and ceiling.

use super::{Guard, fits};
use crate::event::{BidderChecked, CeilingAnnounced, EventKind};
use crate::phase::Phase;
use crate::refusal::{DataRule, Refusal};
use crate::state::State;
use crate::tender::{ListedStep, ORIGINAL_STEPS, Step};

impl State {
    /// The steps of this lot between the complete freeze and the record, in their order.
    pub fn steps(&self) -> &[ListedStep] {
        match self.published() {
            Some(lot) if !lot.steps_of(self.stage).is_empty() => lot.steps_of(self.stage),
            _ => ORIGINAL_STEPS,
        }
    }

    /// What may be done next, once the freeze is complete: optional steps, then the first that may
    /// not be left out.
    pub fn next_steps(&self) -> Vec<ListedStep> {
        let open = |listed: &&ListedStep| !self.done(listed.step);
        // What was left out before the step that was begun last is over; that step may still go on.
        let last = self.steps().iter().rposition(|listed| self.begun(listed.step)).unwrap_or(0);
        let mut next = Vec::new();
        for listed in self.steps().iter().skip(last).filter(open) {
            next.push(*listed);
            if !listed.optional {
                break;
            }
        }
        next
    }

    /// A step is taken in its place: all that come before it and may not be left out are done, and
    /// neither is it done itself nor has one begun that comes after it.
    pub(super) fn turn(&self, step: Step, kind: EventKind) -> Guard {
        let list = self.steps();
        let Some(place) = list.iter().position(|listed| listed.step == step) else {
            return Err(Refusal::StepNotListed { step });
        };
        let owed =
            list.iter().take(place).find(|listed| !listed.optional && !self.done(listed.step));
        if let Some(owed) = owed {
            return Err(Refusal::StepTurn { next: owed.step });
        }
        let mut later = list.iter().skip(place.saturating_add(1));
        if self.done(step) || later.any(|listed| self.begun(listed.step)) {
            return Err(Refusal::OutOfOrder { step: kind, phase: self.phase });
        }
        Ok(())
    }

    /// What the host found about one bidder, in the step's place. A finding may be put right until
    /// the record: the earlier one stays in the log.
    pub(super) fn bidder_checked(&self, check: &BidderChecked) -> Guard {
        let step = EventKind::BidderChecked;
        if self.current_bid(&check.bidder).is_none() {
            return Err(Refusal::NoSuchBidder { bidder: check.bidder.clone() });
        }
        if !check.is_explained() {
            return Err(Refusal::ReasonMissing);
        }
        match self.checks.get(&check.bidder) {
            None => self.turn(Step::CheckBidders, step),
            Some((earlier, _)) if earlier == check => Err(Refusal::AlreadyDone { step }),
            Some(_) => Ok(()),
        }
    }

    /// Ruling 27: the ceiling stands in the signed tender file; only that amount is announced.
    pub(super) fn ceiling_fits(&self, said: &CeilingAnnounced) -> Guard {
        let step = EventKind::CeilingAnnounced;
        let ceiling = self.published().and_then(|lot| lot.ceiling).ok_or(Refusal::NoCeiling)?;
        let right = said.ceiling == ceiling && said.capital == ceiling.capital();
        fits(step, DataRule::Ceiling, right)
    }

    fn done(&self, step: Step) -> bool {
        match step {
            Step::PublishBidders => self.bidders_published.is_some(),
            // Only current bidders are checked.
            Step::CheckBidders => {
                self.frozen().is_some() && self.checks.len() == self.current.len()
            }
            Step::CheckSeals => self.seals.is_some(),
            Step::BidderWindow => self.bidder_window_is_shut(),
            Step::AnnounceCeiling => self.ceiling_announced.is_some(),
            Step::UnsealPrices => self.published_bids.is_some(),
            Step::ReadPrices => {
                matches!(
                    self.phase,
                    Phase::Read | Phase::RecordGenerated | Phase::Adjourned | Phase::Closed
                )
            }
            Step::Record => self.record().is_some(),
        }
    }

    pub(crate) fn begun(&self, step: Step) -> bool {
        match step {
            Step::CheckBidders => !self.checks.is_empty(),
            Step::BidderWindow => self.bidder_window.is_some(),
            Step::UnsealPrices => self.prices.started,
            Step::ReadPrices => self.read > 0 || self.done(step),
            step => self.done(step),
        }
    }
}
