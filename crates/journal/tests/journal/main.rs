//! The opening log, receipts and notes against vectors, and what must be refused.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::print_stdout, clippy::unwrap_used)]

mod common;
mod entries;
mod freeze;
mod golden;
mod intake;
mod notes;
mod receipts;
mod ticks;
mod wycheproof;
