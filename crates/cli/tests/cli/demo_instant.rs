//! The demonstration as a newcomer runs it, at full speed.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::support::{KAIBIAO, eventually, kaibiao, run, text, trust};
use kaibiao_testkit::{Running, keys_dev, require_tool};

#[test]
fn a_whole_opening_ends_with_a_passed_package() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let mut command = Command::new(KAIBIAO);
    command.args(["demo", "--pace", "instant", "--tender", "zhuzhou-2022", "--lang", "en"]);
    let temp = dir.path().join("temp");
    fs::create_dir(&temp).unwrap();
    command.arg("--out").arg(&out).env("TMPDIR", &temp);
    let mut demo = Running::start(command, Duration::from_secs(55)).unwrap();
    demo.wait_for("Public page: http://127.0.0.1:").unwrap();
    let status = demo.wait_exit().unwrap();
    let output = demo.output();
    assert!(status.success(), "{output}");
    assert!(output.contains("TOTAL-PASSED"), "{output}");
    for name in ["trust.json", "tender/tender.json", "opening/log.jsonl", "opening/record.json"] {
        assert!(out.join(name).is_file(), "{name}");
    }
    let bids: Vec<_> = fs::read_dir(out.join("bids")).unwrap().map(|b| b.unwrap().path()).collect();
    assert_eq!(bids.len(), 4);
    for bid in &bids {
        for name in
            ["price.kbf", "documents.kbf", "receipt.json", "receipt.p7s", "receipt-proof.json"]
        {
            let facts = bid.join(name);
            assert!(facts.is_file(), "{}", facts.display());
        }
        openssl_accepts(&bid.join("manifest.p7s"), &bid.join("manifest.json"), dir.path());
    }
    openssl_accepts(&out.join("tender/tender.p7s"), &out.join("tender/tender.json"), dir.path());
    unzips(&out.join("evidence.asice"));
    nothing_is_left(&temp);

    // The package alone is enough, and one changed byte is not.
    let package = out.join("evidence.asice");
    let mut verify = vec!["verify".to_owned(), text(&package)];
    verify.extend(trust());
    let report = kaibiao(&verify).ok();
    // Ruling 19: every custodian's journal is in it, and agrees with the log.
    for check in ["JRN-01", "JRN-02", "JRN-03", "JRN-04"] {
        let line = report.lines().find(|line| line.starts_with(check));
        assert!(line.is_some_and(|line| line.contains("通过")), "{report}");
    }
    let log = fs::read_to_string(out.join("opening/log.jsonl")).unwrap();
    for number in 1..=3 {
        for moment in ["freeze", "close"] {
            let data = format!(r#""data":{{"custodian":{number},"moment":"{moment}","#);
            assert_eq!(log.matches(&data).count(), 1, "{data}");
        }
        let name = format!("journals/{number}.jsonl");
        let package = fs::read(&package).unwrap();
        assert!(package.windows(name.len()).any(|found| found == name.as_bytes()), "{name}");
    }
    the_record_is_printed_again(&out, dir.path());
    let mut bytes = fs::read(&package).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let altered = dir.path().join("altered.asice");
    fs::write(&altered, bytes).unwrap();
    verify[1] = text(&altered);
    assert_eq!(kaibiao(&verify).code, 1);

    // The evidence record is of this package and of no other.
    let record = |package: &Path| {
        let mut words = vec!["evidence".to_owned(), "verify".to_owned()];
        words.extend([text(&out.join("evidence.ers")), text(package)]);
        words.extend(trust());
        kaibiao(&words)
    };
    assert!(record(&package).ok().contains("existed_before"));
    assert_ne!(record(&altered).code, 0);
}

/// Page and PDF of a demonstration say who signed, and come out the same from record and log alone.
fn the_record_is_printed_again(out: &Path, dir: &Path) {
    let opening = |name: &str| out.join("opening").join(name);
    let print = |form: &str, record: &Path, to: &str| {
        let (record, log, to) = (text(record), text(&opening("log.jsonl")), text(&dir.join(to)));
        kaibiao(["record", form, &record, "--log", &log, "--out", &to])
    };
    for (form, kept) in [("page", "record.html"), ("pdf", "record.pdf")] {
        // Host, supervisor and four bidders.
        assert!(print(form, &opening("record.json"), kept).ok().contains("signatures: 6"));
        assert!(fs::read(dir.join(kept)).unwrap() == fs::read(opening(kept)).unwrap(), "{kept}");
    }
    let page = fs::read_to_string(opening("record.html")).unwrap();
    assert_eq!(page.matches("已签名 signed").count(), 2);
    assert!(!page.contains("未签名"), "every bidder signed");
    // Another record of the same lot: the log does not name it.
    let other = fs::read_to_string(opening("record.json")).unwrap();
    let other = other.replacen("\"min_bidders\":3", "\"min_bidders\":4", 1);
    fs::write(dir.join("other.json"), other).unwrap();
    print("page", &dir.join("other.json"), "other.html").refused(1, "altered-object");
}

#[test]
fn a_demonstration_draws_one_of_the_values_of_the_tender_file() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let mut command = Command::new(KAIBIAO);
    command.args(["demo", "--pace", "instant", "--tender", "works-12", "--lang", "en"]);
    command.args(["--deadline-in", "75s", "--out"]).arg(&out);
    let mut demo = Running::start(command, Duration::from_mins(5)).unwrap();
    let status = demo.wait_exit().unwrap();
    let output = demo.output();
    assert!(status.success(), "{output}");
    assert!(output.contains("TOTAL-PASSED"), "{output}");
    assert!(output.contains("Draw 1: Benchmark price factor K = 0.9"), "{output}");
    let record = fs::read(out.join("opening/record.json")).unwrap();
    let record: serde_json::Value = serde_json::from_slice(&record).unwrap();
    let draw = &record["draws"][0];
    let list = draw["values"]["list"].as_array().unwrap();
    let index = usize::try_from(draw["index"].as_u64().unwrap()).unwrap();
    assert_eq!(draw["value"], list[index]);
    assert!(draw["proven"].as_array().unwrap().len() >= 2);
    let mut list = vec!["verify".to_owned(), text(&out.join("evidence.asice"))];
    list.extend(trust());
    list.push("--json".to_owned());
    let report = kaibiao(&list);
    assert!(report.text.contains(r#""id":"DRW-01","bid":null,"result":"PASS""#), "{}", report.text);
}

#[test]
fn a_demonstration_that_fails_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let temp = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let demo = |more: &[&str]| {
        let mut command = Command::new(KAIBIAO);
        command.args(["demo", "--pace", "instant"]).args(more).arg("--out").arg(&out);
        command.env("TMPDIR", temp.path());
        run(command)
    };
    // No key ceremony is as fast as this.
    let done = demo(&["--deadline-in", "1ms"]);
    assert_ne!(done.code, 0, "{}", done.text);
    assert!(done.text.contains("--deadline-in 30s"), "{}", done.text);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    nothing_is_left(temp.path());
    fs::create_dir(&out).unwrap();
    demo(&[]).refused(73, "cannot-write");
    assert_eq!(fs::read_dir(&out).unwrap().count(), 0);
    nothing_is_left(temp.path());
}

#[test]
fn a_demonstration_that_is_interrupted_leaves_nothing() {
    for signal in ["-INT", "-TERM", "-KILL"] {
        let temp = tempfile::tempdir().unwrap();
        let mut command = Command::new(KAIBIAO);
        command.args(["demo", "--lang", "en"]).env("TMPDIR", temp.path());
        let mut demo = Running::start(command, Duration::from_secs(50)).unwrap();
        demo.wait_for("rehearsed").unwrap_or_else(|error| panic!("{error}"));
        let kill = Command::new("kill").args([signal, &demo.pid().to_string()]).status().unwrap();
        assert!(kill.success());
        let status = demo.wait_exit().unwrap();
        assert!(!status.success(), "{signal}");
        if signal == "-KILL" {
            // Nobody is left to remove the files; the children end because their input closed.
            eventually("no process", Duration::from_secs(10), || alive(temp.path()) == 0);
        } else {
            nothing_is_left(temp.path());
        }
    }
}

fn openssl_accepts(signature: &Path, content: &Path, temp: &Path) {
    if !require_tool("openssl") {
        return;
    }
    let roots = temp.join("roots.pem");
    let pem = ["ca-rsa", "ca-p256"]
        .map(|ca| fs::read_to_string(keys_dev().join(ca).join("root.cert.pem")).unwrap());
    fs::write(&roots, pem.concat()).unwrap();
    let output = Command::new("openssl")
        .args(["cms", "-verify", "-cades", "-binary", "-purpose", "any", "-inform", "DER", "-in"])
        .arg(signature)
        .arg("-content")
        .arg(content)
        .arg("-CAfile")
        .arg(&roots)
        .args(["-out", "/dev/null"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn unzips(package: &Path) {
    if require_tool("unzip") {
        let output = Command::new("unzip").arg("-tq").arg(package).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}

/// No process of the demonstration is alive, and no file of theirs.
fn nothing_is_left(temp: &Path) {
    assert_eq!(alive(temp), 0);
    assert_eq!(fs::read_dir(temp).unwrap().count(), 0);
}

/// Processes whose command line names the folder.
fn alive(temp: &Path) -> usize {
    let marker = temp.display().to_string();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ours = processes.filter(|process| {
        fs::read(process.path().join("cmdline"))
            .is_ok_and(|line| String::from_utf8_lossy(&line).contains(&marker))
    });
    ours.count()
}
