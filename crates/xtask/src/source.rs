//! Source files and the paths they name.

use std::path::{Path, PathBuf};

use crate::error::TaskError;
use crate::lexer::{Token, TokenKind};

/// A path as written, such as `std::fs::File`; groups of a `use` are written out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct NamedPath {
    /// Line of its last segment, counted from 1.
    pub(crate) line: usize,
    /// Its segments; a glob is the segment `*`.
    pub(crate) segments: Vec<String>,
}

impl NamedPath {
    /// Whether the segments of `pattern` (written with `::`) stand side by side in this path.
    pub(crate) fn names(&self, pattern: &str) -> bool {
        let wanted: Vec<&str> = pattern.split("::").collect();
        self.segments.windows(wanted.len()).any(|window| window == wanted.as_slice())
    }
}

/// All `.rs` files below `folder`, in order of their names; an absent folder has none.
///
/// # Errors
///
/// [`TaskError::Read`] if a folder cannot be listed.
pub(crate) fn files_below(folder: &Path) -> Result<Vec<PathBuf>, TaskError> {
    let mut files = Vec::new();
    if folder.is_dir() {
        collect(folder, &mut files)?;
    }
    files.sort();
    Ok(files)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), TaskError> {
    let unreadable = |source| TaskError::Read { path: folder.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

/// Reads a text file.
///
/// # Errors
///
/// [`TaskError::Read`] if it is absent, unreadable or not UTF-8.
pub(crate) fn read(path: &Path) -> Result<String, TaskError> {
    std::fs::read_to_string(path)
        .map_err(|source| TaskError::Read { path: path.to_owned(), source })
}

/// What remains of a file without its tests.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct WithoutTests {
    /// The tokens outside items marked `#[cfg(test)]`.
    pub(crate) tokens: Vec<Token>,
    /// Names of test modules that live in files of their own.
    pub(crate) test_modules: Vec<String>,
}

/// Leaves out every item marked `#[cfg(test)]` or `#[cfg(all(test, …))]`, and the whole file if
/// the mark is an inner one.
pub(crate) fn without_tests(tokens: &[Token]) -> WithoutTests {
    let mut kept = WithoutTests::default();
    let mut rest = tokens;
    while let Some((first, after)) = rest.split_first() {
        if let Some((inner, beyond)) = test_mark(rest) {
            if inner {
                return WithoutTests::default();
            }
            rest = skip_item(beyond, &mut kept.test_modules);
        } else {
            kept.tokens.push(first.clone());
            rest = after;
        }
    }
    kept
}

/// If `tokens` begin with a test mark: whether it is an inner one, and what follows it.
fn test_mark(tokens: &[Token]) -> Option<(bool, &[Token])> {
    let (content, inner, beyond) = attribute(tokens)?;
    let words: Vec<&str> = content
        .iter()
        .filter_map(|token| match &token.kind {
            TokenKind::Word(word) => Some(word.as_str()),
            _ => None,
        })
        .collect();
    let marked = matches!(words.as_slice(), ["cfg", "test"] | ["cfg", "all", "test", ..]);
    marked.then_some((inner, beyond))
}

/// The content of the attribute that `tokens` begin with, whether it is an inner one, and what
/// follows it.
fn attribute(tokens: &[Token]) -> Option<(&[Token], bool, &[Token])> {
    let after_hash = tokens.split_first().filter(|(first, _)| first.is_mark('#'))?.1;
    let (inner, bracket) = match after_hash.split_first() {
        Some((mark, after)) if mark.is_mark('!') => (true, after),
        _ => (false, after_hash),
    };
    bracket.first().filter(|first| first.is_mark('['))?;
    let end = closing(bracket)?;
    Some((bracket.get(1..end)?, inner, bracket.get(end + 1..)?))
}

/// Position of the bracket that closes the one at the start of `tokens`.
fn closing(tokens: &[Token]) -> Option<usize> {
    let mut depth = 0_usize;
    for (position, token) in tokens.iter().enumerate() {
        match token.kind {
            TokenKind::Mark('(' | '[' | '{') => depth += 1,
            TokenKind::Mark(')' | ']' | '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return Some(position);
        }
    }
    None
}

/// What follows the item at the start of `tokens`; the name of a module without a body is noted.
fn skip_item<'a>(tokens: &'a [Token], modules: &mut Vec<String>) -> &'a [Token] {
    let mut rest = tokens;
    while let Some((_, false, beyond)) = attribute(rest) {
        rest = beyond;
    }
    let mut words: Vec<&str> = Vec::new();
    while let Some((first, after)) = rest.split_first() {
        match &first.kind {
            TokenKind::Mark(';') => {
                if let ["mod", name] | [.., "mod", name] = words.as_slice() {
                    modules.push((*name).to_owned());
                }
                return after;
            }
            TokenKind::Mark('{') => return beyond_bracket(rest),
            TokenKind::Mark('(' | '[') => rest = beyond_bracket(rest),
            TokenKind::Mark('}') => return rest,
            TokenKind::Word(word) => {
                words.push(word);
                rest = after;
            }
            _ => rest = after,
        }
    }
    rest
}

fn beyond_bracket(tokens: &[Token]) -> &[Token] {
    closing(tokens).and_then(|end| tokens.get(end + 1..)).unwrap_or_default()
}

/// All paths that `tokens` name, each word alone included.
pub(crate) fn paths(tokens: &[Token]) -> Vec<NamedPath> {
    let mut found = Vec::new();
    let mut rest = tokens;
    while !rest.is_empty() {
        rest = tree(rest, &[], &mut found);
    }
    found
}

/// Reads one path or group at the start of `tokens` and returns what follows it.
fn tree<'a>(tokens: &'a [Token], prefix: &[String], found: &mut Vec<NamedPath>) -> &'a [Token] {
    let Some((first, after)) = tokens.split_first() else { return tokens };
    let segment = match &first.kind {
        TokenKind::Word(word) => word.clone(),
        TokenKind::Mark('*') if !prefix.is_empty() => "*".to_owned(),
        TokenKind::Mark('{') if !prefix.is_empty() => return group(after, prefix, found),
        _ => return after,
    };
    let mut segments = prefix.to_vec();
    segments.push(segment);
    let path = NamedPath { line: first.line, segments };
    match after {
        [a, b, beyond @ ..] if a.is_mark(':') && b.is_mark(':') && goes_on(beyond) => {
            tree(beyond, &path.segments, found)
        }
        _ => {
            found.push(path);
            after
        }
    }
}

fn goes_on(tokens: &[Token]) -> bool {
    tokens
        .first()
        .is_some_and(|token| matches!(token.kind, TokenKind::Word(_) | TokenKind::Mark('{' | '*')))
}

fn group<'a>(tokens: &'a [Token], prefix: &[String], found: &mut Vec<NamedPath>) -> &'a [Token] {
    let mut rest = tokens;
    while let Some((first, after)) = rest.split_first() {
        if first.is_mark('}') {
            return after;
        }
        rest = tree(rest, prefix, found);
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexer::lex;

    fn named(text: &str, pattern: &str) -> bool {
        paths(&lex(text).tokens).iter().any(|path| path.names(pattern))
    }

    #[test]
    fn a_path_is_found_however_it_is_imported() {
        for text in [
            "use std::fs;",
            "use std::fs::File;",
            "use std::{collections::BTreeMap, fs};",
            "use std::{io, fs::{self, File}};",
            "let x = ::std::fs::read(p);",
            "fn f() -> std::fs::File {}",
        ] {
            assert!(named(text, "std::fs"), "missed in `{text}`");
        }
        assert!(named("use std::time::{Duration, SystemTime as Clock};", "SystemTime"));
        assert!(named("use std::{prelude, time::*};", "std::time::*"));
        assert!(named("match x { _ => time::Instant::now() }", "Instant::now"));
    }

    #[test]
    fn a_similar_name_is_not_the_name() {
        for text in [
            "use std::fmt;",
            "use crate::fs;",
            "use std::{fmt, io}; use crate::{fs};",
            "let std = 1; let fs = 2;",
            "use std::fsx;",
            "a * fs",
            "mod std { mod fs {} }",
        ] {
            assert!(!named(text, "std::fs"), "found in `{text}`");
        }
        assert!(!named("Instant::nowhere(); SystemTimes", "Instant::now"));
    }

    #[test]
    fn unfinished_groups_end() {
        for text in ["use std::{", "use std::{a::{b", "std::", "::", "{", "*"] {
            paths(&lex(text).tokens);
        }
    }

    fn words_left(text: &str) -> (Vec<String>, Vec<String>) {
        let kept = without_tests(&lex(text).tokens);
        let words = kept.tokens.into_iter().filter_map(|token| match token.kind {
            TokenKind::Word(word) => Some(word),
            _ => None,
        });
        (words.collect(), kept.test_modules)
    }

    #[test]
    fn test_items_are_left_out_and_nothing_else() {
        let text = "a; #[cfg(test)] mod tests { fn f() { x } } b; \
                    #[cfg(test)] use std::fs; c; #[cfg(all(test, unix))] #[allow(y)] fn g(z: [u8; 2]) { w } d";
        assert_eq!(words_left(text).0, ["a", "b", "c", "d"]);
        assert_eq!(words_left("#![cfg(test)] a").0, Vec::<String>::new());
        let (words, modules) = words_left("#[cfg(test)] pub(crate) mod cases; a");
        assert_eq!((words, modules), (vec!["a".to_owned()], vec!["cases".to_owned()]));
    }

    #[test]
    fn a_condition_that_also_holds_outside_tests_keeps_its_item() {
        for text in [
            "#[cfg(not(test))] mod a { clock }",
            "#[cfg(any(test, unix))] mod a { clock }",
            "#[cfg(feature = \"test\")] mod a { clock }",
            "#[test_case] mod a { clock }",
            "#[derive(test)] mod a { clock }",
        ] {
            assert!(words_left(text).0.contains(&"clock".to_owned()), "lost in `{text}`");
        }
    }

    #[test]
    fn a_test_mark_without_an_item_ends() {
        for text in ["#[cfg(test)]", "#[cfg(test)", "#", "#[cfg(test)] fn f(", "m { #[cfg(test)] }"]
        {
            words_left(text);
        }
    }
}
