//! A token that is logged in to, and stays so.

use core::fmt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use cryptoki::context::Pkcs11;
use cryptoki::mechanism::MechanismType;
use cryptoki::session::Session;
use cryptoki::types::AuthPin;
use zeroize::Zeroizing;

use crate::TokenError;
use crate::error::is_lost;
use crate::link::{self, Link};

/// A token, logged in. Its module stays loaded and its session open as long as the value lives.
pub struct Token {
    context: Pkcs11,
    label: String,
    needed: &'static [MechanismType],
    pin: TokenPin,
    link: Mutex<Link>,
}

/// Which token, and who may use it.
#[derive(Debug)]
pub struct TokenConfig {
    /// Absolute path of the module: a shared library of the token's maker. Loading it runs its code
    /// in this process, so it is believed as the program itself is.
    pub module: PathBuf,
    /// The token's label, at most 32 bytes.
    pub label: String,
    /// The user's PIN.
    pub pin: TokenPin,
}

/// The PIN of a token's user: wiped on drop, never shown, copied or stored.
pub struct TokenPin(AuthPin);

/// A PIN that no token takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a PIN is text of 1 to {PIN_MAX} bytes")]
pub struct TokenPinError;

/// The most bytes of a PIN.
pub const PIN_MAX: usize = 255;

impl TokenPinError {
    /// The stable label.
    pub const fn label(self) -> &'static str {
        "E_TOKEN_PIN_FORM"
    }
}

impl TokenPin {
    /// Takes a PIN over; the caller's copy is a wiped one too.
    ///
    /// # Errors
    ///
    /// [`TokenPinError`] if it is empty, longer than 255 bytes or not UTF-8.
    pub fn new(bytes: &Zeroizing<Vec<u8>>) -> Result<Self, TokenPinError> {
        let text = core::str::from_utf8(bytes).map_err(|_| TokenPinError)?;
        if (1..=PIN_MAX).contains(&text.len()) {
            Ok(Self(AuthPin::new(Box::from(text))))
        } else {
            Err(TokenPinError)
        }
    }
}

impl Token {
    /// Loads the module, finds the token, which must have the mechanisms that are `needed`, and logs
    /// in, once: a wrong PIN is not tried again.
    ///
    /// # Errors
    ///
    /// [`TokenError`].
    pub fn open(config: TokenConfig, needed: &'static [MechanismType]) -> Result<Self, TokenError> {
        let TokenConfig { module, label, pin } = config;
        let context = link::load(&module)?;
        let session = link::log_in(&context, &label, needed, &pin.0)?;
        Ok(Self { context, label, needed, pin, link: Mutex::new(Link::In(session)) })
    }

    /// Works in the session. If it was lost (a token taken out, a service started anew) there is one
    /// new login and one more try.
    ///
    /// # Errors
    ///
    /// [`TokenError`] of the work, or of the new login.
    pub fn with<T>(
        &self,
        work: impl Fn(&Session) -> Result<T, TokenError>,
    ) -> Result<T, TokenError> {
        // A panic while the lock was held leaves a session whose state nobody knows.
        let mut link = self.link.lock().unwrap_or_else(|poisoned| {
            let mut link = PoisonError::into_inner(poisoned);
            *link = Link::Out;
            link
        });
        if let Link::In(session) = &*link {
            match work(session) {
                Err(TokenError::Fault(error)) if is_lost(&error) => {
                    tracing::warn!(%error, "the session with the token is lost; logging in again");
                }
                done => return done,
            }
        }
        // The old session is closed before the new one begins: tokens have few.
        *link = link.lost()?;
        match link::log_in(&self.context, &self.label, self.needed, &self.pin.0) {
            Ok(session) => {
                let done = work(&session);
                *link = Link::In(session);
                done
            }
            Err(error) => {
                *link = Link::after(&error);
                Err(error)
            }
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("label", &self.label).finish_non_exhaustive()
    }
}

impl fmt::Debug for TokenPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenPin(..)")
    }
}
