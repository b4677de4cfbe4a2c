//! The data of the event of a decided fault, keys in the order in which they are written.

use kaibiao_types::{Fault, OrgCode, Part};
use serde::{Deserialize, Serialize};

data! {
    /// `fault-decided`.
    FaultDecided {
        /// Whose bid did not open.
        bidder: OrgCode,
        /// Which part of it.
        part: Part,
        /// What is decided; `undetermined`: it is left open, and this is said.
        fault: Fault,
        /// Why, in the host's words.
        text: String,
    }
}
