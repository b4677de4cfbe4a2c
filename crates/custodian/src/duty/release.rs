//! Countersigning the freeze and releasing partial decryptions.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use kaibiao_ceremony::{Partial, raise};
use kaibiao_crypto::{EntropyError, OperationError, SecureEntropy, scrub_stack};
use kaibiao_custody::{Refusal, Release, ToRaise};
use kaibiao_journal::PlacePath;
use kaibiao_opening::Phase;
use kaibiao_replay::{BidMaterial, FrozenMaterial, VerifiedEstimate};
use kaibiao_types::{Digest, JournalMoment, Millis, Part};
use kaibiao_wire::{
    B64, DestructionPost, FreezeSignaturePost, FrozenAnswer, JournalPost, PartialItem,
    PartialsBody, PartialsKind, SignedBody, to_json,
};
use ring::rand::SystemRandom;

use super::journals::Handover;
use super::{Lot, LotError, Opening, Question};
use crate::keys::{IntentState, Text};
use crate::words;

/// What is due in an opening.
#[derive(Debug)]
pub(crate) enum Duty {
    /// The frozen bids are needed before anything can be judged.
    Fetch(Digest),
    /// Share and static key are destroyed; the statement says so.
    Destroyed(Box<DestructionPost>),
    /// The freeze is countersigned.
    Freeze(Box<FreezeSignaturePost>),
    /// The point of a draw is raised.
    Draw(u32, Box<SignedBody>),
    /// The journal is signed.
    Journal(Box<JournalPost>),
    /// Nothing is asked of this custodian.
    Nothing,
    /// The points are raised.
    Partials(Box<SignedBody>),
    /// A token of time over the freeze is needed first.
    Token(Digest, Vec<Question>),
}

/// What the hall acknowledged and the log does not show is sent again after this long.
pub(super) const AGAIN: Duration = Duration::from_secs(2);
/// A hall whose clock is ahead of this one by more freezes too early, and that goes on record.
const CLOCKS_DIFFER: Millis = Millis::from_secs(2);

impl Lot {
    /// What the log asks of this custodian, done as far as the rules allow.
    ///
    /// Nothing is judged unless the log was read up to a head that this custodian cosigned.
    ///
    /// # Errors
    ///
    /// [`LotError`].
    pub(crate) fn duty(&mut self) -> Result<Duty, LotError> {
        let Some((opening, index)) = self.opening.as_ref().zip(self.seat) else {
            return Ok(Duty::Nothing);
        };
        let head = opening.replay.log().head();
        if !self.journal.memory().has_cosigned(head.size, &head.root) {
            return Ok(Duty::Nothing);
        }
        let state = opening.replay.state();
        // After the end nothing is opened any more (条例 art. 44 ¶2 for too few bidders), and while the
        // opening is held the state asks for nothing.
        if state.phase().is_final() {
            return self.end();
        }
        let Some(freeze_id) = state.frozen().map(|frozen| frozen.freeze_id) else {
            return Ok(Duty::Nothing);
        };
        if state.phase() == Phase::TooFew {
            return Ok(Duty::Nothing);
        }
        let unsigned = !state.freeze_signers().contains(&index);
        let asked = state.unsealing().map(|unsealing| unsealing.part);
        let asked = asked.filter(|part| !state.released(*part).contains(&index));
        let draw = opening.draw_asked(index);
        let rests = |sent: Option<Instant>| sent.is_some_and(|sent| sent.elapsed() < AGAIN);
        let asked = asked.filter(|_| !rests(opening.sent.partials));
        let unsigned_now = unsigned && !rests(opening.sent.freeze);
        let due = if unsigned { unsigned_now } else { draw || asked.is_some() };
        if !due {
            return if unsigned { Ok(Duty::Nothing) } else { self.journal_at_freeze() };
        }
        if opening.material.as_ref().is_none_or(|(id, _)| *id != freeze_id) {
            return Ok(Duty::Fetch(freeze_id));
        }
        match asked {
            _ if unsigned => self.countersign(),
            _ if draw => self.answer_draw(),
            Some(part) => self.release(part),
            None => Ok(Duty::Nothing),
        }
    }

    /// Takes the frozen bids in; they are checked when they are used.
    pub(crate) fn frozen(&mut self, freeze_id: Digest, answer: FrozenAnswer) {
        let Some(opening) = &mut self.opening else { return };
        let bids = answer.bids.into_iter().map(|bid| BidMaterial {
            manifest: bid.manifest_b64.0,
            cms: bid.cms_b64.0,
            headers: bid.headers.into_iter().map(|header| header.header_b64.0).collect(),
        });
        let paths = answer.paths.into_iter().map(|path| PlacePath {
            tick: path.tick,
            no: path.no,
            path: path.path,
        });
        let material = FrozenMaterial { bids: bids.collect(), paths: paths.collect() };
        opening.material = Some((freeze_id, material));
    }

    /// The hall has the countersignature.
    pub(crate) fn freeze_sent(&mut self) {
        if let Some(opening) = &mut self.opening {
            opening.sent.freeze = Some(Instant::now());
        }
    }

    /// The hall has the partial decryptions.
    pub(crate) fn partials_sent(&mut self) {
        if let Some(opening) = &mut self.opening {
            opening.sent.partials = Some(Instant::now());
        }
    }

    /// Hands the journal over once the log shows the countersignature. A release comes first.
    fn journal_at_freeze(&mut self) -> Result<Duty, LotError> {
        match self.hand_over(JournalMoment::Freeze)? {
            Handover::Due(duty) => Ok(duty),
            Handover::Done | Handover::Rest => Ok(Duty::Nothing),
        }
    }

    /// Countersigns the freeze; the journal has it first.
    fn countersign(&mut self) -> Result<Duty, LotError> {
        self.note_clock()?;
        let Some((opening, custodian)) = self.opening.as_mut().zip(self.seat) else {
            return Ok(Duty::Nothing);
        };
        let clock = opening.reading(&*self.shared.clock);
        let Opening { replay, custody, material: Some((_, material)), .. } = &mut **opening else {
            return Ok(Duty::Nothing);
        };
        let memory = self.journal.memory();
        let judged = custody.countersign(replay, memory, material, clock);
        // The hall's clock is a little ahead of this one, or this one waits for what it may be
        // wrong by, twice: its middle is past the deadline first, then its earliest. Nothing of it
        // is for the record.
        let silent = CLOCKS_DIFFER.get().saturating_add(clock.max_error.get().saturating_mul(2));
        if matches!(&judged, Err(Refusal::NotYet(wait)) if wait.get() <= silent) {
            return Ok(Duty::Nothing);
        }
        let Some(countersigning) = opening.judged("freeze", clock, judged)? else {
            return Ok(Duty::Nothing);
        };
        let freeze_id = countersigning.freeze_id;
        if memory.freeze_id() != Some(freeze_id) {
            self.journal.write(&countersigning.act)?;
        }
        let cms = self.shared.sign_at(countersigning.statement.as_bytes(), clock.now)?;
        let post = FreezeSignaturePost { custodian, freeze_id, cms_b64: B64(cms) };
        Ok(Duty::Freeze(Box::new(post)))
    }

    /// Releases the partial decryptions of one part. The intent is in the journal before the share
    /// is touched (rule R9); a repeat is answered from the same intent and gives the same points.
    fn release(&mut self, part: Part) -> Result<Duty, LotError> {
        self.note_clock()?;
        let Some(opening) = &mut self.opening else { return Ok(Duty::Nothing) };
        let clock = opening.reading(&*self.shared.clock);
        let Opening { replay, custody, material: Some((_, material)), share: Some(_), .. } =
            &mut **opening
        else {
            return Ok(Duty::Nothing);
        };
        let request = request(part);
        let memory = self.journal.memory();
        let judged = custody.release(replay, memory, material, part, clock);
        if matches!(&judged, Err(Refusal::TokenMissing)) {
            let freeze_id = memory.freeze_id();
            return freeze_id.map_or(Ok(Duty::Nothing), |id| self.ask_for_token(id));
        }
        let Some(release) = opening.judged(request, clock, judged)? else {
            return Ok(Duty::Nothing);
        };
        let Opening { replay, share: Some(share), .. } = &**opening else {
            return Ok(Duty::Nothing);
        };
        if release.points.is_empty() {
            return Ok(Duty::Nothing); // no current bid has this part
        }
        match self.journal.intent_state(&release.act) {
            IntentState::New => self.journal.write(&release.act)?,
            IntentState::Repeated => {}
            IntentState::Contradicts => {
                let detail = "other points were raised for this freeze and part before";
                return Err(LotError::refused(request, "E_NOT_ALLOWED", detail));
            }
        }
        let id = replay.tender().record().ceremony_id;
        let suite = replay.tender().record().suite();
        let one = |point: &ToRaise, random: &SystemRandom| {
            raise(suite, share, &id, &release.freeze_id, &point.u, &mut SecureEntropy(random))
        };
        let partials = raise_all(&release.points, &one)?;
        let escrow = raise_all(&release.escrow, &one)?;
        self.answer(&release, &partials, &escrow)
    }

    /// The signed body with one result per bid, in the order of the frozen list, then that of the base
    /// estimate, and one per escrow.
    fn answer(
        &self,
        release: &Release,
        partials: &BTreeMap<Digest, Partial>,
        escrow: &BTreeMap<Digest, Partial>,
    ) -> Result<Duty, LotError> {
        let Some((opening, custodian)) = self.opening.as_ref().zip(self.seat) else {
            return Ok(Duty::Nothing);
        };
        let items = |made: &BTreeMap<Digest, Partial>| {
            let bids = opening.replay.state().current_bids().map(|bid| bid.manifest_sha256);
            let listed = bids.chain(opening.replay.estimate().map(VerifiedEstimate::sha256));
            let items = listed.filter_map(|manifest_sha256| {
                let partial = made.get(&manifest_sha256)?;
                Some(PartialItem {
                    manifest_sha256,
                    d: partial.d.to_string(),
                    c: partial.c.to_string(),
                    z: partial.z.to_string(),
                })
            });
            items.collect()
        };
        let body = PartialsBody {
            v: 1,
            kind: PartialsKind::Partials,
            tender: self.key.tender.clone(),
            lot: self.key.lot.clone(),
            custodian,
            stage: release.stage,
            part: release.part,
            freeze_id: release.freeze_id,
            partials: items(partials),
            escrow: items(escrow),
        };
        let body = to_json(&body).map_err(|error| LotError::Unable(words::describe(&error)))?;
        let signed = self.shared.signed(body, self.now().now)?;
        // Kept as it is posted: it may be carried by hand to any hall that has this log (ruling 20).
        let file = to_json(&signed).map_err(|error| LotError::Unable(words::describe(&error)))?;
        match release.part {
            Part::Price => self.folder()?.put(Text::ReleasedPrice, &file)?,
            Part::Documents => self.folder()?.put(Text::ReleasedDocuments, &file)?,
            Part::Signals => {}
        }
        Ok(Duty::Partials(Box::new(signed)))
    }
}

/// Raises points on two threads.
fn raise_all(
    points: &[ToRaise],
    one: &(impl Fn(&ToRaise, &SystemRandom) -> Result<Partial, OperationError> + Sync),
) -> Result<BTreeMap<Digest, Partial>, LotError> {
    let raise_some = |some: &[ToRaise]| {
        let random = SystemRandom::new();
        let raised =
            some.iter().map(|point| Ok((point.manifest_sha256, one(point, &random)?))).collect();
        scrub_stack();
        raised
    };
    let (left, right) = points.split_at(points.len() / 2);
    let (left, right): (Raised, Raised) = thread::scope(|scope| {
        let left = scope.spawn(|| raise_some(left));
        let right = raise_some(right);
        (left.join().unwrap_or(Err(EntropyError.into())), right)
    });
    let mut all = left?;
    all.extend(right?);
    Ok(all)
}

type Raised = Result<BTreeMap<Digest, Partial>, OperationError>;

const fn request(part: Part) -> &'static str {
    match part {
        Part::Price => "release-price",
        Part::Documents => "release-documents",
        Part::Signals => "release-signals",
    }
}
