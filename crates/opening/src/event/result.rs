//! The data of the events of the last session (复会), keys in the order in which they are written.

use kaibiao_types::{OrgCode, UtcMillis};
use serde::{Deserialize, Serialize};

use super::NotPassed;

data! {
    /// `result-announced`: what came of the evaluation, as the host tells it.
    ResultAnnounced {
        /// Number of the announcement, gapless from 1; from 2 on it takes the place of the one before.
        no: u32,
        /// Until when bidders may answer.
        until: UtcMillis,
        /// Who is ranked: the first place first.
        ranked: Vec<OrgCode>,
        /// Everybody else, and why.
        rejected: Vec<NotPassed>,
        /// What the host says of it; from the second announcement on, also why there is another.
        text: String,
    }

    /// `result-answered`: one bidder has no objection, or says what it objects to.
    ResultAnswered {
        /// The announcement.
        no: u32,
        /// The bidder.
        bidder: OrgCode,
        /// The objection; `null` for none.
        objection: Option<String>,
    }
}
