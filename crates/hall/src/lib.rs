//! The hall: intake, log, live room and pages over HTTP and WebSocket.
//!
//! Layer 6. [`serve`] opens the store, starts a room per published lot and answers requests. It holds
//! no key that opens a bid. Who may do what is decided by signatures inside the requests, so there are
//! no sessions; reading is open to everybody (公开). Calls: `docs/spec/http.md`.

mod admission;
mod api;
mod health;
mod metrics;
mod pages;
mod problem;
mod serve;
mod socket;
mod upgrade;

pub use serve::{HallConfig, HallError, serve};
pub use upgrade::{NoWebSocket, Upgrade};
