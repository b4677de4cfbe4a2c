//! Text in names.

use crate::der::{BMP_STRING, IA5_STRING, PRINTABLE_STRING, Tlv, UTF8_STRING};
use crate::limits::NAME_CHARS_MAX;

/// The text of a string value; `None` for other types and for bytes that are no such text.
pub(crate) fn text(value: &Tlv<'_>) -> Option<String> {
    match value.tag {
        UTF8_STRING => core::str::from_utf8(value.value).ok().map(str::to_owned),
        PRINTABLE_STRING | IA5_STRING if value.value.is_ascii() => {
            core::str::from_utf8(value.value).ok().map(str::to_owned)
        }
        BMP_STRING => {
            let (units, []) = value.value.as_chunks::<2>() else {
                return None;
            };
            let units: Vec<u16> = units.iter().map(|unit| u16::from_be_bytes(*unit)).collect();
            String::from_utf16(&units).ok()
        }
        _ => None,
    }
}

/// True for characters that do not show, or that move, hide or reorder what stands beside them on a
/// screen.
pub(crate) fn disturbs(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}' | '\u{e0100}'..='\u{e01ef}')
}

/// True if a name can be shown and compared by people.
pub(crate) fn presentable(text: &str) -> bool {
    !text.is_empty()
        && text.trim() == text
        && text.chars().count() <= NAME_CHARS_MAX
        && !text.chars().any(disturbs)
}

/// As much of a text as can be shown: at most 200 characters, disturbing ones replaced by U+FFFD.
pub(crate) fn presentable_part(text: &str) -> String {
    text.chars().take(NAME_CHARS_MAX).map(|c| if disturbs(c) { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn string_types() {
        let read = |tag, value| text(&Tlv { tag, value, raw: &[] });
        assert_eq!(read(UTF8_STRING, "株洲".as_bytes()).as_deref(), Some("株洲"));
        assert_eq!(read(BMP_STRING, &[0x68, 0x2a, 0x6d, 0x32]).as_deref(), Some("株洲"));
        assert_eq!(read(PRINTABLE_STRING, b"CN").as_deref(), Some("CN"));
        assert_eq!(read(PRINTABLE_STRING, "株".as_bytes()), None);
        assert_eq!(read(BMP_STRING, &[0x68]), None);
        assert_eq!(read(BMP_STRING, &[0xd8, 0x00]), None);
        assert_eq!(read(0x14, b"T61"), None);
    }

    #[test]
    fn names_for_people() {
        assert!(presentable("株洲市城市照明服务中心"));
        for bad in ["", " a", "a\n", "a\u{202e}b", "a\u{200b}b", "\u{1b}[2J", &"长".repeat(201)] {
            assert!(!presentable(bad), "{bad:?}");
        }
        for hidden in [
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{180b}',
            '\u{180e}',
            '\u{fe00}',
            '\u{fe0f}',
            '\u{e0100}',
            '\u{e01ef}',
        ] {
            assert!(!presentable(&format!("株{hidden}洲")), "{hidden:?}");
        }
    }
}
