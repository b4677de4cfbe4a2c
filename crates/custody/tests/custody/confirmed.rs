//! A time that host and supervisor confirmed (ruling 13): it takes the place of sources that are
//! not reached, and of nothing else.

use kaibiao_custody::{ClockReading, Memory, Refusal, Standing};
use kaibiao_opening::{Actor, Command, EventKind, TimeConfirmed};
use kaibiao_replay::Replay;
use kaibiao_types::Millis;

use super::common::{closing, cosigned, custody, deadline, material, scenario, upto};
use super::postponed::{entry, signed};

/// The host's line, and the supervisor's, which needs the host's before it.
fn host_line(replay: &Replay) -> Vec<u8> {
    let people = &scenario().people;
    let at = replay.state().last_at();
    let deadline = deadline();
    let command = signed(&people.host, replay, at, Command::ConfirmTime { deadline });
    let host = Actor::Host(people.host_party.code.clone());
    let kind = EventKind::TimeConfirmationAsked;
    entry(replay, at, &host, kind, &TimeConfirmed { deadline }, Some(&command))
}

fn supervisor_line(replay: &Replay, by: &kaibiao_pki::Identity) -> Vec<u8> {
    let people = &scenario().people;
    let at = replay.state().last_at();
    let deadline = deadline();
    let command = signed(by, replay, at, Command::ApproveTime { deadline });
    let supervisor = Actor::Supervisor(people.supervisor_party.code.clone());
    entry(
        replay,
        at,
        &supervisor,
        EventKind::TimeConfirmed,
        &TimeConfirmed { deadline },
        Some(&command),
    )
}

fn countersign(replay: &Replay, memory: &Memory, clock: ClockReading) -> Result<(), Refusal> {
    custody().countersign(replay, memory, &material(scenario()), clock).map(drop)
}

fn never() -> ClockReading {
    ClockReading { now: deadline(), max_error: Millis::MAX, standing: Standing::Never }
}

#[test]
fn it_takes_both_and_serves_only_clocks_that_do_not_know() {
    let people = &scenario().people;
    let mut replay = upto(EventKind::SetFrozen, 0);
    let mut memory = Memory::default();
    cosigned(&mut memory, &replay, closing());
    let refused = |replay: &Replay, memory: &Memory, clock| {
        countersign(replay, memory, clock).unwrap_err().label()
    };
    assert_eq!(refused(&replay, &memory, never()), "E_TIME_UNSURE");
    let line = host_line(&replay);
    replay.ingest(&line).unwrap();
    assert_eq!(refused(&replay, &memory, never()), "E_TIME_UNSURE", "not by the host alone");
    // The host's signature in the supervisor's place.
    let usurped = supervisor_line(&replay, &people.host);
    assert!(replay.ingest(&usurped).is_err());
    assert_eq!(refused(&replay, &memory, never()), "E_TIME_UNSURE");
    let line = supervisor_line(&replay, &people.supervisor);
    replay.ingest(&line).unwrap();
    assert!(countersign(&replay, &memory, never()).is_ok());
    // A clock that lost its sources takes it too, unless it knows that it is too early.
    let second = Millis::from_secs(1);
    let lost = |now| ClockReading { now, max_error: second, standing: Standing::Holdover };
    assert!(countersign(&replay, &memory, lost(deadline())).is_ok());
    let early = deadline().minus(Millis::from_secs(2));
    assert_eq!(refused(&replay, &memory, lost(early)), "E_NOT_YET");
    for standing in [Standing::Synchronised, Standing::System] {
        let knows = ClockReading { now: deadline(), max_error: second, standing };
        assert_eq!(refused(&replay, &memory, knows), "E_NOT_YET");
    }
}

#[test]
fn nothing_is_confirmed_before_the_deadline() {
    let mut replay = upto(EventKind::Tick, 0);
    let line = host_line(&replay);
    assert_eq!(replay.ingest(&line).unwrap_err().label(), "too-early");
    assert!(replay.state().time_confirmed().is_none());
}
