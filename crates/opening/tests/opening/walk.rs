//! An opening that is walked step by step, with a suspicious reader beside it.

use kaibiao_opening::*;
use kaibiao_types::*;

use crate::support::*;

/// One line of a log.
pub type Entry = (Actor, UtcMillis, Event);

/// An opening: the state of the hall, the state of a suspicious reader, and the log between them.
#[derive(Clone)]
pub struct Opening {
    pub state: State,
    pub twin: State,
    pub log: Vec<Entry>,
    pub now: u64,
    /// Whether the suspicious reader is left out until the end.
    pub alone: bool,
}

impl Opening {
    pub fn new() -> Self {
        let state = State::new(lot_key());
        Self {
            twin: state.clone(),
            state,
            log: Vec::new(),
            now: DEADLINE - 120 * MINUTE,
            alone: false,
        }
    }

    /// An opening without its reader, for whoever replays the log afterwards.
    pub fn alone() -> Self {
        Self { alone: true, ..Self::new() }
    }

    /// Writes one entry, and has the suspicious reader check it.
    pub fn write(&mut self, cause: &Actor, event: &Event) {
        let (by, at) = (event.written_by(cause), at(self.now));
        self.state.apply(&by, at, event);
        if !self.alone {
            self.twin.check_and_apply(&by, at, event).expect("what decide made, a reader accepts");
            assert_eq!(self.state, self.twin);
        }
        self.log.push((by, at, event.clone()));
    }

    pub fn input(&mut self, input: &Input) -> Result<Vec<Event>, Refusal> {
        let events = self.state.decide_input(input, at(self.now))?;
        for event in &events {
            self.write(&Actor::Hall, event);
        }
        Ok(events)
    }

    pub fn command(&mut self, actor: &Actor, command: &Command) -> Result<Vec<Event>, Refusal> {
        let events = self.state.decide(actor, command, at(self.now))?;
        for event in &events {
            self.write(actor, event);
        }
        Ok(events)
    }

    /// A command of the host that must be allowed.
    pub fn host(&mut self, command: &Command) {
        self.command(&host(), command).unwrap();
    }

    /// Walks the normal way with `bidders` bidders until `phase` is reached.
    pub fn at(phase: Phase, bidders: u8) -> Self {
        if phase == Phase::Adjourned {
            return crate::envelope::adjourned(bidders); // one envelope is not enough to get there
        }
        let mut opening = Self::new();
        opening.walk_to(phase, bidders);
        opening
    }

    /// Goes on the normal way with `bidders` bidders until `phase` is reached.
    pub fn walk_to(&mut self, phase: Phase, bidders: u8) {
        while self.state.phase() != phase {
            self.step(bidders, phase);
        }
    }

    /// Goes on until the last envelope is to be opened.
    pub fn walk_to_last_envelope(&mut self, bidders: u8) {
        self.walk_to(Phase::Ready, bidders);
        while self.state.stage_after().is_some() {
            self.walk_to(Phase::Adjourned, bidders);
            crate::envelope::reconvene(self);
        }
    }

    /// One step of the normal way (of the degraded way, where `goal` lies on that).
    pub fn step(&mut self, bidders: u8, goal: Phase) {
        match self.state.phase() {
            Phase::Unpublished => {
                self.input(&Input::LotPublished(Box::new(lot_published()))).unwrap();
            }
            Phase::Receiving => {
                self.now = DEADLINE - MINUTE;
                self.input(&tick(0)).unwrap();
                self.now = DEADLINE;
                self.input(&tick(1)).unwrap();
                self.now = DEADLINE + 40;
                let closing = IntakeClosed { size: self.state.entries(), ..head() };
                self.input(&Input::DeadlineReached(closing)).unwrap();
            }
            Phase::IntakeClosed => {
                let size = self.state.intake().map_or(0, |intake| intake.size);
                let set = SetFrozen { size, ..set(bidders) };
                let set = crate::envelope::of_lot(&self.state, set);
                self.input(&Input::SetFrozen(set)).unwrap();
            }
            Phase::Freezing => {
                self.input(&freeze_signed(1)).unwrap();
                self.input(&freeze_signed(3)).unwrap();
                if goal == Phase::DegradedNotice {
                    self.now += 5_000;
                    self.input(&Input::FreezeTimeout).unwrap();
                } else if goal == Phase::TooFew {
                    self.write_too_few();
                } else {
                    self.input(&freeze_signed(2)).unwrap();
                }
            }
            Phase::Ready if goal == Phase::Terminated => {
                crate::hold::take(self, Measure::Terminate);
            }
            Phase::Ready | Phase::BiddersPublished | Phase::SealsChecked | Phase::Published => {
                self.next_step();
            }
            Phase::UnsealingPrices => {
                self.release(Part::Price);
                self.input(&Input::PricesUnsealed(outcomes(&self.state))).unwrap();
            }
            Phase::Reading => {
                while self.state.next_reading(Millis::ZERO).is_some() {
                    self.now += 3_000;
                    self.host(&Command::ReadNext(span(3_000)));
                }
                self.now += 3_000;
                self.input(&Input::ReadingOver).unwrap();
            }
            Phase::Read if !self.owes(Step::Record) => self.next_step(),
            Phase::Read => {
                if let Some(window) = self.state.objection_window() {
                    self.now = self.now.max(window.until.get());
                }
                self.host(&Command::GenerateRecord);
                self.input(&Input::RecordGenerated { sha256: digest(12, 0) }).unwrap();
            }
            Phase::RecordGenerated => {
                if self.state.documents().is_none() {
                    self.open_documents();
                }
                let last = self.state.stage_after().is_none();
                self.host(if last { &Command::Close } else { &Command::CloseEnvelope });
            }
            Phase::Adjourned => crate::envelope::reconvene(self),
            phase => panic!("{phase} does not lead to {goal}"),
        }
    }

    fn owes(&self, step: Step) -> bool {
        self.state.next_steps().last().is_some_and(|listed| listed.step == step)
    }

    /// The next step that may not be left out.
    fn next_step(&mut self) {
        let step = self.state.next_steps().last().unwrap().step;
        if step == Step::PublishBidders && crate::round::waits(&self.state) {
            self.command(&supervisor(), &crate::round::approve(&self.state)).unwrap();
        }
        if step == Step::CheckSeals {
            self.host(&Command::CheckSeals);
        }
        match crate::steps::taken(&self.state, step) {
            Ok(input) => drop(self.input(&input).unwrap()),
            Err((actor, command)) => drop(self.command(&actor, &command).unwrap()),
        }
    }

    /// To the completed freeze, of which custodian 1 has signed.
    pub fn walk_to_from_one_signature(&mut self) {
        self.input(&freeze_signed(3)).unwrap();
        self.input(&freeze_signed(2)).unwrap();
    }

    pub fn release(&mut self, part: Part) {
        for no in [1, 2] {
            let partials = partials(&self.state, no, part);
            self.input(&Input::PartialsReceived(partials)).unwrap();
        }
    }

    pub fn open_documents(&mut self) {
        self.host(&Command::StartUnsealing(Part::Documents));
        self.release(Part::Documents);
        self.input(&Input::DocumentsUnsealed(documents(&self.state))).unwrap();
    }

    /// Stops between the completed freeze and the failure, where only a crash can stop.
    fn write_too_few(&mut self) {
        let events = self.state.decide_input(&freeze_signed(2), at(self.now)).unwrap();
        for event in &events[..2] {
            self.write(&Actor::Hall, event);
        }
    }
}
