//! Evidence records of RFC 4998: made, renewed, verified, and what must be refused (N49).

use std::sync::OnceLock;

use kaibiao_pki::ers::{self, DataObject, EvidenceError, VerifiedRecord};
use kaibiao_pki::tsp::Imprint;
use kaibiao_pki::{DigestAlgorithm, TrustList};

use crate::forge::*;
use crate::time_stamps::{last_instant, stamp, world};

pub(crate) const SHA: DigestAlgorithm = DigestAlgorithm::Sha256;
/// 2030-06-01, 2031-06-01 and 2045-06-01, all at midnight UTC.
pub(crate) const IN_2030: u64 = 1_906_502_400_000;
pub(crate) const IN_2031: u64 = 1_938_038_400_000;
pub(crate) const IN_2045: u64 = 2_379_888_000_000;

/// An authority whose certificates last until 2040.
pub(crate) fn later() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let mut world = World::of(Key::new(), Key::new(), Key::new());
        world.leaf.replace(purposes(true, &[TIME_STAMPING]));
        for spec in [&mut world.root, &mut world.issuing, &mut world.leaf] {
            "400101000000Z".clone_into(&mut spec.not_after);
        }
        world
    })
}

pub(crate) fn trust_json() -> String {
    let anchors = [world().root_der(), later().root_der()];
    list_json(&anchors.map(|der| anchor_json(&der, RULE_SUBJECT)))
}

fn trust() -> TrustList {
    TrustList::parse(trust_json().as_bytes()).unwrap()
}

fn digests() -> Vec<Vec<u8>> {
    (0..5).map(|n: u8| sha256(&[n])).collect()
}

fn begun() -> Vec<u8> {
    let token = stamp(world(), ers::imprint(SHA, &digests()).unwrap(), NOW);
    ers::begin(SHA, &digests(), &token).unwrap()
}

fn renewed(record: &[u8], by: &World, millis: u64) -> Vec<u8> {
    let token = stamp(by, ers::renewal_imprint(record).unwrap(), millis);
    ers::renew(record, &token).unwrap()
}

fn verify(
    record: &[u8],
    digests: &[Vec<u8>],
    millis: u64,
) -> Result<VerifiedRecord, EvidenceError> {
    ers::verify(record, &objects(digests), &trust(), at(millis))
}

fn objects(digests: &[Vec<u8>]) -> Vec<DataObject> {
    digests.iter().map(|digest| DataObject::with(SHA, digest.clone()).unwrap()).collect()
}

fn label(record: &[u8]) -> &'static str {
    verify(record, &digests(), NOW).map_or_else(|error| error.label(), |_| "good")
}

#[test]
fn a_record_covers_its_objects_and_no_other() {
    let record = begun();
    let verified = verify(&record, &digests(), NOW).unwrap();
    assert_eq!(verified.existed(), at(NOW));
    assert_eq!(verified.due(), last_instant(world()));
    let mut other_order = digests();
    other_order.reverse();
    verify(&record, &other_order, NOW).unwrap();
    for digest in digests() {
        verify(&record, &[digest], NOW).unwrap();
    }
    let stranger = vec![sha256(b"stranger")];
    for objects in
        [vec![], stranger.clone(), digests()[1..].to_vec(), [digests(), stranger].concat()]
    {
        let error = verify(&record, &objects, NOW).unwrap_err();
        assert_eq!(error, EvidenceError::NotCovered);
        assert_eq!(error.indication(), "HASH_FAILURE");
    }
    assert!(ers::imprint(SHA, &[]).is_err());
    assert!(ers::imprint(SHA, &[vec![0; 31]]).is_err());
    // One object is its own root.
    let one = [sha256(b"one")];
    assert_eq!(ers::imprint(SHA, &one).unwrap().digest(), one[0]);
}

#[test]
fn a_record_is_renewed_before_it_ends() {
    let record = begun();
    let error = verify(&record, &digests(), IN_2031).unwrap_err();
    assert_eq!((error.label(), error.indication()), ("E_ERS_OVERDUE", "OUT_OF_BOUNDS_NO_POE"));
    let error = verify(&record, &digests(), NOW - 1).unwrap_err();
    assert_eq!(error, EvidenceError::Order(1));

    let twice = renewed(&record, later(), IN_2030);
    let verified = verify(&twice, &digests(), IN_2031).unwrap();
    assert_eq!((verified.existed(), verified.stamps().len()), (at(NOW), 2));
    assert_eq!(verified.due(), last_instant(later()));
    verify(&renewed(&twice, later(), IN_2031), &digests(), IN_2031 + 1).unwrap();
    assert_eq!(verify(&twice, &digests(), IN_2045).unwrap_err().label(), "E_ERS_OVERDUE");
}

/// The last second of a certificate counts as a whole, for the path and for the end of a stamp.
#[test]
fn a_stamp_of_the_last_second_is_not_overdue_at_once() {
    let end = last_instant(world()).get();
    let token = stamp(world(), ers::imprint(SHA, &digests()).unwrap(), end - 500);
    let record = ers::begin(SHA, &digests(), &token).unwrap();
    verify(&record, &digests(), end - 500).unwrap();
    verify(&record, &digests(), end).unwrap();
    assert_eq!(verify(&record, &digests(), end + 1).unwrap_err().label(), "E_ERS_OVERDUE");
    let renewed = renewed(&begun(), later(), end);
    verify(&renewed, &digests(), IN_2031).unwrap();
}

/// N49: what a chain of stamps must not be.
#[test]
fn broken_chains() {
    let record = begun();
    let late = renewed(&record, later(), IN_2031);
    let error = verify(&late, &digests(), IN_2031 + 1).unwrap_err();
    assert_eq!((error.label(), error.indication()), ("E_ERS_LATE", "TIMESTAMP_ORDER_FAILURE"));
    let early = renewed(&record, world(), NOW);
    assert_eq!(verify(&early, &digests(), IN_2030).unwrap_err(), EvidenceError::Order(2));

    let stray = stamp(world(), Imprint::of(SHA, b"another"), NOW + 1);
    assert_eq!(ers::renew(&record, &stray).unwrap_err().label(), "E_TST_IMPRINT");
    assert_eq!(ers::begin(SHA, &digests(), &stray).unwrap_err().label(), "E_TST_IMPRINT");

    let tokens = [
        stamp(world(), ers::imprint(SHA, &digests()).unwrap(), NOW),
        stamp(world(), ers::renewal_imprint(&record).unwrap(), NOW + 1),
    ];
    let [first, second] = &tokens;
    let swapped = forged(&[(tree(&digests()), second.clone()), (vec![], first.clone())]);
    assert_eq!(label(&swapped), "E_TST_IMPRINT");
    let error =
        ers::verify(&record, &objects(&digests()), &World::get().trust(), at(NOW)).unwrap_err();
    assert!(error.label().starts_with("E_CERT_"), "{error}");
}

/// Others collect the tokens of many records under one renewal.
#[test]
fn a_renewal_may_stand_among_others() {
    let first = stamp(world(), ers::imprint(SHA, &digests()).unwrap(), NOW);
    let others = [sha256(b"another token"), sha256(b"a third")];
    let renewed_in = |list: &[Vec<u8>], above: &[u8]| {
        let mut sorted = list.to_vec();
        sorted.sort();
        let mut pair = [sha256(&sorted.concat()), above.to_vec()];
        pair.sort();
        let root = Imprint::of(SHA, &pair.concat());
        let lists = [list, &[above.to_vec()]].map(|list| {
            let octets: Vec<_> = list.iter().map(|digest| tlv(4, digest)).collect();
            seq(&octets)
        });
        let second = stamp(world(), root, NOW + 1);
        forged(&[(tree(&digests()), first.clone()), (tlv(0xa2, &lists.concat()), second)])
    };
    let with = [sha256(&first), others[0].clone()];
    let record = renewed_in(&with, &others[1]);
    assert_eq!(verify(&record, &digests(), NOW + 1).unwrap().stamps().len(), 2);
    // In another list than the first it is no renewal.
    let record = renewed_in(&others, &sha256(&first));
    assert_eq!(verify(&record, &digests(), NOW + 1).unwrap_err(), EvidenceError::NotCovered);
}

fn tree(digests: &[Vec<u8>]) -> Vec<u8> {
    let list: Vec<_> = digests.iter().map(|digest| tlv(4, digest)).collect();
    tlv(0xa2, &seq(&list))
}

fn forged(stamps: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let stamps: Vec<_> =
        stamps.iter().map(|(tree, token)| seq(&[tree.clone(), token.clone()])).collect();
    seq(&[vec![2, 1, 1], seq(&[SHA256.to_vec()]), seq(&[seq(&stamps)])])
}

#[test]
fn malformed_records() {
    let token = stamp(world(), ers::imprint(SHA, &digests()).unwrap(), NOW);
    let (algorithms, good) = (seq(&[SHA256.to_vec()]), seq(&[tree(&digests()), token.clone()]));
    let record = |parts: &[Vec<u8>]| label(&seq(parts));
    let (one, chains) = (vec![2, 1, 1], seq(&[seq(std::slice::from_ref(&good))]));
    assert_eq!(record(&[one.clone(), algorithms.clone(), chains.clone()]), "good");
    assert_eq!(record(&[vec![2, 1, 2], algorithms.clone(), chains.clone()]), "E_ERS_FORMAT");
    let two = seq(&[SHA256.to_vec(), SHA384.to_vec()]);
    // A digest that no chain uses is named without need.
    assert_eq!(record(&[one.clone(), two, chains.clone()]), "good");
    let again = seq(&[SHA256.to_vec(), SHA256.to_vec()]);
    assert_eq!(record(&[one.clone(), again, chains.clone()]), "E_ERS_FORMAT");
    assert_eq!(record(&[one.clone(), seq(&[SHA384.to_vec()]), chains.clone()]), "E_ERS_PROFILE");
    let sha1 = seq(&[SHA1.to_vec()]);
    assert_eq!(record(&[one.clone(), sha1, chains.clone()]), "E_ERS_PROFILE");
    let extra = vec![one.clone(), algorithms.clone(), tlv(0xa0, &[]), chains.clone()];
    assert_eq!(record(&extra), "E_ERS_PROFILE");
    let with = |chains: Vec<u8>| record(&[one.clone(), algorithms.clone(), chains]);
    let again = seq(std::slice::from_ref(&good));
    assert_eq!(with(seq(&[seq(std::slice::from_ref(&good)), again])), "E_ERS_DIGEST");
    assert_eq!(with(seq(&[])), "E_ERS_FORMAT");
    let many = vec![good; 65];
    assert_eq!(with(seq(&[seq(&many)])), "E_ERS_PROFILE");
    assert_eq!(with(seq(&[seq(&[])])), "E_ERS_FORMAT");
    let stamped = |parts: &[Vec<u8>]| with(seq(&[seq(&[seq(parts)])]));
    assert_eq!(stamped(&[tlv(0xa0, &SHA256[2..]), tree(&digests()), token.clone()]), "good");
    let other = tlv(0xa0, &SHA384[2..]);
    assert_eq!(stamped(&[other, tree(&digests()), token.clone()]), "E_ERS_FORMAT");
    let unknown = tlv(0xa0, &SHA1[2..]);
    assert_eq!(stamped(&[unknown, tree(&digests()), token.clone()]), "E_ERS_PROFILE");
    assert_eq!(stamped(&[tlv(0xa1, &[]), tree(&digests()), token.clone()]), "E_ERS_PROFILE");
    assert_eq!(stamped(std::slice::from_ref(&token)), "E_ERS_NOT_COVERED");
    assert_eq!(stamped(&[tlv(0xa2, &[]), token.clone()]), "E_ERS_FORMAT");
    assert_eq!(stamped(&[tree(&[vec![0; 31]]), token.clone()]), "E_ERS_FORMAT");
    let list = |digest: &[u8]| seq(&[tlv(4, digest)]);
    let deep = tlv(0xa2, &vec![list(&digests()[0]); 65].concat());
    assert_eq!(stamped(&[deep, token.clone()]), "E_ERS_PROFILE");
    let empty = tlv(0xa2, &[list(&digests()[0]), seq(&[])].concat());
    assert_eq!(stamped(&[empty, token.clone()]), "E_ERS_FORMAT");
    let repeated = [digests(), digests()].concat();
    assert_eq!(stamped(&[tree(&repeated), token]), "E_ERS_FORMAT");
    let mut trailing = begun();
    trailing.push(0);
    assert_eq!(label(&trailing), "E_ERS_FORMAT");
    let good = begun();
    for place in (0..good.len()).step_by(3) {
        let mut altered = good.clone();
        altered[place] ^= 1;
        assert_ne!(label(&altered), "good", "{place}");
    }
}
