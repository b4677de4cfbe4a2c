//! The draw: the one point besides those of bids that a custodian raises, and computes itself
//! (ruling 15).

use kaibiao_crypto::{Hex, Point};
use kaibiao_replay::{FrozenMaterial, Replay, point_of_draw};
use kaibiao_types::Digest;

use crate::duty::{enough_bidders, frozen_of, same_log, share_held};
use crate::gate::not_before_deadline;
use crate::{Act, ClockReading, Custody, Memory, Refusal};

/// The point of a draw that may be raised now, with the act to write first.
#[derive(Debug)]
pub struct DrawRelease {
    /// The freeze, to which the proof is bound.
    pub freeze_id: Digest,
    /// Which draw of the tender file.
    pub no: u32,
    /// The point, computed here.
    pub point: Point,
    /// What to write to the journal before raising.
    pub act: Act,
}

impl Custody {
    /// Whether the point of the draw that the log asks for may be raised, and which point that is.
    ///
    /// Nothing of the point comes from outside: it is hashed from the ceremony, the freeze that this
    /// custodian countersigned, and the number of a draw in the tender file. So a hall that asks
    /// again gets the same point, and no bid's point can be had under the name of a draw. No token of
    /// time is asked for here: prices are public by then, which k custodians released under theirs.
    ///
    /// # Errors
    ///
    /// [`Refusal`].
    pub fn draw(
        &mut self,
        replay: &Replay,
        memory: &Memory,
        material: &FrozenMaterial,
        clock: ClockReading,
    ) -> Result<DrawRelease, Refusal> {
        share_held(memory)?;
        not_before_deadline(replay, clock)?;
        same_log(replay, memory)?;
        let drawing = replay.state().drawing().ok_or(Refusal::NoDraw)?;
        if drawing.run.answers.contains_key(&self.index()) {
            return Err(Refusal::NoDraw);
        }
        let (no, freeze_id) = (drawing.draw.no, drawing.freeze_id);
        let draws = &replay.tender().file().terms().draws;
        if !draws.iter().any(|draw| draw == drawing.draw) {
            return Err(Refusal::DrawTerms { no });
        }
        let (frozen, data) = frozen_of(replay)?;
        let complete = replay.state().freeze().is_some();
        if !complete || memory.freeze_id() != Some(freeze_id) || frozen.freeze_id != freeze_id {
            return Err(Refusal::FreezeUnsigned);
        }
        self.check_frozen(replay, frozen, data, material)?;
        let (_, bids) = self.frozen.as_ref().ok_or(Refusal::FreezeUnsigned)?;
        enough_bidders(replay, bids)?;

        let wrong = Refusal::DrawPoint { no };
        let Ok(point) = point_of_draw(replay.tender(), &freeze_id, no) else { return Err(wrong) };
        let u = point.bytes();
        let before = memory.drawn(no).is_some_and(|before| before != (freeze_id, u));
        if before || bids.has_point(&point) || memory.raised_for(&u).is_some() {
            return Err(wrong);
        }
        let act = Act::DrawIntent { at: clock.now, freeze_id, no, u: Hex(u) };
        Ok(DrawRelease { freeze_id, no, point, act })
    }
}

/// R7 the other way: the point of a bid is none that was raised for a draw, nor one that may be.
pub(crate) fn not_a_draw(
    replay: &Replay,
    memory: &Memory,
    freeze_id: &Digest,
    u: &Point,
) -> Result<(), Refusal> {
    if let Some(no) = memory.drawn_for(&u.bytes()) {
        return Err(Refusal::DrawPoint { no });
    }
    for draw in &replay.tender().file().terms().draws {
        let point = point_of_draw(replay.tender(), freeze_id, draw.no);
        if point.is_ok_and(|point| point.bytes() == u.bytes()) {
            return Err(Refusal::DrawPoint { no: draw.no });
        }
    }
    Ok(())
}
