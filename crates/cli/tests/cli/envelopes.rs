//! An opening in two envelopes (双信封), and a consultation with a round of sealed prices in a lot of its
//! own, with all roles as separate processes.

use std::fs;
use std::time::{Duration, Instant};

use crate::support::{World, eventually, text};
use kaibiao_opening::Template;
use kaibiao_testkit::fixtures;
use serde_json::{Value, json};

/// The fixture of these openings.
const NAME: &str = "zhuzhou-2022";

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

/// Seals the sheet of a response, or the price of bidder `number`, for the tender in `tender`.
fn quote(world: &World, number: usize, folder: &str, sheet: Option<&str>) -> crate::support::Done {
    let tender = text(&world.path("tender"));
    let sheet = sheet.map(|name| text(&world.path(name)));
    let sealed = world.seal_with(number, folder, |command| {
        let place = |command: &[String], word: &str| {
            command.iter().position(|known| known == word).unwrap() + 1
        };
        let at = place(command, "--tender");
        command[at].clone_from(&tender);
        if let Some(sheet) = &sheet {
            let at = place(command, "--sheet");
            command[at].clone_from(sheet);
        }
    });
    if sealed.code != 0 {
        return sealed;
    }
    world.submit(folder, &["--no-wait"])
}

/// The form of the consultation, or of a round of it.
fn consultation(world: &World, lot: &str, change: impl FnOnce(&mut Value)) {
    let form = fs::read(fixtures().join("tenders/zhuzhou-2022.json")).unwrap();
    let mut form: Value = serde_json::from_slice(&form).unwrap();
    form["draft"]["template"] = json!("competitive-consultation");
    form["draft"]["lot"] = json!(lot);
    form["draft"]["retention_years"] = json!(15);
    change(&mut form["draft"]);
    fs::write(world.path("form.json"), form.to_string()).unwrap();
}

/// A hall with custodians, without a lot.
fn consulting() -> World {
    let mut world = World::empty(NAME);
    for number in 1..=3 {
        let custodian = world.start_custodian(number);
        world.custodians.push(custodian);
    }
    let fields = json!({"plan": "按采购需求实施"});
    fs::write(world.path("response.json"), json!({"fields": fields}).to_string()).unwrap();
    world
}

/// Publishes a lot for responses without prices (响应文件); gives its deadline.
fn publish_responses(world: &mut World, lot: &str, seconds: u64) -> Instant {
    let (_, id) = lot.split_once('/').unwrap();
    if world.path("tender").exists() {
        fs::remove_file(world.path("draft.json")).unwrap();
        fs::rename(world.path("tender"), world.path("tender-L1")).unwrap();
    }
    consultation(world, id, |draft| {
        let plan =
            json!({"key": "plan", "zh": "实施方案", "en": "Plan", "type": "text", "unit": null});
        draft["fields"] = json!([plan]);
        draft["ceiling"] = json!(null);
    });
    lot.clone_into(&mut world.lot);
    world.draft(NAME, seconds);
    world.deadline = Instant::now() + Duration::from_secs(seconds);
    world.begin(&format!("host-{NAME}")).ok();
    world.publish_ready(NAME);
    world.deadline
}

/// Responses are opened, one supplier is not invited, the others quote sealed prices in a lot of their
/// own.
#[test]
fn a_consultation_ends_with_a_sealed_round() {
    let mut world = consulting();
    let tender = world.lot.split('/').next().unwrap().to_owned();
    publish_responses(&mut world, &format!("{tender}/L1"), 25);
    for number in 1..=4 {
        quote(&world, number, &format!("response-{number}"), Some("response.json")).ok();
    }
    world.wait_for_deadline();
    world.wait_for_phase("ready", 20);
    open_envelope(&world, true);
    world.host("close").ok();
    let path = format!("/api/v1/lots/{}/record", world.lot);
    let (status, record) = world.http_text("GET", &path, b"");
    assert_eq!(status, 200);
    fs::write(world.path("record.json"), record).unwrap();

    // 最后报价: the fourth supplier is not invited.
    let code = |number: usize| world.fixture.bidders[number - 1].party.code.to_string();
    let codes: Vec<String> = (1..=4).map(code).collect();
    consultation(&world, "L1-R1", |_| {});
    fs::remove_file(world.path("draft.json")).unwrap();
    fs::rename(world.path("tender"), world.path("tender-responses")).unwrap();
    world.lot = format!("{tender}/L1-R1");
    let record = text(&world.path("record.json"));
    world.draft_with(NAME, 25, &["--round-of", &record, "--not-invited", &codes[3]]);
    world.deadline = Instant::now() + Duration::from_secs(25);
    world.begin(&format!("host-{NAME}")).ok();
    world.publish_ready(NAME);
    for number in 1..=3 {
        quote(&world, number, &format!("quote-{number}"), None).ok();
    }
    let stranger = quote(&world, 4, "quote-4", None);
    assert!(stranger.code != 0 && stranger.text.contains("E_NOT_INVITED"), "{}", stranger.text);
    let supervisor = "supervisor-zhuzhou-2022";
    let approve = |invited: &[String]| {
        let list: Vec<String> = invited.iter().map(|code| format!("--invited {code}")).collect();
        format!("supervisor approve-round 1 {}", list.join(" "))
    };
    assert_eq!(world.act(&approve(&codes), supervisor).code, 65);
    world.wait_for_deadline();
    world.wait_for_phase("ready", 20);
    world.host("publish-bidders").refused(3, "round-unapproved");
    world.act(&approve(&codes[..3]), supervisor).ok();
    open_envelope(&world, true);
    let log = world.log();
    assert!(log.contains(r#""total":{"#) && !log.contains(&format!("{}\"", codes[3])), "{log}");
    world.host("close").ok();
    assert_eq!(world.phase(), "closed");
    let verdict = world.verified();
    assert!(verdict.contains("TOTAL-PASSED"), "{verdict}");
}

/// One lot of a project fails for too few bidders, the other goes on by itself.
#[test]
fn each_lot_of_a_project_has_its_own_outcome() {
    let mut world = consulting();
    let tender = world.lot.split('/').next().unwrap().to_owned();
    let first = publish_responses(&mut world, &format!("{tender}/L1"), 35);
    let second = publish_responses(&mut world, &format!("{tender}/L2"), 20);
    assert!(first >= second);
    quote(&world, 1, "second-1", Some("response.json")).ok();
    fs::rename(world.path("tender"), world.path("tender-L2")).unwrap();
    fs::rename(world.path("tender-L1"), world.path("tender")).unwrap();
    world.lot = format!("{tender}/L1");
    for number in 1..=3 {
        quote(&world, number, &format!("first-{number}"), Some("response.json")).ok();
    }
    world.deadline = first;
    world.wait_for_deadline();
    world.wait_for_phase("ready", 20);
    world.lot = format!("{tender}/L2");
    world.wait_for_phase("failed", 20);
    world.host("publish-bidders").refused(3, "too-few-bidders");
    world.lot = format!("{tender}/L1");
    world.host("publish-bidders").ok();
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
    world.wait_for_destruction();

    let verdict = world.verified();
    assert!(verdict.contains("TOTAL-PASSED"), "{verdict}");
    assert!(verdict.contains("envelope 1: 3 passed, 1 did not"), "{verdict}");
}
