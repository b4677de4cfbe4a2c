//! The test programs that cargo builds, run side by side.
//!
//! `cargo test` runs them one after the other. Many of ours wait, for a deadline, a socket or a
//! child, so that a core would stand idle meanwhile.

use std::collections::VecDeque;
use std::io::Write;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;

use serde_json::Value;

use super::tally::{self, Tally};

/// A test program.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Program {
    executable: PathBuf,
    /// The folder of its crate, in which it runs.
    folder: PathBuf,
}

impl Program {
    /// The program that a line of `--message-format=json` announces, if it is one.
    fn of_message(line: &str) -> Option<Self> {
        let message: Value = serde_json::from_str(line).ok()?;
        if message.get("reason")? != "compiler-artifact"
            || message.get("profile")?.get("test")? != true
        {
            return None;
        }
        let executable = message.get("executable")?.as_str()?;
        let manifest = Path::new(message.get("manifest_path")?.as_str()?);
        Some(Self { executable: executable.into(), folder: manifest.parent()?.to_owned() })
    }
}

/// Builds the test programs by a cargo command that speaks JSON; the larger ones, which start whole
/// openings, come first.
///
/// # Errors
///
/// A text that says what went wrong.
pub(super) fn build(mut cargo: Command) -> Result<Vec<Program>, String> {
    let output = cargo.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(output.status.to_string());
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let mut programs: Vec<Program> = text.lines().filter_map(Program::of_message).collect();
    programs.sort();
    let size = |program: &Program| program.executable.metadata().map_or(0, |found| found.len());
    programs.sort_by_key(|program| core::cmp::Reverse(size(program)));
    if programs.is_empty() { Err("cargo built no test program".to_owned()) } else { Ok(programs) }
}

/// Runs programs, one more at a time than there are cores, the tests of each one after another: many
/// of them keep real deadlines, and too many at once would miss them. The output of each goes to `out` in one
/// piece once it has ended.
///
/// # Errors
///
/// The programs that did not succeed, each with how it ended.
pub(super) fn run(
    programs: Vec<Program>,
    variables: &[(&str, &Path)],
    tally: &mut Tally,
    out: &mut (impl Write + Send),
) -> Result<(), String> {
    let lanes = thread::available_parallelism().map_or(1, NonZero::get) + 1;
    let waiting = Mutex::new(VecDeque::from(programs));
    let done = Mutex::new((tally, out, Vec::new()));
    thread::scope(|scope| {
        for _ in 0..lanes {
            scope.spawn(|| {
                loop {
                    let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                    let Some(program) = next else { return };
                    let (own, text, failure) = run_one(&program, variables);
                    let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                    done.0.add(&own);
                    // A reader that has gone away does not change what the tests found.
                    let _ = done.1.write_all(&text).and_then(|()| done.1.flush());
                    done.2.extend(failure);
                }
            });
        }
    });
    let (_, _, failures) = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    if failures.is_empty() { Ok(()) } else { Err(failures.join("; ")) }
}

/// What a program reported, its output, and how it failed if it did.
fn run_one(program: &Program, variables: &[(&str, &Path)]) -> (Tally, Vec<u8>, Option<String>) {
    let name = program.executable.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut command = Command::new(&program.executable);
    command
        .current_dir(&program.folder)
        .env("CARGO_MANIFEST_DIR", &program.folder)
        .env("RUST_TEST_THREADS", "1")
        .envs(variables.iter().copied())
        .stdin(Stdio::null());
    let (mut own, mut out, mut err) = (Tally::default(), Vec::new(), Vec::new());
    let outcome = tally::stream(&mut command, &mut own, &mut out, &mut err);
    let failure = match outcome {
        Ok(status) if status.success() => None,
        Ok(status) => Some(format!("{name}: {status}")),
        Err(error) => Some(format!("{name}: {error}")),
    };
    let text = [format!("     Running {name}\n").into_bytes(), out, err].concat();
    (own, text, failure)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(folder: &Path, name: &str, text: &str) -> Program {
        use std::os::unix::fs::PermissionsExt as _;
        let executable = folder.join(name);
        std::fs::write(&executable, format!("#!/bin/sh\n{text}\n")).unwrap();
        std::fs::set_permissions(&executable, std::fs::Permissions::from_mode(0o755)).unwrap();
        Program { executable, folder: folder.to_owned() }
    }

    fn scratch(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn only_test_programs_are_taken_from_what_cargo_says() {
        let message = |test: bool, executable: &str| {
            format!(
                "{{\"reason\":\"compiler-artifact\",\"manifest_path\":\"/a/crates/b/Cargo.toml\",\
                 \"profile\":{{\"test\":{test}}},\"executable\":{executable}}}"
            )
        };
        let found = Program::of_message(&message(true, "\"/a/t/b-1\"")).unwrap();
        assert_eq!(found.executable, Path::new("/a/t/b-1"));
        assert_eq!(found.folder, Path::new("/a/crates/b"));
        assert_eq!(Program::of_message(&message(false, "\"/a/t/b-1\"")), None);
        assert_eq!(Program::of_message(&message(true, "null")), None);
        assert_eq!(Program::of_message("{\"reason\":\"build-finished\",\"success\":true}"), None);
        assert_eq!(Program::of_message("no JSON"), None);
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
        assert_eq!(run(programs.clone(), &variables, &mut tally, &mut out), Ok(()));
        assert_eq!(tally.summary(), "10 passed, 0 failed, 0 skipped");
        assert_eq!(String::from_utf8(out).unwrap().matches("told\n").count(), 5);

        let bad = "echo 'SKIPPED: a: absent' >&2\n\
                   echo 'test result: FAILED. 1 passed; 1 failed; 0 ignored'; exit 101";
        programs.push(script(&folder, "bad", bad));
        programs.push(Program { executable: folder.join("absent"), folder: folder.clone() });
        let (mut tally, mut out) = (Tally::default(), Vec::new());
        let failure = run(programs, &[], &mut tally, &mut out).unwrap_err();
        assert!(failure.contains("bad: exit status: 101") && failure.contains("absent: "));
        assert_eq!(tally.summary(), "10 passed, 1 failed, 1 skipped");
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
