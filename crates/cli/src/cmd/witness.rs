//! `kaibiao witness`.

use kaibiao_journal::{VerifierKey, WitnessKey};
use kaibiao_wire::{Accepted, DraftAnswer, Exit, Label, WitnessPost, paths};

use crate::args::{WitnessCmd, WitnessRun};
use crate::client::Hall;
use crate::failure::Failure;
use crate::follow::LOG_MAX;
use crate::machine;
use crate::output::{Facts, Ui};
use crate::witness::{self, Kept, Look};

/// Bytes of the longest checkpoint with its signature lines.
const NOTE_MAX: usize = 64 << 10;

pub(super) async fn run(command: WitnessCmd, ui: Ui) -> Result<Exit, Failure> {
    match command {
        WitnessCmd::Init { store, name } => {
            let vkey = witness::init(&store, &name)?;
            let mut facts = Facts::default();
            facts.text("witness", vkey);
            ui.facts(&facts);
        }
        WitnessCmd::Run(args) => follow(&args, ui).await?,
    }
    Ok(Exit::Ok)
}

async fn follow(args: &WitnessRun, ui: Ui) -> Result<(), Failure> {
    let hall = Hall::at(&args.at.at)?;
    let key = witness::key(&args.store)?;
    let log_key = log_key(&hall, args).await?;
    let mut kept = Kept::open(&args.store, &args.at.lot, &log_key)?;
    // The newest line that the hall does not have yet.
    let mut owed = None;
    loop {
        match step(&hall, args, &mut kept, &key, &mut owed, ui).await {
            Ok(()) => {}
            // A hall that is away comes back; the witness is what others rely on meanwhile.
            Err(failure) if failure.exit() == Exit::Network && !args.once => {
                ui.note(
                    "暂时联系不上开标大厅，稍后重试……",
                    "the hall is not reached, trying again",
                );
            }
            Err(failure) => return Err(failure),
        }
        if args.once {
            return Ok(());
        }
        tokio::time::sleep(args.every_ms).await;
    }
}

/// Cosigns what is new, and hands it in.
async fn step(
    hall: &Hall,
    args: &WitnessRun,
    kept: &mut Kept,
    key: &WitnessKey,
    owed: &mut Option<WitnessPost>,
    ui: Ui,
) -> Result<(), Failure> {
    if let Look::Cosigned(head, cosignature) = look(hall, args, kept, key).await? {
        let mut facts = Facts::default();
        facts.add("cosigned", head.size).text("root", head.root);
        ui.facts(&facts);
        *owed = args.hand_in.then_some(WitnessPost { size: head.size, cosignature });
    }
    if let Some(post) = owed {
        let path = paths::witness_cosignatures(&args.at.lot);
        let _: Accepted = hall.post(&path, post).await?;
        *owed = None;
    }
    Ok(())
}

/// One look: the head first, so that the lines are at least as many.
async fn look(
    hall: &Hall,
    args: &WitnessRun,
    kept: &mut Kept,
    key: &WitnessKey,
) -> Result<Look, Failure> {
    let lot = &args.at.lot;
    let note = hall.get_bytes(&paths::checkpoint(lot), NOTE_MAX).await?;
    let note = String::from_utf8(note)
        .map_err(|error| Failure::caused(Label::BadInput, &error).at("checkpoint"))?;
    let path = paths::since(&paths::log(lot), kept.next());
    kept.take(&hall.get_bytes(&path, LOG_MAX).await?)?;
    kept.judge(&note, key, machine::now()?)
}

async fn log_key(hall: &Hall, args: &WitnessRun) -> Result<VerifierKey, Failure> {
    let text = match &args.log_key {
        Some(text) => text.clone(),
        None => hall.get::<DraftAnswer>(&paths::draft(&args.at.lot)).await?.log_vkey,
    };
    text.parse().map_err(|error| Failure::caused(Label::BadInput, &error).at("log key"))
}
