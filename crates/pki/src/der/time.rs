//! `UTCTime` and `GeneralizedTime` in the only form RFC 5280 allows: whole seconds, `Z`.

use kaibiao_types::UtcMillis;

use super::read::{DerError, Tlv};
use super::{GENERALIZED_TIME, UTC_TIME, tlv};

/// 2050-01-01T00:00:00Z: from here on times are written with four digits of the year.
const YEAR_2050: u64 = 2_524_608_000_000;

/// Reads `YYMMDDHHMMSSZ` (1970 to 2049) or `YYYYMMDDHHMMSSZ` (1970 to 9999).
///
/// Source: RFC 5280, 4.1.2.5; RFC 5652, 11.3.
pub(crate) fn read_time(time: &Tlv<'_>) -> Result<UtcMillis, DerError> {
    let (year_digits, rest) = match time.tag {
        UTC_TIME => time.value.split_at_checked(2),
        GENERALIZED_TIME => time.value.split_at_checked(4),
        other => return Err(DerError::Tag(other)),
    }
    .ok_or(DerError::Value)?;
    let year = match (time.tag, number(year_digits)?) {
        (UTC_TIME, year @ 0..50) => 2000 + year,
        (UTC_TIME, year) => 1900 + year,
        (_, year) => year,
    };
    let [month, day, hour, minute, second, zone] = split(rest)?;
    if zone != *b"Z" {
        return Err(DerError::Value);
    }
    let (month, day) = (number(month)?, number(day)?);
    let (hour, minute, second) = (number(hour)?, number(minute)?, number(second)?);
    let possible = (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=days_of(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !possible {
        return Err(DerError::Value);
    }
    let seconds = days_before(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
    UtcMillis::new(seconds * 1_000).map_err(|_| DerError::Value)
}

/// Writes an instant, cut to whole seconds: `UTCTime` before 2050, `GeneralizedTime` from then on.
///
/// An instant after the year 9999 has no encoding.
pub(crate) fn write_time(at: UtcMillis) -> Option<Vec<u8>> {
    let digits: Vec<u8> = at.rfc3339().bytes().filter(u8::is_ascii_digit).collect();
    // rfc3339 gives YYYYMMDDHHMMSSmmm in digits; more digits mean a year of five.
    let (seconds, milli) = digits.split_at_checked(14)?;
    if milli.len() != 3 {
        return None;
    }
    Some(if at.get() < YEAR_2050 {
        tlv(UTC_TIME, &[seconds.get(2..)?, b"Z"])
    } else {
        tlv(GENERALIZED_TIME, &[seconds, b"Z"])
    })
}

/// Reads `YYYYMMDDHHMMSS[.s…]Z` as time stamps have it: a fraction of at most nine digits that does
/// not end in 0. What is finer than a millisecond is cut off.
///
/// Source: RFC 3161, 2.4.2.
pub(crate) fn read_gen_time(time: &Tlv<'_>) -> Result<UtcMillis, DerError> {
    if time.tag != GENERALIZED_TIME {
        return Err(DerError::Tag(time.tag));
    }
    let Some(dot) = time.value.iter().position(|octet| *octet == b'.') else {
        return read_time(time);
    };
    let (seconds, fraction) = time.value.split_at(dot);
    let digits = fraction.strip_prefix(b".").and_then(|rest| rest.strip_suffix(b"Z"));
    let digits = digits.filter(|digits| (1..=9).contains(&digits.len()) && !digits.ends_with(b"0"));
    let digits = digits.ok_or(DerError::Value)?;
    number(digits)?;
    let padded = [digits, b"00"].concat();
    let millis = number(padded.get(..3).ok_or(DerError::Value)?)?;
    let whole = [seconds, b"Z"].concat();
    let whole = read_time(&Tlv { tag: GENERALIZED_TIME, value: &whole, raw: &[] })?;
    UtcMillis::new(whole.get() + millis).map_err(|_| DerError::Value)
}

/// Writes an instant as time stamps have it, to the millisecond; `None` after the year 9999.
pub(crate) fn write_gen_time(at: UtcMillis) -> Option<Vec<u8>> {
    let digits: Vec<u8> = at.rfc3339().bytes().filter(u8::is_ascii_digit).collect();
    let (seconds, millis) = digits.split_at_checked(14)?;
    if millis.len() != 3 {
        return None;
    }
    let zeros = millis.iter().rev().take_while(|digit| **digit == b'0').count();
    let fraction = millis.get(..3_usize.saturating_sub(zeros))?;
    let dot: &[u8] = if fraction.is_empty() { b"" } else { b"." };
    Some(tlv(GENERALIZED_TIME, &[seconds, dot, fraction, b"Z"]))
}

/// Five pairs of digits and what follows.
fn split(rest: &[u8]) -> Result<[&[u8]; 6], DerError> {
    let mut parts = rest.chunks(2);
    let mut next = || parts.next().ok_or(DerError::Value);
    let out = [next()?, next()?, next()?, next()?, next()?, next()?];
    if parts.next().is_some() { Err(DerError::Value) } else { Ok(out) }
}

fn number(digits: &[u8]) -> Result<u64, DerError> {
    digits.iter().try_fold(0, |sum, digit| match digit {
        b'0'..=b'9' => Ok(sum * 10 + u64::from(digit - b'0')),
        _ => Err(DerError::Value),
    })
}

const fn leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

const fn days_of(year: u64, month: u64) -> u64 {
    match month {
        2 if leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to this date; the year is at least 1970.
fn days_before(year: u64, month: u64, day: u64) -> u64 {
    let before = year - 1;
    let leap_days = before / 4 - before / 100 + before / 400 - 477; // 477 of them before 1970
    let months: u64 = (1..month).map(|earlier| days_of(year, earlier)).sum();
    (year - 1970) * 365 + leap_days + months + (day - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(tag: u8, text: &str) -> Result<u64, DerError> {
        read_time(&Tlv { tag, value: text.as_bytes(), raw: &[] }).map(UtcMillis::get)
    }

    #[test]
    fn known_times() {
        assert_eq!(read(UTC_TIME, "700101000000Z"), Ok(0));
        assert_eq!(read(UTC_TIME, "220705010000Z"), Ok(1_656_982_800_000));
        assert_eq!(read(UTC_TIME, "240229235959Z"), Ok(1_709_251_199_000));
        assert_eq!(read(UTC_TIME, "491231235959Z"), Ok(YEAR_2050 - 1_000));
        assert_eq!(read(GENERALIZED_TIME, "20500101000000Z"), Ok(YEAR_2050));
        assert_eq!(read(GENERALIZED_TIME, "21000301000000Z"), Ok(4_107_542_400_000));
        assert_eq!(read(GENERALIZED_TIME, "99991231235959Z"), Ok(253_402_300_799_000));
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "",
            "2207050100Z",
            "220705010000",
            "220705010000+0000",
            "220705010000Z0",
            "220705010060Z",
            "220705240000Z",
            "221305010000Z",
            "220005010000Z",
            "220700010000Z",
            "230229010000Z",
            "22070501000 Z",
            "500101000000Z",
            "690101000000Z",
        ] {
            assert_eq!(read(UTC_TIME, text), Err(DerError::Value), "{text}");
        }
        for text in ["20220705010000.5Z", "202207050100Z", "19691231235959Z", "21000229000000Z"] {
            assert_eq!(read(GENERALIZED_TIME, text), Err(DerError::Value), "{text}");
        }
    }

    #[test]
    fn fractions_of_a_second() {
        let read = |text: &str| {
            let value = text.as_bytes();
            read_gen_time(&Tlv { tag: GENERALIZED_TIME, value, raw: &[] }).map(UtcMillis::get)
        };
        assert_eq!(read("20220705010000Z"), Ok(1_656_982_800_000));
        assert_eq!(read("20220705010000.5Z"), Ok(1_656_982_800_500));
        assert_eq!(read("20220705010000.05Z"), Ok(1_656_982_800_050));
        assert_eq!(read("20220705010000.123456789Z"), Ok(1_656_982_800_123));
        for text in [
            "20220705010000.Z",
            "20220705010000.50Z",
            "20220705010000.0Z",
            "20220705010000.1234567891Z",
            "20220705010000.5",
            "20220705010000,5Z",
            "20220705010000.5+0800",
            "20220705010000.5.5Z",
            "202207050100.5Z",
            "20220705010060.5Z",
        ] {
            assert_eq!(read(text), Err(DerError::Value), "{text}");
        }
        for millis in [0, 1, 10, 100, 120, 999] {
            let at = UtcMillis::new(1_656_982_800_000 + millis).unwrap();
            let bytes = write_gen_time(at).unwrap();
            let tlv = crate::der::Reader::new(&bytes).any().unwrap();
            assert_eq!(read_gen_time(&tlv), Ok(at));
        }
        assert_eq!(write_gen_time(UtcMillis::new(253_402_300_800_000).unwrap()), None);
    }

    #[test]
    fn written_times_are_read_back() {
        for seconds in [0, 1_656_982_800, YEAR_2050 / 1_000 - 1, YEAR_2050 / 1_000, 253_402_300_799]
        {
            let at = UtcMillis::new(seconds * 1_000 + 999).unwrap();
            let bytes = write_time(at).unwrap();
            let tlv = crate::der::Reader::new(&bytes).any().unwrap();
            assert_eq!(read_time(&tlv).unwrap().get(), seconds * 1_000);
            assert_eq!(tlv.tag == UTC_TIME, at.get() < YEAR_2050);
        }
        assert_eq!(write_time(UtcMillis::new(253_402_300_800_000).unwrap()), None);
    }
}
