//! Slices of an upload: each is judged against the signed object before it is stored.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kaibiao_crypto::{Hasher, SUITE_1, Suite};
use kaibiao_seal::{ExpectedSlice, Manifest, ManifestPart};
use kaibiao_store::{PartName, Refusal, StoreError, UploadId, UploadState};
use kaibiao_types::{BidPart, Digest, OrgCode};

use crate::{HallContext, LotBook, RoomError};

/// The most parts of uploads whose running digest is kept. Beyond it some are forgotten, and read again
/// when they are completed.
const RUNNING_MAX: usize = 4_096;

/// Slices that one arriving slice may make the running digest catch up with: 64 MiB.
const CATCH_UP: usize = 8;

/// What is known of a slice before its bytes come.
#[derive(Clone, Debug)]
pub struct AwaitedSlice {
    upload: UploadId,
    part: ManifestPart,
    bidder: OrgCode,
    expected: ExpectedSlice,
}

impl AwaitedSlice {
    /// Whose it is.
    pub const fn bidder(&self) -> &OrgCode {
        &self.bidder
    }

    /// Its length in bytes.
    pub fn len(&self) -> u64 {
        self.expected.cut.range(self.expected.n).map_or(0, |range| range.end - range.start)
    }

    /// Never: a slice has bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl LotBook {
    /// Looks up a slice before its bytes are read.
    ///
    /// # Errors
    ///
    /// [`RoomError::Late`] from the deadline on; [`RoomError::Store`] if the upload is not known or
    /// complete, or has no such slice.
    pub fn await_slice(
        &self,
        upload: UploadId,
        part: BidPart,
        n: u32,
    ) -> Result<AwaitedSlice, RoomError> {
        let hall = self.hall();
        let known = hall.store.known_slice(upload, &PartName::from(part), n)?;
        let manifest = manifest_of(hall, upload)?;
        let done = hall.store.submission_by_upload(upload)?;
        if let Some(done) = done {
            let completed_at = done.completed_at;
            return Err(StoreError::from(Refusal::AlreadyCompleted { upload, completed_at }).into());
        }
        let deadline = self.room(manifest.lot())?.deadline();
        if let Some(late) = hall.now().since(deadline) {
            // 招标投标法 art. 28 ¶2: nothing is taken in after the deadline.
            return Err(RoomError::Late(late));
        }
        let entry = manifest.part(part.stage, part.part).copied();
        let entry = entry.ok_or_else(|| StoreError::from(Refusal::UnknownPart(part.into())))?;
        let expected = ExpectedSlice {
            suite: suite_of(&manifest)?,
            cut: known.cut,
            header_sha256: entry.header_sha256,
            n,
            root: known.root,
        };
        let bidder = manifest.body().bidder.code.clone();
        Ok(AwaitedSlice { upload, part: entry, bidder, expected })
    }

    /// Takes a slice in: judged by its root, then durable, then taken into the digest for the receipt.
    ///
    /// # Errors
    ///
    /// [`RoomError::Slice`] if the bytes are not the signed ones: nothing is changed.
    pub fn take_slice(&self, slice: &AwaitedSlice, bytes: &[u8]) -> Result<UploadState, RoomError> {
        let (part, n) = (slice.part.name(), slice.expected.n);
        slice.expected.check(bytes).map_err(|fault| RoomError::Slice { part, n, fault })?;
        let store = &self.hall().store;
        store.write_slice(slice.upload, &PartName::from(part), n, bytes)?;
        let state = store.upload_state(slice.upload)?;
        let object =
            Object { upload: slice.upload, part: &slice.part, suite: slice.expected.suite };
        // The slice is stored. What the disk does not give back of others is told at the completion.
        drop(self.running.advance(self.hall(), &object, &state, Some((n, bytes)), CATCH_UP));
        Ok(state)
    }

    /// The revision of an upload whose slices are all there, and the linear digests for its receipt.
    ///
    /// Every slice was judged when it came, so nothing is read to judge it again. What the running
    /// digests have not met in order yet is read once.
    ///
    /// # Errors
    ///
    /// [`RoomError::Store`] while slices are missing.
    pub fn check_upload(
        &self,
        upload: UploadId,
    ) -> Result<(u64, Vec<kaibiao_journal::ReceiptObject>), RoomError> {
        let hall = self.hall();
        let state = hall.store.upload_state(upload)?;
        let missing = state.missing();
        if missing > 0 {
            return Err(StoreError::from(Refusal::NotComplete { upload, missing }).into());
        }
        let manifest = manifest_of(hall, upload)?;
        let mut receipt = Vec::new();
        for part in &manifest.body().parts {
            let object = Object { upload, part, suite: suite_of(&manifest)? };
            let sha256 = self.running.advance(hall, &object, &state, None, usize::MAX)?;
            let sha256 = sha256.ok_or_else(|| RoomError::internal("a whole object has no end"))?;
            receipt.push(kaibiao_journal::ReceiptObject { part: part.name(), sha256 });
        }
        Ok((state.revision, receipt))
    }

    /// The upload has its receipt: what was kept for it in memory goes.
    pub fn forget_upload(&self, upload: UploadId) {
        self.running.forget(upload);
    }
}

fn manifest_of(hall: &HallContext, upload: UploadId) -> Result<Manifest, RoomError> {
    let (bytes, _) = hall.store.upload_bid(upload)?;
    Manifest::parse(&bytes).map_err(|error| RoomError::Bid(error.into()))
}

fn suite_of(manifest: &Manifest) -> Result<&'static Suite, RoomError> {
    Suite::by_id(manifest.body().suite).map_err(RoomError::internal)
}

/// A sealed object of an upload.
struct Object<'a> {
    upload: UploadId,
    part: &'a ManifestPart,
    suite: &'static Suite,
}

/// SHA-256 of sealed files from their beginning, as far as their slices came in order.
///
/// It is only memory: after a restart the files are read again.
#[derive(Debug, Default)]
pub(crate) struct RunningDigests {
    parts: Mutex<BTreeMap<(UploadId, BidPart), SharedRunning>>,
    /// Whole slices are read one after the other, so that many completions take the memory of one.
    reading: Mutex<()>,
}

type SharedRunning = Arc<Mutex<Running>>;

#[derive(Debug)]
struct Running {
    hasher: Hasher,
    /// The slice that comes next.
    next: u32,
}

impl RunningDigests {
    /// Goes on with the digest of an object: with `fresh`, a slice that has just become durable, and with
    /// at most `most` slices that have to be read. The digest once the object is at its end.
    fn advance(
        &self,
        hall: &HallContext,
        object: &Object<'_>,
        state: &UploadState,
        fresh: Option<(u32, &[u8])>,
        mut most: usize,
    ) -> Result<Option<Digest>, RoomError> {
        let name = PartName::from(object.part.name());
        let missing = state.parts.iter().find(|part| part.part == name);
        let missing = missing.map_or(&[][..], |part| part.missing.as_slice());
        let running = self.of(object);
        let mut running = lock(&running);
        loop {
            let n = running.next;
            let known = match hall.store.known_slice(object.upload, &name, n) {
                Err(StoreError::Refused(Refusal::SliceBeyondEnd { .. })) => {
                    return Ok(Some(running.hasher.clone().finish()));
                }
                known => known?,
            };
            if missing.binary_search(&n).is_ok() {
                return Ok(None);
            }
            if let Some((_, bytes)) = fresh.filter(|(fresh, _)| *fresh == n) {
                running.hasher.update(bytes);
            } else if most == 0 {
                return Ok(None);
            } else {
                let expected = ExpectedSlice {
                    suite: object.suite,
                    cut: known.cut,
                    header_sha256: object.part.header_sha256,
                    n,
                    root: known.root,
                };
                self.read(hall, object, &expected, &mut running.hasher)?;
                most -= 1;
            }
            running.next += 1;
        }
    }

    /// Reads a stored slice into a digest. It was judged when it came; what the disk gives back is judged
    /// again, so that no receipt tells of other bytes.
    fn read(
        &self,
        hall: &HallContext,
        object: &Object<'_>,
        expected: &ExpectedSlice,
        hasher: &mut Hasher,
    ) -> Result<(), RoomError> {
        let (part, n) = (object.part.name(), expected.n);
        let Some(range) = expected.cut.range(n) else { return Ok(()) };
        let _turn = lock(&self.reading);
        let mut file = hall.store.open_object(object.upload, &PartName::from(part))?;
        let length = usize::try_from(range.end - range.start).map_err(RoomError::internal)?;
        let mut bytes = vec![0; length];
        file.read_exact_at(&mut bytes, range.start).map_err(RoomError::internal)?;
        let altered = |fault| RoomError::Object(format!("{part}: slice {n}: {fault}"));
        expected.check(&bytes).map_err(altered)?;
        hasher.update(&bytes);
        Ok(())
    }

    fn of(&self, object: &Object<'_>) -> SharedRunning {
        let mut parts = lock(&self.parts);
        let key = (object.upload, object.part.name());
        if parts.len() >= RUNNING_MAX && !parts.contains_key(&key) {
            // Ids are random, so this is nobody in particular.
            parts.pop_first();
        }
        let fresh = || Arc::new(Mutex::new(Running { hasher: SUITE_1.hasher(), next: 0 }));
        Arc::clone(parts.entry(key).or_insert_with(fresh))
    }

    fn forget(&self, upload: UploadId) {
        lock(&self.parts).retain(|(id, _), _| *id != upload);
    }
}

/// What is kept is right after every step, so a thread that panicked left nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
