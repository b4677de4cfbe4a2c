//! Words and marks of Rust source text, apart from comments and literals.
//!
//! The checks look for names. A name in a comment, in a text literal or in a test module is no use
//! of it, so plain text search would accuse the innocent. This lexer knows just enough of the
//! language to tell them apart; it never fails, because the compiler reports broken source.

/// One word or mark.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Token {
    /// Line, counted from 1.
    pub(crate) line: usize,
    /// What it is.
    pub(crate) kind: TokenKind,
}

/// What a token is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum TokenKind {
    /// An identifier or keyword; of a raw identifier the part after `r#`.
    Word(String),
    /// One character of punctuation.
    Mark(char),
    /// A number, character or text; its content is of no interest.
    Literal,
}

impl Token {
    /// Whether this is the word `text`.
    pub(crate) fn is_word(&self, text: &str) -> bool {
        matches!(&self.kind, TokenKind::Word(word) if word == text)
    }

    /// The word, if it is one.
    pub(crate) fn word(&self) -> Option<&str> {
        match &self.kind {
            TokenKind::Word(word) => Some(word),
            _ => None,
        }
    }

    /// Whether this is the mark `mark`.
    pub(crate) fn is_mark(&self, mark: char) -> bool {
        self.kind == TokenKind::Mark(mark)
    }
}

/// One comment, documentation included.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Comment {
    /// Line where it begins, counted from 1.
    pub(crate) line: usize,
    /// Its text, with its slashes.
    pub(crate) text: String,
}

/// A source text, taken apart.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lexed {
    /// Words, marks and literals in order.
    pub(crate) tokens: Vec<Token>,
    /// Comments in order.
    pub(crate) comments: Vec<Comment>,
}

/// Takes `text` apart.
pub(crate) fn lex(text: &str) -> Lexed {
    let mut lexer =
        Lexer { chars: text.chars().collect(), at: 0, line: 1, lexed: Lexed::default() };
    while let Some(next) = lexer.peek(0) {
        lexer.step(next);
    }
    lexer.lexed
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
    line: usize,
    lexed: Lexed,
}

impl Lexer {
    fn step(&mut self, next: char) {
        let line = self.line;
        match next {
            '/' if self.peek(1) == Some('/') => self.line_comment(),
            '/' if self.peek(1) == Some('*') => self.block_comment(),
            '"' => {
                self.text_literal();
                self.push(line, TokenKind::Literal);
            }
            '\'' => self.quote(),
            _ if next.is_whitespace() => {
                self.bump();
            }
            _ if is_word_start(next) => self.word(),
            _ if next.is_ascii_digit() => {
                self.take_word();
                self.push(line, TokenKind::Literal);
            }
            _ => {
                self.bump();
                self.push(line, TokenKind::Mark(next));
            }
        }
    }

    fn line_comment(&mut self) {
        let line = self.line;
        let mut text = String::new();
        while let Some(next) = self.peek(0).filter(|next| *next != '\n') {
            text.push(next);
            self.bump();
        }
        self.lexed.comments.push(Comment { line, text });
    }

    fn block_comment(&mut self) {
        let line = self.line;
        let mut text = String::new();
        let mut depth = 0_usize;
        while let Some(next) = self.bump() {
            text.push(next);
            match (next, self.peek(0)) {
                ('/', Some('*')) => depth += 1,
                ('*', Some('/')) => depth -= 1,
                _ => continue,
            }
            text.extend(self.bump());
            if depth == 0 {
                break;
            }
        }
        self.lexed.comments.push(Comment { line, text });
    }

    /// A text literal with escapes, from its opening quote on.
    fn text_literal(&mut self) {
        self.bump();
        while let Some(next) = self.bump() {
            match next {
                '"' => return,
                '\\' => {
                    self.bump();
                }
                _ => {}
            }
        }
    }

    /// A raw text literal, from its first `#` or its opening quote on.
    fn raw_text_literal(&mut self, hashes: usize) {
        for _ in 0..=hashes {
            self.bump();
        }
        while let Some(next) = self.bump() {
            if next == '"' && (0..hashes).all(|ahead| self.peek(ahead) == Some('#')) {
                for _ in 0..hashes {
                    self.bump();
                }
                return;
            }
        }
    }

    /// A character literal or a lifetime.
    fn quote(&mut self) {
        let line = self.line;
        self.bump();
        if self.peek(0) == Some('\\') {
            self.bump();
            self.bump();
            while self.bump().is_some_and(|next| next != '\'') {}
        } else if self.peek(1) == Some('\'') {
            self.bump();
            self.bump();
        } else {
            self.take_word();
        }
        self.push(line, TokenKind::Literal);
    }

    fn word(&mut self) {
        let line = self.line;
        let word = self.take_word();
        let rest = self.chars.get(self.at..).unwrap_or_default();
        let hashes = rest.iter().take_while(|next| **next == '#').count();
        let quoted = self.peek(hashes) == Some('"');
        match word.as_str() {
            "r" | "br" | "cr" if quoted => self.raw_text_literal(hashes),
            "b" | "c" if quoted && hashes == 0 => self.text_literal(),
            "b" if self.peek(0) == Some('\'') => return self.quote(),
            "r" if hashes == 1 && self.peek(1).is_some_and(is_word_start) => {
                self.bump();
                let raw = self.take_word();
                return self.push(line, TokenKind::Word(raw));
            }
            _ => return self.push(line, TokenKind::Word(word)),
        }
        self.push(line, TokenKind::Literal);
    }

    fn take_word(&mut self) -> String {
        let mut word = String::new();
        while let Some(next) = self.peek(0).filter(|next| *next == '_' || next.is_alphanumeric()) {
            word.push(next);
            self.bump();
        }
        word
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn bump(&mut self) -> Option<char> {
        let next = self.peek(0)?;
        self.at += 1;
        if next == '\n' {
            self.line += 1;
        }
        Some(next)
    }

    fn push(&mut self, line: usize, kind: TokenKind) {
        self.lexed.tokens.push(Token { line, kind });
    }
}

fn is_word_start(next: char) -> bool {
    next == '_' || next.is_alphabetic()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let words = lex(text).tokens.into_iter().filter_map(|token| match token.kind {
            TokenKind::Word(word) => Some(word),
            _ => None,
        });
        words.collect()
    }

    #[test]
    fn literals_and_comments_hold_no_words() {
        assert_eq!(words(r#"let a = "std::fs \" unsafe"; b"#), ["let", "a", "b"]);
        assert_eq!(words("r##\"unsafe \"# unsafe\"## end"), ["end"]);
        assert_eq!(words("b\"unsafe\" c\"unsafe\" br#\"unsafe\"# end"), ["end"]);
        assert_eq!(words("// unsafe\nend"), ["end"]);
        assert_eq!(words("/// unsafe\n//! unsafe\nend"), ["end"]);
        assert_eq!(words("/* unsafe /* unsafe */ unsafe */ end"), ["end"]);
    }

    #[test]
    fn quotes_of_characters_and_lifetimes_do_not_swallow_code() {
        assert_eq!(words(r#"'"' unsafe '"'"#), ["unsafe"]);
        assert_eq!(words(r"'\'' unsafe b'\\' x"), ["unsafe", "x"]);
        assert_eq!(words(r"'\u{5f00}' unsafe"), ["unsafe"]);
        assert_eq!(words("fn f<'a>(x: &'a str) { unsafe }"), ["fn", "f", "x", "str", "unsafe"]);
        assert_eq!(words("'outer: loop { unsafe }"), ["loop", "unsafe"]);
    }

    #[test]
    fn raw_words_and_numbers_are_told_apart() {
        assert_eq!(words("r#unsafe 0xfe_u8 1.5e3 0..n"), ["unsafe", "n"]);
    }

    #[test]
    fn lines_are_counted_through_everything() {
        let lexed = lex("/*\n*/ \"\n\n\" 'x'\n  here // note");
        let last = lexed.tokens.last().unwrap();
        assert!(last.is_word("here"));
        assert_eq!(last.line, 5);
        assert_eq!(lexed.comments.last().unwrap().line, 5);
    }

    #[test]
    fn unfinished_source_ends() {
        for text in ["\"", "r#\"", "/* /*", "'", "'\\", "b'", "r#"] {
            lex(text);
        }
    }
}
