//! The data of the events between two envelopes (双信封), keys in the order in which they are written.

use kaibiao_types::{OrgCode, Stage, UtcMillis};
use serde::{Deserialize, Serialize};

data! {
    /// `envelope-closed`: the opening of one envelope is over, and another follows (休会).
    EnvelopeClosed {
        /// The envelope.
        stage: Stage,
    }

    /// `passed-listed`: the host's list of who passed with the opened envelope.
    PassedListed {
        /// Number of the list, gapless from 1 in each envelope.
        no: u32,
        /// The envelope that was evaluated.
        stage: Stage,
        /// Who passed, in log order: only their next envelope is opened.
        passed: Vec<OrgCode>,
        /// Everybody else, in log order: their next envelope stays sealed for good.
        failed: Vec<NotPassed>,
        /// Not before this time the opening goes on (复会).
        reconvene_at: UtcMillis,
        /// Why it goes on with fewer than three; `null` where three or more passed.
        reason: Option<String>,
    }

    /// One bidder that did not pass.
    NotPassed {
        /// The bidder.
        bidder: OrgCode,
        /// Why, as the evaluation said.
        reason: String,
    }

    /// `passed-approved`: the supervisor approved the list.
    PassedApproved {
        /// The list.
        no: u32,
        /// Who passed, repeated: what is approved is what was read.
        passed: Vec<OrgCode>,
    }

    /// `opening-reconvened` (复会): the opening of the next envelope begins.
    OpeningReconvened {
        /// The envelope.
        stage: Stage,
    }
}
