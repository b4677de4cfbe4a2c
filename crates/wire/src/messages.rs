//! Bodies of the HTTP calls. `docs/spec/http.md` says who may call what, and when.

mod custody;
mod draw;
mod login;
mod lots;
mod submission;
mod tender;

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

/// A post was made durable in the opening log.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// How many entries the log has now; what the post caused lies below this index.
    pub head: u64,
}
