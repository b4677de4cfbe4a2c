//! A whole lot, made step by step with the real libraries: ceremony, tender, bids, log, freeze.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_ceremony::{CeremonyBundle, CeremonyRecord};
use kaibiao_crypto::{Hex, SUITE_1, tdh2};
use kaibiao_journal::{
    EntryLine, FreezeContext, FreezeRecord, LogOrigin, LogSigner, OpeningLog, Place, ReceiptedBid,
    Salt, SignedCommand, TickBuilder, commitment,
};
use kaibiao_opening as opening;
use kaibiao_opening::{
    Actor, Announced, Bilingual, CeremonyRef, Command, CustodianSeat, Custody, CustodyKind,
    CustodyPolicy, Event, FieldKind, HallRef, Input, LogRef, LotPublished, ReadOutField,
    SealResult, SetFrozen, SignedCommandBody, Template, TenderDraft, TenderFile, Terms, TickRule,
    TimeSource,
};
use kaibiao_pki::{Identity, cms};
use kaibiao_replay::{
    BoardItem, BoardKind, BoardSender, CeremonyBoard, RehearsalNo, TenderMaterial, VerifiedTender,
    board_statement, seal_test_object,
};
use kaibiao_seal::{
    BidContext, Client, Context, Manifest, ManifestBody, ManifestKind, ManifestPart, Padding,
    SealPlan, seal,
};
use kaibiao_testkit::SeededEntropy;
use kaibiao_types::{
    BidSeq, Currency, CustodianIndex, Digest, LotId, LotKey, Millis, Part, Stage, TenderId,
    Threshold, TickNo, UtcMillis,
};
use kaibiao_wire::{
    B64, DraftAnswer, FrozenAnswer, FrozenItem, HeaderItem, PathItem, RawJson, TenderAnswer,
};
use ring::rand::SystemRandom;

use crate::hall::Hall;
use crate::people::{People, Person};

/// When the lot is drafted and bids come in: 15 January 2027.
pub const BEFORE: u64 = 1_800_000_000_000;
/// The deadline.
pub const DEADLINE: u64 = BEFORE + 600_000;
/// A moment within the grace after the deadline.
pub const AFTER: u64 = DEADLINE + 2_000;

/// The lot as its hall knows it.
pub struct Scene {
    pub people: People,
    pub hall: Hall,
    pub draft: TenderDraft,
    pub draft_bytes: Vec<u8>,
    pub draft_cms: Vec<u8>,
    pub origin: LogOrigin,
    pub signer: LogSigner,
    pub entropy: SeededEntropy,
    pub bundle: Option<CeremonyBundle>,
    pub verified: Option<Arc<VerifiedTender>>,
    pub state: opening::State,
    pub log: OpeningLog,
    pub frozen: Option<FrozenAnswer>,
    /// What a dishonest hall does to the frozen bids before it serves them.
    pub tamper: fn(&mut FrozenAnswer),
    nonce: u32,
}

pub fn at(millis: u64) -> UtcMillis {
    UtcMillis::new(millis).unwrap()
}

pub fn index(number: usize) -> CustodianIndex {
    CustodianIndex::new(u16::try_from(number).unwrap()).unwrap()
}

pub fn lot_key() -> LotKey {
    LotKey { tender: TenderId::parse("ZZ-2027").unwrap(), lot: LotId::parse("1").unwrap() }
}

pub fn sign(identity: &Identity, content: &[u8], now: u64) -> Vec<u8> {
    cms::sign_detached(identity, content, at(now), &SystemRandom::new()).unwrap()
}

fn words(zh: &str, en: &str) -> Bilingual {
    Bilingual { zh: zh.to_owned(), en: en.to_owned() }
}

fn terms(people: &People) -> Terms {
    let seat = |(number, person): (usize, &Person)| CustodianSeat {
        index: index(number),
        party: person.party.clone(),
        cert_sha256: person.identity.certificate().sha256(),
    };
    Terms {
        platform: "kaibiao.example".to_owned(),
        tender: lot_key().tender,
        lot: lot_key().lot,
        title: words("城市照明设施维护", "Street lighting"),
        lot_title: words("一标段", "Lot one"),
        tenderee: people.tenderee.clone(),
        agency: None,
        host: people.host.party.clone(),
        supervisor: people.supervisor.clone(),
        template: Template::Works,
        deadline: at(DEADLINE),
        min_bidders: 3,
        currency: Currency::Cny,
        ceiling: None,
        fields: vec![ReadOutField {
            key: "price".to_owned(),
            zh: "投标报价".to_owned(),
            en: "Price".to_owned(),
            kind: FieldKind::Money,
            unit: None,
            ceiling: None,
        }],
        custody: Custody {
            policy: CustodyPolicy::CeremonyOnly,
            threshold: Threshold::new(3, 2).unwrap(),
            custodians: (1..).zip(&people.custodians).map(seat).collect(),
            time: TimeSource::SystemClock,
            custody: CustodyKind::Independent,
        },
        grace_ms: Millis::from_secs(10),
        notice_ms: Millis::from_secs(2),
        freeze_wait_ms: Millis::from_secs(5),
        ticks: vec![TickRule { within_ms: None, every_ms: Millis::from_secs(60) }],
        places: 1_024,
        retention_years: 15,
        fictional: true,
        source: None,
        draws: Vec::new(),
        steps: Vec::new(),
        decide_faults: false,
        objection_ms: None,
        envelopes: Vec::new(),
        round: None,
        outage: None,
        bidder_window: None,
        base_estimate: false,
        result: None,
    }
}

impl Scene {
    /// A drafted lot on a hall that nobody asks yet.
    pub async fn new(seed: &str) -> Self {
        Self::with(seed, |_| {}).await
    }

    /// A lot with other terms.
    pub async fn with(seed: &str, change: impl FnOnce(&mut Terms)) -> Self {
        let people = People::load();
        let hall = Hall::start().await;
        let mut terms = terms(&people);
        change(&mut terms);
        let draft = TenderDraft::new(terms).unwrap();
        let draft_bytes = draft.to_bytes();
        let draft_cms = sign(&people.host.identity, &draft_bytes, BEFORE);
        let origin = LogOrigin::parse(&draft.terms().log_origin()).unwrap();
        let signer = LogSigner::from_seed(origin.clone(), &[7; 32]).unwrap();
        let scene = Self {
            draft,
            draft_bytes,
            draft_cms,
            signer,
            entropy: SeededEntropy::new(seed),
            bundle: None,
            verified: None,
            state: opening::State::new(lot_key()),
            log: OpeningLog::new(origin.clone()),
            origin,
            frozen: None,
            tamper: |_| {},
            nonce: 0,
            people,
            hall,
        };
        scene.serve_draft(crate::hall::digest(1));
        scene
    }

    /// Serves the draft under a session.
    pub fn serve_draft(&self, session: Digest) {
        let mut served = self.hall.lock();
        served.lot = Some(lot_key());
        served.draft = Some(DraftAnswer {
            draft_b64: B64(self.draft_bytes.clone()),
            cms_b64: B64(self.draft_cms.clone()),
            session,
            log_origin: self.origin.to_string(),
            log_vkey: self.signer.vkey().to_string(),
            hall: self.people.hall.party.clone(),
            hall_cert_pem: String::new(),
        });
    }

    /// The board as it stands.
    pub fn board(&self) -> CeremonyBoard {
        let served = self.hall.lock();
        let session = Hex(*served.draft.as_ref().unwrap().session.bytes());
        let items: Vec<BoardItem> = served
            .board
            .iter()
            .map(|message| BoardItem {
                from: BoardSender::parse(&message.from).unwrap(),
                kind: BoardKind::parse(&message.kind).unwrap(),
                body: message.body_b64.0.clone(),
                cms: message.cms_b64.0.clone(),
            })
            .collect();
        let trust = &self.people.trust;
        CeremonyBoard::read(&self.draft, &self.draft_bytes, session, &items, trust, at(BEFORE))
            .unwrap()
    }

    /// Does the hall's part of the ceremony until it is complete.
    pub async fn ceremony(&mut self) {
        for _ in 0..6_000 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            let board = self.board();
            let Some((record, _)) = board.record().unwrap() else { continue };
            if board.rehearsal(&record, RehearsalNo::First).unwrap().is_none() {
                let header = self.test_object(&record);
                self.hall.lock().pin("hall", "rehearsal-object", &header, b"-");
            }
            if let Some(bundle) = board.bundle(&self.people.trust, at(BEFORE)).unwrap() {
                self.bundle = Some(bundle);
                return;
            }
        }
        panic!("the ceremony did not end");
    }

    /// A fresh test object for the rehearsal.
    pub fn test_object(&mut self, record: &CeremonyRecord) -> Vec<u8> {
        let context = Context::of_rehearsal(&SUITE_1, record.ceremony_id, 0);
        let id = *record.ceremony_id.bytes();
        let bases = tdh2::Bases::new(&SUITE_1, id, record.key().unwrap()).unwrap();
        self.seal(&context, &bases, b"rehearsal").0
    }

    /// A test object of the host for a later rehearsal: bytes and the host's signature.
    pub fn host_object(&mut self, number: RehearsalNo) -> (Vec<u8>, Vec<u8>) {
        let (record, _) = self.board().record().unwrap().unwrap();
        let object = seal_test_object(&record, number, b"rehearsal", &mut self.entropy).unwrap();
        let cms = self.signed_object(number, &object);
        (object, cms)
    }

    /// The host's signature over a test object.
    pub fn signed_object(&self, number: RehearsalNo, object: &[u8]) -> Vec<u8> {
        let kind = BoardKind::RehearsalObject(number);
        let statement = board_statement(&self.origin, kind, object);
        sign(&self.people.host.identity, statement.as_bytes(), BEFORE)
    }

    /// The header of a bid, sealed to the key before there is a tender.
    pub fn bid_object(&mut self) -> Vec<u8> {
        let (record, _) = self.board().record().unwrap().unwrap();
        let (id, bidder) = (record.ceremony_id, &self.people.bidders[0]);
        let context = Context::of_bid(&BidContext {
            suite: &SUITE_1,
            ceremony_id: id,
            lot: &lot_key(),
            stage: Stage::new(1).unwrap(),
            part: Part::Price,
            bidder: &bidder.party.code,
            signer_spki: bidder.identity.certificate().spki_sha256(),
            seq: BidSeq::new(1).unwrap(),
            supersedes: Digest::ZERO,
        });
        let bases = tdh2::Bases::new(&SUITE_1, *id.bytes(), record.key().unwrap()).unwrap();
        self.seal(&context, &bases, b"a price sheet").0
    }

    /// Header and digest of a sealed object.
    fn seal(
        &mut self,
        context: &Context,
        bases: &tdh2::Bases,
        plain: &[u8],
    ) -> (Vec<u8>, kaibiao_seal::ObjectSummary) {
        let plan = SealPlan {
            context,
            bases,
            padding: Padding::of(Part::Price),
            plaintext_len: u64::try_from(plain.len()).unwrap(),
            bidder_lock: None,
        };
        let (mut input, mut out) = (plain, Vec::new());
        let sealed = seal(&plan, &mut input, &mut out, &mut self.entropy).unwrap();
        (sealed.header.bytes().to_vec(), sealed.object)
    }

    /// Publishes the lot: the log begins.
    pub fn publish(&mut self) {
        let bundle = self.bundle.clone().unwrap();
        let record_bytes = bundle.ceremony_b64.0.clone();
        let record = CeremonyRecord::parse(&record_bytes).unwrap();
        let announced = Announced {
            ceremony: CeremonyRef { id: record.ceremony_id, sha256: SUITE_1.hash(&record_bytes) },
            log: LogRef { origin: self.origin.to_string(), vkey: self.signer.vkey().to_string() },
            hall: HallRef {
                party: self.people.hall.party.clone(),
                cert_sha256: self.people.hall.identity.certificate().sha256(),
            },
            trust_sha256: self.people.trust.sha256(),
        };
        let file = TenderFile::new(&self.draft, announced).unwrap();
        let tender = file.to_bytes();
        let tender_cms = sign(&self.people.host.identity, &tender, BEFORE);
        let ceremony = serde_json::to_vec(&bundle).unwrap();
        let material = TenderMaterial {
            tender: &tender,
            tender_cms: &tender_cms,
            draft: &self.draft_bytes,
            draft_cms: &self.draft_cms,
            ceremony: &ceremony,
        };
        let verified = VerifiedTender::verify(&material, &self.people.trust, at(BEFORE)).unwrap();
        let lot = LotPublished::new(&file, verified.sha256(), verified.cms_sha256());
        self.verified = Some(Arc::new(verified));
        self.input(&Input::LotPublished(Box::new(lot)), BEFORE);
        let mut served = self.hall.lock();
        served.tender = Some(TenderAnswer {
            tender_b64: B64(tender),
            cms_b64: B64(tender_cms),
            draft_b64: B64(self.draft_bytes.clone()),
            draft_cms_b64: B64(self.draft_cms.clone()),
            ceremony: RawJson::new(&ceremony).unwrap(),
            trust_b64: B64(self.people.trust_bytes.clone()),
        });
        drop(served);
        self.serve();
    }

    /// Writes the destruction entries of the custodians named, as they arrive.
    pub async fn destroyed(&mut self, custodians: &[usize], now: u64) {
        for number in custodians {
            let post = self
                .hall
                .until("a statement of destruction", |served| {
                    served.destructions.iter().find(|p| p.custodian == index(*number)).cloned()
                })
                .await;
            let cms = STANDARD.encode(post.cms_b64.as_slice());
            let destroyed = opening::KeyDestroyed { custodian: post.custodian, cms };
            self.input(&Input::KeyDestroyed(destroyed), now);
        }
        self.serve();
    }

    /// Waits for cosignatures of the present head by the custodians named and shows them under it.
    pub async fn show_cosignatures(&self, custodians: &[usize]) {
        let head = self.log.head();
        let mut note = kaibiao_journal::SignedNote::parse(&self.signer.sign(head)).unwrap();
        for number in custodians {
            let line = self
                .hall
                .until("a cosignature of the final head", |served| {
                    let mut all = served.cosignatures.iter();
                    let own = all.find(|c| (c.size, c.custodian) == (head.size, index(*number)));
                    own.map(|own| own.cosignature.clone())
                })
                .await;
            note.add_line(&line).unwrap();
        }
        self.hall.lock().checkpoint = Some(note.note());
    }

    /// Serves log and checkpoint as they stand.
    pub fn serve(&self) {
        let mut served = self.hall.lock();
        served.log = self.log.entries().iter().map(|e| [e.line(), b"\n"].concat()).collect();
        served.checkpoint = Some(self.signer.sign(self.log.head()));
        served.frozen.clone_from(&self.frozen);
        if let Some(frozen) = &mut served.frozen {
            (self.tamper)(frozen);
        }
    }

    /// Judges an input of the hall and writes its entries.
    pub fn input(&mut self, input: &Input, now: u64) {
        let events = self.state.decide_input(input, at(now)).unwrap();
        for event in events {
            self.write(&event, &Actor::Hall, now, None);
        }
    }

    /// A signed command of the host with the entries that it causes.
    pub fn command(&mut self, command: &Command, now: u64) {
        let host = Actor::Host(self.people.host.party.code.clone());
        let signed = self.signed(command.clone(), now);
        let mut events = self.state.decide(&host, command, at(now)).unwrap();
        if *command == Command::CheckSeals {
            let seals = self.state.current_bids().map(|bid| SealResult {
                stage: None,
                bidder: bid.bidder.code.clone(),
                part: Part::Price,
                sealed: true,
                label: None,
            });
            let input = Input::SealsChecked(seals.collect());
            events = self.state.decide_input(&input, at(now)).unwrap();
        }
        for event in events {
            let command = event.needs_command().map(|_| signed.clone());
            self.write(&event, &host, now, command.as_ref());
        }
    }

    /// A signed command of the supervisor with the entries that it causes.
    pub fn supervisor(&mut self, command: &Command, now: u64) {
        let supervisor = Actor::Supervisor(self.people.supervisor.code.clone());
        let mut signed = self.signed(command.clone(), now);
        signed.cms = sign(&self.people.supervisor_identity, &signed.body, now);
        for event in self.state.decide(&supervisor, command, at(now)).unwrap() {
            self.write(&event, &supervisor, now, Some(&signed));
        }
    }

    /// A signed command of the host.
    pub fn signed(&mut self, command: Command, now: u64) -> SignedCommand {
        self.nonce += 1;
        let body = SignedCommandBody {
            lot: lot_key(),
            command,
            nonce: format!("{:032x}", self.nonce),
            at: at(now),
            after: self.log.len() - 1,
        };
        let body = body.to_bytes();
        let cms = sign(&self.people.host.identity, &body, now);
        SignedCommand { body, cms }
    }

    fn write(&mut self, event: &Event, cause: &Actor, now: u64, command: Option<&SignedCommand>) {
        self.force(event, cause, now, command);
        self.state.apply(&event.written_by(cause), at(now), event);
    }

    /// Writes an entry without asking whether it is allowed.
    pub fn force(
        &mut self,
        event: &Event,
        cause: &Actor,
        now: u64,
        command: Option<&SignedCommand>,
    ) {
        let by = event.written_by(cause).to_string().parse().unwrap();
        let data: Box<serde_json::value::RawValue> =
            serde_json::from_str(&event.data_json()).unwrap();
        let kind = event.kind().name();
        let entry = EntryLine::build(self.log.len(), at(now), &by, kind, &data, command).unwrap();
        self.log.append_entry(entry).unwrap();
    }

    /// Takes in the bids of the first `count` bidders and writes the tick that holds them.
    pub fn receive(&mut self, count: usize) -> FreezeRecordInput {
        let verified = Arc::clone(self.verified.as_ref().unwrap());
        let mut builder = TickBuilder::new(TickNo::new(0).unwrap(), 1_024).unwrap();
        let mut receipted = Vec::new();
        let mut items = Vec::new();
        for number in 0..count {
            let (manifest, header) = self.bid(number, &verified);
            let cms = sign(&self.people.bidders[number].identity, manifest.bytes(), BEFORE);
            let completed_at = at(BEFORE + 1_000);
            let salt = Salt::random(&mut self.entropy).unwrap();
            let (manifest_sha256, cms_sha256) = (manifest.sha256(), SUITE_1.hash(&cms));
            let content = commitment(&SUITE_1, &salt, &manifest_sha256, &cms_sha256, completed_at);
            let no = builder.place(content, &mut self.entropy).unwrap();
            let place = Place { tick: builder.no(), no, salt };
            let part = manifest.body().parts[0];
            receipted.push(ReceiptedBid {
                bidder: manifest.body().bidder.clone(),
                seq: manifest.body().seq,
                manifest_sha256,
                cms_sha256,
                completed_at,
                place,
                objects: vec![kaibiao_journal::FrozenObject {
                    stage: part.stage,
                    part: part.part,
                    header_sha256: part.header_sha256,
                    file_len: part.file_len,
                    ct_root: part.ct_root,
                }],
            });
            let item = FrozenItem {
                manifest_b64: B64(manifest.bytes().to_vec()),
                cms_b64: B64(cms),
                headers: vec![HeaderItem {
                    stage: part.stage,
                    part: part.part,
                    header_b64: B64(header),
                }],
            };
            items.push((manifest_sha256, item));
        }
        let tick = builder.finish(&mut self.entropy).unwrap();
        let data = opening::Tick { no: tick.no(), root: tick.root() };
        self.input(&Input::Tick(data), BEFORE + 60_000);
        self.serve();
        FreezeRecordInput { receipted, items, tick }
    }

    fn bid(&mut self, number: usize, tender: &VerifiedTender) -> (Manifest, Vec<u8>) {
        let bidder = &self.people.bidders[number];
        let (party, spki) = (bidder.party.clone(), bidder.identity.certificate().spki_sha256());
        let (lot, stage, seq) = (lot_key(), Stage::new(1).unwrap(), BidSeq::new(1).unwrap());
        let context = Context::of_bid(&BidContext {
            suite: &SUITE_1,
            ceremony_id: tender.record().ceremony_id,
            lot: &lot,
            stage,
            part: Part::Price,
            bidder: &party.code,
            signer_spki: spki,
            seq,
            supersedes: Digest::ZERO,
        });
        let (header, object) = self.seal(&context, tender.bases(), b"a price sheet");
        let manifest = Manifest::build(ManifestBody {
            v: 1,
            kind: ManifestKind::Submit,
            suite: 1,
            tender: lot.tender,
            lot: lot.lot,
            bidder: party,
            signer_spki_sha256: spki,
            seq,
            supersedes: Digest::ZERO,
            ceremony_id: tender.record().ceremony_id,
            deadline: at(DEADLINE),
            client: Client::Cli,
            sealed_at: at(BEFORE),
            parts: vec![ManifestPart::new(stage, Part::Price, &object)],
        });
        (manifest.unwrap(), header)
    }

    /// Closes the intake with the cosignatures that arrived for the present head, and freezes.
    pub async fn close(&mut self, received: &FreezeRecordInput, cosigners: usize, now: u64) {
        let head = self.log.head();
        let lines = self
            .hall
            .until("cosignatures of the closing head", |served| {
                let lines: std::collections::BTreeMap<u16, String> = served
                    .cosignatures
                    .iter()
                    .filter(|c| (c.size, c.root) == (head.size, head.root))
                    .map(|c| (c.custodian.get(), c.cosignature.clone()))
                    .collect();
                (lines.len() >= cosigners).then(|| lines.into_values().collect::<Vec<_>>())
            })
            .await;
        let tick = received.tick.no();
        let closed =
            opening::IntakeClosed { tick, size: head.size, root: head.root, cosignatures: lines };
        self.input(&Input::DeadlineReached(closed), now);
        let set = self.freeze(received, head);
        self.input(&Input::SetFrozen(set), now);
        self.serve();
    }

    /// The freeze list of what was received.
    fn freeze(
        &mut self,
        received: &FreezeRecordInput,
        head: kaibiao_journal::TreeHead,
    ) -> SetFrozen {
        let verified = self.verified.as_ref().unwrap();
        let context = FreezeContext {
            suite: &SUITE_1,
            ceremony_id: verified.record().ceremony_id,
            origin: &self.origin,
            deadline: at(DEADLINE),
        };
        let receipted = received.receipted.clone();
        let record = FreezeRecord::build(&context, 0, head, receipted).unwrap().into_record();
        let item = |manifest: &Digest| {
            received.items.iter().find(|(sha256, _)| sha256 == manifest).unwrap().1.clone()
        };
        self.frozen = Some(FrozenAnswer {
            bids: record.bids.iter().map(|bid| item(&bid.manifest_sha256)).collect(),
            paths: record
                .bids
                .iter()
                .map(|bid| PathItem {
                    tick: bid.place.tick,
                    no: bid.place.no,
                    path: received.tick.path(bid.place.no).unwrap(),
                })
                .collect(),
        });
        serde_json::from_slice(&serde_json::to_vec(&record).unwrap()).unwrap()
    }

    /// Writes the countersignatures of `count` custodians as they arrive.
    pub async fn countersigned(&mut self, count: usize, now: u64) {
        let freeze_id = self.state.frozen().unwrap().freeze_id;
        let signed = self
            .hall
            .until("countersignatures", |served| {
                let signed: std::collections::BTreeMap<u16, _> = served
                    .freeze_signatures
                    .iter()
                    .filter(|post| post.freeze_id == freeze_id)
                    .map(|post| (post.custodian.get(), post.clone()))
                    .collect();
                (signed.len() >= count).then_some(signed)
            })
            .await;
        for post in signed.into_values() {
            let signed = opening::FreezeSigned {
                custodian: post.custodian,
                freeze_id,
                cms: STANDARD.encode(post.cms_b64.as_slice()),
            };
            self.input(&Input::FreezeSigned(signed), now);
        }
        self.serve();
    }

    /// The host's steps up to the unsealing of the prices.
    pub fn unseal(&mut self, now: u64) {
        self.command(&Command::PublishBidders, now);
        self.command(&Command::CheckSeals, now);
        self.command(&Command::StartUnsealing(Part::Price), now);
        self.serve();
    }

    /// Checks that everything that was signed was signed by a custodian of this lot.
    pub fn assert_signed(&self) {
        let served = self.hall.lock();
        assert!(!served.signed.is_empty());
        let own = |sha256| {
            self.people.custodians.iter().any(|c| c.identity.certificate().sha256() == sha256)
        };
        for signed in &served.signed {
            let (body, cms) = (signed.body.as_slice(), signed.cms.as_slice());
            let verified = cms::verify_detached(cms, body, &self.people.trust, at(AFTER)).unwrap();
            assert!(own(verified.signer().certificate().sha256()));
        }
    }

    /// Checks that partial decryptions are proven ones of the frozen bids.
    pub fn assert_proven(&self, body: &kaibiao_wire::PartialsBody) {
        let record = self.verified.as_ref().unwrap().record();
        let frozen = self.frozen.as_ref().unwrap();
        let set = self.state.frozen().unwrap();
        assert_eq!(body.partials.len(), set.bids.len());
        for ((bid, item), partial) in set.bids.iter().zip(&frozen.bids).zip(&body.partials) {
            assert_eq!(partial.manifest_sha256, bid.manifest_sha256);
            let header =
                kaibiao_seal::Header::parse(item.headers[0].header_b64.as_slice()).unwrap();
            let partial = kaibiao_ceremony::Partial {
                index: body.custodian,
                d: Hex::parse(&partial.d).unwrap(),
                c: Hex::parse(&partial.c).unwrap(),
                z: Hex::parse(&partial.z).unwrap(),
            };
            partial.verify(record, &body.freeze_id, header.u()).unwrap();
        }
    }
}

/// What a tick took in.
pub struct FreezeRecordInput {
    receipted: Vec<ReceiptedBid>,
    items: Vec<(Digest, FrozenItem)>,
    tick: kaibiao_journal::Tick,
}
