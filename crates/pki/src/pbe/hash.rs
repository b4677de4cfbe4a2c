//! The digests of PKCS#12 files, and what is made of them. SHA-1 is here for old files alone.

use ::hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Digest as _;
use zeroize::Zeroizing;

use crate::oid::pkcs;

/// A digest under which keys are derived.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Hash {
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Sm3,
}

/// What a derived key is for (RFC 7292, B.3).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Diversifier {
    Key,
    Iv,
    Mac,
}

/// Runs code for the type of a digest.
macro_rules! for_hash {
    ($hash:expr, $name:ident => $work:expr) => {
        match $hash {
            Hash::Sha1 => {
                type $name = sha1::Sha1;
                $work
            }
            Hash::Sha224 => {
                type $name = sha2::Sha224;
                $work
            }
            Hash::Sha256 => {
                type $name = sha2::Sha256;
                $work
            }
            Hash::Sha384 => {
                type $name = sha2::Sha384;
                $work
            }
            Hash::Sha512 => {
                type $name = sha2::Sha512;
                $work
            }
            Hash::Sm3 => {
                type $name = sm3::Sm3;
                $work
            }
        }
    };
}

impl Hash {
    /// The digest of this object identifier.
    pub(crate) fn of_digest(oid: &[u8]) -> Option<Self> {
        Some(match oid {
            pkcs::SHA1 => Self::Sha1,
            pkcs::SHA224 => Self::Sha224,
            pkcs::SHA256 => Self::Sha256,
            pkcs::SHA384 => Self::Sha384,
            pkcs::SHA512 => Self::Sha512,
            pkcs::SM3 => Self::Sm3,
            _ => return None,
        })
    }

    /// The digest of the HMAC with this object identifier.
    pub(crate) fn of_hmac(oid: &[u8]) -> Option<Self> {
        Some(match oid {
            pkcs::HMAC_SHA1 => Self::Sha1,
            pkcs::HMAC_SHA224 => Self::Sha224,
            pkcs::HMAC_SHA256 => Self::Sha256,
            pkcs::HMAC_SHA384 => Self::Sha384,
            pkcs::HMAC_SHA512 => Self::Sha512,
            pkcs::HMAC_SM3 => Self::Sm3,
            _ => return None,
        })
    }

    /// Octets of the digest.
    pub(crate) const fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 | Self::Sm3 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// Octets of a block that is compressed.
    const fn block(self) -> usize {
        match self {
            Self::Sha384 | Self::Sha512 => 128,
            _ => 64,
        }
    }

    /// The digest of parts one after another.
    fn of(self, parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
        for_hash!(self, D => {
            let mut digest = D::new();
            for part in parts {
                digest.update(part);
            }
            Zeroizing::new(digest.finalize().to_vec())
        })
    }

    /// Whether `tag` is the HMAC of a message, compared in constant time.
    pub(crate) fn hmac_is(self, key: &[u8], message: &[u8], tag: &[u8]) -> bool {
        for_hash!(self, D => {
            let Ok(mac) = Hmac::<D>::new_from_slice(key) else { return false };
            mac.chain_update(message).verify_slice(tag).is_ok()
        })
    }

    /// PBKDF2 with HMAC (RFC 8018, 5.2).
    pub(super) fn pbkdf2(self, password: &[u8], salt: &[u8], rounds: u32, out: &mut [u8]) {
        for_hash!(self, D => ::pbkdf2::pbkdf2_hmac::<D>(password, salt, rounds, out));
    }

    /// The key derivation of PKCS#12 (RFC 7292, B.2).
    pub(crate) fn pkcs12(
        self,
        purpose: Diversifier,
        password: &[u8],
        salt: &[u8],
        rounds: u32,
        out: &mut [u8],
    ) {
        let v = self.block();
        let mut input = filled(&[salt, password], v);
        let start = vec![purpose.octet(); v];
        for part in out.chunks_mut(self.length()) {
            let mut a = self.of(&[&start, &input]);
            for _ in 1..rounds {
                a = self.of(&[&a]);
            }
            for (to, from) in part.iter_mut().zip(a.iter()) {
                *to = *from;
            }
            for block in input.chunks_mut(v) {
                add(block, &a);
            }
        }
    }
}

impl Diversifier {
    const fn octet(self) -> u8 {
        match self {
            Self::Key => 1,
            Self::Iv => 2,
            Self::Mac => 3,
        }
    }
}

/// Texts, each repeated to the next multiple of a block; nothing stands for an empty one.
fn filled(texts: &[&[u8]], block: usize) -> Zeroizing<Vec<u8>> {
    let length = |text: &[u8]| text.len().div_ceil(block) * block;
    // The capacity is enough, so no copy is left behind.
    let all = texts.iter().map(|text| length(text)).sum();
    let mut out = Zeroizing::new(Vec::with_capacity(all));
    for text in texts {
        out.extend(text.iter().cycle().take(length(text)));
    }
    out
}

/// Adds the repeated digest and one to a block, as big-endian numbers; what overflows is dropped.
fn add(block: &mut [u8], digest: &[u8]) {
    let repeated: Zeroizing<Vec<u8>> =
        Zeroizing::new(digest.iter().copied().cycle().take(block.len()).collect());
    let mut carry = 1_u16;
    for (to, from) in block.iter_mut().zip(repeated.iter()).rev() {
        let sum = u16::from(*to) + u16::from(*from) + carry;
        let [high, low] = sum.to_be_bytes();
        *to = low;
        carry = u16::from(high);
    }
}
