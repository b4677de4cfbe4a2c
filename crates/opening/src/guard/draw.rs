//! Rules of a draw: what the tender file fixed, in its order, each with one value (ruling 15,
//! ADR-0013).
//!
//! Whether proofs hold and which value follows from them is for readers with the algorithms.

use kaibiao_types::{CustodianIndex, UtcMillis};

use super::{Guard, fits};
use crate::draw::Drawing;
use crate::event::{CustodianRefused, DrawFailed, DrawMade, DrawPartial, DrawStarted, EventKind};
use crate::phase::Phase;
use crate::refusal::{DataRule, Refusal};
use crate::state::State;
use crate::tender::DrawAfter;

impl State {
    /// One draw at a time, in the order of the tender file. One that failed may be started again:
    /// the point is the same, so nobody gets another value by asking again.
    pub(super) fn draw_may_start(&self, start: &DrawStarted) -> Guard {
        let step = EventKind::DrawStarted;
        let draw = self.draw(start.no).ok_or(Refusal::NoSuchDraw { no: start.no })?;
        // Draws work on prices, and those are in the last envelope.
        if self.stage_after().is_some() {
            return Err(Refusal::EnvelopeFollows);
        }
        if draw.after == DrawAfter::PricesRead && self.phase != Phase::Read {
            return Err(Refusal::OutOfOrder { step, phase: self.phase });
        }
        if let Some(drawing) = self.drawing() {
            return Err(Refusal::DrawRunning { no: drawing.draw.no });
        }
        let outcome = self.draws.get(&start.no).and_then(|run| run.outcome.as_ref());
        if outcome.is_some_and(|outcome| outcome.drawn.is_some()) {
            return Err(Refusal::AlreadyDone { step });
        }
        match self.draws_open().first() {
            Some(next) if *next < start.no => Err(Refusal::DrawTurn { next: *next }),
            _ => Ok(()),
        }
    }

    /// A custodian answers the draw that waits, once, and only if it signed the freeze.
    pub(super) fn draw_partial_fits(&self, partial: &DrawPartial) -> Guard {
        let step = EventKind::DrawPartial;
        let drawing = self.waiting_draw(step, partial.no)?;
        if partial.freeze_id != drawing.freeze_id {
            return Err(Refusal::WrongFreeze);
        }
        let index = partial.custodian;
        if !self.signers.contains(&index) {
            return Err(Refusal::UnsignedCustodian { index });
        }
        if drawing.run.answers.contains_key(&index) {
            return Err(Refusal::AlreadyDone { step });
        }
        Ok(())
    }

    /// At least k custodians proved the point, and the value is the one at its position.
    pub(super) fn draw_made_fits(&self, made: &DrawMade) -> Guard {
        let step = EventKind::DrawMade;
        let drawing = self.waiting_draw(step, made.no)?;
        fits(step, DataRule::Draw, are_answers(&drawing, &made.dropped))?;
        let (have, need) = (drawing.run.answers.len() - made.dropped.len(), self.k());
        if have < need {
            return Err(Refusal::CustodyIncomplete { have, need });
        }
        let value = drawing.draw.values.value(made.index);
        fits(step, DataRule::Draw, value.as_ref() == Some(&made.value))
    }

    /// A draw is not given up while k custodians may still be reached.
    pub(super) fn draw_failed_fits(&self, failed: &DrawFailed, at: UtcMillis) -> Guard {
        let step = EventKind::DrawFailed;
        let drawing = self.waiting_draw(step, failed.no)?;
        fits(step, DataRule::Draw, are_answers(&drawing, &failed.dropped))?;
        let (have, outstanding) = self.draw_reach(drawing.run, &failed.dropped, at);
        let need = self.k();
        fits(step, DataRule::Draw, have < need)?;
        if have.saturating_add(outstanding) >= need {
            return Err(Refusal::CustodyIncomplete { have, need });
        }
        Ok(())
    }

    /// A refusal that names a draw names one of the tender file.
    pub(super) fn refused_draw_exists(&self, refused: &CustodianRefused) -> Guard {
        match refused.draw {
            Some(no) if self.draw(no).is_none() => Err(Refusal::NoSuchDraw { no }),
            _ => Ok(()),
        }
    }

    fn waiting_draw(&self, step: EventKind, no: u32) -> Result<Drawing<'_>, Refusal> {
        let out_of_order = Refusal::OutOfOrder { step, phase: self.phase };
        let drawing = self.drawing_begun().ok_or(out_of_order)?;
        fits(step, DataRule::Number, drawing.draw.no == no)?;
        Ok(drawing)
    }
}

/// Custodians that answered, each once, ascending.
fn are_answers(drawing: &Drawing<'_>, dropped: &[CustodianIndex]) -> bool {
    dropped.iter().all(|index| drawing.run.answers.contains_key(index))
        && dropped.is_sorted()
        && dropped.windows(2).all(|pair| pair.first() != pair.last())
}
