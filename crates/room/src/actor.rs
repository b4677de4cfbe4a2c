//! The thread of one lot: input, decide, durable append, apply, effects, broadcast.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, RwLock, RwLockReadGuard};
use std::time::Duration;

use kaibiao_fanout::FrameLog;
use kaibiao_journal::{EntryLine, LogSigner, SignedCommand, SignedNote, TickBuilder, TickSchedule};
use kaibiao_opening::{
    Actor, Command, CommandKind, Event, Input, OpeningRecord, Phase, Refusal, SignedCommandBody,
};
use kaibiao_replay::{LockPoints, Partials, Replay};
use kaibiao_seal::Manifest;
use kaibiao_store::{Batch, Nonce, StoreError};
use kaibiao_types::{BidPart, CustodianIndex, Digest, Millis, OrgCode, Role, TickNo, UtcMillis};
use serde_json::value::RawValue;

use crate::chat::Pace;
use crate::frozen::FrozenSet;
use crate::handle::Job;
use crate::{CheckedCommand, HallContext, LINES_AT_ONCE, RoomError};

/// What readers see without asking the room.
#[derive(Debug)]
pub(crate) struct View(RwLock<ViewData>);

/// The newest public facts besides the log itself.
#[derive(Debug)]
pub(crate) struct ViewData {
    pub(crate) checkpoint: String,
    pub(crate) phase: Phase,
    pub(crate) deadline: UtcMillis,
    pub(crate) frozen: Option<Arc<FrozenSet>>,
    pub(crate) record: Option<Vec<u8>>,
    pub(crate) package: Option<PathBuf>,
    pub(crate) freeze_id: Option<Digest>,
}

impl View {
    pub(crate) fn new() -> Self {
        Self(RwLock::new(ViewData {
            checkpoint: String::new(),
            phase: Phase::Unpublished,
            deadline: UtcMillis::EPOCH,
            frozen: None,
            record: None,
            package: None,
            freeze_id: None,
        }))
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, ViewData> {
        self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn set(&self, data: ViewData) {
        *self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner) = data;
    }
}

/// The closing head once the last tick is in the log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Closing {
    pub(crate) tick: TickNo,
    pub(crate) size: u64,
}

/// The state of one lot's thread.
pub(crate) struct Room {
    pub(crate) hall: Arc<HallContext>,
    pub(crate) replay: Replay,
    pub(crate) log: Arc<FrameLog>,
    pub(crate) view: Arc<View>,
    pub(crate) jobs: SyncSender<Job>,
    pub(crate) signer: LogSigner,
    pub(crate) schedule: TickSchedule,
    /// Ticks being filled; more than one only if the first is full.
    pub(crate) ticks: Vec<TickBuilder>,
    pub(crate) next_tick: Option<UtcMillis>,
    /// The latest instant that the clock said here or stamped a bid with. A clock may be set back; what
    /// is written never is, or a bid would be stamped after the tick that holds it.
    pub(crate) reached: UtcMillis,
    pub(crate) closing: Option<Closing>,
    /// Cosignature lines by head size, then custodian.
    pub(crate) cosignatures: BTreeMap<u64, BTreeMap<CustodianIndex, String>>,
    /// Cosignature lines of witnesses by head size, then name of the key.
    pub(crate) witnessed: BTreeMap<u64, BTreeMap<String, String>>,
    pub(crate) latest: BTreeMap<OrgCode, Manifest>,
    pub(crate) locks: LockPoints,
    pub(crate) frozen: Option<Arc<FrozenSet>>,
    pub(crate) partials: BTreeMap<BidPart, Partials>,
    /// Partials of the escrows of bids that their bidders did not unlock.
    pub(crate) escrows: BTreeMap<BidPart, Partials>,
    pub(crate) opening_documents: bool,
    /// How fast people talk.
    pub(crate) pace: Pace,
    /// Entries in the package, and the package.
    pub(crate) package: Option<(u64, PathBuf)>,
}

/// The longest sleep without a job: timers are looked at again.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

impl Room {
    /// Runs until it is told to stop, or the disk's state is unknown.
    pub(crate) fn run(mut self, queue: &Receiver<Job>) {
        while !self.time_passes() {
            match queue.recv_timeout(self.sleep()) {
                Ok(Job::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(job) => {
                    if self.carry_out(job) {
                        tracing::error!(lot = %self.lot_name(), "the room stops; restart the hall");
                        return;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Does what is due by now; `true` if the room must stop.
    pub(crate) fn time_passes(&mut self) -> bool {
        let Err(error) = self.on_time() else { return false };
        if is_fatal(&error) {
            tracing::error!(lot = %self.lot_name(), %error, "the room stops; restart the hall");
            return true;
        }
        tracing::error!(lot = %self.lot_name(), error = %report(&error), "a timed step failed");
        false
    }

    fn lot_name(&self) -> String {
        self.replay.tender().file().lot_key().to_string()
    }

    /// Carries a job out and answers it; `true` if the room must stop.
    pub(crate) fn carry_out(&mut self, job: Job) -> bool {
        fn answer<T>(reply: crate::handle::Reply<T>, result: Result<T, RoomError>) -> bool {
            let fatal = result.as_ref().err().is_some_and(is_fatal);
            // The asker may have gone; what was done is durable all the same.
            drop(reply.send(result));
            fatal
        }
        match job {
            Job::Command { command, reply } => answer(reply, self.command(*command)),
            Job::Complete { upload, revision, digests, reply } => {
                answer(reply, self.complete(upload, revision, digests))
            }
            Job::Cosign { size, line, reply } => answer(reply, self.cosign(size, line)),
            Job::Outage { attested, reply } => answer(reply, self.take_outage(&attested)),
            Job::SignFreeze { signed, reply } => answer(reply, self.sign_freeze(&signed)),
            Job::Partials { partials, reply } => answer(reply, self.take_partials(*partials)),
            Job::DrawPartial { answer: partial, reply } => {
                answer(reply, self.take_draw_partial(*partial))
            }
            Job::Journal { journal, reply } => answer(reply, self.take_journal(&journal)),
            Job::Destroyed { statement, reply } => answer(reply, self.take_destruction(&statement)),
            Job::Refusal { refusal, reply } => answer(reply, self.take_refusal(refusal)),
            Job::DocumentsOpened(bids) => {
                self.opening_documents = false;
                let Some(bids) = bids else { return false };
                if self.replay.state().hold().is_some() {
                    return false; // opened again once the opening goes on
                }
                let result = self.input(&Input::DocumentsUnsealed(bids));
                if let Err(error) = &result {
                    tracing::error!(error = %report(error), "opened documents could not be recorded");
                }
                result.err().is_some_and(|error| is_fatal(&error))
            }
            Job::Stop => true,
        }
    }

    fn sleep(&self) -> Duration {
        let now = self.hall.now();
        let due = [
            self.next_tick,
            self.replay.state().next_due(),
            self.close_wait(),
            self.draw_wait(),
            self.package_wait(),
        ];
        let wait = due.into_iter().flatten().map(|at| at.since(now).map_or(0, Millis::get)).min();
        wait.map_or(LONGEST_SLEEP, |wait| Duration::from_millis(wait).min(LONGEST_SLEEP))
    }

    /// Everything that the passing of time asks for.
    fn on_time(&mut self) -> Result<(), RoomError> {
        self.tick_if_due()?;
        self.close_intake_if_due()?;
        self.write_due()?;
        self.draw_if_due()?;
        self.package_if_due()
    }

    /// Writes what the procedure owes by now, until it owes nothing.
    pub(crate) fn write_due(&mut self) -> Result<(), RoomError> {
        loop {
            let now = self.now();
            let Some(event) = self.replay.state().due(now) else { return Ok(()) };
            self.append(&Actor::Hall, &[event], None, now, Batch::new())?;
        }
    }

    /// The hall's clock, never before the last entry or the last stamp.
    pub(crate) fn now(&self) -> UtcMillis {
        self.hall.now().max(self.not_before())
    }

    /// The earliest instant that the next entry and the next stamp may bear.
    pub(crate) fn not_before(&self) -> UtcMillis {
        self.reached.max(self.replay.state().last_at())
    }

    /// A signed command: whether the procedure allows it, then the work it asks for. Once an entry
    /// tells of it, it is used up, also if it was refused: whoever has its bytes can neither fill the
    /// log with refusals of it nor have it carried out later.
    fn command(&mut self, command: CheckedCommand) -> Result<u64, RoomError> {
        let CheckedCommand { asked, signer, signer_spki, signed, private } = command;
        let lot = self.replay.tender().file().lot_key();
        let once = nonce(&asked.nonce)?;
        if self.replay.knows_nonce(&asked.nonce) || self.hall.store.knows_nonce(&lot, once)? {
            return Err(RoomError::Replayed);
        }
        let (actor, now) = (self.actor(&signer), self.now());
        self.keep_pace(&asked.command, &signer, now)?;
        let private = self.private_document(&asked.command, private.as_ref())?;
        if let Command::AskPostponement { deadline, .. }
        | Command::ApprovePostponement { deadline, .. } = asked.command
        {
            self.replay.tender().seats_last(deadline)?;
        }
        let decided = self.replay.state().decide(&actor, &asked.command, now);
        if let (Command::UnsealBid(own), Ok(_)) = (&asked.command, &decided) {
            self.load_frozen()?;
            self.unlocks_its_bid(own)?;
        }
        match decided {
            Err(refusal) => {
                let batch = Batch::new().nonce(once);
                Err(self.record_refusal(&actor, asked.command.kind(), refusal, now, batch))
            }
            Ok(events) if events.is_empty() => self.work(&asked, &signed),
            Ok(events) => {
                let locks = self.new_estimate(&events, signer_spki)?;
                let mut batch = Batch::new().nonce(once);
                if let Some((name, text)) = private {
                    batch = batch.put_new_doc(&name, &text);
                }
                let head = self.append(&actor, &events, Some(&signed), now, batch)?;
                self.locks.join(locks);
                if matches!(asked.command, Command::ApprovePostponement { .. }) {
                    self.reschedule();
                }
                if matches!(asked.command, Command::Resume | Command::ApproveMeasure { .. }) {
                    self.go_on()?;
                }
                self.on_time()?;
                Ok(head)
            }
        }
    }

    /// The role of an organisation in this lot. Whether the role may do it, the procedure says.
    fn actor(&self, code: &OrgCode) -> Actor {
        match crate::login::role(self.replay.tender().file().terms(), code) {
            Role::Host => Actor::Host(code.clone()),
            Role::Supervisor => Actor::Supervisor(code.clone()),
            _ => Actor::Bidder(code.clone()),
        }
    }

    /// A refusal is an event too, unless it would tell before the deadline who bids.
    fn record_refusal(
        &mut self,
        actor: &Actor,
        kind: CommandKind,
        refusal: Refusal,
        now: UtcMillis,
        batch: Batch,
    ) -> RoomError {
        let Some(event) = self.replay.state().refusal_event(actor, kind, &refusal) else {
            return RoomError::Refused(refusal); // nothing is written while bids are stamped
        };
        match self.append(&Actor::Hall, &[event], None, now, batch) {
            Ok(_) => RoomError::Refused(refusal),
            Err(error) => error,
        }
    }

    /// The work that an allowed command asks the hall to do.
    fn work(
        &mut self,
        asked: &SignedCommandBody,
        signed: &SignedCommand,
    ) -> Result<u64, RoomError> {
        let batch = Batch::new().nonce(nonce(&asked.nonce)?);
        match &asked.command {
            Command::CheckSeals => {
                let results = self.check_seals()?;
                let now = self.now();
                let events =
                    self.replay.state().decide_input(&Input::SealsChecked(results), now)?;
                self.append(&Actor::Hall, &events, Some(signed), now, batch)
            }
            Command::GenerateRecord => {
                let record = OpeningRecord::new(self.replay.state());
                self.keep_record(record, signed, batch, |sha256| Input::RecordGenerated { sha256 })
            }
            Command::CorrectRecord { reason } => {
                let record = OpeningRecord::corrected(self.replay.state(), reason);
                let reason = reason.clone();
                let input = |sha256| Input::RecordCorrected { reason, sha256 };
                self.keep_record(record, signed, batch, input)
            }
            _ => Err(RoomError::internal("a command without an effect")),
        }
    }

    /// Keeps a version of the record; its digest goes into the log.
    fn keep_record(
        &mut self,
        record: Option<OpeningRecord>,
        signed: &SignedCommand,
        batch: Batch,
        input: impl FnOnce(Digest) -> Input,
    ) -> Result<u64, RoomError> {
        let record = record.ok_or(RoomError::NotReady("record"))?;
        let bytes = record.to_bytes();
        let batch =
            batch.put_doc("record.json", &bytes).put_doc("record.txt", record.to_text().as_bytes());
        let input = input(kaibiao_crypto::SUITE_1.hash(&bytes));
        let now = self.now();
        let events = self.replay.state().decide_input(&input, now)?;
        self.append(&Actor::Hall, &events, Some(signed), now, batch)
    }

    /// Hands an input to the procedure and keeps what follows.
    pub(crate) fn input(&mut self, input: &Input) -> Result<u64, RoomError> {
        self.input_with(input, Batch::new())
    }

    /// The same, with more that is kept in the same step.
    pub(crate) fn input_with(&mut self, input: &Input, batch: Batch) -> Result<u64, RoomError> {
        let now = self.now();
        let events = self.replay.state().decide_input(input, now)?;
        self.append(&Actor::Hall, &events, None, now, batch)
    }

    /// Keeps events: checked as an auditor would, made durable, then shown. `now` is the instant at
    /// which they were decided.
    pub(crate) fn append(
        &mut self,
        cause: &Actor,
        events: &[Event],
        command: Option<&SignedCommand>,
        now: UtcMillis,
        batch: Batch,
    ) -> Result<u64, RoomError> {
        let first = self.replay.log().len();
        let mut lines = Vec::new();
        for event in events {
            let command = command.filter(|_| event.needs_command().is_some());
            let line = self.line(cause, event, command, now)?;
            if let Err(error) = self.replay.ingest(&line) {
                self.forget_after(first)?;
                return Err(error.into());
            }
            lines.push(line);
        }
        let lot = self.replay.tender().file().lot_key();
        if let Err(error) =
            self.hall.store.commit(&lot, &batch.append(first, lines.iter().cloned()))
        {
            if !matches!(error, StoreError::StateUnknown { .. }) {
                self.forget_after(first)?;
            }
            return Err(error.into());
        }
        self.log.push(lines);
        self.refresh_view();
        if events.iter().any(|event| matches!(event, Event::OutagePostponed(_))) {
            self.reschedule();
        }
        Ok(self.replay.log().len())
    }

    fn line(
        &self,
        cause: &Actor,
        event: &Event,
        command: Option<&SignedCommand>,
        now: UtcMillis,
    ) -> Result<Vec<u8>, RoomError> {
        let by = event.written_by(cause).to_string().parse().map_err(RoomError::internal)?;
        let data = RawValue::from_string(event.data_json()).map_err(RoomError::internal)?;
        let entry: EntryLine = self
            .replay
            .log()
            .next_entry(now, &by, event.kind().name(), &data, command)
            .map_err(RoomError::internal)?;
        Ok(entry.line().to_vec())
    }

    /// Takes back entries that did not become durable, by reading the durable ones again.
    fn forget_after(&mut self, first: u64) -> Result<(), RoomError> {
        if self.replay.log().len() == first {
            return Ok(());
        }
        let mut replay =
            Replay::new(Arc::clone(self.replay.tender()), Arc::clone(self.replay.trust()));
        let mut next = 0;
        while next < first {
            for line in self.log.lines(next, LINES_AT_ONCE) {
                replay.ingest(&line)?;
                next += 1;
            }
        }
        self.replay = replay;
        Ok(())
    }

    /// Signs the head that is shown: while the intake closes, the closing head stays.
    pub(crate) fn refresh_view(&self) {
        let log = self.replay.log();
        let phase = self.replay.state().phase();
        let shown = match (phase, self.closing) {
            (Phase::Receiving, Some(closing)) => log.checkpoint_at(closing.size),
            _ => None,
        };
        let checkpoint = shown.unwrap_or_else(|| log.checkpoint());
        let signed = self.signer.sign(checkpoint.head);
        let size = checkpoint.head.size;
        let custodians = self.cosignatures.get(&size).into_iter().flat_map(BTreeMap::values);
        let witnesses = self.witnessed.get(&size).into_iter().flat_map(BTreeMap::values);
        self.view.set(ViewData {
            checkpoint: with_cosignatures(signed, custodians.chain(witnesses)),
            phase,
            deadline: self.replay.deadline(),
            frozen: self.frozen.clone(),
            record: self.replay.record().map(<[u8]>::to_vec),
            package: self.package.as_ref().map(|(_, path)| path.clone()),
            freeze_id: self.replay.state().frozen().map(|frozen| frozen.freeze_id),
        });
    }
}

/// A signed note with more signature lines; a line that does not fit is left out.
fn with_cosignatures<'a>(signed: String, lines: impl Iterator<Item = &'a String>) -> String {
    let Ok(mut note) = SignedNote::parse(&signed) else { return signed };
    for line in lines {
        if let Err(error) = note.add_line(line) {
            tracing::warn!(%error, "a cosignature line does not fit the note");
        }
    }
    note.note()
}

fn nonce(text: &str) -> Result<Nonce, RoomError> {
    Nonce::parse(text).map_err(RoomError::internal)
}

/// After this the room does not know what the disk holds.
fn is_fatal(error: &RoomError) -> bool {
    matches!(error, RoomError::Store(StoreError::StateUnknown { .. }))
}

/// An error with its causes on one line.
pub(crate) fn report(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
