//! A whole opening, and the session after it in which the result of the evaluation is told (复会,
//! ADR-0024), with all roles as separate processes.

use std::fs;
use std::time::{Duration, Instant};

use crate::support::{Done, World, eventually, kaibiao, text, trust, words};
use kaibiao_testkit::fixtures;
use serde_json::{Value, json};

/// The fixture of this opening.
const NAME: &str = "zhuzhou-2022";

/// How long an announcement may be answered here.
const ANSWER: Duration = Duration::from_secs(12);

/// A lot with such a session.
fn world(seconds: u64) -> World {
    let dir = tempfile::tempdir().unwrap();
    let form = fs::read(fixtures().join("tenders/zhuzhou-2022.json")).unwrap();
    let mut form: Value = serde_json::from_slice(&form).unwrap();
    form["draft"]["result"] = json!({"answer_ms": ANSWER.as_millis()});
    fs::write(dir.path().join("form.json"), form.to_string()).unwrap();
    World::open_under(dir, None, NAME, seconds)
}

/// Announces that the first `ranked` bidders are ranked and the others, up to `all`, rejected.
fn announce(world: &World, no: u32, ranked: usize, all: usize) -> Done {
    let code = |number: usize| world.fixture.bidders[number].party.code.to_string();
    let reject = |number| json!({"bidder": code(number), "reason": "业绩不符合要求"});
    let result = json!({
        "no": no,
        "ranked": (0..ranked).map(code).collect::<Vec<_>>(),
        "rejected": (ranked..all).map(reject).collect::<Vec<_>>(),
        "text": "评标委员会已提交书面评标报告。",
    });
    fs::write(world.path("result.json"), result.to_string()).unwrap();
    world.host(&format!("announce-result --file {}", text(&world.path("result.json"))))
}

/// The package as it is now, and what the verifier says of it.
fn verdict(world: &World) -> Option<String> {
    let package = world.path("evidence.asice");
    drop(fs::remove_file(&package));
    let mut download = words("evidence");
    download.extend(world.at_lot());
    download.extend(["--out".to_owned(), text(&package)]);
    if kaibiao(&download).code != 0 {
        return None;
    }
    let mut verify = words("verify --lang en");
    verify.push(text(&package));
    verify.extend(trust());
    Some(kaibiao(verify).ok())
}

/// From a complete freeze to the end, with every share destroyed.
fn open_and_close(world: &World) {
    world.host("publish-bidders").ok();
    world.host("check-seals").ok();
    world.host("unseal price").ok();
    world.wait_for_phase("published", 20);
    assert_eq!(announce(world, 1, 2, 3).code, 3);
    world.host("read-all --interval-ms 20").ok();
    world.wait_for_phase("read", 10);
    world.open_documents();
    world.host("generate-record").ok();
    world.host("close").ok();
    world.wait_for_destruction();
}

#[test]
fn the_result_is_told_after_the_close_and_bidders_answer() {
    let world = world(25);
    for number in 1..=3 {
        world.seal(number, &format!("bid-{number}")).ok();
        world.submit(&format!("bid-{number}"), &["--no-wait"]).ok();
    }
    world.wait_for_deadline();
    world.wait_for_phase("ready", 20);
    open_and_close(&world);
    let mut before = None;
    eventually("the package", Duration::from_secs(30), || {
        before = verdict(&world);
        before.is_some()
    });
    let before = before.unwrap();
    assert!(before.contains("TOTAL-PASSED") && !before.contains("announcements of"), "{before}");
    let record = world.http_text("GET", &format!("/api/v1/lots/{}/record", world.lot), b"");

    let who = |number: usize| world.fixture.bidders[number].identity.clone();
    world.act("bidder answer-result", &who(0)).refused(3, "no-such-result");
    // A list that forgets somebody, or names a stranger, is not sent.
    assert_eq!(announce(&world, 1, 2, 2).code, 65);
    assert_eq!(announce(&world, 1, 2, 4).code, 65);
    announce(&world, 2, 2, 3).refused(3, "bad-data");
    announce(&world, 1, 2, 3).ok();
    let told = Instant::now();
    world.act("bidder answer-result", &who(0)).ok();
    world.act("bidder answer-result", &who(0)).refused(3, "already-done");
    world.act("bidder answer-result --objection 排序依据不明，请说明", &who(1)).ok();
    // The fourth organisation of the fixture handed no bid in.
    let stranger = world.act("bidder answer-result", &who(3)).refused(77, "wrong-role");
    assert!(stranger.contains("not-a-bidder"), "{stranger}");
    eventually("the end of the time for answers", 2 * ANSWER, || told.elapsed() > ANSWER);
    world.act("bidder answer-result", &who(2)).refused(3, "result-answers-over");
    let log = world.log();
    assert_eq!(log.matches(r#""kind":"result-answered""#).count(), 2, "{log}");
    assert!(log.lines().last().unwrap().contains("排序依据不明"), "no refusal is written: {log}");
    assert_eq!(world.phase(), "closed");

    // Custodians cosigned the new heads without their shares, and the package is made anew.
    let expected = "2 bidders answered it, 1 of them object, 1 were silent";
    let mut last = String::new();
    eventually("a newer package", Duration::from_mins(2), || {
        last = verdict(&world).unwrap_or_default();
        last.contains(expected)
    });
    assert!(last.contains("TOTAL-PASSED"), "{last}");
    for number in 1..=3 {
        let folder = world.path(&format!("custodian-{number}")).join(&world.lot);
        assert!(!folder.join("share.key").exists(), "{number}");
    }
    let after = world.http_text("GET", &format!("/api/v1/lots/{}/record", world.lot), b"");
    assert_eq!(record, after, "the closed record never changes");
}
