//! One secret in one file, encrypted under the passphrase. Layout: `docs/spec/custodian.md`.

use std::path::Path;

use argon2::{Algorithm, Argon2, Params, Version};
use kaibiao_crypto::{Entropy, SUITE_1, TAG_LEN};
use zeroize::Zeroizing;

use super::{KeyStoreError, Passphrase, files};

/// The first bytes of every key file.
pub const KEY_FILE_MAGIC: &[u8; 8] = b"KAIBIAOK";

/// The version of the format.
pub const KEY_FILE_VERSION: u16 = 1;

/// Memory of the key derivation: 19,456 KiB (19 MiB).
pub const ARGON2_MEMORY_KIB: u32 = 19_456;

/// Passes of the key derivation: 2.
pub const ARGON2_PASSES: u32 = 2;

/// Lanes of the key derivation: 1.
pub const ARGON2_LANES: u32 = 1;

/// Bytes before the ciphertext.
pub(super) const HEADER_LEN: usize = 50;

/// The longest secret that a file may hold, in bytes.
const SECRET_MAX: usize = 4096;

/// What a file holds. The name takes part in the key derivation, so that no file can stand in for
/// another one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Purpose {
    /// 32 random bytes that show whether the passphrase is right.
    Check,
    /// The seed of the Ed25519 key that cosigns the opening log of a lot.
    Cosign,
    /// The share of a lot's ceremony key.
    Share,
    /// The static key of a lot's key generation.
    Static,
}

impl Purpose {
    const fn name(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Cosign => "cosign",
            Self::Share => "share",
            Self::Static => "static",
        }
    }
}

/// Encrypts `secret` into a file. `place` is the lot the secret belongs to, empty for the store's.
pub(super) fn write(
    path: &Path,
    passphrase: &Passphrase,
    purpose: Purpose,
    place: &str,
    secret: &[u8],
    entropy: &mut dyn Entropy,
) -> Result<(), KeyStoreError> {
    let mut random = [0_u8; 28];
    entropy.fill(&mut random)?;
    let mut header = Vec::with_capacity(HEADER_LEN);
    header.extend_from_slice(KEY_FILE_MAGIC);
    header.extend_from_slice(&KEY_FILE_VERSION.to_be_bytes());
    for number in [ARGON2_MEMORY_KIB, ARGON2_PASSES, ARGON2_LANES] {
        header.extend_from_slice(&number.to_be_bytes());
    }
    header.extend_from_slice(&random);
    let damaged = || KeyStoreError::damaged(path, "the key derivation refused its parameters");
    let read = Header::parse(&header).ok_or_else(damaged)?;
    let key = read.key(passphrase, purpose, place, &header).ok_or_else(damaged)?;

    let mut body = Zeroizing::new(secret.to_vec());
    let tag = SUITE_1
        .aead(&key)
        .seal_in_place(read.nonce, &mut body)
        .map_err(|_| KeyStoreError::damaged(path, "the secret is too long"))?;
    let mut file = header;
    file.extend_from_slice(&body);
    file.extend_from_slice(&tag);
    files::write_whole(path, &file)
}

/// Decrypts a file; `None` if there is none.
pub(super) fn read(
    path: &Path,
    passphrase: &Passphrase,
    purpose: Purpose,
    place: &str,
) -> Result<Option<Zeroizing<Vec<u8>>>, KeyStoreError> {
    let Some(file) = files::read(path)? else { return Ok(None) };
    let damaged = |detail: &str| KeyStoreError::damaged(path, detail);
    let (header, body) = file
        .split_at_checked(HEADER_LEN)
        .filter(|(_, body)| (TAG_LEN..=SECRET_MAX + TAG_LEN).contains(&body.len()))
        .ok_or_else(|| damaged("its length is not that of a key file"))?;
    if !header.starts_with(KEY_FILE_MAGIC) {
        return Err(damaged("it does not begin like a key file"));
    }
    let parsed = Header::parse(header).ok_or_else(|| damaged("its header is not readable"))?;
    if parsed.version != KEY_FILE_VERSION {
        return Err(KeyStoreError::Version { path: path.to_owned(), version: parsed.version });
    }
    let key = parsed
        .key(passphrase, purpose, place, header)
        .ok_or_else(|| damaged("its key derivation parameters are out of bounds"))?;
    let mut body = Zeroizing::new(body.to_vec());
    let len = SUITE_1
        .aead(&key)
        .open_in_place(parsed.nonce, &mut body)
        .map_err(|_| damaged("it does not decrypt under the passphrase of this key store"))?
        .len();
    body.truncate(len);
    Ok(Some(body))
}

/// The fixed part of a key file.
struct Header {
    version: u16,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: [u8; 16],
    nonce: [u8; 12],
}

impl Header {
    fn parse(header: &[u8]) -> Option<Self> {
        let rest = header.strip_prefix(KEY_FILE_MAGIC.as_slice())?;
        let (version, rest) = rest.split_first_chunk::<2>()?;
        let (memory, rest) = rest.split_first_chunk::<4>()?;
        let (passes, rest) = rest.split_first_chunk::<4>()?;
        let (lanes, rest) = rest.split_first_chunk::<4>()?;
        let (salt, rest) = rest.split_first_chunk::<16>()?;
        Some(Self {
            version: u16::from_be_bytes(*version),
            memory_kib: u32::from_be_bytes(*memory),
            passes: u32::from_be_bytes(*passes),
            lanes: u32::from_be_bytes(*lanes),
            salt: *salt,
            nonce: rest.try_into().ok()?,
        })
    }

    /// Argon2id, then HKDF with the whole header, the purpose and the place: a header that was
    /// changed, or a file in another place, gives another key. `None` if the parameters are beyond
    /// what a stranger's file may make this machine do (1 GiB, 64 passes, 16 lanes).
    fn key(
        &self,
        passphrase: &Passphrase,
        purpose: Purpose,
        place: &str,
        header: &[u8],
    ) -> Option<Zeroizing<[u8; 32]>> {
        let bounded = self.memory_kib <= 1 << 20 && self.passes <= 64 && self.lanes <= 16;
        if !bounded {
            return None;
        }
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(32)).ok()?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut stretched = Zeroizing::new([0_u8; 32]);
        argon2.hash_password_into(passphrase.expose(), &self.salt, &mut *stretched).ok()?;
        let prk = SUITE_1.hkdf_extract(b"kaibiao/v1/key-file", &[&*stretched]);
        let mut key = Zeroizing::new([0_u8; 32]);
        let info = [header, purpose.name().as_bytes(), b"\n", place.as_bytes()];
        SUITE_1.hkdf_expand(&prk, &info, &mut *key);
        Some(key)
    }
}

/// Whether a file has the form of a key file, whatever its passphrase.
pub(super) fn looks_whole(path: &Path) -> Result<bool, KeyStoreError> {
    let file = files::read(path)?.unwrap_or_default();
    let header = file.get(..HEADER_LEN).and_then(Header::parse);
    Ok(header.is_some_and(|header| header.version == KEY_FILE_VERSION)
        && file.len() == HEADER_LEN + 32 + TAG_LEN)
}
