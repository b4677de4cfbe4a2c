//! The suite: one set of algorithms, named by a 16-bit number in every format.

use kaibiao_types::Digest;
use zeroize::Zeroizing;

use crate::aead::Aes256Gcm;
use crate::group::P256;
use crate::hash::Sha256;
use crate::{Aead, AeadKey, Group, Hash, Hasher, Point, PointError, Scalar, Secret32};

/// One set of algorithms. Format code receives it as a parameter and never names an algorithm.
pub struct Suite {
    id: u16,
    hash: &'static dyn Hash,
    aead: &'static dyn Aead,
    group: &'static dyn Group,
}

/// Suite 0x0001: P-256, SHA-256, HKDF-SHA256, AES-256-GCM.
pub static SUITE_1: Suite = Suite { id: 0x0001, hash: &Sha256, aead: &Aes256Gcm, group: &P256 };

/// A suite number that this program does not know.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("unknown suite {0:#06x}; a newer program is needed")]
pub struct SuiteError(pub u16);

impl core::fmt::Debug for Suite {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Suite({:#06x})", self.id)
    }
}

impl Suite {
    /// The suite with a number.
    ///
    /// # Errors
    ///
    /// [`SuiteError`] if this program has no such suite.
    pub fn by_id(id: u16) -> Result<&'static Self, SuiteError> {
        match id {
            0x0001 => Ok(&SUITE_1),
            other => Err(SuiteError(other)),
        }
    }

    /// The number in formats.
    pub const fn id(&self) -> u16 {
        self.id
    }

    /// The group of the ceremony key.
    pub const fn group(&self) -> &'static dyn Group {
        self.group
    }

    /// The digest of `bytes`.
    pub fn hash(&self, bytes: &[u8]) -> Digest {
        let mut hasher = self.hasher();
        hasher.update(bytes);
        hasher.finish()
    }

    /// Starts a streaming digest.
    pub fn hasher(&self) -> Hasher {
        self.hash.hasher()
    }

    /// The transcript hash: an injective encoding of a label and its fields, hashed.
    ///
    /// `TH(label, f1..fn) = H(u8|L| || L || u8 n || (u32|fi| || fi)*)`, `L = "kaibiao/v1/" + label`.
    /// At most 255 fields and labels of 244 bytes occur in our formats; longer ones are never made.
    pub fn th(&self, label: &str, fields: &[&[u8]]) -> Digest {
        let mut hasher = self.hasher();
        let full_label = format!("kaibiao/v1/{label}");
        hasher.update(&[u8::try_from(full_label.len()).unwrap_or(u8::MAX)]);
        hasher.update(full_label.as_bytes());
        hasher.update(&[u8::try_from(fields.len()).unwrap_or(u8::MAX)]);
        for field in fields {
            hasher.update(&u32::try_from(field.len()).unwrap_or(u32::MAX).to_be_bytes());
            hasher.update(field);
        }
        hasher.finish()
    }

    /// HKDF-Extract (RFC 5869): a pseudo-random key from input key material.
    pub fn hkdf_extract(&self, salt: &[u8], parts: &[&[u8]]) -> Secret32 {
        Secret32::new(Zeroizing::new(self.hash.hmac(salt, parts)))
    }

    /// HKDF-Expand (RFC 5869) into `out`, whose length is at most 255 x 32 bytes.
    ///
    /// Callers ask for 12 to 76 bytes; RFC 5869 has no output beyond 8,160 bytes, and bytes beyond
    /// are left as they are.
    pub fn hkdf_expand(&self, prk: &Secret32, info: &[&[u8]], out: &mut [u8]) {
        let mut previous: Zeroizing<Vec<u8>> = Zeroizing::new(Vec::new());
        for (counter, block) in (1_u8..=255).zip(out.chunks_mut(32)) {
            let mut parts: Vec<&[u8]> = vec![&previous];
            parts.extend_from_slice(info);
            let counter = [counter];
            parts.push(&counter);
            let next = Zeroizing::new(self.hash.hmac(prk.expose(), &parts));
            for (to, from) in block.iter_mut().zip(next.iter()) {
                *to = *from;
            }
            previous = Zeroizing::new(next.to_vec());
        }
    }

    /// Prepares an AEAD key.
    pub fn aead(&self, key: &[u8; 32]) -> AeadKey {
        self.aead.key(key)
    }

    /// Reads a compressed point (33 bytes): on the curve, never the identity.
    ///
    /// # Errors
    ///
    /// [`PointError`] otherwise.
    pub fn point(&self, bytes: &[u8]) -> Result<Point, PointError> {
        self.group.point(bytes)
    }

    /// Reads a canonical scalar (32 bytes, below the group order).
    ///
    /// # Errors
    ///
    /// [`PointError::Scalar`] otherwise.
    pub fn scalar(&self, bytes: &[u8]) -> Result<Scalar, PointError> {
        self.group.scalar(bytes)
    }

    /// `H2S(label, m)`: RFC 9380 `hash_to_field` to a scalar, 48 bytes, label in the DST.
    pub fn hash_to_scalar(&self, label: &str, parts: &[&[u8]]) -> Scalar {
        self.group.hash_to_scalar(label, parts)
    }

    /// RFC 9380 `hash_to_curve` (random oracle), label at the end of the DST.
    ///
    /// # Errors
    ///
    /// [`PointError::Identity`] in the one case in 2^256 where the result is the identity.
    pub fn hash_to_point(&self, label: &str, parts: &[&[u8]]) -> Result<Point, PointError> {
        self.group.hash_to_point(label, parts)
    }
}

#[cfg(test)]
mod tests;
