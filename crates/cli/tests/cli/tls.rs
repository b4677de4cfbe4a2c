//! A hall behind TLS: every role reaches it by a pinned certificate, and logs in.

use std::fs;
use std::process::Command;

use crate::support::{KAIBIAO, World, identity, kaibiao, text, trust, words};
use kaibiao_testkit::keys_dev;

/// A hall with a certificate of its own making, and three custodians that know it.
fn hall(data: &std::path::Path) -> Command {
    let mut command = Command::new(KAIBIAO);
    command.args(["serve", "--dev", "--tls-self-signed", "--listen", "127.0.0.1:0", "--data"]);
    command.arg(data).args(identity("hall")).args(trust());
    for number in 1..=3 {
        let file = |kind: &str| text(&keys_dev().join(format!("id/custodian-{number}.{kind}.pem")));
        command.args(["--custodian-identity", &format!("{}:{}", file("chain"), file("key"))]);
    }
    command
}

#[test]
fn every_role_reaches_a_hall_by_the_certificate_that_it_pins() {
    let dir = tempfile::tempdir().unwrap();
    let name = "zhuzhou-2022";
    let command = hall(&dir.path().join("hall"));
    // The ceremony needs host and custodians over TLS.
    let world = World::open_with(command, dir, name, 600);
    assert!(world.url.starts_with("https://"), "{}", world.url);
    let log = world.log();
    assert!(log.contains(r#""kind":"lot-published""#), "the live room: {log}");
    world.seal(1, "bid-1").ok();
    world.submit("bid-1", &["--no-wait"]).ok();

    // Without the certificate, and with another one, nobody goes on.
    let watch = |root: &[&str]| {
        let mut command = words("--lang en watch --once");
        command.extend(["--hall", &world.url, "--lot", &world.lot].map(ToOwned::to_owned));
        command.extend(root.iter().map(|&word| word.to_owned()));
        kaibiao(command)
    };
    watch(&[]).refused(64, "usage");
    let other = text(&keys_dev().join("ca-p256/root.cert.pem"));
    watch(&["--tls-root", &other]).refused(4, "hall-unreachable");
    let empty = world.path("empty.pem");
    fs::write(&empty, "").unwrap();
    watch(&["--tls-root", &text(&empty)]).refused(65, "bad-input");
    let mut custodian = words("custodian run --hall");
    custodian.push(world.url.clone());
    custodian.extend([
        "--dir".to_owned(),
        text(&world.path("keys")),
        "--passphrase-file".to_owned(),
    ]);
    custodian.push(text(&world.path("passphrase")));
    custodian.extend(identity("custodian-1"));
    custodian.extend(trust());
    kaibiao(custodian).refused(64, "usage");

    // Logins, by the same line.
    let session = text(&world.path("session"));
    let login = |what: &str, who: Option<&str>| {
        let mut command = words("--lang en login");
        command.push(what.to_owned());
        command.extend(world.at_lot());
        command.extend(["--session".to_owned(), session.clone()]);
        command.extend(who.map(identity).unwrap_or_default());
        kaibiao(command)
    };
    login("start", Some("other-root")).refused(77, "untrusted-certificate");
    assert!(!world.path("session").exists());
    let bidder = world.fixture.bidders[0].identity.clone();
    let started = login("start", Some(&bidder)).ok();
    assert!(started.contains("role: bidder"), "{started}");
    let secret = fs::read_to_string(world.path("session")).unwrap();
    assert!(!started.contains(secret.trim()), "the secret is in its file only");
    assert!(login("show", None).ok().contains("role: bidder"));
    login("start", Some(&bidder)).refused(73, "cannot-write");
    login("end", None).ok();
    login("show", None).refused(77, "no-session");
    assert!(!world.log().contains("login"), "before the deadline the log tells of no login");
}
