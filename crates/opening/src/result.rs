//! The last session (复会): the result of the evaluation is told after the close, and each bidder says
//! whether it objects (ADR-0024). The closed record stays what it is.

use std::collections::BTreeMap;

use kaibiao_types::{OrgCode, UtcMillis};
use serde::{Deserialize, Serialize};

use crate::command::CommandError;
use crate::event::{NotPassed, ResultAnnounced, ResultAnswered};
use crate::phase::Phase;
use crate::shared::Shared;
use crate::state::{Mark, State};
use crate::tender::ResultTerms;
use crate::{limits, strict, text};

/// What the host tells: the data of `announce-result`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvaluationResult {
    /// Number of the announcement, gapless from 1.
    pub no: u32,
    /// Who is ranked: the first place first.
    pub ranked: Vec<OrgCode>,
    /// Everybody else, and why.
    pub rejected: Vec<NotPassed>,
    /// What the host says of it; from the second announcement on, also why there is another.
    pub text: String,
}

impl EvaluationResult {
    /// Reads a file with this data.
    ///
    /// # Errors
    ///
    /// [`CommandError::Json`] if it is not strict JSON of this form, [`CommandError::Text`] if a text
    /// breaks its limit.
    pub fn parse(bytes: &[u8]) -> Result<Self, CommandError> {
        let result: Self = strict::typed(strict::value(bytes, limits::COMMAND_BYTES)?)?;
        result.shape().map_err(CommandError::Text)?;
        Ok(result)
    }

    /// The first text that is empty, too long or of the wrong alphabet.
    pub(crate) fn shape(&self) -> Result<(), &'static str> {
        shape(&self.rejected, &self.text)
    }
}

impl ResultAnnounced {
    /// The entry for what the host tells.
    pub(crate) fn of(result: &EvaluationResult, until: UtcMillis) -> Self {
        let EvaluationResult { no, ranked, rejected, text } = result.clone();
        Self { no, until, ranked, rejected, text }
    }

    /// Whether it is this that the host told.
    pub(crate) fn says(&self, result: &EvaluationResult) -> bool {
        *self == Self::of(result, self.until)
    }

    /// As [`EvaluationResult::shape`], for an entry.
    pub(crate) fn told_shape(&self) -> Result<(), &'static str> {
        shape(&self.rejected, &self.text)
    }
}

fn shape(rejected: &[NotPassed], words: &str) -> Result<(), &'static str> {
    if !rejected.iter().all(|one| text::line(&one.reason, limits::REASON_CHARS)) {
        return Err("rejected");
    }
    if text::paragraph(words, limits::OBJECTION_CHARS) { Ok(()) } else { Err("text") }
}

/// One announcement of the result, with the answers to it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Announcement {
    /// What was told, and until when it may be answered.
    pub told: ResultAnnounced,
    /// Where it stands in the log.
    pub mark: Mark,
    /// What each bidder said that answered; who is not here was silent.
    pub answers: BTreeMap<OrgCode, ResultAnswer>,
}

/// What one bidder said to an announcement.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ResultAnswer {
    /// Its objection; `None` if it has none.
    pub objection: Option<String>,
    /// Where it stands in the log.
    pub mark: Mark,
}

/// The announcements as a state keeps them.
pub(crate) type Results = Shared<Vec<Announcement>>;

impl Announcement {
    /// The bidders that object, with their words.
    pub fn objections(&self) -> impl Iterator<Item = (&OrgCode, &str)> {
        self.answers.iter().filter_map(|(code, answer)| Some((code, answer.objection.as_deref()?)))
    }

    /// The bidders that did not answer, ranked ones first. That blocks nothing.
    pub fn silent(&self) -> impl Iterator<Item = &OrgCode> {
        let rejected = self.told.rejected.iter().map(|one| &one.bidder);
        let all = self.told.ranked.iter().chain(rejected);
        all.filter(|code| !self.answers.contains_key(*code))
    }
}

impl State {
    /// The announcements of the result, in order; the last one counts.
    pub fn result(&self) -> &[Announcement] {
        &self.results
    }

    /// What the tender file says about the session in which the result is told, while such a session
    /// may be held: the opening is closed, neither failed nor terminated.
    pub fn result_session(&self) -> Option<&ResultTerms> {
        self.result_terms().filter(|_| self.phase == Phase::Closed)
    }

    /// Everybody who has a current bid in the lot, passed or not, in the order of the codes.
    pub fn bidders(&self) -> impl Iterator<Item = &OrgCode> {
        self.bidders.keys()
    }

    pub(crate) fn result_terms(&self) -> Option<&ResultTerms> {
        self.published()?.result.as_ref()
    }

    /// The number of the next announcement.
    pub fn next_result(&self) -> u32 {
        // Numbers are bounded by the guard.
        self.results.last().map_or(1, |last| last.told.no.saturating_add(1))
    }

    pub(crate) fn result_announced(&mut self, told: &ResultAnnounced, mark: Mark) {
        let (told, answers) = (told.clone(), BTreeMap::new());
        self.results.push(Announcement { told, mark, answers });
    }

    pub(crate) fn result_answered(&mut self, answered: &ResultAnswered, mark: Mark) {
        if let Some(last) = self.results.last_mut() {
            let answer = ResultAnswer { objection: answered.objection.clone(), mark };
            last.answers.insert(answered.bidder.clone(), answer);
        }
    }
}
