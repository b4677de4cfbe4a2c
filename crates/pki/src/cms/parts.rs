//! What signatures and time stamps have in common (RFC 5652, 5): the certificates, the only signer,
//! which certificate is the signer's, and what its key signed.

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest as ring_digest};

use super::read::SignerId;
use crate::cert::{
    CertError, Certificate, DigestAlgorithm, PublicKey, SerialTail, SignatureAlgorithm,
};
use crate::der::{self, DerError, Reader, Tlv};
use crate::limits::CHAIN_MAX;

/// What is wrong with such a part. Signatures and time stamps have labels of their own for it.
pub(crate) enum PartFault {
    Certificate(CertError),
    Format { part: &'static str, source: DerError },
    OtherCertificate(SerialTail),
    OutOfProfile(&'static str),
    SignerMissing,
    Signers(usize),
}

/// The certificates that came with a signature.
#[derive(Default)]
pub(crate) struct Bag<'a> {
    certificates: Vec<Certificate>,
    /// Those that cannot be read, and why: nobody needs them, unless one is the signer's.
    unread: Vec<(&'a [u8], CertError)>,
}

impl<'a> Bag<'a> {
    /// Reads the field `certificates`.
    pub(crate) fn read(field: Option<Tlv<'a>>) -> Result<Self, PartFault> {
        const PART: &str = "certificates";
        let mut bag = Self::default();
        let mut list = field.map_or(Reader::new(&[]), |field| field.reader());
        while !list.is_empty() {
            let one = list.any().map_err(|source| PartFault::Format { part: PART, source })?;
            if one.tag != der::SEQUENCE {
                return Err(PartFault::OutOfProfile("certificates of another format"));
            }
            if bag.certificates.len() + bag.unread.len() == CHAIN_MAX {
                return Err(PartFault::OutOfProfile("more than six certificates"));
            }
            match Certificate::from_der(one.raw) {
                Ok(certificate) => bag.certificates.push(certificate),
                Err(error) => bag.unread.push((one.raw, error)),
            }
        }
        Ok(bag)
    }

    /// The signer's certificate: one that the signer identifier names, and that the signed attributes
    /// were made for.
    pub(crate) fn signer(
        &self,
        id: &SignerId<'_>,
        made_for: &[CertId<'_>],
    ) -> Result<&Certificate, PartFault> {
        let named = || self.certificates.iter().filter(|one| id.names(one));
        if let Some(signer) = named().find(|one| made_for.iter().all(|id| id.is(one))) {
            return Ok(signer);
        }
        let unread = |der: &[u8]| made_for.iter().all(|id| id.has_hash_of(der));
        if let Some((_, why)) = self.unread.iter().find(|(der, _)| unread(der)) {
            return Err(PartFault::Certificate(why.clone()));
        }
        Err(named().next().map_or(PartFault::SignerMissing, |other| {
            PartFault::OtherCertificate(other.serial_tail())
        }))
    }

    /// The certificates beside the signer's.
    pub(crate) fn beside(&self, signer: &Certificate) -> Vec<Certificate> {
        self.certificates.iter().filter(|other| *other != signer).cloned().collect()
    }
}

/// The only one of `signerInfos`.
pub(crate) fn only_signer(mut signers: Reader<'_>) -> Result<Tlv<'_>, PartFault> {
    let mut count = 0;
    let mut last = None;
    while !signers.is_empty() {
        let one = signers.expect(der::SEQUENCE);
        last = Some(one.map_err(|source| PartFault::Format { part: "signerInfos", source })?);
        count += 1;
    }
    last.filter(|_| count == 1).ok_or(PartFault::Signers(count))
}

/// Whether a value is the key's over signed attributes as they were received. What is signed is the
/// SET OF, so its tag stands where `[0]` was received (RFC 5652, 5.4).
pub(crate) fn signs_attributes(
    key: &PublicKey,
    by: SignatureAlgorithm,
    received: &[u8],
    value: &[u8],
) -> bool {
    let mut message = received.to_vec();
    if let Some(tag) = message.first_mut() {
        *tag = der::SET;
    }
    key.verifies(by, &message, value)
}

/// `ESSCertID` (RFC 2634, 5.4.1) or `ESSCertIDv2` (RFC 5035, 4): which certificate something was made
/// for.
pub(crate) struct CertId<'a> {
    pub(crate) digest: IdDigest,
    hash: &'a [u8],
    issuer_serial: Option<(&'a [u8], &'a [u8])>,
}

/// By which digest a [`CertId`] names a certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum IdDigest {
    /// `ESSCertID` knows no other.
    Sha1,
    /// `ESSCertIDv2` that names none: SHA-256.
    Default,
    Named(DigestAlgorithm),
}

impl<'a> CertId<'a> {
    /// Reads the fields of an `ESSCertID`.
    pub(crate) fn first(id: Reader<'a>) -> Result<Self, DerError> {
        Self::of(IdDigest::Sha1, id)
    }

    /// Reads the fields of an `ESSCertIDv2`.
    pub(crate) fn second(mut id: Reader<'a>) -> Result<Self, DerError> {
        let digest = match id.optional(der::SEQUENCE)? {
            None => IdDigest::Default,
            Some(named) => {
                let known = DigestAlgorithm::of_identifier(named.raw);
                IdDigest::Named(known.ok_or(DerError::Value)?)
            }
        };
        Self::of(digest, id)
    }

    fn of(digest: IdDigest, mut id: Reader<'a>) -> Result<Self, DerError> {
        let hash = id.expect(der::OCTET_STRING)?.value;
        let issuer_serial =
            if id.is_empty() { None } else { Some(issuer_serial(id.inside(der::SEQUENCE)?)?) };
        id.finish()?;
        Ok(Self { digest, hash, issuer_serial })
    }

    fn is(&self, certificate: &Certificate) -> bool {
        let same_issuer = self.issuer_serial.is_none_or(|(issuer, serial)| {
            certificate.issuer == issuer && certificate.serial == serial
        });
        same_issuer && self.has_hash_of(certificate.der())
    }

    fn has_hash_of(&self, der: &[u8]) -> bool {
        let hash = match self.digest {
            IdDigest::Sha1 => ring_digest(&SHA1_FOR_LEGACY_USE_ONLY, der).as_ref().to_vec(),
            IdDigest::Default => DigestAlgorithm::Sha256.of(der),
            IdDigest::Named(algorithm) => algorithm.of(der),
        };
        self.hash == hash
    }
}

/// `IssuerSerial` of one directoryName.
fn issuer_serial(mut pair: Reader<'_>) -> Result<(&[u8], &[u8]), DerError> {
    let mut names = pair.inside(der::SEQUENCE)?;
    let mut name = names.inside(der::CONTEXT_4)?;
    names.finish()?;
    let issuer = name.expect(der::SEQUENCE)?.raw;
    name.finish()?;
    let serial = pair.expect(der::INTEGER)?.value;
    pair.finish()?;
    Ok((issuer, serial))
}
