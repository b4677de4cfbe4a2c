//! [`VerifiedBid`]: context, signature, headers, and the entry of the freeze list.

use kaibiao_crypto::{SUITE_1, Secret32};
use kaibiao_opening::{FrozenBid, SetFrozen};
use kaibiao_pki::Identity;
use kaibiao_replay::{BidMaterial, VerifiedBid};
use kaibiao_seal::{Header, Manifest, ManifestBody, PlaintextDigest, PlaintextSalt};
use kaibiao_types::{BidSeq, Digest, Millis, Part, Stage, UtcMillis};

use super::common::{flipped, material, other, rich, sign, trust};

/// Bidder 3 did nothing special.
const PLAIN: usize = 3;

fn bidder(number: usize) -> &'static Identity {
    &rich().people.bidders[number].0
}

/// The bid of a bidder, by its number in the fixture; the first in the list.
fn bid(number: usize) -> BidMaterial {
    let party = &rich().people.bidders[number].1;
    material(rich().bids.iter().find(|bid| bid.bidder == *party).unwrap())
}

fn at() -> UtcMillis {
    rich().verified.file().terms().deadline.minus(Millis::from_secs(60))
}

fn verify(material: &BidMaterial) -> Result<VerifiedBid, &'static str> {
    VerifiedBid::verify(&rich().verified, material, trust(), at()).map_err(|fault| fault.label())
}

fn refused(label: &str, change: impl FnOnce(&mut BidMaterial)) {
    let mut bid = bid(PLAIN);
    change(&mut bid);
    assert_eq!(verify(&bid).err(), Some(label));
}

/// Changes the manifest and has the bidder sign it again.
fn resign(bid: &mut BidMaterial, change: impl FnOnce(&mut ManifestBody)) {
    let mut body = Manifest::parse(&bid.manifest).unwrap().body().clone();
    change(&mut body);
    bid.manifest = Manifest::build(body).unwrap().bytes().to_vec();
    bid.cms = sign(bidder(PLAIN), &bid.manifest, at());
}

#[test]
fn every_bid_of_the_scenario_holds() {
    for bid in &rich().bids {
        let verified = verify(&material(bid)).unwrap();
        assert_eq!(verified.headers().len(), bid.headers.len());
    }
}

#[test]
fn a_bid_is_for_this_lot_ceremony_and_deadline() {
    refused("E_MANIFEST", |b| b.manifest.clear());
    refused("E_LOT", |b| resign(b, |body| body.lot = kaibiao_types::LotId::parse("99").unwrap()));
    refused("E_LOT", |b| {
        resign(b, |body| body.tender = kaibiao_types::TenderId::parse("OTHER-1").unwrap());
    });
    refused("E_CEREMONY", |b| resign(b, |body| body.ceremony_id = Digest::ZERO));
    refused("E_CEREMONY", |b| *b = material(&other().bids[0]));
    let later = |body: &mut ManifestBody| body.deadline = body.deadline.plus(Millis::from_secs(1));
    refused("E_DEADLINE", |b| resign(b, later));
}

#[test]
fn a_bid_is_signed_by_its_bidder() {
    refused("E_SIG_CRYPTO", |b| b.cms = flipped(&b.cms));
    refused("E_SIG_HASH", |b| b.cms = bid(PLAIN + 2).cms);
    refused("E_SIG_SIGNER", |b| b.cms = sign(bidder(PLAIN + 2), &b.manifest, at()));
    refused("E_SIG_SIGNER", |b| resign(b, |body| body.signer_spki_sha256 = Digest::ZERO));
    refused("E_SIG_SIGNER", |b| {
        resign(b, |body| body.bidder = rich().people.bidders[PLAIN + 2].1.clone());
    });
    let late = UtcMillis::new(4_000_000_000_000).unwrap();
    let fault = VerifiedBid::verify(&rich().verified, &bid(PLAIN), trust(), late).unwrap_err();
    assert_eq!(fault.label(), "E_CERT_EXPIRED");
}

#[test]
fn a_header_belongs_to_its_part_and_bid() {
    refused("E_CTX", |b| b.headers.swap(0, 1));
    refused("E_CTX", |b| b.headers[0] = bid(PLAIN + 2).headers[0].clone());
    refused("E_CEREMONY", |b| b.headers[0] = other().bids[0].headers[0].clone());
    refused("E_MANIFEST", |b| drop(b.headers.pop()));
    refused("E_MANIFEST", |b| b.headers.push(b.headers[0].clone()));
    refused("E_LEN", |b| b.headers[0].truncate(200));
    // Another version of the same bid is another context.
    refused("E_CTX", |b| {
        resign(b, |body| {
            body.seq = BidSeq::new(2).unwrap();
            body.supersedes = body.ceremony_id;
        });
    });
    refused("E_HEADER", |b| resign(b, |body| body.parts[0].header_sha256 = Digest::ZERO));
    refused("E_LEN", |b| resign(b, |body| body.parts[0].file_len += 1));
}

#[test]
fn a_header_proves_that_it_is_well_formed() {
    // The bidder itself signs a header whose proof does not hold.
    let mut bid = bid(PLAIN);
    let broken = flipped(&bid.headers[0]);
    let header = Header::parse(&broken).unwrap();
    bid.headers[0] = broken;
    resign(&mut bid, |body| body.parts[0].header_sha256 = header.digest());
    assert_eq!(verify(&bid).err(), Some("E_TDH2"));
}

#[test]
fn the_entry_of_the_freeze_list_says_what_the_bid_says() {
    let set: &SetFrozen = rich().state.frozen().unwrap();
    let party = &rich().people.bidders[PLAIN].1;
    let entry = set.bids.iter().find(|bid| bid.bidder == *party).unwrap();
    let bid = verify(&bid(PLAIN)).unwrap();
    assert!(bid.expect_frozen(entry).is_ok());
    let changes: [fn(&mut FrozenBid); 12] = [
        |f| f.manifest_sha256 = Digest::ZERO,
        |f| f.cms_sha256 = Digest::ZERO,
        |f| f.bidder.name.push('x'),
        |f| f.bidder = rich().people.bidders[0].1.clone(),
        |f| f.seq = BidSeq::new(2).unwrap(),
        |f| f.objects.clear(),
        |f| f.objects.truncate(1),
        |f| f.objects.swap(0, 1),
        |f| f.objects[0].part = f.objects[1].part,
        |f| f.objects[0].header_sha256 = Digest::ZERO,
        |f| f.objects[0].file_len += 1,
        |f| f.objects[1].ct_root = Digest::ZERO,
    ];
    for (number, change) in changes.iter().enumerate() {
        let mut changed = entry.clone();
        change(&mut changed);
        let label = bid.expect_frozen(&changed).unwrap_err().label();
        assert_eq!(label, "E_FROZEN", "change {number}");
    }
}

/// The remedy with a backup file starts from a frozen bid: only what its signed manifest commits to.
#[test]
fn a_backup_file_is_compared_with_the_signed_commitment() {
    let salt = || PlaintextSalt::new(Secret32::new([9; 32].into()));
    let mut digest = PlaintextDigest::new(&SUITE_1);
    digest.update(b"the sealed sheet");
    let commitment = salt().commit(&SUITE_1, &digest.finish());
    let mut material = bid(PLAIN);
    resign(&mut material, |body| body.parts[0].pt_commit = Some(commitment));
    let verified = verify(&material).unwrap();
    let stage = Stage::new(1).unwrap();
    let check = |part, salt: PlaintextSalt, mut file: &[u8]| {
        verified.manifest().check_backup(stage, part, &salt, &mut file).map_err(|e| e.label())
    };
    assert_eq!(check(Part::Price, salt(), b"the sealed sheet"), Ok(()));
    assert_eq!(check(Part::Price, salt(), b"a better sheet"), Err("E_PT_COMMIT"));
    let other = PlaintextSalt::new(Secret32::new([8; 32].into()));
    assert_eq!(check(Part::Price, other, b"the sealed sheet"), Err("E_PT_COMMIT"));
    assert_eq!(check(Part::Documents, salt(), b"the sealed sheet"), Err("E_PT_ABSENT"));

    // A commitment that is added after the signature is not the bidder's.
    let mut forged = bid(PLAIN);
    let signed = forged.cms.clone();
    resign(&mut forged, |body| body.parts[0].pt_commit = Some(commitment));
    forged.cms = signed;
    assert_eq!(verify(&forged).err(), Some("E_SIG_HASH"));
}
