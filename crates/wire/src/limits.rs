//! Limits on what comes from outside.

use kaibiao_types::Millis;

/// Bytes of a whole upload slice: 32 chunks of 2^18 bytes and their tags (ruling 3). Slice 0 is longer by
/// the header of the sealed file, the last slice is shorter.
pub const SLICE_LEN: u64 = 32 * ((1 << 18) + 16);

/// The most bytes a JSON request body may have: 16 MiB.
///
/// The largest is a set of partial decryptions for a few thousand bids.
pub const BODY_LEN_MAX: usize = 16 << 20;

/// The most bytes a room frame may have: 64 MiB. All prices stand in one log line (promise 6).
pub const FRAME_LEN_MAX: usize = 64 << 20;

/// The most bytes of a text that people type, such as the detail of a problem: 4 KiB.
pub const TEXT_LEN_MAX: usize = 4 << 10;

/// How often an idle room sends a heartbeat: 15 s. A client that hears nothing for three of them
/// connects again.
pub const HEARTBEAT_EVERY: Millis = Millis::from_secs(15);
