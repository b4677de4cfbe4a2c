//! Requests made from the published description of the interface, by a program that looks for those that
//! make a server fail.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Output, Stdio};

use kaibiao_testkit::{skip, workspace_root};
use tokio::process::Command;

use crate::support::{Running, config, prepare, scenario};

/// What must hold of each answer: no failure of the server, and the status, type and body that the
/// description promises.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_schema_conformance";
/// Requests for each call, besides those with values at the edges.
const REQUESTS: &str = "25";

async fn explore(program: &Path, folder: &Path, hall: SocketAddr, settings: &str) -> Output {
    std::fs::write(folder.join("schemathesis.toml"), settings).unwrap();
    let mut explorer = Command::new(program);
    explorer
        .arg("--no-color")
        .arg("run")
        .arg(format!("http://{hall}/api/v1/openapi.json"))
        .args(["--checks", CHECKS, "--max-examples", REQUESTS, "--seed", "1"])
        .args(["--phases", "examples,coverage,fuzzing", "--warnings", "off"])
        .args(["--suppress-health-check", "all", "--continue-on-failure"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    explorer.output().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_makes_the_hall_fail() {
    let program = workspace_root().join("target/schemathesis/bin/st");
    if !program.exists() {
        return skip("Schemathesis is not there: cargo xtask test --only set-up");
    }
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("hall");
    let lot = prepare(&data, scenario());
    let hall = Running::start(config(&data)).await;

    // Any lot, which the hall mostly does not know, and the one that it has.
    let known = format!("[parameters]\ntender = \"{}\"\nlot = \"{}\"\n", lot.tender, lot.lot);
    for settings in ["", &known] {
        let output = explore(&program, folder.path(), hall.address, settings).await;
        let said = String::from_utf8_lossy(&output.stdout);
        let end = said.chars().rev().take(6_000).collect::<Vec<_>>();
        let end: String = end.into_iter().rev().collect();
        assert!(output.status.success(), "{settings}\n{end}");
        assert!(said.contains("No issues found"), "{end}");
    }
    hall.end().await;
}
