//! Why a step is refused: a stable label, the article of law, and what to do in two languages.

mod words;

use kaibiao_types::{CustodianIndex, Millis, OrgCode, Part, Role, UtcMillis};

use crate::event::{EventKind, Holder};
use crate::phase::Phase;
use crate::tender::Step;

/// Why the procedure does not allow a step. The same rules speak to a person who asks and to an
/// auditor who replays.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The same actor has done the same before.
    #[error("{step} was done before")]
    AlreadyDone {
        /// The step.
        step: EventKind,
    },
    /// A degraded freeze lacks the approval of host or supervisor.
    #[error("the degraded freeze needs the approval of host and supervisor")]
    ApprovalMissing,
    /// The entry contradicts the log before it.
    #[error("{step} contradicts the log: {rule}")]
    BadData {
        /// The step.
        step: EventKind,
        /// What it contradicts.
        rule: DataRule,
    },
    /// The bidder window is open, and neither its time is up nor has every bidder unlocked its bid.
    #[error("the bidder window is open {wait} more")]
    BidderWindowRunning {
        /// Time left.
        wait: Millis,
    },
    /// The bidder window is not open: not yet, or not any more.
    #[error("the bidder window is not open")]
    BidderWindowShut,
    /// The tender file allows no more time than this for the bidder window.
    #[error("the bidder window can be extended by {left} more")]
    BidderWindowSpent {
        /// What may still be given.
        left: Millis,
    },
    /// A bidder whose envelope did not open cannot have passed with it.
    #[error("the envelope of {bidder} was not opened, it cannot have passed")]
    CannotPass {
        /// The bidder.
        bidder: OrgCode,
    },
    /// Nobody is ranked whose bid did not open.
    #[error("the last envelope of {bidder} was not opened, it cannot be ranked")]
    CannotRank {
        /// The bidder.
        bidder: OrgCode,
    },
    /// The bidder is muted (禁言).
    #[error("the bidder is muted")]
    ChatMuted,
    /// The bidder is removed from the live room (踢出).
    #[error("the bidder is removed from the room")]
    ChatRemoved,
    /// The time is before that of the last entry.
    #[error("the time is before the last entry, {last}")]
    ClockBackwards {
        /// Time of the last entry.
        last: UtcMillis,
    },
    /// Fewer than k custodians released, and more may.
    #[error("{have} of {need} custodians released")]
    CustodyIncomplete {
        /// Custodians that released for the bid in question.
        have: usize,
        /// k.
        need: usize,
    },
    /// Bids received in time still have sealed documents.
    #[error("documents are still sealed")]
    DocumentsSealed,
    /// A draw waits for its value.
    #[error("draw {no} waits for its value")]
    DrawRunning {
        /// Its number.
        no: u32,
    },
    /// Another draw comes first.
    #[error("draw {next} comes first")]
    DrawTurn {
        /// The draw that comes first.
        next: u32,
    },
    /// Draws of the tender file were not held.
    #[error("draws of the tender file were not held: {nos:?}")]
    DrawsOpen {
        /// Their numbers.
        nos: Vec<u32>,
    },
    /// Another envelope follows: the opening does not end with this one, and draws are not held yet.
    #[error("another envelope follows")]
    EnvelopeFollows,
    /// The base estimate was not sealed before the deadline.
    #[error("a base estimate is sealed before the deadline")]
    EstimateLate,
    /// Fewer than three passed, and the list does not say why the opening goes on.
    #[error("only {passed} passed, and no reason is given")]
    FewPassed {
        /// How many passed.
        passed: usize,
    },
    /// Faults that the evidence leaves open are not decided.
    #[error("nobody has decided whose fault it is that bids did not open: {bidders:?}")]
    FaultsOpen {
        /// Whose bids they are.
        bidders: Vec<OrgCode>,
    },
    /// The freeze is not complete.
    #[error("{signed} of {quorum} custodians signed the freeze")]
    FreezeIncomplete {
        /// Custodians that signed.
        signed: usize,
        /// The quorum.
        quorum: usize,
    },
    /// The wait for the freeze quorum is not over.
    #[error("the freeze waits for its quorum, {wait} more")]
    FreezeWaitRunning {
        /// Time left.
        wait: Millis,
    },
    /// The opening is held: no step of it is taken.
    #[error("the opening is {}", holder.words().1)]
    Held {
        /// Whose word ends the hold.
        holder: Holder,
    },
    /// The intake is closed: its deadline cannot be postponed any more.
    #[error("the intake is closed")]
    IntakeOver,
    /// No envelope follows this one.
    #[error("no envelope follows this one")]
    LastEnvelope,
    /// The opening is over.
    #[error("the opening is over")]
    LotClosed,
    /// The tender file has no ceiling price.
    #[error("the tender has no ceiling price")]
    NoCeiling,
    /// The tender file does not ask bidders to unlock their bids.
    #[error("the tender file has no bidder window")]
    NoBidderWindow,
    /// The tender file has no base estimate.
    #[error("the tender has no base estimate")]
    NoEstimate,
    /// The tender file has no window for objections.
    #[error("the tender file has no window for objections")]
    NoObjectionWindow,
    /// The tender file has no outage rule.
    #[error("the tender file has no outage rule")]
    NoOutageRule,
    /// The part opened, or the evidence says whose fault it is that it did not.
    #[error("the evidence leaves no fault open here")]
    NoOpenFault,
    /// The tender file has no session in which the result is told.
    #[error("the tender file has no session in which the result is told")]
    NoResultSession,
    /// The bidder has no published price.
    #[error("the bidder has no published price")]
    NoPrice,
    /// The frozen set has no current bid of this bidder.
    #[error("no current bid of {bidder} is in the frozen set")]
    NoSuchBidder {
        /// Who was named.
        bidder: OrgCode,
    },
    /// The tender file has no draw of this number.
    #[error("the tender file has no draw {no}")]
    NoSuchDraw {
        /// The number.
        no: u32,
    },
    /// The lot is no round of sealed prices.
    #[error("the lot is no round of sealed prices")]
    NoRound,
    /// No such list of who passed waits for approval.
    #[error("list {no} of who passed does not wait for approval")]
    NoSuchList {
        /// The number.
        no: u32,
    },
    /// No such measure waits for approval.
    #[error("measure {no} is not asked for")]
    NoSuchMeasure {
        /// The number.
        no: u32,
    },
    /// No such postponement waits for approval.
    #[error("postponement {no} is not asked for")]
    NoSuchPostponement {
        /// The number.
        no: u32,
    },
    /// No objection has this number.
    #[error("objection {no} does not exist")]
    NoSuchObjection {
        /// The number.
        no: u32,
    },
    /// The newest announcement of the result has another number, or there is none.
    #[error("the result was not announced under number {no}, or was announced anew since")]
    NoSuchResult {
        /// The number.
        no: u32,
    },
    /// The actor has no current bid in the frozen set.
    #[error("no current bid of this organisation is in the frozen set")]
    NotABidder,
    /// Nobody passed: no further envelope is opened.
    #[error("nobody passed")]
    NobodyPassed,
    /// Nobody is muted whom this would unmute.
    #[error("nobody is muted whom this would unmute")]
    NotMuted,
    /// The bidder is not removed.
    #[error("the bidder is not removed from the room")]
    NotRemoved,
    /// Nothing is held that this would resume.
    #[error("the opening is not held in that way")]
    NotHeld,
    /// Another hand holds the opening.
    #[error("the opening is {}", holder.words().1)]
    NotTheHolder {
        /// Whose word ends the hold.
        holder: Holder,
    },
    /// No current bid has this part, or the part is not for the room.
    #[error("no {part} part to unseal")]
    NothingToUnseal {
        /// The part.
        part: Part,
    },
    /// A postponed deadline lies after the present one and after now.
    #[error("the deadline can only be later than {deadline}")]
    NotLater {
        /// The latest of the present deadline and now.
        deadline: UtcMillis,
    },
    /// The public notice of the degraded freeze is not over.
    #[error("the notice of the degraded freeze runs {wait} more")]
    NoticeRunning {
        /// Time left.
        wait: Millis,
    },
    /// The objection has its answer.
    #[error("objection {no} is answered")]
    ObjectionAnswered {
        /// The number.
        no: u32,
    },
    /// Objections wait for an answer.
    #[error("objections wait for an answer: {nos:?}")]
    ObjectionsOpen {
        /// Their numbers.
        nos: Vec<u32>,
    },
    /// The window for objections is over.
    #[error("the window for objections is over")]
    ObjectionsOver,
    /// The window for objections is open.
    #[error("the window for objections is open {wait} more")]
    ObjectionsRunning {
        /// Time left.
        wait: Millis,
    },
    /// Fewer than k custodians attested the same outage.
    #[error("{have} of {need} custodians attested one outage")]
    OutageUnproven {
        /// Custodians that were silent together for as long as the rule says.
        have: usize,
        /// k.
        need: usize,
    },
    /// The step does not belong to this phase.
    #[error("{step} does not belong to phase {phase}")]
    OutOfOrder {
        /// The step.
        step: EventKind,
        /// The phase.
        phase: Phase,
    },
    /// No approved list says who passed with the envelope before.
    #[error("no approved list says who passed")]
    PassedMissing,
    /// Before the deadline an opening is postponed, not held.
    #[error("bids are received: the deadline is postponed instead")]
    PostponeInstead,
    /// An attested outage postpones the deadline before the intake may be closed.
    #[error("an attested outage postpones the deadline first")]
    PostponementOwed,
    /// A custodian has released partials of the prices: they are published next (ruling 19).
    #[error("custodians have released partials of the prices")]
    PricesReleased,
    /// Every price is read.
    #[error("every price is read")]
    PricesAllRead,
    /// Prices are still to be read, or the last reading is not over.
    #[error("{left} prices are to be read, the reading runs {wait} more")]
    ReadingRunning {
        /// Prices not yet read.
        left: usize,
        /// Time left of the current reading.
        wait: Millis,
    },
    /// A finding against a bidder, or an open one, gives no reason.
    #[error("the finding gives no reason")]
    ReasonMissing,
    /// The opening of the next envelope was announced for later.
    #[error("the next envelope is opened in {wait}")]
    ReconveneLater {
        /// Time left.
        wait: Millis,
    },
    /// The signature is over another record.
    #[error("the signature is over another record")]
    RecordDiffers,
    /// The time for answers to the result is over.
    #[error("the time for answers to the result is over")]
    ResultAnswersOver,
    /// The opening is not closed, so there is no result yet.
    #[error("the opening is not closed yet")]
    ResultEarly,
    /// The supervisor has not approved who is invited to this round.
    #[error("the supervisor has not approved who is invited to this round")]
    RoundUnapproved,
    /// The seals were not checked.
    #[error("the seals were not checked")]
    SealsUnchecked,
    /// The lot's list of steps does not have this one.
    #[error("the list of steps has no {step}")]
    StepNotListed {
        /// The step.
        step: Step,
    },
    /// Another step of the list comes first.
    #[error("{next} comes first")]
    StepTurn {
        /// The step that comes first.
        next: Step,
    },
    /// The host has not confirmed that the opening time has come.
    #[error("the host has not confirmed the time")]
    TimeNotAsked,
    /// The deadline has not come.
    #[error("the deadline comes in {wait}")]
    TooEarly {
        /// Time left.
        wait: Millis,
    },
    /// Too few bidders: nothing is opened.
    #[error("{bidders} bidders, at least {min} are needed")]
    TooFewBidders {
        /// Distinct bidders with a current bid.
        bidders: u32,
        /// Fewest bidders of the tender.
        min: u32,
    },
    /// Fewer than k custodians signed: no freeze, not even a degraded one.
    #[error("{signed} custodians signed the freeze, at least {need} are needed")]
    TooFewCustodians {
        /// Custodians that signed.
        signed: usize,
        /// k.
        need: usize,
    },
    /// The ceremony has no custodian of this number.
    #[error("there is no custodian {index}")]
    UnknownCustodian {
        /// The number.
        index: CustodianIndex,
    },
    /// The custodian has not signed the freeze.
    #[error("custodian {index} has not signed the freeze")]
    UnsignedCustodian {
        /// The number.
        index: CustodianIndex,
    },
    /// Another freeze than the one in the log.
    #[error("another freeze than the one in the log")]
    WrongFreeze,
    /// The step belongs to another role or organisation.
    #[error("{step} does not belong to this {role:?}")]
    WrongRole {
        /// The step.
        step: EventKind,
        /// The role of the actor.
        role: Role,
    },
}

/// What an entry contradicts.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum DataRule {
    /// The absent custodians are not those that did not sign.
    Absent,
    /// A bid stands twice: manifest, place or (bidder, seq).
    BidDuplicate,
    /// A bid was complete at or after the deadline, or stands in a later tick than the last.
    BidLate,
    /// A bid has no object, one twice, or one of another stage.
    BidObjects,
    /// The bids are not in log order.
    BidOrder,
    /// Status and `by` do not fit the bidder's other bids.
    BidStatus,
    /// The count is not the number of distinct current bidders.
    BidderCount,
    /// The list is not that of the current bidders.
    BidderList,
    /// What a bidder hands over is not one secret for each object of its current bid.
    BidderLock,
    /// A bid is blamed on its bidder while fewer than k custodians released for it.
    Blame,
    /// The ceiling is not the one of the tender file.
    Ceiling,
    /// The closing head does not cover the last tick, or covers more than the log.
    ClosingHead,
    /// The signed command asks for something else.
    Command,
    /// Fewer cosignatures than k, or the same twice.
    Cosignatures,
    /// Value, position or dropped custodians of a draw do not fit the tender file and the log.
    Draw,
    /// A refusal names a bidder before the deadline (promise 5).
    EarlyName,
    /// The base estimate is not the sealed one, or does not follow from its plaintext.
    Estimate,
    /// Size and root are not those of the closing head.
    FreezeHead,
    /// The round is not that of the tender file.
    FreezeRound,
    /// Those invited are not those of the tender file, or a bid is of somebody who is not.
    Invited,
    /// The notice is shorter than the tender file says.
    NoticeLength,
    /// The number does not follow.
    Number,
    /// The partials are not one each for bids that are being unsealed, or their count is wrong.
    PartialSet,
    /// The party is not the one the log knows.
    Party,
    /// The list is not one of every bidder of the envelope in log order, its time is past, or it gives
    /// a reason that is not asked for.
    Passed,
    /// The lot was published at or after its deadline.
    PublishedLate,
    /// The result does not name every bidder of the lot once, ranked or rejected.
    Ranking,
    /// The reading is not that of the next price.
    Reading,
    /// The results are not one for each object of each current bid.
    SealResults,
    /// A text or number breaks its limit.
    Shape(&'static str),
    /// An attested silence is shorter than the rule says, lies outside its reach, or is still to come.
    Silence,
    /// The signers are not those of the log.
    Signers,
    /// Another envelope than the present one, or another number of envelopes than the terms have.
    Stage,
    /// The lot's terms break a rule of the tender file.
    Terms,
    /// The version before is not the last one.
    Version,
    /// The extension is not from 1 ms to 24 h, or its end does not follow from it.
    Window,
    /// The verdicts are not one for each bid, or do not follow from the plaintext.
    Verdict,
}

impl DataRule {
    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::BidDuplicate => "bid-duplicate",
            Self::BidLate => "bid-late",
            Self::BidObjects => "bid-objects",
            Self::BidOrder => "bid-order",
            Self::BidStatus => "bid-status",
            Self::BidderCount => "bidder-count",
            Self::BidderList => "bidder-list",
            Self::BidderLock => "bidder-lock",
            Self::Blame => "blame",
            Self::Ceiling => "ceiling",
            Self::ClosingHead => "closing-head",
            Self::Command => "command",
            Self::Cosignatures => "cosignatures",
            Self::Draw => "draw",
            Self::EarlyName => "early-name",
            Self::Estimate => "estimate",
            Self::FreezeHead => "freeze-head",
            Self::FreezeRound => "freeze-round",
            Self::Invited => "invited",
            Self::NoticeLength => "notice-length",
            Self::Number => "number",
            Self::PartialSet => "partial-set",
            Self::Party => "party",
            Self::Passed => "passed",
            Self::PublishedLate => "published-late",
            Self::Ranking => "ranking",
            Self::Reading => "reading",
            Self::SealResults => "seal-results",
            Self::Shape(_) => "shape",
            Self::Silence => "silence",
            Self::Signers => "signers",
            Self::Stage => "stage",
            Self::Terms => "terms",
            Self::Verdict => "verdict",
            Self::Version => "version",
            Self::Window => "window",
        }
    }
}

impl core::fmt::Display for DataRule {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Shape(field) => write!(f, "shape of {field}"),
            rule => f.write_str(rule.name()),
        }
    }
}

impl Refusal {
    /// The stable label.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::AlreadyDone { .. } => "already-done",
            Self::ApprovalMissing => "approval-missing",
            Self::BadData { .. } => "bad-data",
            Self::CannotPass { .. } => "cannot-pass",
            Self::CannotRank { .. } => "cannot-rank",
            Self::BidderWindowRunning { .. } => "bidder-window-running",
            Self::BidderWindowShut => "bidder-window-shut",
            Self::BidderWindowSpent { .. } => "bidder-window-spent",
            Self::ChatMuted => "chat-muted",
            Self::ChatRemoved => "chat-removed",
            Self::ClockBackwards { .. } => "clock-backwards",
            Self::CustodyIncomplete { .. } => "custody-incomplete",
            Self::DocumentsSealed => "documents-sealed",
            Self::DrawRunning { .. } => "draw-running",
            Self::DrawTurn { .. } => "draw-turn",
            Self::DrawsOpen { .. } => "draws-open",
            Self::EnvelopeFollows => "envelope-follows",
            Self::EstimateLate => "estimate-late",
            Self::FaultsOpen { .. } => "faults-open",
            Self::FewPassed { .. } => "few-passed",
            Self::FreezeIncomplete { .. } => "freeze-incomplete",
            Self::FreezeWaitRunning { .. } => "freeze-wait-running",
            Self::Held { .. } => "opening-held",
            Self::IntakeOver => "intake-over",
            Self::LastEnvelope => "last-envelope",
            Self::LotClosed => "lot-closed",
            Self::NoBidderWindow => "no-bidder-window",
            Self::NoCeiling => "no-ceiling",
            Self::NoEstimate => "no-estimate",
            Self::NoObjectionWindow => "no-objection-window",
            Self::NoOpenFault => "no-open-fault",
            Self::NoOutageRule => "no-outage-rule",
            Self::NoPrice => "no-price",
            Self::NoResultSession => "no-result-session",
            Self::NoSuchBidder { .. } => "no-such-bidder",
            Self::NoSuchDraw { .. } => "no-such-draw",
            Self::NobodyPassed => "nobody-passed",
            Self::NoRound => "no-round",
            Self::NoSuchList { .. } => "no-such-list",
            Self::NoSuchMeasure { .. } => "no-such-measure",
            Self::NoSuchObjection { .. } => "no-such-objection",
            Self::NoSuchPostponement { .. } => "no-such-postponement",
            Self::NoSuchResult { .. } => "no-such-result",
            Self::NotLater { .. } => "not-later",
            Self::NotABidder => "not-a-bidder",
            Self::NotHeld => "not-held",
            Self::NotMuted => "not-muted",
            Self::NotRemoved => "not-removed",
            Self::NotTheHolder { .. } => "not-the-holder",
            Self::NothingToUnseal { .. } => "nothing-to-unseal",
            Self::NoticeRunning { .. } => "notice-running",
            Self::ObjectionAnswered { .. } => "objection-answered",
            Self::ObjectionsOpen { .. } => "objections-open",
            Self::ObjectionsOver => "objections-over",
            Self::ObjectionsRunning { .. } => "objections-running",
            Self::OutOfOrder { .. } => "out-of-order",
            Self::PassedMissing => "passed-missing",
            Self::OutageUnproven { .. } => "outage-unproven",
            Self::PostponeInstead => "postpone-instead",
            Self::PostponementOwed => "postponement-owed",
            Self::PricesAllRead => "prices-all-read",
            Self::PricesReleased => "prices-released",
            Self::ReadingRunning { .. } => "reading-running",
            Self::ReasonMissing => "reason-missing",
            Self::ReconveneLater { .. } => "reconvene-later",
            Self::RecordDiffers => "record-differs",
            Self::ResultAnswersOver => "result-answers-over",
            Self::ResultEarly => "result-early",
            Self::RoundUnapproved => "round-unapproved",
            Self::SealsUnchecked => "seals-unchecked",
            Self::StepNotListed { .. } => "step-not-listed",
            Self::StepTurn { .. } => "step-turn",
            Self::TimeNotAsked => "time-not-asked",
            Self::TooEarly { .. } => "too-early",
            Self::TooFewBidders { .. } => "too-few-bidders",
            Self::TooFewCustodians { .. } => "too-few-custodians",
            Self::UnknownCustodian { .. } => "unknown-custodian",
            Self::UnsignedCustodian { .. } => "unsigned-custodian",
            Self::WrongFreeze => "wrong-freeze",
            Self::WrongRole { .. } => "wrong-role",
        }
    }

    /// The article of law that asks for the refusal; `None` where only our own design does.
    pub const fn article(&self) -> Option<&'static str> {
        match self {
            Self::BidderWindowRunning { .. }
            | Self::BidderWindowShut
            | Self::CustodyIncomplete { .. }
            | Self::PricesReleased => Some("电子招标投标办法 art. 30"),
            Self::FewPassed { .. } => Some("评标委员会和评标方法暂行规定 art. 27"),
            Self::DocumentsSealed => Some("招标投标法 art. 36 ¶2"),
            Self::CannotRank { .. } | Self::FaultsOpen { .. } | Self::NoOpenFault => {
                Some("电子招标投标办法 art. 31")
            }
            Self::Held { holder: Holder::Supervisor }
            | Self::NotTheHolder { holder: Holder::Supervisor } => {
                Some("招标投标法实施条例 art. 62")
            }
            Self::NoSuchObjection { .. }
            | Self::ObjectionAnswered { .. }
            | Self::ObjectionsOver
            | Self::ObjectionsRunning { .. }
            | Self::ObjectionsOpen { .. } => Some("招标投标法实施条例 art. 44 ¶3"),
            Self::NoResultSession
            | Self::NoSuchResult { .. }
            | Self::ResultAnswersOver
            | Self::ResultEarly => Some("招标投标法实施条例 art. 54"),
            Self::SealsUnchecked => Some("招标投标法 art. 36 ¶1"),
            Self::TooEarly { .. } => Some("招标投标法 art. 34"),
            Self::TooFewBidders { .. } => Some("招标投标法实施条例 art. 44 ¶2"),
            Self::WrongRole { .. } => Some("招标投标法 art. 35"),
            Self::AlreadyDone { .. }
            | Self::ApprovalMissing
            | Self::BadData { .. }
            | Self::CannotPass { .. }
            | Self::EnvelopeFollows
            | Self::EstimateLate
            | Self::LastEnvelope
            | Self::NoRound
            | Self::RoundUnapproved
            | Self::NoSuchList { .. }
            | Self::NobodyPassed
            | Self::PassedMissing
            | Self::ReconveneLater { .. }
            | Self::BidderWindowSpent { .. }
            | Self::ClockBackwards { .. }
            | Self::DrawRunning { .. }
            | Self::DrawTurn { .. }
            | Self::DrawsOpen { .. }
            | Self::FreezeIncomplete { .. }
            | Self::FreezeWaitRunning { .. }
            | Self::Held { .. }
            | Self::IntakeOver
            | Self::LotClosed
            | Self::NoBidderWindow
            | Self::NoCeiling
            | Self::NoEstimate
            | Self::NoObjectionWindow
            | Self::NoOutageRule
            | Self::NoPrice
            | Self::NoSuchBidder { .. }
            | Self::NoSuchDraw { .. }
            | Self::NoSuchMeasure { .. }
            | Self::NoSuchPostponement { .. }
            | Self::ChatMuted
            | Self::ChatRemoved
            | Self::NotHeld
            | Self::NotMuted
            | Self::NotRemoved
            | Self::NotTheHolder { .. }
            | Self::OutageUnproven { .. }
            | Self::PostponeInstead
            | Self::PostponementOwed
            | Self::NotLater { .. }
            | Self::NotABidder
            | Self::NothingToUnseal { .. }
            | Self::NoticeRunning { .. }
            | Self::OutOfOrder { .. }
            | Self::PricesAllRead
            | Self::ReadingRunning { .. }
            | Self::ReasonMissing
            | Self::RecordDiffers
            | Self::StepNotListed { .. }
            | Self::StepTurn { .. }
            | Self::TimeNotAsked
            | Self::TooFewCustodians { .. }
            | Self::UnknownCustodian { .. }
            | Self::UnsignedCustodian { .. }
            | Self::WrongFreeze => None,
        }
    }

    /// What happened and what to do, in Chinese.
    pub fn zh(&self) -> String {
        words::zh(self)
    }

    /// What happened and what to do, in English.
    pub fn en(&self) -> String {
        words::en(self)
    }
}
