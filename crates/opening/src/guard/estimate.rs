//! Rules of the base estimate (标底; 条例 art. 27, ADR-0022).

use super::{Guard, fits};
use crate::estimate::HOST_GARBAGE;
use crate::event::{EstimateSealed, EventKind, PublishedEstimate, Verdict};
use crate::limits;
use crate::refusal::{DataRule, Refusal};
use crate::state::State;

impl State {
    /// 条例 art. 27: at most one counts; a new one takes the place of the last.
    pub(super) fn estimate_may_be_sealed(&self, sealed: &EstimateSealed) -> Guard {
        let step = EventKind::EstimateSealed;
        if !self.published().is_some_and(|lot| lot.base_estimate) {
            return Err(Refusal::NoEstimate);
        }
        let next = sealed.no == self.next_estimate() && sealed.no <= limits::ESTIMATES;
        fits(step, DataRule::Number, next)
    }

    /// It is published with the prices of its envelope, and no state of it keeps them back: what did
    /// not open is said and named (条例 art. 50).
    pub(super) fn estimate_fits(&self, published: Option<&PublishedEstimate>) -> Guard {
        let step = EventKind::PricesPublished;
        let (Some(sealed), Some(lot)) = (self.estimate_here(), self.published()) else {
            return fits(step, DataRule::Estimate, published.is_none());
        };
        let judged = |published: &&PublishedEstimate| {
            published.sha256 == sealed.sha256
                && published.is_judged_rightly(&lot.estimate_rules(&self.lot))
        };
        let Some(published) = published.filter(judged) else {
            return Err(super::bad(step, DataRule::Estimate));
        };
        let (have, need) = (self.estimate_partials.len(), self.k());
        if have >= need {
            return Ok(());
        }
        if published.verdict != Verdict::NotOpened {
            return Err(Refusal::CustodyIncomplete { have, need });
        }
        let blames_host = published.label.as_deref() == Some(HOST_GARBAGE);
        fits(step, DataRule::Blame, !blames_host)
    }
}
