//! Event store and blob store: `SQLite` and files.
//!
//! Layer 4. One directory holds the state of one hall: `kaibiao.sqlite` (lots, documents, opening
//! logs, ceremony boards, uploads, nonces, recovery state) and `blobs/` (sealed objects as they
//! arrive). The API is synchronous: a caller in an async program uses a blocking thread.
//!
//! What a caller may rely on:
//!
//! - **`Ok` from a writing call means durable**: committed with an `fsync` of the write-ahead log,
//!   and for slices an `fdatasync` of the file before that. Calls that come together share the
//!   commit (ADR-0026); nobody is told what is not durable yet.
//! - **A [`Refusal`] means nothing was written.** So does [`StoreError::NotDone`].
//! - **[`StoreError::StateUnknown`] means stop.** A sync or a commit reported an error, so the disk
//!   may hold the change or not. The store then answers every call with the same error; only a new
//!   [`Store::open`] finds out what was kept.
//! - One process holds a directory: a second [`Store::open`] gives [`OpenError::InUse`].
//! - The store has no clock and no randomness: instants and random names are arguments. It only
//!   measures how long an append takes ([`Store::watch_appends`]).

mod batch;
mod board;
mod error;
mod faults;
mod group;
mod ids;
mod limits;
mod log;
mod lots;
mod objects;
mod open;
mod schema;
mod store;
mod submissions;
mod uploads;
mod watch;

#[cfg(test)]
mod fault_tests;
#[cfg(test)]
mod group_tests;

pub use batch::Batch;
pub use board::BoardMessage;
pub use error::{BoxError, OpenError, Refusal, StoreError};
#[cfg(feature = "faults")]
pub use faults::{Point as FaultPoint, Way as FaultWay};
pub use ids::{BlobName, HexError, Nonce, PartName, PartNameError, UploadId};
pub use limits::{LINE_LEN_MAX, OBJECT_LEN_MAX, OBJECTS_MAX, SLICE_LEN};
pub use lots::Lot;
pub use objects::NewObject;
pub use store::Store;
pub use submissions::{Completion, Submission};
pub use uploads::{KnownSlice, PartState, Upload, UploadState};
