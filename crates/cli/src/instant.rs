//! Instants as people write and read them.

use kaibiao_types::{Millis, UtcMillis};

/// An instant on the command line: RFC 3339 with an offset, or `+30s`, `+5m`, `+2h`, `+7d` from now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Instant {
    /// A fixed instant.
    At(UtcMillis),
    /// So long from now.
    In(Millis),
}

impl Instant {
    /// The instant, counted from `now`.
    pub(crate) const fn from(self, now: UtcMillis) -> UtcMillis {
        match self {
            Self::At(at) => at,
            Self::In(span) => now.plus(span),
        }
    }

    /// Reads the text of a command line.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        match text.strip_prefix('+') {
            Some(span) => parse_span(span).map(Self::In),
            None => parse_instant(text).map(Self::At),
        }
    }
}

/// Reads RFC 3339 with an offset.
pub(crate) fn parse_instant(text: &str) -> Result<UtcMillis, String> {
    let wrong = || format!("{text:?} is no instant; write 2026-07-05T09:00:00+08:00 or +30s");
    let at: jiff::Timestamp = text.parse().map_err(|_| wrong())?;
    let millis = u64::try_from(at.as_millisecond()).map_err(|_| wrong())?;
    UtcMillis::new(millis).map_err(|_| wrong())
}

/// Reads `500ms`, `30s`, `5m`, `2h` or `7d`.
pub(crate) fn parse_span(text: &str) -> Result<Millis, String> {
    let wrong = || format!("{text:?} is no span of time; write 500ms, 30s, 5m, 2h or 7d");
    let split = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let (digits, unit) = text.split_at(split);
    let factor: u64 = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(wrong()),
    };
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    let millis = number.checked_mul(factor).ok_or_else(wrong)?;
    Millis::new(millis).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_and_spans() {
        let now = UtcMillis::new(1_000).unwrap();
        assert_eq!(Instant::parse("+30s").unwrap().from(now).get(), 31_000);
        assert_eq!(Instant::parse("+500ms").unwrap().from(now).get(), 1_500);
        let at = Instant::parse("2022-07-05T09:00:00+08:00").unwrap();
        assert_eq!(at.from(now).get(), 1_656_982_800_000);
        for bad in [
            "",
            "+",
            "30s",
            "+s",
            "+30",
            "+30y",
            "+-1s",
            "2022-07-05",
            "2022-07-05T09:00:00",
            "1900-01-01T00:00:00Z",
            "+99999999999999999d",
        ] {
            assert!(Instant::parse(bad).is_err(), "{bad}");
        }
    }
}
