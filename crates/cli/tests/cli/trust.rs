//! Trust lists: authorities that need an excuse, and lists that the supervising body signed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Done, identity, kaibiao, text, words};
use kaibiao_testkit::keys_dev;
use serde_json::Value;

fn chain(name: &str) -> PathBuf {
    keys_dev().join(format!("id/{name}.chain.pem"))
}

fn openssl(dir: &Path, line: &str, more: &[&str]) {
    let out = Command::new("openssl")
        .args(line.split_whitespace())
        .args(more)
        .current_dir(dir)
        .env_remove("OPENSSL_CONF")
        .output()
        .unwrap();
    assert!(out.status.success(), "{line}: {}", String::from_utf8_lossy(&out.stderr));
}

// Excuses ----------------------------------------------------------------------------------------

/// An authority whose certificates have no key identifiers and mark no basic constraints critical,
/// and one of its certificates for signatures: `ca.pem` and `leaf.pem`.
fn old_authority(dir: &Path) {
    let config = "[req]\ndistinguished_name = dn\nprompt = no\nstring_mask = utf8only\n[dn]\n\
                  [ca]\nbasicConstraints = CA:true\nkeyUsage = critical, keyCertSign, cRLSign\n\
                  subjectKeyIdentifier = none\nauthorityKeyIdentifier = none\n\
                  [leaf]\nkeyUsage = critical, digitalSignature\n\
                  subjectKeyIdentifier = none\nauthorityKeyIdentifier = none\n";
    fs::write(dir.join("c.cnf"), config).unwrap();
    let new = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -config c.cnf -utf8";
    openssl(
        dir,
        &format!("req -x509 {new} -keyout ca.key -out ca.pem -days 9 -extensions ca"),
        &["-set_serial", "0x1001", "-subj", "/O=旧证书机构"],
    );
    openssl(
        dir,
        &format!("req -new {new} -keyout leaf.key -out leaf.csr"),
        &["-subj", "/O=甲建设有限公司/organizationIdentifier=91430200MA0000001B"],
    );
    openssl(
        dir,
        "x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -days 5 -extfile c.cnf -extensions leaf",
        &["-set_serial", "0x5001e7a9", "-out", "leaf.pem"],
    );
}

#[test]
fn an_authority_is_excused_only_if_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| text(&dir.path().join(name));
    old_authority(dir.path());
    let add = |excuses: &str, out: &str| {
        let line = format!("trust add --name one --org-code subject:2.5.4.97 {excuses}");
        let files = ["--out".to_owned(), path(out), path("ca.pem")];
        kaibiao(words(&line).into_iter().chain(files))
    };
    let said = add("", "none.json").refused(65, "bad-input");
    assert!(said.contains("尾号 1001") && said.contains("换发"), "{said}");
    let both = "--excuse critical-basic-constraints --excuse subject-key-id";
    assert!(said.contains(both), "{said}");
    let said = add("--excuse critical-basic-constraints --lang en", "none.json");
    let said = said.refused(65, "bad-input");
    assert!(said.contains("has no subject key identifier"), "{said}");
    assert!(said.contains("it needs --excuse subject-key-id"), "{said}");
    let said = add(&format!("{both} --excuse signature"), "none.json").refused(65, "bad-input");
    assert!(said.contains("authority-key-id"), "the names are told: {said}");
    assert!(!dir.path().join("none.json").exists());

    let check = |list: &str, more: &str| {
        let line = format!("cert check --trust {} {more}", path(list));
        kaibiao(words(&line).into_iter().chain([path("leaf.pem")]))
    };
    // What its own certificate needs is not all that the certificates below need.
    add(both, "two.json").ok();
    let said = check("two.json", "").refused(77, "untrusted-certificate");
    assert!(said.contains("尾号 E7A9") && said.contains("没有颁发者密钥标识符"), "{said}");
    assert!(said.contains("authority-key-id") && said.contains("监管机构"), "{said}");
    let said = check("two.json", "--lang en").refused(77, "untrusted-certificate");
    assert!(said.contains("has no authority key identifier"), "{said}");
    add(&format!("{both} --excuse authority-key-id"), "three.json").ok();
    check("three.json", "").ok();

    // Added once, an excuse stays with its authority when the list grows.
    let ca = text(&keys_dev().join("ca-other/root.cert.pem"));
    let line =
        format!("trust add --list {} --org-code extension:1.2.156.10260.4.1.3", path("three.json"));
    let grown = words(&line).into_iter().chain(["--out".to_owned(), path("grown.json"), ca]);
    kaibiao(grown).ok();
    check("grown.json", "").ok();
    let shown = kaibiao(["trust", "show", "--json", &path("grown.json")]).ok();
    let shown: Vec<Value> = shown.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let three = ["authority-key-id", "critical-basic-constraints", "subject-key-id"];
    assert_eq!(shown[1]["excused"], serde_json::json!(three));
    assert_eq!(shown[2]["excused"], serde_json::json!([]));
    let grown = fs::read_to_string(dir.path().join("grown.json")).unwrap();
    assert_eq!(grown.matches("excused").count(), 1, "nothing is written where nothing is excused");
}

// Signed lists -----------------------------------------------------------------------------------

const BODY: &str = "supervisor-works-12";

/// A copy of the development list; `signed` by somebody if named.
fn list(dir: &Path, by: Option<&str>) -> PathBuf {
    let list = dir.join("trust.json");
    fs::copy(keys_dev().join("trust.json"), &list).unwrap();
    if let Some(name) = by {
        sign(&list, name, "").ok();
    }
    list
}

fn sign(list: &Path, name: &str, more: &str) -> Done {
    let line = words("trust sign").into_iter().chain([text(list)]).chain(identity(name));
    kaibiao(line.chain(words(more)))
}

fn verify(list: &Path, by: &str, more: &str) -> Done {
    let line = ["trust", "verify"].map(str::to_owned).into_iter();
    let by = ["--by".to_owned(), text(&chain(by))];
    kaibiao(line.chain([text(list)]).chain(by).chain(words(more)))
}

fn check(list: &Path, by: &str) -> Done {
    let leaf = text(&chain("bidder-works-12-01"));
    let line = ["cert", "check", &leaf, "--trust", &text(list), "--trust-signed-by"];
    kaibiao(line.map(str::to_owned).into_iter().chain([text(&chain(by))]))
}

#[test]
fn a_signed_list_is_used() {
    let dir = tempfile::tempdir().unwrap();
    let list = list(dir.path(), None);
    let said = sign(&list, BODY, "").ok();
    let signature = dir.path().join("trust.json.p7s");
    assert!(signature.exists() && said.contains("trust.json.p7s"), "{said}");
    let said = verify(&list, BODY, "").ok();
    assert!(said.contains("云麓市公共资源交易监督管理局") && said.contains("未被改动"), "{said}");
    let said = verify(&list, BODY, "--lang en").ok();
    assert!(said.contains("signing_time") && said.contains("尾号"), "{said}");
    check(&list, BODY).ok();
    // The signature is a plain CAdES signature.
    let roots = text(&keys_dev().join("ca-p256/root.cert.pem"));
    openssl(
        dir.path(),
        "cms -verify -binary -inform DER -in trust.json.p7s -content trust.json -cades",
        &["-purpose", "any", "-CAfile", &roots, "-out", "/dev/null"],
    );
    // In another place.
    fs::rename(&signature, dir.path().join("other.p7s")).unwrap();
    verify(&list, BODY, &format!("--signature {}", text(&dir.path().join("other.p7s")))).ok();
    verify(&list, BODY, "").refused(77, "unsigned-trust-list");
}

#[test]
fn a_list_without_its_signature_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let unsigned = list(dir.path(), None);
    let said = check(&unsigned, BODY).refused(77, "unsigned-trust-list");
    assert!(said.contains("trust.json.p7s") && said.contains("监管机构"), "{said}");
    // Nobody asked: as before.
    let leaf = text(&chain("bidder-works-12-01"));
    kaibiao(["cert", "check", &leaf, "--trust", &text(&unsigned)]).ok();
    check(&unsigned, "nobody").refused(66, "cannot-read");
    check(&dir.path().join("nothing.json"), BODY).refused(66, "cannot-read");
}

#[test]
fn a_list_with_a_wrong_signature_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let list = list(dir.path(), Some(BODY));
    let signature = dir.path().join("trust.json.p7s");
    let (good, cms) = (fs::read(&list).unwrap(), fs::read(&signature).unwrap());
    let refused = |label: &str, bytes: &[u8], cms: &[u8], by: &str| {
        fs::write(&list, bytes).unwrap();
        fs::write(&signature, cms).unwrap();
        for said in [check(&list, by), verify(&list, by, "")] {
            let said = said.refused(77, "unsigned-trust-list");
            assert!(said.contains(label), "{label}: {said}");
        }
    };
    refused("E_SIG_HASH", &[&good[..], b"\n"].concat(), &cms, BODY);
    refused("E_SIG_HASH", b"{}", &cms, BODY);
    refused("E_SIG_FORMAT", &good, &cms[..cms.len() - 1], BODY);
    refused("E_SIG_FORMAT", &good, b"", BODY);
    let mut altered = cms.clone();
    *altered.last_mut().unwrap() ^= 1;
    refused("E_SIG_CRYPTO", &good, &altered, BODY);
    // By a bidder of the list; by the body, where another is expected.
    refused("E_SIG_OTHER_SIGNER", &good, &cms, "supervisor-zhuzhou-2022");
    fs::write(&list, &good).unwrap();
    fs::remove_file(&signature).unwrap();
    sign(&list, "bidder-works-12-02", "").ok();
    refused("E_SIG_OTHER_SIGNER", &good, &fs::read(&signature).unwrap(), BODY);
}

#[test]
fn what_is_not_signed() {
    let dir = tempfile::tempdir().unwrap();
    let list = list(dir.path(), Some(BODY));
    sign(&list, BODY, "").refused(73, "cannot-write");
    let out = dir.path().join("out.p7s");
    let more = format!("--out {}", text(&out));
    let said = sign(&list, "no-sign-usage", &more).refused(77, "unsigned-trust-list");
    assert!(said.contains("E_CERT_USAGE"), "{said}");
    sign(&list, "expired", &more).refused(77, "unsigned-trust-list");
    sign(&chain(BODY), BODY, &more).refused(65, "bad-input");
    sign(&dir.path().join("nothing.json"), BODY, &more).refused(66, "cannot-read");
    assert!(!out.exists());
}

/// Wherever a list is given, its signature can be asked for.
#[test]
fn every_command_asks_for_the_signature() {
    let dir = tempfile::tempdir().unwrap();
    let list = text(&list(dir.path(), None));
    let some = text(&chain(BODY));
    for line in [
        "verify-signature SOME --content SOME",
        "verify SOME",
        "tender check SOME",
        "ceremony check SOME",
        "ceremony status --hall http://127.0.0.1:9 --lot T/L",
        "watch --hall http://127.0.0.1:9 --lot T/L",
        "tender fetch --hall http://127.0.0.1:9 --lot T/L --out SOME-NEW",
    ] {
        let line = format!("{line} --trust {list} --trust-signed-by SOME").replace("SOME", &some);
        kaibiao(words(&line)).refused(77, "unsigned-trust-list");
    }
    let alone = format!("watch --hall http://127.0.0.1:9 --lot T/L --trust-signed-by {some}");
    assert_eq!(kaibiao(words(&alone)).code, 64, "a signature of no list");
}
