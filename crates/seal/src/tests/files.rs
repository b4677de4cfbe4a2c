//! Reading and writing the vectors under `fixtures/vectors/seal/`.

use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub(crate) fn path(name: &str) -> PathBuf {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../");
    PathBuf::from(root).join(name)
}

fn vector_path(name: &str) -> PathBuf {
    path("fixtures/vectors/seal").join(name)
}

/// Compares what the program makes with the committed file, byte for byte. With `UPDATE=1` the file
/// is written instead.
pub(crate) fn check(name: &str, made: &impl Serialize) {
    let text = format!("{}\n", serde_json::to_string_pretty(made).unwrap());
    let path = vector_path(name);
    if std::env::var_os("UPDATE").is_some_and(|value| value == "1") {
        std::fs::write(&path, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    assert!(committed == text, "{name} differs from what the program makes; UPDATE=1 rewrites it");
}

pub(crate) fn read<T: DeserializeOwned>(name: &str) -> T {
    serde_json::from_slice(&std::fs::read(vector_path(name)).unwrap()).unwrap()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        text.chars().map(|digit| u8::try_from(digit.to_digit(16).unwrap()).unwrap()).collect();
    assert!(digits.len().is_multiple_of(2));
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

#[derive(Deserialize)]
struct Keys {
    keys: Vec<Key>,
}

/// A test key of a bidder lock.
#[derive(Deserialize)]
pub(crate) struct Key {
    name: String,
    pkcs8: String,
    spki: String,
}

impl Key {
    pub(crate) fn pkcs8(&self) -> Vec<u8> {
        unhex(&self.pkcs8)
    }

    pub(crate) fn spki(&self) -> Vec<u8> {
        unhex(&self.spki)
    }
}

pub(crate) fn key(name: &str) -> Key {
    let all: Keys = read("bidder-keys.json");
    all.keys.into_iter().find(|key| key.name == name).unwrap()
}
