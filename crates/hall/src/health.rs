//! Whether the hall is alive, and whether it can do its work.
//!
//! Neither answer tells of a bid: no lot is named, nothing is counted (ruling 25).

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use kaibiao_room::LotBook;
use kaibiao_wire::Label;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;

use crate::problem::Failure;

/// What a probe of the disk said holds for so long: who asks often does not make the disk work.
const FRESH: Duration = Duration::from_secs(1);
/// A disk that takes longer counts as one that takes nothing.
const PROBE_WAIT: Duration = Duration::from_secs(5);

/// What is asked for.
pub(crate) struct Health {
    book: Arc<LotBook>,
    leaving: watch::Sender<bool>,
    probe: Mutex<Probe>,
}

/// The last probe, and the one that is still under way.
#[derive(Default)]
struct Probe {
    last: Option<(Instant, bool)>,
    running: Option<JoinHandle<bool>>,
}

impl Health {
    pub(crate) fn new(book: Arc<LotBook>) -> Self {
        Self { book, leaving: watch::Sender::new(false), probe: Mutex::default() }
    }

    /// From now on the hall is not ready.
    pub(crate) fn leave(&self) {
        self.leaving.send_replace(true);
    }

    /// Ends when the hall has been leaving for so long.
    pub(crate) async fn left_for(&self, span: Duration) {
        let mut leaving = self.leaving.subscribe();
        // The sender is ours, so it does not go away.
        drop(leaving.wait_for(|leaving| *leaving).await);
        tokio::time::sleep(span).await;
    }

    async fn check(&self) -> Result<(), Failure> {
        if *self.leaving.borrow() {
            return Err(Failure::detailed(Label::Busy, "the hall is shutting down"));
        }
        if self.book.vitals().stopped > 0 {
            return Err(Failure::detailed(Label::StateUnknown, "a room has stopped"));
        }
        if !self.writable().await {
            return Err(Failure::detailed(Label::StateUnknown, "the store takes no writes"));
        }
        Ok(())
    }

    /// Whether the disk takes writes. There is one probe at a time, also if it hangs.
    async fn writable(&self) -> bool {
        let mut probe = self.probe.lock().await;
        if let Some((at, writable)) = probe.last
            && at.elapsed() < FRESH
        {
            return writable;
        }
        let running = probe.running.get_or_insert_with(|| {
            let book = Arc::clone(&self.book);
            tokio::task::spawn_blocking(move || book.hall().store.probe().is_ok())
        });
        let ended = tokio::time::timeout(PROBE_WAIT, running).await;
        let writable = matches!(ended, Ok(Ok(true)));
        if ended.is_ok() {
            probe.running = None;
        }
        probe.last = Some((Instant::now(), writable));
        writable
    }
}

pub(crate) fn routes(health: Arc<Health>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { said("alive\n") }))
        .route("/readyz", get(ready))
        .with_state(health)
}

async fn ready(State(health): State<Arc<Health>>) -> Response {
    match health.check().await {
        Ok(()) => said("ready\n"),
        Err(failure) => failure.into_response(),
    }
}

fn said(word: &'static str) -> Response {
    ([(CACHE_CONTROL, "no-store")], word).into_response()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use kaibiao_pki::{Identity, TrustList};
    use kaibiao_room::HallContext;
    use kaibiao_store::{IntakeKey, Store};
    use kaibiao_testkit::keys_dev;
    use ring::rand::SystemRandom;

    use super::*;
    use crate::serve::SystemClock;

    /// A hall without a lot.
    fn health(data: &Path) -> Health {
        let read = |name: &str| fs::read_to_string(keys_dev().join(name)).unwrap();
        let (chain, key) = (read("id/hall.chain.pem"), read("id/hall.key.pem"));
        let trust_bytes = read("trust.json").into_bytes();
        let hall = HallContext {
            store: Store::open(data, &IntakeKey::new([7; 32])).unwrap(),
            identity: Identity::from_pem(&chain, &key, &SystemRandom::new()).unwrap(),
            witnesses: Vec::new(),
            trust: Arc::new(TrustList::parse(&trust_bytes).unwrap()),
            trust_bytes,
            clock: Box::new(SystemClock),
            random: Box::new(SystemRandom::new()),
            output: data.join("output"),
        };
        Health::new(Arc::new(LotBook::open(Arc::new(hall)).unwrap()))
    }

    #[tokio::test]
    async fn a_hall_that_leaves_is_not_ready() {
        let dir = tempfile::tempdir().unwrap();
        let health = health(dir.path());
        health.check().await.unwrap();
        let never = tokio::time::timeout(Duration::from_millis(50), health.left_for(FRESH)).await;
        assert!(never.is_err(), "it has not begun to leave");
        health.leave();
        let refused = format!("{:?}", health.check().await.unwrap_err());
        assert!(refused.contains("Busy") && refused.contains("shutting down"), "{refused}");
        health.left_for(Duration::ZERO).await;
    }

    #[tokio::test]
    async fn who_asks_often_does_not_make_the_disk_work() {
        let dir = tempfile::tempdir().unwrap();
        let health = health(dir.path());
        assert!(health.writable().await);
        let probed = health.probe.lock().await.last.unwrap().0;
        // The probe would fail now.
        fs::create_dir(dir.path().join("probe")).unwrap();
        if health.writable().await {
            assert_eq!(health.probe.lock().await.last.unwrap().0, probed);
        } else {
            assert!(probed.elapsed() >= FRESH);
        }
        health.probe.lock().await.last = None;
        assert!(!health.writable().await);
    }
}
