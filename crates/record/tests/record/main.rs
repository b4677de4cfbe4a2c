//! The record in its forms.

#![allow(clippy::panic, clippy::unwrap_used)]

mod ocds;
mod page;
mod pdf;
mod support;
