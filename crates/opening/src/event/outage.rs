//! The data of an attested outage, keys in the order in which they are written.

use kaibiao_types::{CustodianIndex, UtcMillis};
use serde::{Deserialize, Serialize};

data! {
    /// `outage-attested`: a custodian asked for the log all the time and was without a new head of it.
    /// It says nothing about bids (promise 5).
    OutageAttested {
        /// Who attests.
        custodian: CustodianIndex,
        /// The deadline that counted.
        deadline: UtcMillis,
        /// The earliest instant from which on it was surely without a new head, by its own clock.
        from: UtcMillis,
        /// Until when it surely was.
        to: UtcMillis,
        /// The custodian's CMS over the statement, DER in base64.
        cms: String,
    }
}
