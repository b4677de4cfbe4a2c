//! What opens a key store.

use core::fmt;

use zeroize::Zeroizing;

/// The passphrase of a key store: wiped on drop, never shown, copied or stored.
pub struct Passphrase(Zeroizing<Vec<u8>>);

/// A passphrase that protects nothing, or that is larger than a file of one line.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a passphrase has 1 to {PASSPHRASE_MAX} bytes")]
pub struct PassphraseError;

/// The most bytes of a passphrase.
pub const PASSPHRASE_MAX: usize = 4096;

impl PassphraseError {
    /// The stable label.
    pub const fn label(self) -> &'static str {
        "E_PASSPHRASE_FORM"
    }
}

impl Passphrase {
    /// Takes a passphrase over; the caller's copy is a wiped one too.
    ///
    /// The bytes count as they are: nothing is trimmed and nothing normalised.
    ///
    /// # Errors
    ///
    /// [`PassphraseError`] if it is empty or has more than 4,096 bytes.
    pub fn new(bytes: Zeroizing<Vec<u8>>) -> Result<Self, PassphraseError> {
        if (1..=PASSPHRASE_MAX).contains(&bytes.len()) {
            Ok(Self(bytes))
        } else {
            Err(PassphraseError)
        }
    }

    /// The bytes, for one derivation.
    pub(super) fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(..)")
    }
}
