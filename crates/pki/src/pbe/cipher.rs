//! The ciphers of key files, all in CBC mode with the padding of PKCS#7.

use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt as _, KeyIvInit as _};
use zeroize::Zeroizing;

use crate::oid::pkcs;

/// A cipher; DES and RC2 are here for old files alone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Cipher {
    Aes128,
    Aes192,
    Aes256,
    Des3,
    Rc2Of40,
    Rc2Of128,
    Sm4,
}

impl Cipher {
    /// The cipher of an encryption scheme of PBES2.
    pub(super) fn of_identifier(oid: &[u8]) -> Option<Self> {
        Some(match oid {
            pkcs::AES128_CBC => Self::Aes128,
            pkcs::AES192_CBC => Self::Aes192,
            pkcs::AES256_CBC => Self::Aes256,
            pkcs::DES3_CBC => Self::Des3,
            pkcs::SM4_CBC => Self::Sm4,
            _ => return None,
        })
    }

    /// Octets of a key. RC2 takes its effective length from it (RFC 7292, appendix C).
    pub(super) const fn key_length(self) -> usize {
        match self {
            Self::Rc2Of40 => 5,
            Self::Aes128 | Self::Rc2Of128 | Self::Sm4 => 16,
            Self::Aes192 | Self::Des3 => 24,
            Self::Aes256 => 32,
        }
    }

    /// Octets of a block, and of an initial vector.
    pub(super) const fn block(self) -> usize {
        match self {
            Self::Des3 | Self::Rc2Of40 | Self::Rc2Of128 => 8,
            _ => 16,
        }
    }

    /// What was encrypted; `None` if the padding is wrong.
    pub(super) fn decrypt(self, key: &[u8], iv: &[u8], data: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut plain = Zeroizing::new(data.to_vec());
        macro_rules! length {
            ($cipher:ty) => {
                Decryptor::<$cipher>::new_from_slices(key, iv)
                    .ok()?
                    .decrypt_padded::<Pkcs7>(&mut plain)
                    .ok()?
                    .len()
            };
        }
        let length = match self {
            Self::Aes128 => length!(aes::Aes128),
            Self::Aes192 => length!(aes::Aes192),
            Self::Aes256 => length!(aes::Aes256),
            Self::Des3 => length!(des::TdesEde3),
            Self::Rc2Of40 | Self::Rc2Of128 => length!(rc2::Rc2),
            Self::Sm4 => length!(sm4::Sm4),
        };
        plain.truncate(length);
        Some(plain)
    }
}
