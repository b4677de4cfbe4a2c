//! Reads a certificate with our DER reader, then has `x509-parser` read the same bytes and compares.

use kaibiao_types::UtcMillis;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use x509_parser::x509::X509Version;

use super::extensions::Extensions;
use super::key::PublicKey;
use super::name::text;
use super::{Attribute, CertError, Certificate, SerialTail, second};
use crate::der::{self, DerError, Reader, Tlv};
use crate::limits::CERTIFICATE_BYTES_MAX;
use crate::name::ComparableName;
use crate::{oid, sha256};

/// The fields of a certificate as slices of it, in order.
struct Fields<'a> {
    tbs: &'a [u8],
    version: Option<Tlv<'a>>,
    serial: &'a [u8],
    inner_algorithm: &'a [u8],
    issuer: &'a [u8],
    not_before: Tlv<'a>,
    not_after: Tlv<'a>,
    subject: Tlv<'a>,
    spki: &'a [u8],
    extensions: Option<Reader<'a>>,
    signature_algorithm: &'a [u8],
    signature: &'a [u8],
}

pub(super) fn certificate(der: &[u8]) -> Result<Certificate, CertError> {
    if der.len() > CERTIFICATE_BYTES_MAX {
        return Err(CertError::TooLarge(der.len()));
    }
    der::check(der, der::SEQUENCE).map_err(CertError::Format)?;
    let fields = split(der).map_err(CertError::Format)?;
    let cert = tail(fields.serial);
    // INTEGER 2 in [0] stands for version 3.
    if fields.version.is_none_or(|version| version.value != [der::INTEGER, 1, 2]) {
        return Err(CertError::Version(cert));
    }
    if fields.inner_algorithm != fields.signature_algorithm {
        return Err(CertError::Ambiguous { cert, field: "signature algorithm" });
    }
    let instant = |time: &Tlv<'_>| der::read_time(time).map_err(CertError::Format);
    let none = Reader::new(&[]);
    let certificate = Certificate {
        der: der.to_vec(),
        sha256: sha256(der),
        spki_sha256: sha256(fields.spki),
        spki: fields.spki.to_vec(),
        tbs: fields.tbs.to_vec(),
        serial: fields.serial.to_vec(),
        issuer: fields.issuer.to_vec(),
        subject: fields.subject.raw.to_vec(),
        issuer_name: ComparableName::of(fields.issuer).map_err(CertError::Format)?,
        subject_name: ComparableName::of(fields.subject.raw).map_err(CertError::Format)?,
        not_before: instant(&fields.not_before)?,
        not_after: instant(&fields.not_after)?,
        key: PublicKey::from_spki(fields.spki).map_err(|fault| CertError::Key { cert, fault })?,
        extensions: Extensions::read(fields.extensions.unwrap_or(none), cert)?,
        signature_algorithm: fields.signature_algorithm.to_vec(),
        signature: fields.signature.to_vec(),
        attributes: attributes(&fields.subject).map_err(CertError::Format)?,
    };
    match disagreement(&certificate, fields.spki) {
        None => Ok(certificate),
        Some(field) => Err(CertError::Ambiguous { cert, field }),
    }
}

/// The last two octets of a serial number; a serial number of one octet is shown with `00` before.
pub(super) fn tail(serial: &[u8]) -> SerialTail {
    match serial {
        [.., high, low] => SerialTail([*high, *low]),
        [low] => SerialTail([0, *low]),
        [] => SerialTail([0, 0]),
    }
}

fn split(der: &[u8]) -> Result<Fields<'_>, DerError> {
    let mut outer = Tlv::only(der, der::SEQUENCE)?.reader();
    let tbs = outer.expect(der::SEQUENCE)?;
    let signature_algorithm = outer.expect(der::SEQUENCE)?.raw;
    let signature = outer.expect(der::BIT_STRING)?.whole_bits()?;
    outer.finish()?;

    let mut inner = tbs.reader();
    let version = inner.optional(der::CONTEXT_0)?;
    let serial = inner.expect(der::INTEGER)?.value;
    let inner_algorithm = inner.expect(der::SEQUENCE)?.raw;
    let issuer = inner.expect(der::SEQUENCE)?.raw;
    let mut validity = inner.inside(der::SEQUENCE)?;
    let (not_before, not_after) = (validity.any()?, validity.any()?);
    validity.finish()?;
    let subject = inner.expect(der::SEQUENCE)?;
    let spki = inner.expect(der::SEQUENCE)?.raw;
    let extensions = match inner.optional(der::CONTEXT_3)? {
        None => None,
        Some(wrapper) => Some(Tlv::only(wrapper.value, der::SEQUENCE)?.reader()),
    };
    inner.finish()?; // unique identifiers ([1], [2]) are refused with this: no CA may issue them
    Ok(Fields {
        tbs: tbs.raw,
        version,
        serial,
        inner_algorithm,
        issuer,
        not_before,
        not_after,
        subject,
        spki,
        extensions,
        signature_algorithm,
        signature,
    })
}

/// Type and text of each attribute of a `Name`, in order.
pub(super) fn attributes(name: &Tlv<'_>) -> Result<Vec<Attribute>, DerError> {
    let mut out = Vec::new();
    let mut names = name.reader();
    while !names.is_empty() {
        let mut set = names.inside(der::SET)?;
        while !set.is_empty() {
            let mut pair = set.inside(der::SEQUENCE)?;
            let oid = pair.expect(der::OID)?.value.to_vec();
            let value = pair.any()?;
            pair.finish()?;
            out.push((oid, text(&value)));
        }
    }
    Ok(out)
}

/// The first field that `x509-parser` reads differently from the same bytes.
fn disagreement(ours: &Certificate, spki: &[u8]) -> Option<&'static str> {
    let Ok((rest, theirs)) = X509Certificate::from_der(&ours.der) else {
        return Some("structure");
    };
    let instant = |time: i64| {
        let millis = u64::try_from(time).ok()?.checked_mul(1_000)?;
        UtcMillis::new(millis).ok()
    };
    let validity = theirs.validity();
    let same = [
        ("length", rest.is_empty()),
        ("signed part", theirs.tbs_certificate.as_ref() == ours.tbs),
        ("version", theirs.version() == X509Version::V3),
        ("serial number", theirs.raw_serial() == ours.serial),
        ("issuer", theirs.issuer().as_raw() == ours.issuer),
        ("subject", theirs.subject().as_raw() == ours.subject),
        ("start of validity", instant(validity.not_before.timestamp()) == Some(ours.not_before)),
        ("end of validity", instant(validity.not_after.timestamp()) == Some(ours.not_after)),
        ("key", theirs.public_key().raw == spki),
        ("public key", theirs.public_key().subject_public_key.data.as_ref() == ours.key.bits),
        ("signature", theirs.signature_value.data.as_ref() == ours.signature),
        ("basic constraints", same_basic(ours, &theirs)),
        ("key usage", same_key_usage(ours, &theirs)),
        ("extended key usage", same_purposes(ours, &theirs)),
        ("extensions", same_extensions(ours, &theirs)),
        ("names and policies", second::same_names_and_policies(ours, &theirs)),
    ];
    same.into_iter().find(|(_, same)| !same).map(|(field, _)| field)
}

fn same_basic(ours: &Certificate, theirs: &X509Certificate<'_>) -> bool {
    let Ok(read) = theirs.basic_constraints() else {
        return false;
    };
    let theirs = read.map(|found| (found.value.ca, found.value.path_len_constraint));
    theirs == ours.extensions.basic.map(|basic| (basic.ca, basic.path_length))
}

fn same_key_usage(ours: &Certificate, theirs: &X509Certificate<'_>) -> bool {
    let Ok(read) = theirs.key_usage() else {
        return false;
    };
    read.map(|found| found.value.flags) == ours.extensions.key_usage
}

fn same_purposes(ours: &Certificate, theirs: &X509Certificate<'_>) -> bool {
    let Ok(read) = theirs.extended_key_usage() else {
        return false;
    };
    let (Some(theirs), Some(ours)) = (read, ours.extensions.purposes.as_ref()) else {
        return theirs.extensions().iter().all(|e| e.oid.as_bytes() != oid::EXTENDED_KEY_USAGE);
    };
    let has = |wanted: &[u8]| ours.iter().any(|purpose| purpose == wanted);
    theirs.value.any == has(oid::EKU_ANY)
        && theirs.value.client_auth == has(oid::EKU_CLIENT_AUTH)
        && theirs.value.email_protection == has(oid::EKU_EMAIL)
        && theirs.value.time_stamping == has(oid::EKU_TIME_STAMPING)
        && theirs.value.other.iter().all(|oid| has(oid.as_bytes()))
}

fn same_extensions(ours: &Certificate, theirs: &X509Certificate<'_>) -> bool {
    let ours =
        ours.extensions.all.iter().map(|e| (e.oid.as_slice(), e.critical, e.value.as_slice()));
    theirs.extensions().iter().map(|e| (e.oid.as_bytes(), e.critical, e.value)).eq(ours)
}
