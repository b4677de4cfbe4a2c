//! `cargo xtask law-report`: every duty of the law has code and a test, or says why it has none.
//!
//! The duties stand in `docs/law/*.toml`, one file for each law ([`mod@file`]). Code and tests are named
//! by path, and [`names`] knows whether they are there. An article that a refusal of the procedure
//! cites needs a duty of its own.

mod file;
mod names;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::error::TaskError;
use crate::report::{self, Violation};
use crate::source;
use file::{Answer, Duty, Law};
use names::Names;

/// The folder of the duties.
const FOLDER: &str = "docs/law";

/// The sources whose texts may cite an article to a person.
const REFUSALS: &str = "crates/opening/src";

/// The duties that must be there. A letter tells apart the articles behind one duty. A file may hold
/// more, never fewer.
const DUTIES: &[&str] = &[
    "1", "2", "3a", "3b", "4a", "4b", "5a", "5b", "6a", "6b", "7a", "7b", "8", "9", "10a", "10b",
    "10c", "11", "12a", "12b", "13", "14", "15", "16a", "16b", "17a", "17b", "18a", "18b", "19a",
    "19b", "20", "21", "22", "23", "24a", "24b", "24c", "25a", "25b", "25c", "26", "27a", "27b",
    "27c", "28a", "28b", "29", "30", "31a", "31b", "32a", "32b", "33", "34", "35", "36", "37",
    "40",
];

/// Checks the duties and prints them as a table.
///
/// # Errors
///
/// [`TaskError::Violations`] after printing each one with its remedy; [`TaskError::Read`] or
/// [`TaskError::Input`] if a file cannot be read.
pub(crate) fn run(root: &Path) -> Result<(), TaskError> {
    let laws = read(root)?;
    for law in &laws {
        report::line(&format!("{} ({})", law.name, law.edition));
        for duty in &law.duties {
            report::line(&row(duty));
        }
    }
    judge(root, &laws)
}

/// Checks the duties without the table.
///
/// # Errors
///
/// As [`run`].
pub(crate) fn check(root: &Path) -> Result<(), TaskError> {
    judge(root, &read(root)?)
}

fn read(root: &Path) -> Result<Vec<Law>, TaskError> {
    let folder = root.join(FOLDER);
    let unreadable = |source| TaskError::Read { path: folder.clone(), source };
    let entries = std::fs::read_dir(&folder).map_err(unreadable)?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    let one = |path: PathBuf| {
        let place = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        Law::parse(&place, &source::read(&path)?)
            .map_err(|detail| TaskError::Input { place, detail })
    };
    files.into_iter().map(one).collect()
}

fn judge(root: &Path, laws: &[Law]) -> Result<(), TaskError> {
    let names = Names::of(root)?;
    let cited = cited(root)?;
    let mut violations = missing(laws);
    violations.extend(laws.iter().flat_map(|law| unfounded(law, &names)));
    violations.extend(uncovered(laws, &cited));
    let duties = laws.iter().map(|law| law.duties.len()).sum::<usize>();
    let met = laws.iter().flat_map(|law| &law.duties).filter(|duty| duty.is_met()).count();
    let seen = format!(
        "{duties} duties of {} laws, {met} with code and test, {} articles cited by refusals",
        laws.len(),
        cited.len()
    );
    report::conclude("law", &seen, &violations)
}

fn row(duty: &Duty) -> String {
    let Duty { id, article, answer, .. } = duty;
    match answer {
        Answer::Met { code, tests, remains } => {
            let remains = remains.as_ref().map_or_else(String::new, |text| format!("; {text}"));
            format!(
                "  {id:<4} {article:<10} met: {} | {}{remains}",
                code.join(", "),
                tests.join(", ")
            )
        }
        Answer::NotMet { why, reason } => format!("  {id:<4} {article:<10} {why}: {reason}"),
    }
}

/// Duties that are not there, or there twice.
fn missing(laws: &[Law]) -> Vec<Violation> {
    let mut seen: BTreeMap<&str, &Duty> = BTreeMap::new();
    let mut found = Vec::new();
    for duty in laws.iter().flat_map(|law| &law.duties) {
        if let Some(first) = seen.insert(&duty.id, duty) {
            let what = format!("duty {} also stands at {}", duty.id, first.place);
            found.push(Violation::new(&duty.place, what, "give it an id of its own"));
        }
    }
    let absent = DUTIES.iter().filter(|id| !seen.contains_key(**id));
    let lost = |id: &&str| {
        Violation::new(FOLDER, format!("duty {id} is missing"), "answer it in the file of its law")
    };
    found.extend(absent.map(lost));
    found
}

/// Code and tests that are named and are not there.
fn unfounded(law: &Law, names: &Names) -> Vec<Violation> {
    let mut found = Vec::new();
    for duty in &law.duties {
        let Answer::Met { code, tests, .. } = &duty.answer else { continue };
        let lost = |path: &String, what: &str| {
            let text = format!("duty {} names the {what} `{path}`, which is not there", duty.id);
            Violation::new(&duty.place, text, "name it as it is called now")
        };
        found.extend(code.iter().filter(|path| !names.has_code(path)).map(|p| lost(p, "code")));
        found.extend(tests.iter().filter(|path| !names.has_test(path)).map(|p| lost(p, "test")));
    }
    found
}

/// Articles that refusals cite, with the place of the first citation.
fn cited(root: &Path) -> Result<BTreeMap<String, String>, TaskError> {
    let mut found = BTreeMap::new();
    for path in source::files_below(&root.join(REFUSALS))? {
        let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        for (line, number) in source::read(&path)?.lines().zip(1_usize..) {
            for citation in citations(line) {
                found.entry(citation).or_insert_with(|| format!("{shown}:{number}"));
            }
        }
    }
    Ok(found)
}

/// The texts of a line that are a law and an article, such as `招标投标法 art. 34`.
fn citations(line: &str) -> Vec<String> {
    if line.trim_start().starts_with("//") {
        return Vec::new();
    }
    let quoted = line.split('"').skip(1).step_by(2);
    quoted.filter(|text| text.contains(" art. ")).map(str::to_owned).collect()
}

/// Articles that a refusal cites and no duty has.
fn uncovered(laws: &[Law], cited: &BTreeMap<String, String>) -> Vec<Violation> {
    let known = |citation: &str| {
        citation.split_once(" art. ").is_some_and(|(name, article)| {
            let mut laws = laws.iter().filter(|law| law.is_called(name));
            laws.any(|law| law.duties.iter().any(|duty| duty.article == article))
        })
    };
    let lost = |(citation, place): (&String, &String)| {
        let what = format!("`{citation}` is cited and is no duty of {FOLDER}");
        Violation::new(place, what, "add the duty to the file of its law")
    };
    cited.iter().filter(|(citation, _)| !known(citation)).map(lost).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAW: &str = "[law]\nname = \"招标投标法\"\nedition = \"2017\"\nshort = [\"法\"]\n\n[[duty]]\n\
        id = \"13\"\narticle = \"44 ¶2\"\nduty = \"d\"\ncode = [\"a::b\"]\ntest = [\"a::t\"]\n";

    fn law() -> Law {
        Law::parse("l.toml", LAW).unwrap()
    }

    #[test]
    fn a_missing_and_a_double_duty_are_found() {
        let all: Vec<String> = missing(&[law(), law()]).into_iter().map(|v| v.what).collect();
        assert_eq!(all.len(), DUTIES.len());
        assert_eq!(all[0], "duty 13 also stands at l.toml:6");
        assert!(all.contains(&"duty 12a is missing".to_owned()));
        assert!(!all.contains(&"duty 13 is missing".to_owned()));
    }

    #[test]
    fn every_duty_has_an_id_of_its_own() {
        let ids: std::collections::BTreeSet<_> = DUTIES.iter().collect();
        assert_eq!(ids.len(), DUTIES.len());
        for number in 1..=37 {
            let of = |id: &&&str| id.trim_end_matches(char::is_alphabetic) == number.to_string();
            assert!(DUTIES.iter().any(|id| of(&id)), "{number}");
        }
    }

    #[test]
    fn code_and_tests_that_are_not_there_are_found() {
        let mut names = Names::default();
        let what = |names: &Names| -> Vec<String> {
            unfounded(&law(), names).into_iter().map(|v| v.what).collect()
        };
        assert_eq!(
            what(&names),
            [
                "duty 13 names the code `a::b`, which is not there",
                "duty 13 names the test `a::t`, which is not there"
            ]
        );
        names.add("a", &["lib"], "fn b() {} fn t() {}");
        assert_eq!(what(&names), ["duty 13 names the test `a::t`, which is not there"]);
        names.add("a", &["lib"], "#[test] fn t() {}");
        assert_eq!(what(&names), Vec::<String>::new());
    }

    #[test]
    fn a_cited_article_needs_its_duty() {
        let citations = |line: &str| citations(line).len();
        assert_eq!(citations("Self::A => Some(\"招标投标法 art. 44 ¶2\"),"), 1);
        assert_eq!(citations("// \"招标投标法 art. 44 ¶2\""), 0);
        assert_eq!(citations("Some(\"art of\")"), 0);
        let what = |citation: &str| -> usize {
            uncovered(&[law()], &BTreeMap::from([(citation.to_owned(), "f.rs:1".to_owned())])).len()
        };
        assert_eq!((what("招标投标法 art. 44 ¶2"), what("法 art. 44 ¶2")), (0, 0));
        for other in ["招标投标法 art. 44", "招标投标法 art. 44 ¶3", "条例 art. 44 ¶2"]
        {
            assert_eq!(what(other), 1, "{other}");
        }
    }
}
