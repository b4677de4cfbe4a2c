//! Rules of a round of sealed prices (ADR-0023).

use super::{Guard, fits};
use crate::event::{EventKind, RoundApproved};
use crate::refusal::{DataRule, Refusal};
use crate::state::State;

impl State {
    /// The supervisor approves just those that the tender file invites, once.
    pub(super) fn round_may_be_approved(&self, approved: &RoundApproved) -> Guard {
        let step = EventKind::RoundApproved;
        let round = self.published().and_then(|lot| lot.round.as_ref()).ok_or(Refusal::NoRound)?;
        if self.round_approved.is_some() {
            return Err(Refusal::AlreadyDone { step });
        }
        let invited = round.invited.iter().map(|party| &party.code);
        fits(step, DataRule::Invited, approved.no == round.no && invited.eq(&approved.invited))
    }

    /// Whether a round waits for the second person.
    pub(super) fn round_unapproved(&self) -> bool {
        self.round_approved.is_none() && self.published().is_some_and(|lot| lot.round.is_some())
    }
}
