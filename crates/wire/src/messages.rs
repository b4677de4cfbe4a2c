//! Bodies of the HTTP calls. `docs/spec/http.md` says who may call what, and when.

mod custody;
mod draw;
mod login;
mod lots;
mod submission;
mod tender;

use kaibiao_types::Digest;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use custody::{
    BoardAnswer, BoardMessage, BoardPost, CosignaturePost, DestructionPost, FreezeSignaturePost,
    FrozenAnswer, FrozenItem, JournalPost, OutagePost, PartialItem, PartialsBody, PartialsKind,
    PathItem, RefusalBody, RefusalKind, RehearsalPost, WitnessPost,
};
pub use draw::{DrawPartialBody, DrawPartialKind};
pub use login::{Carry, ChallengeAnswer, LoginKind, LoginPost, LoginStatement, SessionAnswer};
pub use lots::{
    CeremonyState, LotCreated, LotList, LotStatus, OfDay, OpeningsAnswer, TimeAnswer, Words,
};
pub use submission::{
    HeaderItem, PartMissing, ReceiptAnswer, SealedItem, SignedStatement, SubmissionPost,
    UploadAnswer,
};
pub use tender::{DraftAnswer, LotsPost, PublishPost, TenderAnswer};

use crate::{B64, schema};

/// The query of calls that give the messages or entries from one number on.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Since {
    /// The first number wanted; 0 without the query.
    #[serde(default)]
    pub since: u64,
}

/// A body and the signature over its exact bytes: commands, partial decryptions, refusals.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignedBody {
    /// The exact bytes that were signed.
    #[schema(value_type = schema::B64)]
    pub body: B64,
    /// The signer's detached CMS over them, DER.
    #[schema(value_type = schema::B64)]
    pub cms: B64,
}

/// A signed command of host, supervisor or bidder, with the private text that it names a digest of.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CommandPost {
    /// The exact bytes that were signed.
    #[schema(value_type = schema::B64)]
    pub body: B64,
    /// The signer's detached CMS over them, DER.
    #[schema(value_type = schema::B64)]
    pub cms: B64,
    /// Of a private message: its text. It does not go into the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private: Option<PrivateText>,
}

/// A text that host, supervisor and its author may read, with the salt of the digest in the log.
#[derive(Clone, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PrivateText {
    /// 32 random bytes.
    #[schema(value_type = schema::Digest)]
    pub salt: Digest,
    /// The text.
    pub text: String,
}

/// The text stays out of whatever is written for an operator.
impl core::fmt::Debug for PrivateText {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("PrivateText(..)")
    }
}

/// A post was made durable in the opening log.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// How many entries the log has now; what the post caused lies below this index.
    pub head: u64,
}
