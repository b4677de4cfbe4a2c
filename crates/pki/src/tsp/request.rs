//! `TimeStampReq` (RFC 3161, 2.4.1).

use kaibiao_types::Digest;

use super::error::{TimeStampError, part};
use crate::cert::DigestAlgorithm;
use crate::der::{self, DerError, Reader, Tlv};
use crate::limits::TIME_STAMP_BYTES_MAX;
use crate::oid;

/// What is stamped: a digest and its algorithm.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Imprint {
    algorithm: DigestAlgorithm,
    digest: Vec<u8>,
}

/// A request for a time stamp.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    pub(super) imprint: Imprint,
    /// Content octets.
    pub(super) policy: Option<Vec<u8>>,
    /// Content octets of the INTEGER.
    pub(super) nonce: Option<Vec<u8>>,
    pub(super) certificates: bool,
}

/// Longest nonce or serial number that is read, in octets.
const NUMBER_MAX: usize = 33;

const REQUEST: &str = "TimeStampReq";

impl Imprint {
    /// The imprint with this SHA-256.
    pub fn sha256(digest: Digest) -> Self {
        Self { algorithm: DigestAlgorithm::Sha256, digest: digest.bytes().to_vec() }
    }

    /// The imprint of data.
    pub fn of(algorithm: DigestAlgorithm, data: &[u8]) -> Self {
        Self { algorithm, digest: algorithm.of(data) }
    }

    /// The imprint with this digest; `None` if its length is not the algorithm's.
    pub fn new(algorithm: DigestAlgorithm, digest: Vec<u8>) -> Option<Self> {
        (digest.len() == algorithm.length()).then_some(Self { algorithm, digest })
    }

    /// The algorithm.
    pub const fn algorithm(&self) -> DigestAlgorithm {
        self.algorithm
    }

    /// The digest.
    pub fn digest(&self) -> &[u8] {
        &self.digest
    }

    /// `MessageImprint`.
    pub(super) fn der(&self) -> Vec<u8> {
        let digest = der::tlv(der::OCTET_STRING, &[&self.digest]);
        der::sequence(&[self.algorithm.identifier(), &digest])
    }

    pub(super) fn read(fields: &mut Reader<'_>) -> Result<Self, TimeStampError> {
        const PART: &str = "messageImprint";
        let mut fields = part(PART, fields.inside(der::SEQUENCE))?;
        let identifier = part(PART, fields.expect(der::SEQUENCE))?.raw;
        let algorithm = DigestAlgorithm::of_identifier(identifier).ok_or_else(|| {
            TimeStampError::Algorithm { what: "imprint", oid: oid::of_algorithm(identifier) }
        })?;
        let digest = part(PART, fields.expect(der::OCTET_STRING))?.value.to_vec();
        part(PART, fields.finish())?;
        part(PART, Self::new(algorithm, digest).ok_or(DerError::Value))
    }
}

impl Request {
    /// A request for a stamp that holds the authority's certificate. The nonce ties the answer to
    /// the request; it is to be random.
    pub fn new(imprint: Imprint, nonce: [u8; 16]) -> Self {
        let [first, rest @ ..] = nonce;
        // Positive and never shorter: the two highest bits are 01.
        let nonce = [&[first & 0x7f | 0x40], rest.as_slice()].concat();
        Self { imprint, policy: None, nonce: Some(nonce), certificates: true }
    }

    /// The same request for a stamp under this policy of the authority, such as `1.2.3`; `None` if
    /// that is no object identifier.
    pub fn under(mut self, policy: &str) -> Option<Self> {
        self.policy = Some(oid::from_dotted(policy)?);
        Some(self)
    }

    /// What is to be stamped.
    pub const fn imprint(&self) -> &Imprint {
        &self.imprint
    }

    /// The request in DER, to be sent as `application/timestamp-query`.
    pub fn to_der(&self) -> Vec<u8> {
        let policy = self.policy.as_ref().map(|policy| der::tlv(der::OID, &[policy]));
        let nonce = self.nonce.as_ref().map(|nonce| der::tlv(der::INTEGER, &[nonce]));
        let certificates = self.certificates.then(|| der::tlv(der::BOOLEAN, &[&[0xff]]));
        der::sequence(&[
            &der::integer_u8(1),
            &self.imprint.der(),
            policy.as_deref().unwrap_or_default(),
            nonce.as_deref().unwrap_or_default(),
            certificates.as_deref().unwrap_or_default(),
        ])
    }

    /// Reads a request in DER.
    ///
    /// # Errors
    ///
    /// [`TimeStampError`]: format, unknown algorithm, extensions.
    ///
    /// # Source
    ///
    /// RFC 3161, 2.4.1.
    pub fn from_der(der: &[u8]) -> Result<Self, TimeStampError> {
        if der.len() > TIME_STAMP_BYTES_MAX {
            return Err(TimeStampError::TooLarge(der.len()));
        }
        part(REQUEST, der::check(der, der::SEQUENCE))?;
        let mut fields = part(REQUEST, Tlv::only(der, der::SEQUENCE))?.reader();
        if part(REQUEST, fields.expect(der::INTEGER))?.value != [1] {
            return part("version", Err(DerError::Value));
        }
        let imprint = Imprint::read(&mut fields)?;
        let policy = part(REQUEST, fields.optional(der::OID))?.map(|oid| oid.value.to_vec());
        let nonce = part(REQUEST, fields.optional(der::INTEGER))?;
        let nonce = nonce.map(|nonce| number("nonce", nonce.value)).transpose()?;
        let certificates = match part(REQUEST, fields.optional(der::BOOLEAN))? {
            None => false,
            Some(flag) if flag.value == [0xff] => true,
            Some(_) => return part("certReq", Err(DerError::Value)), // a default is not written
        };
        if fields.peek() == Some(der::CONTEXT_0) {
            return Err(TimeStampError::OutOfProfile("extensions in the request"));
        }
        part(REQUEST, fields.finish())?;
        let nonce = nonce.map(<[u8]>::to_vec);
        Ok(Self { imprint, policy, nonce, certificates })
    }
}

/// Content octets of an INTEGER of bounded length.
pub(super) fn number<'a>(what: &'static str, octets: &'a [u8]) -> Result<&'a [u8], TimeStampError> {
    if octets.len() > NUMBER_MAX { part(what, Err(DerError::Length)) } else { Ok(octets) }
}
