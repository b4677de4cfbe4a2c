//! Trees over an object's pieces with the hash of its suite (`MTH` of the specification).

use kaibiao_crypto::Suite;
use kaibiao_merkle::{RootBuilder, TreeHash};
use kaibiao_types::Digest;

/// The hash of a suite.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SuiteHash(&'static Suite);

impl TreeHash for SuiteHash {
    fn hash(&self, pieces: &[&[u8]]) -> Digest {
        let mut hasher = self.0.hasher();
        for piece in pieces {
            hasher.update(piece);
        }
        hasher.finish()
    }
}

/// A tree of RFC 6962 over the hash of a suite.
pub(crate) type SuiteTree = RootBuilder<SuiteHash>;

/// A tree without leaves.
pub(crate) const fn suite_tree(suite: &'static Suite) -> SuiteTree {
    RootBuilder::with(SuiteHash(suite))
}

#[cfg(test)]
mod tests {
    use kaibiao_crypto::{SUITE_1, SUITE_SM};
    use kaibiao_merkle::{leaf_hash, root_of};
    use kaibiao_types::Digest;

    use super::*;

    #[test]
    fn it_is_the_tree_of_rfc_6962() {
        let chunks: Vec<Digest> = (0..70).map(|i| Digest::new([i; 32])).collect();
        for count in 0..chunks.len() {
            let mut tree = suite_tree(&SUITE_1);
            let mut other = suite_tree(&SUITE_SM);
            for chunk in &chunks[..count] {
                tree.push_data(chunk.bytes());
                other.push_data(chunk.bytes());
            }
            let leaves: Vec<Digest> =
                chunks[..count].iter().map(|chunk| leaf_hash(chunk.bytes())).collect();
            let root = tree.finish();
            assert_eq!(root, root_of(&leaves), "{count} leaves");
            assert_ne!(other.finish(), root);
        }
    }
}
