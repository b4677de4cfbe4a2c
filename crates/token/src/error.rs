//! Why a token cannot be used.

use std::path::PathBuf;

use cryptoki::error::{Error, RvError};
use kaibiao_pki::{SerialTail, SignError};

/// Why a token of PKCS#11 cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// PKCS#11 has no standard mechanism for such a key.
    #[error("the key of certificate 尾号 {0} is of a kind that is not used on tokens")]
    Algorithm(SerialTail),
    /// Two tokens have this name: the program does not guess.
    #[error("more than one token has the label {0:?}")]
    Ambiguous(String),
    /// No certificate on the token signs, or none of this 尾号: the encryption certificate of a pair
    /// does not count, nor one without its key.
    #[error("the token has no certificate that signs together with a key on it{}", named(.0.as_deref()))]
    CertificateMissing(Option<String>),
    /// More than one certificate on the token signs: the program does not guess.
    #[error("{} certificates on the token sign: 尾号 {}", .0.len(), tails(.0))]
    CertificateSeveral(Vec<SerialTail>),
    /// The chain of the certificate on the token.
    #[error(transparent)]
    Chain(#[from] SignError),
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
    /// The token does not do what is asked of it.
    #[error("the token {token:?} does not have the mechanism {mechanism}")]
    Mechanism {
        /// Its label.
        token: String,
        /// What it should be able to do.
        mechanism: String,
    },
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
    /// The token has no key that signs for this certificate.
    #[error("the token has no key that signs for certificate 尾号 {0}")]
    SignKeyMissing(SerialTail),
    /// The token has several keys, and nothing on it says which is that of the certificate.
    #[error("the token has several keys that could be that of certificate 尾号 {0}")]
    SignKeySeveral(SerialTail),
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
            Self::Algorithm(_) => "E_TOKEN_ALGORITHM",
            Self::Ambiguous(_) => "E_TOKEN_AMBIGUOUS",
            Self::CertificateMissing(_) => "E_TOKEN_NO_CERTIFICATE",
            Self::CertificateSeveral(_) => "E_TOKEN_SEVERAL",
            Self::Chain(error) => error.label(),
            Self::Exposed(_) => "E_TOKEN_KEY_EXPOSED",
            Self::Fault(_) => "E_TOKEN_FAULT",
            Self::KeyMissing(_) => "E_TOKEN_KEY_MISSING",
            Self::KeyTwice(_) => "E_TOKEN_KEY_TWICE",
            Self::Mechanism { .. } => "E_TOKEN_MECHANISM",
            Self::Missing(_) => "E_TOKEN_MISSING",
            Self::Module { .. } | Self::ModulePath(_) => "E_TOKEN_MODULE",
            Self::Pin => "E_TOKEN_PIN",
            Self::PinLastTry => "E_TOKEN_PIN_LAST_TRY",
            Self::PinLocked => "E_TOKEN_PIN_LOCKED",
            Self::SignKeyMissing(_) => "E_TOKEN_NO_KEY",
            Self::SignKeySeveral(_) => "E_TOKEN_KEY_SEVERAL",
        }
    }

    /// Whether the PIN is the trouble: a person must act, and trying again makes it worse.
    pub const fn is_pin(&self) -> bool {
        matches!(self, Self::Pin | Self::PinLastTry | Self::PinLocked)
    }

    /// Why a login failed.
    pub(crate) fn of_login(error: Error) -> Self {
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

fn named(tail: Option<&str>) -> String {
    tail.map_or_else(String::new, |tail| format!(", 尾号 {tail}"))
}

/// 尾号 one after another.
fn tails(all: &[SerialTail]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join("、")
}

/// Whether an error means that the session, or the login in it, is gone: a new login may help.
pub(crate) const fn is_lost(error: &Error) -> bool {
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
            assert!(is_lost(&answer(lost)));
        }
        assert!(!is_lost(&answer(RvError::EncryptedDataInvalid)));
        assert!(!is_lost(&answer(RvError::PinLocked)) && !is_lost(&Error::NotSupported));
    }
}
