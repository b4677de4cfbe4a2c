//! The data of the event of a corrected record, keys in the order in which they are written.

use kaibiao_types::Digest;
use serde::{Deserialize, Serialize};

data! {
    /// `record-corrected`.
    RecordCorrected {
        /// Number of the version: 2 or more.
        no: u32,
        /// Why, in the host's words.
        reason: String,
        /// SHA-256 of the version before.
        previous: Digest,
        /// SHA-256 of the exact bytes of this version.
        sha256: Digest,
    }
}
