//! Rules of the bidder window (电子招标投标办法 art. 30, 31; ADR-0020).

use kaibiao_types::{Fault, Millis, Stage, UtcMillis};

use super::{Guard, fits};
use crate::bidder_window::BidderWindow;
use crate::event::{
    BidderUnsealed, BidderWindowClosed, BidderWindowExtended, BidderWindowOpened,
    BidderWindowReopened, EventKind, FrozenBid, PartialsReceived,
};
use crate::limits;
use crate::refusal::{DataRule, Refusal};
use crate::state::State;
use crate::tender::{BidderLockTerms, BidderWindowTerms};

/// The label of a bid that its bidder did not unlock (crypto.md 3.10).
const NOT_UNLOCKED: &str = "BIDDER_NOT_UNLOCKED";

impl EventKind {
    /// Whether an entry of this kind belongs to the bidder window.
    pub(super) const fn is_of_bidder_window(self) -> bool {
        matches!(
            self,
            Self::BidderWindowOpened
                | Self::BidderUnsealed
                | Self::BidderWindowExtended
                | Self::BidderWindowReopened
                | Self::BidderWindowClosed
        )
    }
}

impl State {
    /// It is open as long as the tender file says.
    pub(super) fn bidder_window_may_open(
        &self,
        start: &BidderWindowOpened,
        at: UtcMillis,
    ) -> Guard {
        let step = EventKind::BidderWindowOpened;
        let terms = self.window_terms(step, start.stage)?;
        fits(step, DataRule::Window, start.until == at.plus(terms.open_ms))
    }

    /// A bidder unlocks its own current bid, once, while the window is open: one secret for each
    /// object. Whether they fit is for readers that have the headers.
    pub(super) fn may_unseal_own(&self, unsealed: &BidderUnsealed, at: UtcMillis) -> Guard {
        let step = EventKind::BidderUnsealed;
        self.window_terms(step, unsealed.stage)?;
        if self.bidder_window_left(at).is_none() {
            return Err(Refusal::BidderWindowShut);
        }
        let bid = self.current_bid(&unsealed.bidder).ok_or(Refusal::NotABidder)?;
        let objects = bid.objects.iter().filter(|object| object.stage == unsealed.stage);
        let each = objects.map(|object| object.part).eq(unsealed.secrets.iter().map(|s| s.part));
        let same = unsealed.manifest_sha256 == bid.manifest_sha256;
        fits(step, DataRule::BidderLock, each && same)?;
        match self.bidder_window().map(|window| window.unsealed().contains_key(&unsealed.bidder)) {
            Some(false) => Ok(()),
            _ => Err(Refusal::AlreadyDone { step }),
        }
    }

    /// While it is open, from its end, and never by more than the tender file allows in all.
    pub(super) fn bidder_window_may_be_extended(
        &self,
        more: &BidderWindowExtended,
        at: UtcMillis,
    ) -> Guard {
        let step = EventKind::BidderWindowExtended;
        let terms = self.window_terms(step, more.stage)?;
        if self.bidder_window_left(at).is_none() {
            return Err(Refusal::BidderWindowShut);
        }
        self.time_is_left(step, terms, more.by_ms)?;
        fits(step, DataRule::Window, more.until == self.bidder_window_end(at).plus(more.by_ms))
    }

    /// After it was over, while a bidder has not unlocked its bid and nothing is unsealed yet.
    pub(super) fn bidder_window_may_reopen(
        &self,
        again: &BidderWindowReopened,
        at: UtcMillis,
    ) -> Guard {
        let step = EventKind::BidderWindowReopened;
        let terms = self.window_terms(step, again.stage)?;
        let window = self.bidder_window().ok_or(Refusal::BidderWindowShut)?;
        if window.running().is_some() {
            return Err(self.window_runs(at));
        }
        if self.all_unsealed() {
            return Err(Refusal::AlreadyDone { step });
        }
        self.time_is_left(step, terms, again.by_ms)?;
        fits(step, DataRule::Window, again.until == at.plus(again.by_ms))
    }

    /// It is over when its time is up or every bidder has unlocked its bid, and not before.
    pub(super) fn bidder_window_is_over(&self, over: &BidderWindowClosed, at: UtcMillis) -> Guard {
        let step = EventKind::BidderWindowClosed;
        self.window_terms(step, over.stage)?;
        if self.bidder_window().and_then(|window| window.running()).is_none() {
            return Err(Refusal::BidderWindowShut);
        }
        if self.bidder_window_left(at).is_some() && !self.all_unsealed() {
            return Err(self.window_runs(at));
        }
        fits(step, DataRule::BidderList, over.missing == self.bidders_sealed())
    }

    /// Points of escrows are raised only where the tender file has them (crypto.md 3.9, R10): one for
    /// a bid at most, and for none that is not being unsealed.
    pub(super) fn escrow_partials_fit(&self, partials: &PartialsReceived) -> bool {
        let lock = self.bidder_window_terms().map(|terms| terms.lock);
        let listed = partials.partials.as_deref().unwrap_or_default();
        let mut rest = listed.iter();
        let mut follows = |bid| rest.any(|partial| partial.manifest_sha256 == bid);
        let mut escrow = partials.escrow.iter().map(|partial| partial.manifest_sha256);
        // In the order of the other list, so that none stands twice.
        partials.escrow.is_empty()
            || (lock == Some(BidderLockTerms::Escrow) && escrow.all(&mut follows))
    }

    /// Ruling 21: without its own secret a bid with a strict lock does not open, and the program
    /// blames nobody for silence; a wrong secret stands under its bidder's signature. An escrow takes
    /// the place of either.
    pub(super) fn lock_spoke(
        &self,
        step: EventKind,
        bid: &FrozenBid,
        (opened, label, fault): (bool, Option<&str>, Option<Fault>),
    ) -> Guard {
        let Some(terms) = self.bidder_window_terms() else { return Ok(()) };
        let unsealed = self.bidder_window().map(BidderWindow::unsealed);
        let answered = unsealed.is_some_and(|all| all.contains_key(&bid.bidder.code));
        let blames = label == Some(NOT_UNLOCKED);
        let right = match (terms.lock, answered) {
            (BidderLockTerms::Escrow, _) => !blames,
            (BidderLockTerms::Strict, true) => !blames || fault == Some(Fault::Bidder),
            (BidderLockTerms::Strict, false) => {
                !opened && (!blames || fault == Some(Fault::Undetermined))
            }
        };
        fits(step, DataRule::Blame, right)
    }

    /// The end of the open interval, or now.
    pub(crate) fn bidder_window_end(&self, at: UtcMillis) -> UtcMillis {
        let running = self.bidder_window().and_then(|window| window.running());
        running.map_or(at, |running| running.until)
    }

    fn window_terms(&self, step: EventKind, stage: Stage) -> Result<&BidderWindowTerms, Refusal> {
        let terms = self.bidder_window_terms().ok_or(Refusal::NoBidderWindow)?;
        fits(step, DataRule::Stage, stage == self.stage)?;
        Ok(terms)
    }

    fn window_runs(&self, at: UtcMillis) -> Refusal {
        let wait = self.bidder_window_left(at).unwrap_or(Millis::ZERO);
        Refusal::BidderWindowRunning { wait }
    }

    /// All that was given and `more` are within what the tender file allows.
    fn time_is_left(&self, step: EventKind, terms: &BidderWindowTerms, more: Millis) -> Guard {
        let window = self.bidder_window().ok_or(Refusal::BidderWindowShut)?;
        fits(step, DataRule::Number, window.changes() < limits::WINDOW_CHANGES)?;
        fits(step, DataRule::Window, more > Millis::ZERO)?;
        let allowed = terms.open_ms.get().saturating_add(terms.extend_ms.get());
        let left = allowed.saturating_sub(window.granted().get());
        if more.get() <= left {
            return Ok(());
        }
        Err(Refusal::BidderWindowSpent { left: Millis::new(left).unwrap_or(Millis::MAX) })
    }
}
