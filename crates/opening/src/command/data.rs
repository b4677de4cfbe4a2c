//! The `data` of each kind of command that has any, as it is read and written.

use kaibiao_types::{Digest, Millis, OrgCode, Part, UtcMillis};
use serde::{Deserialize, Serialize};

use crate::event::{Agent, HoldReason, Measure, NotPassed};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AskData {
    pub(super) deadline: UtcMillis,
    pub(super) reason: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TimeData {
    pub(super) deadline: UtcMillis,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ApproveData {
    pub(super) no: u32,
    pub(super) deadline: UtcMillis,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PartData {
    pub(super) part: Part,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DrawData {
    pub(super) no: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DurationData {
    pub(super) duration_ms: Millis,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignInData {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) agent: Option<Agent>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EmergencyData {
    pub(super) bidder: OrgCode,
    pub(super) reason: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TextData {
    pub(super) text: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PrivateData {
    pub(super) text_sha256: Digest,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MuteData {
    pub(super) bidder: Option<OrgCode>,
    pub(super) reason: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AnswerData {
    pub(super) no: u32,
    pub(super) text: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CorrectData {
    pub(super) reason: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExtendData {
    pub(super) by_ms: Millis,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WindowData {
    pub(super) by_ms: Millis,
    pub(super) text: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MeasureData {
    pub(super) measure: Measure,
    pub(super) reason: HoldReason,
    pub(super) text: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PassedData {
    pub(super) passed: Vec<OrgCode>,
    pub(super) failed: Vec<NotPassed>,
    pub(super) reconvene_at: UtcMillis,
    pub(super) reason: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EstimateData {
    pub(super) sha256: Digest,
    pub(super) object_b64: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResultData {
    pub(super) no: u32,
    pub(super) objection: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignData {
    pub(super) record_sha256: Digest,
    pub(super) cms: String,
}
