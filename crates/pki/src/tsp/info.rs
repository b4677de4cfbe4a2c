//! `TSTInfo` (RFC 3161, 2.4.2): the statement in a token.

use kaibiao_types::UtcMillis;

use super::error::{TimeStampError, part};
use super::request::{Imprint, number};
use crate::cert::Certificate;
use crate::der::{self, DerError, Reader, Tlv};

const INFO: &str = "TSTInfo";

/// The statement; not verified.
pub(crate) struct Info<'a> {
    /// Content octets of the policy's object identifier.
    pub(super) policy: &'a [u8],
    pub(crate) imprint: Imprint,
    /// Content octets of the INTEGER.
    pub(super) serial: &'a [u8],
    pub(crate) gen_time: UtcMillis,
    pub(super) accuracy_micros: Option<u64>,
    /// Content octets of the INTEGER.
    pub(super) nonce: Option<&'a [u8]>,
    /// The `GeneralName` of the authority.
    tsa: Option<Tlv<'a>>,
}

impl<'a> Info<'a> {
    pub(super) fn read(der: &'a [u8]) -> Result<Self, TimeStampError> {
        part(INFO, der::check(der, der::SEQUENCE))?;
        let mut fields = part(INFO, Tlv::only(der, der::SEQUENCE))?.reader();
        if part(INFO, fields.expect(der::INTEGER))?.value != [1] {
            return part("version", Err(DerError::Value));
        }
        let policy = part(INFO, fields.expect(der::OID))?.value;
        let imprint = Imprint::read(&mut fields)?;
        let serial = number("serialNumber", part(INFO, fields.expect(der::INTEGER))?.value)?;
        let time = part(INFO, fields.expect(der::GENERALIZED_TIME))?;
        let gen_time = part("genTime", der::read_gen_time(&time))?;
        let accuracy = part(INFO, fields.optional(der::SEQUENCE))?;
        let accuracy_micros =
            accuracy.map(|found| part("accuracy", micros(found.reader()))).transpose()?;
        // ordering is TRUE where it is written; what it says about other tokens is not used.
        if part(INFO, fields.optional(der::BOOLEAN))?.is_some_and(|flag| flag.value != [0xff]) {
            return part("ordering", Err(DerError::Value));
        }
        let nonce = part(INFO, fields.optional(der::INTEGER))?;
        let nonce = nonce.map(|nonce| number("nonce", nonce.value)).transpose()?;
        let tsa = match part(INFO, fields.optional(der::CONTEXT_0))? {
            None => None,
            Some(wrapper) => {
                let mut inside = wrapper.reader();
                let name = part("tsa", inside.any())?;
                part("tsa", inside.finish())?;
                Some(name)
            }
        };
        if let Some(extensions) = part(INFO, fields.optional(der::CONTEXT_1))? {
            none_critical(extensions.reader())?;
        }
        part(INFO, fields.finish())?;
        Ok(Self { policy, imprint, serial, gen_time, accuracy_micros, nonce, tsa })
    }

    /// Whether the name in the statement, if it is a directory name, is the certificate's subject.
    pub(super) fn names(&self, certificate: &Certificate) -> bool {
        let directory = self.tsa.filter(|name| name.tag == der::CONTEXT_4);
        directory.is_none_or(|name| name.value == certificate.subject)
    }
}

/// `Accuracy` in microseconds; what is absent is zero.
fn micros(mut fields: Reader<'_>) -> Result<u64, DerError> {
    let seconds = fields.optional(der::INTEGER)?;
    let millis = fields.optional(der::CONTEXT_0_PRIMITIVE)?;
    let micros = fields.optional(der::CONTEXT_1_PRIMITIVE)?;
    fields.finish()?;
    let part = |found: Option<Tlv<'_>>, range: core::ops::RangeInclusive<u64>| match found {
        None => Ok(0),
        Some(found) => small(found.value).filter(|n| range.contains(n)).ok_or(DerError::Value),
    };
    let seconds = part(seconds, 0..=u64::from(u32::MAX >> 1))?;
    Ok(seconds * 1_000_000 + part(millis, 1..=999)? * 1_000 + part(micros, 1..=999)?)
}

/// An INTEGER of at most four octets that is not negative, in its shortest form.
fn small(octets: &[u8]) -> Option<u64> {
    let shortest = !matches!(octets, [0, 0..0x80, ..]);
    let positive = octets.first().is_some_and(|first| *first < 0x80);
    (shortest && positive && octets.len() <= 4)
        .then(|| octets.iter().fold(0, |sum, octet| sum << 8 | u64::from(*octet)))
}

/// Extensions that are not critical are not understood and say nothing; a critical one is refused.
fn none_critical(mut list: Reader<'_>) -> Result<(), TimeStampError> {
    const PART: &str = "extensions";
    while !list.is_empty() {
        let mut fields = part(PART, list.inside(der::SEQUENCE))?;
        part(PART, fields.expect(der::OID))?;
        if part(PART, fields.optional(der::BOOLEAN))?.is_some() {
            return Err(TimeStampError::OutOfProfile("a critical extension"));
        }
        part(PART, fields.expect(der::OCTET_STRING))?;
        part(PART, fields.finish())?;
    }
    Ok(())
}
