//! Draws, as their custodians and the hall hold them.

use kaibiao_ceremony::raise;
use kaibiao_crypto::{Hex, SUITE_1};
use kaibiao_opening::{
    Bilingual, Command, Draw, DrawAfter, DrawPartial, DrawRange, DrawValues, Input,
};
use kaibiao_replay::{Act, draw_outcome, point_of_draw};

use super::steps::Stage;
use super::{DrawPlay, ScenarioError};

/// A list and a range, both once the prices are read.
pub(super) fn sample() -> Vec<Draw> {
    let name = |zh: &str, en: &str| Bilingual { zh: zh.to_owned(), en: en.to_owned() };
    let list = ["0.95", "0.96", "0.97", "0.98", "0.99"].map(str::to_owned).to_vec();
    let range = DrawRange { lowest: 1, highest: 30, step: 1 };
    vec![
        Draw {
            no: 1,
            name: name("K值", "K value"),
            values: DrawValues::List(list),
            after: DrawAfter::PricesRead,
        },
        Draw {
            no: 2,
            name: name("摇号", "Lottery"),
            values: DrawValues::Range(range),
            after: DrawAfter::PricesPublished,
        },
    ]
}

impl Stage<'_> {
    /// Every draw of the tender file, in order.
    pub(super) fn hold_draws(&mut self) -> Result<(), ScenarioError> {
        let draws = self.published.verified.file().terms().draws.clone();
        for draw in &draws {
            self.room.wait(1_000)?;
            self.by_host(&Command::StartDraw(draw.no))?;
            self.hold(draw)?;
        }
        Ok(())
    }

    fn hold(&mut self, draw: &Draw) -> Result<(), ScenarioError> {
        let play = self.options.draw.unwrap_or(DrawPlay::Fair);
        let tender = &self.published.verified;
        let id = tender.record().ceremony_id;
        let freeze_id = self.room.state.frozen().ok_or("the set is frozen")?.freeze_id;
        let point = point_of_draw(tender, &freeze_id, draw.no)?;
        let signers = self.room.state.freeze_signers().clone();
        let present = if play == DrawPlay::Lost { 1 } else { signers.len() };
        let shares = self.published.shares.iter().filter(|s| signers.contains(&s.index()));
        for (number, share) in shares.take(present).enumerate() {
            self.room.wait(50)?;
            let (at, u) = (self.room.now, Hex(point.bytes()));
            self.note(share.index(), &Act::DrawIntent { at, freeze_id, no: draw.no, u });
            let made = raise(&SUITE_1, share, &id, &freeze_id, &point, self.entropy)?;
            let lies = play == DrawPlay::Lied && number == 0;
            let partial = DrawPartial {
                custodian: share.index(),
                no: draw.no,
                freeze_id,
                sha256: SUITE_1.hash(&serde_json::to_vec(&made)?),
                d: made.d.to_string(),
                c: if lies { Hex([1; 32]).to_string() } else { made.c.to_string() },
                z: made.z.to_string(),
            };
            self.room.input(&Input::DrawPartial(partial))?;
        }
        let drawing = self.room.state.drawing().ok_or("the draw waits")?;
        let outcome = draw_outcome(tender, &drawing);
        let input = match outcome {
            Ok(drawn) => {
                let shift = u64::from(play == DrawPlay::Steered);
                let index = (drawn.index + shift) % draw.values.count();
                Input::DrawCombined { no: draw.no, index, dropped: drawn.dropped }
            }
            Err(undrawn) => {
                let wait = self.room.state.draw_wait_until().ok_or("the draw waits")?;
                self.room.now = self.room.now.max(wait);
                Input::DrawFailed { no: draw.no, dropped: undrawn.dropped }
            }
        };
        self.room.wait(100)?;
        self.room.input(&input)
    }
}
