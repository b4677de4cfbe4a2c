//! When a custodian acts and when it does not: one fault each, with the label of the refusal.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

mod bidder_window;
mod common;
mod confirmed;
mod cosign;
mod destruction;
mod discipline;
mod draw;
mod freeze;
mod held;
mod memory;
mod postponed;
mod release;
