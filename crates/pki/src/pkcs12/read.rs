//! The structure of a file (RFC 7292, 4), from the outside to the bags.

use std::borrow::Cow;

use zeroize::Zeroizing;

use super::error::Pkcs12Error;
use super::{Held, Pkcs12, part};
use crate::cert::Certificate;
use crate::der::{self, DerError, Reader, Tlv};
use crate::limits::PKCS12_BAGS_MAX;
use crate::oid::{self, pkcs};
use crate::pbe::{Effort, Forms, Password, PbeError, Scheme, split_key};
use crate::private_key::PrivateKey;

type Read<T> = Result<T, Pkcs12Error>;

const PFX: &str = "PFX";
const SAFE: &str = "AuthenticatedSafe";
const BAG: &str = "SafeBag";
const CERTIFICATES: &str = "what is encrypted";
const KEY: &str = "the private key";

/// The octets that the MAC covers, and `MacData` if there is one.
pub(super) fn outer(file: &[u8]) -> Read<(&[u8], Option<Tlv<'_>>)> {
    let mut fields = part(PFX, Tlv::only(file, der::SEQUENCE))?.reader();
    if part(PFX, fields.expect(der::INTEGER))?.value != [3] {
        return part(PFX, Err(DerError::Value));
    }
    let (kind, mut content) = part(PFX, content_info(&mut fields))?;
    if kind != oid::DATA {
        let what = "integrity by a signature instead of a password:";
        return Err(Pkcs12Error::Unsupported { what, oid: oid::dotted(kind) });
    }
    let safe = part(PFX, content.expect(der::OCTET_STRING))?.value;
    let mac = part(PFX, fields.optional(der::SEQUENCE))?;
    part(PFX, fields.finish())?;
    Ok((safe, mac))
}

/// Reads everything, the integrity proven under this form of the password.
pub(super) fn contents(safe: &[u8], password: &Forms, effort: &mut Effort) -> Read<Pkcs12> {
    let safe = part(SAFE, der::to_der(safe, der::SEQUENCE))?;
    let mut infos = part(SAFE, Tlv::only(&safe, der::SEQUENCE))?.reader();
    let mut found = Pkcs12 { keys: Vec::new(), certificates: Vec::new(), unread: None };
    let mut left = PKCS12_BAGS_MAX;
    while !infos.is_empty() {
        let content = match Content::read(&mut infos)? {
            Content::Plain(octets) => Zeroizing::new(octets.to_vec()),
            Content::Encrypted(scheme, octets) => scheme
                .decrypt(&octets, password, effort)
                .map_err(Pkcs12Error::decryption(CERTIFICATES))?,
        };
        let bags = part(BAG, der::to_der(&content, der::SEQUENCE))?;
        let mut bags = part(BAG, Tlv::only(&bags, der::SEQUENCE))?.reader();
        while !bags.is_empty() {
            left = left.checked_sub(1).ok_or(Pkcs12Error::TooMany)?;
            let bag = part(BAG, Bag::read(&mut bags))?;
            bag.open(&mut found, password, effort)?;
        }
    }
    Ok(found)
}

/// Whether the password is wrong or the file damaged, once the MAC does not hold. What decrypts to
/// something that is whole shows the right password; it is looked at for this word alone.
pub(super) fn why_not(safe: &[u8], password: &Password, effort: &mut Effort) -> Pkcs12Error {
    let mut decrypts = || -> Read<bool> {
        let safe = part(SAFE, der::to_der(safe, der::SEQUENCE))?;
        let mut infos = part(SAFE, Tlv::only(&safe, der::SEQUENCE))?.reader();
        while !infos.is_empty() {
            if let Content::Encrypted(scheme, octets) = Content::read(&mut infos)? {
                return Ok(password.forms().iter().any(|form| {
                    let plain = scheme.decrypt(&octets, form, effort);
                    plain.is_ok_and(|plain| der::to_der(&plain, der::SEQUENCE).is_ok())
                }));
            }
        }
        Ok(false)
    };
    match decrypts() {
        Ok(true) => Pkcs12Error::Damaged,
        _ => Pkcs12Error::Password,
    }
}

/// One part of the authenticated safe.
enum Content<'a> {
    Plain(&'a [u8]),
    Encrypted(Scheme<'a>, Cow<'a, [u8]>),
}

impl<'a> Content<'a> {
    fn read(infos: &mut Reader<'a>) -> Read<Self> {
        let (kind, mut content) = part(SAFE, content_info(infos))?;
        match kind {
            oid::DATA => Ok(Self::Plain(part(SAFE, content.expect(der::OCTET_STRING))?.value)),
            pkcs::ENCRYPTED_DATA => {
                let (algorithm, octets) = part(SAFE, encrypted_data(content))?;
                let scheme =
                    Scheme::read(algorithm).map_err(Pkcs12Error::decryption(CERTIFICATES))?;
                Ok(Self::Encrypted(scheme, octets))
            }
            other => Err(Pkcs12Error::Unsupported { what: "content", oid: oid::dotted(other) }),
        }
    }
}

/// `ContentInfo`: its type, and a reader over its content.
fn content_info<'a>(fields: &mut Reader<'a>) -> Result<(&'a [u8], Reader<'a>), DerError> {
    let mut info = fields.inside(der::SEQUENCE)?;
    let kind = info.expect(der::OID)?.value;
    let content = info.inside(der::CONTEXT_0)?;
    info.finish()?;
    Ok((kind, content))
}

/// `EncryptedData` (RFC 5652, 8): algorithm and ciphertext, which may come in pieces.
fn encrypted_data(mut content: Reader<'_>) -> Result<(&[u8], Cow<'_, [u8]>), DerError> {
    let mut data = content.inside(der::SEQUENCE)?;
    content.finish()?;
    data.expect(der::INTEGER)?;
    let mut info = data.inside(der::SEQUENCE)?;
    if info.expect(der::OID)?.value != oid::DATA {
        return Err(DerError::Value);
    }
    let algorithm = info.expect(der::SEQUENCE)?.raw;
    let octets = info.any()?;
    info.finish()?;
    match octets.tag {
        der::CONTEXT_0_PRIMITIVE => Ok((algorithm, Cow::Borrowed(octets.value))),
        der::CONTEXT_0 => Ok((algorithm, Cow::Owned(der::joined(octets.value)?.to_vec()))),
        other => Err(DerError::Tag(other)),
    }
}

/// One thing in the file.
struct Bag<'a> {
    kind: &'a [u8],
    value: Reader<'a>,
    local_id: Option<Vec<u8>>,
}

impl<'a> Bag<'a> {
    fn read(bags: &mut Reader<'a>) -> Result<Self, DerError> {
        let mut fields = bags.inside(der::SEQUENCE)?;
        let kind = fields.expect(der::OID)?.value;
        let value = fields.inside(der::CONTEXT_0)?;
        let mut local_id = None;
        if let Some(attributes) = fields.optional(der::SET)? {
            let mut list = attributes.reader();
            while !list.is_empty() {
                let mut attribute = list.inside(der::SEQUENCE)?;
                let name = attribute.expect(der::OID)?.value;
                let values = attribute.expect(der::SET)?;
                if name == pkcs::LOCAL_KEY_ID {
                    let id = Tlv::only(values.value, der::OCTET_STRING)?;
                    local_id = Some(id.value.to_vec());
                }
            }
        }
        fields.finish()?;
        Ok(Self { kind, value, local_id })
    }

    /// Takes a key or a certificate out. Bags of lists and of other secrets are nothing to sign with
    /// and are passed over.
    fn open(mut self, found: &mut Pkcs12, password: &Forms, effort: &mut Effort) -> Read<()> {
        match self.kind {
            pkcs::KEY_BAG => {
                let key = part(BAG, self.value.expect(der::SEQUENCE))?.raw;
                self.keep_key(Zeroizing::new(key.to_vec()), found);
            }
            pkcs::SHROUDED_KEY_BAG => {
                let info = part(BAG, self.value.expect(der::SEQUENCE))?.raw;
                let (algorithm, data) = part(BAG, split_key(info))?;
                let key = Scheme::read(algorithm)
                    .and_then(|scheme| scheme.decrypt(data, password, effort))
                    .and_then(whole)
                    .map_err(Pkcs12Error::decryption(KEY))?;
                self.keep_key(key, found);
            }
            pkcs::CERT_BAG => {
                if let Some(der) = part(BAG, certificate(&mut self.value))? {
                    match Certificate::from_der(der) {
                        Ok(thing) => found.keep_certificate(thing, self.local_id),
                        Err(error) => found.unread = found.unread.take().or(Some(error)),
                    }
                }
            }
            pkcs::SAFE_CONTENTS_BAG => {
                let oid = oid::dotted(self.kind);
                return Err(Pkcs12Error::Unsupported { what: "a bag of bags,", oid });
            }
            _ => {}
        }
        Ok(())
    }

    fn keep_key(self, pkcs8: Zeroizing<Vec<u8>>, found: &mut Pkcs12) {
        found.keys.push(Held { thing: PrivateKey::new(pkcs8), local_id: self.local_id });
    }
}

impl Pkcs12 {
    /// Some programs write one certificate more than once.
    fn keep_certificate(&mut self, thing: Certificate, local_id: Option<Vec<u8>>) {
        match self.certificates.iter_mut().find(|held| held.thing == thing) {
            Some(held) => held.local_id = held.local_id.take().or(local_id),
            None => self.certificates.push(Held { thing, local_id }),
        }
    }
}

/// What was decrypted under the wrong password is not a whole value.
fn whole(key: Zeroizing<Vec<u8>>) -> Result<Zeroizing<Vec<u8>>, PbeError> {
    match der::check(&key, der::SEQUENCE) {
        Ok(()) => Ok(key),
        Err(_) => Err(PbeError::Decryption),
    }
}

/// The X.509 certificate of a `CertBag`; `None` if it is of another kind.
fn certificate<'a>(value: &mut Reader<'a>) -> Result<Option<&'a [u8]>, DerError> {
    let mut fields = value.inside(der::SEQUENCE)?;
    let kind = fields.expect(der::OID)?.value;
    let mut wrapper = fields.inside(der::CONTEXT_0)?;
    if kind != pkcs::X509_CERTIFICATE {
        return Ok(None);
    }
    wrapper.expect(der::OCTET_STRING).map(|octets| Some(octets.value))
}
