//! Submissions, uploads and receipts.

use kaibiao_types::{BidPart, Part, Stage};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{B64, RandomId, schema};

/// `POST /lots/{t}/{l}/submissions`: begins a submission, or finds it again by its manifest.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmissionPost {
    /// The exact manifest.
    #[schema(value_type = schema::B64)]
    pub manifest_b64: B64,
    /// The bidder's CMS over it, DER.
    #[schema(value_type = schema::B64)]
    pub cms_b64: B64,
    /// Header and slice roots of every sealed object, in the order of the manifest.
    pub headers: Vec<SealedItem>,
}

/// One sealed object before its bytes: its header, and what its slices must be.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SealedItem {
    /// The stage of the object.
    #[schema(value_type = schema::Stage)]
    pub stage: Stage,
    /// The part of the bid.
    #[schema(value_type = schema::Part)]
    pub part: Part,
    /// The exact header.
    #[schema(value_type = schema::B64)]
    pub header_b64: B64,
    /// The roots of the slices of the sealed file, 32 bytes each, in order. Together with the header
    /// they give the signed root.
    #[schema(value_type = schema::B64)]
    pub slices_b64: B64,
}

/// The header of one sealed object.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HeaderItem {
    /// The stage of the object.
    #[schema(value_type = schema::Stage)]
    pub stage: Stage,
    /// The part of the bid.
    #[schema(value_type = schema::Part)]
    pub part: Part,
    /// The exact header.
    #[schema(value_type = schema::B64)]
    pub header_b64: B64,
}

/// A statement of the hall with its signature: what both sides keep as evidence.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignedStatement {
    /// The exact statement.
    #[schema(value_type = schema::B64)]
    pub statement_b64: B64,
    /// The hall's CMS over it, DER.
    #[schema(value_type = schema::B64)]
    pub cms_b64: B64,
}

/// The answer to [`SubmissionPost`], and `GET /uploads/{id}`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UploadAnswer {
    /// The random id of the upload; whoever knows it may send slices.
    #[schema(value_type = schema::RandomId)]
    pub upload: RandomId,
    /// Bytes of a whole slice without a header, [`SLICE_LEN`](crate::SLICE_LEN).
    pub slice_len: u64,
    /// All parts, in the order of the manifest, with what is missing of each.
    pub parts: Vec<PartMissing>,
    /// Whether the receipt exists already; the commit call gives it again.
    pub completed: bool,
    /// The same, signed: a progress statement, `docs/spec/receipt.md`.
    pub progress: SignedStatement,
}

/// What is missing of one part.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PartMissing {
    /// The part.
    #[schema(value_type = schema::BidPart)]
    pub part: BidPart,
    /// Bytes of the whole object.
    pub file_len: u64,
    /// Numbers of the slices that are not stored yet, ascending, from 0.
    pub missing: Vec<u32>,
}

/// `POST /uploads/{id}/commit`: the receipt, the same one however often it is asked for.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiptAnswer {
    /// The exact receipt.
    #[schema(value_type = schema::B64)]
    pub receipt_b64: B64,
    /// The hall's CMS over it, DER.
    #[schema(value_type = schema::B64)]
    pub cms_b64: B64,
}
