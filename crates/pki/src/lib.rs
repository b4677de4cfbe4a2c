//! Certificates, paths at a past time, CMS signatures, trust lists of many CAs.
//!
//! Layer 2: values in, values out. Trust comes from a [`TrustList`] handed in, time is an argument,
//! randomness a parameter. Formats: `docs/spec/signature.md`, `docs/spec/trust-list.md` and
//! `docs/spec/revocation.md`.
//!
//! - A [`Certificate`] is read by two parsers that must agree.
//! - [`verify_chain`] gives a [`VerifiedCert`]: a path valid at an instant, and whose it is.
//! - [`cms::sign_detached`] and [`cms::verify_detached`] make and verify `.p7s` files that
//!   `openssl cms -verify -cades` accepts too.
//! - [`revocation::judge_revocation`] says whether a certificate of the path was revoked then. It is
//!   asked apart: no other function here asks for it.
//! - [`roughtime`] asks servers for the time and verifies what they sign.
//!
//! Not here yet, and nothing stands in for it: time stamps (RFC 3161), evidence records (RFC 4998),
//! PKCS#12 files, PKCS#11 and SKF tokens (the two steps [`cms::signed_attrs`] and [`cms::assemble`]
//! are their place), BER and embedded content of imported containers.

mod cert;
pub mod cms;
mod der;
mod general_name;
mod identity;
pub mod limits;
mod name;
mod name_constraints;
mod oid;
mod path;
mod pem;
mod policy;
pub mod revocation;
pub mod roughtime;
mod trust;
mod verified;

use kaibiao_types::Digest;

pub use cert::{CertError, Certificate, KeyAlgorithm, KeyFault, SerialTail, SignatureAlgorithm};
pub use cms::{SignError, SignatureError};
pub use der::DerError;
pub use identity::{Chain, Identity};
pub use path::{FullPaths, PathValidator, ValidPath};
pub use pem::{PemError, read_certificates};
pub use policy::PolicySettings;
pub use trust::{Anchor, OrgCodePlace, OrgCodeRule, TrustList, TrustListError};
pub use verified::{Usage, VerifiedCert, verify_chain, verify_chain_by};

/// SHA-256 (FIPS 180-4).
fn sha256(bytes: &[u8]) -> Digest {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    let mut out = [0; 32];
    out.copy_from_slice(digest.as_ref()); // SHA-256 gives 32 bytes
    Digest::new(out)
}
