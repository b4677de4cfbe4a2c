//! The network between the hall and everybody else, and what stands on the hall's screen.

use std::sync::Arc;

use bytes::Bytes;
use kaibiao_room::RoomError;
use kaibiao_store::{FaultPoint, FaultWay};

use crate::cast::Cast;
use crate::dice::Dice;
use crate::hall::{Call, Hall, Reply, is_fatal};

/// Who calls the hall.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Who {
    Bidder(usize),
    Desk,
    Seat(usize),
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Gone {
    /// Nobody knows whether the hall got the message.
    Lost,
    /// The hall said no.
    Refused(RoomError),
}

pub(crate) struct Net {
    pub(crate) cast: &'static Cast,
    pub(crate) dice: Dice,
    /// The true time, ms.
    pub(crate) now: u64,
    /// What the hall's clock says beyond it, ms.
    pub(crate) hall_skew: i64,
    pub(crate) hall: Hall,
    /// Whether faults happen.
    pub(crate) chaos: bool,
    /// Until when no message passes between the hall and a custodian.
    pub(crate) cut: [u64; 3],
    /// Messages that are still under way.
    late: Vec<Call>,
    /// Every line that anybody was ever shown.
    pub(crate) shown: Vec<Bytes>,
    trace: Vec<String>,
}

impl Net {
    pub(crate) fn new(cast: &'static Cast, seed: u64, start: u64) -> Self {
        Self {
            cast,
            dice: Dice::new(seed),
            now: start,
            hall_skew: 0,
            hall: Hall::new(cast, seed),
            chaos: true,
            cut: [0; 3],
            late: Vec::new(),
            shown: Vec::new(),
            trace: Vec::new(),
        }
    }

    pub(crate) fn say(&mut self, what: impl FnOnce() -> String) {
        let line = format!(
            "{:>8} {}",
            self.now.cast_signed() - self.cast.deadline.get().cast_signed(),
            what()
        );
        self.trace.push(line);
    }

    pub(crate) fn last_words(&self) -> String {
        let from = self.trace.len().saturating_sub(120);
        self.trace[from..].join("\n")
    }

    pub(crate) fn trace(&self) -> &[String] {
        &self.trace
    }

    fn hall_now(&self) -> u64 {
        self.now.saturating_add_signed(self.hall_skew)
    }

    /// A call with whatever the network does to it.
    pub(crate) fn send(&mut self, who: Who, call: Call) -> Result<Reply, Gone> {
        let cut = matches!(who, Who::Seat(seat) if self.cut[seat] > self.now);
        if cut || !self.hall.is_up() {
            return Err(Gone::Lost);
        }
        if !self.chaos {
            return self.deliver(who, call);
        }
        match self.dice.below(100) {
            // Lost on the way there.
            0..3 => Err(Gone::Lost),
            // Lost on the way back.
            3..7 => {
                drop(self.deliver(who, call));
                Err(Gone::Lost)
            }
            // Twice; the second answer is heard.
            7..11 => {
                drop(self.deliver(who, call.clone()));
                self.deliver(who, call)
            }
            // Arrives some time later, when nobody waits for it any more.
            11..15 => {
                self.late.push(call);
                Err(Gone::Lost)
            }
            // Arrives, and once more some time later.
            15..18 => {
                self.late.push(call.clone());
                self.deliver(who, call)
            }
            _ => self.deliver(who, call),
        }
    }

    /// Some message that is under way arrives, in whatever order.
    pub(crate) fn arrive(&mut self) {
        if self.late.is_empty() || !self.hall.is_up() {
            return;
        }
        let at = self.dice.index(self.late.len());
        let call = self.late.swap_remove(at);
        self.say(|| format!("late: {}", name(&call)));
        match self.deliver(Who::Desk, call) {
            Err(Gone::Refused(error)) => self.say(|| format!("late answer: {error}")),
            Ok(_) | Err(Gone::Lost) => {}
        }
    }

    fn deliver(&mut self, who: Who, call: Call) -> Result<Reply, Gone> {
        if !self.hall.is_up() {
            return Err(Gone::Lost);
        }
        self.hall.set_clock(self.hall_now());
        let what = name(&call);
        let answer = self.hall.serve(call);
        if let Err(error) = &answer {
            assert!(!is_defect(error), "{who:?} {what}: {error:?}");
        }
        self.look();
        match answer {
            Ok(reply) => Ok(reply),
            Err(error) if is_fatal(&error) => {
                self.say(|| format!("{who:?} {what}: the hall stops, {error}"));
                self.power_off();
                Err(Gone::Lost)
            }
            Err(error) => Err(Gone::Refused(error)),
        }
    }

    /// The hall's own timers.
    pub(crate) fn tick(&mut self) {
        self.hall.set_clock(self.hall_now());
        if !self.hall.step() {
            self.say(|| "the hall stops at a timed step".to_owned());
            self.power_off();
        }
        self.look();
    }

    pub(crate) fn crash(&mut self) {
        self.say(|| "the hall crashes".to_owned());
        self.power_off();
    }

    fn power_off(&mut self) {
        let torn = if self.chaos { self.dice.below(9_000) } else { 0 };
        let torn: Vec<u8> = (0..torn).map(|_| self.dice.below(256) as u8).collect();
        self.hall.crash(&torn);
    }

    pub(crate) fn start(&mut self) {
        if !self.hall.is_up() {
            self.say(|| "the hall starts".to_owned());
            self.hall.set_clock(self.hall_now());
            self.hall.start();
            self.look_from_the_start();
        }
    }

    /// A write of the store will break, soon.
    pub(crate) fn break_disk(&mut self) {
        let points = [
            FaultPoint::SlotCreate,
            FaultPoint::SlotDirSync,
            FaultPoint::PoolWrite,
            FaultPoint::PoolSync,
            FaultPoint::Commit,
            FaultPoint::Commit,
            FaultPoint::Commit,
            FaultPoint::Checkpoint,
        ];
        let point = self.dice.of(&points);
        let ways = [FaultWay::NotWritten, FaultWay::WrittenButFailed, FaultWay::Torn];
        let ways = if point == FaultPoint::PoolWrite { &ways[..] } else { &ways[..2] };
        let (way, visit) = (self.dice.of(ways), self.dice.below(3) as u32);
        self.say(|| format!("a write will break: {point:?} {way:?} at visit {visit}"));
        self.hall.plan_fault(point, way, visit);
    }

    /// What readers see only grows: a line that was shown stays, in its place.
    fn look(&mut self) {
        let Some(room) = self.hall.room() else {
            assert!(self.shown.is_empty() || !self.hall.is_up(), "a log that was shown is gone");
            return;
        };
        let entries = room.log().head().entries;
        assert!(entries >= self.shown.len() as u64, "entries that were shown are gone");
        loop {
            let more = room.log().lines(self.shown.len() as u64, 256);
            if more.is_empty() {
                return;
            }
            for line in more {
                let entry = kaibiao_journal::EntryLine::parse(&line).unwrap();
                assert_eq!(entry.index(), self.shown.len() as u64, "no entry is doubled or lost");
                self.say(|| format!("entry {} {}", entry.index(), entry.kind()));
                self.shown.push(line);
            }
        }
    }

    /// After a restart too: what was shown was durable.
    fn look_from_the_start(&mut self) {
        let Some(room) = self.hall.room() else {
            return assert!(self.shown.is_empty(), "a log that was shown is gone");
        };
        for (index, line) in self.shown.iter().enumerate() {
            let now = room.log().lines(index as u64, 1);
            assert_eq!(now.first(), Some(line), "entry {index} changed over a restart");
        }
        self.look();
    }

    /// The skew of a clock that jumps.
    pub(crate) fn jump(&mut self) -> i64 {
        let far = self.dice.permille(60);
        let span = if far { 60_000 } else { 3_000 };
        self.dice.below(2 * span + 1).cast_signed() - span.cast_signed()
    }

    /// All messages that are under way are lost for good.
    pub(crate) fn forget_late(&mut self) {
        self.late.clear();
    }

    /// The hall's store is closed, and an auditor gets the log as it was shown.
    pub(crate) fn log(&self) -> Arc<[Bytes]> {
        self.shown.clone().into()
    }
}

/// An answer that no message and no fault may lead to.
const fn is_defect(error: &RoomError) -> bool {
    matches!(
        error,
        RoomError::Internal(_) | RoomError::Replay(_) | RoomError::Entry(_) | RoomError::Busy
    )
}

pub(crate) const fn name(call: &Call) -> &'static str {
    match call {
        Call::Publish => "publish",
        Call::Begin(_) => "begin",
        Call::Slice { .. } => "slice",
        Call::State(_) => "state",
        Call::Commit(_) => "commit",
        Call::Proof(_) => "proof",
        Call::Command { .. } => "command",
        Call::Checkpoint => "checkpoint",
        Call::Log(_) => "log",
        Call::Frozen => "frozen",
        Call::Cosign { .. } => "cosign",
        Call::SignFreeze { .. } => "sign the freeze",
        Call::Partials { .. } => "partials",
        Call::Journal { .. } => "journal",
        Call::Destroyed { .. } => "destroyed",
    }
}
