//! A postponed lot: the deadline of the log counts, not that of the tender file (ruling 12).

use kaibiao_crypto::Hex;
use kaibiao_custody::{Memory, Refusal};
use kaibiao_journal::{EntryLine, SignedCommand};
use kaibiao_opening::{
    Actor, Command, DeadlinePostponed, EventKind, PostponementAsked, SignedCommandBody,
};
use kaibiao_pki::{Identity, cms};
use kaibiao_replay::Replay;
use kaibiao_types::{Millis, Part, UtcMillis};

use super::common::{clock, custody, deadline, material, scenario, upto};

const HOUR: Millis = Millis::from_secs(3_600);

pub(crate) fn signed(
    who: &Identity,
    replay: &Replay,
    at: UtcMillis,
    command: Command,
) -> SignedCommand {
    let body = SignedCommandBody {
        lot: replay.state().lot().clone(),
        command,
        nonce: Hex([u8::try_from(replay.log().len()).unwrap(); 16]).to_string(),
        at,
        after: replay.log().len() - 1,
    };
    let body = body.to_bytes();
    let cms = cms::sign_detached(who, &body, at, &ring::rand::SystemRandom::new()).unwrap();
    SignedCommand { body, cms }
}

pub(crate) fn entry(
    replay: &Replay,
    at: UtcMillis,
    by: &Actor,
    kind: EventKind,
    data: &impl serde::Serialize,
    command: Option<&SignedCommand>,
) -> Vec<u8> {
    let by = by.to_string().parse().unwrap();
    let line = EntryLine::build(replay.log().len(), at, &by, kind.name(), data, command).unwrap();
    line.line().to_vec()
}

/// The lines with which host and supervisor postpone the lot by an hour.
fn postpone(replay: &mut Replay) -> Vec<u8> {
    let people = &scenario().people;
    let at = replay.state().last_at();
    let later = deadline().plus(HOUR);
    let reason = "停电".to_owned();
    let ask = Command::AskPostponement { deadline: later, reason: reason.clone() };
    let command = signed(&people.host, replay, at, ask);
    let host = Actor::Host(people.host_party.code.clone());
    let data = PostponementAsked { no: 1, deadline: later, reason };
    let line = entry(replay, at, &host, EventKind::PostponementAsked, &data, Some(&command));
    replay.ingest(&line).unwrap();
    let approve = Command::ApprovePostponement { no: 1, deadline: later };
    let command = signed(&people.supervisor, replay, at, approve);
    let supervisor = Actor::Supervisor(people.supervisor_party.code.clone());
    let data = DeadlinePostponed { no: 1, from: deadline(), deadline: later };
    entry(replay, at, &supervisor, EventKind::DeadlinePostponed, &data, Some(&command))
}

#[test]
fn a_postponed_lot_waits_for_its_later_deadline() {
    let mut replay = upto(EventKind::Tick, 0);
    let approved = postpone(&mut replay);
    assert_eq!(replay.deadline(), deadline(), "the host alone moves nothing");
    replay.ingest(&approved).unwrap();
    assert_eq!(replay.deadline(), deadline().plus(HOUR));

    let (memory, good) = (Memory::default(), material(scenario()));
    let refused = custody().release(&replay, &memory, &good, Part::Price, clock(deadline()));
    assert!(matches!(refused, Err(Refusal::NotYet(wait)) if wait == HOUR));
    let refused = custody().countersign(&replay, &memory, &good, clock(deadline()));
    assert!(matches!(refused, Err(Refusal::NotYet(wait)) if wait == HOUR));
    // At the later deadline time alone is no reason any more; the log still asks for nothing.
    let late = clock(deadline().plus(HOUR));
    let refused = custody().release(&replay, &memory, &good, Part::Price, late);
    assert_eq!(refused.err().map(|refusal| refusal.label()), Some("E_NOT_ALLOWED"));
}

#[test]
fn a_deadline_is_not_moved_by_the_hall_or_without_the_signed_commands() {
    let mut replay = upto(EventKind::Tick, 0);
    let at = replay.state().last_at();
    let later = deadline().plus(HOUR);
    let people = &scenario().people;
    let host = Actor::Host(people.host_party.code.clone());
    let data = PostponementAsked { no: 1, deadline: later, reason: "x".to_owned() };
    let kind = EventKind::PostponementAsked;
    let unsigned = entry(&replay, at, &host, kind, &data, None);
    assert_eq!(replay.ingest(&unsigned).unwrap_err().label(), "E_COMMAND");
    let ask = Command::AskPostponement { deadline: later, reason: "x".to_owned() };
    let usurped = signed(&people.hall, &replay, at, ask.clone());
    let usurped = entry(&replay, at, &host, kind, &data, Some(&usurped));
    assert!(replay.ingest(&usurped).is_err());
    // The entry says more than the host asked for.
    let command = signed(&people.host, &replay, at, ask);
    let more = PostponementAsked { deadline: later.plus(HOUR), ..data };
    let more = entry(&replay, at, &host, kind, &more, Some(&command));
    assert_eq!(replay.ingest(&more).unwrap_err().label(), "bad-data");
    assert_eq!(replay.deadline(), deadline());
}
