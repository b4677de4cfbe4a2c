//! Every proof of every tree up to 70 leaves verifies, and any single bit flipped refuses it.

use kaibiao_merkle::{
    ConsistencyError, InclusionError, RootBuilder, Tree, empty_root, leaf_hash, root_of,
    verify_consistency, verify_inclusion,
};
use kaibiao_types::Digest;

const SIZES: u64 = 70;

fn leaf(index: u64) -> Digest {
    leaf_hash(format!("entry {index}").as_bytes())
}

fn tree() -> Tree {
    let mut tree = Tree::new();
    for index in 0..SIZES {
        assert_eq!(tree.push(leaf(index)), index);
    }
    tree
}

fn flipped(digest: Digest, bit: usize) -> Digest {
    let mut bytes = *digest.bytes();
    bytes[bit / 8] ^= 1 << (bit % 8);
    Digest::new(bytes)
}

fn with(path: &[Digest], at: usize, digest: Digest) -> Vec<Digest> {
    let mut path = path.to_vec();
    path[at] = digest;
    path
}

/// RFC 6962 section 2.1 as it is written, without any cache.
fn by_definition(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => empty_root(),
        [one] => *one,
        many => {
            let mut half = 1;
            while half * 2 < many.len() {
                half *= 2;
            }
            let (left, right) = many.split_at(half);
            kaibiao_merkle::node_hash(&by_definition(left), &by_definition(right))
        }
    }
}

#[test]
fn three_ways_to_one_root() {
    let tree = tree();
    let leaves: Vec<Digest> = (0..SIZES).map(leaf).collect();
    let mut builder = RootBuilder::new();
    for size in 0..=SIZES {
        let expected = by_definition(&leaves[..usize::try_from(size).unwrap()]);
        assert_eq!(tree.root_at(size), Some(expected), "tree of {size}");
        assert_eq!(builder.root(), expected, "builder of {size}");
        assert_eq!(root_of(&leaves[..usize::try_from(size).unwrap()]), expected);
        builder.push(leaf(size));
    }
    assert_eq!(tree.root_at(SIZES), Some(tree.root()));
}

#[test]
fn inclusion_holds_for_its_leaf_only() {
    let tree = tree();
    for size in 1..=SIZES {
        let root = tree.root_at(size).unwrap();
        for index in 0..size {
            let path = tree.inclusion_proof(index, size).unwrap();
            assert_eq!(verify_inclusion(index, size, leaf(index), &path, root), Ok(()));
            for other in (0..size).filter(|other| *other != index) {
                assert!(verify_inclusion(index, size, leaf(other), &path, root).is_err());
                assert!(verify_inclusion(other, size, leaf(index), &path, root).is_err());
            }
        }
    }
}

#[test]
fn one_bit_refuses_an_inclusion_proof() {
    let tree = tree();
    for size in 1..=SIZES {
        let root = tree.root_at(size).unwrap();
        for index in 0..size {
            let path = tree.inclusion_proof(index, size).unwrap();
            // A different bit of each digest for each proof; over all proofs every bit is hit.
            let bit = usize::try_from(index * 37 + size * 11).unwrap() % 256;
            let refused = Err(InclusionError::RootMismatch);
            let bad_leaf = flipped(leaf(index), bit);
            assert_eq!(verify_inclusion(index, size, bad_leaf, &path, root), refused);
            assert_eq!(
                verify_inclusion(index, size, leaf(index), &path, flipped(root, bit)),
                refused
            );
            for (at, digest) in path.iter().enumerate() {
                let bad = with(&path, at, flipped(*digest, bit));
                assert_eq!(verify_inclusion(index, size, leaf(index), &bad, root), refused);
            }
            let longer = [path.as_slice(), &[leaf(index)]].concat();
            assert!(matches!(
                verify_inclusion(index, size, leaf(index), &longer, root),
                Err(InclusionError::PathLength { .. })
            ));
            if let Some((_, shorter)) = path.split_first() {
                assert!(matches!(
                    verify_inclusion(index, size, leaf(index), shorter, root),
                    Err(InclusionError::PathLength { .. })
                ));
            }
        }
    }
}

#[test]
fn every_bit_of_a_proof_counts() {
    let tree = tree();
    let (index, size) = (37, 67);
    let root = tree.root_at(size).unwrap();
    let path = tree.inclusion_proof(index, size).unwrap();
    let consistency = tree.consistency_proof(index, size).unwrap();
    let old_root = tree.root_at(index).unwrap();
    for bit in 0..256 {
        for at in 0..path.len() {
            let bad = with(&path, at, flipped(path[at], bit));
            assert!(verify_inclusion(index, size, leaf(index), &bad, root).is_err());
        }
        for at in 0..consistency.len() {
            let bad = with(&consistency, at, flipped(consistency[at], bit));
            assert!(verify_consistency(index, old_root, size, root, &bad).is_err());
        }
    }
}

#[test]
fn consistency_holds_between_all_sizes() {
    let tree = tree();
    for new in 1..=SIZES {
        let new_root = tree.root_at(new).unwrap();
        for old in 1..=new {
            let old_root = tree.root_at(old).unwrap();
            let proof = tree.consistency_proof(old, new).unwrap();
            assert_eq!(verify_consistency(old, old_root, new, new_root, &proof), Ok(()));
            let bit = usize::try_from(old * 37 + new * 11).unwrap() % 256;
            let check = |old_root, new_root, proof: &[Digest]| {
                verify_consistency(old, old_root, new, new_root, proof)
            };
            assert!(check(flipped(old_root, bit), new_root, &proof).is_err());
            assert!(check(old_root, flipped(new_root, bit), &proof).is_err());
            for (at, digest) in proof.iter().enumerate() {
                let bad = with(&proof, at, flipped(*digest, bit));
                assert!(check(old_root, new_root, &bad).is_err(), "{old} {new} {at}");
            }
            let longer = [proof.as_slice(), &[new_root]].concat();
            assert!(matches!(
                check(old_root, new_root, &longer),
                Err(ConsistencyError::ProofLength { .. })
            ));
        }
    }
}

#[test]
fn a_proof_for_another_size_is_refused() {
    let tree = tree();
    let (old, new) = (23, 61);
    let proof = tree.consistency_proof(old, new).unwrap();
    let root = |size| tree.root_at(size).unwrap();
    for other in (1..=SIZES).filter(|other| *other != old) {
        assert!(verify_consistency(other, root(old), new, root(new), &proof).is_err());
        assert!(verify_consistency(other, root(other), new, root(new), &proof).is_err());
    }
    for other in (old..=SIZES).filter(|other| *other != new) {
        assert!(verify_consistency(old, root(old), other, root(other), &proof).is_err());
    }
}

#[test]
fn edges_of_consistency() {
    let tree = tree();
    let (empty, one) = (empty_root(), tree.root_at(1).unwrap());
    assert_eq!(verify_consistency(0, empty, 0, empty, &[]), Ok(()));
    assert_eq!(
        verify_consistency(0, one, 0, one, &[]),
        Err(ConsistencyError::OldRootMismatch),
        "size 0 has one root"
    );
    assert_eq!(
        verify_consistency(0, empty, 1, one, &[]),
        Err(ConsistencyError::FromEmpty { new: 1 })
    );
    assert_eq!(
        verify_consistency(2, one, 1, one, &[]),
        Err(ConsistencyError::Shrunk { old: 2, new: 1 })
    );
    assert_eq!(
        verify_consistency(1, one, 1, one, &[one]),
        Err(ConsistencyError::ProofLength { expected: 0, found: 1 })
    );
    assert_eq!(verify_consistency(1, one, 1, empty, &[]), Err(ConsistencyError::NewRootMismatch));
}

#[test]
fn huge_sizes_are_refused_and_do_not_overflow() {
    let digest = leaf(0);
    for (index, size) in [(0, 0), (u64::MAX, u64::MAX), (u64::MAX, 1), (5, 5)] {
        assert_eq!(
            verify_inclusion(index, size, digest, &[], digest),
            Err(InclusionError::IndexOutside { index, size })
        );
    }
    let last = verify_inclusion(u64::MAX - 1, u64::MAX, digest, &[], digest);
    assert!(matches!(last, Err(InclusionError::PathLength { .. })));
    let first = verify_inclusion(0, u64::MAX, digest, &[], digest);
    assert_eq!(first, Err(InclusionError::PathLength { expected: 64, found: 0 }));
    for old in [1, 2, (1 << 63) - 1, 1 << 63, u64::MAX - 1] {
        let refused = verify_consistency(old, digest, u64::MAX, digest, &[]);
        assert!(matches!(refused, Err(ConsistencyError::ProofLength { .. })), "{old}");
    }
}

#[test]
fn the_tree_proves_nothing_it_does_not_hold() {
    let tree = tree();
    assert_eq!(tree.root_at(SIZES + 1), None);
    assert_eq!(tree.root_at(u64::MAX), None);
    assert_eq!(tree.leaf(SIZES), None);
    assert_eq!(tree.inclusion_proof(0, SIZES + 1), None);
    assert_eq!(tree.inclusion_proof(3, 3), None);
    assert_eq!(tree.inclusion_proof(0, 0), None);
    assert_eq!(tree.consistency_proof(0, 4), None);
    assert_eq!(tree.consistency_proof(5, 4), None);
    assert_eq!(tree.consistency_proof(4, SIZES + 1), None);
    assert_eq!(Tree::new().root(), empty_root());
    assert!(Tree::new().is_empty());
}
