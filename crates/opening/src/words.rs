//! 唱标: the sentences in which one price is read aloud.

use std::collections::BTreeMap;

use kaibiao_types::{Currency, Decimal, Millis, Money, Party};

use crate::limits;
use crate::tender::{FieldKind, ReadOutField};

/// The sentences for one bid and how long they take to say.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PriceWords {
    /// In Chinese, the amount in capital numerals and in figures.
    pub zh: String,
    /// In English.
    pub en: String,
    /// A suggestion at about five Chinese characters per second: milliseconds.
    pub duration: Millis,
}

/// Milliseconds per Chinese character.
const PER_CHARACTER: u64 = 200;
/// The shortest suggestion: milliseconds.
const SHORTEST: u64 = 2_000;

impl PriceWords {
    /// The sentences for the bid that is read at `position`, counted from 1.
    ///
    /// `asked` are the read-out fields of the envelope, `fields` their values without the price; one
    /// without a value is left out, and so is the price of a sheet that names none.
    pub fn new(
        asked: &[ReadOutField],
        currency: Currency,
        position: u32,
        bidder: &Party,
        total: Option<Money>,
        fields: &BTreeMap<String, String>,
    ) -> Self {
        let mut zh = format!("第{position}家，{}。", bidder.name);
        let mut en = format!("No. {position}: {}.", bidder.name);
        if let Some((price, total)) = asked.first().zip(total) {
            let sign = match total.currency() {
                Currency::Cny => "人民币",
                Currency::Usd => "",
            };
            let (name_zh, name_en) = (&price.zh, &price.en);
            let (capital, figures) = (total.capital(), total.to_string());
            zh.push_str(&[name_zh, "：", sign, &capital, "，", &figures, "。"].concat());
            en.push_str(&[" ", name_en, ": ", &figures, "."].concat());
        }
        for field in asked {
            let Some(value) = fields.get(&field.key) else { continue };
            let (value_zh, value_en) = said(field, value, currency);
            let (over_zh, over_en) = if field.is_over(value) {
                ("，超过上限", ", above the ceiling")
            } else {
                ("", "")
            };
            zh.push_str(&[&field.zh, "：", &value_zh, over_zh, "。"].concat());
            en.push_str(&[" ", &field.en, ": ", &value_en, over_en, "."].concat());
        }
        let duration = suggested(&zh);
        Self { zh, en, duration }
    }
}

/// The value of one read-out field as it is read aloud: a rate in words and in figures.
fn said(field: &ReadOutField, value: &str, currency: Currency) -> (String, String) {
    let (part, share) = match field.kind {
        FieldKind::Percent => ("百分之", "percent"),
        FieldKind::PerMille => ("千分之", "per mille"),
        FieldKind::Integer | FieldKind::Money | FieldKind::Text => {
            return shown(field, value, currency);
        }
    };
    let words = Decimal::parse(value).map_or_else(|_| value.to_owned(), Decimal::spoken);
    let (figures, _) = shown(field, value, currency);
    (format!("{part}{words}，{figures}"), format!("{value} {share}"))
}

/// The value of one read-out field with its unit, in Chinese and in English.
pub(crate) fn shown(field: &ReadOutField, value: &str, currency: Currency) -> (String, String) {
    let figures = match field.kind {
        FieldKind::Money => {
            Money::parse_major(value, currency).map_or_else(|_| value.to_owned(), |m| m.to_string())
        }
        FieldKind::Percent => format!("{value}%"),
        FieldKind::PerMille => format!("{value}‰"),
        FieldKind::Integer | FieldKind::Text => value.to_owned(),
    };
    match &field.unit {
        Some(unit) => (format!("{figures}{}", unit.zh), format!("{figures} {}", unit.en)),
        None => (figures.clone(), figures),
    }
}

fn suggested(zh: &str) -> Millis {
    let characters = u64::try_from(zh.chars().count()).unwrap_or(limits::READ_MAX);
    let span = characters.saturating_mul(PER_CHARACTER).clamp(SHORTEST, limits::READ_MAX);
    // READ_MAX is far below the limit of a span, so the fallback is never taken.
    Millis::new(span).unwrap_or(Millis::ZERO)
}
