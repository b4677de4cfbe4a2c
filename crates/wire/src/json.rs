//! Strict JSON in, compact JSON out.

use serde::{
    Serialize,
    de::{self, DeserializeOwned},
};

/// Media type of JSON bodies.
pub const JSON_TYPE: &str = "application/json";

/// Media type of the opening log: one JSON object per line.
pub const LINES_TYPE: &str = "application/jsonl";

/// Media type of a raw upload slice.
pub const SLICE_TYPE: &str = "application/octet-stream";

/// Media type of checkpoints.
pub const TEXT_TYPE: &str = "text/plain; charset=utf-8";

/// Why bytes are not the JSON body that was expected. Label `bad-json`.
#[derive(Debug, thiserror::Error)]
#[error("not the JSON that was expected")]
pub struct JsonError(#[source] serde_json::Error);

impl JsonError {
    pub(crate) const fn from_cause(cause: serde_json::Error) -> Self {
        Self(cause)
    }

    /// The stable label of the problem shown to people.
    #[must_use]
    pub const fn label(&self) -> crate::Label {
        crate::Label::BadJson
    }
}

/// Reads one JSON object of a message type from exactly these bytes.
///
/// Messages are envelopes: what is signed inside them travels as [`B64`](crate::B64) and is judged,
/// more strictly, by the crate that owns its format.
///
/// # Errors
///
/// [`JsonError`] on a value that is no object, a syntax error, a byte order mark, bytes after the value, an unknown, repeated or
/// missing field, or a value outside its range.
pub fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, JsonError> {
    // Derived readers of structs also take an array of the fields in order; a message never is one.
    let starts = bytes.iter().find(|b| !b.is_ascii_whitespace());
    if starts != Some(&b'{') {
        return Err(JsonError(de::Error::custom("a message is a JSON object")));
    }
    serde_json::from_slice(bytes).map_err(JsonError)
}

/// Writes a message as compact JSON.
///
/// # Errors
///
/// [`JsonError`] if the value has no JSON form; no message type of this crate is such a value.
pub fn to_json<T: Serialize>(message: &T) -> Result<Vec<u8>, JsonError> {
    serde_json::to_vec(message).map_err(JsonError)
}
