//! The custodian's process: finds its lots and works on each of them by itself.

use std::collections::BTreeSet;
use std::sync::Arc;

use kaibiao_pki::{TrustList, Usage, verify_chain};
use kaibiao_types::LotKey;
use ring::rand::SystemRandom;
use tokio::sync::watch;
use tokio::task::{self, JoinSet};

use crate::backoff::Backoff;
use crate::hall::Hall;
use crate::shared::Shared;
use crate::worker::Worker;
use crate::{Clock, Config, CustodianError, Pace, SystemClock, words};

/// A custodian, ready to run.
pub struct Custodian {
    hall: Hall,
    shared: Arc<Shared>,
    lot: Option<LotKey>,
    pace: Pace,
}

/// The most lots that one custodian works on.
const LOTS_MAX: usize = 10_000;

impl Custodian {
    /// A custodian by the clock of this machine.
    ///
    /// # Errors
    ///
    /// [`CustodianError`] if the trust list, the identity under it or the address is not usable.
    pub fn new(config: Config) -> Result<Self, CustodianError> {
        Self::with_clock(config, Arc::new(SystemClock))
    }

    /// A custodian by another clock.
    ///
    /// # Errors
    ///
    /// As [`Self::new`].
    pub fn with_clock(config: Config, clock: Arc<dyn Clock>) -> Result<Self, CustodianError> {
        let trust = Arc::new(TrustList::parse(&config.trust)?);
        let chain = config.identity.chain();
        verify_chain(chain.signer(), chain.above(), &trust, clock.read().now, Usage::Sign)?;
        let hall = Hall::new(&config.hall, config.tls_root.as_deref())?;
        let shared = Shared {
            store: config.store,
            certificate: config.identity.certificate().sha256(),
            identity: config.identity,
            trust_bytes: config.trust,
            trust,
            clock,
            random: SystemRandom::new(),
        };
        Ok(Self { hall, shared: Arc::new(shared), lot: config.lot, pace: config.pace.bounded() })
    }

    /// Works until `shutdown` is done. A hall that is not reached, or that misbehaves, never ends it.
    ///
    /// # Errors
    ///
    /// [`CustodianError::Store`] if the key store could not be read at the start, or if a write
    /// failed: what is on the disk is then unknown, and the process must be started again.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Result<(), CustodianError> {
        let (stop, stopped) = watch::channel(false);
        let mut workers = JoinSet::new();
        let mut known: BTreeSet<LotKey> = BTreeSet::new();
        let mut foreign: BTreeSet<LotKey> = BTreeSet::new();
        let begun = match &self.lot {
            Some(lot) => vec![lot.clone()],
            None => self.shared.store.lots()?,
        };
        for lot in begun {
            self.begin(lot, &mut known, &mut workers, &stopped);
        }
        let mut shutdown = std::pin::pin!(shutdown);
        let mut backoff = Backoff::default();
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                Some(ended) = workers.join_next() => match ended {
                    Ok(outcome) => outcome?,
                    Err(error) => tracing::error!(%error, "the work on a lot broke off"),
                },
                found = self.find(&known, &mut foreign, &mut backoff), if self.lot.is_none() => {
                    for lot in found {
                        self.begin(lot, &mut known, &mut workers, &stopped);
                    }
                }
            }
        }
        stop.send_replace(true);
        while let Some(ended) = workers.join_next().await {
            if let Ok(outcome) = ended {
                outcome?;
            }
        }
        Ok(())
    }

    fn begin(
        &self,
        lot: LotKey,
        known: &mut BTreeSet<LotKey>,
        workers: &mut JoinSet<Result<(), CustodianError>>,
        stopped: &watch::Receiver<bool>,
    ) {
        if known.len() < LOTS_MAX && known.insert(lot.clone()) {
            tracing::info!(%lot, "working on a lot");
            let (hall, shared) = (self.hall.clone(), Arc::clone(&self.shared));
            workers.spawn(Worker::new(hall, shared, lot, self.pace).run(stopped.clone()));
        }
    }

    /// Waits a while and gives the new lots in which this custodian's certificate has a seat. A
    /// lot's draft never changes, so a lot without a seat is asked about once.
    async fn find(
        &self,
        known: &BTreeSet<LotKey>,
        foreign: &mut BTreeSet<LotKey>,
        backoff: &mut Backoff,
    ) -> Vec<LotKey> {
        let list = match self.hall.lots().await {
            Ok(list) => list,
            Err(error) => {
                tracing::warn!(detail = words::describe(&error), "the hall was not reached");
                tokio::time::sleep(backoff.next(&self.shared.random)).await;
                return Vec::new();
            }
        };
        backoff.reset();
        let mut found = Vec::new();
        for status in list.lots.into_iter().take(LOTS_MAX) {
            if known.contains(&status.lot) || foreign.contains(&status.lot) {
                continue;
            }
            match self.has_seat(&status.lot).await {
                Some(true) => found.push(status.lot),
                Some(false) => drop(foreign.insert(status.lot)),
                None => {}
            }
        }
        if found.is_empty() {
            tokio::time::sleep(self.pace.far).await;
        }
        found
    }

    /// Whether the draft of a lot gives this custodian a seat; `None` if there is no draft that
    /// holds.
    async fn has_seat(&self, lot: &LotKey) -> Option<bool> {
        let answer = self.hall.draft(lot).await.ok()?;
        let (shared, key) = (Arc::clone(&self.shared), lot.clone());
        let checked =
            task::spawn_blocking(move || shared.check_draft(&key, &shared.trust, &answer)).await;
        match checked.ok()? {
            Ok(checked) => Some(checked.is_some()),
            Err(error) => {
                let detail = words::describe(&error);
                tracing::warn!(%lot, detail, "the draft of a lot does not hold");
                None
            }
        }
    }
}

impl std::fmt::Debug for Custodian {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Custodian").field("shared", &self.shared).finish_non_exhaustive()
    }
}
