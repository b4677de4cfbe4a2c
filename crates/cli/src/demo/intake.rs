//! Before the deadline: the tender, the bids.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use kaibiao_journal::Receipt;
use kaibiao_opening::PriceSheet;
use kaibiao_replay::VerifiedTender;
use kaibiao_types::{Digest, Millis, Stage};
use kaibiao_wire::Label;

use crate::draft::{self, Filling};
use crate::failure::Failure;
use crate::sealing::{Bid, Envelope};
use crate::submission::ReadyBid;
use crate::{files, lots, machine, publish};

use super::cast::Bidder;
use super::document;
use super::opening::Opening;

/// Notice before a degraded freeze, and wait for the freeze quorum, in a demonstration.
const NOTICE: Millis = Millis::from_secs(2);
/// The platform's name in the log.
const PLATFORM: &str = "demo.kaibiao.example";
/// Bidders at work at the same time.
const AT_ONCE: usize = 2;

/// A published tender.
#[derive(Debug)]
pub(super) struct Ready {
    /// The tender, verified.
    pub(super) tender: Arc<VerifiedTender>,
}

/// What became of one bidder's bid before the deadline.
#[derive(Clone, Copy, Debug)]
pub(super) struct TakenIn {
    /// The bidder's place in the cast.
    pub(super) bidder: usize,
    /// SHA-256 of the manifest.
    pub(super) manifest_sha256: Digest,
    /// SHA-256 of the document before it was sealed.
    pub(super) document_sha256: Digest,
}

/// A bid with its receipt.
struct Sent {
    taken_in: TakenIn,
    bid: ReadyBid,
    receipt: Receipt,
}

impl Opening<'_> {
    /// Draft, key ceremony with rehearsal, signed tender file.
    pub(super) async fn publish(&mut self) -> Result<Ready, Failure> {
        let deadline = machine::now()?.plus(self.plan.until_deadline);
        let filling = Filling {
            round: None,
            platform: Some(PLATFORM.to_owned()),
            deadline,
            seats: self.cast.seats.clone(),
            notice: Some(NOTICE),
            freeze_wait: Some(NOTICE),
        };
        let draft = draft::fill(self.cast.form, &filling)?.to_bytes();
        self.steps.step(
            &format!("主持人签署招标文件草案，开标时间 {}（北京时间）", deadline.beijing()),
            &format!("The host signs the draft; opening at {} (Beijing time)", deadline.beijing()),
        );
        publish::create(self.hall, &draft, &self.cast.host).await?;
        let longest = Duration::from_millis(self.plan.until_deadline.get());
        lots::ceremony_ready(self.hall, &self.cast.lot, longest).await?;
        self.steps.step(
            "三位密钥分持人联合生成开标密钥，并演练解密一次（3 人中任意 2 人可解密）",
            "Three custodians made the key together and rehearsed an opening (any 2 of 3 open)",
        );
        let (bytes, tender) =
            publish::publish(self.hall, &self.cast.lot, &self.cast.host, &self.cast.trust).await?;
        bytes.write(&self.folders.result("tender")?)?;
        files::write_new(&self.folders.result("trust.json")?, &self.cast.trust.bytes)?;
        self.steps.step("招标文件已签署并发布", "The tender file is signed and published");
        Ok(Ready { tender: Arc::new(tender) })
    }

    /// Every bidder seals with its own certificate, submits and keeps its receipt.
    pub(super) async fn take_in(&mut self, ready: &Ready) -> Result<Vec<TakenIn>, Failure> {
        let bidders = self.cast.bidders.iter().enumerate();
        let work = bidders.map(|(place, bidder)| self.take_in_one(ready, place, bidder));
        let mut bids: Vec<Sent> =
            stream::iter(work).buffer_unordered(AT_ONCE).try_collect().await?;
        bids.sort_by_key(|sent| sent.taken_in.bidder);
        let left = ready.tender.file().terms().deadline.since(machine::now()?);
        if left.is_none_or(|left| left == Millis::ZERO) {
            return Err(Failure::new(Label::Late, "the bids were not complete at the deadline"));
        }
        self.prove(ready, &bids).await?;
        Ok(bids.into_iter().map(|sent| sent.taken_in).collect())
    }

    async fn take_in_one(
        &self,
        ready: &Ready,
        place: usize,
        bidder: &Arc<Bidder>,
    ) -> Result<Sent, Failure> {
        let folder = self.folders.result(&bidder.folder())?;
        let document = self.folders.result(&bidder.document())?;
        let (tender, trust) = (Arc::clone(&ready.tender), self.cast.trust.clone());
        let (len, sealing) = (self.plan.document_len, Arc::clone(bidder));
        let work = move || {
            let sha256 = document::write(&sealing, &document, len)?;
            seal(&tender, &sealing, document, &folder)?;
            Ok::<_, Failure>((sha256, ReadyBid::check(&folder, &tender, &trust)?))
        };
        let sealed = tokio::task::spawn_blocking(work).await;
        let (document_sha256, bid) =
            sealed.map_err(|error| Failure::caused(Label::Internal, &error))??;
        let receipt = bid.submit(self.hall, &ready.tender).await?;
        let name = &bidder.party.name;
        self.steps.step(
            &format!("{name} 密封、递交，回执 {}", receipt.number),
            &format!("{name} sealed and submitted, receipt {}", receipt.number),
        );
        let manifest_sha256 = receipt.manifest_sha256;
        let taken_in = TakenIn { bidder: place, manifest_sha256, document_sha256 };
        Ok(Sent { taken_in, bid, receipt })
    }

    /// The second half of every receipt: its place is in the log, under a cosigned head.
    async fn prove(&self, ready: &Ready, bids: &[Sent]) -> Result<(), Failure> {
        let longest = Duration::from_millis(self.plan.until_deadline.get());
        for Sent { bid, receipt, .. } in bids {
            let proof = bid.proof(self.hall, &ready.tender, receipt, longest).await?;
            if proof.is_none() {
                let detail = format!("receipt {} has no proof yet", receipt.number);
                return Err(Failure::new(Label::NotReady, detail));
            }
        }
        self.steps.step(
            &format!("{} 份回执的入册证明均已核验", bids.len()),
            &format!("The proofs of all {} receipts hold", bids.len()),
        );
        Ok(())
    }
}

fn seal(
    tender: &VerifiedTender,
    bidder: &Bidder,
    document: PathBuf,
    folder: &Path,
) -> Result<(), Failure> {
    let sheet = &bidder.example.sheet;
    let (rules, code) = (tender.file().sheet_rules(Stage::FIRST), &bidder.party.code);
    let sheet = PriceSheet::build(&rules, code, sheet.total, sheet.fields.clone())?;
    let bid = Bid {
        tender,
        bidder: bidder.party.clone(),
        signer: &bidder.signer,
        envelopes: vec![Envelope { stage: Stage::FIRST, sheet, document: Some(document) }],
        supersedes: None,
        now: machine::now()?,
    };
    bid.seal_into(folder).map(|_| ())
}
