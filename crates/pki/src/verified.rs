//! A certificate that was verified for a use at an instant: whose it is, proven.

use kaibiao_types::{Digest, OrgCode, Party, UtcMillis};

use crate::cert::{CertError, Certificate, Purpose, SignatureAlgorithm, text};
use crate::der::{self, Reader};
use crate::limits::POOL_MAX;
use crate::oid;
use crate::path::{FullPaths, PathValidator, ValidPath};
use crate::purposes::Purposes;
use crate::trust::{Anchor, OrgCodePlace, TrustList};

/// What a certificate was used for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Usage {
    /// Signing documents: bids, records, freezes, receipts.
    Sign,
    /// Signing time stamps (RFC 3161).
    TimeStamp,
}

/// Purposes with which documents may be signed.
const SIGNING: [&[u8]; 3] = [oid::EKU_DOCUMENT, oid::EKU_EMAIL, oid::EKU_CLIENT_AUTH];

impl Usage {
    /// The purposes of which one must be allowed all along the path.
    pub fn purposes(self) -> Purposes {
        match self {
            Self::Sign => Purposes::of(&SIGNING),
            Self::TimeStamp => Purposes::of(&[oid::EKU_TIME_STAMPING]),
        }
    }
}

/// A certificate with a path to the trust list that was valid at an instant, and that may be used
/// for a purpose. Only verification makes one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VerifiedPath {
    certificate: Certificate,
    between: Vec<Certificate>,
    anchor: Certificate,
    signatures: Vec<SignatureAlgorithm>,
    ends: UtcMillis,
    at: UtcMillis,
}

/// A certificate with a path to the trust list that was valid at an instant, and the organisation it
/// identifies. Only verification makes one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VerifiedCert {
    path: VerifiedPath,
    party: Party,
}

impl VerifiedCert {
    /// The organisation: code from where its CA puts it, name from O or CN.
    pub const fn party(&self) -> &Party {
        &self.party
    }

    /// The certificate.
    pub const fn certificate(&self) -> &Certificate {
        self.path.certificate()
    }

    /// The CAs between the certificate and the trust anchor, its issuer first.
    pub fn between(&self) -> &[Certificate] {
        self.path.between()
    }

    /// SHA-256 of the trust anchor's certificate.
    pub const fn anchor_sha256(&self) -> Digest {
        self.path.anchor_sha256()
    }

    /// The instant for which this holds.
    pub const fn at(&self) -> UtcMillis {
        self.path.at()
    }

    /// The last instant at which every certificate of the path, that of the trust list included, and
    /// the period of the trust list hold.
    pub const fn ends(&self) -> UtcMillis {
        self.path.ends()
    }

    /// The path.
    pub(crate) const fn path(&self) -> &VerifiedPath {
        &self.path
    }

    /// Whether the trust list accepts signatures of this algorithm by this certificate.
    pub(crate) fn allows(&self, algorithm: SignatureAlgorithm) -> Result<(), CertError> {
        self.path.allows(algorithm)
    }
}

impl VerifiedPath {
    /// The certificate.
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The CAs between the certificate and the trust anchor, its issuer first.
    pub fn between(&self) -> &[Certificate] {
        &self.between
    }

    /// SHA-256 of the trust anchor's certificate.
    pub const fn anchor_sha256(&self) -> Digest {
        self.anchor.sha256
    }

    /// The trust anchor's certificate.
    pub(crate) const fn anchor(&self) -> &Certificate {
        &self.anchor
    }

    /// The instant for which this holds.
    pub const fn at(&self) -> UtcMillis {
        self.at
    }

    /// The last instant at which every certificate of the path, that of the trust list included, and
    /// the period of the trust list hold.
    pub const fn ends(&self) -> UtcMillis {
        self.ends
    }

    /// Whether the trust list accepts signatures of this algorithm by this certificate.
    pub(crate) fn allows(&self, algorithm: SignatureAlgorithm) -> Result<(), CertError> {
        if self.signatures.contains(&algorithm) {
            return Ok(());
        }
        let cert = self.certificate.serial_tail();
        Err(CertError::Algorithm { cert, algorithm: algorithm.name().to_owned() })
    }
}

/// Verifies that `certificate` leads over `intermediates` to a CA of the trust list, that the whole
/// path was valid at `at`, and that the certificate may be used for `usage`; tells whose it is.
///
/// `intermediates` may be in any order and may hold certificates that are not needed; trust anchors
/// come from the list alone. Revocation is not judged here.
///
/// # Errors
///
/// [`CertError`].
///
/// # Source
///
/// RFC 5280, section 6; RFC 9336 (document signing); 电子签名法 art. 13 (whose data made the
/// signature).
pub fn verify_chain(
    certificate: &Certificate,
    intermediates: &[Certificate],
    trust: &TrustList,
    at: UtcMillis,
    usage: Usage,
) -> Result<VerifiedCert, CertError> {
    verify_chain_by(&FullPaths::default(), certificate, intermediates, trust, at, usage)
}

/// [`verify_chain`] with another path validator.
///
/// # Errors
///
/// [`CertError`].
pub fn verify_chain_by(
    validator: &dyn PathValidator,
    certificate: &Certificate,
    intermediates: &[Certificate],
    trust: &TrustList,
    at: UtcMillis,
    usage: Usage,
) -> Result<VerifiedCert, CertError> {
    let (path, anchor) = path_by(validator, certificate, intermediates, trust, at, usage)?;
    let party = Party { code: org_code(certificate, anchor)?, name: certificate.party_name()? };
    Ok(VerifiedCert { path, party })
}

/// [`verify_chain_by`] without asking whose the certificate is: authorities that stamp time stand
/// for no organisation, and their certificates have no code.
///
/// # Errors
///
/// [`CertError`].
///
/// # Source
///
/// RFC 5280, section 6; RFC 3161, 2.3.
pub fn verify_path_by(
    validator: &dyn PathValidator,
    certificate: &Certificate,
    intermediates: &[Certificate],
    trust: &TrustList,
    at: UtcMillis,
    usage: Usage,
) -> Result<VerifiedPath, CertError> {
    path_by(validator, certificate, intermediates, trust, at, usage).map(|(path, _)| path)
}

fn path_by<'a>(
    validator: &dyn PathValidator,
    certificate: &'a Certificate,
    intermediates: &'a [Certificate],
    trust: &'a TrustList,
    at: UtcMillis,
    usage: Usage,
) -> Result<(VerifiedPath, &'a Anchor), CertError> {
    fits_usage(certificate, usage)?;
    let path = validator.find(certificate, intermediates, trust, at, &usage.purposes())?;
    let ValidPath { anchor, between } = path;
    let listed = anchor.certificate.last_instant().min(anchor.not_after);
    let ends = between.iter().map(|ca| ca.last_instant()).fold(listed, UtcMillis::min);
    let path = VerifiedPath {
        certificate: certificate.clone(),
        between: between.into_iter().cloned().collect(),
        anchor: anchor.certificate.clone(),
        signatures: SignatureAlgorithm::ALL
            .into_iter()
            .filter(|algorithm| anchor.allows(*algorithm))
            .collect(),
        ends: ends.min(certificate.last_instant()),
        at,
    };
    Ok((path, anchor))
}

/// Adds certificates to those among which a path is looked for, as many as are looked at.
pub(crate) fn add_to_pool(pool: &mut Vec<Certificate>, others: &[Certificate]) {
    let room = POOL_MAX.saturating_sub(pool.len());
    pool.extend(others.iter().take(room).cloned());
}

/// Whether a certificate may be used this way, by what it says itself: it is no CA's, and its key,
/// its key usage and its purposes allow it. That one purpose holds all along the path is judged with the
/// path ([`Purposes`]); for time stamps more is asked of it than of the CAs.
///
/// # Errors
///
/// [`CertError::CaAsSigner`] or [`CertError::Usage`].
///
/// # Source
///
/// RFC 5280, 4.2.1.3 and 4.2.1.12; RFC 3161, 2.3.
pub fn fits_usage(certificate: &Certificate, usage: Usage) -> Result<(), CertError> {
    let cert = certificate.serial_tail();
    if certificate.is_ca() {
        return Err(CertError::CaAsSigner(cert));
    }
    let extensions = &certificate.extensions;
    let wrong = |usage| Err(CertError::Usage { cert, usage });
    // The extension must be there: the encryption certificate of a pair must never sign.
    if extensions.key_usage_allows(Purpose::Documents) != Some(true) {
        return wrong("signatures (key usage)");
    }
    let purposes = extensions.purposes.as_deref();
    match usage {
        Usage::Sign => {
            certificate.key_for_documents()?;
            usage.purposes().judge(&[certificate])
        }
        // RFC 3161, 2.3: critical, and this purpose alone.
        Usage::TimeStamp => {
            let critical = extensions.get(oid::EXTENDED_KEY_USAGE).is_some_and(|e| e.critical);
            let only = purposes.is_some_and(|list| list == [oid::EKU_TIME_STAMPING]);
            if critical && only { Ok(()) } else { wrong("time stamping (extended key usage)") }
        }
    }
}

/// The code from the place this CA uses; exactly one value, no prefix, no blanks.
fn org_code(certificate: &Certificate, anchor: &Anchor) -> Result<OrgCode, CertError> {
    let cert = certificate.serial_tail();
    let rule = &anchor.org_code;
    let found = match rule.place {
        OrgCodePlace::Subject => only_attribute(certificate, &rule.oid),
        OrgCodePlace::Extension => {
            certificate.extensions.get(&rule.oid).and_then(|e| only_text(&e.value))
        }
    };
    let Some(code) = found else {
        return Err(CertError::OrgCodeMissing { cert, place: place_text(rule.place, rule.oid()) });
    };
    OrgCode::parse(&code).map_err(|source| CertError::OrgCode { cert, source })
}

fn only_attribute(certificate: &Certificate, oid: &[u8]) -> Option<String> {
    let mut found = certificate.attributes.iter().filter(|(kind, _)| kind == oid);
    let (_, text) = found.next()?;
    if found.next().is_some() { None } else { text.clone() }
}

fn only_text(value: &[u8]) -> Option<String> {
    let mut reader = Reader::new(value);
    let tlv = reader.any().ok()?;
    reader.finish().ok()?;
    if tlv.tag == der::BMP_STRING { None } else { text(&tlv) }
}

fn place_text(place: OrgCodePlace, oid: &str) -> String {
    match place {
        OrgCodePlace::Extension => format!("extension {oid}"),
        OrgCodePlace::Subject => format!("subject attribute {oid}"),
    }
}
