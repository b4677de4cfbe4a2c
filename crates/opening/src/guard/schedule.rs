//! Rules of a postponement (延期, ruling 12) and of a confirmed time (ruling 13).

use kaibiao_types::UtcMillis;

use super::{Guard, bad, fits};
use crate::event::{DeadlinePostponed, EventKind, PostponementAsked, TimeConfirmed};
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

    /// The host confirms the opening time that counts, once.
    pub(super) fn time_confirmation_asked(&self, time: &TimeConfirmed) -> Guard {
        let step = EventKind::TimeConfirmationAsked;
        if self.time_asked.is_some() {
            return Err(Refusal::AlreadyDone { step });
        }
        fits(step, DataRule::Terms, self.deadline() == Some(time.deadline))
    }

    /// The supervisor confirms just what the host did, once.
    pub(super) fn time_confirmed_by_supervisor(&self, time: &TimeConfirmed) -> Guard {
        let step = EventKind::TimeConfirmed;
        match &self.time_asked {
            None => Err(Refusal::TimeNotAsked),
            Some(_) if self.time_confirmed.is_some() => Err(Refusal::AlreadyDone { step }),
            Some(asked) => fits(step, DataRule::Terms, asked == time),
        }
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
