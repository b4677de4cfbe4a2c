//! XAES-256-GCM (C2SP XAES-256-GCM.md): AES-256-GCM under a key derived from a 24-byte nonce.
//!
//! Used for the encrypted shares of the key generation only, whose nonces are derived, not random.

use aes::Aes256;
use aes::cipher::{BlockCipherEncrypt as _, KeyInit as _};
use ring::aead;
use zeroize::Zeroizing;

use crate::{AeadError, TAG_LEN};

/// Encrypts `plaintext`; the result is `ciphertext || tag`.
///
/// # Errors
///
/// [`AeadError`] if the plaintext is longer than AES-GCM allows.
pub fn seal(key: &[u8; 32], nonce: &[u8; 24], plaintext: &[u8]) -> Result<Vec<u8>, AeadError> {
    let (key, nonce) = derive(key, nonce)?;
    let mut out = plaintext.to_vec();
    key.seal_in_place_append_tag(nonce, aead::Aad::empty(), &mut out).map_err(|_| AeadError)?;
    Ok(out)
}

/// Decrypts `ciphertext || tag`.
///
/// # Errors
///
/// [`AeadError`] if the tag does not fit.
pub fn open(
    key: &[u8; 32],
    nonce: &[u8; 24],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, AeadError> {
    let (key, nonce) = derive(key, nonce)?;
    let mut buffer = Zeroizing::new(sealed.to_vec());
    let length =
        key.open_in_place(nonce, aead::Aad::empty(), &mut buffer).map_err(|_| AeadError)?.len();
    buffer.truncate(length.min(sealed.len().saturating_sub(TAG_LEN)));
    Ok(buffer)
}

/// The steps of the specification's "Detailed key derivation algorithm".
fn derive(key: &[u8; 32], nonce: &[u8; 24]) -> Result<(aead::LessSafeKey, aead::Nonce), AeadError> {
    let cipher = Aes256::new(&(*key).into());
    let mut l = aes::Block::default();
    cipher.encrypt_block(&mut l);
    let l = u128::from_be_bytes(l.into());
    let k1 = (l << 1) ^ ((l >> 127) * 0x87); // no branch: l follows from the key

    let (context, rest) = nonce.split_at(12);
    let mut derived = Zeroizing::new([0_u8; 32]);
    for (counter, half) in [1_u8, 2].into_iter().zip(derived.chunks_mut(16)) {
        let mut message = [0_u8; 16];
        for (to, from) in message.iter_mut().zip([0, counter, b'X', 0].iter().chain(context)) {
            *to = *from;
        }
        let mut block: aes::Block = (u128::from_be_bytes(message) ^ k1).to_be_bytes().into();
        cipher.encrypt_block(&mut block);
        for (to, from) in half.iter_mut().zip(block.iter()) {
            *to = *from;
        }
    }
    let key = aead::UnboundKey::new(&aead::AES_256_GCM, &*derived).map_err(|_| AeadError)?;
    let nonce = aead::Nonce::try_assume_unique_for_key(rest).map_err(|_| AeadError)?;
    Ok((aead::LessSafeKey::new(key), nonce))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Hex;

    /// The two vectors of the specification (the most significant bit of L is 0 and 1).
    #[test]
    fn specification_vectors() {
        let seal = |byte| seal(&[byte; 32], b"ABCDEFGHIJKLMNOPQRSTUVWX", b"XAES-256-GCM").unwrap();
        let hex = |bytes: Vec<u8>| Hex::<28>(bytes.try_into().unwrap()).to_string();
        assert_eq!(hex(seal(1)), "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271");
        // Its second vector has associated data, which only the tag depends on.
        let body = Hex::<12>(seal(3)[..12].try_into().unwrap()).to_string();
        assert_eq!(body, "986ec1832593df5443a17943");
        assert!(
            open(&[1; 32], b"ABCDEFGHIJKLMNOPQRSTUVWX", &seal(1)).unwrap().starts_with(b"XAES")
        );
    }

    #[test]
    fn any_other_key_nonce_or_byte_is_refused() {
        let nonce = [7; 24];
        let sealed = seal(&[1; 32], &nonce, b"share").unwrap();
        assert_eq!(open(&[2; 32], &nonce, &sealed).unwrap_err(), AeadError);
        assert_eq!(open(&[1; 32], &[8; 24], &sealed).unwrap_err(), AeadError);
        for i in 0..sealed.len() {
            let mut bad = sealed.clone();
            bad[i] ^= 1;
            assert_eq!(open(&[1; 32], &nonce, &bad).unwrap_err(), AeadError);
        }
        assert_eq!(open(&[1; 32], &nonce, &sealed[..15]).unwrap_err(), AeadError);
        assert_eq!(open(&[1; 32], &nonce, &[]).unwrap_err(), AeadError);
    }
}
