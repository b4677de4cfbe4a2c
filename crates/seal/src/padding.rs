//! Padding inside the encryption: the length of the file tells little, or nothing, of the content.

use kaibiao_types::Part;

use crate::limits::{BUCKET_LEN, LENGTH_PREFIX, PADDED_MAX};

/// How the plaintext of an object is padded. The padded plaintext is
/// `u64 length || plaintext || zeros`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Padding {
    /// 1: to the next PADMÉ length; at most 12 % more, 3 % for a megabyte.
    Padme,
    /// 2: always [`BUCKET_LEN`] bytes, so that every price sheet has the same length.
    Bucket,
}

/// What is wrong with the padding of an authenticated plaintext.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PadFault {
    /// The inner length does not fit into the padded length.
    #[error("the inner length does not fit")]
    InnerLength,
    /// A byte after the plaintext is not zero.
    #[error("the padding is not zero")]
    NotZero,
    /// The inner length belongs to another padded length.
    #[error("the padded length is not that of the inner length")]
    Shape,
}

impl Padding {
    /// The padding that a part of a bid must have: fixed size for the two small structured parts,
    /// whose length would tell something; PADMÉ for documents.
    pub const fn of(part: Part) -> Self {
        match part {
            Part::Price | Part::Signals => Self::Bucket,
            Part::Documents => Self::Padme,
        }
    }

    /// The byte in the header.
    pub const fn code(self) -> u8 {
        match self {
            Self::Padme => 1,
            Self::Bucket => 2,
        }
    }

    /// The padding with a code; `None` if there is none.
    pub const fn by_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Padme),
            2 => Some(Self::Bucket),
            _ => None,
        }
    }

    /// The greatest plaintext, in bytes.
    pub const fn plaintext_max(self) -> u64 {
        match self {
            Self::Padme => PADDED_MAX - LENGTH_PREFIX,
            Self::Bucket => BUCKET_LEN - LENGTH_PREFIX,
        }
    }

    /// The padded length, in bytes, of a plaintext; `None` above [`Padding::plaintext_max`].
    pub const fn padded_len(self, plaintext_len: u64) -> Option<u64> {
        if plaintext_len > self.plaintext_max() {
            return None;
        }
        Some(match self {
            Self::Padme => padme(plaintext_len + LENGTH_PREFIX),
            Self::Bucket => BUCKET_LEN,
        })
    }

    /// Whether some plaintext has this padded length.
    pub const fn allows(self, padded_len: u64) -> bool {
        match self {
            Self::Padme => {
                LENGTH_PREFIX <= padded_len
                    && padded_len <= PADDED_MAX
                    && padme(padded_len) == padded_len
            }
            Self::Bucket => padded_len == BUCKET_LEN,
        }
    }

    /// Checks the inner length of an opened object against its padded length, both in bytes.
    pub(crate) const fn check_inner(self, inner: u64, padded_len: u64) -> Result<(), PadFault> {
        if inner > padded_len.saturating_sub(LENGTH_PREFIX) {
            return Err(PadFault::InnerLength);
        }
        match self.padded_len(inner) {
            Some(right) if right == padded_len => Ok(()),
            _ => Err(PadFault::Shape),
        }
    }
}

/// The PADMÉ length of a length in bytes: rounded up so that only the first few bits of the length
/// (as many as the length of its exponent) remain visible. Lengths of 2^62 and more are returned as
/// they are; no object is that long.
///
/// # Source
///
/// Nikitin, Barman, Lueks, Underwood, Hubaux, Ford: "Reducing Metadata Leakage from Encrypted Files
/// and Communication with PURBs", `PoPETs` 2019, algorithm 1.
pub const fn padme(length: u64) -> u64 {
    if length < 2 || length >= 1 << 62 {
        return length;
    }
    let exponent = length.ilog2();
    let kept = exponent.ilog2() + 1;
    let mask = (1 << (exponent - kept)) - 1;
    (length + mask) & !mask
}
