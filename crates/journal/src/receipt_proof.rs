//! The second half of a receipt: the proof that its place is in the log (ruling 8).

use kaibiao_crypto::Suite;
use kaibiao_merkle::{InclusionError, verify_inclusion};
use kaibiao_types::{Digest, TickNo, UtcMillis};
use serde::{Deserialize, Serialize};

use crate::limits::RECEIPT_PROOF_MAX;
use crate::{
    Actor, Checkpoint, CheckpointError, CosignedCheckpoint, EntryError, EntryLine, OpeningLog,
    Receipt, ReceiptNumber, SignedNote, Tick, TickData, TickError, TickLogError, VerifierKey,
    Version1, verify_place,
};

/// The only value of `kind` in a receipt's proof.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReceiptProofKind {
    /// `receipt-proof`.
    #[default]
    ReceiptProof,
}

/// Leads from a receipt's place to a signed head: place, tick root, tick entry, head.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptProof {
    /// Format version.
    pub v: Version1,
    /// `receipt-proof`.
    pub kind: ReceiptProofKind,
    /// The receipt.
    pub number: ReceiptNumber,
    /// From the place to the tick's root.
    pub path: Vec<Digest>,
    /// The exact line of the tick.
    pub entry: String,
    /// The index of that line.
    pub index: u64,
    /// From the line to the head's root.
    pub inclusion: Vec<Digest>,
    /// The signed checkpoint, cosignatures included.
    pub checkpoint: String,
}

/// What a verified receipt proves: the bid's place was in the log under a signed head.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VerifiedReceipt {
    checkpoint: CosignedCheckpoint,
    index: u64,
    ticked_at: UtcMillis,
}

/// Why a receipt's proof cannot be made, or proves nothing.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ReceiptProofError {
    /// The signed checkpoint is not believed.
    #[error("the checkpoint is refused")]
    Checkpoint(#[source] CheckpointError),
    /// The line of the tick is no log line.
    #[error("the line of the tick is refused")]
    Entry(#[source] EntryError),
    /// The line is not in the log of the checkpoint.
    #[error("the line of the tick is not under the checkpoint")]
    Inclusion(#[source] InclusionError),
    /// `index` is not the index in the line.
    #[error("the proof names index {stated}, the line {found}")]
    Index {
        /// In the proof.
        stated: u64,
        /// In the line.
        found: u64,
    },
    /// Not the JSON of a receipt's proof.
    #[error("not a receipt's proof: {0}")]
    Json(String),
    /// The line is no tick of the hall.
    #[error("the line is no tick of the hall")]
    NotTick,
    /// The proof is for another receipt.
    #[error("the proof is for receipt {0}")]
    Number(ReceiptNumber),
    /// The place is not in the tick.
    #[error("the place of the receipt is not in the tick")]
    Place(#[source] InclusionError),
    /// The checkpoint is of another log than the receipt.
    #[error("the checkpoint is of another log than the receipt")]
    OtherLog,
    /// The head does not reach the tick, or the log does not reach the head.
    #[error("the head of {size} entries does not reach from the tick to the log")]
    OutsideHead {
        /// Entries of the head.
        size: u64,
    },
    /// Fewer custodians have cosigned than asked for.
    #[error("{found} custodians have cosigned, {needed} are needed")]
    Quorum {
        /// Valid cosignatures.
        found: usize,
        /// Asked for.
        needed: u16,
    },
    /// The receipt is stamped after its tick.
    #[error("the receipt is stamped {completed_at}, after its tick of {ticked_at}")]
    StampAfterTick {
        /// The stamp.
        completed_at: UtcMillis,
        /// The tick.
        ticked_at: UtcMillis,
    },
    /// The tick has no such place.
    #[error(transparent)]
    Tick(#[from] TickError),
    /// The log's ticks are not in order.
    #[error(transparent)]
    Ticks(#[from] TickLogError),
    /// Longer than [`RECEIPT_PROOF_MAX`].
    #[error("a receipt's proof of {0} bytes is too long")]
    TooLong(usize),
    /// The line is another tick than the receipt's, or the log lacks it.
    #[error("the receipt needs tick {0}")]
    WrongTick(TickNo),
}

impl ReceiptProofError {
    /// The stable name of the error.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Checkpoint(source) => source.label(),
            Self::Entry(source) => source.label(),
            Self::Inclusion(_) => "receipt-proof-inclusion",
            Self::Index { .. } => "receipt-proof-index",
            Self::Json(_) => "receipt-proof-json",
            Self::NotTick => "receipt-proof-not-tick",
            Self::Number(_) => "receipt-proof-number",
            Self::Place(_) => "receipt-proof-place",
            Self::OtherLog => "receipt-proof-other-log",
            Self::OutsideHead { .. } => "receipt-proof-outside-head",
            Self::Quorum { .. } => "receipt-proof-quorum",
            Self::StampAfterTick { .. } => "receipt-proof-stamp-after-tick",
            Self::Tick(source) => source.label(),
            Self::Ticks(source) => source.label(),
            Self::TooLong(_) => "receipt-proof-too-long",
            Self::WrongTick(_) => "receipt-proof-wrong-tick",
        }
    }
}

impl ReceiptProof {
    /// Makes the proof for a receipt from its finished tick, the log and a signed checkpoint of
    /// that log.
    ///
    /// # Errors
    ///
    /// [`ReceiptProofError`] if the tick is not the receipt's or not in the log, or the checkpoint
    /// is not a head between tick and log end.
    pub fn build(
        receipt: &Receipt,
        tick: &Tick,
        log: &OpeningLog,
        checkpoint: &str,
    ) -> Result<Self, ReceiptProofError> {
        let note = SignedNote::parse(checkpoint)
            .map_err(|source| ReceiptProofError::Checkpoint(source.into()))?;
        let head = Checkpoint::parse(note.text())
            .map_err(|source| ReceiptProofError::Checkpoint(source.into()))?
            .head;
        let missing = ReceiptProofError::WrongTick(receipt.place.tick);
        let logged = log.ticks()?.into_iter().find(|logged| logged.no == receipt.place.tick);
        let logged = logged
            .filter(|logged| tick.no() == logged.no && tick.root() == logged.root)
            .ok_or(missing)?;
        let outside = ReceiptProofError::OutsideHead { size: head.size };
        let inclusion = log.inclusion_proof(logged.index, head.size).ok_or(outside.clone())?;
        let entry = log.entry(logged.index).ok_or(outside)?.text().to_owned();
        Ok(Self {
            v: Version1,
            kind: ReceiptProofKind::ReceiptProof,
            number: receipt.number,
            path: tick.path(receipt.place.no)?,
            entry,
            index: logged.index,
            inclusion,
            checkpoint: checkpoint.to_owned(),
        })
    }

    /// The bytes of the proof.
    ///
    /// # Errors
    ///
    /// [`ReceiptProofError::TooLong`], [`ReceiptProofError::Json`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, ReceiptProofError> {
        let bytes = serde_json::to_vec(self).map_err(|e| ReceiptProofError::Json(e.to_string()))?;
        if bytes.len() > RECEIPT_PROOF_MAX {
            return Err(ReceiptProofError::TooLong(bytes.len()));
        }
        Ok(bytes)
    }

    /// Reads a proof; nothing in it is believed before [`ReceiptProof::verify`].
    ///
    /// # Errors
    ///
    /// [`ReceiptProofError::TooLong`], [`ReceiptProofError::Json`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ReceiptProofError> {
        if bytes.len() > RECEIPT_PROOF_MAX {
            return Err(ReceiptProofError::TooLong(bytes.len()));
        }
        serde_json::from_slice(bytes).map_err(|e| ReceiptProofError::Json(e.to_string()))
    }

    /// Verifies the whole chain: place, tick root, tick line, head, log signature, cosignatures.
    ///
    /// `places` is the number of places per tick in the tender file; `needed` the number of
    /// custodians that must have cosigned (0 while the hall has not collected them yet).
    /// The hall's CMS over the receipt is not checked here.
    ///
    /// # Errors
    ///
    /// [`ReceiptProofError`] names the link that breaks.
    pub fn verify(
        &self,
        suite: &Suite,
        receipt: &Receipt,
        places: u32,
        log_key: &VerifierKey,
        custodians: &[VerifierKey],
        needed: u16,
    ) -> Result<VerifiedReceipt, ReceiptProofError> {
        if self.number != receipt.number {
            return Err(ReceiptProofError::Number(self.number));
        }
        let checkpoint = CosignedCheckpoint::verify(&self.checkpoint, log_key, custodians)
            .map_err(ReceiptProofError::Checkpoint)?;
        if checkpoint.checkpoint().origin != receipt.origin {
            return Err(ReceiptProofError::OtherLog);
        }
        let ticked_at = self.verify_chain(suite, receipt, places, &checkpoint)?;
        let found = checkpoint.cosignatures().len();
        if found < usize::from(needed) {
            return Err(ReceiptProofError::Quorum { found, needed });
        }
        Ok(VerifiedReceipt { checkpoint, index: self.index, ticked_at })
    }

    fn verify_chain(
        &self,
        suite: &Suite,
        receipt: &Receipt,
        places: u32,
        checkpoint: &CosignedCheckpoint,
    ) -> Result<UtcMillis, ReceiptProofError> {
        let entry = EntryLine::parse(self.entry.as_bytes()).map_err(ReceiptProofError::Entry)?;
        if entry.index() != self.index {
            let (stated, found) = (self.index, entry.index());
            return Err(ReceiptProofError::Index { stated, found });
        }
        if entry.kind() != TickData::KIND || *entry.by() != Actor::Hall {
            return Err(ReceiptProofError::NotTick);
        }
        let tick: TickData = entry.data_as().map_err(ReceiptProofError::Entry)?;
        if tick.no != receipt.place.tick {
            return Err(ReceiptProofError::WrongTick(receipt.place.tick));
        }
        let commitment = receipt.commitment(suite);
        verify_place(&commitment, receipt.place.no, places, &self.path, tick.root)
            .map_err(ReceiptProofError::Place)?;
        let head = checkpoint.checkpoint().head;
        let leaf = entry.leaf_hash();
        verify_inclusion(self.index, head.size, leaf, &self.inclusion, head.root)
            .map_err(ReceiptProofError::Inclusion)?;
        let (completed_at, ticked_at) = (receipt.completed_at, entry.at());
        if completed_at > ticked_at {
            return Err(ReceiptProofError::StampAfterTick { completed_at, ticked_at });
        }
        Ok(ticked_at)
    }
}

impl VerifiedReceipt {
    /// The verified head and its cosignatures.
    pub const fn checkpoint(&self) -> &CosignedCheckpoint {
        &self.checkpoint
    }

    /// Index of the tick's entry.
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// Time of the tick's entry.
    pub const fn ticked_at(&self) -> UtcMillis {
        self.ticked_at
    }
}
