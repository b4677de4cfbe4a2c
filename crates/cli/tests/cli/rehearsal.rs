//! `kaibiao ceremony rehearse`: does every custodian still hold its share, does the key open?

use std::time::Duration;

use crate::support::{Done, World, eventually, identity, kaibiao, text, trust, words};
use serde_json::{Value, json};

const HOST: &str = "host-works-12";

/// A hall with a ceremony that is begun, and these custodians.
fn begun(custodians: &[usize]) -> World {
    let mut world = World::empty("works-12");
    world.draft("works-12", 120);
    world.begin(HOST).ok();
    for number in custodians {
        let custodian = world.start_custodian(*number);
        world.custodians.push(custodian);
    }
    world
}

fn rehearse(world: &World, who: &str, wait: &str) -> Done {
    let mut command = words("--lang en ceremony rehearse");
    command.extend(world.at_lot());
    command.extend(identity(who));
    command.extend(trust());
    command.extend(words(&format!("--wait {wait}")));
    kaibiao(command)
}

/// The facts of a rehearsal with its exit code.
fn facts(world: &World, wait: &str) -> (i32, Value) {
    let mut command = words("--lang en ceremony rehearse --json");
    command.extend(world.at_lot());
    command.extend(identity(HOST));
    command.extend(trust());
    command.extend(words(&format!("--wait {wait}")));
    let done = kaibiao(command);
    (done.code, object(&done.text))
}

fn object(text: &str) -> Value {
    let line = text.lines().find(|line| line.starts_with('{'));
    serde_json::from_str(line.unwrap_or_else(|| panic!("{text}"))).unwrap()
}

fn status(world: &World) -> Value {
    let mut command = words("--lang en ceremony status --json");
    command.extend(world.at_lot());
    command.extend(trust());
    object(&kaibiao(command).ok())
}

fn ready(world: &World) {
    eventually("the ceremony is complete", Duration::from_secs(30), || {
        status(world)["waiting_for"] == "publish: host"
    });
}

/// How many rehearsals the published bundle has, as an auditor reads it.
fn published(world: &World) -> Value {
    let mut command = words("inspect --json");
    command.push(text(&world.path("tender/ceremony-bundle.json")));
    object(&kaibiao(command).ok())["rehearsals"].clone()
}

#[test]
fn the_host_rehearses_twice_and_never_after_publication() {
    let mut world = begun(&[1, 2]);
    rehearse(&world, HOST, "1s").refused(3, "not-ready");
    let third = world.start_custodian(3);
    world.custodians.push(third);
    ready(&world);
    rehearse(&world, "custodian-1", "1s").refused(77, "wrong-role");
    rehearse(&world, "host-zhuzhou-2022", "1s").refused(77, "wrong-role");
    assert_eq!(status(&world)["rehearsals_left"], 2, "nothing was posted");

    let text = rehearse(&world, HOST, "20s").ok();
    for words in ["rehearsal: 2", "answered: 1, 2, 3", "opened: yes", "rehearsals_left: 1"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let seen = status(&world);
    assert_eq!((&seen["rehearsals"], &seen["rehearsals_left"]), (&json!(2), &json!(1)));
    assert_eq!((&seen["ready"], &seen["waiting_for"]), (&json!(true), &json!("publish: host")));

    // One custodian is away: the key opens, and the host knows whom to call.
    world.custodians[2].kill();
    let (code, seen) = facts(&world, "2s");
    assert_eq!(code, 2, "{seen}");
    assert_eq!((&seen["missing"], &seen["wrong"]), (&json!("3"), &json!("")));
    assert_eq!((&seen["opened"], &seen["rehearsals"]), (&json!("yes"), &json!(2)));
    assert_eq!(status(&world)["waiting_for"], "rehearsal-partial-3: 3");
    // Back again: the same rehearsal goes on, and none is spent.
    let third = world.start_custodian(3);
    world.custodians.push(third);
    let (code, seen) = facts(&world, "20s");
    assert_eq!((code, &seen["rehearsal"], &seen["rehearsals"]), (0, &json!(3), &json!(3)));

    rehearse(&world, HOST, "1s").refused(3, "out-of-order");
    world.publish_ready("works-12");
    assert_eq!(published(&world), 3);
    rehearse(&world, HOST, "1s").refused(3, "out-of-order");
    let seen = status(&world);
    assert_eq!((&seen["rehearsals"], &seen["rehearsals_left"]), (&json!(3), &json!(0)));
}

#[test]
fn a_rehearsal_without_enough_custodians_stops_nothing_and_ends_with_publication() {
    let mut world = begun(&[1, 2, 3]);
    ready(&world);
    for custodian in &mut world.custodians[1..] {
        custodian.kill();
    }
    let (code, seen) = facts(&world, "2s");
    assert_eq!(code, 2, "{seen}");
    assert_eq!((&seen["answered"], &seen["missing"]), (&json!("1"), &json!("2, 3")));
    assert_eq!((&seen["opened"], &seen["rehearsals"]), (&json!("unknown"), &json!(1)));

    // What the command would never send, by plain HTTP: nothing of it is kept.
    let path = format!("/api/v1/lots/{}/rehearsals", world.lot);
    let post = |kind: &str| {
        let body = json!({"kind": kind, "body_b64": "AA==", "cms_b64": "AA=="});
        let (status, problem) = world.http("POST", &path, body.to_string().as_bytes());
        (status, problem["label"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(post("rehearsal-object-4").1, "unknown-command");
    assert_eq!(post("rehearsal-object").1, "bad-proof");
    assert_eq!(post("rehearsal-partial-3").1, "bad-proof");
    assert_eq!(post("rehearsal-object-3").1, "bad-proof");
    assert_eq!(status(&world)["rehearsals_left"], 1);

    world.publish_ready("works-12");
    assert_eq!(published(&world), 1);
    assert_eq!(post("rehearsal-object-3"), (409, "out-of-order".to_owned()));
    for number in [2, 3] {
        let custodian = world.start_custodian(number);
        world.custodians.push(custodian);
    }
    let ready = |number: usize| world.path(&format!("custodian-{number}/{}/ready", world.lot));
    eventually("READY at every custodian", Duration::from_secs(20), || {
        (1..=3).all(|number| ready(number).exists())
    });
    let board = format!("/api/v1/lots/{}/board?since=0", world.lot);
    let (_, board) = world.http("GET", &board, b"");
    let second = |m: &&Value| m["kind"] == "rehearsal-partial-2";
    assert_eq!(board["messages"].as_array().unwrap().iter().filter(second).count(), 1);
}
