//! What custodians attest of an outage of the hall before the deadline (ruling 12).

use std::borrow::Cow;

use kaibiao_journal::outage_statement;
use kaibiao_opening::{Input, OutageAttested};
use kaibiao_replay::VerifiedTender;
use kaibiao_types::{CustodianIndex, Digest, UtcMillis};

use crate::actor::Room;
use crate::seat::SeatMessage;
use crate::{FromSeat, RoomError};

/// A custodian was without a new head of the log.
#[derive(Clone, Copy, Debug)]
pub struct Outage {
    /// The custodian.
    pub custodian: CustodianIndex,
    /// The deadline that counted.
    pub deadline: UtcMillis,
    /// From when on.
    pub from: UtcMillis,
    /// Until when.
    pub to: UtcMillis,
}

impl SeatMessage for Outage {
    fn custodian(&self) -> CustodianIndex {
        self.custodian
    }

    fn content(&self, tender: &VerifiedTender, _: Option<Digest>) -> Cow<'_, [u8]> {
        let Self { custodian, deadline, from, to } = *self;
        outage_statement(tender.origin(), custodian, deadline, from, to).into_bytes().into()
    }
}

impl Room {
    /// A custodian's attestation; with that of the k-th the deadline is postponed in the same step.
    /// Whoever has its bytes can not have it counted twice: the procedure refuses a repeat.
    pub(crate) fn take_outage(&mut self, signed: &FromSeat<Outage>) -> Result<u64, RoomError> {
        let Outage { custodian, deadline, from, to } = *signed.message();
        let cms = signed.cms_b64();
        let said = OutageAttested { custodian, deadline, from, to, cms };
        self.input(&Input::OutageAttested(said))
    }
}
