//! The procedure as its callers see it: one binary, one module per subject.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::result_large_err,
    clippy::string_slice,
    clippy::format_push_string,
    clippy::unwrap_used
)]

mod bidder_window;
mod chat;
mod command;
mod consortium;
mod correction;
mod draw;
mod envelope;
mod estimate;
mod events;
mod fault;
mod forged;
mod freeze;
mod graph;
mod hold;
mod observer;
mod outage;
mod postpone;
mod procedure;
mod random;
mod rates;
mod record;
mod replay;
mod result;
mod round;
mod sequences;
mod sheet;
mod sign_in;
mod steps;
mod stored;
mod support;
mod table;
mod tender;
mod time;
mod unseal;
mod walk;
mod window;
