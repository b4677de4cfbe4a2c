//! From the publication to the countersigned freeze.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_crypto::SUITE_1;
use kaibiao_journal::{
    FreezeContext, FreezeRecord, PlacePath, Receipt, ReceiptProof, ReceiptedBid, TickBuilder,
    freeze_statement,
};
use kaibiao_opening::{Actor, Command, FreezeSigned, Input, IntakeClosed, LotPublished, SetFrozen};
use kaibiao_pki::cms;
use kaibiao_replay::Act;
use kaibiao_types::{CustodianIndex, Digest, JournalMoment, TickNo};

use super::bid::{Content, Plan, ScenarioBid};
use super::steps::Stage;
use super::{Published, ScenarioError};

impl Stage<'_> {
    /// Publication, three ticks with the bids in the second and third, the closing head.
    pub(super) fn intake(&mut self) -> Result<(), ScenarioError> {
        let tender = &self.published.verified;
        let lot = LotPublished::new(tender.file(), tender.sha256(), tender.cms_sha256());
        self.room.input(&Input::LotPublished(Box::new(lot)))?;
        self.room.wait(3_600_000)?;
        let places = tender.file().terms().places;
        self.tick(TickBuilder::new(TickNo::new(0)?, places)?)?;

        let mut builder = TickBuilder::new(TickNo::new(1)?, places)?;
        let count = self.options.bidders.unwrap_or(self.fixture.bidders.len());
        for number in 0..count.min(self.fixture.bidders.len()) {
            self.room.wait(60_000)?;
            self.hand_in(number, 1, &mut builder)?;
        }
        self.room.wait(60_000)?;
        self.tick(builder)?;
        self.seal_estimates()?;

        let mut builder = TickBuilder::new(TickNo::new(2)?, places)?;
        for number in [self.options.revised, self.options.withdrawn].into_iter().flatten() {
            self.room.wait(30_000)?;
            self.hand_in(number, 2, &mut builder)?;
        }
        self.room.now = tender.file().terms().deadline;
        self.tick(builder)?;
        self.room.wait(1_500)?;
        self.close_intake()
    }

    fn hand_in(
        &mut self,
        number: usize,
        seq: u32,
        tick: &mut TickBuilder,
    ) -> Result<(), ScenarioError> {
        let tender = &self.published.verified;
        let (identity, party) = self.people.bidders.get(number).ok_or("no such bidder")?;
        let sheet = &self.fixture.bidders.get(number).ok_or("no such bidder")?.sheet;
        let (total, fields) = (sheet.total, sheet.fields.clone());
        let own = |(bid, _): &&(ScenarioBid, ReceiptedBid)| bid.bidder == *party;
        let earlier = self.taken.iter().rfind(own).map(|(_, receipted)| receipted.manifest_sha256);
        let content = match Some(number) {
            _ if seq == 2 && self.options.withdrawn == Some(number) => Content::Withdrawal,
            at if self.options.garbage == at => Content::Garbage(total, fields),
            at if self.options.bad_format == at => Content::BadFormat,
            _ => Content::Sheet(total, fields),
        };
        let plan = Plan {
            tender,
            identity,
            party,
            seq,
            supersedes: earlier.unwrap_or(Digest::ZERO),
            content,
            documents: self.options.documents,
            at: self.room.now,
        };
        let handed = plan.hand_in(self.entropy)?;
        let (hall, now) = (&self.people.hall, self.room.now);
        self.taken.push(handed.receipt(tender, hall, tick, now, self.entropy)?);
        Ok(())
    }

    /// A tick, its head cosigned, and the second half of its receipts.
    fn tick(&mut self, builder: TickBuilder) -> Result<(), ScenarioError> {
        let tick = builder.finish(self.entropy)?;
        let data = kaibiao_opening::Tick { no: tick.no(), root: tick.root() };
        self.room.input(&Input::Tick(data))?;
        let checkpoint = self.head()?;
        let in_tick = |(_, r): &&mut (ScenarioBid, ReceiptedBid)| r.place.tick == tick.no();
        for (bid, _) in self.taken.iter_mut().filter(in_tick) {
            let receipt = Receipt::parse(&bid.receipt)?;
            let proof = ReceiptProof::build(&receipt, &tick, &self.room.log, &checkpoint)?;
            bid.receipt_proof = proof.to_bytes()?;
        }
        self.ticks.push(tick);
        Ok(())
    }

    fn close_intake(&mut self) -> Result<(), ScenarioError> {
        let checkpoint = self.room.log.checkpoint();
        let mut cosignatures = Vec::new();
        for cosigner in &self.published.cosigners {
            cosignatures.push(cosigner.cosign(&checkpoint, self.room.now)?);
        }
        let seats = tender_seats(self.published);
        self.note_head(&seats);
        let (size, root) = (checkpoint.head.size, checkpoint.head.root);
        let tick = TickNo::new(2)?;
        self.room.input(&Input::DeadlineReached(IntakeClosed { tick, size, root, cosignatures }))
    }

    pub(super) fn freeze(&mut self) -> Result<(), ScenarioError> {
        self.room.wait(200)?;
        let tender = &self.published.verified;
        let intake = self.room.state.intake().ok_or("the intake is closed")?;
        let head = kaibiao_journal::TreeHead { size: intake.size, root: intake.root };
        let context = FreezeContext {
            suite: &SUITE_1,
            ceremony_id: tender.record().ceremony_id,
            origin: tender.origin(),
            deadline: tender.file().terms().deadline,
        };
        self.taken.sort_by_key(|(_, receipted)| (receipted.place.tick, receipted.place.no));
        let receipted = self.taken.iter().map(|(_, receipted)| receipted.clone()).collect();
        let checked = FreezeRecord::build(&context, 0, head, receipted)?;
        for (_, receipted) in &self.taken {
            let place = &receipted.place;
            let tick = self.ticks.iter().find(|tick| tick.no() == place.tick);
            let path = tick.ok_or("the tick was made")?.path(place.no)?;
            self.places.push(PlacePath { tick: place.tick, no: place.no, path });
        }
        let set: SetFrozen = serde_json::from_slice(&serde_json::to_vec(checked.record())?)?;
        let freeze_id = set.freeze_id;
        self.room.input(&Input::SetFrozen(set))?;
        if self.options.confirmed_time {
            self.confirm_time()?;
        }
        self.countersign(freeze_id)
    }

    fn countersign(&mut self, freeze_id: Digest) -> Result<(), ScenarioError> {
        let tender = &self.published.verified;
        let statement = freeze_statement(tender.origin(), &freeze_id);
        let rng = ring::rand::SystemRandom::new();
        let present = self.published.shares.len() - usize::from(self.options.custodian_absent);
        let seats = tender.record().custodians.iter().zip(&self.people.custodians);
        for (seat, (identity, _)) in seats.take(present) {
            self.room.wait(100)?;
            let cms = cms::sign_detached(identity, statement.as_bytes(), self.room.now, &rng)?;
            let (custodian, cms) = (seat.index, STANDARD.encode(cms));
            self.note(custodian, &Act::FreezeSigned { at: self.room.now, freeze_id });
            self.room.input(&Input::FreezeSigned(FreezeSigned { custodian, freeze_id, cms }))?;
            if !self.room.state.phase().is_final() {
                self.room.wait(50)?;
                self.hand_journal(custodian, JournalMoment::Freeze)?;
            }
        }
        if !self.options.custodian_absent {
            return Ok(());
        }
        let terms = tender.file().terms();
        self.room.wait(terms.freeze_wait_ms.get())?;
        self.room.input(&Input::FreezeTimeout)?;
        self.by_host(&Command::ApproveDegraded)?;
        let supervisor = Actor::Supervisor(self.people.supervisor_party.code.clone());
        let identity = &self.people.supervisor;
        self.room.command(identity, &supervisor, &Command::ApproveDegraded, self.entropy)?;
        self.room.wait(terms.notice_ms.get())?;
        self.room.input(&Input::NoticeOver)
    }
}

/// The seats of the ceremony.
pub(super) fn tender_seats(published: &Published) -> Vec<CustodianIndex> {
    published.verified.record().custodians.iter().map(|seat| seat.index).collect()
}
