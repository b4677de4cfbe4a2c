//! The store on real files: what it promises, and what a crash, a full disk and damage leave.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod common;
mod crash;
mod full;
mod lots;
mod opening;
mod pool;
mod uploads;
