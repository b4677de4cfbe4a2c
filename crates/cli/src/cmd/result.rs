//! `kaibiao host announce-result`, `kaibiao bidder answer-result`: the last session (复会, ADR-0024).

use std::collections::BTreeSet;
use std::path::Path;

use kaibiao_opening::{Command, EvaluationResult, State, limits};
use kaibiao_types::OrgCode;
use kaibiao_wire::{Exit, Label};

use super::act::{done, load};
use crate::args::Act;
use crate::failure::Failure;
use crate::follow::Follower;
use crate::output::Ui;
use crate::{acts, files};

/// Tells the result in a file. Whom it forgets or names twice is said here by code, before it is sent.
pub(super) async fn announce(act: &Act, file: &Path, ui: Ui) -> Result<Exit, Failure> {
    let bytes = files::read(file, limits::COMMAND_BYTES)?;
    let result = EvaluationResult::parse(&bytes)
        .map_err(|error| Failure::coded(Label::BadInput, error.label(), &error))?;
    let (hall, lot, signer) = load(act)?;
    let mut log = Follower::of_procedure(lot.clone());
    log.catch_up(&hall, lot).await?;
    if log.state().result_session().is_some() {
        names_everybody(&result, log.state())?;
    }
    let command = Command::AnnounceResult(result);
    Ok(done(acts::send(&hall, lot, &signer, command).await?, ui))
}

fn names_everybody(result: &EvaluationResult, state: &State) -> Result<(), Failure> {
    let wrong = |what: &str, code: &OrgCode| {
        Failure::new(Label::BadInput, format!("{what} in the two lists: {code}"))
    };
    let bidders: BTreeSet<&OrgCode> = state.bidders().collect();
    let mut named = BTreeSet::new();
    for code in result.ranked.iter().chain(result.rejected.iter().map(|one| &one.bidder)) {
        if !bidders.contains(code) {
            return Err(wrong("no bidder of this lot", code));
        }
        if !named.insert(code) {
            return Err(wrong("named twice", code));
        }
    }
    bidders.difference(&named).next().map_or(Ok(()), |code| Err(wrong("missing", code)))
}

/// Answers the newest announcement. What stands in the log is what is answered, so it is read first.
pub(super) async fn answer(act: &Act, objection: Option<String>, ui: Ui) -> Result<Exit, Failure> {
    let (hall, lot, signer) = load(act)?;
    let mut log = Follower::of_procedure(lot.clone());
    log.catch_up(&hall, lot).await?;
    // Where nothing was announced, the hall says why in its own words.
    let no = log.state().result().last().map_or(1, |newest| newest.told.no);
    let command = Command::AnswerResult { no, objection };
    Ok(done(acts::send(&hall, lot, &signer, command).await?, ui))
}
