//! Sign-in (签到): evidence and no gate; who acts for a bidder, and the host for one whose device fails.

use kaibiao_opening::*;

use crate::support::*;

pub fn agent(name: &str, person: bool) -> Agent {
    Agent {
        name: name.to_owned(),
        letter_sha256: digest(14, 1),
        person: person.then(|| digest(14, 2)),
    }
}

fn emergency(no: u8) -> Command {
    let reason = "投标人电脑无法联网，电话核实身份".to_owned();
    Command::EmergencySignIn { bidder: bidder_party(no).code, reason }
}

/// One bidder with an agent, one without, one signed in by the host, one absent.
pub fn closed() -> Opening {
    let mut opening = Opening::new();
    let lot = LotPublished { steps: Template::Works.steps(), ..lot_published() };
    opening.input(&Input::LotPublished(Box::new(lot))).unwrap();
    opening.walk_to(Phase::Ready, 4);
    opening.command(&bidder(1), &Command::SignIn(Some(agent("张三", true)))).unwrap();
    opening.command(&bidder(2), &Command::SignIn(None)).unwrap();
    opening.host(&emergency(3));
    opening.walk_to(Phase::Closed, 4);
    opening
}

#[test]
fn the_record_says_who_was_there_and_how() {
    let record = OpeningRecord::new(&closed().state).unwrap();
    let [first, second, third, fourth] = record.rows.as_slice() else { panic!("four rows") };
    assert_eq!(first.agent, Some(agent("张三", true)));
    assert_eq!((second.agent.as_ref(), second.emergency.as_ref()), (None, None));
    assert!(third.emergency.as_ref().unwrap().contains("无法联网"));
    assert!(third.signed_in_at.is_some() && !third.absent);
    assert!(fourth.absent && fourth.signed_in_at.is_none());
    // Evidence and no gate: the absent bidder's price was opened and read like the others.
    assert!(fourth.total.is_some());
    let text = record.to_text();
    assert!(text.contains("授权委托人 Agent：张三") && text.contains("未签到 absent"));
    assert!(!text.contains(&digest(14, 2).to_string()), "the person is in the log alone");
}

#[test]
fn the_old_form_of_a_sign_in_stays() {
    let plain = Event::SignedIn(SignedIn { bidder: bidder_party(1), agent: None });
    assert!(!plain.data_json().contains("agent"));
    let null = plain.data_json().replacen("}}", "},\"agent\":null}", 1);
    assert_eq!(Event::from_parts("signed-in", &null).unwrap_err().label(), "E_EVENT_FORM");
    // A lot that names no steps has the old words.
    let record = OpeningRecord::new(&Opening::at(Phase::Closed, 4).state).unwrap();
    assert!(record.rows.iter().all(|row| !row.absent));
    assert!(record.to_text().contains("签到 Signed in：无 none"));
}

#[test]
fn commands_of_a_sign_in_are_read_strictly() {
    let body = |command| SignedCommandBody {
        lot: lot_key(),
        command,
        nonce: "0".repeat(32),
        at: at(DEADLINE),
        after: 7,
    };
    for command in
        [Command::SignIn(None), Command::SignIn(Some(agent("张三", false))), emergency(1)]
    {
        let bytes = body(command.clone()).to_bytes();
        assert_eq!(SignedCommandBody::parse(&bytes).unwrap().command, command);
    }
    let good =
        String::from_utf8(body(Command::SignIn(Some(agent("张三", false)))).to_bytes()).unwrap();
    let refused = |from: &str, to: &str| {
        assert!(good.contains(from), "{good}");
        SignedCommandBody::parse(good.replacen(from, to, 1).as_bytes()).unwrap_err().label()
    };
    assert_eq!(refused("张三", ""), "E_COMMAND_TEXT");
    assert_eq!(refused("张三", "张\u{200b}三"), "E_COMMAND_TEXT");
    assert_eq!(refused("\"person\":null", "\"person\":\"13800000000\""), "E_COMMAND_JSON");
    assert_eq!(refused(",\"person\":null", ""), "E_COMMAND_JSON");
    assert_eq!(refused("\"agent\":{", "\"agents\":{"), "E_COMMAND_JSON");
    for reason in ["", " x", "a\nb", &"长".repeat(401)] {
        let command =
            Command::EmergencySignIn { bidder: bidder_party(1).code, reason: reason.to_owned() };
        let error = SignedCommandBody::parse(&body(command).to_bytes()).unwrap_err();
        assert_eq!(error.label(), "E_COMMAND_TEXT", "{reason:?}");
    }
}

#[test]
fn only_the_host_signs_in_for_another_and_once() {
    let mut opening = Opening::at(Phase::Freezing, 4);
    for actor in [bidder(1), bidder(2), supervisor(), Actor::Hall] {
        assert_eq!(label(opening.command(&actor, &emergency(1))), "wrong-role", "{actor}");
    }
    assert_eq!(label(opening.command(&host(), &emergency(9))), "no-such-bidder");
    opening.host(&emergency(1));
    assert_eq!(label(opening.command(&host(), &emergency(1))), "already-done");
    assert_eq!(label(opening.command(&bidder(1), &Command::SignIn(None))), "already-done");
    opening.command(&bidder(2), &Command::SignIn(None)).unwrap();
    assert_eq!(label(opening.command(&host(), &emergency(2))), "already-done");
    assert!(opening.state.sign_ins()[&bidder_party(1).code].emergency.is_some());

    let mut early = Opening::at(Phase::Receiving, 4);
    assert_eq!(label(early.command(&host(), &emergency(1))), "too-early");
    let mut closing = Opening::at(Phase::IntakeClosed, 4);
    assert_eq!(label(closing.command(&host(), &emergency(1))), "out-of-order");
}

#[test]
fn a_sign_in_says_what_was_asked_for() {
    let opening = Opening::at(Phase::Ready, 4);
    let now = at(opening.now);
    let check = |by: &Actor, event: &Event, command: Command| {
        let body = SignedCommandBody {
            lot: lot_key(),
            command,
            nonce: "0".repeat(32),
            at: at(0),
            after: 0,
        };
        opening.state.check_command(by, now, event, by, &body)
    };
    let asked = Command::SignIn(Some(agent("张三", true)));
    let event = opening.state.decide(&bidder(1), &asked, now).unwrap().remove(0);
    assert_eq!(check(&bidder(1), &event, asked), Ok(()));
    for other in [
        Command::SignIn(None),
        Command::SignIn(Some(agent("李四", true))),
        Command::SignIn(Some(agent("张三", false))),
    ] {
        assert!(check(&bidder(1), &event, other).is_err());
    }
    let event = opening.state.decide(&host(), &emergency(1), now).unwrap().remove(0);
    assert_eq!(check(&host(), &event, emergency(1)), Ok(()));
    assert!(check(&host(), &event, emergency(2)).is_err());
    // Under another name than the one in the bid.
    let Event::EmergencySignedIn(mut named) = event else { panic!("an emergency sign-in") };
    named.bidder.name = "示例投标人9".to_owned();
    let error = opening
        .twin
        .clone()
        .check_and_apply(&host(), now, &Event::EmergencySignedIn(named))
        .unwrap_err();
    assert_eq!(error.label(), "bad-data");
}
