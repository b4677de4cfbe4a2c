//! Certificates, paths at a past time, CMS signatures, trust lists of many CAs.
//!
//! Layer 2: values in, values out. Trust comes from a [`TrustList`] handed in, time is an argument,
//! randomness a parameter. Formats: `docs/spec/signature.md`, `docs/spec/trust-list.md`,
//! `docs/spec/revocation.md` and `docs/spec/validation.md`.
//!
//! - A [`Certificate`] is read by two parsers that must agree.
//! - [`verify_chain`] gives a [`VerifiedCert`]: a path valid at an instant, and whose it is.
//! - A [`SignedTrustList`] proves that the one who answers for a list signed its exact bytes.
//! - [`cms::sign_detached`] and [`cms::verify_detached`] make and verify `.p7s` files that
//!   `openssl cms -verify -cades` accepts too.
//! - [`revocation::judge_revocation`] says whether a certificate of the path was revoked then. It is
//!   asked apart: no other function here asks for it.
//! - [`tsp`] asks for, makes and verifies time stamps (RFC 3161); [`cms::add_time_stamp`] puts one on
//!   a signature. [`ers`] makes, renews and verifies evidence records (RFC 4998).
//! - [`validation::validate`] puts all of this together: one signature, at the time it is shown to have
//!   existed, with revocation; passed, failed or open.
//! - [`roughtime`] asks servers for the time and verifies what they sign.
//!
//! - A [`Signer`] is a chain with a key anywhere: an [`Identity`] in memory, from PEM or from a
//!   [`Pkcs12`] file, or what another crate makes of a token.
//! - [`cms::verify_imported`] reads containers of GB/T 35275, for people who hold one.
//!
//! Not here yet, and nothing stands in for it: SKF tokens, BER and embedded content of imported
//! containers.

mod cert;
pub mod cms;
mod der;
pub mod ers;
mod general_name;
mod identity;
pub mod limits;
mod name;
mod name_constraints;
mod oid;
mod path;
mod pbe;
mod pem;
mod pkcs12;
mod policy;
mod private_key;
mod purposes;
pub mod revocation;
pub mod roughtime;
mod signed_list;
mod signer;
mod trust;
pub mod tsp;
pub mod validation;
mod verified;

use kaibiao_types::Digest;

pub use cert::{
    AlternativeName, CaDuty, CertError, Certificate, DigestAlgorithm, KeyAlgorithm, KeyFault,
    SerialTail, SignatureAlgorithm,
};
pub use cms::{SignError, SignatureError};
pub use der::DerError;
pub use identity::{Chain, Identity};
pub use path::{FullPaths, PathValidator, ValidPath};
pub use pbe::{Password, PasswordError, PbeError};
pub use pem::{PemError, is_encrypted_key, read_certificates};
pub use pkcs12::{Pkcs12, Pkcs12Error};
pub use policy::PolicySettings;
pub use purposes::Purposes;
pub use signed_list::{SignedListError, SignedTrustList};
pub use signer::Signer;
pub use trust::{Anchor, OrgCodePlace, OrgCodeRule, TrustList, TrustListError};
pub use tsp::TimeStampError;
pub use verified::{
    Usage, VerifiedCert, VerifiedPath, fits_usage, verify_chain, verify_chain_by, verify_path_by,
};

/// SHA-256 (FIPS 180-4).
fn sha256(bytes: &[u8]) -> Digest {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    let mut out = [0; 32];
    out.copy_from_slice(digest.as_ref()); // SHA-256 gives 32 bytes
    Digest::new(out)
}
