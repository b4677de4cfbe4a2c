//! `cargo xtask shape`: files stay readable, nothing unfinished is committed, and no crate opts out
//! of the lints of the workspace.

use std::path::Path;

use crate::cargo::{self, Metadata};
use crate::error::TaskError;
use crate::lexer::{Lexed, lex};
use crate::report::{self, Violation};
use crate::source;

/// The most lines that a source file may have.
const LINES_MAX: usize = 800;

/// Macros that stand for code that is not there.
const STAND_INS: &[&str] = &["todo", "unimplemented"];

/// Words that mark unfinished work in a comment.
const MARKS: &[&str] = &["FIXME", "TODO", "XXX"];

/// Checks all source files of the workspace in `root`.
///
/// # Errors
///
/// [`TaskError::Violations`] after printing each one with its remedy; [`TaskError::Command`],
/// [`TaskError::Input`] or [`TaskError::Read`] if the workspace cannot be read.
pub(crate) fn run(root: &Path) -> Result<(), TaskError> {
    let text =
        cargo::output(root, &["metadata", "--no-deps", "--format-version", "1", "--offline"])?;
    let metadata = Metadata::parse(&text)?;
    let mut violations = Vec::new();
    let mut files = 0_usize;
    for package in metadata.own() {
        let manifest = package.folder.join("Cargo.toml");
        violations.extend(manifest_violation(&package.name, &source::read(&manifest)?));
        for path in source::files_below(&package.folder)? {
            let text = source::read(&path)?;
            let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            files += 1;
            violations.extend(length_violation(&shown, &text));
            violations.extend(unfinished(&shown, &lex(&text)));
        }
    }
    report::conclude("shape", &format!("{files} source files"), &violations)
}

/// A crate takes the lints of the workspace as they are.
fn manifest_violation(name: &str, manifest: &str) -> Option<Violation> {
    let mut lines = manifest.lines().map(str::trim).skip_while(|line| *line != "[lints]").skip(1);
    let inherits = lines
        .by_ref()
        .take_while(|line| !line.starts_with('['))
        .any(|line| line.replace(' ', "") == "workspace=true");
    (!inherits).then(|| {
        Violation::new(
            name,
            "the manifest does not take over the lints of the workspace",
            "add `[lints]` with `workspace = true`",
        )
    })
}

fn length_violation(shown: &str, text: &str) -> Option<Violation> {
    let lines = text.lines().count();
    (lines > LINES_MAX).then(|| {
        Violation::new(
            shown,
            format!("{lines} lines; {LINES_MAX} is the most"),
            "split the file where its subject changes",
        )
    })
}

fn unfinished(shown: &str, lexed: &Lexed) -> Vec<Violation> {
    let remedy = "finish it or leave it out; what is missing is an issue";
    let pairs = lexed.tokens.iter().zip(lexed.tokens.iter().skip(1));
    let macros = pairs.filter(|(_, mark)| mark.is_mark('!')).filter_map(|(word, _)| {
        let name = STAND_INS.iter().find(|name| word.is_word(name))?;
        let place = format!("{shown}:{}", word.line);
        Some(Violation::new(place, format!("`{name}!` stands in for code"), remedy))
    });
    let comments = lexed.comments.iter().flat_map(|comment| {
        comment.text.lines().zip(comment.line..).filter_map(|(text, line)| {
            let mark = MARKS.iter().find(|mark| words(text).any(|word| word == **mark))?;
            Some(Violation::new(
                format!("{shown}:{line}"),
                format!("a comment says {mark}"),
                remedy,
            ))
        })
    });
    macros.chain(comments).collect()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|next: char| !next.is_alphanumeric() && next != '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(text: &str) -> Vec<String> {
        let found = unfinished("f.rs", &lex(text));
        found
            .into_iter()
            .map(|violation| format!("{} {}", violation.place, violation.what))
            .collect()
    }

    #[test]
    fn unfinished_work_is_found_at_its_line() {
        assert_eq!(marks("fn f() {\n    todo!()\n}"), ["f.rs:2 `todo!` stands in for code"]);
        assert_eq!(marks("unimplemented! { }"), ["f.rs:1 `unimplemented!` stands in for code"]);
        assert_eq!(marks("/*\n * TODO: later\n */"), ["f.rs:2 a comment says TODO"]);
        assert_eq!(marks("/// FIXME"), ["f.rs:1 a comment says FIXME"]);
    }

    #[test]
    fn other_uses_of_the_words_are_fine() {
        for text in ["let todo = 1;", "\"TODO\"", "// mastodons, TODOS", "f(todo)", "a != todo"] {
            assert_eq!(marks(text), Vec::<String>::new(), "`{text}` was accused");
        }
    }

    #[test]
    fn a_file_may_have_eight_hundred_lines_and_no_more() {
        assert_eq!(length_violation("f.rs", &"x\n".repeat(800)), None);
        assert!(length_violation("f.rs", &"x\n".repeat(801)).is_some());
    }

    #[test]
    fn a_manifest_that_sets_lints_of_its_own_is_refused() {
        assert_eq!(manifest_violation("a", "[lints]\nworkspace = true\n"), None);
        assert_eq!(manifest_violation("a", "[lints]\nworkspace=true\n[dependencies]\n"), None);
        for manifest in [
            "",
            "[package]\nname = \"a\"\n",
            "[lints]\nworkspace = false\n",
            "[lints]\n[package]\nworkspace = true\n",
            "[lints.rust]\nunused = \"allow\"\n",
            "[package]\nworkspace = true\n",
        ] {
            assert!(manifest_violation("a", manifest).is_some(), "`{manifest}` was accepted");
        }
    }
}
