//! Checking proofs without the tree.

use kaibiao_types::Digest;

use crate::hash::{empty_root, node_hash};

/// Why an inclusion proof proves nothing.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InclusionError {
    /// The tree has no such leaf.
    #[error("leaf {index} lies outside a tree of {size} leaves")]
    IndexOutside {
        /// The claimed index, from 0.
        index: u64,
        /// Leaves in the tree.
        size: u64,
    },
    /// A path in this tree from this leaf has another length.
    #[error("the inclusion path has {found} digests instead of {expected}")]
    PathLength {
        /// Digests such a path has.
        expected: usize,
        /// Digests found.
        found: usize,
    },
    /// The path leads to another root.
    #[error("the inclusion path leads to another root")]
    RootMismatch,
}

impl InclusionError {
    /// The stable name of the error.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::IndexOutside { .. } => "inclusion-index-outside",
            Self::PathLength { .. } => "inclusion-path-length",
            Self::RootMismatch => "inclusion-root-mismatch",
        }
    }
}

/// Why a consistency proof proves nothing.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ConsistencyError {
    /// The old tree is empty and the new one is not: nothing can be proved about the empty tree.
    #[error("the empty tree proves nothing about a tree of {new} leaves")]
    FromEmpty {
        /// Leaves of the new tree.
        new: u64,
    },
    /// The proof leads to another new root.
    #[error("the consistency proof leads to another new root")]
    NewRootMismatch,
    /// The proof leads to another old root: the log was rewritten.
    #[error("the consistency proof leads to another old root")]
    OldRootMismatch,
    /// A proof between these sizes has another length.
    #[error("the consistency proof has {found} digests instead of {expected}")]
    ProofLength {
        /// Digests such a proof has.
        expected: usize,
        /// Digests found.
        found: usize,
    },
    /// The new tree is smaller than the old one: the log was cut.
    #[error("the tree shrank from {old} to {new} leaves")]
    Shrunk {
        /// Leaves of the old tree.
        old: u64,
        /// Leaves of the new tree.
        new: u64,
    },
}

impl ConsistencyError {
    /// The stable name of the error.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::FromEmpty { .. } => "consistency-from-empty",
            Self::NewRootMismatch => "consistency-new-root-mismatch",
            Self::OldRootMismatch => "consistency-old-root-mismatch",
            Self::ProofLength { .. } => "consistency-proof-length",
            Self::Shrunk { .. } => "consistency-shrunk",
        }
    }
}

/// Checks that `leaf` (a leaf hash) is leaf number `index` of the tree of `size` leaves under
/// `root`.
///
/// # Errors
///
/// [`InclusionError`]; a path of the wrong length is refused before anything is hashed.
///
/// # Source
///
/// RFC 6962 section 2.1.1; the walk is that of RFC 9162 section 2.1.3.2.
pub fn verify_inclusion(
    index: u64,
    size: u64,
    leaf: Digest,
    path: &[Digest],
    root: Digest,
) -> Result<(), InclusionError> {
    if index >= size {
        return Err(InclusionError::IndexOutside { index, size });
    }
    let shape = Shape::new(index, size);
    if path.len() != shape.inner + shape.border {
        let expected = shape.inner + shape.border;
        return Err(InclusionError::PathLength { expected, found: path.len() });
    }
    let (inner, border) = path.split_at_checked(shape.inner).unwrap_or((path, &[]));
    let mut node = leaf;
    for (height, sibling) in inner.iter().enumerate() {
        let on_the_right = (index >> height) & 1 == 1;
        node = if on_the_right { node_hash(sibling, &node) } else { node_hash(&node, sibling) };
    }
    node = border.iter().fold(node, |node, sibling| node_hash(sibling, &node));
    if node == root { Ok(()) } else { Err(InclusionError::RootMismatch) }
}

/// Checks that the tree of `old` leaves under `old_root` is the beginning of the tree of `new`
/// leaves under `new_root`.
///
/// Edge rules: equal sizes need equal roots and an empty proof; size 0 has the one root
/// `SHA-256("")`, and from it nothing can be proved but size 0 again.
///
/// # Errors
///
/// [`ConsistencyError`].
///
/// # Source
///
/// RFC 6962 section 2.1.2.
pub fn verify_consistency(
    old: u64,
    old_root: Digest,
    new: u64,
    new_root: Digest,
    proof: &[Digest],
) -> Result<(), ConsistencyError> {
    if new < old {
        return Err(ConsistencyError::Shrunk { old, new });
    }
    if old == new {
        return verify_equal(old, old_root, new_root, proof);
    }
    let Some(last_old) = old.checked_sub(1) else {
        return Err(ConsistencyError::FromEmpty { new });
    };
    // The proof is an inclusion path of the last complete subtree of the old tree, whose height is
    // `shift`; that subtree's own root comes first unless it is the whole old tree.
    let shift = old.trailing_zeros();
    let whole = old.is_power_of_two();
    let shape = Shape::new(last_old >> shift, ((new - 1) >> shift) + 1);
    let expected = usize::from(!whole) + shape.inner + shape.border;
    if proof.len() != expected {
        return Err(ConsistencyError::ProofLength { expected, found: proof.len() });
    }
    let (seed, rest) = match proof {
        [first, rest @ ..] if !whole => (*first, rest),
        rest => (old_root, rest),
    };
    let (inner, border) = rest.split_at_checked(shape.inner).unwrap_or((rest, &[]));
    let (mut in_old, mut in_new) = (seed, seed);
    for (height, sibling) in inner.iter().enumerate() {
        if (last_old >> shift >> height) & 1 == 1 {
            in_old = node_hash(sibling, &in_old);
            in_new = node_hash(sibling, &in_new);
        } else {
            // A right sibling was appended later: the old tree does not know it.
            in_new = node_hash(&in_new, sibling);
        }
    }
    for sibling in border {
        in_old = node_hash(sibling, &in_old);
        in_new = node_hash(sibling, &in_new);
    }
    if in_old != old_root {
        return Err(ConsistencyError::OldRootMismatch);
    }
    if in_new == new_root { Ok(()) } else { Err(ConsistencyError::NewRootMismatch) }
}

fn verify_equal(
    size: u64,
    old_root: Digest,
    new_root: Digest,
    proof: &[Digest],
) -> Result<(), ConsistencyError> {
    if !proof.is_empty() {
        return Err(ConsistencyError::ProofLength { expected: 0, found: proof.len() });
    }
    if size == 0 && old_root != empty_root() {
        return Err(ConsistencyError::OldRootMismatch);
    }
    if old_root == new_root { Ok(()) } else { Err(ConsistencyError::NewRootMismatch) }
}

/// How a path runs: first along siblings on either side, then up the right border of the tree,
/// where every sibling is on the left.
struct Shape {
    inner: usize,
    border: usize,
}

impl Shape {
    /// For `index < size`.
    fn new(index: u64, size: u64) -> Self {
        let inner = u64::BITS - (index ^ (size - 1)).leading_zeros();
        let border = index.checked_shr(inner).unwrap_or(0).count_ones();
        Self { inner: small(inner), border: small(border) }
    }
}

/// A bit count (at most 64) as a length.
fn small(bits: u32) -> usize {
    usize::try_from(bits).unwrap_or(usize::MAX)
}
