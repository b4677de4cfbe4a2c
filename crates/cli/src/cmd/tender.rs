//! `kaibiao tender`.

use std::path::Path;
use std::time::Duration;

use kaibiao_opening::CustodyKind;
use kaibiao_opening::limits::RECORD_BYTES;
use kaibiao_replay::VerifiedTender;
use kaibiao_wire::Exit;

use crate::args::{DraftArgs, TenderCmd};
use crate::client::Hall;
use crate::draft::{self, Filling, Seat};
use crate::failure::Failure;
use crate::folder::TenderBytes;
use crate::identity::{self, Signer};
use crate::output::{Facts, Ui};
use crate::{files, lots, machine, publish};

/// Bytes of the longest form: a fixture brings its bills of quantities along.
const FORM_MAX: usize = 16 << 20;

pub(super) async fn run(command: TenderCmd, ui: Ui) -> Result<Exit, Failure> {
    match command {
        TenderCmd::Draft(args) => make_draft(&args, ui)?,
        TenderCmd::Publish { at, signer, trust, out, wait } => {
            let (hall, trust) = (Hall::at(&at.at)?, trust.load()?);
            let signer = Signer::load(&signer)?;
            files::expect_absent(&out)?;
            lots::ceremony_ready(&hall, &at.lot, Duration::from_millis(wait.get())).await?;
            let (bytes, tender) = publish::publish(&hall, &at.lot, &signer, &trust).await?;
            bytes.write(&out)?;
            show(&tender, &out, ui);
        }
        TenderCmd::Fetch { at, trust, out } => {
            let (hall, trust) = (Hall::at(&at.at)?, trust.load()?);
            files::expect_absent(&out)?;
            let bytes = TenderBytes::fetch(&hall, &at.lot, &trust).await?;
            let tender = bytes.verify(&trust, machine::now()?)?;
            if tender.file().lot_key() != at.lot {
                let detail = "the hall gives the tender of another lot";
                return Err(Failure::new(kaibiao_wire::Label::WrongLot, detail));
            }
            bytes.write(&out)?;
            show(&tender, &out, ui);
        }
        TenderCmd::Check { folder, trust, at } => {
            let trust = trust.load()?;
            let at = at.map_or_else(machine::now, Ok)?;
            let tender = TenderBytes::load(&folder)?.verify(&trust, at)?;
            show(&tender, &folder, ui);
        }
    }
    Ok(Exit::Ok)
}

fn make_draft(args: &DraftArgs, ui: Ui) -> Result<(), Failure> {
    let trust = args.trust.load()?;
    let now = machine::now()?;
    let mut seats = Vec::new();
    for path in &args.custodians {
        let (certificate, above) = identity::certificates(path)?;
        let party = identity::party(&certificate, &above, &trust.list, now)
            .map_err(|failure| failure.at(&path.display().to_string()))?;
        seats.push(Seat::new(party, &certificate));
    }
    let round = args
        .round_of
        .as_deref()
        .map(|path| draft::round_after(&files::read(path, RECORD_BYTES)?, &args.not_invited));
    let filling = Filling {
        round: round.transpose()?,
        platform: args.platform.clone(),
        deadline: args.deadline.from(now),
        seats,
        notice: args.notice,
        freeze_wait: args.freeze_wait,
    };
    let draft = draft::fill(&files::read(&args.from, FORM_MAX)?, &filling)?;
    files::write_new(&args.out, &draft.to_bytes())?;
    let mut facts = Facts::default();
    facts
        .text("lot", draft.terms().lot_key())
        .text("deadline", draft.terms().deadline)
        .add("draft", args.out.display().to_string());
    ui.facts(&facts);
    Ok(())
}

/// What a person should know of a tender that was checked.
fn show(tender: &VerifiedTender, folder: &Path, ui: Ui) {
    let terms = tender.file().terms();
    let mut facts = Facts::default();
    facts
        .text("lot", terms.lot_key())
        .add("title", ui.lang.pick(&terms.title.zh, &terms.title.en))
        .text("deadline", terms.deadline)
        .text("tender_sha256", tender.sha256())
        .text("ceremony_id", tender.record().ceremony_id)
        .add("custody", serde_json::json!(terms.custody.custody))
        .add("folder", folder.display().to_string());
    ui.facts(&facts);
    if terms.custody.custody == CustodyKind::SelfHeld {
        ui.note(
            "注意：密钥由一方掌握（custody = self），或未证明相互独立。",
            "note: one hand may hold the key (custody = self)",
        );
    }
}
