//! `kaibiao timestamp` and `kaibiao tsa` over sockets, with `openssl ts` on either side.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::stamps::{
    QUERY, REPLY, Tsa, ca_words, openssl, openssl_replies, post, server, short_authority,
};
use crate::support::{Done, identity, kaibiao, text, trust, words};
use kaibiao_testkit::keys_dev;
use serde_json::Value;

struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("bid.pdf"), b"what existed").unwrap();
        fs::write(dir.path().join("other.pdf"), b"what did not").unwrap();
        Self(dir)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn dir(&self) -> &Path {
        self.0.path()
    }

    /// `kaibiao timestamp …` with the development trust list; names in braces are files here.
    fn timestamp(&self, line: &str) -> Done {
        let all = words("timestamp").into_iter().chain(self.words(line)).chain(trust());
        kaibiao(all)
    }

    fn words(&self, line: &str) -> Vec<String> {
        let word = |word: &str| match word.strip_prefix('@') {
            Some(name) => text(&self.path(name)),
            None => word.to_owned(),
        };
        line.split_whitespace().map(word).collect()
    }
}

#[test]
fn openssl_asks_our_authority() {
    let desk = Desk::new();
    let tsa = Tsa::start(&desk.path("tsa"));
    for (digest, options) in [("sha256", "-cert"), ("sha384", ""), ("sha512", "-cert -no_nonce")] {
        let line = format!("ts -query -data bid.pdf -{digest} {options} -out q.tsq");
        openssl(desk.dir(), &line).unwrap();
        let query = fs::read(desk.path("q.tsq")).unwrap();
        let (status, answer) = post(&tsa.url, QUERY, &query);
        assert_eq!(status, 200);
        fs::write(desk.path("r.tsr"), answer).unwrap();
        let tsa = text(&keys_dev().join("tsa/tsa.cert.pem"));
        let untrusted = if options.contains("-cert") { String::new() } else { tsa };
        let mut ca = ca_words();
        if !untrusted.is_empty() {
            // Without certificates in the stamp OpenSSL has to be given all of them.
            let all = fs::read_to_string(keys_dev().join("tsa/tsa.chain.pem")).unwrap();
            fs::write(desk.path("chain.pem"), all).unwrap();
            let root = text(&keys_dev().join("ca-rsa/root.cert.pem"));
            ca = format!("-CAfile {root} -untrusted chain.pem");
        }
        let line = format!("ts -verify -queryfile q.tsq -in r.tsr {ca}");
        let said = openssl(desk.dir(), &line).unwrap();
        assert!(said.contains("Verification: OK"), "{said}");
        let line = format!("ts -verify -data other.pdf -in r.tsr {ca}");
        assert!(openssl(desk.dir(), &line).is_err());
    }
    // What is no request is answered by a refusal, what is no query not at all.
    let (status, answer) = post(&tsa.url, QUERY, b"nothing");
    assert_eq!(status, 200);
    fs::write(desk.path("r.tsr"), answer).unwrap();
    let said = openssl(desk.dir(), "ts -reply -in r.tsr -text").unwrap();
    assert!(
        said.contains("Rejected") && said.contains("data submitted has the wrong format"),
        "{said}"
    );
    assert_eq!(post(&tsa.url, "text/plain", b"nothing").0, 415);
    assert!([0, 413].contains(&post(&tsa.url, QUERY, &vec![0; 300_000]).0));
}

#[test]
fn a_file_is_stamped_and_verified() {
    let desk = Desk::new();
    let tsa = Tsa::start(&desk.path("tsa"));
    let said = desk.timestamp(&format!("file @bid.pdf --json --tsa {}", tsa.url)).ok();
    let facts: Value =
        serde_json::from_str(said.lines().find(|line| line.starts_with('{')).unwrap()).unwrap();
    assert_eq!(facts["policy"], "2.999.26.1");
    assert_eq!(facts["due_beijing"], "2046-01-01 07:59:59.999", "{facts}");
    let line = format!("ts -verify -data bid.pdf -in bid.pdf.tst -token_in {}", ca_words());
    openssl(desk.dir(), &line).unwrap();

    let verify = |more: &str| desk.timestamp(&format!("verify {more}"));
    let said = verify("@bid.pdf --token @bid.pdf.tst").ok();
    assert!(said.contains("verdict: TOTAL-PASSED") && said.contains("之前已经存在"), "{said}");
    let said = verify("@other.pdf --token @bid.pdf.tst --lang en");
    assert_eq!(said.code, 1, "{}", said.text);
    assert!(said.text.contains("verdict: TOTAL-FAILED"), "{}", said.text);
    assert!(said.text.contains("HASH_FAILURE") && said.text.contains("another file"));
    let mut altered = fs::read(desk.path("bid.pdf.tst")).unwrap();
    *altered.last_mut().unwrap() ^= 1;
    fs::write(desk.path("altered.tst"), &altered).unwrap();
    let said = verify("@bid.pdf --token @altered.tst");
    assert!(said.code == 1 && said.text.contains("SIG_CRYPTO_FAILURE"), "{}", said.text);
    let said = verify("@bid.pdf --token @bid.pdf");
    assert!(said.code == 1 && said.text.contains("E_TST_FORMAT"), "{}", said.text);
    // After the end of the authority's certificate, and before the stamp was made.
    for at in ["2046-02-01T00:00:00Z", "2026-01-01T00:00:00Z"] {
        let said = verify(&format!("@bid.pdf --token @bid.pdf.tst --at {at}"));
        assert!(said.code == 2 && said.text.contains("verdict: INDETERMINATE"), "{}", said.text);
    }
    verify("@bid.pdf --token @nothing").refused(66, "cannot-read");

    // An existing file is never replaced, and nobody is asked.
    let again = format!("file @bid.pdf --tsa {}", tsa.url);
    desk.timestamp(&again).refused(73, "cannot-write");
    desk.timestamp(&format!("file @nothing --tsa {}", tsa.url)).refused(66, "cannot-read");
    for digest in ["sha384", "sha512", "sm3"] {
        let out = format!("@{digest}.tst");
        desk.timestamp(&format!("{again} --digest {digest} --out {out}")).ok();
        verify(&format!("@bid.pdf --token {out}")).ok();
    }
    assert_eq!(desk.timestamp(&format!("{again} --digest sha1 --out @no.tst")).code, 64);
    // By a policy it has and one it has not.
    desk.timestamp(&format!("{again} --policy 2.999.26.1 --out @policy.tst")).ok();
    let said = desk.timestamp(&format!("{again} --policy 1.2.3 --out @no.tst"));
    assert!(said.refused(3, "tsa-refused").contains("unacceptedPolicy"));
    desk.timestamp(&format!("{again} --policy none --out @no.tst")).refused(64, "usage");
    assert!(!desk.path("no.tst").exists());
}

/// The number of a stamp.
fn number(said: &str) -> u64 {
    let line = said.lines().find(|line| line.starts_with("number: ")).unwrap();
    u64::from_str_radix(line.trim_start_matches("number: "), 16).unwrap()
}

#[test]
fn numbers_go_on_after_a_restart() {
    let desk = Desk::new();
    let stamp = |tsa: &Tsa, out: &str| {
        number(&desk.timestamp(&format!("file @bid.pdf --out @{out} --tsa {}", tsa.url)).ok())
    };
    let mut tsa = Tsa::start(&desk.path("tsa"));
    let first = stamp(&tsa, "1.tst");
    assert_eq!(stamp(&tsa, "2.tst"), first + 1);
    // Nobody else may use the folder meanwhile.
    let second = {
        let (cert, key) =
            (keys_dev().join("tsa/tsa.chain.pem"), keys_dev().join("tsa/tsa.key.pem"));
        let all =
            ["tsa", "--cert", &text(&cert), "--key", &text(&key), "--data"].map(str::to_owned);
        kaibiao(all.into_iter().chain([text(&desk.path("tsa"))]))
    };
    second.refused(73, "cannot-write");
    tsa.process.kill();
    drop(tsa);
    let tsa = Tsa::start(&desk.path("tsa"));
    assert_eq!(stamp(&tsa, "3.tst"), first + 2);

    // A certificate that is not for time stamps.
    let all = words("tsa --listen 127.0.0.1:0 --data").into_iter();
    let all = all.chain([text(&desk.path("other"))]).chain(identity("bidder-works-12-01"));
    kaibiao(all).refused(77, "untrusted-certificate");
}

#[test]
fn we_ask_the_authority_of_openssl() {
    let desk = Desk::new();
    let state = desk.path("openssl");
    fs::create_dir(&state).unwrap();
    let url = server(move |request| ("200 OK", REPLY, openssl_replies(&state, request)));
    desk.timestamp(&format!("file @bid.pdf --digest sha512 --tsa {url}")).ok();
    desk.timestamp("verify @bid.pdf --token @bid.pdf.tst").ok();
    let said = desk.timestamp(&format!("file @bid.pdf --out @no.tst --digest sm3 --tsa {url}"));
    assert!(said.refused(3, "tsa-refused").contains("badAlg"));
}

#[test]
fn answers_that_do_not_hold_are_not_kept() {
    let desk = Desk::new();
    let state = desk.path("openssl");
    fs::create_dir(&state).unwrap();
    let other = {
        openssl(desk.dir(), "ts -query -data bid.pdf -sha256 -cert -out q.tsq").unwrap();
        openssl_replies(&state, &fs::read(desk.path("q.tsq")).unwrap())
    };
    let ask = |url: &str| desk.timestamp(&format!("file @bid.pdf --out @no.tst --tsa {url}"));
    // An answer to another request: the nonce.
    let replayed = other.clone();
    let url = server(move |_| ("200 OK", REPLY, replayed.clone()));
    let said = ask(&url).refused(1, "broken-stamp");
    assert!(said.contains("E_TST_NONCE") && said.contains("成对"), "{said}");
    // One octet of the true answer altered.
    let folder = state.clone();
    let url = server(move |request| {
        let mut answer = openssl_replies(&folder, request);
        *answer.last_mut().unwrap() ^= 1;
        ("200 OK", REPLY, answer)
    });
    ask(&url).refused(1, "broken-stamp");
    let url = server(|_| ("200 OK", REPLY, b"nonsense".to_vec()));
    ask(&url).refused(1, "broken-stamp");
    let url = server(|_| ("200 OK", REPLY, vec![0x30; 300_000]));
    ask(&url).refused(65, "too-large");
    for (status, kind) in [
        ("200 OK", "text/html"),
        ("404 Not Found", REPLY),
        ("500 Internal Server Error", REPLY),
        ("302 Found\r\nLocation: http://127.0.0.1:9/", REPLY),
    ] {
        let answer = other.clone();
        let url = server(move |_| (status, kind, answer.clone()));
        ask(&url).refused(4, "tsa-unreachable");
    }
    ask("http://127.0.0.1:9/").refused(4, "tsa-unreachable");
    for bad in ["ftp://127.0.0.1/", "nowhere"] {
        ask(bad).refused(64, "usage");
    }
    // An authority that is not on the list; another list may know it.
    let own = desk.path("own");
    fs::create_dir(&own).unwrap();
    let (cert, key, list) = short_authority(&own, 3650);
    let tsa = Tsa::of(&cert, &key, &desk.path("tsa"));
    let said = ask(&tsa.url).refused(77, "untrusted-certificate");
    assert!(said.contains("时间戳机构的证书"), "{said}");
    assert!(!desk.path("no.tst").exists());
    let mut all = desk.words(&format!("timestamp file @bid.pdf --out @own.tst --tsa {}", tsa.url));
    all.extend(["--trust".to_owned(), text(&list)]);
    kaibiao(all).ok();
    let said = desk.timestamp("verify @bid.pdf --token @own.tst");
    assert!(said.code == 2 && said.text.contains("NO_CERTIFICATE_CHAIN_FOUND"), "{}", said.text);
}

#[test]
fn a_machine_without_network_asks_in_two_steps() {
    let desk = Desk::new();
    let state = desk.path("openssl");
    fs::create_dir(&state).unwrap();
    let said = desk.timestamp("file @bid.pdf --request-out @bid.tsq").ok();
    assert!(said.contains("--response"), "{said}");
    let answer = openssl_replies(&state, &fs::read(desk.path("bid.tsq")).unwrap());
    fs::write(desk.path("bid.tsr"), &answer).unwrap();
    let second = "--request @bid.tsq --response @bid.tsr";
    desk.timestamp(&format!("file @other.pdf {second}")).refused(65, "bad-input");
    desk.timestamp(&format!("file @bid.pdf --digest sha512 {second}")).refused(65, "bad-input");
    desk.timestamp(&format!("file @bid.pdf {second}")).ok();
    desk.timestamp("verify @bid.pdf --token @bid.pdf.tst").ok();
    // The answer itself is a stamp too.
    desk.timestamp("verify @bid.pdf --token @bid.tsr").ok();
    // Another request of the same file, with its own nonce.
    desk.timestamp("file @bid.pdf --out @x.tst --request-out @other.tsq").ok();
    let mixed = "file @bid.pdf --out @x.tst --request @other.tsq --response @bid.tsr";
    desk.timestamp(mixed).refused(1, "broken-stamp");
    desk.timestamp("file @bid.pdf --out @x.tst --request @bid.tsr --response @bid.tsr")
        .refused(65, "bad-input");
    for wrong in [
        "file @bid.pdf --out @x.tst",
        "file @bid.pdf --out @x.tst --request @bid.tsq",
        "file @bid.pdf --out @x.tst --response @bid.tsr",
        "file @bid.pdf --out @x.tst --request-out @n.tsq --tsa http://127.0.0.1:9/",
        "file @bid.pdf --out @x.tst --request @bid.tsq --response @bid.tsr --policy 1.2.3",
    ] {
        assert_eq!(desk.timestamp(wrong).code, 64, "{wrong}");
    }
    desk.timestamp("file @bid.pdf --out @x.tst --request-out @bid.tsq").refused(73, "cannot-write");
    assert!(!desk.path("x.tst").exists());
}

#[test]
fn a_signature_is_stamped() {
    let desk = Desk::new();
    let tsa = Tsa::start(&desk.path("tsa"));
    for name in ["bidder-works-12-01", "bidder-works-12-02"] {
        let all = desk.words(&format!("sign @bid.pdf --out @{name}.p7s"));
        kaibiao(all.into_iter().chain(identity(name))).ok();
        let line = format!("signature @{name}.p7s --out @{name}.t.p7s");
        desk.timestamp(&format!("{line} --tsa {}", tsa.url)).ok();
        let all = desk
            .words(&format!("verify-signature @{name}.t.p7s --content @bid.pdf --no-revocation"));
        kaibiao(all.into_iter().chain(trust())).ok();
        let roots = ["ca-rsa", "ca-p256"]
            .map(|ca| fs::read_to_string(keys_dev().join(ca).join("root.cert.pem")).unwrap());
        fs::write(desk.path("roots.pem"), roots.concat()).unwrap();
        let line = format!(
            "cms -verify -binary -inform DER -cades -purpose any -in {name}.t.p7s -content bid.pdf \
             -CAfile roots.pem -out /dev/null"
        );
        openssl(desk.dir(), &line).unwrap();
        // A signature has one stamp.
        let line = format!("signature @{name}.t.p7s --out @x.p7s --tsa {}", tsa.url);
        desk.timestamp(&line).refused(1, "broken-signature");
        // In two steps.
        let line = format!("signature @{name}.p7s --request-out @{name}.tsq");
        desk.timestamp(&line).ok();
        let (_, answer) =
            post(&tsa.url, QUERY, &fs::read(desk.path(&format!("{name}.tsq"))).unwrap());
        fs::write(desk.path(&format!("{name}.tsr")), answer).unwrap();
        let line = format!(
            "signature @{name}.p7s --out @{name}.2.p7s --request @{name}.tsq --response @{name}.tsr"
        );
        desk.timestamp(&line).ok();
    }
    let line = format!("signature @bid.pdf --out @x.p7s --tsa {}", tsa.url);
    desk.timestamp(&line).refused(1, "broken-signature");
    assert_eq!(desk.timestamp(&format!("signature @bid.pdf --tsa {}", tsa.url)).code, 64);
    assert!(!desk.path("x.p7s").exists());
}
