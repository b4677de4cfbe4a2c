//! `procedure`: what the procedure itself costs in an opening of many bidders.
//!
//! Bidders are generated; digests, signatures and proofs are placeholders, because the procedure does
//! not look into them. Every bidder signs in, confirms its price and signs the record; some object.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use kaibiao_opening::{
    Actor, BidStatus, Bilingual, Command, CustodyKind, Event, FieldKind, FreezeSigned, FrozenBid,
    FrozenObject, FrozenPlace, Input, IntakeClosed, LotPublished, OpenedDocument, OpeningRecord,
    Partial, PartialsReceived, PriceOutcome, PriceSheet, ReadOutField, SealResult, SetFrozen,
    State, Template, Tick, TimeSource, UnsealedSheet, Verdict,
};
use kaibiao_types::{
    BidSeq, Currency, CustodianIndex, Digest, LotId, LotKey, Millis, Money, OrgCode, Part, Party,
    PlaceNo, Stage, TenderId, Threshold, TickNo, UtcMillis,
};
use serde_json::json;

use crate::args::ProcedureOptions;
use crate::error::BenchError;
use crate::table::median;
use crate::{line, machine};

/// Custodians, and how many of them open.
const CUSTODIANS: (u16, u16) = (5, 3);
/// The most that a command of a person may take on average.
const COMMAND_MAX: Duration = Duration::from_micros(50);
/// The most that the record may take.
const RECORD_MAX: Duration = Duration::from_secs(1);
/// Places of one tick.
const PLACES: usize = 1_024;
/// One bidder in so many objects.
const OBJECTS: usize = 20;

/// Measures and prints.
pub(crate) fn run(options: &ProcedureOptions) -> Result<(), BenchError> {
    let mut runs = Vec::new();
    for _ in 0..options.runs {
        runs.push(Opening::play(options.bidders)?);
    }
    let Some(first) = runs.first() else { return Ok(()) };
    let commands = middle(&runs, |run| run.commands().average());
    let inputs = middle(&runs, |run| run.inputs().average());
    let replay = middle(&runs, |run| run.replay.average());
    let record = middle(&runs, |run| run.record);
    if options.json {
        let micros = |time: Duration| time.as_secs_f64() * 1e6;
        let text = json!({
            "machine": machine::describe(),
            "bidders": options.bidders,
            "runs": options.runs,
            "entries": first.replay.count,
            "commands": first.commands().count,
            "command_us": micros(commands),
            "input_us": micros(inputs),
            "replay_us": micros(replay),
            "record_ms": record.as_secs_f64() * 1e3,
            "record_bytes": first.record_bytes,
        });
        line(&text.to_string());
        return Ok(());
    }
    line(&format!(
        "decide and apply in an opening of {} bidders, {} entries; median of {}\nmachine: {}",
        options.bidders,
        first.replay.count,
        options.runs,
        machine::describe()
    ));
    line(&format!("{:<24} {:>7} {:>12} {:>10}", "step", "times", "average us", "total ms"));
    for name in first.steps.keys() {
        let count = first.steps.get(name).map_or(0, |step| step.count);
        let average =
            middle(&runs, |run| run.steps.get(name).map_or(Duration::ZERO, Cost::average));
        row(name, count, average);
    }
    row("all commands of persons", first.commands().count, commands);
    row("all inputs of the hall", first.inputs().count, inputs);
    row("one entry replayed", first.replay.count, replay);
    line(&format!(
        "{:<24} {:>7} bytes, {:.1} ms",
        "record.json",
        first.record_bytes,
        millis(record)
    ));
    line(&verdict("a command", commands, COMMAND_MAX));
    line(&verdict("the record", record, RECORD_MAX));
    Ok(())
}

fn row(name: &str, count: u32, average: Duration) {
    let (micros, total) = (average.as_secs_f64() * 1e6, millis(average * count));
    line(&format!("{name:<24} {count:>7} {micros:>12.1} {total:>10.1}"));
}

fn verdict(what: &str, taken: Duration, asked: Duration) -> String {
    let reached = if taken < asked { "reached" } else { "not reached" };
    format!("{what}: {taken:.1?}, asked less than {asked:?}: {reached}")
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn middle(runs: &[Opening], figure: impl Fn(&Opening) -> Duration) -> Duration {
    let mut figures: Vec<Duration> = runs.iter().map(figure).collect();
    figures.sort();
    median(&figures).unwrap_or_default()
}

/// How often a step was taken, and how long all of it took.
#[derive(Clone, Copy, Default)]
struct Cost {
    count: u32,
    time: Duration,
}

impl Cost {
    fn add(&mut self, time: Duration) {
        self.count += 1;
        self.time += time;
    }

    fn average(&self) -> Duration {
        self.time / self.count.max(1)
    }
}

/// An opening, played once.
struct Opening {
    state: State,
    log: Vec<(Actor, UtcMillis, Event)>,
    now: UtcMillis,
    steps: BTreeMap<String, Cost>,
    replay: Cost,
    record: Duration,
    record_bytes: usize,
}

impl Opening {
    fn play(bidders: usize) -> Result<Self, BenchError> {
        let lot = lot()?;
        let now = lot.deadline.minus(Millis::from_secs(60));
        let mut opening = Self {
            state: State::new(key()?),
            log: Vec::new(),
            now,
            steps: BTreeMap::new(),
            replay: Cost::default(),
            record: Duration::ZERO,
            record_bytes: 0,
        };
        let parties = (0..bidders).map(|no| party(1_000 + no)).collect::<Result<Vec<_>, _>>()?;
        opening.receive(lot, &parties)?;
        opening.unseal(&parties)?;
        opening.read(&parties)?;
        opening.close(&parties)?;
        opening.replay_log()?;
        Ok(opening)
    }

    fn receive(&mut self, lot: LotPublished, parties: &[Party]) -> Result<(), BenchError> {
        let deadline = lot.deadline;
        self.input(&Input::LotPublished(Box::new(lot)))?;
        let ticks = parties.len().div_ceil(PLACES);
        for no in 0..ticks {
            self.input(&Input::Tick(Tick { no: tick(no)?, root: Digest::ZERO }))?;
        }
        self.now = deadline;
        let cosignatures = (1..=CUSTODIANS.1).map(|no| format!("c{no} AAAA")).collect();
        let (size, root) = (self.state.entries(), Digest::ZERO);
        let tick = tick(ticks.saturating_sub(1))?;
        self.input(&Input::DeadlineReached(IntakeClosed { tick, size, root, cosignatures }))?;
        let bids = parties.iter().enumerate().map(|(no, party)| bid(no, party, deadline));
        let bids = bids.collect::<Result<Vec<_>, _>>()?;
        let bidders = u32::try_from(bids.len()).map_err(BenchError::product)?;
        self.input(&Input::SetFrozen(SetFrozen {
            freeze_id: Digest::ZERO,
            round: 0,
            size,
            root,
            bidders,
            bids,
        }))?;
        for custodian in custodians()? {
            let (freeze_id, cms) = (Digest::ZERO, "AAAA".to_owned());
            self.input(&Input::FreezeSigned(FreezeSigned { custodian, freeze_id, cms }))?;
        }
        for party in parties {
            self.command(&Actor::Bidder(party.code.clone()), &Command::SignIn(None))?;
        }
        Ok(())
    }

    fn unseal(&mut self, parties: &[Party]) -> Result<(), BenchError> {
        let host = host()?;
        self.command(&host, &Command::PublishBidders)?;
        self.command(&host, &Command::CheckSeals)?;
        let sealed = |party: &Party, part| SealResult {
            stage: None,
            bidder: party.code.clone(),
            part,
            sealed: true,
            label: None,
        };
        let parts = [Part::Price, Part::Documents];
        let results = parties.iter().flat_map(|party| parts.map(|part| sealed(party, part)));
        self.input(&Input::SealsChecked(results.collect()))?;
        self.command(&host, &Command::StartUnsealing(Part::Price))?;
        self.release(Part::Price)?;
        let outcomes = parties.iter().enumerate().map(|(no, party)| self.price(no, party));
        let outcomes = outcomes.collect::<Result<Vec<_>, _>>()?;
        self.input(&Input::PricesUnsealed(outcomes))?;
        self.command(&host, &Command::StartUnsealing(Part::Documents))?;
        self.release(Part::Documents)?;
        let opened = |(no, party): (usize, &Party)| OpenedDocument {
            bidder: party.code.clone(),
            manifest_sha256: digest(no),
            verdict: Verdict::Opened,
            label: None,
            fault: None,
            plain_sha256: Some(digest(no)),
            plain_len: Some(5_000_000),
        };
        self.input(&Input::DocumentsUnsealed(parties.iter().enumerate().map(opened).collect()))
    }

    fn release(&mut self, part: Part) -> Result<(), BenchError> {
        let bids: Vec<Digest> = self.state.current_bids().map(|bid| bid.manifest_sha256).collect();
        let count = u32::try_from(bids.len()).map_err(BenchError::product)?;
        for custodian in custodians()? {
            let one = |manifest_sha256: &Digest| Partial {
                manifest_sha256: *manifest_sha256,
                d: "02".repeat(33),
                c: "0c".repeat(32),
                z: "0d".repeat(32),
            };
            let partials = (part == Part::Price).then(|| bids.iter().map(one).collect());
            self.input(&Input::PartialsReceived(PartialsReceived {
                custodian,
                stage: stage()?,
                part,
                freeze_id: Digest::ZERO,
                sha256: Digest::ZERO,
                count,
                partials,
                escrow: Vec::new(),
            }))?;
        }
        Ok(())
    }

    fn price(&self, no: usize, party: &Party) -> Result<PriceOutcome, BenchError> {
        let lot = self.state.published().ok_or_else(|| BenchError::product("no lot"))?;
        let total = 80_000_000 + u64::try_from(no).map_err(BenchError::product)?;
        let total = Money::fen(total).map_err(BenchError::product)?;
        let fields = BTreeMap::from([("days".to_owned(), "365".to_owned())]);
        let sheet = PriceSheet::build(
            &lot.sheet_rules(self.state.lot(), Stage::FIRST),
            &party.code,
            total,
            fields,
        );
        let bytes = sheet.map_err(BenchError::product)?.to_bytes();
        let sheet = UnsealedSheet::Opened { sha256: digest(no), bytes };
        Ok(PriceOutcome { manifest_sha256: digest(no), sheet })
    }

    fn read(&mut self, parties: &[Party]) -> Result<(), BenchError> {
        let host = host()?;
        for (no, party) in parties.iter().enumerate() {
            self.command(&host, &Command::ReadNext(Millis::ZERO))?;
            let bidder = Actor::Bidder(party.code.clone());
            self.command(&bidder, &Command::ConfirmPrice)?;
            if no % OBJECTS == 0 {
                self.command(&bidder, &Command::RaiseObjection("异议".to_owned()))?;
            }
        }
        let objections: Vec<u32> = self.state.objections().iter().map(|one| one.no).collect();
        for no in objections {
            self.command(&host, &Command::AnswerObjection { no, text: "已答复".to_owned() })?;
        }
        Ok(())
    }

    fn close(&mut self, parties: &[Party]) -> Result<(), BenchError> {
        let host = host()?;
        self.command(&host, &Command::GenerateRecord)?;
        let begin = Instant::now();
        let record = OpeningRecord::new(&self.state).map(|record| record.to_bytes());
        self.record = begin.elapsed();
        let record = record.ok_or_else(|| BenchError::Result("no record".to_owned()))?;
        self.record_bytes = record.len();
        let sha256 = Digest::ZERO;
        self.input(&Input::RecordGenerated { sha256 })?;
        let sign = Command::SignRecord { record_sha256: sha256, cms: "AAAA".repeat(500) };
        for party in parties {
            self.command(&Actor::Bidder(party.code.clone()), &sign)?;
        }
        self.command(&host, &sign)?;
        self.command(&host, &Command::Close)
    }

    fn command(&mut self, actor: &Actor, command: &Command) -> Result<(), BenchError> {
        let begin = Instant::now();
        let events = self.state.decide(actor, command, self.now).map_err(BenchError::product)?;
        let taken = begin.elapsed();
        self.take(&format!("person: {}", command.kind()), taken, actor, events);
        Ok(())
    }

    fn input(&mut self, input: &Input) -> Result<(), BenchError> {
        let begin = Instant::now();
        let events = self.state.decide_input(input, self.now).map_err(BenchError::product)?;
        let taken = begin.elapsed();
        self.take(&format!("hall: {}", input.name()), taken, &Actor::Hall, events);
        Ok(())
    }

    fn take(&mut self, name: &str, decided: Duration, cause: &Actor, events: Vec<Event>) {
        let by: Vec<Actor> = events.iter().map(|event| event.written_by(cause)).collect();
        let begin = Instant::now();
        for (by, event) in by.iter().zip(&events) {
            self.state.apply(by, self.now, event);
        }
        let taken = decided + begin.elapsed();
        self.steps.entry(name.to_owned()).or_default().add(taken);
        let now = self.now;
        self.log.extend(by.into_iter().zip(events).map(|(by, event)| (by, now, event)));
    }

    /// The same log, read by somebody who checks every entry.
    fn replay_log(&mut self) -> Result<(), BenchError> {
        let mut state = State::new(key()?);
        for (by, at, event) in &self.log {
            let begin = Instant::now();
            state.check_and_apply(by, *at, event).map_err(BenchError::product)?;
            self.replay.add(begin.elapsed());
        }
        let same = state == self.state;
        if same { Ok(()) } else { Err(BenchError::Result("another state".to_owned())) }
    }

    fn commands(&self) -> Cost {
        self.sum("person: ")
    }

    fn inputs(&self) -> Cost {
        self.sum("hall: ")
    }

    fn sum(&self, prefix: &str) -> Cost {
        let mut sum = Cost::default();
        for (_, cost) in self.steps.iter().filter(|(name, _)| name.starts_with(prefix)) {
            sum.count += cost.count;
            sum.time += cost.time;
        }
        sum
    }
}

fn lot() -> Result<LotPublished, BenchError> {
    let words = |zh: &str, en: &str| Bilingual { zh: zh.to_owned(), en: en.to_owned() };
    let field = |key: &str, zh: &str, en: &str, kind| ReadOutField {
        key: key.to_owned(),
        zh: zh.to_owned(),
        en: en.to_owned(),
        kind,
        unit: None,
        ceiling: None,
    };
    let threshold = Threshold::new(CUSTODIANS.0, CUSTODIANS.1).map_err(BenchError::product)?;
    Ok(LotPublished {
        tender_sha256: Digest::ZERO,
        tender_cms_sha256: Digest::ZERO,
        ceremony_id: Digest::ZERO,
        ceremony_sha256: Digest::ZERO,
        deadline: UtcMillis::new(1_656_982_800_000).map_err(BenchError::product)?,
        min_bidders: 3,
        template: Template::Works,
        threshold,
        stage_count: 1,
        grace_ms: Millis::from_secs(10),
        notice_ms: Millis::from_secs(600),
        freeze_wait_ms: Millis::from_secs(60),
        host: party(1)?,
        supervisor: party(2)?,
        tenderee: party(3)?,
        title: words("示例工程", "Sample works"),
        lot_title: words("一标段", "Lot one"),
        ceiling: Some(Money::fen(100_000_000).map_err(BenchError::product)?),
        currency: Currency::Cny,
        fields: vec![
            field("price", "投标报价", "Price", FieldKind::Money),
            field("days", "工期", "Duration", FieldKind::Integer),
        ],
        custody: CustodyKind::SelfHeld,
        time: TimeSource::SystemClock,
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
    })
}

fn key() -> Result<LotKey, BenchError> {
    let tender = TenderId::parse("BENCH-1").map_err(BenchError::product)?;
    Ok(LotKey { tender, lot: LotId::parse("L1").map_err(BenchError::product)? })
}

fn host() -> Result<Actor, BenchError> {
    Ok(Actor::Host(party(1)?.code))
}

fn tick(no: usize) -> Result<TickNo, BenchError> {
    let no = u32::try_from(no).map_err(BenchError::product)?;
    TickNo::new(no).map_err(BenchError::product)
}

fn stage() -> Result<Stage, BenchError> {
    Stage::new(1).map_err(BenchError::product)
}

fn custodians() -> Result<Vec<CustodianIndex>, BenchError> {
    (1..=CUSTODIANS.0).map(|no| CustodianIndex::new(no).map_err(BenchError::product)).collect()
}

/// An organisation with a valid code of a region that does not exist.
fn party(no: usize) -> Result<Party, BenchError> {
    let body = format!("91990000KB9{no:06}");
    let mut checks = "0123456789ABCDEFGHJKLMNPQRTUWXY".chars();
    let code = checks.find_map(|check| OrgCode::parse(&format!("{body}{check}")).ok());
    let code = code.ok_or_else(|| BenchError::product("every code has a check character"))?;
    Ok(Party { code, name: format!("示例投标人{no}") })
}

/// A digest that differs for each number.
fn digest(no: usize) -> Digest {
    let mut bytes = [7; 32];
    for (byte, of) in bytes.iter_mut().zip(no.to_be_bytes()) {
        *byte = of;
    }
    Digest::new(bytes)
}

fn bid(no: usize, party: &Party, deadline: UtcMillis) -> Result<FrozenBid, BenchError> {
    let object = |part| -> Result<FrozenObject, BenchError> {
        Ok(FrozenObject {
            stage: stage()?,
            part,
            header_sha256: digest(no),
            file_len: 70_000,
            ct_root: digest(no),
        })
    };
    let place = u32::try_from(no % PLACES).map_err(BenchError::product)?;
    let tick = tick(no / PLACES)?;
    Ok(FrozenBid {
        bidder: party.clone(),
        seq: BidSeq::new(1).map_err(BenchError::product)?,
        manifest_sha256: digest(no),
        cms_sha256: digest(no),
        completed_at: deadline.minus(Millis::from_secs(3_600)),
        place: FrozenPlace {
            tick,
            no: PlaceNo::new(place).map_err(BenchError::product)?,
            salt: digest(no),
        },
        status: BidStatus::Current,
        by: None,
        objects: vec![object(Part::Price)?, object(Part::Documents)?],
    })
}
