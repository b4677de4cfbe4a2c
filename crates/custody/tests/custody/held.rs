//! A held opening (ADR-0016): a custodian releases nothing and answers no draw until it goes on.

use kaibiao_custody::Memory;
use kaibiao_opening::{
    Actor, Command, Empty, EventKind, HoldReason, Measure, MeasureAsked, MeasureTaken,
    OpeningPaused,
};
use kaibiao_pki::Identity;
use kaibiao_replay::Replay;
use kaibiao_types::Part;

use super::common::{after, custody, material, ready, scenario, upto};
use super::postponed::{entry, signed};

/// One signed step of a person.
fn step(
    replay: &mut Replay,
    (who, by): (&Identity, &Actor),
    command: Command,
    data: &impl serde::Serialize,
) {
    let at = replay.state().last_at();
    let kind = command.kind().leads_to();
    let command = signed(who, replay, at, command);
    let line = entry(replay, at, by, kind, data, Some(&command));
    replay.ingest(&line).unwrap();
}

fn host() -> (&'static Identity, Actor) {
    let people = &scenario().people;
    (&people.host, Actor::Host(people.host_party.code.clone()))
}

fn supervisor() -> (&'static Identity, Actor) {
    let people = &scenario().people;
    (&people.supervisor, Actor::Supervisor(people.supervisor_party.code.clone()))
}

fn release(replay: &Replay, memory: &Memory) -> Result<usize, &'static str> {
    let released = custody().release(replay, memory, &material(scenario()), Part::Price, after());
    released.map(|release| release.points.len()).map_err(|refusal| refusal.label())
}

#[test]
fn nothing_is_released_while_the_opening_is_paused() {
    let (who, by) = supervisor();
    let mut replay = upto(EventKind::UnsealingStarted, 0);
    let memory = ready(&upto(EventKind::SetFrozen, 0));
    let asked = release(&replay, &memory).unwrap();
    assert!(asked > 0);
    let (reason, text) = (HoldReason::AuthorityOrder, "责令暂停".to_owned());
    let pause = Command::Pause { reason, text: text.clone() };
    step(&mut replay, (who, &by), pause, &OpeningPaused { reason, text });
    assert_eq!(release(&replay, &memory), Err("E_NOT_ALLOWED"));
    let (other, host) = host();
    let at = replay.state().last_at();
    let usurped = signed(other, &replay, at, Command::Resume);
    let line = entry(&replay, at, &host, EventKind::OpeningResumed, &Empty {}, Some(&usurped));
    assert_eq!(replay.ingest(&line).unwrap_err().label(), "not-the-holder");
    assert_eq!(release(&replay, &memory), Err("E_NOT_ALLOWED"));
    step(&mut replay, (who, &by), Command::Resume, &Empty {});
    assert_eq!(release(&replay, &memory), Ok(asked));
}

#[test]
fn nothing_is_released_once_it_is_terminated_and_the_share_goes() {
    let mut replay = upto(EventKind::UnsealingStarted, 0);
    let memory = ready(&upto(EventKind::SetFrozen, 0));
    let (measure, reason, text) = (Measure::Terminate, HoldReason::Attack, "遭受攻击".to_owned());
    let (who, by) = host();
    let ask = Command::AskMeasure { measure, reason, text: text.clone() };
    step(&mut replay, (who, &by), ask, &MeasureAsked { no: 1, measure, reason, text });
    assert!(release(&replay, &memory).is_ok(), "not by the host alone");
    assert_eq!(custody().destroy(&replay, &memory, after()).unwrap_err().label(), "E_NOT_ALLOWED");
    let (who, by) = supervisor();
    let approve = Command::ApproveMeasure { no: 1, measure };
    step(&mut replay, (who, &by), approve, &MeasureTaken { no: 1, measure });
    assert_eq!(release(&replay, &memory), Err("E_NOT_ALLOWED"));
    assert!(custody().destroy(&replay, &memory, after()).is_ok());
}
