//! The first half of a receipt: what the hall signs within a second of the last byte (ruling 8).

use core::fmt;

use kaibiao_crypto::{Entropy, EntropyError, Hex, Suite};
use kaibiao_types::{BidPart, BidSeq, Digest, LotId, LotKey, OrgCode, TenderId, UtcMillis};
use serde::{Deserialize, Serialize};

use crate::limits::RECEIPT_MAX;
use crate::{LogOrigin, Place, commitment};

/// Format version 1: the only value of `v`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Version1;

/// The only value of `kind` in a receipt.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReceiptKind {
    /// `receipt`.
    #[default]
    Receipt,
}

/// 16 random bytes that name a receipt; they count nothing. Text form: 32 hexadecimal digits.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReceiptNumber(Hex<16>);

/// A complete bid was taken in. The hall signs the exact bytes with a detached CMS.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Format version.
    pub v: Version1,
    /// `receipt`.
    pub kind: ReceiptKind,
    /// The receipt's name.
    pub number: ReceiptNumber,
    /// The tender.
    pub tender: TenderId,
    /// The lot.
    pub lot: LotId,
    /// The opening log that will hold the tick.
    pub origin: LogOrigin,
    /// The bidder.
    pub bidder: OrgCode,
    /// The bidder's version.
    pub seq: BidSeq,
    /// Digest of the manifest's exact bytes.
    pub manifest_sha256: Digest,
    /// Digest of the CMS over the manifest.
    pub cms_sha256: Digest,
    /// When the last byte was durable: the stamp that decides whether the bid is in time.
    pub completed_at: UtcMillis,
    /// Where the commitment stands.
    pub place: Place,
    /// Linear digests of the stored objects, for comparison by hand.
    pub objects: Vec<ReceiptObject>,
}

/// One stored object.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptObject {
    /// Which part of the bid.
    pub part: BidPart,
    /// SHA-256 of the sealed file.
    pub sha256: Digest,
}

/// Why bytes are not a receipt.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ReceiptError {
    /// Not the JSON of a receipt; the text says where.
    #[error("not a receipt: {0}")]
    Json(String),
    /// Tender and lot are not those of the log.
    #[error("the receipt is for another lot than its log {0}")]
    OtherLog(LogOrigin),
    /// Longer than [`RECEIPT_MAX`].
    #[error("a receipt of {0} bytes is too long")]
    TooLong(usize),
}

impl ReceiptError {
    /// The stable name of the error.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Json(_) => "receipt-json",
            Self::OtherLog(_) => "receipt-other-log",
            Self::TooLong(_) => "receipt-too-long",
        }
    }
}

impl Receipt {
    /// The bytes to be signed and kept.
    ///
    /// # Errors
    ///
    /// [`ReceiptError`]: whatever [`Receipt::parse`] would refuse is not written.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ReceiptError> {
        let bytes = serde_json::to_vec(self).map_err(|e| ReceiptError::Json(e.to_string()))?;
        Self::parse(&bytes)?;
        Ok(bytes)
    }

    /// Reads the exact bytes of a receipt.
    ///
    /// # Errors
    ///
    /// [`ReceiptError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ReceiptError> {
        if bytes.len() > RECEIPT_MAX {
            return Err(ReceiptError::TooLong(bytes.len()));
        }
        let receipt: Self =
            serde_json::from_slice(bytes).map_err(|e| ReceiptError::Json(e.to_string()))?;
        let lot = LotKey { tender: receipt.tender.clone(), lot: receipt.lot.clone() };
        if receipt.origin.lot_key() == lot {
            Ok(receipt)
        } else {
            Err(ReceiptError::OtherLog(receipt.origin))
        }
    }

    /// The content of the receipt's place.
    pub fn commitment(&self, suite: &Suite) -> Digest {
        let (salt, at) = (&self.place.salt, self.completed_at);
        commitment(suite, salt, &self.manifest_sha256, &self.cms_sha256, at)
    }
}

impl ReceiptNumber {
    /// A fresh number.
    ///
    /// # Errors
    ///
    /// [`EntropyError`] if the source of randomness fails.
    pub fn random(entropy: &mut dyn Entropy) -> Result<Self, EntropyError> {
        let mut bytes = [0; 16];
        entropy.fill(&mut bytes)?;
        Ok(Self(Hex(bytes)))
    }

    /// Reads 32 lower-case hexadecimal digits; `None` on any other text.
    pub fn parse(text: &str) -> Option<Self> {
        Hex::parse(text).ok().map(Self)
    }
}

impl fmt::Display for ReceiptNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Debug for ReceiptNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl TryFrom<u64> for Version1 {
    type Error = &'static str;
    fn try_from(version: u64) -> Result<Self, Self::Error> {
        if version == 1 { Ok(Self) } else { Err("version 1 expected; a newer program is needed") }
    }
}

impl From<Version1> for u64 {
    fn from(_: Version1) -> Self {
        1
    }
}
