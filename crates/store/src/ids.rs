//! Random names handed in by the caller, and the names of parts.

use core::fmt;

use kaibiao_types::BidPart;

/// A text is not 32 lower-case hexadecimal digits.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("expected 32 lower-case hexadecimal digits")]
pub struct HexError;

macro_rules! random_name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name([u8; 16]);

        impl $name {
            /// Wraps 16 bytes; for a new name the caller draws them at random.
            #[must_use]
            pub const fn new(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The 16 bytes.
            #[must_use]
            pub const fn bytes(&self) -> &[u8; 16] {
                &self.0
            }

            /// Reads 32 lower-case hexadecimal digits; upper case is refused, so one value has one
            /// text.
            ///
            /// # Errors
            ///
            /// [`HexError`] on any other text.
            pub fn parse(text: &str) -> Result<Self, HexError> {
                parse_hex(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{self}")
            }
        }
    };
}

random_name! {
    /// One upload: a random id that only its bidder learns.
    UploadId
}
random_name! {
    /// The random number in a signed command that makes a copy of it recognisable.
    Nonce
}

fn parse_hex(text: &str) -> Result<[u8; 16], HexError> {
    let digits: &[u8; 32] = text.as_bytes().try_into().map_err(|_| HexError)?;
    let mut out = [0_u8; 16];
    for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        let [high, low] = pair else {
            return Err(HexError);
        };
        *byte = nibble(*high)? << 4 | nibble(*low)?;
    }
    Ok(out)
}

const fn nibble(digit: u8) -> Result<u8, HexError> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(HexError),
    }
}

/// The name of one sealed object within its upload, as in `/uploads/{id}/{part}/{n}`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PartName(String);

/// A text is not a part name.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a part name has 1 to 32 lower-case letters, digits or '-'")]
pub struct PartNameError;

impl PartName {
    /// Reads 1 to 32 lower-case letters, digits or `-`.
    ///
    /// # Errors
    ///
    /// [`PartNameError`] on any other text.
    pub fn parse(text: &str) -> Result<Self, PartNameError> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if (1..=32).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(PartNameError)
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<BidPart> for PartName {
    fn from(part: BidPart) -> Self {
        Self(part.to_string())
    }
}

impl fmt::Display for PartName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use kaibiao_types::{Part, Stage};

    use super::*;

    #[test]
    fn hex_has_one_form() {
        let id = UploadId::new([0xab; 16]);
        assert_eq!(UploadId::parse(&id.to_string()), Ok(id));
        for bad in ["", "ab", &"AB".repeat(16), &"ab".repeat(17), &"g0".repeat(16)] {
            assert_eq!(UploadId::parse(bad), Err(HexError), "{bad}");
        }
    }

    #[test]
    fn part_names_are_plain() {
        let price = |stage| BidPart { stage: Stage::new(stage).unwrap(), part: Part::Price };
        assert_eq!(PartName::from(price(1)).as_str(), "price");
        assert_eq!(PartName::from(price(2)).as_str(), "price-2");
        for bad in ["", "a/b", "..", "Price", "价格", &"a".repeat(33)] {
            assert_eq!(PartName::parse(bad), Err(PartNameError), "{bad}");
        }
    }
}
