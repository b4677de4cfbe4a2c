//! Messages between programs: HTTP bodies, room frames, problem labels, exit codes.
//!
//! Layer 4, values only: no socket, no file, no clock. `docs/spec/http.md` describes the calls.
//!
//! - Bodies are JSON objects; unknown or repeated fields are refused ([`from_json`]).
//! - Whatever was signed travels as its exact bytes ([`B64`]) and is never written anew.
//! - An answer that is not a success is a [`Problem`] with a stable [`Label`].

mod b64;
mod exit;
mod frames;
mod json;
mod labels;
mod limits;
mod messages;
mod origin;
pub mod paths;
mod problem;
mod random_id;
mod raw;
pub mod schema;

pub use b64::B64;
pub use exit::Exit;
pub use frames::{Frame, FrameError, Heartbeat, Hello, Live, ROOM_VERSION};
pub use json::{JSON_TYPE, JsonError, LINES_TYPE, SLICE_TYPE, TEXT_TYPE, from_json, to_json};
pub use labels::{Label, Text, UnknownLabel};
pub use limits::{BODY_LEN_MAX, FRAME_LEN_MAX, HEARTBEAT_EVERY, SLICE_LEN, TEXT_LEN_MAX};
pub use messages::{
    Accepted, BoardAnswer, BoardMessage, BoardPost, Carry, CeremonyState, ChallengeAnswer,
    CommandPost, CosignaturePost, DestructionPost, DraftAnswer, DrawPartialBody, DrawPartialKind,
    FreezeSignaturePost, FrozenAnswer, FrozenItem, HeaderItem, JournalPost, LoginKind, LoginPost,
    LoginStatement, LotCreated, LotList, LotStatus, LotsPost, OfDay, OpeningsAnswer, OutagePost,
    PartMissing, PartialItem, PartialsBody, PartialsKind, PathItem, PrivateText, PublishPost,
    ReceiptAnswer, RefusalBody, RefusalKind, RehearsalPost, SealedItem, SessionAnswer, SignedBody,
    SignedStatement, Since, SubmissionPost, TenderAnswer, TimeAnswer, UploadAnswer, WitnessPost,
    Words,
};
pub use origin::{Origin, OriginError};
pub use problem::{PROBLEM_TYPE, PROBLEM_URN, Problem};
pub use random_id::{RandomId, RandomIdError};
pub use raw::RawJson;
