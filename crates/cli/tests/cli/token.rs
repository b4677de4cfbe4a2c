//! Custodians whose key files are under a token: a whole opening as processes, and what is refused.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::support::{
    Done, KAIBIAO, World, eventually, identity, kaibiao, run, text, trust, words,
};
use kaibiao_testkit::SoftTokens;

fn tokens(folder: &Path, labels: &[&str]) -> Option<SoftTokens> {
    let tokens = SoftTokens::in_folder(folder).unwrap()?;
    for label in labels {
        tokens.add(label, "123456").unwrap();
    }
    Some(tokens)
}

#[test]
fn a_whole_opening_with_custodians_under_tokens() {
    let dir = tempfile::tempdir().unwrap();
    let Some(tokens) = tokens(dir.path(), &["custodian-1", "custodian-2"]) else { return };
    let mut world = World::open_under(dir, Some(tokens.clone()), "zhuzhou-2022", 12);
    let shares = [1, 2, 3].map(|number| {
        world.path(&format!("custodian-{number}")).join(&world.lot).join("share.key")
    });
    for (share, version) in shares.iter().zip([2, 2, 1]) {
        let head = [&b"KAIBIAOK\0"[..], &[version]].concat();
        assert_eq!(fs::read(share).unwrap()[..10], head);
    }
    assert_eq!(tokens.keys().unwrap().len(), 4, "one of each store and one of each lot");
    for number in 1..=3 {
        world.seal(number, &format!("bid-{number}")).ok();
        world.submit(&format!("bid-{number}"), &["--no-wait"]).ok();
    }
    // One of them is started anew, and gets a share back that it had lost.
    world.custodians[0].kill();
    let kept = fs::read(&shares[0]).unwrap();
    let recover = |world: &World| {
        let mut command = Command::new(KAIBIAO);
        command.args(["ceremony", "recover"]).arg(world.path("tender/ceremony-bundle.json"));
        world.with_store(&mut command, 1);
        run(command)
    };
    recover(&world).refused(3, "out-of-order"); // the share is there
    fs::remove_file(&shares[0]).unwrap();
    assert!(recover(&world).ok().contains("share: recovered"));
    assert_ne!(fs::read(&shares[0]).unwrap(), kept, "encrypted anew");
    world.custodians[0] = world.start_custodian(1);

    world.wait_for_deadline();
    world.wait_for_phase("ready", 20);
    for command in ["publish-bidders", "check-seals", "unseal price"] {
        world.host(command).ok();
    }
    world.wait_for_phase("published", 15);
    world.host("read-all --interval-ms 20").ok();
    world.wait_for_phase("read", 10);
    world.open_documents();
    if world.phase() != "record-generated" {
        world.host("generate-record").ok();
    }
    world.host("sign-record").ok();
    let mut sign = words("supervisor sign-record");
    sign.extend(world.at_lot());
    sign.extend(identity("supervisor-zhuzhou-2022"));
    sign.extend(trust());
    kaibiao(sign).ok();
    world.host("close").ok();

    // The shares go, and with them the keys on the tokens that any copy of their files would need.
    eventually("destruction", Duration::from_secs(15), || {
        world.log().matches(r#""kind":"key-destroyed""#).count() == 3
    });
    assert!(shares.iter().all(|share| !share.exists()));
    assert_eq!(tokens.keys().unwrap().len(), 2, "those of the stores");
    world.custodians[0].kill();
    fs::write(&shares[0], kept).unwrap();
    let refused = recover(&world).refused(3, "out-of-order");
    assert!(refused.contains("E_DESTROYED"), "{refused}");
}

/// A folder with tokens and words, and commands on one key store in it.
struct Place {
    dir: tempfile::TempDir,
    tokens: SoftTokens,
}

impl Place {
    fn new(labels: &[&str]) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let tokens = tokens(dir.path(), labels)?;
        for (name, word) in [("pin", "123456\n"), ("wrong", "654321\n"), ("empty", "\n")] {
            fs::write(dir.path().join(name), word).unwrap();
        }
        Some(Self { dir, tokens })
    }

    fn command(&self, command: &str, options: &[&str]) -> Done {
        let mut all = Command::new(KAIBIAO);
        all.args(["--lang", "en"]).args(words(command));
        all.arg("--dir").arg(self.dir.path().join("keys"));
        all.env(SoftTokens::VARIABLE, self.tokens.conf());
        all.args(options);
        run(all)
    }

    fn token(&self, command: &str, label: &str, pin: &str) -> Done {
        let (pin, module) = (text(&self.dir.path().join(pin)), text(self.tokens.module()));
        self.command(
            command,
            &["--token-module", &module, "--token-label", label, "--token-pin-file", &pin],
        )
    }

    fn run(&self, label: &str, pin: &str) -> Done {
        let mut all = String::from("custodian run --hall http://127.0.0.1:9");
        for word in identity("custodian-1").iter().chain(&trust()) {
            all.push(' ');
            all.push_str(word);
        }
        self.token(&all, label, pin)
    }
}

#[test]
fn what_is_wrong_with_a_token_is_said_in_plain_words() {
    let Some(place) = Place::new(&["hsm", "other"]) else { return };
    place.token("custodian init", "absent", "pin").refused(66, "token-unavailable");
    let wrong = place.token("custodian init", "hsm", "wrong").refused(77, "token-pin");
    assert!(wrong.contains("E_TOKEN_PIN") && !wrong.contains("654321"), "{wrong}");
    let form = place.token("custodian init", "hsm", "empty").refused(65, "bad-input");
    assert!(form.contains("E_TOKEN_PIN_FORM"), "{form}");
    place.token("custodian init", "hsm", "nothing").refused(66, "cannot-read");
    assert_eq!(place.tokens.keys().unwrap().len(), 0, "no key was made for any of these");

    assert!(place.token("custodian init", "hsm", "pin").ok().contains("key_store"));
    place.token("custodian init", "hsm", "pin").refused(73, "cannot-write");
    assert_eq!(place.tokens.keys().unwrap().len(), 1);
    let missing = place.run("other", "pin").refused(66, "token-unavailable");
    assert!(missing.contains("E_TOKEN_KEY_MISSING"), "{missing}");
    place.run("hsm", "wrong").refused(77, "token-pin");
    let pin = text(&place.dir.path().join("pin")); // no module
    let module = ["--token-module", &pin, "--token-label", "hsm", "--token-pin-file", &pin];
    let refused = place.command("custodian init", &module).refused(66, "token-unavailable");
    assert!(refused.contains("E_TOKEN_MODULE"), "{refused}");

    place.tokens.add("hsm", "123456").unwrap();
    let two = place.run("hsm", "pin").refused(65, "token-unfit");
    assert!(two.contains("E_TOKEN_AMBIGUOUS"), "{two}");
}

#[test]
fn a_deleted_key_and_a_lost_token_are_told_from_damage() {
    let Some(place) = Place::new(&["hsm"]) else { return };
    place.token("custodian init", "hsm", "pin").ok();
    let file = place.dir.path().join("keys/keystore.key");
    let good = fs::read(&file).unwrap();
    let mut bad = good.clone();
    bad[50] ^= 1;
    fs::write(&file, bad).unwrap();
    let damaged = place.run("hsm", "pin").refused(65, "bad-input");
    assert!(damaged.contains("E_KEYSTORE_DAMAGED"), "{damaged}");
    fs::write(&file, good).unwrap();
    for key in place.tokens.keys().unwrap() {
        fs::remove_file(key).unwrap();
    }
    let missing = place.run("hsm", "pin").refused(66, "token-unavailable");
    assert!(missing.contains("E_TOKEN_KEY_MISSING"), "{missing}");
    fs::remove_dir_all(place.dir.path().join("tokens")).unwrap();
    fs::create_dir(place.dir.path().join("tokens")).unwrap();
    let gone = place.run("hsm", "pin").refused(66, "token-unavailable");
    assert!(gone.contains("E_TOKEN_MISSING"), "{gone}");
}

#[test]
fn a_store_is_opened_by_what_it_was_made_with_and_by_one_thing_only() {
    let Some(place) = Place::new(&["hsm"]) else { return };
    let word = text(&place.dir.path().join("pin"));
    let usage = |options: &[&str]| {
        let done = place.command("custodian init", options);
        assert_eq!(done.code, 64, "{}", done.text);
    };
    usage(&[]);
    usage(&["--token-label", "hsm"]);
    usage(&["--token-module", &text(place.tokens.module())]);
    usage(&["--passphrase-file", &word, "--token-label", "hsm"]);
    place.command("custodian init", &["--passphrase-file", &word]).ok();
    let refused = place.run("hsm", "pin").refused(64, "usage");
    assert!(refused.contains("E_KEYSTORE_PROTECTION"), "{refused}");
    fs::remove_dir_all(place.dir.path().join("keys")).unwrap();
    place.token("custodian init", "hsm", "pin").ok();
    let bundle = text(&place.dir.path().join("wrong"));
    let recover = format!("ceremony recover {bundle}");
    let refused = place.command(&recover, &["--passphrase-file", &word]).refused(64, "usage");
    assert!(refused.contains("protected by a key of a token"), "{refused}");
}
