//! What a custodian saw of the hall's silence (ruling 12, ADR-0019).
//!
//! Pure: instants are monotonic milliseconds of one process. **What is attested is what was asked for
//! and not had.** A silence begins when the newest head had arrived, and lasts until the last question
//! was sent that brought no newer one; what lies between two questions that are far apart is the
//! custodian's own absence and no silence of the hall.

use kaibiao_opening::OutageAttested;
use kaibiao_replay::Replay;
use kaibiao_types::{Millis, UtcMillis};

use crate::{Act, ClockReading, Custody, Standing};

/// Between the end of one question and the next a custodian that runs lets less time pass.
pub const ASKED_WITHIN: Millis = Millis::from_secs(10);

/// The questions for new heads of one log, and the silence between them.
#[derive(Clone, Debug, Default)]
pub struct Silence {
    /// When the last question ended.
    ended: Option<Millis>,
    /// When the last question was sent that has brought no new head so far.
    open: Option<Millis>,
    /// When the newest head had arrived, or the first question after an own absence was sent.
    since: Option<Millis>,
    /// When the last question was sent that brought none.
    until: Option<Millis>,
    /// A silence that is over.
    over: Option<(Millis, Millis)>,
}

/// An attestation that may be signed, with the act to write first.
#[derive(Debug)]
pub struct Attesting {
    /// What is attested; the signature is still to be made.
    pub said: OutageAttested,
    /// The text to sign with the CA certificate.
    pub statement: String,
    /// What to write to the journal before signing.
    pub act: Act,
}

impl Silence {
    /// A question for the newest head was sent at `sent`, and its answer, or none, was there at `ended`.
    pub fn asked(&mut self, sent: Millis, ended: Millis) {
        let apart = self.ended.map(|before| sent.get().saturating_sub(before.get()));
        if apart.is_none_or(|apart| apart > ASKED_WITHIN.get()) {
            (self.since, self.until) = (Some(sent), None);
        } else if let Some(fruitless) = self.open {
            self.until = Some(fruitless);
        }
        (self.open, self.ended) = (Some(sent), Some(ended));
    }

    /// The last question brought a newer head, and the log was read up to it by `at`. A silence of at
    /// least `least` is kept until it is attested, or until another one takes its place.
    pub fn heard(&mut self, at: Millis, least: Millis) {
        if let (Some(since), Some(until)) = (self.since, self.until)
            && until.get().saturating_sub(since.get()) >= least.get()
        {
            self.over = Some((since, until));
        }
        (self.open, self.since, self.until) = (None, Some(at), None);
    }

    /// A silence that is over and not attested yet.
    pub const fn over(&self) -> Option<(Millis, Millis)> {
        self.over
    }

    /// It is attested, or cannot be.
    pub const fn settle(&mut self) {
        self.over = None;
    }
}

impl Custody {
    /// What may be attested of a silence that is over; `None` if the log asks for nothing of it, or the
    /// own clock does not know the time. `now` is the monotonic instant of the clock's reading.
    ///
    /// The span is made smaller by the greatest error of the clock at both ends.
    pub fn attest(
        &self,
        replay: &Replay,
        (since, until): (Millis, Millis),
        clock: ClockReading,
        now: Millis,
    ) -> Option<Attesting> {
        if clock.standing == Standing::Never {
            return None;
        }
        let ago =
            |at: Millis| Millis::new(now.get().saturating_sub(at.get())).unwrap_or(Millis::MAX);
        let instant = |at: Millis| clock.now.minus(ago(at));
        let (from, to): (UtcMillis, UtcMillis) =
            (instant(since).plus(clock.max_error), instant(until).minus(clock.max_error));
        let at = clock.now.max(replay.state().last_at());
        let said = replay.state().outage_to_attest(self.index(), (from, to), at)?;
        let OutageAttested { custodian, deadline, from, to, .. } = said;
        let origin = replay.tender().origin();
        let statement = kaibiao_journal::outage_statement(origin, custodian, deadline, from, to);
        let act = Act::OutageAttested { at: clock.now, deadline, from, to };
        Some(Attesting { said, statement, act })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Millis {
        Millis::new(seconds * 1_000).unwrap()
    }

    /// Asks every five seconds from `from` to `to`; each answer takes a second.
    fn ask(silence: &mut Silence, from: u64, to: u64) {
        for sent in (from..=to).step_by(5) {
            silence.asked(at(sent), at(sent + 1));
        }
    }

    fn heard(silence: &mut Silence, seconds: u64) {
        silence.heard(at(seconds), at(60));
    }

    #[test]
    fn a_silence_lasts_from_the_last_head_to_the_last_fruitless_question() {
        let mut silence = Silence::default();
        ask(&mut silence, 100, 100);
        heard(&mut silence, 101);
        ask(&mut silence, 105, 200);
        assert_eq!(silence.over(), None, "it is not over");
        // The question of 200 brings the head: the one before it was the last in vain.
        heard(&mut silence, 201);
        assert_eq!(silence.over(), Some((at(101), at(195))));
        // It waits, whatever heads come after it.
        ask(&mut silence, 205, 205);
        heard(&mut silence, 206);
        assert_eq!(silence.over(), Some((at(101), at(195))));
        silence.settle();
        assert_eq!(silence.over(), None);
    }

    #[test]
    fn what_is_too_short_is_no_silence() {
        let mut silence = Silence::default();
        ask(&mut silence, 100, 100);
        heard(&mut silence, 101);
        ask(&mut silence, 105, 160);
        heard(&mut silence, 161);
        assert_eq!(silence.over(), None, "from 101 to 155 are 54 seconds");
        ask(&mut silence, 165, 165);
        heard(&mut silence, 166);
        assert_eq!(silence.over(), None, "it does not go on after a head");
    }

    /// A machine that slept, or a process that stood still, asked nobody.
    #[test]
    fn an_own_absence_is_no_silence_of_the_hall() {
        let mut silence = Silence::default();
        ask(&mut silence, 100, 100);
        heard(&mut silence, 101);
        ask(&mut silence, 1_000, 1_000);
        ask(&mut silence, 1_005, 1_005);
        heard(&mut silence, 1_006);
        assert_eq!(silence.over(), None);
        // It breaks a silence in two, and only what was asked for counts.
        ask(&mut silence, 1_010, 1_065);
        ask(&mut silence, 1_080, 1_120);
        heard(&mut silence, 1_121);
        assert_eq!(silence.over(), None, "55 and 35 seconds");
        ask(&mut silence, 1_125, 1_130);
        ask(&mut silence, 1_150, 1_250);
        heard(&mut silence, 1_251);
        assert_eq!(silence.over(), Some((at(1_150), at(1_245))));
    }

    /// A process that begins in the middle of an outage knows of what it asked for itself.
    #[test]
    fn the_first_question_begins_a_silence() {
        let mut silence = Silence::default();
        ask(&mut silence, 100, 200);
        heard(&mut silence, 201);
        assert_eq!(silence.over(), Some((at(100), at(195))));
        let mut silence = Silence::default();
        heard(&mut silence, 50);
        assert_eq!(silence.over(), None);
        ask(&mut silence, 100, 100);
        heard(&mut silence, 500);
        assert_eq!(silence.over(), None, "one question that was answered late");
    }
}
