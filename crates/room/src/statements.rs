//! What the hall signs while bids come in, beside the receipts: progress, and why a call was refused.
//!
//! A signature costs the hall time, so there is one for each state of an upload, and a bounded number
//! of refusals for each manifest; both only for bidders whose own signature was checked.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kaibiao_crypto::{Hex, SUITE_1};
use kaibiao_journal::{
    IntakeCall, IntakeRefusal, IntakeRefusalKind, PartProgress, Progress, ProgressKind, Version1,
};
use kaibiao_pki::cms;
use kaibiao_store::{UploadId, UploadState};
use kaibiao_types::{BidPart, Digest, LotKey, Millis, UtcMillis};

use crate::{LotBook, RoomError};

/// Uploads whose last progress statement is kept.
const PROGRESS_KEPT: usize = 4_096;
/// Manifests whose refusals of the last second are kept.
const REFUSED_KEPT: usize = 1_024;
/// Different refusals that are signed for one manifest in a second.
const REFUSALS_OF_ONE: usize = 32;
/// The same refusal within this time is the same statement.
const SAME_FOR: Millis = Millis::from_secs(1);

/// A statement with the hall's CMS over its exact bytes.
#[derive(Clone, Debug)]
pub struct Signed {
    /// The exact statement.
    pub statement: Vec<u8>,
    /// The hall's CMS.
    pub cms: Vec<u8>,
}

/// A call of the intake that the hall refused.
#[derive(Clone, Debug)]
pub enum RefusedCall {
    /// To begin a submission in a lot, with what was posted as manifest and signature.
    Begin {
        /// The lot.
        lot: LotKey,
        /// What the bidder signed.
        manifest: Vec<u8>,
        /// Its CMS.
        cms: Vec<u8>,
    },
    /// To store a slice.
    Slice(UploadId, BidPart, u32),
    /// To complete an upload.
    Commit(UploadId),
}

/// What was signed lately.
#[derive(Debug, Default)]
pub(crate) struct Statements {
    progress: Mutex<BTreeMap<UploadId, (u64, Signed)>>,
    refused: Mutex<BTreeMap<Digest, Refused>>,
}

#[derive(Debug)]
struct Refused {
    since: UtcMillis,
    said: BTreeMap<Said, Signed>,
}

type Said = (LotKey, IntakeCall, Option<(BidPart, u32)>, &'static str);

/// What there is to say of a refusal.
enum Lately {
    /// It is to be signed.
    New,
    /// It was signed within this second.
    Said(Signed),
    /// Too many others were.
    TooMany,
}

impl LotBook {
    /// The progress statement of an upload: signed once for each of its revisions.
    ///
    /// # Errors
    ///
    /// [`RoomError`].
    pub fn progress(&self, state: &UploadState) -> Result<Signed, RoomError> {
        let known = lock(&self.statements.progress).get(&state.upload).cloned();
        if let Some((_, signed)) = known.filter(|(revision, _)| *revision == state.revision) {
            return Ok(signed);
        }
        let mut parts = Vec::new();
        for part in &state.parts {
            let name = BidPart::parse(part.part.as_str()).map_err(RoomError::internal)?;
            parts.push(PartProgress::without(name, part.slices, &part.missing));
        }
        let at = self.hall().now();
        let statement = Progress {
            v: Version1,
            kind: ProgressKind::Progress,
            origin: self.tender_of(&state.lot)?.origin().clone(),
            tender: state.lot.tender.clone(),
            lot: state.lot.lot.clone(),
            manifest_sha256: state.manifest_sha256,
            upload: Hex(*state.upload.bytes()),
            parts,
            at,
        };
        let signed = self.sign(statement.to_bytes().map_err(RoomError::internal)?, at)?;
        let mut kept = lock(&self.statements.progress);
        if kept.len() >= PROGRESS_KEPT {
            // Ids are random, so this is nobody in particular; it costs one signature more.
            kept.pop_first();
        }
        kept.insert(state.upload, (state.revision, signed.clone()));
        Ok(signed)
    }

    /// The reason of a refusal, signed and kept, if the bidder is known by its CMS; `None` for anybody
    /// else, and where too many were signed within a second.
    pub fn sign_refusal(&self, call: &RefusedCall, label: &'static str) -> Option<Signed> {
        let (lot, manifest_sha256) = self.known_bidder(call)?;
        let (room, tender) = (self.room(&lot).ok()?, self.tender_of(&lot).ok()?);
        let (asked, upload, slice) = match call {
            RefusedCall::Begin { .. } => (IntakeCall::Begin, None, None),
            RefusedCall::Slice(upload, part, n) => {
                (IntakeCall::Slice, Some(upload), Some((*part, *n)))
            }
            RefusedCall::Commit(upload) => (IntakeCall::Commit, Some(upload), None),
        };
        let at = self.hall().now();
        let said = (lot.clone(), asked, slice, label);
        match self.statements.lately(manifest_sha256, &said, at) {
            Lately::Said(signed) => return Some(signed),
            Lately::TooMany => return None,
            Lately::New => {}
        }
        let statement = IntakeRefusal {
            v: Version1,
            kind: IntakeRefusalKind::IntakeRefusal,
            origin: tender.origin().clone(),
            tender: lot.tender.clone(),
            lot: lot.lot.clone(),
            manifest_sha256,
            call: asked,
            upload: upload.map(|upload| Hex(*upload.bytes())),
            part: slice.map(|(part, _)| part),
            slice: slice.map(|(_, n)| n),
            label: label.to_owned(),
            at,
            deadline: room.deadline(),
        };
        let signed = self.sign(statement.to_bytes().ok()?, at).ok()?;
        let mut refused = lock(&self.statements.refused);
        refused.get_mut(&manifest_sha256)?.said.insert(said, signed.clone());
        drop(refused);
        // The hall keeps the last one of each kind. If the disk fails here, the bidder still has its
        // copy, and the next thing that is stored meets the same disk.
        let kept = [signed.statement.as_slice(), b"\n", &signed.cms].concat();
        let name = format!("refusal/{manifest_sha256}/{}/{label}", asked.as_str());
        drop(self.hall().store.put_note(&lot, &name, &kept));
        Some(signed)
    }

    /// The lot and the manifest, if the bidder's signature over it holds or was checked before.
    fn known_bidder(&self, call: &RefusedCall) -> Option<(LotKey, Digest)> {
        let hall = self.hall();
        match call {
            RefusedCall::Begin { lot, manifest, cms } => {
                cms::verify_detached(cms, manifest, &hall.trust, hall.now()).ok()?;
                Some((lot.clone(), SUITE_1.hash(manifest)))
            }
            RefusedCall::Slice(upload, ..) | RefusedCall::Commit(upload) => {
                let state = hall.store.upload_state(*upload).ok()?;
                Some((state.lot, state.manifest_sha256))
            }
        }
    }

    fn sign(&self, statement: Vec<u8>, at: UtcMillis) -> Result<Signed, RoomError> {
        let hall = self.hall();
        let cms = cms::sign_detached(&hall.identity, &statement, at, hall.random.for_signatures())
            .map_err(RoomError::internal)?;
        Ok(Signed { statement, cms })
    }
}

impl Statements {
    /// Whether a refusal was signed within this second.
    fn lately(&self, manifest: Digest, said: &Said, now: UtcMillis) -> Lately {
        let mut refused = lock(&self.refused);
        // A clock that went back ends the second too.
        let fresh = |kept: &Refused| now.since(kept.since).is_some_and(|age| age < SAME_FOR);
        if refused.len() >= REFUSED_KEPT {
            refused.retain(|_, kept| fresh(kept));
        }
        if refused.len() >= REFUSED_KEPT && !refused.contains_key(&manifest) {
            return Lately::TooMany;
        }
        let begin = || Refused { since: now, said: BTreeMap::new() };
        let kept = refused.entry(manifest).or_insert_with(begin);
        if !fresh(kept) {
            *kept = begin();
        }
        match kept.said.get(said) {
            Some(signed) => Lately::Said(signed.clone()),
            None if kept.said.len() >= REFUSALS_OF_ONE => Lately::TooMany,
            None => Lately::New,
        }
    }
}

/// What is kept is right after every step, so a thread that panicked left nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
