//! The custodians' journals: kept as they were signed, for the evidence (ruling 19).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_crypto::SUITE_1;
use kaibiao_opening::{Input, JournalSigned};
use kaibiao_replay::CustodianJournal;
use kaibiao_store::Batch;
use kaibiao_types::{CustodianIndex, JournalMoment};

use crate::RoomError;
use crate::actor::Room;

/// A custodian's journal with its signature.
#[derive(Clone, Debug)]
pub struct HandedJournal {
    /// The custodian.
    pub custodian: CustodianIndex,
    /// At the freeze, or at the end.
    pub moment: JournalMoment,
    /// The exact bytes.
    pub bytes: Vec<u8>,
    /// The custodian's CMS over the statement, DER.
    pub cms: Vec<u8>,
}

impl Room {
    /// A custodian's signed journal. The replay checks its signature; what it says is judged by the
    /// verifier and by nobody here, so that a hall cannot choose what custodians may say. It must be
    /// a journal, though: other bytes would only spoil the evidence.
    pub(crate) fn take_journal(&mut self, journal: HandedJournal) -> Result<u64, RoomError> {
        let HandedJournal { custodian, moment, bytes, cms } = journal;
        if self.replay.state().journals().contains_key(&(custodian, moment)) {
            return Ok(self.replay.log().len()); // a repeat: the answer was lost
        }
        CustodianJournal::parse(&bytes).map_err(|error| RoomError::Proof(error.to_string()))?;
        let event = JournalSigned {
            custodian,
            moment,
            length: u64::try_from(bytes.len()).map_err(RoomError::internal)?,
            sha256: SUITE_1.hash(&bytes),
            cms: STANDARD.encode(cms),
        };
        let now = self.now();
        let events = self.replay.state().decide_input(&Input::JournalSigned(event), now)?;
        let batch = Batch::new().put_doc(&journal_doc(custodian, moment), &bytes);
        let head = self.append(&kaibiao_opening::Actor::Hall, &events, None, now, batch)?;
        self.package_if_due()?;
        Ok(head)
    }

    /// The journals for the package: of each custodian the last one that it signed.
    pub(crate) fn journals(&self) -> Result<BTreeMap<CustodianIndex, Vec<u8>>, RoomError> {
        let lot = self.replay.tender().file().lot_key();
        let mut out = BTreeMap::new();
        // `freeze` comes before `close`, which takes its place.
        for (custodian, moment) in self.replay.state().journals().keys() {
            let bytes = self.hall.store.doc(&lot, &journal_doc(*custodian, *moment))?;
            let bytes = bytes.ok_or_else(|| RoomError::internal("a journal is missing"))?;
            out.insert(*custodian, bytes);
        }
        Ok(out)
    }
}

fn journal_doc(custodian: CustodianIndex, moment: JournalMoment) -> String {
    format!("journals/{custodian}/{moment}")
}
