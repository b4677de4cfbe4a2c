//! A hall with one lot in the middle of its intake, over real sockets.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use kaibiao_hall::{Front, HallConfig, HallError, intake_key_beside, serve};
use kaibiao_pki::Identity;
use kaibiao_store::{Batch, IntakeKey, Store};
use kaibiao_testkit::{Scenario, ScenarioOptions, keys_dev};
use kaibiao_types::{LotKey, UtcMillis};
use ring::rand::SystemRandom;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// No test waits longer than this for anything.
pub(crate) const AT_MOST: Duration = Duration::from_secs(40);

/// Lines of the log that the hall finds when it starts: the publication and one tick.
pub(crate) const KEPT: usize = 2;

/// A development file.
pub(crate) fn read(name: &str) -> String {
    std::fs::read_to_string(keys_dev().join(name)).unwrap()
}

pub(crate) fn identity(name: &str) -> Identity {
    let (chain, key) = (read(&format!("{name}.chain.pem")), read(&format!("{name}.key.pem")));
    Identity::from_pem(&chain, &key, &SystemRandom::new()).unwrap()
}

/// An opening of three bidders without documents.
pub(crate) fn scenario() -> &'static Scenario {
    static SCENARIO: OnceLock<Scenario> = OnceLock::new();
    SCENARIO.get_or_init(|| {
        let options =
            ScenarioOptions { bidders: Some(3), documents: false, ..ScenarioOptions::default() };
        Scenario::build(&options).unwrap()
    })
}

pub(crate) fn open_store(data: &Path) -> Store {
    Store::open(data, &IntakeKey::of_file(&intake_key_beside(data), data).unwrap()).unwrap()
}

/// The lot of a scenario in the middle of its intake, as a hall that stopped left it.
pub(crate) fn prepare(data: &Path, scenario: &Scenario) -> LotKey {
    let lot = scenario.verified.file().lot_key();
    let lines = scenario.log.entries().iter().take(KEPT).map(|entry| entry.line().to_vec());
    let batch = Batch::new()
        .put_new_doc("draft.json", &scenario.draft)
        .put_new_doc("draft.p7s", &scenario.draft_cms)
        .put_new_doc("ceremony.bundle", &scenario.ceremony)
        .put_new_doc("tender.json", &scenario.tender)
        .put_new_doc("tender.p7s", &scenario.tender_cms)
        .kv_put("session", &scenario.verified.record().session.0)
        .kv_put("log-seed", &[7; 32])
        .append(0, lines);
    open_store(data).create_lot_with(&lot, UtcMillis::EPOCH, &batch).unwrap();
    lot
}

pub(crate) fn config(data: &Path) -> HallConfig {
    HallConfig {
        data: data.to_owned(),
        intake_key: intake_key_beside(data),
        listen: "127.0.0.1:0".parse().unwrap(),
        front: Front::default(),
        metrics: None,
        witnesses: Vec::new(),
        identity: identity("id/hall"),
        trust: read("trust.json").into_bytes(),
        dev: true,
        dev_roots: &[],
    }
}

/// A hall that runs in this process.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) stop: oneshot::Sender<()>,
    pub(crate) task: JoinHandle<Result<(), HallError>>,
}

impl Running {
    pub(crate) async fn start(config: HallConfig) -> Self {
        let (stop, stopped) = oneshot::channel();
        let (ready, address) = oneshot::channel();
        let on_ready = move |address| ready.send(address).unwrap();
        let task = tokio::spawn(serve(config, on_ready, async move { drop(stopped.await) }));
        Self { address: address.await.unwrap(), stop, task }
    }

    pub(crate) async fn end(self) {
        self.stop.send(()).unwrap();
        tokio::time::timeout(AT_MOST, self.task).await.expect("it stops").unwrap().unwrap();
    }
}
