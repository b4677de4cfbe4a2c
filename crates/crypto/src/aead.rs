//! Authenticated encryption of one chunk.

use aes_gcm::AesGcm;
use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{AeadInOut as _, KeyInit as _};
use ring::aead;
use sm4::Sm4;

/// Bytes of an authentication tag.
pub const TAG_LEN: usize = 16;

/// An AEAD of a 12-byte nonce and a 16-byte tag.
pub trait Aead: Sync {
    /// Bytes of a key; at most 32.
    fn key_len(&self) -> usize;
    /// Prepares a key of the first [`Self::key_len`] bytes.
    fn key(&self, key: &[u8; 32]) -> AeadKey;
}

/// A prepared AEAD key. Its `Debug` form shows no byte, and it has no copy.
pub struct AeadKey(Prepared);

/// SM4 in GCM.
type Sm4Gcm = AesGcm<Sm4, U12>;

// ring does not wipe a key when it is dropped, so it must not lie on the heap, where it would stay;
// whoever opens something overwrites the stack afterwards.
#[allow(clippy::large_enum_variant)]
enum Prepared {
    Aes(aead::LessSafeKey),
    Sm4(Box<Sm4Gcm>),
}

/// A chunk failed authentication: altered, moved, or under another key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("authentication failed")]
pub struct AeadError;

impl core::fmt::Debug for AeadKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("AeadKey(..)")
    }
}

impl AeadKey {
    /// Encrypts `chunk` in place and gives its tag. A nonce must never be used twice under one key.
    ///
    /// # Errors
    ///
    /// [`AeadError`] if the chunk is longer than the algorithm allows (2^36 - 32 bytes).
    pub fn seal_in_place(
        &self,
        nonce: [u8; 12],
        chunk: &mut [u8],
    ) -> Result<[u8; TAG_LEN], AeadError> {
        match &self.0 {
            Prepared::Aes(key) => {
                let nonce = aead::Nonce::assume_unique_for_key(nonce);
                let tag = key.seal_in_place_separate_tag(nonce, aead::Aad::empty(), chunk);
                tag.map_err(|_| AeadError)?.as_ref().try_into().map_err(|_| AeadError)
            }
            Prepared::Sm4(key) => {
                let tag = key.encrypt_inout_detached(&nonce.into(), &[], chunk.into());
                tag.map(Into::into).map_err(|_| AeadError)
            }
        }
    }

    /// Decrypts `ciphertext || tag` in place and gives the plaintext part.
    ///
    /// # Errors
    ///
    /// [`AeadError`] if the tag does not fit; the buffer's content must then be thrown away.
    pub fn open_in_place<'a>(
        &self,
        nonce: [u8; 12],
        chunk: &'a mut [u8],
    ) -> Result<&'a mut [u8], AeadError> {
        match &self.0 {
            Prepared::Aes(key) => {
                let nonce = aead::Nonce::assume_unique_for_key(nonce);
                key.open_in_place(nonce, aead::Aad::empty(), chunk).map_err(|_| AeadError)
            }
            Prepared::Sm4(key) => {
                let length = chunk.len().checked_sub(TAG_LEN).ok_or(AeadError)?;
                let (chunk, tag) = chunk.split_at_mut_checked(length).ok_or(AeadError)?;
                let tag: [u8; TAG_LEN] = (&*tag).try_into().map_err(|_| AeadError)?;
                key.decrypt_inout_detached(&nonce.into(), &[], (&mut *chunk).into(), &tag.into())
                    .map_err(|_| AeadError)?;
                Ok(chunk)
            }
        }
    }
}

/// AES-256-GCM (NIST SP 800-38D) through ring.
pub(crate) struct Aes256Gcm;

impl Aead for Aes256Gcm {
    fn key_len(&self) -> usize {
        32
    }

    fn key(&self, key: &[u8; 32]) -> AeadKey {
        // 32 bytes is this algorithm's key length, and another length is the only error of `new`.
        match aead::UnboundKey::new(&aead::AES_256_GCM, key) {
            Ok(key) => AeadKey(Prepared::Aes(aead::LessSafeKey::new(key))),
            Err(_) => unreachable!("AES-256-GCM takes 32-byte keys"),
        }
    }
}

/// SM4-GCM (GB/T 32907 in the mode of NIST SP 800-38D, RFC 8998) through sm4, ghash and the generic
/// GCM of aes-gcm.
pub(crate) struct Sm4InGcm;

impl Aead for Sm4InGcm {
    fn key_len(&self) -> usize {
        16
    }

    fn key(&self, key: &[u8; 32]) -> AeadKey {
        let (key, _) = key.split_at(16);
        // 16 bytes is this algorithm's key length, and another length is the only error.
        match Sm4Gcm::new_from_slice(key) {
            Ok(key) => AeadKey(Prepared::Sm4(Box::new(key))),
            Err(_) => unreachable!("SM4 takes 16-byte keys"),
        }
    }
}

#[cfg(test)]
mod tests {
    use aes_gcm::aead::consts::U16;
    use aes_gcm::aes::cipher::{Array, BlockCipherEncrypt as _};

    use super::*;
    use crate::dleq::tests::unhex;

    /// GB/T 32907-2016, annex A: one block, and the same block encrypted a million times.
    #[test]
    fn sm4_is_that_of_the_standard() {
        let example = unhex("0123456789abcdeffedcba9876543210");
        let cipher = Sm4::new_from_slice(&example).unwrap();
        let mut block: Array<u8, U16> = example.as_slice().try_into().unwrap();
        cipher.encrypt_block(&mut block);
        assert_eq!(block.as_slice(), unhex("681edf34d206965e86b3e94f536e4246"));
        for _ in 1..1_000_000 {
            cipher.encrypt_block(&mut block);
        }
        assert_eq!(block.as_slice(), unhex("595298c7c6fd271f0402f804c33d3f66"));
    }
}
