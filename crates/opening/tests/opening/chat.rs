//! Talk in the room (聊天), 禁言 and 踢出 (ADR-0031): who may say something and when, and that neither
//! takes from anybody what it may do in the opening.

use kaibiao_opening::*;
use kaibiao_types::*;

use crate::support::*;

pub fn say(text: &str) -> Command {
    Command::Chat(text.to_owned())
}

pub fn whisper(no: u8) -> Command {
    Command::ChatPrivately { text_sha256: digest(14, no) }
}

/// Of one bidder, or with 0 of all.
fn code_of(no: u8) -> Option<OrgCode> {
    (no > 0).then(|| bidder_party(no).code)
}

pub fn mute(no: u8) -> Command {
    Command::Mute { bidder: code_of(no), reason: "与开标无关的发言".to_owned() }
}

pub fn unmute(no: u8) -> Command {
    Command::Unmute { bidder: code_of(no), reason: "已说明".to_owned() }
}

pub fn remove(no: u8) -> Command {
    Command::Remove { bidder: bidder_party(no).code, reason: "多次扰乱秩序".to_owned() }
}

pub fn readmit(no: u8) -> Command {
    Command::Readmit { bidder: bidder_party(no).code, reason: "已承诺遵守纪律".to_owned() }
}

fn object() -> Command {
    Command::RaiseObjection("报价读错了".to_owned())
}

/// All of it in one opening, beside its steps.
pub fn closed() -> Opening {
    let mut opening = Opening::at(Phase::Freezing, 4);
    opening.host(&say("各位好。\n请遵守开标纪律。"));
    opening.command(&bidder(2), &whisper(1)).unwrap();
    opening.host(&mute(0));
    opening.command(&supervisor(), &unmute(2)).unwrap();
    opening.command(&bidder(2), &say("收到")).unwrap();
    opening.walk_to(Phase::Published, 4);
    opening.host(&crate::hold::pause());
    opening.command(&supervisor(), &say("暂停期间请稍候")).unwrap();
    opening.command(&supervisor(), &remove(3)).unwrap();
    opening.host(&Command::Resume);
    opening.command(&bidder(1), &object()).unwrap();
    opening.command(&bidder(1), &say("请看我方的异议")).unwrap();
    opening.host(&Command::AnswerObjection { no: 1, text: "已核对，无误。".to_owned() });
    opening.command(&bidder(3), &Command::ConfirmPrice).unwrap();
    opening.host(&readmit(3));
    opening.host(&unmute(0));
    opening.command(&bidder(3), &say("谢谢")).unwrap();
    opening.walk_to(Phase::RecordGenerated, 4);
    opening.command(&bidder(4), &whisper(2)).unwrap();
    opening.walk_to(Phase::Closed, 4);
    opening
}

/// For the table: where bidder 1 is muted and removed, and where all are muted while the opening is held.
pub fn states() -> Vec<(&'static str, Opening)> {
    let mut out = Opening::at(Phase::Published, 4);
    out.host(&mute(1));
    out.host(&remove(1));
    let mut held = Opening::at(Phase::Read, 4);
    held.host(&mute(0));
    held.host(&crate::hold::pause());
    vec![("bidder 1 is muted and removed", out), ("all are muted, and it is paused", held)]
}

/// Where people may talk.
fn sits(phase: Phase) -> bool {
    phase >= Phase::Freezing
        && !phase.is_final()
        && !matches!(phase, Phase::TooFew | Phase::Adjourned)
}

fn refused(opening: &mut Opening, actor: &Actor, command: &Command) -> &'static str {
    let entries = opening.log.len();
    let label = label(opening.command(actor, command));
    assert_eq!(opening.log.len(), entries);
    label
}

fn codes(list: impl IntoIterator<Item = u8>) -> Vec<OrgCode> {
    list.into_iter().map(|no| bidder_party(no).code).collect()
}

#[test]
fn a_whole_opening_with_talk() {
    let opening = closed();
    assert_eq!(opening.state.phase(), Phase::Closed);
    assert!(opening.state.muted().is_empty() && opening.state.removed().is_empty());
    let said = opening.log.iter().filter(|(_, _, event)| event.kind() == EventKind::ChatSaid);
    let authors: Vec<Actor> = said.map(|(by, _, _)| by.clone()).collect();
    assert_eq!(authors, [host(), bidder(2), supervisor(), bidder(1), bidder(3)]);
}

/// Ruling 25: before the deadline nobody talks, and no entry tells which bidder tried.
#[test]
fn nobody_talks_before_the_deadline() {
    let mut opening = Opening::at(Phase::Receiving, 4);
    opening.now = DEADLINE - 1;
    for actor in [host(), supervisor(), bidder(1), bidder(9)] {
        for command in [say("你好"), whisper(1)] {
            assert_eq!(refused(&mut opening, &actor, &command), "too-early", "{actor}");
            let refusal = opening.state.decide(&actor, &command, at(opening.now)).unwrap_err();
            let event = opening.state.refusal_event(&actor, command.kind(), &refusal);
            assert_eq!(event.is_none(), actor.role() == Role::Bidder);
        }
    }
    for command in [mute(1), mute(0), unmute(0), remove(1), readmit(1)] {
        assert_eq!(refused(&mut opening, &host(), &command), "too-early");
    }
    // Nor at the deadline, while the closing head is waited for.
    opening.now = DEADLINE;
    assert_eq!(refused(&mut opening, &host(), &say("时间到")), "out-of-order");
}

#[test]
fn talk_has_its_place_beside_every_step_while_the_room_sits() {
    for phase in Phase::ALL {
        let bidders = if matches!(phase, Phase::TooFew | Phase::Failed) { 2 } else { 4 };
        let mut opening = Opening::at(*phase, bidders);
        for (actor, command) in [
            (host(), say("请注意")),
            (supervisor(), whisper(1)),
            (bidder(1), say("收到")),
            (host(), mute(1)),
            (supervisor(), unmute(1)),
            (supervisor(), remove(2)),
            (host(), readmit(2)),
        ] {
            let before = (opening.state.phase(), opening.state.due(at(opening.now)));
            let result = opening.command(&actor, &command);
            assert_eq!(result.is_ok(), sits(*phase), "{phase} {actor} {}", command.kind());
            let after = (opening.state.phase(), opening.state.due(at(opening.now)));
            assert_eq!(before, after, "talk moves nothing");
        }
    }
}

#[test]
fn a_muted_or_removed_bidder_is_not_heard() {
    let mut opening = Opening::at(Phase::Ready, 4);
    opening.host(&mute(1));
    for command in [say("我有话说"), whisper(1)] {
        assert_eq!(refused(&mut opening, &bidder(1), &command), "chat-muted");
    }
    opening.command(&bidder(2), &say("我没有被禁言")).unwrap();
    opening.command(&supervisor(), &remove(2)).unwrap();
    for command in [say("我有话说"), whisper(1)] {
        assert_eq!(refused(&mut opening, &bidder(2), &command), "chat-removed");
    }
    // The one ends without the other.
    opening.host(&remove(1));
    opening.host(&unmute(1));
    assert_eq!(refused(&mut opening, &bidder(1), &say("我有话说")), "chat-removed");
    opening.host(&mute(2));
    opening.host(&readmit(2));
    assert_eq!(refused(&mut opening, &bidder(2), &say("我有话说")), "chat-muted");
    // The refusal is an event, with its label.
    let refusal = opening.state.decide(&bidder(2), &say("喂"), at(opening.now)).unwrap_err();
    let event = opening.state.refusal_event(&bidder(2), CommandKind::Chat, &refusal);
    assert!(matches!(event, Some(Event::Refused(refused)) if refused.label == "chat-muted"));
}

#[test]
fn all_are_muted_and_some_are_let_speak() {
    let mut opening = Opening::at(Phase::Ready, 4);
    opening.host(&mute(3));
    opening.host(&mute(0));
    assert!(opening.state.muted().iter().eq(&codes(1..=4)));
    assert_eq!(refused(&mut opening, &supervisor(), &mute(0)), "already-done");
    assert_eq!(refused(&mut opening, &host(), &mute(2)), "already-done");
    opening.host(&unmute(2));
    opening.command(&bidder(2), &say("谢谢")).unwrap();
    assert_eq!(refused(&mut opening, &bidder(3), &say("我呢")), "chat-muted");
    // Host and supervisor hold an office: nobody mutes them.
    opening.host(&say("请有序发言"));
    opening.command(&supervisor(), &say("同意")).unwrap();
    opening.host(&mute(0));
    assert_eq!(opening.state.muted().len(), 4);
    opening.host(&unmute(0));
    assert_eq!(refused(&mut opening, &host(), &unmute(0)), "not-muted");
    assert_eq!(refused(&mut opening, &host(), &unmute(2)), "not-muted");
}

/// 条例 art. 44 ¶3: an objection is raised at the opening, so no mute is in its way, and it ends it.
#[test]
fn an_objection_is_always_heard() {
    for all in [false, true] {
        let mut opening = Opening::at(Phase::Read, 4);
        opening.host(&mute(u8::from(!all)));
        opening.host(&remove(1));
        opening.command(&bidder(1), &object()).unwrap();
        assert!(!opening.state.muted().contains(&bidder_party(1).code));
        assert_eq!(opening.state.muted().len(), if all { 3 } else { 0 }, "nobody else's mute ends");
        // Its seat in the room it gets from host or supervisor.
        assert_eq!(refused(&mut opening, &bidder(1), &say("请看")), "chat-removed");
        opening.host(&readmit(1));
        opening.command(&bidder(1), &say("请看我方的异议")).unwrap();
        // It may be muted again, and object again.
        opening.host(&mute(1));
        opening.command(&bidder(1), &object()).unwrap();
        opening.command(&bidder(1), &say("请再看")).unwrap();
    }
}

/// An objection that is refused ends no mute.
#[test]
fn an_objection_out_of_turn_unmutes_nobody() {
    let mut opening = Opening::at(Phase::Ready, 4);
    opening.host(&mute(1));
    assert_eq!(refused(&mut opening, &bidder(1), &object()), "out-of-order");
    assert_eq!(refused(&mut opening, &bidder(1), &say("喂")), "chat-muted");
}

/// Whatever a bidder may do, it may do muted and removed: the same answers, whoever talks.
#[test]
fn neither_takes_any_act_from_a_bidder() {
    let mut acted = 0;
    for phase in Phase::ALL.iter().filter(|phase| sits(**phase)) {
        let free = Opening::at(*phase, 4);
        let mut out = free.clone();
        out.host(&mute(0));
        out.host(&remove(1));
        for command in crate::command::commands() {
            let talk = matches!(command, Command::Chat(_) | Command::ChatPrivately { .. });
            if talk || !command.kind().roles().contains(&Role::Bidder) {
                continue;
            }
            let [free, out] =
                [&free, &out].map(|one| one.state.decide(&bidder(1), &command, at(one.now)));
            acted += usize::from(free.is_ok());
            assert_eq!(free, out, "{phase} {}", command.kind());
        }
    }
    assert!(acted > 10, "{acted}");
}

#[test]
fn only_host_and_supervisor_order_and_only_bidders_are_ordered() {
    let mut opening = Opening::at(Phase::Read, 4);
    for command in [mute(2), mute(0), unmute(2), unmute(0), remove(2), readmit(2)] {
        for actor in [bidder(1), Actor::Hall, Actor::Host(code(2)), Actor::Supervisor(code(1))] {
            assert_eq!(refused(&mut opening, &actor, &command), "wrong-role", "{actor}");
        }
    }
    for command in [mute(9), unmute(9), remove(9), readmit(9)] {
        assert_eq!(refused(&mut opening, &host(), &command), "no-such-bidder");
    }
    for office in [code(1), code(2)] {
        let reason = "请安静".to_owned();
        let mute = Command::Mute { bidder: Some(office.clone()), reason: reason.clone() };
        assert_eq!(refused(&mut opening, &supervisor(), &mute), "no-such-bidder");
        let remove = Command::Remove { bidder: office, reason };
        assert_eq!(refused(&mut opening, &host(), &remove), "no-such-bidder");
    }
    assert_eq!(refused(&mut opening, &host(), &readmit(1)), "not-removed");
    opening.host(&remove(1));
    assert_eq!(refused(&mut opening, &supervisor(), &remove(1)), "already-done");
}

#[test]
fn strangers_and_machines_do_not_talk() {
    let mut opening = Opening::at(Phase::Ready, 4);
    assert_eq!(refused(&mut opening, &bidder(9), &say("你好")), "not-a-bidder");
    for actor in [Actor::Hall, Actor::Custodian(custodian(1)), Actor::Host(code(3))] {
        assert_eq!(refused(&mut opening, &actor, &say("你好")), "wrong-role");
        assert_eq!(refused(&mut opening, &actor, &whisper(1)), "wrong-role");
    }
}

/// Each organisation has a bound of its own: who uses it up takes nothing from anybody else.
#[test]
fn what_one_says_is_bounded_for_each() {
    let mut opening = Opening::at(Phase::Ready, 4);
    opening.alone = true;
    for no in 0..limits::CHAT_MESSAGES {
        let command = if no % 2 == 0 { say("一") } else { whisper(1) };
        opening.command(&bidder(1), &command).unwrap();
    }
    for command in [say("一"), whisper(1)] {
        let refusal = opening.command(&bidder(1), &command).unwrap_err();
        assert!(matches!(refusal, Refusal::BadData { rule: DataRule::Number, .. }), "{refusal}");
    }
    opening.command(&bidder(2), &say("一")).unwrap();
    opening.host(&say("一"));
}

#[test]
fn texts_of_talk_are_bounded() {
    let of = |command: Command| {
        let body = SignedCommandBody {
            lot: lot_key(),
            command,
            nonce: "0123456789abcdef0123456789abcdef".to_owned(),
            at: at(DEADLINE),
            after: 7,
        };
        SignedCommandBody::parse(&body.to_bytes()).map_err(|error| error.label())
    };
    assert!(of(say(&"长".repeat(1_000))).is_ok());
    assert!(of(say("两行\n可以")).is_ok());
    for bad in ["", " ", "\n", "a\tb", "a\rb", "a\u{0}b", "a\u{202e}b", &"长".repeat(1_001)] {
        assert_eq!(of(say(bad)), Err("E_COMMAND_TEXT"), "{bad:?}");
        let said = Event::ChatSaid(ChatSaid { text: bad.to_owned() });
        let read = Event::from_parts("chat-said", &said.data_json());
        assert_eq!(read.unwrap_err().label(), "E_EVENT_SHAPE");
    }
    for bad in ["", "两行\n不行", &"长".repeat(401)] {
        let (reason, bidder) = (bad.to_owned(), bidder_party(1).code);
        let one = Some(bidder.clone());
        for command in [
            Command::Mute { bidder: one.clone(), reason: reason.clone() },
            Command::Unmute { bidder: None, reason: reason.clone() },
            Command::Remove { bidder: bidder.clone(), reason: reason.clone() },
            Command::Readmit { bidder: bidder.clone(), reason: reason.clone() },
        ] {
            assert_eq!(of(command), Err("E_COMMAND_TEXT"), "{bad:?}");
        }
        let muted = Event::ChatMuted(ChatMuted { bidder: one, reason });
        let read = Event::from_parts("chat-muted", &muted.data_json());
        assert_eq!(read.unwrap_err().label(), "E_EVENT_SHAPE");
    }
}

/// A reader of the log refuses a message that the mute or removal before it forbids, and whatever else
/// the procedure would not have allowed.
#[test]
fn a_log_that_ignores_a_mute_is_refused() {
    let said = |text: &str| Event::ChatSaid(ChatSaid { text: text.to_owned() });
    let mut opening = Opening::at(Phase::Ready, 4);
    opening.host(&mute(1));
    opening.host(&remove(2));
    let now = at(opening.now);
    let private = Event::ChatPrivate(ChatPrivate { text_sha256: digest(14, 1) });
    for (by, event, expected) in [
        (bidder(1), said("我还在说"), "chat-muted"),
        (bidder(1), private.clone(), "chat-muted"),
        (bidder(2), said("我还在说"), "chat-removed"),
        (bidder(2), private, "chat-removed"),
        (bidder(9), said("我是谁"), "not-a-bidder"),
        (Actor::Hall, said("我是大厅"), "wrong-role"),
        (Actor::Custodian(custodian(1)), said("我是分持人"), "wrong-role"),
        (
            bidder(3),
            Event::ChatUnmuted(ChatUnmuted { bidder: None, reason: "我".to_owned() }),
            "wrong-role",
        ),
        (
            host(),
            Event::ChatReadmitted(ChatReadmitted {
                bidder: bidder_party(1).code,
                reason: "没有移出".to_owned(),
            }),
            "not-removed",
        ),
    ] {
        let mut reader = opening.state.clone();
        let error = reader.check_and_apply(&by, now, &event).unwrap_err();
        assert_eq!(error.label(), expected);
        assert_eq!(reader, opening.state, "on an error nothing changes");
    }
}

/// The signed command beside the entry asks for just this entry.
#[test]
fn a_message_is_its_authors_own() {
    let opening = Opening::at(Phase::Ready, 4);
    let body = |command: Command| SignedCommandBody {
        lot: lot_key(),
        command,
        nonce: "0123456789abcdef0123456789abcdef".to_owned(),
        at: at(opening.now),
        after: 3,
    };
    let now = at(opening.now);
    let said = Event::ChatSaid(ChatSaid { text: "请核对".to_owned() });
    let muted = Event::ChatMuted(ChatMuted { bidder: None, reason: "安静".to_owned() });
    let whispered = Event::ChatPrivate(ChatPrivate { text_sha256: digest(14, 1) });
    let check = |by: &Actor, event: &Event, signer: &Actor, command: Command| {
        opening.state.check_command(by, now, event, signer, &body(command))
    };
    assert_eq!(check(&bidder(1), &said, &bidder(1), say("请核对")), Ok(()));
    assert_eq!(check(&bidder(1), &whispered, &bidder(1), whisper(1)), Ok(()));
    for (by, event, signer, command) in [
        (bidder(1), &said, bidder(1), say("请改正")),
        (bidder(1), &said, bidder(2), say("请核对")),
        (bidder(2), &said, bidder(1), say("请核对")),
        (host(), &said, bidder(1), say("请核对")),
        (bidder(1), &said, bidder(1), whisper(1)),
        (bidder(1), &said, bidder(1), Command::RaiseObjection("请核对".to_owned())),
        (bidder(1), &whispered, bidder(1), whisper(2)),
        (bidder(1), &whispered, bidder(1), say("请核对")),
        (host(), &muted, host(), mute(1)),
        (host(), &muted, host(), mute(0)),
        (host(), &muted, bidder(1), mute(0)),
    ] {
        assert!(check(&by, event, &signer, command).is_err());
    }
}

/// What is said is not in the opening record, which states the opening.
#[test]
fn talk_changes_no_byte_of_the_record() {
    let quiet = Opening::at(Phase::Read, 4);
    let mut loud = quiet.clone();
    loud.host(&say("各位请看"));
    loud.command(&bidder(1), &whisper(1)).unwrap();
    loud.host(&mute(2));
    loud.host(&remove(3));
    let record = |opening: &Opening| OpeningRecord::new(&opening.state).unwrap().to_bytes();
    assert_eq!(record(&quiet), record(&loud));
}

/// Mutes and removals outlast an envelope: who was removed from the room is still out at its next
/// session.
#[test]
fn the_next_envelope_keeps_who_is_out() {
    let mut opening = Opening::new();
    let lot = crate::graph::published(Template::TwoEnvelope);
    opening.input(&Input::LotPublished(Box::new(lot))).unwrap();
    opening.walk_to(Phase::RecordGenerated, 4);
    opening.host(&mute(1));
    opening.host(&remove(2));
    opening.walk_to_last_envelope(4);
    assert!(opening.state.stage() > Stage::FIRST);
    assert_eq!(refused(&mut opening, &bidder(1), &say("喂")), "chat-muted");
    assert_eq!(refused(&mut opening, &bidder(2), &say("喂")), "chat-removed");
    // Who did not pass may attend, and talk.
    opening.command(&bidder(4), &say("我方想知道原因")).unwrap();
}
