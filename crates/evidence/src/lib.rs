//! The evidence package and its verifier.
//!
//! Layer 4, pure: bytes in, bytes out; no network, no clock, no database, no server crate. An
//! auditor needs the package, a trust list of its own, and nothing else from us. Specification:
//! `docs/spec/evidence.md`.
//!
//! - [`write()`] makes the package of one lot from what the hall collected ([`PackageContents`]).
//! - [`verify()`] derives everything again from the package and answers one numbered check after
//!   the other ([`CheckId`]); the [`Report`] holds the answers and one [`Verdict`].
//!
//! Only packages of the public kind exist (no documents). Revocation, time-stamps and evidence
//! records are not part of this version, and no check claims them.

mod asic;
mod checks;
mod contents;
mod layout;
pub mod limits;
mod package;
mod report;
#[cfg(test)]
mod tests;
mod texts;
mod verify;
mod zip;

pub use checks::{Check, CheckId, Scope, Words, checks_json, explain, list_checks};
pub use contents::{BidContents, PackageContents, SignedFile};
pub use package::{WriteError, write};
pub use report::{BidLine, Facts, Finding, Lang, Note, Outcome, Report, Verdict};
pub use verify::verify;
pub use zip::{ZipFault, ZipWriteError};
