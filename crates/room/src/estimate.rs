//! The sealed base estimate: checked before its entry is written.

use kaibiao_opening::Event;
use kaibiao_replay::{LockPoints, VerifiedEstimate};
use kaibiao_types::Digest;

use crate::RoomError;
use crate::actor::Room;

impl Room {
    /// The points of a base estimate that is to enter the log; none for any other entry. A lock that
    /// is known from a bid is a copy of it, and would keep the whole lot shut at the freeze.
    pub(crate) fn new_estimate(
        &self,
        events: &[Event],
        signer_spki: Digest,
    ) -> Result<LockPoints, RoomError> {
        let mut locks = LockPoints::default();
        let Some(Event::EstimateSealed(sealed)) = events.first() else { return Ok(locks) };
        let estimate = VerifiedEstimate::verify(self.replay.tender(), sealed, signer_spki)?;
        if self.locks.knows(estimate.header()) || locks.take(estimate.header()).is_err() {
            return Err(RoomError::DuplicateObject);
        }
        Ok(locks)
    }
}
