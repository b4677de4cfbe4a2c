//! Detached CMS signatures in one closed profile of CAdES, with or without a time stamp on the
//! signature (docs/spec/signature.md).

mod error;
mod import;
mod parts;
mod read;
mod sign;
mod stamp;
mod verify;

pub(crate) use parts::{Bag, CertId, PartFault, only_signer, signs_attributes};
pub(crate) use read::{Container, SignerId, attribute as read_attribute, signed_data, signer_id};
pub(crate) use sign::{attributes_over, container};
pub(crate) use verify::check;

pub use error::{SignError, SignatureError};
pub use import::{ImportNote, ImportedSignature, is_importable, verify_imported};
pub use sign::{
    SignedAttributes, assemble, sign_detached, sign_detached_by, signed_attrs, signed_attrs_by,
};
pub use stamp::{add_time_stamp, time_stamp_imprint};
pub use verify::{
    IntactSignature, Pin, UnverifiedSigner, VerifiedSignature, danger_read_signer_unverified,
    verify_detached, verify_detached_by, verify_pinned,
};
