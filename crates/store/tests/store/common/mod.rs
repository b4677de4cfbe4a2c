//! Shared by the tests of the store.

use std::{fs, path::Path};

use kaibiao_store::{
    Completion, IntakeKey, NewObject, OpenError, PartName, SLICE_LEN, Store, Upload, UploadId,
};
use kaibiao_types::{Digest, LotId, LotKey, TenderId, UtcMillis};
use tempfile::TempDir;

pub(crate) fn lot(name: &str) -> LotKey {
    LotKey { tender: TenderId::parse("T-1").unwrap(), lot: LotId::parse(name).unwrap() }
}

pub(crate) fn at(millis: u64) -> UtcMillis {
    UtcMillis::new(millis).unwrap()
}

pub(crate) fn part(name: &str) -> PartName {
    PartName::parse(name).unwrap()
}

pub(crate) fn object(name: &str, file_len: u64) -> NewObject {
    let slices = usize::try_from(file_len.div_ceil(SLICE_LEN)).unwrap();
    NewObject {
        part: part(name),
        file_len,
        header_len: 0,
        slice_roots: (0..slices).flat_map(|n| [u8::try_from(n % 251).unwrap(); 32]).collect(),
    }
}

pub(crate) fn upload(id: u8, objects: &[NewObject]) -> Upload<'_> {
    Upload {
        id: UploadId::new([id; 16]),
        manifest_sha256: Digest::new([id; 32]),
        manifest: b"{\"manifest\":1}",
        cms: b"cms",
        objects,
    }
}

pub(crate) fn completion(revision: u64) -> Completion<'static> {
    Completion {
        revision,
        completed_at: at(1_000),
        receipt: b"receipt",
        receipt_cms: b"receipt cms",
        place: b"{\"tick\":1,\"no\":2}",
        salt: &[7; 32],
        notes: &[],
    }
}

/// Opens a store with the key of these tests.
pub(crate) fn open(dir: &Path) -> Result<Store, OpenError> {
    Store::open(dir, &IntakeKey::new([7; 32]))
}

pub(crate) fn store_with_lot() -> (TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    store.create_lot(&lot("L1"), at(5)).unwrap();
    (dir, store)
}

/// What a power cut would leave: a copy of all files while the store is open.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for item in fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        let target = to.join(item.file_name());
        if item.file_type().unwrap().is_dir() {
            copy(&item.path(), &target);
        } else {
            fs::copy(item.path(), target).unwrap();
        }
    }
}

/// The store a power cut at this moment would leave.
pub(crate) fn after_power_cut(dir: &Path) -> (TempDir, Store) {
    let other = tempfile::tempdir().unwrap();
    copy(dir, other.path());
    let store = open(other.path()).unwrap();
    (other, store)
}

pub(crate) fn lines(from: u64, count: u64) -> Vec<Vec<u8>> {
    (from..from + count).map(|i| format!("{{\"i\":{i}}}").into_bytes()).collect()
}
