//! The opening log of a lot: entry bytes, ticks, checkpoints, cosignatures, receipts, freeze record.
//!
//! Layer 2: values in, values out. This crate knows what a line, a tick and a freeze *are*; what
//! they *mean* for the procedure is in `kaibiao-opening`. Byte layouts: `docs/spec/opening-log.md`.
//!
//! The way of one bid through this crate:
//!
//! 1. [`TickBuilder::place`] gives its [`commitment`] a random place; the [`Receipt`] names it.
//! 2. [`TickBuilder::finish`] fills the tick up; its root becomes an [`EntryLine`] of the
//!    [`OpeningLog`].
//! 3. [`LogSigner`] and the custodians' [`Cosigner`]s sign the new head; the [`ReceiptProof`] leads
//!    from the place to that head.
//! 4. [`FreezeRecord::build`] opens all used places; [`FreezeRecord::check`] and
//!    [`CheckedFreeze::check_places`] are what custodians and auditors repeat.

mod actor;
mod checkpoint;
mod cosigned;
mod entry;
mod freeze;
mod freeze_check;
mod freeze_places;
mod intake;
mod key;
pub mod limits;
mod log;
mod note;
mod origin;
mod place;
mod receipt;
mod receipt_proof;
mod schedule;
mod signer;
mod tick;
mod witness;

pub use actor::{Actor, ActorError};
pub use checkpoint::{Checkpoint, CheckpointTextError, TreeHead};
pub use cosigned::{CheckpointError, Cosignature, CosignedCheckpoint, verify_cosignatures};
pub use entry::{EntryError, EntryLine, SignedCommand};
pub use freeze::{
    BidName, FreezeContext, FreezeRecord, FreezeStatus, FrozenBid, FrozenObject, ReceiptedBid,
    destroyed_statement, freeze_statement, journal_statement, outage_statement,
};
pub use freeze_check::{CheckedFreeze, FreezeError};
pub use freeze_places::{PlaceError, PlacePath};
pub use intake::{
    IntakeCall, IntakeRefusal, IntakeRefusalKind, IntakeStatementError, PartProgress, Progress,
    ProgressKind,
};
pub use key::{SignatureAlgorithm, VerifierKey, VkeyError};
pub use log::{LogError, OpeningLog};
pub use note::{NoteError, NoteSignature, SignedNote};
pub use origin::{LogOrigin, OriginError};
pub use place::{Place, Salt, commitment, verify_place};
pub use receipt::{Receipt, ReceiptError, ReceiptKind, ReceiptNumber, ReceiptObject, Version1};
pub use receipt_proof::{ReceiptProof, ReceiptProofError, ReceiptProofKind, VerifiedReceipt};
pub use schedule::{ScheduleError, TickRule, TickSchedule};
pub use signer::{CosignError, Cosigner, LogSigner, SignerError};
pub use tick::{LoggedTick, Tick, TickBuilder, TickData, TickError, TickLogError, logged_ticks};
pub use witness::{Judged, WitnessKey, WitnessKeyError, Witnessed, WitnessedHead};
