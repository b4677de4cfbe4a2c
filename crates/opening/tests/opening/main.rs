//! The procedure as its callers see it: one binary, one module per subject.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::string_slice,
    clippy::format_push_string,
    clippy::unwrap_used
)]

mod command;
mod correction;
mod draw;
mod events;
mod fault;
mod freeze;
mod hold;
mod postpone;
mod procedure;
mod random;
mod record;
mod replay;
mod sheet;
mod support;
mod table;
mod tender;
mod time;
mod unseal;
mod walk;
mod window;
