//! Fixed-size byte strings written in lower-case hexadecimal (points, scalars, nonces in JSON).

use core::fmt;

use serde::{Deserialize, Serialize};

/// `N` bytes; text form: 2N lower-case hexadecimal digits. Public values only.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hex<const N: usize>(pub [u8; N]);

/// A text is not the expected number of lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("expected {0} lower-case hexadecimal digits")]
pub struct HexError(usize);

impl<const N: usize> Hex<N> {
    /// Reads exactly 2N lower-case digits.
    ///
    /// # Errors
    ///
    /// [`HexError`] on any other text.
    pub fn parse(text: &str) -> Result<Self, HexError> {
        let error = HexError(2 * N);
        let digits = text.as_bytes();
        if digits.len() != 2 * N {
            return Err(error);
        }
        let mut out = [0_u8; N];
        for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
            let [high, low] = pair else { return Err(error) };
            *byte = nibble(*high).ok_or(error)? << 4 | nibble(*low).ok_or(error)?;
        }
        Ok(Self(out))
    }
}

const fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

impl<const N: usize> fmt::Display for Hex<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl<const N: usize> fmt::Debug for Hex<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl<const N: usize> TryFrom<String> for Hex<N> {
    type Error = HexError;
    fn try_from(text: String) -> Result<Self, HexError> {
        Self::parse(&text)
    }
}

impl<const N: usize> From<Hex<N>> for String {
    fn from(hex: Hex<N>) -> Self {
        hex.to_string()
    }
}
