//! The data of the events about the base estimate (标底), keys in the order in which they are written.

use kaibiao_types::{Digest, Money};
use serde::{Deserialize, Serialize};

use super::Verdict;

data! {
    /// `estimate-sealed`.
    EstimateSealed {
        /// Number of the estimate, gapless from 1; only the last counts.
        no: u32,
        /// SHA-256 of the exact sealed object.
        sha256: Digest,
        /// The sealed object in base64.
        object_b64: String,
    }

    /// The outcome of the base estimate, in `prices-published`.
    PublishedEstimate {
        /// SHA-256 of the exact sealed object.
        sha256: Digest,
        /// How it went.
        verdict: Verdict,
        /// What went wrong, unless opened.
        label: Option<String>,
        /// The exact plaintext.
        plain_b64: Option<String>,
        /// 标底.
        amount: Option<Money>,
        /// 大写.
        capital: Option<String>,
    }
}
