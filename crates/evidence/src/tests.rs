//! Tests over whole packages.

mod common;
mod good;
