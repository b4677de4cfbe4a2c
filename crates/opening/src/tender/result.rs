//! What a tender file says about the last session (复会, ADR-0024).

use kaibiao_types::Millis;
use serde::{Deserialize, Serialize};

/// The session after the evaluation in which the result is told.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResultTerms {
    /// How long bidders may answer an announcement.
    pub answer_ms: Millis,
}
