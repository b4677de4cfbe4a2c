//! Holds: an opening stands still, and so do its clocks; and the measures that two persons take.

use kaibiao_types::{Millis, UtcMillis};

use crate::actor::Actor;
use crate::event::{HoldReason, Holder, Measure, MeasureAsked, MeasureTaken, OpeningPaused};
use crate::phase::Phase;
use crate::state::{Mark, State};

/// A span in which the opening stood still.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Hold {
    /// Whose word ends it.
    pub holder: Holder,
    /// Why, by the closed list.
    pub reason: HoldReason,
    /// Why, in words.
    pub text: String,
    /// Where it began.
    pub from: Mark,
    /// Where it ended; `None` while it lasts.
    pub to: Option<Mark>,
}

/// A measure that host and supervisor took.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TakenMeasure {
    /// What the host asked for.
    pub asked: MeasureAsked,
    /// Where the supervisor approved it.
    pub mark: Mark,
}

impl State {
    /// Every hold so far, in order.
    pub fn holds(&self) -> &[Hold] {
        &self.holds
    }

    /// The hold that lasts, if any: no step of the opening is taken then.
    pub fn hold(&self) -> Option<&Hold> {
        self.holds.last().filter(|hold| hold.to.is_none())
    }

    /// The measures that were taken, in order.
    pub fn measures(&self) -> &[TakenMeasure] {
        &self.measures
    }

    /// The measure that waits for the supervisor's approval.
    pub const fn measure_asked(&self) -> Option<&MeasureAsked> {
        self.measure_asked.as_ref()
    }

    /// The measure that ended the opening before its time, if one did.
    pub fn ended_by(&self) -> Option<&TakenMeasure> {
        self.measures.last().filter(|taken| taken.asked.measure.ends())
    }

    pub(crate) fn paused(&mut self, by: &Actor, pause: &OpeningPaused, mark: Mark) {
        self.hold_begins(Holder::of(by.role()), pause.reason, &pause.text, mark);
    }

    /// What was asked for while the opening stood still is asked for no longer once it goes on.
    pub(crate) fn resumed(&mut self, mark: Mark) {
        self.measure_asked = None;
        self.hold_ends(mark);
    }

    pub(crate) fn measure_taken(&mut self, taken: &MeasureTaken, mark: Mark) {
        let Some(asked) = self.measure_asked.take() else { return };
        match taken.measure {
            Measure::Suspend => self.hold_begins(Holder::Both, asked.reason, &asked.text, mark),
            Measure::Resume => self.hold_ends(mark),
            Measure::Terminate => self.end_held(mark, Phase::Terminated),
            Measure::Fail => self.end_held(mark, Phase::Failed),
        }
        self.measures.push(TakenMeasure { asked, mark });
    }

    /// A hold by a higher hand takes the place of one that lasts.
    fn hold_begins(&mut self, holder: Holder, reason: HoldReason, text: &str, from: Mark) {
        self.hold_ends(from);
        self.holds.push(Hold { holder, reason, text: text.to_owned(), from, to: None });
    }

    fn hold_ends(&mut self, mark: Mark) {
        let Some(hold) = self.holds.last_mut().filter(|hold| hold.to.is_none()) else { return };
        hold.to = Some(mark);
        let held = mark.at.since(hold.from.at).unwrap_or(Millis::ZERO);
        self.clocks_stood(held);
    }

    fn end_held(&mut self, mark: Mark, phase: Phase) {
        self.hold_ends(mark);
        self.end(mark, phase);
    }

    /// Every clock of the opening goes on with the time that it had left. One that had run out by the
    /// beginning of the hold is moved as well, and is still over: its end stays before now.
    fn clocks_stood(&mut self, held: Millis) {
        let later = |end: &mut UtcMillis| *end = end.plus(held);
        later(&mut self.freeze_wait_from);
        later(&mut self.reading_until);
        if let Some(notice) = &mut self.degraded {
            later(&mut notice.notice_until);
        }
        if let Some(window) = &mut self.objection_window {
            later(&mut window.until);
        }
        self.bidder_window_stood(held);
        for run in self.draws.values_mut().filter(|run| run.outcome.is_none()) {
            later(&mut run.waits_from);
        }
    }
}
