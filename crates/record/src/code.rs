//! 校验码: what a reader of a print compares.

use core::fmt;

use kaibiao_types::Digest;

/// The first 80 bits of the SHA-256 of `record.json`, as five groups of four hexadecimal digits. It
/// stands on every page, so that one look tells whether two prints are of the same record.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VerificationCode(String);

impl VerificationCode {
    /// The code of a record with this SHA-256.
    pub fn new(sha256: &Digest) -> Self {
        let digits: Vec<char> = sha256.to_string().to_uppercase().chars().take(20).collect();
        let groups: Vec<String> = digits.chunks(4).map(|group| group.iter().collect()).collect();
        Self(groups.join("-"))
    }
}

impl fmt::Display for VerificationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_groups_of_the_first_digits() {
        let digest = Digest::new(core::array::from_fn(|i| u8::try_from(i * 8).unwrap_or(0)));
        assert_eq!(VerificationCode::new(&digest).to_string(), "0008-1018-2028-3038-4048");
    }
}
