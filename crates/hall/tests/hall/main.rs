//! The hall over real sockets.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod autobahn;
mod operations;
mod room;
mod schema;
mod seats;
mod support;
