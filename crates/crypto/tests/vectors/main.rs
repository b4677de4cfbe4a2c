//! The vectors under `fixtures/vectors/crypto/`: made here, committed, read again, judged.
//!
//! A file is compared byte for byte with what the program makes; `UPDATE=1` writes it. Then every
//! case is judged from the committed text, as a reader in another language would. One case has one
//! fault, and `expect` is the label of the check that must find it. Secrets in these files exist
//! for tests only.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::missing_panics_doc)]

mod cases;
mod proofs;

use std::path::PathBuf;

use kaibiao_crypto::{Entropy, EntropyError, SUITE_1, SUITE_SM, Suite};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The suites, each with the end of its files' names.
pub(crate) const SUITES: [(&Suite, &str); 2] = [(&SUITE_1, ""), (&SUITE_SM, "-sm2")];

/// Gives planted bytes in order, then fails.
pub(crate) struct Planted(pub(crate) Vec<u8>);

impl Entropy for Planted {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        if self.0.len() < out.len() {
            return Err(EntropyError);
        }
        let rest = self.0.split_off(out.len());
        out.copy_from_slice(&self.0);
        self.0 = rest;
        Ok(())
    }
}

/// Compares with the committed file, then gives its content as it was read.
pub(crate) fn check<T: Serialize + DeserializeOwned>(name: &str, made: &T) -> T {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/vectors/crypto");
    let path = PathBuf::from(folder).join(name);
    let text = format!("{}\n", serde_json::to_string_pretty(made).unwrap());
    if std::env::var_os("UPDATE").is_some_and(|value| value == "1") {
        std::fs::write(&path, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    assert!(committed == text, "{name} differs from what the program makes; UPDATE=1 rewrites it");
    serde_json::from_str(&committed).unwrap()
}

pub(crate) fn hex(bytes: impl AsRef<[u8]>) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap();
    bytes.as_ref().iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| u8::try_from(char::from(byte).to_digit(16).unwrap()).unwrap();
    assert!(text.len().is_multiple_of(2));
    text.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

pub(crate) fn array<const N: usize>(text: &str) -> [u8; N] {
    unhex(text).try_into().unwrap()
}
