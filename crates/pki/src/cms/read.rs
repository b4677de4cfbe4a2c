//! Reads a container into slices of it (RFC 5652, 5.1 and 5.3). Nothing is ever encoded again.

use kaibiao_types::UtcMillis;

use super::error::SignatureError;
use super::import::is_importable;
use super::parts::{Bag, CertId, IdDigest, only_signer};
use crate::cert::{Certificate, DigestAlgorithm, SignatureAlgorithm};
use crate::der::{self, DerError, Reader, Tlv};
use crate::limits::CMS_BYTES_MAX;
use crate::oid;

/// A container of the profile, structurally complete; no signature is checked yet.
pub(crate) struct Container<'a> {
    pub(crate) bag: Bag<'a>,
    signer_id: SignerId<'a>,
    /// The signed attributes as received, tag `[0]` included.
    pub(super) attributes_raw: &'a [u8],
    pub(crate) attributes: Attributes<'a>,
    /// Of the content and of the signature; both say the same.
    pub(super) digest: DigestAlgorithm,
    signature_algorithm: &'a [u8],
    pub(crate) signature: &'a [u8],
    /// The token on the signature, as received.
    pub(crate) time_stamp: Option<&'a [u8]>,
}

/// Who signed, as a `SignerInfo` names the certificate.
pub(crate) enum SignerId<'a> {
    IssuerAndSerial { issuer: &'a [u8], serial: &'a [u8] },
    KeyId(&'a [u8]),
}

/// The values of the four signed attributes.
pub(crate) struct Attributes<'a> {
    pub(super) message_digest: &'a [u8],
    pub(crate) signing_time: UtcMillis,
    made_for: CertId<'a>,
}

pub(super) type Read<T> = Result<T, SignatureError>;

const DATA: &str = "SignedData";
const INFO: &str = "SignerInfo";

/// Says which part a fault of the encoding was found in.
pub(super) fn part<T>(part: &'static str, result: Result<T, DerError>) -> Read<T> {
    result.map_err(|source| SignatureError::Format { part, source })
}

impl<'a> Container<'a> {
    pub(crate) fn read(cms: &'a [u8]) -> Read<Self> {
        if cms.len() > CMS_BYTES_MAX {
            return Err(SignatureError::TooLarge(cms.len()));
        }
        part("container", der::check(cms, der::SEQUENCE))?;
        if is_importable(cms) {
            return Err(SignatureError::OutOfProfile("a structure of GB/T 35275 instead of CMS"));
        }
        let mut fields = part("ContentInfo", signed_data(cms))?;
        let version = part(DATA, fields.expect(der::INTEGER))?.value;
        let digests = part(DATA, fields.expect(der::SET))?;
        let digest = only_digest(&digests)?;
        detached(&part(DATA, fields.expect(der::SEQUENCE))?)?;
        let bag = part(DATA, fields.optional(der::CONTEXT_0))?;
        if part(DATA, fields.optional(der::CONTEXT_1))?.is_some() {
            return Err(SignatureError::OutOfProfile("revocation data"));
        }
        let signers = part(DATA, fields.expect(der::SET))?;
        part(DATA, fields.finish())?;
        let certificates = Bag::read(bag)?;
        if let Some(set) = bag {
            part("certificates", der::ascending(set.reader()))?;
        }
        let info = only_signer(signers.reader())?;
        let container = signer_info(&info, certificates, digest)?;
        // RFC 5652, 5.1: version 3 if the signer is named by key identifier, else 1.
        if version == container.signer_id.version() {
            Ok(container)
        } else {
            part(DATA, Err(DerError::Value))
        }
    }

    /// The signer's certificate: the one in the container that the signer identifier names and that
    /// the signed attributes were made for.
    pub(super) fn signer(&self) -> Read<&Certificate> {
        let made_for = core::slice::from_ref(&self.attributes.made_for);
        let certificate = self.bag.signer(&self.signer_id, made_for)?;
        self.algorithm(certificate)?;
        Ok(certificate)
    }

    /// The signature algorithm: one of the signer's key and of the digest of the content.
    pub(super) fn algorithm(&self, signer: &Certificate) -> Read<SignatureAlgorithm> {
        signer.key_for_documents()?;
        let raw = self.signature_algorithm;
        let known = SignatureAlgorithm::of_signer(raw, self.digest)
            .filter(|known| known.digest().for_documents());
        let oid = || oid::of_algorithm(raw);
        let known =
            known.ok_or_else(|| SignatureError::Algorithm { what: "signature", oid: oid() })?;
        if known.fits(signer.key_algorithm()) && known.digest() == self.digest {
            return Ok(known);
        }
        Err(SignatureError::AlgorithmMismatch { cert: signer.serial_tail(), oid: oid() })
    }
}

impl SignerId<'_> {
    /// The version of a `SignerInfo` with such an identifier (RFC 5652, 5.3).
    pub(crate) const fn version(&self) -> &'static [u8] {
        match self {
            Self::IssuerAndSerial { .. } => &[1],
            Self::KeyId(_) => &[3],
        }
    }

    /// Whether this certificate is the one that is named.
    pub(crate) fn names(&self, certificate: &Certificate) -> bool {
        match self {
            Self::IssuerAndSerial { issuer, serial } => {
                certificate.issuer == *issuer && certificate.serial == *serial
            }
            Self::KeyId(id) => certificate.key_id() == Some(*id),
        }
    }
}

/// The fields of the `SignedData` in a `ContentInfo`.
pub(crate) fn signed_data(cms: &[u8]) -> Result<Reader<'_>, DerError> {
    let mut outer = Tlv::only(cms, der::SEQUENCE)?.reader();
    if outer.expect(der::OID)?.value != oid::SIGNED_DATA {
        return Err(DerError::Value);
    }
    let wrapper = outer.expect(der::CONTEXT_0)?;
    outer.finish()?;
    Tlv::only(wrapper.value, der::SEQUENCE).map(|data| data.reader())
}

/// `digestAlgorithms` is the set of one digest.
fn only_digest(digests: &Tlv<'_>) -> Read<DigestAlgorithm> {
    let mut reader = digests.reader();
    let first = part("digestAlgorithms", reader.expect(der::SEQUENCE))?;
    let digest = digest(first.raw)?;
    part("digestAlgorithms", reader.finish())?;
    Ok(digest)
}

fn digest(identifier: &[u8]) -> Read<DigestAlgorithm> {
    let unknown =
        || SignatureError::Algorithm { what: "digest", oid: oid::of_algorithm(identifier) };
    DigestAlgorithm::of_identifier(identifier)
        .filter(|digest| digest.for_documents())
        .ok_or_else(unknown)
}

/// `encapContentInfo` says id-data and holds nothing.
fn detached(encapsulated: &Tlv<'_>) -> Read<()> {
    let mut fields = encapsulated.reader();
    let kind = part("encapContentInfo", fields.expect(der::OID))?;
    if kind.value != oid::DATA {
        return Err(SignatureError::OutOfProfile("a content type other than id-data"));
    }
    if fields.is_empty() { Ok(()) } else { Err(SignatureError::EmbeddedContent) }
}

fn signer_info<'a>(
    info: &Tlv<'a>,
    bag: Bag<'a>,
    announced: DigestAlgorithm,
) -> Read<Container<'a>> {
    let mut fields = info.reader();
    let version = part(INFO, fields.expect(der::INTEGER))?.value;
    let signer_id = part("signer identifier", signer_id(&mut fields))?;
    if version != signer_id.version() {
        return part(INFO, Err(DerError::Value));
    }
    let digest = digest(part(INFO, fields.expect(der::SEQUENCE))?.raw)?;
    if digest != announced {
        return part(INFO, Err(DerError::Value)); // RFC 5652, 5.1: the set names the signer's
    }
    let Some(signed) = part(INFO, fields.optional(der::CONTEXT_0))? else {
        return Err(SignatureError::AttributeMissing("(all)"));
    };
    let attributes = Attributes::read(&signed)?;
    let signature_algorithm = part(INFO, fields.expect(der::SEQUENCE))?.raw;
    let signature = part(INFO, fields.expect(der::OCTET_STRING))?.value;
    let unsigned = part(INFO, fields.optional(der::CONTEXT_1))?;
    let time_stamp = unsigned.map(|unsigned| time_stamp(&unsigned)).transpose()?;
    part(INFO, fields.finish())?;
    Ok(Container {
        bag,
        signer_id,
        attributes_raw: signed.raw,
        attributes,
        digest,
        signature_algorithm,
        signature,
        time_stamp,
    })
}

/// The unsigned attributes: exactly one, a signatureTimeStampToken with one value (ETSI EN 319 122-1,
/// 5.3).
fn time_stamp<'a>(unsigned: &Tlv<'a>) -> Read<&'a [u8]> {
    const PART: &str = "unsigned attributes";
    let mut list = unsigned.reader();
    let (oid, values) = part(PART, attribute(&mut list))?;
    if oid != oid::SIGNATURE_TIME_STAMP || !list.is_empty() {
        return Err(SignatureError::OutOfProfile("unsigned attributes other than one time stamp"));
    }
    part(PART, Tlv::only(values.value, der::SEQUENCE)).map(|token| token.raw)
}

/// `SignerIdentifier`.
pub(crate) fn signer_id<'a>(fields: &mut Reader<'a>) -> Result<SignerId<'a>, DerError> {
    if let Some(id) = fields.optional(der::CONTEXT_0_PRIMITIVE)? {
        return Ok(SignerId::KeyId(id.value));
    }
    let mut pair = fields.inside(der::SEQUENCE)?;
    let issuer = pair.expect(der::SEQUENCE)?.raw;
    let serial = pair.expect(der::INTEGER)?.value;
    pair.finish()?;
    Ok(SignerId::IssuerAndSerial { issuer, serial })
}

const CONTENT_TYPE: &str = "contentType";
const MESSAGE_DIGEST: &str = "messageDigest";
const SIGNING_TIME: &str = "signingTime";
const SIGNING_CERTIFICATE: &str = "signingCertificateV2";

impl<'a> Attributes<'a> {
    /// Reads the attributes: the four of the profile, each once, each with one value, in DER order.
    fn read(signed: &Tlv<'a>) -> Read<Self> {
        const PART: &str = "signed attributes";
        let mut found: [Option<Tlv<'a>>; 4] = [None; 4];
        let mut list = signed.reader();
        while !list.is_empty() {
            let (oid, values) = part(PART, attribute(&mut list))?;
            let name = || oid::dotted(oid);
            let known = [
                oid::CONTENT_TYPE,
                oid::MESSAGE_DIGEST,
                oid::SIGNING_TIME,
                oid::SIGNING_CERTIFICATE_V2,
            ];
            let place = known.iter().position(|known| *known == oid);
            let slot = place.and_then(|place| found.get_mut(place));
            let slot = slot.ok_or_else(|| SignatureError::AttributeUnknown(name()))?;
            let mut values = values.reader();
            let value = values.any().ok().filter(|_| values.is_empty() && slot.is_none());
            *slot = Some(value.ok_or_else(|| SignatureError::AttributeRepeated(name()))?);
        }
        part(PART, der::ascending(signed.reader()))?;
        let [kind, digest, time, certificate] = found;
        let kind = kind.ok_or(SignatureError::AttributeMissing(CONTENT_TYPE))?;
        let digest = digest.ok_or(SignatureError::AttributeMissing(MESSAGE_DIGEST))?;
        let time = time.ok_or(SignatureError::AttributeMissing(SIGNING_TIME))?;
        let certificate =
            certificate.ok_or(SignatureError::AttributeMissing(SIGNING_CERTIFICATE))?;
        if kind.tag != der::OID || kind.value != oid::DATA {
            return Err(SignatureError::AttributeInvalid(CONTENT_TYPE));
        }
        if digest.tag != der::OCTET_STRING || digest.value.len() != 32 {
            return Err(SignatureError::AttributeInvalid(MESSAGE_DIGEST));
        }
        let made_for = signing_certificate(&certificate)
            .map_err(|_| SignatureError::AttributeInvalid(SIGNING_CERTIFICATE))?;
        Ok(Self { message_digest: digest.value, signing_time: signing_time(&time)?, made_for })
    }
}

/// `Attribute ::= SEQUENCE { attrType, attrValues SET OF }`.
pub(crate) fn attribute<'a>(list: &mut Reader<'a>) -> Result<(&'a [u8], Tlv<'a>), DerError> {
    let mut fields = list.inside(der::SEQUENCE)?;
    let oid = fields.expect(der::OID)?.value;
    let values = fields.expect(der::SET)?;
    fields.finish()?;
    Ok((oid, values))
}

/// One instant has one encoding: `UTCTime` before 2050, `GeneralizedTime` from then on (RFC 5652,
/// 11.3).
fn signing_time(time: &Tlv<'_>) -> Read<UtcMillis> {
    let wrong = SignatureError::AttributeInvalid(SIGNING_TIME);
    match der::read_time(time) {
        Ok(at) if der::write_time(at).as_deref() == Some(time.raw) => Ok(at),
        _ => Err(wrong),
    }
}

/// `SigningCertificateV2` with one `ESSCertIDv2` and no policies (RFC 5035, 3 and 4). The digest is
/// SHA-256 where none is named, as DER asks for a default, or SM3.
fn signing_certificate<'a>(value: &Tlv<'a>) -> Result<CertId<'a>, DerError> {
    let mut outer = Tlv::only(value.raw, der::SEQUENCE)?.reader();
    let mut ids = outer.inside(der::SEQUENCE)?;
    outer.finish()?;
    let id = CertId::second(ids.inside(der::SEQUENCE)?)?;
    ids.finish()?;
    let known = [IdDigest::Default, IdDigest::Named(DigestAlgorithm::Sm3)];
    if known.contains(&id.digest) { Ok(id) } else { Err(DerError::Value) }
}
