//! The state of one opening: a fold over the entries of its log, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kaibiao_types::{
    CustodianIndex, Digest, JournalMoment, LotKey, Millis, OrgCode, Part, Role, Stage, TickNo,
    UtcMillis,
};

use crate::bidder_window::BidderWindow;
use crate::chat::Chat;
use crate::draw::DrawRun;
use crate::envelope::Passed;
use crate::estimate::SealedEstimate;
use crate::event::{
    Agent, BidStatus, BidderChecked, DeadlinePostponed, DocumentsOpened, FreezeCompleted,
    FreezeDegraded, FrozenBid, LotPublished, MeasureAsked, Partial, PassedListed,
    PostponementAsked, PricesPublished, PublishedBid, RecordSigned, SealsChecked, SetFrozen,
    TimeConfirmed,
};
use crate::fault::FaultDecision;
use crate::hold::{Hold, TakenMeasure};
use crate::phase::Phase;
use crate::result::Results;
use crate::shared::{Priced, Shared};
use crate::window::ObjectionWindow;

/// Everything that the log of one lot says so far. Cheap to clone: the large lists are shared.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct State {
    pub(crate) lot: LotKey,
    pub(crate) phase: Phase,
    pub(crate) entries: u64,
    pub(crate) last_at: UtcMillis,
    pub(crate) published: Option<Arc<LotPublished>>,
    pub(crate) round_approved: Option<Mark>,
    pub(crate) last_tick: Option<LastTick>,
    pub(crate) asked: Option<PostponementAsked>,
    pub(crate) postponements: Vec<DeadlinePostponed>,
    pub(crate) silences: BTreeMap<CustodianIndex, Vec<(UtcMillis, UtcMillis)>>,
    pub(crate) outages: BTreeSet<u32>,
    pub(crate) time_asked: Option<TimeConfirmed>,
    pub(crate) time_confirmed: Option<Mark>,
    pub(crate) estimate: Option<SealedEstimate>,
    /// What custodians raised for it.
    pub(crate) estimate_partials: BTreeMap<CustodianIndex, Partial>,
    pub(crate) intake: Option<ClosedIntake>,
    pub(crate) frozen: Option<Arc<SetFrozen>>,
    /// Where the current bid of each bidder stands in the frozen set.
    pub(crate) bidders: Shared<BTreeMap<OrgCode, usize>>,
    /// The same of the bidders whose present envelope is opened.
    pub(crate) current: Shared<BTreeMap<OrgCode, usize>>,
    pub(crate) stage: Stage,
    pub(crate) earlier: Vec<Arc<State>>,
    pub(crate) reconvened: Option<Mark>,
    pub(crate) adjourned: Option<Mark>,
    pub(crate) passed_asked: Option<PassedListed>,
    pub(crate) passed: Option<Arc<Passed>>,
    pub(crate) freeze_wait_from: UtcMillis,
    pub(crate) signers: BTreeSet<CustodianIndex>,
    pub(crate) degraded: Option<FreezeDegraded>,
    pub(crate) approvals: BTreeSet<Approver>,
    pub(crate) completed: Option<FreezeCompleted>,
    pub(crate) sign_ins: Shared<BTreeMap<OrgCode, SignIn>>,
    pub(crate) bidders_published: Option<Mark>,
    pub(crate) checks: Shared<BTreeMap<OrgCode, (BidderChecked, Mark)>>,
    pub(crate) ceiling_announced: Option<Mark>,
    pub(crate) seals: Option<Arc<SealsChecked>>,
    pub(crate) bidder_window: Option<BidderWindow>,
    pub(crate) prices: Track,
    pub(crate) documents: Track,
    pub(crate) published_bids: Option<Arc<PricesPublished>>,
    pub(crate) priced: Shared<Priced>,
    pub(crate) published_at: UtcMillis,
    pub(crate) opened_documents: Option<Arc<DocumentsOpened>>,
    pub(crate) documents_mark: Option<Mark>,
    pub(crate) read: u32,
    pub(crate) reading_until: UtcMillis,
    pub(crate) draws: Shared<BTreeMap<u32, DrawRun>>,
    pub(crate) fault_decisions: BTreeMap<(OrgCode, Part), FaultDecision>,
    pub(crate) confirmations: Shared<BTreeMap<OrgCode, UtcMillis>>,
    pub(crate) objections: Shared<Vec<Objection>>,
    pub(crate) objection_window: Option<ObjectionWindow>,
    pub(crate) records: Vec<GeneratedRecord>,
    pub(crate) record_signatures: Shared<Vec<RecordSigned>>,
    pub(crate) record_signers: Shared<BTreeSet<(Role, OrgCode)>>,
    pub(crate) holds: Vec<Hold>,
    pub(crate) measure_asked: Option<MeasureAsked>,
    pub(crate) measures: Vec<TakenMeasure>,
    pub(crate) ended: Option<Mark>,
    pub(crate) results: Results,
    pub(crate) chat: Chat,
    pub(crate) journals: BTreeMap<(CustodianIndex, JournalMoment), SignedJournal>,
    pub(crate) destroyed: BTreeMap<CustodianIndex, Mark>,
}

/// Where and when an entry stands in the log.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Mark {
    /// Index of the entry.
    pub entry: u64,
    /// Its time.
    pub at: UtcMillis,
}

/// The sign-in (签到) of one bidder.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignIn {
    /// Where it stands in the log.
    pub mark: Mark,
    /// Who acts for the bidder, if it said so.
    pub agent: Option<Agent>,
    /// The host's reason, if the host signed the bidder in.
    pub emergency: Option<String>,
}

/// What a custodian signed of its journal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SignedJournal {
    /// Where the statement stands in the log.
    pub mark: Mark,
    /// Bytes of the journal under the signature, from the first on.
    pub length: u64,
    /// SHA-256 of these bytes.
    pub sha256: Digest,
}

/// The newest tick.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct LastTick {
    pub(crate) no: TickNo,
    pub(crate) entry: u64,
}

/// The closing head.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ClosedIntake {
    /// The last tick.
    pub tick: TickNo,
    /// Entries under the closing head.
    pub size: u64,
    /// Root of the closing head.
    pub root: Digest,
    /// When the intake was closed.
    pub at: UtcMillis,
}

/// Who approves a degraded freeze.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Approver {
    Host,
    Supervisor,
}

/// The custodians' side of the unsealing of one part.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Track {
    /// Unsealing has begun.
    pub(crate) started: bool,
    /// Custodians that released, with the bids they released for (none listed for documents).
    pub(crate) released: BTreeMap<CustodianIndex, Shared<BTreeSet<Digest>>>,
    /// Custodians that refused since the unsealing began.
    pub(crate) refused: BTreeSet<CustodianIndex>,
}

/// An objection and its answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Objection {
    /// Number, from 1.
    pub no: u32,
    /// Who objected.
    pub bidder: OrgCode,
    /// The objection.
    pub text: String,
    /// When.
    pub at: UtcMillis,
    /// The answer and its time.
    pub answer: Option<(String, UtcMillis)>,
}

/// One version of the opening record; the parties sign the last.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GeneratedRecord {
    /// Why it took the place of the version before; `None` for the first.
    pub reason: Option<String>,
    /// SHA-256 of the exact bytes of `record.json`.
    pub sha256: Digest,
    /// Where it stands in the log.
    pub mark: Mark,
}

/// What custodians may raise their shares for, now and not longer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unsealing<'a> {
    /// The envelope.
    pub stage: Stage,
    /// The part.
    pub part: Part,
    /// The freeze that partials are bound to.
    pub freeze_id: Digest,
    /// The current bids that have this part, in log order.
    pub bids: Vec<&'a FrozenBid>,
    /// The digest of the base estimate, where it is opened with this part.
    pub estimate: Option<Digest>,
}

impl State {
    /// The state of an empty log of `lot`.
    pub fn new(lot: LotKey) -> Self {
        Self {
            lot,
            phase: Phase::Unpublished,
            entries: 0,
            last_at: UtcMillis::EPOCH,
            published: None,
            round_approved: None,
            last_tick: None,
            asked: None,
            postponements: Vec::new(),
            silences: BTreeMap::new(),
            outages: BTreeSet::new(),
            time_asked: None,
            time_confirmed: None,
            estimate: None,
            estimate_partials: BTreeMap::new(),
            intake: None,
            frozen: None,
            bidders: Shared::default(),
            current: Shared::default(),
            stage: Stage::FIRST,
            earlier: Vec::new(),
            reconvened: None,
            adjourned: None,
            passed_asked: None,
            passed: None,
            freeze_wait_from: UtcMillis::EPOCH,
            signers: BTreeSet::new(),
            degraded: None,
            approvals: BTreeSet::new(),
            completed: None,
            sign_ins: Shared::default(),
            bidders_published: None,
            checks: Shared::default(),
            ceiling_announced: None,
            seals: None,
            bidder_window: None,
            prices: Track::default(),
            documents: Track::default(),
            published_bids: None,
            priced: Shared::default(),
            published_at: UtcMillis::EPOCH,
            opened_documents: None,
            documents_mark: None,
            read: 0,
            reading_until: UtcMillis::EPOCH,
            draws: Shared::default(),
            fault_decisions: BTreeMap::new(),
            confirmations: Shared::default(),
            objections: Shared::default(),
            objection_window: None,
            records: Vec::new(),
            record_signatures: Shared::default(),
            record_signers: Shared::default(),
            holds: Vec::new(),
            measure_asked: None,
            measures: Vec::new(),
            ended: None,
            results: Results::default(),
            chat: Chat::default(),
            journals: BTreeMap::new(),
            destroyed: BTreeMap::new(),
        }
    }

    /// The lot.
    pub const fn lot(&self) -> &LotKey {
        &self.lot
    }

    /// Where the opening stands.
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// Entries so far; the index of the next one.
    pub const fn entries(&self) -> u64 {
        self.entries
    }

    /// The time of the last entry.
    pub const fn last_at(&self) -> UtcMillis {
        self.last_at
    }

    /// The first entry.
    pub fn published(&self) -> Option<&LotPublished> {
        self.published.as_deref()
    }

    /// Where the supervisor approved who is invited to this round of sealed prices.
    pub const fn round_approved(&self) -> Option<Mark> {
        self.round_approved
    }

    /// 投标截止时间: that of the tender file, or of the last postponement.
    pub fn deadline(&self) -> Option<UtcMillis> {
        let postponed = self.postponements.last().map(|last| last.deadline);
        postponed.or_else(|| self.published().map(|lot| lot.deadline))
    }

    /// The postponements so far, in order.
    pub fn postponements(&self) -> &[DeadlinePostponed] {
        &self.postponements
    }

    /// The numbers of the postponements that followed an outage.
    pub const fn outages(&self) -> &BTreeSet<u32> {
        &self.outages
    }

    /// When host and supervisor had both confirmed that the opening time has come (ruling 13), by
    /// the hall's clock.
    pub fn time_confirmed(&self) -> Option<UtcMillis> {
        self.time_confirmed.map(|mark| mark.at)
    }

    /// The postponement that waits for the supervisor's approval.
    pub const fn postponement_asked(&self) -> Option<&PostponementAsked> {
        self.asked.as_ref()
    }

    /// The number of the next tick; `None` if no more can follow.
    pub fn next_tick(&self) -> Option<TickNo> {
        let next = self.last_tick.map_or(Some(0), |last| last.no.get().checked_add(1))?;
        TickNo::new(next).ok()
    }

    /// The closing head.
    pub const fn intake(&self) -> Option<&ClosedIntake> {
        self.intake.as_ref()
    }

    /// The frozen set.
    pub fn frozen(&self) -> Option<&SetFrozen> {
        self.frozen.as_deref()
    }

    /// The current bids of the frozen set whose present envelope is opened, in log order: all of them,
    /// and from the second envelope on those that passed with the one before.
    pub fn current_bids(&self) -> impl Iterator<Item = &FrozenBid> {
        let bids = self.frozen().map_or(&[][..], |set| set.bids.as_slice());
        let all = self.stage == Stage::FIRST;
        let passed = move |bid: &&FrozenBid| all || self.current.contains_key(&bid.bidder.code);
        bids.iter().filter(|bid| bid.status == BidStatus::Current).filter(passed)
    }

    /// The current bid of one bidder, if its present envelope is opened.
    pub fn current_bid(&self, bidder: &OrgCode) -> Option<&FrozenBid> {
        self.frozen()?.bids.get(*self.current.get(bidder)?)
    }

    /// The current bid of one bidder, whether it passed or not: it may attend and object.
    pub fn bid_of(&self, bidder: &OrgCode) -> Option<&FrozenBid> {
        self.frozen()?.bids.get(*self.bidders.get(bidder)?)
    }

    /// The custodians that signed the freeze.
    pub const fn freeze_signers(&self) -> &BTreeSet<CustodianIndex> {
        &self.signers
    }

    /// The notice of a degraded freeze; its end is later by every hold that it stood still in.
    pub const fn degraded(&self) -> Option<&FreezeDegraded> {
        self.degraded.as_ref()
    }

    /// The completed freeze.
    pub const fn freeze(&self) -> Option<&FreezeCompleted> {
        self.completed.as_ref()
    }

    /// How each bidder that is there signed in.
    pub fn sign_ins(&self) -> &BTreeMap<OrgCode, SignIn> {
        &self.sign_ins
    }

    /// What the host found about each bidder last, and when.
    pub fn checks(&self) -> &BTreeMap<OrgCode, (BidderChecked, Mark)> {
        &self.checks
    }

    /// When the ceiling was announced.
    pub const fn ceiling_announced(&self) -> Option<Mark> {
        self.ceiling_announced
    }

    /// The results of the seal check.
    pub fn seals(&self) -> Option<&SealsChecked> {
        self.seals.as_deref()
    }

    /// The published prices.
    pub fn prices(&self) -> Option<&PricesPublished> {
        self.published_bids.as_deref()
    }

    /// The bids that have a price, in reading order.
    pub fn priced_bids(&self) -> impl Iterator<Item = &PublishedBid> {
        self.priced.places.iter().filter_map(|place| self.prices()?.bids.get(*place))
    }

    /// The bid that is read at `position`, counted from 0.
    pub(crate) fn priced_bid(&self, position: usize) -> Option<&PublishedBid> {
        self.prices()?.bids.get(*self.priced.places.get(position)?)
    }

    /// How many prices were read.
    pub const fn prices_read(&self) -> u32 {
        self.read
    }

    /// The opened documents.
    pub fn documents(&self) -> Option<&DocumentsOpened> {
        self.opened_documents.as_deref()
    }

    /// When each bidder confirmed its price.
    pub fn confirmations(&self) -> &BTreeMap<OrgCode, UtcMillis> {
        &self.confirmations
    }

    /// The objections by number.
    pub fn objections(&self) -> &[Objection] {
        &self.objections
    }

    /// The opening record: its last version.
    pub fn record(&self) -> Option<&GeneratedRecord> {
        self.records.last()
    }

    /// All versions of the opening record, in order.
    pub fn records(&self) -> &[GeneratedRecord] {
        &self.records
    }

    /// The signatures under the last version of the record.
    pub fn version_signatures(&self) -> impl Iterator<Item = &RecordSigned> {
        let last = self.record().map(|record| record.sha256);
        self.record_signatures.iter().filter(move |signed| Some(signed.record_sha256) == last)
    }

    /// The signatures under every version of the record.
    pub fn record_signatures(&self) -> &[RecordSigned] {
        &self.record_signatures
    }

    /// The entry that ended the opening: closed, failed or terminated.
    pub const fn ended(&self) -> Option<Mark> {
        self.ended
    }

    /// The journals that custodians signed: at most one at the freeze and one at the end of each.
    pub const fn journals(&self) -> &BTreeMap<(CustodianIndex, JournalMoment), SignedJournal> {
        &self.journals
    }

    /// The custodians that destroyed their shares.
    pub const fn destroyed(&self) -> &BTreeMap<CustodianIndex, Mark> {
        &self.destroyed
    }

    /// Whether every custodian destroyed its share: then nothing may follow in the log but a session in
    /// which the result is told ([`State::result_session`]).
    pub fn all_destroyed(&self) -> bool {
        self.published().is_some() && self.destroyed.len() >= usize::from(self.n())
    }

    /// What custodians may raise their shares for, if anything: the one proof that the unsealing of
    /// a part is under way. Everything that the law asks for before it is in the log by then, and
    /// while the opening is held there is nothing.
    pub fn unsealing(&self) -> Option<Unsealing<'_>> {
        if self.hold().is_some() { None } else { self.unsealing_begun() }
    }

    /// The same, also while the opening is held: what was on its way is still taken in.
    pub(crate) fn unsealing_begun(&self) -> Option<Unsealing<'_>> {
        let part = self.unsealing_part()?;
        let freeze_id = self.frozen()?.freeze_id;
        let stage = self.stage;
        let bids = self.current_bids().filter(|bid| bid.object(stage, part).is_some()).collect();
        let estimate = self.estimate_here().filter(|_| part == Part::Price);
        let estimate = estimate.map(|sealed| sealed.sha256);
        Some(Unsealing { stage, part, freeze_id, bids, estimate })
    }

    /// Custodians that released for the part that is being unsealed, or was.
    pub fn released(&self, part: Part) -> Vec<CustodianIndex> {
        self.track(part).map_or_else(Vec::new, |track| track.released.keys().copied().collect())
    }

    pub(crate) fn unsealing_part(&self) -> Option<Part> {
        if self.phase == Phase::UnsealingPrices {
            Some(Part::Price)
        } else if self.phase.prices_public()
            && self.documents.started
            && self.opened_documents.is_none()
        {
            Some(Part::Documents)
        } else {
            None
        }
    }

    pub(crate) const fn track(&self, part: Part) -> Option<&Track> {
        match part {
            Part::Price => Some(&self.prices),
            Part::Documents => Some(&self.documents),
            Part::Signals => None,
        }
    }

    pub(crate) fn distinct_bidders(&self) -> u32 {
        u32::try_from(self.current.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn quorum(&self) -> usize {
        self.published().map_or(usize::MAX, |lot| usize::from(lot.threshold.freeze_quorum()))
    }

    pub(crate) fn k(&self) -> usize {
        self.published().map_or(usize::MAX, |lot| usize::from(lot.threshold.k()))
    }

    pub(crate) fn n(&self) -> u16 {
        self.published().map_or(0, |lot| lot.threshold.n())
    }

    /// When the wait for the freeze quorum ends.
    pub fn freeze_wait_until(&self) -> UtcMillis {
        self.freeze_wait_from.plus(self.published().map_or(Millis::ZERO, |lot| lot.freeze_wait_ms))
    }

    pub(crate) fn unanswered(&self) -> Vec<u32> {
        self.objections.iter().filter(|o| o.answer.is_none()).map(|o| o.no).collect()
    }

    /// The party of an actor that this lot knows: host, supervisor or a bidder with a current bid.
    pub(crate) fn knows(&self, role: Role, code: &OrgCode) -> Option<kaibiao_types::Party> {
        let lot = self.published()?;
        let party = match role {
            Role::Host => &lot.host,
            Role::Supervisor => &lot.supervisor,
            Role::Bidder => &self.bid_of(code)?.bidder,
            Role::Custodian | Role::Hall | Role::Spectator => return None,
        };
        (party.code == *code).then(|| party.clone())
    }
}
