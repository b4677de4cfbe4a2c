//! The one reading of tender, bids and log that hall, custodian and auditor share (ADR-0001).
//!
//! Layer 3, pure. What is read here is believed only as far as it is signed and as far as it follows
//! from what came before: [`VerifiedTender`] joins the host's signature with the ceremony,
//! [`VerifiedBid`] a manifest with its signature, context and proofs, [`Replay`] every log entry
//! with its author, [`VerifiedEstimate`] the sealed base estimate with its context and proof, and [`open_object`] a plaintext with the custodians' proven partials. Whether a
//! step is allowed is `opening`'s business, and when a custodian acts is `custody`'s.

mod acts;
mod bid;
mod board;
mod draw;
mod estimate;
mod log;
mod points;
mod private;
mod tender;
mod unlock;
mod unseal;

pub use acts::{Act, CustodianJournal, JournalFault, Raised};
pub use bid::{
    BidFault, BidMaterial, FreezeFault, FrozenBids, FrozenMaterial, PartHeader, VerifiedBid,
};
pub use board::{
    Announcement, BoardFault, BoardItem, BoardKind, BoardSender, CeremonyBoard, RehearsalNo,
    board_statement, open_test_object, seal_test_object,
};
pub use draw::{Drawn, Undrawn, UndrawnCause, draw_outcome, point_of_draw};
pub use estimate::{EstimateFault, VerifiedEstimate, context_of_estimate};
pub use log::{Replay, ReplayFault};
pub use points::{DuplicatePoint, LockPoints};
pub use private::{PrivateFault, check_private, private_digest};
pub use tender::{TenderFault, TenderMaterial, VerifiedTender};
pub use unlock::{Unlocking, lock_mode, needs_escrow, unlocks};
pub use unseal::{OpenedObject, Partials, Unopened, open_each, open_object, open_price};
