//! Limits on outside input. Whatever is larger is refused before it is read.

/// Bytes of one log line without its line feed. The freeze record and the price list of a tender
/// with thousands of bidders are one line each.
pub const LINE_MAX: usize = 8 << 20;
/// Bytes of an entry kind.
pub const KIND_MAX: usize = 64;
/// Greatest integer that JSON readers keep exactly: 2^53 - 1.
pub const INTEGER_MAX: u64 = (1 << 53) - 1;
/// Bytes of a signed note.
pub const NOTE_MAX: usize = 64 << 10;
/// Signature lines of a note: the log, 32 custodians, and as many strangers.
pub const NOTE_SIGNATURES_MAX: usize = 64;
/// Bytes of a key name.
pub const KEY_NAME_MAX: usize = 512;
/// Bytes of the platform's name in a log origin (a DNS name has at most 253, a port 6).
pub const PLATFORM_MAX: usize = 259;
/// Places of one tick (a place number is below 2^16).
pub const PLACES_MAX: u32 = 65_536;
/// Rules of one tick schedule.
pub const SCHEDULE_RULES_MAX: usize = 16;
/// Bytes of a receipt.
pub const RECEIPT_MAX: usize = 16 << 10;
/// Bytes of a receipt's proof: a note, one tick line, at most 16 + 64 digests.
pub const RECEIPT_PROOF_MAX: usize = 256 << 10;
/// Bytes of a progress statement: 27 parts of 64 GiB, every other slice stored.
pub const PROGRESS_MAX: usize = 2 << 20;
/// Bytes of a signed refusal.
pub const INTAKE_REFUSAL_MAX: usize = 4 << 10;
/// Bytes of the label in a refusal.
pub const LABEL_MAX: usize = 40;
