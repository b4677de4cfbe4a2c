//! Checking a signed checkpoint and the custodians' cosignatures on it.

use std::collections::{BTreeMap, BTreeSet};

use kaibiao_types::UtcMillis;

use crate::signer::cosigned_message;
use crate::{
    Checkpoint, CheckpointTextError, NoteError, NoteSignature, SignatureAlgorithm, SignedNote,
    VerifierKey,
};

/// A checkpoint whose log signature and known cosignatures were verified. There is no other way to
/// get one than [`CosignedCheckpoint::verify`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CosignedCheckpoint {
    checkpoint: Checkpoint,
    cosignatures: Vec<Cosignature>,
}

/// A valid cosignature of a known custodian.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cosignature {
    /// The custodian's key name.
    pub name: String,
    /// When it cosigned, cut to whole seconds.
    pub at: UtcMillis,
}

/// Why a signed checkpoint, or a cosignature, is not believed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CheckpointError {
    /// A line claims a known custodian's key, and its signature is wrong: the note is refused.
    #[error("the cosignature of {0} is wrong")]
    Cosignature(String),
    /// A line among cosignatures is no signature line.
    #[error("cosignature line {0} is malformed")]
    CosignatureLine(usize),
    /// Two of the custodians' keys are one key, which would count twice.
    #[error("{0} has a key that another custodian has")]
    DuplicateKey(String),
    /// A key of the wrong type for its purpose was handed in.
    #[error("the key {0} is not of the type its purpose needs")]
    KeyType(String),
    /// A line claims the log's key, and its signature is wrong.
    #[error("the signature of the log is wrong")]
    LogSignature,
    /// No line claims the log's key.
    #[error("the log has not signed the checkpoint")]
    LogSignatureMissing,
    /// Not a signed note.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The checkpoint is of another log than its key.
    #[error("the checkpoint is of another log than {0}")]
    Origin(String),
    /// The text is no checkpoint.
    #[error(transparent)]
    Text(#[from] CheckpointTextError),
}

impl CheckpointError {
    /// The stable name of the error.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Cosignature(_) => "checkpoint-cosignature",
            Self::CosignatureLine(_) => "checkpoint-cosignature-line",
            Self::DuplicateKey(_) => "checkpoint-duplicate-key",
            Self::KeyType(_) => "checkpoint-key-type",
            Self::LogSignature => "checkpoint-log-signature",
            Self::LogSignatureMissing => "checkpoint-log-signature-missing",
            Self::Note(note) => note.label(),
            Self::Origin(_) => "checkpoint-origin",
            Self::Text(text) => text.label(),
        }
    }
}

impl CosignedCheckpoint {
    /// Verifies a signed checkpoint under the log's key and counts the cosignatures of the given
    /// custodians. Signatures of other keys are ignored, as C2SP signed-note demands; a signature
    /// that claims one of our keys and fails refuses the whole note.
    ///
    /// # Errors
    ///
    /// [`CheckpointError`].
    pub fn verify(
        note: &str,
        log_key: &VerifierKey,
        custodians: &[VerifierKey],
    ) -> Result<Self, CheckpointError> {
        if log_key.algorithm() != SignatureAlgorithm::Ed25519 {
            return Err(CheckpointError::KeyType(log_key.name().to_owned()));
        }
        let note = SignedNote::parse(note)?;
        let mut signed = false;
        for line in note.signatures().iter().filter(|line| log_key.is_claimed_by(line)) {
            if !log_key.has_signed(note.text().as_bytes(), line.payload()) {
                return Err(CheckpointError::LogSignature);
            }
            signed = true;
        }
        if !signed {
            return Err(CheckpointError::LogSignatureMissing);
        }
        let checkpoint = Checkpoint::parse(note.text())?;
        if checkpoint.origin.as_str() != log_key.name() {
            return Err(CheckpointError::Origin(log_key.name().to_owned()));
        }
        let cosignatures = cosignatures(note.text(), note.signatures(), custodians)?;
        Ok(Self { checkpoint, cosignatures })
    }

    /// The verified checkpoint.
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// One cosignature per custodian, ordered by name; the earliest where there are several.
    pub fn cosignatures(&self) -> &[Cosignature] {
        &self.cosignatures
    }
}

/// Verifies cosignature lines (without line feeds), kept apart from their note, over a checkpoint.
/// Lines of unknown keys are ignored. One result per custodian, ordered by name; the earliest
/// where there are several.
///
/// # Errors
///
/// [`CheckpointError`].
pub fn verify_cosignatures(
    checkpoint: &Checkpoint,
    lines: &[String],
    custodians: &[VerifierKey],
) -> Result<Vec<Cosignature>, CheckpointError> {
    let signatures = (1..)
        .zip(lines)
        .map(|(number, line)| {
            NoteSignature::parse(line).ok_or(CheckpointError::CosignatureLine(number))
        })
        .collect::<Result<Vec<_>, _>>()?;
    cosignatures(&checkpoint.body(), &signatures, custodians)
}

fn cosignatures(
    body: &str,
    signatures: &[NoteSignature],
    custodians: &[VerifierKey],
) -> Result<Vec<Cosignature>, CheckpointError> {
    let mut keys = BTreeSet::new();
    let mut found: BTreeMap<&str, UtcMillis> = BTreeMap::new();
    for key in custodians {
        if key.algorithm() != SignatureAlgorithm::CosignatureV1 {
            return Err(CheckpointError::KeyType(key.name().to_owned()));
        }
        // The signed text holds no name, so one key under two names would be two votes.
        if !keys.insert(key.public_key()) {
            return Err(CheckpointError::DuplicateKey(key.name().to_owned()));
        }
        for line in signatures.iter().filter(|line| key.is_claimed_by(line)) {
            let at = cosigned_at(body, line, key)
                .ok_or_else(|| CheckpointError::Cosignature(key.name().to_owned()))?;
            found.entry(key.name()).and_modify(|first| *first = at.min(*first)).or_insert(at);
        }
    }
    let list = found.into_iter().map(|(name, at)| Cosignature { name: name.to_owned(), at });
    Ok(list.collect())
}

/// The time of a valid cosignature; `None` if it is not valid.
fn cosigned_at(body: &str, line: &NoteSignature, key: &VerifierKey) -> Option<UtcMillis> {
    let (seconds, signature) = line.payload().split_first_chunk::<8>()?;
    let seconds = u64::from_be_bytes(*seconds);
    let at = UtcMillis::new(seconds.checked_mul(1_000)?).ok()?;
    key.has_signed(cosigned_message(seconds, body).as_bytes(), signature).then_some(at)
}
