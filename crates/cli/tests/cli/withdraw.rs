//! Bidders withdraw their bids before the deadline (撤回, 招标投标法 art. 29), with all roles as
//! separate processes.

use std::fs;

use crate::support::{Done, World, identity, kaibiao, text, trust, words};
use kaibiao_crypto::SUITE_1;
use serde_json::Value;

impl World {
    /// Withdraws the bid in a folder as some bidder.
    fn withdraw(&self, folder: &str, bidder: usize, more: &[&str]) -> Done {
        let mut command = words("--lang en withdraw");
        command.push(text(&self.path(folder)));
        command.extend(["--hall".to_owned(), self.url.clone()]);
        command.extend(identity(&self.fixture.bidders[bidder - 1].identity));
        command.extend(more.iter().map(|word| (*word).to_owned()));
        command.extend(trust());
        kaibiao(command)
    }

    /// The digest of a manifest, as the log names it.
    fn manifest(&self, folder: &str) -> String {
        SUITE_1.hash(&fs::read(self.path(folder).join("manifest.json")).unwrap()).to_string()
    }

    /// The receipt is lost, as if its answer had never come.
    fn lose_receipt(&self, folder: &str) {
        for name in ["receipt.json", "receipt.p7s"] {
            fs::remove_file(self.path(folder).join(name)).unwrap();
        }
    }
}

/// The data of the only entry of a kind.
fn entry(log: &str, kind: &str) -> Value {
    let needle = format!("\"kind\":\"{kind}\"");
    let mut found = log.lines().filter(|line| line.contains(&needle));
    let line: Value = serde_json::from_str(found.next().unwrap()).unwrap();
    assert!(found.next().is_none(), "{kind} stands once");
    line["data"].clone()
}

/// What is no withdrawal is said, and nothing is sent.
fn wrong_withdrawals_are_refused(world: &World) {
    let told = world.withdraw("bid-1", 1, &[]).refused(64, "usage");
    assert!(told.contains("--yes"), "{told}");
    world.withdraw("bid-1", 2, &["--yes"]).refused(65, "bad-input");
    assert!(!world.path("bid-1/withdrawal").exists());
    world.withdraw("no-bid", 1, &["--yes"]).refused(66, "cannot-read");
    // Signed well, for a bid that the hall never got.
    world.withdraw("bid-4", 4, &["--yes"]).refused(3, "nothing-to-withdraw");
    assert!(!world.path("bid-4/withdrawal/receipt.json").exists());
}

/// Both sides hold the same bytes, and a command sent again gets the same receipt.
fn a_bid_is_withdrawn(world: &World) {
    let told = world.withdraw("bid-1", 1, &["--yes"]).ok();
    assert!(told.contains("proof: verified") && told.contains("is withdrawn"), "{told}");
    let file = |name: &str| fs::read(world.path("bid-1/withdrawal").join(name)).unwrap();
    let (receipt, cms) = (file("receipt.json"), file("receipt.p7s"));
    let read: Value = serde_json::from_slice(&receipt).unwrap();
    assert_eq!((&read["seq"], &read["objects"]), (&Value::from(2), &Value::Array(Vec::new())));
    assert_eq!(read["manifest_sha256"], world.manifest("bid-1/withdrawal"));
    assert!(!file("receipt-proof.json").is_empty());
    world.lose_receipt("bid-1/withdrawal");
    world.withdraw("bid-1", 1, &["--yes", "--no-wait"]).ok();
    assert_eq!((file("receipt.json"), file("receipt.p7s")), (receipt, cms));
    world.withdraw("bid-1/withdrawal", 1, &["--yes"]).refused(3, "nothing-to-withdraw");
    let inspect = kaibiao(["inspect", &text(&world.path("bid-1/withdrawal/manifest.json"))]).ok();
    assert!(inspect.contains("withdraw"), "{inspect}");
}

#[test]
fn a_withdrawn_bid_is_never_opened_and_its_bidder_may_submit_again() {
    let world = World::open_at_ease("zhuzhou-2022", 45);
    for number in 1..=4 {
        world.seal(number, &format!("bid-{number}")).ok();
    }
    for number in 1..=3 {
        world.submit(&format!("bid-{number}"), &["--no-wait"]).ok();
    }
    wrong_withdrawals_are_refused(&world);
    world.submit("bid-4", &["--no-wait"]).ok();
    a_bid_is_withdrawn(&world);

    // Withdrawn and submitted again: the new bid follows the withdrawal, not what was withdrawn.
    world.withdraw("bid-2", 2, &["--yes", "--no-wait"]).ok();
    let after = |folder: &str| {
        let earlier = text(&world.path(folder));
        world.seal_with(2, "bid-2b", |c| c.extend(["--supersedes".to_owned(), earlier]))
    };
    let told = after("bid-2").refused(65, "bad-input");
    assert!(told.contains("bid-2/withdrawal"), "{told}");
    after("bid-2/withdrawal").ok();
    world.submit("bid-2b", &["--no-wait"]).ok();
    let log = world.log();
    assert!(log.lines().skip(1).all(|line| line.contains(r#""kind":"tick""#)), "{log}");

    world.wait_for_deadline();
    let told = world.withdraw("bid-3", 3, &["--yes"]).refused(3, "late");
    assert!(told.contains("did not accept this withdrawal") && told.contains("stands"), "{told}");
    assert!(!world.path("bid-3/withdrawal/receipt.json").exists());
    // A receipt from before the deadline is given again.
    world.lose_receipt("bid-1/withdrawal");
    world.withdraw("bid-1", 1, &["--yes", "--no-wait"]).ok();

    world.wait_for_phase("ready", 20);
    the_right_set_is_frozen(&world);
    world.act("bidder sign-in", &world.fixture.bidders[0].identity).refused(77, "wrong-role");
    let verdict = open_and_close(&world);
    assert!(verdict.contains("TOTAL-PASSED"), "{verdict}");
    assert_eq!(verdict.matches("  withdrawn  sealed  ").count(), 4, "{verdict}");
}

fn the_right_set_is_frozen(world: &World) {
    let frozen = entry(&world.log(), "set-frozen");
    assert_eq!(frozen["bidders"], 3);
    let bids = frozen["bids"].as_array().unwrap();
    let of = |folder: &str| {
        let digest = world.manifest(folder);
        let bid = bids.iter().find(|bid| bid["manifest_sha256"] == digest.as_str()).unwrap();
        (bid["status"].as_str().unwrap().to_owned(), bid["by"].as_str().map(ToOwned::to_owned))
    };
    for bid in ["bid-1", "bid-2"] {
        let withdrawal = format!("{bid}/withdrawal");
        let withdrawn = ("withdrawn".to_owned(), Some(world.manifest(&withdrawal)));
        assert_eq!(of(bid), withdrawn);
        assert_eq!(of(&withdrawal), withdrawn);
    }
    for bid in ["bid-2b", "bid-3", "bid-4"] {
        assert_eq!(of(bid), ("current".to_owned(), None), "{bid}");
    }
    assert_eq!(bids.len(), 7);
}

/// From the complete freeze to the verified package; only the three bids that count are opened.
fn open_and_close(world: &World) -> String {
    world.host("publish-bidders").ok();
    world.host("check-seals").ok();
    world.host("unseal price").ok();
    world.wait_for_phase("published", 20);
    let published = entry(&world.log(), "prices-published").to_string();
    for bid in ["bid-2b", "bid-3", "bid-4"] {
        assert!(published.contains(&world.manifest(bid)), "{bid}: {published}");
    }
    let shut = ["bid-1", "bid-1/withdrawal", "bid-2", "bid-2/withdrawal"];
    for bid in shut {
        assert!(!published.contains(&world.manifest(bid)), "{bid}: {published}");
    }
    world.host("read-all --interval-ms 20").ok();
    world.wait_for_phase("read", 10);
    world.open_documents();
    let opened = entry(&world.log(), "documents-opened").to_string();
    assert!(shut.iter().all(|bid| !opened.contains(&world.manifest(bid))), "{opened}");
    world.host("generate-record").ok();
    world.host("close").ok();
    world.verified()
}
