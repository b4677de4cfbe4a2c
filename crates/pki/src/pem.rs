//! PEM (RFC 7468): certificate chains and PKCS#8 keys.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::cert::{CertError, Certificate};
use crate::limits::{CHAIN_MAX, PEM_BYTES_MAX};

/// Why a PEM text is not read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PemError {
    /// Not base64 between the boundaries, or with lines longer than 76 characters.
    #[error("block {0} of the PEM text is not base64")]
    Base64(usize),
    /// A certificate in the text is not accepted.
    #[error("certificate {number} of the PEM text is not accepted")]
    Certificate {
        /// Its place in the text, from 1.
        number: usize,
        /// Why.
        source: CertError,
    },
    /// The text has no block.
    #[error("no PEM block found")]
    Empty,
    /// A block of another kind than the one expected.
    #[error("found a PEM block {found:?} where only {expected:?} may stand")]
    Label {
        /// The label found, at most 64 characters of it.
        found: String,
        /// The label expected.
        expected: &'static str,
    },
    /// More blocks than may stand there.
    #[error("more than {0} PEM blocks")]
    TooMany(usize),
    /// More than 1 MiB.
    #[error("PEM text of {0} bytes; at most 1048576 are read")]
    TooLarge(usize),
    /// A block begins and does not end, or ends and did not begin.
    #[error("PEM block {0} does not end as it began")]
    Unfinished(usize),
}

impl PemError {
    /// The stable label, never renamed or reused.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Base64(_) | Self::Empty | Self::Unfinished(_) => "E_PEM_FORMAT",
            Self::Certificate { source, .. } => source.label(),
            Self::Label { .. } => "E_PEM_LABEL",
            Self::TooLarge(_) | Self::TooMany(_) => "E_PEM_TOO_LARGE",
        }
    }
}

/// Reads a chain: 1 to 6 `CERTIFICATE` blocks, in the order of the text (by custom the signer's
/// first). Text between blocks is skipped; a block of another kind is refused.
///
/// # Errors
///
/// [`PemError`].
///
/// # Source
///
/// RFC 7468, sections 2, 3 and 5.
pub fn read_certificates(text: &str) -> Result<Vec<Certificate>, PemError> {
    let mut out = Vec::new();
    for block in blocks(text, "CERTIFICATE", CHAIN_MAX)? {
        let number = out.len() + 1;
        let read = Certificate::from_der(&block);
        out.push(read.map_err(|source| PemError::Certificate { number, source })?);
    }
    Ok(out)
}

/// Reads the one `PRIVATE KEY` block of a text (PKCS#8, not encrypted).
pub(crate) fn read_private_key(text: &str) -> Result<Zeroizing<Vec<u8>>, PemError> {
    blocks(text, "PRIVATE KEY", 1)?.pop().ok_or(PemError::Empty)
}

/// Whether a text holds an encrypted PKCS#8 key, by the boundary of its first block.
pub fn is_encrypted_key(text: &str) -> bool {
    let first = text.lines().find_map(|line| boundary(line.trim_end(), "-----BEGIN "));
    first == Some(ENCRYPTED_KEY)
}

/// Reads the one `ENCRYPTED PRIVATE KEY` block of a text.
pub(crate) fn read_encrypted_key(text: &str) -> Result<Zeroizing<Vec<u8>>, PemError> {
    blocks(text, ENCRYPTED_KEY, 1)?.pop().ok_or(PemError::Empty)
}

const ENCRYPTED_KEY: &str = "ENCRYPTED PRIVATE KEY";

fn blocks(
    text: &str,
    expected: &'static str,
    most: usize,
) -> Result<Vec<Zeroizing<Vec<u8>>>, PemError> {
    if text.len() > PEM_BYTES_MAX {
        return Err(PemError::TooLarge(text.len()));
    }
    let mut out = Vec::new();
    let mut open: Option<Zeroizing<String>> = None;
    for line in text.lines().map(str::trim_end) {
        let number = out.len() + 1;
        if let Some(found) = boundary(line, "-----BEGIN ") {
            if open.is_some() {
                return Err(PemError::Unfinished(number));
            }
            if found != expected {
                let found = found.chars().take(64).collect();
                return Err(PemError::Label { found, expected });
            }
            if number > most {
                return Err(PemError::TooMany(most));
            }
            // The capacity is enough for the whole text, so no copy of a key is left behind.
            open = Some(Zeroizing::new(String::with_capacity(text.len())));
        } else if let Some(found) = boundary(line, "-----END ") {
            let body = open.take().ok_or(PemError::Unfinished(number))?;
            if found != expected {
                return Err(PemError::Unfinished(number));
            }
            out.push(decode(&body).ok_or(PemError::Base64(number))?);
        } else if let Some(body) = open.as_mut() {
            if line.len() > 76 {
                return Err(PemError::Base64(number));
            }
            body.push_str(line);
        }
    }
    match (open, out.is_empty()) {
        (Some(_), _) => Err(PemError::Unfinished(out.len() + 1)),
        (None, true) => Err(PemError::Empty),
        (None, false) => Ok(out),
    }
}

fn decode(body: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut out = Zeroizing::new(vec![0; body.len()]);
    let length = STANDARD.decode_slice(body, out.as_mut_slice()).ok()?;
    out.truncate(length);
    if out.is_empty() { None } else { Some(out) }
}

fn boundary<'a>(line: &'a str, prefix: &str) -> Option<&'a str> {
    line.strip_prefix(prefix)?.strip_suffix("-----")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "-----BEGIN PRIVATE KEY-----\nAAEC\nAwQ=\n-----END PRIVATE KEY-----\n";

    #[test]
    fn one_key() {
        assert_eq!(*read_private_key(KEY).unwrap(), [0, 1, 2, 3, 4]);
        let windows = KEY.replace('\n', "\r\n");
        assert_eq!(
            *read_private_key(&format!("Key Attributes\n{windows}")).unwrap(),
            [0, 1, 2, 3, 4]
        );
    }

    #[test]
    fn refused_texts() {
        let label = |text: &str| read_private_key(text).map(|_| ()).unwrap_err().label();
        assert_eq!(label(""), "E_PEM_FORMAT");
        assert_eq!(label("-----BEGIN PRIVATE KEY-----\nAAEC\n"), "E_PEM_FORMAT");
        assert_eq!(label("AAEC\n-----END PRIVATE KEY-----\n"), "E_PEM_FORMAT");
        assert_eq!(label(&KEY.replace("END PRIVATE", "END PUBLIC")), "E_PEM_FORMAT");
        assert_eq!(label(&KEY.replace("AwQ=", "AwQ")), "E_PEM_FORMAT");
        assert_eq!(label(&KEY.replace("AAEC\nAwQ=\n", "")), "E_PEM_FORMAT");
        assert_eq!(label(&KEY.replace("AAEC", &"A".repeat(80))), "E_PEM_FORMAT");
        assert_eq!(label(&KEY.replace("PRIVATE", "ENCRYPTED PRIVATE")), "E_PEM_LABEL");
        assert_eq!(label(&KEY.replace("PRIVATE", "RSA PRIVATE")), "E_PEM_LABEL");
        assert_eq!(label(&format!("{KEY}{KEY}")), "E_PEM_TOO_LARGE");
        assert_eq!(label(&" ".repeat(PEM_BYTES_MAX + 1)), "E_PEM_TOO_LARGE");
        assert!(matches!(read_certificates(KEY), Err(PemError::Label { .. })));
    }
}
