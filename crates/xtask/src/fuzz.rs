//! `cargo xtask soak fuzz`: the targets of `crates/fuzz` under libFuzzer, each for some minutes.
//!
//! Stable Rust is enough: the coverage that libFuzzer follows comes from flags of code generation.
//! Inputs that are found lie in `target/fuzz/corpus/<target>`; what is worth keeping is copied to
//! `fixtures/corpus/<target>`, which the tests replay. An input that fails lies in
//! `target/fuzz/failed`.

use std::path::Path;
use std::process::Command;

use crate::cargo;
use crate::error::TaskError;
use crate::report;

/// Has the compiler count edges and compare operands for libFuzzer.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=16 --cfg fuzzing";

/// The triple is named so that the flags do not reach build scripts.
const TRIPLE: &str = "x86_64-unknown-linux-gnu";

/// What is fuzzed, and how long.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Soak {
    /// Minutes for each target.
    pub(crate) minutes: u32,
    /// One target; otherwise all that have a corpus.
    pub(crate) target: Option<String>,
}

impl Default for Soak {
    fn default() -> Self {
        Self { minutes: 10, target: None }
    }
}

/// Builds the driver in the workspace `root` and runs the targets one after the other.
///
/// # Errors
///
/// [`TaskError::Command`] if the driver cannot be built or a target fails; [`TaskError::Read`] if
/// the corpora cannot be listed.
pub(crate) fn run(root: &Path, soak: &Soak) -> Result<(), TaskError> {
    let target_dir = root.join("target/fuzz");
    let driver = root.join("crates/fuzz/driver");
    let mut build = Command::new(cargo::program());
    build.args(["build", "--release", "--locked", "--target", TRIPLE]).current_dir(&driver);
    build.env("RUSTFLAGS", FLAGS).env("CARGO_TARGET_DIR", &target_dir);
    execute(&mut build)?;
    let program = target_dir.join(TRIPLE).join("release/kaibiao-fuzz-driver");
    let failed = target_dir.join("failed");
    make(&failed)?;
    for name in targets(root, soak)? {
        let found = target_dir.join("corpus").join(&name);
        make(&found)?;
        let mut fuzz = Command::new(&program);
        fuzz.env("KAIBIAO_FUZZ_TARGET", &name).env("KAIBIAO_FUZZ_SEEDS", &found);
        fuzz.arg(format!("-max_total_time={}", u64::from(soak.minutes) * 60));
        fuzz.args(["-timeout=20", "-rss_limit_mb=2500", "-max_len=70000"]);
        fuzz.arg("-print_final_stats=1");
        fuzz.arg(format!("-artifact_prefix={}/{name}-", failed.display()));
        fuzz.arg(&found).arg(root.join("fixtures/corpus").join(&name));
        report::line(&format!("== {name}, {} min", soak.minutes));
        execute(&mut fuzz)?;
    }
    Ok(())
}

fn targets(root: &Path, soak: &Soak) -> Result<Vec<String>, TaskError> {
    if let Some(name) = &soak.target {
        return Ok(vec![name.clone()]);
    }
    let folder = root.join("fixtures/corpus");
    let unreadable = |source| TaskError::Read { path: folder.clone(), source };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
        names.push(entry.map_err(unreadable)?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

fn make(folder: &Path) -> Result<(), TaskError> {
    std::fs::create_dir_all(folder)
        .map_err(|source| TaskError::Read { path: folder.to_owned(), source })
}

fn execute(command: &mut Command) -> Result<(), TaskError> {
    let failed =
        |command: &Command, detail| TaskError::Command { line: format!("{command:?}"), detail };
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(failed(command, status.to_string())),
        Err(error) => Err(failed(command, error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_corpus_is_a_target_unless_one_is_named() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let all = targets(&root, &Soak::default()).unwrap();
        assert!(all.len() >= 20 && all.iter().any(|name| name == "header"), "{all:?}");
        let one = Soak { target: Some("locks".to_owned()), minutes: 1 };
        assert_eq!(targets(&root, &one).unwrap(), ["locks"]);
    }

    #[test]
    fn a_program_that_fails_or_is_absent_is_said() {
        assert!(execute(&mut Command::new("true")).is_ok());
        assert!(execute(&mut Command::new("false")).is_err());
        assert!(execute(&mut Command::new("/no/such/program")).is_err());
    }
}
