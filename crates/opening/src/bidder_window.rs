//! The bidder window as far as the log has it: a list of intervals, and who unlocked its bid
//! (投标人解密, ADR-0020).

use std::collections::{BTreeMap, BTreeSet};

use kaibiao_types::{Digest, Millis, OrgCode, Part, UtcMillis};

use crate::event::{
    BidderUnsealed, BidderWindowExtended, BidderWindowReopened, PartialsReceived, UnlockSecret,
};
use crate::shared::Shared;
use crate::state::{Mark, State};
use crate::tender::{BidderLockTerms, BidderWindowTerms};

/// The window in which bidders unlock their bids, from its first opening on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BidderWindow {
    /// The spans in which it was open, in order.
    pub intervals: Vec<WindowInterval>,
    pub(crate) unsealed: Shared<BTreeMap<OrgCode, (BidderUnsealed, Mark)>>,
}

/// One span in which the window was open.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WindowInterval {
    /// Where it began.
    pub from: Mark,
    /// Why it was opened again; `None` for the first.
    pub reason: Option<String>,
    /// When it ends; later by every extension, and by every hold that it stood still in.
    pub until: UtcMillis,
    /// How long it stood still.
    pub stood: Millis,
    /// How it was extended, in order.
    pub extensions: Vec<WindowExtension>,
    /// Where the hall found it over; `None` before.
    pub closed: Option<Mark>,
}

/// One extension of an interval.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WindowExtension {
    /// When.
    pub at: UtcMillis,
    /// By how much.
    pub by: Millis,
    /// Why.
    pub reason: String,
}

impl WindowInterval {
    fn new(from: Mark, until: UtcMillis, reason: Option<String>) -> Self {
        let (stood, extensions) = (Millis::ZERO, Vec::new());
        Self { from, reason, until, stood, extensions, closed: None }
    }

    /// When nobody could unlock any more: its time was up, or all had done so.
    pub fn end(&self) -> UtcMillis {
        self.closed.map_or(self.until, |closed| closed.at.min(self.until))
    }

    /// How long bidders had, without the holds.
    pub fn open_for(&self) -> Millis {
        let whole = self.end().since(self.from.at).unwrap_or(Millis::ZERO);
        whole.get().checked_sub(self.stood.get()).map_or(Millis::ZERO, millis)
    }

    fn granted(&self) -> Millis {
        let whole = self.until.since(self.from.at).unwrap_or(Millis::ZERO);
        whole.get().checked_sub(self.stood.get()).map_or(Millis::ZERO, millis)
    }
}

impl BidderWindow {
    /// The secrets of each bidder that unlocked its bid, and where they stand in the log.
    pub fn unsealed(&self) -> &BTreeMap<OrgCode, (BidderUnsealed, Mark)> {
        &self.unsealed
    }

    /// How long bidders had, all intervals together and without the holds.
    pub fn open_for(&self) -> Millis {
        total(self.intervals.iter().map(WindowInterval::open_for))
    }

    /// How much time was given, whether it was used or not.
    pub(crate) fn granted(&self) -> Millis {
        total(self.intervals.iter().map(WindowInterval::granted))
    }

    /// The interval that the hall has not closed.
    pub(crate) fn running(&self) -> Option<&WindowInterval> {
        self.intervals.last().filter(|interval| interval.closed.is_none())
    }

    fn running_mut(&mut self) -> Option<&mut WindowInterval> {
        self.intervals.last_mut().filter(|interval| interval.closed.is_none())
    }

    /// Extensions and reopenings so far.
    pub(crate) fn changes(&self) -> usize {
        let of = |interval: &WindowInterval| interval.extensions.len().saturating_add(1);
        self.intervals.iter().map(of).sum::<usize>().saturating_sub(1)
    }
}

impl State {
    /// What the tender file says about the bidders' own decryption; `None` where it does not ask.
    pub fn bidder_window_terms(&self) -> Option<&BidderWindowTerms> {
        self.published()?.bidder_window.as_ref()
    }

    /// The window, once it was opened.
    pub const fn bidder_window(&self) -> Option<&BidderWindow> {
        self.bidder_window.as_ref()
    }

    /// What a bidder handed over for the lock of one object of its bid.
    pub fn unlock_secret(&self, bidder: &OrgCode, part: Part) -> Option<&UnlockSecret> {
        let (unsealed, _) = self.bidder_window()?.unsealed.get(bidder)?;
        unsealed.secrets.iter().find(|one| one.part == part).map(|one| &one.secret)
    }

    /// What is left of the window at `at`, for a bidder that wants to unlock its bid; `None` if it is
    /// not open. Its clock stands while the opening is held.
    pub fn bidder_window_left(&self, at: UtcMillis) -> Option<Millis> {
        let running = self.bidder_window()?.running()?;
        let now = self.hold().map_or(at, |hold| hold.from.at);
        if now < running.until { running.until.since(now) } else { None }
    }

    /// Whether the window was opened and the hall found it over.
    pub fn bidder_window_is_shut(&self) -> bool {
        self.bidder_window().is_some_and(|window| window.running().is_none())
    }

    /// The current bidders that have not unlocked their bids, in log order.
    pub fn bidders_sealed(&self) -> Vec<OrgCode> {
        let unsealed = self.bidder_window().map(BidderWindow::unsealed);
        let sealed = |code: &&OrgCode| unsealed.is_none_or(|all| !all.contains_key(*code));
        self.current_bids().map(|bid| &bid.bidder.code).filter(sealed).cloned().collect()
    }

    /// Whether every current bidder has unlocked its bid; without a walk through the bids.
    pub(crate) fn all_unsealed(&self) -> bool {
        self.bidder_window().is_some_and(|window| window.unsealed.len() >= self.current.len())
    }

    /// Whether one bidder is the only one that has not unlocked its bid yet.
    pub(crate) fn is_last_sealed(&self) -> bool {
        let count = self.bidder_window().map_or(0, |window| window.unsealed.len());
        count.saturating_add(1) >= self.current.len()
    }

    /// The bids for which a custodian released all that it takes: in a lot with an escrow also the
    /// partial of U', where the bidder did not unlock its bid.
    pub(crate) fn whole_releases(&self, partials: &PartialsReceived) -> BTreeSet<Digest> {
        let listed = partials.partials.iter().flatten().map(|partial| partial.manifest_sha256);
        if self.bidder_window_terms().map(|terms| terms.lock) != Some(BidderLockTerms::Escrow) {
            return listed.collect();
        }
        let unsealed = self.bidder_window().into_iter().flat_map(|window| window.unsealed.values());
        let own = unsealed.map(|(unsealed, _)| unsealed.manifest_sha256);
        let escrow = partials.escrow.iter().map(|partial| partial.manifest_sha256);
        let unlocked: BTreeSet<Digest> = own.chain(escrow).collect();
        listed.filter(|bid| unlocked.contains(bid)).collect()
    }

    pub(crate) fn bidder_window_opens(&mut self, until: UtcMillis, mark: Mark) {
        let intervals = vec![WindowInterval::new(mark, until, None)];
        self.bidder_window = Some(BidderWindow { intervals, unsealed: Shared::default() });
    }

    pub(crate) fn bidder_unsealed(&mut self, unsealed: &BidderUnsealed, mark: Mark) {
        if let Some(window) = &mut self.bidder_window {
            window.unsealed.insert(unsealed.bidder.clone(), (unsealed.clone(), mark));
        }
    }

    pub(crate) fn bidder_window_extended(&mut self, more: &BidderWindowExtended, mark: Mark) {
        if let Some(running) = self.bidder_window.as_mut().and_then(BidderWindow::running_mut) {
            running.until = more.until;
            let (at, by, reason) = (mark.at, more.by_ms, more.text.clone());
            running.extensions.push(WindowExtension { at, by, reason });
        }
    }

    pub(crate) fn bidder_window_reopened(&mut self, again: &BidderWindowReopened, mark: Mark) {
        if let Some(window) = &mut self.bidder_window {
            let reason = Some(again.text.clone());
            window.intervals.push(WindowInterval::new(mark, again.until, reason));
        }
    }

    pub(crate) fn bidder_window_closed(&mut self, mark: Mark) {
        if let Some(running) = self.bidder_window.as_mut().and_then(BidderWindow::running_mut) {
            running.closed = Some(mark);
        }
    }

    /// Its clock stood while the opening was held.
    pub(crate) fn bidder_window_stood(&mut self, held: Millis) {
        if let Some(running) = self.bidder_window.as_mut().and_then(BidderWindow::running_mut) {
            running.until = running.until.plus(held);
            running.stood = total([running.stood, held].into_iter());
        }
    }
}

fn total(spans: impl Iterator<Item = Millis>) -> Millis {
    millis(spans.fold(0, |sum: u64, span| sum.saturating_add(span.get())))
}

/// A span, held at the greatest there is.
fn millis(span: u64) -> Millis {
    Millis::new(span).unwrap_or(Millis::MAX)
}
