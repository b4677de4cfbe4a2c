//! `record.json` from outside: an auditor prints a record that somebody handed over.

use kaibiao_types::Money;

use super::{OpeningRecord, RecordEstimate, RecordRow};
use crate::limits;

/// Why bytes are not an opening record.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// Figures or 大写 are not those of the amount: a print would show another price.
    #[error("row {position}: figures or 大写 are not those of the amount")]
    Amount {
        /// The row.
        position: u32,
    },
    /// Figures or 大写 of the base estimate are not those of the amount.
    #[error("base estimate: figures or 大写 are not those of the amount")]
    Estimate,
    /// Well formed, yet not written the one way in which a hall writes it; what was signed are exact
    /// bytes.
    #[error("not in the one written form of a record")]
    Form,
    /// Not JSON, a key that this version does not know or misses, or a value of the wrong type.
    #[error("{0}")]
    Syntax(String),
    /// More bytes than a record may have.
    #[error("{len} bytes, at most {max} are allowed")]
    TooLong {
        /// Bytes received.
        len: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// Another version of the format.
    #[error("version {0} of the format, this program knows version 1")]
    Version(u8),
}

impl RecordError {
    /// The stable label.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Amount { .. } | Self::Estimate => "E_RECORD_AMOUNT",
            Self::Form => "E_RECORD_FORM",
            Self::Syntax(_) => "E_RECORD_SYNTAX",
            Self::TooLong { .. } => "E_RECORD_TOO_LONG",
            Self::Version(_) => "E_RECORD_VERSION",
        }
    }
}

impl OpeningRecord {
    /// Reads the exact bytes of `record.json`. Nothing is verified but the form: whether an opening
    /// gave this record, its log and the signatures over these bytes say.
    ///
    /// # Errors
    ///
    /// [`RecordError`]; also if the bytes are not those that [`OpeningRecord::to_bytes`] writes, so
    /// that a record has one reading and one SHA-256.
    pub fn read(bytes: &[u8]) -> Result<Self, RecordError> {
        if bytes.len() > limits::RECORD_BYTES {
            return Err(RecordError::TooLong { len: bytes.len(), max: limits::RECORD_BYTES });
        }
        let record: Self =
            serde_json::from_slice(bytes).map_err(|e| RecordError::Syntax(e.to_string()))?;
        if record.v != 1 {
            return Err(RecordError::Version(record.v));
        }
        // Repeated keys, spaces and numbers in another form are gone in what we would write.
        if record.to_bytes() != bytes {
            return Err(RecordError::Form);
        }
        if !record.base_estimate.as_ref().is_none_or(estimate_shows_its_amount) {
            return Err(RecordError::Estimate);
        }
        match record.rows.iter().find(|row| !shows_its_amount(row)) {
            Some(row) => Err(RecordError::Amount { position: row.position }),
            None => Ok(record),
        }
    }
}

fn estimate_shows_its_amount(estimate: &RecordEstimate) -> bool {
    estimate.figures == estimate.amount.map(|amount| amount.to_string())
        && estimate.capital == estimate.amount.map(Money::capital)
}

fn shows_its_amount(row: &RecordRow) -> bool {
    row.figures == row.total.map(|total| total.to_string())
        && row.capital == row.total.map(Money::capital)
}
