//! Rules of the room: sign-in, reading, confirmations, objections.

use kaibiao_types::{Millis, OrgCode, UtcMillis};

use super::{Guard, fits};
use crate::event::{EmergencySignedIn, EventKind, ObjectionRaised, PriceRead, SignedIn};
use crate::limits;
use crate::refusal::{DataRule, Refusal};
use crate::state::State;

impl State {
    pub(super) fn signed_in(&self, who: &SignedIn) -> Guard {
        let step = EventKind::SignedIn;
        let known = self.bid_of(&who.bidder.code).is_some_and(|bid| bid.bidder == who.bidder);
        fits(step, DataRule::Party, known)?;
        if self.sign_ins.contains_key(&who.bidder.code) {
            return Err(Refusal::AlreadyDone { step });
        }
        Ok(())
    }

    /// Once for a bidder of the lot, and only while it has not signed in itself.
    pub(super) fn emergency_signed_in(&self, who: &EmergencySignedIn) -> Guard {
        let (step, code) = (EventKind::EmergencySignedIn, &who.bidder.code);
        let bid = self.bid_of(code);
        let bid = bid.ok_or_else(|| Refusal::NoSuchBidder { bidder: code.clone() })?;
        fits(step, DataRule::Party, bid.bidder == who.bidder)?;
        if self.sign_ins.contains_key(code) {
            return Err(Refusal::AlreadyDone { step });
        }
        Ok(())
    }

    /// 电子招标投标办法 art. 30: name, price and the stated fields are announced, in the order of
    /// the log, in the words that follow from the signed sheet and nothing else.
    pub(super) fn reading_fits(&self, reading: &PriceRead) -> Guard {
        let expected = self.next_reading(reading.duration_ms).ok_or(Refusal::PricesAllRead)?;
        fits(EventKind::PriceRead, DataRule::Reading, *reading == expected)
    }

    pub(super) fn reading_is_over(&self, at: UtcMillis) -> Guard {
        let read = usize::try_from(self.read).unwrap_or(usize::MAX);
        let left = self.priced.places.len().saturating_sub(read);
        if left == 0 && at >= self.reading_until {
            return Ok(());
        }
        let wait = self.reading_until.since(at).unwrap_or(Millis::ZERO);
        Err(Refusal::ReadingRunning { left, wait })
    }

    pub(super) fn price_confirmed(&self, bidder: &OrgCode) -> Guard {
        if !self.priced.bidders.contains(bidder) {
            return Err(Refusal::NoPrice);
        }
        if self.confirmations.contains_key(bidder) {
            return Err(Refusal::AlreadyDone { step: EventKind::PriceConfirmed });
        }
        Ok(())
    }

    pub(super) fn objection_raised(&self, objection: &ObjectionRaised) -> Guard {
        let step = EventKind::ObjectionRaised;
        let bounded = self.objections.len() < limits::OBJECTIONS;
        fits(step, DataRule::Number, bounded && objection.no == self.next_objection())
    }

    /// 实施条例 art. 44 ¶3: each objection has one answer, given on the spot.
    pub(super) fn objection_open(&self, no: u32) -> Guard {
        match self.objections.iter().find(|objection| objection.no == no) {
            None => Err(Refusal::NoSuchObjection { no }),
            Some(objection) if objection.answer.is_some() => Err(Refusal::ObjectionAnswered { no }),
            Some(_) => Ok(()),
        }
    }

    pub(crate) fn next_objection(&self) -> u32 {
        // At most limits::OBJECTIONS are accepted, so the count fits.
        u32::try_from(self.objections.len()).map_or(u32::MAX, |count| count.saturating_add(1))
    }
}
