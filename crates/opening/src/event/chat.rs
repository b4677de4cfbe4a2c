//! Talk in the room: messages, and who may not send any.

use kaibiao_types::{Digest, OrgCode};
use serde::{Deserialize, Serialize};

data! {
    /// A message for everybody.
    ChatSaid {
        /// The message.
        text: String,
    }
    /// A message for host and supervisor: everybody sees that there is one, and can check later that a
    /// text which somebody shows is this one.
    ChatPrivate {
        /// `TH("private-text", salt, text)`; the salt has 32 random bytes.
        text_sha256: Digest,
    }
    /// Bidders may not send messages (禁言).
    ChatMuted {
        /// Who; `null` is every bidder of the lot.
        bidder: Option<OrgCode>,
        /// Why.
        reason: String,
    }
    /// They may again.
    ChatUnmuted {
        /// Who; `null` is every bidder of the lot.
        bidder: Option<OrgCode>,
        /// Why.
        reason: String,
    }
    /// A bidder has no seat in the live room any more (踢出). What it may do in the opening stays.
    ChatRemoved {
        /// Who.
        bidder: OrgCode,
        /// Why.
        reason: String,
    }
    /// It has its seat again.
    ChatReadmitted {
        /// Who.
        bidder: OrgCode,
        /// Why.
        reason: String,
    }
}
