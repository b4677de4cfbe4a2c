//! `kaibiao ceremony new` and `status`: who is waited for, and what is refused.

use std::fs;
use std::time::Duration;

use crate::support::{Done, World, eventually, kaibiao, text, trust, words};
use kaibiao_testkit::keys_dev;
use serde_json::Value;

/// A hall without custodians and a draft that is not announced.
fn drafted() -> World {
    let world = World::empty("works-12");
    world.draft("works-12", 60);
    world
}

fn status(world: &World, options: &[String]) -> Done {
    let mut command = words("--lang en ceremony status");
    command.extend(world.at_lot());
    command.extend_from_slice(options);
    kaibiao(command)
}

fn facts(world: &World) -> Value {
    let mut options = trust();
    options.push("--json".to_owned());
    let text = status(world, &options).ok();
    let line = text.lines().find(|line| line.starts_with('{')).unwrap();
    serde_json::from_str(line).unwrap()
}

#[test]
fn status_names_everybody_who_is_waited_for() {
    let mut world = drafted();
    world.begin("host-works-12").ok();
    let first = status(&world, &[]).ok();
    for words in [
        "phase: unpublished",
        "custodians: 2 of 3",
        "waiting_for: announce: 1, 2, 3",
        "signatures: not checked",
        "kaibiao: waiting for custodian 1, 2, 3 to announce its keys",
        "the hall's word",
    ] {
        assert!(first.contains(words), "{words}: {first}");
    }
    let facts_of = |value: &Value, name: &str| value[name].as_str().unwrap().to_owned();
    for number in 1..=2 {
        let custodian = world.start_custodian(number);
        world.custodians.push(custodian);
    }
    eventually("custodian 3 is the last", Duration::from_secs(20), || {
        facts_of(&facts(&world), "waiting_for") == "announce: 3"
    });
    let seen = facts(&world);
    assert_eq!((&seen["ready"], &seen["rehearsals"]), (&Value::Bool(false), &Value::from(0)));
    assert_eq!(facts_of(&seen, "signatures"), "verified");
    assert!(facts_of(&seen, "custodian_1").ends_with(": announce"), "{seen}");
    assert!(facts_of(&seen, "custodian_3").ends_with(": -"), "{seen}");
    assert_eq!(facts_of(&seen, "session").len(), 64);

    let custodian = world.start_custodian(3);
    world.custodians.push(custodian);
    eventually("the host is waited for", Duration::from_secs(20), || {
        facts_of(&facts(&world), "waiting_for") == "publish: host"
    });
    let seen = facts(&world);
    assert_eq!((&seen["ready"], &seen["rehearsals"]), (&Value::Bool(true), &Value::from(1)));
    let all = ": announce, round1, certify-dkg, sign-record, rehearsal-partial";
    assert!((1..=3).all(|n| facts_of(&seen, &format!("custodian_{n}")).ends_with(all)), "{seen}");
    world.publish_ready("works-12");
    let seen = facts(&world);
    assert_eq!(facts_of(&seen, "waiting_for"), "nobody");
    assert_eq!(facts_of(&seen, "phase"), "receiving");
}

#[test]
fn what_is_no_ceremony_of_ones_own_is_refused() {
    let world = drafted();
    status(&world, &[]).refused(65, "unknown-lot");
    world.begin("host-zhuzhou-2022").refused(77, "wrong-role"); // the draft names another host
    world.begin("custodian-1").refused(77, "wrong-role");
    status(&world, &[]).refused(65, "unknown-lot");
    let good = fs::read(world.path("draft.json")).unwrap();
    fs::write(world.path("draft.json"), &good[..good.len() - 2]).unwrap();
    world.begin("host-works-12").refused(65, "bad-input");
    fs::write(world.path("draft.json"), &good).unwrap();
    world.begin("host-works-12").ok();
    // Once more the same draft is the same ceremony; another draft for the lot is refused.
    let session = facts(&world)["session"].clone();
    world.begin("host-works-12").ok();
    assert_eq!(facts(&world)["session"], session);
    fs::remove_file(world.path("draft.json")).unwrap();
    world.draft("works-12", 90);
    assert_ne!(world.begin("host-works-12").code, 0);
    assert_eq!(facts(&world)["session"], session);

    // With a trust list the hall is not believed: here it is one that trusts none of them.
    let list = |name: &str| ["--trust".to_owned(), text(&world.path(name))];
    status(&world, &list("absent.json")).refused(66, "cannot-read");
    let known = fs::read_to_string(keys_dev().join("trust.json")).unwrap();
    let known: Value = serde_json::from_str(&known).unwrap();
    let codes = [0, 1].map(|kept| {
        let mut strict = known.clone();
        strict["anchors"] = Value::from(vec![known["anchors"][kept].clone()]);
        fs::write(world.path("strict.json"), strict.to_string()).unwrap();
        let done = status(&world, &list("strict.json"));
        assert!(done.code == 0 || done.text.contains("[untrusted-certificate]"), "{}", done.text);
        done.code
    });
    assert!(codes == [0, 77] || codes == [77, 0], "the host is under one of the two: {codes:?}");

    // There is one name for it.
    let old = kaibiao(words("tender create --hall http://127.0.0.1:9 --draft d --cert c --key k"));
    assert_eq!(old.code, 64, "{}", old.text);
}
