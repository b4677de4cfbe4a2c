//! 开标记录: the opening record, made from the state alone.
//!
//! Anybody who replays the log makes the same bytes, before and after the `record-generated` entry:
//! what follows that entry does not enter the record.

mod bidder_window;
mod make;
mod read;
mod text;

use kaibiao_types::{
    BidSeq, Currency, CustodianIndex, Decimal, Digest, Fault, LotId, Money, OrgCode, Part, Party,
    Stage, TenderId, Threshold, UtcMillis,
};
use serde::{Deserialize, Serialize};

pub use bidder_window::{RecordBidderWindow, RecordExtension, RecordInterval};
pub use read::RecordError;

use crate::event::{Agent, BondState, HoldReason, Holder, IdentityState, NotPassed, Verdict};
use crate::tender::{Bilingual, CustodyKind, DrawValues, Template, TimeSource};

/// The opening record of one lot. Amounts stand in minor units, in figures and in 大写; times in
/// milliseconds since the Unix epoch (UTC).
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpeningRecord {
    /// Version of the format: 1.
    pub v: u8,
    /// `opening-record`.
    pub kind: RecordKind,
    /// Which version it is; the first one does not have the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<RecordVersion>,
    /// Which envelope it is of; a lot of one envelope does not have the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub envelope: Option<RecordEnvelope>,
    /// Which round of sealed prices it is of; any other lot does not have the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<RecordRound>,
    /// 招标项目编号.
    pub tender: TenderId,
    /// 标段(包)编号.
    pub lot: LotId,
    /// Name of the project.
    pub title: Bilingual,
    /// Name of the lot.
    pub lot_title: Bilingual,
    /// 招标人.
    pub tenderee: Party,
    /// 主持人's organisation.
    pub host: Party,
    /// 监标人's organisation.
    pub supervisor: Party,
    /// The kind of tender.
    pub template: Template,
    /// 投标截止时间 and opening time.
    pub deadline: UtcMillis,
    /// When the intake was closed.
    pub intake_closed_at: UtcMillis,
    /// When the prices were published.
    pub prices_published_at: UtcMillis,
    /// The currency of all prices.
    pub currency: Currency,
    /// 最高投标限价.
    pub ceiling: Option<Money>,
    /// When the ceiling was announced in the room; left out where it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ceiling_announced_at: Option<UtcMillis>,
    /// 标底; a tender that provides for none, and an envelope before the last, do not have the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_estimate: Option<RecordEstimate>,
    /// Fewest bidders whose bids are opened.
    pub min_bidders: u32,
    /// Distinct bidders whose bid, or present envelope, is opened.
    pub bidders: u32,
    /// SHA-256 of `tender.json`.
    pub tender_sha256: Digest,
    /// The ceremony whose key sealed the bids.
    pub ceremony_id: Digest,
    /// SHA-256 of `ceremony.json`.
    pub ceremony_sha256: Digest,
    /// Custodians and how many must act.
    pub threshold: Threshold,
    /// Whether the custodians are independent.
    pub custody: CustodyKind,
    /// The custodians' time source.
    pub time: TimeSource,
    /// The frozen set.
    pub freeze: RecordFreeze,
    /// One row per bidder in log order.
    pub rows: Vec<RecordRow>,
    /// Organisations that stand in several bids of this lot; without any the key is left out. The
    /// program says so and rejects nobody (条例 art. 37 is the evaluation's to apply).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_several_bids: Vec<RecordSeveral>,
    /// The objections by number.
    pub objections: Vec<RecordObjection>,
    /// The window for objections after the reading; without one the key is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objection_window: Option<RecordWindow>,
    /// The window in which bidders unlocked their bids; without one the key is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bidder_window: Option<RecordBidderWindow>,
    /// The draws of the tender file in their order; without any the key is left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub draws: Vec<RecordDraw>,
    /// The spans in which the opening was held; without any the key is left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<RecordHold>,
    /// What a reader must know beside the rows.
    pub notes: Vec<Bilingual>,
    /// Whether names or prices are invented.
    pub fictional: bool,
    /// Where the facts of a fixture come from.
    pub source: Option<String>,
}

/// The word by which a reader knows this file from others.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordKind {
    /// An opening record.
    OpeningRecord,
}

/// One envelope of several (双信封).
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordEnvelope {
    /// Its number, from 1.
    pub stage: Stage,
    /// How many there are.
    pub of: u8,
    /// What it holds; `null` for the last, which has the prices.
    pub title: Option<Bilingual>,
    /// What went before it; `null` for the first.
    pub after: Option<RecordPassed>,
}

/// One round of sealed prices.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordRound {
    /// Its number, from 1.
    pub no: u32,
    /// The lot that it goes on from.
    pub of: LotId,
    /// SHA-256 of the record of that lot.
    pub record_sha256: Digest,
    /// When the supervisor approved who is invited.
    pub approved_at: UtcMillis,
    /// Those that were invited and did not quote.
    pub silent: Vec<Party>,
}

/// Who passed with the envelope before, and when the opening went on.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordPassed {
    /// SHA-256 of the record of the envelope before, its last version.
    pub record_sha256: Digest,
    /// When the opening of that envelope ended.
    pub adjourned_at: UtcMillis,
    /// When the supervisor approved the list.
    pub approved_at: UtcMillis,
    /// When the opening went on (复会).
    pub reconvened_at: UtcMillis,
    /// Why it went on with fewer than three; `null` where three or more passed.
    pub reason: Option<String>,
    /// Those that did not pass, in log order: this envelope of theirs stays sealed for good.
    pub failed: Vec<NotPassed>,
}

/// The base estimate (标底) of a tender that provides for one. It is for the evaluation to refer to
/// and no condition of the award (条例 art. 50).
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordEstimate {
    /// Its number; `null`, like all that follows, where none was handed in before the deadline.
    pub no: Option<u32>,
    /// When it was sealed.
    pub sealed_at: Option<UtcMillis>,
    /// SHA-256 of the exact sealed object.
    pub sha256: Option<Digest>,
    /// 解密状态.
    pub verdict: Option<Verdict>,
    /// What went wrong.
    pub label: Option<String>,
    /// 标底.
    pub amount: Option<Money>,
    /// The amount in figures.
    pub figures: Option<String>,
    /// 大写.
    pub capital: Option<String>,
}

/// The frozen set and who countersigned it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordFreeze {
    /// The freeze id.
    pub freeze_id: Digest,
    /// Entries under the closing head.
    pub size: u64,
    /// Root of the closing head.
    pub root: Digest,
    /// Receipted bids, those superseded or withdrawn included.
    pub receipted: u64,
    /// The custodians that signed before the freeze was complete.
    pub signers: Vec<CustodianIndex>,
    /// Whether fewer than the quorum signed (ruling 11).
    pub degraded: bool,
    /// The custodians that did not sign a degraded freeze.
    pub absent: Vec<CustodianIndex>,
}

/// One bidder.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordRow {
    /// 序号, from 1.
    pub position: u32,
    /// 投标人名称 and 统一社会信用代码.
    pub bidder: Party,
    /// The bidder's own version count.
    pub seq: BidSeq,
    /// SHA-256 of the manifest.
    pub manifest_sha256: Digest,
    /// 递交时间: when the bid was complete.
    pub completed_at: UtcMillis,
    /// 签到时间; sign-in is no gate.
    pub signed_in_at: Option<UtcMillis>,
    /// 授权委托人, if the bidder named one; else left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<Agent>,
    /// 紧急签到: the host's reason, if the host signed the bidder in; else left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emergency: Option<String>,
    /// 未签到, in a lot that names its steps; else left out.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub absent: bool,
    /// What the host found about the bidder last; left out where it was not checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check: Option<RecordCheck>,
    /// 密封情况 of each part.
    pub seals: Vec<RecordSeal>,
    /// 投标人解密时间: when the bidder unlocked its bid; left out where it did not, or was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsealed_at: Option<UtcMillis>,
    /// 解密状态 of the price part.
    pub verdict: Verdict,
    /// What went wrong.
    pub label: Option<String>,
    /// Whose fault.
    pub fault: Option<Fault>,
    /// What was decided where the evidence leaves the fault open; otherwise the key is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<RecordDecision>,
    /// SHA-256 of the price sheet.
    pub sheet_sha256: Option<Digest>,
    /// 投标报价.
    pub total: Option<Money>,
    /// The price in figures.
    pub figures: Option<String>,
    /// The price in 大写.
    pub capital: Option<String>,
    /// Whether the price is above the ceiling.
    pub over_ceiling: bool,
    /// 联合体: the other members; left out of any other bid.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consortium: Vec<Party>,
    /// The other read-out fields.
    pub fields: Vec<RecordField>,
    /// When the bidder confirmed its price; `null`: not confirmed.
    pub confirmed_at: Option<UtcMillis>,
    /// The documents, where they were opened before the record was made.
    pub documents: Option<RecordDocuments>,
}

/// 身份检查 and 保证金 of one bidder.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordCheck {
    /// When.
    pub at: UtcMillis,
    /// Whether those who act for the bidder are who the bid says.
    pub identity: IdentityState,
    /// The bid bond.
    pub bond: BondState,
    /// The host's reason.
    pub reason: Option<String>,
}

/// The seal check of one part.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordSeal {
    /// The envelope; a lot of one envelope does not have the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// The part.
    pub part: Part,
    /// Sealed as received.
    pub sealed: bool,
    /// What is wrong, when not.
    pub label: Option<String>,
}

/// One read-out field.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordField {
    /// The key in the price sheet.
    pub key: String,
    /// Its label.
    pub name: Bilingual,
    /// The value as in the price sheet.
    pub value: String,
    /// The value with its unit.
    pub shown: Bilingual,
    /// 超过上限, with the ceiling of the tender file; left out of any other field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over_ceiling: Option<Decimal>,
}

/// One organisation in several bids, alone or in a consortium.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordSeveral {
    /// The organisation.
    pub code: OrgCode,
    /// 序号 of the bids, ascending.
    pub positions: Vec<u32>,
}

/// How the documents of one bid came out.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordDocuments {
    /// How it went.
    pub verdict: Verdict,
    /// What went wrong.
    pub label: Option<String>,
    /// Whose fault.
    pub fault: Option<Fault>,
    /// What was decided where the evidence leaves the fault open; otherwise the key is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<RecordDecision>,
    /// SHA-256 of the plaintext.
    pub plain_sha256: Option<Digest>,
}

/// One objection with its answer.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordObjection {
    /// Number, from 1.
    pub no: u32,
    /// Who objected.
    pub bidder: OrgCode,
    /// The objection.
    pub text: String,
    /// When.
    pub at: UtcMillis,
    /// The answer.
    pub answer: String,
    /// When it was answered.
    pub answered_at: UtcMillis,
}

/// One draw and how it came out.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordDraw {
    /// Number in the tender file.
    pub no: u32,
    /// What was drawn.
    pub name: Bilingual,
    /// The values that could come out.
    pub values: DrawValues,
    /// When it was started.
    pub started_at: UtcMillis,
    /// When it came out, or was given up.
    pub ended_at: UtcMillis,
    /// The value; `null` if too few custodians answered.
    pub value: Option<String>,
    /// Its position among the values, from 0.
    pub index: Option<u64>,
    /// The custodians that answered with a proof.
    pub proven: Vec<CustodianIndex>,
    /// The custodians whose proofs did not hold.
    pub dropped: Vec<CustodianIndex>,
}

/// One span in which the opening was held (暂停、中止).
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordHold {
    /// Who held it.
    pub holder: Holder,
    /// Why, by the closed list.
    pub reason: HoldReason,
    /// The reason in words.
    pub name: Bilingual,
    /// The article that names the case, where one does; otherwise the key is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub article: Option<String>,
    /// Why, in the words of whoever held it.
    pub text: String,
    /// From when.
    pub from: UtcMillis,
    /// Until when.
    pub to: UtcMillis,
}

/// What the host decided about a fault that the evidence leaves open.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordDecision {
    /// What was decided.
    pub fault: Fault,
    /// 撤销 or 撤回, as it follows; `null` where it was left open.
    pub consequence: Option<Consequence>,
    /// Why.
    pub text: String,
    /// When.
    pub at: UtcMillis,
}

/// What the law makes of an unopened bid (电子招标投标办法 art. 31).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Consequence {
    /// 撤销: the bidder caused it.
    Revoked,
    /// 撤回: the bidder did not cause it.
    Withdrawn,
}

impl Consequence {
    /// What follows from a fault; `None` as long as it is open.
    pub const fn of(fault: Fault) -> Option<Self> {
        match fault {
            Fault::Bidder => Some(Self::Revoked),
            Fault::NotBidder => Some(Self::Withdrawn),
            Fault::Undetermined => None,
        }
    }
}

/// The window for objections after the reading.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordWindow {
    /// When it opened.
    pub from: UtcMillis,
    /// When it ended.
    pub until: UtcMillis,
    /// How often it was extended.
    pub extended: u32,
}

/// A version that took the place of another (更正).
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordVersion {
    /// Its number: 2 or more.
    pub no: u32,
    /// Why it was made, in the host's words.
    pub reason: String,
    /// SHA-256 of the version before.
    pub previous: Digest,
}
