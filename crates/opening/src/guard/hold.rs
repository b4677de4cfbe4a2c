//! Rules of a held opening, and of one that ends before its time (ADR-0016).

use kaibiao_types::Part;

use super::{Guard, fits};
use crate::actor::Actor;
use crate::event::{EventKind, Holder, Measure, MeasureAsked, MeasureTaken};
use crate::limits;
use crate::phase::Phase;
use crate::refusal::{DataRule, Refusal};
use crate::state::State;

impl EventKind {
    /// Whether an entry of this kind is taken in while the opening is held.
    ///
    /// Only what comes from outside and cannot be had later: signatures, answers and refusals of
    /// custodians that were on their way; objections and their answers, which a termination would
    /// cut off for good (条例 art. 44 ¶3); talk, which is no step (ADR-0031); and what ends the hold.
    pub(super) const fn passes_a_hold(self) -> bool {
        matches!(
            self,
            Self::FreezeSigned
                | Self::PartialsReceived
                | Self::DrawPartial
                | Self::JournalSigned
                | Self::ObjectionRaised
                | Self::ObjectionAnswered
                | Self::OpeningPaused
                | Self::OpeningResumed
                | Self::MeasureAsked
                | Self::MeasureTaken
        ) || self.is_talk()
    }
}

impl State {
    /// The refusal of a step while the opening is held.
    pub(super) fn held(&self, step: EventKind) -> Option<Refusal> {
        let hold = self.hold().filter(|_| !step.passes_a_hold())?;
        Some(Refusal::Held { holder: hold.holder })
    }

    /// 实施条例 art. 62: the supervisor may order a stop, also of an opening that the host paused;
    /// the host does not take the supervisor's stop over.
    pub(super) fn may_pause(&self, by: &Actor) -> Guard {
        let step = EventKind::OpeningPaused;
        fits(step, DataRule::Number, self.holds.len() < limits::HOLDS)?;
        match self.hold().map(|hold| hold.holder) {
            None => Ok(()),
            Some(Holder::Host) if Holder::of(by.role()) == Holder::Supervisor => Ok(()),
            Some(_) => Err(Refusal::AlreadyDone { step }),
        }
    }

    /// Whoever paused resumes; a suspension ends by a measure of both.
    pub(super) fn may_resume(&self, by: &Actor) -> Guard {
        match self.hold().map(|hold| hold.holder) {
            None => Err(Refusal::NotHeld),
            Some(holder) if holder == Holder::of(by.role()) => Ok(()),
            Some(holder) => Err(Refusal::NotTheHolder { holder }),
        }
    }

    /// The host asks with the next number. A new request takes the place of one that waits.
    pub(super) fn measure_may_be_asked(&self, asked: &MeasureAsked) -> Guard {
        let bounded = self.measures.len() < limits::MEASURES;
        let next = bounded && asked.no == self.next_measure();
        fits(EventKind::MeasureAsked, DataRule::Number, next)?;
        self.measure_fits(EventKind::MeasureAsked, asked.measure)
    }

    /// The supervisor approves just what was asked for.
    pub(super) fn measure_may_be_taken(&self, taken: &MeasureTaken) -> Guard {
        let waits = |asked: &MeasureAsked| asked.no == taken.no && asked.measure == taken.measure;
        if !self.measure_asked().is_some_and(waits) {
            return Err(Refusal::NoSuchMeasure { no: taken.no });
        }
        self.measure_fits(EventKind::MeasureTaken, taken.measure)
    }

    /// Ruling 19: once a custodian has released partials of the prices, prices are published next; a
    /// pause delays that, a suspension or an end does not come between.
    fn measure_fits(&self, step: EventKind, measure: Measure) -> Guard {
        let suspended = self.hold().is_some_and(|hold| hold.holder == Holder::Both);
        match measure {
            Measure::Resume if suspended => Ok(()),
            Measure::Resume => Err(Refusal::NotHeld),
            Measure::Suspend if suspended => Err(Refusal::AlreadyDone { step }),
            Measure::Suspend | Measure::Terminate | Measure::Fail
                if self.prices_half_released() =>
            {
                Err(Refusal::PricesReleased)
            }
            Measure::Suspend => fits(step, DataRule::Number, self.holds.len() < limits::HOLDS),
            Measure::Terminate | Measure::Fail => Ok(()),
        }
    }

    fn prices_half_released(&self) -> bool {
        self.phase == Phase::UnsealingPrices && !self.released(Part::Price).is_empty()
    }

    pub(crate) fn next_measure(&self) -> u32 {
        // At most limits::MEASURES are accepted, so the count fits.
        u32::try_from(self.measures.len()).map_or(u32::MAX, |count| count.saturating_add(1))
    }
}
