//! Rules of a postponement (延期, ruling 12).

use kaibiao_types::UtcMillis;

use super::{Guard, bad, fits};
use crate::event::{DeadlinePostponed, EventKind, PostponementAsked};
use crate::limits;
use crate::refusal::{DataRule, Refusal};
use crate::state::State;

impl State {
    /// The host asks with the next number, for a later deadline. A new request takes the place of
    /// one that waits.
    pub(super) fn asked_postponement(&self, asked: &PostponementAsked, at: UtcMillis) -> Guard {
        let step = EventKind::PostponementAsked;
        let bounded = self.postponements.len() < limits::POSTPONEMENTS;
        fits(step, DataRule::Number, bounded && asked.no == self.next_postponement())?;
        self.later(asked.deadline, at)
    }

    /// The supervisor approves just what was asked for, while it still lies ahead.
    pub(super) fn deadline_postponed(&self, to: &DeadlinePostponed, at: UtcMillis) -> Guard {
        let waits = |asked: &PostponementAsked| asked.no == to.no && asked.deadline == to.deadline;
        if !self.asked.as_ref().is_some_and(waits) {
            return Err(Refusal::NoSuchPostponement { no: to.no });
        }
        let from = self.deadline().ok_or(bad(EventKind::DeadlinePostponed, DataRule::Terms))?;
        fits(EventKind::DeadlinePostponed, DataRule::Terms, to.from == from)?;
        self.later(to.deadline, at)
    }

    pub(crate) fn next_postponement(&self) -> u32 {
        // At most limits::POSTPONEMENTS are accepted, so the count fits.
        u32::try_from(self.postponements.len()).map_or(u32::MAX, |count| count.saturating_add(1))
    }

    /// Later than the present deadline, and not over before it begins.
    fn later(&self, deadline: UtcMillis, at: UtcMillis) -> Guard {
        let least = self.deadline().unwrap_or(UtcMillis::EPOCH).max(at);
        if deadline > least { Ok(()) } else { Err(Refusal::NotLater { deadline: least }) }
    }
}
