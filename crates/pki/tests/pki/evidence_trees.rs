//! Hash trees of evidence records: one stamp, a record for each of many groups.

use kaibiao_pki::ers::{self, DataObject, EvidenceError, HashTree};
use kaibiao_pki::{DigestAlgorithm, TrustList};

use crate::evidence_records::{SHA, trust_json};
use crate::forge::*;
use crate::time_stamps::{stamp, world};

fn trust() -> TrustList {
    TrustList::parse(trust_json().as_bytes()).unwrap()
}

fn digest(name: &str) -> Vec<u8> {
    sha256(name.as_bytes())
}

fn object(name: &str) -> DataObject {
    DataObject::of(name.as_bytes(), &[SHA])
}

fn group(place: usize, members: usize) -> Vec<Vec<u8>> {
    (0..members).map(|member| digest(&format!("{place}.{member}"))).collect()
}

/// The members of a group.
fn members(place: usize, count: usize) -> Vec<DataObject> {
    (0..count).map(|member| object(&format!("{place}.{member}"))).collect()
}

fn verify(record: &[u8], objects: &[DataObject]) -> Result<(), EvidenceError> {
    ers::verify(record, objects, &trust(), now()).map(|_| ())
}

#[test]
fn every_group_has_its_own_record() {
    for count in [1, 2, 3, 4, 5, 6, 7, 8, 13, 64, 100] {
        // Groups of one, two and three objects.
        let groups: Vec<_> = (0..count).map(|place| group(place, place % 3 + 1)).collect();
        let tree = HashTree::new(SHA, &groups).unwrap();
        let token = stamp(world(), tree.imprint().clone(), NOW);
        for place in [0, 1, 2, count / 2, count - 1].into_iter().filter(|place| *place < count) {
            let record = tree.begin(place, &token).unwrap();
            let own = members(place, place % 3 + 1);
            verify(&record, &own).unwrap();
            for one in &own {
                verify(&record, std::slice::from_ref(one)).unwrap();
            }
            // Neither a member of another group nor a branch is an object of this one.
            let other = (place + 1) % count;
            if count > 1 {
                let stranger = members(other, 1);
                assert_eq!(verify(&record, &stranger).unwrap_err(), EvidenceError::NotCovered);
                let both = [own.clone(), stranger].concat();
                assert_eq!(verify(&record, &both).unwrap_err(), EvidenceError::NotCovered);
            }
            if own.len() > 2 {
                assert_eq!(verify(&record, &own[1..]).unwrap_err(), EvidenceError::NotCovered);
            }
        }
        assert_eq!(tree.begin(count, &token).unwrap_err(), EvidenceError::NotCovered);
    }
}

#[test]
fn a_tree_is_what_the_standard_says() {
    let pair = |a: &[u8], b: &[u8]| sha256(&if a < b { [a, b] } else { [b, a] }.concat());
    let [a, b, c] = ["a", "b", "c"].map(digest);
    let groups = [vec![a.clone()], vec![b.clone()], vec![c.clone()]];
    let tree = HashTree::new(SHA, &groups).unwrap();
    // Of three the last moves up as it is.
    assert_eq!(tree.imprint().digest(), pair(&pair(&a, &b), &c));
    // A group of several is a node of its own.
    let tree = HashTree::new(SHA, &[vec![b.clone(), a.clone()], vec![c.clone()]]).unwrap();
    assert_eq!(tree.imprint().digest(), pair(&pair(&a, &b), &c));
    assert_eq!(HashTree::new(SHA, &[vec![a.clone(), a.clone()]]).unwrap().imprint().digest(), a);
}

#[test]
fn trees_have_bounds() {
    let refused = |groups: &[Vec<Vec<u8>>]| HashTree::new(SHA, groups).unwrap_err();
    assert_eq!(refused(&[]), EvidenceError::NotCovered);
    assert_eq!(refused(&[group(0, 1), vec![]]), EvidenceError::NotCovered);
    assert_eq!(refused(&[vec![vec![0; 31]]]), EvidenceError::NotCovered);
    assert_eq!(refused(&[vec![vec![0; 48]]]), EvidenceError::NotCovered);
    assert_eq!(refused(&[vec![vec![0; 32]; 65_537]]).label(), "E_ERS_PROFILE");
    let tree = HashTree::new(SHA, &[group(0, 1), group(1, 1)]).unwrap();
    let other = HashTree::new(SHA, &[group(0, 1), group(2, 1)]).unwrap();
    let token = stamp(world(), other.imprint().clone(), NOW);
    assert_eq!(tree.begin(0, &token).unwrap_err().label(), "E_TST_IMPRINT");
}

/// What an object's bytes are read in pieces for does not depend on the pieces.
#[test]
fn objects_are_read_in_pieces() {
    let bytes: Vec<u8> = (0..1000_u32).map(|n| n as u8).collect();
    let whole = DataObject::of(&bytes, &DigestAlgorithm::ALL);
    let mut hasher = ers::ObjectHasher::new(&DigestAlgorithm::ALL);
    bytes.chunks(7).for_each(|piece| hasher.update(piece));
    assert_eq!(hasher.finish(), whole);
    for algorithm in DigestAlgorithm::ALL {
        assert_eq!(whole.digest(algorithm).unwrap(), algorithm.of(&bytes));
        assert_eq!(DigestAlgorithm::by_name(algorithm.name()), Some(algorithm));
        assert!(DataObject::with(algorithm, vec![0; 20]).is_none());
    }
    assert_eq!(DigestAlgorithm::by_name("sha1"), None);
    assert_eq!(DataObject::of(b"", &[SHA]).digest(DigestAlgorithm::Sm3), None);
}
