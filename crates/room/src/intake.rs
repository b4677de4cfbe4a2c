//! Taking a bid in: checks before the bytes, checks after them, then one atomic completion.

use kaibiao_crypto::SUITE_1;
use kaibiao_journal::{
    Place, Receipt, ReceiptKind, ReceiptNumber, ReceiptObject, Salt, TickError, Version1,
    commitment,
};
use kaibiao_opening::Phase;
use kaibiao_pki::cms;
use kaibiao_replay::{BidMaterial, LockPoints, VerifiedBid, VerifiedTender};
use kaibiao_seal::{Manifest, ManifestKind, ManifestPart, check_slice_roots};
use kaibiao_store::{Completion, NewObject, PartName, Upload, UploadId};
use kaibiao_types::{LotKey, Part, PlaceNo, Stage, TickNo, UtcMillis};

use crate::actor::Room;
use crate::handle::Completed;
use crate::{HallContext, RoomError};

/// The header of one sealed object, sent before its bytes.
#[derive(Clone, Debug)]
pub struct SubmissionHeader {
    /// The envelope.
    pub stage: Stage,
    /// Which part.
    pub part: Part,
    /// The exact header.
    pub header: Vec<u8>,
    /// The roots of the slices of its file, 32 bytes each, in order.
    pub slice_roots: Vec<u8>,
}

/// What a bidder sends first.
#[derive(Clone, Debug)]
pub struct NewSubmission {
    /// The exact manifest.
    pub manifest: Vec<u8>,
    /// The bidder's CMS over it.
    pub cms: Vec<u8>,
    /// The headers, in any order.
    pub headers: Vec<SubmissionHeader>,
}

/// Checks manifest, signature, context and proofs, and makes room for the bytes: none for a
/// withdrawal. The same manifest gives the same upload; one that has its receipt is found at any
/// time, because its answer may have been lost.
///
/// # Errors
///
/// [`RoomError::Late`] from the deadline on, [`RoomError::Bid`] if the bid does not hold.
pub(crate) fn begin(
    hall: &HallContext,
    tender: &VerifiedTender,
    deadline: UtcMillis,
    submission: NewSubmission,
) -> Result<UploadId, RoomError> {
    let lot = tender.file().lot_key();
    if let Some(upload) = receipted(hall, &lot, &submission)? {
        return Ok(upload);
    }
    let now = hall.now();
    if let Some(late) = now.since(deadline) {
        // 招标投标法 art. 28 ¶2: what arrives after the deadline is refused; equal is late (ruling 9).
        return Err(RoomError::Late(late));
    }
    let manifest =
        Manifest::parse(&submission.manifest).map_err(|error| RoomError::Bid(error.into()))?;
    let given = |part: &ManifestPart| {
        submission.headers.iter().find(|h| (h.stage, h.part) == (part.stage, part.part))
    };
    let headers = manifest.body().parts.iter().filter_map(given).map(|given| given.header.clone());
    let headers = headers.collect();
    let material = BidMaterial { manifest: submission.manifest, cms: submission.cms, headers };
    let bid = VerifiedBid::verify(tender, &material, &hall.trust, now)?;

    let mut objects = Vec::new();
    for (part, checked) in bid.manifest().body().parts.iter().zip(bid.headers()) {
        let slice_roots = given(part).map(|given| given.slice_roots.clone()).unwrap_or_default();
        // From here on each slice is judged by its own root when it comes (ruling 3).
        check_slice_roots(&checked.header, &slice_roots, &part.object())?;
        objects.push(NewObject {
            part: PartName::from(part.name()),
            file_len: part.file_len,
            header_len: checked.header.header_len(),
            slice_roots,
        });
    }
    let upload = Upload {
        id: UploadId::new(random(hall)?),
        manifest_sha256: bid.manifest().sha256(),
        manifest: &material.manifest,
        cms: &material.cms,
        objects: &objects,
    };
    Ok(hall.store.begin_upload(&lot, &upload)?)
}

/// The upload of a submission that is complete, byte for byte the same.
fn receipted(
    hall: &HallContext,
    lot: &LotKey,
    submission: &NewSubmission,
) -> Result<Option<UploadId>, RoomError> {
    let manifest_sha256 = SUITE_1.hash(&submission.manifest);
    let done = hall.store.submission_by_manifest(lot, &manifest_sha256)?;
    Ok(done.filter(|done| done.cms == submission.cms).map(|done| done.upload))
}

fn random(hall: &HallContext) -> Result<[u8; 16], RoomError> {
    let mut bytes = [0; 16];
    hall.random
        .fill(&mut bytes)
        .map_err(|_| RoomError::internal("the source of randomness failed"))?;
    Ok(bytes)
}

impl Room {
    /// Completes a bid or a withdrawal (撤回, 招标投标法 art. 29): stamps it, gives it a place, signs
    /// the receipt, commits once.
    pub(crate) fn complete(
        &mut self,
        upload: UploadId,
        revision: u64,
        objects: Vec<ReceiptObject>,
    ) -> Result<Completed, RoomError> {
        if let Some(done) = self.hall.store.submission_by_upload(upload)? {
            return Ok(Completed { receipt: done.receipt, cms: done.receipt_cms });
        }
        let completed_at = self.now();
        let deadline = self.replay.deadline();
        if let Some(late) = completed_at.since(deadline) {
            return Err(RoomError::Late(late));
        }
        if self.replay.state().phase() != Phase::Receiving || self.closing.is_some() {
            return Err(RoomError::NotReady("intake"));
        }
        let (bytes, cms_bytes) = self.hall.store.upload_bid(upload)?;
        let manifest = Manifest::parse(&bytes).map_err(|error| RoomError::Bid(error.into()))?;
        // The bid is received now, and everybody after us judges its signature by this instant: a
        // certificate that ended since the upload began would keep the whole lot shut.
        cms::verify_detached(&cms_bytes, &bytes, self.replay.trust(), completed_at)
            .map_err(|error| RoomError::Bid(error.into()))?;
        self.check_sequence(&manifest)?;
        let locks = self.new_locks(upload, &manifest)?;

        let (manifest_sha256, cms_sha256) = (manifest.sha256(), SUITE_1.hash(&cms_bytes));
        let salt = Salt::random(&mut self.hall.entropy()).map_err(RoomError::internal)?;
        let commitment = commitment(&SUITE_1, &salt, &manifest_sha256, &cms_sha256, completed_at);
        let (tick, no) = self.take_place(commitment)?;
        let body = manifest.body();
        let receipt = Receipt {
            v: Version1,
            kind: ReceiptKind::Receipt,
            number: ReceiptNumber::random(&mut self.hall.entropy()).map_err(RoomError::internal)?,
            tender: body.tender.clone(),
            lot: body.lot.clone(),
            origin: self.replay.tender().origin().clone(),
            bidder: body.bidder.code.clone(),
            seq: body.seq,
            manifest_sha256,
            cms_sha256,
            completed_at,
            place: Place { tick, no, salt },
            objects,
        };
        let receipt_bytes = receipt.to_bytes().map_err(RoomError::internal)?;
        let cms = cms::sign_detached(
            &self.hall.identity,
            &receipt_bytes,
            completed_at,
            self.hall.random.for_signatures(),
        )
        .map_err(RoomError::internal)?;
        let place = serde_json::to_vec(&receipt.place).map_err(RoomError::internal)?;
        let seq_note = format!("seq/{}/{}", body.bidder.code, body.seq);
        let number_note = format!("receipt/{}", receipt_number(&receipt));
        let bytes = manifest_sha256.bytes().as_slice();
        let completion = Completion {
            revision,
            completed_at,
            receipt: &receipt_bytes,
            receipt_cms: &cms,
            place: &place,
            salt: salt.bytes(),
            notes: &[(&seq_note, bytes), (&number_note, bytes)],
        };
        self.hall.store.complete(upload, &completion)?;
        self.reached = completed_at;
        self.locks.join(locks);
        self.latest.insert(body.bidder.code.clone(), manifest);
        Ok(Completed { receipt: receipt_bytes, cms })
    }

    /// The last complete version counts; a version follows the one it names (电子招标投标办法 art. 27).
    /// A withdrawal follows a bid.
    fn check_sequence(&self, manifest: &Manifest) -> Result<(), RoomError> {
        let body = manifest.body();
        let withdraws = |manifest: &Manifest| manifest.body().kind == ManifestKind::Withdraw;
        let previous = self.latest.get(&body.bidder.code);
        if withdraws(manifest) && previous.is_none_or(withdraws) {
            return Err(RoomError::NothingToWithdraw);
        }
        match previous {
            Some(previous) => manifest
                .expect_replaces(previous)
                .map_err(|error| RoomError::Sequence(error.to_string())),
            None if body.seq.get() == 1 => Ok(()),
            None => Err(RoomError::Sequence("there is no earlier bid to replace".to_owned())),
        }
    }

    /// A lock that is known from another object is a copy of it (attack A22).
    fn new_locks(&self, upload: UploadId, manifest: &Manifest) -> Result<LockPoints, RoomError> {
        let mut locks = LockPoints::default();
        for part in &manifest.body().parts {
            let mut file = self.hall.store.open_object(upload, &PartName::from(part.name()))?;
            let header = kaibiao_seal::Header::read(&mut file).map_err(RoomError::internal)?;
            if self.locks.knows(&header) || locks.take(&header).is_err() {
                return Err(RoomError::DuplicateObject);
            }
        }
        Ok(locks)
    }

    /// A random free place in the first tick that has one.
    fn take_place(
        &mut self,
        commitment: kaibiao_types::Digest,
    ) -> Result<(TickNo, PlaceNo), RoomError> {
        let hall = std::sync::Arc::clone(&self.hall);
        let mut entropy = hall.entropy();
        for tick in &mut self.ticks {
            match tick.place(commitment, &mut entropy) {
                Ok(no) => return Ok((tick.no(), no)),
                Err(TickError::Full(_)) => {}
                Err(error) => return Err(RoomError::internal(error)),
            }
        }
        let mut fresh = self.new_tick()?;
        let no = fresh.place(commitment, &mut entropy).map_err(RoomError::internal)?;
        let tick = fresh.no();
        self.ticks.push(fresh);
        Ok((tick, no))
    }
}

/// The receipt's number as text.
pub(crate) fn receipt_number(receipt: &Receipt) -> String {
    serde_json::to_value(receipt.number)
        .ok()
        .and_then(|v| v.as_str().map(str::to_owned))
        .unwrap_or_default()
}
