//! Drives one lot: ceremony board, intake, opening log, unsealing, package. Knows no HTTP.
//!
//! Layer 5. Every published lot has a room on a thread of its own, reached by its [`LotHandle`]:
//! input, decide, durable append, apply, effects, broadcast. Readers follow the [`SharedLog`], which
//! only ever shows what is durable. The room believes its own log no more than an auditor would: each
//! entry goes through the same `replay` before it is kept.

mod actor;
mod ceremony;
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
mod lot;
mod outage;
mod package;
mod refusals;
mod seat;
mod shared_log;
mod unsealing;
mod vitals;

pub use ceremony::{BoardPosting, LotCeremony};
pub use context::{Clock, HallContext};
pub use draw::DrawAnswer;
pub use error::RoomError;
pub use frozen::PartHeaderBytes;
pub use handle::{Completed, LotHandle};
pub use intake::{NewSubmission, SubmissionHeader};
pub use journals::HandedJournal;
pub use lot::{BoardLine, DraftFacts, LotBook, LotOverview, TenderDocuments};
pub use outage::Outage;
pub use package::Destroyed;
pub use refusals::HandedRefusal;
pub use seat::{CheckedCommand, FreezeSignature, FromSeat, SeatMessage};
pub use shared_log::{Head, Line, LogCursor, SharedLog};
pub use unsealing::PartialSet;
pub use vitals::Vitals;
