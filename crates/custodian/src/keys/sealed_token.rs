//! The head of a key file under a key of a token. Layout: `docs/spec/custodian.md`.

use kaibiao_crypto::Entropy;
use kaibiao_token::Token;
use zeroize::Zeroizing;

use super::KeyStoreError;
use super::sealed::{KEY_FILE_MAGIC, Purpose, Slot, TOKEN_FILE_VERSION, body_key};
use super::token_key::{KEY_ID_LEN, KeyId, NONCE_LEN, SEALED_LEN, SealedKey, TokenKey};

/// Bytes before the ciphertext, under a token.
pub(super) const HEADER_LEN: usize = BOUND_LEN + NONCE_LEN + SEALED_LEN + NONCE_LEN;

/// Bytes of magic, version and key identifier: the token binds the file key to them.
const BOUND_LEN: usize = KEY_FILE_MAGIC.len() + 2 + KEY_ID_LEN;

/// What a head gives: its bytes, the nonce of the body, the key of the body.
type Sealed = (Vec<u8>, [u8; 12], Zeroizing<[u8; 32]>);

/// What a head gives back: the nonce of the body, the key of the body.
type Opened = ([u8; 12], Zeroizing<[u8; 32]>);

/// The head of a new file: a fresh file key, encrypted by the token.
pub(super) fn seal(
    token: &Token,
    store: KeyId,
    slot: Slot<'_>,
    entropy: &mut dyn Entropy,
) -> Result<Sealed, KeyStoreError> {
    let mut file_key = Zeroizing::new([0_u8; 32]);
    entropy.fill(&mut *file_key)?;
    let (mut outer, mut nonce) = ([0_u8; NONCE_LEN], [0_u8; 12]);
    entropy.fill(&mut outer)?;
    entropy.fill(&mut nonce)?;
    let key = key(store, slot);
    let mut header = Vec::with_capacity(HEADER_LEN);
    header.extend_from_slice(KEY_FILE_MAGIC);
    header.extend_from_slice(&TOKEN_FILE_VERSION.to_be_bytes());
    header.extend_from_slice(&key.id().0);
    let sealed = key.seal(token, &header, outer, &file_key)?;
    header.extend_from_slice(&sealed.nonce);
    header.extend_from_slice(&sealed.bytes);
    header.extend_from_slice(&nonce);
    let body = body_key(&file_key, &header, slot);
    Ok((header, nonce, body))
}

/// Nonce and key of a file's body; `None` if the head is not of this store, or does not decrypt.
pub(super) fn open(
    token: &Token,
    store: KeyId,
    slot: Slot<'_>,
    header: &[u8],
) -> Result<Option<Opened>, KeyStoreError> {
    let Some((bound, sealed, nonce)) = parse(header) else { return Ok(None) };
    let key = key(store, slot);
    if key_id(bound) != Some(key.id()) {
        return Ok(None);
    }
    let file_key = key.open_key(token, bound, &sealed)?;
    Ok(file_key.map(|file_key| (nonce, body_key(&file_key, header, slot))))
}

/// The identifier of the key that a file is under.
pub(super) fn key_id(file: &[u8]) -> Option<KeyId> {
    let id = file.get(KEY_FILE_MAGIC.len() + 2..)?;
    id.first_chunk::<KEY_ID_LEN>().copied().map(KeyId)
}

fn parse(header: &[u8]) -> Option<(&[u8], SealedKey, [u8; 12])> {
    let (bound, rest) = header.split_at_checked(BOUND_LEN)?;
    let (outer, rest) = rest.split_first_chunk::<NONCE_LEN>()?;
    let (bytes, rest) = rest.split_first_chunk::<SEALED_LEN>()?;
    let nonce = rest.try_into().ok()?;
    Some((bound, SealedKey { nonce: *outer, bytes: *bytes }, nonce))
}

/// Share and static key are under the key of their lot, which is destroyed with them; what outlives
/// them is under the key of the store.
fn key(store: KeyId, slot: Slot<'_>) -> TokenKey {
    match slot.purpose {
        Purpose::Check | Purpose::Cosign => TokenKey::of_store(store),
        Purpose::Share | Purpose::Static => TokenKey::of_lot(store, slot.place),
    }
}
