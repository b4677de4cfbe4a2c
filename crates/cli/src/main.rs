//! The `kaibiao` command: every role of an opening, and the demonstration of all of them.
//!
//! Standard output is data; sentences for people go to standard error. Exit codes are those of
//! [`kaibiao_wire::Exit`].

mod acts;
mod args;
mod ceremony;
mod cert_words;
mod client;
mod cmd;
mod demo;
mod download;
mod draft;
mod embedded;
mod failure;
mod faults;
mod files;
mod folder;
mod follow;
mod identity;
mod inspect;
mod instant;
mod intake_evidence;
mod key_words;
mod line;
mod lots;
mod machine;
mod output;
mod printing;
mod process;
mod progress;
mod publish;
mod rehearse;
mod renewal;
mod sealing;
mod secrets;
mod serials;
mod signed_list;
mod stamp_words;
mod stamping;
mod submission;
mod tsa_client;
mod tsa_server;
mod unlocking;
mod validation_words;
mod watch;
mod witness;
mod words;

use std::process::ExitCode;

use clap::Parser;
use kaibiao_wire::{Exit, Label};

use crate::failure::Failure;
use crate::output::Ui;

fn main() -> ExitCode {
    let cli = match args::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let ui = Ui { lang: cli.lang, json: cli.json };
    match run(cli.command, ui) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            ui.failure(&failure);
            failure.exit().into()
        }
    }
}

fn run(command: args::Cmd, ui: Ui) -> Result<Exit, Failure> {
    // Another provider can only be in place if this ran before.
    drop(rustls::crypto::ring::default_provider().install_default());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::caused(Label::Internal, &error))?;
    let result = runtime.block_on(cmd::run(command, ui));
    // A thread that is still sealing, or waiting for standard input, does not keep us.
    runtime.shutdown_background();
    result
}

/// Help and version are data and a success; everything else is a wrong command line.
fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // If standard output is closed there is nobody to tell.
        drop(error.print());
        return Exit::Ok.into();
    }
    let text = error.render().to_string();
    output::say(&format!("kaibiao: error: {}", text.trim_start_matches("error: ").trim_end()));
    Exit::Usage.into()
}
