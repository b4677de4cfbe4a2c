//! Draws (抽取系数、摇号): which values may come out is fixed before anybody can know the outcome.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Bilingual, TenderError};
use crate::{limits, text};

/// From when on a draw may be held. It ends with the opening record in any case.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DrawAfter {
    /// Once all prices are published, also while they are being read.
    PricesPublished,
    /// Once every price is read.
    PricesRead,
}

/// Whole numbers from `lowest` to `highest` in steps.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DrawRange {
    /// The first value.
    pub lowest: u64,
    /// The last value.
    pub highest: u64,
    /// The difference between two values.
    pub step: u64,
}

/// The values that may come out, each as likely as any other.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DrawValues {
    /// Decimal numbers, as they are shown.
    List(Vec<String>),
    /// Whole numbers.
    Range(DrawRange),
}

/// One draw of a tender file.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draw {
    /// Number, gapless from 1; it is part of what is raised.
    pub no: u32,
    /// What is drawn.
    pub name: Bilingual,
    /// The values that may come out.
    pub values: DrawValues,
    /// From when on it may be held.
    pub after: DrawAfter,
}

impl DrawValues {
    /// How many values there are.
    pub fn count(&self) -> u64 {
        match self {
            Self::List(list) => u64::try_from(list.len()).unwrap_or(u64::MAX),
            Self::Range(range) => {
                let span = range.highest.saturating_sub(range.lowest);
                // A checked range has a step of one or more.
                span.checked_div(range.step).unwrap_or(0).saturating_add(1)
            }
        }
    }

    /// The value at a position counted from 0.
    pub fn value(&self, index: u64) -> Option<String> {
        match self {
            Self::List(list) => list.get(usize::try_from(index).ok()?).cloned(),
            Self::Range(range) => {
                let value = range.step.checked_mul(index)?.checked_add(range.lowest)?;
                (value <= range.highest).then(|| value.to_string())
            }
        }
    }

    /// All values on one line: listed, or the ends of the range with its step.
    pub fn shown(&self) -> String {
        match self {
            Self::List(list) => list.join(", "),
            Self::Range(range) => {
                format!("{}..{} (+{})", range.lowest, range.highest, range.step)
            }
        }
    }

    fn check(&self) -> Result<(), &'static str> {
        match self {
            Self::List(list) => {
                if !list.iter().all(|value| decimal(value)) {
                    return Err("a value is not a plain decimal number");
                }
                let distinct: BTreeSet<_> = list.iter().map(|value| same_number(value)).collect();
                if distinct.len() != list.len() {
                    return Err("a value stands twice");
                }
            }
            Self::Range(range) => {
                let span = range.highest.checked_sub(range.lowest);
                let whole = span.and_then(|span| span.checked_rem(range.step));
                if whole != Some(0) {
                    return Err("the range does not end at its highest value");
                }
            }
        }
        if (2..=limits::DRAW_VALUES).contains(&self.count()) {
            Ok(())
        } else {
            Err("2 to 1,000 values are allowed")
        }
    }
}

/// Checks the draws of a tender, for readers of the tender file and of the log alike.
pub(crate) fn check(draws: &[Draw]) -> Result<(), TenderError> {
    let wrong = |no: u32, what: &'static str| TenderError::Draw { no, what };
    if draws.len() > limits::DRAWS {
        return Err(wrong(0, "more than 16 draws"));
    }
    let mut names = BTreeSet::new();
    for (draw, no) in draws.iter().zip(1_u32..) {
        if draw.no != no {
            return Err(wrong(draw.no, "draws are numbered from 1 without a gap"));
        }
        let fits = |words: &str| text::line(words, limits::FIELD_LABEL_CHARS);
        if !fits(&draw.name.zh) || !fits(&draw.name.en) {
            return Err(wrong(no, "the name is empty, too long or holds invisible characters"));
        }
        if !names.insert(&draw.name.zh) {
            return Err(wrong(no, "two draws have one name"));
        }
        draw.values.check().map_err(|what| wrong(no, what))?;
    }
    Ok(())
}

/// Digits without leading zeros, then at most one point with digits behind it.
fn decimal(value: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = value.split_once('.').unwrap_or((value, "0"));
    value.len() <= limits::DRAW_VALUE_CHARS
        && digits(whole)
        && digits(fraction)
        && (whole == "0" || !whole.starts_with('0'))
}

/// Two texts of one number have the same: 0.95 and 0.950 would be one value with twice the chance.
fn same_number(value: &str) -> (&str, &str) {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    (whole, fraction.trim_end_matches('0'))
}
