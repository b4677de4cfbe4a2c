//! Ticks, the closing head, and the freeze.

use std::collections::BTreeMap;

use kaibiao_crypto::{Entropy as _, SUITE_1};
use kaibiao_journal::{
    FreezeContext, FreezeRecord, FrozenObject, Place, ReceiptedBid, Tick, TickBuilder, VerifierKey,
    verify_cosignatures,
};
use kaibiao_opening::{Actor, FreezeSigned, Input, IntakeClosed, Phase, SetFrozen};
use kaibiao_seal::Manifest;
use kaibiao_store::Batch;
use kaibiao_types::{CustodianIndex, Digest, TickNo, UtcMillis};

use crate::actor::{Closing, Room};
use crate::frozen::FrozenSet;
use crate::{FreezeSignature, FromSeat, HallContext, RoomError};

/// Bytes that a decoy has as a record, and as a slice, at most.
const RECORD_LEN: usize = 12 << 10;
const SLICE: usize = 8 << 20;

/// Heads whose cosignatures are kept: only the newest matter.
const HEADS_KEPT: usize = 64;

impl Room {
    /// Closes the tick that is due, and at the deadline the last one.
    pub(crate) fn tick_if_due(&mut self) -> Result<(), RoomError> {
        // One reading decides which tick it is and when: with two, the deadline may lie between them,
        // and the last tick would be one from before it.
        let now = self.hall.now();
        self.reached = self.reached.max(now);
        let Some(due) = self.next_tick.filter(|due| *due <= now) else { return Ok(()) };
        if self.replay.state().phase() != Phase::Receiving || self.closing.is_some() {
            self.next_tick = None;
            return Ok(());
        }
        let deadline = self.replay.deadline();
        self.seal_tick(now)?;
        self.next_tick = self.schedule.next(now.max(due), deadline);
        if self.next_tick.is_none() {
            // The deadline has passed: ticks that were filled in advance follow at once.
            while !self.ticks.is_empty() {
                self.seal_tick(now)?;
            }
            self.mark_closing()?;
        }
        Ok(())
    }

    /// Writes the next tick at `now`, or when the last entry or stamp was, if that is later.
    fn seal_tick(&mut self, now: UtcMillis) -> Result<(), RoomError> {
        let builder = self.take_tick()?;
        let tick = builder.finish(&mut self.hall.entropy()).map_err(RoomError::internal)?;
        let places: Vec<u8> = tick.contents().iter().flat_map(|place| *place.bytes()).collect();
        let data = kaibiao_opening::Tick { no: tick.no(), root: tick.root() };
        let now = now.max(self.not_before());
        let events = self.replay.state().decide_input(&Input::Tick(data), now)?;
        let batch = Batch::new().kv_put(&tick_key(tick.no()), &places);
        self.append(&Actor::Hall, &events, None, now, batch)?;
        self.write_decoys();
        Ok(())
    }

    /// With each tick the pool grows by what may be bids or nothing, 256 KiB on average (ruling 25).
    fn write_decoys(&self) {
        let mut dice = [0; 8];
        if self.hall.entropy().fill(&mut dice).is_err() {
            return;
        }
        let [small, size @ .., large] = dice;
        let [a, b, c, ..] = size;
        let any = usize::try_from(u32::from_be_bytes([0, a, b, c])).unwrap_or_default();
        // Records have some 300 bytes to 12 KiB; one tick in 16 writes what may be a slice.
        let mut sizes = vec![any % RECORD_LEN; usize::from(small % 3) + 1];
        sizes.extend((large % 16 == 0).then_some(any % SLICE));
        for size in sizes {
            // If the disk takes no decoy, whatever counts meets the same disk and says so.
            drop(self.hall.store.write_decoy(size));
        }
    }

    /// The tick being filled, or an empty one.
    fn take_tick(&mut self) -> Result<TickBuilder, RoomError> {
        if self.ticks.is_empty() { self.new_tick() } else { Ok(self.ticks.remove(0)) }
    }

    /// An empty tick after all that are in the log or being filled.
    pub(crate) fn new_tick(&self) -> Result<TickBuilder, RoomError> {
        let next = self
            .replay
            .state()
            .next_tick()
            .ok_or_else(|| RoomError::internal("no tick number left"))?;
        let filling = u32::try_from(self.ticks.len()).unwrap_or(u32::MAX);
        let no = TickNo::new(next.get().saturating_add(filling)).map_err(RoomError::internal)?;
        TickBuilder::new(no, self.replay.tender().file().terms().places)
            .map_err(RoomError::internal)
    }

    /// After a postponement: a closing head that was shown is one no more, and ticks go on towards
    /// the new deadline.
    pub(crate) fn reschedule(&mut self) {
        self.closing = None;
        self.next_tick = self.schedule.next(self.hall.now(), self.replay.deadline());
        self.refresh_view();
    }

    /// The log's last entry is the last tick: its head is the closing head.
    pub(crate) fn mark_closing(&mut self) -> Result<(), RoomError> {
        let size = self.replay.log().len();
        let next = self.replay.state().next_tick().and_then(|next| next.get().checked_sub(1));
        let tick = next.and_then(|no| TickNo::new(no).ok());
        let tick = tick.ok_or_else(|| RoomError::internal("the closing head has no tick"))?;
        self.closing = Some(Closing { tick, size });
        self.refresh_view();
        Ok(())
    }

    /// A cosignature of a head of this log: of a custodian, on whom steps wait, or of a witness, which is
    /// shown and nothing else.
    pub(crate) fn cosign(&mut self, size: u64, line: String) -> Result<(), RoomError> {
        let checkpoint = self
            .replay
            .log()
            .checkpoint_at(size)
            .ok_or_else(|| RoomError::Proof("no head of this size".to_owned()))?;
        let signer = |keys: &[VerifierKey]| {
            verify_cosignatures(&checkpoint, std::slice::from_ref(&line), keys)
                .map(|found| found.into_iter().next().map(|cosignature| cosignature.name))
                .map_err(|error| RoomError::Proof(error.to_string()))
        };
        let tender = self.replay.tender();
        if let Some(name) = signer(tender.cosign_keys())? {
            let mut seats = tender.record().custodians.iter().map(|custodian| custodian.index);
            let index = seats.find(|index| tender.origin().custodian_name(*index) == name);
            let index = index.ok_or(RoomError::Seat)?;
            self.keep_cosignature(&cosignature_key(size, index), &line)?;
            self.cosignatures.entry(size).or_default().entry(index).or_insert(line);
            let closing = self.closing.map(|closing| closing.size);
            keep_newest(&mut self.cosignatures, closing);
            self.refresh_view();
            self.close_intake_if_due()?;
            return self.package_if_due();
        }
        let name = signer(&self.hall.witnesses)?.ok_or(RoomError::Seat)?;
        self.keep_cosignature(&witness_key(size, &name), &line)?;
        self.witnessed.entry(size).or_default().entry(name).or_insert(line);
        keep_newest(&mut self.witnessed, None);
        self.refresh_view();
        Ok(())
    }

    /// Once a head after the end is shown a custodian may destroy its key, and a witness goes home: such
    /// a line cannot be had again.
    fn keep_cosignature(&self, key: &str, line: &str) -> Result<(), RoomError> {
        if self.replay.state().ended().is_some() {
            let lot = self.replay.tender().file().lot_key();
            self.hall.store.kv_put(&lot, key, line.as_bytes())?;
        }
        Ok(())
    }

    /// Until when the closing waits for more cosignatures than k.
    pub(crate) fn close_wait(&self) -> Option<UtcMillis> {
        self.closing.filter(|_| self.replay.state().phase() == Phase::Receiving)?;
        let terms = self.replay.tender().file().terms();
        let wait = terms.freeze_wait_ms.min(terms.grace_ms);
        let mut from = self.replay.deadline();
        if terms.outage.is_some() {
            // A hall that was away over the deadline gives custodians the time to attest it.
            let last = self.closing.and_then(|closing| closing.size.checked_sub(1));
            let entries = self.replay.log().entries();
            let last = last.and_then(|last| entries.get(usize::try_from(last).ok()?));
            from = last.map_or(from, |last| from.max(last.at()));
        }
        let until = from.plus(wait);
        // Past it there is nothing to wake up for: the next cosignature is.
        (until > self.hall.now()).then_some(until)
    }

    /// Closes the intake once the closing head is cosigned by all custodians, or by k after the wait
    /// (ruling 9). Without k the freeze waits, and no bid is late for it.
    pub(crate) fn close_intake_if_due(&mut self) -> Result<(), RoomError> {
        let Some(closing) =
            self.closing.filter(|_| self.replay.state().phase() == Phase::Receiving)
        else {
            return self.freeze_if_due();
        };
        let terms = self.replay.tender().file().terms();
        let lines: Vec<String> = self
            .cosignatures
            .get(&closing.size)
            .map(|lines| lines.values().cloned().collect())
            .unwrap_or_default();
        let threshold = terms.custody.threshold;
        let waiting = self.close_wait().is_some();
        let enough = if waiting { threshold.n() } else { threshold.k() };
        if lines.len() < usize::from(enough) {
            return Ok(());
        }
        let root = self
            .replay
            .log()
            .root_at(closing.size)
            .ok_or_else(|| RoomError::internal("closing head"))?;
        let closed =
            IntakeClosed { tick: closing.tick, size: closing.size, root, cosignatures: lines };
        self.input(&Input::DeadlineReached(closed))?;
        self.freeze_if_due()
    }

    /// Opens all places and publishes the set of bids.
    fn freeze_if_due(&mut self) -> Result<(), RoomError> {
        if self.replay.state().phase() != Phase::IntakeClosed {
            return Ok(());
        }
        let closed =
            self.replay.state().intake().ok_or_else(|| RoomError::internal("no closed intake"))?;
        let head = self.replay.log().checkpoint_at(closed.size).map(|checkpoint| checkpoint.head);
        let head = head.ok_or_else(|| RoomError::internal("closing head"))?;
        let tender = self.replay.tender();
        let context = FreezeContext {
            suite: tender.record().suite(),
            ceremony_id: tender.record().ceremony_id,
            origin: tender.origin(),
            deadline: self.replay.deadline(),
        };
        let receipted = self.receipted()?;
        let round = tender.file().terms().round.as_ref().map_or(0, |round| round.no);
        let record = FreezeRecord::build(&context, round, head, receipted)
            .map_err(RoomError::internal)?
            .into_record();
        // Both crates describe one text; what was built here is read there.
        let json = serde_json::to_vec(&record).map_err(RoomError::internal)?;
        let frozen: SetFrozen = serde_json::from_slice(&json).map_err(RoomError::internal)?;
        self.input(&Input::SetFrozen(frozen))?;
        self.load_frozen()
    }

    fn receipted(&self) -> Result<Vec<ReceiptedBid>, RoomError> {
        let lot = self.replay.tender().file().lot_key();
        let mut out = Vec::new();
        for submission in self.hall.store.submissions(&lot)? {
            let manifest = Manifest::parse(&submission.manifest).map_err(RoomError::internal)?;
            let body = manifest.body();
            let place: Place =
                serde_json::from_slice(&submission.place).map_err(RoomError::internal)?;
            let objects = body.parts.iter().map(|part| FrozenObject {
                stage: part.stage,
                part: part.part,
                header_sha256: part.header_sha256,
                file_len: part.file_len,
                ct_root: part.ct_root,
            });
            out.push(ReceiptedBid {
                bidder: body.bidder.clone(),
                seq: body.seq,
                manifest_sha256: submission.manifest_sha256,
                cms_sha256: SUITE_1.hash(&submission.cms),
                completed_at: submission.completed_at,
                place,
                objects: objects.collect(),
            });
        }
        Ok(out)
    }

    /// Reads the frozen bids with their headers and checks them as every custodian will.
    pub(crate) fn load_frozen(&mut self) -> Result<(), RoomError> {
        if self.frozen.is_none() && self.replay.state().frozen().is_some() {
            self.frozen = Some(std::sync::Arc::new(FrozenSet::load(&self.hall, &self.replay)?));
        }
        Ok(())
    }

    /// A custodian's signature under the freeze.
    pub(crate) fn sign_freeze(
        &mut self,
        signed: &FromSeat<FreezeSignature>,
    ) -> Result<u64, RoomError> {
        let FreezeSignature { custodian, freeze_id } = *signed.message();
        let signed = FreezeSigned { custodian, freeze_id, cms: signed.cms_b64() };
        let head = self.input(&Input::FreezeSigned(signed))?;
        self.write_due()?;
        Ok(head)
    }
}

impl Room {
    /// The cosignatures of the present head that were kept before a restart.
    pub(crate) fn restore_cosignatures(&mut self) -> Result<(), RoomError> {
        let (size, tender) = (self.replay.log().len(), self.replay.tender());
        let lot = tender.file().lot_key();
        let mut kept = BTreeMap::new();
        for seat in &tender.record().custodians {
            let line = self.hall.store.kv_get(&lot, &cosignature_key(size, seat.index))?;
            if let Some(line) = line {
                kept.insert(seat.index, String::from_utf8(line).map_err(RoomError::internal)?);
            }
        }
        if !kept.is_empty() {
            self.cosignatures.insert(size, kept);
        }
        let mut kept = BTreeMap::new();
        for key in &self.hall.witnesses {
            if let Some(line) = self.hall.store.kv_get(&lot, &witness_key(size, key.name()))? {
                let line = String::from_utf8(line).map_err(RoomError::internal)?;
                kept.insert(key.name().to_owned(), line);
            }
        }
        if !kept.is_empty() {
            self.witnessed.insert(size, kept);
        }
        Ok(())
    }
}

/// Forgets the lines of all heads but the newest and one that is waited for.
fn keep_newest<T>(lines: &mut BTreeMap<u64, T>, waited_for: Option<u64>) {
    while lines.len() > HEADS_KEPT {
        let oldest = lines.keys().copied().find(|size| Some(*size) != waited_for);
        let Some(oldest) = oldest else { break };
        lines.remove(&oldest);
    }
}

/// The key under which a witness's line under a head after the end is kept.
fn witness_key(size: u64, name: &str) -> String {
    format!("witness/{size}/{name}")
}

/// The key under which a cosignature of a head after the end is kept.
fn cosignature_key(size: u64, custodian: CustodianIndex) -> String {
    format!("cosignature/{size}/{custodian}")
}

/// The key under which a tick's places are kept until the freeze opens them.
pub(crate) fn tick_key(no: TickNo) -> String {
    format!("tick/{no}")
}

/// A finished tick as it was kept.
pub(crate) fn stored_tick(
    hall: &HallContext,
    lot: &kaibiao_types::LotKey,
    no: TickNo,
) -> Result<Tick, RoomError> {
    let bytes = hall
        .store
        .kv_get(lot, &tick_key(no))?
        .ok_or_else(|| RoomError::internal("a tick is missing"))?;
    let places: Result<Vec<Digest>, _> = bytes.chunks(32).map(Digest::from_slice).collect();
    Tick::from_contents(no, places.map_err(RoomError::internal)?).map_err(RoomError::internal)
}
