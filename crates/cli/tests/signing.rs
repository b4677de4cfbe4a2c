//! `kaibiao cert`, `sign`, `verify-signature` and `trust` on the development certificates.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::expect_used)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use kaibiao_testkit::keys_dev;
use serde_json::Value;
use support::{Done, kaibiao, text, trust, words};

fn chain(name: &str) -> PathBuf {
    keys_dev().join(format!("id/{name}.chain.pem"))
}

fn key(name: &str) -> PathBuf {
    keys_dev().join(format!("id/{name}.key.pem"))
}

fn check(name: &str, more: &str) -> Done {
    let mut all = words("cert check");
    all.push(text(&chain(name)));
    all.extend(trust());
    all.extend(words(more));
    kaibiao(all)
}

#[test]
fn certificates_are_judged_in_words() {
    for name in ["host-works-12", "bidder-works-12-01", "bidder-works-12-02"] {
        let good = check(name, &format!("--key {}", text(&key(name)))).ok();
        assert!(good.contains("key_fits: true") && good.contains("可用于签署"), "{good}");
    }
    for (name, zh, en) in [
        ("expired", "到期", "expired at"),
        ("no-sign-usage", "不能用于签名", "may not sign"),
        ("other-root", "不在信任名单", "not on the trust list"),
    ] {
        let said = check(name, "").refused(77, "untrusted-certificate");
        assert!(said.contains(zh) && said.contains("尾号"), "{said}");
        let said = check(name, "--lang en").refused(77, "untrusted-certificate");
        assert!(said.contains(en), "{said}");
    }
    // At an instant within its validity, and one before that of a good one.
    check("expired", "--at 2024-02-01T00:00:00+08:00").ok();
    let said = check("host-works-12", "--at 2023-12-01T00:00:00+08:00");
    assert!(said.refused(77, "untrusted-certificate").contains("起才有效"));
    // The key of another certificate, and one of another kind.
    let other = text(&key("bidder-works-12-03"));
    check("bidder-works-12-01", &format!("--key {other}")).refused(77, "key-mismatch");
    let other = text(&key("bidder-works-12-02"));
    check("bidder-works-12-01", &format!("--key {other}")).refused(65, "bad-input");
    check("host-works-12", "--key /nonexistent").refused(66, "cannot-read");
}

#[test]
fn certificates_are_shown_without_being_judged() {
    let all = words("cert inspect --json");
    let shown = kaibiao(all.into_iter().chain([text(&chain("no-sign-usage"))])).ok();
    let shown: Vec<Value> = shown.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(shown.len(), 2, "the certificate and its issuing authority");
    assert_eq!(shown[0]["ca"], false);
    assert_eq!(shown[0]["alternative_names"], serde_json::json!([]));
    assert_eq!(shown[0]["key_usage"], serde_json::json!(["keyEncipherment"]));
    assert_eq!(shown[1]["ca"], true);
    assert_eq!(shown[0]["serial_tail"].as_str().unwrap().len(), 4);
    let list = text(&keys_dev().join("trust.json"));
    kaibiao(["cert", "inspect", &list]).refused(65, "bad-input");
    kaibiao(["cert", "inspect", "/nonexistent"]).refused(66, "cannot-read");
}

fn sign(file: &Path, out: &Path, name: &str, more: &str) -> Done {
    let mut all = vec!["sign".to_owned(), text(file)];
    all.extend(["--cert".to_owned(), text(&chain(name)), "--key".to_owned(), text(&key(name))]);
    all.extend(["--out".to_owned(), text(out)]);
    all.extend(words(more));
    kaibiao(all)
}

fn verify(signature: &Path, content: &Path, more: &str) -> Done {
    let mut all = vec!["verify-signature".to_owned(), text(signature)];
    all.extend(["--content".to_owned(), text(content)]);
    all.extend(trust());
    all.extend(words(more));
    kaibiao(all)
}

#[test]
fn files_are_signed_and_verified() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    fs::write(path("bid.pdf"), b"a bid").unwrap();
    fs::write(path("other.pdf"), b"a Bid").unwrap();
    // Odd bidders have RSA keys, even ones P-256.
    for (name, more, algorithm) in [
        ("bidder-works-12-01", "", "rsa-pkcs1-sha256"),
        ("bidder-works-12-02", "", "ecdsa-p256-sha256"),
    ] {
        let out = path(&format!("{name}.p7s"));
        let said = sign(&path("bid.pdf"), &out, name, more).ok();
        assert!(said.contains(algorithm), "{said}");
        verify(&out, &path("bid.pdf"), "").ok();
        let openssl = Command::new("openssl")
            .args(["cms", "-verify", "-binary", "-inform", "DER", "-cades", "-purpose", "any"])
            .args(["-in", &text(&out), "-content", &text(&path("bid.pdf")), "-out", "/dev/null"])
            .args(["-CAfile", &text(&roots(dir.path()))])
            .output()
            .unwrap();
        assert!(openssl.status.success(), "{}", String::from_utf8_lossy(&openssl.stderr));

        let said = verify(&out, &path("other.pdf"), "").refused(1, "broken-signature");
        assert!(said.contains("文件已被改动"), "{said}");
        let mut altered = fs::read(&out).unwrap();
        *altered.last_mut().unwrap() ^= 1;
        fs::write(path("altered.p7s"), altered).unwrap();
        verify(&path("altered.p7s"), &path("bid.pdf"), "").refused(1, "broken-signature");
        let early = "--at 2023-01-01T00:00:00Z";
        verify(&out, &path("bid.pdf"), early).refused(77, "untrusted-certificate");
        sign(&path("bid.pdf"), &out, name, "").refused(73, "cannot-write");
    }
    // The development list does not name RSASSA-PSS.
    let pss = path("pss.p7s");
    sign(&path("bid.pdf"), &pss, "bidder-works-12-01", "--pss").ok();
    let said = verify(&pss, &path("bid.pdf"), "").refused(77, "untrusted-certificate");
    assert!(said.contains("rsa-pss-sha256"), "{said}");
    let none = path("none.p7s");
    assert_ne!(sign(&path("bid.pdf"), &none, "bidder-works-12-02", "--pss").code, 0);
    sign(&path("nothing"), &none, "bidder-works-12-02", "").refused(66, "cannot-read");
    verify(&path("bid.pdf"), &path("bid.pdf"), "").refused(1, "broken-signature");
    assert!(!none.exists());
}

fn roots(dir: &Path) -> PathBuf {
    let path = dir.join("roots.pem");
    let root = |ca: &str| fs::read_to_string(keys_dev().join(ca).join("root.cert.pem")).unwrap();
    fs::write(&path, root("ca-rsa") + &root("ca-p256")).unwrap();
    path
}

#[test]
fn authorities_are_added_to_a_list() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let ca = text(&keys_dev().join("ca-other/root.cert.pem"));
    let old = text(&keys_dev().join("trust.json"));
    let add = |words: &[&str], out: &str| {
        let all = ["trust", "add"].into_iter().chain(words.iter().copied());
        kaibiao(all.map(str::to_owned).chain(["--out".to_owned(), text(&path(out))]))
    };
    let place = ["--org-code", "extension:1.2.156.10260.4.1.3"];
    let good = [&[ca.as_str(), "--list", &old], &place[..]].concat();
    let said = add(&good, "longer.json").ok();
    assert!(said.contains("核对") && said.contains("list_sha256"), "{said}");
    let with = |list: &str| {
        let list = text(&path(list));
        kaibiao(["cert", "check", &text(&chain("other-root")), "--trust", &list])
    };
    with("longer.json").ok();
    let shown = kaibiao(["trust", "show", "--json", &text(&path("longer.json"))]).ok();
    assert_eq!(shown.lines().count(), 4, "the list and three authorities: {shown}");
    // Those that were there before still are, with their rules.
    let list = text(&path("longer.json"));
    kaibiao(["cert", "check", &text(&chain("host-works-12")), "--trust", &list]).ok();

    // Only for a time, and only for an algorithm that its certificates do not use.
    let until = [&good[..], &["--until", "2024-06-01T00:00:00Z"]].concat();
    add(&until, "past.json").ok();
    with("past.json").refused(77, "untrusted-certificate");
    let rsa = [&good[..], &["--signature", "rsa-pkcs1-sha256"]].concat();
    add(&rsa, "rsa.json").ok();
    with("rsa.json").refused(77, "untrusted-certificate");
    // A list of its own.
    let alone = [&[ca.as_str(), "--name", "one"], &place[..]].concat();
    add(&alone, "alone.json").ok();
    with("alone.json").ok();

    add(&good, "longer.json").refused(73, "cannot-write");
    let longer = text(&path("longer.json"));
    let twice = [&[ca.as_str(), "--list", &longer], &place[..]].concat();
    add(&twice, "twice.json").refused(65, "bad-input");
    let leaf = text(&chain("other-root"));
    let chain_given = [&[leaf.as_str(), "--list", &old], &place[..]].concat();
    add(&chain_given, "leaf.json").refused(65, "bad-input");
    for wrong in ["somewhere:2.5.4.97", "subject", "subject:organizationIdentifier"] {
        add(&[&ca, "--list", &old, "--org-code", wrong], "no.json").refused(65, "bad-input");
    }
    let unknown = [&good[..], &["--signature", "rsa-pkcs1-sha1"]].concat();
    add(&unknown, "no.json").refused(65, "bad-input");
    assert_eq!(add(&[&ca, "--org-code", place[1]], "no.json").code, 64, "no list and no name");
    assert!(
        !path("no.json").exists() && !path("leaf.json").exists() && !path("twice.json").exists()
    );
}
