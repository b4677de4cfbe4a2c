//! The extensions a path is judged by.

use super::error::{CertError, SerialTail};
use crate::der::{self, DerError, Reader, Tlv};
use crate::limits::{EXTENSIONS_MAX, PURPOSES_MAX};
use crate::oid;

/// `digitalSignature`.
const DIGITAL_SIGNATURE: u16 = 1 << 0;
/// `contentCommitment`, formerly `nonRepudiation`.
const CONTENT_COMMITMENT: u16 = 1 << 1;
/// `keyCertSign`.
const KEY_CERT_SIGN: u16 = 1 << 5;
/// `cRLSign`.
const CRL_SIGN: u16 = 1 << 6;

/// Names of the key usage bits, bit 0 first (RFC 5280, 4.2.1.3).
const KEY_USAGE: [&str; 9] = [
    "digitalSignature",
    "contentCommitment",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
];

/// Extensions that may be critical, as they are evaluated.
const UNDERSTOOD: [&[u8]; 9] = [
    oid::BASIC_CONSTRAINTS,
    oid::KEY_USAGE,
    oid::EXTENDED_KEY_USAGE,
    oid::SUBJECT_ALT_NAME,
    oid::NAME_CONSTRAINTS,
    oid::CERTIFICATE_POLICIES,
    oid::POLICY_MAPPINGS,
    oid::POLICY_CONSTRAINTS,
    oid::INHIBIT_ANY_POLICY,
];

/// `BasicConstraints`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Basic {
    pub(crate) ca: bool,
    pub(crate) path_length: Option<u32>,
}

/// One extension as it stands in the certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Extension {
    pub(crate) oid: Vec<u8>,
    pub(crate) critical: bool,
    pub(crate) value: Vec<u8>,
}

/// One extension as slices of what was read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadExtension<'a> {
    pub(crate) oid: &'a [u8],
    pub(crate) critical: bool,
    pub(crate) value: &'a [u8],
}

/// What the key of a certificate signs, with regard to key usage.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Purpose {
    Certificates,
    Crls,
    Documents,
}

/// All extensions; those that are understood are decoded.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Extensions {
    pub(crate) all: Vec<Extension>,
    pub(crate) basic: Option<Basic>,
    /// Bit 0 is `digitalSignature`.
    pub(crate) key_usage: Option<u16>,
    /// Content octets of each purpose of the extended key usage.
    pub(crate) purposes: Option<Vec<Vec<u8>>>,
}

impl Extensions {
    /// Reads the content of the field `extensions`.
    pub(crate) fn read(mut list: Reader<'_>, cert: SerialTail) -> Result<Self, CertError> {
        let mut all: Vec<Extension> = Vec::new();
        while !list.is_empty() {
            if all.len() == EXTENSIONS_MAX {
                return Err(CertError::TooManyExtensions(cert));
            }
            let read = extension(&mut list).map_err(CertError::Format)?;
            let (oid, value) = (read.oid.to_vec(), read.value.to_vec());
            let extension = Extension { oid, critical: read.critical, value };
            if all.iter().any(|earlier| earlier.oid == extension.oid) {
                let oid = oid::dotted(&extension.oid);
                return Err(CertError::DuplicateExtension { cert, oid });
            }
            all.push(extension);
        }
        let find = |wanted: &[u8]| all.iter().find(|e| e.oid == wanted);
        let wrong = |wanted: &[u8]| CertError::Extension { cert, oid: oid::dotted(wanted) };
        let basic = find(oid::BASIC_CONSTRAINTS).map(|e| basic(&e.value)).transpose();
        let key_usage = find(oid::KEY_USAGE).map(|e| key_usage(&e.value)).transpose();
        let purposes = find(oid::EXTENDED_KEY_USAGE).map(|e| purposes(&e.value)).transpose();
        Ok(Self {
            basic: basic.map_err(|_| wrong(oid::BASIC_CONSTRAINTS))?,
            key_usage: key_usage.map_err(|_| wrong(oid::KEY_USAGE))?,
            purposes: purposes.map_err(|_| wrong(oid::EXTENDED_KEY_USAGE))?,
            all,
        })
    }

    pub(crate) fn get(&self, wanted: &[u8]) -> Option<&Extension> {
        self.all.iter().find(|extension| extension.oid == wanted)
    }

    /// The first critical extension that is neither understood nor `also` (the place where a CA
    /// puts the organisation code).
    pub(crate) fn unknown_critical(&self, also: Option<&[u8]>) -> Option<&Extension> {
        self.all.iter().find(|extension| {
            let oid = extension.oid.as_slice();
            extension.critical && !UNDERSTOOD.contains(&oid) && also != Some(oid)
        })
    }

    /// Whether key usage, if present, allows the purpose.
    pub(crate) fn key_usage_allows(&self, purpose: Purpose) -> Option<bool> {
        let bits = self.key_usage?;
        Some(match purpose {
            Purpose::Certificates => bits & KEY_CERT_SIGN != 0,
            Purpose::Crls => bits & CRL_SIGN != 0,
            Purpose::Documents => {
                bits & (DIGITAL_SIGNATURE | CONTENT_COMMITMENT) != 0
                    && bits & (KEY_CERT_SIGN | CRL_SIGN) == 0
            }
        })
    }
}

/// The names of the bits that are set.
pub(crate) fn key_usage_names(bits: u16) -> Vec<&'static str> {
    let mut names = Vec::new();
    for (place, name) in KEY_USAGE.into_iter().enumerate() {
        if bits >> place & 1 == 1 {
            names.push(name);
        }
    }
    names
}

/// `Extension ::= SEQUENCE { extnID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING }`.
pub(crate) fn extension<'a>(list: &mut Reader<'a>) -> Result<ReadExtension<'a>, DerError> {
    let mut fields = list.inside(der::SEQUENCE)?;
    let oid = fields.expect(der::OID)?.value;
    let critical = match fields.optional(der::BOOLEAN)? {
        None => false,
        Some(flag) if flag.value == [0xff] => true,
        Some(_) => return Err(DerError::Value), // DEFAULT FALSE is not written in DER
    };
    let value = fields.expect(der::OCTET_STRING)?.value;
    fields.finish()?;
    Ok(ReadExtension { oid, critical, value })
}

fn basic(value: &[u8]) -> Result<Basic, DerError> {
    der::check(value, der::SEQUENCE)?;
    let mut fields = Tlv::only(value, der::SEQUENCE)?.reader();
    // An explicit FALSE is not DER, yet old CAs write it; it cannot be misread.
    let ca = fields.optional(der::BOOLEAN)?.is_some_and(|flag| flag.value == [0xff]);
    let path_length = match fields.optional(der::INTEGER)? {
        Some(_) if !ca => return Err(DerError::Value), // RFC 5280, 4.2.1.9: only with cA
        Some(number) => Some(small(number.value)?),
        None => None,
    };
    fields.finish()?;
    Ok(Basic { ca, path_length })
}

fn small(integer: &[u8]) -> Result<u32, DerError> {
    if integer.len() > 4 || integer.first().is_none_or(|octet| *octet >= 0x80) {
        return Err(DerError::Value);
    }
    Ok(integer.iter().fold(0, |sum, octet| sum << 8 | u32::from(*octet)))
}

fn key_usage(value: &[u8]) -> Result<u16, DerError> {
    der::check(value, der::BIT_STRING)?;
    let (_, octets) =
        Tlv::only(value, der::BIT_STRING)?.value.split_first().ok_or(DerError::Value)?;
    let bits = match octets {
        [first] => u16::from(first.reverse_bits()),
        [first, second] => u16::from_le_bytes([first.reverse_bits(), second.reverse_bits()]),
        _ => return Err(DerError::Value),
    };
    // RFC 5280, 4.2.1.3: at least one bit is set; only nine have a meaning.
    if bits == 0 || bits >> KEY_USAGE.len() != 0 { Err(DerError::Value) } else { Ok(bits) }
}

fn purposes(value: &[u8]) -> Result<Vec<Vec<u8>>, DerError> {
    der::check(value, der::SEQUENCE)?;
    let mut list = Tlv::only(value, der::SEQUENCE)?.reader();
    let mut out = Vec::new();
    while !list.is_empty() {
        out.push(list.expect(der::OID)?.value.to_vec());
        if out.len() > PURPOSES_MAX {
            return Err(DerError::Length);
        }
    }
    if out.is_empty() { Err(DerError::Value) } else { Ok(out) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_usage_bits() {
        assert_eq!(key_usage(&[3, 2, 6, 0xc0]), Ok(DIGITAL_SIGNATURE | CONTENT_COMMITMENT));
        assert_eq!(key_usage(&[3, 2, 1, 0x06]), Ok(KEY_CERT_SIGN | CRL_SIGN));
        assert_eq!(key_usage(&[3, 3, 7, 0x00, 0x80]), Ok(1 << 8));
        assert_eq!(key_usage_names(0b11), ["digitalSignature", "contentCommitment"]);
        for bad in
            [&[3, 1, 0][..], &[3, 2, 0, 0], &[3, 3, 0, 0, 0x40], &[3, 4, 0, 1, 1, 1], &[5, 0]]
        {
            assert!(key_usage(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn basic_constraints() {
        let ca = |path_length| Ok(Basic { ca: true, path_length });
        assert_eq!(basic(&[0x30, 0]), Ok(Basic { ca: false, path_length: None }));
        assert_eq!(basic(&[0x30, 3, 1, 1, 0]), Ok(Basic { ca: false, path_length: None }));
        assert_eq!(basic(&[0x30, 3, 1, 1, 0xff]), ca(None));
        assert_eq!(basic(&[0x30, 6, 1, 1, 0xff, 2, 1, 0]), ca(Some(0)));
        for bad in [
            &[0x30, 3, 2, 1, 0][..],                  // length without CA
            &[0x30, 3, 1, 1, 1],                      // TRUE in BER
            &[0x30, 6, 1, 1, 0xff, 2, 1, 0xff],       // negative
            &[0x30, 6, 2, 1, 0, 1, 1, 0xff],          // wrong order
            &[0x30, 9, 1, 1, 0xff, 2, 1, 0, 2, 1, 0], // one more field
            &[0x30, 3, 1, 1, 0xff, 0],
        ] {
            assert!(basic(bad).is_err(), "{bad:02x?}");
        }
    }

    #[test]
    fn purposes_are_not_empty() {
        assert_eq!(purposes(&[0x30, 3, 6, 1, 0x2a]), Ok(vec![vec![0x2a]]));
        assert!(purposes(&[0x30, 0]).is_err());
        assert!(purposes(&[0x30, 2, 5, 0]).is_err());
        let of = |count: usize| purposes(&der::sequence(&[&[6, 1, 0x2a].repeat(count)]));
        assert_eq!(of(PURPOSES_MAX).map(|list| list.len()), Ok(PURPOSES_MAX));
        assert!(of(PURPOSES_MAX + 1).is_err());
    }
}
