//! JRN-04: what a custodian's journal says of the time at which it acted (ruling 13).

use std::collections::BTreeSet;

use kaibiao_opening::{EventKind, TimePolicy, TimeSource};
use kaibiao_replay::{Act, Replay};
use kaibiao_types::{Digest, Millis, UtcMillis};

/// How long a custodian waits beyond the opening time once its clock has lost its sources.
const HOLDOVER_WAIT: Millis = Millis::from_secs(600);
/// Clocks may differ by this much, and a cosignature's instant is cut to whole seconds.
const CLOCKS_DIFFER: Millis = Millis::from_secs(3);

/// The earliest that an instant may be by another clock, under a tender file's source of time.
pub(super) fn by_another_clock(at: UtcMillis, time: &TimeSource) -> UtcMillis {
    let error = match time {
        TimeSource::SystemClock => Millis::ZERO,
        TimeSource::Sources(policy) => policy.max_error_ms,
    };
    at.minus(CLOCKS_DIFFER).minus(error).minus(error)
}

/// The first act that its own journal shows to be too early, or not to be known to be late enough.
///
/// By a clock that has agreeing sources, as by the system clock where the tender file asks for no
/// other, the act is not before the deadline. Without them the custodian has waited ten minutes more
/// since they last agreed, or has read in the log that host and supervisor confirmed the time. Points
/// are raised only with a token of time where the tender file asks for one.
pub(super) fn too_early(replay: &Replay, acts: &[Act]) -> Option<String> {
    let deadline = replay.deadline();
    let policy = match &replay.tender().file().terms().custody.time {
        TimeSource::SystemClock => None,
        TimeSource::Sources(policy) => Some(policy),
    };
    let mut known =
        Known { replay, policy, standing: "never", confirmed: false, tokens: BTreeSet::new() };
    for (line, act) in (1_u64..).zip(acts) {
        let wrong = match act {
            Act::FreezeSigned { at, .. } | Act::DrawIntent { at, .. } => known.time(*at, deadline),
            Act::Intent { at, freeze_id, .. } => {
                known.time(*at, deadline).or_else(|| known.token(freeze_id))
            }
            _ => {
                known.learn(act, deadline);
                None
            }
        };
        if let Some(what) = wrong {
            return Some(format!("line {line} {what}"));
        }
    }
    None
}

/// What the journal has shown up to a line.
struct Known<'a> {
    replay: &'a Replay,
    policy: Option<&'a TimePolicy>,
    standing: &'a str,
    /// It has cosigned a head with the confirmation of the time.
    confirmed: bool,
    /// The freezes over which it has a token of time.
    tokens: BTreeSet<Digest>,
}

impl<'a> Known<'a> {
    fn learn(&mut self, act: &'a Act, deadline: UtcMillis) {
        match act {
            Act::Clock { standing, agree, .. } => {
                let named: BTreeSet<&String> =
                    agree.iter().filter(|name| self.is_source(name)).collect();
                let enough = self.policy.is_none_or(|p| named.len() >= usize::from(p.agree));
                // Who becomes synchronised names those who made it so; they may fall silent later, and
                // it stays so for a while (ADR-0010).
                let became = standing == "synchronised" && self.standing != "synchronised";
                self.standing = if became && !enough { "never" } else { standing };
            }
            Act::Cosigned { size, .. } => {
                self.confirmed |= self.confirmation().is_some_and(|entry| entry < *size);
            }
            Act::TimeToken { freeze_id, source, earliest, .. }
                if self.is_source(source) && *earliest >= deadline =>
            {
                self.tokens.insert(*freeze_id);
            }
            _ => {}
        }
    }

    fn is_source(&self, name: &str) -> bool {
        self.policy.is_some_and(|policy| policy.sources.iter().any(|source| source.name == name))
    }

    /// The entry by which the time is confirmed.
    fn confirmation(&self) -> Option<u64> {
        let kind = EventKind::TimeConfirmed.name();
        let entry = self.replay.log().entries().iter().find(|entry| entry.kind() == kind)?;
        Some(entry.index())
    }

    fn time(&self, at: UtcMillis, deadline: UtcMillis) -> Option<String> {
        let knows = self.policy.is_none() || self.standing == "synchronised";
        if knows {
            return (at < deadline).then(|| format!("is of {at}, the deadline is {deadline}"));
        }
        let waited = self.standing == "holdover" && at >= deadline.plus(HOLDOVER_WAIT);
        (!self.confirmed && !waited).then(|| {
            format!(
                "acts without knowing the time ({}), which it had not read to be confirmed",
                self.standing
            )
        })
    }

    fn token(&self, freeze_id: &Digest) -> Option<String> {
        let asked = self.policy.is_some_and(|policy| policy.token);
        (asked && !self.tokens.contains(freeze_id))
            .then(|| "raises points without a token of time over the freeze".to_owned())
    }
}
