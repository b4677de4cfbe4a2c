//! Money: whole minor units of a currency, never a fraction, never floating point.

use core::fmt;

use serde::{Deserialize, Serialize};

/// The currencies a tender may use. Minor unit: 1/100.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Currency {
    /// 人民币元; the minor unit is 分 (fen).
    Cny,
    /// United States dollar; the minor unit is the cent.
    Usd,
}

/// An amount of 0 to 2^53 - 1 minor units (fen, cents) of one currency.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Raw", into = "Raw")]
pub struct Money {
    minor: u64,
    currency: Currency,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    minor: u64,
    currency: Currency,
}

/// Why a text or number is not an amount.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum MoneyError {
    /// Above 2^53 - 1 minor units.
    #[error("amount above 2^53 - 1 minor units")]
    TooLarge,
    /// Not digits with at most two decimal places.
    #[error("expected digits with at most two decimal places, as in 132045600.00")]
    Syntax,
}

const MAX: u64 = (1 << 53) - 1;

impl Currency {
    /// The sign written before the figures.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Cny => "¥",
            Self::Usd => "$",
        }
    }
}

impl Money {
    /// An amount of whole minor units.
    ///
    /// # Errors
    ///
    /// [`MoneyError::TooLarge`] above 2^53 - 1.
    pub const fn new(minor: u64, currency: Currency) -> Result<Self, MoneyError> {
        if minor > MAX { Err(MoneyError::TooLarge) } else { Ok(Self { minor, currency }) }
    }

    /// Whole fen.
    ///
    /// # Errors
    ///
    /// [`MoneyError::TooLarge`] above 2^53 - 1.
    pub const fn fen(fen: u64) -> Result<Self, MoneyError> {
        Self::new(fen, Currency::Cny)
    }

    /// Reads `1431388.9`, `1431388.90` or `1431388` in major units.
    ///
    /// # Errors
    ///
    /// [`MoneyError`] if the text has signs, separators, more than two decimals, or is too large.
    pub fn parse_major(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(decimals) || decimals.len() > 2 {
            return Err(MoneyError::Syntax);
        }
        let whole: u64 = whole.parse().map_err(|_| MoneyError::TooLarge)?;
        let cents: u64 = format!("{decimals:0<2}").parse().map_err(|_| MoneyError::Syntax)?;
        let minor = whole.checked_mul(100).and_then(|w| w.checked_add(cents));
        Self::new(minor.ok_or(MoneyError::TooLarge)?, currency)
    }

    /// Whole minor units.
    pub const fn minor(self) -> u64 {
        self.minor
    }

    /// The currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// The sum of two amounts; `None` if currencies differ or the sum is too large.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        if self.currency != other.currency {
            return None;
        }
        Self::new(self.minor.checked_add(other.minor)?, self.currency).ok()
    }

    /// The amount in capital Chinese numerals (大写), as the opening record prints it: 壹亿叁仟贰佰元整.
    ///
    /// # Source
    ///
    /// 支付结算办法 附一《正确填写票据和结算凭证的基本规定》: 整 after 元 or 角, 零 for a gap.
    pub fn capital(self) -> String {
        let (whole, jiao, fen) = (self.minor / 100, self.minor / 10 % 10, self.minor % 10);
        let unit = match self.currency {
            Currency::Cny => "元",
            Currency::Usd => "美元",
        };
        let nothing = whole == 0 && jiao == 0 && fen == 0;
        // 伍角整 is an amount of yuan; another currency has to be named: 零美元伍角整.
        let integer = match whole {
            0 if nothing || self.currency != Currency::Cny => format!("零{unit}"),
            0 => String::new(),
            whole => capital_integer(whole) + unit,
        };
        let decimals = match (jiao, fen) {
            (0, 0) => "整".to_owned(),
            (0, fen) if integer.is_empty() => format!("{}分", numeral(fen)),
            (0, fen) => format!("零{}分", numeral(fen)),
            (jiao, 0) => format!("{}角整", numeral(jiao)),
            (jiao, fen) => format!("{}角{}分", numeral(jiao), numeral(fen)),
        };
        integer + &decimals
    }
}

pub(crate) const fn numeral(digit: u64) -> char {
    match digit {
        1 => '壹',
        2 => '贰',
        3 => '叁',
        4 => '肆',
        5 => '伍',
        6 => '陆',
        7 => '柒',
        8 => '捌',
        9 => '玖',
        _ => '零',
    }
}

/// A positive integer in capital numerals, groups of four digits with 万, 亿, 万亿.
pub(crate) fn capital_integer(number: u64) -> String {
    let groups = [(1_000_000_000_000, "万亿"), (100_000_000, "亿"), (10_000, "万"), (1, "")];
    let mut out = String::new();
    let mut gap = false; // a zero is owed before the next non-zero digit
    for (size, name) in groups {
        let group = number / size % 10_000;
        if group == 0 {
            gap = gap || !out.is_empty();
            // 万亿 followed by an empty 亿 group still needs its 亿: it is in the name already.
            continue;
        }
        for (place, unit) in [(1_000, "仟"), (100, "佰"), (10, "拾"), (1, "")] {
            let digit = group / place % 10;
            if digit == 0 {
                gap = gap || !out.is_empty();
                continue;
            }
            if gap {
                out.push('零');
                gap = false;
            }
            out.push(numeral(digit));
            out.push_str(unit);
        }
        out.push_str(name);
        // 壹拾万元 has no 零 after 万; a gap inside the next group is found again there.
        gap = false;
    }
    // 万亿 and 亿 groups both present read 万…亿: "壹万亿贰仟亿" becomes "壹万贰仟亿".
    match (number / 1_000_000_000_000, number / 100_000_000 % 10_000) {
        (1.., 1..) => out.replacen("万亿", "万", 1),
        _ => out,
    }
}

impl fmt::Display for Money {
    /// `¥132,045,600.00`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = (self.minor / 100).to_string();
        f.write_str(self.currency.sign())?;
        for (position, digit) in whole.chars().enumerate() {
            if position > 0 && (whole.len() - position).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        write!(f, ".{:02}", self.minor % 100)
    }
}

impl TryFrom<Raw> for Money {
    type Error = MoneyError;
    fn try_from(raw: Raw) -> Result<Self, MoneyError> {
        Self::new(raw.minor, raw.currency)
    }
}

impl From<Money> for Raw {
    fn from(money: Money) -> Self {
        Self { minor: money.minor, currency: money.currency }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capital_amounts() {
        let path =
            concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/vectors/money/capital.json");
        let cases: Vec<(u64, String)> =
            serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        assert!(cases.len() >= 20);
        for (fen, text) in cases {
            assert_eq!(Money::fen(fen).unwrap().capital(), text, "{fen}");
        }
    }

    #[test]
    fn another_currency_says_its_name() {
        for (cents, text) in [
            (0, "零美元整"),
            (1, "零美元零壹分"),
            (50, "零美元伍角整"),
            (12, "零美元壹角贰分"),
            (100, "壹美元整"),
            (105, "壹美元零伍分"),
            (143_138_890, "壹佰肆拾叁万壹仟叁佰捌拾捌美元玖角整"),
        ] {
            let amount = Money::new(cents, Currency::Usd).unwrap();
            assert_eq!(amount.capital(), text, "{cents}");
        }
    }

    /// Read back by rules of its own: every amount gives another text, and each says its amount.
    #[test]
    fn capital_amounts_are_read_back() {
        let mut state = 1_u64;
        let sizes = (0..54).map(|bits| (1_u64 << bits) - 1);
        let places = (0..16).map(|place| 10_u64.pow(place));
        let drawn = (0..20_000).map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) >> (state % 53)
        });
        let sparse =
            (0..13).flat_map(|low| (low..15).map(move |high| 10_u64.pow(low) + 10_u64.pow(high)));
        for fen in sizes.chain(places).chain(drawn).chain(sparse) {
            let text = Money::fen(fen).unwrap().capital();
            assert_eq!(read_back(&text), fen, "{text}");
            assert!(!text.contains("零零") && !text.contains("零元") || fen == 0, "{text}");
            assert!(text.ends_with('整') == (fen % 10 == 0), "{text}");
        }
    }

    fn read_back(text: &str) -> u64 {
        let (mut total, mut section, mut digit) = (0_u64, 0_u64, 0_u64);
        for c in text.chars() {
            match c {
                '零' => digit = 0,
                '整' => {}
                '拾' | '佰' | '仟' => {
                    let size = match c {
                        '拾' => 10,
                        '佰' => 100,
                        _ => 1_000,
                    };
                    section += std::mem::take(&mut digit) * size;
                }
                '万' => {
                    section = (section + std::mem::take(&mut digit)) * 10_000;
                    total += std::mem::take(&mut section);
                }
                // 万亿: what stands before it is multiplied as a whole.
                '亿' => {
                    total = (total + section + std::mem::take(&mut digit)) * 100_000_000;
                    section = 0;
                }
                '元' => {
                    total =
                        (total + std::mem::take(&mut section) + std::mem::take(&mut digit)) * 100;
                }
                '角' => total += std::mem::take(&mut digit) * 10,
                '分' => total += std::mem::take(&mut digit),
                numeral => {
                    let value = "零壹贰叁肆伍陆柒捌玖".chars().position(|c| c == numeral);
                    digit = u64::try_from(value.unwrap()).unwrap();
                }
            }
        }
        total
    }

    #[test]
    fn figures() {
        assert_eq!(Money::fen(13_204_560_000).unwrap().to_string(), "¥132,045,600.00");
        assert_eq!(Money::new(5, Currency::Usd).unwrap().to_string(), "$0.05");
        assert_eq!(Money::fen(99_999).unwrap().to_string(), "¥999.99");
    }

    #[test]
    fn major_units() {
        let parse = |text| Money::parse_major(text, Currency::Usd).map(Money::minor);
        assert_eq!(parse("1431388.9"), Ok(143_138_890));
        assert_eq!(parse("10300.0"), Ok(1_030_000));
        assert_eq!(parse("7"), Ok(700));
        for bad in ["", ".", "1.", ".5", "-1", "+1", "1,000", "1.234", "1e3", " 1", "１"] {
            assert_eq!(parse(bad), Err(MoneyError::Syntax), "{bad}");
        }
        assert_eq!(parse("90071992547409.92"), Err(MoneyError::TooLarge));
        assert_eq!(parse("99999999999999999999"), Err(MoneyError::TooLarge));
    }

    #[test]
    fn currencies_do_not_mix() {
        let yuan = Money::fen(1).unwrap();
        assert_eq!(yuan.plus(Money::new(1, Currency::Usd).unwrap()), None);
        assert_eq!(yuan.plus(yuan), Money::fen(2).ok());
        assert_eq!(Money::fen(MAX).unwrap().plus(yuan), None);
        assert!(serde_json::from_str::<Money>(r#"{"minor":-1,"currency":"CNY"}"#).is_err());
        assert!(serde_json::from_str::<Money>(r#"{"minor":1.5,"currency":"CNY"}"#).is_err());
    }
}
