//! Rules of the talk in the room (ADR-0031).

use kaibiao_types::OrgCode;

use super::{Guard, fits};
use crate::actor::Actor;
use crate::event::EventKind;
use crate::limits;
use crate::refusal::{DataRule, Refusal};
use crate::state::State;

impl EventKind {
    /// Whether an entry of this kind is talk, or about who may talk. It moves no step and no clock, so
    /// it has its place beside every step of an opening.
    pub(super) const fn is_talk(self) -> bool {
        matches!(
            self,
            Self::ChatSaid
                | Self::ChatPrivate
                | Self::ChatMuted
                | Self::ChatUnmuted
                | Self::ChatRemoved
                | Self::ChatReadmitted
        )
    }
}

impl State {
    /// Host and supervisor always may; a bidder unless it is muted or removed. Each has a bound of its
    /// own, so that nobody can use up what others may still say.
    pub(super) fn may_talk(&self, step: EventKind, by: &Actor) -> Guard {
        let said = by.code().and_then(|code| self.chat.said.get(code)).copied().unwrap_or(0);
        if let Actor::Bidder(code) = by {
            if self.chat.removed.contains(code) {
                return Err(Refusal::ChatRemoved);
            }
            if self.chat.muted.contains(code) {
                return Err(Refusal::ChatMuted);
            }
        }
        fits(step, DataRule::Number, said < limits::CHAT_MESSAGES)
    }

    /// Only bidders are muted: host and supervisor hold an office in the room.
    pub(super) fn may_be_muted(&self, bidder: Option<&OrgCode>) -> Guard {
        let step = EventKind::ChatMuted;
        self.may_order(step, bidder)?;
        let already = match bidder {
            Some(code) => self.chat.muted.contains(code),
            None => self.bidders().eq(self.chat.muted.iter()),
        };
        if already { Err(Refusal::AlreadyDone { step }) } else { Ok(()) }
    }

    pub(super) fn may_be_unmuted(&self, bidder: Option<&OrgCode>) -> Guard {
        self.may_order(EventKind::ChatUnmuted, bidder)?;
        let muted =
            bidder.map_or(!self.chat.muted.is_empty(), |code| self.chat.muted.contains(code));
        if muted { Ok(()) } else { Err(Refusal::NotMuted) }
    }

    pub(super) fn may_be_removed(&self, bidder: &OrgCode) -> Guard {
        let step = EventKind::ChatRemoved;
        self.may_order(step, Some(bidder))?;
        if self.chat.removed.contains(bidder) {
            return Err(Refusal::AlreadyDone { step });
        }
        Ok(())
    }

    pub(super) fn may_be_readmitted(&self, bidder: &OrgCode) -> Guard {
        self.may_order(EventKind::ChatReadmitted, Some(bidder))?;
        if self.chat.removed.contains(bidder) { Ok(()) } else { Err(Refusal::NotRemoved) }
    }

    fn may_order(&self, step: EventKind, bidder: Option<&OrgCode>) -> Guard {
        if let Some(unknown) = bidder.filter(|code| self.bid_of(code).is_none()) {
            return Err(Refusal::NoSuchBidder { bidder: unknown.clone() });
        }
        fits(step, DataRule::Number, self.chat.orders < limits::CHAT_ORDERS)
    }
}
