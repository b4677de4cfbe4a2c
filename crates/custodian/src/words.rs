//! Errors as one visible line for the journal and the opening log.

use std::error::Error;

/// The most characters of a line; the opening log takes 1,000.
const LINE_MAX: usize = 900;

/// The error and its causes in one line. What steers a screen (control characters, direction
/// overrides) becomes a space: some of the text may come from a stranger.
pub(crate) fn describe(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    line(&text)
}

/// A text as one visible line that is not empty.
pub(crate) fn line(text: &str) -> String {
    let visible: String =
        text.chars().map(|c| if steers(c) { ' ' } else { c }).take(LINE_MAX).collect();
    match visible.trim() {
        "" => "no detail".to_owned(),
        visible => visible.to_owned(),
    }
}

fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("above\nthe line")]
    struct Above(#[source] std::io::Error);

    #[test]
    fn causes_follow_and_nothing_steers() {
        let error = Above(std::io::Error::other("be\u{202e}low "));
        assert_eq!(describe(&error), "above the line: be low");
        assert_eq!(line(" \n\u{feff}"), "no detail");
        assert_eq!(line(&"标".repeat(5_000)).chars().count(), LINE_MAX);
    }
}
