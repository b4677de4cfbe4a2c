//! `cargo xtask traces`: every attack, negative test and ruling has an answer, and the tests that it
//! names exist.
//!
//! The table is `docs/spec/threats.md`: rows that begin with an id (`A7`, `E21`, `N12`, `R3`). Tests stand
//! in them as `` `crate::name_of_the_test` ``, with the folder of the crate below `crates/`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::path::Path;

use crate::error::TaskError;
use crate::lexer::{Lexed, lex};
use crate::report::{self, Violation};
use crate::source;

/// The file with the rows.
const TABLE: &str = "docs/spec/threats.md";

/// The families of ids, and the numbers each has.
const FAMILIES: &[(char, &[RangeInclusive<u32>])] =
    &[('A', &[1..=35]), ('E', &[3..=28, 52..=53, 60..=60]), ('N', &[1..=57]), ('R', &[1..=30])];

/// What a row says instead of naming tests.
const ABSENT: &str = "not built";

/// Checks the table of the workspace in `root`.
///
/// # Errors
///
/// [`TaskError::Violations`] after printing each one with its remedy; [`TaskError::Read`] if the
/// table or a source file cannot be read.
pub(crate) fn run(root: &Path) -> Result<(), TaskError> {
    let rows = rows(&source::read(&root.join(TABLE))?);
    let mut functions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in &rows {
        for (krate, _) in &row.tests {
            if !functions.contains_key(krate) {
                functions.insert(krate.clone(), functions_of(&root.join("crates").join(krate))?);
            }
        }
    }
    let violations = violations(&rows, &functions);
    let tests: usize = rows.iter().map(|row| row.tests.len()).sum();
    report::conclude("traces", &format!("{} rows, {tests} tests named", rows.len()), &violations)
}

/// One row of the table.
#[derive(Debug, Eq, PartialEq)]
struct Row {
    id: String,
    line: usize,
    /// Crate and function.
    tests: Vec<(String, String)>,
    absent: bool,
}

fn rows(text: &str) -> Vec<Row> {
    let numbered = text.lines().zip(1_usize..);
    numbered.filter_map(|(line, number)| row(line, number)).collect()
}

fn row(text: &str, line: usize) -> Option<Row> {
    let id = text.strip_prefix("| ")?.split(" |").next()?;
    let digits = id.strip_prefix(|first: char| FAMILIES.iter().any(|(name, _)| *name == first))?;
    digits.parse::<u32>().ok()?;
    let quoted = text.split('`').skip(1).step_by(2);
    let tests = quoted.filter_map(|word| {
        let (krate, name) = word.split_once("::")?;
        let plain = |part: &str| {
            part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        };
        (plain(krate) && plain(name)).then(|| (krate.to_owned(), name.to_owned()))
    });
    Some(Row { id: id.to_owned(), line, tests: tests.collect(), absent: text.contains(ABSENT) })
}

/// Names of all functions in the sources of a crate, tests among them.
fn functions_of(folder: &Path) -> Result<BTreeSet<String>, TaskError> {
    let mut names = BTreeSet::new();
    for path in source::files_below(folder)? {
        let Lexed { tokens, .. } = lex(&source::read(&path)?);
        let pairs = tokens.iter().zip(tokens.iter().skip(1));
        names.extend(
            pairs
                .filter(|(word, _)| word.is_word("fn"))
                .filter_map(|(_, name)| name.word())
                .map(str::to_owned),
        );
    }
    Ok(names)
}

fn violations(rows: &[Row], functions: &BTreeMap<String, BTreeSet<String>>) -> Vec<Violation> {
    let mut found = Vec::new();
    for (family, numbers) in FAMILIES {
        for number in numbers.iter().cloned().flatten() {
            let id = format!("{family}{number}");
            match rows.iter().filter(|row| row.id == id).count() {
                1 => {}
                0 => found.push(Violation::new(TABLE, format!("{id} has no row"), "answer it")),
                _ => found.push(Violation::new(TABLE, format!("{id} has two rows"), "join them")),
            }
        }
    }
    for row in rows {
        let place = format!("{TABLE}:{}", row.line);
        if row.tests.is_empty() && !row.absent {
            let what = format!("{} names no test", row.id);
            let remedy = format!("name one, or say `{ABSENT}`");
            found.push(Violation::new(&place, what, remedy));
        }
        for (krate, name) in &row.tests {
            if !functions.get(krate).is_some_and(|known| known.contains(name)) {
                let what = format!("{} names `{krate}::{name}`, which is not there", row.id);
                found.push(Violation::new(&place, what, "name the test as it is called now"));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole() -> String {
        let ids = FAMILIES.iter().flat_map(|(family, numbers)| {
            let numbers = numbers.iter().cloned().flatten();
            numbers.map(move |number| format!("| {family}{number} | x | `seal::good`, `E_LEN` |\n"))
        });
        ["| id | what | tests |\n|---|---|---|\n".to_owned()].into_iter().chain(ids).collect()
    }

    fn found(text: &str) -> Vec<String> {
        let known = BTreeSet::from(["good".to_owned()]);
        let functions = BTreeMap::from([("seal".to_owned(), known)]);
        violations(&rows(text), &functions).into_iter().map(|v| v.what).collect()
    }

    #[test]
    fn a_whole_table_passes() {
        assert_eq!(found(&whole()), Vec::<String>::new());
    }

    #[test]
    fn a_missing_double_or_empty_row_is_found() {
        let text = whole();
        assert_eq!(found(&text.replace("| A7 |", "| Z7 |")), ["A7 has no row"]);
        assert_eq!(found(&text.replace("| E52 |", "| E29 |")), ["E52 has no row"]);
        assert_eq!(found(&format!("{text}| N3 | x | `seal::good` |\n")), ["N3 has two rows"]);
        let empty = text.replace("| R2 | x | `seal::good`, `E_LEN` |", "| R2 | x | `E_LEN` |");
        assert_eq!(found(&empty), ["R2 names no test"]);
        let absent = text.replace("| R2 | x | `seal::good`, `E_LEN` |", "| R2 | not built |");
        assert!(found(&absent).is_empty());
    }

    #[test]
    fn a_test_that_is_gone_is_found() {
        let text = whole().replace("| A1 | x | `seal::good`", "| A1 | x | `seal::gone`");
        assert_eq!(found(&text), ["A1 names `seal::gone`, which is not there"]);
        let text = whole().replace("| A1 | x | `seal::good`", "| A1 | x | `hall::good`");
        assert_eq!(found(&text), ["A1 names `hall::good`, which is not there"]);
    }
}
