//! Why the room does not do what was asked.

use kaibiao_opening::{CommandError, EventError, Refusal, TenderError};
use kaibiao_pki::cms::SignatureError;
use kaibiao_replay::{BidFault, BoardFault, EstimateFault, PrivateFault, ReplayFault, TenderFault};
use kaibiao_seal::{SliceFault, SliceRootsError};
use kaibiao_store::StoreError;
use kaibiao_types::{BidPart, LotKey, Millis, Part};

/// Why a request was not carried out. Nothing was changed, except where the state is unknown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RoomError {
    /// The bid does not hold.
    #[error(transparent)]
    Bid(#[from] BidFault),
    /// The ceremony message does not hold.
    #[error(transparent)]
    Board(#[from] BoardFault),
    /// The command is malformed.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// Too many requests wait; try again shortly.
    #[error("too many requests wait")]
    Busy,
    /// A sealed object is the copy of another bidder's.
    #[error("the sealed object carries a lock that is known from another object")]
    DuplicateObject,
    /// The stored bytes are not the ones that were signed.
    #[error("the stored object is not the one that was signed: {0}")]
    Object(String),
    /// A slice is not the one of the signed object.
    #[error("{part}: slice {n}: {fault}")]
    Slice {
        /// The part.
        part: BidPart,
        /// Which slice, from 0.
        n: u32,
        /// What differs.
        fault: SliceFault,
    },
    /// The roots of the slices are not those of the signed object.
    #[error(transparent)]
    SliceRoots(#[from] SliceRootsError),
    /// The sealed base estimate does not hold.
    #[error(transparent)]
    Estimate(#[from] EstimateFault),
    /// Another draft or tender file of this lot is there already.
    #[error("lot {0} exists with another draft or tender file")]
    Exists(LotKey),
    /// An entry could not be made: a defect of this program.
    #[error("an entry could not be made")]
    Entry(#[from] EventError),
    /// The completion stamp is not before the deadline.
    #[error("the bid was complete {0} after the deadline")]
    Late(Millis),
    /// The lot's ceremony or tender file is not there yet.
    #[error("the lot is not ready for this: {0}")]
    NotReady(&'static str),
    /// No private message stands there.
    #[error("no private message stands at this index of the log")]
    NoPrivateText,
    /// The text is for host, supervisor and its author.
    #[error("the text is for host, supervisor and its author")]
    NotForYou,
    /// The private text does not go with the command.
    #[error(transparent)]
    Private(#[from] PrivateFault),
    /// The bidder has no bid that counts: it never submitted one, or withdrew it already.
    #[error("there is no bid to withdraw")]
    NothingToWithdraw,
    /// A proof, head or signature by a custodian does not hold.
    #[error("the custodian's message does not hold: {0}")]
    Proof(String),
    /// The procedure does not allow it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The tender file is published, which closes the rehearsals for good.
    #[error("the tender file is published: nothing is rehearsed any more")]
    RehearsalsOver,
    /// The room's own entry does not pass the auditor's reading: a defect of this program.
    #[error("the entry would not pass the audit")]
    Replay(#[from] ReplayFault),
    /// The nonce was used before.
    #[error("the command was used before")]
    Replayed,
    /// A bid with a greater or equal sequence number is there already, or it replaces another.
    #[error("the bid does not follow the bidder's last one: {0}")]
    Sequence(String),
    /// A signature does not hold.
    #[error("the signature does not hold")]
    Signature(#[from] SignatureError),
    /// Signed by somebody who has no such seat in this lot.
    #[error("the signer has no such seat in this lot")]
    Seat,
    /// The room has stopped after an error of the disk; restart the hall.
    #[error("the room has stopped")]
    Stopped,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The tender file does not hold.
    #[error(transparent)]
    Tender(#[from] TenderFault),
    /// The draft is malformed.
    #[error(transparent)]
    Draft(#[from] TenderError),
    /// What a bidder hands over does not open the lock of its own bid.
    #[error("the secret handed over does not fit the bidder lock of the {0} part")]
    Unlock(Part),
    /// Messages of one organisation come too fast; nothing of it is on record.
    #[error("messages come too fast, the next one may come in {0}")]
    TooFast(Millis),
    /// No such lot.
    #[error("no lot {0}")]
    UnknownLot(LotKey),
    /// Something inside failed that the caller cannot mend.
    #[error("internal: {0}")]
    Internal(String),
}

impl RoomError {
    /// Wraps an error that cannot occur with valid state, or that only an operator can mend.
    pub(crate) fn internal(error: impl std::fmt::Display) -> Self {
        Self::Internal(error.to_string())
    }
}
