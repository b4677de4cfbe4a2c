//! The kinds of commands: name, author, the event they lead to.

use kaibiao_types::Role;

use crate::event::EventKind;

/// The kind of a command, without its data.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum CommandKind {
    /// `ask-postponement`
    AskPostponement,
    /// `approve-postponement`
    ApprovePostponement,
    /// `confirm-time`
    ConfirmTime,
    /// `approve-time`
    ApproveTime,
    /// `publish-bidders`
    PublishBidders,
    /// `check-bidder`
    CheckBidder,
    /// `announce-ceiling`
    AnnounceCeiling,
    /// `check-seals`
    CheckSeals,
    /// `open-bidder-window`
    OpenBidderWindow,
    /// `unseal-bid`
    UnsealBid,
    /// `extend-bidder-window`
    ExtendBidderWindow,
    /// `reopen-bidder-window`
    ReopenBidderWindow,
    /// `start-unsealing`
    StartUnsealing,
    /// `read-next`
    ReadNext,
    /// `start-draw`
    StartDraw,
    /// `sign-in`
    SignIn,
    /// `emergency-sign-in`
    EmergencySignIn,
    /// `confirm-price`
    ConfirmPrice,
    /// `raise-objection`
    RaiseObjection,
    /// `answer-objection`
    AnswerObjection,
    /// `generate-record`
    GenerateRecord,
    /// `sign-record`
    SignRecord,
    /// `approve-degraded`
    ApproveDegraded,
    /// `close`
    Close,
    /// `pause`
    Pause,
    /// `resume`
    Resume,
    /// `ask-measure`
    AskMeasure,
    /// `approve-measure`
    ApproveMeasure,
    /// `decide-fault`
    DecideFault,
    /// `extend-objections`
    ExtendObjections,
    /// `correct-record`
    CorrectRecord,
    /// `close-envelope`
    CloseEnvelope,
    /// `list-passed`
    ListPassed,
    /// `approve-passed`
    ApprovePassed,
    /// `reconvene`
    Reconvene,
    /// `approve-round`
    ApproveRound,
    /// `seal-estimate`
    SealEstimate,
    /// `announce-result`
    AnnounceResult,
    /// `answer-result`
    AnswerResult,
    /// `chat`
    Chat,
    /// `chat-privately`
    ChatPrivately,
    /// `mute`
    Mute,
    /// `unmute`
    Unmute,
    /// `remove`
    Remove,
    /// `readmit`
    Readmit,
}

impl CommandKind {
    /// All kinds.
    pub const ALL: &'static [Self] = &[
        Self::AskPostponement,
        Self::ApprovePostponement,
        Self::ConfirmTime,
        Self::ApproveTime,
        Self::PublishBidders,
        Self::CheckBidder,
        Self::AnnounceCeiling,
        Self::CheckSeals,
        Self::OpenBidderWindow,
        Self::UnsealBid,
        Self::ExtendBidderWindow,
        Self::ReopenBidderWindow,
        Self::StartUnsealing,
        Self::ReadNext,
        Self::StartDraw,
        Self::SignIn,
        Self::EmergencySignIn,
        Self::ConfirmPrice,
        Self::RaiseObjection,
        Self::AnswerObjection,
        Self::GenerateRecord,
        Self::SignRecord,
        Self::ApproveDegraded,
        Self::Close,
        Self::Pause,
        Self::Resume,
        Self::AskMeasure,
        Self::ApproveMeasure,
        Self::DecideFault,
        Self::ExtendObjections,
        Self::CorrectRecord,
        Self::CloseEnvelope,
        Self::ListPassed,
        Self::ApprovePassed,
        Self::Reconvene,
        Self::ApproveRound,
        Self::SealEstimate,
        Self::AnnounceResult,
        Self::AnswerResult,
        Self::Chat,
        Self::ChatPrivately,
        Self::Mute,
        Self::Unmute,
        Self::Remove,
        Self::Readmit,
    ];

    /// The `kind` in the body.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AskPostponement => "ask-postponement",
            Self::ApprovePostponement => "approve-postponement",
            Self::ConfirmTime => "confirm-time",
            Self::ApproveTime => "approve-time",
            Self::PublishBidders => "publish-bidders",
            Self::CheckBidder => "check-bidder",
            Self::AnnounceCeiling => "announce-ceiling",
            Self::CheckSeals => "check-seals",
            Self::OpenBidderWindow => "open-bidder-window",
            Self::UnsealBid => "unseal-bid",
            Self::ExtendBidderWindow => "extend-bidder-window",
            Self::ReopenBidderWindow => "reopen-bidder-window",
            Self::StartUnsealing => "start-unsealing",
            Self::ReadNext => "read-next",
            Self::StartDraw => "start-draw",
            Self::SignIn => "sign-in",
            Self::EmergencySignIn => "emergency-sign-in",
            Self::ConfirmPrice => "confirm-price",
            Self::RaiseObjection => "raise-objection",
            Self::AnswerObjection => "answer-objection",
            Self::GenerateRecord => "generate-record",
            Self::SignRecord => "sign-record",
            Self::ApproveDegraded => "approve-degraded",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::AskMeasure => "ask-measure",
            Self::ApproveMeasure => "approve-measure",
            Self::DecideFault => "decide-fault",
            Self::ExtendObjections => "extend-objections",
            Self::CorrectRecord => "correct-record",
            Self::CloseEnvelope => "close-envelope",
            Self::ListPassed => "list-passed",
            Self::ApprovePassed => "approve-passed",
            Self::Reconvene => "reconvene",
            Self::ApproveRound => "approve-round",
            Self::SealEstimate => "seal-estimate",
            Self::AnnounceResult => "announce-result",
            Self::AnswerResult => "answer-result",
            Self::Chat => "chat",
            Self::ChatPrivately => "chat-privately",
            Self::Mute => "mute",
            Self::Unmute => "unmute",
            Self::Remove => "remove",
            Self::Readmit => "readmit",
            Self::Close => "close",
        }
    }

    /// The kind of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// The kind of event that an allowed command leads to.
    pub const fn leads_to(self) -> EventKind {
        match self {
            Self::AskPostponement => EventKind::PostponementAsked,
            Self::ApprovePostponement => EventKind::DeadlinePostponed,
            Self::ConfirmTime => EventKind::TimeConfirmationAsked,
            Self::ApproveTime => EventKind::TimeConfirmed,
            Self::PublishBidders => EventKind::BiddersPublished,
            Self::CheckBidder => EventKind::BidderChecked,
            Self::AnnounceCeiling => EventKind::CeilingAnnounced,
            Self::CheckSeals => EventKind::SealsChecked,
            Self::OpenBidderWindow => EventKind::BidderWindowOpened,
            Self::UnsealBid => EventKind::BidderUnsealed,
            Self::ExtendBidderWindow => EventKind::BidderWindowExtended,
            Self::ReopenBidderWindow => EventKind::BidderWindowReopened,
            Self::StartUnsealing => EventKind::UnsealingStarted,
            Self::ReadNext => EventKind::PriceRead,
            Self::StartDraw => EventKind::DrawStarted,
            Self::SignIn => EventKind::SignedIn,
            Self::EmergencySignIn => EventKind::EmergencySignedIn,
            Self::ConfirmPrice => EventKind::PriceConfirmed,
            Self::RaiseObjection => EventKind::ObjectionRaised,
            Self::AnswerObjection => EventKind::ObjectionAnswered,
            Self::GenerateRecord => EventKind::RecordGenerated,
            Self::SignRecord => EventKind::RecordSigned,
            Self::ApproveDegraded => EventKind::DegradedApproved,
            Self::Pause => EventKind::OpeningPaused,
            Self::Resume => EventKind::OpeningResumed,
            Self::AskMeasure => EventKind::MeasureAsked,
            Self::ApproveMeasure => EventKind::MeasureTaken,
            Self::DecideFault => EventKind::FaultDecided,
            Self::ExtendObjections => EventKind::ObjectionsExtended,
            Self::CorrectRecord => EventKind::RecordCorrected,
            Self::CloseEnvelope => EventKind::EnvelopeClosed,
            Self::ListPassed => EventKind::PassedListed,
            Self::ApprovePassed => EventKind::PassedApproved,
            Self::Reconvene => EventKind::OpeningReconvened,
            Self::ApproveRound => EventKind::RoundApproved,
            Self::SealEstimate => EventKind::EstimateSealed,
            Self::AnnounceResult => EventKind::ResultAnnounced,
            Self::AnswerResult => EventKind::ResultAnswered,
            Self::Chat => EventKind::ChatSaid,
            Self::ChatPrivately => EventKind::ChatPrivate,
            Self::Mute => EventKind::ChatMuted,
            Self::Unmute => EventKind::ChatUnmuted,
            Self::Remove => EventKind::ChatRemoved,
            Self::Readmit => EventKind::ChatReadmitted,
            Self::Close => EventKind::OpeningClosed,
        }
    }

    /// Who may send it.
    pub const fn roles(self) -> &'static [Role] {
        match self {
            Self::AskPostponement
            | Self::ConfirmTime
            | Self::PublishBidders
            | Self::CheckBidder
            | Self::AnnounceCeiling
            | Self::CheckSeals
            | Self::OpenBidderWindow
            | Self::ExtendBidderWindow
            | Self::ReopenBidderWindow
            | Self::StartUnsealing
            | Self::ReadNext
            | Self::StartDraw
            | Self::EmergencySignIn
            | Self::AnswerObjection
            | Self::GenerateRecord
            | Self::AskMeasure
            | Self::DecideFault
            | Self::ExtendObjections
            | Self::CorrectRecord
            | Self::CloseEnvelope
            | Self::ListPassed
            | Self::Reconvene
            | Self::SealEstimate
            | Self::AnnounceResult
            | Self::Close => &[Role::Host],
            Self::SignIn
            | Self::UnsealBid
            | Self::ConfirmPrice
            | Self::RaiseObjection
            | Self::AnswerResult => &[Role::Bidder],
            Self::SignRecord | Self::Chat | Self::ChatPrivately => {
                &[Role::Host, Role::Supervisor, Role::Bidder]
            }
            Self::ApprovePostponement
            | Self::ApproveTime
            | Self::ApproveMeasure
            | Self::ApprovePassed
            | Self::ApproveRound => &[Role::Supervisor],
            Self::ApproveDegraded
            | Self::Pause
            | Self::Resume
            | Self::Mute
            | Self::Unmute
            | Self::Remove
            | Self::Readmit => &[Role::Host, Role::Supervisor],
        }
    }
}

impl core::fmt::Display for CommandKind {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}
