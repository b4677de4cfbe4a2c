//! Errors: what was refused, what was not done, and what is no longer known.

use std::path::PathBuf;

use kaibiao_types::{LotKey, UtcMillis};

use crate::ids::{PartName, UploadId};

/// The cause below an error of this crate, from the file system or the database.
pub type BoxError = Box<dyn core::error::Error + Send + Sync>;

/// Why a call on an open [`Store`](crate::Store) did not succeed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The system did not carry the call out; nothing was changed, so it may be tried again.
    #[error("{doing}: not done, nothing was changed")]
    NotDone {
        /// What the store was about to do.
        doing: &'static str,
        /// What the system said.
        source: BoxError,
    },
    /// The call broke a rule of the store; nothing was written.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The disk may hold the change or not. The process stops, opens the store again and goes on
    /// from what it finds there.
    #[error("{doing}: it is not known what the disk holds; stop and recover from the log")]
    StateUnknown {
        /// What the store was doing.
        doing: &'static str,
        /// What the system said.
        source: BoxError,
    },
}

impl StoreError {
    /// The stable label of the problem shown to people.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::NotDone { .. } => "internal",
            Self::Refused(refusal) => refusal.label(),
            Self::StateUnknown { .. } => "state-unknown",
        }
    }

    /// The same for another call that shared the fate of this one.
    pub(crate) fn told_again(&self) -> Self {
        match self {
            Self::NotDone { doing, source } => {
                Self::NotDone { doing, source: source.to_string().into() }
            }
            Self::Refused(refusal) => Self::Refused(refusal.clone()),
            Self::StateUnknown { doing, source } => {
                Self::StateUnknown { doing, source: source.to_string().into() }
            }
        }
    }
}

/// A rule of the store that a call broke. Nothing was written.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// A completed upload takes no more slices and is not completed twice.
    #[error("upload {upload} was completed at {completed_at}")]
    AlreadyCompleted {
        /// The upload.
        upload: UploadId,
        /// Its completion stamp.
        completed_at: UtcMillis,
    },
    /// A log line is empty, too long, or holds a line feed; the log is published line by line.
    #[error("log line {index} is empty, longer than the limit, or holds a line feed")]
    BadLine {
        /// The index the line would have had.
        index: u64,
    },
    /// A slice was written after the caller read the state it judged.
    #[error("upload {upload} has changed since its state was read")]
    ChangedMeanwhile {
        /// The upload.
        upload: UploadId,
    },
    /// Something that is written once exists with other bytes.
    #[error("{name} exists with other bytes")]
    DifferentBytes {
        /// What exists: a document, a board message or a manifest.
        name: String,
    },
    /// The lot exists.
    #[error("lot {0} exists")]
    LotExists(LotKey),
    /// Slices are missing.
    #[error("upload {upload} still lacks {missing} slices")]
    NotComplete {
        /// The upload.
        upload: UploadId,
        /// How many slices of all its parts are not stored.
        missing: u64,
    },
    /// The objects of an upload are none, too many, empty, too long, or named twice.
    #[error("the objects of an upload are {0}")]
    Objects(&'static str),
    /// A random id or blob name is in use; the caller draws another one.
    #[error("a random name given by the caller is in use")]
    NameTaken,
    /// A number is above the range of the database (2^63 - 1).
    #[error("a number is above 2^63 - 1")]
    OutOfRange,
    /// The nonce was used before in this lot: the command is a copy.
    #[error("the nonce was used before in this lot")]
    ReplayedNonce,
    /// The slice lies beyond the end of its object.
    #[error("{part} has {slices} slices, so there is no slice {n}")]
    SliceBeyondEnd {
        /// The part.
        part: PartName,
        /// The slice asked for, from 0.
        n: u32,
        /// How many there are.
        slices: u64,
    },
    /// The slice has another length than its place in the object asks for.
    #[error("slice {n} of {part} has {given} bytes instead of {expected}")]
    SliceLength {
        /// The part.
        part: PartName,
        /// The slice, from 0.
        n: u32,
        /// Bytes it must have.
        expected: u64,
        /// Bytes it has.
        given: u64,
    },
    /// No lot of this name.
    #[error("lot {0} is not known")]
    UnknownLot(LotKey),
    /// The upload has no such part.
    #[error("the upload has no part {0}")]
    UnknownPart(PartName),
    /// No upload of this id.
    #[error("upload {0} is not known")]
    UnknownUpload(UploadId),
    /// The log does not end where the caller thinks.
    #[error("the next log index is {expected}, not {given}")]
    WrongIndex {
        /// The index the next line gets.
        expected: u64,
        /// The index the caller gave.
        given: u64,
    },
}

impl Refusal {
    /// The stable label of the problem shown to people.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::AlreadyCompleted { .. }
            | Self::ChangedMeanwhile { .. }
            | Self::DifferentBytes { .. }
            | Self::LotExists(_) => "duplicate-object",
            Self::BadLine { .. } | Self::NameTaken | Self::OutOfRange => "internal",
            Self::NotComplete { .. } => "not-ready",
            Self::Objects(_) => "bad-manifest",
            Self::ReplayedNonce => "replayed",
            Self::SliceBeyondEnd { .. } | Self::SliceLength { .. } | Self::UnknownPart(_) => {
                "bad-slice"
            }
            Self::UnknownLot(_) => "unknown-lot",
            Self::UnknownUpload(_) => "unknown-upload",
            Self::WrongIndex { .. } => "stale-head",
        }
    }
}

/// Why a store did not open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The database is damaged; restore a backup, or start a hall from the published log.
    #[error("the database is damaged: {what}")]
    Damaged {
        /// What does not hold.
        what: String,
    },
    /// The database refused a step.
    #[error("{doing}: the database refused")]
    Database {
        /// What the store was doing.
        doing: &'static str,
        /// What the database said.
        source: BoxError,
    },
    /// The file system refused a step.
    #[error("{doing}: the file system refused")]
    Files {
        /// What the store was doing.
        doing: &'static str,
        /// What the system said.
        source: BoxError,
    },
    /// The file of the intake key holds something else.
    #[error("{} holds no intake key: 64 hexadecimal digits", path.display())]
    BadKey {
        /// The file.
        path: PathBuf,
    },
    /// The file of the intake key is gone, and the pool was written under it.
    #[error("the intake key {} is missing: put the one back that this store was written with; without it no bid can be read", path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// The pool was written under another intake key.
    #[error("this is another intake key than the one that this store was written with")]
    OtherKey,
    /// Another process holds this directory.
    #[error("another hall is running on this directory")]
    InUse,
    /// The directory holds other files; a store takes an empty directory or its own.
    #[error("the directory is not empty and holds no store; give an empty or a new one")]
    NotAStore,
    /// The linked `SQLite` is older than 3.51.3, which fixed a corruption of the write-ahead log.
    #[error("SQLite {found} is older than 3.51.3, which fixed a corruption of the log")]
    OldSqlite {
        /// The version linked.
        found: String,
    },
    /// The store was written by another version of this program.
    #[error("the store has schema {found}, this program knows schema {known}")]
    OtherSchema {
        /// The schema of the store.
        found: i64,
        /// The schema of this program.
        known: i64,
    },
}

impl OpenError {
    /// The stable label of the problem shown to people.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Damaged { .. } | Self::OldSqlite { .. } => "internal",
            Self::Database { .. } | Self::Files { .. } => "cannot-write",
            Self::InUse => "busy",
            Self::NotAStore
            | Self::OtherSchema { .. }
            | Self::BadKey { .. }
            | Self::NoKey { .. }
            | Self::OtherKey => "bad-input",
        }
    }
}

/// Inside a transaction: a refusal, or an error of the database that the store still has to judge.
#[derive(Debug)]
pub(crate) enum Inside {
    Refused(Refusal),
    Sqlite(rusqlite::Error),
    /// The transaction could not be brought back to where it stood before the call.
    Lost(rusqlite::Error),
}

impl Inside {
    /// Why it broke.
    pub(crate) fn into_cause(self) -> BoxError {
        match self {
            Self::Refused(refusal) => refusal.into(),
            Self::Sqlite(error) | Self::Lost(error) => error.into(),
        }
    }
}

impl From<Refusal> for Inside {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<rusqlite::Error> for Inside {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}
