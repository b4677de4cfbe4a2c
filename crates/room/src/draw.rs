//! Draws: custodians' answers, and the value that follows from them.

use std::borrow::Cow;

use kaibiao_crypto::SUITE_1;
use kaibiao_opening::{DrawPartial, Input};
use kaibiao_replay::{VerifiedTender, draw_outcome};
use kaibiao_store::Batch;
use kaibiao_types::{CustodianIndex, Digest, UtcMillis};
use kaibiao_wire::DrawPartialBody;

use crate::actor::Room;
use crate::seat::SeatMessage;
use crate::{FromSeat, RoomError};

/// A custodian's answer to a draw.
#[derive(Clone, Debug)]
pub struct DrawAnswer {
    /// The custodian.
    pub custodian: CustodianIndex,
    /// Which draw.
    pub no: u32,
    /// The freeze.
    pub freeze_id: Digest,
    /// The raised point with its proof, in hexadecimal.
    d: String,
    c: String,
    z: String,
    /// The exact bytes that the custodian signed.
    pub body: Vec<u8>,
}

impl DrawAnswer {
    /// What was read from the exact signed body.
    pub fn new(read: DrawPartialBody, body: Vec<u8>) -> Self {
        let DrawPartialBody { custodian, no, freeze_id, d, c, z, .. } = read;
        Self { custodian, no, freeze_id, d, c, z, body }
    }
}

impl SeatMessage for DrawAnswer {
    fn custodian(&self) -> CustodianIndex {
        self.custodian
    }

    fn content(&self, _: &VerifiedTender, _: Option<Digest>) -> Cow<'_, [u8]> {
        self.body.as_slice().into()
    }
}

impl Room {
    /// A custodian's answer to the draw that waits: logged before anything is computed from it.
    pub(crate) fn take_draw_partial(
        &mut self,
        signed: FromSeat<DrawAnswer>,
    ) -> Result<u64, RoomError> {
        let (answer, cms) = signed.into_parts();
        let custodian = answer.custodian;
        let run = self.replay.state().draws().get(&answer.no);
        if run.is_some_and(|run| run.outcome.is_some() || run.answers.contains_key(&custodian)) {
            return Ok(self.replay.log().len()); // a repeat, or the others were quicker
        }
        let doc = format!("draws/{}/{custodian}", answer.no);
        let DrawAnswer { no, freeze_id, d, c, z, body, .. } = answer;
        let sha256 = SUITE_1.hash(&body);
        let partial = DrawPartial { custodian, no, freeze_id, sha256, d, c, z };
        let batch = Batch::new().put_doc(&doc, &body).put_doc(&format!("{doc}.p7s"), &cms);
        let head = self.input_with(&Input::DrawPartial(partial), batch)?;
        self.draw_if_due()?;
        Ok(head)
    }

    /// Writes the value once k proofs hold, or that there is none once k can not be had any more.
    pub(crate) fn draw_if_due(&mut self) -> Result<(), RoomError> {
        let Some(drawing) = self.replay.state().drawing() else { return Ok(()) };
        let no = drawing.draw.no;
        let input = match draw_outcome(self.replay.tender(), &drawing) {
            Ok(drawn) => {
                for index in &drawn.dropped {
                    tracing::warn!(draw = no, custodian = %index, "the proof does not hold");
                }
                Input::DrawCombined { no, index: drawn.index, dropped: drawn.dropped }
            }
            Err(undrawn) if self.replay.state().draw_is_lost(&undrawn.dropped, self.now()) => {
                tracing::warn!(draw = no, "too few custodians proved the draw");
                Input::DrawFailed { no, dropped: undrawn.dropped }
            }
            Err(_) => return Ok(()),
        };
        self.input(&input).map(drop)
    }

    /// When a draw that waits is looked at again. Past it there is nothing to wake up for.
    pub(crate) fn draw_wait(&self) -> Option<UtcMillis> {
        self.replay.state().draw_wait_until().filter(|until| *until > self.hall.now())
    }
}
