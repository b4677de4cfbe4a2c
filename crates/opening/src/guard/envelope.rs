//! Rules between two envelopes: who passed, by two persons, and when the opening goes on.

use std::collections::BTreeSet;

use kaibiao_types::{OrgCode, UtcMillis};

use super::{Guard, fits};
use crate::event::{EnvelopeClosed, EventKind, OpeningReconvened, PassedApproved, PassedListed};
use crate::limits;
use crate::refusal::{DataRule, Refusal};
use crate::state::State;

impl State {
    /// 招标投标法 art. 36 ¶2: what was received in time is opened, so an envelope is not left with
    /// documents in it that are sealed.
    pub(super) fn envelope_may_close(&self, closed: &EnvelopeClosed) -> Guard {
        fits(EventKind::EnvelopeClosed, DataRule::Stage, closed.stage == self.stage)?;
        self.nothing_sealed()
    }

    /// Everybody whose envelope was opened stands in the list once: passed, or not and why.
    pub(super) fn passed_may_be_listed(&self, list: &PassedListed, at: UtcMillis) -> Guard {
        let step = EventKind::PassedListed;
        if self.passed().is_some() {
            return Err(Refusal::AlreadyDone { step });
        }
        fits(step, DataRule::Stage, list.stage == self.stage)?;
        let bounded = list.no <= limits::PASSED_LISTS;
        fits(step, DataRule::Number, bounded && list.no == self.next_list())?;
        let passed: BTreeSet<&OrgCode> = list.passed.iter().collect();
        let opened: BTreeSet<&OrgCode> = self.may_pass().collect();
        if let Some(sealed) = passed.difference(&opened).next() {
            return Err(Refusal::CannotPass { bidder: (*sealed).clone() });
        }
        let bidders = || self.current_bids().map(|bid| &bid.bidder.code);
        let in_order = bidders().filter(|code| passed.contains(code)).eq(&list.passed)
            && bidders()
                .filter(|code| !passed.contains(code))
                .eq(list.failed.iter().map(|failed| &failed.bidder));
        fits(step, DataRule::Passed, in_order)?;
        if list.passed.is_empty() {
            return Err(Refusal::NobodyPassed);
        }
        // 评标委员会和评标方法暂行规定 art. 27: with fewer than three the evaluation may reject all bids;
        // where it does not, it says why.
        let few = u32::try_from(list.passed.len()).is_ok_and(|count| count < limits::BIDDERS_MIN);
        match &list.reason {
            None if few => return Err(Refusal::FewPassed { passed: list.passed.len() }),
            Some(_) if !few => return fits(step, DataRule::Passed, false),
            _ => {}
        }
        fits(step, DataRule::Passed, list.reconvene_at >= at)
    }

    /// The supervisor approves just the list that waits (ruling 14).
    pub(super) fn passed_may_be_approved(&self, approved: &PassedApproved) -> Guard {
        let waits =
            |asked: &PassedListed| asked.no == approved.no && asked.passed == approved.passed;
        if self.passed_asked().is_some_and(waits) {
            Ok(())
        } else {
            Err(Refusal::NoSuchList { no: approved.no })
        }
    }

    /// Only the next envelope, with an approved list, and not before the time that was announced.
    pub(super) fn may_reconvene(&self, next: &OpeningReconvened, at: UtcMillis) -> Guard {
        let Some(passed) = self.passed() else { return Err(Refusal::PassedMissing) };
        let from = passed.list.reconvene_at;
        if at < from {
            let wait = from.since(at).unwrap_or(kaibiao_types::Millis::ZERO);
            return Err(Refusal::ReconveneLater { wait });
        }
        fits(EventKind::OpeningReconvened, DataRule::Stage, Some(next.stage) == self.stage_after())
    }
}
