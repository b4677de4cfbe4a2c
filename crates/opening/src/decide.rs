//! `decide`: from a command or an input to the entries that it causes. Pure; it may refuse.

use std::collections::BTreeMap;

use kaibiao_types::{Digest, Millis, Money, OrgCode, Party, Role, UtcMillis};

use crate::actor::Actor;
use crate::command::{Command, CommandKind};
use crate::event::{
    BidderUnsealed, BidderWindowClosed, BidderWindowExtended, BidderWindowOpened,
    BidderWindowReopened, BiddersPublished, CeilingAnnounced, ChatMuted, ChatPrivate,
    ChatReadmitted, ChatRemoved, ChatSaid, ChatUnmuted, DeadlinePostponed, DocumentsOpened,
    DrawFailed, DrawMade, DrawStarted, EmergencySignedIn, Empty, EnvelopeClosed, EstimateSealed,
    Event, EventKind, FaultDecided, FreezeCompleted, FreezeDegraded, MeasureAsked, MeasureTaken,
    ObjectionAnswered, ObjectionRaised, ObjectionsExtended, OpeningPaused, OpeningReconvened,
    PassedApproved, PassedListed, PostponementAsked, PriceConfirmed, PriceRead, PricesPublished,
    PublishedBid, PublishedEstimate, RecordCorrected, RecordGenerated, RecordSigned, Refused,
    ResultAnnounced, ResultAnswered, RoundApproved, SealsChecked, SignedIn, TimeConfirmed,
    TooFewBidders, UnsealingStarted,
};
use crate::guard::bad;
use crate::input::{Input, PriceOutcome};
use crate::phase::Phase;
use crate::refusal::{DataRule, Refusal};
use crate::state::State;
use crate::words::PriceWords;

impl State {
    /// Judges a person's command. The entries are written in this order at the same time `now`,
    /// each by [`Event::written_by`]`(actor)`.
    ///
    /// `now` is the hall's clock; the person's own clock plays no part. An empty list means:
    /// allowed, and the hall now does the work that the command asks for and hands its result in
    /// ([`Input::SealsChecked`] after `check-seals`, [`Input::RecordGenerated`] after
    /// `generate-record`, [`Input::RecordCorrected`] after `correct-record`).
    ///
    /// # Errors
    ///
    /// [`Refusal`]; [`State::refusal_event`] makes its entry.
    pub fn decide(
        &self,
        actor: &Actor,
        command: &Command,
        now: UtcMillis,
    ) -> Result<Vec<Event>, Refusal> {
        let kind = command.kind();
        self.admit(kind.leads_to(), kind.roles(), actor, now)?;
        match self.answer(actor, command, now)? {
            Some(event) => self.settle(actor, event, now),
            None => Ok(Vec::new()),
        }
    }

    /// Judges an input of the hall. The entries are written in this order at the same time `now`,
    /// each by [`Event::written_by`]`(&Actor::Hall)`.
    ///
    /// # Errors
    ///
    /// [`Refusal`]: the input comes too early, out of order, or contradicts the log.
    pub fn decide_input(&self, input: &Input, now: UtcMillis) -> Result<Vec<Event>, Refusal> {
        let event = match input {
            Input::LotPublished(lot) => Event::LotPublished(lot.clone()),
            Input::Tick(tick) => Event::Tick(tick.clone()),
            Input::DeadlineReached(head) => Event::IntakeClosed(head.clone()),
            Input::SetFrozen(set) => Event::SetFrozen(set.clone()),
            Input::OutageAttested(said) => Event::OutageAttested(said.clone()),
            Input::FreezeSigned(signed) => Event::FreezeSigned(signed.clone()),
            Input::FreezeTimeout => self.freeze_notice(now),
            Input::NoticeOver => self.freeze_complete(),
            Input::SealsChecked(results) => {
                Event::SealsChecked(SealsChecked { results: results.clone() })
            }
            Input::PartialsReceived(partials) => Event::PartialsReceived(partials.clone()),
            Input::CustodianRefused(refused) => Event::CustodianRefused(refused.clone()),
            Input::PricesUnsealed(outcomes) => self.judge_prices(outcomes, now)?,
            Input::DrawPartial(partial) => Event::DrawPartial(partial.clone()),
            Input::DrawCombined { no, index, dropped } => Event::DrawMade(DrawMade {
                no: *no,
                index: *index,
                value: self.draw_value(*no, *index)?,
                dropped: dropped.clone(),
            }),
            Input::DrawFailed { no, dropped } => {
                Event::DrawFailed(DrawFailed { no: *no, dropped: dropped.clone() })
            }
            Input::ReadingOver => Event::ReadingFinished(Empty {}),
            Input::DocumentsUnsealed(bids) => {
                Event::DocumentsOpened(DocumentsOpened { bids: bids.clone() })
            }
            Input::RecordGenerated { sha256 } => {
                Event::RecordGenerated(RecordGenerated { sha256: *sha256 })
            }
            Input::RecordCorrected { reason, sha256 } => Event::RecordCorrected(RecordCorrected {
                no: self.next_version(),
                reason: reason.clone(),
                previous: self.record().map_or(*sha256, |record| record.sha256),
                sha256: *sha256,
            }),
            Input::JournalSigned(signed) => Event::JournalSigned(signed.clone()),
            Input::KeyDestroyed(destroyed) => Event::KeyDestroyed(destroyed.clone()),
        };
        self.settle(&Actor::Hall, event, now)
    }

    /// What the hall owes at `now` without any further input: a postponement that follows from an
    /// attested outage, the completed freeze, the notice of a
    /// degraded one, the failure for too few bidders, the end of the reading. After a restart, and
    /// whenever [`State::next_due`] is reached, the hall writes this until it is `None`.
    pub fn due(&self, now: UtcMillis) -> Option<Event> {
        let event = match self.phase {
            Phase::Receiving => Event::OutagePostponed(self.outage_postponement(now)?),
            Phase::Freezing if self.signers.len() >= self.quorum() => self.freeze_complete(),
            Phase::Freezing => self.freeze_notice(now),
            Phase::DegradedNotice => self.freeze_complete(),
            Phase::TooFew => Event::TooFewBidders(TooFewBidders {
                bidders: self.distinct_bidders(),
                min: self.published()?.min_bidders,
            }),
            Phase::SealsChecked => self.bidder_window_over()?,
            Phase::Published | Phase::Reading => Event::ReadingFinished(Empty {}),
            _ => return None,
        };
        self.check(&Actor::Hall, now, &event).is_ok().then_some(event)
    }

    /// The next instant at which [`State::due`] gives an event for the passing of time alone.
    pub fn next_due(&self) -> Option<UtcMillis> {
        if self.hold().is_some() {
            return None; // its clocks stand
        }
        let at = match self.phase {
            Phase::Receiving if self.outage_owed() => self.last_at,
            Phase::Freezing | Phase::DegradedNotice if self.signers.len() >= self.quorum() => {
                self.last_at
            }
            Phase::Freezing if self.signers.len() >= self.k() => self.freeze_wait_until(),
            Phase::DegradedNotice if self.both_approved() => self.degraded.as_ref()?.notice_until,
            Phase::TooFew => self.last_at,
            Phase::SealsChecked if self.all_unsealed() => {
                self.bidder_window.as_ref()?.running().map(|_| self.last_at)?
            }
            Phase::SealsChecked => self.bidder_window.as_ref()?.running()?.until,
            Phase::Published | Phase::Reading if self.next_reading(Millis::ZERO).is_none() => {
                // Before its turn comes by another step, time alone ends no reading.
                self.order(EventKind::ReadingFinished, self.reading_until).ok()?;
                self.reading_until
            }
            _ => return None,
        };
        Some(at.max(self.last_at))
    }

    /// The entry of a refused command. `None` where it must not be written: the log has not begun
    /// or is at its end, or the deadline has not come and the entry would tell who bids (promise 5).
    pub fn refusal_event(
        &self,
        actor: &Actor,
        command: CommandKind,
        refusal: &Refusal,
    ) -> Option<Event> {
        let event = Event::Refused(Refused {
            actor: actor.clone(),
            command: command.name().to_owned(),
            label: refusal.label().to_owned(),
            zh: refusal.zh(),
            en: refusal.en(),
            article: refusal.article().map(str::to_owned),
        });
        self.check(&Actor::Hall, self.last_at, &event).is_ok().then_some(event)
    }

    /// The sentence that is read next, taking `duration`; `None` when every price is read.
    pub fn next_reading(&self, duration: Millis) -> Option<PriceRead> {
        let read = usize::try_from(self.read).ok()?;
        let bid = self.priced_bid(read)?;
        let (position, total) = (self.read.checked_add(1)?, bid.total);
        let (lot, fields) = (self.published()?, bid.fields.as_ref()?);
        let asked = lot.fields_of(self.stage);
        let words = PriceWords::new(asked, lot.currency, position, &bid.bidder, total, fields);
        Some(PriceRead {
            position,
            bidder: bid.bidder.clone(),
            total,
            capital: total.map(Money::capital),
            zh: words.zh,
            en: words.en,
            duration_ms: duration,
        })
    }

    /// The event that a command leads to. Order and role are settled by now, facts are not.
    #[allow(clippy::too_many_lines)] // one arm for each kind of command
    fn answer(
        &self,
        actor: &Actor,
        command: &Command,
        now: UtcMillis,
    ) -> Result<Option<Event>, Refusal> {
        let event = match command {
            Command::AskPostponement { deadline, reason } => {
                Event::PostponementAsked(PostponementAsked {
                    no: self.next_postponement(),
                    deadline: *deadline,
                    reason: reason.clone(),
                })
            }
            Command::ConfirmTime { deadline } => {
                Event::TimeConfirmationAsked(TimeConfirmed { deadline: *deadline })
            }
            Command::ApproveTime { deadline } => {
                Event::TimeConfirmed(TimeConfirmed { deadline: *deadline })
            }
            Command::ApprovePostponement { no, deadline } => {
                Event::DeadlinePostponed(DeadlinePostponed {
                    no: *no,
                    from: self.deadline().unwrap_or(UtcMillis::EPOCH),
                    deadline: *deadline,
                })
            }
            Command::PublishBidders => Event::BiddersPublished(BiddersPublished {
                bidders: self.current_bids().map(|bid| bid.bidder.clone()).collect(),
            }),
            Command::CheckBidder(check) => Event::BidderChecked(check.clone()),
            Command::AnnounceCeiling => {
                let ceiling = self.published().and_then(|lot| lot.ceiling);
                let ceiling = ceiling.ok_or(Refusal::NoCeiling)?;
                Event::CeilingAnnounced(CeilingAnnounced { ceiling, capital: ceiling.capital() })
            }
            Command::CheckSeals | Command::GenerateRecord | Command::CorrectRecord { .. } => {
                return Ok(None);
            }
            Command::OpenBidderWindow
            | Command::UnsealBid(_)
            | Command::ExtendBidderWindow { .. }
            | Command::ReopenBidderWindow { .. } => self.window_answer(actor, command, now)?,
            Command::StartUnsealing(part) => {
                Event::UnsealingStarted(UnsealingStarted { stage: self.stage, part: *part })
            }
            Command::ReadNext(duration) => {
                let reading = self.next_reading(*duration).ok_or(Refusal::PricesAllRead)?;
                Event::PriceRead(reading)
            }
            Command::StartDraw(no) => Event::DrawStarted(DrawStarted { no: *no }),
            Command::SignIn(agent) => {
                Event::SignedIn(SignedIn { bidder: self.party_of(actor)?, agent: agent.clone() })
            }
            Command::EmergencySignIn { bidder, reason } => {
                let bid = self.bid_of(bidder);
                let bid = bid.ok_or_else(|| Refusal::NoSuchBidder { bidder: bidder.clone() })?;
                let (bidder, reason) = (bid.bidder.clone(), reason.clone());
                Event::EmergencySignedIn(EmergencySignedIn { bidder, reason })
            }
            Command::ConfirmPrice => {
                Event::PriceConfirmed(PriceConfirmed { bidder: code_of(actor)? })
            }
            Command::RaiseObjection(text) => Event::ObjectionRaised(ObjectionRaised {
                no: self.next_objection(),
                bidder: code_of(actor)?,
                text: text.clone(),
            }),
            Command::AnswerObjection { no, text } => {
                Event::ObjectionAnswered(ObjectionAnswered { no: *no, text: text.clone() })
            }
            Command::ExtendObjections(by) => Event::ObjectionsExtended(ObjectionsExtended {
                by_ms: *by,
                until: self.window_end(now).plus(*by),
            }),
            Command::SignRecord { record_sha256, cms } => Event::RecordSigned(RecordSigned {
                party: self.party_of(actor)?,
                role: actor.role(),
                record_sha256: *record_sha256,
                cms: cms.clone(),
            }),
            Command::DecideFault { bidder, part, fault, text } => {
                Event::FaultDecided(FaultDecided {
                    bidder: bidder.clone(),
                    part: *part,
                    fault: *fault,
                    text: text.clone(),
                })
            }
            Command::Pause { reason, text } => {
                Event::OpeningPaused(OpeningPaused { reason: *reason, text: text.clone() })
            }
            Command::Resume => Event::OpeningResumed(Empty {}),
            Command::AskMeasure { measure, reason, text } => Event::MeasureAsked(MeasureAsked {
                no: self.next_measure(),
                measure: *measure,
                reason: *reason,
                text: text.clone(),
            }),
            Command::ApproveMeasure { no, measure } => {
                Event::MeasureTaken(MeasureTaken { no: *no, measure: *measure })
            }
            Command::ApproveRound { no, invited } => {
                Event::RoundApproved(RoundApproved { no: *no, invited: invited.clone() })
            }
            Command::CloseEnvelope => Event::EnvelopeClosed(EnvelopeClosed { stage: self.stage }),
            Command::ListPassed { passed, failed, reconvene_at, reason } => {
                Event::PassedListed(PassedListed {
                    no: self.next_list(),
                    stage: self.stage,
                    passed: passed.clone(),
                    failed: failed.clone(),
                    reconvene_at: *reconvene_at,
                    reason: reason.clone(),
                })
            }
            Command::ApprovePassed { no, passed } => {
                Event::PassedApproved(PassedApproved { no: *no, passed: passed.clone() })
            }
            Command::Reconvene => {
                let stage = self.stage_after().ok_or(Refusal::LastEnvelope)?;
                Event::OpeningReconvened(OpeningReconvened { stage })
            }
            Command::SealEstimate { sha256, object_b64 } => Event::EstimateSealed(EstimateSealed {
                no: self.next_estimate(),
                sha256: *sha256,
                object_b64: object_b64.clone(),
            }),
            Command::Chat(text) => Event::ChatSaid(ChatSaid { text: text.clone() }),
            Command::ChatPrivately { text_sha256 } => {
                Event::ChatPrivate(ChatPrivate { text_sha256: *text_sha256 })
            }
            Command::Mute { bidder, reason } => {
                Event::ChatMuted(ChatMuted { bidder: bidder.clone(), reason: reason.clone() })
            }
            Command::Unmute { bidder, reason } => {
                Event::ChatUnmuted(ChatUnmuted { bidder: bidder.clone(), reason: reason.clone() })
            }
            Command::Remove { bidder, reason } => {
                Event::ChatRemoved(ChatRemoved { bidder: bidder.clone(), reason: reason.clone() })
            }
            Command::Readmit { bidder, reason } => Event::ChatReadmitted(ChatReadmitted {
                bidder: bidder.clone(),
                reason: reason.clone(),
            }),
            Command::ApproveDegraded => Event::DegradedApproved(Empty {}),
            Command::Close => Event::OpeningClosed(Empty {}),
            Command::AnnounceResult(result) => {
                let terms = self.result_session().ok_or(Refusal::NoResultSession)?;
                Event::ResultAnnounced(ResultAnnounced::of(result, now.plus(terms.answer_ms)))
            }
            Command::AnswerResult { no, objection } => Event::ResultAnswered(ResultAnswered {
                no: *no,
                bidder: code_of(actor)?,
                objection: objection.clone(),
            }),
        };
        Ok(Some(event))
    }

    /// Checks the event and adds what the hall owes right after it.
    fn settle(&self, cause: &Actor, event: Event, now: UtcMillis) -> Result<Vec<Event>, Refusal> {
        let by = event.written_by(cause);
        self.check(&by, now, &event)?;
        if self.leaves_due_alone(&event) && self.due(now).is_none() {
            return Ok(vec![event]);
        }
        let mut next = self.clone();
        next.apply(&by, now, &event);
        let mut events = vec![event];
        // Each event that is due changes the phase, and none of them brings one back, or it is a
        // postponement, after which custodians would have to attest anew: the loop ends.
        while let Some(owed) = next.due(now) {
            next.apply(&Actor::Hall, now, &owed);
            events.push(owed);
        }
        Ok(events)
    }

    fn judge_prices(&self, outcomes: &[PriceOutcome], now: UtcMillis) -> Result<Event, Refusal> {
        let step = EventKind::PricesPublished;
        self.admit(step, &[Role::Hall], &Actor::Hall, now)?;
        let lot = self.published().ok_or(bad(step, DataRule::Verdict))?;
        let rules = lot.sheet_rules(&self.lot, self.stage);
        let of: BTreeMap<&Digest, &PriceOutcome> =
            outcomes.iter().map(|outcome| (&outcome.manifest_sha256, outcome)).collect();
        let mut bids = Vec::new();
        for bid in self.current_bids() {
            let outcome = of.get(&bid.manifest_sha256).ok_or(bad(step, DataRule::Verdict))?;
            bids.push(PublishedBid::judge(&rules, lot.ceiling, bid, &outcome.sheet));
        }
        let estimate = match self.estimate_here() {
            None => None,
            Some(sealed) => {
                let outcome = of.get(&sealed.sha256).ok_or(bad(step, DataRule::Estimate))?;
                let rules = lot.estimate_rules(&self.lot);
                Some(PublishedEstimate::judge(&rules, sealed.sha256, &outcome.sheet))
            }
        };
        // One outcome for each bid and the estimate: none of them twice, and none for another.
        if bids.len() + usize::from(estimate.is_some()) != outcomes.len() {
            return Err(bad(step, DataRule::Verdict));
        }
        Ok(Event::PricesPublished(PricesPublished { bids, estimate }))
    }

    /// The same for the commands of the bidder window.
    fn window_answer(
        &self,
        actor: &Actor,
        command: &Command,
        now: UtcMillis,
    ) -> Result<Event, Refusal> {
        let terms = self.bidder_window_terms().ok_or(Refusal::NoBidderWindow)?;
        let stage = self.stage;
        Ok(match command {
            Command::UnsealBid(own) => Event::BidderUnsealed(BidderUnsealed {
                stage: own.stage,
                bidder: code_of(actor)?,
                manifest_sha256: own.manifest_sha256,
                secrets: own.secrets.clone(),
            }),
            Command::ExtendBidderWindow { by, text } => {
                let (by_ms, until) = (*by, self.bidder_window_end(now).plus(*by));
                let text = text.clone();
                Event::BidderWindowExtended(BidderWindowExtended { stage, by_ms, until, text })
            }
            Command::ReopenBidderWindow { by, text } => {
                let (by_ms, until, text) = (*by, now.plus(*by), text.clone());
                Event::BidderWindowReopened(BidderWindowReopened { stage, by_ms, until, text })
            }
            _ => {
                let until = now.plus(terms.open_ms);
                Event::BidderWindowOpened(BidderWindowOpened { stage, until })
            }
        })
    }

    /// The end of the window, if one is open; whether it is over, its rule says.
    fn bidder_window_over(&self) -> Option<Event> {
        self.bidder_window.as_ref()?.running()?;
        let (stage, missing) = (self.stage, self.bidders_sealed());
        Some(Event::BidderWindowClosed(BidderWindowClosed { stage, missing }))
    }

    /// As [`EventKind::leaves_due_alone`]; of the bidders that unlock their bids only the last one ends
    /// the window.
    fn leaves_due_alone(&self, event: &Event) -> bool {
        let kind = event.kind();
        kind.leaves_due_alone() || (kind == EventKind::BidderUnsealed && !self.is_last_sealed())
    }

    fn freeze_notice(&self, now: UtcMillis) -> Event {
        let length = self.published().map_or(Millis::ZERO, |lot| lot.notice_ms);
        Event::FreezeDegraded(FreezeDegraded {
            absent: self.absent(),
            notice_until: now.plus(length),
        })
    }

    fn freeze_complete(&self) -> Event {
        let signers = self.signers.iter().copied().collect();
        let degraded = self.signers.len() < self.quorum();
        Event::FreezeCompleted(FreezeCompleted { signers, degraded })
    }

    fn party_of(&self, actor: &Actor) -> Result<Party, Refusal> {
        let code = code_of(actor)?;
        self.knows(actor.role(), &code).ok_or(Refusal::NotABidder)
    }
}

impl EventKind {
    /// Whether an entry of this kind changes nothing that [`State::due`] looks at, so that the state
    /// before it can be asked what is owed after it. A kind that is not here is applied to a copy.
    const fn leaves_due_alone(self) -> bool {
        matches!(
            self,
            Self::Tick
                | Self::SignedIn
                | Self::PriceConfirmed
                | Self::ObjectionRaised
                | Self::ObjectionAnswered
                | Self::RecordSigned
                | Self::ResultAnnounced
                | Self::ResultAnswered
                | Self::ChatSaid
                | Self::ChatPrivate
                | Self::ChatMuted
                | Self::ChatUnmuted
                | Self::ChatRemoved
                | Self::ChatReadmitted
        )
    }
}

fn code_of(actor: &Actor) -> Result<OrgCode, Refusal> {
    actor.code().cloned().ok_or(Refusal::NotABidder)
}
