//! The vectors under `fixtures/vectors/ceremony/`: made here, committed, read again, judged.
//!
//! A file is compared byte for byte with what the program makes; `UPDATE=1` writes it. Then every
//! case is judged from the committed text, as a reader in another language would. One case has one
//! fault, and `expect` is the label of the check that must find it. Secrets in these files exist
//! for tests only.

mod opening;
mod records;

use std::path::PathBuf;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) fn root(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(name)
}

/// Compares with the committed file, then gives its content as it was read.
pub(crate) fn check<T: Serialize + DeserializeOwned>(name: &str, made: &T) -> T {
    let path = root("fixtures/vectors/ceremony").join(name);
    let text = format!("{}\n", serde_json::to_string_pretty(made).unwrap());
    if std::env::var_os("UPDATE").is_some_and(|value| value == "1") {
        std::fs::write(&path, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    assert!(committed == text, "{name} differs from what the program makes; UPDATE=1 rewrites it");
    serde_json::from_str(&committed).unwrap()
}
