//! An observer who reads a log without any code of the procedure and says which promise it breaks.
//! It knows entries and nothing of states or guards, so a wrong guard cannot hide from it.

use std::collections::{BTreeMap, BTreeSet};

use kaibiao_opening::*;
use kaibiao_types::*;

use crate::support::*;

/// What an opening promises.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Promise {
    /// Nothing of an opening happens before its deadline, which only moves later.
    Deadline,
    /// Nothing is unsealed for fewer bidders than the minimum, which is three at least.
    Enough,
    /// Nothing is unsealed but the last version of each bidder, if that is no withdrawal.
    Current,
    /// Nothing is unsealed of an envelope before its turn, or of a bidder that did not pass with the
    /// one before, by the word of host and supervisor.
    Stage,
    /// Nothing is unsealed before its freeze is complete, or by fewer than k custodians of it.
    Quorum,
    /// Nothing is unsealed before the seals were checked in public.
    Seals,
    /// Where bidders unlock their bids first, nothing is unsealed before their window is over; it is
    /// open for no longer than the tender file says; a strict lock opens by its bidder alone, and an
    /// escrow by k custodians.
    Window,
    /// No price is shown before all are, in one step; what is read is what was published.
    OneStep,
    /// No objection is open when the record is made or the opening closes.
    Objections,
    /// The record is made once, signed as it is, and nothing that it states follows it.
    Record,
    /// Nothing that was received in time is still sealed when the opening closes.
    AllOpened,
    /// The base estimate is sealed before the deadline, at most one counts, and nobody hears of it
    /// before the prices.
    Estimate,
    /// The result of the evaluation is told after the close and only where the tender file asks for it,
    /// by the host, of everybody once; each bidder answers once, itself, and in time.
    Result,
    /// People talk after the deadline only, and neither who is muted nor who is removed; whoever objects
    /// is heard.
    Talk,
    /// What has ended stays ended.
    End,
    /// Before the deadline no entry tells who bids.
    Names,
    /// In a round of sealed prices only those bid whom two persons invited.
    Invited,
    /// Time never runs backwards.
    Time,
}

/// The kinds that may be written before the deadline; a kind that is not here may not.
const BEFORE: &[EventKind] = &[
    EventKind::LotPublished,
    EventKind::Tick,
    EventKind::PostponementAsked,
    EventKind::DeadlinePostponed,
    EventKind::OutageAttested,
    EventKind::OutagePostponed,
    EventKind::EstimateSealed,
    EventKind::CustodianRefused,
    EventKind::RoundApproved,
    EventKind::Refused,
];

/// The kinds that end an opening.
const END: &[EventKind] = &[EventKind::OpeningClosed, EventKind::TooFewBidders];

/// The kinds that may be written after the end; a kind that is not here may not.
const AFTER: &[EventKind] = &[
    EventKind::JournalSigned,
    EventKind::KeyDestroyed,
    EventKind::ResultAnnounced,
    EventKind::ResultAnswered,
];

/// The kinds whose facts the record states: none of them may follow it.
const STATED: &[EventKind] = &[
    EventKind::PricesPublished,
    EventKind::PriceRead,
    EventKind::ReadingFinished,
    EventKind::DrawStarted,
    EventKind::DrawPartial,
    EventKind::DrawMade,
    EventKind::DrawFailed,
    EventKind::PriceConfirmed,
    EventKind::ObjectionRaised,
    EventKind::ObjectionAnswered,
    EventKind::RecordGenerated,
];

/// The first promise that a log breaks, with the number of the entry.
pub fn observe(log: &[Entry]) -> Result<(), (usize, Promise)> {
    let mut seen = Observer::default();
    for (number, entry) in log.iter().enumerate() {
        seen.take(entry).map_err(|promise| (number, promise))?;
    }
    Ok(())
}

/// What was read so far.
#[derive(Default)]
struct Observer {
    last: u64,
    deadline: u64,
    lot: Option<LotPublished>,
    /// Every bid that may be opened at all, and those whose present envelope may.
    all: BTreeMap<Digest, FrozenBid>,
    attested: Vec<OutageAttested>,
    current: BTreeMap<Digest, FrozenBid>,
    signed: BTreeSet<CustodianIndex>,
    notice: Option<u64>,
    approved: BTreeSet<Role>,
    done: BTreeSet<EventKind>,
    released: BTreeMap<(Part, Digest), BTreeSet<CustodianIndex>>,
    released_documents: BTreeSet<CustodianIndex>,
    escrow: BTreeMap<Digest, BTreeSet<CustodianIndex>>,
    window: Window,
    prices: Option<BTreeMap<OrgCode, Option<Money>>>,
    read: BTreeSet<OrgCode>,
    objections: BTreeSet<u32>,
    record: Option<Digest>,
    /// Envelopes left behind.
    before: u8,
    adjourned: bool,
    /// The base estimate that counts, and who raised its point.
    estimate: Option<Digest>,
    raised_estimate: BTreeSet<CustodianIndex>,
    listed: Option<PassedListed>,
    passed: Option<PassedListed>,
    /// Whose last envelope opened.
    opened: BTreeSet<OrgCode>,
    /// The newest result, and who answered it.
    result: Option<(ResultAnnounced, BTreeSet<OrgCode>)>,
    muted: BTreeSet<OrgCode>,
    removed: BTreeSet<OrgCode>,
}

/// What was read of the bidder window.
#[derive(Default)]
struct Window {
    /// From when and until when it is open, if it is.
    open: Option<(u64, u64)>,
    /// Whether it was ever open.
    seen: bool,
    /// The time of all its spans that are over.
    spent: u64,
    /// Since when the opening is held.
    held: Option<u64>,
    unlocked: BTreeSet<OrgCode>,
}

type Judged = Result<(), Promise>;

fn holds(condition: bool, promise: Promise) -> Judged {
    if condition { Ok(()) } else { Err(promise) }
}

impl Observer {
    fn take(&mut self, (by, at, event): &Entry) -> Judged {
        let (kind, at) = (event.kind(), at.get());
        holds(at >= self.last, Promise::Time)?;
        self.last = at;
        let ended = END.iter().any(|end| self.done.contains(end));
        holds(!ended || AFTER.contains(&kind), Promise::End)?;
        let early = kind != EventKind::LotPublished && at < self.deadline;
        holds(!early || BEFORE.contains(&kind), Promise::Deadline)?;
        holds(self.record.is_none() || !STATED.contains(&kind), Promise::Record)?;
        self.no_price(event)?;
        self.bidder_window(event, at)?;
        self.talk(by, event)?;
        match event {
            Event::LotPublished(lot) => {
                self.deadline = lot.deadline.get();
                self.lot = Some((**lot).clone());
            }
            Event::OutageAttested(said) => self.attested.push(said.clone()),
            Event::DeadlinePostponed(to) => self.postponed(to)?,
            Event::OutagePostponed(to) => {
                holds(self.outage_is_attested(), Promise::Deadline)?;
                self.postponed(to)?;
            }
            Event::EstimateSealed(sealed) => {
                holds(early && by.role() == Role::Host, Promise::Estimate)?;
                self.estimate = Some(sealed.sha256);
            }
            Event::Refused(refused) => {
                holds(!early || refused.actor.role() != Role::Bidder, Promise::Names)?;
            }
            Event::SetFrozen(set) => {
                self.current = current(set);
                self.all = self.current.clone();
            }
            Event::FreezeSigned(signed) => drop(self.signed.insert(signed.custodian)),
            Event::FreezeDegraded(notice) => self.notice = Some(notice.notice_until.get()),
            Event::DegradedApproved(_) => drop(self.approved.insert(by.role())),
            Event::FreezeCompleted(_) => {
                holds(self.freeze_holds(at), Promise::Quorum)?;
            }
            Event::RoundApproved(_) => holds(by.role() == Role::Supervisor, Promise::Invited)?,
            Event::UnsealingStarted(start) => {
                let round = self.lot.as_ref().and_then(|lot| lot.round.as_ref());
                if let Some(round) = round {
                    holds(self.done.contains(&EventKind::RoundApproved), Promise::Invited)?;
                    let invited = |bid: &FrozenBid| round.invites(&bid.bidder.code);
                    holds(self.all.values().all(invited), Promise::Invited)?;
                }
                self.may_unseal()?;
                holds(start.stage.get() == self.before + 1, Promise::Stage)?;
            }
            Event::PartialsReceived(partials) => self.released_by(partials)?,
            Event::PricesPublished(prices) => self.published(prices)?,
            Event::DocumentsOpened(documents) => self.opened(documents)?,
            Event::PriceRead(reading) => self.was_read(reading)?,
            Event::DrawStarted(_) => holds(self.prices.is_some(), Promise::OneStep)?,
            Event::ObjectionRaised(raised) => drop(self.objections.insert(raised.no)),
            Event::ObjectionAnswered(answer) => drop(self.objections.remove(&answer.no)),
            Event::RecordGenerated(record) => {
                holds(self.objections.is_empty(), Promise::Objections)?;
                self.record = Some(record.sha256);
            }
            Event::RecordSigned(signed) => {
                holds(self.record == Some(signed.record_sha256), Promise::Record)?;
            }
            Event::OpeningClosed(_) => {
                holds(self.objections.is_empty(), Promise::Objections)?;
                holds(self.record.is_some(), Promise::Record)?;
                holds(self.last(), Promise::AllOpened)?;
                self.all_opened()?;
            }
            Event::EnvelopeClosed(_) => {
                holds(self.objections.is_empty(), Promise::Objections)?;
                holds(self.record.is_some(), Promise::Record)?;
                self.all_opened()?;
                self.adjourned = true;
            }
            Event::PassedListed(list) => {
                holds(by.role() == Role::Host, Promise::Stage)?;
                self.listed = Some(list.clone());
            }
            Event::PassedApproved(approved) => {
                let listed = self.listed.take().filter(|list| list.passed == approved.passed);
                holds(by.role() == Role::Supervisor && listed.is_some(), Promise::Stage)?;
                self.passed = listed;
            }
            Event::OpeningReconvened(next) => self.reconvened(next.stage, at)?,
            Event::ResultAnnounced(told) => self.result_told(by, at, told)?,
            Event::ResultAnswered(answered) => self.result_answered(by, at, answered)?,
            _ => {}
        }
        self.done.insert(kind);
        Ok(())
    }

    fn talk(&mut self, by: &Actor, event: &Event) -> Judged {
        let ordered = holds(matches!(by.role(), Role::Host | Role::Supervisor), Promise::Talk);
        let all = || self.all.values().map(|bid| bid.bidder.code.clone());
        match event {
            Event::ChatSaid(_) | Event::ChatPrivate(_) => {
                let code = by.code().ok_or(Promise::Talk)?;
                let bids = by.role() != Role::Bidder || all().any(|bidder| bidder == *code);
                holds(bids && !self.muted.contains(code), Promise::Talk)?;
                holds(!self.removed.contains(code), Promise::Talk)?;
            }
            Event::ChatMuted(order) => {
                ordered?;
                let named = order.bidder.clone();
                self.muted = match named {
                    Some(one) => self.muted.iter().cloned().chain([one]).collect(),
                    None => all().collect(),
                };
            }
            Event::ChatUnmuted(order) => {
                ordered?;
                self.muted.retain(|code| order.bidder.as_ref().is_some_and(|one| one != code));
            }
            Event::ChatRemoved(order) => {
                ordered?;
                self.removed.insert(order.bidder.clone());
            }
            Event::ChatReadmitted(order) => {
                ordered?;
                holds(self.removed.remove(&order.bidder), Promise::Talk)?;
            }
            Event::ObjectionRaised(raised) => drop(self.muted.remove(&raised.bidder)),
            _ => {}
        }
        Ok(())
    }

    fn result_told(&mut self, by: &Actor, at: u64, told: &ResultAnnounced) -> Judged {
        let lot = self.lot.as_ref().ok_or(Promise::Result)?;
        let terms = lot.result.ok_or(Promise::Result)?;
        holds(*by == Actor::Host(lot.host.code.clone()), Promise::Result)?;
        holds(self.done.contains(&EventKind::OpeningClosed), Promise::Result)?;
        holds(told.until.get() == at + terms.answer_ms.get(), Promise::Result)?;
        let before = self.result.as_ref().map_or(0, |(before, _)| before.no);
        holds(told.no == before + 1, Promise::Result)?;
        holds(told.ranked.iter().all(|code| self.opened.contains(code)), Promise::Result)?;
        let rejected = told.rejected.iter().map(|one| &one.bidder);
        let mut named: Vec<&OrgCode> = told.ranked.iter().chain(rejected).collect();
        named.sort();
        let mut all: Vec<&OrgCode> = self.all.values().map(|bid| &bid.bidder.code).collect();
        all.sort();
        holds(named == all, Promise::Result)?;
        self.result = Some((told.clone(), BTreeSet::new()));
        Ok(())
    }

    fn result_answered(&mut self, by: &Actor, at: u64, answered: &ResultAnswered) -> Judged {
        let bidder = &answered.bidder;
        holds(*by == Actor::Bidder(bidder.clone()), Promise::Result)?;
        holds(self.all.values().any(|bid| bid.bidder.code == *bidder), Promise::Result)?;
        let (told, answers) = self.result.as_mut().ok_or(Promise::Result)?;
        holds(told.no == answered.no && at < told.until.get(), Promise::Result)?;
        holds(answers.insert(bidder.clone()), Promise::Result)
    }

    fn postponed(&mut self, to: &DeadlinePostponed) -> Judged {
        holds(to.deadline.get() > self.deadline, Promise::Deadline)?;
        holds(!self.done.contains(&EventKind::IntakeClosed), Promise::Deadline)?;
        self.deadline = to.deadline.get();
        Ok(())
    }

    /// Some span as long as the rule says, before this deadline, lies in the silences of k custodians.
    fn outage_is_attested(&self) -> bool {
        let Some(lot) = &self.lot else { return false };
        let Some(rule) = lot.outage else { return false };
        let reach = self.deadline - rule.within_ms.get();
        let said = || self.attested.iter().filter(|said| said.deadline.get() == self.deadline);
        let spans = said().map(|said| said.from.get().max(reach));
        spans.map(|from| (from, from + rule.silent_ms.get())).any(|(from, to)| {
            let silent = said().filter(|said| said.from.get() <= from && said.to.get() >= to);
            let who: BTreeSet<CustodianIndex> = silent.map(|said| said.custodian).collect();
            to <= self.deadline && who.len() >= usize::from(lot.threshold.k())
        })
    }

    /// Signatures of ceil((n + k) / 2) custodians; or of k, after the notice, with both approvals.
    fn freeze_holds(&self, at: u64) -> bool {
        let Some(lot) = &self.lot else { return false };
        let (n, k) = (usize::from(lot.threshold.n()), usize::from(lot.threshold.k()));
        let noticed = self.notice.is_some_and(|until| at >= until)
            && self.approved == BTreeSet::from([Role::Host, Role::Supervisor]);
        2 * self.signed.len() >= n + k || (noticed && self.signed.len() >= k)
    }

    /// Only those go on who passed by the word of both; what was done for one envelope counts for it.
    fn reconvened(&mut self, stage: Stage, at: u64) -> Judged {
        let passed = self.passed.take();
        let approved = passed.filter(|list| self.adjourned && at >= list.reconvene_at.get());
        let Some(list) = approved else { return Err(Promise::Stage) };
        holds(stage.get() == self.before + 2, Promise::Stage)?;
        let opened = self.prices.take().unwrap_or_default();
        let could = |code: &OrgCode| opened.contains_key(code);
        holds(list.passed.iter().all(could), Promise::Stage)?;
        self.current.retain(|_, bid| list.passed.contains(&bid.bidder.code));
        self.before += 1;
        self.adjourned = false;
        for kind in [EventKind::SealsChecked, EventKind::DocumentsOpened] {
            self.done.remove(&kind);
        }
        self.released.clear();
        self.released_documents.clear();
        self.read.clear();
        self.objections.clear();
        self.record = None;
        Ok(())
    }

    /// Whether this is the last envelope, the one with the prices.
    fn last(&self) -> bool {
        self.lot.as_ref().is_some_and(|lot| usize::from(self.before) == lot.envelopes.len())
    }

    fn all_opened(&self) -> Judged {
        let opened = self.done.contains(&EventKind::DocumentsOpened);
        holds(opened || !self.has(Part::Documents), Promise::AllOpened)
    }

    fn may_unseal(&self) -> Judged {
        holds(!self.adjourned, Promise::Stage)?;
        let bidders: BTreeSet<&OrgCode> = self.all.values().map(|bid| &bid.bidder.code).collect();
        let min = self.lot.as_ref().map_or(u32::MAX, |lot| lot.min_bidders).max(3);
        holds(u32::try_from(bidders.len()).unwrap() >= min, Promise::Enough)?;
        holds(self.done.contains(&EventKind::FreezeCompleted), Promise::Quorum)?;
        holds(self.done.contains(&EventKind::SealsChecked), Promise::Seals)?;
        let asked = self.lock().is_some();
        holds(!asked || (self.window.seen && self.window.open.is_none()), Promise::Window)
    }

    fn lock(&self) -> Option<BidderLockTerms> {
        Some(self.lot.as_ref()?.bidder_window?.lock)
    }

    /// The window is open, unlocked in and over; holds give back what they take.
    fn bidder_window(&mut self, event: &Event, at: u64) -> Judged {
        let terms = self.lot.as_ref().and_then(|lot| lot.bidder_window);
        let allowed = terms.map_or(0, |terms| terms.open_ms.get() + terms.extend_ms.get());
        match event {
            Event::BidderWindowOpened(BidderWindowOpened { until, .. })
            | Event::BidderWindowReopened(BidderWindowReopened { until, .. }) => {
                holds(self.window.open.is_none() && self.prices.is_none(), Promise::Window)?;
                self.window.open = Some((at, until.get()));
                self.window.seen = true;
            }
            Event::BidderWindowExtended(more) => {
                let (from, until) = self.window.open.ok_or(Promise::Window)?;
                holds(at < until && more.until.get() > until, Promise::Window)?;
                self.window.open = Some((from, more.until.get()));
            }
            Event::BidderUnsealed(own) => {
                let (_, until) = self.window.open.ok_or(Promise::Window)?;
                holds(at < until && self.window.held.is_none(), Promise::Window)?;
                holds(self.current.contains_key(&own.manifest_sha256), Promise::Current)?;
                holds(self.window.unlocked.insert(own.bidder.clone()), Promise::Window)?;
            }
            Event::BidderWindowClosed(_) => {
                let (from, until) = self.window.open.take().ok_or(Promise::Window)?;
                let all = self.window.unlocked.len() == self.current.len();
                holds(at >= until || all, Promise::Window)?;
                self.window.spent += at.min(until) - from;
            }
            Event::OpeningPaused(_) => {
                let _ = self.window.held.get_or_insert(at);
            }
            Event::MeasureTaken(taken) if taken.measure == Measure::Suspend => {
                let _ = self.window.held.get_or_insert(at);
            }
            Event::OpeningResumed(_) => self.goes_on(at),
            Event::MeasureTaken(taken) if taken.measure == Measure::Resume => self.goes_on(at),
            _ => {}
        }
        let now = self.window.open.map_or(0, |(from, until)| until - from);
        holds(self.window.spent + now <= allowed, Promise::Window)
    }

    fn goes_on(&mut self, at: u64) {
        let held = self.window.held.take().map_or(0, |from| at - from);
        if let Some((from, until)) = &mut self.window.open {
            (*from, *until) = (*from + held, *until + held);
        }
    }

    fn released_by(&mut self, partials: &PartialsReceived) -> Judged {
        self.may_unseal()?;
        holds(partials.stage.get() == self.before + 1, Promise::Stage)?;
        holds(self.signed.contains(&partials.custodian), Promise::Quorum)?;
        for partial in partials.partials.iter().flatten() {
            if self.estimate == Some(partial.manifest_sha256) {
                holds(self.last() && partials.part == Part::Price, Promise::Estimate)?;
                self.raised_estimate.insert(partials.custodian);
                continue;
            }
            let failed = self.all.contains_key(&partial.manifest_sha256)
                && !self.current.contains_key(&partial.manifest_sha256);
            holds(!failed, Promise::Stage)?;
            holds(self.current.contains_key(&partial.manifest_sha256), Promise::Current)?;
            let of = self.released.entry((partials.part, partial.manifest_sha256)).or_default();
            of.insert(partials.custodian);
        }
        for partial in &partials.escrow {
            holds(self.lock() == Some(BidderLockTerms::Escrow), Promise::Window)?;
            let of = self.escrow.entry(partial.manifest_sha256).or_default();
            of.insert(partials.custodian);
        }
        if partials.part == Part::Documents {
            holds(self.prices.is_some(), Promise::OneStep)?;
            self.released_documents.insert(partials.custodian);
        }
        Ok(())
    }

    fn published(&mut self, prices: &PricesPublished) -> Judged {
        self.may_unseal()?;
        holds(self.prices.is_none(), Promise::OneStep)?;
        for bid in &prices.bids {
            holds(self.current.contains_key(&bid.manifest_sha256), Promise::Current)?;
            let by = self.released.get(&(Part::Price, bid.manifest_sha256));
            let enough = by.map_or(0, BTreeSet::len) >= self.k();
            holds(enough || (bid.sheet_b64.is_none() && bid.total.is_none()), Promise::Quorum)?;
            let by = self.escrow.get(&bid.manifest_sha256).map_or(0, BTreeSet::len);
            let unlocked = match self.lock() {
                None => true,
                Some(_) if self.window.unlocked.contains(&bid.bidder.code) => true,
                Some(BidderLockTerms::Escrow) => by >= self.k(),
                Some(BidderLockTerms::Strict) => false,
            };
            holds(unlocked || (bid.sheet_b64.is_none() && bid.total.is_none()), Promise::Window)?;
        }
        self.told_estimate(prices.estimate.as_ref())?;
        let told: BTreeSet<&Digest> = prices.bids.iter().map(|bid| &bid.manifest_sha256).collect();
        holds(told.into_iter().eq(self.current.keys()), Promise::OneStep)?;
        let opened = prices.bids.iter().filter(|bid| bid.sheet_b64.is_some());
        self.opened = opened.map(|bid| bid.bidder.code.clone()).collect();
        let price = |bid: &PublishedBid| (bid.bidder.code.clone(), bid.total);
        self.prices = Some(prices.bids.iter().map(price).collect());
        Ok(())
    }

    /// The one that counts, whatever became of it, with all prices and by k custodians.
    fn told_estimate(&self, told: Option<&PublishedEstimate>) -> Judged {
        let counts = self.estimate.filter(|_| self.last());
        holds(told.map(|told| told.sha256) == counts, Promise::Estimate)?;
        let enough = self.raised_estimate.len() >= self.k();
        let shows = told.is_some_and(|told| told.plain_b64.is_some() || told.amount.is_some());
        holds(enough || !shows, Promise::Estimate)
    }

    fn opened(&mut self, documents: &DocumentsOpened) -> Judged {
        self.may_unseal()?;
        holds(self.prices.is_some(), Promise::OneStep)?;
        for bid in &documents.bids {
            holds(self.current.contains_key(&bid.manifest_sha256), Promise::Current)?;
            let enough = self.released_documents.len() >= self.k();
            holds(enough || bid.plain_sha256.is_none(), Promise::Quorum)?;
        }
        Ok(())
    }

    fn was_read(&mut self, reading: &PriceRead) -> Judged {
        let published = self.prices.as_ref().and_then(|prices| prices.get(&reading.bidder.code));
        holds(published == Some(&reading.total), Promise::OneStep)?;
        holds(self.read.insert(reading.bidder.code.clone()), Promise::OneStep)
    }

    /// Before the prices are published, the only amount that an entry may hold is the ceiling.
    fn no_price(&self, event: &Event) -> Judged {
        let shows = matches!(event, Event::PricesPublished(_)) && self.last();
        let known = self.prices.is_some() && self.last();
        if known || shows || matches!(event, Event::LotPublished(_)) {
            return Ok(());
        }
        let data = event.data_json();
        if !data.contains("\"minor\"") {
            return Ok(());
        }
        let data = serde_json::from_str(&data).unwrap();
        let ceiling = self.lot.as_ref().and_then(|lot| lot.ceiling);
        let ceiling = ceiling.map(|ceiling| serde_json::to_value(ceiling).unwrap());
        holds(amounts(&data).all(|amount| Some(amount) == ceiling.as_ref()), Promise::OneStep)
    }

    fn has(&self, part: Part) -> bool {
        let here = |object: &FrozenObject| object.stage.get() == self.before + 1;
        let mut objects = self.current.values().flat_map(|bid| &bid.objects);
        objects.any(|object| here(object) && object.part == part)
    }

    fn k(&self) -> usize {
        self.lot.as_ref().map_or(usize::MAX, |lot| usize::from(lot.threshold.k()))
    }
}

/// The last version of each bidder, if it holds something: whatever the list says of it.
fn current(set: &SetFrozen) -> BTreeMap<Digest, FrozenBid> {
    let mut last: BTreeMap<&OrgCode, &FrozenBid> = BTreeMap::new();
    for bid in &set.bids {
        let newest = last.entry(&bid.bidder.code).or_insert(bid);
        if bid.seq > newest.seq {
            *newest = bid;
        }
    }
    let kept = last.into_values().filter(|bid| !bid.objects.is_empty());
    kept.map(|bid| (bid.manifest_sha256, bid.clone())).collect()
}

/// Every amount of money in a value, however deep.
fn amounts(value: &serde_json::Value) -> Box<dyn Iterator<Item = &serde_json::Value> + '_> {
    match value {
        serde_json::Value::Object(map) if map.contains_key("minor") => {
            Box::new(std::iter::once(value))
        }
        serde_json::Value::Object(map) => Box::new(map.values().flat_map(amounts)),
        serde_json::Value::Array(list) => Box::new(list.iter().flat_map(amounts)),
        _ => Box::new(std::iter::empty()),
    }
}
