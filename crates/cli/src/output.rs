//! What people and programs read: data on standard output, sentences on standard error.

use std::fmt::Display;
use std::io::{Write, stderr, stdout};

use serde::Serialize;

use crate::failure::Failure;

/// The language of sentences.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub(crate) enum Lang {
    /// Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// One of two texts.
    pub(crate) const fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}

/// How this run speaks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ui {
    /// Language of sentences.
    pub(crate) lang: Lang,
    /// Data as JSON.
    pub(crate) json: bool,
}

impl Ui {
    /// One line of data. A closed pipe is the reader's wish, not an error.
    #[allow(clippy::unused_self)] // the way out belongs to how this run speaks
    pub(crate) fn data(self, line: &str) {
        let mut out = stdout().lock();
        drop(writeln!(out, "{line}").and_then(|()| out.flush()));
    }

    /// A sentence for people.
    pub(crate) fn note(self, zh: &str, en: &str) {
        say(&format!("kaibiao: {}", self.lang.pick(zh, en)));
    }

    /// Facts: one JSON object, or one `name: value` line each.
    pub(crate) fn facts(self, facts: &Facts) {
        if self.json {
            self.json(&facts.0);
        } else {
            for (name, value) in &facts.0 {
                let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
                self.data(&format!("{name}: {text}"));
            }
        }
    }

    /// One value as a line of JSON.
    pub(crate) fn json(self, value: &impl Serialize) {
        match serde_json::to_string(value) {
            Ok(line) => self.data(&line),
            Err(error) => say(&format!("kaibiao: error: {error}")),
        }
    }

    /// A failure: what happened, what is safe, what to do.
    pub(crate) fn failure(self, failure: &Failure) {
        let problem = failure.problem();
        if self.json {
            if let Ok(line) = serde_json::to_string(problem) {
                say(&line);
            }
            return;
        }
        let what = self.lang.pick(&problem.zh, &problem.en);
        say(&format!("kaibiao: error: {what} [{}]", problem.label));
        if let Some(detail) = &problem.detail {
            say(&format!("kaibiao: detail: {detail}"));
        }
        say(&format!("kaibiao: safe: {}", self.lang.pick(&problem.safe_zh, &problem.safe_en)));
        say(&format!("kaibiao: hint: {}", self.lang.pick(&problem.todo_zh, &problem.todo_en)));
    }
}

/// One line on standard error; nothing can be done if that is closed.
pub(crate) fn say(line: &str) {
    drop(writeln!(stderr().lock(), "{line}"));
}

/// Named facts about something, in order.
#[derive(Debug, Default)]
pub(crate) struct Facts(serde_json::Map<String, serde_json::Value>);

impl Facts {
    /// Adds a fact.
    pub(crate) fn add(&mut self, name: &str, value: impl Into<serde_json::Value>) -> &mut Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a fact that is shown by its text.
    pub(crate) fn text(&mut self, name: &str, value: impl Display) -> &mut Self {
        self.add(name, value.to_string())
    }
}
