//! The key store: what a custodian keeps on its disk, and how it survives a crash.

mod error;
mod files;
mod folder;
mod journal;
mod lines;
mod passphrase;
mod protection;
mod recover;
mod sealed;
mod sealed_token;
mod store;
#[cfg(test)]
mod tests;
mod token_key;

pub use error::KeyStoreError;
pub(crate) use folder::{Aside, LotFolder, Text};
pub(crate) use journal::{IntentState, Journal};
pub(crate) use lines::LineFile;
pub use passphrase::{PASSPHRASE_MAX, Passphrase, PassphraseError};
pub use protection::Protection;
pub use recover::RecoverShareError;
pub use sealed::{
    ARGON2_LANES, ARGON2_MEMORY_KIB, ARGON2_PASSES, KEY_FILE_MAGIC, KEY_FILE_VERSION,
    TOKEN_FILE_VERSION,
};
pub use store::KeyStore;
pub use token_key::open_token;
