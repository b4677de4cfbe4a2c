//! The tenders of `fixtures/tenders/`. The format is described in the README of that folder.

use std::collections::BTreeMap;

use kaibiao_opening::{BidderWindowTerms, Draw, Envelope, ListedStep, ResultTerms, TimeSource};
use kaibiao_types::{Currency, LotId, Millis, Money, Party, TenderId, Threshold};
use serde::{Deserialize, Serialize};

use crate::load::{LoadError, load};
use crate::paths::fixtures;

/// The names of all fixture tenders.
pub const FIXTURE_NAMES: [&str; 3] = ["indot-b40891", "works-12", "zhuzhou-2022"];

/// One tender with its bids before they are sealed.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fixture {
    /// Version of the format: 1.
    pub v: u32,
    /// Name of the file without its ending.
    pub name: String,
    /// Where the real part comes from.
    pub source: String,
    /// What is invented.
    pub fictional: Vec<String>,
    /// What a reader should know, above all deviations found in the source.
    pub notes: Vec<String>,
    /// The tender draft, as far as it does not belong to a run.
    pub draft: DraftFixture,
    /// The bids.
    pub bidders: Vec<BidderFixture>,
}

/// The tender draft without `platform`, `deadline` and `custody.custodians`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DraftFixture {
    /// Version of the draft format: 1.
    pub v: u32,
    /// `draft`.
    pub kind: String,
    /// 招标项目编号.
    pub tender: TenderId,
    /// 标段(包)编号.
    pub lot: LotId,
    /// Title of the tender.
    pub title: Bilingual,
    /// Title of the lot.
    pub lot_title: Bilingual,
    /// 招标人 / 采购人.
    pub tenderee: Party,
    /// 招标代理机构.
    pub agency: Option<Party>,
    /// 主持人.
    pub host: Party,
    /// 监标人.
    pub supervisor: Party,
    /// `works`, `goods-services` or `government-procurement`.
    pub template: String,
    /// Fewer bidders than this and nothing is opened.
    pub min_bidders: u32,
    /// Currency of all amounts.
    pub currency: Currency,
    /// 最高投标限价, if there is one.
    pub ceiling: Option<Money>,
    /// 唱标要素, the price first.
    pub fields: Vec<ReadOutField>,
    /// Who holds the key.
    pub custody: CustodyFixture,
    /// Grace for the cosigned closing head after the deadline (ruling 9).
    pub grace_ms: Millis,
    /// Public notice of a degraded freeze (ruling 11).
    pub notice_ms: Millis,
    /// How long the hall waits for the full freeze quorum.
    pub freeze_wait_ms: Millis,
    /// How often the log ticks; the first rule that fits wins.
    pub ticks: Vec<TickRule>,
    /// Places in a tick.
    pub places: u32,
    /// Years that the files are kept.
    pub retention_years: u32,
    /// Whether the procedure is invented.
    pub fictional: bool,
    /// Where the real part comes from.
    pub source: Option<String>,
    /// The draws, where there are any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub draws: Vec<Draw>,
    /// The envelopes before the last, where there are any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub envelopes: Vec<Envelope>,
    /// The steps, where they are named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<ListedStep>,
    /// The bidder window, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bidder_window: Option<BidderWindowTerms>,
    /// Whether the host seals a base estimate.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub base_estimate: bool,
    /// The session in which the result is told, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<ResultTerms>,
}

/// A text in Chinese and English.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bilingual {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// One field that is read out.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadOutField {
    /// Key in the price sheet.
    pub key: String,
    /// Chinese label.
    pub zh: String,
    /// English label.
    pub en: String,
    /// What the text must be.
    #[serde(rename = "type")]
    pub kind: FieldKind,
    /// Unit, if it has one.
    pub unit: Option<Bilingual>,
}

/// What the text of a field must be.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldKind {
    /// Digits.
    Integer,
    /// The total.
    Money,
    /// Any text.
    Text,
}

/// The custody policy without the custodians.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustodyFixture {
    /// `ceremony-only`.
    pub policy: String,
    /// Custodians and how many of them open.
    pub threshold: Threshold,
    /// Source of time (ruling 13).
    pub time: TimeSource,
    /// Independence of the custodians: `self` (ruling 16).
    pub custody: String,
}

/// How often the log ticks while at most so much time is left.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TickRule {
    /// Time left to the deadline; `None` is any.
    pub within_ms: Option<Millis>,
    /// Span between ticks.
    pub every_ms: Millis,
}

/// One bid.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BidderFixture {
    /// Name in the roster.
    pub identity: String,
    /// The bidder.
    pub party: Party,
    /// What is read out.
    pub sheet: Sheet,
    /// The priced bill of quantities.
    pub items: Vec<Item>,
}

/// The content of a price sheet.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sheet {
    /// The price.
    pub total: Money,
    /// The other fields of the tender.
    pub fields: BTreeMap<String, String>,
}

/// One priced item.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// 1, 2, 3, …
    pub no: u32,
    /// Code of the item.
    pub code: String,
    /// What is to be done.
    pub description: String,
    /// Quantity in thousandths of the unit.
    pub quantity_milli: u64,
    /// Unit of the quantity.
    pub unit: String,
    /// Price of one unit.
    pub unit_price: Money,
    /// Quantity times unit price, rounded half up to a minor unit.
    pub amount: Money,
}

impl Fixture {
    /// Reads a fixture by name, see [`FIXTURE_NAMES`].
    ///
    /// # Errors
    ///
    /// [`LoadError`] if there is none of this name or it is malformed.
    pub fn load(name: &str) -> Result<Self, LoadError> {
        load(&fixtures().join("tenders").join(format!("{name}.json")))
    }
}
