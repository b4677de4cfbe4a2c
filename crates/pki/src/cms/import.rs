//! Signatures in containers of GB/T 35275 (also GM/T 0010), the `SignedData` of Chinese signing tools:
//! PKCS#7 under object identifiers of its own. They are read for people who hold such a file; nothing
//! of an opening is signed this way.

use kaibiao_types::{Digest, UtcMillis};

use super::error::SignatureError;
use super::parts::{Bag, only_signer, signs_attributes};
use super::read::{Read, attribute, part, signer_id};
use crate::cert::{Certificate, DigestAlgorithm, SignatureAlgorithm};
use crate::der::{self, DerError, Tlv};
use crate::limits::{ATTRIBUTES_MAX, CMS_BYTES_MAX};
use crate::oid::{self, algorithm, gm};
use crate::path::FullPaths;
use crate::sha256;
use crate::trust::TrustList;
use crate::verified::{Usage, VerifiedCert, verify_chain_by};

/// An intact signature in a container of GB/T 35275 whose signer is trusted. It is a type of its own:
/// nothing that asks for a [`VerifiedSignature`](super::VerifiedSignature) takes it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ImportedSignature {
    signer: VerifiedCert,
    signing_time: Option<UtcMillis>,
    cms_sha256: Digest,
    notes: Vec<ImportNote>,
}

/// In what an imported container says less than one of ours.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, thiserror::Error)]
#[non_exhaustive]
pub enum ImportNote {
    /// Always: it is not a container of CMS.
    #[error("non-canonical container: GB/T 35275 instead of CMS")]
    Container,
    /// There are signed attributes that nobody here understands.
    #[error("signed attributes that are not understood")]
    OtherAttributes,
    /// The signature does not say for which certificate of its key it was made.
    #[error("the signature does not name its certificate by digest")]
    UnnamedCertificate,
    /// The signer says nothing about the time.
    #[error("no signing time")]
    NoSigningTime,
    /// The signed attributes are not in the order of DER.
    #[error("signed attributes not in the order of DER")]
    Unsorted,
}

impl ImportNote {
    /// The stable label.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Container => "non-canonical-container",
            Self::OtherAttributes => "other-attributes",
            Self::UnnamedCertificate => "unnamed-certificate",
            Self::NoSigningTime => "no-signing-time",
            Self::Unsorted => "unsorted-attributes",
        }
    }
}

impl ImportedSignature {
    /// Who signed.
    pub const fn signer(&self) -> &VerifiedCert {
        &self.signer
    }

    /// When the signer says to have signed, in whole seconds: a claim, never a proof.
    pub const fn signing_time(&self) -> Option<UtcMillis> {
        self.signing_time
    }

    /// SHA-256 of the whole container.
    pub const fn cms_sha256(&self) -> Digest {
        self.cms_sha256
    }

    /// In what it says less than a container of ours; never empty.
    pub fn notes(&self) -> &[ImportNote] {
        &self.notes
    }
}

/// Whether bytes begin as a container of GB/T 35275.
#[must_use]
pub fn is_importable(cms: &[u8]) -> bool {
    let kind = Tlv::only(cms, der::SEQUENCE).and_then(|outer| outer.reader().expect(der::OID));
    kind.is_ok_and(|kind| kind.value.starts_with(gm::CONTENT))
}

/// Verifies a detached signature over `content` in a container of GB/T 35275, whose signer must lead to
/// the trust list by a path valid at `at`.
///
/// What is sound is demanded: SM2 with SM3 and the digest Z under the standard user id, signed
/// attributes with the digest of the content. A signature over the content alone, as some tools make
/// it, is refused: it could be passed off as one over attributes.
///
/// # Errors
///
/// [`SignatureError`]; in this order: format, digest of the content, signer's certificate in the
/// container, signature value, path.
///
/// # Source
///
/// GB/T 35275-2017, 7 and 8; GB/T 35276-2017 (Z); GB/T 33560 (identifiers).
pub fn verify_imported(
    cms: &[u8],
    content: &[u8],
    trust: &TrustList,
    at: UtcMillis,
) -> Result<ImportedSignature, SignatureError> {
    let container = Imported::read(cms)?;
    if container.attributes.message_digest != DigestAlgorithm::Sm3.of(content) {
        return Err(SignatureError::Digest);
    }
    let certificate = container.check()?;
    let pool = container.bag.beside(certificate);
    let validator = FullPaths::default();
    let signer = verify_chain_by(&validator, certificate, &pool, trust, at, Usage::Sign)?;
    signer.allows(SignatureAlgorithm::Sm2Sm3)?;
    Ok(ImportedSignature {
        signer,
        signing_time: container.attributes.signing_time,
        cms_sha256: sha256(cms),
        notes: container.attributes.notes,
    })
}

/// A container, structurally complete; no signature is checked yet.
struct Imported<'a> {
    bag: Bag<'a>,
    signer: super::SignerId<'a>,
    attributes_raw: &'a [u8],
    attributes: Attributes<'a>,
    signature: &'a [u8],
}

/// What the signed attributes say.
struct Attributes<'a> {
    message_digest: &'a [u8],
    signing_time: Option<UtcMillis>,
    notes: Vec<ImportNote>,
}

const DATA: &str = "SignedData";
const INFO: &str = "SignerInfo";

impl<'a> Imported<'a> {
    fn read(cms: &'a [u8]) -> Read<Self> {
        if cms.len() > CMS_BYTES_MAX {
            return Err(SignatureError::TooLarge(cms.len()));
        }
        part("container", der::check(cms, der::SEQUENCE))?;
        let mut outer = part("ContentInfo", Tlv::only(cms, der::SEQUENCE))?.reader();
        if part("ContentInfo", outer.expect(der::OID))?.value != gm::SIGNED_DATA {
            return Err(SignatureError::OutOfProfile("a content type other than signedData"));
        }
        let mut wrapper = part("ContentInfo", outer.inside(der::CONTEXT_0))?;
        let mut fields = part("ContentInfo", wrapper.inside(der::SEQUENCE))?;
        part("ContentInfo", wrapper.finish().and_then(|()| outer.finish()))?;
        version(part(DATA, fields.expect(der::INTEGER))?)?;
        let digests = part(DATA, fields.expect(der::SET))?;
        let named = part(DATA, Tlv::only(digests.value, der::SEQUENCE))?;
        sm3(&named)?;
        let mut content = part(DATA, fields.inside(der::SEQUENCE))?;
        let kind = part(DATA, content.expect(der::OID))?.value;
        if ![gm::DATA, oid::DATA].contains(&kind) {
            return Err(SignatureError::OutOfProfile("a content type other than data"));
        }
        if !content.is_empty() {
            return Err(SignatureError::EmbeddedContent);
        }
        let bag = part(DATA, fields.optional(der::CONTEXT_0))?;
        if part(DATA, fields.optional(der::CONTEXT_1))?.is_some() {
            return Err(SignatureError::OutOfProfile("revocation data"));
        }
        let signers = part(DATA, fields.expect(der::SET))?;
        part(DATA, fields.finish())?;
        Self::signer(&only_signer(signers.reader())?, Bag::read(bag)?, kind)
    }

    fn signer(info: &Tlv<'a>, bag: Bag<'a>, kind: &[u8]) -> Read<Self> {
        let mut fields = info.reader();
        version(part(INFO, fields.expect(der::INTEGER))?)?;
        let signer = part("signer identifier", signer_id(&mut fields))?;
        sm3(&part(INFO, fields.expect(der::SEQUENCE))?)?;
        let Some(signed) = part(INFO, fields.optional(der::CONTEXT_0))? else {
            return Err(SignatureError::AttributeMissing("(all)"));
        };
        let attributes = Attributes::read(&signed, kind)?;
        let algorithm = part(INFO, fields.expect(der::SEQUENCE))?.raw;
        let known = [
            algorithm::SM2_SIGN,
            algorithm::SM2_SIGN_NULL,
            algorithm::SM2_SM3,
            algorithm::SM2_SM3_NULL,
        ];
        if !known.contains(&algorithm) {
            let oid = oid::of_algorithm(algorithm);
            return Err(SignatureError::Algorithm { what: "signature", oid });
        }
        let signature = part(INFO, fields.expect(der::OCTET_STRING))?.value;
        if !fields.is_empty() {
            return Err(SignatureError::OutOfProfile("unsigned attributes"));
        }
        Ok(Self { bag, signer, attributes_raw: signed.raw, attributes, signature })
    }

    /// The signer's certificate, under whose key the signature is intact.
    fn check(&self) -> Read<&Certificate> {
        let certificate = self.bag.signer(&self.signer, &[])?;
        let cert = certificate.serial_tail();
        let by = SignatureAlgorithm::Sm2Sm3;
        if !by.fits(certificate.key_algorithm()) {
            let oid = oid::of_algorithm(algorithm::SM2_SIGN);
            return Err(SignatureError::AlgorithmMismatch { cert, oid });
        }
        if signs_attributes(&certificate.key, by, self.attributes_raw, self.signature) {
            Ok(certificate)
        } else {
            Err(SignatureError::Crypto(cert))
        }
    }
}

impl<'a> Attributes<'a> {
    /// Reads the attributes: each once, each with one value. The content type is that of the
    /// container.
    fn read(signed: &Tlv<'a>, kind: &[u8]) -> Read<Self> {
        const PART: &str = "signed attributes";
        let mut seen: Vec<&[u8]> = Vec::new();
        let (mut content_type, mut digest, mut signing_time) = (None, None, None);
        let mut notes = vec![ImportNote::Container, ImportNote::UnnamedCertificate];
        let mut list = signed.reader();
        while !list.is_empty() {
            let (oid, values) = part(PART, attribute(&mut list))?;
            let mut inside = values.reader();
            let value = inside.any().ok().filter(|_| inside.is_empty() && !seen.contains(&oid));
            let value = value.ok_or_else(|| SignatureError::AttributeRepeated(oid::dotted(oid)))?;
            seen.push(oid);
            if seen.len() > ATTRIBUTES_MAX {
                return Err(SignatureError::OutOfProfile("more than 32 signed attributes"));
            }
            match oid {
                oid::CONTENT_TYPE => content_type = Some(value),
                oid::MESSAGE_DIGEST => digest = Some(value),
                oid::SIGNING_TIME => signing_time = Some(value),
                _ => notes.push(ImportNote::OtherAttributes),
            }
        }
        let content_type = content_type.ok_or(SignatureError::AttributeMissing("contentType"))?;
        if content_type.tag != der::OID || content_type.value != kind {
            return Err(SignatureError::AttributeInvalid("contentType"));
        }
        let digest = digest.ok_or(SignatureError::AttributeMissing("messageDigest"))?;
        if digest.tag != der::OCTET_STRING || digest.value.len() != 32 {
            return Err(SignatureError::AttributeInvalid("messageDigest"));
        }
        let signing_time = signing_time.map(|time| der::read_time(&time)).transpose();
        let signing_time =
            signing_time.map_err(|_| SignatureError::AttributeInvalid("signingTime"))?;
        if signing_time.is_none() {
            notes.push(ImportNote::NoSigningTime);
        }
        if der::ascending(signed.reader()).is_err() {
            notes.push(ImportNote::Unsorted);
        }
        notes.sort_unstable();
        notes.dedup();
        Ok(Self { message_digest: digest.value, signing_time, notes })
    }
}

fn version(version: Tlv<'_>) -> Read<()> {
    if version.value == [1] { Ok(()) } else { part(DATA, Err(DerError::Value)) }
}

fn sm3(identifier: &Tlv<'_>) -> Read<()> {
    if DigestAlgorithm::of_identifier(identifier.raw) == Some(DigestAlgorithm::Sm3) {
        return Ok(());
    }
    let oid = oid::of_algorithm(identifier.raw);
    Err(SignatureError::Algorithm { what: "digest", oid })
}
