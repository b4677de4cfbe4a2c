//! The hall: intake, log, live room and pages over HTTP and WebSocket.
//!
//! Layer 6. [`serve`] opens the store, starts a room per published lot and answers requests. It holds
//! no key that opens a bid. Who may do what is decided by signatures inside the requests; reading
//! is open to everybody (公开). A session tells a seat in a lot and never acts (ADR-0028). Calls:
//! `docs/spec/http.md`.

mod admission;
mod api;
mod front;
mod health;
mod limits;
mod listen;
mod login;
mod metrics;
mod pages;
mod problem;
mod serve;
mod socket;
mod tls;
mod upgrade;

pub use front::{Front, SOCKETS_PER_ADDRESS};
pub use serve::{HallConfig, HallError, intake_key_beside, serve};
pub use tls::{Tls, TlsError, trial_folder};
pub use upgrade::{NoWebSocket, Upgrade};
