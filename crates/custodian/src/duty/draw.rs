//! Answering a draw: the journal has the point first, and a repeat gives the same one.

use std::time::Instant;

use kaibiao_ceremony::raise;
use kaibiao_crypto::{SecureEntropy, scrub_stack};
use kaibiao_types::CustodianIndex;
use kaibiao_wire::{DrawPartialBody, DrawPartialKind, to_json};
use ring::rand::SystemRandom;

use super::release::{AGAIN, Duty};
use super::{Lot, LotError, Opening};
use crate::keys::IntentState;
use crate::words;

const REQUEST: &str = "draw";

impl Opening {
    /// The draw that a refusal is about.
    pub(super) fn draw_refused(&self, request: &str) -> Option<u32> {
        let drawing = self.replay.state().drawing().filter(|_| request == REQUEST);
        drawing.map(|drawing| drawing.draw.no)
    }

    /// Whether the log asks for a draw that this custodian has not answered just now.
    pub(super) fn draw_asked(&self, index: CustodianIndex) -> bool {
        let Some(drawing) = self.replay.state().drawing() else { return false };
        let no = drawing.draw.no;
        let rests = self.sent.draw.is_some_and(|(sent, at)| sent == no && at.elapsed() < AGAIN);
        !rests && !drawing.run.answers.contains_key(&index)
    }
}

impl Lot {
    /// The hall has the answer to a draw.
    pub(crate) fn draw_sent(&mut self, no: u32) {
        if let Some(opening) = &mut self.opening {
            opening.sent.draw = Some((no, Instant::now()));
        }
    }

    /// Raises the point of the draw that the log asks for. The intent is in the journal before the
    /// share is touched (rule R9).
    pub(super) fn answer_draw(&mut self) -> Result<Duty, LotError> {
        self.note_clock()?;
        let Some((opening, custodian)) = self.opening.as_mut().zip(self.seat) else {
            return Ok(Duty::Nothing);
        };
        let clock = opening.reading(&*self.shared.clock);
        let Opening { replay, custody, material: Some((_, material)), share: Some(_), .. } =
            &mut **opening
        else {
            return Ok(Duty::Nothing);
        };
        let judged = custody.draw(replay, self.journal.memory(), material, clock);
        let Some(release) = opening.judged(REQUEST, clock, judged)? else {
            return Ok(Duty::Nothing);
        };
        let Opening { replay, share: Some(share), .. } = &**opening else {
            return Ok(Duty::Nothing);
        };
        match self.journal.intent_state(&release.act) {
            IntentState::New => self.journal.write(&release.act)?,
            IntentState::Repeated => {}
            IntentState::Contradicts => {
                let detail = "another point was raised for this draw before";
                return Err(LotError::refused(REQUEST, "E_DRAW_POINT", detail));
            }
        }
        let record = replay.tender().record();
        let (suite, id, freeze_id) = (record.suite(), record.ceremony_id, release.freeze_id);
        let random = SystemRandom::new();
        let mut entropy = SecureEntropy(&random);
        let partial = raise(suite, share, &id, &freeze_id, &release.point, &mut entropy);
        scrub_stack();
        let partial = partial?;
        let body = DrawPartialBody {
            v: 1,
            kind: DrawPartialKind::DrawPartial,
            tender: self.key.tender.clone(),
            lot: self.key.lot.clone(),
            custodian,
            no: release.no,
            freeze_id,
            d: partial.d.to_string(),
            c: partial.c.to_string(),
            z: partial.z.to_string(),
        };
        let body = to_json(&body).map_err(|error| LotError::Unable(words::describe(&error)))?;
        Ok(Duty::Draw(release.no, Box::new(self.shared.signed(body, clock.now)?)))
    }
}
