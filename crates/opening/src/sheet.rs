//! 开标一览表: the sheet that is read out, the plaintext of a bid's `price` part. Where an envelope has
//! no price, it is a sheet without one.

use std::collections::{BTreeMap, BTreeSet};

use kaibiao_types::{Currency, Decimal, LotId, Money, OrgCode, Party, TenderId};
use serde::{Deserialize, Serialize};

use crate::strict::{self, JsonError};
use crate::tender::{FieldKind, ReadOutField};
use crate::{limits, text};

/// What a price sheet for one lot must hold; taken from the tender file or from the log's first
/// entry.
#[derive(Clone, Copy, Debug)]
pub struct SheetRules<'a> {
    /// The tender.
    pub tender: &'a TenderId,
    /// The lot.
    pub lot: &'a LotId,
    /// The currency of all prices.
    pub currency: Currency,
    /// The read-out fields: the price first, if this sheet names one.
    pub fields: &'a [ReadOutField],
}

/// Whether a sheet with these fields names a price.
pub(crate) fn is_priced(fields: &[ReadOutField]) -> bool {
    fields.first().is_some_and(|field| field.key == "price" && field.kind == FieldKind::Money)
}

impl SheetRules<'_> {
    /// The keys of the rates that are above their ceilings, in the order of the tender file.
    pub(crate) fn over_ceiling(&self, values: &BTreeMap<String, String>) -> Vec<String> {
        let over = |field: &&ReadOutField| values.get(&field.key).is_some_and(|v| field.is_over(v));
        self.fields.iter().filter(over).map(|field| field.key.clone()).collect()
    }
}

/// A price sheet that keeps the rules of its lot.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceSheet {
    v: u8,
    kind: Kind,
    tender: TenderId,
    lot: LotId,
    bidder: OrgCode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    total: Option<Money>,
    fields: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    consortium: Vec<Party>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
enum Kind {
    /// With a price.
    #[serde(rename = "price-sheet")]
    PriceSheet,
    /// Without one.
    #[serde(rename = "read-out-sheet")]
    ReadOutSheet,
}

/// Why a price sheet does not count as one. At the opening the bid is then shown as opened with
/// this label and without a price; it is not revoked (ruling 21).
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SheetError {
    /// The sheet names another bidder than the signature.
    #[error("the sheet is of bidder {found}, the bid of {expected}")]
    Bidder {
        /// The bidder who signed.
        expected: OrgCode,
        /// The bidder in the sheet.
        found: OrgCode,
    },
    /// A member of the consortium is named twice, is the bidder itself, has no readable name, or there
    /// are too many.
    #[error("the members of the consortium must be at most 20 other organisations, each once")]
    Consortium,
    /// The total is in another currency than the tender.
    #[error("the total is not in the currency of the tender")]
    Currency,
    /// A read-out field of type integer is not one.
    #[error("field `{0}` must be a whole number in digits without leading zeros")]
    Integer(String),
    /// Not strict JSON of this form.
    #[error("not a price sheet: {0}")]
    Json(#[from] JsonError),
    /// The sheet names another tender or lot.
    #[error("the sheet is for {found}, the lot is {expected}")]
    Lot {
        /// `TENDER/LOT` of the bid.
        expected: String,
        /// `TENDER/LOT` in the sheet.
        found: String,
    },
    /// A read-out field is missing.
    #[error("field `{0}` is missing")]
    Missing(String),
    /// A read-out field of type money is not an amount.
    #[error("field `{0}` must be an amount as in 1431388.90")]
    Money(String),
    /// A price in an envelope that has none.
    #[error("the sheet names a price, and this envelope has none")]
    Price,
    /// A rate is not an exact decimal in its one form.
    #[error("field `{0}` must be at most 9 digits and 6 decimal places without needless zeros")]
    Rate(String),
    /// A read-out field of type text is empty, too long or holds invisible characters.
    #[error("field `{0}` is empty, too long or holds invisible characters")]
    Text(String),
    /// A field that the tender does not ask for.
    #[error("field `{0}` is not asked for")]
    Unknown(String),
    /// Another version of the format.
    #[error("the version is not 1")]
    Version,
}

impl SheetError {
    /// The stable label, all of the family `BIDDER_FORMAT`.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Bidder { .. } => "BIDDER_FORMAT_BIDDER",
            Self::Consortium => "BIDDER_FORMAT_CONSORTIUM",
            Self::Currency => "BIDDER_FORMAT_CURRENCY",
            Self::Integer(_) => "BIDDER_FORMAT_INTEGER",
            Self::Json(_) => "BIDDER_FORMAT_JSON",
            Self::Lot { .. } => "BIDDER_FORMAT_LOT",
            Self::Missing(_) => "BIDDER_FORMAT_MISSING",
            Self::Money(_) => "BIDDER_FORMAT_MONEY",
            Self::Price => "BIDDER_FORMAT_PRICE",
            Self::Rate(_) => "BIDDER_FORMAT_RATE",
            Self::Text(_) => "BIDDER_FORMAT_TEXT",
            Self::Unknown(_) => "BIDDER_FORMAT_UNKNOWN",
            Self::Version => "BIDDER_FORMAT_VERSION",
        }
    }
}

impl PriceSheet {
    /// Makes a sheet; `fields` has every read-out field of the tender except `price`.
    ///
    /// # Errors
    ///
    /// [`SheetError`] names the first rule that is broken.
    pub fn build(
        rules: &SheetRules<'_>,
        bidder: &OrgCode,
        total: Money,
        fields: BTreeMap<String, String>,
    ) -> Result<Self, SheetError> {
        Self::make(rules, bidder, Some(total), fields)
    }

    /// Makes a sheet for an envelope without a price.
    ///
    /// # Errors
    ///
    /// [`SheetError`] names the first rule that is broken.
    pub fn without_price(
        rules: &SheetRules<'_>,
        bidder: &OrgCode,
        fields: BTreeMap<String, String>,
    ) -> Result<Self, SheetError> {
        Self::make(rules, bidder, None, fields)
    }

    fn make(
        rules: &SheetRules<'_>,
        bidder: &OrgCode,
        total: Option<Money>,
        fields: BTreeMap<String, String>,
    ) -> Result<Self, SheetError> {
        let sheet = Self {
            v: 1,
            kind: if total.is_some() { Kind::PriceSheet } else { Kind::ReadOutSheet },
            tender: rules.tender.clone(),
            lot: rules.lot.clone(),
            bidder: bidder.clone(),
            total,
            fields,
            consortium: Vec::new(),
        };
        sheet.check(rules, bidder)?;
        sheet.check_len()?;
        Ok(sheet)
    }

    /// The same sheet for a consortium (联合体): the bidder signs for all, `members` are the others.
    ///
    /// # Errors
    ///
    /// [`SheetError::Consortium`] if a member is named twice, is the bidder, or there are too many;
    /// [`SheetError::Json`] if the sheet gets too long.
    ///
    /// # Source
    ///
    /// 招标投标法 art. 31 (consortium); 实施条例 art. 37 (its members are fixed).
    pub fn of_consortium(mut self, members: Vec<Party>) -> Result<Self, SheetError> {
        self.consortium = members;
        self.check_consortium()?;
        self.check_len()?;
        Ok(self)
    }

    /// Reads the exact plaintext of a `price` part against the lot's rules and the bidder who
    /// signed it.
    ///
    /// # Errors
    ///
    /// [`SheetError`] names the first rule that is broken.
    pub fn parse(
        rules: &SheetRules<'_>,
        bidder: &OrgCode,
        bytes: &[u8],
    ) -> Result<Self, SheetError> {
        let received = strict::value(bytes, limits::SHEET_BYTES)?;
        let sheet: Self = strict::typed(received.clone())?;
        strict::same_form(&sheet, &received)?;
        sheet.check(rules, bidder)?;
        Ok(sheet)
    }

    /// The bytes to seal: compact JSON.
    pub fn to_bytes(&self) -> Vec<u8> {
        strict::bytes(self)
    }

    /// 投标报价: the total price, if the sheet names one.
    pub const fn total(&self) -> Option<Money> {
        self.total
    }

    /// The other read-out fields by key.
    pub const fn fields(&self) -> &BTreeMap<String, String> {
        &self.fields
    }

    /// The other members of the consortium; none for a bidder of its own.
    pub fn consortium(&self) -> &[Party] {
        &self.consortium
    }

    /// The bidder.
    pub const fn bidder(&self) -> &OrgCode {
        &self.bidder
    }

    fn check(&self, rules: &SheetRules<'_>, bidder: &OrgCode) -> Result<(), SheetError> {
        if self.v != 1 {
            return Err(SheetError::Version);
        }
        if self.tender != *rules.tender || self.lot != *rules.lot {
            return Err(SheetError::Lot {
                expected: format!("{}/{}", rules.tender, rules.lot),
                found: format!("{}/{}", self.tender, self.lot),
            });
        }
        if self.bidder != *bidder {
            return Err(SheetError::Bidder {
                expected: bidder.clone(),
                found: self.bidder.clone(),
            });
        }
        let priced = is_priced(rules.fields);
        let names_one = self.total.is_some() && self.kind == Kind::PriceSheet;
        let names_none = self.total.is_none() && self.kind == Kind::ReadOutSheet;
        match priced {
            // Before there were sheets without a price, such a sheet was no JSON of the form, and the
            // logs of that time say so.
            true if !names_one => return Err(JsonError::Form.into()),
            false if !names_none => return Err(SheetError::Price),
            _ => {}
        }
        if self.total.is_some_and(|total| total.currency() != rules.currency) {
            return Err(SheetError::Currency);
        }
        // The price is the first field; it stands in `total`.
        let asked = || rules.fields.iter().skip(usize::from(priced));
        for field in asked() {
            let value = self
                .fields
                .get(&field.key)
                .ok_or_else(|| SheetError::Missing(field.key.clone()))?;
            check_value(field, value, rules.currency)?;
        }
        self.check_consortium()?;
        match self.fields.keys().find(|key| !asked().any(|field| field.key == **key)) {
            Some(key) => Err(SheetError::Unknown(key.clone())),
            None => Ok(()),
        }
    }
}

impl PriceSheet {
    fn check_consortium(&self) -> Result<(), SheetError> {
        let codes: BTreeSet<&OrgCode> = self.consortium.iter().map(|member| &member.code).collect();
        let named = |member: &Party| text::line(&member.name, limits::NAME_CHARS);
        let right = self.consortium.len() <= limits::CONSORTIUM
            && codes.len() == self.consortium.len()
            && !codes.contains(&self.bidder)
            && self.consortium.iter().all(named);
        if right { Ok(()) } else { Err(SheetError::Consortium) }
    }

    fn check_len(&self) -> Result<(), SheetError> {
        let len = self.to_bytes().len();
        if len > limits::SHEET_BYTES {
            return Err(JsonError::TooLong { len, max: limits::SHEET_BYTES }.into());
        }
        Ok(())
    }
}

fn check_value(field: &ReadOutField, value: &str, currency: Currency) -> Result<(), SheetError> {
    let key = || field.key.clone();
    match field.kind {
        FieldKind::Integer => {
            let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
            let plain = value == "0" || !value.starts_with('0');
            if digits && plain && value.len() <= limits::FIELD_INTEGER_DIGITS {
                Ok(())
            } else {
                Err(SheetError::Integer(key()))
            }
        }
        FieldKind::Money => {
            Money::parse_major(value, currency).map(|_| ()).map_err(|_| SheetError::Money(key()))
        }
        FieldKind::Percent | FieldKind::PerMille => {
            Decimal::parse(value).map(|_| ()).map_err(|_| SheetError::Rate(key()))
        }
        FieldKind::Text if text::line(value, limits::FIELD_TEXT_CHARS) => Ok(()),
        FieldKind::Text => Err(SheetError::Text(key())),
    }
}
