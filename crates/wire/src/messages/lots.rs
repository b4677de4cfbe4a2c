//! Time and status.

use kaibiao_types::{LotKey, UtcMillis};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::schema;

/// `GET /time`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TimeAnswer {
    /// The clock of the hall.
    #[schema(value_type = schema::UtcMillis)]
    pub now: UtcMillis,
}

/// A text for people in both languages.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// `GET /lots`.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LotList {
    /// All lots of the hall, ordered by tender and lot.
    pub lots: Vec<LotStatus>,
}

/// The query of `GET /openings`.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfDay {
    /// The day in Beijing time, `2026-07-05`; today by the clock of the hall without the query.
    #[serde(default)]
    pub day: Option<String>,
}

/// 今日开标: the openings of a day.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpeningsAnswer {
    /// The day in Beijing time, `2026-07-05`.
    pub day: String,
    /// The clock of the hall.
    #[schema(value_type = schema::UtcMillis)]
    pub now: UtcMillis,
    /// The published lots whose deadline is on that day, the earliest first; at most one second old.
    pub lots: Vec<LotStatus>,
}

/// `GET /lots/{t}/{l}`. It holds no count of bidders at any time (promise 5).
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LotStatus {
    /// The lot.
    #[schema(value_type = schema::LotKey)]
    pub lot: LotKey,
    /// Title of the tender.
    pub title: Words,
    /// Title of the lot.
    pub lot_title: Words,
    /// The tenderee's name.
    pub tenderee: String,
    /// The phase of the procedure, kebab-case, as crate `opening` names it; `unpublished` before the
    /// tender file is published.
    pub phase: String,
    /// Deadline of submission and time of opening: that of the terms, or of the last postponement.
    #[schema(value_type = schema::UtcMillis)]
    pub deadline: UtcMillis,
    /// How many entries the opening log has.
    pub entries: u64,
    /// How far the ceremony is.
    pub ceremony: CeremonyState,
    /// Whether names and prices are made up.
    pub fictional: bool,
}

/// How far the key ceremony of a lot is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CeremonyState {
    /// Custodians are missing.
    Waiting,
    /// All custodians have posted, the record is not complete.
    Running,
    /// The record is complete and signed.
    Ready,
}

/// `POST /lots`, the answer.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LotCreated {
    /// The lot of the draft.
    #[schema(value_type = schema::LotKey)]
    pub lot: LotKey,
}
