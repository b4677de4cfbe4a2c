//! Licence expressions as crates write them.
//!
//! Source: SPDX specification, annex "SPDX license expressions": `AND` binds tighter than `OR`,
//! `WITH` tighter than both. Older crates write `/` where they mean `OR`.

use std::collections::BTreeSet;

/// Whether `expression` lets us choose licences that are all in `allowed`.
///
/// A licence with an exception is allowed only if it is listed together with the exception.
///
/// # Errors
///
/// A text that says where the expression is malformed.
pub(super) fn allows(expression: &str, allowed: &BTreeSet<String>) -> Result<bool, String> {
    let words = words(expression);
    let mut parser = Parser { words: &words, at: 0, allowed };
    let verdict = parser.any()?;
    match parser.next() {
        None => Ok(verdict),
        Some(word) => Err(format!("`{word}` is not expected in `{expression}`")),
    }
}

fn words(expression: &str) -> Vec<String> {
    let mut spaced = String::new();
    for next in expression.chars() {
        if matches!(next, '(' | ')' | '/') {
            spaced.extend([' ', next, ' ']);
        } else {
            spaced.push(next);
        }
    }
    spaced.split_whitespace().map(str::to_owned).collect()
}

struct Parser<'a> {
    words: &'a [String],
    at: usize,
    allowed: &'a BTreeSet<String>,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.words.get(self.at).map(String::as_str)
    }

    fn next(&mut self) -> Option<&'a str> {
        let word = self.peek();
        self.at += 1;
        word
    }

    fn any(&mut self) -> Result<bool, String> {
        let mut verdict = self.all()?;
        while matches!(self.peek(), Some("OR" | "/")) {
            self.next();
            verdict |= self.all()?;
        }
        Ok(verdict)
    }

    fn all(&mut self) -> Result<bool, String> {
        let mut verdict = self.one()?;
        while self.peek() == Some("AND") {
            self.next();
            verdict &= self.one()?;
        }
        Ok(verdict)
    }

    fn one(&mut self) -> Result<bool, String> {
        if self.peek() == Some("(") {
            self.next();
            let verdict = self.any()?;
            return match self.next() {
                Some(")") => Ok(verdict),
                _ => Err("a bracket is not closed".to_owned()),
            };
        }
        let licence = self.id()?;
        if self.peek() != Some("WITH") {
            return Ok(self.allowed.contains(licence));
        }
        self.next();
        let exception = self.id()?;
        Ok(self.allowed.contains(&format!("{licence} WITH {exception}")))
    }

    fn id(&mut self) -> Result<&'a str, String> {
        let word = self.next().ok_or("it ends where a licence is expected")?;
        let plain = word.chars().all(|next| next.is_ascii_alphanumeric() || ".-+:".contains(next));
        let operator = ["AND", "OR", "WITH"].iter().any(|known| known.eq_ignore_ascii_case(word));
        if plain && !operator { Ok(word) } else { Err(format!("`{word}` is no licence")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(expression: &str) -> Result<bool, String> {
        let allowed = ["MIT", "Apache-2.0", "ISC", "Apache-2.0 WITH LLVM-exception"];
        allows(expression, &allowed.map(str::to_owned).into())
    }

    #[test]
    fn one_allowed_choice_is_enough() {
        for expression in [
            "MIT",
            "MIT OR GPL-3.0-only",
            "GPL-3.0-only OR MIT",
            "Unlicense/MIT",
            "MIT AND ISC",
            "MIT OR GPL-3.0-only AND Proprietary",
            "GPL-2.0+ OR (MIT AND (ISC OR GPL-3.0-only))",
            "Apache-2.0 WITH LLVM-exception",
            "(MIT)",
        ] {
            assert_eq!(verdict(expression), Ok(true), "{expression}");
        }
    }

    #[test]
    fn a_duty_that_is_not_allowed_cannot_be_chosen_away() {
        for expression in [
            "GPL-3.0-only",
            "mit",
            "MIT AND GPL-3.0-only",
            "MIT AND Unicode-3.0",
            "(MIT OR Apache-2.0) AND GPL-3.0-only",
            "GPL-3.0-only OR LGPL-3.0-only",
            "MIT WITH Classpath-exception-2.0",
            "ISC WITH LLVM-exception",
            "GPL-3.0-only/AGPL-3.0-only",
            "GPL-3.0-only AND MIT OR LGPL-2.1-only",
        ] {
            assert_eq!(verdict(expression), Ok(false), "{expression}");
        }
    }

    #[test]
    fn a_malformed_expression_is_an_error() {
        for expression in [
            "",
            "  ",
            "OR",
            "MIT OR",
            "OR MIT",
            "MIT or ISC",
            "MIT ISC",
            "(MIT",
            "MIT)",
            "()",
            "MIT WITH",
            "WITH MIT",
            "MIT OR OR ISC",
            "MIT//ISC",
            "MIT, ISC",
            "MIT & ISC",
        ] {
            assert!(verdict(expression).is_err(), "`{expression}` was accepted");
        }
    }
}
