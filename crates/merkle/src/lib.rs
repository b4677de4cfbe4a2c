//! RFC 6962 Merkle trees: roots, inclusion and consistency proofs.
