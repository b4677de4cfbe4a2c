//! Event store and pool: `SQLite` and files.
//!
//! Layer 4. One directory holds the state of one hall: `kaibiao.sqlite` (lots, documents, opening
//! logs, ceremony boards, nonces, recovery state: nothing that names a bidder before a deadline) and
//! `pool/` (sealed objects as they arrive, and all that is known of them, under the [`IntakeKey`]).
//! The API is synchronous: a caller in an async program uses a blocking thread.
//!
//! What a caller may rely on:
//!
//! - **`Ok` from a writing call means durable**: committed with an `fsync` of the write-ahead log,
//!   or written to the pool with an `fdatasync`. Calls that come together share it (ADR-0026,
//!   ADR-0030); nobody is told what is not durable yet.
//! - **A [`Refusal`] means nothing was written.** So does [`StoreError::NotDone`].
//! - **[`StoreError::StateUnknown`] means stop.** A sync or a commit reported an error, so the disk
//!   may hold the change or not. The store then answers every call with the same error; only a new
//!   [`Store::open`] finds out what was kept.
//! - One process holds a directory: a second [`Store::open`] gives [`OpenError::InUse`].
//! - The store has no clock: instants are arguments, and so are the names of uploads. It only measures
//!   how long an append takes ([`Store::watch_appends`]), and draws the nonces of its ciphers.

mod batch;
mod board;
mod error;
mod faults;
mod group;
mod ids;
mod intake;
mod key;
mod limits;
mod log;
mod lots;
mod objects;
mod open;
mod pool;
mod record;
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
pub use ids::{HexError, Nonce, PartName, PartNameError, UploadId};
pub use key::IntakeKey;
pub use limits::{LINE_LEN_MAX, OBJECT_LEN_MAX, OBJECTS_MAX, SLICE_LEN};
pub use lots::Lot;
pub use objects::{NewObject, ObjectReader};
pub use store::Store;
pub use submissions::{Completion, Submission};
pub use uploads::{KnownSlice, PartState, Upload, UploadState};
