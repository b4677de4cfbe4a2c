//! Rules of the window for objections (条例 art. 44 ¶3).

use kaibiao_types::UtcMillis;

use super::{Guard, fits};
use crate::event::{EventKind, ObjectionsExtended};
use crate::limits;
use crate::refusal::{DataRule, Refusal};
use crate::state::State;

impl State {
    /// Whether the window was open and is over.
    pub(super) fn window_is_over(&self, now: UtcMillis) -> bool {
        self.objection_window().is_some() && self.window_left(now).is_none()
    }

    /// It is extended from its end; one that is over is opened again from now.
    pub(super) fn window_may_be_extended(
        &self,
        extension: &ObjectionsExtended,
        at: UtcMillis,
    ) -> Guard {
        let step = EventKind::ObjectionsExtended;
        let window = self.objection_window().ok_or(Refusal::NoObjectionWindow)?;
        let by = extension.by_ms;
        fits(step, DataRule::Number, window.extended < limits::EXTENSIONS)?;
        let span = (1..=limits::SPAN_MAX).contains(&by.get());
        fits(step, DataRule::Window, span && extension.until == self.window_end(at).plus(by))
    }

    pub(crate) fn window_end(&self, at: UtcMillis) -> UtcMillis {
        self.objection_window().map_or(at, |window| window.until.max(at))
    }
}
