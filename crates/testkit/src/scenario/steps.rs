//! The steps of an opening, in their order.

use std::io::Cursor;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_ceremony::{KeyShare, Partial, raise};
use kaibiao_crypto::{Hex, SUITE_1};
use kaibiao_journal::{
    Cosigner, FreezeContext, FreezeRecord, OpeningLog, PlacePath, Receipt, ReceiptProof,
    ReceiptedBid, Tick, TickBuilder, freeze_statement,
};
use kaibiao_opening::{
    Actor, Command, FreezeSigned, Input, IntakeClosed, LotPublished, OpenedDocument,
    OpeningRecord, PartialsReceived, PriceOutcome, SealResult, SetFrozen, State, UnsealedSheet,
    Verdict,
};
use kaibiao_pki::{Identity, TrustList, cms};
use kaibiao_replay::{BidMaterial, VerifiedBid, open_price};
use kaibiao_types::{Digest, Millis, Money, Part, Party, TickNo};

use super::bid::{self, Content, Plan, ScenarioBid};
use super::room::Room;
use super::{People, Published, ScenarioError, ScenarioOptions, signed_head};
use crate::{Fixture, SeededEntropy};

/// What the steps leave behind.
pub(super) struct Played {
    pub(super) log: OpeningLog,
    pub(super) state: State,
    pub(super) checkpoint: String,
    pub(super) places: Vec<PlacePath>,
    pub(super) bids: Vec<ScenarioBid>,
}

/// Everything at hand while the steps are taken.
struct Stage<'a> {
    options: &'a ScenarioOptions,
    fixture: &'a Fixture,
    people: &'a People,
    published: &'a Published,
    entropy: &'a mut SeededEntropy,
    room: Room,
    ticks: Vec<Tick>,
    taken: Vec<(ScenarioBid, ReceiptedBid)>,
    places: Vec<PlacePath>,
}

/// Milliseconds that one reading takes.
const READING: u64 = 2_000;

pub(super) fn play(
    options: &ScenarioOptions,
    fixture: &Fixture,
    people: &People,
    published: &Published,
    entropy: &mut SeededEntropy,
) -> Result<Played, ScenarioError> {
    let tender = &published.verified;
    let log = OpeningLog::new(tender.origin().clone());
    let state = State::new(tender.file().lot_key());
    let start = tender.file().terms().deadline.minus(Millis::from_secs(7_200));
    let mut stage = Stage {
        options,
        fixture,
        people,
        published,
        entropy,
        room: Room::new(log, state, start),
        ticks: Vec::new(),
        taken: Vec::new(),
        places: Vec::new(),
    };
    stage.intake()?;
    stage.freeze()?;
    if !stage.room.state.phase().is_final() {
        stage.unseal_prices()?;
        stage.read()?;
        if options.documents {
            stage.documents()?;
        }
        if !options.unfinished {
            stage.close()?;
        }
    }
    stage.finish()
}

impl<'a> Stage<'a> {
    fn host(&self) -> Actor {
        Actor::Host(self.people.host_party.code.clone())
    }

    fn by_host(&mut self, command: Command) -> Result<(), ScenarioError> {
        let host = self.host();
        self.room.command(&self.people.host, &host, command, self.entropy)
    }

    /// Publication, three ticks with the bids in the second and third, the closing head.
    fn intake(&mut self) -> Result<(), ScenarioError> {
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

    /// The present head, signed and cosigned by all custodians.
    fn head(&self) -> Result<String, ScenarioError> {
        let cosigners: Vec<&Cosigner> = self.published.cosigners.iter().collect();
        signed_head(&self.published.log_signer, &cosigners, self.room.log.head(), self.room.now)
    }

    fn close_intake(&mut self) -> Result<(), ScenarioError> {
        let checkpoint = self.room.log.checkpoint();
        let mut cosignatures = Vec::new();
        for cosigner in &self.published.cosigners {
            cosignatures.push(cosigner.cosign(&checkpoint, self.room.now)?);
        }
        let (size, root) = (checkpoint.head.size, checkpoint.head.root);
        let tick = TickNo::new(2)?;
        self.room.input(&Input::DeadlineReached(IntakeClosed { tick, size, root, cosignatures }))
    }

    fn freeze(&mut self) -> Result<(), ScenarioError> {
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
            self.room.input(&Input::FreezeSigned(FreezeSigned { custodian, freeze_id, cms }))?;
        }
        if !self.options.custodian_absent {
            return Ok(());
        }
        let terms = tender.file().terms();
        self.room.wait(terms.freeze_wait_ms.get())?;
        self.room.input(&Input::FreezeTimeout)?;
        self.by_host(Command::ApproveDegraded)?;
        let supervisor = Actor::Supervisor(self.people.supervisor_party.code.clone());
        let identity = &self.people.supervisor;
        self.room.command(identity, &supervisor, Command::ApproveDegraded, self.entropy)?;
        self.room.wait(terms.notice_ms.get())?;
        self.room.input(&Input::NoticeOver)
    }

    /// Sign-in, names, seals, then the prices in one step.
    fn unseal_prices(&mut self) -> Result<(), ScenarioError> {
        self.room.wait(1_000)?;
        let first = self.room.state.current_bids().next().map(|bid| bid.bidder.clone());
        if let Some(party) = first {
            let (identity, party) = self.bidder(&party)?;
            let actor = Actor::Bidder(party.code.clone());
            self.room.command(identity, &actor, Command::SignIn, self.entropy)?;
        }
        let host = self.host();
        self.room.refused(&host, &Command::Close)?;
        self.by_host(Command::PublishBidders)?;
        self.room.wait(500)?;
        let results = self.room.state.current_bids().flat_map(|bid| {
            bid.objects.iter().map(|object| SealResult {
                bidder: bid.bidder.code.clone(),
                part: object.part,
                sealed: true,
                label: None,
            })
        });
        let results = Input::SealsChecked(results.collect());
        let identity = &self.people.host;
        self.room.command_then(identity, &host, Command::CheckSeals, &results, self.entropy)?;
        self.by_host(Command::StartUnsealing(Part::Price))?;
        let released = self.release(Part::Price)?;
        let outcomes = self.open_prices(&released)?;
        self.room.wait(100)?;
        self.room.input(&Input::PricesUnsealed(outcomes))
    }

    /// The identity and party of a bidder.
    fn bidder(&self, party: &Party) -> Result<&'a (Identity, Party), ScenarioError> {
        let people: &'a People = self.people;
        let found = people.bidders.iter().find(|(_, known)| known == party);
        Ok(found.ok_or("a bidder has an identity")?)
    }

    /// The partials of every custodian that signed the freeze, logged as they come in.
    fn release(&mut self, part: Part) -> Result<Vec<(Digest, Partial)>, ScenarioError> {
        let tender = &self.published.verified;
        let signers = self.room.state.freeze_signers().clone();
        let (mut all, mut number) = (Vec::new(), 0);
        for share in self.published.shares.iter().filter(|s| signers.contains(&s.index())) {
            self.room.wait(50)?;
            let unsealing = self.room.state.unsealing().ok_or("the unsealing is under way")?;
            let (freeze_id, stage) = (unsealing.freeze_id, unsealing.stage);
            let manifests: Vec<Digest> =
                unsealing.bids.iter().map(|bid| bid.manifest_sha256).collect();
            let made = self.raise_all(share, part, &freeze_id, &manifests)?;
            let lies = number < self.options.lying_custodians && part == Part::Price;
            let logged = made.iter().map(|(manifest, partial)| kaibiao_opening::Partial {
                manifest_sha256: *manifest,
                d: partial.d.to_string(),
                c: if lies { Hex([1; 32]).to_string() } else { partial.c.to_string() },
                z: partial.z.to_string(),
            });
            let logged: Vec<kaibiao_opening::Partial> = logged.collect();
            let received = PartialsReceived {
                custodian: share.index(),
                stage,
                part,
                freeze_id,
                sha256: SUITE_1.hash(&serde_json::to_vec(&logged)?),
                count: u32::try_from(logged.len())?,
                partials: (part == Part::Price).then_some(logged),
            };
            self.room.input(&Input::PartialsReceived(received))?;
            all.extend(made);
            number += 1;
        }
        debug_assert_eq!(tender.record().shares.len(), self.published.shares.len());
        Ok(all)
    }

    fn raise_all(
        &mut self,
        share: &KeyShare,
        part: Part,
        freeze_id: &Digest,
        manifests: &[Digest],
    ) -> Result<Vec<(Digest, Partial)>, ScenarioError> {
        let id = self.published.verified.record().ceremony_id;
        let mut out = Vec::new();
        for manifest in manifests {
            let verified = self.verified(manifest)?;
            let header = verified.header(bid::stage()?, part).ok_or("the bid has this part")?;
            let u = header.u();
            out.push((*manifest, raise(&SUITE_1, share, &id, freeze_id, u, self.entropy)?));
        }
        Ok(out)
    }

    fn taken(&self, manifest: &Digest) -> Result<&(ScenarioBid, ReceiptedBid), ScenarioError> {
        let found = self.taken.iter().find(|(_, r)| r.manifest_sha256 == *manifest);
        Ok(found.ok_or("the bid was taken in")?)
    }

    fn verified(&self, manifest: &Digest) -> Result<VerifiedBid, ScenarioError> {
        let (bid, receipted) = self.taken(manifest)?;
        let trust = TrustList::parse(&self.published.trust)?;
        let material = BidMaterial {
            manifest: bid.manifest.clone(),
            cms: bid.cms.clone(),
            headers: bid.headers.clone(),
        };
        let tender = &self.published.verified;
        Ok(VerifiedBid::verify(tender, &material, &trust, receipted.completed_at)?)
    }

    fn open_prices(
        &self,
        released: &[(Digest, Partial)],
    ) -> Result<Vec<PriceOutcome>, ScenarioError> {
        let freeze_id = self.room.state.frozen().ok_or("the set is frozen")?.freeze_id;
        let mut outcomes = Vec::new();
        for entry in self.room.state.current_bids() {
            let manifest = entry.manifest_sha256;
            let verified = self.verified(&manifest)?;
            let (bid, _) = self.taken(&manifest)?;
            let own = released.iter().filter(|(of, _)| *of == manifest).map(|(_, p)| *p);
            let own: Vec<Partial> = own.collect();
            let (file, header) = (bid.objects.first(), bid.headers.first());
            let header_len = header.map_or(0, Vec::len);
            let payload = file.and_then(|file| file.get(header_len..)).unwrap_or_default();
            let (tender, stage) = (&self.published.verified, bid::stage()?);
            let mut payload = Cursor::new(payload);
            let outcome =
                open_price(tender, &freeze_id, &verified, stage, &own, &mut payload)?;
            outcomes.push(if self.is_forged(&entry.bidder) {
                self.forge(&entry.bidder, manifest)?
            } else {
                outcome
            });
        }
        Ok(outcomes)
    }

    fn is_forged(&self, bidder: &Party) -> bool {
        let number = self.people.bidders.iter().position(|(_, party)| party == bidder);
        number.is_some() && number == self.options.forged
    }

    /// A sheet that the bidder never sealed: one minor unit cheaper than the true one.
    fn forge(&self, party: &Party, manifest: Digest) -> Result<PriceOutcome, ScenarioError> {
        let own = self.fixture.bidders.iter().find(|bidder| bidder.party == *party);
        let own = &own.ok_or("the bidder is in the fixture")?.sheet;
        let total = Money::new(own.total.minor() - 1, own.total.currency())?;
        let bytes = bid::sheet(&self.published.verified, party, total, &own.fields)?;
        let sheet = UnsealedSheet::Opened { sha256: SUITE_1.hash(&bytes), bytes };
        Ok(PriceOutcome { manifest_sha256: manifest, sheet })
    }

    /// Reading, confirmation, an objection with its answer.
    fn read(&mut self) -> Result<(), ScenarioError> {
        for _ in 0..self.room.state.priced_bids().count() {
            self.by_host(Command::ReadNext(Millis::new(READING)?))?;
            self.room.wait(READING)?;
        }
        self.room.input(&Input::ReadingOver)?;
        self.room.wait(500)?;
        let priced: Vec<Party> =
            self.room.state.priced_bids().map(|bid| bid.bidder.clone()).collect();
        let Some(party) = priced.first() else { return Ok(()) };
        let (identity, _) = self.bidder(party)?;
        let actor = Actor::Bidder(party.code.clone());
        self.room.command(identity, &actor, Command::ConfirmPrice, self.entropy)?;
        if self.options.objection {
            let text = "请再次宣读第一份报价。".to_owned();
            self.room.command(identity, &actor, Command::RaiseObjection(text), self.entropy)?;
            self.room.wait(2_000)?;
            let text = "已再次宣读，与公布内容一致。".to_owned();
            self.by_host(Command::AnswerObjection { no: 1, text })?;
        }
        Ok(())
    }

    fn documents(&mut self) -> Result<(), ScenarioError> {
        self.by_host(Command::StartUnsealing(Part::Documents))?;
        self.release(Part::Documents)?;
        let text = b"bid documents\n".repeat(200);
        let (plain_sha256, plain_len) = (SUITE_1.hash(&text), u64::try_from(text.len())?);
        let opened = self.room.state.current_bids().map(|bid| OpenedDocument {
            bidder: bid.bidder.code.clone(),
            manifest_sha256: bid.manifest_sha256,
            verdict: Verdict::Opened,
            label: None,
            fault: None,
            plain_sha256: Some(plain_sha256),
            plain_len: Some(plain_len),
        });
        let opened = Input::DocumentsUnsealed(opened.collect());
        self.room.wait(300)?;
        self.room.input(&opened)
    }

    /// The record, its signatures, the end.
    fn close(&mut self) -> Result<(), ScenarioError> {
        self.room.wait(1_000)?;
        let record = OpeningRecord::new(&self.room.state).ok_or("every price is read")?.to_bytes();
        let sha256 = SUITE_1.hash(&record);
        let (host, result) = (self.host(), Input::RecordGenerated { sha256 });
        let identity = &self.people.host;
        self.room.command_then(identity, &host, Command::GenerateRecord, &result, self.entropy)?;
        let supervisor = Actor::Supervisor(self.people.supervisor_party.code.clone());
        self.sign_record(&self.people.host, &host, &record)?;
        self.sign_record(&self.people.supervisor, &supervisor, &record)?;
        let people = self.people;
        let bidders: Vec<Party> =
            self.room.state.current_bids().map(|bid| bid.bidder.clone()).collect();
        for (identity, party) in people.bidders.iter().filter(|(_, p)| bidders.contains(p)) {
            self.sign_record(identity, &Actor::Bidder(party.code.clone()), &record)?;
        }
        self.room.wait(1_000)?;
        self.by_host(Command::Close)
    }

    fn sign_record(
        &mut self,
        identity: &Identity,
        actor: &Actor,
        record: &[u8],
    ) -> Result<(), ScenarioError> {
        self.room.wait(700)?;
        let rng = ring::rand::SystemRandom::new();
        let cms = cms::sign_detached(identity, record, self.room.now, &rng)?;
        let (record_sha256, cms) = (SUITE_1.hash(record), STANDARD.encode(cms));
        let command = Command::SignRecord { record_sha256, cms };
        self.room.command(identity, actor, command, self.entropy)
    }

    fn finish(mut self) -> Result<Played, ScenarioError> {
        self.room.wait(1_000)?;
        let checkpoint = self.head()?;
        Ok(Played {
            log: self.room.log,
            state: self.room.state,
            checkpoint,
            places: self.places,
            bids: self.taken.into_iter().map(|(bid, _)| bid).collect(),
        })
    }
}
