//! A small lot, its parties, and the events and inputs of its opening.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use kaibiao_opening::*;
use kaibiao_types::*;

pub use crate::walk::{Entry, Opening};

/// The deadline of every test lot: 5 July 2022, 09:00 Beijing time.
pub const DEADLINE: u64 = 1_656_982_800_000;
pub const MINUTE: u64 = 60_000;

pub fn at(millis: u64) -> UtcMillis {
    UtcMillis::new(millis).unwrap()
}

pub fn span(millis: u64) -> Millis {
    Millis::new(millis).unwrap()
}

/// Text for a digest that differs for each `group` and `no`.
pub fn digest(group: u8, no: u8) -> Digest {
    let mut bytes = [group; 32];
    bytes[31] = no;
    Digest::new(bytes)
}

/// A valid code made of a number, of a region that does not exist.
pub fn code(no: u32) -> OrgCode {
    let body = format!("91990000KB9{no:06}");
    "0123456789ABCDEFGHJKLMNPQRTUWXY"
        .chars()
        .find_map(|check| OrgCode::parse(&format!("{body}{check}")).ok())
        .unwrap()
}

pub fn party(no: u32, name: &str) -> Party {
    Party { code: code(no), name: name.to_owned() }
}

pub fn host() -> Actor {
    Actor::Host(code(1))
}

pub fn supervisor() -> Actor {
    Actor::Supervisor(code(2))
}

pub fn bidder_party(no: u8) -> Party {
    party(100 + u32::from(no), &format!("示例投标人{no}"))
}

pub fn bidder(no: u8) -> Actor {
    Actor::Bidder(bidder_party(no).code)
}

pub fn custodian(no: u16) -> CustodianIndex {
    CustodianIndex::new(no).unwrap()
}

pub fn words(zh: &str, en: &str) -> Bilingual {
    Bilingual { zh: zh.to_owned(), en: en.to_owned() }
}

pub fn lot_key() -> LotKey {
    LotKey { tender: TenderId::parse("ZZ-2022-0705").unwrap(), lot: LotId::parse("L1").unwrap() }
}

pub fn fields() -> Vec<ReadOutField> {
    let field = |key: &str, zh: &str, en: &str, kind, unit| ReadOutField {
        key: key.to_owned(),
        zh: zh.to_owned(),
        en: en.to_owned(),
        kind,
        unit,
        ceiling: None,
    };
    vec![
        field("price", "投标报价", "Price", FieldKind::Money, None),
        field("days", "工期", "Duration", FieldKind::Integer, Some(words("日历天", "days"))),
        field("bond", "保证金", "Bond", FieldKind::Money, None),
        field("quality", "质量", "Quality", FieldKind::Text, None),
    ]
}

/// Terms that keep every rule: works, three bidders or more, 2 of 3 custodians.
pub fn terms() -> Terms {
    let seat = |no: u16| CustodianSeat {
        index: custodian(no),
        party: party(10 + u32::from(no), &format!("示例分持人{no}")),
        cert_sha256: digest(9, u8::try_from(no).unwrap()),
    };
    Terms {
        platform: "kaibiao.example".to_owned(),
        tender: lot_key().tender,
        lot: lot_key().lot,
        title: words("示例工程", "Sample works"),
        lot_title: words("一标段", "Lot one"),
        tenderee: party(3, "示例招标人"),
        agency: None,
        host: party(1, "示例代理机构"),
        supervisor: party(2, "示例监督部门"),
        template: Template::Works,
        deadline: at(DEADLINE),
        min_bidders: 3,
        currency: Currency::Cny,
        ceiling: Some(Money::fen(100_000_000).unwrap()),
        fields: fields(),
        custody: Custody {
            policy: CustodyPolicy::CeremonyOnly,
            threshold: Threshold::new(3, 2).unwrap(),
            custodians: (1..=3).map(seat).collect(),
            time: TimeSource::SystemClock,
            custody: CustodyKind::SelfHeld,
        },
        grace_ms: span(10_000),
        notice_ms: span(2_000),
        freeze_wait_ms: span(5_000),
        ticks: vec![
            TickRule { within_ms: Some(span(10 * MINUTE)), every_ms: span(1_000) },
            TickRule { within_ms: None, every_ms: span(60 * MINUTE) },
        ],
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

pub fn announced() -> Announced {
    Announced {
        ceremony: CeremonyRef { id: digest(1, 1), sha256: digest(1, 2) },
        log: LogRef {
            origin: "kaibiao.example/lot/ZZ-2022-0705/L1".to_owned(),
            vkey: "kaibiao.example/lot/ZZ-2022-0705/L1+00000000+AAAA".to_owned(),
        },
        hall: HallRef { party: party(4, "示例交易中心"), cert_sha256: digest(1, 3) },
        trust_sha256: digest(1, 4),
    }
}

pub fn tender() -> TenderFile {
    static TENDER: LazyLock<TenderFile> = LazyLock::new(|| {
        TenderFile::new(&TenderDraft::new(terms()).unwrap(), announced()).unwrap()
    });
    TENDER.clone()
}

pub fn lot_published() -> LotPublished {
    LotPublished::new(&tender(), digest(1, 5), digest(1, 6))
}

pub fn sheet_fields() -> BTreeMap<String, String> {
    [("days", "365"), ("bond", "200000"), ("quality", "合格")]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
}

/// The price of bidder `no`; that of bidder 4 is above the ceiling.
pub fn price(no: u8) -> Money {
    let fen = if no == 4 { 100_000_001 } else { 80_000_000 + u64::from(no) * 12_345 };
    Money::fen(fen).unwrap()
}

pub fn sheet_bytes(no: u8) -> Vec<u8> {
    static SHEETS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| (0..16).map(sheet).collect());
    SHEETS[usize::from(no)].clone()
}

fn sheet(no: u8) -> Vec<u8> {
    let tender = tender();
    PriceSheet::build(
        &tender.sheet_rules(Stage::FIRST),
        &bidder_party(no).code,
        price(no),
        sheet_fields(),
    )
    .unwrap()
    .to_bytes()
}

/// A current bid of bidder `no` with both parts, in place `no` of tick 0.
pub fn bid(no: u8) -> FrozenBid {
    let object = |part: Part| FrozenObject {
        stage: Stage::new(1).unwrap(),
        part,
        header_sha256: digest(20 + part.code(), no),
        file_len: 70_000,
        ct_root: digest(30 + part.code(), no),
    };
    FrozenBid {
        bidder: bidder_party(no),
        seq: BidSeq::new(1).unwrap(),
        manifest_sha256: digest(2, no),
        cms_sha256: digest(3, no),
        completed_at: at(DEADLINE - MINUTE),
        place: FrozenPlace {
            tick: TickNo::new(0).unwrap(),
            no: PlaceNo::new(u32::from(no)).unwrap(),
            salt: digest(4, no),
        },
        status: BidStatus::Current,
        by: None,
        objects: vec![object(Part::Price), object(Part::Documents)],
    }
}

pub fn set(bidders: u8) -> SetFrozen {
    SetFrozen {
        freeze_id: digest(5, 0),
        round: 0,
        size: 3,
        root: digest(6, 0),
        bidders: u32::from(bidders),
        bids: (1..=bidders).map(bid).collect(),
    }
}

pub fn head() -> IntakeClosed {
    IntakeClosed {
        tick: TickNo::new(1).unwrap(),
        size: 3,
        root: digest(6, 0),
        cosignatures: vec!["— c1 AAAA".to_owned(), "— c2 BBBB".to_owned()],
    }
}

pub fn tick(no: u32) -> Input {
    let low = u8::try_from(no % 256).unwrap();
    Input::Tick(Tick { no: TickNo::new(no).unwrap(), root: digest(7, low) })
}

pub fn freeze_signed(no: u16) -> Input {
    Input::FreezeSigned(FreezeSigned {
        custodian: custodian(no),
        freeze_id: digest(5, 0),
        cms: "AAAA".to_owned(),
    })
}

pub fn journal_signed(no: u16, moment: JournalMoment) -> Input {
    Input::JournalSigned(JournalSigned {
        custodian: custodian(no),
        moment,
        length: 640 + u64::from(no),
        sha256: digest(13, u8::try_from(no).unwrap()),
        cms: "AAAA".to_owned(),
    })
}

pub fn key_destroyed(no: u16) -> Input {
    Input::KeyDestroyed(KeyDestroyed { custodian: custodian(no), cms: "AAAA".to_owned() })
}

pub fn seals(state: &State) -> Vec<SealResult> {
    state
        .sealed_objects()
        .map(|(bid, object)| SealResult {
            bidder: bid.bidder.code.clone(),
            stage: state.named_stage(object.stage),
            part: object.part,
            sealed: true,
            label: None,
        })
        .collect()
}

pub fn partial(manifest_sha256: Digest) -> Partial {
    Partial { manifest_sha256, d: "02".repeat(33), c: "0c".repeat(32), z: "0d".repeat(32) }
}

/// The partials of custodian `no` for every current bid, and the base estimate.
pub fn partials(state: &State, no: u16, part: Part) -> PartialsReceived {
    let bids = state.current_bids().map(|bid| bid.manifest_sha256);
    let estimate = state.estimate_here().filter(|_| part == Part::Price);
    let all = bids.chain(estimate.map(|sealed| sealed.sha256));
    let list: Vec<Partial> = all.map(partial).collect();
    PartialsReceived {
        custodian: custodian(no),
        stage: state.stage(),
        part,
        freeze_id: digest(5, 0),
        sha256: digest(8, u8::try_from(no).unwrap()),
        count: u32::try_from(list.len()).unwrap(),
        partials: (part == Part::Price).then_some(list),
        escrow: if part == Part::Price { escrow(state) } else { Vec::new() },
    }
}

/// Where the tender file has an escrow: the partials for bids that their bidders did not unlock.
fn escrow(state: &State) -> Vec<Partial> {
    let lock = state.bidder_window_terms().map(|terms| terms.lock);
    if lock != Some(BidderLockTerms::Escrow) {
        return Vec::new();
    }
    let sealed = state.bidders_sealed();
    let bids = state.current_bids().filter(|bid| sealed.contains(&bid.bidder.code));
    bids.map(|bid| partial(bid.manifest_sha256)).collect()
}

/// Whether a bid has a strict lock that its bidder did not open.
fn locked(state: &State, bid: &FrozenBid) -> bool {
    let lock = state.bidder_window_terms().map(|terms| terms.lock);
    lock == Some(BidderLockTerms::Strict) && state.bidders_sealed().contains(&bid.bidder.code)
}

pub fn refused_by(no: u16) -> Input {
    Input::CustodianRefused(refusal(no, None))
}

/// Custodian `no` does not answer a draw.
pub fn refused_draw(no: u16, draw: u32) -> Input {
    Input::CustodianRefused(refusal(no, Some(draw)))
}

fn refusal(no: u16, draw: Option<u32>) -> CustodianRefused {
    CustodianRefused {
        custodian: custodian(no),
        label: "own-clock-behind".to_owned(),
        detail: "the own clock is not synchronised".to_owned(),
        draw,
    }
}

pub fn opened(no: u8, bytes: Vec<u8>) -> PriceOutcome {
    PriceOutcome {
        manifest_sha256: digest(2, no),
        sheet: UnsealedSheet::Opened { sha256: digest(10, no), bytes },
    }
}

pub fn not_opened(no: u8, label: &str, fault: Fault) -> PriceOutcome {
    PriceOutcome {
        manifest_sha256: digest(2, no),
        sheet: UnsealedSheet::NotOpened { label: label.to_owned(), fault },
    }
}

pub fn outcomes(state: &State) -> Vec<PriceOutcome> {
    let no = |bid: &FrozenBid| bid.manifest_sha256.bytes()[31];
    let outcome = |bid: &FrozenBid| {
        if locked(state, bid) {
            not_opened(no(bid), "BIDDER_NOT_UNLOCKED", Fault::Undetermined)
        } else {
            opened(no(bid), crate::envelope::sheet(state, no(bid)))
        }
    };
    state
        .current_bids()
        .map(outcome)
        .chain(state.estimate_here().map(|_| crate::estimate::opened(state)))
        .collect()
}

pub fn documents(state: &State) -> Vec<OpenedDocument> {
    let opened = |bid: &FrozenBid| OpenedDocument {
        bidder: bid.bidder.code.clone(),
        manifest_sha256: bid.manifest_sha256,
        verdict: Verdict::Opened,
        label: None,
        fault: None,
        plain_sha256: Some(digest(11, 0)),
        plain_len: Some(5_000_000),
    };
    let shut = |bid: &FrozenBid| OpenedDocument {
        verdict: Verdict::NotOpened,
        label: Some("BIDDER_NOT_UNLOCKED".to_owned()),
        fault: Some(Fault::Undetermined),
        plain_sha256: None,
        plain_len: None,
        ..opened(bid)
    };
    let outcome = |bid: &FrozenBid| if locked(state, bid) { shut(bid) } else { opened(bid) };
    state.current_bids().map(outcome).collect()
}

pub fn vectors(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/vectors/opening").join(name)
}

/// Compares with a committed file; `UPDATE=1` writes it instead.
pub fn golden(name: &str, actual: &str) {
    compare(&vectors(name), actual);
}

/// The same for a picture of the procedure, which nobody reads but people.
pub fn snapshot(name: &str, actual: &str) {
    compare(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("snapshots").join(name), actual);
}

fn compare(path: &Path, actual: &str) {
    let name = path.display();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, actual).unwrap();
    }
    let committed = std::fs::read_to_string(path)
        .unwrap_or_else(|_| panic!("{name} is missing; UPDATE=1 writes it"));
    if committed == actual {
        return;
    }
    let differs = committed.lines().zip(actual.lines()).find(|(one, other)| one != other);
    panic!("{name} differs: {differs:?}; UPDATE=1 rewrites it, and the change needs its reason");
}

/// Refusal label of a step that must be refused.
pub fn label(result: Result<Vec<Event>, Refusal>) -> &'static str {
    result.expect_err("a refusal").label()
}
