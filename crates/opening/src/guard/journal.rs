//! Rules of the custodians' signed journals (ruling 19).

use kaibiao_types::JournalMoment;

use super::Guard;
use crate::event::{EventKind, JournalSigned};
use crate::refusal::Refusal;
use crate::state::State;

impl State {
    /// Each custodian signs once at the freeze, which it has countersigned by then, and once at the
    /// end, before it states that its share is destroyed: after that statement it writes nothing.
    pub(super) fn journal_signed(&self, signed: &JournalSigned) -> Guard {
        let step = EventKind::JournalSigned;
        let in_order = match signed.moment {
            JournalMoment::Freeze => {
                !self.phase.is_final() && self.signers.contains(&signed.custodian)
            }
            JournalMoment::Close => {
                self.phase.is_final() && !self.destroyed.contains_key(&signed.custodian)
            }
        };
        if self.journals.contains_key(&(signed.custodian, signed.moment)) {
            Err(Refusal::AlreadyDone { step })
        } else if in_order {
            Ok(())
        } else {
            Err(Refusal::OutOfOrder { step, phase: self.phase })
        }
    }
}
