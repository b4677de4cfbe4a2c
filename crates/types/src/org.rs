//! Organisations: the unified social credit code (统一社会信用代码) and a named party.

use core::fmt;

use serde::{Deserialize, Serialize};

/// An 18-character unified social credit code with a valid check character (GB 32100-2015).
///
/// It is the identity of every bidder, host, supervisor and custodian organisation.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OrgCode(String);

/// Why a text is not a unified social credit code.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum OrgCodeError {
    /// Not 18 characters of the code's alphabet (digits and capitals without I, O, S, V, Z).
    #[error("a unified social credit code has 18 digits and capitals (without I, O, S, V, Z)")]
    Alphabet,
    /// The last character does not fit the first seventeen.
    #[error(
        "the check character of the unified social credit code is wrong; look for a typing error"
    )]
    CheckCharacter,
}

const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

impl OrgCode {
    /// Checks alphabet, length and check character.
    ///
    /// # Errors
    ///
    /// [`OrgCodeError`].
    ///
    /// # Source
    ///
    /// GB 32100-2015, 4.5: weights are 3^i mod 31, the check value is 31 minus the sum mod 31.
    pub fn parse(text: &str) -> Result<Self, OrgCodeError> {
        if text.len() != 18 {
            return Err(OrgCodeError::Alphabet);
        }
        let (body, check) = text.split_at_checked(17).ok_or(OrgCodeError::Alphabet)?;
        match check_character(body) {
            Some(right) if check.as_bytes() == [right] => Ok(Self(text.to_owned())),
            Some(_) if check.bytes().all(|b| ALPHABET.contains(&b)) => {
                Err(OrgCodeError::CheckCharacter)
            }
            None | Some(_) => Err(OrgCodeError::Alphabet),
        }
    }

    /// The 18 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The check character of seventeen characters; `None` if one is outside the alphabet.
fn check_character(body: &str) -> Option<u8> {
    let mut weight = 1;
    let mut sum = 0;
    for byte in body.bytes() {
        sum += ALPHABET.iter().position(|a| *a == byte)? * weight;
        weight = weight * 3 % 31;
    }
    ALPHABET.get((31 - sum % 31) % 31).copied()
}

impl fmt::Display for OrgCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for OrgCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for OrgCode {
    type Error = OrgCodeError;
    fn try_from(text: String) -> Result<Self, OrgCodeError> {
        Self::parse(&text)
    }
}

impl From<OrgCode> for String {
    fn from(code: OrgCode) -> Self {
        code.0
    }
}

/// A named organisation.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// Unified social credit code.
    pub code: OrgCode,
    /// Registered name, as shown to people.
    pub name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_published_code_passes() {
        // Huawei Technologies Co., Ltd.; Tencent Computer Systems: public register.
        assert!(OrgCode::parse("914403001922038216").is_ok());
        assert!(OrgCode::parse("9144030071526726XG").is_ok());
    }

    #[test]
    fn typing_errors_are_found() {
        assert_eq!(OrgCode::parse("914403001922038217"), Err(OrgCodeError::CheckCharacter));
        assert_eq!(OrgCode::parse("914403001922038261"), Err(OrgCodeError::CheckCharacter));
        assert_eq!(OrgCode::parse("9144030019220382I6"), Err(OrgCodeError::Alphabet));
        assert_eq!(OrgCode::parse("91440300192203821"), Err(OrgCodeError::Alphabet));
        assert_eq!(OrgCode::parse("91440300192203821\u{516d}"), Err(OrgCodeError::Alphabet));
        assert_eq!(OrgCode::parse(""), Err(OrgCodeError::Alphabet));
    }
}
