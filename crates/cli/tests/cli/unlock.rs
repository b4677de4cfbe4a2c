//! Openings whose bidders unlock their bids first, with all roles as separate processes (ADR-0020).

use std::fs;
use std::time::Duration;

use crate::support::{Done, World, eventually, text};
use kaibiao_testkit::fixtures;
use serde_json::{Value, json};

/// A lot with three bids, whose seals are checked.
fn sealed(lock: &str, open_ms: u64) -> World {
    let dir = tempfile::tempdir().unwrap();
    let form = fs::read(fixtures().join("tenders/zhuzhou-2022.json")).unwrap();
    let mut form: Value = serde_json::from_slice(&form).unwrap();
    form["draft"]["custody"]["policy"] = json!("bidder-then-ceremony");
    form["draft"]["bidder_window"] = json!({"lock": lock, "open_ms": open_ms, "extend_ms": 9_000});
    fs::write(dir.path().join("form.json"), form.to_string()).unwrap();
    let world = World::open_under(dir, None, "zhuzhou-2022", 20);
    for number in 1..=3 {
        let told = world.seal(number, &format!("bid-{number}")).ok();
        assert!(told.contains("本标段要求投标人解密") && told.contains("序列号"), "{told}");
        world.submit(&format!("bid-{number}"), &["--no-wait"]).ok();
    }
    world.wait_for_deadline();
    world.wait_for_phase("ready", 20);
    world.host("publish-bidders").ok();
    world.host("open-bidder-window").refused(3, "seals-unchecked");
    world.host("check-seals").ok();
    world
}

/// Bidder `who` unlocks the bid in folder `bid`.
fn unseal(world: &World, who: usize, bid: usize) -> Done {
    let identity = world.fixture.bidders[who - 1].identity.clone();
    world.act(&format!("bidder unseal {}", text(&world.path(&format!("bid-{bid}")))), &identity)
}

/// A window that bidder 2 misses at first and bidder 3 altogether: custodians open bid 3 in its place.
#[test]
fn what_a_bidder_does_not_unlock_custodians_do() {
    let world = sealed("escrow", 4_000);
    unseal(&world, 1, 1).refused(3, "bidder-window-shut");
    world.host("unseal price").refused(3, "step-turn");
    world.host("open-bidder-window").ok();
    // Another bidder's certificate: which one is needed is said, and nothing is sent.
    let told = unseal(&world, 2, 1);
    assert!(told.code != 0 && told.text.contains("E_UNWRAP"), "{}", told.text);
    assert!(told.text.contains("with serial number"), "{}", told.text);
    unseal(&world, 1, 1).ok();
    assert!(unseal(&world, 1, 1).ok().contains("此前已解密"));
    world.host("unseal price").refused(3, "step-turn");
    world.host("extend-bidder-window --seconds 10 --text 过长").refused(3, "bidder-window-spent");
    eventually("the end of the window", Duration::from_secs(15), || {
        world.log().contains(r#""kind":"bidder-window-closed""#)
    });
    unseal(&world, 2, 2).refused(3, "bidder-window-shut");
    world.host("reopen-bidder-window --seconds 5 --text 投标人申请").ok();
    unseal(&world, 2, 2).ok();
    eventually("the end of the window", Duration::from_secs(15), || {
        world.log().matches(r#""kind":"bidder-window-closed""#).count() == 2
    });
    assert!(!world.log().contains("partials-received"), "nothing was raised before");
    world.host("unseal price").ok();
    world.wait_for_phase("published", 20);
    world.host("read-all --interval-ms 20").ok();
    world.wait_for_phase("read", 10);
    world.open_documents();
    let log = world.log();
    assert!(log.contains(r#""escrow":["#) && !log.contains("not-opened"), "{log}");
    world.host("generate-record").ok();
    world.host("close").ok();
    let verdict = world.verified();
    assert!(verdict.contains("TOTAL-PASSED"), "{verdict}");
}

/// Without an escrow a bid that its bidder did not unlock stays shut, and no other waits for it.
#[test]
fn a_strict_lock_opens_by_its_bidder_alone() {
    let world = sealed("strict", 3_000);
    world.host("open-bidder-window").ok();
    unseal(&world, 1, 1).ok();
    unseal(&world, 2, 2).ok();
    eventually("the end of the window", Duration::from_secs(15), || {
        world.log().contains(r#""kind":"bidder-window-closed""#)
    });
    world.host("unseal price").ok();
    world.wait_for_phase("published", 20);
    world.host("read-all --interval-ms 20").ok();
    world.wait_for_phase("read", 10);
    let log = world.log();
    assert_eq!(log.matches(r#""label":"BIDDER_NOT_UNLOCKED","fault":"undetermined""#).count(), 1);
    assert!(!log.contains(r#""escrow":["#), "{log}");
    let code = world.fixture.bidders[2].party.code.clone();
    let decide = |part: &str| {
        let words =
            format!("decide-fault {code} --part {part} --fault bidder --text 未在时限内解密");
        world.host(&words).ok();
    };
    decide("price");
    world.open_documents();
    world.host("generate-record").refused(3, "faults-open");
    decide("documents");
    world.host("generate-record").ok();
    world.host("close").ok();
    let verdict = world.verified();
    assert!(verdict.contains("TOTAL-PASSED"), "{verdict}");
    assert!(verdict.contains("BIDDER_NOT_UNLOCKED"), "{verdict}");
}
