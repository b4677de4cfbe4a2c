//! Custodians against a hall that does as the test says, over HTTP, with the real libraries.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    unreachable_pub
)]

mod ceremony;
mod destruction;
mod draw;
mod hall;
mod journals;
mod opening;
mod outage;
mod people;
mod scene;
mod time;
