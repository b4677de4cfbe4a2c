//! Reads an OCSP response (RFC 6960, 4.2.1).

use kaibiao_types::UtcMillis;
use sm3::Digest as _;

use super::crl::{read_detail, read_reason};
use super::judge::Statement;
use super::{EvidenceFault, Reason};
use crate::cert::{Certificate, extension};
use crate::der::{self, DerError, Reader, Tlv};
use crate::limits::{CHAIN_MAX, OCSP_BYTES_MAX};
use crate::name::ComparableName;
use crate::oid::{self, algorithm};

/// A successful basic response, as slices of its bytes. Nothing is said about its signature.
pub(super) struct Response<'a> {
    pub(super) tbs: &'a [u8],
    pub(super) produced_at: UtcMillis,
    pub(super) algorithm: &'a [u8],
    pub(super) signature: &'a [u8],
    /// Certificates that came with it.
    pub(super) certificates: Vec<Certificate>,
    responder: Responder<'a>,
    answers: Vec<Answer<'a>>,
}

enum Responder<'a> {
    /// SHA-1 of the public key.
    Key(&'a [u8]),
    Name(ComparableName),
}

/// The answer on one certificate.
#[derive(Clone, Copy)]
pub(super) struct Answer<'a> {
    pub(super) this_update: UtcMillis,
    hash: &'a [u8],
    name_hash: &'a [u8],
    key_hash: &'a [u8],
    serial: &'a [u8],
    status: Status,
    next_update: Option<UtcMillis>,
    archive_cutoff: Option<UtcMillis>,
}

#[derive(Clone, Copy)]
enum Status {
    Good,
    Revoked { at: UtcMillis, reason: Reason, invalidity: Option<UtcMillis> },
    Unknown,
}

impl<'a> Response<'a> {
    /// Reads one `OCSPResponse` in DER; nothing may follow it.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, EvidenceFault> {
        if bytes.len() > OCSP_BYTES_MAX {
            return Err(EvidenceFault::TooLarge);
        }
        let basic = basic(bytes)?;
        der::check(basic, der::SEQUENCE)?;
        let mut fields = Tlv::only(basic, der::SEQUENCE)?.reader();
        let tbs = fields.expect(der::SEQUENCE)?;
        let algorithm = fields.expect(der::SEQUENCE)?.raw;
        let signature = fields.expect(der::BIT_STRING)?.whole_bits()?;
        let certificates = match fields.optional(der::CONTEXT_0)? {
            None => Vec::new(),
            Some(list) => certificates(Tlv::only(list.value, der::SEQUENCE)?.reader())?,
        };
        fields.finish()?;

        let mut data = tbs.reader();
        let responder = data.any()?; // a version in front, [0], can only be another than ours
        let responder = match responder.tag {
            der::CONTEXT_1 => Responder::Name(ComparableName::of(responder.value)?),
            der::CONTEXT_2 => Responder::Key(Tlv::only(responder.value, der::OCTET_STRING)?.value),
            tag => return Err(EvidenceFault::Format(DerError::Tag(tag))),
        };
        let produced_at = der::read_time(&data.expect(der::GENERALIZED_TIME)?)?;
        let mut list = data.inside(der::SEQUENCE)?;
        let mut answers = Vec::new();
        while !list.is_empty() {
            answers.push(answer(list.inside(der::SEQUENCE)?)?);
        }
        if let Some(wrapper) = data.optional(der::CONTEXT_1)? {
            none_critical(Tlv::only(wrapper.value, der::SEQUENCE)?.reader())?;
        }
        data.finish()?;
        let tbs = tbs.raw;
        Ok(Self { tbs, produced_at, algorithm, signature, certificates, responder, answers })
    }

    /// Whether the responder calls itself by the name or key of this certificate.
    pub(super) fn names(&self, signer: &Certificate) -> bool {
        match &self.responder {
            Responder::Name(name) => *name == signer.subject_name,
            Responder::Key(hash) => *hash == sha1(&signer.key.bits),
        }
    }

    /// The answer on a certificate of this issuer; the first, and the worst if there are several.
    pub(super) fn find(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
    ) -> Option<Answer<'a>> {
        let mut about = self.answers.iter().filter(|answer| answer.is_about(certificate, issuer));
        let first = about.next()?;
        let revoked = |answer: &&Answer<'_>| matches!(answer.status, Status::Revoked { .. });
        Some(*about.find(revoked).filter(|_| !revoked(&first)).unwrap_or(first))
    }
}

impl Answer<'_> {
    fn is_about(&self, certificate: &Certificate, issuer: &Certificate) -> bool {
        let hash = |bytes: &[u8]| match self.hash {
            algorithm::SHA1 | algorithm::SHA1_NULL => Some(sha1(bytes)),
            algorithm::SHA256 | algorithm::SHA256_NULL => {
                Some(crate::sha256(bytes).bytes().to_vec())
            }
            algorithm::SM3 | algorithm::SM3_NULL => Some(sm3::Sm3::digest(bytes).to_vec()),
            _ => None,
        };
        self.serial == certificate.serial
            && hash(&issuer.key.bits).is_some_and(|hash| hash == self.key_hash)
            && [&certificate.issuer, &issuer.subject]
                .into_iter()
                .any(|name| hash(name).is_some_and(|hash| hash == self.name_hash))
    }

    /// What it states, if the responder knows the certificate.
    pub(super) fn statement(
        &self,
        certificate: &Certificate,
        produced_at: UtcMillis,
    ) -> Result<Statement, EvidenceFault> {
        if self.next_update.is_some_and(|next| next < self.this_update)
            || produced_at < self.this_update
        {
            return Err(EvidenceFault::Future);
        }
        let kept = self.archive_cutoff.is_some_and(|cutoff| cutoff <= certificate.not_after);
        Ok(Statement {
            revoked: match self.status {
                Status::Unknown => return Err(EvidenceFault::NoStatus),
                Status::Good => None,
                Status::Revoked { at, reason, invalidity } => Some((at, reason, invalidity)),
            },
            this_update: self.this_update,
            next_update: self.next_update,
            complete: kept || self.this_update <= certificate.not_after,
        })
    }
}

/// The bytes of the `BasicOCSPResponse` in a response that is successful.
fn basic(bytes: &[u8]) -> Result<&[u8], EvidenceFault> {
    der::check(bytes, der::SEQUENCE)?;
    let mut outer = Tlv::only(bytes, der::SEQUENCE)?.reader();
    if outer.expect(der::ENUMERATED)?.value != [0] {
        return Err(EvidenceFault::NoStatus);
    }
    let wrapper = outer.expect(der::CONTEXT_0)?;
    outer.finish()?;
    let mut inner = Tlv::only(wrapper.value, der::SEQUENCE)?.reader();
    let kind = inner.expect(der::OID)?.value;
    let basic = inner.expect(der::OCTET_STRING)?.value;
    inner.finish()?;
    if kind == oid::OCSP_BASIC { Ok(basic) } else { Err(EvidenceFault::Format(DerError::Value)) }
}

/// Certificates that can be read; one that cannot is no responder's.
fn certificates(mut list: Reader<'_>) -> Result<Vec<Certificate>, EvidenceFault> {
    let mut out = Vec::new();
    while !list.is_empty() {
        let der = list.expect(der::SEQUENCE)?.raw;
        if out.len() == CHAIN_MAX {
            return Err(EvidenceFault::TooLarge);
        }
        out.extend(Certificate::from_der(der).ok());
    }
    Ok(out)
}

fn answer(mut fields: Reader<'_>) -> Result<Answer<'_>, EvidenceFault> {
    let mut id = fields.inside(der::SEQUENCE)?;
    let hash = id.expect(der::SEQUENCE)?.raw;
    let name_hash = id.expect(der::OCTET_STRING)?.value;
    let key_hash = id.expect(der::OCTET_STRING)?.value;
    let serial = id.expect(der::INTEGER)?.value;
    id.finish()?;
    let choice = fields.any()?;
    let this_update = der::read_time(&fields.expect(der::GENERALIZED_TIME)?)?;
    let time = |wrapper: Tlv<'_>| {
        Tlv::only(wrapper.value, der::GENERALIZED_TIME).and_then(|time| der::read_time(&time))
    };
    let next_update = fields.optional(der::CONTEXT_0)?.map(time).transpose()?;
    let mut list = match fields.optional(der::CONTEXT_1)? {
        None => Reader::new(&[]),
        Some(wrapper) => Tlv::only(wrapper.value, der::SEQUENCE)?.reader(),
    };
    fields.finish()?;
    let (mut reason, mut invalidity, mut archive_cutoff) = (None, None, None);
    while !list.is_empty() {
        let one = extension(&mut list)?;
        if one.critical {
            return Err(EvidenceFault::UnknownCritical);
        }
        if one.oid == oid::OCSP_ARCHIVE_CUTOFF {
            let time = Tlv::only(one.value, der::GENERALIZED_TIME)?;
            archive_cutoff = Some(der::read_time(&time)?);
        }
        if read_detail(&one, &mut reason, &mut invalidity)? {
            return Err(EvidenceFault::Format(DerError::Order));
        }
    }
    let status = status(&choice, reason, invalidity)?;
    Ok(Answer {
        this_update,
        hash,
        name_hash,
        key_hash,
        serial,
        status,
        next_update,
        archive_cutoff,
    })
}

fn status(
    choice: &Tlv<'_>,
    reason: Option<Reason>,
    invalidity: Option<UtcMillis>,
) -> Result<Status, EvidenceFault> {
    match choice.tag {
        0x80 if choice.value.is_empty() => Ok(Status::Good),
        0x82 if choice.value.is_empty() => Ok(Status::Unknown),
        der::CONTEXT_1 => {
            let mut fields = choice.reader();
            let at = der::read_time(&fields.expect(der::GENERALIZED_TIME)?)?;
            let own = match fields.optional(der::CONTEXT_0)? {
                None => None,
                Some(wrapper) => {
                    Some(read_reason(Tlv::only(wrapper.value, der::ENUMERATED)?.value)?)
                }
            };
            fields.finish()?;
            let reason = own.or(reason).unwrap_or(Reason::Unspecified);
            Ok(Status::Revoked { at, reason, invalidity })
        }
        tag => Err(EvidenceFault::Format(DerError::Tag(tag))),
    }
}

fn none_critical(mut list: Reader<'_>) -> Result<(), EvidenceFault> {
    while !list.is_empty() {
        if extension(&mut list)?.critical {
            return Err(EvidenceFault::UnknownCritical);
        }
    }
    Ok(())
}

/// SHA-1, as a name of a key and no more (RFC 6960, 4.2.1).
fn sha1(bytes: &[u8]) -> Vec<u8> {
    ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref().to_vec()
}
