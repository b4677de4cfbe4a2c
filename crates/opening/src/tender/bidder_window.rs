//! What a tender file says about the bidders' own decryption (投标人解密, ADR-0020).

use kaibiao_types::Millis;
use serde::{Deserialize, Serialize};

use super::{CustodyPolicy, TenderError, Terms};
use crate::limits;

/// The bidder window (投标人解密时限) of a tender: which locks its bids have, and how long it is open.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BidderWindowTerms {
    /// What becomes of a bid whose bidder does not unlock it.
    pub lock: BidderLockTerms,
    /// How long the window is open, once the host has opened it.
    pub open_ms: Millis,
    /// By how much it may be extended and opened again, all together; 0: not at all.
    pub extend_ms: Millis,
}

/// What becomes of a bid whose bidder does not unlock it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BidderLockTerms {
    /// k custodians open it through the escrow, as every bid received in time is opened.
    Escrow,
    /// It stays shut, and a person decides whose fault that is.
    Strict,
}

impl BidderLockTerms {
    /// The name in Chinese and English for people.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Escrow => {
                ("投标人未解密的，由密钥分持人代为解密", "custodians unlock what a bidder does not")
            }
            Self::Strict => {
                ("投标人未解密的，不予拆封", "what its bidder does not unlock stays sealed")
            }
        }
    }
}

/// The policy and the terms of its window come together, in a tender of one envelope: a bidder would
/// have to come back for each of several.
pub(super) fn check(terms: &Terms) -> Result<(), TenderError> {
    let asked = terms.custody.policy == CustodyPolicy::BidderThenCeremony;
    match &terms.bidder_window {
        Some(window) if asked && is_valid(window) && terms.envelopes.is_empty() => Ok(()),
        None if !asked => Ok(()),
        _ => Err(TenderError::BidderWindow),
    }
}

/// The spans of a window, also for readers of the log who have no tender file.
pub(crate) fn is_valid(window: &BidderWindowTerms) -> bool {
    super::span_is_valid(window.open_ms) && window.extend_ms.get() <= limits::SPAN_MAX
}
