//! Programs that measure, run as `cargo xtask bench …` and `cargo xtask soak …`.
//!
//! | command | what it measures | module |
//! |---|---|---|
//! | `seal` | sealing and opening one file beside other tools | [`seal`] |
//! | `open` | the computation from the first partial decryption to the last price sheet | [`open`] |
//! | `record` | page, PDF/A and OCDS from an opening record | [`record`] |
//! | `signatures` | the verification of the signatures of many bids | [`signatures`] |
//! | `room` | the readers of a live room beside other servers | [`room`] |
//! | `procedure` | deciding and applying in an opening of many bidders | [`procedure`] |
//! | `append` | durable appends to the store, beside the time of one sync | [`mod@append`] |
//! | `rush` | many bidders who submit in the last seconds before the deadline | [`rush`] |
//! | `soak` | a file larger than memory should be: sealed, checked, opened | [`soak`] |
//! | `room-serve`, `room-load` | its server and its readers; not for people | [`room`] |
//! | `rush-hall` | the hall of the rush; not for people | [`rush`] |
//! | `step` | one measured process of the two above; not for people | [`step`] |
//!
//! Everything goes through the functions that the product uses, with development certificates.

mod append;
mod args;
mod error;
mod issue;
mod lot;
mod machine;
mod measure;
mod open;
mod peers;
mod procedure;
mod record;
mod room;
mod rush;
mod seal;
mod signatures;
mod soak;
mod step;
mod table;
mod work;

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use args::Command;
use error::BenchError;

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kaibiao-bench: error: {error}");
            ExitCode::from(if matches!(error, BenchError::Usage(_)) { 64 } else { 1 })
        }
    }
}

fn run(words: &[OsString]) -> Result<(), BenchError> {
    match args::parse(words)? {
        Command::Help => {
            line(args::HELP);
            Ok(())
        }
        Command::Seal(options) => seal::run(&options),
        Command::Open(options) => open::run(&options),
        Command::Record(options) => record::run(&options),
        Command::Signatures(options) => signatures::run(&options),
        Command::Procedure(options) => procedure::run(&options),
        Command::Room(options) => room::run(&options),
        Command::RoomLoad(options) => room::load(&options),
        Command::RoomServe { port, entries, length } => room::serve(port, entries, length),
        Command::Append(options) => append::run(&options),
        Command::Rush(options) => rush::run(&options),
        Command::RushHall(data) => rush::serve(&data),
        Command::Soak(options) => soak::run(&options),
        Command::Step(step) => step.run(),
    }
}

/// Writes to stdout. A reader that has gone away is no error of ours.
fn line(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}
