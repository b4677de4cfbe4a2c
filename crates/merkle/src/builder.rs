//! A root from a stream of leaves in logarithmic memory.

use kaibiao_types::Digest;

use crate::{Sha256, TreeHash};

/// Computes a root from leaf hashes, or whole subtrees, pushed in order.
///
/// It keeps one digest for each set bit of the leaf count (at most 64), so an object of any size
/// is hashed while it streams. Trees of a log are over SHA-256; [`RootBuilder::with`] takes another
/// hash. An upload part is exactly one subtree (ruling 3), so parts can be
/// hashed apart from each other and joined with [`RootBuilder::push_subtree`].
#[derive(Clone, Debug, Default)]
pub struct RootBuilder<H = Sha256> {
    hash: H,
    leaves: u64,
    /// Complete subtrees from left to right, heights strictly falling.
    peaks: Vec<Peak>,
}

#[derive(Clone, Copy, Debug)]
struct Peak {
    height: u32,
    root: Digest,
}

/// Why a subtree cannot be appended.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SubtreeError {
    /// The leaves before it do not fill whole subtrees of its height.
    #[error("{leaves} leaves are not a multiple of 2^{height}")]
    Misaligned {
        /// Leaves pushed so far.
        leaves: u64,
        /// Height of the refused subtree.
        height: u32,
    },
    /// The tree would have 2^63 leaves or more.
    #[error("a subtree of height {0} is too large")]
    TooLarge(u32),
}

impl SubtreeError {
    /// The stable name of the error.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Misaligned { .. } => "subtree-misaligned",
            Self::TooLarge(_) => "subtree-too-large",
        }
    }
}

impl RootBuilder {
    /// No leaves, over SHA-256.
    pub fn new() -> Self {
        Self::default()
    }
}

impl<H: TreeHash> RootBuilder<H> {
    /// No leaves, over another hash.
    pub const fn with(hash: H) -> Self {
        Self { hash, leaves: 0, peaks: Vec::new() }
    }

    /// Leaves pushed so far.
    pub const fn len(&self) -> u64 {
        self.leaves
    }

    /// Whether nothing was pushed.
    pub const fn is_empty(&self) -> bool {
        self.leaves == 0
    }

    /// Appends one leaf by its data.
    pub fn push_data(&mut self, data: &[u8]) {
        self.push(self.hash.leaf(data));
    }

    /// Appends one leaf hash.
    pub fn push(&mut self, leaf: Digest) {
        self.leaves += 1;
        self.join(Peak { height: 0, root: leaf });
    }

    /// Appends the root of a complete subtree of `2^height` leaves.
    ///
    /// # Errors
    ///
    /// [`SubtreeError`] if the leaf count is not a multiple of `2^height`, or becomes 2^63 or more.
    pub fn push_subtree(&mut self, height: u32, root: Digest) -> Result<(), SubtreeError> {
        if height > 62 {
            return Err(SubtreeError::TooLarge(height));
        }
        let width = 1_u64 << height;
        if !self.leaves.is_multiple_of(width) {
            return Err(SubtreeError::Misaligned { leaves: self.leaves, height });
        }
        let total = self.leaves.checked_add(width).filter(|total| *total < 1 << 63);
        self.leaves = total.ok_or(SubtreeError::TooLarge(height))?;
        self.join(Peak { height, root });
        Ok(())
    }

    /// The root over everything pushed so far; more may be pushed afterwards.
    pub fn root(&self) -> Digest {
        let mut peaks = self.peaks.iter().rev().map(|peak| peak.root);
        let Some(last) = peaks.next() else {
            return self.hash.empty();
        };
        peaks.fold(last, |right, left| self.hash.node(&left, &right))
    }

    /// The root over everything pushed.
    pub fn finish(self) -> Digest {
        self.root()
    }

    /// Appends a peak, joining equal heights.
    fn join(&mut self, mut peak: Peak) {
        while let Some(left) = self.peaks.pop_if(|left| left.height == peak.height) {
            let root = self.hash.node(&left.root, &peak.root);
            peak = Peak { height: peak.height + 1, root };
        }
        self.peaks.push(peak);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{leaf_hash, root_of};

    fn leaves(count: u64) -> Vec<Digest> {
        (0..count).map(|i| leaf_hash(&i.to_be_bytes())).collect()
    }

    #[test]
    fn subtrees_give_the_same_root_as_leaves() {
        let all = leaves(32 * 3 + 7);
        let mut builder = RootBuilder::new();
        for part in all.chunks(32) {
            if part.len() == 32 {
                builder.push_subtree(5, root_of(part)).unwrap();
            } else {
                for leaf in part {
                    builder.push(*leaf);
                }
            }
        }
        assert_eq!(builder.len(), 103);
        assert_eq!(builder.finish(), root_of(&all));
    }

    #[test]
    fn memory_stays_logarithmic() {
        let mut builder = RootBuilder::new();
        for leaf in leaves(1_023) {
            builder.push(leaf);
        }
        assert_eq!(builder.peaks.len(), 10);
        builder.push(leaf_hash(b"last"));
        assert_eq!(builder.peaks.len(), 1);
    }

    #[test]
    fn refuses_a_subtree_out_of_line_and_stays_as_it_was() {
        let mut builder = RootBuilder::new();
        builder.push(leaf_hash(b"one"));
        let before = builder.root();
        let refused = builder.push_subtree(1, Digest::ZERO);
        assert_eq!(refused, Err(SubtreeError::Misaligned { leaves: 1, height: 1 }));
        for height in [63, 64, u32::MAX] {
            let refused = builder.push_subtree(height, Digest::ZERO);
            assert_eq!(refused, Err(SubtreeError::TooLarge(height)));
        }
        assert_eq!((builder.root(), builder.len()), (before, 1));
    }

    #[test]
    fn refuses_more_leaves_than_it_can_count() {
        let mut builder = RootBuilder::new();
        builder.push_subtree(62, Digest::ZERO).unwrap();
        assert_eq!(builder.push_subtree(62, Digest::ZERO), Err(SubtreeError::TooLarge(62)));
        assert_eq!(builder.len(), 1 << 62);
    }
}
