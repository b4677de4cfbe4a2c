//! The three things a custodian may do, each with the checks before it.

use std::collections::BTreeSet;

use kaibiao_ceremony::KeyShare;
use kaibiao_crypto::{Hex, Point};
use kaibiao_journal::{Checkpoint, CosignedCheckpoint, freeze_statement};
use kaibiao_opening::SetFrozen;
use kaibiao_replay::{FrozenBids, FrozenMaterial, Replay, needs_escrow};
use kaibiao_types::{CustodianIndex, Digest, Part, Stage};

use crate::draw::not_a_draw;
use crate::gate::{has_token, not_before_deadline};
use crate::{Act, ClockReading, Holding, Memory, Raised, Refusal, TimeToken};

/// One custodian's judgment on one lot.
#[derive(Debug)]
pub struct Custody {
    index: CustodianIndex,
    pub(crate) frozen: Option<(Digest, FrozenBids)>,
    token: Option<TimeToken>,
}

/// A head that may be cosigned, with the act to write first.
#[derive(Debug)]
pub struct Cosigning {
    /// The head.
    pub checkpoint: Checkpoint,
    /// What to write to the journal before signing.
    pub act: Act,
}

/// A freeze that may be countersigned, with the act to write first.
#[derive(Debug)]
pub struct Countersigning {
    /// The freeze.
    pub freeze_id: Digest,
    /// The text to sign with the CA certificate.
    pub statement: String,
    /// What to write to the journal before signing.
    pub act: Act,
}

/// One point that may be raised.
#[derive(Clone, Copy, Debug)]
pub struct ToRaise {
    /// The bid; of the base estimate SHA-256 of its sealed object.
    pub manifest_sha256: Digest,
    /// U.
    pub u: Point,
}

/// Points that may be raised now, with the act to write first.
#[derive(Debug)]
pub struct Release {
    /// The freeze, to which every proof is bound.
    pub freeze_id: Digest,
    /// The envelope.
    pub stage: Stage,
    /// Which part.
    pub part: Part,
    /// The points.
    pub points: Vec<ToRaise>,
    /// The points of the escrows of bids that their bidders did not unlock, in the same order.
    pub escrow: Vec<ToRaise>,
    /// What to write to the journal before raising.
    pub act: Act,
}

impl Custody {
    /// The judgment of the custodian who holds `share`.
    ///
    /// # Errors
    ///
    /// [`Refusal::Share`] if the share is not the one in the ceremony record (rule R1).
    pub fn new(replay: &Replay, share: &KeyShare) -> Result<Self, Refusal> {
        let index = share.index();
        if replay.tender().record().public_share(index) == Some(&share.public()) {
            Ok(Self { index, frozen: None, token: None })
        } else {
            Err(Refusal::Share(index))
        }
    }

    /// The judgment of custodian `index` once its share is destroyed: it releases nothing.
    pub const fn without_share(index: CustodianIndex) -> Self {
        Self { index, frozen: None, token: None }
    }

    /// The custodian's number.
    pub const fn index(&self) -> CustodianIndex {
        self.index
    }

    /// Keeps a token of time for the release of the freeze that it is over.
    pub fn keep_token(&mut self, token: TimeToken) {
        self.token = Some(token);
    }

    /// The token of time that is kept.
    pub const fn token(&self) -> Option<&TimeToken> {
        self.token.as_ref()
    }

    /// Whether a signed checkpoint may be cosigned: it is a head of the log that was replayed, and
    /// no smaller than any head cosigned before.
    ///
    /// # Errors
    ///
    /// [`Refusal`].
    pub fn cosign(
        &self,
        replay: &Replay,
        memory: &Memory,
        note: &str,
        clock: ClockReading,
    ) -> Result<Cosigning, Refusal> {
        if memory.holding() == Holding::Nothing {
            return Err(Refusal::Destroyed);
        }
        let checked = CosignedCheckpoint::verify(note, replay.tender().log_key(), &[])?;
        let checkpoint = checked.checkpoint().clone();
        let (size, root) = (checkpoint.head.size, checkpoint.head.root);
        if let Some((cosigned, _)) = memory.latest_head().filter(|(cosigned, _)| *cosigned > size) {
            return Err(Refusal::Rollback { size, cosigned });
        }
        if replay.log().root_at(size) != Some(root) {
            return Err(Refusal::Head { size });
        }
        same_log(replay, memory)?;
        Ok(Cosigning { checkpoint, act: Act::Cosigned { at: clock.now, size, root } })
    }

    /// Whether the freeze in the log may be countersigned (rules R2 and 14): the deadline has passed
    /// by its own clock, this custodian cosigned the closing head itself, every bid and place holds,
    /// and no other freeze was signed before.
    ///
    /// # Errors
    ///
    /// [`Refusal`].
    pub fn countersign(
        &mut self,
        replay: &Replay,
        memory: &Memory,
        material: &FrozenMaterial,
        clock: ClockReading,
    ) -> Result<Countersigning, Refusal> {
        share_held(memory)?;
        not_before_deadline(replay, clock)?;
        same_log(replay, memory)?;
        let (frozen, data) = frozen_of(replay)?;
        let freeze_id = frozen.freeze_id;
        if let Some(signed) = memory.freeze_id().filter(|signed| *signed != freeze_id) {
            return Err(Refusal::FreezeConflict { signed, asked: freeze_id });
        }
        if !memory.has_cosigned(frozen.size, &frozen.root) {
            return Err(Refusal::HeadUnsigned);
        }
        self.check_frozen(replay, frozen, data, material)?;
        Ok(Countersigning {
            freeze_id,
            statement: freeze_statement(replay.tender().origin(), &freeze_id),
            act: Act::FreezeSigned { at: clock.now, freeze_id },
        })
    }

    /// Checks the bids of the freeze once and keeps them for the release.
    pub(crate) fn check_frozen(
        &mut self,
        replay: &Replay,
        frozen: &SetFrozen,
        data: &str,
        material: &FrozenMaterial,
    ) -> Result<(), Refusal> {
        if self.frozen.as_ref().is_some_and(|(id, _)| *id == frozen.freeze_id) {
            return Ok(());
        }
        let bids = FrozenBids::check(
            replay.tender(),
            replay.log(),
            frozen,
            data,
            replay.deadline(),
            material,
            replay.trust(),
        )?;
        self.frozen = Some((frozen.freeze_id, bids));
        Ok(())
    }

    /// Which points may be raised now (rules R1 to R8, rulings 13 and 14).
    ///
    /// # Errors
    ///
    /// [`Refusal`].
    pub fn release(
        &mut self,
        replay: &Replay,
        memory: &Memory,
        material: &FrozenMaterial,
        part: Part,
        clock: ClockReading,
    ) -> Result<Release, Refusal> {
        share_held(memory)?;
        not_before_deadline(replay, clock)?;
        same_log(replay, memory)?;
        let unsealing = replay.state().unsealing().filter(|unsealing| unsealing.part == part);
        let unsealing = unsealing.ok_or(Refusal::NotAsked(part))?;
        let (stage, freeze_id) = (unsealing.stage, unsealing.freeze_id);
        let (frozen, data) = frozen_of(replay)?;
        if memory.freeze_id() != Some(freeze_id) || frozen.freeze_id != freeze_id {
            return Err(Refusal::FreezeUnsigned);
        }
        has_token(replay, freeze_id, self.token.as_ref())?;
        self.check_frozen(replay, frozen, data, material)?;
        let (_, bids) = self.frozen.as_ref().ok_or(Refusal::FreezeUnsigned)?;

        enough_bidders(replay, bids)?;
        let (mut points, mut escrow) = (Vec::new(), Vec::new());
        // From the second envelope on these are the bids on the approved list of who passed.
        let asked: BTreeSet<Digest> =
            unsealing.bids.iter().map(|bid| bid.manifest_sha256).collect();
        for (entry, bid) in bids.current().filter(|(e, _)| asked.contains(&e.manifest_sha256)) {
            let Some(header) = bid.header(stage, part) else { continue };
            let manifest_sha256 = entry.manifest_sha256;
            let asked = needs_escrow(replay.state(), &entry.bidder.code, part, header);
            let own = header.escrow().filter(|_| asked).map(|escrow| escrow.u);
            for u in [Some(*header.u()), own].into_iter().flatten() {
                if let Some(before) =
                    memory.raised_for(&u.bytes()).filter(|before| *before != manifest_sha256)
                {
                    return Err(Refusal::DuplicateLock { manifest_sha256, before });
                }
                not_a_draw(replay, memory, &freeze_id, &u)?;
            }
            points.push(ToRaise { manifest_sha256, u: *header.u() });
            escrow.extend(own.map(|u| ToRaise { manifest_sha256, u }));
        }
        // Rule R10: no escrow is raised before the log says that the bidders' window is over.
        if !escrow.is_empty() && !replay.state().bidder_window_is_shut() {
            return Err(Refusal::NotAsked(part));
        }
        // 条例 art. 50: the base estimate is opened with the prices. Its context and proof were checked
        // with its entry, its point against those of all bids with the freeze.
        if let Some(estimate) =
            replay.estimate().filter(|own| unsealing.estimate == Some(own.sha256()))
        {
            let (manifest_sha256, u) = (estimate.sha256(), *estimate.header().u());
            if let Some(before) =
                memory.raised_for(&u.bytes()).filter(|before| *before != manifest_sha256)
            {
                return Err(Refusal::DuplicateLock { manifest_sha256, before });
            }
            not_a_draw(replay, memory, &freeze_id, &u)?;
            points.push(ToRaise { manifest_sha256, u });
        }
        let raised = points
            .iter()
            .chain(&escrow)
            .map(|point| Raised { manifest_sha256: point.manifest_sha256, u: Hex(point.u.bytes()) })
            .collect();
        let act = Act::Intent { at: clock.now, freeze_id, stage, part, raised };
        Ok(Release { freeze_id, stage, part, points, escrow, act })
    }
}

/// Promise 8: this custodian counts the bidders itself (条例 art. 44 ¶2).
pub(crate) fn enough_bidders(replay: &Replay, bids: &FrozenBids) -> Result<(), Refusal> {
    let bidders: BTreeSet<_> = bids.current().map(|(entry, _)| &entry.bidder.code).collect();
    let min = replay.tender().file().terms().min_bidders;
    if u32::try_from(bidders.len()).unwrap_or(u32::MAX) < min {
        return Err(Refusal::TooFew { bidders: bidders.len(), min });
    }
    Ok(())
}

/// Ruling 17: a share that is destroyed, or about to be, is not used again.
pub(crate) fn share_held(memory: &Memory) -> Result<(), Refusal> {
    if memory.holding() == Holding::Share { Ok(()) } else { Err(Refusal::Destroyed) }
}

/// The replayed log continues every head that was cosigned before: after a restart the hall might
/// show another history. A head commits to all smaller ones, so the greatest stands for all.
pub(crate) fn same_log(replay: &Replay, memory: &Memory) -> Result<(), Refusal> {
    match memory.latest_head() {
        Some((size, root)) if replay.log().root_at(size) != Some(root) => {
            Err(Refusal::Head { size })
        }
        _ => Ok(()),
    }
}

/// The freeze in the replayed log with the exact data of its entry.
pub(crate) fn frozen_of(replay: &Replay) -> Result<(&SetFrozen, &str), Refusal> {
    let frozen = replay.state().frozen().ok_or(Refusal::FreezeUnsigned)?;
    let entry = replay.frozen_entry().ok_or(Refusal::FreezeUnsigned)?;
    Ok((frozen, entry.data().get()))
}
