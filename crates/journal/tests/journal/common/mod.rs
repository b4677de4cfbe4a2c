//! Fixed people, keys, randomness and one small lot for the tests.

use kaibiao_crypto::{Entropy, EntropyError, SUITE_1};
use kaibiao_journal::{
    Actor, CheckedFreeze, Cosigner, FreezeContext, FreezeRecord, FrozenObject, LogOrigin,
    LogSigner, OpeningLog, Place, PlacePath, Receipt, ReceiptKind, ReceiptNumber, ReceiptObject,
    ReceiptedBid, Salt, SignedNote, Tick, TickBuilder, VerifierKey, Version1,
};
use kaibiao_types::{
    BidSeq, CustodianIndex, Digest, OrgCode, Part, Party, Stage, TickNo, UtcMillis,
};
use serde_json::value::RawValue;

pub(crate) const PLACES: u32 = 16;
pub(crate) const DEADLINE: u64 = 1_900_000_000_000;
pub(crate) const CODES: [&str; 5] = [
    "91000000MA0000001R",
    "91000000MA0000002W",
    "91000000MA00000030",
    "91000000MA00000043",
    "91000000MA00000056",
];

/// Bytes from a seed; the same in every run.
pub(crate) struct Seeded {
    seed: String,
    counter: u64,
}

impl Seeded {
    pub(crate) fn new(seed: &str) -> Self {
        Self { seed: seed.to_owned(), counter: 0 }
    }
}

impl Entropy for Seeded {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        for chunk in out.chunks_mut(32) {
            let block = SUITE_1.hash(format!("{} {}", self.seed, self.counter).as_bytes());
            chunk.copy_from_slice(&block.bytes()[..chunk.len()]);
            self.counter += 1;
        }
        Ok(())
    }
}

/// A source that fails.
pub(crate) struct Dry;

impl Entropy for Dry {
    fn fill(&mut self, _: &mut [u8]) -> Result<(), EntropyError> {
        Err(EntropyError)
    }
}

pub(crate) fn at(millis: u64) -> UtcMillis {
    UtcMillis::new(millis).unwrap()
}

pub(crate) fn digest(text: &str) -> Digest {
    SUITE_1.hash(text.as_bytes())
}

pub(crate) fn origin() -> LogOrigin {
    LogOrigin::parse("kaibiao.example/lot/EX-2030-001/1").unwrap()
}

pub(crate) fn party(number: usize) -> Party {
    let names = ["甲", "乙", "丙", "丁", "戊"];
    let code = OrgCode::parse(CODES[number]).unwrap();
    Party { code, name: format!("虚构建设{}有限公司", names[number]) }
}

pub(crate) fn log_signer() -> LogSigner {
    LogSigner::from_seed(origin(), digest("log seed").bytes()).unwrap()
}

pub(crate) fn cosigner(index: u16) -> Cosigner {
    let seed = digest(&format!("custodian seed {index}"));
    Cosigner::from_seed(origin(), CustodianIndex::new(index).unwrap(), seed.bytes()).unwrap()
}

pub(crate) fn custodians() -> Vec<VerifierKey> {
    (1..=3).map(|index| cosigner(index).vkey().clone()).collect()
}

/// The signed checkpoint of the log's first `size` entries with cosignatures of `by`.
pub(crate) fn checkpoint(log: &OpeningLog, size: u64, by: &[u16], time: u64) -> String {
    let checkpoint = log.checkpoint_at(size).unwrap();
    let mut note = SignedNote::parse(&log_signer().sign(checkpoint.head)).unwrap();
    for index in by {
        note.add_line(&cosigner(*index).cosign(&checkpoint, at(time)).unwrap()).unwrap();
    }
    note.note()
}

pub(crate) fn context(origin: &LogOrigin) -> FreezeContext<'_> {
    let deadline = at(DEADLINE);
    FreezeContext { suite: &SUITE_1, ceremony_id: digest("ceremony"), origin, deadline }
}

pub(crate) fn objects(bid: &str) -> Vec<FrozenObject> {
    let object = |part: Part, file_len| FrozenObject {
        stage: Stage::new(1).unwrap(),
        part,
        header_sha256: digest(&format!("{bid} {part} header")),
        file_len,
        ct_root: digest(&format!("{bid} {part} ciphertext")),
    };
    vec![object(Part::Price, 65_836), object(Part::Documents, 1_310_972)]
}

/// A bid that needs a place in `tick` and is complete `before` milliseconds before the deadline.
pub(crate) fn receipted(bidder: usize, seq: u32, before: u64, place: Place) -> ReceiptedBid {
    let name = format!("bid {bidder} {seq}");
    ReceiptedBid {
        bidder: party(bidder),
        seq: BidSeq::new(seq).unwrap(),
        manifest_sha256: digest(&format!("{name} manifest")),
        cms_sha256: digest(&format!("{name} cms")),
        completed_at: at(DEADLINE - before),
        place,
        objects: objects(&name),
    }
}

pub(crate) fn receipt_of(bid: &ReceiptedBid) -> Receipt {
    let number = format!("receipt {} {}", bid.bidder.code, bid.seq);
    Receipt {
        v: Version1,
        kind: ReceiptKind::Receipt,
        number: ReceiptNumber::random(&mut Seeded::new(&number)).unwrap(),
        tender: origin().lot_key().tender,
        lot: origin().lot_key().lot,
        origin: origin(),
        bidder: bid.bidder.code.clone(),
        seq: bid.seq,
        manifest_sha256: bid.manifest_sha256,
        cms_sha256: bid.cms_sha256,
        completed_at: bid.completed_at,
        place: bid.place.clone(),
        objects: bid
            .objects
            .iter()
            .map(|object| ReceiptObject {
                part: kaibiao_types::BidPart { stage: object.stage, part: object.part },
                sha256: digest(&format!("file of {}", object.ct_root)),
            })
            .collect(),
    }
}

/// The data of `lot-published`, as crate `kaibiao-opening` writes it.
fn published() -> String {
    let digest = |text: &str| format!("{:?}", digest(text).to_string());
    [
        &format!(r#"{{"tender_sha256":{}"#, digest("tender")),
        &format!(r#""tender_cms_sha256":{}"#, digest("tender cms")),
        &format!(r#""ceremony_id":{}"#, digest("ceremony")),
        &format!(r#""ceremony_sha256":{}"#, digest("ceremony record")),
        &format!(r#""deadline":{DEADLINE}"#),
        r#""min_bidders":3,"template":"works","threshold":{"n":3,"k":2},"stage_count":1"#,
        r#""grace_ms":10000,"notice_ms":600000,"freeze_wait_ms":30000"#,
        &format!(r#""host":{}"#, serde_json::to_string(&party(4)).unwrap()),
        &format!(r#""supervisor":{}"#, serde_json::to_string(&party(4)).unwrap()),
        &format!(r#""tenderee":{}"#, serde_json::to_string(&party(4)).unwrap()),
        r#""title":{"zh":"示例工程","en":"Example works"}"#,
        r#""lot_title":{"zh":"一标段","en":"Lot 1"}"#,
        r#""ceiling":null,"currency":"CNY""#,
        r#""fields":[{"key":"price","zh":"投标报价","en":"Price","type":"money","unit":null}]"#,
        r#""custody":"self","time":"self","fictional":true,"source":null}"#,
    ]
    .join(",")
}

/// A whole lot up to the closing head: two bidders replaced or withdrew, two stand.
pub(crate) struct Lot {
    pub(crate) log: OpeningLog,
    pub(crate) ticks: Vec<Tick>,
    pub(crate) bids: Vec<ReceiptedBid>,
}

/// (bidder, seq, tick, milliseconds before the deadline, is a withdrawal)
const BIDS: [(usize, u32, u32, u64, bool); 6] = [
    (0, 1, 0, 7_000_000, false),
    (1, 1, 0, 6_500_000, false),
    (0, 2, 1, 3_000_000, false),
    (2, 1, 1, 2_000_000, false),
    (1, 2, 2, 500, true),
    (3, 5, 2, 1, false),
];

/// How long before the deadline the ticks are.
const TICKS: [u64; 3] = [6_000_000, 1_000, 0];

impl Lot {
    pub(crate) fn new(places: u32) -> Self {
        let mut entropy = Seeded::new("lot");
        let mut log = OpeningLog::new(origin());
        let opened = at(DEADLINE - 8_000_000);
        let host = Actor::Host(party(4).code);
        let data: Box<RawValue> = serde_json::from_str(&published()).unwrap();
        let published = log.next_entry(opened, &host, "lot-published", &data, None).unwrap();
        log.append_entry(published).unwrap();
        let (mut ticks, mut bids) = (Vec::new(), Vec::new());
        for (no, before) in (0..).zip(TICKS) {
            let mut builder = TickBuilder::new(TickNo::new(no).unwrap(), places).unwrap();
            for (bidder, seq, _, before, withdraws) in BIDS.iter().filter(|bid| bid.2 == no) {
                let salt = Salt::random(&mut entropy).unwrap();
                let place = Place { tick: builder.no(), no: 0_u64.try_into().unwrap(), salt };
                let mut bid = receipted(*bidder, *seq, *before, place);
                if *withdraws {
                    bid.objects.clear();
                }
                let commitment = receipt_of(&bid).commitment(&SUITE_1);
                bid.place.no = builder.place(commitment, &mut entropy).unwrap();
                bids.push(bid);
            }
            let tick = builder.finish(&mut entropy).unwrap();
            let time = at(DEADLINE - before);
            let entry = log.next_entry(time, &Actor::Hall, "tick", &tick.data(), None).unwrap();
            log.append_entry(entry).unwrap();
            ticks.push(tick);
        }
        Self { log, ticks, bids }
    }

    pub(crate) fn freeze(&self) -> CheckedFreeze {
        let origin = origin();
        FreezeRecord::build(&context(&origin), 0, self.log.head(), self.bids.clone()).unwrap()
    }

    pub(crate) fn paths(&self) -> Vec<PlacePath> {
        let path = |bid: &ReceiptedBid| {
            let tick = &self.ticks[usize::try_from(bid.place.tick.get()).unwrap()];
            let (tick, no, path) = (bid.place.tick, bid.place.no, tick.path(bid.place.no).unwrap());
            PlacePath { tick, no, path }
        };
        self.bids.iter().map(path).collect()
    }
}
