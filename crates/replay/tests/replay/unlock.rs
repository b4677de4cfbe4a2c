//! Bids that their bidders unlock first: by a secret, by an escrow, or not at all (ADR-0020).

use std::sync::{Arc, LazyLock};

use kaibiao_ceremony::Partial;
use kaibiao_crypto::{Hex, SUITE_1};
use kaibiao_opening::{
    BidderLockTerms, Event, PartialsReceived, PublishedBid, UnlockSecret, UnsealedSheet, Verdict,
};
use kaibiao_pki::TrustList;
use kaibiao_replay::{
    BidMaterial, Replay, Unlocking, Unopened, VerifiedBid, needs_escrow, open_price, unlocks,
};
use kaibiao_seal::{
    BidderKey, BidderLockPlan, Manifest, ManifestPart, ObjectDigest, Padding, SealPlan, seal,
};
use kaibiao_testkit::{Scenario, ScenarioBid, ScenarioOptions, SeededEntropy, WindowPlay};
use kaibiao_types::{Digest, Fault, Millis, Part, Stage};

use super::common::{material, rich, sign};

/// Bidder 1 does not unlock its bid, bidder 2 hands over something else.
const SILENT: usize = 1;
const WRONG: usize = 2;

fn play(lock: BidderLockTerms, documents: bool) -> Scenario {
    let window = WindowPlay { lock, silent: Some(SILENT), wrong: Some(WRONG) };
    let options = ScenarioOptions {
        bidder_window: Some(window),
        documents,
        seed: "unlock",
        ..ScenarioOptions::default()
    };
    Scenario::build(&options).unwrap()
}

fn escrow() -> &'static Scenario {
    static ESCROW: LazyLock<Scenario> = LazyLock::new(|| play(BidderLockTerms::Escrow, true));
    &ESCROW
}

fn strict() -> &'static Scenario {
    static STRICT: LazyLock<Scenario> = LazyLock::new(|| play(BidderLockTerms::Strict, false));
    &STRICT
}

fn trust(scenario: &Scenario) -> TrustList {
    TrustList::parse(&scenario.trust).unwrap()
}

fn stage() -> Stage {
    Stage::new(1).unwrap()
}

fn bid(scenario: &Scenario, number: usize) -> (&ScenarioBid, VerifiedBid) {
    let party = &scenario.people.bidders[number].1;
    let bid = scenario.bids.iter().find(|bid| bid.bidder == *party).unwrap();
    let at = scenario.log.entries()[1].at();
    (bid, VerifiedBid::verify(&scenario.verified, &material(bid), &trust(scenario), at).unwrap())
}

fn published(scenario: &Scenario, number: usize) -> &PublishedBid {
    let code = &scenario.people.bidders[number].1.code;
    let bids = &scenario.state.prices().unwrap().bids;
    bids.iter().find(|bid| bid.bidder.code == *code).unwrap()
}

fn secret(scenario: &Scenario, number: usize) -> Option<&UnlockSecret> {
    scenario.state.unlock_secret(&scenario.people.bidders[number].1.code, Part::Price)
}

/// The partials of U and of U' for one bid, as the log has them.
fn partials(scenario: &Scenario, bid: &VerifiedBid) -> (Vec<Partial>, Vec<Partial>) {
    let manifest = bid.manifest().sha256();
    let (mut own, mut escrow) = (Vec::new(), Vec::new());
    for entry in scenario.log.entries().iter().filter(|e| e.kind() == "partials-received") {
        let set = entry.data_as::<PartialsReceived>().unwrap();
        for (list, out) in [(set.partials.unwrap_or_default(), &mut own), (set.escrow, &mut escrow)]
        {
            let found = list.into_iter().filter(|p| p.manifest_sha256 == manifest);
            out.extend(found.map(|p| Partial {
                index: set.custodian,
                d: Hex::parse(&p.d).unwrap(),
                c: Hex::parse(&p.c).unwrap(),
                z: Hex::parse(&p.z).unwrap(),
            }));
        }
    }
    (own, escrow)
}

fn open(
    scenario: &Scenario,
    number: usize,
    partials: &[Partial],
    unlocking: Unlocking<'_>,
) -> Result<UnsealedSheet, Unopened> {
    let (stored, bid) = bid(scenario, number);
    let freeze_id: Digest = scenario.state.frozen().unwrap().freeze_id;
    let mut payload = &stored.objects[0][stored.headers[0].len()..];
    let tender = &scenario.verified;
    open_price(tender, &freeze_id, &bid, stage(), partials, unlocking, &mut payload)
        .map(|outcome| outcome.sheet)
}

fn not_opened(sheet: UnsealedSheet) -> (String, Fault) {
    match sheet {
        UnsealedSheet::NotOpened { label, fault } => (label, fault),
        UnsealedSheet::Opened { .. } => panic!("must not open"),
    }
}

/// A suspicious reader takes the whole log in, with every command beside its entry.
#[test]
fn logs_with_a_window_replay() {
    for scenario in [escrow(), strict()] {
        let mut replay = Replay::new(Arc::clone(&scenario.verified), Arc::new(trust(scenario)));
        let mut unsealed = 0;
        for entry in scenario.log.entries() {
            let event = replay.ingest(entry.line()).unwrap();
            unsealed += usize::from(matches!(event, Event::BidderUnsealed(_)));
        }
        assert_eq!(unsealed, 3);
        assert_eq!(*replay.state(), scenario.state);
    }
}

/// One changed digit of a secret, or another bidder's, and the command beside it does not fit.
#[test]
fn a_changed_secret_is_not_what_its_bidder_signed() {
    let lines = escrow().log.entries().iter().map(|entry| entry.line().to_vec());
    let mut replay = Replay::new(Arc::clone(&escrow().verified), Arc::new(trust(escrow())));
    let own = secret(escrow(), 0).unwrap().expose().to_owned();
    for line in lines {
        let text = String::from_utf8(line).unwrap();
        if text.contains("\"kind\":\"bidder-unsealed\"") && text.contains(&own) {
            let digit = if own.starts_with('0') { "1" } else { "0" };
            let changed = text.replacen(&own, &[digit, &own[1..]].concat(), 1);
            let fault = replay.ingest(changed.as_bytes()).unwrap_err();
            assert_eq!(fault.label(), "bad-data");
            return;
        }
        replay.ingest(text.as_bytes()).unwrap();
    }
    panic!("bidder 0 unlocked its bid");
}

#[test]
fn an_escrow_takes_the_place_of_a_silent_bidder() {
    for number in 0..4 {
        assert_eq!(published(escrow(), number).verdict, Verdict::Opened, "bidder {number}");
        let (_, verified) = bid(escrow(), number);
        let (own, escrows) = partials(escrow(), &verified);
        let asked = [SILENT, WRONG].contains(&number);
        assert_eq!(!escrows.is_empty(), asked);
        let header = verified.header(stage(), Part::Price).unwrap();
        let code = &escrow().people.bidders[number].1.code;
        assert_eq!(needs_escrow(&escrow().state, code, Part::Price, header), asked);
        if !asked {
            continue;
        }
        // With fewer than k of the escrow it is custody, and no fault of the bidder.
        let secret = secret(escrow(), number);
        for few in [&[][..], &escrows[..1]] {
            let unlocking = Unlocking { secret, escrow: few };
            let unopened = open(escrow(), number, &own, unlocking).unwrap_err();
            assert_eq!((unopened.label, unopened.fault), ("UNOPENED_CUSTODY", Fault::NotBidder));
        }
        // A proof of U is none of U'.
        let unlocking = Unlocking { secret, escrow: &own };
        let unopened = open(escrow(), number, &own, unlocking).unwrap_err();
        assert_eq!((unopened.label, unopened.dropped.len()), ("UNOPENED_CUSTODY", own.len()));
        let unlocking = Unlocking { secret, escrow: &escrows[..2] };
        assert!(matches!(
            open(escrow(), number, &own, unlocking),
            Ok(UnsealedSheet::Opened { .. })
        ));
    }
}

#[test]
fn a_strict_bid_without_its_secret_stays_shut() {
    let label = Some("BIDDER_NOT_UNLOCKED");
    for (number, fault) in [(SILENT, Fault::Undetermined), (WRONG, Fault::Bidder)] {
        let published = published(strict(), number);
        assert_eq!((published.label.as_deref(), published.fault), (label, Some(fault)));
        assert!(published.total.is_none());
    }
    for number in [0, 3] {
        assert_eq!(published(strict(), number).verdict, Verdict::Opened, "one stops no other");
        let (_, verified) = bid(strict(), number);
        let (own, escrows) = partials(strict(), &verified);
        assert!(escrows.is_empty());
        // All custodians together open nothing of it; nor does another bidder's secret.
        let shut = open(strict(), number, &own, Unlocking::default()).unwrap();
        assert_eq!(not_opened(shut), ("BIDDER_NOT_UNLOCKED".to_owned(), Fault::Undetermined));
        let unlocking = Unlocking { secret: secret(strict(), 3 - number), escrow: &[] };
        let shut = open(strict(), number, &own, unlocking).unwrap();
        assert_eq!(not_opened(shut), ("BIDDER_NOT_UNLOCKED".to_owned(), Fault::Bidder));
    }
}

/// What bidders hand over opens nothing without the ceremony.
#[test]
fn a_secret_alone_opens_nothing() {
    for scenario in [escrow(), strict()] {
        for number in [0, 3] {
            let unlocking = Unlocking { secret: secret(scenario, number), escrow: &[] };
            let (_, verified) = bid(scenario, number);
            let (own, _) = partials(scenario, &verified);
            for few in [&[][..], &own[..1]] {
                let unopened = open(scenario, number, few, unlocking).unwrap_err();
                assert_eq!(unopened.label, "UNOPENED_CUSTODY");
            }
        }
    }
}

#[test]
fn a_secret_fits_its_own_object_only() {
    let (_, verified) = bid(escrow(), 0);
    let header = |part| verified.header(stage(), part).unwrap();
    let code = &escrow().people.bidders[0].1.code;
    let price = escrow().state.unlock_secret(code, Part::Price).unwrap();
    let documents = escrow().state.unlock_secret(code, Part::Documents).unwrap();
    assert!(unlocks(header(Part::Price), price) && unlocks(header(Part::Documents), documents));
    assert!(!unlocks(header(Part::Documents), price) && !unlocks(header(Part::Price), documents));
    for bad in ["", "0c", &"0C".repeat(32)] {
        assert!(!unlocks(header(Part::Price), &UnlockSecret::new(bad.to_owned())));
    }
    // An object without a bidder lock has nothing that a secret could fit.
    let (_, party) = &rich().people.bidders[3];
    let plain = rich().bids.iter().find(|bid| bid.bidder == *party).unwrap();
    let at = rich().log.entries()[1].at();
    let plain =
        VerifiedBid::verify(&rich().verified, &material(plain), &trust(rich()), at).unwrap();
    assert!(!unlocks(plain.header(stage(), Part::Price).unwrap(), price));
}

/// A bid of bidder 3 sealed anew, its parts with these locks.
fn sealed(scenario: &Scenario, locks: [Option<BidderLockTerms>; 2]) -> BidMaterial {
    let (identity, party) = &scenario.people.bidders[3];
    let template = scenario.bids.iter().find(|bid| bid.bidder == *party).unwrap();
    let manifest = Manifest::parse(&template.manifest).unwrap();
    let mut body = manifest.body().clone();
    let certificate = identity.certificate();
    let key = BidderKey::from_spki(&SUITE_1, certificate.sha256(), certificate.spki_der()).unwrap();
    let mut headers = Vec::new();
    for (entry, lock) in body.parts.iter_mut().zip(locks) {
        let context = manifest.context_for(entry.stage, entry.part);
        let plan = SealPlan {
            context: &context,
            bases: scenario.verified.bases(),
            padding: Padding::of(entry.part),
            plaintext_len: 4,
            bidder_lock: lock.map(|lock| match lock {
                BidderLockTerms::Escrow => BidderLockPlan::Escrow(&key),
                BidderLockTerms::Strict => BidderLockPlan::Strict(&key),
            }),
        };
        let mut file = Vec::new();
        let mut entropy = SeededEntropy::new(format!("{:?}", entry.part));
        let made = seal(&plan, &mut b"text".as_slice(), &mut file, &mut entropy).unwrap();
        let mut digest = ObjectDigest::new();
        digest.update(&file).unwrap();
        *entry = ManifestPart::new(entry.stage, entry.part, &digest.finish().unwrap());
        headers.push(made.header.bytes().to_vec());
    }
    let manifest = Manifest::build(body).unwrap().bytes().to_vec();
    let at = scenario.verified.file().terms().deadline.minus(Millis::from_secs(60));
    BidMaterial { cms: sign(identity, &manifest, at), manifest, headers }
}

/// Every part has exactly the lock that the tender file asks for.
#[test]
fn a_bid_with_other_locks_than_asked_for_is_refused() {
    use BidderLockTerms::{Escrow, Strict};
    let at = escrow().verified.file().terms().deadline.minus(Millis::from_secs(60));
    let trust = trust(escrow());
    let judged = |locks| {
        let verified =
            VerifiedBid::verify(&escrow().verified, &sealed(escrow(), locks), &trust, at);
        verified.map(drop).map_err(|fault| (fault.label(), fault.to_string()))
    };
    assert_eq!(judged([Some(Escrow); 2]), Ok(()));
    for locks in [
        [None, None],
        [Some(Escrow), None],
        [None, Some(Escrow)],
        [Some(Strict), Some(Escrow)],
        [Some(Escrow), Some(Strict)],
        [Some(Strict), Some(Strict)],
    ] {
        let (label, words) = judged(locks).unwrap_err();
        assert_eq!(label, "E_LOCK_MODE");
        assert!(words.contains("asks for `escrow`"), "{words}");
    }
}
