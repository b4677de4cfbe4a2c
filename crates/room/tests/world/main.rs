//! A deterministic world: whole openings over the real rooms, store and custody rules, with our clock,
//! our randomness and our network, one step at a time in an order that a seed chooses, and faults of
//! every kind at any step (ADR-0029).
//!
//! The same seed gives the same bytes. A failing seed prints itself and the command that plays it again.
//! `cargo xtask soak world` plays 10,000.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::print_stdout, clippy::as_conversions, clippy::cast_possible_truncation)]

mod bidder;
mod cast;
mod desk;
mod dice;
mod hall;
mod net;
mod oracle;
mod seat;
mod seeds;
mod world;
