//! Whether the opening time has come, by a reading of the own clock (ruling 13).

use kaibiao_opening::TimeSource;
use kaibiao_replay::Replay;
use kaibiao_types::{Digest, Millis, UtcMillis};

use crate::{ClockReading, HOLDOVER_WAIT, Refusal, Standing, TimeToken};

/// The own clock minus its greatest error is at or after the deadline that the replayed log has.
pub(crate) fn not_before_deadline(replay: &Replay, clock: ClockReading) -> Result<(), Refusal> {
    let system = *policy(replay) == TimeSource::SystemClock;
    match clock.standing {
        // A tender file that names sources is not content with the clock of one machine.
        Standing::System if !system => Err(Refusal::TimeUnknown),
        _ => {
            let confirmed = replay.state().time_confirmed().is_some();
            opening_time_has_come(replay.deadline(), clock, confirmed)
        }
    }
}

/// Where the tender file asks for a token, one over this freeze is at hand.
pub(crate) fn has_token(
    replay: &Replay,
    freeze_id: Digest,
    token: Option<&TimeToken>,
) -> Result<(), Refusal> {
    let asked = matches!(policy(replay), TimeSource::Sources(policy) if policy.token);
    if asked && token.is_none_or(|token| token.freeze_id() != freeze_id) {
        return Err(Refusal::TokenMissing);
    }
    Ok(())
}

fn policy(replay: &Replay) -> &TimeSource {
    &replay.tender().file().terms().custody.time
}

/// Equal is enough. A clock that lost its sources waits [`HOLDOVER_WAIT`] longer; a clock that never
/// had them, and one that lost them, may take a confirmed time in their place. A confirmation never
/// speaks against a clock that knows better: not against one that is synchronised, and not against
/// one that has run from an agreement to an instant that is before the deadline even at its latest.
fn opening_time_has_come(
    deadline: UtcMillis,
    clock: ClockReading,
    confirmed: bool,
) -> Result<(), Refusal> {
    match clock.standing {
        Standing::System | Standing::Synchronised => match wait(deadline, clock.earliest()) {
            Some(wait) => Err(Refusal::NotYet(wait)),
            None => Ok(()),
        },
        Standing::Holdover => match wait(deadline, clock.latest()) {
            Some(wait) => Err(Refusal::NotYet(wait)),
            None if confirmed => Ok(()),
            None => match wait(deadline.plus(HOLDOVER_WAIT), clock.earliest()) {
                Some(wait) => Err(Refusal::Holdover(wait)),
                None => Ok(()),
            },
        },
        Standing::Never if confirmed => Ok(()),
        Standing::Never => Err(Refusal::TimeUnknown),
    }
}

/// How long an instant is before another one; `None` if it is not.
fn wait(until: UtcMillis, now: UtcMillis) -> Option<Millis> {
    until.since(now).filter(|wait| wait.get() > 0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const T: u64 = 1_800_000_000_000;

    fn judged(
        now: u64,
        error: u64,
        standing: Standing,
        confirmed: bool,
    ) -> Result<(), &'static str> {
        let at = |millis| UtcMillis::new(millis).unwrap();
        let max_error = Millis::new(error).unwrap();
        let clock = ClockReading { now: at(now), max_error, standing };
        opening_time_has_come(at(T), clock, confirmed).map_err(|refusal| refusal.label())
    }

    #[test]
    fn a_clock_that_knows_is_never_overruled() {
        for standing in [Standing::System, Standing::Synchronised] {
            for confirmed in [false, true] {
                assert_eq!(judged(T - 1, 0, standing, confirmed), Err("E_NOT_YET"));
                assert_eq!(judged(T + 499, 500, standing, confirmed), Err("E_NOT_YET"));
                assert_eq!(judged(T + 500, 500, standing, confirmed), Ok(()));
            }
        }
    }

    #[test]
    fn a_clock_without_sources_waits_ten_minutes_longer() {
        let late = T + HOLDOVER_WAIT.get();
        let by = |now, error, confirmed| judged(now, error, Standing::Holdover, confirmed);
        assert_eq!(by(late + 99, 100, false), Err("E_TIME_UNSURE"));
        assert_eq!(by(late + 100, 100, false), Ok(()));
        assert_eq!(by(T, 0, false), Err("E_TIME_UNSURE"));
        // Confirmed: at once, but not while it is before the deadline even at its latest.
        assert_eq!(by(T - 100, 100, true), Ok(()));
        assert_eq!(by(T - 101, 100, true), Err("E_NOT_YET"));
        assert_eq!(by(T - 101, 100, false), Err("E_NOT_YET"));
    }

    #[test]
    fn a_clock_that_never_had_sources_waits_for_people() {
        let year = 31_536_000_000;
        for now in [0, T, T + year] {
            for error in [0, Millis::MAX.get()] {
                assert_eq!(judged(now, error, Standing::Never, false), Err("E_TIME_UNSURE"));
                assert_eq!(judged(now, error, Standing::Never, true), Ok(()));
            }
        }
    }
}
