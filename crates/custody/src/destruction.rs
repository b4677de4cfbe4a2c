//! The end of a lot: when the share must go, and when the cosigning key may go too (ruling 17).

use kaibiao_replay::Replay;
use kaibiao_types::{Millis, UtcMillis};

use crate::duty::same_log;
use crate::{Act, ClockReading, Custody, Holding, Memory, Refusal};

/// How long after the end of an opening a cosigning key is kept for the destruction entries of other
/// custodians: 30 days. It opens nothing, and a custodian that is away that long holds nobody up.
pub const COSIGN_KEEP: Millis = Millis::from_secs(30 * 24 * 3_600);

/// The same where the tender file has a session in which the result is told (ADR-0024): 180 days, for
/// the evaluation comes between the end and that session.
pub const RESULT_KEEP: Millis = Millis::from_secs(180 * 24 * 3_600);

/// A destruction that is due.
#[derive(Debug)]
pub struct Destruction {
    /// The text to sign with the CA certificate once everything is destroyed.
    pub statement: String,
    /// What to write to the journal before anything is destroyed.
    pub before: Act,
    /// What to write to the journal when it is destroyed, before the statement is signed.
    pub after: Act,
}

impl Custody {
    /// Whether the share and the static key are to be destroyed now: the opening is closed, failed or
    /// terminated in the log as this custodian replayed it. What stayed sealed then stays
    /// sealed for good.
    ///
    /// It holds in every state of a destruction that was begun before, so that a custodian that was
    /// interrupted goes on.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotOver`]; [`Refusal::Head`] if the log does not continue what was cosigned.
    pub fn destroy(
        &self,
        replay: &Replay,
        memory: &Memory,
        clock: ClockReading,
    ) -> Result<Destruction, Refusal> {
        same_log(replay, memory)?;
        if !replay.state().phase().is_final() {
            return Err(Refusal::NotOver);
        }
        let at = clock.now;
        Ok(Destruction {
            statement: replay.destroyed_statement(),
            before: Act::Destroying { at },
            after: Act::Destroyed { at },
        })
    }

    /// Whether the cosigning key is to be destroyed too: the share is gone, and either the log has
    /// the destruction of every custodian under a head that shows this custodian's cosignature
    /// (`cosigned`), so that nothing can follow, or the opening ended [`COSIGN_KEEP`] ago. Where the
    /// result may still be told, it is kept for [`RESULT_KEEP`].
    pub fn retire(
        &self,
        replay: &Replay,
        memory: &Memory,
        cosigned: bool,
        clock: ClockReading,
    ) -> Option<Act> {
        if memory.holding() != Holding::CosigningKey {
            return None;
        }
        let state = replay.state();
        let own = state.destroyed().contains_key(&self.index());
        let session = state.result_session().is_some();
        let complete = own && state.all_destroyed() && cosigned && !session;
        let span = if session { RESULT_KEEP } else { COSIGN_KEEP };
        let kept: Option<UtcMillis> = state.ended().map(|ended| ended.at.plus(span));
        let expired = kept.is_some_and(|kept| clock.earliest() >= kept);
        (complete || expired).then_some(Act::Retired { at: clock.now })
    }
}
