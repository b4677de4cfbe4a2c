//! `kaibiao cert`, `sign`, `verify-signature` and `trust` on the development certificates.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Done, kaibiao, text, trust, words};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_testkit::{fixtures, keys_dev};
use kaibiao_types::UtcMillis;
use serde_json::Value;

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

const UNJUDGED: &str = "--no-revocation";

impl Done {
    /// The verdict is not passed: exit code and sub-indication.
    #[track_caller]
    fn gives(self, code: i32, sub_indication: &str) -> String {
        assert_eq!(self.code, code, "{}", self.text);
        let line = format!("sub_indication: {sub_indication}\n");
        assert!(self.text.contains(&line), "{sub_indication}: {}", self.text);
        self.text
    }
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
        verify(&out, &path("bid.pdf"), UNJUDGED).ok();
        let openssl = Command::new("openssl")
            .args(["cms", "-verify", "-binary", "-inform", "DER", "-cades", "-purpose", "any"])
            .args(["-in", &text(&out), "-content", &text(&path("bid.pdf")), "-out", "/dev/null"])
            .args(["-CAfile", &text(&roots(dir.path()))])
            .output()
            .unwrap();
        assert!(openssl.status.success(), "{}", String::from_utf8_lossy(&openssl.stderr));

        let said = verify(&out, &path("other.pdf"), UNJUDGED).gives(1, "HASH_FAILURE");
        assert!(said.contains("签名无效") && said.contains("文件已被改动"), "{said}");
        let mut altered = fs::read(&out).unwrap();
        *altered.last_mut().unwrap() ^= 1;
        fs::write(path("altered.p7s"), altered).unwrap();
        verify(&path("altered.p7s"), &path("bid.pdf"), "").gives(1, "SIG_CRYPTO_FAILURE");
        let early = "--at 2023-01-01T00:00:00Z";
        verify(&out, &path("bid.pdf"), early).gives(1, "NOT_YET_VALID");
        sign(&path("bid.pdf"), &out, name, "").refused(73, "cannot-write");
    }
    // The development list does not name RSASSA-PSS.
    let pss = path("pss.p7s");
    sign(&path("bid.pdf"), &pss, "bidder-works-12-01", "--pss").ok();
    let said = verify(&pss, &path("bid.pdf"), "").gives(1, "CRYPTO_CONSTRAINTS_FAILURE");
    assert!(said.contains("rsa-pss-sha256"), "{said}");
    let none = path("none.p7s");
    assert_ne!(sign(&path("bid.pdf"), &none, "bidder-works-12-02", "--pss").code, 0);
    sign(&path("nothing"), &none, "bidder-works-12-02", "").refused(66, "cannot-read");
    verify(&path("bid.pdf"), &path("bid.pdf"), "").gives(1, "FORMAT_FAILURE");
    assert!(!none.exists());
}

/// A CRL of a development CA of this date; `revoked` is from when on a certificate is.
fn crl(dir: &Path, ca: &str, date: &str, revoked: Option<(&Path, &str)>) -> PathBuf {
    let openssl = |words: &str| {
        let out = Command::new("openssl").args(words.split(' ')).current_dir(dir).output().unwrap();
        assert!(out.status.success(), "{words}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    };
    let line = revoked.map(|(certificate, since)| {
        let serial = openssl(&format!("x509 -noout -serial -in {}", text(certificate)));
        let serial = serial.trim().trim_start_matches("serial=").to_owned();
        format!("R\t450101000000Z\t{since},keyCompromise\t{serial}\tunknown\t/CN=x\n")
    });
    fs::write(dir.join("index"), line.unwrap_or_default()).unwrap();
    fs::write(dir.join("number"), "01\n").unwrap();
    let config = "[ca]\ndefault_ca=d\n[d]\ndatabase=index\ncrlnumber=number\ndefault_md=sha256\n\
                  [e]\nauthorityKeyIdentifier=keyid\n";
    fs::write(dir.join("ca.cnf"), config).unwrap();
    let ca_files = text(&keys_dev().join(ca));
    openssl(&format!(
        "ca -gencrl -config ca.cnf -crlexts e -keyfile {ca_files}.key.pem -cert {ca_files}.cert.pem \
         -crl_lastupdate {date} -crldays 7 -out crl.pem"
    ));
    let out = dir.join(format!("{}-{date}.crl", ca.replace('/', "-")));
    openssl(&format!("crl -in crl.pem -outform DER -out {}", text(&out)));
    out
}

const BEFORE: &str = "20260630000000Z";
const AFTER: &str = "20260702000000Z";
const KNOWN: &str = "--at 2026-07-01T00:00:00Z --now 2026-08-01T00:00:00Z";

#[test]
fn revocation_decides() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    fs::write(path("bid.pdf"), b"a bid").unwrap();
    sign(&path("bid.pdf"), &path("p7s"), "bidder-works-12-02", "").ok();
    let signer = chain("bidder-works-12-02");
    let issuing = |date: &str, revoked: Option<&str>| {
        crl(dir.path(), "ca-p256/issuing", date, revoked.map(|since| (signer.as_path(), since)))
    };
    let root = crl(dir.path(), "ca-p256/root", AFTER, None);
    let judge = |crl: &Path, more: &str| {
        let more = format!("{more} --revocation {} {}", text(crl), text(&root));
        verify(&path("p7s"), &path("bid.pdf"), &more)
    };
    let clean = issuing(AFTER, None);
    let said = judge(&clean, KNOWN).ok();
    assert!(said.contains("check 7 revocation: passed") && said.contains("签名有效"), "{said}");
    let json = judge(&clean, &format!("{KNOWN} --json")).ok();
    let json: Value =
        serde_json::from_str(json.lines().find(|l| l.starts_with('{')).unwrap()).unwrap();
    assert_eq!(json["indication"], "TOTAL-PASSED");
    assert_eq!(json["sub_indication"], Value::Null);
    assert_eq!(json["best_signature_time"], "2026-07-01T00:00:00.000Z");
    assert_eq!(json["best_signature_time_by"], "caller");
    assert_eq!(json["certificates"][0]["status"], "good");
    assert_eq!(json["checks"].as_array().unwrap().len(), 7);

    let said = verify(&path("p7s"), &path("bid.pdf"), KNOWN).gives(2, "TRY_LATER");
    assert!(said.contains("尾号") && said.contains("--revocation"), "{said}");
    let said = judge(&issuing(BEFORE, None), KNOWN).gives(2, "NO_POE");
    assert!(said.contains("无法判定"), "{said}");
    let revoked = issuing(AFTER, Some("260630000000Z"));
    let said = judge(&revoked, KNOWN).gives(1, "REVOKED");
    assert!(said.contains("被吊销（密钥失密）"), "{said}");
    judge(&revoked, "--now 2026-07-03T00:00:00Z").gives(2, "REVOKED_NO_POE");
    let later = issuing(AFTER, Some("260701120000Z"));
    let said = judge(&later, KNOWN).ok();
    assert!(said.contains("revoked later") && said.contains("不影响此前的签名"), "{said}");
    let english = format!("{KNOWN} --lang en");
    let said = judge(&later, &english).ok();
    assert!(said.contains("the signature is good") && said.contains("was revoked later"), "{said}");

    fs::write(path("garbage"), b"no list").unwrap();
    let said = judge(&path("garbage"), KNOWN).gives(2, "TRY_LATER");
    assert!(said.contains("E_REVOCATION_FORMAT"), "{said}");
    judge(&path("absent"), KNOWN).refused(66, "cannot-read");
    let both = format!("{KNOWN} --no-revocation");
    assert_eq!(judge(&clean, &both).code, 64, "either evidence or none is asked for");
    let said = verify(&path("p7s"), &path("bid.pdf"), &both).ok();
    assert!(said.contains("revocation: not-judged") && said.contains("没有核验"), "{said}");
    let said = verify(&path("p7s"), &path("bid.pdf"), "").gives(2, "TRY_LATER");
    assert!(said.contains("best_signature_time: null"), "{said}");
}

#[test]
fn only_time_tells_what_an_expired_certificate_signed() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    fs::write(path("bid.pdf"), b"a bid").unwrap();
    sign(&path("bid.pdf"), &path("p7s"), "expired", "").ok();
    let judge = |more: &str| verify(&path("p7s"), &path("bid.pdf"), &format!("{UNJUDGED} {more}"));
    let said = judge("").gives(2, "OUT_OF_BOUNDS_NO_POE");
    assert!(said.contains("到期") && said.contains("--at"), "{said}");
    judge("--at 2024-02-01T00:00:00Z").ok();
    let said = judge("--at 2024-06-01T00:00:00Z").gives(1, "EXPIRED");
    assert!(said.contains("最早只能证明在 2024-06-01"), "{said}");
    judge("--at 2024-02-01T00:00:00Z --now 2024-01-01T00:00:00Z")
        .gives(2, "TIMESTAMP_ORDER_FAILURE");
    fs::write(path("record"), b"no record").unwrap();
    let record = format!("--record {}", text(&path("record")));
    let said = judge(&record).gives(2, "NO_POE");
    assert!(said.contains("证据记录"), "{said}");
}

#[test]
fn whose_signature_and_by_whose_list() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    fs::write(path("bid.pdf"), b"a bid").unwrap();
    sign(&path("bid.pdf"), &path("own"), "bidder-works-12-01", "").ok();
    sign(&path("bid.pdf"), &path("other"), "other-root", "").ok();
    sign(&path("bid.pdf"), &path("encryption"), "no-sign-usage", "").ok();
    let judge = |name: &str, more: &str| {
        verify(&path(name), &path("bid.pdf"), &format!("{UNJUDGED} {more}"))
    };
    let said = judge("own", "").ok();
    let code = said.lines().find_map(|line| line.strip_prefix("code: ")).unwrap().to_owned();
    judge("own", &format!("--code {code}")).ok();
    let said = judge("own", "--code 91430200MA0000001B").gives(1, "SIG_CONSTRAINTS_FAILURE");
    assert!(said.contains("签名是他人作出的"), "{said}");
    judge("own", "--code 1").refused(65, "bad-input");
    judge("other", "").gives(2, "NO_CERTIFICATE_CHAIN_FOUND");
    let said = judge("encryption", "").gives(1, "CHAIN_CONSTRAINTS_FAILURE");
    assert!(said.contains("加密证书"), "{said}");
    let more = format!("--certificates {}", text(&chain("other-root")));
    judge("other", &more).gives(2, "NO_CERTIFICATE_CHAIN_FOUND");
}

/// Time stamps, evidence records, CRLs and OCSP responses: the vectors come out alike here.
#[test]
fn the_vectors_of_validations_come_out_alike() {
    let dir = tempfile::tempdir().unwrap();
    let file = fixtures().join("vectors/signature/validation.json");
    let vectors: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    for (name, bytes) in vectors["data_b64"].as_object().unwrap() {
        fs::write(dir.path().join(name), STANDARD.decode(bytes.as_str().unwrap()).unwrap())
            .unwrap();
    }
    let path = |name: &Value| text(&dir.path().join(name.as_str().unwrap()));
    let time = |at: &Value| UtcMillis::new(at.as_u64().unwrap()).unwrap().rfc3339();
    let cases = vectors["cases"].as_array().unwrap();
    for case in cases.iter().filter(|case| case["name"].as_str().unwrap().ends_with("P256")) {
        let mut all = words("verify-signature --json");
        all.extend([path(&case["cms"]), "--content".to_owned(), path(&case["content"])]);
        all.extend(["--trust".to_owned(), path(&case["trust"])]);
        all.extend(["--now".to_owned(), time(&case["now"])]);
        if !case["known"].is_null() {
            all.extend(["--at".to_owned(), time(&case["known"])]);
        }
        if !case["record"].is_null() {
            all.extend(["--record".to_owned(), path(&case["record"])]);
        }
        for list in case["evidence"].as_array().unwrap() {
            all.extend(["--revocation".to_owned(), path(list)]);
        }
        let done = kaibiao(all);
        let line = done.text.lines().find(|line| line.starts_with('{')).unwrap_or(&done.text);
        let found: Value = serde_json::from_str(line).unwrap();
        let expect = &case["expect"];
        for fact in ["indication", "sub_indication", "label", "best_signature_time_by"] {
            assert_eq!(found[fact], expect[fact], "{}: {fact}", case["name"]);
        }
        let code = ["TOTAL-PASSED", "TOTAL-FAILED", "INDETERMINATE"]
            .iter()
            .position(|indication| found["indication"] == *indication);
        assert_eq!(usize::try_from(done.code).ok(), code, "{}", case["name"]);
        let untrusted = case["name"] == "N28 an authority that is not trusted, P256";
        assert_eq!(done.text.contains("时间戳机构不在信任名单中"), untrusted, "{}", done.text);
    }
    assert!(cases.len() > 50);
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
