//! Draws as far as the log has them: started, answered by custodians, made or failed.

use std::collections::{BTreeMap, BTreeSet};

use kaibiao_types::{CustodianIndex, Digest, UtcMillis};

use crate::event::{DrawFailed, DrawMade, DrawPartial};
use crate::refusal::Refusal;
use crate::state::State;
use crate::tender::Draw;

/// One draw since it was last started.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DrawRun {
    /// When it was started.
    pub started_at: UtcMillis,
    /// What custodians raised, proven or not.
    pub answers: BTreeMap<CustodianIndex, DrawPartial>,
    /// How it came out; `None` while custodians answer.
    pub outcome: Option<DrawOutcome>,
    pub(crate) refused: BTreeSet<CustodianIndex>,
    /// The start, later by every hold since.
    pub(crate) waits_from: UtcMillis,
}

/// How a draw came out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DrawOutcome {
    /// When.
    pub at: UtcMillis,
    /// Position and text of the value; `None` if too few custodians answered.
    pub drawn: Option<(u64, String)>,
    /// The custodians whose proofs did not hold.
    pub dropped: Vec<CustodianIndex>,
}

/// The draw for which custodians may raise its point, now and not longer.
#[derive(Clone, Copy, Debug)]
pub struct Drawing<'a> {
    /// The draw of the tender file.
    pub draw: &'a Draw,
    /// The freeze that its point is made of.
    pub freeze_id: Digest,
    /// What the log has of it.
    pub run: &'a DrawRun,
}

impl State {
    /// The draws that were started, by number.
    pub fn draws(&self) -> &BTreeMap<u32, DrawRun> {
        &self.draws
    }

    /// The draw that waits for custodians, if any: the one proof that its point may be raised. While
    /// the opening is held there is none.
    pub fn drawing(&self) -> Option<Drawing<'_>> {
        if self.hold().is_some() { None } else { self.drawing_begun() }
    }

    /// The same, also while the opening is held: answers that were on their way are still taken in.
    pub(crate) fn drawing_begun(&self) -> Option<Drawing<'_>> {
        let freeze_id = self.frozen()?.freeze_id;
        let (no, run) = self.draws.iter().find(|(_, run)| run.outcome.is_none())?;
        Some(Drawing { draw: self.draw(*no)?, freeze_id, run })
    }

    /// When custodians that are silent count as out of reach; `None` while no draw waits.
    pub fn draw_wait_until(&self) -> Option<UtcMillis> {
        let wait = self.published()?.freeze_wait_ms;
        self.drawing().map(|drawing| drawing.run.waits_from.plus(wait))
    }

    /// Whether fewer than k custodians can still prove the draw that waits, if the proofs of
    /// `dropped` do not hold.
    ///
    /// Out of reach is who refused this draw since it was started, who never signed the freeze, and,
    /// once the span that the freeze waits for its quorum has passed, whoever is silent.
    pub fn draw_is_lost(&self, dropped: &[CustodianIndex], now: UtcMillis) -> bool {
        self.drawing().is_some_and(|drawing| {
            let (proven, outstanding) = self.draw_reach(drawing.run, dropped, now);
            proven.saturating_add(outstanding) < self.k()
        })
    }

    /// Custodians that answered with a proof, and those that still may.
    pub(crate) fn draw_reach(
        &self,
        run: &DrawRun,
        dropped: &[CustodianIndex],
        now: UtcMillis,
    ) -> (usize, usize) {
        let proven = run.answers.keys().filter(|index| !dropped.contains(index)).count();
        if self.draw_wait_until().is_some_and(|until| now >= until) {
            return (proven, 0);
        }
        let silent = |index: &&CustodianIndex| {
            !run.answers.contains_key(*index) && !run.refused.contains(*index)
        };
        (proven, self.signers.iter().filter(silent).count())
    }

    pub(crate) fn draw(&self, no: u32) -> Option<&Draw> {
        self.published()?.draws.iter().find(|draw| draw.no == no)
    }

    /// The draws of the tender file that are held with the present envelope: all with the last.
    pub(crate) fn draws_here(&self) -> &[Draw] {
        let lot = self.published().filter(|_| self.stage_after().is_none());
        lot.map_or(&[][..], |lot| lot.draws.as_slice())
    }

    /// Those of them that have neither a value nor failed.
    pub(crate) fn draws_open(&self) -> Vec<u32> {
        let draws = self.draws_here();
        let settled = |no: &u32| self.draws.get(no).is_some_and(|run| run.outcome.is_some());
        draws.iter().map(|draw| draw.no).filter(|no| !settled(no)).collect()
    }

    /// Whether custodians are, or may still be, asked for a draw: one was started and has no value,
    /// and there is no record yet. Custodians that do not know the time refuse at once, so a draw can
    /// be over, without a value, before two persons have confirmed the time.
    pub(crate) fn draw_wanted(&self) -> bool {
        let undrawn = |run: &DrawRun| run.outcome.as_ref().is_none_or(|out| out.drawn.is_none());
        self.records.is_empty() && self.draws.values().any(undrawn)
    }

    pub(crate) fn draw_value(&self, no: u32, index: u64) -> Result<String, Refusal> {
        let draw = self.draw(no).ok_or(Refusal::NoSuchDraw { no })?;
        // A position outside of the values is refused with the entry, which then has no value.
        Ok(draw.values.value(index).unwrap_or_default())
    }

    /// A draw that failed begins anew: its point is the same, and so is the value in it.
    pub(crate) fn draw_started(&mut self, no: u32, at: UtcMillis) {
        let run = DrawRun {
            started_at: at,
            answers: BTreeMap::new(),
            outcome: None,
            refused: BTreeSet::new(),
            waits_from: at,
        };
        self.draws.insert(no, run);
    }

    pub(crate) fn draw_answered(&mut self, partial: &DrawPartial) {
        if let Some(run) = self.draws.get_mut(&partial.no) {
            run.refused.remove(&partial.custodian);
            run.answers.insert(partial.custodian, partial.clone());
        }
    }

    pub(crate) fn draw_refused(&mut self, no: u32, custodian: CustodianIndex) {
        if let Some(run) = self.draws.get_mut(&no)
            && run.outcome.is_none()
            && !run.answers.contains_key(&custodian)
        {
            run.refused.insert(custodian);
        }
    }

    pub(crate) fn draw_made(&mut self, made: &DrawMade, at: UtcMillis) {
        let drawn = Some((made.index, made.value.clone()));
        self.draw_over(made.no, DrawOutcome { at, drawn, dropped: made.dropped.clone() });
    }

    pub(crate) fn draw_failed(&mut self, failed: &DrawFailed, at: UtcMillis) {
        let dropped = failed.dropped.clone();
        self.draw_over(failed.no, DrawOutcome { at, drawn: None, dropped });
    }

    fn draw_over(&mut self, no: u32, outcome: DrawOutcome) {
        if let Some(run) = self.draws.get_mut(&no) {
            run.outcome = Some(outcome);
        }
    }
}
