//! The journal, signed and handed over: after the freeze, and at the end (ruling 19).

use std::time::Instant;

use kaibiao_crypto::SUITE_1;
use kaibiao_journal::journal_statement;
use kaibiao_types::JournalMoment;
use kaibiao_wire::{B64, JournalPost};

use super::release::AGAIN;
use super::{Duty, Lot, LotError};

/// How far the handing over of the journal is, in this process.
#[derive(Clone, Copy, Debug)]
pub(super) struct Handing {
    moment: JournalMoment,
    tries: u8,
    last: Instant,
    /// The hall took it, or does not want it.
    answered: bool,
}

/// Whether the journal is still to be handed over.
pub(super) enum Handover {
    /// The log shows it, the hall has answered, or it was tried often enough.
    Done,
    /// It is sent now.
    Due(Duty),
    /// It is sent again a little later.
    Rest,
}

/// How often the journal of the freeze is sent to a hall that gives no answer: that of the close
/// begins with it. That of the close is the last one, and nothing is left to wait for it but the
/// statement of destruction, which such a hall would not take either.
const TRIES_MAX: u8 = 5;

impl Lot {
    /// The whole journal as it is now, signed, unless the log has one of this moment.
    pub(super) fn hand_over(&mut self, moment: JournalMoment) -> Result<Handover, LotError> {
        let Some((opening, custodian)) = self.opening.as_mut().zip(self.seat) else {
            return Ok(Handover::Done);
        };
        if opening.replay.state().journals().contains_key(&(custodian, moment)) {
            return Ok(Handover::Done);
        }
        let before = opening.sent.journal.filter(|handing| handing.moment == moment);
        match before {
            Some(handing) if handing.answered => return Ok(Handover::Done),
            Some(handing) if moment == JournalMoment::Freeze && handing.tries >= TRIES_MAX => {
                return Ok(Handover::Done);
            }
            Some(handing) if handing.last.elapsed() < AGAIN => return Ok(Handover::Rest),
            _ => {}
        }
        let tries = before.map_or(0, |handing| handing.tries).saturating_add(1);
        opening.sent.journal =
            Some(Handing { moment, tries, last: Instant::now(), answered: false });
        let bytes = self.journal.bytes()?;
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let origin = opening.replay.tender().origin();
        let sha256 = SUITE_1.hash(&bytes);
        let statement = journal_statement(origin, custodian, moment, length, &sha256);
        let at = opening.reading(&*self.shared.clock).now;
        let cms = self.shared.sign_at(statement.as_bytes(), at)?;
        let post = JournalPost { custodian, moment, journal_b64: B64(bytes), cms_b64: B64(cms) };
        Ok(Handover::Due(Duty::Journal(Box::new(post))))
    }

    /// The hall took the journal, or does not want it: then it stays with this custodian, who can
    /// show it.
    pub(crate) fn journal_answered(&mut self) {
        let sent = self.opening.as_mut().and_then(|opening| opening.sent.journal.as_mut());
        if let Some(handing) = sent {
            handing.answered = true;
        }
    }
}
