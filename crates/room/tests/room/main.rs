//! Rooms over the real store.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used
)]

mod chat;
mod clock;
mod deadline;
mod disk;
mod estimate;
mod locks;
mod outsider;
mod signed;
mod slow;
mod support;
mod uploads;
mod withdraw;
