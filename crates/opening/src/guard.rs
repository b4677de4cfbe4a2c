//! The rules of the procedure: which entry may follow which log.
//!
//! [`State::decide`] asks here before an entry is written, [`State::check_and_apply`] when one is
//! replayed: there is one set of rules.

mod bidder_window;
mod chat;
mod draw;
mod envelope;
mod estimate;
mod fault;
mod freeze;
mod hearing;
mod hold;
mod journal;
mod outage;
mod record;
mod result;
mod round;
mod schedule;
mod steps;
mod unseal;
mod window;

use kaibiao_types::{LotId, Part, Role, Stage, UtcMillis};

use crate::actor::Actor;
use crate::command::CommandKind;
use crate::event::{Event, EventKind, FrozenBid, LotPublished, Refused, Tick};
use crate::limits;
use crate::phase::Phase;
use crate::refusal::{DataRule, Refusal};
use crate::state::State;
use crate::tender::{self, Step};

/// The outcome of a rule.
pub(crate) type Guard = Result<(), Refusal>;

impl EventKind {
    /// Who may write an entry of this kind.
    pub const fn writers(self) -> &'static [Role] {
        match self {
            Self::LotPublished
            | Self::PostponementAsked
            | Self::TimeConfirmationAsked
            | Self::EstimateSealed
            | Self::BiddersPublished
            | Self::EmergencySignedIn
            | Self::BidderChecked
            | Self::CeilingAnnounced
            | Self::BidderWindowOpened
            | Self::BidderWindowExtended
            | Self::BidderWindowReopened
            | Self::UnsealingStarted
            | Self::PriceRead
            | Self::DrawStarted
            | Self::ObjectionAnswered
            | Self::MeasureAsked
            | Self::FaultDecided
            | Self::ObjectionsExtended
            | Self::EnvelopeClosed
            | Self::PassedListed
            | Self::OpeningReconvened
            | Self::OpeningClosed
            | Self::ResultAnnounced => &[Role::Host],
            Self::DeadlinePostponed
            | Self::TimeConfirmed
            | Self::MeasureTaken
            | Self::PassedApproved
            | Self::RoundApproved => &[Role::Supervisor],
            Self::DegradedApproved
            | Self::OpeningPaused
            | Self::OpeningResumed
            | Self::ChatMuted
            | Self::ChatUnmuted
            | Self::ChatRemoved
            | Self::ChatReadmitted => &[Role::Host, Role::Supervisor],
            Self::SignedIn
            | Self::BidderUnsealed
            | Self::PriceConfirmed
            | Self::ObjectionRaised
            | Self::ResultAnswered => &[Role::Bidder],
            Self::RecordSigned | Self::ChatSaid | Self::ChatPrivate => {
                &[Role::Host, Role::Supervisor, Role::Bidder]
            }
            Self::OutageAttested
            | Self::FreezeSigned
            | Self::PartialsReceived
            | Self::CustodianRefused
            | Self::DrawPartial
            | Self::JournalSigned
            | Self::KeyDestroyed => &[Role::Custodian],
            Self::Tick
            | Self::OutagePostponed
            | Self::IntakeClosed
            | Self::SetFrozen
            | Self::FreezeDegraded
            | Self::FreezeCompleted
            | Self::TooFewBidders
            | Self::SealsChecked
            | Self::BidderWindowClosed
            | Self::PricesPublished
            | Self::DocumentsOpened
            | Self::ReadingFinished
            | Self::DrawMade
            | Self::DrawFailed
            | Self::RecordGenerated
            | Self::RecordCorrected
            | Self::Refused => &[Role::Hall],
        }
    }
}

impl State {
    /// Every rule for one entry: time, author, order, facts.
    pub(crate) fn check(&self, by: &Actor, at: UtcMillis, event: &Event) -> Guard {
        let step = event.kind();
        self.admit(step, step.writers(), by, at)?;
        if event.written_by(by) != *by {
            return Err(Refusal::WrongRole { step, role: by.role() });
        }
        event.shape().map_err(|field| bad(step, DataRule::Shape(field)))?;
        self.facts(by, at, event)
    }

    /// The rules that need no data: time, role, order, membership. `roles` may cause the step.
    pub(crate) fn admit(
        &self,
        step: EventKind,
        roles: &[Role],
        actor: &Actor,
        now: UtcMillis,
    ) -> Guard {
        // Time never runs backwards in a log: an entry's time is at or after that of the one before.
        if now < self.last_at {
            return Err(Refusal::ClockBackwards { last: self.last_at });
        }
        self.role(step, roles, actor)?;
        self.order(step, now)?;
        match actor {
            // Before the freeze no list of bidders exists, and `order` has refused by then.
            Actor::Bidder(code) if self.bid_of(code).is_none() => Err(Refusal::NotABidder),
            _ => Ok(()),
        }
    }

    /// 招标投标法 art. 35: the tenderer presides; each step belongs to its party, and a certificate
    /// of another organisation is not that party.
    fn role(&self, step: EventKind, roles: &[Role], actor: &Actor) -> Guard {
        let wrong = Err(Refusal::WrongRole { step, role: actor.role() });
        if !roles.contains(&actor.role()) {
            return wrong;
        }
        let Some(lot) = self.published() else { return Ok(()) };
        match actor {
            Actor::Host(code) if *code != lot.host.code => wrong,
            Actor::Supervisor(code) if *code != lot.supervisor.code => wrong,
            Actor::Custodian(index) if index.get() > self.n() => {
                Err(Refusal::UnknownCustodian { index: *index })
            }
            _ => Ok(()),
        }
    }

    /// The order of the procedure: one flat table of step and phase.
    #[allow(clippy::match_same_arms, clippy::too_many_lines)] // grouped by article, not by outcome
    pub(crate) fn order(&self, step: EventKind, now: UtcMillis) -> Guard {
        use EventKind as E;
        use Phase as P;
        let out_of_order = || Err(Refusal::OutOfOrder { step, phase: self.phase });
        match (step, self.phase) {
            // Ruling 17: the shares are destroyed once nothing may be opened any more, never before.
            (E::KeyDestroyed, P::Closed | P::Failed | P::Terminated) => Ok(()),
            // Ruling 19: a journal is signed after the freeze and at the end; which, `facts` says.
            (E::JournalSigned, P::Closed | P::Failed | P::Terminated) => Ok(()),
            // 条例 art. 54, ADR-0024: the result of the evaluation is told once the opening is closed,
            // where the tender file has a session for it.
            (E::ResultAnnounced | E::ResultAnswered, P::Closed)
                if self.result_session().is_some() =>
            {
                Ok(())
            }
            (E::ResultAnnounced | E::ResultAnswered, P::Closed) => Err(self.result_refused()),
            // After the end nothing else is written, not even a refusal.
            (_, P::Closed | P::Terminated) => Err(Refusal::LotClosed),
            (_, P::Failed) if self.ended_by().is_some() => Err(Refusal::LotClosed),
            // 实施条例 art. 44 ¶2: fewer than three bidders, nothing is opened; only the failure
            // itself may follow the freeze, and nothing may follow the failure.
            (E::TooFewBidders, P::TooFew) => Ok(()),
            (_, P::TooFew | P::Failed) => Err(self.too_few()),
            (E::LotPublished, P::Unpublished) => Ok(()),
            (_, P::Unpublished) => out_of_order(),
            (E::ResultAnnounced | E::ResultAnswered, _) => Err(self.result_refused()),

            // An attempt, also a premature one, is on record whenever it is made.
            (E::Refused | E::CustodianRefused, _) | (E::Tick, P::Receiving) => Ok(()),

            // Two persons say who is invited to a round, before anything of it is announced.
            (E::RoundApproved, P::Receiving) => Ok(()),

            // Ruling 12: a deadline is postponed as long as bids are received, also by a hall that was
            // away at the deadline; never once the closing head is in the log.
            (
                E::PostponementAsked
                | E::DeadlinePostponed
                | E::OutageAttested
                | E::OutagePostponed,
                P::Receiving,
            ) => Ok(()),
            (
                E::PostponementAsked
                | E::DeadlinePostponed
                | E::OutageAttested
                | E::OutagePostponed,
                _,
            ) => Err(Refusal::IntakeOver),

            // 条例 art. 27: the estimate is fixed while nobody knows a price; equal is late.
            (E::EstimateSealed, P::Receiving) if self.left(now).is_some() => Ok(()),
            (E::EstimateSealed, _) => Err(Refusal::EstimateLate),

            // Before the deadline there is no opening to hold: the deadline moves (ruling 12).
            (
                E::OpeningPaused | E::OpeningResumed | E::MeasureAsked | E::MeasureTaken,
                P::Receiving,
            ) => Err(Refusal::PostponeInstead),

            // 招标投标法 art. 34: the opening is held at the deadline, so no step of it before.
            (E::LotPublished | E::Tick, _) => out_of_order(),
            (step, P::Receiving) => match self.left(now) {
                Some(wait) => Err(Refusal::TooEarly { wait }),
                None if step == E::IntakeClosed => Ok(()),
                None => out_of_order(),
            },

            // 实施条例 art. 62 and the emergency rules of a site: from the frozen set to the end the
            // opening can be held, and ended by two persons. Held, no step of it is taken.
            (step, _) if let Some(refusal) = self.held(step) => Err(refusal),
            (E::OpeningPaused | E::OpeningResumed | E::MeasureAsked | E::MeasureTaken, phase)
                if phase != P::IntakeClosed =>
            {
                Ok(())
            }

            (E::RoundApproved, phase) if phase.before_prices() || phase < P::TooFew => Ok(()),
            // ADR-0020: a tender whose rules do not ask for the bidders' own decryption has no window.
            (step, _) if step.is_of_bidder_window() && self.bidder_window_terms().is_none() => {
                Err(Refusal::NoBidderWindow)
            }

            // Ruling 13: after the deadline, while custodians are waited for.
            (
                E::TimeConfirmationAsked | E::TimeConfirmed,
                P::Freezing | P::DegradedNotice | P::UnsealingPrices,
            ) => Ok(()),
            (E::TimeConfirmationAsked | E::TimeConfirmed, phase)
                if phase.prices_public()
                    && (self.unsealing_part().is_some() || self.draw_wanted()) =>
            {
                Ok(())
            }

            // Custodians sign the frozen set; late signatures still serve the release of partials.
            (E::SetFrozen, P::IntakeClosed)
            | (E::FreezeDegraded, P::Freezing)
            | (E::DegradedApproved, P::DegradedNotice)
            | (E::FreezeCompleted, P::Freezing | P::DegradedNotice) => Ok(()),
            (E::FreezeSigned | E::JournalSigned, phase) if phase != P::IntakeClosed => Ok(()),
            // 签到 is evidence and no gate: any time from the frozen list to the end.
            // From one envelope to the next nobody is called to the room.
            (E::SignedIn | E::EmergencySignedIn, phase)
                if !matches!(phase, P::IntakeClosed | P::Adjourned) =>
            {
                Ok(())
            }

            // ADR-0031: people talk while the room sits, from the frozen list on. Before it no bidder has
            // a name (ruling 25), and from one envelope to the next the bids are evaluated.
            (step, phase) if step.is_talk() => match phase {
                P::IntakeClosed | P::Adjourned => out_of_order(),
                _ => Ok(()),
            },

            // 电子招标投标办法 art. 29, 30: bidders, then unsealing, then prices; nothing of it
            // before the custodians have countersigned what is to be opened.
            (
                E::BiddersPublished
                | E::BidderChecked
                | E::CeilingAnnounced
                | E::SealsChecked
                | E::BidderWindowOpened
                | E::UnsealingStarted
                | E::PricesPublished,
                P::Freezing | P::DegradedNotice,
            ) => {
                Err(Refusal::FreezeIncomplete { signed: self.signers.len(), quorum: self.quorum() })
            }
            // 招标投标法 art. 36 ¶1: seals are checked in public before anything is opened, whatever
            // a list of steps says.
            (E::BidderWindowOpened | E::UnsealingStarted, P::Ready | P::BiddersPublished) => {
                Err(Refusal::SealsUnchecked)
            }
            // ADR-0017: between the complete freeze and the record the tender file's list says what
            // comes when.
            (E::BiddersPublished, phase) if phase.before_prices() && self.round_unapproved() => {
                Err(Refusal::RoundUnapproved)
            }
            (E::BiddersPublished, phase) if phase.before_prices() => {
                self.turn(Step::PublishBidders, step)
            }
            (E::SealsChecked, phase) if phase.before_prices() => self.turn(Step::CheckSeals, step),
            // 电子招标投标办法 art. 30: bidders decrypt first, where the tender file wants it so.
            (E::BidderWindowOpened, P::SealsChecked) if self.bidder_window.is_some() => {
                Err(Refusal::AlreadyDone { step })
            }
            (E::BidderWindowOpened, P::SealsChecked) => self.turn(Step::BidderWindow, step),
            (
                E::BidderUnsealed
                | E::BidderWindowExtended
                | E::BidderWindowReopened
                | E::BidderWindowClosed,
                phase,
            ) if phase.is_opening() => {
                // Custodians have been asked: what bidders did not unlock by then stays so.
                if self.prices.started { Err(Refusal::BidderWindowShut) } else { Ok(()) }
            }
            (E::UnsealingStarted, P::SealsChecked) => self.turn(Step::UnsealPrices, step),
            (E::CeilingAnnounced, phase) if phase.is_opening() => {
                self.turn(Step::AnnounceCeiling, step)
            }
            // A finding may be put right until the record; the step of the first one, `facts` checks.
            (E::BidderChecked, phase) if phase.is_opening() => Ok(()),
            (E::PriceRead | E::ReadingFinished, P::Published) => self.turn(Step::ReadPrices, step),
            (E::PartialsReceived | E::PricesPublished, P::UnsealingPrices) => Ok(()),

            // Documents follow the prices and run beside the reading.
            (E::UnsealingStarted, phase) if phase.prices_public() => Ok(()),
            (E::PartialsReceived | E::DocumentsOpened, phase)
                if phase.prices_public() && self.unsealing_part().is_some() =>
            {
                Ok(())
            }

            // 实施条例 art. 44 ¶3: objections are raised at the opening and answered on the spot, so
            // the record waits for the answers and so does the end.
            (E::RecordGenerated | E::EnvelopeClosed | E::OpeningClosed, _)
                if !self.unanswered().is_empty() =>
            {
                Err(Refusal::ObjectionsOpen { nos: self.unanswered() })
            }
            // With several envelopes only the last one ends the opening.
            (E::OpeningClosed, P::RecordGenerated) if self.stage_after().is_some() => {
                Err(Refusal::EnvelopeFollows)
            }
            (E::EnvelopeClosed, P::RecordGenerated) if self.stage_after().is_none() => {
                Err(Refusal::LastEnvelope)
            }
            (E::EnvelopeClosed, P::RecordGenerated)
            | (E::PassedListed | E::PassedApproved | E::OpeningReconvened, P::Adjourned) => Ok(()),
            // Who did not pass may object to that before the next envelope is opened.
            (E::ObjectionRaised | E::ObjectionAnswered, phase)
                if phase.is_opening() && self.stage > Stage::FIRST && phase != P::Read =>
            {
                Ok(())
            }
            // Whoever wants to object has the time that the tender file gives; the record waits.
            (E::ObjectionRaised, P::Read) if self.window_is_over(now) => {
                Err(Refusal::ObjectionsOver)
            }
            (E::RecordGenerated, P::Read) if let Some(wait) = self.window_left(now) => {
                Err(Refusal::ObjectionsRunning { wait })
            }
            (E::ObjectionsExtended, P::Read) => Ok(()),
            // A draw fixed in the tender file is held in public, once the prices that it works on are
            // known to all, and before the record that names its value (办法 art. 32).
            (E::RecordGenerated, P::Read) if !self.draws_open().is_empty() => {
                Err(Refusal::DrawsOpen { nos: self.draws_open() })
            }
            // 办法 art. 31: 撤销 or 撤回, so the record waits until a person has decided what the
            // evidence leaves open.
            (E::RecordGenerated, P::Read) | (E::RecordCorrected, P::RecordGenerated)
                if let Some(refusal) = self.faults_undecided() =>
            {
                Err(refusal)
            }
            (E::FaultDecided, phase) if phase.prices_public() => Ok(()),
            (E::RecordGenerated, P::Read) => self.turn(Step::Record, step),
            (E::PriceRead | E::ReadingFinished, P::Reading)
            | (
                E::PriceConfirmed
                | E::ObjectionRaised
                | E::ObjectionAnswered
                | E::DrawStarted
                | E::DrawPartial
                | E::DrawMade
                | E::DrawFailed,
                P::Published | P::Reading | P::Read,
            )
            // A correction is a new version, as long as the opening is not closed.
            | (E::RecordCorrected | E::RecordSigned | E::OpeningClosed, P::RecordGenerated) => Ok(()),
            (E::PriceRead, P::Read) => Err(Refusal::PricesAllRead),
            _ => out_of_order(),
        }
    }

    /// The rules about the data of one entry.
    fn facts(&self, by: &Actor, at: UtcMillis, event: &Event) -> Guard {
        match event {
            Event::LotPublished(lot) => lot_published(lot, &self.lot.lot, at),
            Event::RoundApproved(approved) => self.round_may_be_approved(approved),
            Event::Tick(tick) => self.tick(tick),
            Event::PostponementAsked(asked) => self.asked_postponement(asked, at),
            Event::DeadlinePostponed(to) => self.deadline_postponed(to, at),
            Event::OutageAttested(said) => self.outage_may_be_attested(said, at),
            Event::OutagePostponed(to) => self.outage_postponed(to, at),
            Event::TimeConfirmationAsked(time) => self.time_confirmation_asked(time),
            Event::TimeConfirmed(time) => self.time_confirmed_by_supervisor(time),
            Event::EstimateSealed(sealed) => self.estimate_may_be_sealed(sealed),
            Event::IntakeClosed(head) => self.intake_closed(head),
            Event::SetFrozen(set) => self.set_frozen(set),
            Event::FreezeSigned(signed) => self.freeze_signed(signed),
            Event::FreezeDegraded(notice) => self.freeze_degraded(notice, at),
            Event::DegradedApproved(_) => self.degraded_approved(by),
            Event::FreezeCompleted(freeze) => self.freeze_completed(freeze, at),
            Event::TooFewBidders(count) => self.too_few_bidders(count),
            Event::SignedIn(who) => self.signed_in(who),
            Event::EmergencySignedIn(who) => self.emergency_signed_in(who),
            Event::BiddersPublished(list) => self.bidders_announced(list),
            Event::BidderChecked(check) => self.bidder_checked(check),
            Event::CeilingAnnounced(said) => self.ceiling_fits(said),
            Event::SealsChecked(seals) => self.seals_checked(seals),
            Event::BidderWindowOpened(start) => self.bidder_window_may_open(start, at),
            Event::BidderUnsealed(unsealed) => self.may_unseal_own(unsealed, at),
            Event::BidderWindowExtended(more) => self.bidder_window_may_be_extended(more, at),
            Event::BidderWindowReopened(again) => self.bidder_window_may_reopen(again, at),
            Event::BidderWindowClosed(over) => self.bidder_window_is_over(over, at),
            Event::UnsealingStarted(start) => self.unsealing_may_start(start),
            Event::PartialsReceived(partials) => self.partials_fit(partials),
            Event::CustodianRefused(refused) => self.refused_draw_exists(refused),
            Event::EnvelopeClosed(closed) => self.envelope_may_close(closed),
            Event::PassedListed(list) => self.passed_may_be_listed(list, at),
            Event::PassedApproved(approved) => self.passed_may_be_approved(approved),
            Event::OpeningReconvened(next) => self.may_reconvene(next, at),
            Event::OpeningClosed(_) => self.nothing_sealed(),
            Event::ResultAnnounced(told) => self.result_may_be_told(told, at),
            Event::ResultAnswered(answer) => self.result_may_be_answered(answer, at),
            Event::PricesPublished(prices) => self.prices_fit(prices),
            Event::DocumentsOpened(documents) => self.documents_fit(documents),
            Event::PriceRead(reading) => self.reading_fits(reading),
            Event::ReadingFinished(_) => self.reading_is_over(at),
            Event::DrawStarted(start) => self.draw_may_start(start),
            Event::DrawPartial(partial) => self.draw_partial_fits(partial),
            Event::DrawMade(made) => self.draw_made_fits(made),
            Event::DrawFailed(failed) => self.draw_failed_fits(failed, at),
            Event::FaultDecided(decided) => self.fault_may_be_decided(decided),
            Event::PriceConfirmed(who) => self.price_confirmed(&who.bidder),
            Event::ObjectionRaised(objection) => self.objection_raised(objection),
            Event::ObjectionAnswered(answer) => self.objection_open(answer.no),
            Event::OpeningPaused(_) => self.may_pause(by),
            Event::OpeningResumed(_) => self.may_resume(by),
            Event::MeasureAsked(asked) => self.measure_may_be_asked(asked),
            Event::MeasureTaken(taken) => self.measure_may_be_taken(taken),
            Event::ChatSaid(_) | Event::ChatPrivate(_) => self.may_talk(event.kind(), by),
            Event::ChatMuted(order) => self.may_be_muted(order.bidder.as_ref()),
            Event::ChatUnmuted(order) => self.may_be_unmuted(order.bidder.as_ref()),
            Event::ChatRemoved(order) => self.may_be_removed(&order.bidder),
            Event::ChatReadmitted(order) => self.may_be_readmitted(&order.bidder),
            Event::JournalSigned(signed) => self.journal_signed(signed),
            Event::KeyDestroyed(who) if self.destroyed.contains_key(&who.custodian) => {
                Err(Refusal::AlreadyDone { step: EventKind::KeyDestroyed })
            }
            Event::ObjectionsExtended(extension) => self.window_may_be_extended(extension, at),
            Event::RecordGenerated(_) | Event::KeyDestroyed(_) => Ok(()),
            Event::RecordCorrected(corrected) => self.record_corrected(corrected),
            Event::RecordSigned(signature) => self.record_signed(signature),
            Event::Refused(refused) => self.refusal_fits(refused),
        }
    }

    /// 招标投标法 art. 36 ¶2: every bid received in time is opened, so the opening does not end, and
    /// the custodians do not destroy their shares, while documents are sealed.
    fn nothing_sealed(&self) -> Guard {
        let has_documents = |bid: &FrozenBid| bid.object(self.stage, Part::Documents).is_some();
        let sealed = self.current_bids().any(has_documents) && self.opened_documents.is_none();
        if sealed { Err(Refusal::DocumentsSealed) } else { Ok(()) }
    }

    fn tick(&self, tick: &Tick) -> Guard {
        fits(EventKind::Tick, DataRule::Number, self.next_tick() == Some(tick.no))
    }

    /// Promise 5: before the deadline no entry tells who bids.
    fn refusal_fits(&self, refused: &Refused) -> Guard {
        let step = EventKind::Refused;
        let names_early = self.phase == Phase::Receiving && refused.actor.role() == Role::Bidder;
        fits(step, DataRule::EarlyName, !names_early)?;
        let known = CommandKind::parse(&refused.command).is_some();
        fits(step, DataRule::Shape("command"), known)
    }

    /// The span to the deadline; `None` at or after it.
    fn left(&self, now: UtcMillis) -> Option<kaibiao_types::Millis> {
        let deadline = self.deadline()?;
        if now < deadline { deadline.since(now) } else { None }
    }

    fn too_few(&self) -> Refusal {
        let min = self.published().map_or(limits::BIDDERS_MIN, |lot| lot.min_bidders);
        Refusal::TooFewBidders { bidders: self.distinct_bidders(), min }
    }
}

/// The terms that protect bidders hold in the log too, whatever tender file stands behind it.
fn lot_published(lot: &LotPublished, id: &LotId, at: UtcMillis) -> Guard {
    let step = EventKind::LotPublished;
    // 招标投标法 art. 34: the deadline is fixed in the tender document, so it lies ahead.
    fits(step, DataRule::PublishedLate, at < lot.deadline)?;
    let count = lot.stages().last().map_or(1, Stage::get);
    fits(step, DataRule::Stage, lot.stage_count == count)?;
    // 实施条例 art. 44 ¶2: never fewer than three.
    let lawful = lot.min_bidders >= limits::BIDDERS_MIN
        && lot.host.code != lot.supervisor.code
        && lot.ceiling.is_none_or(|ceiling| ceiling.currency() == lot.currency)
        && tender::round_is_valid(lot, id)
        && tender::fields_are_valid(&lot.fields, lot.names_prices())
        && tender::envelopes_are_valid(&lot.envelopes, lot.template)
        && ((lot.ceiling.is_none() && !lot.base_estimate) || lot.names_prices())
        && tender::check_draws(&lot.draws).is_ok()
        && tender::check_steps(&lot.steps, lot.ceiling.is_some(), lot.bidder_window.is_some())
            .is_ok()
        && lot.bidder_window.as_ref().is_none_or(tender::window_is_valid)
        && (lot.bidder_window.is_none() || lot.envelopes.is_empty())
        && lot.objection_ms.is_none_or(tender::span_is_valid)
        && lot.result.is_none_or(|result| tender::span_is_valid(result.answer_ms))
        && lot.outage.is_none_or(|outage| outage.is_valid());
    fits(step, DataRule::Terms, lawful)
}

/// A fact holds, or the entry contradicts the log.
pub(crate) fn fits(step: EventKind, rule: DataRule, holds: bool) -> Guard {
    if holds { Ok(()) } else { Err(bad(step, rule)) }
}

/// An entry that contradicts the log.
pub(crate) const fn bad(step: EventKind, rule: DataRule) -> Refusal {
    Refusal::BadData { step, rule }
}
