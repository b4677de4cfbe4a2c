//! The hall as its operator sees it: numbers, logs, and a stop in the middle of an opening.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::support::{World, eventually, hall, kaibiao};
use kaibiao_testkit::Running;
use serde_json::Value;

/// Everything is logged as JSON, and the numbers are told.
fn watched(dir: &tempfile::TempDir) -> Command {
    let mut command = hall(dir);
    command.args(["--metrics", "127.0.0.1:0", "--log-format", "json"]).env("KAIBIAO_LOG", "trace");
    command
}

/// The lines of the numbers.
fn numbers(world: &mut World) -> BTreeSet<String> {
    let line = world.hall.wait_for("metrics: ").unwrap_or_else(|error| panic!("{error}"));
    let address = line.strip_prefix("metrics: http://").unwrap();
    let address = address.strip_suffix("/metrics").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    body.lines().map(ToOwned::to_owned).collect()
}

/// The numbers without those of the logs, which grow by ticks.
fn asked_for(numbers: &BTreeSet<String>) -> Vec<&String> {
    numbers.iter().filter(|line| !line.starts_with("kaibiao_log_")).collect()
}

/// Everything by which a bid could be told: who, which upload, which receipt.
fn signs_of_bidders(world: &World) -> Vec<String> {
    let mut signs = Vec::new();
    for number in 1..=3 {
        let folder = format!("bid-{number}");
        let bidder = &world.fixture.bidders[number - 1].party;
        signs.extend([bidder.code.to_string(), bidder.name.clone()]);
        let receipt = fs::read(world.path(&folder).join("receipt.json")).unwrap();
        let receipt: Value = serde_json::from_slice(&receipt).unwrap();
        for key in ["number", "manifest_sha256", "cms_sha256"] {
            signs.push(receipt[key].as_str().unwrap().to_owned());
        }
        // The same manifest again gives the same upload.
        let (_, upload) = world.post_raw(&folder);
        signs.push(upload["upload"].as_str().unwrap().to_owned());
    }
    signs
}

/// Every line of the hall's log, read as JSON.
fn logged(output: &str) -> Vec<Value> {
    let facts = |line: &&str| !line.starts_with("listening: ") && !line.starts_with("metrics: ");
    output.lines().filter(facts).map(|line| serde_json::from_str(line).expect(line)).collect()
}

/// Asks a process to end, as a service manager does.
fn terminate(process: &Running) {
    let kill = Command::new("kill").args(["-TERM", &process.pid().to_string()]).status();
    assert!(kill.unwrap().success());
}

fn count(log: &str, kind: &str) -> usize {
    log.matches(&format!(r#""kind":"{kind}""#)).count()
}

#[test]
fn numbers_and_logs_tell_of_no_bid_and_a_stopped_hall_reads_on() {
    let mut world = World::open_at_ease_by(watched, "zhuzhou-2022", 40);
    for number in 1..=3 {
        world.seal(number, &format!("bid-{number}")).ok();
    }
    nobody_sees_bids_come(&mut world);
    for number in 1..=3 {
        world.custodians[number - 1] = world.start_custodian(number);
    }
    world.wait_for_deadline();
    world.wait_for_phase("ready", 60);
    for act in ["publish-bidders", "check-seals", "unseal price"] {
        world.host(act).ok();
    }
    world.wait_for_phase("published", 60);
    a_stopped_hall_reads_on(&mut world);
}

/// Ruling 25: three bids leave the numbers as they were, and the log without a word. The custodians
/// are away meanwhile, so that nobody else asks for anything.
fn nobody_sees_bids_come(world: &mut World) {
    for custodian in &mut world.custodians {
        custodian.kill();
    }
    // What they asked for last has been answered once the numbers rest.
    let mut before = numbers(world);
    eventually("rest", Duration::from_secs(20), || {
        let earlier = std::mem::replace(&mut before, numbers(world));
        asked_for(&earlier) == asked_for(&before)
    });
    for number in 1..=3 {
        world.submit(&format!("bid-{number}"), &["--no-wait"]).ok();
    }
    let signs = signs_of_bidders(world);
    let after = numbers(world);
    assert_eq!(asked_for(&after), asked_for(&before));
    let ticks = |numbers: &BTreeSet<String>, name: &str| -> u64 {
        let line = numbers.iter().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().parse().unwrap()
    };
    let grown = |name| ticks(&after, name) - ticks(&before, name);
    assert_eq!(grown("kaibiao_log_append_seconds_count"), grown("kaibiao_log_entries"));

    let output = world.hall.output();
    for line in logged(&output) {
        for key in ["timestamp", "level", "target"] {
            assert!(line[key].is_string(), "{key}: {line}");
        }
    }
    let text = after.into_iter().collect::<String>();
    for sign in signs {
        assert!(!output.contains(&sign), "{sign}: {output}");
        assert!(!text.contains(&sign), "{sign}: {text}");
    }
}

/// The hall is told to stop while prices are read, and another process goes on where it stood.
fn a_stopped_hall_reads_on(world: &mut World) {
    world.host("read-next --duration-ms 100").ok();
    assert_eq!(world.phase(), "reading");
    assert_eq!(world.http_text("GET", "/readyz", b"").1, "ready\n");
    let before = world.log();
    let seen = witnessed(world);
    terminate(&world.hall);
    assert!(world.hall.wait_exit().unwrap().success(), "{}", world.hall.output());
    let said = logged(&world.hall.output());
    assert!(said.iter().any(|line| line["message"] == "asked to stop"), "{said:?}");

    world.start_hall_again();
    assert_eq!(world.phase(), "reading");
    world.host("read-all --interval-ms 100").ok();
    world.wait_for_phase("read", 60);
    let after = world.log();
    assert!(after.starts_with(before.trim_end()), "nothing that was shown is gone");
    let read = |log: &str| (count(log, "price-read"), count(log, "reading-finished"));
    assert_eq!((read(&before), read(&after)), ((1, 0), (3, 1)));
    // A witness that saw the first hall saw the same past as one of the second.
    assert!(witnessed(world) > seen);
}

/// Has a witness look at the hall; gives the size of the head that it cosigned.
fn witnessed(world: &World) -> usize {
    let store = world.path("witness");
    let store = store.to_str().unwrap();
    if !Path::new(store).exists() {
        kaibiao(["witness", "init", "--name", "witness.example", "--store", store]).ok();
    }
    let look = ["witness", "run", "--once", "--store", store].map(ToOwned::to_owned);
    let look = kaibiao(look.into_iter().chain(world.at_lot())).ok();
    let head = look.lines().find_map(|line| line.strip_prefix("cosigned: ")).unwrap();
    assert!(world.log().lines().count() >= head.parse().unwrap());
    head.parse().unwrap()
}
