//! Tokens of PKCS#11: devices and services that make keys they never give out.
//!
//! Layer 4, for processes: a [`Token`] loads the module of its maker into this process, finds the one
//! token of a label and logs in, once. What is done in its session is for the crates above, but for
//! signing: a [`TokenSigner`] is a [`Signer`](kaibiao_pki::Signer) whose key stays on the token.

mod error;
mod link;
mod objects;
mod signer;
mod token;

pub use error::TokenError;
pub use signer::TokenSigner;
pub use token::{PIN_MAX, Token, TokenConfig, TokenPin, TokenPinError};
