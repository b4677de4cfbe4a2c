//! The disciplined clock of one lot: signed answers of time sources in, readings out (ruling 13).
//!
//! Pure: monotonic instants are arguments, counted in milliseconds from any fixed start of this
//! process. The system clock plays no part, so setting it changes nothing.
//!
//! **What is proven.** Let fewer than `agree` sources lie, and let the monotonic clock be wrong by at
//! most [`DRIFT_PPM`]. Every group of `agree` answers that have an instant in common then holds an
//! honest one, whose interval contains the true time, so the hull of the group contains it too. A
//! reading is the hull, grown by the drift since. The intersection would be sharper, but a liar that
//! overlaps an honest source could push it past the true time.

use std::collections::{BTreeMap, BTreeSet};

use kaibiao_types::{Millis, UtcMillis};

use crate::{ClockReading, Standing};

/// The monotonic clock gains or loses at most this much, in millionths: 100 for the quartz of any
/// machine, 500 for the greatest slew of a time daemon, and as much again for a hot or cold room.
pub const DRIFT_PPM: u64 = 1_000;

/// An answer counts for this long. Sources are asked every 64 s, so nine answers in a row may be
/// lost before a clock is no longer synchronised.
pub const FRESH: Millis = Millis::from_secs(600);

/// A verified answer of a source. Instants of this machine are monotonic.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Sample {
    /// The place of the source in the policy, from 0.
    pub source: usize,
    /// When the question was sent.
    pub sent: Millis,
    /// When the answer had arrived.
    pub received: Millis,
    /// The time in the answer.
    pub midpoint: UtcMillis,
    /// The source says that it is wrong by at most this much.
    pub radius: Millis,
}

/// Why an answer is not taken in.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SampleFault {
    /// The answer leaves more room than the policy allows: its own radius, or the time it was under
    /// way.
    #[error("the answer may be wrong by {0}, more than the tender file allows")]
    Coarse(Millis),
    /// The answer arrived before its question, or its question was sent before the last answer of
    /// this source had arrived.
    #[error("the answer is older than one of this source that is already taken in")]
    Order,
    /// The policy has no such source.
    #[error("the tender file has no such source")]
    Unknown,
}

/// What the answers taken in so far say together.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Verdict {
    /// The sources that agree, by their place in the policy; empty if too few do.
    pub agreeing: BTreeSet<usize>,
    /// Sources whose fresh answer has no instant in common with those that agree.
    pub false_tickers: BTreeSet<usize>,
    /// The sources agree on a time that cannot be: monotonic time leads from their last agreement to
    /// another one. Nothing is believed until they return to it, or the process is started again.
    pub contradicted: bool,
}

/// An interval that contained the true time at a monotonic instant, if its source is honest.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Span {
    at: Millis,
    low: UtcMillis,
    high: UtcMillis,
}

/// The clock of one lot whose tender file names time sources.
#[derive(Clone, Debug)]
pub struct Discipline {
    sources: usize,
    agree: usize,
    max_error: Millis,
    answers: BTreeMap<usize, Span>,
    held: Option<Span>,
    held_by: BTreeSet<usize>,
    verdict: Verdict,
}

impl Discipline {
    /// A clock that knows nothing yet. `agree` of the `sources` must agree; a reading that may be
    /// wrong by more than `max_error` is no synchronisation.
    pub const fn new(sources: usize, agree: usize, max_error: Millis) -> Self {
        Self {
            sources,
            // One source is never enough, whatever the caller says.
            agree: if agree < 2 { 2 } else { agree },
            max_error,
            answers: BTreeMap::new(),
            held: None,
            held_by: BTreeSet::new(),
            verdict: Verdict {
                agreeing: BTreeSet::new(),
                false_tickers: BTreeSet::new(),
                contradicted: false,
            },
        }
    }

    /// Takes in the answer of a source, and judges anew.
    ///
    /// # Errors
    ///
    /// [`SampleFault`]; the clock is then as before.
    pub fn take(&mut self, sample: Sample) -> Result<&Verdict, SampleFault> {
        if sample.source >= self.sources {
            return Err(SampleFault::Unknown);
        }
        let way = sample.received.get().checked_sub(sample.sent.get()).ok_or(SampleFault::Order)?;
        let span = Span {
            at: sample.received,
            // The source read its clock after the question was sent and before the answer arrived.
            low: sample.midpoint.minus(sample.radius),
            high: sample.midpoint.plus(sample.radius).plus(millis(way)),
        };
        if span.half() > self.max_error {
            return Err(SampleFault::Coarse(span.half()));
        }
        if self.answers.get(&sample.source).is_some_and(|before| sample.sent < before.at) {
            return Err(SampleFault::Order);
        }
        self.answers.insert(sample.source, span);
        // Answers of several sources may be taken in a little out of order.
        self.judge(self.answers.values().map(|span| span.at).max().unwrap_or(sample.received));
        Ok(&self.verdict)
    }

    /// What the answers say together.
    pub const fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// The sources of the last agreement that is believed: what a reading rests on, also when some of
    /// them have left it since. Empty if there was none.
    pub const fn held_by(&self) -> &BTreeSet<usize> {
        &self.held_by
    }

    /// The time at a monotonic instant. `wall` is what the system clock says; it is given back, and
    /// proves nothing, as long as no sources have agreed.
    pub fn read(&self, at: Millis, wall: UtcMillis) -> ClockReading {
        let Some(held) = &self.held else {
            return ClockReading { now: wall, max_error: Millis::MAX, standing: Standing::Never };
        };
        let span = held.grown(at);
        let fresh = apart(held.at, at) <= FRESH;
        let sure = fresh && span.half() <= self.max_error && !self.verdict.contradicted;
        let standing = if sure { Standing::Synchronised } else { Standing::Holdover };
        ClockReading { now: span.middle(), max_error: span.half(), standing }
    }

    /// Looks for the greatest group of fresh answers that have an instant in common.
    fn judge(&mut self, at: Millis) {
        let fresh: BTreeMap<usize, Span> = self
            .answers
            .iter()
            .filter(|(_, span)| apart(span.at, at) <= FRESH)
            .map(|(source, span)| (*source, span.grown(at)))
            .collect();
        // A greatest group has an instant in common that is the beginning of one of its members
        // (K. Marzullo). Of groups of one size the one that may be earliest counts.
        let group = fresh
            .values()
            .map(|point| {
                let holds = |span: &&Span| span.low <= point.low && point.low <= span.high;
                let low = fresh.values().filter(holds).map(|span| span.low).min();
                let count = fresh.values().filter(holds).count();
                (count, core::cmp::Reverse(low), point.low)
            })
            .max();
        let Some((_, _, point)) = group.filter(|(count, _, _)| *count >= self.agree) else {
            self.verdict =
                Verdict { contradicted: self.verdict.contradicted, ..Verdict::default() };
            return;
        };
        let (inside, outside): (BTreeMap<usize, Span>, BTreeMap<usize, Span>) =
            fresh.into_iter().partition(|(_, span)| span.low <= point && point <= span.high);
        let low = inside.values().map(|span| span.low).min().unwrap_or(point);
        let high = inside.values().map(|span| span.high).max().unwrap_or(point);
        let hull = Span { at, low, high };
        // Monotonic time leads from the last agreement to this one, or one of the two is a lie.
        let contradicted = self.held.as_ref().is_some_and(|held| {
            let old = held.grown(at);
            hull.high < old.low || old.high < hull.low
        });
        let agreeing: BTreeSet<usize> = inside.into_keys().collect();
        if !contradicted {
            self.held = Some(hull);
            self.held_by.clone_from(&agreeing);
        }
        self.verdict =
            Verdict { agreeing, false_tickers: outside.into_keys().collect(), contradicted };
    }
}

impl Span {
    /// The interval at another instant, wider by the drift in between.
    fn grown(&self, to: Millis) -> Self {
        let run = apart(self.at, to);
        // Rounded up: a drift is never taken for smaller than it may be.
        let drift = millis(run.get().saturating_mul(DRIFT_PPM).div_ceil(1_000_000));
        let (low, high) = if to >= self.at {
            (self.low.plus(run), self.high.plus(run))
        } else {
            (self.low.minus(run), self.high.minus(run))
        };
        Self { at: to, low: low.minus(drift), high: high.plus(drift) }
    }

    /// Half of its width, rounded up.
    fn half(&self) -> Millis {
        millis(self.width().div_ceil(2))
    }

    fn middle(&self) -> UtcMillis {
        self.low.plus(self.half())
    }

    fn width(&self) -> u64 {
        self.high.since(self.low).map_or(0, Millis::get)
    }
}

/// The time between two instants of one monotonic clock.
fn apart(one: Millis, other: Millis) -> Millis {
    millis(one.get().abs_diff(other.get()))
}

/// A span, held at the greatest there is.
fn millis(span: u64) -> Millis {
    Millis::new(span).unwrap_or(Millis::MAX)
}
