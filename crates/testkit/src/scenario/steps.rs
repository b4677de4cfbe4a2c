//! The steps of an opening, in their order.

use std::collections::BTreeMap;

use kaibiao_journal::{Cosigner, OpeningLog, PlacePath, ReceiptedBid, Tick};
use kaibiao_opening::{Actor, Command, State};
use kaibiao_pki::Identity;
use kaibiao_types::{CustodianIndex, Millis, Party};

use super::bid::ScenarioBid;
use super::room::Room;
use super::{People, Published, ScenarioError, ScenarioOptions, signed_head};
use crate::{Fixture, SeededEntropy};

/// What the steps leave behind.
pub(super) struct Played {
    pub(super) log: OpeningLog,
    pub(super) state: State,
    pub(super) checkpoint: String,
    pub(super) places: Vec<PlacePath>,
    pub(super) bids: Vec<ScenarioBid>,
    pub(super) journals: BTreeMap<CustodianIndex, Vec<u8>>,
}

/// Everything at hand while the steps are taken.
pub(super) struct Stage<'a> {
    pub(super) options: &'a ScenarioOptions,
    pub(super) fixture: &'a Fixture,
    pub(super) people: &'a People,
    pub(super) published: &'a Published,
    pub(super) entropy: &'a mut SeededEntropy,
    pub(super) room: Room,
    pub(super) ticks: Vec<Tick>,
    pub(super) taken: Vec<(ScenarioBid, ReceiptedBid)>,
    pub(super) places: Vec<PlacePath>,
    /// What custodians have written so far.
    pub(super) journals: BTreeMap<CustodianIndex, Vec<u8>>,
    /// What they have signed last.
    pub(super) handed: BTreeMap<CustodianIndex, Vec<u8>>,
}

pub(super) fn play(
    options: &ScenarioOptions,
    fixture: &Fixture,
    people: &People,
    published: &Published,
    entropy: &mut SeededEntropy,
) -> Result<Played, ScenarioError> {
    let tender = &published.verified;
    let log = OpeningLog::new(tender.origin().clone());
    let state = State::new(tender.file().lot_key());
    let start = tender.file().terms().deadline.minus(Millis::from_secs(7_200));
    let mut stage = Stage {
        options,
        fixture,
        people,
        published,
        entropy,
        room: Room::new(log, state, start),
        ticks: Vec::new(),
        taken: Vec::new(),
        places: Vec::new(),
        journals: BTreeMap::new(),
        handed: BTreeMap::new(),
    };
    stage.intake()?;
    stage.freeze()?;
    if options.terminated {
        stage.terminate()?;
    }
    if !stage.room.state.phase().is_final() {
        while stage.room.state.stage_after().is_some() {
            stage.open_envelope()?;
            stage.close_envelope()?;
        }
        stage.open_envelope()?;
        if !options.unfinished {
            stage.close()?;
        }
    }
    if stage.room.state.phase().is_final() {
        stage.destroy()?;
    }
    if options.result {
        stage.tell_result()?;
    }
    stage.finish()
}

impl<'a> Stage<'a> {
    /// From the sign-in to the last step before the record.
    fn open_envelope(&mut self) -> Result<(), ScenarioError> {
        self.unseal_prices()?;
        self.read()?;
        if self.room.state.stage_after().is_none() {
            self.hold_draws()?;
        }
        if self.options.documents {
            self.documents()?;
        }
        Ok(())
    }

    pub(super) fn host(&self) -> Actor {
        Actor::Host(self.people.host_party.code.clone())
    }

    pub(super) fn by_host(&mut self, command: &Command) -> Result<(), ScenarioError> {
        let host = self.host();
        self.room.command(&self.people.host, &host, command, self.entropy)
    }

    /// The present head, signed and cosigned by all custodians.
    pub(super) fn head(&self) -> Result<String, ScenarioError> {
        let cosigners: Vec<&Cosigner> = self.published.cosigners.iter().collect();
        signed_head(&self.published.log_signer, &cosigners, self.room.log.head(), self.room.now)
    }

    /// The identity and party of a bidder.
    pub(super) fn bidder(&self, party: &Party) -> Result<&'a (Identity, Party), ScenarioError> {
        let people: &'a People = self.people;
        let found = people.bidders.iter().find(|(_, known)| known == party);
        Ok(found.ok_or("a bidder has an identity")?)
    }

    fn finish(mut self) -> Result<Played, ScenarioError> {
        self.room.wait(1_000)?;
        let checkpoint = self.head()?;
        Ok(Played {
            log: self.room.log,
            state: self.room.state,
            checkpoint,
            places: self.places,
            journals: self.handed,
            bids: self.taken.into_iter().map(|(bid, _)| bid).collect(),
        })
    }
}
