//! What code and which tests there are, by path.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::error::TaskError;
use crate::lexer::{Token, lex};
use crate::source;

/// The words before a name that code is found by.
const ITEMS: &[&str] = &["fn", "const", "struct", "enum"];

/// Items and tests of all crates.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    /// `crate::module::item`, without tests.
    code: BTreeSet<String>,
    /// Tests by crate.
    tests: BTreeMap<String, BTreeSet<String>>,
}

impl Names {
    /// Reads all crates of the workspace in `root`.
    ///
    /// # Errors
    ///
    /// [`TaskError::Read`] if a folder or file cannot be read.
    pub(super) fn of(root: &Path) -> Result<Self, TaskError> {
        let mut names = Self::default();
        let crates = root.join("crates");
        for path in source::files_below(&crates)? {
            let inside = path.strip_prefix(&crates).unwrap_or(&path).with_extension("");
            let parts: Vec<&str> = inside.iter().filter_map(|part| part.to_str()).collect();
            let [krate, modules @ ..] = parts.as_slice() else { continue };
            names.add(krate, modules, &source::read(&path)?);
        }
        Ok(names)
    }

    /// Takes in one file; `modules` is its path in the crate, such as `src`, `guard`, `freeze`.
    pub(super) fn add(&mut self, krate: &str, modules: &[&str], text: &str) {
        let tokens = lex(text).tokens;
        let tests = tests(&tokens).into_iter().map(str::to_owned);
        self.tests.entry(krate.to_owned()).or_default().extend(tests);
        if modules.first() == Some(&"tests") {
            return;
        }
        let silent = ["src", "lib", "main", "mod"];
        let modules: Vec<&str> =
            modules.iter().copied().filter(|name| !silent.contains(name)).collect();
        let kept = source::without_tests(&tokens).tokens;
        for (word, name) in kept.iter().zip(kept.iter().skip(1)) {
            let item = ITEMS.iter().any(|item| word.is_word(item));
            if let Some(name) = name.word().filter(|_| item) {
                let path = [&[krate], modules.as_slice(), &[name]].concat();
                self.code.insert(path.join("::"));
            }
        }
    }

    /// Whether there is an item at `crate::module::item`.
    pub(super) fn has_code(&self, path: &str) -> bool {
        self.code.contains(path)
    }

    /// Whether the crate has a test: `crate::test`.
    pub(super) fn has_test(&self, path: &str) -> bool {
        path.split_once("::").is_some_and(|(krate, name)| {
            self.tests.get(krate).is_some_and(|all| all.contains(name))
        })
    }
}

/// Names of the functions that stand behind `#[test]` or an attribute that ends so.
fn tests(tokens: &[Token]) -> Vec<&str> {
    let mut found = Vec::new();
    let mut marked = false;
    for window in tokens.windows(3) {
        let [first, second, third] = window else { continue };
        if first.is_mark(';') || first.is_mark('{') || first.is_mark('}') {
            marked = false;
        }
        // `#[test]` and `#[tokio::test]`, not `#[cfg(test)]`.
        if second.is_word("test") && (third.is_mark(']') || third.is_mark('(')) {
            marked = first.is_mark('[') || first.is_mark(':');
        }
        if marked && first.is_word("fn") {
            found.extend(second.word());
            marked = false;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(modules: &[&str], text: &str) -> Names {
        let mut names = Names::default();
        names.add("a", modules, text);
        names
    }

    #[test]
    fn items_are_found_by_their_file() {
        let names = file(&["src", "guard", "freeze"], "impl S { pub fn f() {} } const C: u8 = 1;");
        assert!(names.has_code("a::guard::freeze::f") && names.has_code("a::guard::freeze::C"));
        for path in ["a::f", "a::guard::f", "b::guard::freeze::f", "a::guard::freeze::g", "f", ""] {
            assert!(!names.has_code(path), "{path}");
        }
        let names = file(&["src", "lib"], "pub struct S;");
        assert!(names.has_code("a::S"));
    }

    #[test]
    fn tests_are_no_code_and_helpers_are_no_tests() {
        let text = "#[cfg(test)] mod tests { fn help() {} #[test] #[ignore] fn one() { fn in_it() {} } \
                    #[tokio::test(flavor = \"x\")] async fn two() {} }";
        let names = file(&["src", "lib"], text);
        assert!(names.has_test("a::one") && names.has_test("a::two"));
        for path in ["a::help", "a::in_it", "b::one", "one"] {
            assert!(!names.has_test(path), "{path}");
        }
        assert!(!names.has_code("a::one") && !names.has_code("a::help"));
        let names =
            file(&["tests", "whole"], "fn help() {} proptest! { #[test] fn p(a in 0..9) {} }");
        assert!(names.has_test("a::p") && !names.has_code("a::help"));
    }
}
