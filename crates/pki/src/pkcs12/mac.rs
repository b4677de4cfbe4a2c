//! The integrity of a file: a MAC under the password (RFC 7292, 4 and 5.1; RFC 9579).

use super::error::Pkcs12Error;
use super::part;
use crate::der::{self, DerError, Reader, Tlv};
use crate::limits::SALT_BYTES_MAX;
use crate::oid::{self, pkcs};
use crate::pbe::{
    Diversifier, Effort, Forms, Hash, PbeError, Pbkdf2, Salted, null_or_absent, pbkdf2, rounds,
};
use zeroize::Zeroizing;

/// A MAC over the content of a file.
pub(super) struct Mac<'a> {
    hash: Hash,
    key: Key<'a>,
    length: usize,
    tag: &'a [u8],
}

/// How its key is derived.
enum Key<'a> {
    Pkcs12(Salted<'a>),
    Pbkdf2(Pbkdf2<'a>),
}

const MAC: &str = "MacData";

impl<'a> Mac<'a> {
    /// Reads `MacData`.
    pub(super) fn read(data: Tlv<'a>) -> Result<Self, Pkcs12Error> {
        let (digest, salted) = split(&data).map_err(fault)?;
        let mut fields = digest.reader();
        let algorithm = part(MAC, fields.expect(der::SEQUENCE))?;
        let tag = part(MAC, fields.expect(der::OCTET_STRING))?.value;
        part(MAC, fields.finish())?;
        let mut inside = algorithm.reader();
        let oid = part(MAC, inside.expect(der::OID))?.value;
        if oid == pkcs::PBMAC1 {
            return Self::pbmac1(inside, tag);
        }
        part(MAC, null_or_absent(inside))?;
        let hash = Hash::of_digest(oid).ok_or_else(|| unsupported(oid))?;
        Ok(Self { hash, key: Key::Pkcs12(salted), length: hash.length(), tag })
    }

    /// `PBMAC1-params` (RFC 9579, 4): the length of the key is always named.
    fn pbmac1(mut parameters: Reader<'a>, tag: &'a [u8]) -> Result<Self, Pkcs12Error> {
        let mut fields = part(MAC, parameters.inside(der::SEQUENCE))?;
        let key = pbkdf2(part(MAC, fields.expect(der::SEQUENCE))?.raw).map_err(fault)?;
        let mut scheme = part(MAC, fields.inside(der::SEQUENCE))?;
        let oid = part(MAC, scheme.expect(der::OID))?.value;
        part(MAC, null_or_absent(scheme))?;
        part(MAC, fields.finish().and_then(|()| parameters.finish()))?;
        let hash = Hash::of_hmac(oid).ok_or_else(|| unsupported(oid))?;
        let length = key.key_length().and_then(|length| usize::try_from(length).ok());
        // A short key would be guessed instead of the password.
        let length = length.filter(|length| (20..=64).contains(length));
        let length = part(MAC, length.ok_or(DerError::Value))?;
        Ok(Self { hash, key: Key::Pbkdf2(key), length, tag })
    }

    /// Whether this password proves that the content is as it was written.
    pub(super) fn proves(
        &self,
        content: &[u8],
        password: &Forms,
        effort: &mut Effort,
    ) -> Result<bool, Pkcs12Error> {
        let mut key = Zeroizing::new(vec![0; self.length]);
        match &self.key {
            Key::Pkcs12(by) => by.derive(self.hash, Diversifier::Mac, password, effort, &mut key),
            Key::Pbkdf2(by) => by.derive(password, effort, &mut key),
        }
        .map_err(fault)?;
        Ok(self.hash.hmac_is(&key, content, self.tag))
    }
}

/// The `DigestInfo`, and salt and rounds, of which one is the default.
fn split<'a>(data: &Tlv<'a>) -> Result<(Tlv<'a>, Salted<'a>), PbeError> {
    let mut fields = data.reader();
    let digest = fields.expect(der::SEQUENCE)?;
    let salt = fields.expect(der::OCTET_STRING)?.value;
    let rounds = fields.optional(der::INTEGER)?.map_or(Ok(1), |number| rounds(number.value))?;
    fields.finish()?;
    if salt.len() > SALT_BYTES_MAX {
        return Err(DerError::Value.into());
    }
    Ok((digest, Salted { salt, rounds }))
}

fn fault(error: PbeError) -> Pkcs12Error {
    Pkcs12Error::decryption(MAC)(error)
}

fn unsupported(oid: &[u8]) -> Pkcs12Error {
    Pkcs12Error::Unsupported { what: "MAC algorithm", oid: oid::dotted(oid) }
}
