//! A whole opening on this machine: real processes, real keys, a real deadline.
//!
//! The hall and three custodians run as child processes; host, supervisor and bidders act through
//! the very functions of the commands, over HTTP.

mod archive;
mod cast;
mod document;
mod folders;
mod intake;
mod opening;
mod stage;
mod steps;

use std::time::Duration;

use kaibiao_types::Millis;
use kaibiao_wire::{Exit, Label};

use crate::args::{DemoArgs, Pace};
use crate::cmd;
use crate::failure::Failure;
use crate::output::Ui;
use crate::process;

use cast::Cast;
use folders::Folders;
use opening::Opening;
use stage::Stage;
use steps::Steps;

/// The example tenders.
pub(crate) const TENDERS: [&str; 3] = ["indot-b40891", "works-12", "zhuzhou-2022"];

/// Runs a demonstration; the exit code is the verdict over its evidence package.
pub(crate) async fn run(args: DemoArgs, ui: Ui) -> Result<Exit, Failure> {
    let folders = Folders::prepare(args.out.as_deref(), args.keep)?;
    let mut stage = Stage::new();
    let played = tokio::select! {
        played = play(&args, ui, &folders, &mut stage) => played,
        () = process::stopped(false) => {
            Err(Failure::new(Label::NotReady, "stopped by a signal before the end"))
        }
    };
    if played.is_err() {
        for tail in stage.log_tails() {
            ui.note(&tail, &tail);
        }
    }
    stage.stop();
    folders.finish(played.is_ok(), ui)?;
    played
}

async fn play(
    args: &DemoArgs,
    ui: Ui,
    folders: &Folders,
    stage: &mut Stage,
) -> Result<Exit, Failure> {
    let steps = Steps::begin(ui);
    let cast = Cast::gather(&args.tender)?;
    let hall = stage.set_up(args, &cast, folders).await?;
    steps.data(
        &format!("公开页面：{}/lots/{}", hall.address(), cast.lot),
        &format!("Public page: {}/lots/{}", hall.address(), cast.lot),
    );
    let plan = Plan::new(args);
    let mut opening = Opening { hall: &hall, cast: &cast, folders, steps: &steps, plan };
    let ready = opening.publish().await.map_err(too_slow)?;
    let bids = opening.take_in(&ready).await.map_err(too_slow)?;
    let mut room = opening.room(&ready);
    room.freeze().await?;
    room.unseal_prices(&bids).await?;
    room.read().await?;
    room.confirm().await?;
    room.draw().await?;
    room.unseal_documents(&bids).await?;
    room.record_and_close().await?;
    let package = room.keep().await?;
    let tsa = stage.start_tsa(folders).await?;
    archive::begin(&tsa, &package, &cast.trust.list, &steps, folders, ui).await?;
    let report = cmd::judge_package(&package, &cast.trust.list, None)?;
    cmd::report_package(&report, ui);
    Ok(cmd::exit_of_package(&report))
}

/// How long everything takes.
#[derive(Clone, Copy, Debug)]
struct Plan {
    /// From the draft to the deadline.
    until_deadline: Millis,
    /// Whether people follow.
    live: bool,
    /// Bytes of each document.
    document_len: u64,
}

impl Plan {
    fn new(args: &DemoArgs) -> Self {
        let live = args.pace == Pace::Live;
        let span = Millis::from_secs(if live { 40 } else { 7 });
        Self {
            until_deadline: args.deadline_in.unwrap_or(span),
            live,
            document_len: args.document_mib << 20,
        }
    }

    /// A pause in which people can read, none if nobody does.
    async fn breathe(self, seconds: u64) {
        self.breathe_millis(seconds * 1_000).await;
    }

    /// A short pause for people, none if nobody follows.
    async fn breathe_millis(self, millis: u64) {
        if self.live {
            tokio::time::sleep(Duration::from_millis(millis)).await;
        }
    }
}

/// Before the deadline, a refusal for lateness says that this machine was too slow for the plan.
fn too_slow(failure: Failure) -> Failure {
    match failure.label() {
        Label::Late | Label::NotReady => {
            failure.at("this machine needs more time; try again with --deadline-in 30s")
        }
        _ => failure,
    }
}
