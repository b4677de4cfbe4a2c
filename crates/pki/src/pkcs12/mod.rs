//! PKCS#12 files (RFC 7292): certificates and keys under a password.
//!
//! Read as DER, or as the BER that programs write. Nothing in a file is believed before its integrity
//! is proven with the password. Forms that are read: `docs/spec/signature.md`.

mod choose;
mod error;
mod mac;
mod read;

use core::fmt;

use crate::cert::{CertError, Certificate};
use crate::der::{self, DerError};
use crate::limits::PKCS12_BYTES_MAX;
use crate::pbe::{Effort, Password};
use crate::private_key::PrivateKey;

use mac::Mac;

pub use error::Pkcs12Error;

/// What a PKCS#12 file holds, its integrity proven. Keys are wiped on drop and never shown.
pub struct Pkcs12 {
    keys: Vec<Held<PrivateKey>>,
    certificates: Vec<Held<Certificate>>,
    /// The first certificate that is not accepted, if there is one.
    unread: Option<CertError>,
}

/// A thing of the file, with the `localKeyID` that ties keys and certificates together.
struct Held<T> {
    thing: T,
    local_id: Option<Vec<u8>>,
}

impl Pkcs12 {
    /// Whether bytes look like a PKCS#12 file rather than a certificate in DER: for choosing a reader.
    #[must_use]
    pub fn seems(bytes: &[u8]) -> bool {
        let inside = match bytes {
            [der::SEQUENCE, first @ 0x81..=0xff, after @ ..] => {
                after.get(usize::from(first & 0x7f)..).unwrap_or_default()
            }
            [der::SEQUENCE, _, inside @ ..] => inside,
            _ => return false,
        };
        inside.starts_with(&[der::INTEGER, 1, 3])
    }

    /// Opens a file of at most 1 MiB.
    ///
    /// # Errors
    ///
    /// [`Pkcs12Error`]: everything but what is about choosing a certificate.
    ///
    /// # Source
    ///
    /// RFC 7292, 4 and 5; RFC 9579 (PBMAC1).
    pub fn open(bytes: &[u8], password: &Password) -> Result<Self, Pkcs12Error> {
        if bytes.len() > PKCS12_BYTES_MAX {
            return Err(Pkcs12Error::TooLarge(bytes.len()));
        }
        let file = part("PFX", der::to_der(bytes, der::SEQUENCE))?;
        let (safe, mac) = read::outer(&file)?;
        let mac = Mac::read(mac.ok_or(Pkcs12Error::NoIntegrity)?)?;
        let mut effort = Effort::new();
        for form in password.forms() {
            if mac.proves(safe, &form, &mut effort)? {
                return read::contents(safe, &form, &mut effort);
            }
        }
        Err(read::why_not(safe, password, &mut effort))
    }

    /// The certificates that are accepted, in the order of the file.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        self.certificates.iter().map(|held| &held.thing)
    }
}

impl fmt::Debug for Pkcs12 {
    /// The certificates; keys are never shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let certificates: Vec<_> = self.certificates().collect();
        f.debug_struct("Pkcs12")
            .field("certificates", &certificates)
            .field("keys", &self.keys.len())
            .finish_non_exhaustive()
    }
}

/// Says which part a fault of the encoding was found in.
fn part<T>(part: &'static str, result: Result<T, DerError>) -> Result<T, Pkcs12Error> {
    result.map_err(|source| Pkcs12Error::Format { part, source })
}
