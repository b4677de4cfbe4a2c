//! Time servers in the tender file, and the time confirmed by persons.

use kaibiao_opening::{Actor, Command, TimeKey, TimePolicy, TimeServer};
use kaibiao_replay::Act;
use kaibiao_types::Millis;

use super::intake::tender_seats;
use super::steps::Stage;
use super::{People, ScenarioError};

/// Two servers of two organisations; nobody asks them here.
pub(super) fn sample(people: &People) -> TimePolicy {
    let servers = (1_u8..).zip(&people.custodians).take(2).map(|(number, (_, party))| TimeServer {
        name: format!("server_{number}"),
        address: format!("192.0.2.{number}:2002"),
        key: TimeKey([number; 32]),
        run_by: party.clone(),
    });
    let (sources, max_error_ms) = (servers.collect(), Millis::from_secs(10));
    TimePolicy { sources, agree: 2, max_error_ms, token: false }
}

impl Stage<'_> {
    /// No custodian has met a time server, and host and supervisor confirm the time.
    pub(super) fn confirm_time(&mut self) -> Result<(), ScenarioError> {
        let (at, deadline) = (self.room.now, self.published.verified.file().terms().deadline);
        for seat in &self.published.verified.record().custodians {
            let clock = Act::Clock {
                at,
                max_error_ms: Millis::MAX,
                system: at,
                standing: "never".to_owned(),
                agree: Vec::new(),
                false_tickers: Vec::new(),
                contradicted: false,
            };
            self.note(seat.index, &clock);
        }
        self.by_host(&Command::ConfirmTime { deadline })?;
        let supervisor = Actor::Supervisor(self.people.supervisor_party.code.clone());
        let approve = Command::ApproveTime { deadline };
        self.room.command(&self.people.supervisor, &supervisor, &approve, self.entropy)?;
        let seats = tender_seats(self.published);
        self.note_head(&seats);
        Ok(())
    }
}
