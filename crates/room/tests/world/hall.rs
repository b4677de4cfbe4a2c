//! The hall: real rooms over a real store, on a machine whose clock, randomness, disk and power are ours.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use kaibiao_crypto::{Entropy as _, EntropyError};
use kaibiao_pki::TrustList;
use kaibiao_replay::FrozenMaterial;
use kaibiao_room::{
    Clock, Completed, Destroyed, FreezeSignature, HallContext, HandedJournal, LotBook, LotHandle,
    NewSubmission, PartialSet, Randomness, RoomError,
};
use kaibiao_store::{
    Batch, FaultPoint, FaultWay, IntakeKey, Store, StoreError, UploadId, UploadState,
};
use kaibiao_testkit::SeededEntropy;
use kaibiao_types::{BidPart, CustodianIndex, Digest, JournalMoment, UtcMillis};
use ring::rand::{SecureRandom, SystemRandom};

use crate::cast::{Cast, HALL, identity};

/// What somebody asks of the hall. A message that is doubled is the same twice.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    Publish,
    Begin(NewSubmission),
    Slice { upload: UploadId, part: BidPart, n: u32, bytes: Arc<[u8]> },
    State(UploadId),
    Commit(UploadId),
    Proof(String),
    Command { body: Vec<u8>, cms: Vec<u8> },
    Checkpoint,
    Log(u64),
    Frozen,
    Cosign { size: u64, line: String },
    SignFreeze { custodian: CustodianIndex, freeze_id: Digest, cms: Vec<u8> },
    Partials { body: Vec<u8>, cms: Vec<u8> },
    Journal { custodian: CustodianIndex, bytes: Vec<u8>, cms: Vec<u8> },
    Destroyed { custodian: CustodianIndex, cms: Vec<u8> },
}

/// What it answers.
#[derive(Debug)]
pub(crate) enum Reply {
    Done,
    Upload(UploadState),
    Receipt(Completed),
    Proof(Option<Vec<u8>>),
    Note(String),
    Lines(Vec<Bytes>),
    Frozen(FrozenMaterial),
}

#[derive(Clone)]
struct HallClock(Arc<AtomicU64>);

impl Clock for HallClock {
    fn now(&self) -> UtcMillis {
        UtcMillis::new(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// The seed's bytes for everything but signatures, which are the same with any source.
#[derive(Clone)]
struct HallRandom(Arc<Mutex<SeededEntropy>>, SystemRandom);

impl Randomness for HallRandom {
    fn fill(&self, out: &mut [u8]) -> Result<(), EntropyError> {
        self.0.lock().unwrap().fill(out)
    }

    fn for_signatures(&self) -> &dyn SecureRandom {
        &self.1
    }
}

pub(crate) struct Hall {
    cast: &'static Cast,
    folder: tempfile::TempDir,
    /// How often it was started: each start has a folder of its own, a copy of what the last one left.
    starts: u32,
    clock: HallClock,
    random: HallRandom,
    book: Option<LotBook>,
}

impl Hall {
    /// A hall whose disk holds the finished ceremony.
    pub(crate) fn new(cast: &'static Cast, seed: u64) -> Self {
        let folder = if Path::new("/dev/shm").is_dir() {
            tempfile::tempdir_in("/dev/shm").unwrap()
        } else {
            tempfile::tempdir().unwrap()
        };
        let random = Arc::new(Mutex::new(SeededEntropy::new(format!("hall {seed}"))));
        let hall = Self {
            cast,
            folder,
            starts: 0,
            clock: HallClock(Arc::default()),
            random: HallRandom(random, SystemRandom::new()),
            book: None,
        };
        let published = &cast.published;
        let batch = Batch::new()
            .put_new_doc("draft.json", &published.draft)
            .put_new_doc("draft.p7s", &published.draft_cms)
            .put_new_doc("ceremony.bundle", &published.ceremony)
            .kv_put("session", &published.verified.record().session.0)
            .kv_put("log-seed", &published.log_seed);
        let store = Store::open(&hall.data(), &IntakeKey::new([7; 32])).unwrap();
        store.create_lot_with(&cast.lot, UtcMillis::EPOCH, &batch).unwrap();
        hall
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join(self.starts.to_string())
    }

    pub(crate) const fn is_up(&self) -> bool {
        self.book.is_some()
    }

    pub(crate) fn set_clock(&self, now: u64) {
        self.clock.0.store(now, Ordering::SeqCst);
    }

    pub(crate) fn start(&mut self) {
        let cast = self.cast;
        let context = HallContext {
            store: Store::open(&self.data(), &IntakeKey::new([7; 32]))
                .expect("what a crash left can be opened"),
            identity: identity(HALL),
            witnesses: Vec::new(),
            trust_bytes: cast.published.trust.clone(),
            trust: Arc::new(TrustList::parse(&cast.published.trust).unwrap()),
            clock: Box::new(self.clock.clone()),
            random: Box::new(self.random.clone()),
            output: self.folder.path().join("output"),
        };
        let book = LotBook::open_stepped(Arc::new(context));
        self.book = Some(book.expect("the rooms go on from what is durable"));
    }

    /// The power fails: what is on the disk is all that is left, and perhaps the torn beginning of a
    /// write that nobody was told of.
    pub(crate) fn crash(&mut self, torn: &[u8]) {
        let Some(book) = self.book.take() else { return };
        // Closing the database would tidy up, which no crash does: the next start finds a copy.
        let before = self.data();
        self.starts += 1;
        let after = self.data();
        fs::create_dir_all(after.join("pool")).unwrap();
        for name in ["kaibiao.sqlite", "kaibiao.sqlite-wal"] {
            if before.join(name).exists() {
                fs::copy(before.join(name), after.join(name)).unwrap();
            }
        }
        let wal = fs::OpenOptions::new().append(true).open(after.join("kaibiao.sqlite-wal"));
        if let Ok(mut wal) = wal {
            wal.write_all(torn).unwrap();
        }
        for slot in fs::read_dir(before.join("pool")).unwrap() {
            let slot = slot.unwrap();
            fs::hard_link(slot.path(), after.join("pool").join(slot.file_name())).unwrap();
        }
        book.stop();
        drop(book);
        fs::remove_dir_all(before).unwrap();
    }

    pub(crate) fn plan_fault(&self, point: FaultPoint, way: FaultWay, visit: u32) {
        if let Some(book) = &self.book {
            book.hall().store.plan_fault(point, way, visit);
        }
    }

    pub(crate) fn room(&self) -> Option<LotHandle> {
        self.book.as_ref()?.room(&self.cast.lot).ok()
    }

    /// Time passes. `false` if a room had to stop.
    pub(crate) fn step(&self) -> bool {
        self.book.as_ref().is_none_or(LotBook::step)
    }

    /// Carries out a call, as the handlers of HTTP do.
    pub(crate) fn serve(&self, call: Call) -> Result<Reply, RoomError> {
        let (book, lot) = (self.book.as_ref().ok_or(RoomError::Stopped)?, &self.cast.lot);
        let store = &book.hall().store;
        let done = |head: Result<u64, RoomError>| head.map(|_| Reply::Done);
        match call {
            Call::Publish => {
                let published = &self.cast.published;
                book.publish(lot, &published.tender, &published.tender_cms).map(|()| Reply::Done)
            }
            Call::Begin(submission) => {
                let upload = book.begin(lot, submission)?;
                Ok(Reply::Upload(store.upload_state(upload)?))
            }
            Call::State(upload) => Ok(Reply::Upload(store.upload_state(upload)?)),
            Call::Slice { upload, part, n, bytes } => {
                let awaited = book.await_slice(upload, part, n)?;
                Ok(Reply::Upload(book.take_slice(&awaited, &bytes)?))
            }
            Call::Commit(upload) => {
                let room = book.room_of(upload)?;
                let known = store.submission_by_upload(upload)?.is_some();
                let (revision, digests) =
                    if known { (0, Vec::new()) } else { book.check_upload(upload)? };
                let done = now(room.complete(upload, revision, digests))?;
                book.forget_upload(upload);
                Ok(Reply::Receipt(done))
            }
            Call::Proof(number) => book.receipt_proof(lot, &number).map(Reply::Proof),
            Call::Command { body, cms } => {
                let command = book.signed_command(lot, body, cms)?;
                done(now(book.room(lot)?.command(command)))
            }
            Call::Checkpoint => Ok(Reply::Note(book.room(lot)?.checkpoint())),
            Call::Log(since) => Ok(Reply::Lines(book.room(lot)?.log().lines(since, 256))),
            Call::Frozen => book.frozen(lot).map(Reply::Frozen),
            Call::Cosign { size, line } => {
                now(book.room(lot)?.cosign(size, line)).map(|()| Reply::Done)
            }
            Call::SignFreeze { custodian, freeze_id, cms } => {
                let signed = book.from_seat(lot, FreezeSignature { custodian, freeze_id }, cms)?;
                done(now(book.room(lot)?.sign_freeze(signed)))
            }
            Call::Partials { body, cms } => {
                let read = kaibiao_wire::from_json(&body).unwrap();
                let set = book.from_seat(lot, PartialSet::new(read, body), cms)?;
                done(now(book.room(lot)?.partials(set)))
            }
            Call::Journal { custodian, bytes, cms } => {
                let journal = HandedJournal::new(custodian, JournalMoment::Close, bytes)?;
                done(now(book.room(lot)?.journal(book.from_seat(lot, journal, cms)?)))
            }
            Call::Destroyed { custodian, cms } => {
                let statement = book.from_seat(lot, Destroyed(custodian), cms)?;
                done(now(book.room(lot)?.destroyed(statement)))
            }
        }
    }
}

/// The room has no thread, so its answer is there when it was asked.
fn now<T>(work: impl Future<Output = Result<T, RoomError>>) -> Result<T, RoomError> {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("a room without a thread leaves nothing for later"),
    }
}

/// After this the hall does not know what its disk holds: it stops and is started again.
pub(crate) const fn is_fatal(error: &RoomError) -> bool {
    matches!(error, RoomError::Stopped | RoomError::Store(StoreError::StateUnknown { .. }))
}
