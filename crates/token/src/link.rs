//! The way to a token: module, slot, session, login.

use std::path::Path;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::MechanismType;
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;

use crate::TokenError;

/// Whether there is a session.
pub(crate) enum Link {
    /// Logged in.
    In(Session),
    /// No session; a login may be tried.
    Out,
    /// The PIN was refused once: it is never tried again by this process.
    Refused,
    /// The token is locked, or one wrong PIN away from it.
    Locked,
}

impl Link {
    /// What a failed login leaves.
    pub(crate) const fn after(error: &TokenError) -> Self {
        match error {
            TokenError::Pin => Self::Refused,
            TokenError::PinLocked | TokenError::PinLastTry => Self::Locked,
            _ => Self::Out,
        }
    }

    /// What a lost session leaves.
    ///
    /// # Errors
    ///
    /// [`TokenError`] of the PIN, if it was refused before.
    pub(crate) const fn lost(&self) -> Result<Self, TokenError> {
        match self {
            Self::In(_) | Self::Out => Ok(Self::Out),
            Self::Refused => Err(TokenError::Pin),
            Self::Locked => Err(TokenError::PinLocked),
        }
    }
}

/// Loads a module. One that was loaded by this process before is used on.
pub(crate) fn load(module: &Path) -> Result<Pkcs11, TokenError> {
    if !module.is_absolute() {
        return Err(TokenError::ModulePath(module.to_owned()));
    }
    let unusable = |source| TokenError::Module { path: module.to_owned(), source };
    let context = Pkcs11::new(module).map_err(unusable)?;
    initialize(&context).map_err(unusable)?;
    Ok(context)
}

/// Begins the work with a module. It may have begun before: a process has one state of it.
fn initialize(context: &Pkcs11) -> Result<(), Error> {
    match context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(()),
        done => done,
    }
}

/// Opens a session with the token of this label, which must have these mechanisms, and logs in, with
/// one try.
pub(crate) fn log_in(
    context: &Pkcs11,
    label: &str,
    needed: &[MechanismType],
    pin: &AuthPin,
) -> Result<Session, TokenError> {
    initialize(context).map_err(TokenError::Fault)?;
    let slot = find(context, label)?;
    let info = context.get_token_info(slot).map_err(TokenError::Fault)?;
    if info.user_pin_locked() {
        return Err(TokenError::PinLocked);
    }
    if info.user_pin_final_try() {
        return Err(TokenError::PinLastTry);
    }
    let mechanisms = context.get_mechanism_list(slot).map_err(TokenError::Fault)?;
    if let Some(missing) = needed.iter().find(|needed| !mechanisms.contains(needed)) {
        let (token, mechanism) = (label.to_owned(), missing.to_string());
        return Err(TokenError::Mechanism { token, mechanism });
    }
    let session = context.open_rw_session(slot).map_err(TokenError::Fault)?;
    match session.login(UserType::User, Some(pin)) {
        Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(session),
        Err(error) => Err(TokenError::of_login(error)),
    }
}

/// The slot with the one token of this label.
fn find(context: &Pkcs11, label: &str) -> Result<Slot, TokenError> {
    let mut found = None;
    for slot in context.get_slots_with_token().map_err(TokenError::Fault)? {
        // A slot whose token was just taken out is not the one.
        let Ok(info) = context.get_token_info(slot) else { continue };
        if !info.token_initialized() || info.label().trim_end() != label {
            continue;
        }
        if found.replace(slot).is_some() {
            return Err(TokenError::Ambiguous(label.to_owned()));
        }
    }
    found.ok_or_else(|| TokenError::Missing(label.to_owned()))
}
