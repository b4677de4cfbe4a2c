//! Strict JSON: what is signed has one reading.
//!
//! Refused beside bad syntax: duplicate keys at any depth, fractions, exponents, negative numbers,
//! integers above 2^53 - 1, unknown and missing keys, an array in place of an object.

use core::fmt;

use serde::de::{self, DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::limits;

/// Why bytes are not the JSON that a format asks for.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// The keys are not exactly those of the format (one is missing, or an array is in place of an
    /// object).
    #[error("the JSON does not have exactly the form of the format")]
    Form,
    /// Not strict JSON, or a value of the wrong type; the text says where.
    #[error("{0}")]
    Syntax(String),
    /// More bytes than the format allows.
    #[error("{len} bytes, at most {max} are allowed")]
    TooLong {
        /// Bytes received.
        len: usize,
        /// Bytes allowed.
        max: usize,
    },
}

/// Reads one strict JSON value of at most `max` bytes.
pub(crate) fn value(bytes: &[u8], max: usize) -> Result<Value, JsonError> {
    if bytes.len() > max {
        return Err(JsonError::TooLong { len: bytes.len(), max });
    }
    serde_json::from_slice::<Strict>(bytes).map(|strict| strict.0).map_err(|e| syntax(&e))
}

/// Gives a strict value its type.
pub(crate) fn typed<T: DeserializeOwned>(value: Value) -> Result<T, JsonError> {
    serde_json::from_value(value).map_err(|e| syntax(&e))
}

/// Compares what was received with what the typed value would be written as.
pub(crate) fn same_form<T: Serialize>(typed: &T, received: &Value) -> Result<(), JsonError> {
    match serde_json::to_value(typed) {
        Ok(written) if written == *received => Ok(()),
        _ => Err(JsonError::Form),
    }
}

/// Compact JSON of a value of this crate.
pub(crate) fn bytes<T: Serialize>(value: &T) -> Vec<u8> {
    // The types of this crate have string keys only and no failing serializer, the two causes for
    // which serde_json can refuse to write to memory. An empty text is refused by every reader.
    serde_json::to_vec(value).unwrap_or_default()
}

fn syntax(error: &serde_json::Error) -> JsonError {
    JsonError::Syntax(error.to_string())
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON with unique keys and whole numbers from 0 to 2^53 - 1")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        if value > limits::SAFE_INTEGER {
            return Err(E::invalid_value(de::Unexpected::Unsigned(value), &self));
        }
        Ok(Value::from(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(item)) = seq.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(de::Error::custom(format_args!("duplicate key `{key}`")));
            }
            let Strict(item) = access.next_value()?;
            map.insert(key, item);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_reading_only() {
        assert!(value(br#" {"a":[1,null,true,"x"]} "#, 64).is_ok());
        for bad in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":{"b":1,"b":2}}"#,
            "1.0",
            "1e3",
            "-1",
            "-0",
            "9007199254740992",
            "{} {}",
            "{}x",
            "\u{feff}{}",
            "{'a':1}",
            "",
            "NaN",
            r#"{"a":1,}"#,
        ] {
            assert!(value(bad.as_bytes(), 64).is_err(), "{bad}");
        }
        assert_eq!(value(b"[1,2]", 4), Err(JsonError::TooLong { len: 5, max: 4 }));
        assert!(value(b"\"\xff\"", 64).is_err());
    }
}
