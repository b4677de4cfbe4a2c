//! Why a custodian does not act.

use kaibiao_journal::CheckpointError;
use kaibiao_replay::FreezeFault;
use kaibiao_types::{CustodianIndex, Digest, Millis, Part};

/// Why a custodian refuses. Every refusal goes into its journal and is told to the hall.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The checkpoint is not a signed head of the log that was replayed.
    #[error("the checkpoint is not a head of the log that was replayed")]
    Checkpoint(#[from] CheckpointError),
    /// The share of this lot is destroyed, or being destroyed.
    #[error("the share of this lot is destroyed")]
    Destroyed,
    /// A lock that was raised before appears in another bid (rule R7).
    #[error("the lock of bid {manifest_sha256} was raised for bid {before} before")]
    DuplicateLock {
        /// The bid asked for.
        manifest_sha256: Digest,
        /// The bid it was raised for.
        before: Digest,
    },
    /// A draw has a point that belongs to a bid, or was raised in another role (rule R7).
    #[error("the point of draw {no} is the point of a bid, or was raised for something else")]
    DrawPoint {
        /// The draw.
        no: u32,
    },
    /// The draw in the log is not one of the tender file.
    #[error("draw {no} is not the one of the tender file")]
    DrawTerms {
        /// The draw.
        no: u32,
    },
    /// The freeze does not hold.
    #[error("the freeze does not hold")]
    Freeze(#[from] FreezeFault),
    /// Another freeze was countersigned before: two freezes of one ceremony are evidence of fraud.
    #[error("freeze {signed} was countersigned before; {asked} is another one")]
    FreezeConflict {
        /// The freeze countersigned before.
        signed: Digest,
        /// The freeze asked for.
        asked: Digest,
    },
    /// The log shows no freeze, or none that this custodian countersigned.
    #[error("this custodian has not countersigned the freeze")]
    FreezeUnsigned,
    /// The checkpoint names a head that differs from the replayed log.
    #[error("the head of {size} entries differs from the replayed log")]
    Head {
        /// Entries under the head.
        size: u64,
    },
    /// The closing head is not one that this custodian cosigned.
    #[error("this custodian has not cosigned the closing head")]
    HeadUnsigned,
    /// The log does not ask this custodian for a draw.
    #[error("the log does not ask for a draw")]
    NoDraw,
    /// The opening is not over: the share is still needed.
    #[error("the opening is not over, so the share is not destroyed")]
    NotOver,
    /// The log does not ask for this part to be unsealed.
    #[error("the log does not ask for the {0} part to be unsealed")]
    NotAsked(Part),
    /// The opening time has not come by this custodian's clock.
    #[error("the opening time is {0} away by this custodian's clock")]
    NotYet(Millis),
    /// The clock lost its sources, and the wait that makes up for them is not over (ruling 13).
    #[error("the time sources are not reached, so {0} are still waited by this custodian's clock")]
    Holdover(Millis),
    /// The head is smaller than one that was cosigned before.
    #[error("a head of {cosigned} entries was cosigned before, this one has {size}")]
    Rollback {
        /// Entries under the head asked for.
        size: u64,
        /// Entries under the greatest head cosigned.
        cosigned: u64,
    },
    /// The share at hand is not the one of the ceremony record.
    #[error("the share at hand is not that of custodian {0} in the ceremony")]
    Share(CustodianIndex),
    /// The sources of time that the tender file names never agreed since this process began, and
    /// host and supervisor have not confirmed the time (ruling 13).
    #[error("the time sources have not agreed, and the time is not confirmed")]
    TimeUnknown,
    /// The tender file asks for a token of time over the freeze, and there is none.
    #[error("there is no token of time over the freeze")]
    TokenMissing,
    /// Fewer bidders than the law asks for.
    #[error("{bidders} bidders, at least {min} are needed")]
    TooFew {
        /// Distinct bidders with a current bid.
        bidders: usize,
        /// The minimum.
        min: u32,
    },
}

impl Refusal {
    /// The stable label.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Checkpoint(error) => error.label(),
            Self::Destroyed => "E_DESTROYED",
            Self::DuplicateLock { .. } => "E_DUP_U",
            Self::DrawPoint { .. } => "E_DRAW_POINT",
            Self::DrawTerms { .. } => "E_DRAW_TENDER",
            Self::NoDraw => "E_DRAW_NOT_ASKED",
            Self::Freeze(error) => error.label(),
            Self::FreezeConflict { .. } => "E_FREEZE_CONFLICT",
            Self::FreezeUnsigned | Self::HeadUnsigned | Self::NotAsked(_) | Self::NotOver => {
                "E_NOT_ALLOWED"
            }
            Self::Head { .. } | Self::Rollback { .. } => "E_ROLLBACK",
            Self::Holdover(_) | Self::TimeUnknown => "E_TIME_UNSURE",
            Self::NotYet(_) => "E_NOT_YET",
            Self::Share(_) => "E_CEREMONY",
            Self::TokenMissing => "E_TIME_TOKEN",
            Self::TooFew { .. } => "E_TOO_FEW",
        }
    }
}
