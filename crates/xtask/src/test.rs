//! `cargo xtask test`: everything a change must pass, in one command.
//!
//! Every step runs even if an earlier one failed, so one run shows all there is to mend; only a
//! machine that cannot be set up ends the run at once. [`machine`] knows what must be installed,
//! [`programs`] runs the test programs, [`tally`] counts what they report.

mod machine;
mod programs;
pub(crate) mod tally;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::error::TaskError;
use crate::{cargo, deps, law, layers, report, shape, traces};
use programs::Built;
use tally::Tally;

/// The variable that names the folder of foreign suites and data.
const SHARED: &str = "KAIBIAO_SHARED";

/// Options of the task.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Options {
    /// Only name what is missing on this machine, install nothing.
    pub(crate) no_install: bool,
    /// Run this step alone.
    pub(crate) only: Option<Step>,
}

/// One step, in the order in which they run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Step {
    /// Debian packages, Python packages and foreign crates are there.
    SetUp,
    /// The source is formatted.
    Fmt,
    /// `cargo xtask layers`.
    Layers,
    /// `cargo xtask shape`.
    Shape,
    /// `cargo xtask deps`.
    Deps,
    /// `cargo xtask traces`.
    Traces,
    /// `cargo xtask law-report`, without its table.
    Law,
    /// All crates and their tests compile, without a remark of compiler or clippy.
    Clippy,
    /// The tests of all crates.
    Test,
    /// The tests of the pages.
    Web,
    /// The documentation builds without a broken link.
    Doc,
}

impl Step {
    /// All steps in order.
    pub(crate) const ALL: [Self; 11] = [
        Self::SetUp,
        Self::Fmt,
        Self::Layers,
        Self::Shape,
        Self::Deps,
        Self::Traces,
        Self::Law,
        Self::Clippy,
        Self::Test,
        Self::Web,
        Self::Doc,
    ];

    /// The name used on the command line and in the report.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::SetUp => "set-up",
            Self::Fmt => "fmt",
            Self::Layers => "layers",
            Self::Shape => "shape",
            Self::Deps => "deps",
            Self::Traces => "traces",
            Self::Law => "law",
            Self::Clippy => "clippy",
            Self::Test => "test",
            Self::Web => "web",
            Self::Doc => "doc",
        }
    }

    /// The step called `name`.
    pub(crate) fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == name)
    }
}

/// Runs the steps in the workspace `root`. If the tests are among them, the closing line on stdout
/// is `N passed, N failed, N skipped`.
///
/// # Errors
///
/// [`TaskError::SetUp`] if the machine lacks something; [`TaskError::Failed`] with the names of the
/// steps that did not succeed.
pub(crate) fn run(root: &Path, options: Options) -> Result<(), TaskError> {
    let wanted = |step: &Step| options.only.is_none_or(|only| only == *step);
    let mut course = Course { root, options, tally: Tally::default() };
    let mut failed = Vec::new();
    for step in Step::ALL.into_iter().filter(wanted) {
        let begin = Instant::now();
        eprintln!("== {}", step.name());
        let result = course.take(step);
        let seconds = begin.elapsed().as_secs_f64();
        match result {
            Ok(()) => eprintln!("== {}: ok, {seconds:.1} s", step.name()),
            Err(error) if step == Step::SetUp => return Err(error),
            Err(error) => {
                eprintln!("== {}: FAILED, {seconds:.1} s: {error}", step.name());
                failed.push(step.name());
            }
        }
    }
    if wanted(&Step::Test) {
        course.tally.print_skipped();
        report::line(&course.tally.summary());
    }
    if failed.is_empty() { Ok(()) } else { Err(TaskError::Failed(failed)) }
}

/// A run of the steps.
struct Course<'a> {
    root: &'a Path,
    options: Options,
    tally: Tally,
}

impl Course<'_> {
    fn take(&mut self, step: Step) -> Result<(), TaskError> {
        match step {
            Step::SetUp => {
                machine::prepare(!self.options.no_install)?;
                if !self.options.no_install {
                    machine::prepare_python(self.root)?;
                }
                self.cargo(&["fetch", "--locked", "--quiet", "--target", deps::PLATFORM], &[])
            }
            Step::Fmt => self.cargo(&["fmt", "--all", "--check"], &[]),
            Step::Layers => layers::run(self.root),
            Step::Shape => shape::run(self.root),
            Step::Deps => deps::run(self.root),
            Step::Traces => traces::run(self.root),
            Step::Law => law::check(self.root),
            Step::Clippy => self.lints(),
            Step::Test => self.tests(),
            Step::Web => self.web(),
            Step::Doc => self.cargo(
                &["doc", "--workspace", "--no-deps", "--profile", "ci", "--locked"],
                &[("RUSTDOCFLAGS", "-D warnings")],
            ),
        }
    }

    /// Runs cargo with its output going straight to the reader.
    fn cargo(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Result<(), TaskError> {
        let line = format!("cargo {}", arguments.join(" "));
        let status = Command::new(cargo::program())
            .args(arguments)
            .envs(variables.iter().copied())
            .current_dir(self.root)
            .stdin(Stdio::null())
            .status();
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(TaskError::Command { line, detail: status.to_string() }),
            Err(error) => Err(TaskError::Command { line, detail: error.to_string() }),
        }
    }

    /// Runs the tests of the pages with plain Node and counts them.
    fn web(&mut self) -> Result<(), TaskError> {
        let folder = self.root.join("web/test");
        let failed = |detail: String| TaskError::Command { line: "node --test".to_owned(), detail };
        let entries = std::fs::read_dir(&folder).map_err(|error| failed(error.to_string()))?;
        let mut files: Vec<PathBuf> =
            entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        files.retain(|file| file.to_string_lossy().ends_with(".test.mjs"));
        files.sort();
        let mut command = Command::new("node");
        command.args(["--test", "--test-reporter=tap"]).args(&files);
        command.current_dir(self.root).stdin(Stdio::null());
        let before = self.tally.clone();
        let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
        let outcome = tally::stream(&mut command, &mut self.tally, &mut out, &mut err);
        let status = outcome.map_err(|error| failed(error.to_string()))?;
        if !status.success() {
            return Err(failed(status.to_string()));
        }
        if self.tally == before { Err(failed("not one test ran".to_owned())) } else { Ok(()) }
    }

    /// `cargo test` with clippy in the place of the compiler for our own crates, so that one build gives
    /// the lints and the programs.
    fn cargo_test(&self, more: &[&str]) -> (Command, impl Fn(String) -> TaskError + use<>) {
        let mut command = Command::new(cargo::program());
        command
            .args(["test", "--workspace", "--profile", "ci", "--locked"])
            .args(more)
            .env("RUSTC_WORKSPACE_WRAPPER", cargo::beside("clippy-driver"))
            .env("CLIPPY_ARGS", "")
            .current_dir(self.root)
            .stdin(Stdio::null());
        let line = format!("cargo test {}", more.join(" "));
        (command, move |detail| TaskError::Command { line: line.clone(), detail })
    }

    /// Compiles everything.
    fn build(&self) -> Result<Built, TaskError> {
        let (command, failed) = self.cargo_test(&["--no-run", "--message-format", "json"]);
        programs::build(command).map_err(failed)
    }

    /// Compiles everything and wants to hear no remark.
    fn lints(&self) -> Result<(), TaskError> {
        let remarks = self.build()?.remarks;
        let count = match remarks.as_slice() {
            [] => return Ok(()),
            some => some.len(),
        };
        let detail = format!("{}{count} remarks", remarks.concat());
        Err(TaskError::Command { line: "clippy".to_owned(), detail })
    }

    /// Runs all tests and counts them. A test that finds its foreign suite absent says so itself;
    /// with CI=true that is a failure.
    fn tests(&mut self) -> Result<(), TaskError> {
        let complete = std::env::var_os("CI").is_some_and(|value| value == "true");
        let shared = shared_folder(self.root, std::env::var_os(SHARED).map(PathBuf::from));
        let absent = format!("the folder {} ({SHARED}) is absent", shared.display());
        if !shared.is_dir() {
            self.tally.skip(&format!("foreign suites: {absent}"));
        }
        let programs = self.build()?.programs;
        let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
        let ran = programs::run(&programs, &[(SHARED, &shared)], &mut self.tally, &mut out);
        // The examples in the documentation are no programs of their own.
        let (mut examples, failed) = self.cargo_test(&["--doc"]);
        examples.env(SHARED, &shared);
        let outcome = tally::stream(&mut examples, &mut self.tally, &mut out, &mut err);
        let status = outcome.map_err(|error| failed(error.to_string()))?;
        self.tally.verdict(complete).map_err(&failed)?;
        ran.map_err(&failed)?;
        if !status.success() {
            return Err(failed(status.to_string()));
        }
        if complete && !shared.is_dir() {
            return Err(failed(format!("{absent}, and CI=true allows no skipped suite")));
        }
        Ok(())
    }
}

/// The folder of foreign suites as an absolute path, because each test runs in the folder of its
/// own crate.
fn shared_folder(root: &Path, named: Option<PathBuf>) -> PathBuf {
    let named = named.filter(|path| !path.as_os_str().is_empty());
    let folder = root.join(named.unwrap_or_else(|| PathBuf::from("../shared")));
    folder.canonicalize().unwrap_or(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_has_a_name_of_its_own() {
        for step in Step::ALL {
            assert_eq!(Step::by_name(step.name()), Some(step));
        }
        assert_eq!(Step::by_name("Test"), None);
        assert_eq!(Step::by_name(""), None);
    }

    #[test]
    fn a_relative_folder_is_taken_from_the_root() {
        let root = Path::new("/absent/kaibiao");
        assert_eq!(shared_folder(root, None), Path::new("/absent/kaibiao/../shared"));
        assert_eq!(shared_folder(root, Some("".into())), Path::new("/absent/kaibiao/../shared"));
        assert_eq!(shared_folder(root, Some("s".into())), Path::new("/absent/kaibiao/s"));
        assert_eq!(shared_folder(root, Some("/s-absent".into())), Path::new("/s-absent"));
    }
}
