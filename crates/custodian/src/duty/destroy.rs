//! The end of a lot: the share goes, then the signed journal and the statement that it went, then
//! the cosigning key (ruling 17).

use std::time::Instant;

use kaibiao_custody::Holding;
use kaibiao_types::JournalMoment;
use kaibiao_wire::{B64, DestructionPost};

use super::journals::Handover;
use super::release::AGAIN;
use super::{Duty, Lot, LotError, by_rule};
use crate::keys::Text;

const REQUEST: &str = "destruction";

impl Lot {
    /// What is due after the end: destroys share and static key, then says so until the log has it,
    /// then destroys the cosigning key once no head is to be cosigned any more.
    pub(super) fn end(&mut self) -> Result<Duty, LotError> {
        let clock = self.now();
        let Some((opening, custodian)) = self.opening.as_mut().zip(self.seat) else {
            return Ok(Duty::Nothing);
        };
        let memory = self.journal.memory();
        let due =
            opening.custody.destroy(&opening.replay, memory, clock).map_err(by_rule(REQUEST))?;
        if memory.holding() == Holding::Share {
            self.journal.write(&due.before)?;
            // Dropped, and so wiped, where it lies: taken out it would leave its bytes behind.
            opening.share = None;
            opening.material = None;
            self.keys = None;
            self.shared.store.folder(&self.key)?.destroy_share()?;
            self.journal.write(&due.after)?;
            tracing::info!(lot = %self.key, "the share is destroyed");
        }
        if opening.replay.state().destroyed().contains_key(&custodian) {
            return self.retire();
        }
        // It covers the destruction; afterwards the log takes nothing of this custodian any more.
        match self.hand_over(JournalMoment::Close)? {
            Handover::Due(duty) => return Ok(duty),
            Handover::Rest => return Ok(Duty::Nothing),
            Handover::Done => {}
        }
        let sent = self.opening.as_ref().and_then(|opening| opening.sent.destruction);
        if sent.is_some_and(|sent| sent.elapsed() < AGAIN) {
            return Ok(Duty::Nothing);
        }
        let cms = self.shared.sign_at(due.statement.as_bytes(), clock.now)?;
        Ok(Duty::Destroyed(Box::new(DestructionPost { custodian, cms_b64: B64(cms) })))
    }

    /// The hall has the statement of destruction.
    pub(crate) fn destruction_sent(&mut self) {
        if let Some(opening) = &mut self.opening {
            opening.sent.destruction = Some(Instant::now());
        }
    }

    /// Destroys the cosigning key, if nothing is to be cosigned any more.
    fn retire(&mut self) -> Result<Duty, LotError> {
        let Some(opening) = &self.opening else { return Ok(Duty::Nothing) };
        let cosigned = opening.is_shown();
        let (memory, clock) = (self.journal.memory(), self.now());
        let act = opening.custody.retire(&opening.replay, memory, cosigned, clock);
        if let Some(act) = act {
            let folder = self.shared.store.folder(&self.key)?;
            // With it this custodian can show the end of the log when the hall is gone.
            if let Some((_, note)) = opening.shown.as_ref() {
                folder.put(Text::FinalHead, note.as_bytes())?;
            }
            self.journal.write(&act)?;
            folder.destroy_cosign_key()?;
            self.opening = None;
            tracing::info!(lot = %self.key, "nothing is left of the lot's keys");
        }
        Ok(Duty::Nothing)
    }
}
