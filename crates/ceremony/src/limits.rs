//! Bounds on what a stranger can make this crate read.

/// The longest first-round message, in bytes: 32 custodians with the longest ciphertexts fit.
pub const MESSAGE_MAX: usize = 256 * 1024;

/// The longest encrypted share, in bytes (the specification asks to allow at least 65,536).
pub(crate) const CIPHERTEXT_MAX: u64 = 65_536;

/// The longest ceremony record, in bytes.
pub(crate) const RECORD_MAX: usize = 256 * 1024;

/// The longest ceremony bundle (record, signatures, transcript, rehearsals), in bytes.
pub(crate) const BUNDLE_MAX: usize = 4 * 1024 * 1024;
