//! Purposes of certificates: extended key usages along a path.

use crate::cert::{CertError, Certificate};
use crate::oid;

/// Purposes of which one must be allowed all along a path: object identifiers of the extended key
/// usage (RFC 5280, 4.2.1.12).
///
/// A certificate without the extension allows every purpose, and so does one with
/// anyExtendedKeyUsage. That of the trust list is not asked.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Purposes(Option<Vec<Vec<u8>>>);

impl Purposes {
    /// Nothing is asked.
    pub const ANY: Self = Self(None);

    /// One of these, such as `1.3.6.1.5.5.7.3.36`; `None` if a text is no object identifier.
    pub fn one_of(list: &[&str]) -> Option<Self> {
        let list = list.iter().map(|text| oid::from_dotted(text)).collect::<Option<_>>()?;
        Some(Self(Some(list)))
    }

    pub(crate) fn of(list: &[&[u8]]) -> Self {
        Self(Some(list.iter().map(|purpose| purpose.to_vec()).collect()))
    }

    /// Judges a path, the certificate below the anchor first, the signer's last.
    pub(crate) fn judge(&self, path: &[&Certificate]) -> Result<(), CertError> {
        let Some(asked) = &self.0 else { return Ok(()) };
        let mut left: Vec<&[u8]> = asked.iter().map(Vec::as_slice).collect();
        for (place, certificate) in path.iter().enumerate() {
            let Some(list) = &certificate.extensions.purposes else { continue };
            let has = |purpose: &[u8]| list.iter().any(|one| one == purpose);
            if !has(oid::EKU_ANY) {
                left.retain(|purpose| has(purpose));
            }
            if left.is_empty() {
                let usage = if place + 1 == path.len() {
                    "the purpose that was asked for (extended key usage)"
                } else {
                    "issuing such certificates (extended key usage)"
                };
                return Err(CertError::Usage { cert: certificate.serial_tail(), usage });
            }
        }
        Ok(())
    }
}
