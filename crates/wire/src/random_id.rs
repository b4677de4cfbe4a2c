//! Random 16-byte ids: uploads, receipt numbers, nonces.

use core::fmt;

use serde::{Deserialize, Serialize};

/// 16 random bytes, written as 32 lower-case hexadecimal digits.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RandomId([u8; 16]);

/// A text is not 32 lower-case hexadecimal digits.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("expected 32 lower-case hexadecimal digits")]
pub struct RandomIdError;

impl RandomId {
    /// Wraps 16 bytes that the caller drew at random.
    #[must_use]
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Reads 32 lower-case hexadecimal digits; upper case is refused, so one value has one text.
    ///
    /// # Errors
    ///
    /// [`RandomIdError`] on any other text.
    pub fn parse(text: &str) -> Result<Self, RandomIdError> {
        let digits: &[u8; 32] = text.as_bytes().try_into().map_err(|_| RandomIdError)?;
        let mut out = [0_u8; 16];
        for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
            let [high, low] = pair else {
                return Err(RandomIdError);
            };
            *byte = nibble(*high)? << 4 | nibble(*low)?;
        }
        Ok(Self(out))
    }
}

const fn nibble(digit: u8) -> Result<u8, RandomIdError> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(RandomIdError),
    }
}

impl fmt::Display for RandomId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for RandomId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl TryFrom<String> for RandomId {
    type Error = RandomIdError;
    fn try_from(text: String) -> Result<Self, RandomIdError> {
        Self::parse(&text)
    }
}

impl From<RandomId> for String {
    fn from(id: RandomId) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_has_one_text() {
        let id = RandomId::new([0x0a; 16]);
        assert_eq!(RandomId::parse(&id.to_string()), Ok(id));
        for bad in ["", "0a", &"0A".repeat(16), &"0a".repeat(17), &"zz".repeat(16)] {
            assert_eq!(RandomId::parse(bad), Err(RandomIdError), "{bad}");
        }
    }
}
