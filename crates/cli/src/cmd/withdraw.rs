//! `kaibiao withdraw`.

use std::path::Path;

use kaibiao_replay::VerifiedTender;
use kaibiao_seal::{Manifest, ManifestKind};
use kaibiao_wire::{Exit, Label};

use crate::args::WithdrawArgs;
use crate::client::Hall;
use crate::failure::Failure;
use crate::folder::TenderBytes;
use crate::identity::{Signer, Trust};
use crate::machine;
use crate::output::Ui;
use crate::sealing::{self, Bid, WITHDRAWAL};
use crate::submission::ReadyBid;

/// Withdraws a bid (撤回, 招标投标法 art. 29). The withdrawal is signed once and kept before it is
/// sent, so that the same command after a lost answer sends the same bytes.
pub(super) async fn run(args: &WithdrawArgs, ui: Ui) -> Result<Exit, Failure> {
    let (hall, trust) = (Hall::at(&args.at)?, args.trust.load()?);
    let bid = sealing::load_manifest(&args.folder)?;
    if bid.body().kind == ManifestKind::Withdraw {
        let detail = format!("{}: this is a withdrawal", args.folder.display());
        return Err(Failure::new(Label::NothingToWithdraw, detail));
    }
    if !args.yes {
        let (seq, lot) = (bid.body().seq, bid.lot());
        let detail = format!("add --yes to withdraw bid {seq} of lot {lot}; nothing is sent yet");
        return Err(Failure::new(Label::Usage, detail));
    }
    let tender = TenderBytes::fetch(&hall, bid.lot(), &trust).await?;
    let tender = tender.verify(&trust, machine::now()?)?;
    let folder = args.folder.join(WITHDRAWAL);
    if !folder.exists() {
        sign(&Signer::load(&args.signer)?, &trust, &tender, bid.clone(), &folder)?;
    }
    let withdrawal = ReadyBid::check(&folder, &tender, &trust)?;
    if !withdrawal.withdraws(&bid) {
        let detail = format!("{}: this does not withdraw the bid beside it", folder.display());
        return Err(Failure::new(Label::BadInput, detail));
    }
    super::seal::hand_in(&withdrawal, &hall, &tender, args.no_wait, ui).await.map_err(said)?;
    let folder = folder.display();
    ui.note(
        &format!("投标文件已撤回，不再开启。截止时间前可重新投标：seal --supersedes {folder}。"),
        &format!(
            "the bid is withdrawn and will not be opened; until the deadline a new one may follow: \
             seal --supersedes {folder}"
        ),
    );
    Ok(Exit::Ok)
}

fn sign(
    signer: &Signer,
    trust: &Trust,
    tender: &VerifiedTender,
    bid: Manifest,
    folder: &Path,
) -> Result<(), Failure> {
    let now = machine::now()?;
    let bidder = signer.party(&trust.list, now)?;
    let (envelopes, supersedes) = (Vec::new(), Some(bid));
    Bid { tender, bidder, signer, envelopes, supersedes, now }.withdraw_into(folder)
}

/// A withdrawal that comes late leaves the bid as it is, to be opened like any other.
fn said(failure: Failure) -> Failure {
    if failure.label() != Label::Late {
        return failure;
    }
    let words = |zh: &str, en: &str| (zh.to_owned(), en.to_owned());
    failure
        .said(words(
            "已过投标截止时间，服务器没有接收这份撤回。",
            "The deadline has passed; the hall did not accept this withdrawal.",
        ))
        .assured(words(
            "截止前已收到回执的投标仍然有效，将与其他投标一同开启。",
            "The bid that got its receipt before the deadline stands and is opened with the others.",
        ))
}
