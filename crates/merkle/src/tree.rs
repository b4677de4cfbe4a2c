//! A growing tree in memory that can prove things about every size it ever had.

use kaibiao_types::Digest;

use crate::hash::{empty_root, node_hash};

/// An append-only tree. It keeps every complete subtree (two digests per leaf in all), so a root
/// or proof at any size takes logarithmic time.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// `levels[h][i]` is the root of leaves `i * 2^h .. (i + 1) * 2^h`.
    levels: Vec<Vec<Digest>>,
}

impl Tree {
    /// No leaves.
    pub fn new() -> Self {
        Self::default()
    }

    /// Leaves in the tree.
    pub fn len(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| wide(leaves.len()))
    }

    /// Whether the tree has no leaves.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends a leaf hash and returns its index, counted from 0.
    pub fn push(&mut self, leaf: Digest) -> u64 {
        let index = self.len();
        let mut next = Some(leaf);
        let mut height = 0;
        while let Some(root) = next {
            if self.levels.len() == height {
                self.levels.push(Vec::new());
            }
            next = self.levels.get_mut(height).and_then(|level| {
                level.push(root);
                match level.as_slice() {
                    [.., left, right] if level.len().is_multiple_of(2) => {
                        Some(node_hash(left, right))
                    }
                    _ => None,
                }
            });
            height += 1;
        }
        index
    }

    /// The leaf hash at an index; `None` beyond the tree.
    pub fn leaf(&self, index: u64) -> Option<Digest> {
        self.complete(0, index)
    }

    /// The root of the whole tree.
    pub fn root(&self) -> Digest {
        self.range(0, self.len()).unwrap_or_else(empty_root)
    }

    /// The root when the tree had `size` leaves; `None` if it never did.
    pub fn root_at(&self, size: u64) -> Option<Digest> {
        if size == 0 { Some(empty_root()) } else { self.range(0, size) }
    }

    /// The path that proves leaf `index` in the tree of `size` leaves, from the leaf's sibling up;
    /// `None` unless `index < size <= len`.
    ///
    /// # Source
    ///
    /// RFC 6962 section 2.1.1.
    pub fn inclusion_proof(&self, index: u64, size: u64) -> Option<Vec<Digest>> {
        if index >= size || size > self.len() {
            return None;
        }
        let (mut start, mut end) = (0, size);
        let mut path = Vec::new();
        while end - start > 1 {
            let middle = start + left_width(end - start);
            if index < middle {
                path.push(self.range(middle, end)?);
                end = middle;
            } else {
                path.push(self.range(start, middle)?);
                start = middle;
            }
        }
        path.reverse();
        Some(path)
    }

    /// The digests that prove that the tree of `old` leaves is the beginning of the tree of `new`
    /// leaves; `None` unless `1 <= old <= new <= len`. Empty if the sizes are equal.
    ///
    /// # Source
    ///
    /// RFC 6962 section 2.1.2.
    pub fn consistency_proof(&self, old: u64, new: u64) -> Option<Vec<Digest>> {
        if old == 0 || old > new || new > self.len() {
            return None;
        }
        let (mut start, mut end) = (0, new);
        let mut path = Vec::new();
        while end != old {
            let middle = start + left_width(end - start);
            if old <= middle {
                path.push(self.range(middle, end)?);
                end = middle;
            } else {
                path.push(self.range(start, middle)?);
                start = middle;
            }
        }
        // The old root itself is known to the verifier; a subtree inside it is not.
        if start > 0 {
            path.push(self.range(start, end)?);
        }
        path.reverse();
        Some(path)
    }

    /// The root over leaves `start..end`, where `start` is a multiple of a power of two not below
    /// the width: the only ranges RFC 6962 forms.
    fn range(&self, start: u64, end: u64) -> Option<Digest> {
        let mut start = start;
        let mut lefts = Vec::new();
        while !end.checked_sub(start)?.is_power_of_two() {
            let width = end.checked_sub(start).filter(|width| *width > 0)?;
            let middle = start + left_width(width);
            lefts.push(self.complete_range(start, middle)?);
            start = middle;
        }
        let last = self.complete_range(start, end)?;
        Some(lefts.iter().rev().fold(last, |right, left| node_hash(left, &right)))
    }

    /// The root over a complete subtree.
    fn complete_range(&self, start: u64, end: u64) -> Option<Digest> {
        let height = (end - start).trailing_zeros();
        self.complete(height, start >> height)
    }

    fn complete(&self, height: u32, index: u64) -> Option<Digest> {
        let level = self.levels.get(usize::try_from(height).ok()?)?;
        level.get(usize::try_from(index).ok()?).copied()
    }
}

/// The greatest power of two below `width`, for a width of at least 2.
const fn left_width(width: u64) -> u64 {
    1 << (u64::BITS - 1 - (width - 1).leading_zeros())
}

/// A length as a 64-bit number: `usize` is never wider on a supported machine.
fn wide(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
