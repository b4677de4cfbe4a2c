//! The hashes of RFC 6962: a leaf and an inner node can never be mistaken for each other.

use kaibiao_types::Digest;
use ring::digest::{Context, SHA256};

use crate::RootBuilder;

/// The hash function of a tree.
pub trait TreeHash {
    /// The digest of the joined pieces.
    fn hash(&self, pieces: &[&[u8]]) -> Digest;

    /// The hash of a leaf: `H(0x00 || data)`.
    fn leaf(&self, data: &[u8]) -> Digest {
        self.hash(&[&[0], data])
    }

    /// The hash of an inner node: `H(0x01 || left || right)`.
    fn node(&self, left: &Digest, right: &Digest) -> Digest {
        self.hash(&[&[1], left.bytes(), right.bytes()])
    }

    /// The root of the tree without leaves: `H("")`.
    fn empty(&self) -> Digest {
        self.hash(&[])
    }
}

/// SHA-256, the hash of every log (RFC 6962).
#[derive(Clone, Copy, Debug, Default)]
pub struct Sha256;

impl TreeHash for Sha256 {
    fn hash(&self, pieces: &[&[u8]]) -> Digest {
        let mut context = Context::new(&SHA256);
        for piece in pieces {
            context.update(piece);
        }
        let mut out = [0; 32];
        // SHA-256 has 32 bytes of output, so the lengths are equal.
        out.copy_from_slice(context.finish().as_ref());
        Digest::new(out)
    }
}

/// The hash of a leaf: `SHA-256(0x00 || data)`.
///
/// # Source
///
/// RFC 6962 section 2.1.
pub fn leaf_hash(data: &[u8]) -> Digest {
    Sha256.leaf(data)
}

/// The hash of an inner node: `SHA-256(0x01 || left || right)`.
///
/// # Source
///
/// RFC 6962 section 2.1.
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    Sha256.node(left, right)
}

/// The root of the tree without leaves: `SHA-256("")`.
///
/// # Source
///
/// RFC 6962 section 2.1.
pub fn empty_root() -> Digest {
    Sha256.empty()
}

/// The root over leaf hashes in their order; [`empty_root`] if there are none.
pub fn root_of(leaves: &[Digest]) -> Digest {
    let mut builder = RootBuilder::new();
    for leaf in leaves {
        builder.push(*leaf);
    }
    builder.root()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_digests() {
        // RFC 6962 leaves its empty root as SHA-256(""); the leaf of no bytes is SHA-256(00).
        assert_eq!(
            empty_root().to_string(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(
            leaf_hash(b"").to_string(),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
        );
    }

    #[test]
    fn a_node_is_not_the_leaf_of_its_children() {
        let (left, right) = (leaf_hash(b"l"), leaf_hash(b"r"));
        let joined = [left.bytes().as_slice(), right.bytes().as_slice()].concat();
        assert_ne!(node_hash(&left, &right), leaf_hash(&joined));
        assert_ne!(node_hash(&left, &right), node_hash(&right, &left));
    }

    #[test]
    fn one_leaf_is_its_own_root_and_not_the_empty_root() {
        assert_eq!(root_of(&[leaf_hash(b"x")]), leaf_hash(b"x"));
        assert_eq!(root_of(&[]), empty_root());
        assert_ne!(root_of(&[leaf_hash(b"")]), empty_root());
    }
}
