//! Opaque bytes in JSON.

use core::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Exact bytes, written as standard base64 with padding (RFC 4648 section 4).
///
/// Reading is strict: another alphabet, white space, missing padding or stray bits are refused, so
/// one value has one text.
#[derive(Clone, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct B64(pub Vec<u8>);

impl B64 {
    /// The bytes.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for B64 {
    /// The length only: the bytes may name a bidder.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "B64({} bytes)", self.0.len())
    }
}

impl From<Vec<u8>> for B64 {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<&[u8]> for B64 {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl From<B64> for Vec<u8> {
    fn from(bytes: B64) -> Self {
        bytes.0
    }
}

impl Serialize for B64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for B64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = B64;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("standard base64 with padding")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<B64, E> {
                STANDARD
                    .decode(text)
                    .map(B64)
                    .map_err(|_| E::custom("not standard base64 with padding"))
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_has_one_text() {
        assert_eq!(serde_json::to_string(&B64(vec![0xfb, 0xff])).unwrap(), r#""+/8=""#);
        assert_eq!(serde_json::from_str::<B64>(r#""+/8=""#).unwrap().0, [0xfb, 0xff]);
        assert_eq!(serde_json::from_str::<B64>(r#""""#).unwrap().0, [0_u8; 0]);
        // Stray bits, URL alphabet, no padding, white space, too much padding, not a text.
        for bad in [r#""+/9=""#, r#""-_8=""#, r#""+/8""#, r#""+/8= ""#, r#""+/8==""#, "[1]", "null"]
        {
            assert!(serde_json::from_str::<B64>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn debug_shows_no_bytes() {
        assert_eq!(format!("{:?}", B64(b"bidder".to_vec())), "B64(6 bytes)");
    }
}
