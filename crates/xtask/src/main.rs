//! The tasks of this repository, run as `cargo xtask <task>`.
//!
//! | task | what it does | module |
//! |---|---|---|
//! | `layers` | dependencies of our crates point strictly down, the pure crates stay pure | [`layers`] |
//! | `shape` | size of files, no unfinished work, lints inherited | [`shape`] |
//! | `deps` | licences, sources, bans and duplicates of foreign crates against `deps.toml` | [`deps`] |
//! | `law-report` | every duty of the law has code and test, or says why not | [`law`] |
//! | `traces` | every attack, negative test and ruling names tests that exist | [`traces`] |
//! | `soak fuzz` | the fuzz targets under libFuzzer | [`fuzz`] |
//! | `soak opening`, `soak append`, `soak world` | random openings, kills of the store, whole openings with faults; many more than in the tests | [`games`] |
//! | `bench`, `soak` | builds and runs the programs that measure, in `benches/` | [`mod@bench`] |
//! | `test` | everything a change must pass, from a fresh Debian machine on | [`mod@test`] |
//!
//! This crate depends on no other crate of the workspace: a broken crate must not silence the
//! check that would name it.

mod args;
mod bench;
mod cargo;
mod deps;
mod error;
mod fuzz;
mod games;
mod law;
mod layers;
mod lexer;
mod report;
mod shape;
mod source;
mod test;
mod toml;
mod traces;

use std::process::ExitCode;

use args::Task;
use error::TaskError;

fn main() -> ExitCode {
    let words: Vec<String> =
        std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: error: {error}");
            if let Some(hint) = error.hint() {
                eprintln!("xtask: hint: {hint}");
            }
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(words: &[String]) -> Result<(), TaskError> {
    match args::parse(words)? {
        Task::Help => {
            report::line(args::HELP);
            Ok(())
        }
        Task::Bench(program, options) => bench::run(&cargo::workspace_root()?, program, &options),
        Task::Layers => layers::run(&cargo::workspace_root()?),
        Task::Shape => shape::run(&cargo::workspace_root()?),
        Task::Deps => deps::run(&cargo::workspace_root()?),
        Task::Fuzz(soak) => fuzz::run(&cargo::workspace_root()?, &soak),
        Task::Law => law::run(&cargo::workspace_root()?),
        Task::Play(game, count) => games::run(&cargo::workspace_root()?, game, count),
        Task::Traces => traces::run(&cargo::workspace_root()?),
        Task::Test(options) => test::run(&cargo::workspace_root()?, options),
    }
}
