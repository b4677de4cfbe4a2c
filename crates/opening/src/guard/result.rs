//! Rules of the last session (复会, ADR-0024): the result is told after the close.

use std::collections::BTreeSet;

use kaibiao_types::{OrgCode, UtcMillis};

use super::{Guard, fits};
use crate::event::{EventKind, ResultAnnounced, ResultAnswered};
use crate::limits;
use crate::refusal::{DataRule, Refusal};
use crate::state::State;

impl State {
    /// Why no result is told in this phase.
    pub(super) fn result_refused(&self) -> Refusal {
        if self.result_terms().is_some() { Refusal::ResultEarly } else { Refusal::NoResultSession }
    }

    /// Everybody who has a current bid stands in one of the two lists and only there. Nobody is ranked
    /// whose last envelope did not open: what nobody read, nobody evaluated.
    pub(super) fn result_may_be_told(&self, told: &ResultAnnounced, at: UtcMillis) -> Guard {
        let step = EventKind::ResultAnnounced;
        let terms = self.result_session().ok_or(Refusal::NoResultSession)?;
        let bounded = told.no <= limits::RESULTS;
        fits(step, DataRule::Number, bounded && told.no == self.next_result())?;
        let ranked: BTreeSet<&OrgCode> = told.ranked.iter().collect();
        let rejected = told.rejected.iter().map(|one| &one.bidder);
        let named: BTreeSet<&OrgCode> = told.ranked.iter().chain(rejected).collect();
        let once = named.len() == told.ranked.len().saturating_add(told.rejected.len());
        fits(step, DataRule::Ranking, once && named.into_iter().eq(self.bidders()))?;
        let opened: BTreeSet<&OrgCode> = self.may_pass().collect();
        if let Some(shut) = ranked.difference(&opened).next() {
            return Err(Refusal::CannotRank { bidder: (*shut).clone() });
        }
        fits(step, DataRule::Window, told.until == at.plus(terms.answer_ms))
    }

    /// Once for each bidder and announcement, to the newest one, and before its time is up.
    pub(super) fn result_may_be_answered(&self, answer: &ResultAnswered, at: UtcMillis) -> Guard {
        let newest = self.result().last().filter(|newest| newest.told.no == answer.no);
        let newest = newest.ok_or(Refusal::NoSuchResult { no: answer.no })?;
        if newest.answers.contains_key(&answer.bidder) {
            return Err(Refusal::AlreadyDone { step: EventKind::ResultAnswered });
        }
        if at < newest.told.until { Ok(()) } else { Err(Refusal::ResultAnswersOver) }
    }
}
