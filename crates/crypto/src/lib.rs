//! Algorithms behind traits: the suite, secret types, the transcript hash, HPKE and two proofs.
//!
//! Layer 1. Everything above takes a [`Suite`] and never names an algorithm itself: suite 1 is P-256,
//! SHA-256 and AES-256-GCM, suite 0x0101 is SM2, SM3 and SM4-GCM. Points and scalars know their
//! curve. Randomness enters through [`Entropy`]; nothing here reads a clock or the system's random
//! source.
//!
//! Byte layouts: `docs/spec/seal.md` and `docs/spec/ceremony.md`.

mod aead;
mod dkg;
pub mod dleq;
mod entropy;
mod group;
mod hash;
mod hex;
pub mod hpke;
mod lock;
mod scrub;
mod secret;
mod suite;
pub mod tdh2;
pub mod xaes;

pub use aead::{Aead, AeadError, AeadKey, TAG_LEN};
pub use entropy::{Entropy, EntropyError, SecureEntropy};
pub use group::{Group, OperationError, Point, PointError, Scalar, SecretScalar, lincomb};
pub use hash::{Hash, Hasher};
pub use hex::{Hex, HexError};
pub use lock::{LockError, LockKey, Locked};
pub use scrub::scrub_stack;
pub use secret::Secret32;
pub use suite::{ExpandedKey, SUITE_1, SUITE_SM, Suite, SuiteError};
