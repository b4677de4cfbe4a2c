//! What custodians refuse, on record once.

use std::borrow::Cow;

use kaibiao_crypto::SUITE_1;
use kaibiao_opening::{CustodianRefused, Input};
use kaibiao_replay::VerifiedTender;
use kaibiao_store::Batch;
use kaibiao_types::{CustodianIndex, Digest};
use kaibiao_wire::RefusalBody;

use crate::actor::Room;
use crate::seat::SeatMessage;
use crate::{FromSeat, RoomError};

/// A custodian's refusal.
#[derive(Clone, Debug)]
pub struct HandedRefusal {
    refused: CustodianRefused,
    body: Vec<u8>,
}

impl HandedRefusal {
    /// What was read from the exact signed body.
    pub fn new(read: RefusalBody, body: Vec<u8>) -> Self {
        let RefusalBody { custodian, label, detail, draw, .. } = read;
        Self { refused: CustodianRefused { custodian, label, detail, draw }, body }
    }
}

impl SeatMessage for HandedRefusal {
    fn custodian(&self) -> CustodianIndex {
        self.refused.custodian
    }

    fn content(&self, _: &VerifiedTender, _: Option<Digest>) -> Cow<'_, [u8]> {
        self.body.as_slice().into()
    }
}

impl Room {
    /// A custodian's refusal goes into the log, once: whoever has its bytes can neither fill the log
    /// with it nor have it count again for what is asked later.
    pub(crate) fn take_refusal(
        &mut self,
        signed: FromSeat<HandedRefusal>,
    ) -> Result<u64, RoomError> {
        let (HandedRefusal { refused, body }, _) = signed.into_parts();
        let lot = self.replay.tender().file().lot_key();
        let key = format!("refusal/{}", SUITE_1.hash(&body));
        if self.hall.store.kv_get(&lot, &key)?.is_some() {
            return Ok(self.replay.log().len()); // a repeat
        }
        self.input_with(&Input::CustodianRefused(refused), Batch::new().kv_put(&key, &[]))
    }
}
