//! A base estimate (标底) that the host seals before the deadline, with all roles as separate processes
//! (ADR-0022).

use std::fs;

use crate::support::{Done, World, text, trust};
use kaibiao_testkit::fixtures;
use serde_json::{Value, json};

/// A lot of which the tender provides for a base estimate.
fn world(seconds: u64) -> World {
    let dir = tempfile::tempdir().unwrap();
    let form = fs::read(fixtures().join("tenders/zhuzhou-2022.json")).unwrap();
    let mut form: Value = serde_json::from_slice(&form).unwrap();
    form["draft"]["base_estimate"] = json!(true);
    fs::write(dir.path().join("form.json"), form.to_string()).unwrap();
    World::open_under(dir, None, "zhuzhou-2022", seconds)
}

fn seal(world: &World, amount: &str, who: &str) -> Done {
    let file = world.path("amount.txt");
    fs::write(&file, amount).unwrap();
    let command = format!("host seal-estimate --amount-file {} {}", text(&file), trust().join(" "));
    world.act(&command, who)
}

#[test]
fn the_base_estimate_is_sealed_before_the_deadline_and_opened_with_the_prices() {
    let world = world(25);
    let host = "host-zhuzhou-2022";
    for number in 1..=3 {
        world.seal(number, &format!("bid-{number}")).ok();
        world.submit(&format!("bid-{number}"), &["--no-wait"]).ok();
    }
    // Nobody else seals it, and what is no amount is not repeated.
    seal(&world, "1400000.00", "supervisor-zhuzhou-2022").refused(77, "wrong-role");
    let wrong = seal(&world, "98765432x", host);
    assert_eq!(wrong.code, 65, "{}", wrong.text);
    assert!(!wrong.text.contains("98765432"), "{}", wrong.text);
    seal(&world, "1.00", host).ok();
    seal(&world, "1398765.43\n", host).ok();
    let log = world.log();
    assert_eq!(log.matches(r#""kind":"estimate-sealed""#).count(), 2);
    assert!(!log.contains("139876543"), "the amount is sealed");

    world.wait_for_deadline();
    world.wait_for_phase("ready", 20);
    let late = seal(&world, "2.00", host);
    late.refused(3, "estimate-late");
    world.host("publish-bidders").ok();
    world.host("check-seals").ok();
    assert!(!world.log().contains("139876543"), "sealed until the prices");
    world.host("unseal price").ok();
    world.wait_for_phase("published", 20);
    let log = world.log();
    let published = log.lines().find(|line| line.contains(r#""kind":"prices-published""#)).unwrap();
    assert!(published.contains(r#""amount":{"minor":139876543,"currency":"CNY"}"#), "{published}");

    world.host("read-all --interval-ms 20").ok();
    world.wait_for_phase("read", 10);
    world.open_documents();
    world.host("generate-record").ok();
    world.host("close").ok();
    world.wait_for_destruction();
    let verdict = world.verified();
    assert!(verdict.contains("TOTAL-PASSED"), "{verdict}");
}
