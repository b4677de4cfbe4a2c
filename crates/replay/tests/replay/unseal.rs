//! From partials to a plaintext or a verdict that names the right party.

use std::io::{self, Read};

use kaibiao_ceremony::Partial;
use kaibiao_crypto::Hex;
use kaibiao_opening::{
    EventKind, PartialsReceived, PriceOutcome, PriceSheet, PricesPublished, UnsealedSheet, Verdict,
};
use kaibiao_replay::{Unlocking, Unopened, VerifiedBid, open_object, open_price};
use kaibiao_testkit::ScenarioBid;
use kaibiao_types::{Digest, Fault, Part, Stage};

use super::common::{entry, lines, material, nth, rich, trust};

const GARBAGE: usize = 2;
const PLAIN: usize = 3;
const BAD_FORMAT: usize = 4;

fn bid(number: usize) -> (&'static ScenarioBid, VerifiedBid) {
    let party = &rich().people.bidders[number].1;
    let bid = rich().bids.iter().find(|bid| bid.bidder == *party).unwrap();
    let at = bid_time();
    (bid, VerifiedBid::verify(&rich().verified, &material(bid), trust(), at).unwrap())
}

fn bid_time() -> kaibiao_types::UtcMillis {
    rich().log.entries()[1].at()
}

fn stage() -> Stage {
    Stage::new(1).unwrap()
}

fn freeze_id() -> Digest {
    rich().state.frozen().unwrap().freeze_id
}

/// The partials of all custodians for one bid, as the log has them.
fn partials(bid: &VerifiedBid) -> Vec<Partial> {
    let manifest = bid.manifest().sha256();
    let received = (0..3).map(|n| {
        let line = &lines()[nth(EventKind::PartialsReceived, n)];
        entry(line).data_as::<PartialsReceived>().unwrap()
    });
    let one = |set: PartialsReceived| {
        let found = set.partials.unwrap().into_iter().find(|p| p.manifest_sha256 == manifest);
        let found = found.unwrap();
        let json = serde_json::json!({
            "index": set.custodian, "d": found.d, "c": found.c, "z": found.z,
        });
        serde_json::from_value(json).unwrap()
    };
    received.map(one).collect()
}

fn payload(bid: &ScenarioBid) -> &[u8] {
    &bid.objects[0][bid.headers[0].len()..]
}

fn open_with(
    number: usize,
    change: impl FnOnce(&mut Vec<Partial>, &mut Vec<u8>),
) -> Result<PriceOutcome, Unopened> {
    let (stored, bid) = bid(number);
    let (mut partials, mut payload) = (partials(&bid), payload(stored).to_vec());
    change(&mut partials, &mut payload);
    let mut payload = payload.as_slice();
    open_price(
        &rich().verified,
        &freeze_id(),
        &bid,
        stage(),
        &partials,
        Unlocking::default(),
        &mut payload,
    )
}

fn not_opened(outcome: &PriceOutcome) -> (&str, Fault) {
    match &outcome.sheet {
        UnsealedSheet::NotOpened { label, fault } => (label.as_str(), *fault),
        UnsealedSheet::Opened { .. } => panic!("must not open"),
    }
}

fn sheet(outcome: PriceOutcome) -> Vec<u8> {
    match outcome.sheet {
        UnsealedSheet::Opened { bytes, .. } => bytes,
        UnsealedSheet::NotOpened { label, .. } => panic!("{label}"),
    }
}

#[test]
fn any_k_partials_open_the_very_sheet() {
    let all = sheet(open_with(PLAIN, |_, _| {}).unwrap());
    let rules = rich().verified.file().sheet_rules(Stage::FIRST);
    let bidder = &rich().people.bidders[PLAIN].1.code;
    assert!(PriceSheet::parse(&rules, bidder, &all).is_ok());
    for absent in 1..=3 {
        let some = open_with(PLAIN, |p, _| p.retain(|p| p.index.get() != absent)).unwrap();
        assert_eq!(sheet(some), all);
    }
}

#[test]
fn fewer_than_k_open_nothing_and_blame_no_bidder() {
    for left in 0..2 {
        let failure = open_with(PLAIN, |p, _| p.truncate(left)).unwrap_err();
        assert_eq!((failure.label, failure.fault), ("UNOPENED_CUSTODY", Fault::NotBidder));
        assert!(failure.retry && failure.dropped.is_empty());
    }
    // One custodian three times is one custodian.
    let twice = open_with(PLAIN, |p, _| *p = vec![p[0]; 3]).unwrap_err();
    assert_eq!(twice.label, "UNOPENED_CUSTODY");
}

#[test]
fn a_lying_custodian_is_named_and_dropped() {
    let (stored, bid) = bid(PLAIN);
    let header = bid.header(stage(), Part::Price).unwrap();
    let signed = bid.manifest().part(stage(), Part::Price).unwrap().object();
    let mut partials = partials(&bid);
    partials[1].c.0[31] ^= 1;
    let tender = &rich().verified;
    let open = |partials: &[Partial]| {
        let mut payload = payload(stored);
        open_object(
            tender,
            &freeze_id(),
            header,
            &signed,
            partials,
            Unlocking::default(),
            &mut payload,
            Vec::new(),
        )
    };
    let opened = open(&partials).unwrap();
    assert_eq!(opened.plaintext_len, u64::try_from(opened.out.len()).unwrap());
    let named: Vec<u16> = opened.dropped.iter().map(|e| e.custodian().get()).collect();
    assert_eq!(named, [2]);
    // A point that is not the custodian's, with a proof for another.
    partials[0].d = partials[2].d;
    let failure = open(&partials).unwrap_err();
    let named: Vec<u16> = failure.dropped.iter().map(|e| e.custodian().get()).collect();
    assert_eq!((failure.label, named.as_slice()), ("UNOPENED_CUSTODY", [1, 2].as_slice()));
}

#[test]
fn lies_of_all_never_blame_the_bidder() {
    let lie = |p: &mut Partial| p.z = Hex([1; 32]);
    let failure = open_with(PLAIN, |p, _| p.iter_mut().for_each(lie)).unwrap_err();
    assert_eq!((failure.label, failure.fault), ("UNOPENED_CUSTODY", Fault::NotBidder));
    assert_eq!(failure.dropped.len(), 3);
    // True partials of another bid do not open this one.
    let (_, other) = bid(PLAIN + 2);
    let failure = open_with(PLAIN, |p, _| *p = partials(&other)).unwrap_err();
    assert_eq!((failure.label, failure.dropped.len()), ("UNOPENED_CUSTODY", 3));
    // Nor do partials that were made for another freeze.
    let (stored, bid) = bid(PLAIN);
    let (tender, partials) = (&rich().verified, partials(&bid));
    let other_freeze = Digest::ZERO;
    let mut payload = payload(stored);
    let failure = open_price(
        tender,
        &other_freeze,
        &bid,
        stage(),
        &partials,
        Unlocking::default(),
        &mut payload,
    );
    assert_eq!(failure.unwrap_err().label, "UNOPENED_CUSTODY");
}

#[test]
fn altered_storage_is_the_platforms_fault() {
    let corrupt = ("SERVER_CORRUPT", Fault::NotBidder);
    let bit = open_with(PLAIN, |_, bytes| *bytes.last_mut().unwrap() ^= 1).unwrap();
    assert_eq!(not_opened(&bit), corrupt);
    let first = open_with(PLAIN, |_, bytes| bytes[0] ^= 1).unwrap();
    assert_eq!(not_opened(&first), corrupt);
    assert_eq!(
        not_opened(&open_with(PLAIN, |_, bytes| bytes.truncate(bytes.len() - 1)).unwrap()),
        corrupt
    );
    assert_eq!(not_opened(&open_with(PLAIN, |_, bytes| bytes.clear()).unwrap()), corrupt);
    assert_eq!(not_opened(&open_with(PLAIN, |_, bytes| bytes.push(0)).unwrap()), corrupt);
    // Also where what the bidder sealed would not have opened either: the evidence is gone.
    let garbage = open_with(GARBAGE, |_, bytes| bytes[0] ^= 1).unwrap();
    assert_eq!(not_opened(&garbage), corrupt);
    // The payload of another bid.
    let other = payload(bid(PLAIN + 2).0).to_vec();
    assert_eq!(not_opened(&open_with(PLAIN, |_, bytes| *bytes = other).unwrap()), corrupt);
}

#[test]
fn another_header_than_the_signed_one_is_the_platforms_fault() {
    let ((stored, one), (_, other)) = (bid(PLAIN), bid(PLAIN + 2));
    let header = other.header(stage(), Part::Price).unwrap();
    let signed = one.manifest().part(stage(), Part::Price).unwrap().object();
    let partials = partials(&other); // true ones, for the header handed in
    let mut payload = payload(stored);
    let tender = &rich().verified;
    let failure = open_object(
        tender,
        &freeze_id(),
        header,
        &signed,
        &partials,
        Unlocking::default(),
        &mut payload,
        io::sink(),
    );
    let failure = failure.unwrap_err();
    assert_eq!((failure.label, failure.fault), ("SERVER_CORRUPT", Fault::NotBidder));
}

#[test]
fn what_the_bidder_sealed_wrongly_is_the_bidders_fault() {
    let garbage = open_with(GARBAGE, |_, _| {}).unwrap();
    assert_eq!(not_opened(&garbage), ("BIDDER_GARBAGE", Fault::Bidder));
}

#[test]
fn a_text_that_is_no_price_sheet_opens() {
    let bytes = sheet(open_with(BAD_FORMAT, |_, _| {}).unwrap());
    let rules = rich().verified.file().sheet_rules(Stage::FIRST);
    let bidder = &rich().people.bidders[BAD_FORMAT].1.code;
    assert!(PriceSheet::parse(&rules, bidder, &bytes).is_err());
    let line = &lines()[nth(EventKind::PricesPublished, 0)];
    let published: PricesPublished = entry(line).data_as().unwrap();
    let published = published.bids.iter().find(|bid| bid.bidder.code == *bidder).unwrap();
    assert_eq!((published.verdict, published.fault), (Verdict::BadFormat, None));
}

#[test]
fn a_disk_that_fails_is_no_verdict() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let (_, bid) = bid(PLAIN);
    let (tender, partials) = (&rich().verified, partials(&bid));
    let failure = open_price(
        tender,
        &freeze_id(),
        &bid,
        stage(),
        &partials,
        Unlocking::default(),
        &mut Broken,
    );
    let failure = failure.unwrap_err();
    assert_eq!((failure.label, failure.retry), ("E_READ", true));
}
