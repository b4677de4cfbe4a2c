//! From the deadline to the evidence package.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kaibiao_opening::{
    BidderChecked, BondState, Command, IdentityState, Phase, State, Step, Verdict,
};
use kaibiao_types::{Millis, OrgCode, Part};
use kaibiao_wire::{Label, paths};

use crate::client::Hall;
use crate::failure::Failure;
use crate::follow::{self, Follower};
use crate::identity::Signer;
use crate::{acts, download, files, machine, printing};

use super::Plan;
use super::cast::Cast;
use super::folders::Folders;
use super::intake::{Ready, TakenIn};
use super::steps::Steps;

/// The longest wait for a step of the hall or the custodians.
const STEP: Duration = Duration::from_mins(1);
/// All readings together take about this long before an audience.
const READINGS: u64 = 48_000;

/// What an opening needs.
#[derive(Debug)]
pub(super) struct Opening<'a> {
    /// The hall.
    pub(super) hall: &'a Hall,
    /// Everybody.
    pub(super) cast: &'a Cast,
    /// Where things are kept.
    pub(super) folders: &'a Folders,
    /// Where steps are told.
    pub(super) steps: &'a Steps,
    /// How long everything takes.
    pub(super) plan: Plan,
}

/// The room of the lot, whose every entry and signature is verified as it comes.
pub(super) struct Room<'a, 'b> {
    opening: &'b Opening<'a>,
    log: Follower,
}

impl<'a> Opening<'a> {
    /// Enters the room.
    pub(super) fn room(&self, ready: &Ready) -> Room<'a, '_> {
        let trust = Arc::clone(&self.cast.trust.list);
        Room { opening: self, log: Follower::verified(Arc::clone(&ready.tender), trust) }
    }
}

impl Room<'_, '_> {
    /// Waits for the deadline and the complete freeze; bidders sign in, their names are announced,
    /// the seals are checked.
    pub(super) async fn freeze(&mut self) -> Result<(), Failure> {
        self.count_down().await?;
        self.until("the complete freeze", STEP, |state| state.phase() >= Phase::Ready).await?;
        let cast = self.opening.cast;
        for bidder in &cast.bidders {
            self.send(&bidder.signer, Command::SignIn(None)).await?;
            self.opening.plan.breathe_millis(400).await;
        }
        self.opening.plan.breathe(3).await;
        self.steps_before(Step::UnsealPrices).await?;
        let broken = self.log.state().seals().is_none_or(|c| c.results.iter().any(|r| !r.sealed));
        if broken { Err(deviation("a seal is not intact")) } else { Ok(()) }
    }

    /// The steps of the tender file that come before `until`, the optional ones too.
    async fn steps_before(&mut self, until: Step) -> Result<(), Failure> {
        let host = &self.opening.cast.host;
        loop {
            let state = self.log.state();
            let ceiling = state.published().is_some_and(|lot| lot.ceiling.is_some());
            let mut next = state.next_steps().into_iter().map(|listed| listed.step);
            let next = next.find(|step| ceiling || *step != Step::AnnounceCeiling);
            match next {
                Some(Step::PublishBidders) => self.send(host, Command::PublishBidders).await?,
                Some(Step::CheckBidders) => self.check_bidders().await?,
                Some(Step::CheckSeals) => self.send(host, Command::CheckSeals).await?,
                Some(Step::AnnounceCeiling) => self.send(host, Command::AnnounceCeiling).await?,
                Some(step) if step == until => return Ok(()),
                step => return Err(deviation(&format!("{step:?} comes before {until}"))),
            }
            self.until("the step", STEP, |state| {
                state.next_steps().first().map(|listed| listed.step) != next
            })
            .await?;
            self.opening.plan.breathe(4).await;
        }
    }

    /// What a host would find out; in a demonstration nobody has asked a bank.
    async fn check_bidders(&mut self) -> Result<(), Failure> {
        let cast = self.opening.cast;
        for bidder in &cast.bidders {
            let found = BidderChecked {
                bidder: bidder.party.code.clone(),
                identity: IdentityState::Fits,
                bond: BondState::Unknown,
                reason: Some("演示，未核对 a demonstration, not looked up".to_owned()),
            };
            self.send(&cast.host, Command::CheckBidder(found)).await?;
            self.opening.plan.breathe_millis(400).await;
        }
        Ok(())
    }

    async fn count_down(&mut self) -> Result<(), Failure> {
        let steps = self.opening.steps;
        self.log.catch_up(self.opening.hall, &self.opening.cast.lot).await?;
        steps.step("等待开标时间……", "Waiting for the opening time");
        let Some(deadline) = self.log.state().deadline() else {
            return Err(deviation("the lot is not published"));
        };
        while let Some(left) = deadline.since(machine::now()?).filter(|left| *left > Millis::ZERO) {
            let seconds = left.get().div_ceil(1_000);
            if self.opening.plan.live && (seconds <= 3 || seconds.is_multiple_of(5)) {
                let (zh, en) = (format!("距开标 {seconds} 秒"), format!("{seconds} s to go"));
                steps.step(&zh, &en);
            }
            let next = left.get().saturating_sub((seconds - 1) * 1_000).max(20);
            tokio::time::sleep(Duration::from_millis(next)).await;
        }
        Ok(())
    }

    /// All prices in one step; they are what the bidders sealed.
    pub(super) async fn unseal_prices(&mut self, bids: &[TakenIn]) -> Result<(), Failure> {
        let host = &self.opening.cast.host;
        self.send(host, Command::StartUnsealing(Part::Price)).await?;
        self.until("the prices", STEP, |state| state.phase() >= Phase::Published).await?;
        let prices = self.log.state().prices().ok_or_else(|| deviation("no prices"))?;
        for bid in bids {
            let sealed = self.opening.cast.bidders.get(bid.bidder).map(|bidder| bidder.total());
            let shown = prices.bids.iter().find(|p| p.manifest_sha256 == bid.manifest_sha256);
            if shown.is_none_or(|p| p.verdict != Verdict::Opened || p.total != sealed) {
                return Err(deviation("a published price is not the one that was sealed"));
            }
        }
        self.opening.plan.breathe(5).await;
        Ok(())
    }

    /// Every price is read aloud.
    pub(super) async fn read(&mut self) -> Result<(), Failure> {
        let (host, live) = (&self.opening.cast.host, self.opening.plan.live);
        let bids = u64::try_from(self.log.state().priced_bids().count()).unwrap_or(u64::MAX);
        let longest = READINGS / bids.max(1);
        while let Some(natural) = acts::next_duration(self.log.state()) {
            let span = if live { natural.get().min(longest) } else { 1 };
            let span = Millis::new(span).map_err(|error| Failure::internal(error.to_string()))?;
            let read = self.log.state().prices_read();
            self.send(host, Command::ReadNext(span)).await?;
            self.until("the reading", STEP, |state| state.prices_read() > read).await?;
            if live {
                tokio::time::sleep(Duration::from_millis(span.get())).await;
            }
        }
        self.until("the end of the reading", STEP, |state| state.phase() >= Phase::Read).await
    }

    /// Every bidder with a price confirms it.
    pub(super) async fn confirm(&mut self) -> Result<(), Failure> {
        self.opening.plan.breathe(2).await;
        let priced: Vec<OrgCode> =
            self.log.state().priced_bids().map(|bid| bid.bidder.code.clone()).collect();
        let bidders = self.opening.cast.bidders.iter();
        for bidder in bidders.filter(|bidder| priced.contains(&bidder.party.code)) {
            self.send(&bidder.signer, Command::ConfirmPrice).await?;
            self.opening.plan.breathe_millis(400).await;
        }
        Ok(())
    }

    /// Every draw of the tender file, one after the other.
    pub(super) async fn draw(&mut self) -> Result<(), Failure> {
        let draws = self.log.state().published().map(|lot| lot.draws.clone()).unwrap_or_default();
        for draw in draws {
            self.send(&self.opening.cast.host, Command::StartDraw(draw.no)).await?;
            let over = |state: &State| {
                state.draws().get(&draw.no).is_some_and(|run| run.outcome.is_some())
            };
            self.until("the draw", STEP, over).await?;
            let run = self.log.state().draws().get(&draw.no);
            let outcome = run.and_then(|run| run.outcome.as_ref());
            if outcome.is_none_or(|outcome| outcome.drawn.is_none()) {
                return Err(deviation("a draw has no value"));
            }
            self.opening.plan.breathe(4).await;
        }
        Ok(())
    }

    /// The documents, for the evaluation; they are what the bidders sealed.
    pub(super) async fn unseal_documents(&mut self, bids: &[TakenIn]) -> Result<(), Failure> {
        let host = &self.opening.cast.host;
        self.send(host, Command::StartUnsealing(Part::Documents)).await?;
        self.until("the documents", STEP, |state| state.documents().is_some()).await?;
        let opened = self.log.state().documents().ok_or_else(|| deviation("no documents"))?;
        for bid in bids {
            let found = opened.bids.iter().find(|o| o.manifest_sha256 == bid.manifest_sha256);
            if found.and_then(|o| o.plain_sha256) != Some(bid.document_sha256) {
                return Err(deviation("an opened document is not the one that was sealed"));
            }
        }
        self.opening.plan.breathe(2).await;
        Ok(())
    }

    /// The record, its signatures, the end.
    pub(super) async fn record_and_close(&mut self) -> Result<(), Failure> {
        let (hall, cast) = (self.opening.hall, self.opening.cast);
        self.send(&cast.host, Command::GenerateRecord).await?;
        self.until("the record", STEP, |state| state.record().is_some()).await?;
        let bidders = cast.bidders.iter().map(|bidder| &bidder.signer);
        for signer in [&cast.host, &cast.supervisor].into_iter().chain(bidders) {
            self.tell_new().await?;
            acts::sign_record(hall, &cast.lot, signer, &mut self.log).await?;
        }
        self.tell_new().await?;
        self.opening.plan.breathe(2).await;
        self.send(&cast.host, Command::Close).await?;
        self.until("the end", STEP, |state| state.phase() == Phase::Closed).await?;
        // The page ends with the hall; people want to see how it closed.
        self.opening.plan.breathe(6).await;
        Ok(())
    }

    /// Keeps log, record and evidence package; gives the path of the package.
    pub(super) async fn keep(&mut self) -> Result<PathBuf, Failure> {
        let Opening { hall, cast, folders, steps, .. } = self.opening;
        let result = |name: &str| folders.result(name);
        let record = self.log.record().ok_or_else(|| deviation("no record"))?;
        files::write_new(&result("opening/record.json")?, record)?;
        let print = printing::read(record)?;
        let package = result("evidence.asice")?;
        let until = Instant::now() + STEP;
        while let Err(failure) = download::evidence(hall, &cast.lot, &package).await {
            if failure.label() != Label::NotReady || Instant::now() > until {
                return Err(failure);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        // Only now: the destruction of the shares follows the end.
        self.tell_new().await?;
        let log = hall.get_bytes(&paths::log(&cast.lot), 512 << 20).await?;
        files::write_new(&result("opening/log.jsonl")?, &log)?;
        let print = printing::signed(print, &log)?;
        let page = kaibiao_record::page(&kaibiao_record::document(&print));
        files::write_new(&result("opening/record.html")?, page.as_bytes())?;
        let pdf = printing::pdf(&print, &printing::fonts()?)?;
        files::write_new(&result("opening/record.pdf")?, &pdf.bytes)?;
        let checkpoint = hall.get_bytes(&paths::checkpoint(&cast.lot), 1 << 20).await?;
        files::write_new(&result("opening/checkpoint.txt")?, &checkpoint)?;
        steps.step(
            "证据包已下载，现在离线验证",
            "The evidence package is here; now verified offline",
        );
        Ok(package)
    }

    async fn send(&mut self, signer: &Signer, command: Command) -> Result<(), Failure> {
        acts::send(self.opening.hall, &self.opening.cast.lot, signer, command).await?;
        self.tell_new().await
    }

    /// Takes new entries in and tells them.
    async fn tell_new(&mut self) -> Result<(), Failure> {
        for (entry, event) in self.log.catch_up(self.opening.hall, &self.opening.cast.lot).await? {
            let by = follow::author(&entry)?;
            self.opening.steps.entry(&event, &by, self.log.state());
        }
        Ok(())
    }

    /// Follows the log until something holds.
    async fn until(
        &mut self,
        what: &str,
        longest: Duration,
        holds: impl Fn(&State) -> bool,
    ) -> Result<(), Failure> {
        let end = Instant::now() + longest;
        loop {
            self.tell_new().await?;
            let phase = self.log.state().phase();
            if holds(self.log.state()) {
                return Ok(());
            }
            if phase.is_final() || Instant::now() >= end {
                let seconds = longest.as_secs();
                let detail = format!("waited up to {seconds} s for {what}; phase {phase}");
                return Err(Failure::new(Label::NotReady, detail));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Something came out otherwise than it was put in.
fn deviation(what: &str) -> Failure {
    Failure::new(Label::AlteredObject, what)
}
