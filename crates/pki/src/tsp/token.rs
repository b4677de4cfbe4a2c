//! Reads a token into slices of it (RFC 3161, 2.4.2; RFC 5652, 5). Nothing is ever encoded again.

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest as ring_digest};

use super::error::{TimeStampError, part};
use super::info::Info;
use crate::cert::{Certificate, DigestAlgorithm, SignatureAlgorithm};
use crate::cms::{SignerId, read_attribute, signed_data, signer_id};
use crate::der::{self, DerError, Reader, Tlv};
use crate::limits::{CHAIN_MAX, TIME_STAMP_BYTES_MAX};
use crate::oid;

type Read<T> = Result<T, TimeStampError>;

/// A token, structurally complete; no signature is checked yet.
pub(crate) struct Token<'a> {
    pub(super) certificates: Vec<Certificate>,
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
    identified: [Option<Identified<'a>>; 2],
}

/// `ESSCertID` or `ESSCertIDv2` of the authority's certificate.
struct Identified<'a> {
    /// `None` stands for SHA-1.
    algorithm: Option<DigestAlgorithm>,
    hash: &'a [u8],
    issuer_serial: Option<(&'a [u8], &'a [u8])>,
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
        let certificates = certificates(bag)?;
        Self::of_signer(&signer, statement, info, certificates, announced)
    }

    fn of_signer(
        signer: &Tlv<'a>,
        statement: &'a [u8],
        info: Info<'a>,
        certificates: Vec<Certificate>,
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
            certificates,
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
        let named = self.certificates.iter().find(|one| self.signer_id.names(one));
        let certificate = named.ok_or(TimeStampError::SignerMissing)?;
        let tail = certificate.serial_tail();
        let same = self.attributes.identified.iter().flatten().all(|id| id.is(certificate));
        if !same || !self.info.names(certificate) {
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
        // RFC 5652, 5.4: what is signed is the SET OF, so its tag stands where [0] was received.
        let mut message = self.attributes_raw.to_vec();
        if let Some(tag) = message.first_mut() {
            *tag = der::SET;
        }
        if certificate.key.verifies(algorithm, &message, self.signature) {
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

fn certificates(bag: Option<Tlv<'_>>) -> Read<Vec<Certificate>> {
    let mut out = Vec::new();
    let mut reader = bag.map_or(Reader::new(&[]), |bag| bag.reader());
    while !reader.is_empty() {
        let one = part("certificates", reader.any())?;
        if one.tag != der::SEQUENCE {
            return Err(TimeStampError::OutOfProfile("certificates of another format"));
        }
        if out.len() == CHAIN_MAX {
            return Err(TimeStampError::OutOfProfile("more than six certificates"));
        }
        out.push(Certificate::from_der(one.raw)?);
    }
    Ok(out)
}

fn only_signer(mut signers: Reader<'_>) -> Read<Tlv<'_>> {
    let mut all = Vec::new();
    while !signers.is_empty() {
        all.push(part("signerInfos", signers.expect(der::SEQUENCE))?);
    }
    match all.as_slice() {
        [one] => Ok(*one),
        others => Err(TimeStampError::Signers(others.len())),
    }
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
        let first = first.map(|value| identified(&value, false).map_err(wrong)).transpose()?;
        let second = value(oid::SIGNING_CERTIFICATE_V2, SIGNING_CERTIFICATE)?;
        let second = second.map(|value| identified(&value, true).map_err(wrong)).transpose()?;
        if first.is_none() && second.is_none() {
            return Err(TimeStampError::Attribute(SIGNING_CERTIFICATE));
        }
        Ok(Self { message_digest, identified: [first, second] })
    }
}

impl Identified<'_> {
    fn is(&self, certificate: &Certificate) -> bool {
        let hash = match self.algorithm {
            Some(algorithm) => algorithm.of(certificate.der()),
            None => ring_digest(&SHA1_FOR_LEGACY_USE_ONLY, certificate.der()).as_ref().to_vec(),
        };
        let same_issuer = self.issuer_serial.is_none_or(|(issuer, serial)| {
            certificate.issuer == issuer && certificate.serial == serial
        });
        same_issuer && self.hash == hash
    }
}

/// The first identifier of `SigningCertificate` (RFC 2634, 5.4) or `SigningCertificateV2` (RFC 5035,
/// 3): that of the signer's certificate. Further ones name its CAs; at most six in all.
fn identified<'a>(value: &Tlv<'a>, second: bool) -> Result<Identified<'a>, DerError> {
    let mut outer = Tlv::only(value.raw, der::SEQUENCE)?.reader();
    let mut ids = outer.inside(der::SEQUENCE)?;
    outer.finish()?; // no policies
    let first = identifier(ids.inside(der::SEQUENCE)?, second)?;
    let mut more = 1;
    while !ids.is_empty() {
        more += 1;
        if more > CHAIN_MAX {
            return Err(DerError::Length);
        }
        identifier(ids.inside(der::SEQUENCE)?, second)?;
    }
    Ok(first)
}

/// `ESSCertID` or `ESSCertIDv2`.
fn identifier(mut id: Reader<'_>, second: bool) -> Result<Identified<'_>, DerError> {
    let named = if second { id.optional(der::SEQUENCE)? } else { None };
    let algorithm = match (second, named) {
        (false, _) => None,
        (true, None) => Some(DigestAlgorithm::Sha256),
        (true, Some(named)) => {
            Some(DigestAlgorithm::of_identifier(named.raw).ok_or(DerError::Value)?)
        }
    };
    let hash = id.expect(der::OCTET_STRING)?.value;
    let mut issuer_serial = None;
    if !id.is_empty() {
        let mut pair = id.inside(der::SEQUENCE)?;
        let mut names = pair.inside(der::SEQUENCE)?;
        let mut name = names.inside(der::CONTEXT_4)?; // directoryName
        names.finish()?;
        let issuer = name.expect(der::SEQUENCE)?.raw;
        name.finish()?;
        issuer_serial = Some((issuer, pair.expect(der::INTEGER)?.value));
        pair.finish()?;
    }
    id.finish()?;
    Ok(Identified { algorithm, hash, issuer_serial })
}
