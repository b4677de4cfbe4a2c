//! `kaibiao ceremony`.

use std::time::Duration;

use kaibiao_wire::Exit;

use super::custodian;
use crate::args::CeremonyCmd;
use crate::client::Hall;
use crate::failure::Failure;
use crate::identity::Signer;
use crate::output::{Facts, Ui};
use crate::{ceremony, files, machine, progress, publish, rehearse};

/// Bytes of the longest ceremony bundle that is read.
const BUNDLE_MAX: usize = 32 << 20;

pub(super) async fn run(command: CeremonyCmd, ui: Ui) -> Result<Exit, Failure> {
    let mut facts = Facts::default();
    match command {
        CeremonyCmd::New { at, draft, signer } => {
            let signer = Signer::load(&signer)?;
            let draft = files::read(&draft, kaibiao_opening::limits::TENDER_BYTES)?;
            let lot = publish::create(&Hall::at(&at)?, &draft, &signer).await?;
            facts.text("lot", lot);
            ui.note("密钥仪式已开始。", "the key ceremony has begun");
        }
        CeremonyCmd::Status { at, trust } => {
            let trust = trust.load()?;
            let hall = Hall::at(&at.at)?;
            let progress = progress::of(&hall, &at.lot, trust.as_ref()).await?;
            facts = progress.facts();
            progress.notes(ui);
        }
        CeremonyCmd::Rehearse { at, signer, trust, wait } => {
            let asked = rehearse::Asked {
                hall: Hall::at(&at.at)?,
                lot: at.lot,
                signer: Signer::load(&signer)?,
                trust: trust.load()?,
                longest: Duration::from_millis(wait.get()),
            };
            let outcome = asked.run(ui).await?;
            outcome.notes(ui);
            ui.facts(&outcome.facts());
            return Ok(outcome.exit());
        }
        CeremonyCmd::Recover { file, store } => {
            let (lot, seat) =
                custodian::recover_share(&files::read(&file, BUNDLE_MAX)?, &store, ui)?;
            facts.text("lot", lot).text("custodian", seat).add("share", "recovered");
        }
        CeremonyCmd::Check { file, trust, at } => {
            let trust = trust.load()?;
            let at = at.map_or_else(machine::now, Ok)?;
            let record = ceremony::check(&files::read(&file, BUNDLE_MAX)?, &trust, at)?;
            facts
                .text("lot", record.lot_key())
                .text("ceremony_id", record.ceremony_id)
                .add("custody", format!("{} of {}", record.threshold.k(), record.threshold.n()));
            for custodian in &record.custodians {
                let name = format!("custodian_{}", custodian.index);
                facts.add(&name, custodian.party.name.clone());
            }
        }
    }
    ui.facts(&facts);
    Ok(Exit::Ok)
}
