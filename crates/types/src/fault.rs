//! Whose fault a failure is; the law hangs 撤销 or 撤回 on it.

use serde::{Deserialize, Serialize};

/// What the evidence shows about who caused a failure (电子招标投标办法 art. 31).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// The bidder caused it: the bid counts as revoked (撤销).
    Bidder,
    /// The bidder did not cause it: the bid counts as withdrawn (撤回) and loss is compensated.
    NotBidder,
    /// The evidence is silent: a person decides, on record.
    Undetermined,
}
