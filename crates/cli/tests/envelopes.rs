//! An opening in two envelopes (双信封), with all roles as separate processes.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::expect_used)]

mod support;

use std::fs;
use std::time::Duration;

use kaibiao_opening::Template;
use kaibiao_testkit::fixtures;
use serde_json::{Value, json};
use support::{World, eventually, kaibiao, text, trust, words};

/// A lot of two envelopes with four bids; nobody checks bidders in it.
fn ready() -> World {
    let dir = tempfile::tempdir().unwrap();
    let form = fs::read(fixtures().join("tenders/zhuzhou-2022.json")).unwrap();
    let mut form: Value = serde_json::from_slice(&form).unwrap();
    let mut envelopes = Template::TwoEnvelope.envelopes();
    envelopes[0].steps.remove(1);
    form["draft"]["template"] = json!("two-envelope");
    form["draft"]["envelopes"] = json!(envelopes);
    fs::write(dir.path().join("form.json"), form.to_string()).unwrap();
    let world = World::open_under(dir, None, "zhuzhou-2022", 25);
    let fields = json!({"duration": "120", "quality": "合格", "manager": "示例经理"});
    fs::write(world.path("first.json"), json!({"fields": fields}).to_string()).unwrap();
    for number in 1..=4 {
        let folder = format!("bid-{number}");
        // Without an envelope named, nobody can say which one a sheet belongs to.
        if number == 1 {
            let done = world.seal(number, &folder);
            assert_eq!(done.code, 64, "{}", done.text);
        }
        let first = text(&world.path("first.json"));
        let sealed = world.seal_with(number, &folder, |command| {
            for option in ["--sheet", "--document"] {
                let place = command.iter().position(|word| word == option).unwrap() + 1;
                let stage = if option == "--sheet" { 2 } else { 1 };
                command[place] = format!("{stage}={}", command[place]);
            }
            command.extend(["--sheet".to_owned(), format!("1={first}")]);
        });
        sealed.ok();
        world.submit(&folder, &["--no-wait"]).ok();
    }
    world.wait_for_deadline();
    world.wait_for_phase("ready", 20);
    world
}

/// From the announced bidders to the signed record.
fn open_envelope(world: &World, documents: bool) {
    world.host("publish-bidders").ok();
    world.host("check-seals").ok();
    world.host("unseal price").ok();
    world.wait_for_phase("published", 20);
    world.host("read-all --interval-ms 20").ok();
    world.wait_for_phase("read", 10);
    if documents {
        world.host("unseal documents").ok();
        eventually("documents", Duration::from_secs(15), || {
            world.log().contains(r#""kind":"documents-opened""#)
        });
    }
    world.host("generate-record").ok();
}

#[test]
fn only_those_who_passed_are_opened_in_the_second_envelope() {
    let world = ready();
    open_envelope(&world, true);
    let log = world.log();
    assert!(!log.contains(r#""total":{"#), "no price before the second envelope: {log}");
    world.host("close").refused(3, "envelope-follows");
    world.host("close-envelope").ok();
    assert_eq!(world.phase(), "adjourned");
    world.host("reconvene").refused(3, "passed-missing");

    let code = |number: usize| world.fixture.bidders[number - 1].party.code.to_string();
    let (last, stranger) = (code(4), "91990000KB9000101X");
    let list =
        |who: &str| format!("list-passed --not-passed {who}=业绩不符合要求 --reconvene-at +4s");
    assert_eq!(world.host(&list(stranger)).code, 64);
    world.host(&list(&last)).ok();
    let approve = |who: &str| format!("supervisor approve-passed 1 --not-passed {who}");
    let supervisor = "supervisor-zhuzhou-2022";
    assert_eq!(world.act(&approve(&code(1)), supervisor).code, 65);
    world.act(&approve(&last), "host-zhuzhou-2022").refused(77, "wrong-role");
    world.act(&approve(&last), supervisor).ok();
    world.host("reconvene").refused(3, "reconvene-later");
    eventually("the announced time", Duration::from_secs(15), || world.host("reconvene").code == 0);

    open_envelope(&world, false);
    let log = world.log();
    let mut shown = log.lines().filter(|line| line.contains(r#""kind":"prices-published""#));
    let last_shown = shown.next_back().unwrap();
    assert!(last_shown.contains(r#""total":{"#) && !last_shown.contains(&last), "{last_shown}");
    world.host("close").ok();
    eventually("every share is destroyed", Duration::from_secs(15), || {
        world.log().matches(r#""kind":"key-destroyed""#).count() == 3
    });

    let package = world.path("evidence.asice");
    let mut download = words("evidence");
    download.extend(world.at_lot());
    download.extend(["--out".to_owned(), text(&package)]);
    eventually("the package", Duration::from_secs(15), || kaibiao(&download).code == 0);
    let mut verify = words("verify --lang en");
    verify.push(text(&package));
    verify.extend(trust());
    let verdict = kaibiao(verify).ok();
    assert!(verdict.contains("TOTAL-PASSED"), "{verdict}");
    assert!(verdict.contains("envelope 1: 3 passed, 1 did not"), "{verdict}");
}
