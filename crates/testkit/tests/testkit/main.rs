//! What other tests stand on.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod fixtures;
mod indot;
mod keys;
mod running;
