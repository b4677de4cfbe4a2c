//! One lock in two objects: what a bidder sealed with repeated randomness, or copied; and locks that
//! the tender does not ask for.

use std::collections::BTreeMap;

use kaibiao_ceremony::{CeremonyRecord, KeyShare, PartialError, combine_any, raise};
use kaibiao_crypto::{Entropy, EntropyError, SUITE_1, tdh2};
use kaibiao_journal::{
    Actor, FreezeContext, FreezeRecord, FrozenObject, OpeningLog, Place, PlacePath, ReceiptedBid,
    Salt, TickBuilder, commitment,
};
use kaibiao_opening::{Command, EstimateSealed, SetFrozen};
use kaibiao_replay::{
    BidMaterial, DuplicatePoint, FrozenBids, FrozenMaterial, LockPoints, VerifiedBid,
};
use kaibiao_seal::{
    BidderKey, BidderLockPlan, Context, Header, LockSecrets, Manifest, ManifestBody, ManifestPart,
    ObjectDigest, Padding, SealPlan, ceremony_secret, escrow_secret, open, seal,
};
use kaibiao_testkit::{SeededEntropy, estimate_command, seal_estimate};
use kaibiao_types::{CustodianIndex, Digest, Millis, Part, TickNo};

use super::common::{rich, sign, trust};

fn vectors(name: &str) -> serde_json::Value {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/vectors/");
    serde_json::from_slice(&std::fs::read(format!("{root}{name}")).unwrap()).unwrap()
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| u8::try_from(char::from(byte).to_digit(16).unwrap()).unwrap();
    text.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

/// The P-256 key of the shared test keys, as a certificate would carry it.
fn bidder_key() -> BidderKey {
    let keys = vectors("seal/bidder-keys.json");
    let key = keys["keys"].as_array().unwrap().iter().find(|key| key["name"] == "p256").unwrap();
    let spki = unhex(key["spki"].as_str().unwrap());
    BidderKey::from_spki(&SUITE_1, SUITE_1.hash(b"certificate"), &spki).unwrap()
}

/// A bid of bidder 3 whose two parts were sealed with the given randomness.
fn bid(seeds: [&str; 2]) -> BidMaterial {
    bid_with(seeds, None)
}

/// The same with a bidder lock on its documents.
fn bid_with(seeds: [&str; 2], lock: Option<BidderLockPlan<'_>>) -> BidMaterial {
    let (identity, party) = &rich().people.bidders[3];
    let template = rich().bids.iter().find(|bid| bid.bidder == *party).unwrap();
    let mut body: ManifestBody = Manifest::parse(&template.manifest).unwrap().body().clone();
    let manifest = Manifest::build(body.clone()).unwrap();
    let mut headers = Vec::new();
    for (entry, seed) in body.parts.iter_mut().zip(seeds) {
        let context = manifest.context_for(entry.stage, entry.part);
        let plan = SealPlan {
            context: &context,
            bases: rich().verified.bases(),
            padding: Padding::of(entry.part),
            plaintext_len: 4,
            bidder_lock: lock.filter(|_| entry.part == Part::Documents),
        };
        let mut file = Vec::new();
        let mut entropy = SeededEntropy::new(seed);
        let sealed = seal(&plan, &mut b"text".as_slice(), &mut file, &mut entropy).unwrap();
        let mut digest = ObjectDigest::new();
        digest.update(&file).unwrap();
        *entry = ManifestPart::new(entry.stage, entry.part, &digest.finish().unwrap());
        headers.push(sealed.header.bytes().to_vec());
    }
    let manifest = Manifest::build(body).unwrap().bytes().to_vec();
    let at = rich().verified.file().terms().deadline.minus(Millis::from_secs(60));
    BidMaterial { cms: sign(identity, &manifest, at), manifest, headers }
}

/// Gives the bid a place in a log of its own and checks the freeze over it.
fn freeze(material: BidMaterial) -> Result<(), &'static str> {
    freeze_after(material, None)
}

/// The same in a log that has a base estimate, sealed with the given randomness.
fn freeze_after(material: BidMaterial, estimate: Option<&str>) -> Result<(), &'static str> {
    let tender = &rich().verified;
    let terms = tender.file().terms();
    let manifest = Manifest::parse(&material.manifest).unwrap();
    let (manifest_sha256, cms_sha256) = (manifest.sha256(), SUITE_1.hash(&material.cms));
    let completed_at = terms.deadline.minus(Millis::from_secs(30));
    let salt = Salt::from_bytes([5; 32]);
    let mut entropy = SeededEntropy::new("place");
    let mut tick = TickBuilder::new(TickNo::new(0).unwrap(), terms.places).unwrap();
    let content = commitment(&SUITE_1, &salt, &manifest_sha256, &cms_sha256, completed_at);
    let no = tick.place(content, &mut entropy).unwrap();
    let tick = tick.finish(&mut entropy).unwrap();
    let mut log = OpeningLog::new(tender.origin().clone());
    if let Some(seed) = estimate {
        let mut entropy = SeededEntropy::new(seed);
        let spki = rich().people.host.certificate().spki_sha256();
        let object = seal_estimate(tender, spki, 1, &[b' '; 1_016], &mut entropy).unwrap();
        let Command::SealEstimate { sha256, object_b64 } = estimate_command(&object) else {
            panic!("a command that seals an estimate")
        };
        let data = EstimateSealed { no: 1, sha256, object_b64 };
        let host = Actor::Host(terms.host.code.clone());
        let entry = log.next_entry(terms.deadline, &host, "estimate-sealed", &data, None).unwrap();
        log.append_entry(entry).unwrap();
    }
    let entry = log.next_entry(terms.deadline, &Actor::Hall, "tick", &tick.data(), None).unwrap();
    log.append_entry(entry).unwrap();
    let object = |p: &ManifestPart| FrozenObject {
        stage: p.stage,
        part: p.part,
        header_sha256: p.header_sha256,
        file_len: p.file_len,
        ct_root: p.ct_root,
    };
    let body = manifest.body();
    let receipted = ReceiptedBid {
        bidder: body.bidder.clone(),
        seq: body.seq,
        manifest_sha256,
        cms_sha256,
        completed_at,
        place: Place { tick: tick.no(), no, salt },
        objects: body.parts.iter().map(object).collect(),
    };
    let context = FreezeContext {
        suite: &SUITE_1,
        ceremony_id: tender.record().ceremony_id,
        origin: tender.origin(),
        deadline: terms.deadline,
    };
    let record = FreezeRecord::build(&context, 0, log.head(), vec![receipted]).unwrap();
    let data = serde_json::to_string(record.record()).unwrap();
    let set: SetFrozen = serde_json::from_str(&data).unwrap();
    let path = PlacePath { tick: tick.no(), no, path: tick.path(no).unwrap() };
    let material = FrozenMaterial { bids: vec![material], paths: vec![path] };
    FrozenBids::check(tender, &log, &set, &data, tender.file().terms().deadline, &material, trust())
        .map(drop)
        .map_err(|fault| fault.label())
}

#[test]
fn two_locks_are_accepted_and_one_twice_is_not() {
    assert_eq!(freeze(bid(["a", "b"])), Ok(()));
    assert_eq!(freeze(bid(["a", "a"])), Err("E_DUP_U"));
}

/// A bid with the lock of the base estimate would be opened with it (rule R7).
#[test]
fn a_bid_with_the_lock_of_the_base_estimate_is_refused() {
    assert_eq!(freeze_after(bid(["a", "b"]), Some("c")), Ok(()));
    assert_eq!(freeze_after(bid(["a", "b"]), Some("a")), Err("E_DUP_U"));
    assert_eq!(freeze_after(bid(["a", "b"]), Some("b")), Err("E_DUP_U"));
}

#[test]
fn no_two_objects_of_an_opening_share_a_lock() {
    let mut seen: BTreeMap<[u8; 33], (Digest, Part)> = BTreeMap::new();
    for bid in &rich().bids {
        let manifest = Manifest::parse(&bid.manifest).unwrap();
        for (part, bytes) in manifest.body().parts.iter().zip(&bid.headers) {
            let u = Header::parse(bytes).unwrap().u().bytes();
            assert_eq!(seen.insert(u, (manifest.sha256(), part.part)), None);
        }
    }
}

/// Attack A18: a bidder that adds a lock nobody asked for could hear the other prices first.
#[test]
fn a_lock_that_the_tender_does_not_ask_for_is_refused() {
    let key = bidder_key();
    for lock in [BidderLockPlan::Strict(&key), BidderLockPlan::Escrow(&key)] {
        let material = bid_with(["a", "b"], Some(lock));
        let at = rich().verified.file().terms().deadline.minus(Millis::from_secs(60));
        let fault = VerifiedBid::verify(&rich().verified, &material, trust(), at).unwrap_err();
        assert_eq!(fault.label(), "E_LOCK_MODE");
        assert_eq!(freeze(material), Err("E_LOCK_MODE"), "nor does a custodian sign it");
    }
}

/// Hands out what it was given, one draw after the other.
struct Draws(Vec<u8>);

impl Entropy for Draws {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        let value = self.0.pop().ok_or(EntropyError)?;
        out.fill(value);
        Ok(())
    }
}

/// An object with an escrow: salt, r of U, r of the bidder lock, r' of U', then two proofs.
fn escrowed(r: u8, r_escrow: u8) -> Header {
    let key = bidder_key();
    let context = Context::of_rehearsal(&SUITE_1, rich().verified.record().ceremony_id, 1);
    let plan = SealPlan {
        context: &context,
        bases: rich().verified.bases(),
        padding: Padding::Bucket,
        plaintext_len: 0,
        bidder_lock: Some(BidderLockPlan::Escrow(&key)),
    };
    let mut draws = Draws(vec![6, 5, r_escrow, 3, r, r.wrapping_add(r_escrow)]);
    seal(&plan, &mut std::io::empty(), &mut Vec::new(), &mut draws).unwrap().header
}

/// Ruling 30: U and U' of all objects are one set.
#[test]
fn the_points_of_escrows_and_ceremony_locks_are_one_set() {
    let mut points = LockPoints::default();
    points.take(&escrowed(10, 20)).unwrap();
    let as_it_was = points.clone();
    for (name, header) in [
        ("U again", escrowed(10, 30)),
        ("U' again", escrowed(30, 20)),
        ("U as somebody's U'", escrowed(30, 10)),
        ("U' as somebody's U", escrowed(20, 30)),
        ("both", escrowed(20, 10)),
    ] {
        assert!(header.verify_proof(rich().verified.bases()).is_ok(), "{name}: all proofs hold");
        assert!(points.knows(&header), "{name}");
        assert_eq!(points.take(&header), Err(DuplicatePoint), "{name}");
        assert_eq!(points, as_it_was, "{name}: nothing of a refused object is kept");
    }
    assert_eq!(DuplicatePoint.label(), "E_DUP_U");
    let mut later = LockPoints::default();
    later.take(&escrowed(30, 40)).unwrap();
    points.join(later);
    assert_eq!(points.take(&escrowed(50, 30)), Err(DuplicatePoint));
    assert_eq!(points.take(&escrowed(50, 60)), Ok(()));
}

/// Two of three custodians do what the bidder did not, with proofs that anyone can check.
#[test]
fn custodians_open_an_escrow_and_name_a_liar() {
    let run = vectors("ceremony/run-2-of-3.json");
    let record = CeremonyRecord::parse(run["record"].as_str().unwrap().as_bytes()).unwrap();
    let id = record.ceremony_id;
    let shares: Vec<KeyShare> = (1_u16..)
        .zip(run["secret_shares"].as_array().unwrap())
        .map(|(index, secret)| {
            let (index, secret) = (index.to_be_bytes(), unhex(secret.as_str().unwrap()));
            let check = SUITE_1.th("key-share", &[&index, &secret]);
            KeyShare::from_bytes(&[&index, secret.as_slice(), &check.bytes()[..8]].concat())
                .unwrap()
        })
        .collect();
    let key = bidder_key();
    let bases = tdh2::Bases::new(&SUITE_1, *id.bytes(), record.key().unwrap()).unwrap();
    let context = Context::of_rehearsal(&SUITE_1, id, 1);
    let plan = SealPlan {
        context: &context,
        bases: &bases,
        padding: Padding::Bucket,
        plaintext_len: 5,
        bidder_lock: Some(BidderLockPlan::Escrow(&key)),
    };
    let (mut file, mut entropy) = (Vec::new(), SeededEntropy::new("escrow"));
    let sealed = seal(&plan, &mut b"sheet".as_slice(), &mut file, &mut entropy).unwrap();
    let header = Header::read(&mut file.as_slice()).unwrap();
    let freeze_id = SUITE_1.hash(b"freeze");

    let mut combined = Vec::new();
    for (u, liar) in header.points().zip([3_u16, 1]) {
        let mut partials: Vec<_> = shares
            .iter()
            .map(|share| raise(&SUITE_1, share, &id, &freeze_id, u, &mut entropy).unwrap())
            .collect();
        partials[usize::from(liar) - 1].c.0[31] ^= 1;
        let both = combine_any(&record, &freeze_id, u, &partials).unwrap();
        let named: Vec<CustodianIndex> = both.dropped.iter().map(PartialError::custodian).collect();
        assert_eq!(named, [CustodianIndex::new(liar).unwrap()]);
        combined.push(both.point);
    }
    let secrets = LockSecrets {
        ceremony: ceremony_secret(&header, &combined[0], bases.key()).unwrap(),
        bidder: Some(escrow_secret(&header, &combined[1], bases.key()).unwrap()),
    };
    let mut payload = &file[header.bytes().len()..];
    let opened = open(&header, &secrets, &sealed.object, &mut payload, Vec::new()).unwrap();
    assert_eq!(opened.out, b"sheet");
    // One partial is not enough for the second point, whatever is known of the first.
    let u = &header.escrow().unwrap().u;
    let one = raise(&SUITE_1, &shares[0], &id, &freeze_id, u, &mut entropy).unwrap();
    assert!(combine_any(&record, &freeze_id, u, &[one]).is_err());
}
