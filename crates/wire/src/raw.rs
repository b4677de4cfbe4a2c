//! JSON of another crate inside a message.

use core::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::JsonError;

/// One JSON value whose exact text is kept for the crate that owns its format. Nothing in it was
/// checked except that it is JSON.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RawJson(Box<RawValue>);

impl RawJson {
    /// Takes exactly one JSON value.
    ///
    /// # Errors
    ///
    /// [`JsonError`] if the bytes are not one JSON value in UTF-8.
    pub fn new(bytes: &[u8]) -> Result<Self, JsonError> {
        serde_json::from_slice(bytes).map(Self).map_err(JsonError::from_cause)
    }

    /// The exact text.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.get().as_bytes()
    }
}

impl fmt::Debug for RawJson {
    /// The length only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawJson({} bytes)", self.as_bytes().len())
    }
}

impl Eq for RawJson {}

impl PartialEq for RawJson {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exact_text_is_kept() {
        let text = br#"{"b": 1, "a":[1.50]}"#;
        let raw = RawJson::new(text).unwrap();
        assert_eq!(raw.as_bytes(), text);
        assert_eq!(serde_json::to_vec(&raw).unwrap(), text);
        for bad in [&b""[..], b"{", b"{}{}", b"\xff", b"\xef\xbb\xbf{}"] {
            assert!(RawJson::new(bad).is_err(), "{bad:?}");
        }
    }
}
