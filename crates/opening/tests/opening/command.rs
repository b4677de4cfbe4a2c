use kaibiao_opening::*;
use kaibiao_types::*;

use crate::support::*;

fn body(command: Command) -> SignedCommandBody {
    SignedCommandBody {
        lot: lot_key(),
        command,
        nonce: "0123456789abcdef0123456789abcdef".to_owned(),
        at: at(DEADLINE),
        after: 7,
    }
}

pub fn commands() -> Vec<Command> {
    vec![
        Command::AskPostponement {
            deadline: at(DEADLINE + 60 * MINUTE),
            reason: "停电".to_owned(),
        },
        Command::ApprovePostponement { no: 1, deadline: at(DEADLINE + 60 * MINUTE) },
        Command::ConfirmTime { deadline: at(DEADLINE) },
        Command::ApproveTime { deadline: at(DEADLINE) },
        Command::PublishBidders,
        Command::CheckBidder(crate::steps::check(1)),
        Command::AnnounceCeiling,
        Command::CheckSeals,
        Command::OpenBidderWindow,
        crate::bidder_window::unseal(1).1,
        crate::bidder_window::extend(5),
        crate::bidder_window::reopen(5),
        Command::StartUnsealing(Part::Price),
        Command::ReadNext(span(3_000)),
        Command::StartDraw(1),
        Command::SignIn(None),
        Command::EmergencySignIn {
            bidder: bidder_party(1).code, reason: "电脑故障".to_owned()
        },
        Command::ConfirmPrice,
        Command::RaiseObjection("报价读错了\n请核对".to_owned()),
        Command::AnswerObjection { no: 1, text: "已核对，无误。".to_owned() },
        Command::GenerateRecord,
        Command::SignRecord { record_sha256: digest(12, 0), cms: "AAAA".to_owned() },
        Command::ApproveDegraded,
        Command::Close,
        crate::hold::pause(),
        Command::Resume,
        crate::hold::ask(Measure::Suspend),
        crate::hold::approve(1, Measure::Suspend),
        crate::fault::decide(2, Part::Price, Fault::NotBidder),
        crate::window::extend(10),
        crate::correction::correct(),
        Command::CloseEnvelope,
        crate::envelope::list(&[1, 2, 3], &[4]),
        Command::ApprovePassed { no: 1, passed: crate::envelope::codes(&[1, 2, 3]) },
        Command::Reconvene,
        Command::ApproveRound { no: 1, invited: crate::envelope::codes(&[1, 2, 3, 4, 5, 6]) },
        crate::estimate::seal(1),
        crate::result::tell(1, &[2, 1], &[3, 4]),
        crate::result::answer(1, Some("排序依据不明\n请说明")),
        crate::chat::say("请问何时唱标？"),
        crate::chat::whisper(1),
        crate::chat::mute(1),
        crate::chat::unmute(0),
        crate::chat::remove(1),
        crate::chat::readmit(1),
    ]
}

fn refused(text: &str) -> &'static str {
    SignedCommandBody::parse(text.as_bytes()).expect_err("a refusal").label()
}

#[test]
fn every_command_round_trips_byte_for_byte() {
    let mut lines = String::new();
    for command in commands() {
        let body = body(command);
        let bytes = body.to_bytes();
        let read = SignedCommandBody::parse_for(&bytes, &lot_key()).unwrap();
        assert_eq!(read, body);
        assert_eq!(read.to_bytes(), bytes);
        lines.push_str(&String::from_utf8(bytes).unwrap());
        lines.push('\n');
    }
    golden("commands.jsonl", &lines);
    assert_eq!(commands().len(), CommandKind::ALL.len());
}

#[test]
fn keys_stand_in_the_order_of_the_specification() {
    let sign = body(Command::SignRecord { record_sha256: digest(12, 0), cms: "AAAA".to_owned() });
    let text = String::from_utf8(sign.to_bytes()).unwrap();
    assert!(text.starts_with(
        r#"{"v":1,"tender":"ZZ-2022-0705","lot":"L1","kind":"sign-record","data":{"record_sha256":""#
    ));
    assert!(text.ends_with(
        r#""cms":"AAAA"},"nonce":"0123456789abcdef0123456789abcdef","at":1656982800000,"after":7}"#
    ));
}

#[test]
fn a_command_for_another_lot_is_refused() {
    let bytes = body(Command::Close).to_bytes();
    let other = LotKey { lot: LotId::parse("L2").unwrap(), ..lot_key() };
    let error = SignedCommandBody::parse_for(&bytes, &other).unwrap_err();
    assert_eq!(error.label(), "E_COMMAND_LOT");
}

#[test]
fn each_defect_has_its_label() {
    let good = String::from_utf8(body(Command::StartUnsealing(Part::Price)).to_bytes()).unwrap();
    let change = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        refused(&good.replacen(from, to, 1))
    };
    assert_eq!(change("\"v\":1", "\"v\":0"), "E_COMMAND_VERSION");
    assert_eq!(change("start-unsealing", "start"), "E_COMMAND_KIND");
    assert_eq!(change("0123456789abcdef0", "0123456789ABCDEF0"), "E_COMMAND_NONCE");
    assert_eq!(change("0123456789abcdef0", "123456789abcdef0"), "E_COMMAND_NONCE");
    for (from, to) in [
        ("{\"part\":\"price\"}", "{}"),
        ("{\"part\":\"price\"}", "[\"price\"]"),
        ("{\"part\":\"price\"}", "{\"part\":\"price\",\"x\":1}"),
        ("{\"part\":\"price\"}", "{\"part\":\"price\",\"part\":\"documents\"}"),
        ("{\"part\":\"price\"}", "{\"part\":\"all\"}"),
        ("\"kind\":\"start-unsealing\"", "\"kind\":\"close\""),
        (",\"after\":7", ""),
        ("\"after\":7", "\"after\":-1"),
        ("\"after\":7", "\"after\":7,\"after\":8"),
        ("\"at\":1656982800000", "\"at\":1.6e12"),
        ("\"lot\":\"L1\"", "\"lot\":\"../L1\""),
    ] {
        assert_eq!(change(from, to), "E_COMMAND_JSON", "{to}");
    }
    assert_eq!(refused(&format!("{good} {good}")), "E_COMMAND_JSON");
    assert_eq!(refused(&format!("{good}{}", " ".repeat(131_072))), "E_COMMAND_JSON");
}

#[test]
fn texts_are_bounded() {
    for bad in ["", "  ", "a\u{0}b", "a\u{202e}b", &"长".repeat(2_001)] {
        let objection = body(Command::RaiseObjection(bad.to_owned()));
        let error = SignedCommandBody::parse(&objection.to_bytes()).unwrap_err();
        assert_eq!(error.label(), "E_COMMAND_TEXT", "{bad:?}");
        let ask = Command::AskPostponement { deadline: at(DEADLINE), reason: bad.to_owned() };
        assert!(SignedCommandBody::parse(&body(ask).to_bytes()).is_err());
        let (reason, text) = (HoldReason::Other, bad.to_owned());
        let pause = body(Command::Pause { reason, text: text.clone() });
        assert!(SignedCommandBody::parse(&pause.to_bytes()).is_err());
        let ask = body(Command::AskMeasure { measure: Measure::Fail, reason, text });
        assert!(SignedCommandBody::parse(&ask.to_bytes()).is_err());
        let answer = body(Command::AnswerObjection { no: 1, text: bad.to_owned() });
        assert!(SignedCommandBody::parse(&answer.to_bytes()).is_err());
    }
    for cms in ["", "AAA", "not base64", &"A".repeat(65_540)] {
        let sign = body(Command::SignRecord { record_sha256: digest(1, 1), cms: cms.to_owned() });
        assert_eq!(
            SignedCommandBody::parse(&sign.to_bytes()).unwrap_err().label(),
            "E_COMMAND_TEXT"
        );
    }
    let long = body(Command::ReadNext(span(600_001)));
    assert_eq!(SignedCommandBody::parse(&long.to_bytes()).unwrap_err().label(), "E_COMMAND_TEXT");
}
