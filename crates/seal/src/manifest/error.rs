//! Why bytes are not a manifest, and why a manifest does not fit.

use kaibiao_types::{BidSeq, Part, Stage};

use crate::ContextError;

/// Why bytes or fields are not a manifest.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// A file length of zero, or above 2^53 - 1.
    #[error("a part has an impossible length of {0} bytes")]
    FileLength(u64),
    /// A bid without a price sheet.
    #[error("a bid needs a price part")]
    NoPrice,
    /// An object stands where another form was used; fields have names here.
    #[error("the manifest, its bidder and its parts must be JSON objects")]
    NotObject,
    /// Parts are not in strictly ascending order of stage and part.
    #[error("the {part} part of stage {stage} is out of order or there twice")]
    PartOrder {
        /// The envelope.
        stage: Stage,
        /// The part.
        part: Part,
    },
    /// The version count and the replaced manifest contradict each other.
    #[error(transparent)]
    Sequence(#[from] SequenceError),
    /// A suite that this program does not know.
    #[error("unknown suite {0:#06x}; a newer program is needed")]
    Suite(u16),
    /// Not the JSON of a manifest.
    #[error("not the JSON of a manifest")]
    Syntax(#[from] serde_json::Error),
    /// More bytes than a manifest has.
    #[error("a manifest of {0} bytes is too long")]
    TooLong(usize),
    /// More parts than stages and kinds of part allow.
    #[error("{0} parts are too many")]
    TooManyParts(usize),
    /// A version that this program does not know.
    #[error("manifest version {0} instead of 1; a newer program is needed")]
    Version(u8),
    /// A withdrawal that lists parts.
    #[error("a withdrawal has no parts")]
    WithdrawalWithParts,
}

impl ManifestError {
    /// The stable label.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::NotObject | Self::Syntax(_) | Self::TooLong(_) => "E_MANIFEST",
            Self::FileLength(_) => "E_LEN",
            Self::NoPrice
            | Self::PartOrder { .. }
            | Self::TooManyParts(_)
            | Self::WithdrawalWithParts => "E_PARTS",
            Self::Sequence(error) => error.label(),
            Self::Suite(_) => "E_SUITE",
            Self::Version(_) => "E_VERSION",
        }
    }
}

/// Versions of a bid do not follow each other.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SequenceError {
    /// Version 1 names a manifest it replaces.
    #[error("version 1 replaces nothing")]
    FirstReplaces,
    /// A later version names none.
    #[error("version {0} must name the manifest it replaces")]
    LaterReplacesNothing(BidSeq),
    /// The version is not greater than the one it is to replace.
    #[error("version {found} does not follow version {previous}")]
    NotGreater {
        /// The version that counts so far.
        previous: BidSeq,
        /// The version handed in.
        found: BidSeq,
    },
    /// The manifest of another bidder or lot.
    #[error("the replaced manifest belongs to another bidder or lot")]
    Other,
    /// The digest is that of another manifest than the one that counts so far.
    #[error("the manifest replaces another one than the last")]
    Replaces,
    /// A first version that withdraws.
    #[error("there is no bid to withdraw")]
    WithdrawsNothing,
}

impl SequenceError {
    /// The stable label.
    pub const fn label(&self) -> &'static str {
        "E_SEQ"
    }
}

/// A header is not the one that an entry of the manifest stands for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum HeaderMismatch {
    /// Sealed for something else.
    #[error(transparent)]
    Context(#[from] ContextError),
    /// Another header than the signed one.
    #[error("the header is not the signed one")]
    Digest,
    /// The signed length is not the one the header calls for.
    #[error("the manifest says {signed} bytes, the header calls for {header}")]
    Length {
        /// Bytes in the manifest.
        signed: u64,
        /// Bytes by the header.
        header: u64,
    },
    /// The manifest has no such part.
    #[error("the manifest has no such part")]
    NoSuchPart,
    /// The padding is not the one of the part: its length would tell something.
    #[error("the {0} part has the wrong kind of padding")]
    Padding(Part),
}

impl HeaderMismatch {
    /// The stable label.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Context(error) => error.label(),
            Self::Digest => "E_HEADER",
            Self::Length { .. } => "E_LEN",
            Self::NoSuchPart => "E_PARTS",
            Self::Padding(_) => "E_PAD",
        }
    }
}
