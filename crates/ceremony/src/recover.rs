//! Recovery of a lost share (COCKTAIL-DKG, "Share Recovery"; attack A8).
//!
//! Nothing secret is asked of anybody: the custodian's own static key opens the encrypted shares that
//! stand in the published first-round messages. Those messages are the specification's encrypted
//! share bundle, and the published transcript with its certificate is its common recovery data.

use kaibiao_types::CustodianIndex;

use crate::{CeremonyRecord, DkgError, KeyShare, RecordError, StaticKey, Transcript};

/// Why a share was not recovered.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RecoverError {
    /// No custodian of this ceremony announced this static key: a key of another ceremony, of
    /// another custodian, or a damaged one.
    #[error("this static key belongs to no custodian of this ceremony")]
    Key,
    /// The message of a custodian does not give the share it owes. Only an altered copy can do
    /// that, since every custodian checked its share before it certified.
    #[error("a first-round message does not give its share; fetch the messages elsewhere")]
    Message(#[source] DkgError),
    /// The messages or the certificate are not those of this record: altered, or of another
    /// ceremony. The source names the custodian where one can be named.
    #[error("the transcript does not belong to this ceremony")]
    Record(#[source] RecordError),
    /// The shares add up to another share than the record has for this custodian.
    #[error("the recovered share of custodian {0} is not the one in the record")]
    Share(CustodianIndex),
}

impl RecoverError {
    /// The stable label.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Key => "E_RECOVER_KEY",
            Self::Message(error) => error.label(),
            Self::Record(error) => error.label(),
            Self::Share(_) => "E_RECOVER_SHARE",
        }
    }

    /// The custodian whose message is bad, where the failure names one.
    pub const fn custodian(&self) -> Option<CustodianIndex> {
        match self {
            Self::Message(error) | Self::Record(RecordError::Agreement(error)) => error.custodian(),
            Self::Share(index) => Some(*index),
            Self::Key | Self::Record(_) => None,
        }
    }
}

/// Recovers the share of the custodian that holds `key`, from what is published about a ceremony.
///
/// Its seat is found by the key. Everything public is checked first (messages, key, shares,
/// transcript digest, certificate of all n), then the own share of each message against its
/// commitment, and at last the sum against the public share in the record. So a share that comes out
/// is the lost one.
///
/// # Errors
///
/// [`RecoverError`]; nothing is recovered then.
pub fn recover(
    key: &StaticKey,
    record: &CeremonyRecord,
    transcript: &Transcript,
) -> Result<KeyShare, RecoverError> {
    let public = key.public().hex();
    let seat = record.custodians.iter().find(|entry| entry.static_key == public);
    let index = seat.ok_or(RecoverError::Key)?.index;
    record.check_transcript(transcript).map_err(RecoverError::Record)?;
    let session = record.agreed().session(record.suite()).map_err(RecoverError::Record)?;
    let messages: Vec<Vec<u8>> = transcript.messages.iter().map(|m| m.0.clone()).collect();
    let share = session.recover(index, key, &messages).map_err(RecoverError::Message)?;
    if record.public_share(index) == Some(&share.public()) {
        Ok(share)
    } else {
        Err(RecoverError::Share(index))
    }
}

#[cfg(test)]
mod tests;
