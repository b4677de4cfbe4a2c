//! Which algorithms a file is encrypted by, read from its `AlgorithmIdentifier`.

use zeroize::Zeroizing;

use super::cipher::Cipher;
use super::hash::Diversifier;
use super::{Effort, Forms, Hash, PbeError};
use crate::der::{self, DerError, Reader, Tlv};
use crate::limits::SALT_BYTES_MAX;
use crate::oid::{self, pkcs};

/// An encryption under a password.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scheme<'a> {
    derivation: Derivation<'a>,
    cipher: Cipher,
}

#[derive(Clone, Copy, Debug)]
enum Derivation<'a> {
    /// PBES2: the key by PBKDF2, the initial vector as it stands.
    Pbkdf2(Pbkdf2<'a>, &'a [u8]),
    /// The schemes of PKCS#12: key and initial vector derived by SHA-1.
    Pkcs12(Salted<'a>),
}

/// Salt and rounds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Salted<'a> {
    pub(crate) salt: &'a [u8],
    pub(crate) rounds: u32,
}

/// PBKDF2 with its parameters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pbkdf2<'a> {
    salted: Salted<'a>,
    prf: Hash,
    key_length: Option<u32>,
}

impl<'a> Scheme<'a> {
    /// Reads an `AlgorithmIdentifier` in DER.
    ///
    /// # Source
    ///
    /// RFC 8018, A.4; RFC 7292, appendix C.
    pub(crate) fn read(algorithm: &'a [u8]) -> Result<Self, PbeError> {
        let (oid, mut parameters) = split(algorithm)?;
        let cipher = match oid {
            pkcs::PBES2 => return Self::pbes2(parameters),
            pkcs::PBE_SHA1_DES3 => Cipher::Des3,
            pkcs::PBE_SHA1_RC2_128 => Cipher::Rc2Of128,
            pkcs::PBE_SHA1_RC2_40 => Cipher::Rc2Of40,
            other => return Err(PbeError::Unsupported(oid::dotted(other))),
        };
        let mut fields = parameters.inside(der::SEQUENCE)?;
        parameters.finish()?;
        let salted = salted(&mut fields)?;
        fields.finish()?;
        Ok(Self { derivation: Derivation::Pkcs12(salted), cipher })
    }

    fn pbes2(mut parameters: Reader<'a>) -> Result<Self, PbeError> {
        let mut fields = parameters.inside(der::SEQUENCE)?;
        parameters.finish()?;
        let key = pbkdf2(fields.expect(der::SEQUENCE)?.raw)?;
        let (oid, mut vector) = split(fields.expect(der::SEQUENCE)?.raw)?;
        fields.finish()?;
        let cipher =
            Cipher::of_identifier(oid).ok_or_else(|| PbeError::Unsupported(oid::dotted(oid)))?;
        let iv = vector.expect(der::OCTET_STRING)?.value;
        vector.finish()?;
        let fits = |length: u32| usize::try_from(length) == Ok(cipher.key_length());
        if iv.len() != cipher.block() || !key.key_length.is_none_or(fits) {
            return Err(DerError::Value.into());
        }
        Ok(Self { derivation: Derivation::Pbkdf2(key, iv), cipher })
    }

    /// Decrypts.
    pub(crate) fn decrypt(
        &self,
        data: &[u8],
        password: &Forms,
        effort: &mut Effort,
    ) -> Result<Zeroizing<Vec<u8>>, PbeError> {
        let mut key = Zeroizing::new(vec![0; self.cipher.key_length()]);
        let mut vector = vec![0; self.cipher.block()];
        match &self.derivation {
            Derivation::Pbkdf2(by, iv) => {
                by.derive(password, effort, &mut key)?;
                vector.copy_from_slice(iv); // its length was compared when it was read
            }
            Derivation::Pkcs12(by) => {
                by.derive(Hash::Sha1, Diversifier::Key, password, effort, &mut key)?;
                by.derive(Hash::Sha1, Diversifier::Iv, password, effort, &mut vector)?;
            }
        }
        self.cipher.decrypt(&key, &vector, data).ok_or(PbeError::Decryption)
    }
}

impl Salted<'_> {
    /// A key by the derivation of PKCS#12.
    pub(crate) fn derive(
        &self,
        hash: Hash,
        purpose: Diversifier,
        password: &Forms,
        effort: &mut Effort,
        key: &mut [u8],
    ) -> Result<(), PbeError> {
        effort.spend(self.rounds, key.len().div_ceil(hash.length()))?;
        hash.pkcs12(purpose, &password.bmp, self.salt, self.rounds, key);
        Ok(())
    }
}

impl Pbkdf2<'_> {
    /// The length of the key, if the parameters name it.
    pub(crate) const fn key_length(&self) -> Option<u32> {
        self.key_length
    }

    /// A key by PBKDF2.
    pub(crate) fn derive(
        &self,
        password: &Forms,
        effort: &mut Effort,
        key: &mut [u8],
    ) -> Result<(), PbeError> {
        let Salted { salt, rounds } = self.salted;
        effort.spend(rounds, key.len().div_ceil(self.prf.length()))?;
        self.prf.pbkdf2(&password.octets, salt, rounds, key);
        Ok(())
    }
}

/// Reads the `AlgorithmIdentifier` of PBKDF2 (RFC 8018, A.2).
pub(crate) fn pbkdf2(algorithm: &[u8]) -> Result<Pbkdf2<'_>, PbeError> {
    let (oid, mut parameters) = split(algorithm)?;
    if oid != pkcs::PBKDF2 {
        return Err(PbeError::Unsupported(oid::dotted(oid)));
    }
    let mut fields = parameters.inside(der::SEQUENCE)?;
    parameters.finish()?;
    let salted = salted(&mut fields)?;
    let key_length = fields.optional(der::INTEGER)?.map(|length| number(length.value));
    let prf = match fields.optional(der::SEQUENCE)? {
        None => Hash::Sha1, // the default
        Some(named) => {
            let (oid, parameters) = split(named.raw)?;
            null_or_absent(parameters)?;
            Hash::of_hmac(oid).ok_or_else(|| PbeError::Unsupported(oid::dotted(oid)))?
        }
    };
    fields.finish()?;
    Ok(Pbkdf2 { salted, prf, key_length: key_length.transpose()? })
}

/// Object identifier and parameters.
fn split(algorithm: &[u8]) -> Result<(&[u8], Reader<'_>), DerError> {
    let mut fields = Tlv::only(algorithm, der::SEQUENCE)?.reader();
    Ok((fields.expect(der::OID)?.value, fields))
}

/// Parameters of an algorithm that has none.
pub(crate) fn null_or_absent(mut parameters: Reader<'_>) -> Result<(), DerError> {
    parameters.optional(der::NULL)?;
    parameters.finish()
}

fn salted<'a>(fields: &mut Reader<'a>) -> Result<Salted<'a>, PbeError> {
    let salt = fields.expect(der::OCTET_STRING)?.value;
    if salt.len() > SALT_BYTES_MAX {
        return Err(DerError::Value.into());
    }
    Ok(Salted { salt, rounds: rounds(fields.expect(der::INTEGER)?.value)? })
}

/// A number of rounds: at least one.
pub(crate) fn rounds(integer: &[u8]) -> Result<u32, PbeError> {
    match number(integer) {
        Ok(0) => Err(DerError::Value.into()),
        Ok(rounds) => Ok(rounds),
        // A positive number that does not fit is far beyond what is done.
        Err(_) if integer.first().is_some_and(|octet| *octet < 0x80) => Err(PbeError::Rounds),
        Err(error) => Err(error.into()),
    }
}

/// A number from 0 to 2^31 - 1.
fn number(integer: &[u8]) -> Result<u32, DerError> {
    if integer.len() > 4 || integer.first().is_none_or(|octet| *octet >= 0x80) {
        return Err(DerError::Value);
    }
    Ok(integer.iter().fold(0, |sum, octet| sum << 8 | u32::from(*octet)))
}
