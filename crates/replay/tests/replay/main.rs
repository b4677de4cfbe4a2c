//! What replay must refuse: one fault each, with the label that a person sees.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

mod acts;
mod bid;
mod board;
mod common;
mod draw;
mod estimate;
mod freeze;
mod locks;
mod log;
mod mutation;
mod outage;
mod signed;
mod suites;
mod tender;
mod unlock;
mod unseal;
