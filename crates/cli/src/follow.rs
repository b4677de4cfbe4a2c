//! Following the log of a lot: what it says so far, checked as far as this command can.

use std::sync::Arc;

use kaibiao_journal::EntryLine;
use kaibiao_opening::{Actor, Event, OpeningRecord, State};
use kaibiao_pki::TrustList;
use kaibiao_replay::{Replay, VerifiedTender};
use kaibiao_types::LotKey;
use kaibiao_wire::{Label, paths};

use crate::client::Hall;
use crate::failure::Failure;

/// Bytes of the longest log that is read.
pub(crate) const LOG_MAX: usize = 512 << 20;

/// Reads a log entry by entry.
#[derive(Debug)]
pub(crate) struct Follower {
    reading: Reading,
    record: Option<Vec<u8>>,
}

#[derive(Debug)]
enum Reading {
    /// By the rules of the procedure; the hall is believed for signatures.
    Procedure(Box<State>),
    /// As a suspicious party: procedure, order, and every signature.
    Verified(Box<Replay>),
}

impl Follower {
    /// Checks the order and the procedure of a log, no signature.
    pub(crate) fn of_procedure(lot: LotKey) -> Self {
        Self { reading: Reading::Procedure(Box::new(State::new(lot))), record: None }
    }

    /// Checks everything about a log.
    pub(crate) fn verified(tender: Arc<VerifiedTender>, trust: Arc<TrustList>) -> Self {
        let replay = Replay::new(tender, trust);
        Self { reading: Reading::Verified(Box::new(replay)), record: None }
    }

    /// What follows from the log so far.
    pub(crate) fn state(&self) -> &State {
        match &self.reading {
            Reading::Procedure(state) => state,
            Reading::Verified(replay) => replay.state(),
        }
    }

    /// The opening record, once the log names one; derived here from the entries.
    pub(crate) fn record(&self) -> Option<&[u8]> {
        self.record.as_deref()
    }

    /// How many entries were taken in.
    pub(crate) fn next(&self) -> u64 {
        self.state().entries()
    }

    /// Takes in the next line.
    pub(crate) fn take(&mut self, line: &[u8]) -> Result<(EntryLine, Event), Failure> {
        let broken = |what: String| Failure::new(Label::BrokenSignature, what);
        let entry = EntryLine::parse(line)
            .map_err(|error| Failure::coded(Label::BadJson, error.label(), &error))?;
        let expected = self.next();
        if entry.index() != expected {
            let what = format!("the log has entry {} where {expected} follows", entry.index());
            return Err(broken(what));
        }
        let event = match &mut self.reading {
            Reading::Verified(replay) => replay.ingest(line)?,
            Reading::Procedure(state) => {
                let event = Event::from_parts(entry.kind(), entry.data().get())
                    .map_err(|error| Failure::coded(Label::BadJson, error.label(), &error))?;
                let by = author(&entry)?;
                state.check_and_apply(&by, entry.at(), &event).map_err(|error| {
                    Failure::coded(Label::BrokenSignature, error.label(), &error)
                })?;
                event
            }
        };
        // What follows a version does not enter it: this is the one that the entry names.
        if matches!(event, Event::RecordGenerated(_) | Event::RecordCorrected(_)) {
            self.record = OpeningRecord::new(self.state()).map(|record| record.to_bytes());
        }
        Ok((entry, event))
    }

    /// Asks the hall for new entries and takes them in.
    pub(crate) async fn catch_up(
        &mut self,
        hall: &Hall,
        lot: &LotKey,
    ) -> Result<Vec<(EntryLine, Event)>, Failure> {
        let path = paths::since(&paths::log(lot), self.next());
        let lines = hall.get_bytes(&path, LOG_MAX).await?;
        let mut new = Vec::new();
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            new.push(self.take(line)?);
        }
        Ok(new)
    }
}

/// Who wrote an entry.
pub(crate) fn author(entry: &EntryLine) -> Result<Actor, Failure> {
    Actor::parse(&entry.by().to_string())
        .map_err(|error| Failure::new(Label::BrokenSignature, error.to_string()))
}
