//! Bounds on what a stranger can make this crate read.

/// The longest first-round message, in bytes. Ours have no application payload: 32 custodians with
/// k = 32 need 2,946 bytes, so the rest is room for messages of other programs.
pub const MESSAGE_MAX: usize = 256 * 1024;

/// The shortest encrypted share, in bytes: a scalar and a tag.
pub(crate) const CIPHERTEXT_MIN: u64 = 48;

/// The longest encrypted share, in bytes (the specification asks to allow at least 65,536).
pub(crate) const CIPHERTEXT_MAX: u64 = 65_536;

/// The longest ceremony record, in bytes.
pub(crate) const RECORD_MAX: usize = 256 * 1024;

/// The longest ceremony bundle (record, signatures, transcript, rehearsals), in bytes.
pub(crate) const BUNDLE_MAX: usize = 4 * 1024 * 1024;

/// The most rehearsals of one ceremony (ruling 15).
pub(crate) const REHEARSALS_MAX: usize = 3;
