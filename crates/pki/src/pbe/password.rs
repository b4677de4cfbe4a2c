//! What opens a file, in the forms the algorithms want.

use core::fmt;

use zeroize::Zeroizing;

use crate::limits::PASSWORD_BYTES_MAX;

/// The password of a key file: wiped on drop, never shown, copied or stored. It may be empty.
pub struct Password(Zeroizing<Vec<u8>>);

/// Bytes that are no password.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a password is UTF-8 text of at most {PASSWORD_BYTES_MAX} bytes")]
pub struct PasswordError;

/// One password as octets, for schemes that take these, and as a `BMPString`, for the older ones.
pub(crate) struct Forms {
    pub(crate) octets: Zeroizing<Vec<u8>>,
    pub(crate) bmp: Zeroizing<Vec<u8>>,
}

impl PasswordError {
    /// The stable label.
    pub const fn label(self) -> &'static str {
        "E_PASSWORD_FORM"
    }
}

impl Password {
    /// Takes a password over; the caller's copy is a wiped one too. Nothing is trimmed and nothing
    /// normalised.
    ///
    /// # Errors
    ///
    /// [`PasswordError`] if it is not UTF-8 or has more than 1,024 bytes.
    pub fn new(bytes: Zeroizing<Vec<u8>>) -> Result<Self, PasswordError> {
        let good = bytes.len() <= PASSWORD_BYTES_MAX && core::str::from_utf8(&bytes).is_ok();
        if good { Ok(Self(bytes)) } else { Err(PasswordError) }
    }

    /// The forms a program may have used. Of an empty password there are two: programs differ in
    /// whether its `BMPString` has an end mark.
    ///
    /// # Source
    ///
    /// RFC 7292, B.1: UTF-16, the higher octet first, and two octets of zero at the end.
    pub(crate) fn forms(&self) -> Vec<Forms> {
        let text = core::str::from_utf8(&self.0).unwrap_or_default(); // it was checked when made
        // The capacity is enough, so no copy is left behind.
        let mut bmp = Zeroizing::new(Vec::with_capacity(2 * text.len() + 2));
        for unit in text.encode_utf16() {
            bmp.extend_from_slice(&unit.to_be_bytes());
        }
        bmp.extend_from_slice(&[0, 0]);
        let mut forms = vec![Forms { octets: self.0.clone(), bmp }];
        if text.is_empty() {
            forms.push(Forms { octets: Zeroizing::default(), bmp: Zeroizing::default() });
        }
        forms
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}
