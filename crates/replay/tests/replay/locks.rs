//! One lock in two objects: what a bidder sealed with repeated randomness, or copied.

use std::collections::BTreeMap;

use kaibiao_crypto::SUITE_1;
use kaibiao_journal::{
    Actor, FreezeContext, FreezeRecord, FrozenObject, OpeningLog, Place, PlacePath, ReceiptedBid,
    Salt, TickBuilder, commitment,
};
use kaibiao_opening::SetFrozen;
use kaibiao_replay::{BidMaterial, FrozenBids, FrozenMaterial};
use kaibiao_seal::{Manifest, ManifestBody, ManifestPart, ObjectDigest, Padding, SealPlan, seal};
use kaibiao_testkit::SeededEntropy;
use kaibiao_types::{Digest, Millis, Part, TickNo};

use super::common::{rich, sign, trust};

/// A bid of bidder 3 whose two parts were sealed with the given randomness.
fn bid(seeds: [&str; 2]) -> BidMaterial {
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
            bidder_lock: None,
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

#[test]
fn no_two_objects_of_an_opening_share_a_lock() {
    let mut seen: BTreeMap<[u8; 33], (Digest, Part)> = BTreeMap::new();
    for bid in &rich().bids {
        let manifest = Manifest::parse(&bid.manifest).unwrap();
        for (part, bytes) in manifest.body().parts.iter().zip(&bid.headers) {
            let u = kaibiao_seal::Header::parse(bytes).unwrap().u().bytes();
            assert_eq!(seen.insert(u, (manifest.sha256(), part.part)), None);
        }
    }
}
