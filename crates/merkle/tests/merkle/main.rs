//! Trees and proofs.

#![allow(clippy::indexing_slicing, clippy::print_stdout, clippy::unwrap_used)]

mod foreign;
mod proofs;
