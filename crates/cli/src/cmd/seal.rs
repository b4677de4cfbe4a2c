//! `kaibiao seal` and `kaibiao submit`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kaibiao_opening::limits::SHEET_BYTES;
use kaibiao_opening::{BidderWindowTerms, PriceSheet, SheetRules};
use kaibiao_replay::VerifiedTender;
use kaibiao_seal::Manifest;
use kaibiao_types::{Money, OrgCode, Party, Stage, UtcMillis};
use kaibiao_wire::{Exit, Label};
use serde::Deserialize;

use crate::args::{SealArgs, SubmitArgs};
use crate::client::Hall;
use crate::failure::Failure;
use crate::folder::TenderBytes;
use crate::identity::Signer;
use crate::output::{Facts, Ui};
use crate::sealing::{self, Bid, Envelope, WITHDRAWAL};
use crate::submission::{RECEIPT, ReadyBid};
use crate::{files, machine};

/// The longest wait for the proof of a receipt.
const PROOF_WAIT_MAX: Duration = Duration::from_secs(150);

/// A price sheet as a bidder writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SheetFile {
    total: Option<Money>,
    fields: BTreeMap<String, String>,
    #[serde(default)]
    consortium: Vec<Party>,
}

pub(super) fn seal(args: &SealArgs, ui: Ui) -> Result<Exit, Failure> {
    files::expect_absent(&args.out)?;
    let (trust, now) = (args.trust.load()?, machine::now()?);
    let signer = Signer::load(&args.signer)?;
    let tender = TenderBytes::load(&args.tender)?.verify(&trust, now)?;
    tender.seats_last(tender.file().terms().deadline)?;
    let bidder = signer.party(&trust.list, now)?;
    let envelopes = envelopes(args, &tender, &bidder.code)?;
    let supersedes = args.supersedes.as_deref().map(earlier).transpose()?;
    let deadline = tender.file().terms().deadline;
    if now >= deadline {
        ui.note(
            "注意：按本机时钟，招标文件所载截止时间已过；除非已延期，服务器将拒收。",
            "note: by the clock of this machine the deadline in the tender file has passed; the hall \
             will refuse the bid unless the lot was postponed",
        );
    }
    if let Some(window) = tender.file().terms().bidder_window {
        tell_of_window(&signer, deadline, window, ui);
    }
    let bid = Bid { tender: &tender, bidder, signer: &signer, envelopes, supersedes, now };
    let manifest = bid.seal_into(&args.out)?;
    let mut facts = Facts::default();
    facts
        .text("lot", manifest.lot())
        .add("bidder", manifest.body().bidder.name.clone())
        .text("seq", manifest.body().seq)
        .text("manifest_sha256", manifest.sha256())
        .text("deadline", deadline)
        .add("folder", args.out.display().to_string());
    ui.facts(&facts);
    Ok(Exit::Ok)
}

/// The version that a new bid follows; a bid that was withdrawn is followed by its withdrawal alone.
fn earlier(folder: &Path) -> Result<Manifest, Failure> {
    let withdrawal = folder.join(WITHDRAWAL);
    if withdrawal.join(RECEIPT).exists() {
        let detail = format!("this bid was withdrawn: --supersedes {}", withdrawal.display());
        return Err(Failure::new(Label::BadInput, detail));
    }
    sealing::load_manifest(folder)
}

/// Before anything is sealed: that the bidder has to unlock its bid, with which certificate, and what
/// follows if it does not.
fn tell_of_window(signer: &Signer, deadline: UtcMillis, window: BidderWindowTerms, ui: Ui) {
    let certificate = signer.certificate();
    let (serial, (zh, en)) = (certificate.serial_hex(), window.lock.words());
    ui.note(
        &format!(
            "注意：本标段要求投标人解密。开标时须以序列号 {serial} 的证书密钥解密（时限 {}）；{zh}。",
            window.open_ms
        ),
        &format!(
            "note: bidders unlock their bids in this lot. At the opening the key of the certificate with \
             serial number {serial} is needed, for {} from when the host opens the window; {en}",
            window.open_ms
        ),
    );
    let end = deadline.plus(window.open_ms).plus(window.extend_ms);
    if certificate.not_after() < end {
        let until = certificate.not_after();
        ui.note(
            &format!(
                "注意：该证书于北京时间 {} 到期，早于解密时限可能的终点；请保留其密钥。",
                until.beijing()
            ),
            &format!("note: that certificate ends at {until}, before the window may; keep its key"),
        );
    }
}

/// What is sealed into each envelope of the tender.
fn envelopes(
    args: &SealArgs,
    tender: &VerifiedTender,
    bidder: &OrgCode,
) -> Result<Vec<Envelope>, Failure> {
    let stages: Vec<Stage> = tender.file().terms().stages().collect();
    let mut sheets = by_envelope("--sheet", &args.sheets, &stages)?;
    let mut documents = by_envelope("--document", &args.documents, &stages)?;
    if stages.len() == 1 && documents.is_empty() {
        let detail = "--document: this tender takes exactly one; put several into one PDF or ZIP";
        return Err(Failure::new(Label::Usage, detail));
    }
    let one = |stage: Stage| {
        let rules = tender.file().sheet_rules(stage);
        let sheet = match sheets.remove(&stage) {
            Some(path) => sheet_of_file(&rules, bidder, &path)?,
            None if stages.len() == 1 => sheet_of_args(&rules, bidder, args)?,
            None => {
                let detail = format!("--sheet {stage}=FILE: envelope {stage} has no sheet");
                return Err(Failure::new(Label::Usage, detail));
            }
        };
        Ok(Envelope { stage, sheet, document: documents.remove(&stage) })
    };
    stages.iter().copied().map(one).collect()
}

/// `FILE` for a tender of one envelope, `ENVELOPE=FILE` for one of several; at most one for each.
fn by_envelope(
    option: &str,
    texts: &[String],
    stages: &[Stage],
) -> Result<BTreeMap<Stage, PathBuf>, Failure> {
    let mut files = BTreeMap::new();
    for text in texts {
        let usage = |why: &str| Failure::new(Label::Usage, format!("{option} {text}: {why}"));
        let (stage, path) = if stages.len() == 1 {
            (Stage::FIRST, text.as_str())
        } else {
            let (number, path) = text
                .split_once('=')
                .ok_or_else(|| usage("this tender has several envelopes, write ENVELOPE=FILE"))?;
            let stage = stages.iter().copied().find(|stage| stage.to_string() == number);
            (stage.ok_or_else(|| usage("this tender has no such envelope"))?, path)
        };
        if files.insert(stage, PathBuf::from(path)).is_some() {
            return Err(usage("an envelope takes one; put several into one PDF or ZIP"));
        }
    }
    Ok(files)
}

fn sheet_of_file(
    rules: &SheetRules<'_>,
    bidder: &OrgCode,
    path: &Path,
) -> Result<PriceSheet, Failure> {
    let bytes = files::read(path, SHEET_BYTES)?;
    let file: SheetFile = serde_json::from_slice(&bytes)
        .map_err(|error| Failure::new(Label::BadInput, format!("{}: {error}", path.display())))?;
    let sheet = match file.total {
        Some(total) => PriceSheet::build(rules, bidder, total, file.fields)?,
        None => PriceSheet::without_price(rules, bidder, file.fields)?,
    };
    Ok(sheet.of_consortium(file.consortium)?)
}

fn sheet_of_args(
    rules: &SheetRules<'_>,
    bidder: &OrgCode,
    args: &SealArgs,
) -> Result<PriceSheet, Failure> {
    let price = args.price.as_deref().unwrap_or_default();
    let total = Money::parse_major(price, rules.currency)
        .map_err(|error| Failure::new(Label::BadInput, format!("--price {price}: {error}")))?;
    let sheet = PriceSheet::build(rules, bidder, total, fields(&args.fields)?)?;
    Ok(sheet.of_consortium(members(&args.members)?)?)
}

fn members(texts: &[String]) -> Result<Vec<Party>, Failure> {
    let one = |text: &String| {
        let bad = |why: &str| Failure::new(Label::BadInput, format!("--member {text}: {why}"));
        let (code, name) = text.split_once('=').ok_or_else(|| bad("write CODE=NAME"))?;
        let code = OrgCode::parse(code).map_err(|error| bad(&error.to_string()))?;
        Ok(Party { code, name: name.to_owned() })
    };
    texts.iter().map(one).collect()
}

fn fields(texts: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    let mut fields = BTreeMap::new();
    for text in texts {
        let bad = |why: &str| Failure::new(Label::BadInput, format!("--field {text}: {why}"));
        let (key, value) = text.split_once('=').ok_or_else(|| bad("write KEY=VALUE"))?;
        if fields.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(bad("given twice"));
        }
    }
    Ok(fields)
}

pub(super) async fn submit(args: &SubmitArgs, ui: Ui) -> Result<Exit, Failure> {
    let (hall, trust) = (Hall::at(&args.at)?, args.trust.load()?);
    let manifest = sealing::load_manifest(&args.folder)?;
    if let Some(lot) = args.lot.as_ref().filter(|lot| *lot != manifest.lot()) {
        let detail = format!("the manifest is for {}, asked for is {lot}", manifest.lot());
        return Err(Failure::new(Label::WrongLot, detail));
    }
    let bytes = TenderBytes::fetch(&hall, manifest.lot(), &trust).await?;
    let tender = bytes.verify(&trust, machine::now()?)?;
    let bid = ReadyBid::check(&args.folder, &tender, &trust)?;
    hand_in(&bid, &hall, &tender, args.no_wait, ui).await?;
    Ok(Exit::Ok)
}

/// Hands a bid or a withdrawal in and waits for the proof of its receipt, unless asked not to.
pub(super) async fn hand_in(
    bid: &ReadyBid,
    hall: &Hall,
    tender: &VerifiedTender,
    no_wait: bool,
    ui: Ui,
) -> Result<(), Failure> {
    let receipt = bid.submit(hall, tender).await?;
    let mut facts = Facts::default();
    facts
        .text("receipt", receipt.number)
        .text("completed_at", receipt.completed_at)
        .add("completed_at_beijing", receipt.completed_at.beijing());
    if no_wait {
        facts.add("proof", "not-awaited");
    } else {
        let tick = tender.file().terms().tick_every(machine::now()?).get();
        let wait = Duration::from_millis(tick).saturating_add(Duration::from_secs(30));
        let wait = wait.min(PROOF_WAIT_MAX);
        let proof = bid.proof(hall, tender, &receipt, wait).await?;
        facts.add("proof", if proof.is_some() { "verified" } else { "pending" });
        if proof.is_none() {
            ui.note(
                "回执已收妥；入册证明要到下一批次才有，届时再运行一次本命令即可。",
                "the receipt is safe; its proof comes with the next tick, run this command again then",
            );
        }
    }
    ui.facts(&facts);
    Ok(())
}
