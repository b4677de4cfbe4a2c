//! Replay of a log by somebody who does not trust it: a custodian, an auditor, a browser.

use kaibiao_types::UtcMillis;

use crate::actor::Actor;
use crate::command::{Command, CommandKind, SignedCommandBody};
use crate::event::{Event, EventKind};
use crate::guard::fits;
use crate::refusal::{DataRule, Refusal};
use crate::state::State;

/// An entry that the procedure would not have allowed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("entry {entry} ({kind}) breaks the procedure")]
pub struct ReplayError {
    /// Index of the entry.
    pub entry: u64,
    /// Its kind.
    pub kind: EventKind,
    /// The rule it breaks.
    #[source]
    pub refusal: Refusal,
}

impl ReplayError {
    /// The stable label: that of the rule.
    pub const fn label(&self) -> &'static str {
        self.refusal.label()
    }
}

impl State {
    /// Takes in one entry of a log that nobody vouches for, by the rules of [`State::decide`].
    /// On an error the state is unchanged.
    ///
    /// What lies outside the procedure is checked elsewhere: log proofs and the digest of
    /// `freeze_id` (journal), signatures (pki), partial decryptions (ceremony), the digests of
    /// sheets and of the record (whoever has the hash function).
    ///
    /// # Errors
    ///
    /// [`ReplayError`] names the entry and the rule it breaks.
    pub fn check_and_apply(
        &mut self,
        by: &Actor,
        at: UtcMillis,
        event: &Event,
    ) -> Result<(), ReplayError> {
        self.check(by, at, event).map_err(|refusal| ReplayError {
            entry: self.entries,
            kind: event.kind(),
            refusal,
        })?;
        self.apply(by, at, event);
        Ok(())
    }

    /// Checks that the signed command beside an entry asks for just this entry.
    ///
    /// `by` and `at` are author and time of the entry, `signer` is the party whose CMS over the body was verified. Called before the entry is
    /// applied. Whether a nonce repeats is for the caller to see, who reads all commands.
    ///
    /// # Errors
    ///
    /// [`Refusal::WrongRole`] if the signer may not ask for it, [`Refusal::BadData`] with
    /// [`DataRule::Command`] if it is a command for another lot or asks for something else.
    pub fn check_command(
        &self,
        by: &Actor,
        at: UtcMillis,
        event: &Event,
        signer: &Actor,
        body: &SignedCommandBody,
    ) -> Result<(), Refusal> {
        let step = event.kind();
        let kind = body.command.kind();
        let agrees = body.lot == self.lot
            && event.needs_command() == Some(kind)
            && body.after < self.entries
            && event.agrees_with(&body.command);
        fits(step, DataRule::Command, agrees)?;
        // The hall writes what it computes after a command; everything else its signer writes.
        let author = event.written_by(signer);
        if author != *by || (author != Actor::Hall && author != *signer) {
            return Err(Refusal::WrongRole { step, role: signer.role() });
        }
        self.admit(step, kind.roles(), signer, at)
    }
}

impl Event {
    /// The kind of signed command that stands beside an entry of this kind; `None` where none does.
    pub fn needs_command(&self) -> Option<CommandKind> {
        CommandKind::ALL.iter().copied().find(|kind| kind.leads_to() == self.kind())
    }

    /// Whether this event does what the command asks for, and nothing else.
    #[allow(clippy::too_many_lines)] // one arm for each kind of command
    fn agrees_with(&self, command: &Command) -> bool {
        match (self, command) {
            (Self::PostponementAsked(asked), Command::AskPostponement { deadline, reason }) => {
                asked.deadline == *deadline && asked.reason == *reason
            }
            (Self::DeadlinePostponed(postponed), Command::ApprovePostponement { no, deadline }) => {
                postponed.no == *no && postponed.deadline == *deadline
            }
            (Self::TimeConfirmationAsked(time), Command::ConfirmTime { deadline })
            | (Self::TimeConfirmed(time), Command::ApproveTime { deadline }) => {
                time.deadline == *deadline
            }
            (Self::SignedIn(who), Command::SignIn(agent)) => who.agent == *agent,
            (Self::EmergencySignedIn(who), Command::EmergencySignIn { bidder, reason }) => {
                who.bidder.code == *bidder && who.reason == *reason
            }
            (Self::BidderChecked(said), Command::CheckBidder(check)) => said == check,
            (Self::BidderUnsealed(unsealed), Command::UnsealBid(asked)) => {
                unsealed.stage == asked.stage
                    && unsealed.manifest_sha256 == asked.manifest_sha256
                    && unsealed.secrets == asked.secrets
            }
            (Self::BidderWindowExtended(more), Command::ExtendBidderWindow { by, text }) => {
                more.by_ms == *by && more.text == *text
            }
            (Self::BidderWindowReopened(again), Command::ReopenBidderWindow { by, text }) => {
                again.by_ms == *by && again.text == *text
            }
            (Self::EstimateSealed(sealed), Command::SealEstimate { sha256, object_b64 }) => {
                sealed.sha256 == *sha256 && sealed.object_b64 == *object_b64
            }
            (Self::UnsealingStarted(start), Command::StartUnsealing(part)) => start.part == *part,
            (Self::PriceRead(reading), Command::ReadNext(duration)) => {
                reading.duration_ms == *duration
            }
            (Self::DrawStarted(start), Command::StartDraw(no)) => start.no == *no,
            (Self::ObjectionRaised(raised), Command::RaiseObjection(text)) => raised.text == *text,
            (Self::ObjectionAnswered(answered), Command::AnswerObjection { no, text }) => {
                answered.no == *no && answered.text == *text
            }
            (Self::FaultDecided(decided), Command::DecideFault { bidder, part, fault, text }) => {
                decided.bidder == *bidder
                    && decided.part == *part
                    && decided.fault == *fault
                    && decided.text == *text
            }
            (Self::ObjectionsExtended(extension), Command::ExtendObjections(by)) => {
                extension.by_ms == *by
            }
            (Self::RecordCorrected(corrected), Command::CorrectRecord { reason }) => {
                corrected.reason == *reason
            }
            (Self::OpeningPaused(pause), Command::Pause { reason, text }) => {
                pause.reason == *reason && pause.text == *text
            }
            (Self::MeasureAsked(asked), Command::AskMeasure { measure, reason, text }) => {
                asked.measure == *measure && asked.reason == *reason && asked.text == *text
            }
            (Self::MeasureTaken(taken), Command::ApproveMeasure { no, measure }) => {
                taken.no == *no && taken.measure == *measure
            }
            (
                Self::PassedListed(list),
                Command::ListPassed { passed, failed, reconvene_at, reason },
            ) => {
                list.passed == *passed
                    && list.failed == *failed
                    && list.reconvene_at == *reconvene_at
                    && list.reason == *reason
            }
            (Self::RoundApproved(approved), Command::ApproveRound { no, invited }) => {
                approved.no == *no && approved.invited == *invited
            }
            (Self::PassedApproved(approved), Command::ApprovePassed { no, passed }) => {
                approved.no == *no && approved.passed == *passed
            }
            (Self::ResultAnnounced(told), Command::AnnounceResult(result)) => told.says(result),
            (Self::ResultAnswered(answered), Command::AnswerResult { no, objection }) => {
                answered.no == *no && answered.objection == *objection
            }
            (Self::ChatSaid(said), Command::Chat(text)) => said.text == *text,
            (Self::ChatPrivate(said), Command::ChatPrivately { text_sha256 }) => {
                said.text_sha256 == *text_sha256
            }
            (Self::ChatMuted(order), Command::Mute { bidder, reason }) => {
                order.bidder == *bidder && order.reason == *reason
            }
            (Self::ChatUnmuted(order), Command::Unmute { bidder, reason }) => {
                order.bidder == *bidder && order.reason == *reason
            }
            (Self::ChatRemoved(order), Command::Remove { bidder, reason }) => {
                order.bidder == *bidder && order.reason == *reason
            }
            (Self::ChatReadmitted(order), Command::Readmit { bidder, reason }) => {
                order.bidder == *bidder && order.reason == *reason
            }
            (Self::RecordSigned(signed), Command::SignRecord { record_sha256, cms }) => {
                signed.record_sha256 == *record_sha256 && signed.cms == *cms
            }
            (
                Self::BiddersPublished(_)
                | Self::CeilingAnnounced(_)
                | Self::SealsChecked(_)
                | Self::BidderWindowOpened(_)
                | Self::PriceConfirmed(_)
                | Self::RecordGenerated(_)
                | Self::OpeningResumed(_)
                | Self::DegradedApproved(_)
                | Self::EnvelopeClosed(_)
                | Self::OpeningReconvened(_)
                | Self::OpeningClosed(_),
                command,
            ) => command.kind().leads_to() == self.kind(),
            _ => false,
        }
    }
}
