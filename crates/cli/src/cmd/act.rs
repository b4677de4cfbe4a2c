//! `kaibiao host`, `kaibiao supervisor`, `kaibiao bidder`: signed commands.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use kaibiao_crypto::SUITE_1;
use kaibiao_opening::{Agent, BidderChecked, Command, NotPassed};
use kaibiao_types::{Fault, LotKey, Millis, OrgCode, Part, UtcMillis};
use kaibiao_wire::{Exit, Label, RandomId};

use crate::args::{Act, AgentArgs, BidderCmd, HostCmd, MayTrust, SignAct, SupervisorCmd, Why};
use crate::client::Hall;
use crate::failure::Failure;
use crate::folder::TenderBytes;
use crate::follow::Follower;
use crate::identity::Signer;
use crate::output::{Facts, Ui};
use crate::{acts, files, machine, unlocking};

/// Bytes of the longest authorisation letter, and of the longest file about a person.
const PERSON_MAX: usize = 64 << 20;

pub(super) async fn host(command: HostCmd, ui: Ui) -> Result<Exit, Failure> {
    match command {
        HostCmd::PublishBidders(act) => send(&act, Command::PublishBidders, ui).await,
        HostCmd::CheckBidder { bidder, identity, bond, reason, act } => {
            let (identity, bond) = (identity.into(), bond.into());
            let found = BidderChecked { bidder, identity, bond, reason };
            send(&act, Command::CheckBidder(found), ui).await
        }
        HostCmd::AnnounceCeiling(act) => send(&act, Command::AnnounceCeiling, ui).await,
        HostCmd::CheckSeals(act) => send(&act, Command::CheckSeals, ui).await,
        HostCmd::OpenBidderWindow(act) => send(&act, Command::OpenBidderWindow, ui).await,
        HostCmd::ExtendBidderWindow { seconds, text, act } => {
            let by = Millis::from_secs(seconds);
            send(&act, Command::ExtendBidderWindow { by, text }, ui).await
        }
        HostCmd::ReopenBidderWindow { seconds, text, act } => {
            let by = Millis::from_secs(seconds);
            send(&act, Command::ReopenBidderWindow { by, text }, ui).await
        }
        HostCmd::Unseal { part, act } => {
            send(&act, Command::StartUnsealing(Part::from(part)), ui).await
        }
        HostCmd::ConfirmTime { deadline, act } => {
            send(&act, Command::ConfirmTime { deadline }, ui).await
        }
        HostCmd::Postpone { to, reason, act } => {
            let deadline = to.from(machine::now()?);
            send(&act, Command::AskPostponement { deadline, reason }, ui).await
        }
        HostCmd::EmergencySignIn { bidder, reason, act } => {
            send(&act, Command::EmergencySignIn { bidder, reason }, ui).await
        }
        HostCmd::ReadNext { act, duration_ms } => read(&act, duration_ms, 1, ui).await,
        HostCmd::ReadAll { act, interval_ms } => read(&act, interval_ms, usize::MAX, ui).await,
        HostCmd::Draw { no, act } => send(&act, Command::StartDraw(no), ui).await,
        HostCmd::Answer { no, text, act } => {
            send(&act, Command::AnswerObjection { no, text }, ui).await
        }
        HostCmd::ExtendObjections { seconds, act } => {
            send(&act, Command::ExtendObjections(Millis::from_secs(seconds)), ui).await
        }
        HostCmd::DecideFault { bidder, part, fault, text, act } => {
            let (part, fault) = (Part::from(part), Fault::from(fault));
            send(&act, Command::DecideFault { bidder, part, fault, text }, ui).await
        }
        HostCmd::Pause { why, act } => pause(&act, why, ui).await,
        HostCmd::Resume(act) => send(&act, Command::Resume, ui).await,
        HostCmd::Ask { measure, why: Why { reason, text }, act } => {
            send(&act, Command::AskMeasure { measure, reason, text }, ui).await
        }
        HostCmd::GenerateRecord(act) => send(&act, Command::GenerateRecord, ui).await,
        HostCmd::CorrectRecord { reason, act } => {
            send(&act, Command::CorrectRecord { reason }, ui).await
        }
        HostCmd::SignRecord(act) => sign(&act, ui).await,
        HostCmd::ApproveDegraded(act) => send(&act, Command::ApproveDegraded, ui).await,
        HostCmd::CloseEnvelope(act) => send(&act, Command::CloseEnvelope, ui).await,
        HostCmd::ListPassed { failed, reconvene_at, reason, act } => {
            let reconvene_at = reconvene_at.from(machine::now()?);
            list_passed(&act, failed, reconvene_at, reason, ui).await
        }
        HostCmd::Reconvene(act) => send(&act, Command::Reconvene, ui).await,
        HostCmd::SealEstimate(args) => super::estimate::seal_estimate(&args, ui).await,
        HostCmd::Close(act) => send(&act, Command::Close, ui).await,
        HostCmd::AnnounceResult { file, act } => super::result::announce(&act, &file, ui).await,
    }
}

pub(super) async fn supervisor(command: SupervisorCmd, ui: Ui) -> Result<Exit, Failure> {
    match command {
        SupervisorCmd::ApproveDegraded(act) => send(&act, Command::ApproveDegraded, ui).await,
        SupervisorCmd::ApproveTime { deadline, act } => {
            send(&act, Command::ApproveTime { deadline }, ui).await
        }
        SupervisorCmd::ApprovePostponement { no, to, act } => {
            send(&act, Command::ApprovePostponement { no, deadline: to }, ui).await
        }
        SupervisorCmd::Pause { why, act } => pause(&act, why, ui).await,
        SupervisorCmd::Resume(act) => send(&act, Command::Resume, ui).await,
        SupervisorCmd::Approve { no, measure, act } => {
            send(&act, Command::ApproveMeasure { no, measure }, ui).await
        }
        SupervisorCmd::ApproveRound { no, invited, act } => {
            approve_round(&act, no, &invited, ui).await
        }
        SupervisorCmd::ApprovePassed { no, failed, act } => {
            approve_passed(&act, no, &failed, ui).await
        }
        SupervisorCmd::SignRecord(act) => sign(&act, ui).await,
    }
}

pub(super) async fn bidder(command: BidderCmd, ui: Ui) -> Result<Exit, Failure> {
    match command {
        BidderCmd::SignIn { agent, act } => {
            let agent = acting_for(&agent)?;
            send(&act, Command::SignIn(agent), ui).await
        }
        BidderCmd::Unseal { folder, act } => unseal(&act, &folder, ui).await,
        BidderCmd::Confirm(act) => send(&act, Command::ConfirmPrice, ui).await,
        BidderCmd::AnswerResult { objection, act } => {
            super::result::answer(&act, objection, ui).await
        }
        BidderCmd::Object { text, act } => send(&act, Command::RaiseObjection(text), ui).await,
        BidderCmd::SignRecord(act) => sign(&act, ui).await,
    }
}

/// The agent, with digests of what stays here.
fn acting_for(args: &AgentArgs) -> Result<Option<Agent>, Failure> {
    let (Some(name), Some(letter)) = (&args.agent, &args.letter) else { return Ok(None) };
    let letter_sha256 = SUITE_1.hash(&files::read(letter, PERSON_MAX)?);
    let person = match (&args.person, &args.salt_out) {
        (Some(person), Some(salt_out)) => {
            let bytes = files::read(person, PERSON_MAX)?;
            let salt = machine::random_bytes()?;
            files::write_private(salt_out, format!("{}\n", RandomId::new(salt)).as_bytes())?;
            Some(SUITE_1.hash(&[&salt[..], &bytes].concat()))
        }
        _ => None,
    };
    Ok(Some(Agent { name: name.clone(), letter_sha256, person }))
}

pub(super) fn load(act: &Act) -> Result<(Hall, &LotKey, Signer), Failure> {
    let signer = Signer::load(&act.signer)?;
    Ok((Hall::at(&act.at.at)?, &act.at.lot, signer))
}

pub(super) async fn send(act: &Act, command: Command, ui: Ui) -> Result<Exit, Failure> {
    let (hall, lot, signer) = load(act)?;
    let head = acts::send(&hall, lot, &signer, command).await?;
    Ok(done(head, ui))
}

/// Hands over what opens the bidder locks of a sealed bid. What is in the log already is not sent again.
async fn unseal(act: &Act, folder: &Path, ui: Ui) -> Result<Exit, Failure> {
    let (hall, lot, signer) = load(act)?;
    let own = unlocking::unlock(folder, lot, &signer)?;
    let mut log = Follower::of_procedure(lot.clone());
    log.catch_up(&hall, lot).await?;
    if unlocking::is_done(log.state(), &own)? {
        ui.note("该投标文件此前已解密，无需重复操作。", "note: this bid is unlocked already");
        return Ok(done(log.state().entries(), ui));
    }
    let head = acts::send(&hall, lot, &signer, Command::UnsealBid(own)).await?;
    Ok(done(head, ui))
}

async fn pause(act: &Act, Why { reason, text }: Why, ui: Ui) -> Result<Exit, Failure> {
    send(act, Command::Pause { reason, text }, ui).await
}

async fn sign(act: &SignAct, ui: Ui) -> Result<Exit, Failure> {
    let (hall, lot, signer) = load(&act.act)?;
    let mut log = follower(&hall, lot, &act.trust).await?;
    let head = acts::sign_record(&hall, lot, &signer, &mut log).await?;
    Ok(done(head, ui))
}

/// Everybody whose envelope was opened and who is not named passed, in the order of the log.
async fn list_passed(
    act: &Act,
    mut failed: Vec<NotPassed>,
    reconvene_at: UtcMillis,
    reason: Option<String>,
    ui: Ui,
) -> Result<Exit, Failure> {
    let (hall, lot, signer) = load(act)?;
    let mut log = Follower::of_procedure(lot.clone());
    log.catch_up(&hall, lot).await?;
    let bidders: Vec<OrgCode> =
        log.state().current_bids().map(|bid| bid.bidder.code.clone()).collect();
    let place = |code: &OrgCode| bidders.iter().position(|bidder| bidder == code);
    if let Some(unknown) = failed.iter().find(|one| place(&one.bidder).is_none()) {
        let detail = format!("--not-passed {}: no bidder of this envelope", unknown.bidder);
        return Err(Failure::new(Label::BadInput, detail));
    }
    failed.sort_by_key(|one| place(&one.bidder));
    let named = |code: &OrgCode| failed.iter().any(|one| one.bidder == *code);
    let passed = bidders.iter().filter(|code| !named(code)).cloned().collect();
    let command = Command::ListPassed { passed, failed, reconvene_at, reason };
    Ok(done(acts::send(&hall, lot, &signer, command).await?, ui))
}

/// The supervisor names who did not pass: only a list that says just that is approved.
async fn approve_passed(act: &Act, no: u32, failed: &[OrgCode], ui: Ui) -> Result<Exit, Failure> {
    let (hall, lot, signer) = load(act)?;
    let mut log = Follower::of_procedure(lot.clone());
    log.catch_up(&hall, lot).await?;
    let asked = log.state().passed_asked().filter(|asked| asked.no == no);
    let asked = asked.ok_or_else(|| {
        Failure::new(Label::NotReady, format!("no list {no} of who passed waits for approval"))
    })?;
    let listed: BTreeSet<&OrgCode> = asked.failed.iter().map(|one| &one.bidder).collect();
    if listed != failed.iter().collect() {
        let codes: Vec<&str> = listed.iter().map(|code| code.as_str()).collect();
        let detail = format!("list {no} says that these did not pass: {}", codes.join(", "));
        return Err(Failure::new(Label::BadInput, detail));
    }
    let command = Command::ApprovePassed { no, passed: asked.passed.clone() };
    Ok(done(acts::send(&hall, lot, &signer, command).await?, ui))
}

/// The supervisor names who is invited: only a round that says just that is approved.
async fn approve_round(act: &Act, no: u32, invited: &[OrgCode], ui: Ui) -> Result<Exit, Failure> {
    let (hall, lot, signer) = load(act)?;
    let mut log = Follower::of_procedure(lot.clone());
    log.catch_up(&hall, lot).await?;
    let round = log.state().published().and_then(|lot| lot.round.as_ref());
    let listed: Vec<OrgCode> = round
        .filter(|round| round.no == no)
        .map(|round| round.invited.iter().map(|party| party.code.clone()).collect())
        .ok_or_else(|| Failure::new(Label::BadInput, format!("the lot is not round {no}")))?;
    if listed.iter().collect::<BTreeSet<_>>() != invited.iter().collect() {
        let codes: Vec<&str> = listed.iter().map(OrgCode::as_str).collect();
        let detail = format!("round {no} invites these: {}", codes.join(", "));
        return Err(Failure::new(Label::BadInput, detail));
    }
    let command = Command::ApproveRound { no, invited: listed };
    Ok(done(acts::send(&hall, lot, &signer, command).await?, ui))
}

/// Reads up to `count` prices, each as long as asked for or as its words take.
async fn read(act: &Act, span: Option<u64>, count: usize, ui: Ui) -> Result<Exit, Failure> {
    let (hall, lot, signer) = load(act)?;
    let fixed = span
        .map(|span| Millis::new(span).map_err(|e| Failure::new(Label::Usage, e.to_string())))
        .transpose()?;
    let mut log = Follower::of_procedure(lot.clone());
    let mut head = None;
    for _ in 0..count {
        log.catch_up(&hall, lot).await?;
        let natural = acts::next_duration(log.state());
        // Where nothing is left to read, the hall says why in its own words.
        if natural.is_none() && head.is_some() {
            break;
        }
        let span = fixed.or(natural).unwrap_or(Millis::from_secs(1));
        head = Some(acts::send(&hall, lot, &signer, Command::ReadNext(span)).await?);
        if count > 1 {
            tokio::time::sleep(Duration::from_millis(span.get())).await;
        }
    }
    Ok(done(head.unwrap_or_default(), ui))
}

/// A reader of the log: with a trust list it verifies everything, without one the procedure only.
pub(super) async fn follower(
    hall: &Hall,
    lot: &LotKey,
    trust: &MayTrust,
) -> Result<Follower, Failure> {
    let Some(trust) = trust.load()? else { return Ok(Follower::of_procedure(lot.clone())) };
    let tender = TenderBytes::fetch(hall, lot, &trust).await?.verify(&trust, machine::now()?)?;
    if tender.file().lot_key() != *lot {
        return Err(Failure::new(Label::WrongLot, "the hall gives the tender of another lot"));
    }
    Ok(Follower::verified(Arc::new(tender), Arc::clone(&trust.list)))
}

pub(super) fn done(head: u64, ui: Ui) -> Exit {
    let mut facts = Facts::default();
    facts.add("entries", head);
    ui.facts(&facts);
    Exit::Ok
}
