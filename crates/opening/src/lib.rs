//! The procedure of an opening by law: decide and apply, templates, the opening record.
//!
//! Layer 2, pure: values in, values out. Time is an argument; nothing here reads a clock, a file or
//! a random number. Signatures, proofs and hashes are checked by other crates.
//!
//! - tender file and price sheet: [`TenderDraft`], [`TenderFile`], [`PriceSheet`]
//! - log entries: [`Event`], written by an [`Actor`]
//! - what starts a step: [`Command`] of a person, [`Input`] of the hall
//! - the procedure: [`State`] with `decide`, `decide_input`, `due`, `apply`, `check_and_apply`
//! - what is refused and by which article: [`Refusal`], [`ReplayError`]
//! - what is said and written down: [`PriceWords`], [`OpeningRecord`]
//!
//! Specification: `docs/spec/procedure.md`, `docs/spec/tender-file.md`.

mod actor;
mod apply;
mod bidder_window;
mod chat;
mod command;
mod decide;
mod draw;
mod envelope;
mod estimate;
mod event;
mod fault;
mod guard;
mod hold;
mod input;
pub mod limits;
mod outcome;
mod phase;
mod record;
mod refusal;
mod replay;
mod result;
mod shared;
mod sheet;
mod state;
mod strict;
mod tender;
mod text;
mod window;
mod words;

pub use actor::{Actor, ActorError};
pub use bidder_window::{BidderWindow, WindowExtension, WindowInterval};
pub use chat::is_message;
pub use command::{BidUnsealing, Command, CommandError, CommandKind, SignedCommandBody};
pub use draw::{DrawOutcome, DrawRun, Drawing};
pub use envelope::Passed;
pub use estimate::{
    BaseEstimate, EstimateError, EstimateRules, HOST_GARBAGE, SealedEstimate, UNOPENED_CUSTODY,
};
pub use event::{
    Agent, BidStatus, BidderChecked, BidderUnsealed, BidderWindowClosed, BidderWindowExtended,
    BidderWindowOpened, BidderWindowReopened, BiddersPublished, BondState, CeilingAnnounced,
    ChatMuted, ChatPrivate, ChatReadmitted, ChatRemoved, ChatSaid, ChatUnmuted, CustodianRefused,
    DeadlinePostponed, DocumentsOpened, DrawFailed, DrawMade, DrawPartial, DrawStarted,
    EmergencySignedIn, Empty, EnvelopeClosed, EstimateSealed, Event, EventError, EventKind,
    FaultDecided, FreezeCompleted, FreezeDegraded, FreezeSigned, FrozenBid, FrozenObject,
    FrozenPlace, HoldReason, Holder, IdentityState, IntakeClosed, JournalSigned, KeyDestroyed,
    LotPublished, Measure, MeasureAsked, MeasureTaken, NotPassed, ObjectionAnswered,
    ObjectionRaised, ObjectionsExtended, OpenedDocument, OpeningPaused, OpeningReconvened,
    OutageAttested, Partial, PartialsReceived, PassedApproved, PassedListed, PostponementAsked,
    PriceConfirmed, PriceRead, PricesPublished, PublishedBid, PublishedEstimate, RecordCorrected,
    RecordGenerated, RecordSigned, Refused, ResultAnnounced, ResultAnswered, RoundApproved,
    SealResult, SealsChecked, SetFrozen, SignedIn, Tick, TimeConfirmed, TooFewBidders,
    UnlockSecret, UnlockedPart, UnsealingStarted, Verdict,
};
pub use fault::FaultDecision;
pub use hold::{Hold, TakenMeasure};
pub use input::{Input, PriceOutcome, UnsealedSheet};
pub use phase::Phase;
pub use record::{
    Consequence, OpeningRecord, RecordBidderWindow, RecordCheck, RecordDecision, RecordDocuments,
    RecordDraw, RecordEnvelope, RecordError, RecordEstimate, RecordExtension, RecordField,
    RecordFreeze, RecordHold, RecordInterval, RecordKind, RecordObjection, RecordPassed,
    RecordRound, RecordRow, RecordSeal, RecordSeveral, RecordVersion, RecordWindow,
};
pub use refusal::{DataRule, Refusal};
pub use replay::ReplayError;
pub use result::{Announcement, EvaluationResult, ResultAnswer};
pub use sheet::{PriceSheet, SheetError, SheetRules};
pub use state::{
    ClosedIntake, GeneratedRecord, Mark, Objection, SignIn, SignedJournal, State, Unsealing,
};
pub use strict::JsonError;
pub use tender::{
    Announced, BidderLockTerms, BidderWindowTerms, Bilingual, CeremonyRef, CustodianSeat, Custody,
    CustodyKind, CustodyPolicy, Draw, DrawAfter, DrawRange, DrawValues, Envelope, FieldKind,
    HallRef, ListedStep, LogRef, OutageRule, ReadOutField, ResultTerms, Round, Step, StepsError,
    Template, TenderDraft, TenderError, TenderFile, Terms, TickRule, TimeKey, TimeKeyError,
    TimePolicy, TimeServer, TimeSource,
};
pub use text::steers;
pub use window::ObjectionWindow;
pub use words::PriceWords;
