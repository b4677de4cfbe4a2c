//! The log of one lot and the procedure that decides what enters it.

use kaibiao_crypto::{Entropy as _, Hex};
use kaibiao_journal::{OpeningLog, SignedCommand};
use kaibiao_opening::{Actor, Command, Event, Input, SignedCommandBody, State};
use kaibiao_pki::{Identity, cms};
use kaibiao_types::{Millis, UtcMillis};
use serde_json::value::RawValue;

use super::ScenarioError;
use crate::SeededEntropy;

/// A log, its state and the hall's clock.
pub(super) struct Room {
    pub(super) log: OpeningLog,
    pub(super) state: State,
    pub(super) now: UtcMillis,
}

impl Room {
    pub(super) const fn new(log: OpeningLog, state: State, now: UtcMillis) -> Self {
        Self { log, state, now }
    }

    /// Lets time pass: milliseconds.
    pub(super) fn wait(&mut self, millis: u64) -> Result<(), ScenarioError> {
        self.now = self.now.plus(Millis::new(millis)?);
        Ok(())
    }

    /// What the hall computed or received.
    pub(super) fn input(&mut self, input: &Input) -> Result<(), ScenarioError> {
        let events = self.state.decide_input(input, self.now)?;
        self.append(&Actor::Hall, &events, None)
    }

    /// What the hall owes by now.
    pub(super) fn owed(&mut self, event: &Event) -> Result<(), ScenarioError> {
        self.append(&Actor::Hall, std::slice::from_ref(event), None)
    }

    /// A signed command whose step follows at once.
    pub(super) fn command(
        &mut self,
        who: &Identity,
        actor: &Actor,
        command: &Command,
        entropy: &mut SeededEntropy,
    ) -> Result<(), ScenarioError> {
        let signed = self.sign(who, command, entropy)?;
        let events = self.state.decide(actor, command, self.now)?;
        self.append(actor, &events, Some(&signed))
    }

    /// A signed command after which the hall computes something.
    pub(super) fn command_then(
        &mut self,
        who: &Identity,
        actor: &Actor,
        command: &Command,
        result: &Input,
        entropy: &mut SeededEntropy,
    ) -> Result<(), ScenarioError> {
        let signed = self.sign(who, command, entropy)?;
        if !self.state.decide(actor, command, self.now)?.is_empty() {
            return Err("this command leads to its step at once".into());
        }
        let events = self.state.decide_input(result, self.now)?;
        self.append(&Actor::Hall, &events, Some(&signed))
    }

    /// A command that the procedure refuses; the refusal is on record.
    pub(super) fn refused(
        &mut self,
        actor: &Actor,
        command: &Command,
    ) -> Result<(), ScenarioError> {
        let Err(refusal) = self.state.decide(actor, command, self.now) else {
            return Err("this command should have been refused".into());
        };
        let event = self.state.refusal_event(actor, command.kind(), &refusal);
        self.append(&Actor::Hall, &[event.ok_or("a refusal after the deadline is logged")?], None)
    }

    fn sign(
        &self,
        who: &Identity,
        command: &Command,
        entropy: &mut SeededEntropy,
    ) -> Result<SignedCommand, ScenarioError> {
        let mut nonce = [0; 16];
        entropy.fill(&mut nonce)?;
        let body = SignedCommandBody {
            lot: self.state.lot().clone(),
            command: command.clone(),
            nonce: Hex(nonce).to_string(),
            at: self.now,
            after: self.log.len().saturating_sub(1),
        }
        .to_bytes();
        let rng = ring::rand::SystemRandom::new();
        let cms = cms::sign_detached(who, &body, self.now, &rng)?;
        Ok(SignedCommand { body, cms })
    }

    /// Writes entries; the command stands beside the first.
    fn append(
        &mut self,
        cause: &Actor,
        events: &[Event],
        command: Option<&SignedCommand>,
    ) -> Result<(), ScenarioError> {
        for (number, event) in events.iter().enumerate() {
            // What is owed after the first entry is the hall's.
            let (cause, command) =
                if number == 0 { (cause, command) } else { (&Actor::Hall, None) };
            let by = event.written_by(cause);
            let author: kaibiao_journal::Actor = by.to_string().parse()?;
            let data = RawValue::from_string(event.data_json())?;
            let kind = event.kind().name();
            let entry = self.log.next_entry(self.now, &author, kind, &data, command)?;
            self.log.append_entry(entry)?;
            self.state.apply(&by, self.now, event);
        }
        Ok(())
    }
}
