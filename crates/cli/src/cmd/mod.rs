//! The commands: each reads its arguments, calls the working part, prints what came of it.

mod act;
mod ceremony;
mod chat;
mod custodian;
mod estimate;
mod evidence;
mod login;
mod record;
mod result;
mod seal;
mod serve;
mod signing;
mod tender;
mod timestamp;
mod trust;
mod tsa;
mod verify;
mod verify_signature;
mod watch;
mod withdraw;
mod witness;

use kaibiao_wire::Exit;

use crate::args::Cmd;
use crate::failure::Failure;
use crate::output::Ui;
use crate::{demo, inspect};

pub(crate) use serve::custodian_arguments;
pub(crate) use verify::{
    exit as exit_of_package, judge as judge_package, report as report_package,
};

/// Runs one command.
pub(crate) async fn run(command: Cmd, ui: Ui) -> Result<Exit, Failure> {
    match command {
        Cmd::Tender(command) => tender::run(command, ui).await,
        Cmd::Ceremony(command) => ceremony::run(command, ui).await,
        Cmd::Serve(args) => serve::run(args, ui).await,
        Cmd::Custodian(command) => custodian::run(command, ui).await,
        Cmd::Seal(args) => seal::seal(&args, ui),
        Cmd::Submit(args) => seal::submit(&args, ui).await,
        Cmd::Withdraw(args) => withdraw::run(&args, ui).await,
        Cmd::Inspect { file } => inspect::inspect(&file).map(|facts| {
            ui.facts(&facts);
            Exit::Ok
        }),
        Cmd::Host(command) => act::host(command, ui).await,
        Cmd::Supervisor(command) => act::supervisor(command, ui).await,
        Cmd::Bidder(command) => act::bidder(command, ui).await,
        Cmd::Chat(command) => chat::run(command, ui).await,
        Cmd::Login(command) => login::run(command, ui).await,
        Cmd::Watch(args) => watch::run(args, ui).await,
        Cmd::Witness(command) => witness::run(command, ui).await,
        Cmd::Record(command) => record::run(&command, ui),
        Cmd::Evidence(args) => evidence::run(args, ui).await,
        Cmd::Verify(args) => verify::run(&args, ui),
        Cmd::Cert(command) => signing::cert(&command, ui),
        Cmd::Sign(args) => signing::sign(&args, ui),
        Cmd::Timestamp(command) => timestamp::run(command, ui).await,
        Cmd::Tsa(args) => tsa::run(args, ui).await,
        Cmd::Trust(command) => trust::run(&command, ui),
        Cmd::VerifySignature(args) => verify_signature::run(&args, ui),
        Cmd::Demo(args) => demo::run(args, ui).await,
    }
}
