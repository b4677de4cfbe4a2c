//! Who signs: PKCS#12 files, encrypted keys and tokens on the command line, with the development
//! certificates.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::{Done, KAIBIAO, kaibiao, run, text, trust, words};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_testkit::{SoftTokens, fixtures, keys_dev};
use serde_json::Value;
use tempfile::TempDir;

const PASSWORD: &str = "投标 2026";
/// Odd bidders have RSA keys, even ones P-256.
const RSA: &str = "bidder-works-12-01";
const P256: &str = "bidder-works-12-02";

/// A folder with a file to sign, passwords, and key files of one person.
struct Place {
    dir: TempDir,
}

impl Place {
    fn new(person: &str) -> Self {
        let place = Self { dir: tempfile::tempdir().unwrap() };
        for (name, bytes) in [
            ("bid.pdf", "a bid"),
            ("password", &format!("{PASSWORD}\n")),
            ("wrong", "投标 2025\n"),
            ("empty", ""),
            ("pin", "123456\n"),
        ] {
            fs::write(place.path(name), bytes).unwrap();
        }
        let (chain, key) = (dev(person, "chain"), dev(person, "key"));
        let pass = format!("file:{}", text(&place.path("password")));
        let export =
            ["pkcs12", "-export", "-in", &chain, "-inkey", &key, "-passout", &pass, "-out"];
        place.openssl(&export, "bid.p12", &[]);
        place.openssl(&export, "old.pfx", &["-legacy"]);
        place.openssl(&export, "bare.p12", &["-nomac"]);
        place.openssl(&export, "certificates.p12", &["-nokeys"]);
        place.openssl(&["pkcs8", "-topk8", "-in", &key, "-passout", &pass, "-out"], "key.pem", &[]);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn openssl(&self, words: &[&str], out: &str, more: &[&str]) {
        let mut command = Command::new("openssl");
        let output = command.args(words).arg(self.path(out)).args(more).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// `kaibiao sign` without a controlling terminal, to `out`.
    fn sign(&self, out: &str, options: &[&str]) -> Done {
        run(self.command(out, options))
    }

    fn command(&self, out: &str, options: &[&str]) -> Command {
        let mut command = Command::new("setsid");
        command.args(["--wait", KAIBIAO, "sign"]).arg(self.path("bid.pdf"));
        command.arg("--out").arg(self.path(out)).args(options);
        command
    }

    fn sign_p12(&self, file: &str, password: &str) -> Done {
        let (file, password) = (text(&self.path(file)), text(&self.path(password)));
        self.sign("out.p7s", &["--p12", &file, "--password-file", &password])
    }

    fn verify(&self, signature: &str) -> String {
        let mut all = vec!["verify-signature".to_owned(), text(&self.path(signature))];
        all.extend(["--content".to_owned(), text(&self.path("bid.pdf"))]);
        all.push("--no-revocation".to_owned());
        all.extend(trust());
        kaibiao(all).ok()
    }
}

fn dev(person: &str, kind: &str) -> String {
    text(&keys_dev().join(format!("id/{person}.{kind}.pem")))
}

#[test]
fn a_pkcs12_file_signs() {
    for person in [RSA, P256] {
        let place = Place::new(person);
        for file in ["bid.p12", "old.pfx"] {
            place.sign_p12(file, "password").ok();
            assert!(place.verify("out.p7s").contains("serial_tail"));
            fs::remove_file(place.path("out.p7s")).unwrap();
        }
        let (key, chain) = (text(&place.path("key.pem")), dev(person, "chain"));
        let password = text(&place.path("password"));
        let options = ["--cert", &chain, "--key", &key, "--password-file", &password];
        place.sign("pem.p7s", &options).ok();
        place.verify("pem.p7s");
    }
}

#[test]
fn what_is_wrong_with_a_key_file_is_said_in_plain_words() {
    let place = Place::new(P256);
    let said = place.sign_p12("bid.p12", "wrong").refused(77, "wrong-password");
    assert!(said.contains("密码打不开") && said.contains("bid.p12"), "{said}");
    assert!(!said.contains("2025"), "{said}");
    place.sign_p12("bid.p12", "empty").refused(77, "wrong-password");

    let good = fs::read(place.path("bid.p12")).unwrap();
    let mut bad = good.clone();
    let place_of_mac = bad.len() - 20;
    bad[place_of_mac] ^= 1;
    fs::write(place.path("bad.p12"), &bad).unwrap();
    let said = place.sign_p12("bad.p12", "password").refused(65, "bad-input");
    assert!(said.contains("密码正确") && said.contains("已损坏"), "{said}");
    fs::write(place.path("cut.p12"), &good[..good.len() / 2]).unwrap();
    let said = place.sign_p12("cut.p12", "password").refused(65, "bad-input");
    assert!(said.contains("不是完整的 PKCS#12"), "{said}");
    let said = place.sign_p12("bare.p12", "password").refused(65, "bad-input");
    assert!(said.contains("完整性"), "{said}");
    let said = place.sign_p12("certificates.p12", "password").refused(65, "bad-input");
    assert!(said.contains("没有私钥"), "{said}");
    place.sign_p12("absent.p12", "password").refused(66, "cannot-read");
    place.sign_p12("bid.p12", "absent").refused(66, "cannot-read");
    let (file, password) = (text(&place.path("bid.p12")), text(&place.path("password")));
    let options = ["--p12", &file, "--password-file", &password, "--serial-tail", "ZZZZ"];
    let said = place.sign("out.p7s", &options).refused(65, "bad-input");
    assert!(said.contains("E_P12_NOT_FOUND") && said.contains("--serial-tail"), "{said}");

    let (key, chain) = (text(&place.path("key.pem")), dev(P256, "chain"));
    let wrong = text(&place.path("wrong"));
    let options = ["--cert", &chain, "--key", &key, "--password-file", &wrong];
    place.sign("out.p7s", &options).refused(77, "wrong-password");
    // The certificate is the one of somebody else.
    let other = dev(RSA, "chain");
    let options = ["--cert", &other, "--key", &key, "--password-file", &password];
    place.sign("out.p7s", &options).refused(65, "bad-input");
    assert!(!place.path("out.p7s").exists());
}

#[test]
fn who_signs_is_named_in_one_way() {
    let place = Place::new(P256);
    let (p12, chain, key) = (text(&place.path("bid.p12")), dev(P256, "chain"), dev(P256, "key"));
    for options in [
        &[][..],
        &["--cert", &chain],
        &["--key", &key],
        &["--p12", &p12, "--cert", &chain, "--key", &key],
        &["--p12", &p12, "--key", &key],
        &["--token", "hsm"],
        &["--token-module", "/x.so"],
        &["--token", "hsm", "--token-module", "/x.so", "--p12", &p12],
        &["--token", "hsm", "--token-module", "/x.so", "--cert", &chain, "--key", &key],
        &["--p12", &p12, "--password", PASSWORD],
    ] {
        let done = place.sign("out.p7s", options);
        assert_eq!(done.code, 64, "{options:?}: {}", done.text);
    }
    // Nobody can be asked where there is no terminal.
    let said = place.sign("out.p7s", &["--p12", &p12]).refused(64, "usage");
    assert!(said.contains("--password-file"), "{said}");
    assert!(!place.path("out.p7s").exists());
}

#[test]
fn a_password_comes_through_standard_input() {
    let place = Place::new(P256);
    let p12 = text(&place.path("bid.p12"));
    let feed = |out: &str, password: &str| {
        let mut command = place.command(out, &["--p12", &p12, "--password-file", "-"]);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
        child.wait().unwrap().code()
    };
    assert_eq!(feed("piped.p7s", &format!("{PASSWORD}\nmore")), Some(0));
    place.verify("piped.p7s");
    assert_eq!(feed("other.p7s", "x\n"), Some(77));
    assert_eq!(feed("other.p7s", ""), Some(77));
}

#[test]
fn a_password_is_asked_for_without_an_echo() {
    let place = Place::new(P256);
    let line = format!(
        "{KAIBIAO} sign {} --p12 {} --out {}",
        text(&place.path("bid.pdf")),
        text(&place.path("bid.p12")),
        text(&place.path("asked.p7s"))
    );
    let child = Command::new("script")
        .args(["--quiet", "--return", "--command", &line, "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        eprintln!("SKIPPED: there is no program script");
        return;
    };
    let mut output = child.stdout.take().unwrap();
    let mut shown = Vec::new();
    // The question is written once the terminal does not show what is typed.
    while !String::from_utf8_lossy(&shown).contains("(password): ") {
        let mut octet = [0];
        assert_eq!(output.read(&mut octet).unwrap(), 1, "{}", String::from_utf8_lossy(&shown));
        shown.extend(octet);
    }
    child.stdin.as_mut().unwrap().write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
    output.read_to_end(&mut shown).unwrap();
    let shown = String::from_utf8_lossy(&shown);
    assert!(child.wait().unwrap().success(), "{shown}");
    assert!(shown.contains("bid.p12") && !shown.contains("2026"), "{shown}");
    place.verify("asked.p7s");
}

#[test]
fn certificates_of_any_file_are_shown_and_judged() {
    let place = Place::new(P256);
    let (p12, password) = (text(&place.path("bid.p12")), text(&place.path("password")));
    let inspect = |file: &str, password: &str| {
        kaibiao(["cert", "inspect", "--json", file, "--password-file", password])
    };
    let shown = inspect(&p12, &password).ok();
    let shown: Vec<Value> = shown.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(shown.len(), 2);
    assert_eq!(shown.iter().filter(|one| one["ca"] == true).count(), 1);
    let wrong = text(&place.path("wrong"));
    kaibiao(["cert", "inspect", &p12, "--password-file", &wrong]).refused(77, "wrong-password");
    // One certificate in DER.
    place.openssl(&["x509", "-in", &dev(P256, "chain"), "-outform", "DER", "-out"], "one.cer", &[]);
    assert_eq!(
        kaibiao(["cert", "inspect", &text(&place.path("one.cer"))]).ok().matches("sha256").count(),
        2
    );
    fs::write(place.path("none.cer"), [0x30, 0]).unwrap();
    kaibiao(["cert", "inspect", &text(&place.path("none.cer"))])
        .refused(77, "untrusted-certificate");

    let check = |file: &str, more: &[&str]| {
        let all = ["cert", "check", file, "--password-file", &password].map(str::to_owned);
        let more = more.iter().map(|word| (*word).to_owned());
        kaibiao(all.into_iter().chain(trust()).chain(more))
    };
    assert!(check(&p12, &[]).ok().contains("key_fits: true"));
    check(&p12, &["--serial-tail", "0000"]).refused(65, "bad-input");
    let encrypted = text(&place.path("key.pem"));
    assert!(check(&dev(P256, "chain"), &["--key", &encrypted]).ok().contains("key_fits: true"));
    // The encryption certificate of a pair does not sign.
    let place = Place::new("no-sign-usage");
    let said = check(&text(&place.path("bid.p12")), &[]).refused(77, "untrusted-certificate");
    assert!(said.contains("不能用于签名"), "{said}");
}

#[test]
fn a_key_on_a_token_signs() {
    let place = Place::new(P256);
    let Some(tokens) = SoftTokens::in_folder(place.dir.path()).unwrap() else { return };
    tokens.add("ukey", "123456").unwrap();
    let imported = Command::new("softhsm2-util")
        .args(["--token", "ukey", "--pin", "123456", "--label", "key", "--id", "01", "--import"])
        .arg(dev(P256, "key"))
        .env(SoftTokens::VARIABLE, tokens.conf())
        .output()
        .unwrap();
    assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
    let (chain, module) = (dev(P256, "chain"), text(tokens.module()));
    let sign = |label: &str, pin: &str, cert: Option<&str>| {
        let pin = text(&place.path(pin));
        let mut options =
            vec!["--token", label, "--token-module", &module, "--password-file", &pin];
        options.extend(cert.iter().flat_map(|cert| ["--cert", cert]));
        let mut command = place.command("token.p7s", &options);
        command.env(SoftTokens::VARIABLE, tokens.conf());
        run(command)
    };
    let said = sign("other", "pin", Some(&chain)).refused(66, "signer-unavailable");
    assert!(said.contains("没有找到名称为 other"), "{said}");
    let said = sign("ukey", "wrong", Some(&chain)).refused(77, "token-pin");
    assert!(said.contains("E_TOKEN_PIN") && !said.contains("2025"), "{said}");
    sign("ukey", "empty", Some(&chain)).refused(65, "bad-input");
    let said = sign("ukey", "pin", None).refused(66, "signer-unavailable");
    assert!(said.contains("--cert"), "{said}");
    let said = sign("ukey", "pin", Some(&dev(RSA, "chain"))).refused(66, "signer-unavailable");
    assert!(said.contains("E_TOKEN_NO_KEY") && said.contains("尾号"), "{said}");
    // The certificate of somebody else with a key of the same kind.
    let other = dev("bidder-works-12-04", "chain");
    sign("ukey", "pin", Some(&other)).refused(65, "bad-input");
    sign("ukey", "pin", Some("/nonexistent")).refused(66, "cannot-read");
    assert!(!place.path("token.p7s").exists());

    let said = sign("ukey", "pin", Some(&chain)).ok();
    assert!(said.contains("ecdsa-p256-sha256"), "{said}");
    place.verify("token.p7s");
    tokens.add("ukey", "123456").unwrap();
    fs::remove_file(place.path("token.p7s")).unwrap();
    let said = sign("ukey", "pin", Some(&chain)).refused(66, "signer-unavailable");
    assert!(said.contains("多个密码设备"), "{said}");
}

#[test]
fn a_foreign_container_is_judged_only_when_asked_and_never_taken_for_ours() {
    let dir = tempfile::tempdir().unwrap();
    let path = fixtures().join("vectors/signature/gbt-35275.json");
    let vectors: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let bytes = |value: &Value| STANDARD.decode(value.as_str().unwrap()).unwrap();
    let file = |name: &str, value: &Value| {
        let path = dir.path().join(name);
        fs::write(&path, bytes(value)).unwrap();
        text(&path)
    };
    let list = file("trust.json", &vectors["trust_b64"]);
    for case in vectors["cases"].as_array().unwrap() {
        let (cms, content) = (file("x.p7s", &case["cms_b64"]), file("x", &case["content_b64"]));
        let verify = |more: &str| {
            let all = ["verify-signature", &cms, "--content", &content, "--trust", &list];
            let more = words(&format!("--at 2026-07-01T00:00:00Z --no-revocation {more}"));
            kaibiao(all.map(str::to_owned).into_iter().chain(more))
        };
        let refused = verify("");
        assert_eq!(refused.code, 1, "{}", refused.text);
        let text = refused.text;
        assert!(text.contains("E_SIG_PROFILE") && text.contains("GB/T 35275"), "{text}");
        let judged = verify("--import");
        if case["expect"] == "ok" {
            let said = judged.ok();
            assert!(said.contains("canonical: false") && said.contains("不能用于投标"), "{said}");
            assert!(said.contains("non-canonical-container"), "{said}");
        } else {
            let said = judged.refused(1, "broken-signature");
            assert!(said.contains(case["expect"].as_str().unwrap()), "{said}");
        }
    }
    // The option changes nothing for one of ours.
    let path = |name: &str| Path::new(dir.path()).join(name);
    fs::write(path("bid"), "a bid").unwrap();
    let mut sign = words("sign");
    sign.extend([text(&path("bid")), "--out".to_owned(), text(&path("bid.p7s"))]);
    sign.extend(crate::support::identity(P256));
    kaibiao(sign).ok();
    let mut all =
        vec!["verify-signature".to_owned(), text(&path("bid.p7s")), "--import".to_owned()];
    all.extend(["--content".to_owned(), text(&path("bid"))]);
    all.extend(trust());
    // Whoever asks for it says that revocation is not judged.
    assert_eq!(kaibiao(&all).code, 64);
    all.push("--no-revocation".to_owned());
    assert!(!kaibiao(all).ok().contains("canonical"));
}
