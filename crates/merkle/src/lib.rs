//! RFC 6962 Merkle trees over SHA-256: roots, inclusion and consistency proofs.
//!
//! Layer 1: values in, values out. Everything works on *leaf hashes*, so a caller that already
//! holds the digest of an entry never needs the entry again.
//!
//! ```
//! use kaibiao_merkle::{Tree, leaf_hash, verify_inclusion};
//!
//! let mut tree = Tree::new();
//! for line in ["a", "b", "c"] {
//!     tree.push(leaf_hash(line.as_bytes()));
//! }
//! let proof = tree.inclusion_proof(1, 3).ok_or("outside the tree")?;
//! verify_inclusion(1, 3, leaf_hash(b"b"), &proof, tree.root())?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod builder;
mod hash;
mod tree;
mod verify;

pub use builder::{RootBuilder, SubtreeError};
pub use hash::{Sha256, TreeHash, empty_root, leaf_hash, node_hash, root_of};
pub use tree::Tree;
pub use verify::{ConsistencyError, InclusionError, verify_consistency, verify_inclusion};
