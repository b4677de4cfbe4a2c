//! The evidence package and its verifier.
