//! `cargo xtask soak opening` and `cargo xtask soak append`: tests that are random, with many more
//! rounds of them.

use std::path::Path;
use std::process::Command;

use crate::cargo;
use crate::error::TaskError;

/// A test that is run with more rounds.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Random {
    package: &'static str,
    file: &'static str,
    test: &'static str,
    /// The variable by which the test hears of the number.
    variable: &'static str,
    /// The option of the command line.
    pub(crate) option: &'static str,
    /// The number, unless the command line says another one.
    pub(crate) default: u64,
}

/// Random openings of each template; a failing one names the file with its log.
pub(crate) const OPENING: Random = Random {
    package: "kaibiao-opening",
    file: "opening",
    test: "sequences::random_sequences_keep_every_promise",
    variable: "KAIBIAO_SEQUENCES",
    option: "--sequences",
    default: 100_000,
};

/// Kills of a process that writes to the store.
pub(crate) const APPEND: Random = Random {
    package: "kaibiao-store",
    file: "crash",
    test: "a_kill_loses_nothing_that_was_acknowledged",
    variable: "KAIBIAO_ROUNDS",
    option: "--rounds",
    default: 500,
};

/// Runs a test `count` times; what it prints goes straight to the reader.
///
/// # Errors
///
/// [`TaskError::Command`] if the test cannot be built or fails.
pub(crate) fn run(root: &Path, random: &Random, count: u64) -> Result<(), TaskError> {
    let arguments = [
        "test",
        "--locked",
        "--release",
        "--package",
        random.package,
        "--test",
        random.file,
        "--",
        "--exact",
        random.test,
        "--nocapture",
    ];
    let failed = |detail: String| TaskError::Command {
        line: format!("{}={count} cargo {}", random.variable, arguments.join(" ")),
        detail,
    };
    let mut command = Command::new(cargo::program());
    command.args(arguments).env(random.variable, count.to_string()).current_dir(root);
    let status = command.status().map_err(|error| failed(error.to_string()))?;
    if status.success() { Ok(()) } else { Err(failed(status.to_string())) }
}
