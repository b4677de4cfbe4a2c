//! Talk in the room (ADR-0031): who said how much, who is muted (禁言), who is removed (踢出). It moves
//! nothing in the opening, and takes from nobody the right to act in it.

use std::collections::{BTreeMap, BTreeSet};

use kaibiao_types::OrgCode;

use crate::actor::Actor;
use crate::shared::Shared;
use crate::state::State;
use crate::{limits, text};

/// What the log says of the talk so far.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Chat {
    /// Messages of each organisation.
    pub(crate) said: Shared<BTreeMap<OrgCode, u32>>,
    /// Bidders that are muted.
    pub(crate) muted: Shared<BTreeSet<OrgCode>>,
    /// Bidders that are removed.
    pub(crate) removed: Shared<BTreeSet<OrgCode>>,
    /// How often somebody was muted, unmuted, removed or readmitted.
    pub(crate) orders: u32,
}

/// Whether a text may be a message, public or private: 1 to [`limits::CHAT_CHARS`] characters, not blank,
/// of controls only the line feed, and nothing invisible that steers.
pub fn is_message(text: &str) -> bool {
    text::paragraph(text, limits::CHAT_CHARS)
}

impl State {
    /// The bidders that are muted, in the order of their codes. Each of them may object all the same.
    pub fn muted(&self) -> &BTreeSet<OrgCode> {
        &self.chat.muted
    }

    /// The bidders that are removed from the live room, in the order of their codes.
    pub fn removed(&self) -> &BTreeSet<OrgCode> {
        &self.chat.removed
    }

    pub(crate) fn said(&mut self, by: &Actor) {
        if let Some(code) = by.code() {
            let count = self.chat.said.entry(code.clone()).or_default();
            *count = count.saturating_add(1);
        }
    }

    pub(crate) fn muted_now(&mut self, bidder: Option<&OrgCode>) {
        self.ordered();
        match bidder {
            Some(code) => drop(self.chat.muted.insert(code.clone())),
            None => self.chat.muted = self.bidders().cloned().collect::<BTreeSet<_>>().into(),
        }
    }

    pub(crate) fn unmuted_now(&mut self, bidder: Option<&OrgCode>) {
        self.ordered();
        match bidder {
            Some(code) => drop(self.chat.muted.remove(code)),
            None => self.chat.muted = Shared::default(),
        }
    }

    pub(crate) fn removed_now(&mut self, bidder: &OrgCode) {
        self.ordered();
        self.chat.removed.insert(bidder.clone());
    }

    pub(crate) fn readmitted_now(&mut self, bidder: &OrgCode) {
        self.ordered();
        self.chat.removed.remove(bidder);
    }

    /// Whoever objects is heard: its own mute ends, also where all bidders are muted.
    pub(crate) fn heard(&mut self, bidder: &OrgCode) {
        if self.chat.muted.contains(bidder) {
            self.chat.muted.remove(bidder);
        }
    }

    const fn ordered(&mut self) {
        self.chat.orders = self.chat.orders.saturating_add(1);
    }
}
