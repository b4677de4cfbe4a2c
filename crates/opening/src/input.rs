//! Inputs: what the hall computed or received and hands to the procedure.

use kaibiao_types::{CustodianIndex, Digest, Fault};

use crate::event::{
    CustodianRefused, DrawPartial, FreezeSigned, IntakeClosed, JournalSigned, KeyDestroyed,
    LotPublished, OpenedDocument, OutageAttested, PartialsReceived, SealResult, SetFrozen, Tick,
};

/// One step that no person's command causes. Signatures and digests in it were checked by whoever
/// hands it in; the procedure checks order, time, quorum and that the facts agree with the log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Input {
    /// The host's signed tender file is published: the first entry of the log.
    LotPublished(Box<LotPublished>),
    /// A tick is due.
    Tick(Tick),
    /// A custodian was without a new head of the log before the deadline.
    OutageAttested(OutageAttested),
    /// The deadline has passed and the closing head is cosigned by at least k custodians.
    DeadlineReached(IntakeClosed),
    /// All places are opened.
    SetFrozen(SetFrozen),
    /// A custodian countersigned the freeze.
    FreezeSigned(FreezeSigned),
    /// The wait for the freeze quorum is over.
    FreezeTimeout,
    /// The public notice of the degraded freeze is over.
    NoticeOver,
    /// The seals were checked after the host's command.
    SealsChecked(Vec<SealResult>),
    /// A custodian released its partials.
    PartialsReceived(PartialsReceived),
    /// A custodian refused.
    CustodianRefused(CustodianRefused),
    /// The price parts of all current bids are through, and with the last envelope the base estimate.
    PricesUnsealed(Vec<PriceOutcome>),
    /// The last reading is over.
    ReadingOver,
    /// A custodian raised the point of the draw.
    DrawPartial(DrawPartial),
    /// At least k proven partials gave the value of the draw.
    DrawCombined {
        /// Which draw.
        no: u32,
        /// Position of the value among those of the tender file, from 0.
        index: u64,
        /// The custodians whose proofs did not hold, ascending.
        dropped: Vec<CustodianIndex>,
    },
    /// Fewer than k custodians can still answer the draw.
    DrawFailed {
        /// Which draw.
        no: u32,
        /// The custodians whose proofs did not hold, ascending.
        dropped: Vec<CustodianIndex>,
    },
    /// The documents of all current bids are through.
    DocumentsUnsealed(Vec<OpenedDocument>),
    /// The record was made from this state after the host's command.
    RecordGenerated {
        /// SHA-256 of `OpeningRecord::to_bytes`.
        sha256: Digest,
    },
    /// A new version of the record was made from this state after the host's command.
    RecordCorrected {
        /// Why, as in the command.
        reason: String,
        /// SHA-256 of `OpeningRecord::to_bytes` of [`OpeningRecord::corrected`].
        ///
        /// [`OpeningRecord::corrected`]: crate::OpeningRecord::corrected
        sha256: Digest,
    },
    /// A custodian signed its journal.
    JournalSigned(JournalSigned),
    /// A custodian destroyed its share.
    KeyDestroyed(KeyDestroyed),
}

/// How the price part of one bid came out of the unsealing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PriceOutcome {
    /// The bid; of the base estimate SHA-256 of its sealed object.
    pub manifest_sha256: Digest,
    /// The plaintext, or why there is none.
    pub sheet: UnsealedSheet,
}

/// The plaintext of a price part, or why there is none.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum UnsealedSheet {
    /// It did not open.
    NotOpened {
        /// Stable label of the cause (crypto.md 3.10).
        label: String,
        /// What the evidence shows.
        fault: Fault,
    },
    /// It opened; whether it is a price sheet is judged here.
    Opened {
        /// SHA-256 of the plaintext.
        sha256: Digest,
        /// The exact plaintext.
        bytes: Vec<u8>,
    },
}

impl Input {
    /// The stable name, for tables and diagnostics.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::LotPublished(_) => "lot-published",
            Self::Tick(_) => "tick",
            Self::OutageAttested(_) => "outage-attested",
            Self::DeadlineReached(_) => "deadline-reached",
            Self::SetFrozen(_) => "set-frozen",
            Self::FreezeSigned(_) => "freeze-signed",
            Self::FreezeTimeout => "freeze-timeout",
            Self::NoticeOver => "notice-over",
            Self::SealsChecked(_) => "seals-checked",
            Self::PartialsReceived(_) => "partials-received",
            Self::CustodianRefused(_) => "custodian-refused",
            Self::PricesUnsealed(_) => "prices-unsealed",
            Self::ReadingOver => "reading-over",
            Self::DrawPartial(_) => "draw-partial",
            Self::DrawCombined { .. } => "draw-combined",
            Self::DrawFailed { .. } => "draw-failed",
            Self::DocumentsUnsealed(_) => "documents-unsealed",
            Self::RecordGenerated { .. } => "record-generated",
            Self::RecordCorrected { .. } => "record-corrected",
            Self::JournalSigned(_) => "journal-signed",
            Self::KeyDestroyed(_) => "key-destroyed",
        }
    }
}
