//! When a custodian signs its journal.

use core::fmt;

use serde::{Deserialize, Serialize};

/// The two moments at which a custodian signs its journal and hands it over (ruling 19).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JournalMoment {
    /// After it countersigned the freeze.
    Freeze,
    /// After the end of the opening, its share being destroyed.
    Close,
}

impl JournalMoment {
    /// The word used in JSON and in what is signed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Freeze => "freeze",
            Self::Close => "close",
        }
    }
}

impl fmt::Display for JournalMoment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
