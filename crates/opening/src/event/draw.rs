//! The data of the events of a draw, keys in the order in which they are written.

use kaibiao_types::{CustodianIndex, Digest};
use serde::{Deserialize, Serialize};

data! {
    /// `draw-started`.
    DrawStarted {
        /// Which draw of the tender file.
        no: u32,
    }

    /// `draw-partial`: the point of the draw, raised by one custodian, with its proof.
    DrawPartial {
        /// Who raised it.
        custodian: CustodianIndex,
        /// Which draw.
        no: u32,
        /// The freeze that the point is made of.
        freeze_id: Digest,
        /// SHA-256 of the custodian's exact message.
        sha256: Digest,
        /// The point, 66 hexadecimal digits.
        d: String,
        /// The proof's challenge, 64 hexadecimal digits.
        c: String,
        /// The proof's answer, 64 hexadecimal digits.
        z: String,
    }

    /// `draw-made`.
    DrawMade {
        /// Which draw.
        no: u32,
        /// Position of the value among those of the tender file, from 0.
        index: u64,
        /// The value, as it stands in the tender file.
        value: String,
        /// The custodians whose proofs did not hold, ascending.
        dropped: Vec<CustodianIndex>,
    }

    /// `draw-failed`.
    DrawFailed {
        /// Which draw.
        no: u32,
        /// The custodians whose proofs did not hold, ascending.
        dropped: Vec<CustodianIndex>,
    }
}
