//! `apply`: what an event changes. It decides nothing and cannot fail.

use std::collections::BTreeSet;
use std::sync::Arc;

use kaibiao_types::{Digest, Part, UtcMillis};

use crate::actor::Actor;
use crate::event::{
    CustodianRefused, DeadlinePostponed, Event, JournalSigned, PartialsReceived, RecordSigned,
};
use crate::phase::Phase;
use crate::shared::{Priced, Shared, current_places};
use crate::state::{
    Approver, ClosedIntake, GeneratedRecord, LastTick, Mark, Objection, SignIn, SignedJournal,
    State, Track,
};

impl State {
    /// Takes in one entry that [`State::decide`] or [`State::decide_input`] made, or that was
    /// checked before it was written. A log of doubtful origin goes through
    /// [`State::check_and_apply`].
    #[allow(clippy::too_many_lines)] // one arm for each kind of entry
    pub fn apply(&mut self, by: &Actor, at: UtcMillis, event: &Event) {
        let mark = Mark { entry: self.entries, at };
        self.entries = self.entries.saturating_add(1);
        self.last_at = at;
        match event {
            Event::LotPublished(lot) => {
                self.published = Some(Arc::new((**lot).clone()));
                self.phase = Phase::Receiving;
            }
            Event::RoundApproved(_) => self.round_approved = Some(mark),
            Event::Tick(tick) => {
                self.last_tick = Some(LastTick { no: tick.no, entry: mark.entry });
            }
            Event::PostponementAsked(asked) => self.asked = Some(asked.clone()),
            Event::DeadlinePostponed(postponed) => self.postponed(postponed),
            Event::OutageAttested(said) => {
                self.silences.entry(said.custodian).or_default().push((said.from, said.to));
            }
            Event::OutagePostponed(postponed) => {
                self.outages.insert(postponed.no);
                self.postponed(postponed);
            }
            Event::TimeConfirmationAsked(time) => self.time_asked = Some(time.clone()),
            Event::TimeConfirmed(_) => self.time_confirmed = Some(mark),
            Event::EstimateSealed(sealed) => self.estimate_sealed(sealed, mark),
            Event::IntakeClosed(head) => {
                let (tick, size, root) = (head.tick, head.size, head.root);
                self.intake = Some(ClosedIntake { tick, size, root, at });
                self.phase = Phase::IntakeClosed;
            }
            Event::SetFrozen(set) => {
                self.bidders = current_places(set).into();
                self.current = self.bidders.clone();
                self.frozen = Some(Arc::new(set.clone()));
                self.freeze_wait_from = at;
                self.phase = Phase::Freezing;
            }
            Event::FreezeSigned(signed) => {
                self.signers.insert(signed.custodian);
            }
            Event::FreezeDegraded(notice) => {
                self.degraded = Some(notice.clone());
                self.phase = Phase::DegradedNotice;
            }
            Event::DegradedApproved(_) => {
                let approver = match by {
                    Actor::Supervisor(_) => Approver::Supervisor,
                    _ => Approver::Host,
                };
                self.approvals.insert(approver);
            }
            Event::FreezeCompleted(freeze) => {
                self.completed = Some(freeze.clone());
                self.phase = if self.has_enough_bidders() { Phase::Ready } else { Phase::TooFew };
            }
            Event::TooFewBidders(_) => self.end(mark, Phase::Failed),
            Event::SignedIn(who) => {
                let sign_in = SignIn { mark, agent: who.agent.clone(), emergency: None };
                self.sign_ins.insert(who.bidder.code.clone(), sign_in);
            }
            Event::EmergencySignedIn(who) => {
                let emergency = Some(who.reason.clone());
                let sign_in = SignIn { mark, agent: None, emergency };
                self.sign_ins.insert(who.bidder.code.clone(), sign_in);
            }
            Event::BiddersPublished(_) => {
                self.bidders_published = Some(mark);
                // The seals may have been checked before: no phase comes back.
                self.phase = self.phase.max(Phase::BiddersPublished);
            }
            Event::BidderChecked(check) => {
                self.checks.insert(check.bidder.clone(), (check.clone(), mark));
            }
            Event::CeilingAnnounced(_) => self.ceiling_announced = Some(mark),
            Event::SealsChecked(seals) => {
                self.seals = Some(Arc::new(seals.clone()));
                self.phase = Phase::SealsChecked;
            }
            Event::BidderWindowOpened(start) => self.bidder_window_opens(start.until, mark),
            Event::BidderUnsealed(unsealed) => self.bidder_unsealed(unsealed, mark),
            Event::BidderWindowExtended(more) => self.bidder_window_extended(more, mark),
            Event::BidderWindowReopened(again) => self.bidder_window_reopened(again, mark),
            Event::BidderWindowClosed(_) => self.bidder_window_closed(mark),
            Event::UnsealingStarted(start) => self.unsealing_started(start.part),
            Event::PartialsReceived(partials) => self.partials_received(partials),
            Event::CustodianRefused(refused) => self.custodian_refused(refused),
            Event::PricesPublished(prices) => {
                self.priced = Priced::of(prices).into();
                self.published_bids = Some(Arc::new(prices.clone()));
                self.published_at = at;
                self.phase = Phase::Published;
            }
            Event::DocumentsOpened(documents) => {
                self.opened_documents = Some(Arc::new(documents.clone()));
                self.documents_mark = Some(mark);
            }
            Event::PriceRead(reading) => {
                self.read = reading.position;
                self.reading_until = at.plus(reading.duration_ms);
                self.phase = Phase::Reading;
            }
            Event::ReadingFinished(_) => {
                self.window_opens(at);
                self.phase = Phase::Read;
            }
            Event::DrawStarted(start) => self.draw_started(start.no, at),
            Event::DrawPartial(partial) => self.draw_answered(partial),
            Event::DrawMade(made) => self.draw_made(made, at),
            Event::DrawFailed(failed) => self.draw_failed(failed, at),
            Event::FaultDecided(decided) => self.fault_decided(decided, mark),
            Event::PriceConfirmed(who) => {
                self.confirmations.insert(who.bidder.clone(), at);
            }
            Event::ObjectionRaised(raised) => {
                self.heard(&raised.bidder);
                self.objections.push(Objection {
                    no: raised.no,
                    bidder: raised.bidder.clone(),
                    text: raised.text.clone(),
                    at,
                    answer: None,
                });
            }
            Event::ObjectionAnswered(answered) => {
                if let Some(open) = self.objections.iter_mut().find(|o| o.no == answered.no) {
                    open.answer = Some((answered.text.clone(), at));
                }
            }
            Event::ObjectionsExtended(extension) => self.window_extended(extension),
            Event::RecordGenerated(record) => {
                self.record_made(record.sha256, None, mark);
                self.phase = Phase::RecordGenerated;
            }
            Event::RecordCorrected(corrected) => {
                self.record_made(corrected.sha256, Some(corrected.reason.clone()), mark);
            }
            Event::RecordSigned(signature) => self.record_was_signed(signature),
            Event::EnvelopeClosed(_) => {
                self.adjourned = Some(mark);
                self.phase = Phase::Adjourned;
            }
            Event::PassedListed(list) => self.passed_asked = Some(list.clone()),
            Event::PassedApproved(approved) => self.passed_approved(approved, mark),
            Event::OpeningReconvened(next) => {
                self.next_envelope(next.stage, mark);
                self.phase = Phase::Ready;
            }
            Event::OpeningClosed(_) => self.end(mark, Phase::Closed),
            Event::ResultAnnounced(told) => self.result_announced(told, mark),
            Event::ResultAnswered(answered) => self.result_answered(answered, mark),
            Event::OpeningPaused(pause) => self.paused(by, pause, mark),
            Event::OpeningResumed(_) => self.resumed(mark),
            Event::MeasureAsked(asked) => self.measure_asked = Some(asked.clone()),
            Event::MeasureTaken(taken) => self.measure_taken(taken, mark),
            Event::ChatSaid(_) | Event::ChatPrivate(_) => self.said(by),
            Event::ChatMuted(order) => self.muted_now(order.bidder.as_ref()),
            Event::ChatUnmuted(order) => self.unmuted_now(order.bidder.as_ref()),
            Event::ChatRemoved(order) => self.removed_now(&order.bidder),
            Event::ChatReadmitted(order) => self.readmitted_now(&order.bidder),
            Event::JournalSigned(signed) => self.journal_kept(signed, mark),
            Event::KeyDestroyed(who) => drop(self.destroyed.insert(who.custodian, mark)),
            Event::Refused(_) => {}
        }
    }

    pub(crate) fn has_enough_bidders(&self) -> bool {
        self.published().is_some_and(|lot| self.distinct_bidders() >= lot.min_bidders)
    }

    pub(crate) const fn end(&mut self, mark: Mark, phase: Phase) {
        self.ended = Some(mark);
        self.phase = phase;
    }

    pub(crate) fn record_made(&mut self, sha256: Digest, reason: Option<String>, mark: Mark) {
        self.records.push(GeneratedRecord { reason, sha256, mark });
        self.record_signers = Shared::default(); // each version is signed anew
    }

    fn journal_kept(&mut self, signed: &JournalSigned, mark: Mark) {
        let (length, sha256) = (signed.length, signed.sha256);
        let kept = SignedJournal { mark, length, sha256 };
        self.journals.insert((signed.custodian, signed.moment), kept);
    }

    fn record_was_signed(&mut self, signature: &RecordSigned) {
        self.record_signers.insert((signature.role, signature.party.code.clone()));
        self.record_signatures.push(signature.clone());
    }

    fn postponed(&mut self, to: &DeadlinePostponed) {
        self.asked = None;
        self.silences.clear(); // they were attested for the deadline of before
        self.postponements.push(to.clone());
    }

    /// A refusal that names a draw counts for that draw; any other for the part being unsealed.
    fn custodian_refused(&mut self, refused: &CustodianRefused) {
        let CustodianRefused { custodian, draw, .. } = refused;
        if let Some(no) = draw {
            self.draw_refused(*no, *custodian);
        } else if let Some(track) = self.unsealing_part().and_then(|part| self.track_mut(part)) {
            track.refused.insert(*custodian);
        }
    }

    fn unsealing_started(&mut self, part: Part) {
        if let Some(track) = self.track_mut(part) {
            track.started = true;
        }
        if part == Part::Price {
            self.phase = Phase::UnsealingPrices;
        }
    }

    fn partials_received(&mut self, partials: &PartialsReceived) {
        let bids: BTreeSet<Digest> = self.whole_releases(partials);
        if let Some(sha256) = self.unsealing_begun().and_then(|unsealing| unsealing.estimate) {
            let mut all = partials.partials.iter().flatten();
            if let Some(own) = all.find(|partial| partial.manifest_sha256 == sha256) {
                self.estimate_partials.insert(partials.custodian, own.clone());
            }
        }
        if let Some(track) = self.track_mut(partials.part) {
            track.refused.remove(&partials.custodian);
            track.released.insert(partials.custodian, bids.into());
        }
    }

    const fn track_mut(&mut self, part: Part) -> Option<&mut Track> {
        match part {
            Part::Price => Some(&mut self.prices),
            Part::Documents => Some(&mut self.documents),
            Part::Signals => None,
        }
    }
}
