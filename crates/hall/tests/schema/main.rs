//! Requests made from the published description of the interface, by a program that looks for those that
//! make a server fail.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Output, Stdio};

use kaibiao_hall::{Front, HallConfig, serve};
use kaibiao_pki::Identity;
use kaibiao_store::{Batch, Store};
use kaibiao_testkit::{Scenario, ScenarioOptions, keys_dev, skip, workspace_root};
use kaibiao_types::{LotKey, UtcMillis};
use ring::rand::SystemRandom;
use tokio::process::Command;
use tokio::sync::oneshot;

/// What must hold of each answer: no failure of the server, and the status, type and body that the
/// description promises.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_schema_conformance";
/// Requests for each call, besides those with values at the edges.
const REQUESTS: &str = "25";

/// A lot with its whole log, as a hall that stopped left it.
fn prepare(data: &Path) -> LotKey {
    let options =
        ScenarioOptions { bidders: Some(3), documents: false, ..ScenarioOptions::default() };
    let scenario = Scenario::build(&options).unwrap();
    let lot = scenario.verified.file().lot_key();
    let lines = scenario.log.entries().iter().take(2).map(|entry| entry.line().to_vec());
    let batch = Batch::new()
        .put_new_doc("draft.json", &scenario.draft)
        .put_new_doc("draft.p7s", &scenario.draft_cms)
        .put_new_doc("ceremony.bundle", &scenario.ceremony)
        .put_new_doc("tender.json", &scenario.tender)
        .put_new_doc("tender.p7s", &scenario.tender_cms)
        .kv_put("session", &scenario.verified.record().session.0)
        .kv_put("log-seed", &[7; 32])
        .append(0, lines);
    Store::open(data).unwrap().create_lot_with(&lot, UtcMillis::EPOCH, &batch).unwrap();
    lot
}

fn config(data: &Path) -> HallConfig {
    let read = |name: &str| std::fs::read_to_string(keys_dev().join(name)).unwrap();
    let (chain, key) = (read("id/hall.chain.pem"), read("id/hall.key.pem"));
    HallConfig {
        data: data.to_owned(),
        listen: "127.0.0.1:0".parse().unwrap(),
        front: Front::default(),
        metrics: None,
        identity: Identity::from_pem(&chain, &key, &SystemRandom::new()).unwrap(),
        trust: read("trust.json").into_bytes(),
        dev: true,
        dev_roots: &[],
    }
}

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
    let lot = prepare(&folder.path().join("hall"));
    let (stop, stopped) = oneshot::channel::<()>();
    let (ready, address) = oneshot::channel();
    let on_ready = move |address| ready.send(address).unwrap();
    let shutdown = async move { drop(stopped.await) };
    let hall = tokio::spawn(serve(config(&folder.path().join("hall")), on_ready, shutdown));
    let address = address.await.unwrap();

    // Any lot, which the hall mostly does not know, and the one that it has.
    let known = format!("[parameters]\ntender = \"{}\"\nlot = \"{}\"\n", lot.tender, lot.lot);
    for settings in ["", &known] {
        let output = explore(&program, folder.path(), address, settings).await;
        let said = String::from_utf8_lossy(&output.stdout);
        let end = said.chars().rev().take(6_000).collect::<Vec<_>>();
        let end: String = end.into_iter().rev().collect();
        assert!(output.status.success(), "{settings}\n{end}");
        assert!(said.contains("No issues found"), "{end}");
    }
    stop.send(()).unwrap();
    hall.await.unwrap().unwrap();
}
