//! The keys of a key store on a token: AES-256 keys made on it, which it never gives out; found by
//! their identifier, used, destroyed. Layout of the files under them: `docs/spec/custodian.md`.

use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, SessionState};
use cryptoki::types::Ulong;
use kaibiao_crypto::{Entropy, EntropyError, SUITE_1};
use kaibiao_token::{Token, TokenConfig, TokenError};
use zeroize::Zeroizing;

/// Bytes of a key's identifier (`CKA_ID`).
pub(super) const KEY_ID_LEN: usize = 16;

/// Bytes of the nonce under which a token encrypts.
pub(super) const NONCE_LEN: usize = 12;

/// Bytes of an encrypted file key: 32 and a tag of 16.
pub(super) const SEALED_LEN: usize = 48;

/// The length of the keys on the token, in bytes.
const KEY_LEN: usize = 32;

/// The longest label that is put on a token, in characters.
const LABEL_MAX: usize = 64;

/// The identifier of a key on a token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct KeyId(pub(super) [u8; KEY_ID_LEN]);

/// A key of a key store: its identifier, and its name for people who look at the token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct TokenKey {
    id: KeyId,
    label: String,
}

/// A file key as the token gave it out.
pub(super) struct SealedKey {
    pub(super) nonce: [u8; NONCE_LEN],
    pub(super) bytes: [u8; SEALED_LEN],
}

/// Logs in to a token that can keep the keys of a key store.
///
/// # Errors
///
/// [`TokenError`].
pub fn open_token(config: TokenConfig) -> Result<Token, TokenError> {
    Token::open(config, &[MechanismType::AES_KEY_GEN, MechanismType::AES_GCM])
}

impl KeyId {
    /// The identifier of a new key store.
    pub(super) fn random(entropy: &mut dyn Entropy) -> Result<Self, EntropyError> {
        let mut id = [0_u8; KEY_ID_LEN];
        entropy.fill(&mut id)?;
        Ok(Self(id))
    }
}

impl TokenKey {
    /// The key of the store itself.
    pub(super) fn of_store(store: KeyId) -> Self {
        Self::named(store, store, "key store")
    }

    /// The key of one lot: destroyed with the lot's share.
    pub(super) fn of_lot(store: KeyId, place: &str) -> Self {
        let digest = SUITE_1.th("token-key", &[&store.0, place.as_bytes()]);
        let mut id = [0_u8; KEY_ID_LEN];
        for (to, from) in id.iter_mut().zip(digest.bytes()) {
            *to = *from;
        }
        Self::named(store, KeyId(id), place)
    }

    fn named(store: KeyId, id: KeyId, name: &str) -> Self {
        let [a, b, c, d, ..] = store.0;
        let label = format!("kaibiao {a:02x}{b:02x}{c:02x}{d:02x} {name}");
        Self { id, label: label.chars().take(LABEL_MAX).collect() }
    }

    /// The identifier.
    pub(super) const fn id(&self) -> KeyId {
        self.id
    }

    /// Makes a key on the token, unless it is there.
    ///
    /// # Errors
    ///
    /// [`TokenError`]; a key that is there and can leave the token is refused.
    pub(super) fn make(&self, token: &Token) -> Result<(), TokenError> {
        token.with(|session| match find(session, self) {
            Err(TokenError::KeyMissing(_)) => {
                let template = [
                    Attribute::Class(ObjectClass::SECRET_KEY),
                    Attribute::KeyType(KeyType::AES),
                    Attribute::ValueLen(ulong(KEY_LEN)?),
                    Attribute::Label(self.label.as_bytes().to_vec()),
                    Attribute::Id(self.id.0.to_vec()),
                    Attribute::Token(true),
                    Attribute::Private(true),
                    Attribute::Sensitive(true),
                    Attribute::Extractable(false),
                    Attribute::Modifiable(false),
                    Attribute::Encrypt(true),
                    Attribute::Decrypt(true),
                    Attribute::Wrap(false),
                    Attribute::Unwrap(false),
                    Attribute::Sign(false),
                    Attribute::Verify(false),
                    Attribute::Derive(false),
                ];
                session
                    .generate_key(&Mechanism::AesKeyGen, &template)
                    .map_err(TokenError::Fault)?;
                // What the token made of the template is what counts.
                find(session, self).map(drop)
            }
            found => found.map(drop),
        })
    }

    /// Encrypts a file key on the token, bound to `context`.
    ///
    /// # Errors
    ///
    /// [`TokenError`].
    pub(super) fn seal(
        &self,
        token: &Token,
        context: &[u8],
        nonce: [u8; NONCE_LEN],
        file_key: &[u8; KEY_LEN],
    ) -> Result<SealedKey, TokenError> {
        token.with(|session| {
            let handle = find(session, self)?;
            // A token that takes its own nonce says which.
            let mut nonce = nonce;
            let mechanism = gcm(&mut nonce, context)?;
            let bytes = session.encrypt(&mechanism, handle, file_key).map_err(TokenError::Fault)?;
            let bytes = bytes.try_into().map_err(|_| TokenError::Fault(Error::InvalidValue))?;
            Ok(SealedKey { nonce, bytes })
        })
    }

    /// Has the token decrypt a file key; `None` if it is not of this key and context.
    ///
    /// # Errors
    ///
    /// [`TokenError`].
    pub(super) fn open_key(
        &self,
        token: &Token,
        context: &[u8],
        sealed: &SealedKey,
    ) -> Result<Option<Zeroizing<[u8; KEY_LEN]>>, TokenError> {
        token.with(|session| {
            let handle = find(session, self)?;
            let mut nonce = sealed.nonce;
            let mechanism = gcm(&mut nonce, context)?;
            match session.decrypt(&mechanism, handle, &sealed.bytes) {
                Ok(bytes) => {
                    let bytes = Zeroizing::new(bytes);
                    let mut file_key = Zeroizing::new([0_u8; KEY_LEN]);
                    if bytes.len() != file_key.len() {
                        return Ok(None);
                    }
                    file_key.copy_from_slice(&bytes);
                    Ok(Some(file_key))
                }
                Err(error) if is_not_decrypted(&error) => Ok(None),
                Err(error) => Err(TokenError::Fault(error)),
            }
        })
    }

    /// Destroys a key on the token, if it is there: nothing under it can be read any more, nor any
    /// copy of it.
    ///
    /// # Errors
    ///
    /// [`TokenError`]; done again, it goes on where it was interrupted.
    pub(super) fn destroy(&self, token: &Token) -> Result<(), TokenError> {
        token.with(|session| {
            for handle in handles(session, self)? {
                session.destroy_object(handle).map_err(TokenError::Fault)?;
            }
            Ok(())
        })
    }
}

/// All keys of this identifier.
fn handles(session: &Session, key: &TokenKey) -> Result<Vec<ObjectHandle>, TokenError> {
    let template = [
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::Token(true),
        Attribute::Id(key.id.0.to_vec()),
    ];
    let found = session.find_objects(&template).map_err(TokenError::Fault)?;
    if found.is_empty() {
        // Without a login the token hides its private objects: that is no missing key.
        let info = session.get_session_info().map_err(TokenError::Fault)?;
        if !matches!(info.session_state(), SessionState::RwUser) {
            let gone = RvError::UserNotLoggedIn;
            let call = cryptoki::context::Function::FindObjects;
            return Err(TokenError::Fault(Error::Pkcs11(gone, call)));
        }
    }
    Ok(found)
}

/// The key, if there is exactly one and it never could leave the token.
fn find(session: &Session, key: &TokenKey) -> Result<ObjectHandle, TokenError> {
    let found = handles(session, key)?;
    let handle = match *found.as_slice() {
        [] => return Err(TokenError::KeyMissing(key.label.clone())),
        [handle] => handle,
        _ => return Err(TokenError::KeyTwice(key.label.clone())),
    };
    let required = [
        (AttributeType::KeyType, Attribute::KeyType(KeyType::AES)),
        (AttributeType::ValueLen, Attribute::ValueLen(ulong(KEY_LEN)?)),
        (AttributeType::Private, Attribute::Private(true)),
        (AttributeType::Sensitive, Attribute::Sensitive(true)),
        (AttributeType::AlwaysSensitive, Attribute::AlwaysSensitive(true)),
        (AttributeType::Extractable, Attribute::Extractable(false)),
        (AttributeType::NeverExtractable, Attribute::NeverExtractable(true)),
        (AttributeType::Local, Attribute::Local(true)),
    ];
    let kinds = required.each_ref().map(|(kind, _)| *kind);
    let shown = session.get_attributes(handle, &kinds).map_err(TokenError::Fault)?;
    if required.iter().all(|(_, value)| shown.contains(value)) {
        Ok(handle)
    } else {
        Err(TokenError::Exposed(key.label.clone()))
    }
}

/// AES-GCM with a tag of 128 bits.
fn gcm<'a>(nonce: &'a mut [u8], context: &'a [u8]) -> Result<Mechanism<'a>, TokenError> {
    let params = GcmParams::new(nonce, context, ulong(128)?).map_err(TokenError::Fault)?;
    Ok(Mechanism::AesGcm(params))
}

fn ulong(number: usize) -> Result<Ulong, TokenError> {
    Ulong::try_from(number).map_err(TokenError::Fault)
}

/// Whether an error of a decryption can mean that the ciphertext is not of this key. Tokens differ:
/// `SoftHSM` 2.6 says "general error" where the standard has "encrypted data invalid".
const fn is_not_decrypted(error: &Error) -> bool {
    matches!(
        error,
        Error::Pkcs11(
            RvError::DataInvalid
                | RvError::EncryptedDataInvalid
                | RvError::EncryptedDataLenRange
                | RvError::FunctionFailed
                | RvError::GeneralError
                | RvError::SignatureInvalid,
            _
        )
    )
}

#[cfg(test)]
mod tests {
    use cryptoki::context::Function;

    use super::*;

    #[test]
    fn a_lost_session_is_not_damage() {
        let answer = |code| Error::Pkcs11(code, Function::Decrypt);
        assert!(is_not_decrypted(&answer(RvError::EncryptedDataInvalid)));
        for lost in
            [RvError::SessionHandleInvalid, RvError::UserNotLoggedIn, RvError::DeviceRemoved]
        {
            assert!(!is_not_decrypted(&answer(lost)));
        }
    }
}
