//! The window for objections after the reading, where the tender file has one.

use kaibiao_types::{Millis, UtcMillis};

use crate::event::ObjectionsExtended;
use crate::state::State;

/// The window for objections: it opens when every price is read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ObjectionWindow {
    /// When it opened.
    pub from: UtcMillis,
    /// When it ends; later by every extension, and by every hold that it stood still in.
    pub until: UtcMillis,
    /// How often it was extended.
    pub extended: u32,
}

impl State {
    /// The window for objections, once every price is read and if the tender file has one.
    pub const fn objection_window(&self) -> Option<&ObjectionWindow> {
        self.objection_window.as_ref()
    }

    /// What is left of the window at `at`; its clock stands while the opening is held.
    pub(crate) fn window_left(&self, at: UtcMillis) -> Option<Millis> {
        let window = self.objection_window?;
        let now = self.hold().map_or(at, |hold| hold.from.at);
        if now < window.until { window.until.since(now) } else { None }
    }

    pub(crate) fn window_opens(&mut self, at: UtcMillis) {
        let span = self.published().and_then(|lot| lot.objection_ms);
        self.objection_window =
            span.map(|span| ObjectionWindow { from: at, until: at.plus(span), extended: 0 });
    }

    pub(crate) const fn window_extended(&mut self, extension: &ObjectionsExtended) {
        if let Some(window) = &mut self.objection_window {
            window.until = extension.until;
            window.extended = window.extended.saturating_add(1);
        }
    }
}
