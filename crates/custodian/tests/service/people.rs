//! The parties of the tests, with the development certificates, and a clock that stands still.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use kaibiao_custodian::{
    Clock, Config, Custodian, CustodianError, KeyStore, KeyStoreError, Pace, Passphrase,
    load_identity,
};
use kaibiao_custody::ClockReading;
use kaibiao_pki::{Identity, TrustList};
use kaibiao_testkit::{Roster, keys_dev};
use kaibiao_types::{Millis, Party, UtcMillis};
use ring::rand::SystemRandom;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

/// A party with its certificate.
pub struct Person {
    pub identity: Identity,
    pub party: Party,
}

/// Everybody.
pub struct People {
    pub hall: Person,
    pub host: Person,
    pub supervisor: Party,
    pub supervisor_identity: Identity,
    pub tenderee: Party,
    pub custodians: Vec<Person>,
    pub bidders: Vec<Person>,
    pub trust_bytes: Vec<u8>,
    pub trust: TrustList,
}

impl People {
    pub fn load() -> Self {
        let roster = Roster::load().unwrap();
        let person = |name: &str| {
            let entry = roster.identity(name).unwrap();
            let identity = load_identity(&entry.chain(), &entry.key()).unwrap();
            Person { identity, party: entry.party.clone() }
        };
        let numbered = |stem: &str, count: usize| {
            (1..=count).map(|number| person(&format!("{stem}{number}"))).collect()
        };
        let trust_bytes = std::fs::read(keys_dev().join("trust.json")).unwrap();
        Self {
            hall: person("hall"),
            host: person("host-zhuzhou-2022"),
            supervisor_identity: person("supervisor-zhuzhou-2022").identity,
            supervisor: roster.party("supervisor-zhuzhou-2022").unwrap().clone(),
            tenderee: roster.party("tenderee-zhuzhou-2022").unwrap().clone(),
            custodians: numbered("custodian-", 3),
            bidders: numbered("bidder-zhuzhou-2022-0", 4),
            trust: TrustList::parse(&trust_bytes).unwrap(),
            trust_bytes,
        }
    }
}

/// A clock that the test sets: the system clock, and the time that has run.
pub struct TestClock(AtomicU64, AtomicU64);

impl TestClock {
    pub fn at(millis: u64) -> Arc<Self> {
        Arc::new(Self(AtomicU64::new(millis), AtomicU64::new(millis)))
    }

    pub fn set(&self, millis: u64) {
        self.set_system(millis);
        self.1.store(millis, Ordering::SeqCst);
    }

    /// Sets the system clock alone; no time has run.
    pub fn set_system(&self, millis: u64) {
        self.0.store(millis, Ordering::SeqCst);
    }

    /// The true time, as far as the test is concerned.
    pub fn run(&self) -> u64 {
        self.1.load(Ordering::SeqCst)
    }

    pub fn now(&self) -> UtcMillis {
        UtcMillis::new(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

impl Clock for TestClock {
    fn read(&self) -> ClockReading {
        ClockReading::system(self.now())
    }

    fn monotonic(&self) -> Millis {
        Millis::new(self.run()).unwrap()
    }
}

/// A custodian that runs in the background.
pub struct Running {
    task: JoinHandle<Result<(), CustodianError>>,
}

/// Opens the key store `keys` of custodian `number`, waiting for a killed process to let go of it.
pub async fn key_store(keys: &Path, number: usize) -> KeyStore {
    let root = keys.join(format!("custodian-{number}"));
    loop {
        let secret = Zeroizing::new(format!("passphrase {number}").into_bytes());
        let passphrase = Passphrase::new(secret).unwrap();
        match KeyStore::open_or_init(&root, passphrase, &SystemRandom::new()) {
            Err(KeyStoreError::Locked(_)) => tokio::time::sleep(Duration::from_millis(20)).await,
            store => return store.unwrap(),
        }
    }
}

impl Running {
    /// Starts custodian `number` (from 1).
    pub async fn start(keys: &Path, number: usize, address: &str, clock: Arc<TestClock>) -> Self {
        let entry = Roster::load().unwrap();
        let entry = entry.identity(&format!("custodian-{number}")).unwrap().clone();
        let config = Config {
            hall: address.to_owned(),
            tls_root: None,
            store: key_store(keys, number).await,
            identity: load_identity(&entry.chain(), &entry.key()).unwrap(),
            trust: std::fs::read(keys_dev().join("trust.json")).unwrap(),
            // Custodian 3 serves one lot by name, the others whatever they have a seat in.
            lot: (number == 3).then(crate::scene::lot_key),
            pace: Pace::steady(Duration::from_millis(50)),
        };
        let custodian = Custodian::with_clock(config, clock).unwrap();
        Self { task: tokio::spawn(custodian.run(std::future::pending())) }
    }

    /// Ends the custodian in the middle of whatever it does.
    pub async fn kill(self) {
        self.task.abort();
        let ended = self.task.await;
        assert!(ended.is_err_and(|error| error.is_cancelled()), "a custodian ended by itself");
    }

    /// Starts custodian `number` for a hall that is not there, ends it in order after a while.
    pub async fn without_hall(keys: &Path, number: usize) -> Result<(), CustodianError> {
        let entry = Roster::load().unwrap();
        let entry = entry.identity(&format!("custodian-{number}")).unwrap().clone();
        let config = Config {
            hall: "http://127.0.0.1:1".to_owned(),
            tls_root: None,
            store: key_store(keys, number).await,
            identity: load_identity(&entry.chain(), &entry.key()).unwrap(),
            trust: std::fs::read(keys_dev().join("trust.json")).unwrap(),
            lot: (number == 3).then(crate::scene::lot_key),
            pace: Pace::default(),
        };
        Custodian::new(config)?.run(tokio::time::sleep(Duration::from_secs(1))).await
    }

    /// Whether it still runs.
    pub fn is_alive(&self) -> bool {
        !self.task.is_finished()
    }
}
