//! The hall's process is killed (SIGKILL) in the middle of the intake and of the reading, and the line to
//! custodians is cut: what was acknowledged stays, readers go on, nothing opens with too few custodians.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::support::{KAIBIAO, World, eventually, identity, kaibiao, text, trust, words};
use kaibiao_crypto::SUITE_1;
use kaibiao_testkit::Running;
use serde_json::Value;

/// The whole test, with a machine that has other things to do.
const LIFE: Duration = Duration::from_mins(5);
const TENDER: &str = "zhuzhou-2022";

/// Kills the hall after a while and starts it with the data and the address of before.
fn kill_after(world: &mut World, millis: u64) {
    thread::sleep(Duration::from_millis(millis));
    world.hall.kill();
    world.start_hall_again();
}

/// A command of a person who tries until the hall has answered.
fn insist(command: Vec<String>) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        for _ in 0..40 {
            if kaibiao(&command).code == 0 {
                return;
            }
        }
        panic!("no answer to {command:?}");
    })
}

fn lines_of<'a>(log: &'a str, kind: &str) -> Vec<&'a str> {
    let name = format!(r#""kind":"{kind}""#);
    log.lines().filter(|line| line.contains(&name)).collect()
}

#[test]
fn a_hall_that_is_killed_keeps_every_receipt_and_its_readers_lose_nothing() {
    let mut world = World::open_at_ease(TENDER, 60);
    let reader = Reader::start(&world);
    for number in 1..=3 {
        world.seal(number, &format!("bid-{number}")).ok();
    }
    let submit = |number: usize| {
        let mut command = words("submit --no-wait");
        command.extend([text(&world.path(&format!("bid-{number}"))), "--hall".to_owned()]);
        command.push(world.url.clone());
        command.extend(trust());
        insist(command)
    };
    let submitting: Vec<_> = (1..=3).map(submit).collect();
    for millis in [60, 350, 10, 700, 150] {
        kill_after(&mut world, millis);
    }
    for one in submitting {
        one.join().unwrap();
    }
    kill_after(&mut world, 0); // the last receipt was given a moment ago
    world.wait_for_deadline();
    world.wait_for_phase("ready", 90);
    every_receipt_is_in_the_freeze(&world);

    for act in ["publish-bidders", "check-seals", "unseal price"] {
        world.host(act).ok();
    }
    world.wait_for_phase("published", 60);
    let mut read = words("host read-next --duration-ms 50");
    read.extend(world.at_lot());
    read.extend(identity(&format!("host-{TENDER}")));
    for millis in [30, 200, 5, 120, 60, 400, 15, 90] {
        if lines_of(&world.log(), "price-read").len() == 3 {
            break;
        }
        let command = read.clone();
        let asking = thread::spawn(move || kaibiao(&command));
        kill_after(&mut world, millis);
        drop(asking.join()); // answered, refused or cut: the log says what it did
    }
    while lines_of(&world.log(), "price-read").len() < 3 {
        kaibiao(&read).ok();
    }
    world.wait_for_phase("read", 60);

    // Who has followed since the intake, over every kill, saw each entry once, in its place.
    let log = world.log();
    let kept: Vec<&str> = log.lines().collect();
    for seen in reader.seen.join().unwrap() {
        let lines: Vec<&str> = seen.lines().filter(|line| line.starts_with("{\"i\":")).collect();
        assert_eq!(lines, kept[..lines.len()]);
    }
    assert_eq!(lines_of(&log, "price-read").len(), 3);
}

/// Somebody who follows the log until the prices are read, and begins anew if the command gives up.
struct Reader {
    /// What each of the commands printed.
    seen: thread::JoinHandle<Vec<String>>,
}

impl Reader {
    fn start(world: &World) -> Self {
        let mut command = words("watch --json --until read");
        command.extend(world.at_lot());
        command.extend(trust());
        let seen = thread::spawn(move || {
            let mut seen = Vec::new();
            loop {
                let done = kaibiao(&command);
                seen.push(done.text);
                if done.code == 0 {
                    return seen;
                }
            }
        });
        Self { seen }
    }
}

fn every_receipt_is_in_the_freeze(world: &World) {
    let log = world.log();
    let frozen: Value = serde_json::from_str(lines_of(&log, "set-frozen")[0]).unwrap();
    let bids = frozen["data"]["bids"].as_array().unwrap();
    assert_eq!(bids.len(), 3);
    for number in 1..=3 {
        let file = |name: &str| fs::read(world.path(&format!("bid-{number}")).join(name)).unwrap();
        let manifest = SUITE_1.hash(&file("manifest.json")).to_string();
        let bid = bids.iter().find(|bid| bid["manifest_sha256"] == *manifest).unwrap();
        assert_eq!(bid["status"], "current");
        let receipt: Value = serde_json::from_slice(&file("receipt.json")).unwrap();
        assert_eq!(bid["completed_at"], receipt["completed_at"]);
    }
}

/// A line to the hall that can be cut.
struct Line {
    url: String,
    cut: Arc<AtomicBool>,
}

impl Line {
    fn to(world: &World) -> Self {
        let hall = world.url.strip_prefix("http://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let cut = Arc::new(AtomicBool::new(false));
        let is_cut = Arc::clone(&cut);
        thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let far = TcpStream::connect(&hall).ok().filter(|_| !is_cut.load(Ordering::SeqCst));
                let Some(far) = far else { continue };
                for (from, to) in [(&near, &far), (&far, &near)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let is_cut = Arc::clone(&is_cut);
                    thread::spawn(move || pump(from, to, &is_cut));
                }
            }
        });
        Self { url, cut }
    }

    fn cut(&self, cut: bool) {
        self.cut.store(cut, Ordering::SeqCst);
    }
}

fn pump(mut from: TcpStream, mut to: TcpStream, cut: &AtomicBool) {
    from.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let mut buffer = [0; 8_192];
    while !cut.load(Ordering::SeqCst) {
        match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => {
                if to.write_all(&buffer[..count]).is_err() {
                    break;
                }
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => break,
        }
    }
    for stream in [from, to] {
        drop(stream.shutdown(std::net::Shutdown::Both));
    }
}

#[test]
fn custodians_behind_a_cut_line_hold_the_prices_back_until_it_is_mended() {
    let mut world = World::open_at_ease(TENDER, 40);
    let line = Line::to(&world);
    for number in [2, 3] {
        world.custodians[number - 1].kill();
        let mut command = Command::new(KAIBIAO);
        command.args(["custodian", "run", "--poll-ms", "150", "--hall", &line.url]);
        world.with_store(&mut command, number);
        command.args(identity(&format!("custodian-{number}"))).args(trust());
        let mut custodian = Running::start(command, LIFE).unwrap();
        custodian.wait_for("custodian: running").unwrap_or_else(|error| panic!("{error}"));
        world.custodians[number - 1] = custodian;
    }
    for number in 1..=3 {
        world.seal(number, &format!("bid-{number}")).ok();
        world.submit(&format!("bid-{number}"), &["--no-wait"]).ok();
    }
    world.wait_for_deadline();
    world.wait_for_phase("ready", 90);

    line.cut(true);
    for act in ["publish-bidders", "check-seals", "unseal price"] {
        world.host(act).ok();
    }
    let released = |world: &World| lines_of(&world.log(), "partials-received").len();
    eventually("one release", Duration::from_mins(1), || released(&world) == 1);
    thread::sleep(Duration::from_secs(3)); // twenty rounds of the other two
    assert_eq!((released(&world), world.phase().as_str()), (1, "unsealing-prices"));
    assert!(lines_of(&world.log(), "prices-published").is_empty());

    line.cut(false);
    world.wait_for_phase("published", 60);
    assert_eq!(lines_of(&world.log(), "prices-published").len(), 1);
}
