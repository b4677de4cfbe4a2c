//! Why bytes are not a header.

/// Why bytes are not a sealed object's header; each variant names the first rule broken.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// The exponent of the chunk length is not 18.
    #[error("chunks of 2^{0} bytes instead of 2^18")]
    ChunkSize(u8),
    /// The header claims fewer bytes than a header has, or more than 64 KiB.
    #[error("a header cannot have {0} bytes")]
    HeaderLength(u32),
    /// The bytes do not start like a sealed object.
    #[error("not a sealed object{}", .0.hint())]
    Magic(MagicDamage),
    /// A bidder lock with an algorithm that this suite does not have.
    #[error("the bidder lock has unknown algorithm {0}")]
    LockAlgorithm(u8),
    /// A lock's body is longer or shorter than its content.
    #[error("the body of lock {0} has a wrong length")]
    LockBody(u8),
    /// No lock at all, or more than one of each type.
    #[error("{0} locks")]
    LockCount(u16),
    /// The escrow byte of a bidder lock is neither 0 nor 1.
    #[error("the bidder lock has unknown escrow mode {0}")]
    LockEscrow(u8),
    /// No ceremony lock: the custodians could never open the object.
    #[error("no ceremony lock")]
    LockMissing,
    /// Locks are not in strictly ascending order of their type.
    #[error("lock {0} is out of order or there twice")]
    LockOrder(u8),
    /// A point in a lock is not a point of the group.
    #[error("a point in lock {0} is not a point of the group")]
    LockPoint(u8),
    /// The escrow has the point of the ceremony lock: one raised point would open both (ruling 30).
    #[error("the escrow repeats the point of the ceremony lock")]
    LockRepeated,
    /// The byte after the lock type is not zero.
    #[error("the reserved byte of lock {0} is not zero")]
    LockReserved(u8),
    /// A lock runs past the header, or bytes remain after the last one.
    #[error("the locks do not fill the header")]
    LockSpace,
    /// A lock type that this version does not have.
    #[error("unknown lock type {0}; a newer program is needed")]
    LockType(u8),
    /// The padded length is below 8 bytes or above 1 TiB.
    #[error("a padded plaintext cannot have {0} bytes")]
    PaddedLength(u64),
    /// The padding mode is neither 1 nor 2.
    #[error("unknown padding mode {0}")]
    PadMode(u8),
    /// No plaintext has this padded length under the padding mode.
    #[error("{0} bytes is not a length that the padding produces")]
    PadShape(u64),
    /// The point of a well-formedness proof is not a point of the group.
    #[error("the point of a proof is not a point of the group")]
    ProofPoint,
    /// A scalar of a proof is not below the order of the group.
    #[error("a scalar of a proof is not below the group order")]
    ProofScalar,
    /// A suite that this program does not know.
    #[error("unknown suite {0:#06x}; a newer program is needed")]
    Suite(u16),
    /// Bytes follow the header where only a header was expected.
    #[error("{found} bytes instead of the header's {expected}")]
    Trailing {
        /// Bytes the header claims.
        expected: usize,
        /// Bytes found.
        found: usize,
    },
    /// The bytes end before the header does.
    #[error("cut after {found} bytes of a header of {expected}")]
    Truncated {
        /// Bytes a header has at least, or claims.
        expected: usize,
        /// Bytes found.
        found: usize,
    },
    /// A version that this program does not know.
    #[error("format version {0} instead of 1; a newer program is needed")]
    Version(u16),
}

impl HeaderError {
    /// The stable label.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Magic(_) => "E_MAGIC",
            Self::Version(_) => "E_VERSION",
            Self::Suite(_) => "E_SUITE",
            Self::ChunkSize(_)
            | Self::HeaderLength(_)
            | Self::PaddedLength(_)
            | Self::Trailing { .. }
            | Self::Truncated { .. } => "E_LEN",
            Self::PadMode(_) | Self::PadShape(_) => "E_PAD",
            Self::LockAlgorithm(_)
            | Self::LockBody(_)
            | Self::LockCount(_)
            | Self::LockEscrow(_)
            | Self::LockMissing
            | Self::LockOrder(_)
            | Self::LockReserved(_)
            | Self::LockSpace
            | Self::LockType(_) => "E_LOCK",
            Self::LockPoint(_) | Self::ProofPoint => "E_POINT",
            Self::LockRepeated => "E_DUP_U",
            Self::ProofScalar => "E_TDH2",
        }
    }
}

/// What probably happened to a file that does not start like a sealed object.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MagicDamage {
    /// Line endings were converted.
    LineEndings,
    /// The bytes were re-encoded as text (UTF-8 or UTF-16).
    TextEncoding,
    /// Something else: another kind of file.
    Unknown,
}

impl MagicDamage {
    /// Looks at the first bytes of a file whose magic is wrong.
    pub(crate) fn find(start: &[u8]) -> Self {
        const LINE_ENDINGS: [&[u8]; 4] = [
            &[0x89, 0x4b, 0x42, 0x46, 0x0a, 0x1a, 0x0a], // CRLF became LF
            &[0x89, 0x4b, 0x42, 0x46, 0x0d, 0x0d, 0x0a, 0x1a], // LF became CRLF
            &[0x89, 0x4b, 0x42, 0x46, 0x0d, 0x0a, 0x1a, 0x0d, 0x0a], // lone LF became CRLF
            &[0x89, 0x4b, 0x42, 0x46, 0x0d, 0x1a, 0x0d], // line ends became CR
        ];
        const TEXT: [&[u8]; 8] = [
            &[0xff, 0xfe],                         // UTF-16, little endian
            &[0xfe, 0xff],                         // UTF-16, big endian
            &[0xef, 0xbb, 0xbf],                   // UTF-8 with a byte order mark
            &[0x89, 0x00, 0x4b, 0x00],             // UTF-16 without a mark
            &[0x00, 0x89, 0x00, 0x4b],             // the same, big endian
            &[0xc2, 0x89, 0x4b, 0x42, 0x46],       // Latin-1 read, UTF-8 written
            &[0xef, 0xbf, 0xbd, 0x4b, 0x42, 0x46], // the replacement character
            &[0x3f, 0x4b, 0x42, 0x46],             // a question mark for the first byte
        ];
        // A prefix of 16 bytes holds every pattern.
        let starts = |patterns: &[&[u8]]| patterns.iter().any(|pattern| start.starts_with(pattern));
        if starts(&LINE_ENDINGS) {
            Self::LineEndings
        } else if starts(&TEXT) {
            Self::TextEncoding
        } else {
            Self::Unknown
        }
    }

    const fn hint(self) -> &'static str {
        match self {
            Self::LineEndings => {
                " any more: its line endings were converted; transfer the file as binary"
            }
            Self::TextEncoding => {
                " any more: it was re-encoded as text; transfer the file as binary"
            }
            Self::Unknown => "",
        }
    }
}

/// Why no header came out of a stream.
#[derive(Debug, thiserror::Error)]
pub enum ReadHeaderError {
    /// The bytes are not a header.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The stream could not be read.
    #[error("the sealed object could not be read")]
    Read(#[from] std::io::Error),
}

impl ReadHeaderError {
    /// The stable label.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Header(error) => error.label(),
            Self::Read(_) => "E_READ",
        }
    }
}
