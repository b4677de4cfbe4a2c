//! The hash of a suite and its streaming form.

use kaibiao_types::Digest;
use ring::{digest, hmac};

/// A 32-byte hash function with the HMAC built on it.
pub trait Hash: Sync {
    /// Starts a streaming computation.
    fn hasher(&self) -> Hasher;
    /// HMAC (RFC 2104) over the concatenation of `parts`.
    fn hmac(&self, key: &[u8], parts: &[&[u8]]) -> [u8; 32];
}

/// A hash being computed.
#[derive(Clone)]
pub struct Hasher(Inner);

#[derive(Clone)]
enum Inner {
    Sha256(digest::Context),
}

impl core::fmt::Debug for Hasher {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Hasher(..)")
    }
}

impl Hasher {
    /// Takes more bytes in.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            Inner::Sha256(context) => context.update(bytes),
        }
    }

    /// The digest of all bytes taken in.
    pub fn finish(self) -> Digest {
        match self.0 {
            Inner::Sha256(context) => Digest::new(first_32(context.finish().as_ref())),
        }
    }
}

/// SHA-256 (FIPS 180-4) through ring.
pub(crate) struct Sha256;

impl Hash for Sha256 {
    fn hasher(&self) -> Hasher {
        Hasher(Inner::Sha256(digest::Context::new(&digest::SHA256)))
    }

    fn hmac(&self, key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        let mut context = hmac::Context::with_key(&key);
        for part in parts {
            context.update(part);
        }
        first_32(context.sign().as_ref())
    }
}

/// The 32 bytes of an output that is 32 bytes long by its algorithm.
fn first_32(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    for (to, from) in out.iter_mut().zip(bytes) {
        *to = *from;
    }
    out
}
