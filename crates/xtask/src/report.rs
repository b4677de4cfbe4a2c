//! What a check found, and how it is told.

use std::fmt;
use std::io::Write as _;

use crate::error::TaskError;

/// One breach of a rule.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Violation {
    /// The file, crate or file and line.
    pub(crate) place: String,
    /// What is wrong.
    pub(crate) what: String,
    /// What to do about it.
    pub(crate) remedy: String,
}

impl Violation {
    /// A breach at `place`.
    pub(crate) fn new(
        place: impl Into<String>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { place: place.into(), what: what.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n    remedy: {}", self.place, self.what, self.remedy)
    }
}

/// Prints every violation and turns them into the result of the check; `seen` says what was looked
/// at, so that an empty check is visible.
///
/// # Errors
///
/// [`TaskError::Violations`] if there is at least one.
pub(crate) fn conclude(
    check: &'static str,
    seen: &str,
    violations: &[Violation],
) -> Result<(), TaskError> {
    for violation in violations {
        eprintln!("{violation}");
    }
    if violations.is_empty() {
        eprintln!("{check}: {seen}, no violation");
        return Ok(());
    }
    Err(TaskError::Violations { check, count: violations.len() })
}

/// Writes one line to stdout. A reader that has gone away is no error of ours.
pub(crate) fn line(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_violation_is_enough_to_fail() {
        let found = [Violation::new("a", "b", "c")];
        let result = conclude("layers", "1 crate", &found);
        assert!(matches!(result, Err(TaskError::Violations { check: "layers", count: 1 })));
        assert!(conclude("layers", "1 crate", &[]).is_ok());
    }

    #[test]
    fn the_remedy_is_part_of_the_text() {
        let text = Violation::new("crates/a", "points up", "move it down").to_string();
        assert_eq!(text, "crates/a: points up\n    remedy: move it down");
    }
}
