//! Commands: what a person asks for, in the exact bytes that person signs.

mod data;
mod kind;

use kaibiao_types::{
    Digest, Fault, LotId, LotKey, Millis, OrgCode, Part, Stage, TenderId, UtcMillis,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

pub use kind::CommandKind;

use self::data::{
    AnswerData, ApproveData, AskData, CorrectData, DrawData, DurationData, EmergencyData,
    EstimateData, ExtendData, MeasureData, MuteData, PartData, PassedData, PrivateData, ResultData,
    SignData, SignInData, TextData, TimeData, WindowData,
};
use crate::chat::is_message;
use crate::event::{
    Agent, BidderChecked, Empty, FaultDecided, HoldReason, Measure, MeasureTaken, NotPassed,
    OpeningPaused, PassedApproved, RoundApproved, UnlockedPart,
};
use crate::result::EvaluationResult;
use crate::strict::{self, JsonError};
use crate::{limits, text};

/// What a person may ask for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Command {
    /// Ask for a later deadline (延期). Host.
    AskPostponement {
        /// The deadline that is asked for.
        deadline: UtcMillis,
        /// Why.
        reason: String,
    },
    /// Approve the postponement that the host asked for. Supervisor.
    ApprovePostponement {
        /// Its number.
        no: u32,
        /// The new deadline, repeated: what is approved is what was read.
        deadline: UtcMillis,
    },
    /// Confirm that the opening time has come, for custodians whose clocks cannot know (ruling 13).
    /// Host.
    ConfirmTime {
        /// The opening time, repeated: what is confirmed is what was read.
        deadline: UtcMillis,
    },
    /// Confirm it too. Supervisor.
    ApproveTime {
        /// The opening time.
        deadline: UtcMillis,
    },
    /// Announce the bidders (公布投标人名单). Host.
    PublishBidders,
    /// State what was found about one bidder (身份检查, 保证金). Host.
    CheckBidder(BidderChecked),
    /// Announce the ceiling of the tender file (公布最高投标限价). Host.
    AnnounceCeiling,
    /// Check the seals in public (密封性检查). Host.
    CheckSeals,
    /// Open the window in which bidders unlock their bids (投标人解密). Host.
    OpenBidderWindow,
    /// Unlock the own bid. Bidder.
    UnsealBid(BidUnsealing),
    /// Give bidders more time to unlock (延长), while the window is open. Host.
    ExtendBidderWindow {
        /// By how much.
        by: Millis,
        /// Why.
        text: String,
    },
    /// Open the window again (重启解密), after it was over. Host.
    ReopenBidderWindow {
        /// For how long.
        by: Millis,
        /// Why.
        text: String,
    },
    /// Start the unsealing of one part (解密). Host.
    StartUnsealing(Part),
    /// Read the next price aloud (唱标), taking this long. Host.
    ReadNext(Millis),
    /// Start a draw (抽取) of the tender file. Host.
    StartDraw(u32),
    /// Sign in (签到), saying who acts for the bidder or not. Bidder.
    SignIn(Option<Agent>),
    /// Sign a bidder in whose device fails (紧急签到). Host.
    EmergencySignIn {
        /// The bidder.
        bidder: OrgCode,
        /// Why it does not sign in itself.
        reason: String,
    },
    /// Confirm the price as read (报价确认). Bidder.
    ConfirmPrice,
    /// Object to the opening (异议). Bidder.
    RaiseObjection(String),
    /// Answer an objection (答复). Host.
    AnswerObjection {
        /// The objection.
        no: u32,
        /// The answer.
        text: String,
    },
    /// Give more time for objections, by this much. Host.
    ExtendObjections(Millis),
    /// Make the opening record (开标记录). Host.
    GenerateRecord,
    /// Make a new version of the opening record (更正). Host.
    CorrectRecord {
        /// Why.
        reason: String,
    },
    /// Sign the opening record. Host, supervisor, bidder.
    SignRecord {
        /// SHA-256 of the exact bytes of `record.json`.
        record_sha256: Digest,
        /// The CMS over these bytes, DER in base64.
        cms: String,
    },
    /// Decide whose fault it is that a bid did not open, where the evidence is silent. Host.
    DecideFault {
        /// Whose bid.
        bidder: OrgCode,
        /// Which part of it.
        part: Part,
        /// What is decided; `Undetermined` leaves it open, and says so.
        fault: Fault,
        /// Why.
        text: String,
    },
    /// Pause the opening (暂停). Host, supervisor.
    Pause {
        /// Why, by the closed list.
        reason: HoldReason,
        /// Why, in words.
        text: String,
    },
    /// End the pause (恢复). Whoever paused.
    Resume,
    /// Ask for what takes two persons: 中止, 恢复 of a 中止, 终止, 流标. Host.
    AskMeasure {
        /// What.
        measure: Measure,
        /// Why, by the closed list.
        reason: HoldReason,
        /// Why, in words.
        text: String,
    },
    /// Approve what the host asked for. Supervisor.
    ApproveMeasure {
        /// Its number.
        no: u32,
        /// What it is, repeated: what is approved is what was read.
        measure: Measure,
    },
    /// End the opening of this envelope; another follows (休会). Host.
    CloseEnvelope,
    /// List who passed with the opened envelope. Host.
    ListPassed {
        /// Who passed, in log order.
        passed: Vec<OrgCode>,
        /// Everybody else, in log order.
        failed: Vec<NotPassed>,
        /// Not before this time the opening goes on.
        reconvene_at: UtcMillis,
        /// Why it goes on with fewer than three.
        reason: Option<String>,
    },
    /// Approve the list. Supervisor.
    ApprovePassed {
        /// Its number.
        no: u32,
        /// Who passed, repeated: what is approved is what was read.
        passed: Vec<OrgCode>,
    },
    /// Begin the opening of the next envelope (复会). Host.
    Reconvene,
    /// Approve who is invited to a round of sealed prices. Supervisor.
    ApproveRound {
        /// The round.
        no: u32,
        /// Who is invited, repeated: what is approved is what was read.
        invited: Vec<OrgCode>,
    },
    /// Hand in the sealed base estimate (标底), or another one in its place. Host.
    SealEstimate {
        /// SHA-256 of the exact sealed object.
        sha256: Digest,
        /// The sealed object in base64.
        object_b64: String,
    },
    /// Approve a degraded freeze. Host, supervisor.
    ApproveDegraded,
    /// End the opening. Host.
    Close,
    /// Tell the result of the evaluation (复会). Host.
    AnnounceResult(EvaluationResult),
    /// Say whether the result is objected to. Bidder.
    AnswerResult {
        /// The announcement.
        no: u32,
        /// The objection; `None` for none.
        objection: Option<String>,
    },
    /// Say something for everybody (聊天). Host, supervisor, bidder.
    Chat(String),
    /// Say something for host and supervisor; the text goes beside the command. Host, supervisor,
    /// bidder.
    ChatPrivately {
        /// `TH("private-text", salt, text)`.
        text_sha256: Digest,
    },
    /// Let bidders send no messages (禁言). Host, supervisor.
    Mute {
        /// Who; `None` is every bidder of the lot.
        bidder: Option<OrgCode>,
        /// Why.
        reason: String,
    },
    /// Let them again. Host, supervisor.
    Unmute {
        /// Who; `None` is every bidder of the lot.
        bidder: Option<OrgCode>,
        /// Why.
        reason: String,
    },
    /// Remove a bidder from the live room (踢出). Host, supervisor.
    Remove {
        /// Who.
        bidder: OrgCode,
        /// Why.
        reason: String,
    },
    /// Let it in again. Host, supervisor.
    Readmit {
        /// Who.
        bidder: OrgCode,
        /// Why.
        reason: String,
    },
}

/// What a bidder's own key gives of the locks of its bid.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BidUnsealing {
    /// The envelope: always 1 in this version.
    pub stage: Stage,
    /// The bid.
    pub manifest_sha256: Digest,
    /// One secret for each object of the bid, in the order of its parts.
    pub secrets: Vec<UnlockedPart>,
}

/// Why the body of a signed command is refused before anybody asks whether its step is in order.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// Not strict JSON of this form.
    #[error("not a command: {0}")]
    Json(#[from] JsonError),
    /// A kind that this version does not know.
    #[error("unknown kind of command")]
    Kind,
    /// The command is for another lot.
    #[error("the command is for lot {found}, this is lot {expected}")]
    Lot {
        /// The lot of this room.
        expected: LotKey,
        /// The lot in the command.
        found: LotKey,
    },
    /// The nonce is not 32 lower-case hexadecimal digits.
    #[error("the nonce is not 32 lower-case hexadecimal digits")]
    Nonce,
    /// A text is empty, too long or of the wrong alphabet.
    #[error("{0} is empty, too long or of the wrong alphabet")]
    Text(&'static str),
    /// Another version of the format.
    #[error("the version is not 1")]
    Version,
}

impl CommandError {
    /// The stable label.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Json(_) => "E_COMMAND_JSON",
            Self::Kind => "E_COMMAND_KIND",
            Self::Lot { .. } => "E_COMMAND_LOT",
            Self::Nonce => "E_COMMAND_NONCE",
            Self::Text(_) => "E_COMMAND_TEXT",
            Self::Version => "E_COMMAND_VERSION",
        }
    }
}

/// The body of a signed command. Its exact bytes are what the person's CMS covers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedCommandBody {
    /// The lot.
    pub lot: LotKey,
    /// What is asked for.
    pub command: Command,
    /// 32 lower-case hexadecimal digits, new for each command: a repeated one is a replay.
    pub nonce: String,
    /// The person's own clock; a claim only.
    pub at: UtcMillis,
    /// The index of the last log entry the person saw.
    pub after: u64,
}

/// `data` is a value when read and, for the order of its keys, raw JSON when written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form<D> {
    v: u8,
    tender: TenderId,
    lot: LotId,
    kind: String,
    data: D,
    nonce: String,
    at: UtcMillis,
    after: u64,
}

impl SignedCommandBody {
    /// Reads the exact bytes that a person signed.
    ///
    /// # Errors
    ///
    /// [`CommandError`] names the first rule that is broken.
    pub fn parse(bytes: &[u8]) -> Result<Self, CommandError> {
        let received = strict::value(bytes, limits::COMMAND_BYTES)?;
        let form: Form<Value> = strict::typed(received.clone())?;
        if form.v != 1 {
            return Err(CommandError::Version);
        }
        if !text::hex(&form.nonce, 32) {
            return Err(CommandError::Nonce);
        }
        let kind = CommandKind::parse(&form.kind).ok_or(CommandError::Kind)?;
        let command = Command::read(kind, form.data)?;
        command.check()?;
        let body = Self {
            lot: LotKey { tender: form.tender, lot: form.lot },
            command,
            nonce: form.nonce,
            at: form.at,
            after: form.after,
        };
        strict::same_form(&body.form(), &received)?;
        Ok(body)
    }

    /// Reads the exact bytes and refuses a command for another lot.
    ///
    /// # Errors
    ///
    /// [`CommandError`]; [`CommandError::Lot`] if it is for another lot.
    pub fn parse_for(bytes: &[u8], lot: &LotKey) -> Result<Self, CommandError> {
        let body = Self::parse(bytes)?;
        if body.lot == *lot {
            Ok(body)
        } else {
            Err(CommandError::Lot { expected: lot.clone(), found: body.lot })
        }
    }

    /// The bytes to sign: compact JSON, keys in the order of the specification.
    pub fn to_bytes(&self) -> Vec<u8> {
        strict::bytes(&self.form())
    }

    fn form(&self) -> Form<Box<RawValue>> {
        Form {
            v: 1,
            tender: self.lot.tender.clone(),
            lot: self.lot.lot.clone(),
            kind: self.command.kind().name().to_owned(),
            data: self.command.data(),
            nonce: self.nonce.clone(),
            at: self.at,
            after: self.after,
        }
    }
}

impl Command {
    /// The kind.
    pub const fn kind(&self) -> CommandKind {
        match self {
            Self::AskPostponement { .. } => CommandKind::AskPostponement,
            Self::ApprovePostponement { .. } => CommandKind::ApprovePostponement,
            Self::ConfirmTime { .. } => CommandKind::ConfirmTime,
            Self::ApproveTime { .. } => CommandKind::ApproveTime,
            Self::PublishBidders => CommandKind::PublishBidders,
            Self::CheckBidder(_) => CommandKind::CheckBidder,
            Self::AnnounceCeiling => CommandKind::AnnounceCeiling,
            Self::CheckSeals => CommandKind::CheckSeals,
            Self::OpenBidderWindow => CommandKind::OpenBidderWindow,
            Self::UnsealBid(_) => CommandKind::UnsealBid,
            Self::ExtendBidderWindow { .. } => CommandKind::ExtendBidderWindow,
            Self::ReopenBidderWindow { .. } => CommandKind::ReopenBidderWindow,
            Self::StartUnsealing(_) => CommandKind::StartUnsealing,
            Self::ReadNext(_) => CommandKind::ReadNext,
            Self::StartDraw(_) => CommandKind::StartDraw,
            Self::SignIn(_) => CommandKind::SignIn,
            Self::EmergencySignIn { .. } => CommandKind::EmergencySignIn,
            Self::ConfirmPrice => CommandKind::ConfirmPrice,
            Self::RaiseObjection(_) => CommandKind::RaiseObjection,
            Self::AnswerObjection { .. } => CommandKind::AnswerObjection,
            Self::GenerateRecord => CommandKind::GenerateRecord,
            Self::SignRecord { .. } => CommandKind::SignRecord,
            Self::CorrectRecord { .. } => CommandKind::CorrectRecord,
            Self::ExtendObjections(_) => CommandKind::ExtendObjections,
            Self::DecideFault { .. } => CommandKind::DecideFault,
            Self::Pause { .. } => CommandKind::Pause,
            Self::Resume => CommandKind::Resume,
            Self::AskMeasure { .. } => CommandKind::AskMeasure,
            Self::ApproveMeasure { .. } => CommandKind::ApproveMeasure,
            Self::CloseEnvelope => CommandKind::CloseEnvelope,
            Self::ListPassed { .. } => CommandKind::ListPassed,
            Self::ApprovePassed { .. } => CommandKind::ApprovePassed,
            Self::Reconvene => CommandKind::Reconvene,
            Self::ApproveRound { .. } => CommandKind::ApproveRound,
            Self::SealEstimate { .. } => CommandKind::SealEstimate,
            Self::ApproveDegraded => CommandKind::ApproveDegraded,
            Self::Close => CommandKind::Close,
            Self::AnnounceResult(_) => CommandKind::AnnounceResult,
            Self::AnswerResult { .. } => CommandKind::AnswerResult,
            Self::Chat(_) => CommandKind::Chat,
            Self::ChatPrivately { .. } => CommandKind::ChatPrivately,
            Self::Mute { .. } => CommandKind::Mute,
            Self::Unmute { .. } => CommandKind::Unmute,
            Self::Remove { .. } => CommandKind::Remove,
            Self::Readmit { .. } => CommandKind::Readmit,
        }
    }

    #[allow(clippy::too_many_lines)] // one arm for each kind of command
    fn read(kind: CommandKind, data: Value) -> Result<Self, CommandError> {
        fn typed<T: DeserializeOwned>(data: Value) -> Result<T, CommandError> {
            strict::typed(data).map_err(CommandError::Json)
        }
        let plain = |command: Self, data: Value| typed::<Empty>(data).map(|_| command);
        match kind {
            CommandKind::AskPostponement => typed::<AskData>(data)
                .map(|AskData { deadline, reason }| Self::AskPostponement { deadline, reason }),
            CommandKind::ApprovePostponement => typed::<ApproveData>(data)
                .map(|ApproveData { no, deadline }| Self::ApprovePostponement { no, deadline }),
            CommandKind::ConfirmTime => {
                typed::<TimeData>(data).map(|d| Self::ConfirmTime { deadline: d.deadline })
            }
            CommandKind::ApproveTime => {
                typed::<TimeData>(data).map(|d| Self::ApproveTime { deadline: d.deadline })
            }
            CommandKind::PublishBidders => plain(Self::PublishBidders, data),
            CommandKind::CheckBidder => typed::<BidderChecked>(data).map(Self::CheckBidder),
            CommandKind::AnnounceCeiling => plain(Self::AnnounceCeiling, data),
            CommandKind::CheckSeals => plain(Self::CheckSeals, data),
            CommandKind::OpenBidderWindow => plain(Self::OpenBidderWindow, data),
            CommandKind::UnsealBid => typed::<BidUnsealing>(data).map(Self::UnsealBid),
            CommandKind::ExtendBidderWindow => typed::<WindowData>(data)
                .map(|WindowData { by_ms, text }| Self::ExtendBidderWindow { by: by_ms, text }),
            CommandKind::ReopenBidderWindow => typed::<WindowData>(data)
                .map(|WindowData { by_ms, text }| Self::ReopenBidderWindow { by: by_ms, text }),
            CommandKind::StartUnsealing => {
                typed::<PartData>(data).map(|d| Self::StartUnsealing(d.part))
            }
            CommandKind::ReadNext => {
                typed::<DurationData>(data).map(|d| Self::ReadNext(d.duration_ms))
            }
            CommandKind::StartDraw => typed::<DrawData>(data).map(|d| Self::StartDraw(d.no)),
            CommandKind::SignIn => typed::<SignInData>(data).map(|d| Self::SignIn(d.agent)),
            CommandKind::EmergencySignIn => typed::<EmergencyData>(data)
                .map(|EmergencyData { bidder, reason }| Self::EmergencySignIn { bidder, reason }),
            CommandKind::Chat => typed::<TextData>(data).map(|d| Self::Chat(d.text)),
            CommandKind::ChatPrivately => typed::<PrivateData>(data)
                .map(|PrivateData { text_sha256 }| Self::ChatPrivately { text_sha256 }),
            CommandKind::Mute => typed::<MuteData>(data)
                .map(|MuteData { bidder, reason }| Self::Mute { bidder, reason }),
            CommandKind::Unmute => typed::<MuteData>(data)
                .map(|MuteData { bidder, reason }| Self::Unmute { bidder, reason }),
            CommandKind::Remove => typed::<EmergencyData>(data)
                .map(|EmergencyData { bidder, reason }| Self::Remove { bidder, reason }),
            CommandKind::Readmit => typed::<EmergencyData>(data)
                .map(|EmergencyData { bidder, reason }| Self::Readmit { bidder, reason }),
            CommandKind::ConfirmPrice => plain(Self::ConfirmPrice, data),
            CommandKind::RaiseObjection => {
                typed::<TextData>(data).map(|d| Self::RaiseObjection(d.text))
            }
            CommandKind::AnswerObjection => typed::<AnswerData>(data)
                .map(|AnswerData { no, text }| Self::AnswerObjection { no, text }),
            CommandKind::GenerateRecord => plain(Self::GenerateRecord, data),
            CommandKind::SignRecord => typed::<SignData>(data)
                .map(|SignData { record_sha256, cms }| Self::SignRecord { record_sha256, cms }),
            CommandKind::CorrectRecord => {
                typed::<CorrectData>(data).map(|d| Self::CorrectRecord { reason: d.reason })
            }
            CommandKind::ExtendObjections => {
                typed::<ExtendData>(data).map(|d| Self::ExtendObjections(d.by_ms))
            }
            CommandKind::DecideFault => {
                typed::<FaultDecided>(data).map(|FaultDecided { bidder, part, fault, text }| {
                    Self::DecideFault { bidder, part, fault, text }
                })
            }
            CommandKind::Pause => typed::<OpeningPaused>(data)
                .map(|OpeningPaused { reason, text }| Self::Pause { reason, text }),
            CommandKind::Resume => plain(Self::Resume, data),
            CommandKind::AskMeasure => {
                typed::<MeasureData>(data).map(|MeasureData { measure, reason, text }| {
                    Self::AskMeasure { measure, reason, text }
                })
            }
            CommandKind::ApproveMeasure => typed::<MeasureTaken>(data)
                .map(|MeasureTaken { no, measure }| Self::ApproveMeasure { no, measure }),
            CommandKind::CloseEnvelope => plain(Self::CloseEnvelope, data),
            CommandKind::ListPassed => typed::<PassedData>(data).map(
                |PassedData { passed, failed, reconvene_at, reason }| Self::ListPassed {
                    passed,
                    failed,
                    reconvene_at,
                    reason,
                },
            ),
            CommandKind::ApprovePassed => typed::<PassedApproved>(data)
                .map(|PassedApproved { no, passed }| Self::ApprovePassed { no, passed }),
            CommandKind::Reconvene => plain(Self::Reconvene, data),
            CommandKind::ApproveRound => typed::<RoundApproved>(data)
                .map(|RoundApproved { no, invited }| Self::ApproveRound { no, invited }),
            CommandKind::SealEstimate => {
                typed::<EstimateData>(data).map(|EstimateData { sha256, object_b64 }| {
                    Self::SealEstimate { sha256, object_b64 }
                })
            }
            CommandKind::ApproveDegraded => plain(Self::ApproveDegraded, data),
            CommandKind::Close => plain(Self::Close, data),
            CommandKind::AnnounceResult => {
                typed::<EvaluationResult>(data).map(Self::AnnounceResult)
            }
            CommandKind::AnswerResult => typed::<ResultData>(data)
                .map(|ResultData { no, objection }| Self::AnswerResult { no, objection }),
        }
    }

    fn data(&self) -> Box<RawValue> {
        let raw = match self {
            Self::AskPostponement { deadline, reason } => {
                to_raw_value(&AskData { deadline: *deadline, reason: reason.clone() })
            }
            Self::ApprovePostponement { no, deadline } => {
                to_raw_value(&ApproveData { no: *no, deadline: *deadline })
            }
            Self::ConfirmTime { deadline } | Self::ApproveTime { deadline } => {
                to_raw_value(&TimeData { deadline: *deadline })
            }
            Self::UnsealBid(unsealing) => to_raw_value(unsealing),
            Self::ExtendBidderWindow { by, text } | Self::ReopenBidderWindow { by, text } => {
                to_raw_value(&WindowData { by_ms: *by, text: text.clone() })
            }
            Self::StartUnsealing(part) => to_raw_value(&PartData { part: *part }),
            Self::ReadNext(duration_ms) => {
                to_raw_value(&DurationData { duration_ms: *duration_ms })
            }
            Self::StartDraw(no) => to_raw_value(&DrawData { no: *no }),
            Self::RaiseObjection(text) | Self::Chat(text) => {
                to_raw_value(&TextData { text: text.clone() })
            }
            Self::AnswerObjection { no, text } => {
                to_raw_value(&AnswerData { no: *no, text: text.clone() })
            }
            Self::SignRecord { record_sha256, cms } => {
                to_raw_value(&SignData { record_sha256: *record_sha256, cms: cms.clone() })
            }
            Self::CheckBidder(check) => to_raw_value(check),
            Self::CorrectRecord { reason } => to_raw_value(&CorrectData { reason: reason.clone() }),
            Self::ExtendObjections(by) => to_raw_value(&ExtendData { by_ms: *by }),
            Self::DecideFault { bidder, part, fault, text } => to_raw_value(&FaultDecided {
                bidder: bidder.clone(),
                part: *part,
                fault: *fault,
                text: text.clone(),
            }),
            Self::Pause { reason, text } => {
                to_raw_value(&OpeningPaused { reason: *reason, text: text.clone() })
            }
            Self::AskMeasure { measure, reason, text } => to_raw_value(&MeasureData {
                measure: *measure,
                reason: *reason,
                text: text.clone(),
            }),
            Self::ApproveMeasure { no, measure } => {
                to_raw_value(&MeasureTaken { no: *no, measure: *measure })
            }
            Self::SignIn(agent) => to_raw_value(&SignInData { agent: agent.clone() }),
            Self::EmergencySignIn { bidder, reason }
            | Self::Remove { bidder, reason }
            | Self::Readmit { bidder, reason } => {
                to_raw_value(&EmergencyData { bidder: bidder.clone(), reason: reason.clone() })
            }
            Self::ChatPrivately { text_sha256 } => {
                to_raw_value(&PrivateData { text_sha256: *text_sha256 })
            }
            Self::Mute { bidder, reason } | Self::Unmute { bidder, reason } => {
                to_raw_value(&MuteData { bidder: bidder.clone(), reason: reason.clone() })
            }
            Self::ListPassed { passed, failed, reconvene_at, reason } => {
                to_raw_value(&PassedData {
                    passed: passed.clone(),
                    failed: failed.clone(),
                    reconvene_at: *reconvene_at,
                    reason: reason.clone(),
                })
            }
            Self::ApprovePassed { no, passed } => {
                to_raw_value(&PassedApproved { no: *no, passed: passed.clone() })
            }
            Self::ApproveRound { no, invited } => {
                to_raw_value(&RoundApproved { no: *no, invited: invited.clone() })
            }
            Self::SealEstimate { sha256, object_b64 } => {
                to_raw_value(&EstimateData { sha256: *sha256, object_b64: object_b64.clone() })
            }
            Self::AnnounceResult(result) => to_raw_value(result),
            Self::AnswerResult { no, objection } => {
                to_raw_value(&ResultData { no: *no, objection: objection.clone() })
            }
            Self::PublishBidders
            | Self::CloseEnvelope
            | Self::Reconvene
            | Self::AnnounceCeiling
            | Self::CheckSeals
            | Self::OpenBidderWindow
            | Self::Resume
            | Self::ConfirmPrice
            | Self::GenerateRecord
            | Self::ApproveDegraded
            | Self::Close => to_raw_value(&Empty {}),
        };
        // Structs with string keys and no failing serializer can always be written.
        raw.unwrap_or_default()
    }

    fn check(&self) -> Result<(), CommandError> {
        let (holds, field) = match self {
            Self::RaiseObjection(words)
            | Self::AnswerObjection { text: words, .. }
            | Self::DecideFault { text: words, .. }
            | Self::ExtendBidderWindow { text: words, .. }
            | Self::ReopenBidderWindow { text: words, .. }
            | Self::Pause { text: words, .. }
            | Self::AskMeasure { text: words, .. } => {
                (text::paragraph(words, limits::OBJECTION_CHARS), "text")
            }
            Self::AskPostponement { reason, .. } | Self::CorrectRecord { reason } => {
                (text::paragraph(reason, limits::OBJECTION_CHARS), "reason")
            }
            Self::ListPassed { failed, reason, .. } => {
                let fits = |reason: &String| text::paragraph(reason, limits::OBJECTION_CHARS);
                let said = |one: &NotPassed| text::line(&one.reason, limits::REASON_CHARS);
                (reason.as_ref().is_none_or(fits) && failed.iter().all(said), "reason")
            }
            Self::AnnounceResult(result) => match result.shape() {
                Ok(()) => (true, ""),
                Err(field) => (false, field),
            },
            Self::AnswerResult { objection: Some(words), .. } => {
                (text::paragraph(words, limits::OBJECTION_CHARS), "objection")
            }
            Self::UnsealBid(unsealing) => {
                let hex = |one: &UnlockedPart| text::hex(one.secret.expose(), 64);
                (unsealing.secrets.iter().all(hex), "secrets")
            }
            Self::CheckBidder(check) => {
                let fits = |reason: &String| text::line(reason, limits::REASON_CHARS);
                (check.reason.as_ref().is_none_or(fits), "reason")
            }
            Self::SignIn(Some(agent)) => (text::line(&agent.name, limits::NAME_CHARS), "agent"),
            Self::Chat(words) => (is_message(words), "text"),
            Self::EmergencySignIn { reason, .. }
            | Self::Mute { reason, .. }
            | Self::Unmute { reason, .. }
            | Self::Remove { reason, .. }
            | Self::Readmit { reason, .. } => (text::line(reason, limits::REASON_CHARS), "reason"),
            Self::SealEstimate { object_b64, .. } => {
                (text::base64(object_b64, limits::ESTIMATE_BYTES.div_ceil(3) * 4), "object_b64")
            }
            Self::SignRecord { cms, .. } => (text::base64(cms, limits::CMS_CHARS), "cms"),
            Self::ReadNext(duration) => (duration.get() <= limits::READ_MAX, "duration_ms"),
            _ => (true, ""),
        };
        if holds { Ok(()) } else { Err(CommandError::Text(field)) }
    }
}
