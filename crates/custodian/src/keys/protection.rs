//! What protects the secrets of a key store.

use std::path::Path;

use kaibiao_crypto::Entropy;
use kaibiao_token::Token;

use super::sealed::TOKEN_FILE_VERSION;
use super::token_key::{KeyId, TokenKey};
use super::{KeyStoreError, Passphrase, files, sealed, sealed_token};

/// What a key store is made and opened with. A store keeps the protection it was made with.
#[derive(Debug)]
pub enum Protection {
    /// A passphrase, stretched by Argon2id.
    Passphrase(Passphrase),
    /// AES-256 keys that were made on a token and never leave it.
    Token(Token),
}

/// The protection of one key store.
pub(super) enum Guard {
    /// Its passphrase.
    Passphrase(Passphrase),
    /// Its token.
    Token {
        /// The token, logged in.
        token: Token,
        /// The identifier of the store, and of its own key on the token.
        store: KeyId,
    },
}

impl Guard {
    /// The protection of a store that is made now; under a token the store's key is made there.
    pub(super) fn fresh(
        protection: Protection,
        entropy: &mut dyn Entropy,
    ) -> Result<Self, KeyStoreError> {
        match protection {
            Protection::Passphrase(passphrase) => Ok(Self::Passphrase(passphrase)),
            Protection::Token(token) => {
                let store = KeyId::random(entropy)?;
                TokenKey::of_store(store).make(&token)?;
                Ok(Self::Token { token, store })
            }
        }
    }

    /// The protection of the store whose check file is at `path`.
    pub(super) fn known(protection: Protection, path: &Path) -> Result<Self, KeyStoreError> {
        let file = files::read(path)?.unwrap_or_default();
        let version = sealed::version(path, &file)?;
        match protection {
            Protection::Passphrase(passphrase) => Ok(Self::Passphrase(passphrase)),
            Protection::Token(token) if version == TOKEN_FILE_VERSION => {
                let store = sealed_token::key_id(&file).ok_or_else(|| {
                    KeyStoreError::damaged(path, "its length is not that of a key file")
                })?;
                Ok(Self::Token { token, store })
            }
            Protection::Token(_) => {
                Err(KeyStoreError::Protection { path: path.to_owned(), version })
            }
        }
    }

    /// Makes the key of a lot on the token, unless it is there. Under a passphrase a lot has none.
    pub(super) fn begin_lot(&self, place: &str) -> Result<(), KeyStoreError> {
        match self {
            Self::Passphrase(_) => Ok(()),
            Self::Token { token, store } => Ok(TokenKey::of_lot(*store, place).make(token)?),
        }
    }

    /// Destroys the key of a lot on the token. Under a passphrase a lot has none.
    pub(super) fn end_lot(&self, place: &str) -> Result<(), KeyStoreError> {
        match self {
            Self::Passphrase(_) => Ok(()),
            Self::Token { token, store } => Ok(TokenKey::of_lot(*store, place).destroy(token)?),
        }
    }
}

impl From<Passphrase> for Protection {
    fn from(passphrase: Passphrase) -> Self {
        Self::Passphrase(passphrase)
    }
}

impl From<Token> for Protection {
    fn from(token: Token) -> Self {
        Self::Token(token)
    }
}
