//! The terms of a lot.

use kaibiao_types::{
    Currency, CustodianIndex, Decimal, Digest, LotId, LotKey, Millis, Money, OrgCode, Party, Stage,
    TenderId, Threshold, UtcMillis,
};
use serde::{Deserialize, Serialize};

use super::{BidderWindowTerms, Draw, ListedStep, OutageRule, ResultTerms, TimeSource};

/// One text in Chinese and in English.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bilingual {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// The kind of tender; it fixes which law speaks and how long files are kept.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Template {
    /// 竞争性磋商: responses without a price, then rounds of sealed prices, each a lot of its own.
    CompetitiveConsultation,
    /// Goods and services under the tendering law.
    GoodsServices,
    /// 政府采购: public tendering of government procurement.
    GovernmentProcurement,
    /// 资格预审: applications are opened, nobody names a price.
    Prequalification,
    /// 三信封: two envelopes before the one with the prices.
    ThreeEnvelope,
    /// 双信封: an envelope without prices, and the prices of those who passed with it.
    TwoEnvelope,
    /// 工程建设: construction works.
    Works,
}

/// How the value of a read-out field is written.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FieldKind {
    /// A whole number from 0, in decimal digits without leading zeros.
    Integer,
    /// An amount of the tender's currency in major units, at most two decimal places.
    Money,
    /// A part per thousand (费率、千分比): an exact decimal.
    PerMille,
    /// A percentage (费率、下浮率): an exact decimal.
    Percent,
    /// One line of text.
    Text,
}

/// One field that is read out at the opening (唱标要素).
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadOutField {
    /// The key in the price sheet; the first field is `price`, the total.
    pub key: String,
    /// Chinese label.
    pub zh: String,
    /// English label.
    pub en: String,
    /// How its value is written.
    #[serde(rename = "type")]
    pub kind: FieldKind,
    /// The unit shown behind the value.
    pub unit: Option<Bilingual>,
    /// 上限 of a rate: what is above it is flagged, never refused. A field without one does not have
    /// the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ceiling: Option<Decimal>,
}

/// An envelope that is opened before the one with the prices (双信封的第一信封). The terms' own fields
/// and steps are those of the last envelope.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// What it holds, such as 商务及技术文件.
    pub title: Bilingual,
    /// The fields that are read out of its sheet; none is an amount.
    pub fields: Vec<ReadOutField>,
    /// The steps of its opening.
    pub steps: Vec<ListedStep>,
}

/// A round of sealed prices (最后报价), ADR-0023: what it goes on from, and who may quote.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Round {
    /// Its number, from 1.
    pub no: u32,
    /// The lot before: the responses, or the round before. Of the same tender.
    pub of: LotId,
    /// SHA-256 of the record of that lot.
    pub record_sha256: Digest,
    /// Who may quote; nobody else's bid is taken in.
    pub invited: Vec<Party>,
}

/// Which locks a sealed object carries.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CustodyPolicy {
    /// The bidder's own certificate key and the ceremony key: bidders unlock their bids in a window
    /// first (投标人解密), then custodians release (ADR-0020).
    BidderThenCeremony,
    /// The ceremony key alone: no action of the bidder is needed at the opening.
    CeremonyOnly,
}

/// Whether one hand could gather enough shares (ruling 16).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
pub enum CustodyKind {
    /// No organisation holds `min(k, n - k + 1)` seats or more.
    #[serde(rename = "independent")]
    Independent,
    /// One hand may hold them; shown before sealing and beside every verdict.
    #[serde(rename = "self")]
    SelfHeld,
}

/// One custodian of the ceremony.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustodianSeat {
    /// Its number, from 1.
    pub index: CustodianIndex,
    /// Its organisation.
    pub party: Party,
    /// SHA-256 of its DER certificate.
    pub cert_sha256: Digest,
}

/// Who holds the key and by whose clock.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Custody {
    /// The locks.
    pub policy: CustodyPolicy,
    /// How many custodians exist and how many must act.
    pub threshold: Threshold,
    /// The custodians, numbered 1 to n in order.
    pub custodians: Vec<CustodianSeat>,
    /// Their time source.
    pub time: TimeSource,
    /// Whether they are independent of each other and of the tenderee.
    pub custody: CustodyKind,
}

/// One rule of the tick schedule: the first whose `within_ms` is at least the time left applies.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TickRule {
    /// Applies when at most this long is left to the deadline; `null`: always.
    pub within_ms: Option<Millis>,
    /// The span between two ticks.
    pub every_ms: Millis,
}

/// Everything the host fixes for one lot. The values are checked by
/// [`TenderDraft::new`](super::TenderDraft::new).
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// The host name of the platform, first part of the log origin.
    pub platform: String,
    /// 招标项目编号.
    pub tender: TenderId,
    /// 标段(包)编号.
    pub lot: LotId,
    /// Name of the project.
    pub title: Bilingual,
    /// Name of the lot.
    pub lot_title: Bilingual,
    /// 招标人 / 采购人.
    pub tenderee: Party,
    /// 招标代理机构, where there is one.
    pub agency: Option<Party>,
    /// 主持人's organisation: tenderee or agency.
    pub host: Party,
    /// 监标人's organisation.
    pub supervisor: Party,
    /// The kind of tender.
    pub template: Template,
    /// 投标截止时间, which is the opening time.
    pub deadline: UtcMillis,
    /// Fewest bidders whose bids are opened; 3 or more.
    pub min_bidders: u32,
    /// The currency of all prices.
    pub currency: Currency,
    /// 最高投标限价, where there is one.
    pub ceiling: Option<Money>,
    /// The read-out fields, the price first.
    pub fields: Vec<ReadOutField>,
    /// Who holds the key.
    pub custody: Custody,
    /// How long after the deadline the closing head may still be cosigned (ruling 9).
    pub grace_ms: Millis,
    /// The public notice before a degraded freeze (ruling 11).
    pub notice_ms: Millis,
    /// How long the freeze waits for its quorum.
    pub freeze_wait_ms: Millis,
    /// The tick schedule.
    pub ticks: Vec<TickRule>,
    /// Places in one tick: 1,024.
    pub places: u32,
    /// How long the evidence is kept: years.
    pub retention_years: u32,
    /// Whether names or prices are invented.
    pub fictional: bool,
    /// Where the facts of a fixture come from.
    pub source: Option<String>,
    /// The draws; a tender without any does not have the key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub draws: Vec<Draw>,
    /// The steps between the complete freeze and the record (ADR-0017); a tender that names none does
    /// not have the key, and has the order of the first version.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<ListedStep>,
    /// Whether the record waits until every fault that the evidence leaves open is decided
    /// (办法 art. 31); a tender without this rule does not have the key.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub decide_faults: bool,
    /// How long objections may still be raised once every price is read (异议时限): the record waits
    /// for its end. A tender without such a window does not have the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objection_ms: Option<Millis>,
    /// The envelopes before the last, in the order in which they are opened; a tender of one envelope
    /// does not have the key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub envelopes: Vec<Envelope>,
    /// Which round of sealed prices it is; any other lot does not have the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<Round>,
    /// When the deadline is postponed by itself because the hall was away before it (ADR-0019); a
    /// tender without this rule does not have the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outage: Option<OutageRule>,
    /// The bidder window (投标人解密时限), where the custody policy asks for one; any other tender does
    /// not have the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bidder_window: Option<BidderWindowTerms>,
    /// Whether the host seals a base estimate (标底) that is opened with the prices; a tender without
    /// one does not have the key.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub base_estimate: bool,
    /// The session after the evaluation in which the result is told (复会, ADR-0024); a tender without
    /// one does not have the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<ResultTerms>,
}

impl ReadOutField {
    /// Whether a value in a price sheet is above the ceiling of this field.
    pub fn is_over(&self, value: &str) -> bool {
        let above = |ceiling| Decimal::parse(value).is_ok_and(|value| value > ceiling);
        self.ceiling.is_some_and(above)
    }
}

impl Terms {
    /// The lot these terms are for.
    pub fn lot_key(&self) -> LotKey {
        LotKey { tender: self.tender.clone(), lot: self.lot.clone() }
    }

    /// Whether bids name prices, in their last envelope.
    pub const fn names_prices(&self) -> bool {
        self.template.names_prices(self.round.is_some())
    }

    /// The envelopes of a bid, from 1.
    pub fn stages(&self) -> impl Iterator<Item = Stage> + use<> {
        stages(&self.envelopes)
    }

    /// The read-out fields of one envelope.
    pub fn fields_of(&self, stage: Stage) -> &[ReadOutField] {
        envelope(&self.envelopes, stage).map_or(&self.fields, |envelope| &envelope.fields)
    }

    /// `PLATFORM/lot/TENDER/LOT`: the origin of the lot's opening log.
    pub fn log_origin(&self) -> String {
        format!("{}/lot/{}/{}", self.platform, self.tender, self.lot)
    }

    /// The span from a tick at `now` to the next, by the schedule.
    pub fn tick_every(&self, now: UtcMillis) -> Millis {
        let left = self.deadline.since(now).unwrap_or(Millis::ZERO);
        // The last rule applies always, so the fallback is met only by terms that no check has seen.
        self.ticks
            .iter()
            .find(|rule| rule.within_ms.is_none_or(|within| within >= left))
            .map_or(Millis::from_secs(1), |rule| rule.every_ms)
    }
}

/// The envelopes of a bid, from 1: those before the last, and the last.
pub(crate) fn stages(earlier: &[Envelope]) -> impl Iterator<Item = Stage> + use<> {
    let count = u8::try_from(earlier.len()).map_or(u8::MAX, |earlier| earlier.saturating_add(1));
    (1..=count).filter_map(|number| Stage::new(number).ok())
}

/// The envelope of a stage before the last.
pub(crate) fn envelope(earlier: &[Envelope], stage: Stage) -> Option<&Envelope> {
    earlier.get(usize::from(stage.get()).checked_sub(1)?)
}

impl Round {
    /// Whether an organisation is invited.
    pub fn invites(&self, code: &OrgCode) -> bool {
        self.invited.iter().any(|party| party.code == *code)
    }
}
