//! The data of the event of an extended window, keys in the order in which they are written.

use kaibiao_types::{Millis, UtcMillis};
use serde::{Deserialize, Serialize};

data! {
    /// `objections-extended`.
    ObjectionsExtended {
        /// By how much.
        by_ms: Millis,
        /// The end of the window from now on.
        until: UtcMillis,
    }
}
