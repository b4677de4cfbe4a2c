//! The sealed object: header, locks, chunked payload, manifest, limits.
//!
//! Layer 2, pure: it reads and writes through `std::io` traits it is handed, opens no file, has no
//! clock and draws no system randomness. Byte layouts: `docs/spec/seal.md`; vectors:
//! `fixtures/vectors/seal/`.
//!
//! The way of one object: a [`Context`] says whose it is; [`seal()`] writes it and returns its
//! [`ObjectSummary`]; the [`Manifest`] lists the summaries and is signed. The hall runs the arriving
//! slices through [`ExpectedSlice`], checks [`Header::expect_context`] and [`Header::verify_proof`].
//! After the custodians combined the point Z, [`ceremony_secret`] gives the lock secret (and
//! [`escrow_secret`] that of a bidder lock whose bidder did not) and [`open()`] the plaintext, or an [`OpenFailure`] whose [`OpenFailure::fault`] the law can use.

mod bidder_lock;
mod context;
mod escrow;
mod header;
mod keys;
pub mod limits;
mod manifest;
mod object;
mod open;
mod padding;
mod payload;
mod pipeline;
mod plaintext;
mod seal;
mod slices;
#[cfg(test)]
mod tests;
mod tree;

pub use bidder_lock::{BidderKey, BidderKeyError, BidderSecret, UnwrapError};
pub use context::{BidContext, Context, ContextError, EstimateContext};
pub use escrow::{BidderLockPlan, EscrowError, escrow_secret};
pub use header::{
    BidderLock, BidderLockAlgorithm, CeremonyLock, Escrow, Header, HeaderError, LockMode,
    MagicDamage, PREFIX_LEN, ReadHeaderError,
};
pub use keys::{
    LockCommitError, LockKind, LockSecrets, ceremony_secret, check_bidder_lock,
    check_ceremony_lock, released_secret,
};
pub use manifest::{
    Client, HeaderMismatch, Manifest, ManifestBody, ManifestError, ManifestKind, ManifestPart,
    SequenceError,
};
pub use object::{ObjectDigest, ObjectError, ObjectMismatch, ObjectSummary};
pub use open::{OpenFailure, Opened, Verdict, open, open_on};
pub use padding::{PadFault, Padding, padme};
pub use plaintext::{BackupError, CommittingReader, PlaintextDigest, PlaintextSalt};
pub use seal::{SealError, SealPlan, Sealed, seal, seal_on};
pub use slices::{ExpectedSlice, SliceCut, SliceFault, SliceRootsError, check_slice_roots};
