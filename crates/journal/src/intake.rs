//! What the hall signs while a bid comes in: how far its upload is, and why a call was refused.
//!
//! Both sides keep the same bytes, so neither can tell another story afterwards. Byte layouts:
//! `docs/spec/receipt.md`.

use kaibiao_crypto::Hex;
use kaibiao_types::{BidPart, Digest, LotId, LotKey, TenderId, UtcMillis};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::limits::{INTAKE_REFUSAL_MAX, LABEL_MAX, PROGRESS_MAX};
use crate::{LogOrigin, Version1};

/// The only value of `kind` in a progress statement.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProgressKind {
    /// `progress`.
    #[default]
    Progress,
}

/// Which slices of an upload are durable. Each of them was judged against the signed manifest.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// Format version.
    pub v: Version1,
    /// `progress`.
    pub kind: ProgressKind,
    /// The opening log of the lot.
    pub origin: LogOrigin,
    /// The tender.
    pub tender: TenderId,
    /// The lot.
    pub lot: LotId,
    /// Digest of the manifest's exact bytes.
    pub manifest_sha256: Digest,
    /// The random id of the upload.
    pub upload: Hex<16>,
    /// Its parts, in the order of the manifest; none for a withdrawal.
    pub parts: Vec<PartProgress>,
    /// The hall's clock after the last of them was durable.
    pub at: UtcMillis,
}

/// How far one part is.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartProgress {
    /// The part.
    pub part: BidPart,
    /// How many slices it has.
    pub slices: u64,
    /// The stored slices as runs from the first to the last of each, ascending, with a gap between two
    /// runs.
    pub stored: Vec<[u32; 2]>,
}

/// The only value of `kind` in a signed refusal.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IntakeRefusalKind {
    /// `intake-refusal`.
    #[default]
    IntakeRefusal,
}

/// What was asked when the hall refused.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IntakeCall {
    /// To begin a submission.
    Begin,
    /// To store a slice.
    Slice,
    /// To complete the upload.
    Commit,
}

impl IntakeCall {
    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Begin => "begin",
            Self::Slice => "slice",
            Self::Commit => "commit",
        }
    }
}

/// The hall did not take in what a known bidder sent.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntakeRefusal {
    /// Format version.
    pub v: Version1,
    /// `intake-refusal`.
    pub kind: IntakeRefusalKind,
    /// The opening log of the lot.
    pub origin: LogOrigin,
    /// The tender.
    pub tender: TenderId,
    /// The lot.
    pub lot: LotId,
    /// Digest of the exact bytes that the bidder signed as its manifest.
    pub manifest_sha256: Digest,
    /// What was asked.
    pub call: IntakeCall,
    /// The upload; absent when none was begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload: Option<Hex<16>>,
    /// The part of the refused slice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<BidPart>,
    /// The number of the refused slice, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slice: Option<u32>,
    /// Why: a problem label, as `fixtures/errors/` has them.
    pub label: String,
    /// The hall's clock when it refused.
    pub at: UtcMillis,
    /// 投标截止时间 as the log had it then.
    pub deadline: UtcMillis,
}

/// Why bytes are not such a statement.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum IntakeStatementError {
    /// Not the JSON of the statement; the text says where.
    #[error("not a statement of the intake: {0}")]
    Json(String),
    /// The text is no problem label.
    #[error("{0:?} is no label")]
    Label(String),
    /// Tender and lot are not those of the log.
    #[error("the statement is for another lot than its log {0}")]
    OtherLog(LogOrigin),
    /// A slice is named without its part or upload, or in a call that has none.
    #[error("the call does not fit what it names")]
    Place,
    /// Runs of slices overlap, touch, run backwards, or go beyond the end.
    #[error("the stored slices of {0} are not ascending runs within it")]
    Runs(BidPart),
    /// Longer than the limit.
    #[error("a statement of {0} bytes is too long")]
    TooLong(usize),
}

impl IntakeStatementError {
    /// The stable name of the error.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Json(_) => "intake-json",
            Self::Label(_) => "intake-label",
            Self::OtherLog(_) => "intake-other-log",
            Self::Place => "intake-place",
            Self::Runs(_) => "intake-runs",
            Self::TooLong(_) => "intake-too-long",
        }
    }
}

impl Progress {
    /// The bytes to be signed and kept.
    ///
    /// # Errors
    ///
    /// [`IntakeStatementError`]: whatever [`Progress::parse`] would refuse is not written.
    pub fn to_bytes(&self) -> Result<Vec<u8>, IntakeStatementError> {
        let bytes = write(self)?;
        Self::parse(&bytes)?;
        Ok(bytes)
    }

    /// Reads the exact bytes of a progress statement.
    ///
    /// # Errors
    ///
    /// [`IntakeStatementError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, IntakeStatementError> {
        let progress: Self = read(bytes, PROGRESS_MAX)?;
        expect_lot(&progress.origin, &progress.tender, &progress.lot)?;
        let bad = progress.parts.iter().find(|part| !part.has_good_runs());
        bad.map_or(Ok(()), |part| Err(IntakeStatementError::Runs(part.part)))?;
        Ok(progress)
    }

    /// How many slices are stored in all parts.
    #[must_use]
    pub fn stored(&self) -> u64 {
        let runs = self.parts.iter().flat_map(|part| &part.stored);
        runs.map(|[first, last]| u64::from(last.saturating_sub(*first)) + 1).sum()
    }
}

impl PartProgress {
    /// A part of `slices` slices without those in `missing`, which ascend.
    #[must_use]
    pub fn without(part: BidPart, slices: u32, missing: &[u32]) -> Self {
        let mut stored = Vec::new();
        let mut first = 0;
        for gap in missing.iter().copied().chain([slices]) {
            if first < gap {
                stored.push([first, gap - 1]);
            }
            first = gap.saturating_add(1);
        }
        Self { part, slices: slices.into(), stored }
    }

    fn has_good_runs(&self) -> bool {
        let mut least = 0;
        self.stored.iter().all(|[first, last]| {
            let good =
                least <= u64::from(*first) && first <= last && u64::from(*last) < self.slices;
            // A run that touched this one would be the same run.
            least = u64::from(*last) + 2;
            good
        })
    }
}

impl IntakeRefusal {
    /// The bytes to be signed and kept.
    ///
    /// # Errors
    ///
    /// [`IntakeStatementError`]: whatever [`IntakeRefusal::parse`] would refuse is not written.
    pub fn to_bytes(&self) -> Result<Vec<u8>, IntakeStatementError> {
        let bytes = write(self)?;
        Self::parse(&bytes)?;
        Ok(bytes)
    }

    /// Reads the exact bytes of a refusal.
    ///
    /// # Errors
    ///
    /// [`IntakeStatementError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, IntakeStatementError> {
        let refusal: Self = read(bytes, INTAKE_REFUSAL_MAX)?;
        expect_lot(&refusal.origin, &refusal.tender, &refusal.lot)?;
        let fits = match refusal.call {
            IntakeCall::Begin => refusal.upload.is_none(),
            IntakeCall::Slice | IntakeCall::Commit => refusal.upload.is_some(),
        };
        let slice = refusal.call == IntakeCall::Slice;
        if !fits || refusal.part.is_some() != slice || refusal.slice.is_some() != slice {
            return Err(IntakeStatementError::Place);
        }
        let letter = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
        if refusal.label.is_empty()
            || refusal.label.len() > LABEL_MAX
            || !refusal.label.bytes().all(letter)
        {
            return Err(IntakeStatementError::Label(refusal.label));
        }
        Ok(refusal)
    }
}

fn write(statement: &impl Serialize) -> Result<Vec<u8>, IntakeStatementError> {
    serde_json::to_vec(statement).map_err(|error| IntakeStatementError::Json(error.to_string()))
}

fn read<T: DeserializeOwned>(bytes: &[u8], max: usize) -> Result<T, IntakeStatementError> {
    if bytes.len() > max {
        return Err(IntakeStatementError::TooLong(bytes.len()));
    }
    serde_json::from_slice(bytes).map_err(|error| IntakeStatementError::Json(error.to_string()))
}

fn expect_lot(
    origin: &LogOrigin,
    tender: &TenderId,
    lot: &LotId,
) -> Result<(), IntakeStatementError> {
    if origin.lot_key() == (LotKey { tender: tender.clone(), lot: lot.clone() }) {
        Ok(())
    } else {
        Err(IntakeStatementError::OtherLog(origin.clone()))
    }
}
