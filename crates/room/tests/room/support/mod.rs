//! A hall with one lot in the middle of its intake, and its rooms.

pub(crate) mod bids;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kaibiao_opening::{Command, SignedCommandBody};
use kaibiao_pki::{Identity, TrustList, cms};
use kaibiao_room::{Clock, HallContext, LotBook, RoomError};
use kaibiao_store::{Batch, IntakeKey, Store};
use kaibiao_testkit::{Scenario, ScenarioOptions, keys_dev};
use kaibiao_types::{LotKey, Millis, UtcMillis};
use ring::rand::SystemRandom;

/// Says what it was set to: one second after the tick that the room finds in its log, at first.
#[derive(Clone)]
pub(crate) struct Fixed(Arc<AtomicU64>);

impl Fixed {
    pub(crate) fn set(&self, now: UtcMillis) {
        self.0.store(now.get(), Ordering::SeqCst);
    }
}

impl Clock for Fixed {
    fn now(&self) -> UtcMillis {
        UtcMillis::new(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

pub(crate) struct Hall {
    pub(crate) scenario: Scenario,
    pub(crate) lot: LotKey,
    pub(crate) now: UtcMillis,
    pub(crate) clock: Fixed,
}

impl Hall {
    /// A lot in the middle of its intake, without a bid.
    pub(crate) fn prepare(data: &Path) -> Self {
        Self::at(data, 2)
    }

    /// A lot with the first entries of an opening; without any it is not published.
    pub(crate) fn at(data: &Path, entries: usize) -> Self {
        Self::of(data, &ScenarioOptions::default(), entries)
    }

    /// The same of an opening with these options.
    pub(crate) fn of(data: &Path, options: &ScenarioOptions, entries: usize) -> Self {
        let options = ScenarioOptions { bidders: Some(3), ..options.clone() };
        let scenario = Scenario::build(&options).unwrap();
        let lot = scenario.verified.file().lot_key();
        let lines = scenario.log.entries().iter().take(entries);
        let mut batch = Batch::new()
            .put_new_doc("draft.json", &scenario.draft)
            .put_new_doc("draft.p7s", &scenario.draft_cms)
            .put_new_doc("ceremony.bundle", &scenario.ceremony)
            .kv_put("session", &scenario.verified.record().session.0)
            .kv_put("log-seed", &[7; 32]);
        if entries > 0 {
            batch = batch
                .put_new_doc("tender.json", &scenario.tender)
                .put_new_doc("tender.p7s", &scenario.tender_cms)
                .append(0, lines.map(|entry| entry.line().to_vec()));
        }
        let now = scenario.log.entries()[1].at().plus(Millis::from_secs(1));
        let store = Store::open(data, &IntakeKey::new([7; 32])).unwrap();
        store.create_lot_with(&lot, UtcMillis::EPOCH, &batch).unwrap();
        let clock = Fixed(Arc::new(AtomicU64::new(now.get())));
        Self { scenario, lot, now, clock }
    }

    pub(crate) fn open(&self, data: &Path) -> LotBook {
        self.open_by(data, Box::new(self.clock.clone()))
    }

    pub(crate) fn open_by(&self, data: &Path, clock: Box<dyn Clock>) -> LotBook {
        let read = |name: &str| std::fs::read_to_string(keys_dev().join(name)).unwrap();
        let (chain, key) = (read("id/hall.chain.pem"), read("id/hall.key.pem"));
        let trust = TrustList::parse(&self.scenario.trust).unwrap();
        let context = HallContext {
            store: Store::open(data, &IntakeKey::new([7; 32])).unwrap(),
            identity: Identity::from_pem(&chain, &key, &SystemRandom::new()).unwrap(),
            witnesses: Vec::new(),
            trust_bytes: self.scenario.trust.clone(),
            trust: Arc::new(trust),
            clock,
            random: Box::new(SystemRandom::new()),
            output: data.join("output"),
        };
        LotBook::open(Arc::new(context)).unwrap()
    }

    pub(crate) fn sign(&self, identity: &Identity, bytes: &[u8]) -> Vec<u8> {
        cms::sign_detached(identity, bytes, self.now, &SystemRandom::new()).unwrap()
    }

    /// Body and signature of a command.
    pub(crate) fn command(
        &self,
        signer: &Identity,
        command: Command,
        nonce: u128,
    ) -> (Vec<u8>, Vec<u8>) {
        let body = SignedCommandBody {
            lot: self.lot.clone(),
            command,
            nonce: format!("{nonce:032x}"),
            at: self.now,
            after: 1,
        };
        let body = body.to_bytes();
        let cms = self.sign(signer, &body);
        (body, cms)
    }

    pub(crate) fn send(
        &self,
        book: &LotBook,
        (body, cms): &(Vec<u8>, Vec<u8>),
    ) -> Result<u64, RoomError> {
        let command = book.signed_command(&self.lot, body.clone(), cms.clone())?;
        wait(book.room(&self.lot).unwrap().command(command))
    }
}

/// How many bytes of the pool are written.
pub(crate) fn pool_used(data: &Path) -> usize {
    let slots = std::fs::read_dir(data.join("pool")).unwrap();
    let used = |slot: Vec<u8>| slot.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    slots.map(|slot| used(std::fs::read(slot.unwrap().path()).unwrap())).sum()
}

/// Waits for a room.
pub(crate) fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}
