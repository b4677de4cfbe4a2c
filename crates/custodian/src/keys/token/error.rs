//! Why a token does not protect a key store.

use std::path::PathBuf;

use cryptoki::error::{Error, RvError};

/// Why a token of PKCS#11 cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Two tokens have this name: the program does not guess.
    #[error("more than one token has the label {0:?}")]
    Ambiguous(String),
    /// A key on the token can leave it, or could at some time, or was not made on it.
    #[error("the key {0:?} on the token can leave it, or was not made on it")]
    Exposed(String),
    /// The token, or its module, reports an error.
    #[error("the token reports an error")]
    Fault(#[source] Error),
    /// The key is not on this token: another token, or the key was deleted.
    #[error("the token has no key {0:?}")]
    KeyMissing(String),
    /// Two keys on the token have the same identifier.
    #[error("the token has the key {0:?} more than once")]
    KeyTwice(String),
    /// The token does not encrypt with AES-GCM, or makes no AES keys.
    #[error("the token {0:?} has no AES-GCM or makes no AES keys")]
    Mechanism(String),
    /// No token has this name.
    #[error("there is no token with the label {0:?}")]
    Missing(String),
    /// The module is not there, or is no module of PKCS#11.
    #[error("{path} is not a usable PKCS#11 module")]
    Module {
        /// The module.
        path: PathBuf,
        /// Why.
        source: Error,
    },
    /// The module is named by less than a whole path: what is loaded would depend on the machine.
    #[error("{0} is not an absolute path")]
    ModulePath(PathBuf),
    /// The PIN is wrong. It is not tried again: each try brings the token nearer to its lock.
    #[error("the token does not accept the PIN")]
    Pin,
    /// One more wrong PIN would lock the token: the program does not take the last try.
    #[error("one more wrong PIN locks the token")]
    PinLastTry,
    /// The token is locked after too many wrong PINs.
    #[error("the PIN of the token is locked")]
    PinLocked,
}

impl TokenError {
    /// The stable label.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Ambiguous(_) => "E_TOKEN_AMBIGUOUS",
            Self::Exposed(_) => "E_TOKEN_KEY_EXPOSED",
            Self::Fault(_) => "E_TOKEN_FAULT",
            Self::KeyMissing(_) => "E_TOKEN_KEY_MISSING",
            Self::KeyTwice(_) => "E_TOKEN_KEY_TWICE",
            Self::Mechanism(_) => "E_TOKEN_MECHANISM",
            Self::Missing(_) => "E_TOKEN_MISSING",
            Self::Module { .. } | Self::ModulePath(_) => "E_TOKEN_MODULE",
            Self::Pin => "E_TOKEN_PIN",
            Self::PinLastTry => "E_TOKEN_PIN_LAST_TRY",
            Self::PinLocked => "E_TOKEN_PIN_LOCKED",
        }
    }

    /// Whether the PIN is the trouble: a person must act, and trying again makes it worse.
    pub const fn is_pin(&self) -> bool {
        matches!(self, Self::Pin | Self::PinLastTry | Self::PinLocked)
    }

    /// Why a login failed.
    pub(super) fn of_login(error: Error) -> Self {
        match error {
            Error::Pkcs11(
                RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange,
                _,
            ) => Self::Pin,
            Error::Pkcs11(RvError::PinLocked, _) => Self::PinLocked,
            error => Self::Fault(error),
        }
    }
}

/// Whether an error means that the session, or the login in it, is gone: a new login may help.
pub(super) const fn is_lost(error: &Error) -> bool {
    matches!(
        error,
        Error::Pkcs11(
            RvError::CryptokiNotInitialized
                | RvError::DeviceError
                | RvError::DeviceRemoved
                | RvError::KeyHandleInvalid
                | RvError::ObjectHandleInvalid
                | RvError::SessionClosed
                | RvError::SessionHandleInvalid
                | RvError::SlotIdInvalid
                | RvError::TokenNotPresent
                | RvError::TokenNotRecognized
                | RvError::UserNotLoggedIn,
            _
        )
    )
}

/// Whether an error of a decryption can mean that the ciphertext is not of this key. Tokens differ:
/// `SoftHSM` 2.6 says "general error" where the standard has "encrypted data invalid".
pub(super) const fn is_not_decrypted(error: &Error) -> bool {
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

    fn answer(code: RvError) -> Error {
        Error::Pkcs11(code, Function::Login)
    }

    /// What `SoftHSM` never answers, and real tokens do.
    #[test]
    fn a_locked_pin_is_not_a_wrong_one() {
        let label = |code| TokenError::of_login(answer(code)).label();
        assert_eq!(label(RvError::PinLocked), "E_TOKEN_PIN_LOCKED");
        for wrong in [RvError::PinIncorrect, RvError::PinInvalid, RvError::PinLenRange] {
            assert_eq!(label(wrong), "E_TOKEN_PIN");
        }
        for other in [RvError::PinExpired, RvError::UserPinNotInitialized, RvError::DeviceError] {
            let error = TokenError::of_login(answer(other));
            assert_eq!(error.label(), "E_TOKEN_FAULT");
            assert!(!error.is_pin());
        }
        assert!(TokenError::PinLocked.is_pin() && TokenError::PinLastTry.is_pin());
    }

    #[test]
    fn a_lost_session_is_not_damage() {
        for lost in
            [RvError::SessionHandleInvalid, RvError::UserNotLoggedIn, RvError::DeviceRemoved]
        {
            assert!(is_lost(&answer(lost)) && !is_not_decrypted(&answer(lost)));
        }
        let bad = answer(RvError::EncryptedDataInvalid);
        assert!(is_not_decrypted(&bad) && !is_lost(&bad));
        assert!(!is_lost(&answer(RvError::PinLocked)) && !is_lost(&Error::NotSupported));
    }
}
