//! Which texts may appear on a screen, in the log and in the record.
//!
//! Control characters and direction overrides are refused: with them a bidder could make one price
//! look like another.

use crate::limits;

/// A visible line: 1 to `max` characters, no space at either end, nothing invisible that steers.
pub(crate) fn line(text: &str, max: usize) -> bool {
    bounded(text, max) && text.trim() == text && !text.chars().any(steers)
}

/// Lines with `\n` between them: 1 to `max` characters, not blank.
pub(crate) fn paragraph(text: &str, max: usize) -> bool {
    bounded(text, max) && !text.trim().is_empty() && !text.chars().any(|c| c != '\n' && steers(c))
}

/// A stable label: letters, digits, `_` and `-`.
pub(crate) fn label(text: &str) -> bool {
    bounded(text, limits::LABEL_CHARS)
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

/// Exactly `digits` lower-case hexadecimal digits.
pub(crate) fn hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Standard base64 with padding, not empty, at most `max` characters.
pub(crate) fn base64(text: &str, max: usize) -> bool {
    use base64::Engine as _;
    !text.is_empty()
        && text.len() <= max
        && base64::engine::general_purpose::STANDARD.decode(text).is_ok()
}

/// A key of a read-out field: a lower-case letter, then up to 31 letters, digits or `_`.
pub(crate) fn key(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    text.len() <= 32
        && text.bytes().next().is_some_and(|b| b.is_ascii_lowercase())
        && text.bytes().all(allowed)
}

/// A host name in lower case, as it stands in a log origin.
pub(crate) fn host_name(text: &str) -> bool {
    let part = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    text.len() <= 253 && text.split('.').all(part)
}

fn bounded(text: &str, max: usize) -> bool {
    // A character has at most four bytes: a long text is refused without counting it.
    !text.is_empty() && text.len() <= max.saturating_mul(4) && text.chars().count() <= max
}

/// Whether a character is invisible and steers how others are shown: controls, direction overrides,
/// joiners, tags. Whoever shows a text from outside shows these by their code point.
pub const fn steers(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_a_person_can_trust() {
        assert!(line("株洲市 Lighting Co., Ltd.", 40));
        for bad in ["", " a", "a ", "a\nb", "a\u{202e}b", "a\u{200b}b", "a\u{0}", "\u{feff}a"] {
            assert!(!line(bad, 40), "{bad:?}");
        }
        assert!(!line("四个汉字", 3));
        assert!(paragraph("一\n二", 10));
        assert!(!paragraph("\n \n", 10));
        assert!(!paragraph("a\rb", 10));
    }

    #[test]
    fn machine_texts() {
        assert!(key("price") && key("duration_days"));
        for bad in ["", "Price", "1a", "a-b", "a b", "价", &"a".repeat(33)] {
            assert!(!key(bad), "{bad:?}");
        }
        assert!(host_name("kaibiao.example"));
        for bad in ["", "Kaibiao.example", "a..b", "-a.b", "a/b", "a.", "a b"] {
            assert!(!host_name(bad), "{bad:?}");
        }
        assert!(hex("00ff", 4) && !hex("00FF", 4) && !hex("00f", 4));
        assert!(base64("AAA=", 8) && !base64("AAA", 8) && !base64("AAB=", 8) && !base64("", 8));
        assert!(label("BIDDER_GARBAGE") && !label("a b") && !label(""));
    }
}
