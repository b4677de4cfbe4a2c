//! One secret in one file, encrypted under the protection of the key store. Layout: `docs/spec/custodian.md`.

use std::path::Path;

use argon2::{Algorithm, Argon2, Params, Version};
use kaibiao_crypto::{Entropy, SUITE_1, TAG_LEN};
use zeroize::Zeroizing;

use super::protection::Guard;
use super::{KeyStoreError, Passphrase, files, sealed_token};

/// The first bytes of every key file.
pub const KEY_FILE_MAGIC: &[u8; 8] = b"KAIBIAOK";

/// The version of a key file under a passphrase.
pub const KEY_FILE_VERSION: u16 = 1;

/// The version of a key file under a key of a token.
pub const TOKEN_FILE_VERSION: u16 = 2;

/// Memory of the key derivation: 19,456 KiB (19 MiB).
pub const ARGON2_MEMORY_KIB: u32 = 19_456;

/// Passes of the key derivation: 2.
pub const ARGON2_PASSES: u32 = 2;

/// Lanes of the key derivation: 1.
pub const ARGON2_LANES: u32 = 1;

/// Bytes before the ciphertext, under a passphrase.
pub(super) const HEADER_LEN: usize = 50;

/// The longest secret that a file may hold, in bytes.
const SECRET_MAX: usize = 4096;

/// What a file holds. The name takes part in the key derivation, so that no file can stand in for
/// another one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Purpose {
    /// 32 random bytes that show whether passphrase or token is right.
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

/// What a key file is of: its purpose, and the lot it belongs to (empty for the store's).
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot<'a> {
    pub(super) purpose: Purpose,
    pub(super) place: &'a str,
}

/// Encrypts `secret` into a file.
pub(super) fn write(
    path: &Path,
    guard: &Guard,
    slot: Slot<'_>,
    secret: &[u8],
    entropy: &mut dyn Entropy,
) -> Result<(), KeyStoreError> {
    let damaged = || KeyStoreError::damaged(path, "the key derivation refused its parameters");
    let (mut file, nonce, key) = match guard {
        Guard::Passphrase(passphrase) => {
            let header = Header::fresh(entropy)?;
            let read = Header::parse(&header).ok_or_else(damaged)?;
            let key = read.key(passphrase, slot, &header).ok_or_else(damaged)?;
            (header, read.nonce, key)
        }
        Guard::Token { token, store } => sealed_token::seal(token, *store, slot, entropy)?,
    };
    let mut body = Zeroizing::new(secret.to_vec());
    let tag = SUITE_1
        .aead(&key)
        .seal_in_place(nonce, &mut body)
        .map_err(|_| KeyStoreError::damaged(path, "the secret is too long"))?;
    file.extend_from_slice(&body);
    file.extend_from_slice(&tag);
    files::write_whole(path, &file)
}

/// Decrypts a file; `None` if there is none.
pub(super) fn read(
    path: &Path,
    guard: &Guard,
    slot: Slot<'_>,
) -> Result<Option<Zeroizing<Vec<u8>>>, KeyStoreError> {
    let Some(file) = files::read(path)? else { return Ok(None) };
    let damaged = |detail: &str| KeyStoreError::damaged(path, detail);
    let version = version(path, &file)?;
    let (own, header_len) = match guard {
        Guard::Passphrase(_) => (KEY_FILE_VERSION, HEADER_LEN),
        Guard::Token { .. } => (TOKEN_FILE_VERSION, sealed_token::HEADER_LEN),
    };
    if version != own {
        return Err(KeyStoreError::Protection { path: path.to_owned(), version });
    }
    let (header, body) = file
        .split_at_checked(header_len)
        .filter(|(_, body)| (TAG_LEN..=SECRET_MAX + TAG_LEN).contains(&body.len()))
        .ok_or_else(|| damaged("its length is not that of a key file"))?;
    let (nonce, key) = match guard {
        Guard::Passphrase(passphrase) => {
            let parsed =
                Header::parse(header).ok_or_else(|| damaged("its header is not readable"))?;
            let key = parsed
                .key(passphrase, slot, header)
                .ok_or_else(|| damaged("its key derivation parameters are out of bounds"))?;
            (parsed.nonce, key)
        }
        Guard::Token { token, store } => sealed_token::open(token, *store, slot, header)?
            .ok_or_else(|| damaged("it is not encrypted under its key on the token"))?,
    };
    let mut body = Zeroizing::new(body.to_vec());
    let len = SUITE_1
        .aead(&key)
        .open_in_place(nonce, &mut body)
        .map_err(|_| damaged("it does not decrypt under the protection of this key store"))?
        .len();
    body.truncate(len);
    Ok(Some(body))
}

/// The version of a key file: of one that this program reads.
pub(super) fn version(path: &Path, file: &[u8]) -> Result<u16, KeyStoreError> {
    let damaged = |detail: &str| KeyStoreError::damaged(path, detail);
    let rest = file
        .strip_prefix(KEY_FILE_MAGIC.as_slice())
        .ok_or_else(|| damaged("it does not begin like a key file"))?;
    let (version, _) = rest
        .split_first_chunk::<2>()
        .ok_or_else(|| damaged("its length is not that of a key file"))?;
    match u16::from_be_bytes(*version) {
        version @ (KEY_FILE_VERSION | TOKEN_FILE_VERSION) => Ok(version),
        version => Err(KeyStoreError::Version { path: path.to_owned(), version }),
    }
}

/// The key of a file's body: HKDF with the whole header, the purpose and the place. A header that
/// was changed, or a file in another place, gives another key.
pub(super) fn body_key(secret: &[u8; 32], header: &[u8], slot: Slot<'_>) -> Zeroizing<[u8; 32]> {
    let prk = SUITE_1.hkdf_extract(b"kaibiao/v1/key-file", &[secret]);
    let mut key = Zeroizing::new([0_u8; 32]);
    let info = [header, slot.purpose.name().as_bytes(), b"\n", slot.place.as_bytes()];
    SUITE_1.hkdf_expand(&prk, &info, &mut *key);
    key
}

/// The fixed part of a key file under a passphrase.
struct Header {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: [u8; 16],
    nonce: [u8; 12],
}

impl Header {
    /// The bytes of a header for a file that is written now.
    fn fresh(entropy: &mut dyn Entropy) -> Result<Vec<u8>, KeyStoreError> {
        let mut random = [0_u8; 28];
        entropy.fill(&mut random)?;
        let mut header = Vec::with_capacity(HEADER_LEN);
        header.extend_from_slice(KEY_FILE_MAGIC);
        header.extend_from_slice(&KEY_FILE_VERSION.to_be_bytes());
        for number in [ARGON2_MEMORY_KIB, ARGON2_PASSES, ARGON2_LANES] {
            header.extend_from_slice(&number.to_be_bytes());
        }
        header.extend_from_slice(&random);
        Ok(header)
    }

    fn parse(header: &[u8]) -> Option<Self> {
        let rest = header.strip_prefix(KEY_FILE_MAGIC.as_slice())?;
        let (version, rest) = rest.split_first_chunk::<2>()?;
        if u16::from_be_bytes(*version) != KEY_FILE_VERSION {
            return None;
        }
        let (memory, rest) = rest.split_first_chunk::<4>()?;
        let (passes, rest) = rest.split_first_chunk::<4>()?;
        let (lanes, rest) = rest.split_first_chunk::<4>()?;
        let (salt, rest) = rest.split_first_chunk::<16>()?;
        Some(Self {
            memory_kib: u32::from_be_bytes(*memory),
            passes: u32::from_be_bytes(*passes),
            lanes: u32::from_be_bytes(*lanes),
            salt: *salt,
            nonce: rest.try_into().ok()?,
        })
    }

    /// Argon2id, then [`body_key`]. `None` if the parameters are beyond what a stranger's file may
    /// make this machine do (1 GiB, 64 passes, 16 lanes).
    fn key(
        &self,
        passphrase: &Passphrase,
        slot: Slot<'_>,
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
        Some(body_key(&stretched, header, slot))
    }
}

/// Whether a file has the form of a key file of 32 bytes, whatever its passphrase.
pub(super) fn looks_whole(path: &Path) -> Result<bool, KeyStoreError> {
    let file = files::read(path)?.unwrap_or_default();
    let header = file.get(..HEADER_LEN).and_then(Header::parse);
    Ok(header.is_some() && file.len() == HEADER_LEN + 32 + TAG_LEN)
}
