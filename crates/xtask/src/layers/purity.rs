//! Rules on the source text of our crates.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::table::{FILES, IMPURE_PATHS, Purity, UNSAFE, purity};
use crate::cargo::Package;
use crate::error::TaskError;
use crate::lexer::lex;
use crate::report::Violation;
use crate::source::{self, WithoutTests};

/// What a walk through the source text found.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// How many files were read.
    pub(super) files: usize,
    /// All breaches, in order of crates and files.
    pub(super) violations: Vec<Violation>,
}

/// Reads all source files of the crates `own`.
///
/// # Errors
///
/// [`TaskError::Read`] if one cannot be read.
pub(super) fn scan(root: &Path, own: &[&Package]) -> Result<Scan, TaskError> {
    let mut scan = Scan::default();
    for package in own {
        let purity = purity(&package.name);
        let inner = package.folder.join("src");
        let mut kept = Vec::new();
        let mut tests = BTreeSet::new();
        for path in source::files_below(&package.folder)? {
            let text = source::read(&path)?;
            let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            scan.files += 1;
            scan.violations.extend(unsafe_violations(&shown, &text));
            if purity != Purity::Free && path.starts_with(&inner) {
                let without = source::without_tests(&lex(&text).tokens);
                tests.extend(without.test_modules.iter().map(|name| module_folder(&path, name)));
                kept.push((path, shown, without));
            }
        }
        for (path, shown, without) in kept {
            if !tests.contains(&path.with_extension("")) && !below_any(&path, &tests) {
                scan.violations.extend(purity_violations(purity, &shown, &without));
            }
        }
    }
    Ok(scan)
}

/// Where the module `name`, declared in the file `path`, lives, without an extension.
fn module_folder(path: &Path, name: &str) -> PathBuf {
    let folder = path.parent().unwrap_or(path);
    match path.file_stem().and_then(|stem| stem.to_str()) {
        Some("lib" | "main" | "mod") | None => folder.join(name),
        Some(stem) => folder.join(stem).join(name),
    }
}

fn below_any(path: &Path, folders: &BTreeSet<PathBuf>) -> bool {
    path.ancestors().any(|ancestor| folders.contains(ancestor))
}

/// No crate of ours steps outside the checks of the compiler, but for the lines of [`UNSAFE`].
fn unsafe_violations(shown: &str, text: &str) -> Vec<Violation> {
    let allowed = UNSAFE.iter().find(|(file, _)| *file == shown).map_or(0, |(_, count)| *count);
    let tokens = lex(text).tokens;
    let uses = tokens.iter().filter(|token| token.is_word("unsafe"));
    uses.skip(allowed)
        .map(|token| {
            Violation::new(
                format!("{shown}:{}", token.line),
                "`unsafe` is used",
                "use a checked way or a reviewed foreign crate",
            )
        })
        .collect()
}

/// A pure crate names nothing of the outside world, or nothing but files.
fn purity_violations(purity: Purity, shown: &str, source: &WithoutTests) -> Vec<Violation> {
    let permitted = |pattern: &str| purity == Purity::WithFiles && pattern == FILES;
    let mut found = Vec::new();
    for path in source::paths(&source.tokens) {
        for (pattern, remedy) in IMPURE_PATHS {
            if path.names(pattern) && !permitted(pattern) {
                found.push(Violation::new(
                    format!("{shown}:{}", path.line),
                    format!("a pure crate names `{pattern}`"),
                    *remedy,
                ));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn impure(text: &str) -> Vec<String> {
        impure_for(Purity::Pure, text)
    }

    fn impure_for(purity: Purity, text: &str) -> Vec<String> {
        purity_violations(purity, "f.rs", &source::without_tests(&lex(text).tokens))
            .into_iter()
            .map(|violation| format!("{} {}", violation.place, violation.what))
            .collect()
    }

    #[test]
    fn every_forbidden_path_is_found_and_its_line_is_named() {
        for (pattern, _) in IMPURE_PATHS {
            let text = format!("fn f() {{}}\nuse {pattern};");
            let found = impure(&text);
            let wanted = format!("f.rs:2 a pure crate names `{pattern}`");
            assert!(found.contains(&wanted), "{pattern}: {found:?}");
        }
    }

    #[test]
    fn the_same_words_in_comments_texts_and_tests_are_no_use() {
        assert_eq!(
            impure("//! Never `std::fs`.\n/* SystemTime */ fn f() {}"),
            Vec::<String>::new()
        );
        assert_eq!(impure("const A: &str = \"std::net, OsRng\";"), Vec::<String>::new());
        assert_eq!(impure("#[cfg(test)] mod tests { use std::fs; }"), Vec::<String>::new());
        assert_eq!(impure("use std::{fmt, time::Duration};"), Vec::<String>::new());
    }

    #[test]
    fn a_use_beside_a_test_module_is_still_found() {
        let found = impure("#[cfg(test)] mod tests { use std::fs; }\nuse std::{fmt, fs};");
        assert_eq!(found, ["f.rs:2 a pure crate names `std::fs`"]);
        assert_eq!(impure("#[cfg(not(test))] fn f() { std::env::args(); }").len(), 1);
    }

    #[test]
    fn a_crate_that_may_use_files_may_use_nothing_else() {
        let text = "use std::{fs::File, net::TcpStream, time::SystemTime};";
        assert_eq!(impure(text).len(), 3);
        assert_eq!(impure_for(Purity::WithFiles, text).len(), 2);
        assert_eq!(purity("kaibiao-evidence"), Purity::WithFiles);
        assert_eq!(purity("kaibiao-journal"), Purity::Pure);
        assert_eq!(purity("kaibiao-record"), Purity::Pure);
        assert_eq!(purity("kaibiao-room"), Purity::Free);
    }

    #[test]
    fn unsafe_is_found_in_code_only() {
        assert_eq!(unsafe_violations("f.rs", "// unsafe\nfn f() { \"unsafe\"; }").len(), 0);
        let found = unsafe_violations("f.rs", "#![forbid(unsafe_code)]\n\nunsafe fn f() {}");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].place, "f.rs:3");
        assert_eq!(unsafe_violations("f.rs", "#[unsafe(no_mangle)] fn f() {}").len(), 1);
        let twice = "fn f() { unsafe { a() }; unsafe { b() } }";
        let (file, count) = UNSAFE[0];
        assert_eq!((unsafe_violations(file, twice).len(), count), (1, 1));
        assert_eq!(unsafe_violations("f.rs", twice).len(), 2);
    }

    #[test]
    fn a_test_module_in_its_own_file_is_known_by_its_folder() {
        let cases = [
            ("src/lib.rs", "src/tests"),
            ("src/log/mod.rs", "src/log/tests"),
            ("src/log.rs", "src/log/tests"),
        ];
        for (path, wanted) in cases {
            assert_eq!(module_folder(Path::new(path), "tests"), Path::new(wanted));
        }
        let folders = BTreeSet::from([PathBuf::from("src/log/tests")]);
        assert!(below_any(Path::new("src/log/tests/deep/a.rs"), &folders));
        assert!(!below_any(Path::new("src/log/testsuite/a.rs"), &folders));
        assert!(!below_any(Path::new("src/log/entry.rs"), &folders));
    }
}
