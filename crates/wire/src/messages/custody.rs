//! Between custodians and hall. Custodians dial out; the hall calls nobody.

use kaibiao_types::{
    CustodianIndex, Digest, JournalMoment, LotId, Part, PlaceNo, Stage, TenderId, TickNo, UtcMillis,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{B64, HeaderItem, schema};

/// `GET /lots/{t}/{l}/board`.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BoardAnswer {
    /// The messages from the number asked for on, in order.
    pub messages: Vec<BoardMessage>,
}

/// One message on the bulletin board of the ceremony.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BoardMessage {
    /// Its number, from 0 without gaps.
    pub n: u64,
    /// Who posted it: a custodian's number in decimal, `hall` or `host`.
    pub from: String,
    /// Its kind, as the ceremony names it.
    pub kind: String,
    /// The exact message.
    #[schema(value_type = schema::B64)]
    pub body_b64: B64,
    /// The sender's detached CMS over the board statement, DER: every reader checks it.
    #[schema(value_type = schema::B64)]
    pub cms_b64: B64,
}

/// `POST /lots/{t}/{l}/board`; the answer is the [`BoardMessage`] with its number.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BoardPost {
    /// The custodian.
    #[schema(value_type = schema::CustodianIndex)]
    pub from: CustodianIndex,
    /// The kind of message; one of each kind per custodian.
    pub kind: String,
    /// The exact message.
    #[schema(value_type = schema::B64)]
    pub body_b64: B64,
    /// The custodian's detached CMS over the board statement of lot, kind and message, DER. The hall
    /// checks it before it gives the one place of this kind away, and shows it to every reader.
    #[schema(value_type = schema::B64)]
    pub cms_b64: B64,
}

/// `POST /lots/{t}/{l}/rehearsals`: the host has the custodians rehearse once more; the answer is the
/// [`BoardMessage`] with its number.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RehearsalPost {
    /// The kind of message, which says which rehearsal it is.
    pub kind: String,
    /// The sealed test object.
    #[schema(value_type = schema::B64)]
    pub body_b64: B64,
    /// The host's detached CMS over the board statement of lot, kind and object, DER.
    #[schema(value_type = schema::B64)]
    pub cms_b64: B64,
}

/// `POST /lots/{t}/{l}/cosignatures`: a custodian saw a checkpoint grow from the last one it saw.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CosignaturePost {
    /// The custodian.
    #[schema(value_type = schema::CustodianIndex)]
    pub custodian: CustodianIndex,
    /// Size of the log that was cosigned.
    pub size: u64,
    /// Root of the log that was cosigned.
    #[schema(value_type = schema::Digest)]
    pub root: Digest,
    /// The signature line (C2SP cosignature/v1), without line feed.
    pub cosignature: String,
}

/// `POST /lots/{t}/{l}/witness-cosignatures`: a witness saw a checkpoint grow from the last one it saw.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WitnessPost {
    /// Size of the log that was cosigned.
    pub size: u64,
    /// The signature line (C2SP cosignature/v1), without line feed.
    pub cosignature: String,
}

/// `POST /lots/{t}/{l}/outages`: a custodian was without a new checkpoint before the deadline (ruling 12).
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OutagePost {
    /// The custodian.
    #[schema(value_type = schema::CustodianIndex)]
    pub custodian: CustodianIndex,
    /// The deadline that counted.
    #[schema(value_type = schema::UtcMillis)]
    pub deadline: UtcMillis,
    /// From when on.
    #[schema(value_type = schema::UtcMillis)]
    pub from: UtcMillis,
    /// Until when.
    #[schema(value_type = schema::UtcMillis)]
    pub to: UtcMillis,
    /// The custodian's CMS over the statement, DER.
    #[schema(value_type = schema::B64)]
    pub cms_b64: B64,
}

/// `POST /lots/{t}/{l}/freeze-signatures`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FreezeSignaturePost {
    /// The custodian.
    #[schema(value_type = schema::CustodianIndex)]
    pub custodian: CustodianIndex,
    /// The freeze that was signed.
    #[schema(value_type = schema::Digest)]
    pub freeze_id: Digest,
    /// The custodian's CMS over the freeze text, DER.
    #[schema(value_type = schema::B64)]
    pub cms_b64: B64,
}

/// `POST /lots/{t}/{l}/destructions`: after the end of the opening.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DestructionPost {
    /// The custodian.
    #[schema(value_type = schema::CustodianIndex)]
    pub custodian: CustodianIndex,
    /// The custodian's CMS over the statement of destruction, DER.
    #[schema(value_type = schema::B64)]
    pub cms_b64: B64,
}

/// `POST /lots/{t}/{l}/journals`: after the freeze, and after the end of the opening (ruling 19).
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JournalPost {
    /// The custodian.
    #[schema(value_type = schema::CustodianIndex)]
    pub custodian: CustodianIndex,
    /// At the freeze, or at the end.
    #[schema(value_type = schema::JournalMoment)]
    pub moment: JournalMoment,
    /// The exact journal from its first byte on, at most 8 MiB.
    #[schema(value_type = schema::B64)]
    pub journal_b64: B64,
    /// The custodian's CMS over the statement of origin, custodian, moment, length and digest, DER.
    #[schema(value_type = schema::B64)]
    pub cms_b64: B64,
}

/// `GET /lots/{t}/{l}/frozen`: what custodians check before they raise a point.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FrozenAnswer {
    /// All frozen bids, in the order of the log entry `set-frozen`.
    pub bids: Vec<FrozenItem>,
    /// The paths of their opened places to the roots of their ticks, in the same order.
    pub paths: Vec<PathItem>,
}

/// The path of one opened place.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PathItem {
    /// The tick.
    #[schema(value_type = schema::TickNo)]
    pub tick: TickNo,
    /// The place.
    #[schema(value_type = schema::PlaceNo)]
    pub no: PlaceNo,
    /// From the place's sibling up.
    #[schema(value_type = Vec<schema::Digest>)]
    pub path: Vec<Digest>,
}

/// One frozen bid, without its payload.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FrozenItem {
    /// The exact manifest.
    #[schema(value_type = schema::B64)]
    pub manifest_b64: B64,
    /// The bidder's CMS over it, DER.
    #[schema(value_type = schema::B64)]
    pub cms_b64: B64,
    /// The header of every sealed object, in the order of the manifest.
    pub headers: Vec<HeaderItem>,
}

/// The signed body of `POST /lots/{t}/{l}/partials`; the digest in the log is that of its bytes.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PartialsBody {
    /// Version of this format, 1.
    pub v: u8,
    /// Always `partials`.
    pub kind: PartialsKind,
    /// The tender.
    #[schema(value_type = schema::TenderId)]
    pub tender: TenderId,
    /// The lot.
    #[schema(value_type = schema::LotId)]
    pub lot: LotId,
    /// The custodian.
    #[schema(value_type = schema::CustodianIndex)]
    pub custodian: CustodianIndex,
    /// The stage that is being unsealed.
    #[schema(value_type = schema::Stage)]
    pub stage: Stage,
    /// The part that is being unsealed.
    #[schema(value_type = schema::Part)]
    pub part: Part,
    /// The freeze under which the points were raised.
    #[schema(value_type = schema::Digest)]
    pub freeze_id: Digest,
    /// One result per current bid, in the order of the frozen list.
    pub partials: Vec<PartialItem>,
    /// One result per escrow of a bid that its bidder did not unlock, in the same order; without any
    /// the key is left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub escrow: Vec<PartialItem>,
}

/// The word in [`PartialsBody`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PartialsKind {
    /// `partials`.
    Partials,
}

/// One custodian's result for one sealed object. The three texts are hexadecimal; crate `ceremony`
/// checks them.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PartialItem {
    /// The manifest of the bid.
    #[schema(value_type = schema::Digest)]
    pub manifest_sha256: Digest,
    /// The raised point, compressed, 66 digits.
    pub d: String,
    /// The challenge of its proof, 64 digits.
    pub c: String,
    /// The response of its proof, 64 digits.
    pub z: String,
}

/// The signed body of `POST /lots/{t}/{l}/refusals`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefusalBody {
    /// Version of this format, 1.
    pub v: u8,
    /// Always `custodian-refusal`.
    pub kind: RefusalKind,
    /// The tender.
    #[schema(value_type = schema::TenderId)]
    pub tender: TenderId,
    /// The lot.
    #[schema(value_type = schema::LotId)]
    pub lot: LotId,
    /// The custodian.
    #[schema(value_type = schema::CustodianIndex)]
    pub custodian: CustodianIndex,
    /// The stable label of the reason.
    pub label: String,
    /// The detail, for people; at most [`TEXT_LEN_MAX`](crate::TEXT_LEN_MAX) bytes.
    pub detail: String,
    /// The custodian's clock.
    #[schema(value_type = schema::UtcMillis)]
    pub at: UtcMillis,
    /// The draw that is not answered; the key is left out of any other refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draw: Option<u32>,
}

/// The word in [`RefusalBody`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalKind {
    /// `custodian-refusal`.
    CustodianRefusal,
}
