//! Instants and spans in whole milliseconds. Nothing here reads a clock.

use core::fmt;

use serde::{Deserialize, Serialize};

/// An instant: milliseconds since the Unix epoch, UTC, at most 2^53 - 1 (a safe integer in JSON).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct UtcMillis(u64);

/// A span: whole milliseconds, at most 2^53 - 1.
#[derive(
    Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize,
)]
#[serde(try_from = "u64", into = "u64")]
pub struct Millis(u64);

/// A count of milliseconds does not fit a safe JSON integer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("milliseconds above 2^53 - 1")]
pub struct TimeError;

const MAX: u64 = (1 << 53) - 1;

impl UtcMillis {
    /// The Unix epoch.
    pub const EPOCH: Self = Self(0);

    /// An instant from milliseconds since the Unix epoch.
    ///
    /// # Errors
    ///
    /// [`TimeError`] above 2^53 - 1.
    pub const fn new(millis: u64) -> Result<Self, TimeError> {
        if millis > MAX { Err(TimeError) } else { Ok(Self(millis)) }
    }

    /// Milliseconds since the Unix epoch.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// How long after `earlier` this instant is; `None` if it is before it.
    ///
    /// An equal instant gives zero, so `at.since(deadline).is_none()` means "in time".
    pub const fn since(self, earlier: Self) -> Option<Millis> {
        match self.0.checked_sub(earlier.0) {
            Some(span) => Some(Millis(span)),
            None => None,
        }
    }

    /// This instant plus a span, held at the greatest instant.
    #[must_use]
    pub const fn plus(self, span: Millis) -> Self {
        let sum = self.0.saturating_add(span.0);
        Self(if sum > MAX { MAX } else { sum })
    }

    /// This instant minus a span, held at the epoch.
    #[must_use]
    pub const fn minus(self, span: Millis) -> Self {
        Self(self.0.saturating_sub(span.0))
    }

    /// `2026-11-22 09:00:00.000` in Beijing time (UTC+8), the form shown to people in China.
    pub fn beijing(self) -> String {
        let shifted = self.0.saturating_add(8 * 3_600_000);
        let (date, clock) = civil(shifted);
        format!("{date} {clock}")
    }

    /// `2026-11-22T01:00:00.000Z` (RFC 3339, UTC).
    pub fn rfc3339(self) -> String {
        let (date, clock) = civil(self.0);
        format!("{date}T{clock}Z")
    }
}

/// Date and time of day of a count of milliseconds since 1970-01-01 (proleptic Gregorian calendar;
/// H. Hinnant, "chrono-compatible low-level date algorithms").
fn civil(millis: u64) -> (String, String) {
    let (days, of_day) = (millis / 86_400_000, millis % 86_400_000);
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute) = (of_day / 3_600_000, of_day / 60_000 % 60);
    let (second, milli) = (of_day / 1_000 % 60, of_day % 1_000);
    (
        format!("{year:04}-{month:02}-{day:02}"),
        format!("{hour:02}:{minute:02}:{second:02}.{milli:03}"),
    )
}

impl Millis {
    /// The greatest span: 2^53 - 1.
    pub const MAX: Self = Self(MAX);
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A span of whole milliseconds.
    ///
    /// # Errors
    ///
    /// [`TimeError`] above 2^53 - 1.
    pub const fn new(millis: u64) -> Result<Self, TimeError> {
        if millis > MAX { Err(TimeError) } else { Ok(Self(millis)) }
    }

    /// A span of whole seconds.
    pub const fn from_secs(seconds: u32) -> Self {
        // u32::MAX seconds are 2^42 milliseconds: always below the limit. `as` is a lossless
        // widening here; `u64::from` is not usable in a const function.
        #[allow(clippy::as_conversions, clippy::cast_lossless)]
        Self(seconds as u64 * 1_000)
    }

    /// Whole milliseconds.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for UtcMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03} s", self.0 / 1_000, self.0 % 1_000)
    }
}

impl TryFrom<u64> for UtcMillis {
    type Error = TimeError;
    fn try_from(millis: u64) -> Result<Self, TimeError> {
        Self::new(millis)
    }
}

impl From<UtcMillis> for u64 {
    fn from(at: UtcMillis) -> Self {
        at.0
    }
}

impl TryFrom<u64> for Millis {
    type Error = TimeError;
    fn try_from(millis: u64) -> Result<Self, TimeError> {
        Self::new(millis)
    }
}

impl From<Millis> for u64 {
    fn from(span: Millis) -> Self {
        span.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> UtcMillis {
        UtcMillis::new(millis).unwrap()
    }

    #[test]
    fn the_deadline_itself_is_not_before_it() {
        assert_eq!(at(1_000).since(at(1_000)), Some(Millis::ZERO));
        assert_eq!(at(999).since(at(1_000)), None);
    }

    #[test]
    fn known_dates() {
        // 5 July 2022, 09:00 Beijing time; leap day; end of century; last safe millisecond.
        assert_eq!(at(1_656_982_800_000).beijing(), "2022-07-05 09:00:00.000");
        assert_eq!(at(1_709_164_799_999).rfc3339(), "2024-02-28T23:59:59.999Z");
        assert_eq!(at(1_709_164_800_000).rfc3339(), "2024-02-29T00:00:00.000Z");
        assert_eq!(at(4_107_542_399_000).rfc3339(), "2100-02-28T23:59:59.000Z");
        assert_eq!(at(4_107_542_400_000).rfc3339(), "2100-03-01T00:00:00.000Z");
        assert_eq!(UtcMillis::EPOCH.rfc3339(), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn beyond_a_safe_integer_is_refused() {
        assert_eq!(UtcMillis::new(1 << 53), Err(TimeError));
        assert!(serde_json::from_str::<UtcMillis>("9007199254740992").is_err());
        assert!(serde_json::from_str::<UtcMillis>("-1").is_err());
        assert_eq!(at(MAX).plus(Millis::from_secs(1)).get(), MAX);
    }
}
