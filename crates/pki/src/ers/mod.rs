//! Evidence records (RFC 4998): one time stamp for many data objects, renewed before it stops proving
//! something (docs/spec/timestamp.md).
//!
//! - [`imprint`] and [`begin`] make a record over a group of objects; a [`HashTree`] makes one record
//!   for each of many groups with a single stamp.
//! - [`renewal_imprint`] and [`renew`] put a stamp over the newest one; [`renewed_digests`] and
//!   [`HashTree::renew`] begin a chain under a stronger digest, for which the objects are needed.
//! - [`verify`] judges a record at an instant.
//!
//! An object is known by its digests: a [`DataObject`], made piece by piece by an [`ObjectHasher`].

mod error;
mod object;
mod read;
mod renewal;
mod tree;
mod verify;
mod write;

pub use error::EvidenceError;
pub use object::{DataObject, ObjectHasher};
pub use read::{ChainOutline, outline};
pub use renewal::{renewed_digests, stronger};
pub use tree::HashTree;
pub use verify::{VerifiedRecord, verify, verify_by, verify_stamps};
pub use write::{begin, imprint, renew, renewal_imprint};
