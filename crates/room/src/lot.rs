//! All lots of a hall: those in their ceremony and those with a room.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, RwLock};
use std::thread::JoinHandle;

use kaibiao_fanout::FrameLog;
use kaibiao_journal::{Place, Receipt, ReceiptProof, TickSchedule, commitment};
use kaibiao_opening::{Actor, Event, HallRef, LotPublished, Phase, TenderDraft, Terms, limits};
use kaibiao_pki::{Usage, verify_chain};
use kaibiao_replay::{
    BoardKind, FrozenMaterial, LockPoints, Replay, TenderMaterial, VerifiedTender,
};
use kaibiao_seal::Manifest;
use kaibiao_store::{Batch, PartName, UploadId};
use kaibiao_types::{BidPart, Digest, LotKey, Part, Party, UtcMillis};

use crate::actor::{Room, View};
use crate::ceremony::BUNDLE_DOC;
use crate::chat::Pace;
use crate::closing::stored_tick;
use crate::handle::Job;
use crate::seat::SeatMessage;
use crate::slices::RunningDigests;
use crate::statements::Statements;
use crate::stepped::Stepped;
use crate::{
    BoardPosting, CheckedCommand, FromSeat, HallContext, LINES_AT_ONCE, LotCeremony, LotHandle,
    NewSubmission, RoomError, Vitals,
};

/// Jobs that may wait for one room.
const QUEUE: usize = 1_024;

/// All lots of a hall.
pub struct LotBook {
    hall: Arc<HallContext>,
    lots: RwLock<BTreeMap<LotKey, Arc<LotEntry>>>,
    threads: Mutex<Vec<(LotHandle, JoinHandle<()>)>>,
    /// Whether its rooms have no threads.
    stepped: bool,
    pub(crate) running: RunningDigests,
    pub(crate) statements: Statements,
}

struct LotEntry {
    ceremony: LotCeremony,
    /// One post at a time: what follows from a message is decided on the whole board.
    board: Mutex<()>,
    room: OnceLock<Published>,
}

struct Published {
    handle: LotHandle,
    tender: Arc<VerifiedTender>,
}

/// What the list of lots shows. Before the deadline there is no count of bidders in it.
#[derive(Clone, Debug)]
pub struct LotOverview {
    /// The lot.
    pub lot: LotKey,
    /// Its terms.
    pub draft: TenderDraft,
    /// 投标截止时间: that of the terms, or of the last postponement.
    pub deadline: UtcMillis,
    /// The phase of its log; `Unpublished` before the tender file.
    pub phase: Phase,
    /// Entries of its log.
    pub entries: u64,
    /// Whether any custodian has posted.
    pub ceremony_running: bool,
    /// Whether the ceremony is complete with its first rehearsal.
    pub ceremony_ready: bool,
}

/// Exact bytes of everything that makes a published tender.
#[derive(Clone, Debug)]
pub struct TenderDocuments {
    /// `tender.json`.
    pub tender: Vec<u8>,
    /// The host's CMS over it.
    pub tender_cms: Vec<u8>,
    /// `draft.json`.
    pub draft: Vec<u8>,
    /// The host's CMS over it.
    pub draft_cms: Vec<u8>,
    /// The ceremony bundle.
    pub ceremony: Vec<u8>,
}

impl std::fmt::Debug for LotBook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LotBook(..)")
    }
}

impl LotBook {
    /// Opens all lots of the store and starts the rooms of the published ones.
    ///
    /// # Errors
    ///
    /// [`RoomError`] if a lot's kept state does not hold; nothing is then started.
    pub fn open(hall: Arc<HallContext>) -> Result<Self, RoomError> {
        Self::open_with(hall, false)
    }

    /// The same with rooms that have no threads: each works while a call to it waits, and in
    /// [`Self::step`]. With a clock and randomness of the caller every run is the same.
    ///
    /// # Errors
    ///
    /// As [`Self::open`].
    pub fn open_stepped(hall: Arc<HallContext>) -> Result<Self, RoomError> {
        Self::open_with(hall, true)
    }

    fn open_with(hall: Arc<HallContext>, stepped: bool) -> Result<Self, RoomError> {
        let (lots, threads) = (RwLock::default(), Mutex::default());
        let (running, statements) = (RunningDigests::default(), Statements::default());
        let book = Self { hall, lots, threads, stepped, running, statements };
        for lot in book.hall.store.lots()? {
            let entry = Arc::new(LotEntry::new(LotCeremony::load(&book.hall, &lot.key)?));
            if book.hall.store.doc(&lot.key, "tender.json")?.is_some() {
                book.start(&entry, &lot.key)?;
            }
            book.insert(lot.key, entry);
        }
        Ok(book)
    }

    /// The hall's own things.
    pub const fn hall(&self) -> &Arc<HallContext> {
        &self.hall
    }

    /// The hall's organisation and its certificates, leaf first, PEM.
    ///
    /// # Errors
    ///
    /// [`RoomError::Signature`] if the hall's certificate is not trusted by its own list.
    pub fn party(&self) -> Result<(Party, String), RoomError> {
        use base64::Engine as _;
        let chain = self.hall.identity.chain();
        let verified = verify_chain(
            chain.signer(),
            chain.above(),
            &self.hall.trust,
            self.hall.now(),
            Usage::Sign,
        )
        .map_err(|error| RoomError::Signature(error.into()))?;
        let mut pem = String::new();
        for certificate in std::iter::once(chain.signer()).chain(chain.above()) {
            let text = base64::engine::general_purpose::STANDARD.encode(certificate.der());
            pem.push_str("-----BEGIN CERTIFICATE-----\n");
            for line in text.as_bytes().chunks(64) {
                pem.push_str(&String::from_utf8_lossy(line));
                pem.push('\n');
            }
            pem.push_str("-----END CERTIFICATE-----\n");
        }
        Ok((verified.party().clone(), pem))
    }

    /// Checks who signed a custodian's message, beside the room's thread: the custodian whose seat
    /// it names, by the certificate of that seat.
    ///
    /// # Errors
    ///
    /// [`RoomError::Seat`], [`RoomError::Signature`]; [`RoomError::Proof`] if the message is
    /// malformed; [`RoomError::UnknownLot`], [`RoomError::NotReady`].
    pub fn from_seat<M: SeatMessage>(
        &self,
        lot: &LotKey,
        message: M,
        cms: Vec<u8>,
    ) -> Result<FromSeat<M>, RoomError> {
        let (handle, tender) = self.published(lot)?;
        FromSeat::check(&self.hall, &tender, handle.freeze_id(), message, cms)
    }

    /// Reads a command and checks who signed it, beside the room's thread.
    ///
    /// # Errors
    ///
    /// [`RoomError::Command`], [`RoomError::Signature`].
    pub fn signed_command(
        &self,
        lot: &LotKey,
        body: Vec<u8>,
        cms: Vec<u8>,
    ) -> Result<CheckedCommand, RoomError> {
        CheckedCommand::check(&self.hall, lot, body, cms)
    }

    fn insert(&self, lot: LotKey, entry: Arc<LotEntry>) {
        let mut lots = self.lots.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        lots.entry(lot).or_insert(entry);
    }

    fn entry(&self, lot: &LotKey) -> Result<Arc<LotEntry>, RoomError> {
        let lots = self.lots.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        lots.get(lot).cloned().ok_or_else(|| RoomError::UnknownLot(lot.clone()))
    }

    pub(crate) fn published(
        &self,
        lot: &LotKey,
    ) -> Result<(LotHandle, Arc<VerifiedTender>), RoomError> {
        let entry = self.entry(lot)?;
        let published = entry.room.get().ok_or(RoomError::NotReady("tender"))?;
        Ok((published.handle.clone(), Arc::clone(&published.tender)))
    }

    /// The published tender of a lot.
    pub(crate) fn tender_of(&self, lot: &LotKey) -> Result<Arc<VerifiedTender>, RoomError> {
        self.published(lot).map(|(_, tender)| tender)
    }

    /// The room of a published lot.
    ///
    /// # Errors
    ///
    /// [`RoomError::UnknownLot`], [`RoomError::NotReady`] before its tender file.
    pub fn room(&self, lot: &LotKey) -> Result<LotHandle, RoomError> {
        self.published(lot).map(|(handle, _)| handle)
    }

    /// Whether the lot exists; its room may still be to come.
    pub fn knows(&self, lot: &LotKey) -> bool {
        self.entry(lot).is_ok()
    }

    /// All lots in order of their names.
    ///
    /// # Errors
    ///
    /// [`RoomError::Store`].
    pub fn overview(&self) -> Result<Vec<LotOverview>, RoomError> {
        let lots: Vec<LotKey> = {
            let lots = self.lots.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            lots.keys().cloned().collect()
        };
        lots.iter().map(|lot| self.overview_of(lot)).collect()
    }

    /// One lot.
    ///
    /// # Errors
    ///
    /// [`RoomError::UnknownLot`], [`RoomError::Store`].
    pub fn overview_of(&self, lot: &LotKey) -> Result<LotOverview, RoomError> {
        let entry = self.entry(lot)?;
        let room = entry.room.get();
        Ok(LotOverview {
            lot: lot.clone(),
            draft: entry.ceremony.draft.clone(),
            deadline: room
                .map_or(entry.ceremony.draft.terms().deadline, |room| room.handle.deadline()),
            phase: room.map_or(Phase::Unpublished, |room| room.handle.phase()),
            entries: room.map_or(0, |room| room.handle.log().head().entries),
            ceremony_running: !self.hall.store.board(lot, 0)?.is_empty(),
            ceremony_ready: self.hall.store.doc(lot, BUNDLE_DOC)?.is_some(),
        })
    }

    /// Takes a signed draft in and starts its ceremony.
    ///
    /// # Errors
    ///
    /// [`RoomError`].
    pub fn create(&self, draft: &[u8], cms: &[u8]) -> Result<LotKey, RoomError> {
        let (lot, ceremony) = LotCeremony::create(&self.hall, draft, cms)?;
        self.insert(lot.clone(), Arc::new(LotEntry::new(ceremony)));
        Ok(lot)
    }

    /// Draft and signature, session and log key of a lot.
    ///
    /// # Errors
    ///
    /// [`RoomError`].
    pub fn draft(&self, lot: &LotKey) -> Result<DraftFacts, RoomError> {
        let entry = self.entry(lot)?;
        let signer = entry.ceremony.log_signer(&self.hall)?;
        Ok(DraftFacts {
            draft: entry.ceremony.draft_bytes.clone(),
            cms: self.hall.store.doc(lot, "draft.p7s")?.unwrap_or_default(),
            session: Digest::new(entry.ceremony.session.0),
            origin: entry.ceremony.origin()?.to_string(),
            vkey: signer.vkey().to_string(),
        })
    }

    /// The board of a ceremony from message `since` on: number, sender, kind, body, signature.
    ///
    /// # Errors
    ///
    /// [`RoomError`].
    pub fn board(&self, lot: &LotKey, since: u64) -> Result<Vec<BoardLine>, RoomError> {
        self.entry(lot)?.ceremony.board(&self.hall, since)
    }

    /// Takes a ceremony message of a custodian or the host in.
    ///
    /// # Errors
    ///
    /// [`RoomError`]; [`RoomError::RehearsalsOver`] for a rehearsal after the tender file.
    pub fn post(&self, lot: &LotKey, posting: &BoardPosting) -> Result<u64, RoomError> {
        let entry = self.entry(lot)?;
        let _turn = entry.board.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let rehearsal =
            matches!(posting.kind, BoardKind::RehearsalObject(_) | BoardKind::RehearsalPartial(_));
        if rehearsal && entry.room.get().is_some() {
            return Err(RoomError::RehearsalsOver);
        }
        entry.ceremony.post(&self.hall, posting)
    }

    /// The ceremony bundle, once the first rehearsal is complete; until the tender file is published
    /// it grows by what the host has rehearsed.
    ///
    /// # Errors
    ///
    /// [`RoomError::NotReady`] before.
    pub fn bundle(&self, lot: &LotKey) -> Result<Vec<u8>, RoomError> {
        self.entry(lot)?;
        self.hall.store.doc(lot, BUNDLE_DOC)?.ok_or(RoomError::NotReady("ceremony"))
    }

    /// Publishes a tender file: checks it as every client will, begins the log, starts the room.
    ///
    /// # Errors
    ///
    /// [`RoomError`].
    pub fn publish(&self, lot: &LotKey, tender: &[u8], cms: &[u8]) -> Result<(), RoomError> {
        let entry = self.entry(lot)?;
        let _turn = entry.board.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if entry.room.get().is_some() {
            let known = self.hall.store.doc(lot, "tender.json")?;
            return if known.as_deref() == Some(tender) {
                Ok(())
            } else {
                Err(RoomError::Exists(lot.clone()))
            };
        }
        let documents = TenderDocuments {
            tender: tender.to_vec(),
            tender_cms: cms.to_vec(),
            draft: entry.ceremony.draft_bytes.clone(),
            draft_cms: self.hall.store.doc(lot, "draft.p7s")?.unwrap_or_default(),
            ceremony: self.bundle(lot)?,
        };
        let now = self.hall.now();
        let verified = VerifiedTender::verify(&documents.material(), &self.hall.trust, now)?;
        verified.seats_last(last_deadline(verified.file().terms()))?;
        let announced = verified.file().announced();
        let vkey = entry.ceremony.log_signer(&self.hall)?.vkey().to_string();
        // Who counts as independent of the platform is judged by the organisation named here.
        let hall = HallRef {
            party: self.party()?.0,
            cert_sha256: self.hall.identity.certificate().sha256(),
        };
        let own = announced.log.vkey == vkey && announced.hall == hall;
        if verified.file().lot_key() != *lot || !own {
            return Err(RoomError::NotReady("the tender file names another lot, hall or log"));
        }
        let published =
            LotPublished::new(verified.file(), verified.sha256(), verified.cms_sha256());
        let event = Event::LotPublished(Box::new(published));
        let by = event.written_by(&Actor::Hall).to_string().parse().map_err(RoomError::internal)?;
        let data = serde_json::value::RawValue::from_string(event.data_json())
            .map_err(RoomError::internal)?;
        let mut replay = Replay::new(Arc::new(verified), Arc::clone(&self.hall.trust));
        let first = replay.log().next_entry(now, &by, event.kind().name(), &data, None);
        let first = first.map_err(RoomError::internal)?.line().to_vec();
        replay.ingest(&first)?;
        let batch = Batch::new()
            .put_new_doc("tender.json", tender)
            .put_new_doc("tender.p7s", cms)
            .append(0, [first]);
        self.hall.store.commit(lot, &batch)?;
        self.start(&entry, lot)
    }

    /// Everything that makes the published tender.
    ///
    /// # Errors
    ///
    /// [`RoomError::NotReady`] before its publication.
    pub fn tender(&self, lot: &LotKey) -> Result<TenderDocuments, RoomError> {
        self.published(lot)?;
        self.documents(lot)
    }

    fn documents(&self, lot: &LotKey) -> Result<TenderDocuments, RoomError> {
        let doc = |name: &str| self.hall.store.doc(lot, name)?.ok_or(RoomError::NotReady("tender"));
        Ok(TenderDocuments {
            tender: doc("tender.json")?,
            tender_cms: doc("tender.p7s")?,
            draft: doc("draft.json")?,
            draft_cms: doc("draft.p7s")?,
            ceremony: doc(BUNDLE_DOC)?,
        })
    }

    /// Starts the room of a published lot from what is durable.
    fn start(&self, entry: &LotEntry, lot: &LotKey) -> Result<(), RoomError> {
        let lines: Vec<Vec<u8>> =
            self.hall.store.entries(lot, 0)?.into_iter().map(|(_, line)| line).collect();
        let documents = self.documents(lot)?;
        let published = lines.first().and_then(|line| kaibiao_journal::EntryLine::parse(line).ok());
        let at = published
            .map(|entry| entry.at())
            .ok_or_else(|| RoomError::internal("the log is empty"))?;
        let tender = Arc::new(VerifiedTender::verify(&documents.material(), &self.hall.trust, at)?);
        let signer = entry.ceremony.log_signer(&self.hall)?;
        let (jobs, queue) = std::sync::mpsc::sync_channel(QUEUE);
        let room = Room::restore(Arc::clone(&self.hall), &tender, signer, &lines, jobs.clone())?;
        let (log, view) = (Arc::clone(&room.log), Arc::clone(&room.view));
        let mut handle = LotHandle { lot: lot.clone(), jobs, log, view, stepped: None };
        if self.stepped {
            handle.stepped = Some(Arc::new(Stepped::new(room, queue)));
            drop(entry.room.set(Published { handle, tender }));
            return Ok(());
        }
        let thread = std::thread::Builder::new()
            .name(format!("room {lot}"))
            .spawn(move || room.run(&queue))
            .map_err(RoomError::internal)?;
        let mut threads = self.threads.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        threads.push((handle.clone(), thread));
        drop(entry.room.set(Published { handle, tender }));
        Ok(())
    }

    /// Begins a submission: checks it and makes room for the bytes.
    ///
    /// # Errors
    ///
    /// [`RoomError`].
    pub fn begin(&self, lot: &LotKey, submission: NewSubmission) -> Result<UploadId, RoomError> {
        let (handle, tender) = self.published(lot)?;
        crate::intake::begin(&self.hall, &tender, handle.deadline(), submission)
    }

    /// The room of an upload's lot.
    ///
    /// # Errors
    ///
    /// [`RoomError`].
    pub fn room_of(&self, upload: UploadId) -> Result<LotHandle, RoomError> {
        self.room(&self.hall.store.upload_state(upload)?.lot)
    }

    /// Step two of a receipt: the proof that its place is in the log.
    ///
    /// # Errors
    ///
    /// [`RoomError::NotReady`] until the tick is in the log and a head over it was signed.
    pub fn receipt_proof(&self, lot: &LotKey, number: &str) -> Result<Option<Vec<u8>>, RoomError> {
        let (handle, tender) = self.published(lot)?;
        let Some(manifest) = self.hall.store.note(lot, &format!("receipt/{number}"))? else {
            return Ok(None);
        };
        let manifest = Digest::from_slice(&manifest).map_err(RoomError::internal)?;
        let submission = self.hall.store.submission_by_manifest(lot, &manifest)?;
        let submission = submission.ok_or_else(|| RoomError::internal("a receipt has no bid"))?;
        let receipt = Receipt::parse(&submission.receipt).map_err(RoomError::internal)?;
        let mut log = kaibiao_journal::OpeningLog::new(tender.origin().clone());
        let mut next = 0;
        loop {
            let lines = handle.log().lines(next, LINES_AT_ONCE);
            if lines.is_empty() {
                break;
            }
            for line in lines {
                log.append(&line).map_err(RoomError::internal)?;
                next += 1;
            }
        }
        let ticked = log
            .ticks()
            .map_err(RoomError::internal)?
            .iter()
            .any(|tick| tick.no == receipt.place.tick);
        if !ticked {
            return Err(RoomError::NotReady("tick"));
        }
        let tick = stored_tick(&self.hall, lot, receipt.place.tick)?;
        let not_yet = |_| RoomError::NotReady("checkpoint");
        let proof =
            ReceiptProof::build(&receipt, &tick, &log, &handle.checkpoint()).map_err(not_yet)?;
        // Given out only once enough custodians cosigned the head: then it is final (ruling 8).
        let terms = tender.file().terms();
        let (suite, k) = (tender.record().suite(), terms.custody.threshold.k());
        proof
            .verify(suite, &receipt, terms.places, tender.log_key(), tender.cosign_keys(), k)
            .map_err(not_yet)?;
        proof.to_bytes().map(Some).map_err(RoomError::internal)
    }

    /// The frozen bids with headers and place paths, after the freeze.
    ///
    /// # Errors
    ///
    /// [`RoomError::NotReady`] before.
    pub fn frozen(&self, lot: &LotKey) -> Result<FrozenMaterial, RoomError> {
        self.room(lot)?.frozen()
    }

    /// How the rooms are, over all lots.
    pub fn vitals(&self) -> Vitals {
        let lots = self.lots.read().unwrap_or_else(std::sync::PoisonError::into_inner).len();
        let threads = self.threads.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Vitals::of(lots, threads.iter().map(|(handle, thread)| (handle, thread.is_finished())))
    }

    /// Lets every room without a thread do what is due by now. `false` once one of them had to stop,
    /// because it no longer knows what the disk holds.
    pub fn step(&self) -> bool {
        self.stepped_rooms().iter().fold(true, |on, room| {
            room.step();
            on && !room.is_stopped()
        })
    }

    fn stepped_rooms(&self) -> Vec<Arc<Stepped>> {
        let lots = self.lots.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let rooms = lots.values().filter_map(|entry| entry.room.get()?.handle.stepped.clone());
        rooms.collect()
    }

    /// Stops all rooms and waits for them.
    pub fn stop(&self) {
        for room in self.stepped_rooms() {
            room.stop();
        }
        let mut threads = self.threads.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for (handle, thread) in threads.drain(..) {
            drop(handle.jobs.send(Job::Stop));
            drop(thread.join());
            handle.log.close();
        }
    }
}

/// The deadline after as many outages as may postpone it, each from the deadline before.
fn last_deadline(terms: &Terms) -> UtcMillis {
    let outages = (0..limits::OUTAGES).filter_map(|_| terms.outage);
    outages.fold(terms.deadline, |deadline, outage| deadline.plus(outage.postpone_by_ms))
}

impl LotEntry {
    fn new(ceremony: LotCeremony) -> Self {
        Self { ceremony, board: Mutex::default(), room: OnceLock::new() }
    }
}

impl TenderDocuments {
    fn material(&self) -> TenderMaterial<'_> {
        TenderMaterial {
            tender: &self.tender,
            tender_cms: &self.tender_cms,
            draft: &self.draft,
            draft_cms: &self.draft_cms,
            ceremony: &self.ceremony,
        }
    }
}

/// What a custodian and the host need of a draft.
#[derive(Clone, Debug)]
pub struct DraftFacts {
    /// The exact draft.
    pub draft: Vec<u8>,
    /// The host's CMS over it.
    pub cms: Vec<u8>,
    /// The session of the ceremony.
    pub session: Digest,
    /// The origin of the opening log.
    pub origin: String,
    /// The key of the opening log.
    pub vkey: String,
}

/// One message on a ceremony's board.
#[derive(Clone, Debug)]
pub struct BoardLine {
    /// Its number.
    pub n: u64,
    /// Its sender: a custodian's number, `hall` or `host`.
    pub from: String,
    /// Its kind.
    pub kind: String,
    /// Its bytes.
    pub body: Vec<u8>,
    /// Its signature.
    pub cms: Vec<u8>,
}

impl Room {
    /// The room as the durable log and store say.
    fn restore(
        hall: Arc<HallContext>,
        tender: &Arc<VerifiedTender>,
        signer: kaibiao_journal::LogSigner,
        lines: &[Vec<u8>],
        jobs: std::sync::mpsc::SyncSender<Job>,
    ) -> Result<Self, RoomError> {
        let mut replay = Replay::new(Arc::clone(tender), Arc::clone(&hall.trust));
        for line in lines {
            replay.ingest(line)?;
        }
        let log = Arc::new(FrameLog::new(lines));
        let rules = tender.file().terms().ticks.iter().map(|rule| kaibiao_journal::TickRule {
            within_ms: rule.within_ms,
            every_ms: rule.every_ms,
        });
        let schedule = TickSchedule::new(rules.collect()).map_err(RoomError::internal)?;
        let view = Arc::new(View::new());
        let mut room = Self {
            hall,
            replay,
            log,
            view,
            jobs,
            signer,
            schedule,
            ticks: Vec::new(),
            next_tick: None,
            reached: UtcMillis::EPOCH,
            closing: None,
            cosignatures: BTreeMap::new(),
            witnessed: BTreeMap::new(),
            latest: BTreeMap::new(),
            locks: LockPoints::default(),
            frozen: None,
            partials: BTreeMap::new(),
            escrows: BTreeMap::new(),
            opening_documents: false,
            pace: Pace::default(),
            package: None,
        };
        room.restore_intake()?;
        room.load_frozen()?;
        room.restore_partials()?;
        room.restore_cosignatures()?;
        room.refresh_view();
        Ok(room)
    }

    /// Places of completed bids that are in no tick yet, versions, locks, and the tick clock.
    fn restore_intake(&mut self) -> Result<(), RoomError> {
        let lot = self.replay.tender().file().lot_key();
        let next = self
            .replay
            .state()
            .next_tick()
            .ok_or_else(|| RoomError::internal("no tick number left"))?;
        for submission in self.hall.store.submissions(&lot)? {
            self.reached = self.reached.max(submission.completed_at);
            let manifest = Manifest::parse(&submission.manifest).map_err(RoomError::internal)?;
            let place: Place =
                serde_json::from_slice(&submission.place).map_err(RoomError::internal)?;
            for part in &manifest.body().parts {
                let mut file =
                    self.hall.store.open_object(submission.upload, &PartName::from(part.name()))?;
                let header = kaibiao_seal::Header::read(&mut file).map_err(RoomError::internal)?;
                self.locks.take(&header).map_err(RoomError::internal)?;
            }
            if place.tick >= next {
                let suite = self.replay.tender().record().suite();
                let (manifest_sha256, cms_sha256) =
                    (manifest.sha256(), suite.hash(&submission.cms));
                let commitment = commitment(
                    suite,
                    &place.salt,
                    &manifest_sha256,
                    &cms_sha256,
                    submission.completed_at,
                );
                while self.ticks.last().is_none_or(|tick| tick.no() < place.tick) {
                    let fresh = self.new_tick()?;
                    self.ticks.push(fresh);
                }
                let tick = self.ticks.iter_mut().find(|tick| tick.no() == place.tick);
                let tick = tick.ok_or_else(|| RoomError::internal("a tick is missing"))?;
                tick.restore(place.no, commitment).map_err(RoomError::internal)?;
            }
            self.latest.insert(manifest.body().bidder.code.clone(), manifest);
        }
        self.locks.join(self.replay.estimate_locks().clone());
        if self.replay.state().phase() != Phase::Receiving {
            return Ok(());
        }
        let deadline = self.replay.deadline();
        let last_tick =
            self.replay.log().entries().iter().rev().find(|entry| entry.kind() == "tick");
        let closed = last_tick.is_some_and(|tick| tick.at() >= deadline) && self.ticks.is_empty();
        if closed {
            return self.mark_closing();
        }
        // After the deadline the last tick is due at once.
        self.next_tick = self.schedule.next(self.hall.now(), deadline).or(Some(deadline));
        Ok(())
    }

    /// Partials that were logged before a restart, of this envelope; earlier ones are opened.
    fn restore_partials(&mut self) -> Result<(), RoomError> {
        let lot = self.replay.tender().file().lot_key();
        let stage = self.replay.state().stage();
        for part in [Part::Price, Part::Documents] {
            let name = BidPart { stage, part };
            for custodian in self.replay.state().released(part) {
                let doc = crate::unsealing::partials_doc(name, custodian);
                let body = self
                    .hall
                    .store
                    .doc(&lot, &doc)?
                    .ok_or_else(|| RoomError::internal("partials"))?;
                let read = kaibiao_wire::from_json(&body).map_err(RoomError::internal)?;
                let set = crate::PartialSet::new(read, body);
                let parsed = crate::unsealing::ParsedSet::of(&set)?;
                self.remember_partials(name, parsed);
            }
            if !self.replay.state().released(part).is_empty() {
                self.progress(part)?;
            }
        }
        Ok(())
    }
}
