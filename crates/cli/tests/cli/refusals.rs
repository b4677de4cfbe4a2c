//! Wrong input without a hall: named, with its exit code, and nothing written.

use std::fs;
use std::time::Duration;

use crate::support::{identity, kaibiao, text, trust, words};
use kaibiao_testkit::{Running, fixtures, keys_dev};

#[test]
fn command_lines() {
    assert_eq!(kaibiao(["--help"]).code, 0);
    assert_eq!(kaibiao(["--version"]).code, 0);
    for wrong in ["", "open", "submit", "watch --hall x", "demo --tender other", "seal --tender x"]
    {
        let done = kaibiao(words(wrong));
        assert_eq!(done.code, 64, "{wrong}");
        assert!(done.text.starts_with("kaibiao: error: "), "{}", done.text);
    }
    let mut watch = words("watch --hall ftp://x --lot T/L");
    kaibiao(&watch).refused(64, "usage");
    watch[2] = "http://x/with/path".to_owned();
    kaibiao(&watch).refused(64, "usage");
    kaibiao(words("watch --hall http://127.0.0.1:9 --lot T/L --until never")).refused(64, "usage");
    kaibiao(words("verify --explain no-such-check")).refused(64, "usage");
    assert!(kaibiao(words("verify --list-checks --lang en")).ok().lines().count() > 20);
}

#[test]
fn halls_that_do_not_answer() {
    let mut status = words("ceremony status --hall http://127.0.0.1:9 --lot T/L");
    let zh = kaibiao(&status).refused(4, "hall-unreachable");
    assert!(zh.contains("无法连接开标服务器"), "{zh}");
    status.extend(words("--lang en"));
    let en = kaibiao(&status).refused(4, "hall-unreachable");
    assert!(en.contains("could not be reached"), "{en}");
    status.extend(words("--json"));
    let done = kaibiao(&status);
    assert_eq!(done.code, 4);
    let problem: serde_json::Value = serde_json::from_str(done.text.trim()).unwrap();
    assert_eq!(problem["label"], "hall-unreachable");
}

#[test]
fn drafts() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("draft.json");
    let draft = |change: &dyn Fn(&mut Vec<String>)| {
        let mut all = words("tender draft --platform test.example --deadline +1h");
        all.extend(["--from".to_owned(), text(&fixtures().join("tenders/works-12.json"))]);
        for number in 1..=3 {
            let chain = keys_dev().join(format!("id/custodian-{number}.chain.pem"));
            all.extend(["--custodian".to_owned(), text(&chain)]);
        }
        all.extend(trust());
        all.extend(["--out".to_owned(), text(&out)]);
        change(&mut all);
        kaibiao(all)
    };
    let set = |name: &str, value: &str| {
        let (name, value) = (name.to_owned(), value.to_owned());
        move |all: &mut Vec<String>| {
            let place = all.iter().position(|word| *word == name).unwrap();
            all[place + 1] = value.clone();
        }
    };
    let other = text(&keys_dev().join("id/other-root.chain.pem"));
    draft(&set("--custodian", &other)).refused(77, "untrusted-certificate");
    draft(&set("--from", "/nonexistent.json")).refused(66, "cannot-read");
    draft(&set("--from", &text(&keys_dev().join("trust.json")))).refused(65, "bad-input");
    draft(&set("--platform", "Not A Host")).refused(65, "bad-input");
    assert_eq!(draft(&set("--deadline", "tomorrow")).code, 64);
    let twice = text(&keys_dev().join("id/custodian-2.chain.pem"));
    draft(&set("--custodian", &twice)).refused(65, "bad-input");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);

    draft(&|_| {}).ok();
    let first = fs::read(&out).unwrap();
    draft(&|_| {}).refused(73, "cannot-write");
    assert_eq!(fs::read(&out).unwrap(), first);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    let facts = kaibiao(["inspect", &text(&out)]).ok();
    assert!(facts.contains("file: draft") && facts.contains("custody: 2 of 3"), "{facts}");
}

#[test]
fn files_that_are_not_what_they_should_be() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    let inspect = || kaibiao(["inspect", &text(&file)]);
    inspect().refused(66, "cannot-read");
    fs::write(&file, b"%PDF-1.7 something else").unwrap();
    inspect().refused(1, "altered-object");
    fs::write(&file, b"\x89KBF\n\x1a\n and more bytes").unwrap();
    assert!(inspect().refused(1, "altered-object").contains("line endings were converted"));
    fs::write(&file, b"").unwrap();
    inspect().refused(1, "altered-object");
    fs::write(&file, b"{\"kind\":\"submit\"").unwrap();
    inspect().refused(65, "bad-json");
    fs::write(&file, b"{\"kind\":\"letter\"}").unwrap();
    inspect().refused(65, "bad-input");
    let mut verify = vec!["verify".to_owned(), text(&dir.path().join("nothing"))];
    verify.extend(trust());
    kaibiao(&verify).refused(66, "cannot-read");
    fs::write(&file, b"no archive").unwrap();
    verify[1] = text(&file);
    assert_eq!(kaibiao(&verify).code, 1);
}

/// What a sealed file says without any key: its locks, and who besides the custodians is needed.
#[test]
fn a_sealed_file_names_its_locks() {
    let vectors = fixtures().join("vectors/seal/objects.json");
    let vectors: serde_json::Value = serde_json::from_slice(&fs::read(vectors).unwrap()).unwrap();
    let unhex = |text: &str| -> Vec<u8> {
        let digits: Vec<u32> = text.chars().map(|digit| digit.to_digit(16).unwrap()).collect();
        digits.chunks(2).map(|pair| u8::try_from(pair[0] << 4 | pair[1]).unwrap()).collect()
    };
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("documents.kbf");
    for (name, locks, mode) in [
        ("small", "locks: ceremony\n", "none"),
        ("bidder-lock-rsa", "locks: ceremony, bidder (rsa-oaep-sha256, certificate ", "strict"),
        ("escrow-rsa", "locks: ceremony, bidder (rsa-oaep-sha256, certificate ", "escrow"),
        ("escrow-p256", "locks: ceremony, bidder (dhkem-p256, certificate ", "escrow"),
    ] {
        let all = vectors["objects"].as_array().unwrap();
        let vector = all.iter().find(|vector| vector["name"] == name).unwrap();
        fs::write(&file, unhex(vector["file"].as_str().unwrap())).unwrap();
        let facts = kaibiao(["inspect", &text(&file)]).ok();
        assert!(facts.contains(locks), "{name}: {facts}");
        assert!(facts.contains(&format!("lock_mode: {mode}\n")), "{name}: {facts}");
    }
}

#[test]
fn identities_and_key_stores() {
    let dir = tempfile::tempdir().unwrap();
    let id = |name: &str, kind: &str| text(&keys_dev().join(format!("id/{name}.{kind}.pem")));
    let mut close = words("host close --hall http://127.0.0.1:9 --lot T/L");
    close.extend(["--cert".to_owned(), id("hall", "chain"), "--key".to_owned()]);
    close.push(id("custodian-2", "key"));
    kaibiao(&close).refused(77, "key-mismatch");
    let word = dir.path().join("passphrase");
    let store = dir.path().join("store");
    let mut init = words("custodian init --dir");
    init.extend([text(&store), "--passphrase-file".to_owned(), text(&word)]);
    kaibiao(&init).refused(66, "cannot-read");
    fs::write(&word, "\n").unwrap();
    kaibiao(&init).refused(65, "bad-input");
    assert!(!store.exists());
    fs::write(&word, "one\n").unwrap();
    kaibiao(&init).ok();
    kaibiao(&init).refused(73, "cannot-write");
    fs::write(&word, "two\n").unwrap();
    let mut run = words("custodian run --hall http://127.0.0.1:9 --dir");
    run.extend([text(&store), "--passphrase-file".to_owned(), text(&word)]);
    run.extend(identity("custodian-1"));
    run.extend(trust());
    let text = kaibiao(&run).refused(77, "keystore-passphrase");
    assert!(text.contains("E_PASSPHRASE"), "{text}");
    // While somebody else has the store.
    fs::write(&word, "one\n").unwrap();
    let lock = fs::File::open(store.join("lock")).unwrap();
    lock.lock().unwrap();
    let text = kaibiao(&run).refused(70, "keystore-locked");
    assert!(text.contains("E_KEYSTORE_LOCKED"), "{text}");
}

/// A custodian that a hall runs itself: the hall says when it has ended, and its log goes on.
#[test]
fn a_custodian_of_the_hall_that_ends_is_named_and_keeps_its_log() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("data/custodian-1");
    let pair = |kind: &str| text(&keys_dev().join(format!("id/custodian-1.{kind}.pem")));
    let start = || {
        let mut serve = std::process::Command::new(crate::support::KAIBIAO);
        serve.args(words("serve --dev --listen 127.0.0.1:0 --data")).arg(dir.path().join("data"));
        serve.args(identity("hall")).args(trust());
        serve.arg("--custodian-identity").arg(format!("{}:{}", pair("chain"), pair("key")));
        Running::start(serve, Duration::from_secs(50)).unwrap()
    };
    let mut first = start();
    crate::support::eventually("a key store", Duration::from_secs(30), || {
        folder.join("store/keystore.key").exists()
    });
    first.kill();
    let log = folder.join("custodian.log");
    fs::write(&log, "of an earlier run\n").unwrap();
    fs::write(folder.join("passphrase"), "another\n").unwrap();
    let mut again = start();
    again.wait_for("custodian-1 has ended").unwrap_or_else(|error| panic!("{error}"));
    again.kill();
    let log = fs::read_to_string(log).unwrap();
    assert!(log.starts_with("of an earlier run\n"), "{log}");
    // The first one may still have the store.
    assert!(log.contains("[keystore-passphrase]") || log.contains("[keystore-locked]"), "{log}");
}

#[test]
fn development_certificates_need_the_flag() {
    let dir = tempfile::tempdir().unwrap();
    let mut serve = words("serve --listen 127.0.0.1:0 --data");
    serve.push(text(&dir.path().join("data")));
    serve.extend(identity("hall"));
    serve.extend(trust());
    kaibiao(&serve).refused(77, "not-dev");
}
