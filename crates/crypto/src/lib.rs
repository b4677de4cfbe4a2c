//! Algorithms behind traits: the suite, secret types, the transcript hash, HPKE and two proofs.
//!
//! Layer 1. Everything above takes a [`Suite`] and never names an algorithm itself, so that the
//! suite of SM2, SM3 and SM4-GCM (0x0101) is an addition here and nowhere else. Randomness enters
//! through [`Entropy`]; nothing here reads a clock or the system's random source.
//!
//! Byte layouts: `docs/spec/seal.md` and `docs/spec/ceremony.md`.

mod aead;
pub mod dleq;
mod entropy;
mod group;
mod hash;
mod hex;
pub mod hpke;
mod secret;
mod suite;
pub mod tdh2;
pub mod xaes;

pub use aead::{Aead, AeadError, AeadKey, TAG_LEN};
pub use entropy::{Entropy, EntropyError, SecureEntropy};
pub use group::{Group, Point, PointError, Scalar, SecretScalar, lincomb};
pub use hash::{Hash, Hasher};
pub use hex::{Hex, HexError};
pub use secret::Secret32;
pub use suite::{SUITE_1, Suite, SuiteError};
