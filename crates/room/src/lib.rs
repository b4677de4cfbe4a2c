//! Drives one lot: ceremony board, intake, opening log, unsealing, package. Knows no HTTP.
//!
//! Layer 5. Every published lot has a room on a thread of its own, reached by its [`LotHandle`]:
//! input, decide, durable append, apply, effects, broadcast. Readers follow the [`FrameLog`], which
//! only ever shows what is durable. The room believes its own log no more than an auditor would: each
//! entry goes through the same `replay` before it is kept.

mod actor;
mod ceremony;
mod chat;
mod closing;
mod context;
mod documents;
mod draw;
mod error;
mod estimate;
mod frozen;
mod handle;
mod intake;
mod journals;
mod login;
mod lot;
mod outage;
mod package;
mod refusals;
mod seat;
mod slices;
mod statements;
mod stepped;
mod unsealing;
mod vitals;

pub use ceremony::{BoardPosting, LotCeremony};
pub use context::{Clock, HallContext, HallEntropy, Randomness};
pub use draw::DrawAnswer;
pub use error::RoomError;
pub use frozen::PartHeaderBytes;
pub use handle::{Completed, LotHandle};
pub use intake::{NewSubmission, SubmissionHeader};
pub use journals::HandedJournal;
pub use login::Member;
pub use lot::{BoardLine, DraftFacts, LotBook, LotOverview, TenderDocuments};
pub use outage::Outage;
pub use package::Destroyed;
pub use refusals::HandedRefusal;
pub use seat::{CheckedCommand, FreezeSignature, FromSeat, SeatMessage};
pub use slices::AwaitedSlice;
pub use statements::{RefusedCall, Signed};
pub use unsealing::PartialSet;
pub use vitals::Vitals;

pub use kaibiao_fanout::FrameLog;

/// How many entries are read from a log at a time.
pub(crate) const LINES_AT_ONCE: usize = 256;
