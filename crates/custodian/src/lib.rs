//! The time-locked decryption service: key store, clock discipline, intent journal.
//!
//! Layer 6: a process around the pure rules of `kaibiao-custody`. It dials out to the hall, opens no
//! port, and believes only what it has replayed itself from a log that it cosigned. Every act is in
//! its journal, on the disk, before it is done. Formats and rules: `docs/spec/custodian.md`.
//!
//! - [`KeyStore`]: secrets under a [`Passphrase`] or the keys of a token, journal, copy of the log
//! - [`Config`], [`Custodian::new`], [`Custodian::run`]: the service
//! - [`harden`]: no core dumps, no tracing, locked memory; called before any secret is read
//! - [`Clock`], [`SystemClock`]: the only source of time there is

mod asking;
mod backoff;
mod clock;
mod config;
mod custodian;
mod duty;
mod hall;
mod hardening;
mod keys;
mod shared;
mod words;
mod worker;

pub use clock::{Clock, SystemClock};
pub use config::{Config, CustodianError, PACE_MIN, Pace, load_identity};
pub use custodian::Custodian;
pub use hardening::{HardeningError, MemoryLock, harden};
pub use keys::{
    ARGON2_LANES, ARGON2_MEMORY_KIB, ARGON2_PASSES, KEY_FILE_MAGIC, KEY_FILE_VERSION, KeyStore,
    KeyStoreError, PASSPHRASE_MAX, Passphrase, PassphraseError, Protection, RecoverShareError,
    TOKEN_FILE_VERSION, open_token,
};
