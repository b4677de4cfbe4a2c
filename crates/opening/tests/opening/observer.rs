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
    /// What has ended stays ended.
    End,
    /// Before the deadline no entry tells who bids.
    Names,
    /// Time never runs backwards.
    Time,
}

/// The kinds that may be written before the deadline; a kind that is not here may not.
const BEFORE: &[EventKind] = &[
    EventKind::LotPublished,
    EventKind::Tick,
    EventKind::PostponementAsked,
    EventKind::DeadlinePostponed,
    EventKind::EstimateSealed,
    EventKind::CustodianRefused,
    EventKind::Refused,
];

/// The kinds that end an opening.
const END: &[EventKind] = &[EventKind::OpeningClosed, EventKind::TooFewBidders];

/// The kinds that may be written after the end; a kind that is not here may not.
const AFTER: &[EventKind] = &[EventKind::JournalSigned, EventKind::KeyDestroyed];

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
    current: BTreeMap<Digest, FrozenBid>,
    signed: BTreeSet<CustodianIndex>,
    notice: Option<u64>,
    approved: BTreeSet<Role>,
    done: BTreeSet<EventKind>,
    released: BTreeMap<(Part, Digest), BTreeSet<CustodianIndex>>,
    released_documents: BTreeSet<CustodianIndex>,
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
        match event {
            Event::LotPublished(lot) => {
                self.deadline = lot.deadline.get();
                self.lot = Some((**lot).clone());
            }
            Event::DeadlinePostponed(to) => {
                holds(to.deadline.get() > self.deadline, Promise::Deadline)?;
                self.deadline = to.deadline.get();
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
            Event::UnsealingStarted(start) => {
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
            _ => {}
        }
        self.done.insert(kind);
        Ok(())
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
        holds(self.done.contains(&EventKind::SealsChecked), Promise::Seals)
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
        }
        self.told_estimate(prices.estimate.as_ref())?;
        let told: BTreeSet<&Digest> = prices.bids.iter().map(|bid| &bid.manifest_sha256).collect();
        holds(told.into_iter().eq(self.current.keys()), Promise::OneStep)?;
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

/// A forged log: what it breaks, and how it is made from a good one.
type Forgery = (Promise, fn(&mut Vec<Entry>));

fn place(log: &[Entry], kind: EventKind) -> usize {
    log.iter().position(|(_, _, event)| event.kind() == kind).unwrap()
}

fn remove(log: &mut Vec<Entry>, kind: EventKind) {
    log.remove(place(log, kind));
}

/// Moves the first entry of `kind` in front of the first of `before`.
fn bring(log: &mut Vec<Entry>, kind: EventKind, before: EventKind) {
    let mut entry = log.remove(place(log, kind));
    let to = place(log, before);
    entry.1 = log[to].1;
    log.insert(to, entry);
}

fn lot(log: &mut [Entry]) -> &mut LotPublished {
    let Event::LotPublished(lot) = &mut log[0].2 else { panic!("the first entry") };
    lot
}

fn frozen(log: &mut [Entry]) -> &mut SetFrozen {
    let at = place(log, EventKind::SetFrozen);
    let Event::SetFrozen(set) = &mut log[at].2 else { panic!("a frozen set") };
    set
}

fn released(log: &mut [Entry]) -> &mut PartialsReceived {
    let at = place(log, EventKind::PartialsReceived);
    let Event::PartialsReceived(partials) = &mut log[at].2 else { panic!("partials") };
    partials
}

fn published(log: &mut [Entry]) -> &mut PricesPublished {
    let at = place(log, EventKind::PricesPublished);
    let Event::PricesPublished(prices) = &mut log[at].2 else { panic!("prices") };
    prices
}

/// Everything of the opening a millisecond before its deadline.
fn early(log: &mut Vec<Entry>) {
    for entry in log {
        entry.1 = at(entry.1.get().min(DEADLINE - 1));
    }
}

/// Bidder 2 withdrew its bid, and the list does not say so.
fn withdrawn(log: &mut [Entry]) {
    let withdrawal = FrozenBid {
        seq: BidSeq::new(2).unwrap(),
        manifest_sha256: digest(41, 2),
        objects: Vec::new(),
        ..bid(2)
    };
    frozen(log).bids.push(withdrawal);
}

const FORGERIES: &[Forgery] = &[
    (Promise::Deadline, early),
    (Promise::Deadline, |log| lot(log).deadline = at(DEADLINE + MINUTE)),
    (Promise::Deadline, |log| {
        let earlier = DeadlinePostponed { no: 1, from: at(DEADLINE), deadline: at(DEADLINE - 1) };
        log.insert(1, (supervisor(), log[0].1, Event::DeadlinePostponed(earlier)));
    }),
    (Promise::Enough, |log| lot(log).min_bidders = 5),
    (Promise::Enough, |log| {
        lot(log).min_bidders = 1;
        frozen(log).bids.truncate(3);
    }),
    (Promise::Current, |log| withdrawn(log)),
    (Promise::Current, |log| {
        released(log).partials.as_mut().unwrap()[0].manifest_sha256 = digest(40, 1);
    }),
    (Promise::Current, |log| published(log).bids[1].manifest_sha256 = digest(40, 1)),
    (Promise::Stage, |log| released(log).stage = Stage::new(2).unwrap()),
    (Promise::Quorum, |log| remove(log, EventKind::FreezeSigned)),
    (Promise::Quorum, |log| remove(log, EventKind::FreezeCompleted)),
    (Promise::Quorum, |log| remove(log, EventKind::PartialsReceived)),
    (Promise::Quorum, |log| released(log).custodian = custodian(9)),
    (Promise::Seals, |log| remove(log, EventKind::SealsChecked)),
    (Promise::OneStep, |log| bring(log, EventKind::PriceRead, EventKind::PricesPublished)),
    (Promise::OneStep, |log| bring(log, EventKind::DocumentsOpened, EventKind::PricesPublished)),
    (Promise::OneStep, |log| published(log).bids.truncate(3)),
    (Promise::OneStep, |log| {
        let at = place(log, EventKind::PricesPublished);
        log.insert(at, log[at].clone());
    }),
    (Promise::OneStep, |log| published(log).bids[0].total = Some(price(9))),
    (Promise::Objections, |log| remove(log, EventKind::ObjectionAnswered)),
    (Promise::Objections, |log| {
        bring(log, EventKind::RecordGenerated, EventKind::ObjectionAnswered);
    }),
    (Promise::Record, |log| {
        let generated = log[place(log, EventKind::RecordGenerated)].clone();
        log.insert(place(log, EventKind::OpeningClosed), generated);
    }),
    (Promise::Record, |log| remove(log, EventKind::RecordGenerated)),
    (Promise::Record, |log| bring(log, EventKind::RecordGenerated, EventKind::ReadingFinished)),
    (Promise::AllOpened, |log| remove(log, EventKind::DocumentsOpened)),
    (Promise::End, |log| bring(log, EventKind::OpeningClosed, EventKind::RecordSigned)),
    (Promise::End, |log| {
        let generated = log[place(log, EventKind::RecordGenerated)].clone();
        let last = log.last().unwrap().1;
        log.push((generated.0, last, generated.2));
    }),
    (Promise::Names, |log| {
        let at = place(log, EventKind::Refused);
        let Event::Refused(refused) = &mut log[at].2 else { panic!("a refusal") };
        refused.actor = bidder(1);
    }),
    (Promise::Time, |log| log[5].1 = at(0)),
];

/// The same with a log of two envelopes, of whose four bidders three passed.
const ENVELOPE_FORGERIES: &[Forgery] = &[
    (Promise::Stage, |log| remove(log, EventKind::PassedApproved)),
    (Promise::Stage, |log| log.retain(|(_, _, event)| event.kind() != EventKind::PassedListed)),
    (Promise::Stage, |log| remove(log, EventKind::EnvelopeClosed)),
    (Promise::Stage, |log| {
        let at = place(log, EventKind::PassedApproved);
        log[at].0 = host();
    }),
    (Promise::Stage, |log| {
        let at = place(log, EventKind::PassedApproved);
        let Event::PassedApproved(approved) = &mut log[at].2 else { panic!("an approval") };
        approved.passed.push(bidder_party(4).code);
    }),
    (Promise::Stage, |log| {
        let reconvened = place(log, EventKind::OpeningReconvened);
        log[reconvened].1 = at(log[reconvened].1.get() - 1);
        for kind in [EventKind::PassedListed, EventKind::PassedApproved] {
            let early = place(log, kind);
            log[early].1 = log[early - 1].1;
        }
    }),
    (Promise::Stage, |log| {
        let at = place(log, EventKind::OpeningReconvened);
        let Event::OpeningReconvened(next) = &mut log[at].2 else { panic!("the next envelope") };
        next.stage = Stage::new(3).unwrap();
    }),
    // A bid that did not pass is raised with the others.
    (Promise::Stage, |log| {
        let next = place(log, EventKind::OpeningReconvened);
        let mut later = log[next..].iter_mut();
        let released = later.find_map(|(_, _, event)| match event {
            Event::PartialsReceived(partials) => Some(partials),
            _ => None,
        });
        released.unwrap().partials.as_mut().unwrap().push(partial(digest(2, 4)));
    }),
    // The second envelope is raised with the first.
    (Promise::Stage, |log| released(log).stage = Stage::new(2).unwrap()),
    (Promise::Seals, |log| {
        let next = place(log, EventKind::OpeningReconvened);
        let kind = EventKind::SealsChecked;
        let again = log[next..].iter().position(|(_, _, event)| event.kind() == kind).unwrap();
        log.remove(next + again);
    }),
    (Promise::OneStep, |log| published(log).bids[0].total = Some(price(1))),
    (Promise::AllOpened, |log| remove(log, EventKind::DocumentsOpened)),
    (Promise::AllOpened, |log| {
        let (end, close) = (log.len() - 1, place(log, EventKind::EnvelopeClosed));
        log[close] = (host(), log[close].1, Event::OpeningClosed(Empty {}));
        log.truncate(end.min(close + 1));
    }),
    (Promise::Record, |log| remove(log, EventKind::RecordGenerated)),
];

/// The same with a log of a base estimate that was replaced once.
const ESTIMATE_FORGERIES: &[Forgery] = &[
    // Sealed at the deadline, or by another than the host.
    (Promise::Estimate, |log| bring(log, EventKind::EstimateSealed, EventKind::IntakeClosed)),
    (Promise::Estimate, |log| {
        let sealed = place(log, EventKind::EstimateSealed);
        log[sealed].0 = supervisor();
    }),
    // Another one than the last counts, or none.
    (Promise::Estimate, |log| {
        published(log).estimate.as_mut().unwrap().sha256 = crate::estimate::sha256(1);
    }),
    (Promise::Estimate, |log| published(log).estimate = None),
    (Promise::Current, |log| {
        let last = released(log).partials.as_mut().unwrap().last_mut().unwrap();
        last.manifest_sha256 = crate::estimate::sha256(1);
    }),
    // Too few custodians raised its point.
    (Promise::Estimate, |log| drop(released(log).partials.as_mut().unwrap().pop())),
    // Said before the prices.
    (Promise::OneStep, |log| {
        let ceiling = crate::estimate::amount();
        let said = CeilingAnnounced { ceiling, capital: ceiling.capital() };
        let at = place(log, EventKind::UnsealingStarted);
        log.insert(at, (host(), log[at].1, Event::CeilingAnnounced(said)));
    }),
];

#[test]
fn forged_logs_of_an_estimate_are_seen_through() {
    let good = crate::estimate::closed().log;
    assert_eq!(observe(&good), Ok(()));
    for (number, (promise, forge)) in ESTIMATE_FORGERIES.iter().enumerate() {
        let mut log = good.clone();
        forge(&mut log);
        let found = observe(&log).map_err(|(_, promise)| promise);
        assert_eq!(found, Err(*promise), "forgery {number}");
    }
}

#[test]
fn forged_logs_of_envelopes_are_seen_through() {
    let good = crate::envelope::closed().log;
    assert_eq!(observe(&good), Ok(()));
    for (number, (promise, forge)) in ENVELOPE_FORGERIES.iter().enumerate() {
        let mut log = good.clone();
        forge(&mut log);
        let found = observe(&log).map_err(|(_, promise)| promise);
        assert_eq!(found, Err(*promise), "forgery {number}");
    }
}

/// The observer lets good logs pass and names what each forged one breaks: it can find a wrong guard.
#[test]
fn forged_logs_are_seen_through() {
    let good = crate::events::normal().log;
    for (number, (promise, forge)) in FORGERIES.iter().enumerate() {
        let mut log = good.clone();
        forge(&mut log);
        let found = observe(&log).map_err(|(_, promise)| promise);
        assert_eq!(found, Err(*promise), "forgery {number}");
    }
    let mut failed = Opening::at(Phase::Failed, 2).log;
    let start = UnsealingStarted { stage: Stage::new(1).unwrap(), part: Part::Price };
    failed.push((host(), failed.last().unwrap().1, Event::UnsealingStarted(start)));
    assert_eq!(observe(&failed).unwrap_err().1, Promise::End);
    let mut hasty = crate::events::degraded().log;
    remove(&mut hasty, EventKind::DegradedApproved);
    assert_eq!(observe(&hasty).unwrap_err().1, Promise::Quorum);
}

#[test]
fn good_logs_pass() {
    for opening in [
        crate::events::normal(),
        crate::events::degraded(),
        crate::postpone::closed_later(),
        crate::draw::closed(),
        Opening::at(Phase::Failed, 2),
    ] {
        assert_eq!(observe(&opening.log), Ok(()));
    }
}
