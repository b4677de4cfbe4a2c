//! Signatures by SM2 with SM3 (GB/T 32918.2) under the standard user id.

use ring::rand::SecureRandom;
use sm2::NonZeroScalar;
use sm2::dsa::signature::rand_core::{TryCryptoRng, TryRng};
use sm2::dsa::signature::{RandomizedSigner, Verifier};
use sm2::dsa::{Signature, SigningKey, VerifyingKey};

use crate::der::{self, DerError, Tlv};

/// The user id of every signer (GB/T 35276, 10; GM/T 0009, 10): with another one, or without, a
/// signature is another signature.
const USER_ID: &str = "1234567812345678";

/// Octets of each of the two numbers.
const NUMBER: usize = 32;

/// Whether `signature`, DER `SEQUENCE { r, s }`, is over `message` by the key of the uncompressed
/// `point`; false also for a point that is not on the curve.
pub(super) fn verifies(point: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let Ok(key) = VerifyingKey::from_sec1_bytes(USER_ID, point) else { return false };
    let Ok(raw) = raw_of_der(signature) else { return false };
    Signature::from_slice(&raw).is_ok_and(|signature| key.verify(message, &signature).is_ok())
}

/// The two numbers of a DER value, as octets of fixed length.
fn raw_of_der(signature: &[u8]) -> Result<[u8; 2 * NUMBER], DerError> {
    der::check(signature, der::SEQUENCE)?;
    let mut fields = Tlv::only(signature, der::SEQUENCE)?.reader();
    let mut raw = [0; 2 * NUMBER];
    for half in raw.chunks_exact_mut(NUMBER) {
        let number = der::unsigned(fields.expect(der::INTEGER)?.value)?;
        let begin = half.len().checked_sub(number.len()).ok_or(DerError::Value)?;
        half.get_mut(begin..).unwrap_or_default().copy_from_slice(number);
    }
    fields.finish()?;
    Ok(raw)
}

/// `r || s` as a DER value. Tokens give the two numbers that way.
pub(crate) fn der_of_raw(raw: &[u8]) -> Option<Vec<u8>> {
    let (r, s) = raw.split_at_checked(NUMBER).filter(|(_, s)| s.len() == NUMBER)?;
    let number = |octets: &[u8]| {
        let zeros = octets.iter().take_while(|octet| **octet == 0).count().min(NUMBER - 1);
        let significant = octets.get(zeros..).unwrap_or_default();
        let sign: &[u8] = if significant.first() >= Some(&0x80) { &[0] } else { &[] };
        der::tlv(der::INTEGER, &[sign, significant])
    };
    Some(der::sequence(&[&number(r), &number(s)]))
}

/// A private key at work; wiped on drop.
pub(crate) struct Sm2Key(SigningKey);

impl Sm2Key {
    /// The key of a private number; `None` if it is none of the curve.
    pub(crate) fn from_number(number: &[u8]) -> Option<Self> {
        let scalar = NonZeroScalar::try_from(number).ok()?;
        SigningKey::from_nonzero_scalar(USER_ID, scalar).ok().map(Self)
    }

    /// The public key as an uncompressed point.
    pub(crate) fn public(&self) -> Vec<u8> {
        self.0.verifying_key().to_sec1_bytes().into_vec()
    }

    /// Signs a message: a DER value. The nonce is derived from key, message and fresh randomness
    /// together, so neither a weak source nor a repeated message gives the key away.
    pub(crate) fn sign(&self, message: &[u8], rng: &dyn SecureRandom) -> Option<Vec<u8>> {
        let signature = self.0.try_sign_with_rng(&mut Rng(rng), message).ok()?;
        der_of_raw(&signature.to_bytes())
    }
}

/// A process's source of randomness for the traits of `sm2`.
struct Rng<'a>(&'a dyn SecureRandom);

/// The source of randomness failed.
#[derive(Debug, thiserror::Error)]
#[error("no randomness to sign with")]
struct NoRandomness;

impl TryRng for Rng<'_> {
    type Error = NoRandomness;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes).map(|()| u32::from_be_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes).map(|()| u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        self.0.fill(out).map_err(|_| NoRandomness)
    }
}

impl TryCryptoRng for Rng<'_> {}

#[cfg(test)]
mod tests;
