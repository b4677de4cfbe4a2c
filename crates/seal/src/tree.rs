//! The tree over an object's chunks with the hash of its suite.

use kaibiao_crypto::Suite;
use kaibiao_types::Digest;

/// RFC 6962 section 2.1 with the suite's hash, leaf by leaf: complete subtrees, tallest first.
#[derive(Clone, Debug)]
pub(crate) struct SuiteTree {
    suite: &'static Suite,
    peaks: Vec<(u32, Digest)>,
}

impl SuiteTree {
    pub(crate) const fn new(suite: &'static Suite) -> Self {
        Self { suite, peaks: Vec::new() }
    }

    /// Takes the next leaf's data in.
    pub(crate) fn push(&mut self, data: &Digest) {
        let mut top = (0, self.hash(&[&[0], data.bytes()]));
        while let Some(left) = self.peaks.pop_if(|(height, _)| *height == top.0) {
            top = (top.0 + 1, self.node(&left.1, &top.1));
        }
        self.peaks.push(top);
    }

    /// The root; of no leaf at all, the hash of nothing.
    pub(crate) fn finish(mut self) -> Digest {
        let Some((_, mut root)) = self.peaks.pop() else { return self.hash(&[]) };
        while let Some((_, left)) = self.peaks.pop() {
            root = self.node(&left, &root);
        }
        root
    }

    fn node(&self, left: &Digest, right: &Digest) -> Digest {
        self.hash(&[&[1], left.bytes(), right.bytes()])
    }

    fn hash(&self, parts: &[&[u8]]) -> Digest {
        let mut hasher = self.suite.hasher();
        for part in parts {
            hasher.update(part);
        }
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use kaibiao_crypto::{SUITE_1, SUITE_SM};
    use kaibiao_merkle::{leaf_hash, root_of};

    use super::*;

    #[test]
    fn it_is_the_tree_of_rfc_6962() {
        let chunks: Vec<Digest> = (0..70).map(|i| Digest::new([i; 32])).collect();
        for count in 0..chunks.len() {
            let mut tree = SuiteTree::new(&SUITE_1);
            let mut other = SuiteTree::new(&SUITE_SM);
            for chunk in &chunks[..count] {
                tree.push(chunk);
                other.push(chunk);
            }
            let leaves: Vec<Digest> =
                chunks[..count].iter().map(|chunk| leaf_hash(chunk.bytes())).collect();
            let root = tree.finish();
            assert_eq!(root, root_of(&leaves), "{count} leaves");
            assert_ne!(other.finish(), root);
        }
    }
}
