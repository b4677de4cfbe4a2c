//! The bidder window in the record: when it was open, and whose bids stayed locked.

use kaibiao_types::{Millis, UtcMillis};
use serde::{Deserialize, Serialize};

use crate::bidder_window::WindowInterval;
use crate::state::State;
use crate::tender::BidderLockTerms;

/// The window in which bidders unlocked their bids (投标人解密时限).
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordBidderWindow {
    /// What becomes of a bid whose bidder does not unlock it.
    pub lock: BidderLockTerms,
    /// The spans in which it was open, in order.
    pub intervals: Vec<RecordInterval>,
    /// How long it was open in all, without the spans in which the opening was held.
    pub open_ms: Millis,
    /// 序号 of the bids that their bidders did not unlock, ascending.
    pub missing: Vec<u32>,
}

/// One span in which it was open.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordInterval {
    /// From when.
    pub from: UtcMillis,
    /// Until when.
    pub until: UtcMillis,
    /// How long, without the spans in which the opening was held.
    pub open_ms: Millis,
    /// Why it was opened again; the first interval does not have the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How it was extended; without any the key is left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<RecordExtension>,
}

/// One extension (延长).
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordExtension {
    /// When.
    pub at: UtcMillis,
    /// By how much.
    pub by_ms: Millis,
    /// Why.
    pub reason: String,
}

impl RecordBidderWindow {
    /// Prices are published after the window is over, so what enters a record does not change.
    pub(super) fn of(state: &State) -> Option<Self> {
        let (terms, window) = (state.bidder_window_terms()?, state.bidder_window()?);
        let bids = (1_u32..).zip(state.current_bids());
        let missing = bids.filter(|(_, bid)| !window.unsealed().contains_key(&bid.bidder.code));
        Some(Self {
            lock: terms.lock,
            intervals: window.intervals.iter().map(RecordInterval::of).collect(),
            open_ms: window.open_for(),
            missing: missing.map(|(position, _)| position).collect(),
        })
    }
}

impl RecordInterval {
    fn of(interval: &WindowInterval) -> Self {
        let extensions = interval.extensions.iter().map(|extension| RecordExtension {
            at: extension.at,
            by_ms: extension.by,
            reason: extension.reason.clone(),
        });
        Self {
            from: interval.from.at,
            until: interval.end(),
            open_ms: interval.open_for(),
            reason: interval.reason.clone(),
            extensions: extensions.collect(),
        }
    }
}
