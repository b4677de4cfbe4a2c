//! Reads a certificate revocation list (RFC 5280, 5), and has `x509-parser` read it too and compares:
//! the list without its lines, and each line by itself, so that no more than a line is held twice.

use std::sync::OnceLock;

use kaibiao_types::UtcMillis;
use x509_parser::prelude::FromDer;
use x509_parser::revocation_list::{CertificateRevocationList, RevokedCertificate};
use x509_parser::time::ASN1Time;
use x509_parser::x509::X509Version;

use super::point::Scope;
use super::{EvidenceFault, Reason};
use crate::cert::{PublicKey, ReadExtension, SignatureAlgorithm, extension};
use crate::der::{self, DerError, Reader, Tlv};
use crate::limits::{CRL_BYTES_MAX, CRL_HEAD_BYTES_MAX, CRL_LINE_BYTES_MAX, EXTENSIONS_MAX};
use crate::name::ComparableName;
use crate::oid;

/// A complete CRL of one issuer, as slices of its bytes.
pub(super) struct Crl<'a> {
    pub(super) tbs: &'a [u8],
    pub(super) issuer: ComparableName,
    pub(super) this_update: UtcMillis,
    pub(super) next_update: Option<UtcMillis>,
    /// What of its issuer's certificates it covers.
    pub(super) scope: Scope<'a>,
    /// Delta CRLs to it are announced.
    pub(super) has_deltas: bool,
    /// Revocations of certificates that expired at this instant or later stay on it.
    pub(super) keeps_expired_since: Option<UtcMillis>,
    /// The key identifier of the signer, if it names one.
    pub(super) key_id: Option<&'a [u8]>,
    pub(super) algorithm: &'a [u8],
    signature: &'a [u8],
    /// The lines of `revokedCertificates`, each of which two parsers read, by serial number.
    lines: Vec<&'a [u8]>,
    /// The first key that was found to have made the signature.
    signer: OnceLock<PublicKey>,
}

/// One line of a CRL.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Entry<'a> {
    pub(super) serial: &'a [u8],
    pub(super) at: UtcMillis,
    pub(super) reason: Reason,
    pub(super) invalidity: Option<UtcMillis>,
}

struct Fields<'a> {
    tbs: &'a [u8],
    issuer: &'a [u8],
    this_update: Tlv<'a>,
    next_update: Option<Tlv<'a>>,
    entries: Reader<'a>,
    extensions: Reader<'a>,
    algorithm: &'a [u8],
    signature: &'a [u8],
    /// The same CRL with no line on it.
    head: Vec<u8>,
}

impl<'a> Crl<'a> {
    /// Reads one CRL in DER; nothing may follow it.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, EvidenceFault> {
        if bytes.len() > CRL_BYTES_MAX {
            return Err(EvidenceFault::TooLarge);
        }
        der::check(bytes, der::SEQUENCE)?;
        let fields = split(bytes)?;
        let mut crl = Self {
            tbs: fields.tbs,
            issuer: ComparableName::of(fields.issuer)?,
            this_update: der::read_time(&fields.this_update)?,
            next_update: fields.next_update.as_ref().map(der::read_time).transpose()?,
            scope: Scope::default(),
            has_deltas: false,
            keeps_expired_since: None,
            key_id: None,
            algorithm: fields.algorithm,
            signature: fields.signature,
            lines: Vec::new(),
            signer: OnceLock::new(),
        };
        crl.extensions(fields.extensions)?;
        let mut same = same_head(&crl, &fields.head, fields.issuer);
        let mut entries = fields.entries;
        while !entries.is_empty() {
            let line = entries.any()?.raw;
            if line.len() > CRL_LINE_BYTES_MAX {
                return Err(EvidenceFault::TooLarge);
            }
            same &= same_line(&entry(line)?, line);
            crl.lines.push(line);
        }
        if crl.next_update.is_some_and(|next| next < crl.this_update) {
            return Err(EvidenceFault::Profile("it ends before it begins"));
        }
        crl.lines.sort_unstable_by_key(|line| serial_of(line));
        if same { Ok(crl) } else { Err(EvidenceFault::Ambiguous) }
    }

    fn extensions(&mut self, list: Reader<'a>) -> Result<(), EvidenceFault> {
        let mut seen: Vec<&[u8]> = Vec::new();
        let mut number = false;
        let mut list = list;
        while !list.is_empty() {
            let one = extension(&mut list)?;
            if seen.len() == EXTENSIONS_MAX {
                return Err(EvidenceFault::TooLarge);
            }
            if seen.contains(&one.oid) {
                return Err(EvidenceFault::Format(DerError::Order));
            }
            seen.push(one.oid);
            match (one.oid, one.critical) {
                (oid::CRL_NUMBER, false) => {
                    Tlv::only(one.value, der::INTEGER)?;
                    number = true;
                }
                (oid::DELTA_CRL, _) => return Err(EvidenceFault::Delta),
                (oid::ISSUING_POINT, _) => self.scope = Scope::read(one.value, &self.issuer)?,
                (oid::FRESHEST_CRL, false) => self.has_deltas = true,
                (oid::EXPIRED_ON_CRL, false) => {
                    let time = Tlv::only(one.value, der::GENERALIZED_TIME)?;
                    self.keeps_expired_since = Some(der::read_time(&time)?);
                }
                (oid::AUTHORITY_KEY_ID, false) => {
                    der::check(one.value, der::SEQUENCE)?;
                    let mut id = Tlv::only(one.value, der::SEQUENCE)?.reader();
                    self.key_id = id.optional(der::CONTEXT_0_PRIMITIVE)?.map(|id| id.value);
                }
                (_, false) => {}
                (_, true) => return Err(EvidenceFault::UnknownCritical),
            }
        }
        if number { Ok(()) } else { Err(EvidenceFault::Profile("it has no number")) }
    }

    /// The line on a certificate, by the content octets of its serial number.
    pub(super) fn find(&self, serial: &[u8]) -> Result<Option<Entry<'a>>, EvidenceFault> {
        let place = self.lines.partition_point(|line| serial_of(line) < serial);
        let mut same = self.lines.iter().skip(place).take_while(|line| serial_of(line) == serial);
        match (same.next(), same.next()) {
            (Some(_), Some(_)) => Err(EvidenceFault::Ambiguous),
            (found, _) => found.map(|line| entry(line)).transpose(),
        }
    }

    /// Whether this key made the signature by the algorithm that the CRL names. Found once, it is
    /// kept in mind: of a large CRL the digest alone takes longer than all else.
    pub(super) fn is_signed_by(&self, by: SignatureAlgorithm, key: &PublicKey) -> bool {
        if self.signer.get() == Some(key) {
            return true;
        }
        let signed = key.verifies(by, self.tbs, self.signature);
        if signed {
            drop(self.signer.set(key.clone())); // another key may be there: then that one stays
        }
        signed
    }
}

/// The fields of a CRL, which is bounded but for its lines.
fn split<'a>(bytes: &'a [u8]) -> Result<Fields<'a>, EvidenceFault> {
    let mut outer = Tlv::only(bytes, der::SEQUENCE)?.reader();
    let tbs = outer.expect(der::SEQUENCE)?;
    let algorithm = outer.expect(der::SEQUENCE)?.raw;
    let bits = outer.expect(der::BIT_STRING)?;
    let signature = bits.whole_bits()?;
    outer.finish()?;
    let mut inner = tbs.reader();
    let version = inner.optional(der::INTEGER)?;
    if version.is_none_or(|version| version.value != [1]) {
        return Err(EvidenceFault::Profile("it is not of version 2"));
    }
    if inner.expect(der::SEQUENCE)?.raw != algorithm {
        return Err(EvidenceFault::Ambiguous);
    }
    let issuer = inner.expect(der::SEQUENCE)?.raw;
    let this_update = inner.any()?;
    let next_update = match inner.peek() {
        Some(der::UTC_TIME | der::GENERALIZED_TIME) => Some(inner.any()?),
        _ => None,
    };
    let entries = inner.optional(der::SEQUENCE)?;
    if entries.is_some_and(|entries| entries.value.is_empty()) {
        return Err(EvidenceFault::Format(DerError::Value)); // RFC 5280, 5.1.2.6: then it is absent
    }
    let wrapper = inner.optional(der::CONTEXT_0)?;
    let extensions = match &wrapper {
        None => Reader::new(&[]),
        Some(wrapper) => Tlv::only(wrapper.value, der::SEQUENCE)?.reader(),
    };
    inner.finish()?;
    let lines = entries.map_or(0, |entries| entries.raw.len());
    if bytes.len().saturating_sub(lines) > CRL_HEAD_BYTES_MAX {
        return Err(EvidenceFault::TooLarge);
    }
    let raw = |field: Option<Tlv<'a>>| field.map(|field| field.raw).unwrap_or_default();
    let tbs_head =
        [raw(version), algorithm, issuer, this_update.raw, raw(next_update), raw(wrapper)];
    let head = der::sequence(&[&der::sequence(&tbs_head), algorithm, bits.raw]);
    let entries = entries.map_or(Reader::new(&[]), |entries| entries.reader());
    Ok(Fields {
        tbs: tbs.raw,
        issuer,
        this_update,
        next_update,
        entries,
        extensions,
        algorithm,
        signature,
        head,
    })
}

/// Content octets of the serial number of a line that was read; of no other.
fn serial_of(line: &[u8]) -> &[u8] {
    let fields = Tlv::only(line, der::SEQUENCE).map(|line| line.reader());
    let serial = fields.and_then(|mut fields| fields.expect(der::INTEGER));
    serial.map(|serial| serial.value).unwrap_or_default()
}

/// One line; a critical extension in any line makes the whole CRL unusable (RFC 5280, 5.3).
fn entry(line: &[u8]) -> Result<Entry<'_>, EvidenceFault> {
    let mut fields = Tlv::only(line, der::SEQUENCE)?.reader();
    let serial = fields.expect(der::INTEGER)?.value;
    let at = der::read_time(&fields.any()?)?;
    let mut list = match fields.optional(der::SEQUENCE)? {
        Some(list) if list.value.is_empty() => return Err(DerError::Value.into()),
        Some(list) => list.reader(),
        None => Reader::new(&[]),
    };
    fields.finish()?;
    let (mut reason, mut invalidity) = (None, None);
    while !list.is_empty() {
        let one = extension(&mut list)?;
        if one.critical {
            return Err(EvidenceFault::UnknownCritical);
        }
        let twice = read_detail(&one, &mut reason, &mut invalidity)?;
        if twice {
            return Err(EvidenceFault::Format(DerError::Order));
        }
    }
    Ok(Entry { serial, at, reason: reason.unwrap_or(Reason::Unspecified), invalidity })
}

/// Reason and date of invalidity, in a line of a CRL or in an OCSP answer; true if it was known
/// already.
pub(super) fn read_detail(
    one: &ReadExtension<'_>,
    reason: &mut Option<Reason>,
    invalidity: &mut Option<UtcMillis>,
) -> Result<bool, EvidenceFault> {
    match one.oid {
        oid::REASON_CODE => {
            let code = Tlv::only(one.value, der::ENUMERATED)?;
            Ok(reason.replace(read_reason(code.value)?).is_some())
        }
        oid::INVALIDITY_DATE => {
            let time = Tlv::only(one.value, der::GENERALIZED_TIME)?;
            Ok(invalidity.replace(der::read_time(&time)?).is_some())
        }
        _ => Ok(false),
    }
}

/// `CRLReason`; `removeFromCRL` (8) stands on delta CRLs alone.
pub(super) const fn read_reason(code: &[u8]) -> Result<Reason, EvidenceFault> {
    Ok(match code {
        [0] => Reason::Unspecified,
        [1] => Reason::KeyCompromise,
        [2] => Reason::CaCompromise,
        [3] => Reason::AffiliationChanged,
        [4] => Reason::Superseded,
        [5] => Reason::CessationOfOperation,
        [6] => Reason::Hold,
        [8] => return Err(EvidenceFault::Delta),
        [9] => Reason::PrivilegeWithdrawn,
        [10] => Reason::AaCompromise,
        _ => return Err(EvidenceFault::Format(DerError::Value)),
    })
}

/// Whether `x509-parser` reads the same from a CRL with no line on it.
fn same_head(ours: &Crl<'_>, head: &[u8], issuer: &[u8]) -> bool {
    let Ok((rest, theirs)) = CertificateRevocationList::from_der(head) else { return false };
    let list = &theirs.tbs_cert_list;
    rest.is_empty()
        && list.version == Some(X509Version::V2)
        && list.issuer.as_raw() == issuer
        && same_time(list.this_update, ours.this_update)
        && same_optional_time(list.next_update, ours.next_update)
        && list.revoked_certificates.is_empty()
        && theirs.signature_value.data.as_ref() == ours.signature
}

/// Whether `x509-parser` reads the same from a line.
fn same_line(ours: &Entry<'_>, line: &[u8]) -> bool {
    let Ok((rest, theirs)) = RevokedCertificate::from_der(line) else { return false };
    rest.is_empty()
        && theirs.raw_serial() == ours.serial
        && same_time(theirs.revocation_date, ours.at)
        && same_optional_time(theirs.invalidity_date().map(|(_, date)| date), ours.invalidity)
}

fn same_optional_time(theirs: Option<ASN1Time>, ours: Option<UtcMillis>) -> bool {
    match (theirs, ours) {
        (None, None) => true,
        (Some(theirs), Some(ours)) => same_time(theirs, ours),
        _ => false,
    }
}

fn same_time(theirs: ASN1Time, ours: UtcMillis) -> bool {
    let millis = u64::try_from(theirs.timestamp()).ok().and_then(|time| time.checked_mul(1_000));
    millis == Some(ours.get())
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn the_sample_of_the_specification() {
        let text = include_str!("../../../../docs/spec/revocation.md");
        let line = text.lines().find(|line| line.starts_with("MII") || line.starts_with("MIH"));
        let der = STANDARD.decode(line.unwrap()).unwrap();
        let digest = crate::sha256(&der).to_string();
        assert!(text.contains(&digest), "{digest}");
        let crl = Crl::read(&der).unwrap();
        assert_eq!(crl.this_update.get(), 1_783_036_800_000);
        assert_eq!(crl.next_update.unwrap().get() - crl.this_update.get(), 7 * 86_400_000);
        let entry = crl.find(&[0x2a]).unwrap().unwrap();
        assert_eq!((entry.at.get(), entry.reason), (1_782_984_600_000, Reason::Superseded));
        assert_eq!(entry.invalidity, None);
        assert_eq!(crl.find(&[0x2b]), Ok(None));
        assert!(crl.keeps_expired_since.is_none() && !crl.has_deltas);
    }
}
