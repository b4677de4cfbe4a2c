//! Verifies detached signatures.

use kaibiao_types::{Digest, UtcMillis};

use super::error::SignatureError;
use super::parts::signs_attributes;
use super::read::Container;
use crate::cert::{Certificate, SignatureAlgorithm};
use crate::path::{FullPaths, PathValidator};
use crate::sha256;
use crate::trust::TrustList;
use crate::tsp::{VerifiedTimeStamp, intact_over, verify_over};
use crate::verified::{Usage, VerifiedCert, verify_chain_by};

/// A detached signature that is intact and whose signer is trusted. Only verification makes one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VerifiedSignature {
    signer: VerifiedCert,
    signing_time: UtcMillis,
    time_stamp: Option<VerifiedTimeStamp>,
    cms_sha256: Digest,
}

/// A detached signature that is intact under a certificate or key known beforehand. It says nothing
/// about trust in the certificate. Only verification makes one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IntactSignature {
    certificate: Certificate,
    signing_time: UtcMillis,
    cms_sha256: Digest,
}

/// What a container *claims* about its signer. Nothing of it was verified.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnverifiedSigner {
    /// The certificate the container presents as its signer's.
    pub certificate: Certificate,
    /// The signing time the container claims.
    pub signing_time: UtcMillis,
}

/// Which signer is expected.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Pin {
    /// The certificate with this SHA-256.
    Certificate(Digest),
    /// Any certificate of the key whose `SubjectPublicKeyInfo` has this SHA-256.
    Key(Digest),
}

impl VerifiedSignature {
    /// Who signed.
    pub const fn signer(&self) -> &VerifiedCert {
        &self.signer
    }

    /// When the signer says to have signed, in whole seconds: a claim, never a proof.
    pub const fn signing_time(&self) -> UtcMillis {
        self.signing_time
    }

    /// The time stamp on the signature, if the container has one: the signature existed before.
    pub const fn time_stamp(&self) -> Option<&VerifiedTimeStamp> {
        self.time_stamp.as_ref()
    }

    /// SHA-256 of the whole container.
    pub const fn cms_sha256(&self) -> Digest {
        self.cms_sha256
    }
}

impl IntactSignature {
    /// The certificate under which the signature is intact.
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// When the signer says to have signed, in whole seconds: a claim, never a proof.
    pub const fn signing_time(&self) -> UtcMillis {
        self.signing_time
    }

    /// SHA-256 of the whole container.
    pub const fn cms_sha256(&self) -> Digest {
        self.cms_sha256
    }
}

/// Verifies a detached signature over `content`, whose signer must lead to the trust list by a path
/// valid at `at`.
///
/// `at` is the instant the caller can prove the signature existed (completion stamp, log entry),
/// not the signing time in the container.
///
/// # Errors
///
/// [`SignatureError`]; in this order: format, digest of the content, signer's certificate in the
/// container, signature value, path, time stamp if there is one.
///
/// # Source
///
/// RFC 5652, 5.4 to 5.6; RFC 5035 (signingCertificateV2); ETSI EN 319 122-1 (CAdES baseline B).
pub fn verify_detached(
    cms: &[u8],
    content: &[u8],
    trust: &TrustList,
    at: UtcMillis,
) -> Result<VerifiedSignature, SignatureError> {
    verify_detached_by(&FullPaths::default(), cms, content, trust, at)
}

/// [`verify_detached`] with another path validator.
///
/// # Errors
///
/// [`SignatureError`].
pub fn verify_detached_by(
    validator: &dyn PathValidator,
    cms: &[u8],
    content: &[u8],
    trust: &TrustList,
    at: UtcMillis,
) -> Result<VerifiedSignature, SignatureError> {
    let container = Container::read(cms)?;
    let (certificate, algorithm) = check(&container, content)?;
    let pool = container.bag.beside(certificate);
    let signer = verify_chain_by(validator, certificate, &pool, trust, at, Usage::Sign)?;
    signer.allows(algorithm)?;
    let token = container.time_stamp;
    let time_stamp =
        token.map(|token| verify_over(validator, token, container.signature, &[], trust));
    Ok(VerifiedSignature {
        signer,
        signing_time: container.attributes.signing_time,
        time_stamp: time_stamp.transpose()?,
        cms_sha256: sha256(cms),
    })
}

/// Verifies a detached signature over `content` under a certificate or key that is known already,
/// for instance from a manifest or a ceremony record. No path is looked for and no validity judged:
/// after a receipt the state of a certificate never keeps a bid shut. A time stamp must be intact and
/// of this signature; its authority is not judged either.
///
/// # Errors
///
/// [`SignatureError`]; [`SignatureError::OtherSigner`] if the signature is of somebody else.
///
/// # Source
///
/// 招标投标法 art. 36 (what was received in time is opened); RFC 5652, 5.4 to 5.6.
pub fn verify_pinned(
    cms: &[u8],
    content: &[u8],
    signer: Pin,
) -> Result<IntactSignature, SignatureError> {
    let container = Container::read(cms)?;
    let certificate = container.signer()?;
    let expected = match signer {
        Pin::Certificate(sha256) => certificate.sha256() == sha256,
        Pin::Key(sha256) => certificate.spki_sha256() == sha256,
    };
    if !expected {
        return Err(SignatureError::OtherSigner(certificate.serial_tail()));
    }
    check(&container, content)?;
    if let Some(token) = container.time_stamp {
        intact_over(token, container.signature)?;
    }
    Ok(IntactSignature {
        certificate: certificate.clone(),
        signing_time: container.attributes.signing_time,
        cms_sha256: sha256(cms),
    })
}

/// Reads what a container claims about its signer, **without verifying anything**: for showing a
/// file to a person, never for a decision.
///
/// # Errors
///
/// [`SignatureError`]: the format variants.
pub fn danger_read_signer_unverified(cms: &[u8]) -> Result<UnverifiedSigner, SignatureError> {
    let container = Container::read(cms)?;
    let certificate = container.signer()?.clone();
    Ok(UnverifiedSigner { certificate, signing_time: container.attributes.signing_time })
}

/// Digest, identity of the certificate, signature value.
pub(crate) fn check<'a>(
    container: &'a Container<'_>,
    content: &[u8],
) -> Result<(&'a Certificate, SignatureAlgorithm), SignatureError> {
    if container.attributes.message_digest != container.digest.of(content) {
        return Err(SignatureError::Digest);
    }
    let certificate = container.signer()?;
    let algorithm = container.algorithm(certificate)?;
    let signed = container.attributes_raw;
    if signs_attributes(&certificate.key, algorithm, signed, container.signature) {
        Ok((certificate, algorithm))
    } else {
        Err(SignatureError::Crypto(certificate.serial_tail()))
    }
}
