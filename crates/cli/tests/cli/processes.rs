//! All roles as separate processes, with custodians that fail and bids that are wrong.

use std::fs;

use crate::support::{World, kaibiao, text, trust, words};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_testkit::keys_dev;
use kaibiao_types::UtcMillis;
use serde_json::Value;

#[test]
fn one_custodian_short_opens_after_notice_and_approvals() {
    let mut world = World::open_at_ease("zhuzhou-2022", 30);
    for number in 1..=4 {
        world.seal(number, &format!("bid-{number}")).ok();
    }
    for number in 1..=3 {
        let text = world.submit(&format!("bid-{number}"), &["--no-wait"]).ok();
        assert!(text.contains("receipt: "), "{text}");
    }
    // A repeated submission gives the same receipt and waits for its proof.
    assert!(world.submit("bid-1", &[]).ok().contains("proof: verified"));

    // Nobody opens early, and the attempt is on record without a name of a bidder.
    world.host("unseal price").refused(3, "too-early");
    let log = world.log();
    assert!(log.contains(r#""kind":"refused""#) && log.contains("too-early"), "{log}");
    assert!(!log.contains(&world.fixture.bidders[0].party.name));
    wrong_sealing_is_refused(&world);
    wrong_bids_are_refused(&world);
    wrong_bids_are_refused_by_the_hall(&world);

    // A bid is replaced by a later one that names it, and by no other.
    let old = text(&world.path("bid-2"));
    world.seal_with(2, "bid-2b", |c| c.extend(["--supersedes".to_owned(), old.clone()])).ok();
    world.submit("bid-2b", &["--no-wait"]).ok();
    world.submit("bid-2", &["--no-wait"]).ok(); // its receipt stays what it was
    world
        .seal_with(3, "bid-3b", |c| c.extend(["--supersedes".to_owned(), old]))
        .refused(65, "bad-input");
    let mut watch = world.watch_until("ready");

    world.custodians[2].kill();
    a_lost_share_is_recovered(&world);
    world.wait_for_deadline();
    world.submit("bid-4", &[]).refused(3, "late");
    assert!(!world.path("bid-4/receipt.json").exists());
    the_hall_signed_what_it_did(&world);

    world.wait_for_phase("degraded-notice", 15);
    world.host("approve-degraded").ok();
    world.act("supervisor approve-degraded", "supervisor-zhuzhou-2022").ok();
    world.wait_for_phase("ready", 10);
    assert!(watch.wait_exit().unwrap().success(), "{}", watch.output());
    let log = watch.output();
    assert!(log.contains(r#""status":"superseded""#) && log.contains(r#""bidders":3"#), "{log}");
    assert_eq!(world.host("close").code, 3);
    // With two custodians present, both had to release.
    let verdict = open_and_close(&world, partials_are_carried_by_file);
    two_shares_are_destroyed(&world, &verdict);
    let log = world.log();
    assert!(log.contains(r#""kind":"freeze-degraded","data":{"absent":[3]"#), "{log}");

    // The custodian that was away comes back: its share goes too, and the package is made anew.
    world.custodians[2] = world.start_custodian(3);
    let late = world.path("late.asice");
    crate::support::eventually("a newer package", std::time::Duration::from_mins(1), || {
        let mut download = words("evidence");
        download.extend(world.at_lot());
        download.extend(["--out".to_owned(), text(&late)]);
        drop(fs::remove_file(&late));
        kaibiao(download).ok();
        let mut verify = words("verify --lang en");
        verify.push(text(&late));
        verify.extend(trust());
        !kaibiao(verify).ok().contains("are destroyed: custodians")
    });
    assert!(!world.path("custodian-3").join(&world.lot).join("share.key").exists());
}

/// One bidder with its agent, one without, one signed in by the host. What tells who a person is stays
/// on the bidder's machine: the log has a digest of salt and file.
fn sign_in(world: &World) {
    fs::write(world.path("letter.pdf"), b"a letter").unwrap();
    fs::write(world.path("person.txt"), "430200199001010000").unwrap();
    let (letter, person) = (text(&world.path("letter.pdf")), text(&world.path("person.txt")));
    let bidders = &world.fixture.bidders;
    let with_agent = format!(
        "bidder sign-in --agent 张三 --letter {letter} --person {person} --salt-out {}",
        text(&world.path("salt.txt"))
    );
    world.act(&with_agent, &bidders[0].identity).ok();
    world.act("bidder sign-in", &bidders[1].identity).ok();
    let code = &bidders[2].party.code;
    let emergency = format!("emergency-sign-in --bidder {code} --reason 电脑故障");
    world.host(&emergency).ok();
    world.host(&emergency).refused(3, "already-done");
    let salt = fs::read_to_string(world.path("salt.txt")).unwrap();
    let salt: Vec<u8> =
        (0..16).map(|i| u8::from_str_radix(&salt[2 * i..2 * i + 2], 16).unwrap()).collect();
    let digest = kaibiao_crypto::SUITE_1.hash(&[&salt[..], b"430200199001010000"].concat());
    let log = world.log();
    assert!(log.contains(&format!("\"person\":\"{digest}\"")), "{log}");
    assert!(!log.contains("430200199001010000"), "{log}");
}

/// From a complete freeze to a verified package; `published` looks on once the prices are public.
fn open_and_close(world: &World, published: impl FnOnce(&World)) -> String {
    sign_in(world);
    world.host("check-seals").refused(3, "step-turn");
    world.host("publish-bidders").ok();
    let code = &world.fixture.bidders[0].party.code;
    let found = format!("check-bidder --bidder {code} --identity fits --bond unknown");
    world.host(&found).refused(3, "reason-missing");
    world.host(&format!("{found} --reason 保函待核实")).ok();
    world.host("check-seals").ok();
    world.host("announce-ceiling").ok();
    world.host("unseal price").ok();
    world.wait_for_phase("published", 15);
    let log = world.log();
    assert!(
        log.contains(r#""consortium":[{"code":"914403001922038216","name":"示例成员"}]"#),
        "{log}"
    );
    assert!(log.contains(r#""identity":"fits","bond":"unknown","reason":"保函待核实""#), "{log}");
    assert!(log.contains(r#""kind":"ceiling-announced""#), "{log}");
    published(world);
    world.host("read-all --interval-ms 20").ok();
    world.wait_for_phase("read", 10);
    let first = world.fixture.bidders[0].identity.clone();
    world.act("bidder confirm", &first).ok();
    world.act("bidder object 报价大写有误", &first).ok();
    world.host("unseal documents").ok();
    crate::support::eventually("documents", std::time::Duration::from_secs(15), || {
        world.log().contains(r#""kind":"documents-opened""#)
    });
    // An objection is answered before the opening ends.
    let early = world.host("generate-record");
    if early.code == 0 {
        world.host("close").refused(3, "objection-open");
    } else {
        early.refused(3, "objection-open");
    }
    world.host("answer 1 已核对，大写无误").ok();
    if world.phase() != "record-generated" {
        world.host("generate-record").ok();
    }
    world.host("sign-record").ok();
    let mut sign = words("supervisor sign-record");
    sign.extend(world.at_lot());
    sign.extend(crate::support::identity("supervisor-zhuzhou-2022"));
    sign.extend(trust());
    kaibiao(sign).ok();
    world.act("bidder sign-record", &first).ok();
    world.host("close").ok();
    let package = world.path("evidence.asice");
    let mut download = words("evidence");
    download.extend(world.at_lot());
    download.extend(["--out".to_owned(), text(&package)]);
    crate::support::eventually("the package", std::time::Duration::from_secs(15), || {
        kaibiao(&download).code == 0
    });
    let mut verify = words("verify --lang en");
    verify.push(text(&package));
    verify.extend(trust());
    let verdict = kaibiao(verify).ok();
    assert!(verdict.contains("TOTAL-PASSED"), "{verdict}");
    verdict
}

/// Two custodians have said that their shares are gone, the one that is away has not.
fn two_shares_are_destroyed(world: &World, verdict: &str) {
    assert!(verdict.contains("are destroyed: custodians 3"), "{verdict}");
    let folder = |n: usize| world.path(&format!("custodian-{n}")).join(&world.lot);
    for (number, held) in [(1, false), (2, false), (3, true)] {
        assert_eq!(folder(number).join("share.key").exists(), held, "{number}");
        assert!(folder(number).join("cosign.key").exists(), "{number}: heads are still cosigned");
        assert!(!folder(number).join("released-price.json").exists(), "{number}");
    }
}

/// Ruling 20: what a custodian released is a file that anybody may hand in; the signature counts.
fn partials_are_carried_by_file(world: &World) {
    let released = world.path("custodian-1").join(&world.lot).join("released-price.json");
    let carry = |file: &std::path::Path, hall: &str| {
        let file = text(file);
        kaibiao(["--lang", "en", "custodian", "carry", &file, "--hall", hall])
    };
    let done = carry(&released, &world.url).ok();
    assert!(done.contains("custodian: 1") && done.contains("part: price"), "{done}");
    let good = fs::read_to_string(&released).unwrap();
    let other =
        fs::read_to_string(world.path("custodian-2").join(&world.lot).join("released-price.json"))
            .unwrap();
    // The body of one with the signature of another, and files that are none.
    let cms = |text: &str| {
        let value: Value = serde_json::from_str(text).unwrap();
        value["cms"].as_str().unwrap().to_owned()
    };
    let crossed = good.replace(&cms(&good), &cms(&other));
    for (name, content, code, label) in [
        ("crossed.json", crossed, 1, "broken-signature"),
        ("cut.json", good[..good.len() / 2].to_owned(), 65, "bad-input"),
        ("nothing.json", "{}".to_owned(), 65, "bad-input"),
    ] {
        let path = world.path(name);
        fs::write(&path, content).unwrap();
        carry(&path, &world.url).refused(code, label);
    }
    carry(&world.path("absent.json"), &world.url).refused(66, "cannot-read");
}

/// What cannot be sealed is said before anything is written.
fn wrong_sealing_is_refused(world: &World) {
    let set = |name: &str, value: String| {
        let name = name.to_owned();
        move |command: &mut Vec<String>| {
            let place = command.iter().position(|word| *word == name).unwrap();
            command[place + 1].clone_from(&value);
        }
    };
    let file = |name: &str, content: &str| {
        fs::write(world.path(name), content).unwrap();
        text(&world.path(name))
    };
    let id = |name: &str, kind: &str| text(&keys_dev().join(format!("id/{name}.{kind}.pem")));
    let seal = |change: &dyn Fn(&mut Vec<String>)| {
        let done = world.seal_with(4, "wrong", change);
        assert!(!world.path("wrong").exists());
        done
    };
    let fields = r#""fields":{"service_months":"12","response":"1"}}"#;
    let dollars =
        file("usd.json", &format!(r#"{{"total":{{"minor":1,"currency":"USD"}},{fields}"#));
    seal(&set("--sheet", dollars)).refused(65, "bad-input");
    let missing = file("less.json", r#"{"total":{"minor":1,"currency":"CNY"},"fields":{}}"#);
    assert!(seal(&set("--sheet", missing)).refused(65, "bad-input").contains("service_months"));
    seal(&set("--document", text(&world.path("nothing.pdf")))).refused(66, "cannot-read");
    seal(&set("--document", text(world.dir.path()))).refused(66, "cannot-read");
    let second = text(&world.path("document.pdf"));
    seal(&|c: &mut Vec<String>| c.extend(["--document".to_owned(), second.clone()]))
        .refused(64, "usage");
    seal(&set("--key", id("hall", "key"))).refused(77, "key-mismatch");
    seal(&|c: &mut Vec<String>| {
        set("--cert", id("expired", "chain"))(c);
        set("--key", id("expired", "key"))(c);
    })
    .refused(77, "untrusted-certificate");
    // A tender folder with one changed term: nobody seals to it.
    fs::create_dir(world.path("forged")).unwrap();
    for file in fs::read_dir(world.path("tender")).unwrap() {
        let file = file.unwrap();
        let bytes = fs::read(file.path()).unwrap();
        let text =
            String::from_utf8_lossy(&bytes).replace("\"min_bidders\":3", "\"min_bidders\":4");
        let forged = if file.file_name() == "tender.json" { text.into_bytes() } else { bytes };
        fs::write(world.path("forged").join(file.file_name()), forged).unwrap();
    }
    seal(&set("--tender", text(&world.path("forged")))).refused(1, "broken-signature");
    world.seal(1, "bid-1").refused(73, "cannot-write");
}

/// The hall takes nobody's word for it: the same wrong bids without the checks of the command.
fn wrong_bids_are_refused_by_the_hall(world: &World) {
    let (entries, label) = (world.log().lines().count(), |problem: &Value| {
        problem["label"].as_str().unwrap_or_default().to_owned()
    });
    for (folder, expected) in [
        ("unsigned", "broken-signature"),
        ("resigned", "broken-signature"),
        ("other-lot", "wrong-lot"),
        ("swapped", "wrong-context"),
    ] {
        let (status, problem) = world.post_raw(folder);
        assert!(status >= 400, "{folder}: {status}");
        assert_eq!(label(&problem), expected, "{folder}: {problem}");
        // Only whoever is known by a signature that holds has the reason signed.
        let known = folder == "swapped";
        assert_eq!(problem["refusal"].is_object(), known, "{folder}: {problem}");
    }
    let (status, upload) = world.post_raw("bid-4");
    assert!(status < 300, "{status}: {upload}");
    let slice = |part: &str, n: u32| {
        format!("/api/v1/uploads/{}/{part}/{n}", upload["upload"].as_str().unwrap())
    };
    let commit = format!("/api/v1/uploads/{}/commit", upload["upload"].as_str().unwrap());
    let price = fs::read(world.path("bid-4/price.kbf")).unwrap();
    assert_eq!(label(&world.http("PUT", &slice("price", 0), &price[1..]).1), "bad-slice");
    assert_eq!(label(&world.http("PUT", &slice("price", 1), &price).1), "bad-slice");
    assert!(world.http("POST", &commit, b"").0 >= 400);
    let mut documents = fs::read(world.path("bid-4/documents.kbf")).unwrap();
    *documents.last_mut().unwrap() ^= 1;
    assert!(world.http("PUT", &slice("price", 0), &price).0 < 300);
    let (status, problem) = world.http("PUT", &slice("documents", 0), &documents);
    assert_eq!((status, label(&problem).as_str()), (422, "wrong-slice"), "{problem}");
    let told = statement(&problem["refusal"]);
    assert_eq!((&told["kind"], &told["call"]), (&"intake-refusal".into(), &"slice".into()));
    assert_eq!((&told["part"], &told["slice"]), (&"documents".into(), &0.into()));
    assert_eq!(told["label"], "wrong-slice");
    let (status, problem) = world.http("POST", &commit, b"");
    assert_eq!((status, label(&problem).as_str()), (422, "truncated-object"), "{problem}");
    assert_eq!(statement(&problem["refusal"])["call"], "commit");
    // Ticks go on; nothing else is in the log.
    let later = world.log();
    assert!(later.lines().skip(entries).all(|line| line.contains(r#""kind":"tick""#)), "{later}");
}

/// The exact statement in what the hall signed.
fn statement(signed: &Value) -> Value {
    let bytes = STANDARD.decode(signed["statement_b64"].as_str().unwrap()).unwrap();
    assert!(!signed["cms_b64"].as_str().unwrap().is_empty());
    serde_json::from_slice(&bytes).unwrap()
}

/// A received bid has the progress of its upload beside its receipt, one that came too late the reason.
fn the_hall_signed_what_it_did(world: &World) {
    let lines = |file: &str| {
        let text = fs::read_to_string(world.path(file)).unwrap();
        let lines = text.lines().map(|line| statement(&serde_json::from_str(line).unwrap()));
        lines.collect::<Vec<Value>>()
    };
    let progress = lines("bid-1/progress.json");
    assert_eq!(progress.len(), 1);
    let receipt = fs::read(world.path("bid-1/receipt.json")).unwrap();
    let receipt: Value = serde_json::from_slice(&receipt).unwrap();
    assert_eq!(progress[0]["manifest_sha256"], receipt["manifest_sha256"]);
    let parts = progress[0]["parts"].as_array().unwrap();
    assert!(parts.len() == 2 && parts.iter().all(|part| part["stored"][0][0] == 0), "{parts:?}");
    assert!(!world.path("bid-1/refusals.jsonl").exists());
    let refusals = lines("bid-4/refusals.jsonl");
    let last = refusals.last().unwrap();
    assert_eq!((&last["label"], &last["call"]), (&"late".into(), &"begin".into()));
    assert!(last["at"].as_u64() >= last["deadline"].as_u64());
}

/// Wrong bids are named as what they are; nothing of them reaches the log or the folder.
fn wrong_bids_are_refused(world: &World) {
    let copy = |name: &str| {
        fs::create_dir(world.path(name)).unwrap();
        for file in fs::read_dir(world.path("bid-4")).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), world.path(name).join(file.file_name())).unwrap();
        }
    };
    let edit = |name: &str, file: &str, change: &dyn Fn(&mut Vec<u8>)| {
        copy(name);
        let path = world.path(name).join(file);
        let mut bytes = fs::read(&path).unwrap();
        change(&mut bytes);
        fs::write(path, bytes).unwrap();
    };
    edit("cut", "documents.kbf", &|bytes| bytes.truncate(bytes.len() - 1));
    world.submit("cut", &[]).refused(1, "truncated-object");
    edit("altered", "documents.kbf", &|bytes| *bytes.last_mut().unwrap() ^= 1);
    world.submit("altered", &[]).refused(1, "altered-object");
    edit("converted", "price.kbf", &|bytes| {
        *bytes = String::from_utf8_lossy(bytes).replace("\r\n", "\n").into_bytes();
    });
    let words = world.submit("converted", &[]).refused(1, "altered-object");
    assert!(words.contains("re-encoded as text"), "{words}");
    edit("unsigned", "manifest.p7s", &|bytes| *bytes.last_mut().unwrap() ^= 1);
    world.submit("unsigned", &[]).refused(1, "broken-signature");
    edit("resigned", "manifest.json", &|bytes| {
        *bytes = String::from_utf8_lossy(bytes)
            .replace("\"client\":\"cli\"", "\"client\":\"file\"")
            .into_bytes();
    });
    world.submit("resigned", &[]).refused(1, "broken-signature");
    edit("swapped", "price.kbf", &|bytes| {
        *bytes = fs::read(world.path("bid-1/price.kbf")).unwrap();
    });
    world.submit("swapped", &[]).refused(1, "altered-object");
    world.submit("bid-4", &["--lot", "ZZ-ZFCG-2022-0705/another"]).refused(1, "wrong-lot");
    edit("other-lot", "manifest.json", &|bytes| {
        *bytes = String::from_utf8_lossy(bytes).replace("0705-1", "0705-9").into_bytes();
    });
    world.submit("other-lot", &[]).refused(65, "unknown-lot");
    for name in ["cut", "altered", "converted", "unsigned", "resigned", "swapped", "other-lot"] {
        assert!(!world.path(name).join("receipt.json").exists(), "{name}");
    }
}

#[test]
fn two_custodians_short_unseal_nothing_until_one_is_back() {
    let mut world = World::open_at_ease("zhuzhou-2022", 30);
    for number in 1..=3 {
        world.seal(number, &format!("bid-{number}")).ok();
        world.submit(&format!("bid-{number}"), &["--no-wait"]).ok();
    }
    world.custodians[1].kill();
    world.custodians[2].kill();
    world.wait_for_deadline();
    crate::support::eventually("the last tick", std::time::Duration::from_mins(1), || {
        let log = world.log();
        let entries = log.lines().map(|line| serde_json::from_str(line).unwrap());
        let entries: Vec<Value> = entries.collect();
        let deadline = entries[0]["data"]["deadline"].as_u64();
        entries.iter().any(|entry| entry["kind"] == "tick" && entry["at"].as_u64() >= deadline)
    });
    let refused = world.host("unseal price");
    assert_eq!(refused.code, 3, "{}", refused.text);
    let log = world.log();
    for kind in ["set-frozen", "partials-received", "prices-published"] {
        assert!(!log.contains(&format!(r#""kind":"{kind}""#)), "{log}");
    }
    world.custodians[1] = world.start_custodian(2);
    world.wait_for_phase("degraded-notice", 60);
    world.host("approve-degraded").ok();
    world.act("supervisor approve-degraded", "supervisor-zhuzhou-2022").ok();
    world.wait_for_phase("ready", 60);
    world.host("publish-bidders").ok();
    world.host("check-seals").ok();
    world.host("unseal price").ok();
    world.wait_for_phase("published", 60);
    let log = world.log();
    for bidder in &world.fixture.bidders[..3] {
        assert!(log.contains(&bidder.sheet.total.minor().to_string()), "{log}");
    }
}

#[test]
fn too_few_bidders_stay_sealed_and_foreign_ceremonies_are_refused() {
    let world = World::open_at_ease("zhuzhou-2022", 30);
    for number in 1..=2 {
        world.seal(number, &format!("bid-{number}")).ok();
        world.submit(&format!("bid-{number}"), &["--no-wait"]).ok();
    }
    // Before the deadline no journal is taken, or even read: it would tell how far the log has grown.
    for act in ["retired", "opened"] {
        assert_eq!(post_journal(&world, act), (409, "not-ready".to_owned()));
    }
    let other = World::open("zhuzhou-2022", 240);
    // Sealed for the same lot by the key of another ceremony.
    world.seal(3, "bid-3").ok();
    fs::create_dir(other.path("bid-3")).unwrap();
    for file in fs::read_dir(world.path("bid-3")).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), other.path("bid-3").join(file.file_name())).unwrap();
    }
    other.submit("bid-3", &[]).refused(65, "unknown-ceremony");
    assert_eq!(other.post_raw("bid-3").1["label"], "unknown-ceremony");
    assert!(!other.path("bid-3/receipt.json").exists());

    world.wait_for_deadline();
    world.wait_for_phase("failed", 60);
    world.host("unseal price").refused(3, "too-few-bidders");
    let log = world.log();
    assert!(log.contains(r#""kind":"too-few-bidders","data":{"bidders":2,"min":3}"#), "{log}");
    assert!(!log.contains("partials-received") && !log.contains("prices-published"), "{log}");
    // What stays sealed stays sealed for good, and the package says so.
    crate::support::eventually(
        "every share is destroyed",
        std::time::Duration::from_mins(1),
        || world.log().matches(r#""kind":"key-destroyed""#).count() == 3,
    );
    let package = world.path("failed.asice");
    let mut download = words("evidence");
    download.extend(world.at_lot());
    download.extend(["--out".to_owned(), text(&package)]);
    crate::support::eventually("the package", std::time::Duration::from_mins(1), || {
        kaibiao(&download).code == 0
    });
    let mut verify = words("verify --lang en");
    verify.push(text(&package));
    verify.extend(trust());
    let verdict = kaibiao(verify).ok();
    assert!(!verdict.contains("are destroyed: custodians"), "{verdict}");
    assert!(!verdict.contains("no journal signed at the end"), "{verdict}");
    let before = world.log();
    assert_eq!(before.matches(r#""moment":"close""#).count(), 3, "{before}");
    // What its custodian did not sign changes nothing.
    assert_eq!(post_journal(&world, "retired"), (422, "broken-signature".to_owned()));
    assert_eq!(world.log(), before);
}

/// What the hall answers to an unsigned journal of the end with one act.
fn post_journal(world: &World, act: &str) -> (u16, String) {
    let journal = STANDARD.encode(format!("{{\"act\":\"{act}\",\"at\":1}}\n"));
    let body =
        format!(r#"{{"custodian":1,"moment":"close","journal_b64":"{journal}","cms_b64":"MAA="}}"#);
    let path = format!("/api/v1/lots/{}/journals", world.lot);
    let (status, problem) = world.http("POST", &path, body.as_bytes());
    (status, problem["label"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn a_small_site_runs_its_custodians_itself() {
    let dir = tempfile::tempdir().unwrap();
    let mut serve = std::process::Command::new(crate::support::KAIBIAO);
    serve.args(["serve", "--dev", "--listen", "127.0.0.1:0", "--data"]);
    serve.arg(dir.path().join("hall")).args(crate::support::identity("hall")).args(trust());
    for number in 1..=3 {
        let id = |kind: &str| text(&keys_dev().join(format!("id/custodian-{number}.{kind}.pem")));
        serve.arg("--custodian-identity").arg(format!("{}:{}", id("chain"), id("key")));
    }
    let world = World::open_with(serve, dir, "works-12", 30);
    assert_eq!(world.phase(), "receiving");
    let mut check = words("ceremony check");
    check.push(text(&world.path("tender/ceremony-bundle.json")));
    check.extend(trust());
    assert!(kaibiao(check).ok().contains("custody: 2 of 3"));
    let mut check = words("tender check");
    check.push(text(&world.path("tender")));
    check.extend(trust());
    assert!(kaibiao(check).ok().contains("custody: self"));
}

/// Custodian 3 is stopped and loses its share: its static key and the published bundle give it back.
fn a_lost_share_is_recovered(world: &World) {
    let recover = || {
        let mut command = words("ceremony recover");
        command.push(text(&world.path("tender/ceremony-bundle.json")));
        command.extend(["--dir".to_owned(), text(&world.path("custodian-3"))]);
        command.extend(["--passphrase-file".to_owned(), text(&world.path("passphrase"))]);
        kaibiao(command)
    };
    recover().refused(3, "out-of-order"); // the share is there
    let share = world.path("custodian-3").join(&world.lot).join("share.key");
    let original = fs::read(&share).unwrap();
    fs::write(&share, &original[..original.len() - 1]).unwrap();
    assert!(recover().ok().contains("share: recovered"));
    assert_ne!(fs::read(&share).unwrap(), original, "encrypted anew");
    fs::remove_file(&share).unwrap();
    // Something stands where the new file is to be written.
    let place = share.with_file_name("share.key.new");
    fs::create_dir(&place).unwrap();
    recover().refused(70, "keystore-write");
    fs::remove_dir(&place).unwrap();
    assert!(recover().ok().contains("custodian: 3"));
    // Another custodian's static key is of no use here.
    let own = world.path("custodian-3").join(&world.lot).join("static.key");
    let kept = fs::read(&own).unwrap();
    fs::remove_file(&own).unwrap();
    fs::remove_file(&share).unwrap();
    recover().refused(65, "bad-input");
    assert!(!share.exists(), "nothing is written");
    fs::write(&own, kept).unwrap();
    recover().ok();
}

/// Ruling 12: the opening is held at the later deadline, and the bid sealed before stays valid.
#[test]
fn a_postponed_lot_opens_at_its_later_deadline_with_the_bids_sealed_before() {
    let world = World::open("zhuzhou-2022", 14);
    for number in 1..=2 {
        world.seal(number, &format!("bid-{number}")).ok();
        world.submit(&format!("bid-{number}"), &["--no-wait"]).ok();
    }
    world.seal(3, "bid-3").ok(); // sealed before the postponement, submitted after the old deadline
    let supervise = |command: &str| world.act(command, "supervisor-zhuzhou-2022");
    world.host("postpone --to 2020-01-01T09:00:00+08:00 --reason x").refused(3, "not-later");
    supervise("supervisor approve-postponement 1 --to 2030-01-01T09:00:00+08:00")
        .refused(3, "no-such-postponement");
    world.host("postpone --to +24s --reason 停电").ok();
    let log = world.log();
    let asked = log.lines().find(|line| line.contains("postponement-asked")).unwrap();
    let asked: Value = serde_json::from_str(asked).unwrap();
    let later = UtcMillis::new(asked["data"]["deadline"].as_u64().unwrap()).unwrap();
    let approve = format!("supervisor approve-postponement 1 --to {}", later.rfc3339());
    world.act(&approve, "host-zhuzhou-2022").refused(77, "wrong-role");
    supervise(&approve).ok();

    world.wait_for_deadline();
    assert_eq!(world.phase(), "receiving");
    world.submit("bid-3", &["--no-wait"]).ok();
    world.host("postpone --to +10s --reason x").refused(3, "not-later");
    world.wait_for_phase("ready", 40);
    world.host("postpone --to +1h --reason x").refused(3, "intake-over");
    let verdict = open_and_close(&world, |_| {});
    assert!(!verdict.contains("are destroyed: custodians"), "all three are: {verdict}");
    let log = world.log();
    assert!(log.contains(r#""bidders":3"#) && log.contains("deadline-postponed"), "{log}");
    let frozen = log.lines().find(|line| line.contains(r#""kind":"set-frozen""#)).unwrap();
    let frozen: Value = serde_json::from_str(frozen).unwrap();
    assert!(frozen["at"].as_u64().unwrap() >= later.get());
}
