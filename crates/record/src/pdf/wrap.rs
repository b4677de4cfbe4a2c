//! Where a line is broken.

use super::font::Fonts;

/// Marks that do not begin a line.
const NOT_FIRST: &str = "，。、；：！？）】》〉」』〕”’%,.;:!?)]}";
/// Marks that do not end one.
const NOT_LAST: &str = "（【《〈「『〔“‘([{";

/// Breaks a text into lines of at most `width` points at `size` points: between words and between
/// Chinese characters, and anywhere in a word that is longer than a line.
pub(super) fn wrap(fonts: &Fonts, text: &str, size: f32, width: f32) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0.0;
    for piece in pieces(text) {
        let wide = fonts.width(&piece) * size;
        // A space that ends a line may hang over.
        let seen = fonts.width(piece.trim_end()) * size;
        if used + seen <= width {
            line.push_str(&piece);
            used += wide;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        used = 0.0;
        for c in piece.chars() {
            let mut buffer = [0; 4];
            let one = fonts.width(c.encode_utf8(&mut buffer)) * size;
            if used + one > width && !line.is_empty() && c != ' ' {
                lines.push(std::mem::take(&mut line));
                used = 0.0;
            }
            line.push(c);
            used += one;
        }
    }
    lines.push(line);
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

/// The text in pieces that are not broken.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        piece.push(c);
        if chars.peek().is_none_or(|next| breaks(c, *next)) {
            pieces.push(std::mem::take(&mut piece));
        }
    }
    pieces
}

fn breaks(c: char, next: char) -> bool {
    if NOT_FIRST.contains(next) || NOT_LAST.contains(c) || next == ' ' {
        return false;
    }
    c == ' ' || ideographic(c) || ideographic(next)
}

/// Characters between which a line may end: Chinese characters, their marks, full-width forms.
const fn ideographic(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ff60}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(text: &str, ems: u8) -> Vec<String> {
        wrap(&Fonts::built_in().unwrap(), text, 10.0, f32::from(ems) * 10.0)
    }

    #[test]
    fn lines_end_between_words_and_between_characters() {
        assert_eq!(broken("", 4), [""]);
        assert_eq!(broken("一二三四五", 4), ["一二三四", "五"]);
        assert_eq!(broken("a plain word", 4), ["a plain", "word"]);
        assert_eq!(broken("第一标段。第二", 4), ["第一标", "段。第二"]);
        assert_eq!(broken("甲乙丙（丁）", 4), ["甲乙丙", "（丁）"]);
    }

    #[test]
    fn an_amount_is_not_broken_unless_it_must_be() {
        assert_eq!(broken("报价¥132,045.00", 6), ["报价", "¥132,045.00"]);
        let lines = broken("¥132,045,600,000,000.00", 4);
        assert!(lines.len() > 2);
        assert_eq!(lines.concat(), "¥132,045,600,000,000.00");
    }

    #[test]
    fn nothing_is_lost_and_nothing_is_too_wide() {
        let fonts = Fonts::built_in().unwrap();
        let text =
            "株洲市 Lighting Co., Ltd.（联合体）投标报价：¥1,431,388.90 0123456789abcdef0123456789";
        for ems in 1..40 {
            let lines = broken(text, ems);
            let same = |text: &str| text.replace(' ', "");
            assert_eq!(same(&lines.concat()), same(text), "{ems}");
            for line in lines.iter().filter(|line| line.chars().count() > 1) {
                assert!(fonts.width(line) <= f32::from(ems) + 1e-4, "{ems}: {line}");
            }
        }
    }
}
