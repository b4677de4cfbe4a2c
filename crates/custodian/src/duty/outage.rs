//! An outage of the hall before the deadline: noticed while asking, attested once the hall is back and
//! before its closing head is cosigned (ruling 12).

use kaibiao_types::Millis;
use kaibiao_wire::{B64, OutagePost};

use super::{Lot, LotError};

impl Lot {
    /// The newest head was asked for at `sent`; whatever came of it was there at `ended`.
    pub(crate) fn asked(&mut self, sent: Millis, ended: Millis) {
        if let Some(opening) = &mut self.opening {
            opening.silence.asked(sent, ended);
        }
    }

    /// The log was read up to a head. If that is a new one, a silence before it is over.
    pub(super) fn heard(&mut self, new: bool) {
        let now = self.shared.clock.monotonic();
        let Some(opening) = &mut self.opening else { return };
        let rule = opening.replay.state().outage_rule();
        let least = rule.map_or(Millis::MAX, |rule| rule.silent_ms);
        if new {
            opening.silence.heard(now, least);
        }
    }

    /// The signed attestation of a silence that is over, if the log asks for it. The journal has it
    /// first. What the hall was sent and did not answer is sent again as it was.
    ///
    /// # Errors
    ///
    /// [`LotError`].
    pub(crate) fn attest(&mut self) -> Result<Option<OutagePost>, LotError> {
        let Some(opening) = &mut self.opening else { return Ok(None) };
        if let Some(post) = &opening.sent.outage {
            return Ok(Some(post.clone()));
        }
        let Some(silence) = opening.silence.over() else { return Ok(None) };
        let (clock, now) = (opening.reading(&*self.shared.clock), self.shared.clock.monotonic());
        let Some(attesting) = opening.custody.attest(&opening.replay, silence, clock, now) else {
            opening.silence.settle();
            return Ok(None);
        };
        self.journal.write(&attesting.act)?;
        let cms = self.shared.sign_at(attesting.statement.as_bytes(), clock.now)?;
        let said = attesting.said;
        tracing::warn!(lot = %self.key, from = %said.from, to = %said.to, "no new head came: attested");
        let post = OutagePost {
            custodian: said.custodian,
            deadline: said.deadline,
            from: said.from,
            to: said.to,
            cms_b64: B64(cms),
        };
        opening.sent.outage = Some(post.clone());
        Ok(Some(post))
    }

    /// The hall took the attestation, or does not want it.
    pub(crate) fn attestation_answered(&mut self) {
        if let Some(opening) = &mut self.opening {
            opening.sent.outage = None;
            opening.silence.settle();
        }
    }
}
