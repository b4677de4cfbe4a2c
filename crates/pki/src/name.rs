//! Names in the form in which they are compared (RFC 5280, 7.1).

use icu_normalizer::ComposingNormalizerBorrowed;

use crate::cert::text;
use crate::der::{self, DerError, Reader, Tlv};

/// A `Name` (or a relative one) for comparison: one octet string for each relative distinguished
/// name. Texts of all string types are alike if they are after preparation (RFC 4518): the same
/// characters in upper or lower case, any compatible form, any amount of blanks. Everything else is
/// compared octet by octet.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct ComparableName(Vec<Vec<u8>>);

impl ComparableName {
    /// Of a whole `Name` in DER.
    pub(crate) fn of(name: &[u8]) -> Result<Self, DerError> {
        let mut sets = Tlv::only(name, der::SEQUENCE)?.reader();
        let mut out = Vec::new();
        while !sets.is_empty() {
            out.push(relative(sets.inside(der::SET)?)?);
        }
        Ok(Self(out))
    }

    /// This name with one more relative distinguished name, given by the content of its SET.
    pub(crate) fn and(&self, set: Reader<'_>) -> Result<Self, DerError> {
        let mut out = self.0.clone();
        out.push(relative(set)?);
        Ok(Self(out))
    }

    /// True for the empty sequence.
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the name lies in the subtree of `base` (RFC 5280, 4.2.1.10).
    pub(crate) fn within(&self, base: &Self) -> bool {
        self.0.starts_with(&base.0)
    }
}

/// Attributes of a SET in one order, whatever theirs was.
fn relative(mut set: Reader<'_>) -> Result<Vec<u8>, DerError> {
    let mut attributes = Vec::new();
    while !set.is_empty() {
        let mut pair = set.inside(der::SEQUENCE)?;
        let kind = pair.expect(der::OID)?;
        let value = pair.any()?;
        pair.finish()?;
        let value = match text(&value).as_deref().and_then(prepared) {
            Some(text) => der::tlv(der::UTF8_STRING, &[text.as_bytes()]),
            None => value.raw.to_vec(),
        };
        attributes.push(der::sequence(&[kind.raw, &value]));
    }
    if attributes.is_empty() { Err(DerError::Truncated) } else { Ok(der::set_of(attributes)) }
}

/// A text as it is compared; `None` if it has characters that have no place in names, so that its
/// octets are compared.
fn prepared(text: &str) -> Option<String> {
    let mapped = text.chars().filter_map(mapped).flat_map(char::to_lowercase);
    let normal: String = ComposingNormalizerBorrowed::new_nfkc().normalize_iter(mapped).collect();
    // Compatible forms of letters may have brought capitals back.
    let folded: String = normal.chars().flat_map(char::to_lowercase).collect();
    if folded.chars().any(prohibited) {
        return None;
    }
    Some(folded.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "))
}

/// RFC 4518, 2.2: what is left out, and what is a blank.
fn mapped(c: char) -> Option<char> {
    match c {
        '\u{ad}'
        | '\u{34f}'
        | '\u{1806}'
        | '\u{180b}'..='\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffc}' => None,
        '\t' | '\n' | '\u{b}' | '\u{c}' | '\r' | '\u{85}' => Some(' '),
        c if c.is_control() => None,
        c if c.is_whitespace() => Some(' '),
        c => Some(c),
    }
}

/// RFC 4518, 2.4: private use, no characters, and the replacement character.
fn prohibited(c: char) -> bool {
    let low = u32::from(c) & 0xffff;
    matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'.. | '\u{fffd}' | '\u{fdd0}'..='\u{fdef}')
        || low >= 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(parts: &[(u8, &[u8])]) -> ComparableName {
        let sets: Vec<Vec<u8>> = parts
            .iter()
            .map(|(tag, value)| {
                let pair = der::sequence(&[&[6, 3, 0x55, 4, 3], &der::tlv(*tag, &[value])]);
                der::tlv(der::SET, &[&pair])
            })
            .collect();
        let sets: Vec<&[u8]> = sets.iter().map(Vec::as_slice).collect();
        ComparableName::of(&der::sequence(&sets)).unwrap()
    }

    fn utf8(text: &str) -> ComparableName {
        name(&[(der::UTF8_STRING, text.as_bytes())])
    }

    #[test]
    fn names_that_are_the_same() {
        for (left, right) in [
            ("Root CA", "ROOT  ca "),
            ("ＣＡ株洲", "ca株洲"),
            ("Caf\u{e9}", "cafe\u{301}"),
            ("a\u{3000}b", "A b"),
            ("株\u{200b}洲", "株洲"),
            ("ﬁrm", "FIRM"),
        ] {
            assert_eq!(utf8(left), utf8(right), "{left}");
        }
        assert_eq!(utf8("Root"), name(&[(der::PRINTABLE_STRING, b"ROOT")]));
        assert_eq!(utf8("株洲"), name(&[(der::BMP_STRING, &[0x68, 0x2a, 0x6d, 0x32])]));
    }

    #[test]
    fn names_that_differ() {
        for (left, right) in [
            ("Root CA", "RootCA"),
            ("株洲", "株州"),
            ("Root", "Root1"),
            ("a", "\u{430}"),
            ("\u{e000}A", "\u{e000}a"),
            ("", "a"),
        ] {
            assert_ne!(utf8(left), utf8(right), "{left}");
        }
        // T61String is compared by its octets.
        assert_ne!(utf8("Root"), name(&[(0x14, b"Root")]));
        let (one, two) = ((der::UTF8_STRING, &b"a"[..]), (der::UTF8_STRING, &b"b"[..]));
        assert_ne!(name(&[one, two]), name(&[two, one]));
        assert!(name(&[one, two]).within(&name(&[one])));
        assert!(!name(&[one]).within(&name(&[one, two])));
        assert!(!name(&[one, two]).within(&name(&[two])));
    }

    #[test]
    fn not_names() {
        for bad in [&[0x30, 2, 0x31, 0][..], &[0x31, 0], &[0x30, 2, 5, 0], &[0x30, 0, 0]] {
            assert!(ComparableName::of(bad).is_err(), "{bad:02x?}");
        }
        assert!(ComparableName::of(&[0x30, 0]).unwrap().is_empty());
    }
}
