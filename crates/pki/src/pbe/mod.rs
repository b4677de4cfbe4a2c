//! Decryption under a password: PBES2 (RFC 8018, 6.2) and the two older schemes of PKCS#12 that are
//! still found in files (RFC 7292, appendix C).

mod cipher;
mod hash;
mod password;
mod scheme;

use zeroize::Zeroizing;

use crate::cms::SignError;
use crate::der::{self, DerError, Tlv};
use crate::limits::PASSWORD_ROUNDS_MAX;

pub use password::{Password, PasswordError};

pub(crate) use hash::{Diversifier, Hash};
pub(crate) use password::Forms;
pub(crate) use scheme::{Pbkdf2, Salted, Scheme, null_or_absent, pbkdf2, rounds};

/// Why something is not decrypted.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PbeError {
    /// The password is wrong, or what was encrypted is damaged.
    #[error("the password does not decrypt it")]
    Decryption,
    /// Parameters that are not what their standard asks for.
    #[error("parameters of the encryption: {0}")]
    Format(#[from] DerError),
    /// More rounds of hashing than are done for one file: a hostile file could ask for years.
    #[error("the file asks for more than {PASSWORD_ROUNDS_MAX} rounds of hashing in all")]
    Rounds,
    /// An algorithm that is not read.
    #[error("encryption algorithm {0} is not read")]
    Unsupported(String),
}

/// The work that may still be done for a file.
#[derive(Debug)]
pub(crate) struct Effort(u64);

impl Effort {
    pub(crate) const fn new() -> Self {
        Self(PASSWORD_ROUNDS_MAX)
    }

    /// Takes the rounds of `blocks` digests off, before they are computed.
    pub(crate) fn spend(&mut self, rounds: u32, blocks: usize) -> Result<(), PbeError> {
        let blocks = u64::try_from(blocks).unwrap_or(u64::MAX);
        let cost = u64::from(rounds).saturating_mul(blocks);
        self.0 = self.0.checked_sub(cost).ok_or(PbeError::Rounds)?;
        Ok(())
    }
}

/// Splits an `EncryptedPrivateKeyInfo` (RFC 5208, 6): algorithm, ciphertext.
pub(crate) fn split_key(info: &[u8]) -> Result<(&[u8], &[u8]), DerError> {
    let mut fields = Tlv::only(info, der::SEQUENCE)?.reader();
    let algorithm = fields.expect(der::SEQUENCE)?.raw;
    let data = fields.expect(der::OCTET_STRING)?.value;
    fields.finish()?;
    Ok((algorithm, data))
}

/// Decrypts an `EncryptedPrivateKeyInfo` that stands alone.
pub(crate) fn decrypt_key(
    info: &[u8],
    password: &Password,
) -> Result<Zeroizing<Vec<u8>>, SignError> {
    let read = || -> Result<_, PbeError> {
        der::check(info, der::SEQUENCE)?;
        let (algorithm, data) = split_key(info)?;
        Ok((Scheme::read(algorithm)?, data))
    };
    let (scheme, data) = read().map_err(SignError::KeyEncryption)?;
    let mut effort = Effort::new();
    for form in password.forms() {
        match scheme.decrypt(data, &form, &mut effort) {
            // Padding that fits by chance is not yet a key.
            Ok(key) if der::check(&key, der::SEQUENCE).is_ok() => return Ok(key),
            Ok(_) | Err(PbeError::Decryption) => {}
            Err(error) => return Err(SignError::KeyEncryption(error)),
        }
    }
    Err(SignError::KeyPassword)
}

#[cfg(test)]
mod tests;
