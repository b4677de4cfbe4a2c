//! k of n: how many custodians exist and how many must act together.

use serde::{Deserialize, Serialize};

/// k of n custodians, with `1 <= k <= n <= 32` and `2k > n` (so two disjoint quorums cannot exist).
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Raw", into = "Raw")]
pub struct Threshold {
    n: u16,
    k: u16,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    n: u16,
    k: u16,
}

/// Why a pair (n, k) is not a custody threshold.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ThresholdError {
    /// k is zero or above n.
    #[error("k = {k} is not between 1 and n = {n}")]
    OutOfRange {
        /// Custodians in all.
        n: u16,
        /// Custodians needed.
        k: u16,
    },
    /// Two disjoint groups of k custodians would exist.
    #[error("2k must be greater than n (n = {n}, k = {k})")]
    TwoQuorums {
        /// Custodians in all.
        n: u16,
        /// Custodians needed.
        k: u16,
    },
    /// More than 32 custodians.
    #[error("n = {n} is more than 32 custodians")]
    TooMany {
        /// Custodians in all.
        n: u16,
    },
}

impl Threshold {
    /// The most custodians one ceremony may have.
    pub const N_MAX: u16 = 32;

    /// k of n.
    ///
    /// # Errors
    ///
    /// [`ThresholdError`] names the rule that is broken.
    pub const fn new(n: u16, k: u16) -> Result<Self, ThresholdError> {
        if k == 0 || k > n {
            return Err(ThresholdError::OutOfRange { n, k });
        }
        if n > Self::N_MAX {
            return Err(ThresholdError::TooMany { n });
        }
        if 2 * k <= n {
            return Err(ThresholdError::TwoQuorums { n, k });
        }
        Ok(Self { n, k })
    }

    /// Custodians in all.
    pub const fn n(self) -> u16 {
        self.n
    }

    /// Custodians that must act together.
    pub const fn k(self) -> u16 {
        self.k
    }

    /// Signatures that make a freeze: `ceil((n + k) / 2)`, so that k - 1 double signers cannot make
    /// two freezes (ruling 11: n=3,k=2: 3; n=5,k=3: 4).
    pub const fn freeze_quorum(self) -> u16 {
        (self.n + self.k).div_ceil(2)
    }
}

impl TryFrom<Raw> for Threshold {
    type Error = ThresholdError;
    fn try_from(raw: Raw) -> Result<Self, ThresholdError> {
        Self::new(raw.n, raw.k)
    }
}

impl From<Threshold> for Raw {
    fn from(threshold: Threshold) -> Self {
        Self { n: threshold.n, k: threshold.k }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quorums_of_the_rulings() {
        assert_eq!(Threshold::new(3, 2).unwrap().freeze_quorum(), 3);
        assert_eq!(Threshold::new(5, 3).unwrap().freeze_quorum(), 4);
        assert_eq!(Threshold::new(1, 1).unwrap().freeze_quorum(), 1);
    }

    #[test]
    fn refuses_what_would_break_a_promise() {
        assert_eq!(Threshold::new(4, 2), Err(ThresholdError::TwoQuorums { n: 4, k: 2 }));
        assert_eq!(Threshold::new(3, 0), Err(ThresholdError::OutOfRange { n: 3, k: 0 }));
        assert_eq!(Threshold::new(2, 3), Err(ThresholdError::OutOfRange { n: 2, k: 3 }));
        assert_eq!(Threshold::new(33, 17), Err(ThresholdError::TooMany { n: 33 }));
        assert!(serde_json::from_str::<Threshold>(r#"{"n":5,"k":2}"#).is_err());
    }
}
