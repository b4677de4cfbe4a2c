//! The custodians' journals: kept as they were signed, for the evidence (ruling 19).

use std::borrow::Cow;
use std::collections::BTreeMap;

use kaibiao_crypto::SUITE_1;
use kaibiao_journal::journal_statement;
use kaibiao_opening::{Input, JournalSigned, limits::JOURNAL_BYTES};
use kaibiao_replay::{CustodianJournal, VerifiedTender};
use kaibiao_store::Batch;
use kaibiao_types::{CustodianIndex, Digest, JournalMoment};

use crate::actor::Room;
use crate::seat::SeatMessage;
use crate::{FromSeat, RoomError};

/// A custodian's journal.
#[derive(Clone, Debug)]
pub struct HandedJournal {
    custodian: CustodianIndex,
    moment: JournalMoment,
    bytes: Vec<u8>,
    length: u64,
    sha256: Digest,
}

impl HandedJournal {
    /// The exact bytes of a journal, if they are not too many to be one.
    ///
    /// # Errors
    ///
    /// [`RoomError::Proof`] above 8 MiB.
    pub fn new(
        custodian: CustodianIndex,
        moment: JournalMoment,
        bytes: Vec<u8>,
    ) -> Result<Self, RoomError> {
        let length = u64::try_from(bytes.len()).map_err(RoomError::internal)?;
        if length > JOURNAL_BYTES {
            return Err(RoomError::Proof(format!("a journal has {JOURNAL_BYTES} bytes at most")));
        }
        let sha256 = SUITE_1.hash(&bytes);
        Ok(Self { custodian, moment, bytes, length, sha256 })
    }
}

impl SeatMessage for HandedJournal {
    fn custodian(&self) -> CustodianIndex {
        self.custodian
    }

    fn content(&self, tender: &VerifiedTender, _: Option<Digest>) -> Cow<'_, [u8]> {
        let Self { custodian, moment, length, sha256, .. } = self;
        journal_statement(tender.origin(), *custodian, *moment, *length, sha256).into_bytes().into()
    }

    /// It must be a journal: other bytes would only spoil the evidence.
    fn check(&self) -> Result<(), RoomError> {
        let read = CustodianJournal::parse(&self.bytes);
        read.map(drop).map_err(|error| RoomError::Proof(error.to_string()))
    }
}

impl Room {
    /// A custodian's signed journal. What it says is judged by the verifier and by nobody here, so
    /// that a hall cannot choose what custodians may say.
    pub(crate) fn take_journal(
        &mut self,
        signed: &FromSeat<HandedJournal>,
    ) -> Result<u64, RoomError> {
        let HandedJournal { custodian, moment, bytes, length, sha256 } = signed.message();
        let (custodian, moment, length, sha256) = (*custodian, *moment, *length, *sha256);
        if self.replay.state().journals().contains_key(&(custodian, moment)) {
            return Ok(self.replay.log().len()); // a repeat: the answer was lost
        }
        let cms = signed.cms_b64();
        let event = JournalSigned { custodian, moment, length, sha256, cms };
        let batch = Batch::new().put_doc(&journal_doc(custodian, moment), bytes);
        let head = self.input_with(&Input::JournalSigned(event), batch)?;
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
