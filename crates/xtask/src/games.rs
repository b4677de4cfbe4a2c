//! `cargo xtask soak opening`: the test of random openings, with many more of them.

use std::path::Path;
use std::process::Command;

use crate::cargo;
use crate::error::TaskError;

/// Sequences of each template, unless the command line says another number.
pub(crate) const DEFAULT: u64 = 100_000;

/// The variable by which the test hears of the number.
const VARIABLE: &str = "KAIBIAO_SEQUENCES";

/// Plays `count` sequences of each template; what the test prints goes straight to the reader.
///
/// # Errors
///
/// [`TaskError::Command`] if the test cannot be built, or a sequence breaks a promise; the test then
/// names the file with its log.
pub(crate) fn run(root: &Path, count: u64) -> Result<(), TaskError> {
    let arguments = [
        "test",
        "--locked",
        "--release",
        "--package",
        "kaibiao-opening",
        "--test",
        "opening",
        "--",
        "--exact",
        "sequences::random_sequences_keep_every_promise",
        "--nocapture",
    ];
    let failed = |detail: String| TaskError::Command {
        line: format!("{VARIABLE}={count} cargo {}", arguments.join(" ")),
        detail,
    };
    let mut command = Command::new(cargo::program());
    command.args(arguments).env(VARIABLE, count.to_string()).current_dir(root);
    let status = command.status().map_err(|error| failed(error.to_string()))?;
    if status.success() { Ok(()) } else { Err(failed(status.to_string())) }
}
