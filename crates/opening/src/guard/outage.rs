//! Rules of an outage that custodians attest (ruling 12, ADR-0019).

use kaibiao_types::{CustodianIndex, UtcMillis};

use super::{Guard, fits};
use crate::event::{DeadlinePostponed, EventKind, OutageAttested};
use crate::limits;
use crate::refusal::{DataRule, Refusal};
use crate::state::State;
use crate::tender::OutageRule;

/// The silence of one custodian, as far as it counts.
type Silence = (UtcMillis, UtcMillis);

impl State {
    /// A custodian attests only silence that the rule asks for, and one after the other. Whether it is
    /// so, only the custodian knows; k of them together are believed, as in everything else.
    pub(super) fn outage_may_be_attested(&self, said: &OutageAttested, at: UtcMillis) -> Guard {
        let step = EventKind::OutageAttested;
        let rule = self.outage_rule().ok_or(Refusal::NoOutageRule)?;
        fits(step, DataRule::Number, self.outages.len() < limits::OUTAGES)?;
        fits(step, DataRule::Terms, self.deadline() == Some(said.deadline))?;
        let before = self.silences.get(&said.custodian).map_or(&[][..], Vec::as_slice);
        if before.iter().any(|(_, to)| said.from <= *to) {
            return Err(Refusal::AlreadyDone { step });
        }
        fits(step, DataRule::Number, before.len() < limits::SILENCES)?;
        // The clocks of hall and custodian differ a little; nobody attests what is still to come.
        let grace = self.published().map_or(kaibiao_types::Millis::ZERO, |lot| lot.grace_ms);
        let past = said.from < said.to && said.to <= at.plus(grace);
        let silence = counted(rule, said.deadline, (said.from, said.to));
        fits(step, DataRule::Silence, past && lasts(rule, silence))
    }

    /// The new deadline follows from the rule and from the time of the entry, and from nothing else.
    pub(super) fn outage_postponed(&self, to: &DeadlinePostponed, at: UtcMillis) -> Guard {
        let step = EventKind::OutagePostponed;
        let rule = self.outage_rule().ok_or(Refusal::NoOutageRule)?;
        let (have, need) = (self.silent_together(rule), self.k());
        if have < need {
            return Err(Refusal::OutageUnproven { have, need });
        }
        fits(step, DataRule::Number, self.outages.len() < limits::OUTAGES)?;
        fits(step, DataRule::Terms, self.outage_postponement(at).as_ref() == Some(to))
    }

    /// Whether k custodians attested an outage and the deadline is not postponed for it yet: then the
    /// intake is not closed.
    pub(crate) fn outage_owed(&self) -> bool {
        self.outage_rule().is_some_and(|rule| {
            self.outages.len() < limits::OUTAGES && self.silent_together(rule) >= self.k()
        })
    }

    /// The postponement at an instant. Bidders have the whole span also where the hall was away over the
    /// deadline.
    pub(crate) fn outage_postponement(&self, at: UtcMillis) -> Option<DeadlinePostponed> {
        let (rule, from) = (self.outage_rule()?, self.deadline()?);
        let deadline = from.max(at).plus(rule.postpone_by_ms);
        Some(DeadlinePostponed { no: self.next_postponement(), from, deadline })
    }

    /// What a custodian may attest of a silence now; `None` if the log asks for nothing of it. The
    /// signature is still to be made.
    pub fn outage_to_attest(
        &self,
        custodian: CustodianIndex,
        (from, to): (UtcMillis, UtcMillis),
        at: UtcMillis,
    ) -> Option<OutageAttested> {
        let deadline = self.deadline()?;
        let said = OutageAttested { custodian, deadline, from, to, cms: String::new() };
        let step = EventKind::OutageAttested;
        let order = self.order(step, at).and_then(|()| self.outage_may_be_attested(&said, at));
        order.is_ok().then_some(said)
    }

    /// The rule of the tender file, where there is one.
    pub fn outage_rule(&self) -> Option<&OutageRule> {
        self.published()?.outage.as_ref()
    }

    /// The most custodians that were without a new head at one time, for as long as the rule says:
    /// silences one after the other are no outage.
    fn silent_together(&self, rule: &OutageRule) -> usize {
        let Some(deadline) = self.deadline() else { return 0 };
        let holds = |silence: &Silence, from: UtcMillis| {
            let (begin, end) = counted(rule, deadline, *silence);
            begin <= from && end >= from.plus(rule.silent_ms)
        };
        // A common span begins where one of them begins.
        let begins = self.silences.values().flatten().map(|one| counted(rule, deadline, *one).0);
        let together = |from: UtcMillis| {
            self.silences.values().filter(|own| own.iter().any(|one| holds(one, from))).count()
        };
        begins.map(together).max().unwrap_or(0)
    }

    /// The custodians that attested an outage before the present deadline.
    pub fn outage_attested_by(&self) -> impl Iterator<Item = CustodianIndex> {
        self.silences.keys().copied()
    }
}

/// The part of a silence that lies within the rule's reach before the deadline.
fn counted(rule: &OutageRule, deadline: UtcMillis, (from, to): Silence) -> Silence {
    (from.max(deadline.minus(rule.within_ms)), to.min(deadline))
}

fn lasts(rule: &OutageRule, (from, to): Silence) -> bool {
    to >= from.plus(rule.silent_ms)
}
