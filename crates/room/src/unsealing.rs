//! Seal check, partial decryptions, and the one step in which all prices become public.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use kaibiao_ceremony::Partial;
use kaibiao_crypto::{Hex, SUITE_1, scrub_stack};
use kaibiao_opening::{
    BidUnsealing, Input, PartialsReceived, PriceOutcome, SealResult, UnsealedSheet,
};
use kaibiao_replay::{
    Partials, Unlocking, Unopened, VerifiedTender, open_each, open_price, unlocks,
};
use kaibiao_seal::ObjectDigest;
use kaibiao_store::Batch;
use kaibiao_types::{BidPart, CustodianIndex, Digest, Part, Stage};
use kaibiao_wire::{PartialItem, PartialsBody};

use crate::actor::Room;
use crate::frozen::FrozenSet;
use crate::seat::SeatMessage;
use crate::{FromSeat, HallContext, RoomError};

/// A custodian's partial decryptions for one part.
#[derive(Clone, Debug)]
pub struct PartialSet {
    /// The custodian.
    pub custodian: CustodianIndex,
    /// The envelope.
    pub stage: Stage,
    /// Which part.
    pub part: Part,
    /// The freeze.
    pub freeze_id: Digest,
    /// Each result with the bid it belongs to; points and scalars in hexadecimal.
    pub partials: Vec<kaibiao_opening::Partial>,
    /// The same for the escrows of bids that their bidders did not unlock.
    pub escrow: Vec<kaibiao_opening::Partial>,
    /// The exact bytes that the custodian signed.
    pub body: Vec<u8>,
}

impl PartialSet {
    /// What was read from the exact signed body.
    pub fn new(read: PartialsBody, body: Vec<u8>) -> Self {
        let partial = |item: PartialItem| kaibiao_opening::Partial {
            manifest_sha256: item.manifest_sha256,
            d: item.d,
            c: item.c,
            z: item.z,
        };
        Self {
            custodian: read.custodian,
            stage: read.stage,
            part: read.part,
            freeze_id: read.freeze_id,
            partials: read.partials.into_iter().map(partial).collect(),
            escrow: read.escrow.into_iter().map(partial).collect(),
            body,
        }
    }
}

impl SeatMessage for PartialSet {
    fn custodian(&self) -> CustodianIndex {
        self.custodian
    }

    fn content(&self, _: &VerifiedTender, _: Option<Digest>) -> Cow<'_, [u8]> {
        self.body.as_slice().into()
    }
}

impl Room {
    /// Recomputes digest, signature and proof of every frozen object in public (招标投标法 art. 36).
    pub(crate) fn check_seals(&self) -> Result<Vec<SealResult>, RoomError> {
        let frozen = self.frozen.as_ref().ok_or(RoomError::NotReady("freeze"))?;
        let mut results = Vec::new();
        let state = self.replay.state();
        for (bid, object) in state.sealed_objects() {
            let name = BidPart { stage: object.stage, part: object.part };
            let label = seal_fault(&self.hall, frozen, bid, name)?;
            let sealed = label.is_none();
            results.push(SealResult {
                bidder: bid.bidder.code.clone(),
                stage: state.named_stage(object.stage),
                part: object.part,
                sealed,
                label,
            });
        }
        Ok(results)
    }

    /// A custodian's partials: logged before they are combined (ruling 19).
    pub(crate) fn take_partials(&mut self, signed: FromSeat<PartialSet>) -> Result<u64, RoomError> {
        let (set, cms) = signed.into_parts();
        let name = BidPart { stage: set.stage, part: set.part };
        let asked = |unsealing: kaibiao_opening::Unsealing<'_>| (unsealing.stage, unsealing.part);
        let known = self.replay.state().unsealing().map(asked);
        let before = self.replay.state().released_in(set.stage, set.part);
        if known != Some((set.stage, set.part)) && before.contains(&set.custodian) {
            return Ok(self.replay.log().len()); // a repeat after the part was opened
        }
        let parsed = ParsedSet::of(&set)?;
        let count = u32::try_from(set.partials.len()).map_err(RoomError::internal)?;
        let event = PartialsReceived {
            custodian: set.custodian,
            stage: set.stage,
            part: set.part,
            freeze_id: set.freeze_id,
            sha256: SUITE_1.hash(&set.body),
            count,
            partials: (set.part == Part::Price).then_some(set.partials),
            escrow: if set.part == Part::Price { set.escrow } else { Vec::new() },
        };
        let doc = partials_doc(name, set.custodian);
        let batch = Batch::new().put_doc(&doc, &set.body).put_doc(&format!("{doc}.p7s"), &cms);
        let head = self.input_with(&Input::PartialsReceived(event), batch)?;
        self.remember_partials(name, parsed);
        self.progress(set.part)?;
        Ok(head)
    }

    pub(crate) fn remember_partials(&mut self, part: BidPart, parsed: ParsedSet) {
        for (all, own) in
            [(&mut self.partials, parsed.partials), (&mut self.escrows, parsed.escrow)]
        {
            let by_manifest = all.entry(part).or_default();
            for (manifest, partial) in own {
                by_manifest.entry(manifest).or_default().push(partial);
            }
        }
    }

    /// After a hold: what custodians released meanwhile is enough, or it is not yet.
    pub(crate) fn go_on(&mut self) -> Result<(), RoomError> {
        let part = self.replay.state().unsealing().map(|unsealing| unsealing.part);
        part.map_or(Ok(()), |part| self.progress(part))
    }

    /// Opens a part once enough custodians released.
    pub(crate) fn progress(&mut self, part: Part) -> Result<(), RoomError> {
        self.load_frozen()?;
        let asked = self.replay.state().unsealing().is_some_and(|unsealing| unsealing.part == part);
        let threshold = self.replay.tender().file().terms().custody.threshold;
        let released = self.replay.state().released(part).len();
        if !asked || released < usize::from(threshold.k()) {
            return Ok(());
        }
        let last_word = released == usize::from(threshold.n());
        match part {
            Part::Price => {
                let opened = self.open_prices(last_word);
                scrub_stack();
                opened
            }
            Part::Documents => self.open_documents(last_word),
            Part::Signals => Ok(()),
        }
    }

    /// All price sheets in one step (promise 6). One bad bid never stops the others; a bid that
    /// lacks valid partials waits for the other custodians, if there are any.
    fn open_prices(&mut self, last_word: bool) -> Result<(), RoomError> {
        let (Some(frozen), Some(unsealing)) =
            (self.frozen.clone(), self.replay.state().unsealing())
        else {
            return Ok(());
        };
        let (stage, freeze_id) = (unsealing.stage, unsealing.freeze_id);
        let bids: Vec<Digest> = unsealing.bids.iter().map(|bid| bid.manifest_sha256).collect();
        let open = |manifest: &Digest| {
            let outcome = self.open_one(&frozen, stage, &freeze_id, manifest);
            scrub_stack(); // on the thread that opened it
            outcome
        };
        let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let outcomes = open_each(threads, &bids, open);
        let mut all = Vec::new();
        for (manifest_sha256, outcome) in bids.iter().zip(outcomes) {
            match outcome? {
                Ok(outcome) => all.push(outcome),
                Err(unopened) if last_word && unopened.label == "UNOPENED_CUSTODY" => {
                    all.push(PriceOutcome {
                        manifest_sha256: *manifest_sha256,
                        sheet: UnsealedSheet::NotOpened {
                            label: unopened.label.to_owned(),
                            fault: unopened.fault,
                        },
                    });
                }
                Err(unopened) => {
                    tracing::warn!(bid = %manifest_sha256, %unopened, "a price sheet did not open yet");
                    return Ok(());
                }
            }
        }
        // Whatever became of it, the base estimate keeps no bid back (ADR-0022).
        all.extend(self.replay.open_estimate());
        self.input(&Input::PricesUnsealed(all)).map(drop)
    }

    fn open_one(
        &self,
        frozen: &Arc<FrozenSet>,
        stage: Stage,
        freeze_id: &Digest,
        manifest: &Digest,
    ) -> Result<Result<PriceOutcome, Unopened>, RoomError> {
        let bid =
            frozen.bids.bid(manifest).ok_or_else(|| RoomError::internal("a bid is missing"))?;
        let header = bid
            .header(stage, Part::Price)
            .ok_or_else(|| RoomError::internal("a header is missing"))?;
        let name = BidPart { stage, part: Part::Price };
        let mut payload = frozen.payload(&self.hall, manifest, name, header)?;
        let bidder = &bid.manifest().body().bidder.code;
        let unlocking = Unlocking {
            secret: self.replay.state().unlock_secret(bidder, Part::Price),
            escrow: of(&self.escrows, name, manifest),
        };
        let partials = of(&self.partials, name, manifest);
        let tender = self.replay.tender();
        Ok(open_price(tender, freeze_id, bid, stage, partials, unlocking, &mut payload))
    }

    /// What a bidder hands over for its locks must fit them: with a wrong secret in the log its bid would
    /// not open by it, and nobody could put that right.
    pub(crate) fn unlocks_its_bid(&self, own: &BidUnsealing) -> Result<(), RoomError> {
        let Some(frozen) = &self.frozen else { return Err(RoomError::NotReady("freeze")) };
        // Whose bid it is, and that each object has its secret, the procedure says.
        let Some(bid) = frozen.bids.bid(&own.manifest_sha256) else { return Ok(()) };
        for one in &own.secrets {
            let header = bid.header(own.stage, one.part);
            if header.is_some_and(|header| !unlocks(header, &one.secret)) {
                return Err(RoomError::Unlock(one.part));
            }
        }
        Ok(())
    }
}

/// Where a custodian's signed partials are kept.
pub(crate) fn partials_doc(part: BidPart, custodian: CustodianIndex) -> String {
    format!("partials/{part}/{custodian}")
}

/// The partials of one bid.
pub(crate) fn of<'a>(
    all: &'a BTreeMap<BidPart, Partials>,
    part: BidPart,
    manifest: &Digest,
) -> &'a [Partial] {
    all.get(&part).and_then(|of| of.get(manifest)).map_or(&[], Vec::as_slice)
}

/// What a custodian released for one part, as points and scalars.
pub(crate) struct ParsedSet {
    partials: Vec<(Digest, Partial)>,
    escrow: Vec<(Digest, Partial)>,
}

impl ParsedSet {
    /// The hexadecimal texts as points and scalars; proofs are checked when they are combined.
    pub(crate) fn of(set: &PartialSet) -> Result<Self, RoomError> {
        let (partials, escrow) = (parse(set, &set.partials)?, parse(set, &set.escrow)?);
        Ok(Self { partials, escrow })
    }
}

fn parse(
    set: &PartialSet,
    list: &[kaibiao_opening::Partial],
) -> Result<Vec<(Digest, Partial)>, RoomError> {
    let wrong = |_| RoomError::Proof("a partial decryption is not hexadecimal".to_owned());
    let parse = |item: &kaibiao_opening::Partial| -> Result<(Digest, Partial), RoomError> {
        let partial = Partial {
            index: set.custodian,
            d: Hex::parse(&item.d).map_err(wrong)?,
            c: Hex::parse(&item.c).map_err(wrong)?,
            z: Hex::parse(&item.z).map_err(wrong)?,
        };
        Ok((item.manifest_sha256, partial))
    };
    list.iter().map(parse).collect()
}

/// Why a stored object is not sealed as it was signed; `None` if it is.
fn seal_fault(
    hall: &HallContext,
    frozen: &FrozenSet,
    bid: &kaibiao_opening::FrozenBid,
    part: BidPart,
) -> Result<Option<String>, RoomError> {
    use std::io::Read as _;
    let verified = frozen
        .bids
        .bid(&bid.manifest_sha256)
        .ok_or_else(|| RoomError::internal("a bid is missing"))?;
    let signed = verified.manifest().part(part.stage, part.part);
    let (Some(signed), Some(upload)) = (signed, frozen.uploads.get(&bid.manifest_sha256)) else {
        return Err(RoomError::internal("a part is missing"));
    };
    let mut file = hall.store.open_object(*upload, &kaibiao_store::PartName::from(part))?;
    let mut digest = ObjectDigest::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let count = file.read(&mut buffer).map_err(RoomError::internal)?;
        let Some(bytes) = buffer.get(..count).filter(|bytes| !bytes.is_empty()) else { break };
        if let Err(error) = digest.update(bytes) {
            return Ok(Some(error.label().to_owned()));
        }
    }
    Ok(match digest.finish() {
        Err(error) => Some(error.label().to_owned()),
        Ok(found) => found.expect(&signed.object()).err().map(|error| error.label().to_owned()),
    })
}
