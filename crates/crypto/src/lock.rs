//! The ceremony lock of a suite: 32 secret bytes sealed to the ceremony key.
//!
//! The opener has no private key. Custodians raise the lock's point together and combine to the
//! Diffie-Hellman point `z`, and opening starts from there. Whatever the construction, the lock's
//! first 33 bytes are its point `u = r*G`, and the sealing side knows `r` for the proof.

use sm3::Digest as _;
use zeroize::Zeroizing;

use crate::{
    Entropy, EntropyError, OperationError, Point, PointError, Secret32, SecretScalar, Suite, hpke,
};

/// How a suite seals 32 bytes to the ceremony key.
pub(crate) trait Lock: Sync {
    /// Bytes of a lock's body.
    fn body_len(&self) -> usize;
    /// Makes a lock.
    fn seal(&self, to: &LockKey<'_>, entropy: &mut dyn Entropy) -> Result<Locked, OperationError>;
    /// The secret of a lock, from `z = s*u`; `None` if body and point contradict each other.
    fn open(&self, to: &LockKey<'_>, body: &[u8], u: &Point, z: &Point) -> Option<Secret32>;
}

/// To whom a lock is made, and in which context.
#[derive(Clone, Copy, Debug)]
pub struct LockKey<'a> {
    /// The suite of the ceremony.
    pub suite: &'static Suite,
    /// The ceremony key.
    pub key: &'a Point,
    /// What the lock is bound to, where its construction has a place for it.
    pub info: &'a [u8],
    /// What the secret is for, likewise.
    pub export_context: &'a [u8],
}

/// A lock that was made.
#[derive(Debug)]
pub struct Locked {
    /// The bytes of the lock.
    pub body: Vec<u8>,
    /// U, its point `r * G`.
    pub u: Point,
    /// r, needed once more for the well-formedness proof, then dropped.
    pub r: SecretScalar,
    /// The secret, 32 bytes.
    pub secret: Secret32,
}

/// The combined point does not open the lock: it was made wrongly, or the point is another.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the combined point does not open the lock")]
pub struct LockError;

impl LockKey<'_> {
    /// Makes a lock with a fresh secret.
    ///
    /// # Errors
    ///
    /// [`OperationError`] if the key is of another curve than the suite's, or the source of
    /// randomness failed.
    pub fn seal(&self, entropy: &mut dyn Entropy) -> Result<Locked, OperationError> {
        self.suite.lock().seal(self, entropy)
    }

    /// The secret of a lock, from the combined point `z = s * u`.
    ///
    /// In suite 1 any point gives some secret, and only a commitment tells whether it is the right
    /// one; suite 0x0101 has a check value of its own.
    ///
    /// # Errors
    ///
    /// [`LockError`] if the body is not a lock of this suite, or its check value does not fit.
    pub fn open(&self, body: &[u8], z: &Point) -> Result<Secret32, LockError> {
        let u = self.suite.lock_point(body).map_err(|_| LockError)?;
        if !self.suite.has(z) || !self.suite.has(self.key) {
            return Err(LockError);
        }
        self.suite.lock().open(self, body, &u, z).ok_or(LockError)
    }
}

/// Bytes of a compressed point.
const POINT_LEN: usize = 33;

/// The point of a lock.
pub(crate) fn point(suite: &Suite, body: &[u8]) -> Result<Point, PointError> {
    match body.split_first_chunk::<POINT_LEN>() {
        Some((point, _)) if body.len() == suite.lock().body_len() => suite.point(point),
        _ => Err(PointError::Encoding),
    }
}

/// HPKE, export only: the body is the point alone.
pub(crate) struct Hpke;

impl Lock for Hpke {
    fn body_len(&self) -> usize {
        POINT_LEN
    }

    fn seal(&self, to: &LockKey<'_>, entropy: &mut dyn Entropy) -> Result<Locked, OperationError> {
        let made = hpke::encap(to.suite, to.key, to.info, to.export_context, entropy)?;
        let hpke::Encapsulated { u, r, secret } = made;
        Ok(Locked { body: u.bytes().to_vec(), u, r, secret })
    }

    fn open(&self, to: &LockKey<'_>, _: &[u8], u: &Point, z: &Point) -> Option<Secret32> {
        Some(hpke::export_from_dh(to.suite, z, u, to.key, to.info, to.export_context))
    }
}

/// SM2 public-key encryption (GB/T 32918.4) of 32 random bytes: `C1 || C3 || C2`, C1 compressed.
///
/// It has no place for a context; the proof in the header binds the lock to it.
pub(crate) struct Sm2Encryption;

/// Bytes of C3 and of C2.
const HALF: usize = 32;

impl Lock for Sm2Encryption {
    fn body_len(&self) -> usize {
        POINT_LEN + 2 * HALF
    }

    /// Draws, in this order: the secret (32 bytes), r (48).
    fn seal(&self, to: &LockKey<'_>, entropy: &mut dyn Entropy) -> Result<Locked, OperationError> {
        let secret = Secret32::random(entropy)?;
        let r = SecretScalar::random(to.suite, entropy)?;
        let (u, z) = (r.base_mul(), r.mul_point(to.key).ok_or(OperationError::Curve)?);
        // A mask of zeros is drawn again by the standard; one in 2^256 counts as a failed source.
        let sealed = mask(&z).ok_or(EntropyError)?.mask(secret.expose());
        let body = [u.bytes().as_slice(), &check(&z, secret.expose()), &*sealed].concat();
        Ok(Locked { body, u, r, secret })
    }

    fn open(&self, _: &LockKey<'_>, body: &[u8], _: &Point, z: &Point) -> Option<Secret32> {
        let (_, rest) = body.split_at_checked(POINT_LEN)?;
        let (found, sealed) = rest.split_first_chunk::<HALF>()?;
        let plain = mask(z)?.mask(sealed.try_into().ok()?);
        let same = subtle::ConstantTimeEq::ct_eq(check(z, &plain).as_slice(), found.as_slice());
        bool::from(same).then(|| Secret32::new(plain))
    }
}

/// x2 || y2, the coordinates of the shared point, 32 bytes each.
fn coordinates(z: &Point) -> Zeroizing<[u8; 65]> {
    Zeroizing::new(z.uncompressed())
}

/// `KDF(x2 || y2, 256)`: one block, `SM3(x2 || y2 || u32 1)`; `None` if all its bits are zero.
fn mask(z: &Point) -> Option<Secret32> {
    let shared = coordinates(z);
    let (_, shared) = shared.split_at(1);
    let mut state = sm3::Sm3::new();
    state.update(shared);
    state.update([0, 0, 0, 1]);
    let mask: Zeroizing<[u8; 32]> = Zeroizing::new(state.finalize().into());
    if mask.iter().all(|byte| *byte == 0) { None } else { Some(Secret32::new(mask)) }
}

/// `C3 = SM3(x2 || M || y2)`.
fn check(z: &Point, plain: &[u8; 32]) -> [u8; 32] {
    let shared = coordinates(z);
    let (_, shared) = shared.split_at(1);
    let (x2, y2) = shared.split_at(32);
    let mut state = sm3::Sm3::new();
    state.update(x2);
    state.update(plain);
    state.update(y2);
    state.finalize().into()
}

#[cfg(test)]
mod tests;
