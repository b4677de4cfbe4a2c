//! The Schnorr signature of COCKTAIL-DKG (C2SP cocktail-dkg.md, "Schnorr Signature Scheme").

use kaibiao_crypto::{Point, Scalar, SecretScalar, Suite, lincomb};
use zeroize::Zeroizing;

/// `R || z`.
pub(crate) const SIGNATURE_LEN: usize = 65;

/// What follows the ciphersuite's prefix in the two hash inputs.
const H7: &[u8] = b"H7";
const NONCE: &[u8] = b"NONCE";

/// Signs with a deterministic nonce; `None` in the one case in 2^256 where the nonce is zero,
/// or if the key is of another curve than the suite's.
pub(crate) fn sign(
    suite: &Suite,
    secret: &SecretScalar,
    message: &[u8],
) -> Option<[u8; SIGNATURE_LEN]> {
    let key = secret.base_mul();
    let nonce = hash_to_scalar(suite, &[NONCE, &*secret.danger_bytes(), message]);
    let nonce = SecretScalar::from_scalar(nonce)?;
    let commitment = nonce.base_mul();
    let challenge = challenge(suite, &commitment, &key, message);
    let response = nonce.respond(&challenge, secret)?;
    [commitment.bytes().as_slice(), &response.bytes()].concat().try_into().ok()
}

/// Whether `signature` is one by `key` over `message`.
pub(crate) fn verify(suite: &Suite, key: &Point, message: &[u8], signature: &[u8]) -> bool {
    let Some((commitment, response)) = signature.split_at_checked(33) else { return false };
    let (Ok(commitment), Ok(response)) = (suite.point(commitment), suite.scalar(response)) else {
        return false;
    };
    let challenge = challenge(suite, &commitment, key, message);
    lincomb(&[(&response, &suite.generator()), (&challenge.neg(), key)]) == Some(commitment)
}

fn challenge(suite: &Suite, commitment: &Point, key: &Point, message: &[u8]) -> Scalar {
    hash_to_scalar(suite, &[H7, &commitment.bytes(), &key.bytes(), message])
}

/// `OS2IP(H(01 || prefix || input) || H(02 || prefix || input)[0..16]) mod q`.
fn hash_to_scalar(suite: &Suite, input: &[&[u8]]) -> Scalar {
    let half = |number: u8| {
        let mut hasher = suite.hasher();
        hasher.update(&[number]);
        hasher.update(suite.dkg_prefix().as_bytes());
        for part in input {
            hasher.update(part);
        }
        hasher.finish()
    };
    let mut wide = Zeroizing::new([0_u8; 48]);
    for (to, from) in wide.iter_mut().zip(half(1).bytes().iter().chain(half(2).bytes())) {
        *to = *from;
    }
    suite.reduce_wide(&wide)
}

#[cfg(test)]
mod tests;
