//! The arguments of witnesses.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::AtLot;

#[derive(Debug, Subcommand)]
pub(crate) enum WitnessCmd {
    /// Make a key and a folder for what is seen; print the public key.
    Init {
        /// The folder.
        #[arg(long, value_name = "DIR")]
        store: PathBuf,
        /// Name of the key, such as `witness.example.org`: no blanks, no plus sign.
        #[arg(long, value_name = "NAME")]
        name: String,
    },
    /// Follow the log of a lot and cosign each head that extends what was seen before.
    Run(WitnessRun),
}

#[derive(Args, Debug)]
pub(crate) struct WitnessRun {
    #[command(flatten)]
    pub(crate) at: AtLot,
    /// The folder of `witness init`.
    #[arg(long, value_name = "DIR")]
    pub(crate) store: PathBuf,
    /// The log's public key, from the tender notice; else the one that the hall gives first is kept.
    #[arg(long, value_name = "KEY")]
    pub(crate) log_key: Option<String>,
    /// Also hand each cosignature in to the hall, which shows it to everybody if it knows the witness
    /// (`serve --witness`).
    #[arg(long)]
    pub(crate) hand_in: bool,
    /// Look again after so many milliseconds.
    #[arg(long, value_name = "N", default_value = "1000", value_parser = millis)]
    pub(crate) every_ms: Duration,
    /// Look once, then end.
    #[arg(long)]
    pub(crate) once: bool,
}

fn millis(text: &str) -> Result<Duration, std::num::ParseIntError> {
    text.parse().map(Duration::from_millis)
}
