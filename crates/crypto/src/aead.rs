//! Authenticated encryption of one chunk.

use ring::aead;

/// Bytes of an authentication tag.
pub const TAG_LEN: usize = 16;

/// An AEAD of a 32-byte key, a 12-byte nonce and a 16-byte tag.
pub trait Aead: Sync {
    /// Prepares a key.
    fn key(&self, key: &[u8; 32]) -> AeadKey;
}

/// A prepared AEAD key. No `Debug`, no copy of the key bytes.
pub struct AeadKey(aead::LessSafeKey);

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
    /// [`AeadError`] if the chunk is longer than the algorithm allows (2^36 bytes).
    pub fn seal_in_place(
        &self,
        nonce: [u8; 12],
        chunk: &mut [u8],
    ) -> Result<[u8; TAG_LEN], AeadError> {
        let nonce = aead::Nonce::assume_unique_for_key(nonce);
        let tag = self
            .0
            .seal_in_place_separate_tag(nonce, aead::Aad::empty(), chunk)
            .map_err(|_| AeadError)?;
        tag.as_ref().try_into().map_err(|_| AeadError)
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
        let nonce = aead::Nonce::assume_unique_for_key(nonce);
        self.0.open_in_place(nonce, aead::Aad::empty(), chunk).map_err(|_| AeadError)
    }
}

/// AES-256-GCM (NIST SP 800-38D) through ring.
pub(crate) struct Aes256Gcm;

impl Aead for Aes256Gcm {
    fn key(&self, key: &[u8; 32]) -> AeadKey {
        // 32 bytes is this algorithm's key length, and another length is the only error of `new`.
        match aead::UnboundKey::new(&aead::AES_256_GCM, key) {
            Ok(key) => AeadKey(aead::LessSafeKey::new(key)),
            Err(_) => unreachable!("AES-256-GCM takes 32-byte keys"),
        }
    }
}
