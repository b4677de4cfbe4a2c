//! What a suite gives to the key generation (C2SP COCKTAIL-DKG): names and the share encryption.

use zeroize::Zeroizing;

use crate::aead::Sm4InGcm;
use crate::{Aead as _, AeadError, xaes};

/// A ciphersuite of COCKTAIL-DKG.
pub(crate) struct Ciphersuite {
    pub(crate) id: &'static str,
    pub(crate) prefix: &'static str,
    pub(crate) shares: &'static dyn ShareEncryption,
}

/// The AEAD of the encrypted shares; key and nonce are two outputs of H6, of which an algorithm with
/// shorter ones takes the first bytes.
pub(crate) trait ShareEncryption: Sync {
    /// `ciphertext || tag`.
    fn seal(&self, key: &[u8; 32], nonce: &[u8; 24], plain: &[u8]) -> Result<Vec<u8>, AeadError>;
    /// The plaintext.
    fn open(
        &self,
        key: &[u8; 32],
        nonce: &[u8; 24],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, AeadError>;
}

/// The specification's own ciphersuite.
pub(crate) static P256: Ciphersuite = Ciphersuite {
    id: "COCKTAIL(P-256, SHA-256)",
    prefix: "COCKTAIL-DKG-P256-SHA256-",
    shares: &Xaes,
};

/// The same protocol in suite 0x0101; a private extension without public vectors.
pub(crate) static SM2: Ciphersuite =
    Ciphersuite { id: "COCKTAIL(SM2, SM3)", prefix: "COCKTAIL-DKG-SM2-SM3-", shares: &Sm4Shares };

struct Xaes;

impl ShareEncryption for Xaes {
    fn seal(&self, key: &[u8; 32], nonce: &[u8; 24], plain: &[u8]) -> Result<Vec<u8>, AeadError> {
        xaes::seal(key, nonce, plain)
    }

    fn open(
        &self,
        key: &[u8; 32],
        nonce: &[u8; 24],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, AeadError> {
        xaes::open(key, nonce, sealed)
    }
}

/// SM4-GCM with the first 16 bytes of the key and the first 12 of the nonce. Every key encrypts one
/// share, so the shorter nonce is no limit.
struct Sm4Shares;

impl Sm4Shares {
    fn nonce(nonce: &[u8; 24]) -> [u8; 12] {
        let mut out = [0; 12];
        for (to, from) in out.iter_mut().zip(nonce) {
            *to = *from;
        }
        out
    }
}

impl ShareEncryption for Sm4Shares {
    fn seal(&self, key: &[u8; 32], nonce: &[u8; 24], plain: &[u8]) -> Result<Vec<u8>, AeadError> {
        let mut out = plain.to_vec();
        let tag = Sm4InGcm.key(key).seal_in_place(Self::nonce(nonce), &mut out)?;
        out.extend_from_slice(&tag);
        Ok(out)
    }

    fn open(
        &self,
        key: &[u8; 32],
        nonce: &[u8; 24],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, AeadError> {
        let mut buffer = Zeroizing::new(sealed.to_vec());
        let length = Sm4InGcm.key(key).open_in_place(Self::nonce(nonce), &mut buffer)?.len();
        buffer.truncate(length);
        Ok(buffer)
    }
}
