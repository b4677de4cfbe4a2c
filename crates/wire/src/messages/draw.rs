//! A custodian's answer to a draw.

use kaibiao_types::{CustodianIndex, Digest, LotId, TenderId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::schema;

/// The signed body of `POST /lots/{t}/{l}/draw-partials`; the digest in the log is that of its
/// bytes. The last three texts are hexadecimal; crate `ceremony` checks them.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DrawPartialBody {
    /// Version of this format, 1.
    pub v: u8,
    /// Always `draw-partial`.
    pub kind: DrawPartialKind,
    /// The tender.
    #[schema(value_type = schema::TenderId)]
    pub tender: TenderId,
    /// The lot.
    #[schema(value_type = schema::LotId)]
    pub lot: LotId,
    /// The custodian.
    #[schema(value_type = schema::CustodianIndex)]
    pub custodian: CustodianIndex,
    /// Which draw of the tender file.
    pub no: u32,
    /// The freeze that the point is made of.
    #[schema(value_type = schema::Digest)]
    pub freeze_id: Digest,
    /// The raised point, compressed, 66 digits.
    pub d: String,
    /// The challenge of its proof, 64 digits.
    pub c: String,
    /// The response of its proof, 64 digits.
    pub z: String,
}

/// The word in [`DrawPartialBody`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DrawPartialKind {
    /// `draw-partial`.
    DrawPartial,
}
