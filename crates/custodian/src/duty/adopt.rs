//! Taking up a published lot: the tender that this custodian ran its ceremony for, and no other.

use std::sync::Arc;
use std::time::Instant;

use kaibiao_ceremony::KeyShare;
use kaibiao_custody::{Custody, Holding, Silence};
use kaibiao_journal::Cosigner;
use kaibiao_merkle::Tree;
use kaibiao_replay::{FrozenMaterial, Replay, TenderMaterial, VerifiedTender};
use kaibiao_types::{CustodianIndex, Digest, UtcMillis};
use kaibiao_wire::{OutagePost, TenderAnswer};

use super::journals::Handing;
use super::time::LotClock;
use super::{Lot, LotError, by_rule, refused};
use crate::keys::{LineFile, LotFolder, Text};

/// A published lot with everything that this custodian needs for it.
pub(crate) struct Opening {
    pub(super) replay: Replay,
    pub(super) custody: Custody,
    /// The clock, where the tender file names time servers.
    pub(super) time: Option<LotClock>,
    /// `None` once it is destroyed. It never moves out of this value, which is boxed.
    pub(super) share: Option<KeyShare>,
    pub(super) cosigner: Cosigner,
    pub(super) log: LineFile,
    /// The leaves of the log as far as it was read: a new head is tried on a copy.
    pub(super) tree: Tree,
    /// The frozen bids, by the freeze they were fetched for.
    pub(super) material: Option<(Digest, FrozenMaterial)>,
    pub(super) sent: Sent,
    /// The questions for new heads, and the silence between them.
    pub(super) silence: Silence,
    /// The newest head that the hall showed with this custodian's cosignature: size and note.
    pub(super) shown: Option<(u64, String)>,
}

/// What was sent since the process started, so that nothing is sent over and over.
#[derive(Debug, Default)]
pub(super) struct Sent {
    /// The head whose cosignature the hall took, and when.
    pub(super) head: Option<(u64, Instant)>,
    /// An attested outage that the hall has not answered.
    pub(super) outage: Option<OutagePost>,
    /// When the countersignature was last sent.
    pub(super) freeze: Option<Instant>,
    /// When partial decryptions were last sent.
    pub(super) partials: Option<Instant>,
    /// Which draw was last answered, and when.
    pub(super) draw: Option<(u32, Instant)>,
    /// The journal that was last handed over.
    pub(super) journal: Option<Handing>,
    /// When the statement of destruction was last sent.
    pub(super) destruction: Option<Instant>,
}

const REQUEST: &str = "tender";

impl Opening {
    /// The deadline, which is the opening time, as the log has it so far.
    pub(crate) fn deadline(&self) -> UtcMillis {
        self.replay.deadline()
    }

    /// Once the opening has ended: the time of the last entry.
    pub(crate) fn quiet_since(&self) -> Option<UtcMillis> {
        let state = self.replay.state();
        state.ended().map(|_| state.last_at())
    }

    /// Whether the hall showed this custodian's cosignature under the whole log as it was read.
    pub(super) fn is_shown(&self) -> bool {
        self.shown.as_ref().is_some_and(|(size, _)| *size == self.replay.log().len())
    }

    /// Whether the log shows all that this custodian has to add to it so far.
    pub(crate) fn is_settled(&self) -> bool {
        let own = self.replay.state().destroyed().contains_key(&self.custody.index());
        own && self.is_shown()
    }
}

impl Lot {
    /// Takes up the published lot: signatures, ceremony and rehearsal hold, it is the very ceremony
    /// whose record this custodian signed, and the share and the cosigning key at hand are the ones
    /// in it. From here on nothing is rehearsed (READY).
    ///
    /// # Errors
    ///
    /// [`LotError`]; the lot is then not taken up.
    pub(crate) fn adopt(&mut self, answer: &TenderAnswer) -> Result<(), LotError> {
        let shared = Arc::clone(&self.shared);
        let folder = shared.store.folder(&self.key)?;
        let signed = folder.text(Text::Ceremony)?.ok_or_else(|| {
            wrong("E_CEREMONY", "this custodian has not signed a ceremony of this lot")
        })?;
        let at = pin(&folder, answer, shared.now().now)?;
        let material = TenderMaterial {
            tender: answer.tender_b64.as_slice(),
            tender_cms: answer.cms_b64.as_slice(),
            draft: answer.draft_b64.as_slice(),
            draft_cms: answer.draft_cms_b64.as_slice(),
            ceremony: answer.ceremony.as_bytes(),
        };
        let tender = VerifiedTender::verify(&material, &self.trust, at)
            .map_err(|error| refused(REQUEST, error.label(), &error))?;
        if tender.file().lot_key() != self.key {
            return Err(wrong("E_LOT", "the tender file is for another lot"));
        }
        let record = tender.record();
        if record.suite().hash(&signed) != tender.file().announced().ceremony.sha256 {
            return Err(wrong(
                "E_CEREMONY",
                "the tender names another ceremony than the one signed",
            ));
        }
        let index = seat(&tender, shared.certificate)?;
        // A share whose destruction was begun is not read again, whatever is left of it.
        let share = match self.journal.memory().holding() {
            Holding::Share => {
                let share = folder.share()?;
                Some(share.ok_or_else(|| wrong("E_CEREMONY", "the share is gone"))?)
            }
            _ => None,
        };
        let cosigner = cosigner(&folder, &tender, index)?;
        publish(&folder, answer, at)?;

        let replay = Replay::new(Arc::new(tender), Arc::clone(&self.trust));
        let custody = match &share {
            Some(share) => Custody::new(&replay, share).map_err(by_rule(REQUEST))?,
            None => Custody::without_share(index),
        };
        let time = LotClock::of(&replay.tender().file().terms().custody.time);
        self.seat = Some(index);
        self.keys = None;
        let (log, lines) = folder.log()?;
        let mut opening = Opening {
            replay,
            custody,
            time,
            share,
            cosigner,
            log,
            tree: Tree::new(),
            material: None,
            sent: Sent::default(),
            silence: Silence::default(),
            shown: None,
        };
        if let Err(error) = opening.read_copy(&lines, self.journal.memory()) {
            // The copy is no evidence: the journal has the heads that were cosigned, and whatever
            // the hall gives again must continue them.
            tracing::warn!(lot = %self.key, %error, "the copy of the log is of no use: fetched anew");
            folder.set_log_aside()?;
            opening.log = folder.log()?.0;
            opening.replay =
                Replay::new(Arc::clone(opening.replay.tender()), Arc::clone(&self.trust));
            opening.tree = Tree::new();
        }
        self.opening = Some(Box::new(opening));
        Ok(())
    }
}

/// The instant by which the tender's signatures are judged: the first time that it was seen. A
/// tender file other than the one seen first is refused.
fn pin(
    folder: &LotFolder<'_>,
    answer: &TenderAnswer,
    now: UtcMillis,
) -> Result<UtcMillis, LotError> {
    let Some(before) = folder.text(Text::AdoptedAt)? else { return Ok(now) };
    if folder.text(Text::Tender)?.as_deref() != Some(answer.tender_b64.as_slice()) {
        return Err(wrong("E_TENDER", "the tender file differs from the one published first"));
    }
    let text = String::from_utf8_lossy(&before);
    let millis = text.parse().ok().and_then(|millis| UtcMillis::new(millis).ok());
    millis.ok_or_else(|| folder.damaged(Text::AdoptedAt, "not an instant").into())
}

/// Keeps what was published, the instant last: it says that the rest is there.
fn publish(folder: &LotFolder<'_>, answer: &TenderAnswer, at: UtcMillis) -> Result<(), LotError> {
    folder.put(Text::Ready, b"")?;
    if folder.text(Text::AdoptedAt)?.is_some() {
        return Ok(());
    }
    folder.put(Text::Tender, answer.tender_b64.as_slice())?;
    folder.put(Text::TenderCms, answer.cms_b64.as_slice())?;
    folder.put(Text::Bundle, answer.ceremony.as_bytes())?;
    folder.put(Text::AdoptedAt, at.get().to_string().as_bytes())?;
    Ok(())
}

/// The seat of a certificate in the ceremony.
fn seat(tender: &VerifiedTender, certificate: Digest) -> Result<CustodianIndex, LotError> {
    let mut custodians = tender.record().custodians.iter();
    let own = custodians.find(|custodian| custodian.cert_sha256 == certificate);
    own.map(|custodian| custodian.index)
        .ok_or_else(|| wrong("E_CEREMONY", "this custodian's certificate has no seat"))
}

/// The cosigning key, which must be the one in the ceremony record.
fn cosigner(
    folder: &LotFolder<'_>,
    tender: &VerifiedTender,
    index: CustodianIndex,
) -> Result<Cosigner, LotError> {
    let seed = folder.cosign_seed()?;
    let seed = seed.ok_or_else(|| wrong("E_CEREMONY", "the cosigning key is gone"))?;
    let cosigner = Cosigner::from_seed(tender.origin().clone(), index, seed.expose())
        .map_err(|error| LotError::Unable(error.to_string()))?;
    let named = tender.record().custodian(index).map(|custodian| custodian.cosign_vkey.as_str());
    if named == Some(cosigner.vkey().to_string().as_str()) {
        Ok(cosigner)
    } else {
        Err(wrong("E_CEREMONY", "the ceremony names another cosigning key than the one at hand"))
    }
}

fn wrong(label: &str, detail: &str) -> LotError {
    LotError::refused(REQUEST, label, detail)
}
