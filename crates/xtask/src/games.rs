//! `cargo xtask soak opening`, `soak append` and `soak world`: tests that play at random, with many more
//! rounds of them.

use std::path::Path;
use std::process::Command;

use crate::cargo;
use crate::error::TaskError;
use crate::test::tally::{self, Tally};

/// A test that plays as often as a variable says.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Game {
    package: &'static str,
    program: &'static str,
    test: &'static str,
    /// The variable by which the test hears of the number.
    variable: &'static str,
    /// The option of the command line for it.
    pub(crate) option: &'static str,
    /// Its value, unless the command line says another.
    pub(crate) default: u64,
}

/// Sequences of commands against the procedure alone, of each template.
pub(crate) static OPENING: Game = Game {
    package: "kaibiao-opening",
    program: "opening",
    test: "sequences::random_sequences_keep_every_promise",
    variable: "KAIBIAO_SEQUENCES",
    option: "--sequences",
    default: 100_000,
};

/// Kills of a process that writes to the store.
pub(crate) static APPEND: Game = Game {
    package: "kaibiao-store",
    program: "store",
    test: "crash::a_kill_loses_nothing_that_was_acknowledged",
    variable: "KAIBIAO_ROUNDS",
    option: "--rounds",
    default: 500,
};

/// Whole openings over real rooms and stores, with faults (ADR-0029).
pub(crate) static WORLD: Game = Game {
    package: "kaibiao-room",
    program: "world",
    test: "seeds::openings_come_to_their_end_whatever_breaks",
    variable: "KAIBIAO_WORLD_SEEDS",
    option: "--seeds",
    default: 10_000,
};

/// Plays a game `count` times; what the test prints goes straight to the reader.
///
/// # Errors
///
/// [`TaskError::Command`] if the test cannot be built, or a promise is broken; the test then says how
/// that opening can be had again.
pub(crate) fn run(root: &Path, game: &Game, count: u64) -> Result<(), TaskError> {
    let arguments = [
        "test",
        "--locked",
        "--release",
        "--package",
        game.package,
        "--test",
        game.program,
        "--",
        "--exact",
        game.test,
        "--nocapture",
    ];
    let failed = |detail: String| TaskError::Command {
        line: format!("{}={count} cargo {}", game.variable, arguments.join(" ")),
        detail,
    };
    let mut command = Command::new(cargo::program());
    command.args(arguments).env(game.variable, count.to_string()).current_dir(root);
    let (mut tally, mut out, mut err) = (Tally::default(), std::io::stdout(), std::io::stderr());
    let status = tally::stream(&mut command, &mut tally, &mut out, &mut err)
        .map_err(|error| failed(error.to_string()))?;
    if !status.success() {
        return Err(failed(status.to_string()));
    }
    // A test that was renamed is no game that was won.
    tally.verdict(true).map_err(failed)
}
