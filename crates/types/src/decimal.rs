//! Exact decimals for rates and percentages: whole millionths, never floating point.

use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::money::{capital_integer, numeral};

/// A decimal from 0 with at most 9 digits before the point and 6 after it.
///
/// One number has one text: no leading zeros, no zeros at the end of the decimal places, no point
/// without digits behind it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Decimal {
    millionths: u64,
}

/// A text is not an exact decimal in its one form.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("expected at most 9 digits and 6 decimal places without needless zeros, as in 3.25")]
pub struct DecimalError;

const PLACES: usize = 6;
const WHOLE_DIGITS: usize = 9;
const ONE: u64 = 1_000_000;

impl Decimal {
    /// Reads `0`, `12` or `3.25`.
    ///
    /// # Errors
    ///
    /// [`DecimalError`] on signs, separators, exponents, too many digits, or another form of the same
    /// number.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        let (whole, fraction) = match text.split_once('.') {
            None => (text, ""),
            Some((_, "")) => return Err(DecimalError),
            Some(parts) => parts,
        };
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let bounded = (1..=WHOLE_DIGITS).contains(&whole.len()) && fraction.len() <= PLACES;
        let plain = (whole == "0" || !whole.starts_with('0')) && !fraction.ends_with('0');
        if !bounded || !plain || !digits(whole) || !digits(fraction) {
            return Err(DecimalError);
        }
        let whole: u64 = whole.parse().map_err(|_| DecimalError)?;
        let fraction: u64 = format!("{fraction:0<6}").parse().map_err(|_| DecimalError)?;
        // At most 9 digits: far below the limit of a u64.
        Ok(Self { millionths: whole.saturating_mul(ONE).saturating_add(fraction) })
    }

    /// How it is said in Chinese: 三点二五.
    pub fn spoken(self) -> String {
        let whole = self.millionths / ONE;
        let mut said = if whole == 0 { "零".to_owned() } else { plain(&capital_integer(whole)) };
        // 一十二 is said 十二.
        if let Some(rest) = said.strip_prefix("一十") {
            said = ["十", rest].concat();
        }
        if let Some((_, fraction)) = self.to_string().split_once('.') {
            said.push('点');
            let digit = |byte: u8| numeral(u64::from(byte.saturating_sub(b'0')));
            said.push_str(&plain(&fraction.bytes().map(digit).collect::<String>()));
        }
        said
    }
}

/// Capital numerals as they are said and written in a sentence.
fn plain(capital: &str) -> String {
    let one = |c| match c {
        '壹' => '一',
        '贰' => '二',
        '叁' => '三',
        '肆' => '四',
        '伍' => '五',
        '陆' => '六',
        '柒' => '七',
        '捌' => '八',
        '玖' => '九',
        '拾' => '十',
        '佰' => '百',
        '仟' => '千',
        other => other,
    };
    capital.chars().map(one).collect()
}

impl fmt::Display for Decimal {
    /// The one text: `3.25`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.millionths / ONE, self.millionths % ONE);
        if fraction == 0 {
            return write!(f, "{whole}");
        }
        let digits = format!("{fraction:06}");
        write!(f, "{whole}.{}", digits.trim_end_matches('0'))
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_has_one_text() {
        for good in ["0", "1", "3.25", "0.95", "100", "0.000001", "999999999.999999", "10.5"] {
            assert_eq!(Decimal::parse(good).unwrap().to_string(), good);
        }
        for bad in [
            "",
            ".",
            "1.",
            ".5",
            "01",
            "00",
            "1.0",
            "1.50",
            "-1",
            "+1",
            "1e3",
            "1,000",
            " 1",
            "1 ",
            "1.1.1",
            "１",
            "1%",
            "0.0000001",
            "1000000000",
            "NaN",
            "1.2a",
        ] {
            assert_eq!(Decimal::parse(bad), Err(DecimalError), "{bad}");
        }
    }

    #[test]
    fn decimals_are_ordered_by_value() {
        let mut list: Vec<Decimal> =
            ["10", "9.99", "0.5", "10.000001"].iter().map(|t| Decimal::parse(t).unwrap()).collect();
        list.sort();
        let texts: Vec<String> = list.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["0.5", "9.99", "10", "10.000001"]);
    }

    #[test]
    fn decimals_are_said() {
        for (text, said) in [
            ("0", "零"),
            ("0.5", "零点五"),
            ("3.25", "三点二五"),
            ("10", "十"),
            ("12.05", "十二点零五"),
            ("20", "二十"),
            ("100", "一百"),
            ("110", "一百一十"),
            ("1001.1", "一千零一点一"),
            ("105000", "十万五千"),
        ] {
            assert_eq!(Decimal::parse(text).unwrap().spoken(), said, "{text}");
        }
    }
}
