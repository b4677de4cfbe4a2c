//! Algorithms behind traits: the suite, secret types, transcript hash, proofs.
