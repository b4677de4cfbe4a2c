//! Why a key generation cannot begin, or why it failed and through whom.

use kaibiao_crypto::EntropyError;
use kaibiao_types::CustodianIndex;

/// Why the parameters of a key generation are not acceptable.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SetupError {
    /// A static key is a point of another curve than the suite's.
    #[error("a static key is of another curve than the suite's")]
    Curve,
    /// Two participants present one static key.
    #[error("two custodians have the same static key")]
    DuplicateKey,
    /// The list of static keys has another length than n.
    #[error("{keys} static keys for {n} custodians")]
    KeyCount {
        /// Keys given.
        keys: usize,
        /// Custodians of the threshold.
        n: u16,
    },
}

/// Why a key generation failed, and who caused it where that can be told.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DkgError {
    /// A certificate signature is not one by its custodian over this transcript: a split view by
    /// the coordinator, or a faulty custodian.
    #[error("custodian {0} did not certify this transcript")]
    Certificate(CustodianIndex),
    /// An encrypted share cannot be decrypted. The sender's signature under the message tells whether
    /// the sender or the relay altered it; a [`super::Complaint`] proves it to a third party.
    #[error("the encrypted share of custodian {0} does not decrypt")]
    Decrypt(CustodianIndex),
    /// A commitment to a polynomial of another degree than k - 1: the threshold of this custodian's
    /// part would be another one.
    #[error("the commitment of custodian {0} has another number of points than k")]
    Degree(CustodianIndex),
    /// The source of randomness failed.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// The own key is not the one of this seat, or the final self-check failed: a fault at home, or
    /// commitments that cancel each other out.
    #[error("the own keys do not fit this key generation")]
    Inconsistent,
    /// A number of messages or signatures other than n.
    #[error("expected one message from each of {0} custodians")]
    MessageCount(u16),
    /// A message is not of the exact form: not a point, the identity, lengths.
    #[error("the message of custodian {0} is malformed")]
    Parse(CustodianIndex),
    /// A proof of possession does not hold.
    #[error("the proof of possession of custodian {0} does not hold")]
    Pop(CustodianIndex),
    /// A decrypted share does not fit its sender's commitment. The recipient knows; a third party
    /// needs the sender's signature under the message and the recipient's [`super::Complaint`].
    #[error("the share of custodian {0} does not fit its commitment")]
    Share(CustodianIndex),
}

impl DkgError {
    /// The stable label.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Certificate(_) => "E_DKG_CERTIFICATE",
            Self::Decrypt(_) => "E_DKG_DECRYPT",
            Self::Degree(_) => "E_DKG_DEGREE",
            Self::Entropy(_) => "E_ENTROPY",
            Self::Inconsistent => "E_DKG_INCONSISTENT",
            Self::MessageCount(_) => "E_DKG_COUNT",
            Self::Parse(_) => "E_DKG_PARSE",
            Self::Pop(_) => "E_DKG_POP",
            Self::Share(_) => "E_DKG_SHARE",
        }
    }

    /// The custodian named by the failure.
    pub const fn custodian(&self) -> Option<CustodianIndex> {
        match self {
            Self::Certificate(j)
            | Self::Decrypt(j)
            | Self::Degree(j)
            | Self::Parse(j)
            | Self::Pop(j)
            | Self::Share(j) => Some(*j),
            _ => None,
        }
    }
}
