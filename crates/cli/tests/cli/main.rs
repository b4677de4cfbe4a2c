//! The command as processes: whole openings, refusals, signing, time stamps.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

mod ceremony;
mod demo_instant;
mod envelopes;
mod estimate;
mod evidence_record;
mod hardening;
mod held;
mod killed;
mod operations;
mod outage;
mod planted;
mod processes;
mod record;
mod refusals;
mod rehearsal;
mod result;
mod signers;
mod signing;
mod support;
mod talk;
mod timestamp;
mod tls;
mod token;
mod trust;
mod unlock;
mod withdraw;
mod witness;
