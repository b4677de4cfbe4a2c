//! The lot of the rush, and its hall as a process of its own.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_hall::{Front, HallConfig, intake_key_beside, serve};
use kaibiao_opening::{Actor, Event, LotPublished};
use kaibiao_pki::{Identity, TrustList};
use kaibiao_replay::{Replay, VerifiedTender};
use kaibiao_store::{Batch, IntakeKey, Store};
use kaibiao_testkit::{Fixture, People, Published, Running, SeededEntropy, keys_dev};
use kaibiao_types::{Millis, UtcMillis};
use ring::rand::SystemRandom;
use serde_json::json;
use serde_json::value::RawValue;

use crate::error::BenchError;
use crate::issue::Ca;

/// The fixture whose tender is used.
const FIXTURE: &str = "works-12";
/// The trust list in the hall's folder.
const TRUST: &str = "trust.json";
/// No run takes longer.
const LIFE: Duration = Duration::from_hours(1);

/// A published lot with a deadline that comes soon.
pub(super) struct World {
    pub(super) tender: Arc<VerifiedTender>,
    pub(super) hall_sha256: kaibiao_types::Digest,
}

impl World {
    /// Publishes a lot with this deadline into a new data folder of a hall.
    pub(super) fn publish(data: &Path, ca: &Ca, deadline: UtcMillis) -> Result<Self, BenchError> {
        let fixture = Fixture::load(FIXTURE).map_err(BenchError::product)?;
        let people = People::load(FIXTURE)?;
        let trust_bytes = trust_with(ca)?;
        let trust = Arc::new(TrustList::parse(&trust_bytes).map_err(BenchError::product)?);
        let mut entropy = SeededEntropy::new("rush");
        let lot = Published::under(&fixture, &people, &mut entropy, trust_bytes, deadline)?;
        let tender = Arc::clone(&lot.verified);

        let published = LotPublished::new(tender.file(), tender.sha256(), tender.cms_sha256());
        let event = Event::LotPublished(Box::new(published));
        let by = event.written_by(&Actor::Hall).to_string();
        let by = by.parse().map_err(|_| BenchError::product("an actor"))?;
        let text = RawValue::from_string(event.data_json()).map_err(BenchError::product)?;
        let replay = Replay::new(Arc::clone(&tender), trust);
        let first = replay.log().next_entry(now()?, &by, event.kind().name(), &text, None);
        let first = first.map_err(BenchError::product)?.line().to_vec();

        let batch = Batch::new()
            .put_new_doc("draft.json", &lot.draft)
            .put_new_doc("draft.p7s", &lot.draft_cms)
            .put_new_doc("ceremony.bundle", &lot.ceremony)
            .put_new_doc("tender.json", &lot.tender)
            .put_new_doc("tender.p7s", &lot.tender_cms)
            .kv_put("session", &tender.record().session.0)
            .kv_put("log-seed", &[7; 32])
            .append(0, [first]);
        let store = open_store(data)?;
        let key = tender.file().lot_key();
        store.create_lot_with(&key, now()?, &batch).map_err(BenchError::product)?;
        let beside = beside(data);
        fs::write(&beside, &lot.trust).map_err(BenchError::file(&beside))?;
        Ok(Self { tender, hall_sha256: people.hall.certificate().sha256() })
    }
}

/// The trust list of development, with the CA of the bidders.
pub(super) fn trust_with(ca: &Ca) -> Result<Vec<u8>, BenchError> {
    let path = keys_dev().join(TRUST);
    let bytes = fs::read(&path).map_err(BenchError::file(&path))?;
    let mut list: serde_json::Value =
        serde_json::from_slice(&bytes).map_err(BenchError::product)?;
    let anchors = list.get_mut("anchors").and_then(serde_json::Value::as_array_mut);
    anchors.ok_or_else(|| BenchError::product("a trust list has anchors"))?.push(json!({
        "name": { "zh": "测量", "en": "Measurement" },
        "cert_b64": STANDARD.encode(&ca.root),
        "org_code": { "in": "subject", "oid": "2.5.4.97" },
        "signatures": ["ecdsa-p256-sha256"],
        "not_before": 1_577_836_800_000_u64,
        "not_after": 2_524_608_000_000_u64,
    }));
    Ok(list.to_string().into_bytes())
}

fn beside(data: &Path) -> std::path::PathBuf {
    data.with_extension(TRUST)
}

/// The clock of this machine.
pub(super) fn now() -> Result<UtcMillis, BenchError> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_err(BenchError::product)?;
    let millis = u64::try_from(since.as_millis()).map_err(BenchError::product)?;
    UtcMillis::new(millis).map_err(BenchError::product)
}

/// How long until an instant; nothing if it is over.
pub(super) fn until(at: UtcMillis) -> Result<Duration, BenchError> {
    Ok(Duration::from_millis(at.since(now()?).map_or(0, Millis::get)))
}

/// The hall of the rush; it ends with this value.
pub(super) struct Hall {
    running: Running,
    pub(super) address: SocketAddr,
}

impl Hall {
    pub(super) fn start(data: &Path) -> Result<Self, BenchError> {
        let program = std::env::current_exe().map_err(BenchError::product)?;
        let mut command = Command::new(program);
        command.arg("rush-hall").arg(data);
        let mut running = Running::start(command, LIFE).map_err(BenchError::product)?;
        let line = running.wait_for("listening: ").map_err(BenchError::product)?;
        let address = line.trim_start_matches("listening: ").parse();
        Ok(Self { running, address: address.map_err(BenchError::product)? })
    }

    /// The highest resident memory of its process so far, in KiB.
    pub(super) fn peak_kib(&self) -> Option<u64> {
        let status = format!("/proc/{}/status", self.running.pid());
        crate::machine::field(&status, "VmHWM")?.split_whitespace().next()?.parse().ok()
    }

    /// As a power cut for the process: what was acknowledged must be there all the same.
    pub(super) fn kill(mut self) {
        self.running.kill();
    }
}

/// Opens the hall's store.
pub(super) fn open_store(data: &Path) -> Result<Store, BenchError> {
    let key = IntakeKey::of_file(&intake_key_beside(data), data).map_err(BenchError::product)?;
    Store::open(data, &key).map_err(BenchError::product)
}

/// Runs the hall in this process, until it is killed.
pub(crate) fn serve_here(data: &Path) -> Result<(), BenchError> {
    let read = |name: &str| {
        let path = keys_dev().join("id").join(name);
        fs::read_to_string(&path).map_err(BenchError::file(&path))
    };
    let (chain, key) = (read("hall.chain.pem")?, read("hall.key.pem")?);
    let trust = beside(data);
    let config = HallConfig {
        data: data.to_owned(),
        intake_key: intake_key_beside(data),
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        // All bidders come from one address.
        front: Front { sockets_per_address: 100_000, ..Front::default() },
        metrics: None,
        witnesses: Vec::new(),
        identity: Identity::from_pem(&chain, &key, &SystemRandom::new())
            .map_err(BenchError::product)?,
        trust: fs::read(&trust).map_err(BenchError::file(&trust))?,
        dev: true,
        dev_roots: &[],
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let ready = |address| crate::line(&format!("listening: {address}"));
    let served = runtime.map_err(BenchError::product)?.block_on(serve(
        config,
        ready,
        std::future::pending(),
    ));
    served.map_err(BenchError::product)
}
