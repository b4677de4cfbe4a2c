//! `kaibiao watch`.

use kaibiao_opening::Phase;
use kaibiao_wire::{Exit, Label};

use crate::args::WatchArgs;
use crate::client::Hall;
use crate::failure::Failure;
use crate::output::Ui;
use crate::watch::Watch;

use super::act::follower;

pub(super) async fn run(args: WatchArgs, ui: Ui) -> Result<Exit, Failure> {
    let hall = Hall::at(&args.at.at)?;
    let until = args.until.as_deref().map(phase).transpose()?;
    let lot = &args.at.lot;
    let follower = follower(&hall, lot, &args.trust).await?;
    let (ticks, once) = (args.ticks, args.once);
    let watch = Watch { hall: &hall, lot, follower, ui, ticks, once, until };
    watch.run().await?;
    Ok(Exit::Ok)
}

fn phase(name: &str) -> Result<Phase, Failure> {
    let found = Phase::ALL.iter().copied().find(|phase| phase.name() == name);
    found.ok_or_else(|| {
        let all: Vec<&str> = Phase::ALL.iter().map(|phase| phase.name()).collect();
        Failure::new(Label::Usage, format!("--until {name}: one of {}", all.join(", ")))
    })
}
