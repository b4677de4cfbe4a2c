//! The custodians' journals: what each writes before it acts, and its statements over it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_crypto::SUITE_1;
use kaibiao_journal::journal_statement;
use kaibiao_opening::{Input, JournalSigned};
use kaibiao_pki::cms;
use kaibiao_replay::Act;
use kaibiao_types::{CustodianIndex, JournalMoment};

use super::ScenarioError;
use super::steps::Stage;

impl Stage<'_> {
    /// An act, written before it is done.
    pub(super) fn note(&mut self, custodian: CustodianIndex, act: &Act) {
        self.journals.entry(custodian).or_default().extend(act.to_line());
    }

    /// The present head, noted by custodians as cosigned.
    pub(super) fn note_head(&mut self, custodians: &[CustodianIndex]) {
        let (at, head) = (self.room.now, self.room.log.head());
        for index in custodians {
            self.note(*index, &Act::Cosigned { at, size: head.size, root: head.root });
        }
    }

    /// The journal as it is now, signed and handed to the hall, unless this custodian does not.
    pub(super) fn hand_journal(
        &mut self,
        custodian: CustodianIndex,
        moment: JournalMoment,
    ) -> Result<(), ScenarioError> {
        if usize::from(custodian.get()) <= self.options.silent_custodians {
            return Ok(());
        }
        let bytes = self.journals.get(&custodian).cloned().unwrap_or_default();
        let (length, sha256) = (u64::try_from(bytes.len())?, SUITE_1.hash(&bytes));
        let origin = self.published.verified.origin();
        let statement = journal_statement(origin, custodian, moment, length, &sha256);
        let seat = usize::from(custodian.get()).checked_sub(1);
        let (identity, _) = seat
            .and_then(|seat| self.people.custodians.get(seat))
            .ok_or("a custodian has an identity")?;
        let rng = ring::rand::SystemRandom::new();
        let cms = cms::sign_detached(identity, statement.as_bytes(), self.room.now, &rng)?;
        let cms = STANDARD.encode(cms);
        let signed = JournalSigned { custodian, moment, length, sha256, cms };
        self.room.input(&Input::JournalSigned(signed))?;
        self.handed.insert(custodian, bytes);
        Ok(())
    }
}
