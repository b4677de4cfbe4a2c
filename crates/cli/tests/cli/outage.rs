//! A hall that is away before the deadline, with all roles as separate processes (ADR-0019).

use std::fs;
use std::process::Command;
use std::time::Duration;

use crate::support::{KAIBIAO, World, eventually, identity, trust};
use kaibiao_testkit::{Running, fixtures};
use serde_json::{Value, json};

/// The whole test, with a machine that has other things to do.
const LIFE: Duration = Duration::from_mins(3);
/// Two ticks of the last ten minutes before a deadline.
const SILENT_MS: u64 = 2_000;
const POSTPONE_BY_MS: u64 = 1_800_000;

/// The hall with the data and the address of before.
fn again(world: &World) -> Running {
    let mut command = Command::new(KAIBIAO);
    let address = world.url.strip_prefix("http://").unwrap();
    command.args(["serve", "--dev", "--listen", address, "--data"]);
    command.arg(world.path("hall")).args(identity("hall")).args(trust());
    let mut hall = Running::start(command, LIFE).unwrap();
    hall.wait_for("listening: ").unwrap_or_else(|error| panic!("{error}"));
    hall
}

fn entry(log: &str, kind: &str) -> Option<Value> {
    let name = format!(r#""kind":"{kind}""#);
    log.lines().find(|line| line.contains(&name)).map(|line| serde_json::from_str(line).unwrap())
}

#[test]
fn an_outage_that_custodians_attest_postpones_the_deadline() {
    let dir = tempfile::tempdir().unwrap();
    let form = fs::read(fixtures().join("tenders/zhuzhou-2022.json")).unwrap();
    let mut form: Value = serde_json::from_slice(&form).unwrap();
    form["draft"]["outage"] = json!({
        "within_ms": 600_000, "silent_ms": SILENT_MS, "postpone_by_ms": POSTPONE_BY_MS,
    });
    fs::write(dir.path().join("form.json"), form.to_string()).unwrap();
    let mut world = World::open_under(dir, None, "zhuzhou-2022", 120);
    world.seal(1, "bid-1").ok();
    world.submit("bid-1", &["--no-wait"]).ok();
    // A tick after the bid: every custodian has seen a head by then.
    let ticks = |log: &str| log.lines().filter(|line| line.contains(r#""kind":"tick""#)).count();
    let before = ticks(&world.log());
    eventually("ticks", Duration::from_secs(20), || ticks(&world.log()) >= before + 2);

    world.hall.kill();
    std::thread::sleep(Duration::from_secs(8)); // custodians ask again after 5 s at the latest
    world.hall = again(&world);
    eventually("the postponement", Duration::from_secs(30), || {
        entry(&world.log(), "outage-postponed").is_some()
    });
    let log = world.log();
    let attested = log.lines().filter(|line| line.contains("outage-attested")).count();
    assert!(attested >= 2, "{log}");
    let moved = entry(&log, "outage-postponed").unwrap();
    let (from, to) =
        (moved["data"]["from"].as_u64().unwrap(), moved["data"]["deadline"].as_u64().unwrap());
    assert_eq!((moved["by"].as_str(), moved["data"]["no"].as_u64()), (Some("hall"), Some(1)));
    assert_eq!(to, from.max(moved["at"].as_u64().unwrap()) + POSTPONE_BY_MS);

    // Bids go on.
    world.seal(2, "bid-2").ok();
    world.submit("bid-2", &["--no-wait"]).ok();
    world.host("unseal price").refused(3, "too-early");
}
