//! The suite: one set of algorithms, named by a 16-bit number in every format.

use kaibiao_types::Digest;
use zeroize::Zeroizing;

use crate::aead::{Aes256Gcm, Sm4InGcm};
use crate::dkg::{self, Ciphersuite};
use crate::group::{P256, Sm2};
use crate::hash::{Sha256, Sm3};
use crate::lock::{self, Hpke, Lock, Sm2Encryption};
use crate::{Aead, AeadError, AeadKey, Group, Hash, Hasher, Point, PointError, Scalar, Secret32};

/// One set of algorithms. Format code receives it as a parameter and never names an algorithm.
pub struct Suite {
    id: u16,
    hash: &'static dyn Hash,
    aead: &'static dyn Aead,
    group: &'static dyn Group,
    lock: &'static dyn Lock,
    dkg: &'static Ciphersuite,
}

/// Suite 0x0001: P-256, SHA-256, HKDF-SHA256, AES-256-GCM.
pub static SUITE_1: Suite = Suite {
    id: 0x0001,
    hash: &Sha256,
    aead: &Aes256Gcm,
    group: &P256,
    lock: &Hpke,
    dkg: &dkg::P256,
};

/// Suite 0x0101: SM2, SM3, HKDF-SM3, SM4-GCM.
pub static SUITE_SM: Suite = Suite {
    id: 0x0101,
    hash: &Sm3,
    aead: &Sm4InGcm,
    group: &Sm2,
    lock: &Sm2Encryption,
    dkg: &dkg::SM2,
};

/// What a pseudo-random key expands to for one sealed payload.
#[derive(Debug)]
pub struct ExpandedKey {
    /// The prepared key.
    pub aead: AeadKey,
    /// The nonce that chunk numbers are mixed into.
    pub nonce: [u8; 12],
    /// What commits to the key.
    pub commit: Digest,
}

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
            0x0101 => Ok(&SUITE_SM),
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

    /// The digest of each message. Two that are equally long may take hardly longer than one, so ask
    /// for several at once where there are several.
    pub fn hash_each(&self, messages: &[&[u8]]) -> Vec<Digest> {
        self.hash.digests(messages)
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

    /// Prepares an AEAD key; an algorithm with shorter keys takes the first bytes.
    pub fn aead(&self, key: &[u8; 32]) -> AeadKey {
        self.aead.key(key)
    }

    /// `key || nonce12 || commit32 = HKDF-Expand(prk, info)`; the key has the algorithm's length, so
    /// the output has 76 bytes in suite 1 and 60 in suite 0x0101.
    pub fn expand_key(&self, prk: &Secret32, info: &[&[u8]]) -> ExpandedKey {
        let (mut key, mut nonce, mut commit) = (Zeroizing::new([0; 32]), [0; 12], [0; 32]);
        let mut okm = Zeroizing::new(vec![0; self.aead.key_len() + nonce.len() + commit.len()]);
        self.hkdf_expand(prk, info, &mut okm);
        let targets = key.iter_mut().take(self.aead.key_len()).chain(&mut nonce).chain(&mut commit);
        for (to, from) in targets.zip(okm.iter()) {
            *to = *from;
        }
        ExpandedKey { aead: self.aead(&key), nonce, commit: Digest::new(commit) }
    }

    /// Bytes of a ceremony lock.
    pub fn lock_len(&self) -> usize {
        self.lock.body_len()
    }

    /// The point of a ceremony lock, from its whole body.
    ///
    /// # Errors
    ///
    /// [`PointError`] if the length is another or the point is none.
    pub fn lock_point(&self, body: &[u8]) -> Result<Point, PointError> {
        lock::point(self, body)
    }

    pub(crate) const fn lock(&self) -> &'static dyn Lock {
        self.lock
    }

    /// The canonical `ciphersuite_id` of the key generation.
    pub const fn dkg_ciphersuite(&self) -> &'static str {
        self.dkg.id
    }

    /// The prefix of the key generation's hash inputs.
    pub const fn dkg_prefix(&self) -> &'static str {
        self.dkg.prefix
    }

    /// Encrypts a share of the key generation: `ciphertext || tag`.
    ///
    /// # Errors
    ///
    /// [`AeadError`] if the plaintext is longer than the algorithm allows.
    pub fn seal_share(
        &self,
        key: &[u8; 32],
        nonce: &[u8; 24],
        plain: &[u8],
    ) -> Result<Vec<u8>, AeadError> {
        self.dkg.shares.seal(key, nonce, plain)
    }

    /// Decrypts a share of the key generation.
    ///
    /// # Errors
    ///
    /// [`AeadError`] if the tag does not fit.
    pub fn open_share(
        &self,
        key: &[u8; 32],
        nonce: &[u8; 24],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, AeadError> {
        self.dkg.shares.open(key, nonce, sealed)
    }

    /// The generator G.
    pub fn generator(&self) -> Point {
        self.group.generator()
    }

    /// Whether a point is one of this suite's group.
    pub fn has(&self, point: &Point) -> bool {
        self.group.has(point)
    }

    /// A small number as a scalar.
    pub fn number(&self, number: u16) -> Scalar {
        self.group.number(number)
    }

    /// 48 bytes, big-endian, reduced modulo the group order.
    pub fn reduce_wide(&self, wide: &[u8; 48]) -> Scalar {
        self.group.reduce_wide(wide)
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

    /// A point from a message, whose discrete logarithm nobody knows; label at the end of the DST.
    ///
    /// Suite 1: RFC 9380 `hash_to_curve` (random oracle). Suite 0x0101: try and increment with SM3,
    /// in a time that depends on the message.
    ///
    /// # Errors
    ///
    /// [`PointError`] in the one case in 2^256 where no point results.
    pub fn hash_to_point(&self, label: &str, parts: &[&[u8]]) -> Result<Point, PointError> {
        self.group.hash_to_point(label, parts)
    }
}

#[cfg(test)]
mod tests;
