//! Rules of a decided fault: 撤销 and 撤回 follow from it, so evidence comes first (ruling 21).

use kaibiao_types::Fault;

use super::Guard;
use crate::event::{EventKind, FaultDecided};
use crate::refusal::Refusal;
use crate::state::State;

impl State {
    /// 电子招标投标办法 art. 31: a person decides where the evidence is silent, and only there. What
    /// was left open may be decided later; what was decided stays.
    pub(super) fn fault_may_be_decided(&self, decided: &FaultDecided) -> Guard {
        if !self.evidence_is_silent(&decided.bidder, decided.part) {
            return Err(Refusal::NoOpenFault);
        }
        match self.fault_decision(&decided.bidder, decided.part) {
            Some(before) if before.fault != Fault::Undetermined => {
                Err(Refusal::AlreadyDone { step: EventKind::FaultDecided })
            }
            _ => Ok(()),
        }
    }

    /// Whether the record waits for a decision: where the tender file says that it does.
    pub(super) fn faults_undecided(&self) -> Option<Refusal> {
        self.published().filter(|lot| lot.decide_faults)?;
        let open = self.faults_open();
        let bidders = open.into_iter().map(|(bidder, _)| bidder).collect::<Vec<_>>();
        (!bidders.is_empty()).then_some(Refusal::FaultsOpen { bidders })
    }
}
