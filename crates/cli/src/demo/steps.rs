//! One line per step, with the time since the start.

use std::time::Instant;

use kaibiao_opening::{Actor, Event, State};

use crate::output::Ui;
use crate::words;

/// Prints the steps of a demonstration.
#[derive(Debug)]
pub(super) struct Steps {
    ui: Ui,
    began: Instant,
}

impl Steps {
    /// Starts counting.
    pub(super) fn begin(ui: Ui) -> Self {
        Self { ui, began: Instant::now() }
    }

    /// A line of its own.
    pub(super) fn data(&self, zh: &str, en: &str) {
        if !self.ui.json {
            self.ui.data(self.ui.lang.pick(zh, en));
        }
    }

    /// A step.
    pub(super) fn step(&self, zh: &str, en: &str) {
        let seconds = self.began.elapsed().as_secs_f64();
        let words = self.ui.lang.pick(zh, en);
        if !self.ui.json {
            self.ui.data(&format!("[{seconds:6.1} s] {words}"));
        }
    }

    /// An entry of the log, in the words of the room.
    pub(super) fn entry(&self, event: &Event, by: &Actor, state: &State) {
        use crate::output::Lang;
        let words = |lang| words::sentence(event, by, state, lang);
        if let (Some(zh), Some(en)) = (words(Lang::Zh), words(Lang::En)) {
            self.step(&format!("  {zh}"), &format!("  {en}"));
        }
    }
}
