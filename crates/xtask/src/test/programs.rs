//! The test programs that cargo builds, their tests run side by side.
//!
//! `cargo test` runs the programs one after the other. Many tests of ours wait, for a deadline, a
//! socket or a child, so that a core would stand idle meanwhile. A test of a program under `tests/` is
//! a process of its own; the tests inside a crate are many and short and share one.

use std::collections::VecDeque;
use std::io::Write;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::tally::{self, Tally};

/// A test program.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Program {
    executable: PathBuf,
    /// The folder of its crate, in which it runs.
    folder: PathBuf,
    /// Whether it is one of those under `tests/`.
    stands_alone: bool,
}

impl Program {
    /// The program that a line of `--message-format=json` announces, if it is one.
    fn of_message(message: &Value) -> Option<Self> {
        if message.get("reason")? != "compiler-artifact"
            || message.get("profile")?.get("test")? != true
        {
            return None;
        }
        let executable = message.get("executable")?.as_str()?;
        let manifest = Path::new(message.get("manifest_path")?.as_str()?);
        let kinds = message.get("target")?.get("kind")?.as_array()?;
        Some(Self {
            executable: executable.into(),
            folder: manifest.parent()?.to_owned(),
            stands_alone: kinds.iter().any(|kind| kind == "test"),
        })
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.executable);
        command
            .current_dir(&self.folder)
            .env("CARGO_MANIFEST_DIR", &self.folder)
            .stdin(Stdio::null());
        command
    }

    /// What is run of it at a time: single tests, or all of them.
    fn jobs(&self) -> Vec<Job<'_>> {
        let whole = Job { program: self, test: None };
        if !self.stands_alone {
            return vec![whole];
        }
        let listed = self.command().args(["--list", "--format", "terse"]).output();
        let Some(listed) = listed.ok().filter(|listed| listed.status.success()) else {
            return vec![whole]; // what is wrong with it is told when it runs
        };
        let text = String::from_utf8_lossy(&listed.stdout);
        let names = text.lines().filter_map(|line| line.strip_suffix(": test"));
        names.map(|name| Job { program: self, test: Some(name.to_owned()) }).collect()
    }
}

/// What one process runs.
#[derive(Debug)]
struct Job<'a> {
    program: &'a Program,
    /// This test alone.
    test: Option<String>,
}

/// What cargo built.
#[derive(Debug, Default)]
pub(super) struct Built {
    /// The test programs, those of the highest crates, which start whole openings, first.
    pub(super) programs: Vec<Program>,
    /// What compiler and clippy had to say of our own crates.
    pub(super) remarks: Vec<String>,
}

impl Built {
    /// Reads what cargo said, a JSON value a line.
    fn read(text: &str) -> Self {
        let mut built = Self::default();
        for message in text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            let remark = || message.get("message")?.get("rendered")?.as_str();
            built.remarks.extend(remark().map(str::to_owned));
            built.programs.extend(Program::of_message(&message));
        }
        // A library is compiled for its tests too, and says the same again.
        built.remarks.sort();
        built.remarks.dedup();
        built
    }
}

/// Builds the test programs by a cargo command that speaks JSON.
///
/// # Errors
///
/// A text that says what went wrong, after what the compiler said.
pub(super) fn build(mut cargo: Command) -> Result<Built, String> {
    let output = cargo.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| error.to_string())?;
    let mut built = Built::read(&String::from_utf8_lossy(&output.stdout));
    if !output.status.success() {
        return Err(format!("{}{}", built.remarks.concat(), output.status));
    }
    built.programs.sort();
    // What cargo built last stands on all the others.
    let age = |program: &Program| program.executable.metadata().and_then(|found| found.modified());
    built.programs.sort_by_cached_key(|program| core::cmp::Reverse(age(program).ok()));
    if built.programs.is_empty() {
        return Err("cargo built no test program".to_owned());
    }
    Ok(built)
}

/// How many of the tests that took longest are named.
const SLOWEST: usize = 12;

/// What the lanes have done so far.
struct Done<'a, W> {
    tally: &'a mut Tally,
    out: &'a mut W,
    failures: Vec<String>,
    took: Vec<(Duration, String)>,
}

/// Runs programs, two processes at a time for each core, the tests in each process one after another:
/// most of them wait, but many keep real deadlines, and too many at once would miss them. The output of
/// each goes to `out` in one piece once it has ended.
///
/// # Errors
///
/// The processes that did not succeed, each with how it ended.
pub(super) fn run(
    programs: &[Program],
    variables: &[(&str, &Path)],
    tally: &mut Tally,
    out: &mut (impl Write + Send),
) -> Result<(), String> {
    let lanes = 2 * thread::available_parallelism().map_or(1, NonZero::get);
    let (alone, inside): (Vec<_>, Vec<_>) =
        programs.iter().partition(|program| program.stands_alone);
    let jobs = alone.into_iter().chain(inside).flat_map(Program::jobs);
    let waiting = Mutex::new(jobs.collect::<VecDeque<_>>());
    let done = Mutex::new(Done { tally, out, failures: Vec::new(), took: Vec::new() });
    thread::scope(|scope| {
        for _ in 0..lanes {
            scope.spawn(|| {
                loop {
                    let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                    let Some(job) = next else { return };
                    let begun = Instant::now();
                    let (own, text, failure) = job.run(variables);
                    let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                    done.tally.add(&own);
                    // A reader that has gone away does not change what the tests found.
                    let _ = done.out.write_all(&text).and_then(|()| done.out.flush());
                    done.failures.extend(failure);
                    done.took.push((begun.elapsed(), job.name()));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.took.sort_by_key(|(took, _)| core::cmp::Reverse(*took));
    for (took, name) in done.took.iter().take(SLOWEST) {
        let _ = writeln!(done.out, "{:8.1} s  {name}", took.as_secs_f64());
    }
    if done.failures.is_empty() { Ok(()) } else { Err(done.failures.join("; ")) }
}

impl Job<'_> {
    fn name(&self) -> String {
        let program = self.program.executable.file_name().unwrap_or_default().to_string_lossy();
        self.test.iter().fold(program.into_owned(), |program, test| format!("{program} {test}"))
    }

    /// What it reported, its output, and how it failed if it did.
    fn run(&self, variables: &[(&str, &Path)]) -> (Tally, Vec<u8>, Option<String>) {
        let name = self.name();
        let mut command = self.program.command();
        if let Some(test) = &self.test {
            command.args(["--exact", test]);
        }
        command.env("RUST_TEST_THREADS", "1").envs(variables.iter().copied());
        let (mut own, mut out, mut err) = (Tally::default(), Vec::new(), Vec::new());
        let outcome = tally::stream(&mut command, &mut own, &mut out, &mut err);
        let failure = match outcome {
            Ok(status) if status.success() => None,
            Ok(status) => Some(format!("{name}: {status}")),
            Err(error) => Some(format!("{name}: {error}")),
        };
        if self.test.is_some() && failure.is_none() {
            // Of a test that is alone and well, a line is enough.
            out = own.summary().into_bytes();
            out.push(b'\n');
        }
        let text = [format!("     Running {name}\n").into_bytes(), out, err].concat();
        (own, text, failure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(folder: &Path, name: &str, text: &str) -> Program {
        use std::os::unix::fs::PermissionsExt as _;
        let executable = folder.join(name);
        std::fs::write(&executable, format!("#!/bin/sh\n{text}\n")).unwrap();
        std::fs::set_permissions(&executable, std::fs::Permissions::from_mode(0o755)).unwrap();
        Program { executable, folder: folder.to_owned(), stands_alone: false }
    }

    fn scratch(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn only_test_programs_and_remarks_are_taken_from_what_cargo_says() {
        let message = |test: bool, kind: &str, executable: &str| {
            format!(
                "{{\"reason\":\"compiler-artifact\",\"manifest_path\":\"/a/crates/b/Cargo.toml\",\
                 \"target\":{{\"kind\":[\"{kind}\"]}},\"profile\":{{\"test\":{test}}},\
                 \"executable\":{executable}}}"
            )
        };
        let remark = "{\"reason\":\"compiler-message\",\"message\":{\"rendered\":\"warning: x\"}}";
        let text = [
            &message(true, "lib", "\"/a/t/b-1\""),
            &message(true, "test", "\"/a/t/b-2\""),
            &message(false, "bin", "\"/a/t/b-3\""),
            &message(true, "lib", "null"),
            "{\"reason\":\"build-finished\",\"success\":true}",
            remark,
            "no JSON",
            remark,
        ];
        let built = Built::read(&text.join("\n"));
        let program = |name: &str, stands_alone| Program {
            executable: name.into(),
            folder: "/a/crates/b".into(),
            stands_alone,
        };
        assert_eq!(built.programs, [program("/a/t/b-1", false), program("/a/t/b-2", true)]);
        assert_eq!(built.remarks, ["warning: x"]);
    }

    #[test]
    fn every_program_runs_in_its_folder_and_one_failure_fails_the_whole() {
        let folder = scratch("programs");
        let good = "test \"$(pwd -P)\" = \"$(cd \"$CARGO_MANIFEST_DIR\" && pwd -P)\" || exit 9\n\
                    echo \"$KIND\"; echo 'test result: ok. 2 passed; 0 failed; 0 ignored'";
        let mut programs: Vec<Program> =
            (0..5).map(|number| script(&folder, &format!("good-{number}"), good)).collect();
        let (mut tally, mut out) = (Tally::default(), Vec::new());
        let variables = [("KIND", Path::new("told"))];
        assert_eq!(run(&programs, &variables, &mut tally, &mut out), Ok(()));
        assert_eq!(tally.summary(), "10 passed, 0 failed, 0 skipped");
        assert_eq!(String::from_utf8(out).unwrap().matches("told\n").count(), 5);

        let bad = "echo 'SKIPPED: a: absent' >&2\n\
                   echo 'test result: FAILED. 1 passed; 1 failed; 0 ignored'; exit 101";
        programs.push(script(&folder, "bad", bad));
        programs.push(Program { executable: folder.join("absent"), ..programs[0].clone() });
        let (mut tally, mut out) = (Tally::default(), Vec::new());
        let failure = run(&programs, &[], &mut tally, &mut out).unwrap_err();
        assert!(failure.contains("bad: exit status: 101") && failure.contains("absent: "));
        assert_eq!(tally.summary(), "10 passed, 1 failed, 1 skipped");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn each_test_of_a_program_that_stands_alone_is_a_process() {
        let folder = scratch("alone");
        let text = "if [ \"$1\" = --list ]; then printf 'a: test\\nm::b: test\\nc: benchmark\\n'\n\
                    elif [ \"$*\" = '--exact m::b' ]; then\n\
                    echo why; echo 'test result: FAILED. 0 passed; 1 failed; 0 ignored'; exit 101\n\
                    elif [ \"$*\" = '--exact a' ]; then\n\
                    echo how; echo 'test result: ok. 1 passed; 0 failed; 0 ignored'; else exit 9; fi";
        let program = Program { stands_alone: true, ..script(&folder, "program", text) };
        let (mut tally, mut out) = (Tally::default(), Vec::new());
        let failure = run(&[program], &[], &mut tally, &mut out).unwrap_err();
        assert_eq!(failure, "program m::b: exit status: 101");
        assert_eq!(tally.summary(), "1 passed, 1 failed, 0 skipped");
        let out = String::from_utf8(out).unwrap();
        assert!(out.contains("why\n") && !out.contains("how\n"), "{out}");
        // One that cannot even list its tests is run, and fails, as a whole.
        let broken = Program { stands_alone: true, ..script(&folder, "broken", "exit 7") };
        let failure = run(&[broken], &[], &mut Tally::default(), &mut Vec::new()).unwrap_err();
        assert_eq!(failure, "broken: exit status: 7");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_build_that_fails_or_makes_no_program_is_an_error() {
        let folder = scratch("build");
        for text in ["exit 3", "echo '{\"reason\":\"build-finished\"}'"] {
            let program = script(&folder, "cargo", text);
            assert!(build(Command::new(&program.executable)).is_err(), "{text}");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
