//! Openings that are held, and one that is ended, with all roles as separate processes (ADR-0016).

use std::fs;
use std::time::Duration;

use crate::support::{Done, World, eventually};
use kaibiao_testkit::fixtures;
use serde_json::{Value, json};

const PAUSE: &str = "pause --reason power --text 园区停电";

fn supervise(world: &World, command: &str) -> Done {
    world.act(&format!("supervisor {command}"), "supervisor-zhuzhou-2022")
}

/// A lot with three bids, at its complete freeze.
fn ready() -> World {
    ready_of(World::open("zhuzhou-2022", 20))
}

/// A lot whose tender file has a window for objections and wants every fault decided.
fn ready_with_window(millis: u64) -> World {
    let dir = tempfile::tempdir().unwrap();
    let form = fs::read(fixtures().join("tenders/zhuzhou-2022.json")).unwrap();
    let mut form: Value = serde_json::from_slice(&form).unwrap();
    form["draft"]["objection_ms"] = json!(millis);
    form["draft"]["decide_faults"] = json!(true);
    fs::write(dir.path().join("form.json"), form.to_string()).unwrap();
    ready_of(World::open_under(dir, None, "zhuzhou-2022", 20))
}

fn ready_of(world: World) -> World {
    for number in 1..=3 {
        world.seal(number, &format!("bid-{number}")).ok();
        world.submit(&format!("bid-{number}"), &["--no-wait"]).ok();
    }
    world.host(PAUSE).refused(3, "postpone-instead");
    world.wait_for_deadline();
    world.wait_for_phase("ready", 20);
    world
}

/// Held before and in the middle of the unsealing; then it goes on to its record.
#[test]
fn a_held_opening_goes_on_where_it_was() {
    let world = ready();
    assert_eq!(world.host("pause --reason fire --text x").code, 64);
    world.host(PAUSE).ok();
    world.host("publish-bidders").refused(3, "opening-held");
    supervise(&world, "resume").refused(3, "not-the-holder");
    supervise(&world, "pause --reason authority-order --text 责令暂停").ok();
    world.host("resume").refused(3, "not-the-holder");
    supervise(&world, "resume").ok();
    world.host("publish-bidders").ok();
    world.host("check-seals").ok();
    world.host("unseal price").ok();
    // The custodians may have answered by now, or not: the prices come when it goes on.
    world.host("pause --reason network --text 网络故障").ok();
    world.host("resume").ok();
    world.wait_for_phase("published", 20);
    world.host("ask suspend --reason data-dispute --text 核对数据").ok();
    supervise(&world, "approve 1 terminate").refused(3, "no-such-measure");
    supervise(&world, "approve 1 suspend").ok();
    world.host("read-all --interval-ms 20").refused(3, "opening-held");
    world.host("resume").refused(3, "not-the-holder");
    world.host("ask resume --reason other --text 已核对").ok();
    supervise(&world, "approve 2 resume").ok();
    world.host("read-all --interval-ms 20").ok();
    world.wait_for_phase("read", 10);
    world.open_documents();
    world.host("generate-record").ok();
    world.host("close").ok();
    let verdict = world.verified();
    assert!(verdict.contains("TOTAL-PASSED"), "{verdict}");
    for words in ["paused by the host", "order of an authority", "suspended by host and supervisor"]
    {
        assert!(verdict.contains(words), "{words}: {verdict}");
    }
}

/// Ended while everything is sealed: nothing is opened, shares go, and the package says why.
#[test]
fn a_terminated_opening_stays_sealed() {
    let world = ready();
    world.host("ask terminate --reason attack --text 平台遭受攻击").ok();
    world.act("supervisor approve 1 terminate", "host-zhuzhou-2022").refused(77, "wrong-role");
    supervise(&world, "approve 1 terminate").ok();
    assert_eq!(world.phase(), "terminated");
    for command in ["publish-bidders", "unseal price", "resume", "generate-record"] {
        world.host(command).refused(3, "lot-closed");
    }
    world.wait_for_destruction();
    let log = world.log();
    assert!(!log.contains("partials-received") && !log.contains("prices-published"), "{log}");
    let verdict = world.verified();
    assert!(verdict.contains("TOTAL-PASSED"), "{verdict}");
    assert!(verdict.contains("termination at") && verdict.contains("attack"), "{verdict}");
    assert!(!verdict.contains("are destroyed: custodians"), "{verdict}");
}

/// The record waits for the window for objections, and is corrected by a version that is signed anew.
#[test]
fn the_record_waits_for_objections_and_is_corrected() {
    let world = ready_with_window(8_000);
    for command in ["publish-bidders", "check-seals", "unseal price"] {
        world.host(command).ok();
    }
    world.wait_for_phase("published", 20);
    let bidder = world.fixture.bidders[0].party.code.clone();
    let decide = format!("decide-fault {bidder} --part price --fault bidder --text 核对");
    world.host(&decide).refused(3, "no-open-fault");
    world.host("extend-objections --seconds 4").refused(3, "out-of-order");
    world.host("read-all --interval-ms 20").ok();
    world.wait_for_phase("read", 10);
    world.host("generate-record").refused(3, "objections-running");
    world.host("extend-objections --seconds 4").ok();
    eventually("the end of the window", Duration::from_secs(30), || {
        world.host("generate-record").code == 0
    });
    let identity = world.fixture.bidders[0].identity.clone();
    world.act("bidder object 报价有误", &identity).refused(3, "out-of-order");
    world.host("sign-record").ok();
    world.open_documents();
    world.host("correct-record --reason 补记投标文件解密结果").ok();
    world.host("sign-record").ok();
    world.host("close").ok();
    world.host("correct-record --reason 再次更正").refused(3, "lot-closed");
    let log = world.log();
    assert_eq!(log.matches(r#""kind":"record-signed""#).count(), 2, "{log}");
    let verdict = world.verified();
    assert!(verdict.contains("TOTAL-PASSED"), "{verdict}");
    assert!(verdict.contains("the record is version 2: 补记投标文件解密结果"), "{verdict}");
}
