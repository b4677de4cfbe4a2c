//! The trust list: which CAs are believed, for what, and where each puts the organisation code.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kaibiao_types::{Digest, UtcMillis};
use serde::Deserialize;

use crate::cert::{CaDuty, CertError, Certificate, DigestAlgorithm, Purpose, SignatureAlgorithm};
use crate::limits::{ANCHORS_MAX, NAME_CHARS_MAX, TRUST_LIST_BYTES_MAX};
use crate::{oid, sha256};

/// A trust list as published (`trust.json`): the only source of trust anchors.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TrustList {
    sha256: Digest,
    name: String,
    anchors: Vec<Anchor>,
    digests: BTreeMap<DigestAlgorithm, UtcMillis>,
}

/// One CA of a trust list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Anchor {
    name_zh: String,
    name_en: String,
    pub(crate) certificate: Certificate,
    pub(crate) org_code: OrgCodeRule,
    signatures: BTreeSet<SignatureAlgorithm>,
    pub(crate) excused: BTreeSet<CaDuty>,
    pub(crate) not_before: UtcMillis,
    pub(crate) not_after: UtcMillis,
}

/// Where a CA puts the unified social credit code in the certificates under it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OrgCodeRule {
    pub(crate) place: OrgCodePlace,
    oid_text: String,
    pub(crate) oid: Vec<u8>,
}

/// The two kinds of place.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OrgCodePlace {
    /// The value of an extension: one `UTF8String`, `PrintableString` or `IA5String`.
    Extension,
    /// An attribute of the subject.
    Subject,
}

/// Why a text is not a trust list.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustListError {
    /// A CA on the list cannot be a trust anchor.
    #[error("CA {number} of the trust list is not accepted")]
    Anchor {
        /// Its place on the list, from 1.
        number: usize,
        /// Why.
        source: CertError,
    },
    /// The certificate of a CA is not standard base64.
    #[error("CA {0} of the trust list: cert_b64 is not standard base64")]
    Base64(usize),
    /// Two entries have one certificate, or one name and key with different rules.
    #[error("CA {0} of the trust list contradicts or repeats an earlier one")]
    Conflict(usize),
    /// No CA, or more than 256.
    #[error("the trust list has {0} CAs; 1 to 256 are allowed")]
    Count(usize),
    /// The end of a digest is given twice.
    #[error("the trust list gives the end of digest {0} twice")]
    Digest(DigestAlgorithm),
    /// The duties a CA is excused from are not in order, or one stands twice.
    #[error("CA {0} of the trust list: excused is not in ascending order, or names one twice")]
    Excused(usize),
    /// Not the JSON of a trust list: syntax, unknown or repeated key, wrong type.
    #[error("not a trust list")]
    Json(#[source] serde_json::Error),
    /// A name that cannot be shown: empty, too long, or with control characters.
    #[error("a name on the trust list is empty, too long, or has characters that cannot be shown")]
    Name,
    /// The object identifier of a rule is not one.
    #[error("CA {0} of the trust list: org_code.oid is not an object identifier")]
    Oid(usize),
    /// The period of a CA ends before it begins.
    #[error("CA {0} of the trust list: not_after lies before not_before")]
    Period(usize),
    /// No signature algorithm is allowed, or one is named twice.
    #[error("CA {0} of the trust list: signatures is empty or names one twice")]
    Signatures(usize),
    /// More than 4 MiB.
    #[error("trust list of {0} bytes; at most 4194304 are read")]
    TooLarge(usize),
    /// A version this program does not know.
    #[error("trust list of version {0}; this program reads version 1")]
    Version(u64),
}

impl TrustListError {
    /// The stable label, never renamed or reused.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Anchor { .. } => "E_TRUST_ANCHOR",
            Self::Base64(_) => "E_TRUST_BASE64",
            Self::Conflict(_) => "E_TRUST_CONFLICT",
            Self::Count(_) => "E_TRUST_COUNT",
            Self::Digest(_) => "E_TRUST_DIGEST",
            Self::Excused(_) => "E_TRUST_EXCUSED",
            Self::Json(_) => "E_TRUST_JSON",
            Self::Name => "E_TRUST_NAME",
            Self::Oid(_) => "E_TRUST_OID",
            Self::Period(_) => "E_TRUST_PERIOD",
            Self::Signatures(_) => "E_TRUST_SIGNATURES",
            Self::TooLarge(_) => "E_TRUST_TOO_LARGE",
            Self::Version(_) => "E_TRUST_VERSION",
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListJson {
    v: u64,
    name: String,
    anchors: Vec<AnchorJson>,
    #[serde(default)]
    digests: Vec<DigestJson>,
}

/// How long a digest is believed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DigestJson {
    name: DigestAlgorithm,
    not_after: UtcMillis,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnchorJson {
    name: NameJson,
    cert_b64: String,
    org_code: RuleJson,
    signatures: Vec<SignatureAlgorithm>,
    #[serde(default)]
    excused: Vec<CaDuty>,
    not_before: UtcMillis,
    not_after: UtcMillis,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NameJson {
    zh: String,
    en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleJson {
    r#in: OrgCodePlace,
    oid: String,
}

impl TrustList {
    /// Reads a trust list from its exact bytes.
    ///
    /// # Errors
    ///
    /// [`TrustListError`].
    ///
    /// # Source
    ///
    /// `docs/spec/trust-list.md`.
    pub fn parse(bytes: &[u8]) -> Result<Self, TrustListError> {
        if bytes.len() > TRUST_LIST_BYTES_MAX {
            return Err(TrustListError::TooLarge(bytes.len()));
        }
        let json: ListJson = serde_json::from_slice(bytes).map_err(TrustListError::Json)?;
        if json.v != 1 {
            return Err(TrustListError::Version(json.v));
        }
        if !(1..=ANCHORS_MAX).contains(&json.anchors.len()) {
            return Err(TrustListError::Count(json.anchors.len()));
        }
        check_name(&json.name)?;
        let mut anchors: Vec<Anchor> = Vec::new();
        for (place, entry) in json.anchors.into_iter().enumerate() {
            let anchor = Anchor::read(entry, place + 1)?;
            if anchors.iter().any(|earlier| earlier.conflicts(&anchor)) {
                return Err(TrustListError::Conflict(place + 1));
            }
            anchors.push(anchor);
        }
        let mut digests = BTreeMap::new();
        for DigestJson { name, not_after } in json.digests {
            if digests.insert(name, not_after).is_some() {
                return Err(TrustListError::Digest(name));
            }
        }
        Ok(Self { sha256: sha256(bytes), name: json.name, anchors, digests })
    }

    /// SHA-256 of the exact bytes: names the list in a tender file.
    pub const fn sha256(&self) -> Digest {
        self.sha256
    }

    /// The name of the list.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The CAs, in the order of the list.
    pub fn anchors(&self) -> &[Anchor] {
        &self.anchors
    }

    /// The last instant at which data that is known by this digest alone is believed to be that data;
    /// `None` if the list gives no end. Evidence records are renewed before.
    pub fn digest_end(&self, algorithm: DigestAlgorithm) -> Option<UtcMillis> {
        self.digests.get(&algorithm).copied()
    }
}

impl Anchor {
    fn read(json: AnchorJson, number: usize) -> Result<Self, TrustListError> {
        check_name(&json.name.zh)?;
        check_name(&json.name.en)?;
        if json.not_after < json.not_before {
            return Err(TrustListError::Period(number));
        }
        let signatures: BTreeSet<_> = json.signatures.iter().copied().collect();
        if signatures.is_empty() || signatures.len() != json.signatures.len() {
            return Err(TrustListError::Signatures(number));
        }
        if !json.excused.is_sorted_by(|one, next| one < next) {
            return Err(TrustListError::Excused(number));
        }
        let oid = oid::from_dotted(&json.org_code.oid).ok_or(TrustListError::Oid(number))?;
        let der = STANDARD.decode(&json.cert_b64).map_err(|_| TrustListError::Base64(number))?;
        let certificate =
            ca_certificate(&der).map_err(|source| TrustListError::Anchor { number, source })?;
        Ok(Self {
            name_zh: json.name.zh,
            name_en: json.name.en,
            certificate,
            org_code: OrgCodeRule { place: json.org_code.r#in, oid_text: json.org_code.oid, oid },
            signatures,
            excused: json.excused.into_iter().collect(),
            not_before: json.not_before,
            not_after: json.not_after,
        })
    }

    /// The same certificate again, or the same CA (name and key) with another rule: which rule holds
    /// would then depend on the order of the list.
    fn conflicts(&self, other: &Self) -> bool {
        let same_ca = self.certificate.subject_name == other.certificate.subject_name
            && self.certificate.spki_sha256 == other.certificate.spki_sha256;
        self.certificate.sha256 == other.certificate.sha256
            || (same_ca && self.org_code != other.org_code)
    }

    /// The name of the CA in Chinese.
    pub fn name_zh(&self) -> &str {
        &self.name_zh
    }

    /// The name of the CA in English.
    pub fn name_en(&self) -> &str {
        &self.name_en
    }

    /// The certificate of the CA.
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Where the CA puts the organisation code.
    pub const fn org_code(&self) -> &OrgCodeRule {
        &self.org_code
    }

    /// True if signatures by this algorithm are accepted on and under certificates of this CA.
    pub fn allows(&self, algorithm: SignatureAlgorithm) -> bool {
        self.signatures.contains(&algorithm)
    }

    /// What the list excuses the CA from: it may be missing in every certificate of its paths.
    pub const fn excused(&self) -> &BTreeSet<CaDuty> {
        &self.excused
    }

    /// First and last instant at which the list accepts the CA.
    pub const fn period(&self) -> (UtcMillis, UtcMillis) {
        (self.not_before, self.not_after)
    }
}

impl OrgCodeRule {
    /// The kind of place.
    pub const fn place(&self) -> OrgCodePlace {
        self.place
    }

    /// The object identifier of the attribute or extension, as in `2.5.4.97`.
    pub fn oid(&self) -> &str {
        &self.oid_text
    }
}

/// A certificate that may be a trust anchor: a CA that may sign certificates. Its own signature is
/// not looked at (RFC 5280, 6.1.1 d: the anchor is input, not part of the path).
fn ca_certificate(der: &[u8]) -> Result<Certificate, CertError> {
    let certificate = Certificate::from_der(der)?;
    let may_sign = certificate.extensions.key_usage_allows(Purpose::Certificates);
    if certificate.is_ca() && may_sign != Some(false) {
        Ok(certificate)
    } else {
        Err(CertError::NotCa(certificate.serial_tail()))
    }
}

fn check_name(name: &str) -> Result<(), TrustListError> {
    let good = !name.trim().is_empty()
        && name.chars().count() <= NAME_CHARS_MAX
        && !name.chars().any(char::is_control);
    if good { Ok(()) } else { Err(TrustListError::Name) }
}
