//! The command line.

use crate::error::TaskError;
use crate::test::{Options, Step};

/// What `cargo xtask --help` prints.
pub(crate) const HELP: &str = "\
usage: cargo xtask <task>

  layers   check that dependencies of our crates point strictly down, and that the
           pure crates use no file, socket, clock or system randomness
  shape    check file sizes, unfinished work and inherited lints
  deps     check licences, sources, bans and duplicates against deps.toml
  traces   check that every attack, negative test and ruling in docs/spec/threats.md
           names tests that exist
  test     do every set-up step, then run every check and every test
             --no-install   only name missing Debian packages, install nothing
             --only STEP    run one step: set-up, fmt, layers, shape, deps,
                            traces, clippy, test, web or doc

environment of `test`:
  KAIBIAO_SHARED   folder of foreign test suites and data (default: ../shared beside
                   the repository); where it is absent, their tests are listed as skipped
  CI               when `true`, an absent KAIBIAO_SHARED or a skipped test is a failure

exit status: 0 passed, 1 something failed, 2 the machine lacks something, 64 wrong usage";

/// One task with its options.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Task {
    /// Print [`HELP`].
    Help,
    /// `layers`.
    Layers,
    /// `shape`.
    Shape,
    /// `deps`.
    Deps,
    /// `traces`.
    Traces,
    /// `test`.
    Test(Options),
}

/// Reads the words after `cargo xtask`.
///
/// # Errors
///
/// [`TaskError::Usage`] for anything the help text does not name; nothing is ignored.
pub(crate) fn parse(words: &[String]) -> Result<Task, TaskError> {
    let mut words = words.iter().map(String::as_str);
    let task = match words.next() {
        None => return Err(TaskError::Usage("no task named".to_owned())),
        Some("help" | "--help" | "-h") => Task::Help,
        Some("layers") => Task::Layers,
        Some("shape") => Task::Shape,
        Some("deps") => Task::Deps,
        Some("traces") => Task::Traces,
        Some("test") => return parse_test(words).map(Task::Test),
        Some(other) => return Err(TaskError::Usage(format!("no task is called `{other}`"))),
    };
    match words.next() {
        None => Ok(task),
        Some(extra) => Err(TaskError::Usage(format!("unexpected word `{extra}`"))),
    }
}

fn parse_test<'a>(mut words: impl Iterator<Item = &'a str>) -> Result<Options, TaskError> {
    let mut options = Options::default();
    while let Some(word) = words.next() {
        match word {
            "--no-install" => options.no_install = true,
            "--only" if options.only.is_some() => {
                return Err(TaskError::Usage("--only is given twice".to_owned()));
            }
            "--only" => {
                let name = words.next().ok_or_else(|| {
                    TaskError::Usage("--only needs the name of a step".to_owned())
                })?;
                let step = Step::by_name(name)
                    .ok_or_else(|| TaskError::Usage(format!("no step is called `{name}`")))?;
                options.only = Some(step);
            }
            other => return Err(TaskError::Usage(format!("unexpected word `{other}`"))),
        }
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Task, TaskError> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        parse(&words)
    }

    #[test]
    fn every_task_of_the_help_text_is_understood() {
        assert_eq!(parsed("layers").unwrap(), Task::Layers);
        assert_eq!(parsed("shape").unwrap(), Task::Shape);
        assert_eq!(parsed("deps").unwrap(), Task::Deps);
        assert_eq!(parsed("--help").unwrap(), Task::Help);
        let options = Options { no_install: true, only: Some(Step::Clippy) };
        assert_eq!(parsed("test --only clippy --no-install").unwrap(), Task::Test(options));
    }

    #[test]
    fn every_step_is_named_in_the_help_text() {
        for step in Step::ALL {
            assert!(HELP.contains(step.name()), "{} is missing", step.name());
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for line in [
            "",
            "bench",
            "Layers",
            "layers deps",
            "deps --fix",
            "test clippy",
            "test --only",
            "test --only everything",
            "test --only fmt --only doc",
            "test --no-install=1",
        ] {
            assert!(matches!(parsed(line), Err(TaskError::Usage(_))), "`{line}` was accepted");
        }
    }
}
