//! Detached CMS signatures in one closed profile of CAdES (docs/spec/signature.md).

mod error;
mod read;
mod sign;
mod verify;

pub use error::{SignError, SignatureError};
pub use sign::{
    SignedAttributes, assemble, sign_detached, sign_detached_by, signed_attrs, signed_attrs_by,
};
pub use verify::{
    IntactSignature, Pin, UnverifiedSigner, VerifiedSignature, danger_read_signer_unverified,
    verify_detached, verify_detached_by, verify_pinned,
};
