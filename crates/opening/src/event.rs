//! The events of an opening: every kind of log entry with its data.
//!
//! The outer line (index, time, author, command) belongs to the journal; here is what `kind` and
//! `data` mean.

macro_rules! data {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $ty:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
            #[serde(deny_unknown_fields)]
            pub struct $name {
                $($(#[$field_doc])* pub $field: $ty,)*
            }
        )*
    };
}

mod bidder_window;
mod chat;
mod correction;
mod draw;
mod envelope;
mod estimate;
mod fault;
mod hold;
mod intake;
mod outage;
mod result;
mod room;
mod shape;
mod statements;
mod window;

use kaibiao_types::{CustodianIndex, Party, Role};

pub use bidder_window::{
    BidderUnsealed, BidderWindowClosed, BidderWindowExtended, BidderWindowOpened,
    BidderWindowReopened, UnlockSecret, UnlockedPart,
};
pub use chat::{ChatMuted, ChatPrivate, ChatReadmitted, ChatRemoved, ChatSaid, ChatUnmuted};
pub use correction::RecordCorrected;
pub use draw::{DrawFailed, DrawMade, DrawPartial, DrawStarted};
pub use envelope::{EnvelopeClosed, NotPassed, OpeningReconvened, PassedApproved, PassedListed};
pub use estimate::{EstimateSealed, PublishedEstimate};
pub use fault::FaultDecided;
pub use hold::{HoldReason, Holder, Measure, MeasureAsked, MeasureTaken, OpeningPaused};
pub use intake::{
    BidStatus, DeadlinePostponed, Empty, FreezeCompleted, FreezeDegraded, FreezeSigned, FrozenBid,
    FrozenObject, FrozenPlace, IntakeClosed, LotPublished, PostponementAsked, RoundApproved,
    SetFrozen, Tick, TimeConfirmed, TooFewBidders,
};
pub use outage::OutageAttested;
pub use result::{ResultAnnounced, ResultAnswered};
pub use room::{
    BiddersPublished, CustodianRefused, DocumentsOpened, JournalSigned, KeyDestroyed,
    ObjectionAnswered, ObjectionRaised, OpenedDocument, Partial, PartialsReceived, PriceConfirmed,
    PriceRead, PricesPublished, PublishedBid, RecordGenerated, RecordSigned, Refused, SealResult,
    SealsChecked, SignedIn, UnsealingStarted, Verdict,
};
pub use statements::{
    Agent, BidderChecked, BondState, CeilingAnnounced, EmergencySignedIn, IdentityState,
};
pub use window::ObjectionsExtended;

use crate::actor::Actor;
use crate::strict;

/// Why `kind` and `data` of a log entry are not an event.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EventError {
    /// The data is not of the kind's form.
    #[error("data of `{kind}`: {detail}")]
    Data {
        /// The kind.
        kind: EventKind,
        /// What is wrong and where.
        detail: String,
    },
    /// The data is well formed, yet not written the one way in which the hall writes it: compact,
    /// keys in the order of the specification, no optional key left out.
    #[error("data of `{0}` is not in its one written form")]
    Form(EventKind),
    /// A kind that this version does not know.
    #[error("unknown kind of entry")]
    Kind,
    /// A text of the data is empty, too long or of the wrong alphabet.
    #[error("data of `{kind}`: {field} is empty, too long or of the wrong alphabet")]
    Shape {
        /// The kind.
        kind: EventKind,
        /// The field.
        field: &'static str,
    },
}

impl EventError {
    /// The stable label.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Data { .. } => "E_EVENT_DATA",
            Self::Form(_) => "E_EVENT_FORM",
            Self::Kind => "E_EVENT_KIND",
            Self::Shape { .. } => "E_EVENT_SHAPE",
        }
    }
}

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident($data:ty) = $kind:literal;)*) => {
        /// One event of an opening with its data. The order of a normal opening is the order here.
        #[derive(Clone, Debug, Eq, PartialEq)]
        pub enum Event {
            $($(#[$doc])* $name($data),)*
        }

        /// The kind of an event, without its data.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum EventKind {
            $($(#[$doc])* $name,)*
        }

        impl EventKind {
            /// All kinds in the order of a normal opening.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The `kind` of the log entry.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $kind,)*
                }
            }

            fn read(self, data: &str) -> Result<Event, serde_json::Error> {
                match self {
                    $(Self::$name => serde_json::from_str(data).map(Event::$name),)*
                }
            }
        }

        impl Event {
            /// The kind.
            pub const fn kind(&self) -> EventKind {
                match self {
                    $(Self::$name(_) => EventKind::$name,)*
                }
            }

            fn data_bytes(&self) -> Vec<u8> {
                match self {
                    $(Self::$name(data) => strict::bytes(data),)*
                }
            }
        }
    };
}

events! {
    /// The host published the tender file; the log begins.
    LotPublished(Box<LotPublished>) = "lot-published";
    /// The supervisor approved who is invited to a round of sealed prices.
    RoundApproved(RoundApproved) = "round-approved";
    /// The root of 1,024 places, bids among random bytes (ruling 7).
    Tick(Tick) = "tick";
    /// The host asks for a later deadline (延期, ruling 12).
    PostponementAsked(PostponementAsked) = "postponement-asked";
    /// The supervisor approved it: from here on the deadline is another one.
    DeadlinePostponed(DeadlinePostponed) = "deadline-postponed";
    /// A custodian was without a new head of the log before the deadline (ruling 12).
    OutageAttested(OutageAttested) = "outage-attested";
    /// At least k custodians attested it: from here on the deadline is another one.
    OutagePostponed(DeadlinePostponed) = "outage-postponed";
    /// The host says that the opening time has come, for custodians that cannot know (ruling 13).
    TimeConfirmationAsked(TimeConfirmed) = "time-confirmation-asked";
    /// The supervisor says so too: custodians without synchronised clocks may act.
    TimeConfirmed(TimeConfirmed) = "time-confirmed";
    /// The host sealed its base estimate (标底), or another one in its place.
    EstimateSealed(EstimateSealed) = "estimate-sealed";
    /// The deadline has passed and the closing head is cosigned.
    IntakeClosed(IntakeClosed) = "intake-closed";
    /// All places are opened: the set of bids is fixed.
    SetFrozen(SetFrozen) = "set-frozen";
    /// A custodian countersigned the freeze.
    FreezeSigned(FreezeSigned) = "freeze-signed";
    /// Fewer signatures than the quorum, yet at least k, after the wait (ruling 11).
    FreezeDegraded(FreezeDegraded) = "freeze-degraded";
    /// Host or supervisor approved the degraded freeze.
    DegradedApproved(Empty) = "degraded-approved";
    /// The freeze is complete.
    FreezeCompleted(FreezeCompleted) = "freeze-completed";
    /// Too few bidders: the lot fails and everything stays sealed.
    TooFewBidders(TooFewBidders) = "too-few-bidders";
    /// A bidder signed in (签到): evidence, not a gate.
    SignedIn(SignedIn) = "signed-in";
    /// The host signed a bidder in whose device fails (紧急签到).
    EmergencySignedIn(EmergencySignedIn) = "emergency-signed-in";
    /// The list of bidders is announced (公布投标人名单).
    BiddersPublished(BiddersPublished) = "bidders-published";
    /// What the host found about one bidder (身份检查, 保证金): it stops nobody.
    BidderChecked(BidderChecked) = "bidder-checked";
    /// The ceiling of the tender file was said again (公布最高投标限价).
    CeilingAnnounced(CeilingAnnounced) = "ceiling-announced";
    /// The seals were checked in public (密封性检查).
    SealsChecked(SealsChecked) = "seals-checked";
    /// The host opened the window in which bidders unlock their bids (投标人解密).
    BidderWindowOpened(BidderWindowOpened) = "bidder-window-opened";
    /// A bidder unlocked its bid: what its own key gives of it is public, and opens nothing alone.
    BidderUnsealed(BidderUnsealed) = "bidder-unsealed";
    /// The host gave bidders more time (延长).
    BidderWindowExtended(BidderWindowExtended) = "bidder-window-extended";
    /// The host opened the window again after it was over (重启解密).
    BidderWindowReopened(BidderWindowReopened) = "bidder-window-reopened";
    /// The window is over.
    BidderWindowClosed(BidderWindowClosed) = "bidder-window-closed";
    /// The host started the unsealing (解密) of one part.
    UnsealingStarted(UnsealingStarted) = "unsealing-started";
    /// A custodian released its partial decryptions.
    PartialsReceived(PartialsReceived) = "partials-received";
    /// A custodian refused and says why.
    CustodianRefused(CustodianRefused) = "custodian-refused";
    /// All prices, in one step.
    PricesPublished(PricesPublished) = "prices-published";
    /// The documents are opened and handed over to the evaluation.
    DocumentsOpened(DocumentsOpened) = "documents-opened";
    /// One price was read aloud (唱标).
    PriceRead(PriceRead) = "price-read";
    /// Every price is read.
    ReadingFinished(Empty) = "reading-finished";
    /// The host started a draw (抽取) of the tender file.
    DrawStarted(DrawStarted) = "draw-started";
    /// A custodian raised the point of the draw.
    DrawPartial(DrawPartial) = "draw-partial";
    /// The value that was drawn.
    DrawMade(DrawMade) = "draw-made";
    /// Too few custodians answered: the draw has no value.
    DrawFailed(DrawFailed) = "draw-failed";
    /// The host decided whose fault it is that a bid did not open (撤销 or 撤回).
    FaultDecided(FaultDecided) = "fault-decided";
    /// A bidder confirmed its price as read (报价确认).
    PriceConfirmed(PriceConfirmed) = "price-confirmed";
    /// A bidder objected (异议).
    ObjectionRaised(ObjectionRaised) = "objection-raised";
    /// The host answered an objection (答复).
    ObjectionAnswered(ObjectionAnswered) = "objection-answered";
    /// The host gave more time for objections.
    ObjectionsExtended(ObjectionsExtended) = "objections-extended";
    /// The opening record (开标记录) was made.
    RecordGenerated(RecordGenerated) = "record-generated";
    /// A new version of the record took the place of the last (更正).
    RecordCorrected(RecordCorrected) = "record-corrected";
    /// A party signed the opening record.
    RecordSigned(RecordSigned) = "record-signed";
    /// The opening of one envelope is over, and another follows (休会).
    EnvelopeClosed(EnvelopeClosed) = "envelope-closed";
    /// The host lists who passed with the opened envelope.
    PassedListed(PassedListed) = "passed-listed";
    /// The supervisor approved the list: whose next envelope is opened is fixed.
    PassedApproved(PassedApproved) = "passed-approved";
    /// The opening of the next envelope begins (复会).
    OpeningReconvened(OpeningReconvened) = "opening-reconvened";
    /// The opening is over.
    OpeningClosed(Empty) = "opening-closed";
    /// The host told the result of the evaluation in the last session (复会).
    ResultAnnounced(ResultAnnounced) = "result-announced";
    /// A bidder has no objection to it, or says what it objects to.
    ResultAnswered(ResultAnswered) = "result-answered";
    /// The opening is paused (暂停): no step is taken, and its clocks stand.
    OpeningPaused(OpeningPaused) = "opening-paused";
    /// It goes on (恢复).
    OpeningResumed(Empty) = "opening-resumed";
    /// The host asks for what takes two persons: 中止, 恢复 of a 中止, 终止, 流标.
    MeasureAsked(MeasureAsked) = "measure-asked";
    /// The supervisor approved it, and it is done.
    MeasureTaken(MeasureTaken) = "measure-taken";
    /// Host, supervisor or a bidder said something for everybody (聊天).
    ChatSaid(ChatSaid) = "chat-said";
    /// One of them said something for host and supervisor; the text is not in the log (ruling 24).
    ChatPrivate(ChatPrivate) = "chat-private";
    /// Bidders may not send messages (禁言); objecting stays open to them, and ends it.
    ChatMuted(ChatMuted) = "chat-muted";
    /// They may again.
    ChatUnmuted(ChatUnmuted) = "chat-unmuted";
    /// A bidder was removed from the live room (踢出): it may act, and not talk.
    ChatRemoved(ChatRemoved) = "chat-removed";
    /// It is back.
    ChatReadmitted(ChatReadmitted) = "chat-readmitted";
    /// A custodian signed its journal, at the freeze or at the end (ruling 19).
    JournalSigned(JournalSigned) = "journal-signed";
    /// A custodian destroyed its share: what stayed sealed stays sealed for good (ruling 17).
    KeyDestroyed(KeyDestroyed) = "key-destroyed";
    /// A command was refused; refusals are events too.
    Refused(Refused) = "refused";
}

impl EventKind {
    /// The kind of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

impl core::fmt::Display for EventKind {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}

impl Event {
    /// Reads `kind` and the exact `data` text of a log entry.
    ///
    /// # Errors
    ///
    /// [`EventError`]; also if the data is not written the one way in which
    /// [`Event::data_json`] writes it, so that an entry has one reading and one text.
    pub fn from_parts(kind: &str, data: &str) -> Result<Self, EventError> {
        let kind = EventKind::parse(kind).ok_or(EventError::Kind)?;
        let event = kind
            .read(data)
            .map_err(|error| EventError::Data { kind, detail: error.to_string() })?;
        if event.data_bytes() != data.as_bytes() {
            return Err(EventError::Form(kind));
        }
        event.shape().map_err(|field| EventError::Shape { kind, field })?;
        Ok(event)
    }

    /// The `data` text of the log entry: compact JSON, the same bytes for the same event.
    pub fn data_json(&self) -> String {
        // strict::bytes writes JSON, which is UTF-8.
        String::from_utf8(self.data_bytes()).unwrap_or_default()
    }

    /// Who writes this event into the log when `cause` acted: the hall writes what it computes,
    /// also after a command of the host; everybody else writes in their own name.
    #[must_use]
    pub fn written_by(&self, cause: &Actor) -> Actor {
        match self {
            Self::LotPublished(lot) => Actor::Host(lot.host.code.clone()),
            Self::OutageAttested(OutageAttested { custodian, .. })
            | Self::FreezeSigned(FreezeSigned { custodian, .. })
            | Self::PartialsReceived(PartialsReceived { custodian, .. })
            | Self::CustodianRefused(CustodianRefused { custodian, .. })
            | Self::DrawPartial(DrawPartial { custodian, .. })
            | Self::JournalSigned(JournalSigned { custodian, .. })
            | Self::KeyDestroyed(KeyDestroyed { custodian, .. }) => Actor::Custodian(*custodian),
            Self::SignedIn(SignedIn { bidder: Party { code, .. }, .. })
            | Self::BidderUnsealed(BidderUnsealed { bidder: code, .. })
            | Self::PriceConfirmed(PriceConfirmed { bidder: code })
            | Self::ObjectionRaised(ObjectionRaised { bidder: code, .. })
            | Self::ResultAnswered(ResultAnswered { bidder: code, .. }) => {
                Actor::Bidder(code.clone())
            }
            Self::RecordSigned(signed) => match signed.role {
                Role::Host => Actor::Host(signed.party.code.clone()),
                Role::Supervisor => Actor::Supervisor(signed.party.code.clone()),
                Role::Bidder => Actor::Bidder(signed.party.code.clone()),
                // Nobody signs in these roles: such an entry has no right author.
                Role::Custodian | Role::Hall | Role::Spectator => Actor::Hall,
            },
            Self::PostponementAsked(_)
            | Self::DeadlinePostponed(_)
            | Self::TimeConfirmationAsked(_)
            | Self::EstimateSealed(_)
            | Self::TimeConfirmed(_)
            | Self::OpeningPaused(_)
            | Self::OpeningResumed(_)
            | Self::MeasureAsked(_)
            | Self::MeasureTaken(_)
            | Self::FaultDecided(_)
            | Self::ObjectionsExtended(_)
            | Self::DegradedApproved(_)
            | Self::BiddersPublished(_)
            | Self::EmergencySignedIn(_)
            | Self::BidderChecked(_)
            | Self::CeilingAnnounced(_)
            | Self::BidderWindowOpened(_)
            | Self::BidderWindowExtended(_)
            | Self::BidderWindowReopened(_)
            | Self::UnsealingStarted(_)
            | Self::PriceRead(_)
            | Self::DrawStarted(_)
            | Self::ObjectionAnswered(_)
            | Self::RoundApproved(_)
            | Self::EnvelopeClosed(_)
            | Self::PassedListed(_)
            | Self::PassedApproved(_)
            | Self::OpeningReconvened(_)
            | Self::OpeningClosed(_)
            | Self::ChatSaid(_)
            | Self::ChatPrivate(_)
            | Self::ChatMuted(_)
            | Self::ChatUnmuted(_)
            | Self::ChatRemoved(_)
            | Self::ChatReadmitted(_)
            | Self::ResultAnnounced(_) => cause.clone(),
            Self::Tick(_)
            | Self::OutagePostponed(_)
            | Self::IntakeClosed(_)
            | Self::SetFrozen(_)
            | Self::FreezeDegraded(_)
            | Self::FreezeCompleted(_)
            | Self::TooFewBidders(_)
            | Self::SealsChecked(_)
            | Self::BidderWindowClosed(_)
            | Self::PricesPublished(_)
            | Self::DocumentsOpened(_)
            | Self::ReadingFinished(_)
            | Self::DrawMade(_)
            | Self::DrawFailed(_)
            | Self::RecordGenerated(_)
            | Self::RecordCorrected(_)
            | Self::Refused(_) => Actor::Hall,
        }
    }

    /// The custodian that wrote this event, for the kinds that custodians write.
    pub const fn custodian(&self) -> Option<CustodianIndex> {
        match self {
            Self::OutageAttested(OutageAttested { custodian, .. })
            | Self::FreezeSigned(FreezeSigned { custodian, .. })
            | Self::PartialsReceived(PartialsReceived { custodian, .. })
            | Self::CustodianRefused(CustodianRefused { custodian, .. })
            | Self::DrawPartial(DrawPartial { custodian, .. })
            | Self::JournalSigned(JournalSigned { custodian, .. })
            | Self::KeyDestroyed(KeyDestroyed { custodian, .. }) => Some(*custodian),
            _ => None,
        }
    }
}
