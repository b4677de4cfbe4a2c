//! The hash of a suite and its streaming form.

use ::hmac::{KeyInit as _, Mac as _};
use kaibiao_types::Digest;
use ring::{digest, hmac};
use sm3::Digest as _;

mod sha256_pair;

/// A 32-byte hash function with the HMAC built on it.
pub trait Hash: Sync {
    /// Starts a streaming computation.
    fn hasher(&self) -> Hasher;
    /// HMAC (RFC 2104) over the concatenation of `parts`.
    fn hmac(&self, key: &[u8], parts: &[&[u8]]) -> [u8; 32];
    /// The digest of each message; two of one length may take the time of one.
    fn digests(&self, messages: &[&[u8]]) -> Vec<Digest> {
        let digest = |message: &&[u8]| {
            let mut hasher = self.hasher();
            hasher.update(message);
            hasher.finish()
        };
        messages.iter().map(digest).collect()
    }
}

/// A hash being computed.
#[derive(Clone)]
pub struct Hasher(Inner);

#[derive(Clone)]
enum Inner {
    Sha256(digest::Context),
    Sm3(sm3::Sm3),
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
            Inner::Sm3(state) => state.update(bytes),
        }
    }

    /// The digest of all bytes taken in.
    pub fn finish(self) -> Digest {
        match self.0 {
            Inner::Sha256(context) => Digest::new(first_32(context.finish().as_ref())),
            Inner::Sm3(state) => Digest::new(state.finalize().into()),
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

    fn digests(&self, messages: &[&[u8]]) -> Vec<Digest> {
        let one = |message: &&[u8]| {
            Digest::new(first_32(digest::digest(&digest::SHA256, message).as_ref()))
        };
        let (pairs, single) = messages.as_chunks::<2>();
        let two = |pair: &[&[u8]; 2]| {
            sha256_pair::digests(*pair).unwrap_or_else(|| pair.each_ref().map(one))
        };
        pairs.iter().flat_map(two).chain(single.iter().map(one)).collect()
    }
}

/// SM3 (GB/T 32905) through sm3, HMAC through hmac.
pub(crate) struct Sm3;

impl Hash for Sm3 {
    fn hasher(&self) -> Hasher {
        Hasher(Inner::Sm3(sm3::Sm3::new()))
    }

    fn hmac(&self, key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        match ::hmac::Hmac::<sm3::Sm3>::new_from_slice(key) {
            Ok(mut mac) => {
                for part in parts {
                    mac.update(part);
                }
                mac.finalize().into_bytes().into()
            }
            Err(_) => unreachable!("HMAC takes keys of any length"),
        }
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
