//! Reads a token into slices of it (RFC 3161, 2.4.2; RFC 5652, 5). Nothing is ever encoded again.

use super::error::{TimeStampError, part};
use super::info::Info;
use crate::cert::{Certificate, DigestAlgorithm, SignatureAlgorithm};
use crate::cms::{
    Bag, CertId, SignerId, only_signer, read_attribute, signed_data, signer_id, signs_attributes,
};
use crate::der::{self, DerError, Reader, Tlv};
use crate::limits::{ATTRIBUTES_MAX, CHAIN_MAX, TIME_STAMP_BYTES_MAX};
use crate::oid;

type Read<T> = Result<T, TimeStampError>;

/// A token, structurally complete; no signature is checked yet.
pub(crate) struct Token<'a> {
    pub(super) bag: Bag<'a>,
    /// `TSTInfo` as received.
    statement: &'a [u8],
    pub(crate) info: Info<'a>,
    signer_id: SignerId<'a>,
    digest: DigestAlgorithm,
    /// The signed attributes as received, tag `[0]` included.
    attributes_raw: &'a [u8],
    attributes: Attributes<'a>,
    signature_algorithm: &'a [u8],
    signature: &'a [u8],
}

/// The values of the signed attributes that are looked at.
struct Attributes<'a> {
    message_digest: &'a [u8],
    /// By signingCertificate (SHA-1) and by signingCertificateV2.
    made_for: Vec<CertId<'a>>,
}

const DATA: &str = "SignedData";
const INFO: &str = "SignerInfo";

impl<'a> Token<'a> {
    pub(crate) fn read(token: &'a [u8]) -> Read<Self> {
        if token.len() > TIME_STAMP_BYTES_MAX {
            return Err(TimeStampError::TooLarge(token.len()));
        }
        part("token", der::check(token, der::SEQUENCE))?;
        let mut fields = part("ContentInfo", signed_data(token))?;
        // RFC 5652, 5.1: version 3, as the content is not id-data.
        if part(DATA, fields.expect(der::INTEGER))?.value != [3] {
            return part("version", Err(DerError::Value));
        }
        let mut digests = part("digestAlgorithms", fields.inside(der::SET))?;
        let announced = digest(part("digestAlgorithms", digests.expect(der::SEQUENCE))?.raw)?;
        part("digestAlgorithms", digests.finish())?;
        let statement = statement(part(DATA, fields.inside(der::SEQUENCE))?)?;
        let bag = part(DATA, fields.optional(der::CONTEXT_0))?;
        if part(DATA, fields.optional(der::CONTEXT_1))?.is_some() {
            return Err(TimeStampError::OutOfProfile("revocation data"));
        }
        let signers = part(DATA, fields.inside(der::SET))?;
        part(DATA, fields.finish())?;
        let info = Info::read(statement)?;
        let signer = only_signer(signers)?;
        Self::of_signer(&signer, statement, info, Bag::read(bag)?, announced)
    }

    fn of_signer(
        signer: &Tlv<'a>,
        statement: &'a [u8],
        info: Info<'a>,
        bag: Bag<'a>,
        announced: DigestAlgorithm,
    ) -> Read<Self> {
        let mut fields = signer.reader();
        let version = part(INFO, fields.expect(der::INTEGER))?.value;
        let signer_id = part("signer identifier", signer_id(&mut fields))?;
        let digest = digest(part(INFO, fields.expect(der::SEQUENCE))?.raw)?;
        if version != signer_id.version() || digest != announced {
            return part(INFO, Err(DerError::Value));
        }
        let signed = part(INFO, fields.optional(der::CONTEXT_0))?;
        let signed = signed.ok_or(TimeStampError::Attribute("(all)"))?;
        let attributes = Attributes::read(&signed)?;
        let signature_algorithm = part(INFO, fields.expect(der::SEQUENCE))?.raw;
        let signature = part(INFO, fields.expect(der::OCTET_STRING))?.value;
        if fields.peek() == Some(der::CONTEXT_1) {
            return Err(TimeStampError::OutOfProfile("unsigned attributes"));
        }
        part(INFO, fields.finish())?;
        Ok(Self {
            bag,
            statement,
            info,
            signer_id,
            digest,
            attributes_raw: signed.raw,
            attributes,
            signature_algorithm,
            signature,
        })
    }

    /// Whether the token is the intact statement of the authority whose certificate it holds; which
    /// certificate that is, and by what it signed. Trust in it is another question.
    pub(crate) fn intact(&self) -> Read<(&Certificate, SignatureAlgorithm)> {
        let certificate = self.bag.signer(&self.signer_id, &self.attributes.made_for)?;
        let tail = certificate.serial_tail();
        if !self.info.names(certificate) {
            return Err(TimeStampError::OtherCertificate(tail));
        }
        let raw = self.signature_algorithm;
        let known = SignatureAlgorithm::of_signer(raw, self.digest);
        let algorithm = known.ok_or_else(|| TimeStampError::Algorithm {
            what: "signature",
            oid: oid::of_algorithm(raw),
        })?;
        if !algorithm.fits(certificate.key_algorithm()) || algorithm.digest() != self.digest {
            return Err(TimeStampError::AlgorithmMismatch(tail));
        }
        if self.attributes.message_digest != self.digest.of(self.statement) {
            return Err(TimeStampError::Digest);
        }
        let signed = self.attributes_raw;
        if signs_attributes(&certificate.key, algorithm, signed, self.signature) {
            Ok((certificate, algorithm))
        } else {
            Err(TimeStampError::Crypto(tail))
        }
    }
}

fn digest(identifier: &[u8]) -> Read<DigestAlgorithm> {
    let unknown =
        || TimeStampError::Algorithm { what: "digest", oid: oid::of_algorithm(identifier) };
    DigestAlgorithm::of_identifier(identifier).ok_or_else(unknown)
}

/// `encapContentInfo`: a `TSTInfo`, inside.
fn statement(mut fields: Reader<'_>) -> Read<&[u8]> {
    const PART: &str = "encapContentInfo";
    if part(PART, fields.expect(der::OID))?.value != oid::TST_INFO {
        return Err(TimeStampError::OutOfProfile("a content type other than id-ct-TSTInfo"));
    }
    let Some(wrapper) = part(PART, fields.optional(der::CONTEXT_0))? else {
        return Err(TimeStampError::OutOfProfile("no statement"));
    };
    part(PART, fields.finish())?;
    part(PART, Tlv::only(wrapper.value, der::OCTET_STRING)).map(|octets| octets.value)
}

const CONTENT_TYPE: &str = "contentType";
const MESSAGE_DIGEST: &str = "messageDigest";
const SIGNING_CERTIFICATE: &str = "signingCertificate";

impl<'a> Attributes<'a> {
    /// Reads the attributes in DER order, each once. Those of no concern here are left to the
    /// authority: it signed them.
    fn read(signed: &Tlv<'a>) -> Read<Self> {
        const PART: &str = "signed attributes";
        part(PART, der::ascending(signed.reader()))?;
        let mut seen: Vec<(&[u8], Tlv<'a>)> = Vec::new();
        let mut list = signed.reader();
        while !list.is_empty() {
            let (oid, values) = part(PART, read_attribute(&mut list))?;
            if seen.len() == ATTRIBUTES_MAX {
                return Err(TimeStampError::Attribute("(too many)"));
            }
            if seen.iter().any(|(earlier, _)| *earlier == oid) {
                return Err(TimeStampError::Attribute("(repeated)"));
            }
            seen.push((oid, values));
        }
        // The only value of an attribute.
        let value = |wanted: &[u8], name: &'static str| -> Read<Option<Tlv<'a>>> {
            let Some((_, values)) = seen.iter().find(|(oid, _)| *oid == wanted) else {
                return Ok(None);
            };
            let mut values = values.reader();
            let value = values.any().map_err(|_| TimeStampError::Attribute(name))?;
            values.finish().map_err(|_| TimeStampError::Attribute(name))?;
            Ok(Some(value))
        };
        let kind = value(oid::CONTENT_TYPE, CONTENT_TYPE)?;
        if !kind.is_some_and(|kind| kind.tag == der::OID && kind.value == oid::TST_INFO) {
            return Err(TimeStampError::Attribute(CONTENT_TYPE));
        }
        let digest = value(oid::MESSAGE_DIGEST, MESSAGE_DIGEST)?;
        let digest = digest.filter(|digest| digest.tag == der::OCTET_STRING);
        let message_digest = digest.ok_or(TimeStampError::Attribute(MESSAGE_DIGEST))?.value;
        let wrong = |_| TimeStampError::Attribute(SIGNING_CERTIFICATE);
        let first = value(oid::SIGNING_CERTIFICATE, SIGNING_CERTIFICATE)?;
        let first =
            first.map(|value| made_for(&value, CertId::first).map_err(wrong)).transpose()?;
        let second = value(oid::SIGNING_CERTIFICATE_V2, SIGNING_CERTIFICATE)?;
        let second =
            second.map(|value| made_for(&value, CertId::second).map_err(wrong)).transpose()?;
        let made_for: Vec<_> = first.into_iter().chain(second).collect();
        if made_for.is_empty() {
            return Err(TimeStampError::Attribute(SIGNING_CERTIFICATE));
        }
        Ok(Self { message_digest, made_for })
    }
}

/// The first identifier of `SigningCertificate` (RFC 2634, 5.4) or `SigningCertificateV2` (RFC 5035,
/// 3): that of the signer's certificate. Further ones name its CAs; at most six in all.
fn made_for<'a>(
    value: &Tlv<'a>,
    read: fn(Reader<'a>) -> Result<CertId<'a>, DerError>,
) -> Result<CertId<'a>, DerError> {
    let mut outer = Tlv::only(value.raw, der::SEQUENCE)?.reader();
    let mut ids = outer.inside(der::SEQUENCE)?;
    outer.finish()?; // no policies
    let first = read(ids.inside(der::SEQUENCE)?)?;
    let mut more = 1;
    while !ids.is_empty() {
        more += 1;
        if more > CHAIN_MAX {
            return Err(DerError::Length);
        }
        read(ids.inside(der::SEQUENCE)?)?;
    }
    Ok(first)
}
