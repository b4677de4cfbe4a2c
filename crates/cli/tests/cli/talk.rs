//! Talk in the room (聊天、禁言、踢出, ADR-0031) in a whole opening, with all roles as separate processes.

use std::fs;
use std::time::Duration;

use crate::support::{World, eventually, identity, kaibiao, text, trust, words};

/// The fixture of this opening.
const NAME: &str = "zhuzhou-2022";

const SECRET: &str = "我方联系人电话13800000000";

/// A session of somebody, in a file.
fn session(world: &World, who: &str) -> String {
    let file = text(&world.path(&format!("session-{who}")));
    let mut login = words("login start --session");
    login.push(file.clone());
    login.extend(world.at_lot());
    login.extend(identity(who));
    kaibiao(login).ok();
    file
}

fn read(world: &World, index: &str, session: &str) -> crate::support::Done {
    let mut read = words(&format!("chat read {index} --session {session}"));
    read.extend(world.at_lot());
    kaibiao(read)
}

#[test]
fn people_talk_and_a_mute_stops_no_objection() {
    let world = World::open_at_ease(NAME, 25);
    let who = |number: usize| world.fixture.bidders[number].identity.clone();
    let code = |number: usize| world.fixture.bidders[number].party.code.to_string();
    for number in 1..=3 {
        world.seal(number, &format!("bid-{number}")).ok();
        world.submit(&format!("bid-{number}"), &["--no-wait"]).ok();
    }
    let early = world.act("chat say 有人吗", &who(0)).refused(3, "too-early");
    assert!(!early.contains(&code(0)), "{early}");
    world.wait_for_deadline();
    world.wait_for_phase("ready", 20);
    assert!(!world.log().contains("chat"), "nobody's attempt is in the log");

    world.host("publish-bidders").ok();
    world.act("chat say 请问何时唱标", &who(0)).ok();
    world.act(&format!("chat say --private {SECRET}"), &who(1)).ok();
    let log = world.log();
    // Custodians write their journals meanwhile.
    let private = |line: &str| line.contains(r#""kind":"chat-private""#);
    let index = log.lines().position(private).unwrap().to_string();
    assert!(!log.contains(SECRET));
    let supervisor = format!("supervisor-{NAME}");
    for reader in [&who(1), &supervisor] {
        let said = read(&world, &index, &session(&world, reader)).ok();
        assert!(said.contains(SECRET), "{said}");
    }
    read(&world, &index, &session(&world, &who(0))).refused(77, "wrong-role");
    read(&world, "0", &text(&world.path(&format!("session-{supervisor}"))))
        .refused(65, "unknown-path");

    let path = format!("/api/v1/lots/{}/private/{index}", world.lot);
    let (status, answer) = world.http_text("GET", &path, b"");
    assert!(status == 401 && !answer.contains(SECRET), "{answer}");

    // Muted with all others and removed, a bidder is not heard in the room, and in the opening it is.
    world.act("chat mute --all --reason 请安静", &supervisor).ok();
    world.act("chat mute --all --reason 请安静", &who(0)).refused(77, "wrong-role");
    world.act("chat say 我有话说", &who(0)).refused(3, "chat-muted");
    world.host("check-seals").ok();
    world.host("unseal price").ok();
    world.wait_for_phase("published", 20);
    world.act(&format!("chat remove --bidder {} --reason 扰乱秩序", code(2)), &supervisor).ok();
    world.act("bidder object 报价读错了", &who(0)).ok();
    world.act("chat say 请看我方的异议", &who(0)).ok();
    world.act("bidder confirm", &who(2)).ok();
    world.act("chat say 让我说", &who(2)).refused(3, "chat-removed");
    world.act(&format!("chat readmit --bidder {} --reason 已承诺", code(2)), &supervisor).ok();
    world.act("chat unmute --all --reason 提问环节", &supervisor).ok();
    world.act("chat say 谢谢", &who(2)).ok();

    // Whoever watches reads it with its author; the package holds with all of it, and without the text.
    let mut watch = words("watch --once --lang en");
    watch.extend(world.at_lot());
    let told = kaibiao(watch).ok();
    assert!(told.contains("The supervisor muted all bidders: 请安静"), "{told}");
    assert!(told.contains(": 请看我方的异议") && !told.contains(SECRET), "{told}");
    world.host("answer 1 已核对").ok();
    world.host("read-all --interval-ms 20").ok();
    world.wait_for_phase("read", 10);
    world.host("unseal documents").ok();
    eventually("documents", Duration::from_secs(15), || {
        world.log().contains(r#""kind":"documents-opened""#)
    });
    world.host("generate-record").ok();
    world.host("close").ok();
    let package = world.path("evidence.asice");
    eventually("the package", Duration::from_mins(1), || {
        let mut download = words("evidence");
        download.extend(world.at_lot());
        download.extend(["--out".to_owned(), text(&package)]);
        kaibiao(&download).code == 0
    });
    let mut verify = words("verify --lang en");
    verify.push(text(&package));
    verify.extend(trust());
    let verdict = kaibiao(verify).ok();
    assert!(verdict.contains("TOTAL-PASSED"), "{verdict}");
    let bytes = fs::read(&package).unwrap();
    let found = bytes.windows(SECRET.len()).any(|part| part == SECRET.as_bytes());
    assert!(!found, "the package has the private text");
}
