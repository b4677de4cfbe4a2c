//! The Autobahn test suite over the path that serves the readers of a room.

#[path = "../../../examples/echo/server.rs"]
mod server;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;

use kaibiao_testkit::{skip, workspace_root};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::process::Command;

/// The groups of cases: framing, pings and pongs, reserved bits, opcodes, fragments, UTF-8, closing;
/// 10 is the one on automatic fragmentation. 9 measures speed, 12 and 13 are about compression.
const GROUPS: [&str; 8] = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*"];
/// How many cases they have.
const CASES: usize = 247;
/// Cases without a right answer: the suite only notes what a server did.
const INFORMATIONAL: [&str; 3] = ["7.1.6", "7.13.1", "7.13.2"];

#[tokio::test]
async fn no_case_of_the_autobahn_suite_fails() {
    let packages = workspace_root().join("target/autobahn");
    if !packages.join("installed.txt").exists() {
        return skip("the Autobahn suite is not there: cargo xtask test --only set-up");
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let server = tokio::spawn(server::serve(listener));
    let folder = tempfile::tempdir().unwrap();
    let results = judge(&packages, folder.path(), &url).await;
    server.abort();

    let behaviours = results.iter().map(|(case, result)| {
        let behaviour = |key: &str| result[key].as_str().unwrap().to_owned();
        (case.as_str(), (behaviour("behavior"), behaviour("behaviorClose")))
    });
    let not_ok: BTreeMap<_, _> = behaviours
        .filter(|(case, (during, closing))| {
            let expected = if INFORMATIONAL.contains(case) { "INFORMATIONAL" } else { "OK" };
            during != expected || closing != expected && closing != "OK"
        })
        .collect();
    assert_eq!(results.len(), CASES);
    assert!(not_ok.is_empty(), "{not_ok:#?}");
}

/// What the suite says of each case.
async fn judge(packages: &Path, folder: &Path, url: &str) -> BTreeMap<String, Value> {
    let specification = folder.join("specification.json");
    let report = folder.join("report");
    let asked = json!({
        "outdir": report,
        // Seconds. Its own single ones are over before a busy machine lets it read an answer.
        "options": {"openHandshakeTimeout": 15, "closeHandshakeTimeout": 15, "serverConnectionDropTimeout": 15},
        "servers": [{"agent": "kaibiao", "url": url}],
        "cases": GROUPS,
        "exclude-cases": [],
        "exclude-agent-cases": {},
    });
    std::fs::write(&specification, asked.to_string()).unwrap();
    let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hall/autobahn/fuzz.py");
    let mut jython = Command::new("jython");
    jython.args([&driver, packages, &specification]).kill_on_drop(true).stdin(Stdio::null());
    // Jython keeps what it compiles beside the sources otherwise.
    jython.env("JYTHONDONTWRITEBYTECODE", "1").current_dir(folder);
    let output = jython.output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let index = std::fs::read(report.join("index.json")).unwrap_or_else(|_| panic!("{said}"));
    let mut index: BTreeMap<String, BTreeMap<String, Value>> =
        serde_json::from_slice(&index).unwrap();
    index.remove("kaibiao").unwrap()
}
