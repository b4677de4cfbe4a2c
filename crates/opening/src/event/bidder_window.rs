//! The data of the events of the bidder window, keys in the order in which they are written.

use kaibiao_types::{Digest, Millis, OrgCode, Part, Stage, UtcMillis};
use serde::{Deserialize, Serialize};

data! {
    /// `bidder-window-opened`.
    BidderWindowOpened {
        /// The envelope: always 1 in this version.
        stage: Stage,
        /// The end of the window.
        until: UtcMillis,
    }

    /// `bidder-unsealed`: what the bidder's own key gave back of the locks of its bid. It opens
    /// nothing without the custodians, and anybody can check it against the commitments in the headers.
    BidderUnsealed {
        /// The envelope: always 1 in this version.
        stage: Stage,
        /// The bidder.
        bidder: OrgCode,
        /// The bid.
        manifest_sha256: Digest,
        /// One secret for each object of the bid, in the order of its parts.
        secrets: Vec<UnlockedPart>,
    }

    /// The secret of one bidder lock.
    UnlockedPart {
        /// The object.
        part: Part,
        /// The secret of its lock 2.
        secret: UnlockSecret,
    }

    /// `bidder-window-extended`, while it is open.
    BidderWindowExtended {
        /// The envelope: always 1 in this version.
        stage: Stage,
        /// By how much.
        by_ms: Millis,
        /// The end of the window from now on.
        until: UtcMillis,
        /// Why.
        text: String,
    }

    /// `bidder-window-reopened`, after it was over.
    BidderWindowReopened {
        /// The envelope: always 1 in this version.
        stage: Stage,
        /// For how long.
        by_ms: Millis,
        /// The end of the window from now on.
        until: UtcMillis,
        /// Why.
        text: String,
    }

    /// `bidder-window-closed`: its time is up, or every bidder unlocked its bid.
    BidderWindowClosed {
        /// The envelope: always 1 in this version.
        stage: Stage,
        /// The bidders that did not, in log order. Where the tender file has an escrow, custodians
        /// unlock their bids from here on.
        missing: Vec<OrgCode>,
    }
}

/// The secret of a bidder lock, 64 hexadecimal digits. Public once its entry is in the log; until then
/// nobody but its bidder needs it, so `Debug` does not show it.
#[derive(Clone, Eq, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnlockSecret(String);

impl UnlockSecret {
    /// A secret in its text form; whether it has that form is checked with the entry.
    pub const fn new(hex: String) -> Self {
        Self(hex)
    }

    /// The text, for whoever checks it against a header.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl core::fmt::Debug for UnlockSecret {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("UnlockSecret(..)")
    }
}
