//! Every write point broken in both ways, under every operation.
//!
//! After a break the state found by a new opening is the one before or the one after, never one in
//! between, and doing the operation again leads to the one after.

use std::io::Read;

use kaibiao_types::{Digest, LotId, LotKey, TenderId, UtcMillis};

use crate::{
    Batch, BlobName, Completion, NewObject, Nonce, PartName, Refusal, SLICE_LEN, Store, StoreError,
    Upload, UploadId,
    faults::{Point, Way},
};

const POINTS: [Point; 6] = [
    Point::BlobCreate,
    Point::BlobDirSync,
    Point::BlobWrite,
    Point::BlobSync,
    Point::Commit,
    Point::Checkpoint,
];

fn lot() -> LotKey {
    LotKey { tender: TenderId::parse("T").unwrap(), lot: LotId::parse("L").unwrap() }
}

fn documents() -> PartName {
    PartName::parse("documents").unwrap()
}

const ID: UploadId = UploadId::new([1; 16]);

fn begin(store: &Store) -> Result<(), StoreError> {
    let object = |part: PartName, file_len: u64, blob: u8| NewObject {
        part,
        file_len,
        header_len: 0,
        slice_roots: vec![blob; 64],
        blob: BlobName::new([blob; 16]),
    };
    let price = PartName::parse("price").unwrap();
    let objects = [object(documents(), SLICE_LEN + 3, 1), object(price, 1, 2)];
    let upload = Upload {
        id: ID,
        manifest_sha256: Digest::ZERO,
        manifest: b"{}",
        cms: b"cms",
        objects: &objects,
    };
    store.begin_upload(&lot(), &upload).map(|_| ())
}

fn complete(store: &Store) -> Result<(), StoreError> {
    let revision = store.upload_state(ID)?.revision;
    let completion = Completion {
        revision,
        completed_at: UtcMillis::EPOCH,
        receipt: b"r",
        receipt_cms: b"c",
        place: b"{}",
        salt: &[9; 32],
    };
    store.complete_with(ID, &completion, &Batch::new().kv_put("place", b"1")).map(|_| ())
}

fn batch(store: &Store) -> Result<(), StoreError> {
    let batch = Batch::new()
        .nonce(Nonce::new([1; 16]))
        .append(0, [b"{}".to_vec(), b"{}".to_vec()])
        .put_new_doc("doc", b"1")
        .put_doc("page", b"2")
        .kv_put("kv", b"3");
    store.commit(&lot(), &batch)
}

type Step = (&'static str, fn(&Store) -> Result<(), StoreError>);

/// A whole life of a lot, step by step.
fn steps() -> Vec<Step> {
    vec![
        ("make a lot", |store| store.create_lot(&lot(), UtcMillis::EPOCH)),
        ("post to the board", |store| store.board_post(&lot(), "c:1", "k", b"b").map(|_| ())),
        ("begin", begin),
        ("tail", |store| store.write_slice(ID, &documents(), 1, b"abc")),
        ("head", |store| {
            let slice = vec![7; usize::try_from(SLICE_LEN).unwrap()];
            store.write_slice(ID, &documents(), 0, &slice)
        }),
        ("replace the tail", |store| store.write_slice(ID, &documents(), 1, b"xyz")),
        ("price", |store| store.write_slice(ID, &PartName::parse("price").unwrap(), 0, b"1")),
        ("complete", complete),
        ("batch", batch),
    ]
}

/// All that a caller can see.
fn seen(store: &Store) -> String {
    let mut tail = Vec::new();
    if let Ok(mut file) = store.open_object(ID, &documents()) {
        file.read_to_end(&mut tail).unwrap();
    }
    let state = store.upload_state(ID).map(|state| {
        let parts: Vec<_> = state.parts.iter().map(|p| p.missing.clone()).collect();
        // Bytes of a slice that is missing mean nothing.
        let tail_counts = parts.first().is_some_and(|missing| !missing.contains(&1));
        let start = usize::try_from(SLICE_LEN).unwrap();
        (parts, state.completed, tail_counts.then(|| tail.get(start..).map(<[u8]>::to_vec)))
    });
    let done = store.submissions(&lot()).map(|all| all.iter().map(|s| s.no).collect::<Vec<_>>());
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        store.lots().ok(),
        store.board(&lot(), 0).ok(),
        state.ok(),
        done.ok(),
        store.entries(&lot(), 0).ok(),
        store.doc(&lot(), "doc").ok(),
        store.doc(&lot(), "page").ok(),
        store.kv_get(&lot(), "kv").ok(),
        store.kv_get(&lot(), "place").ok(),
    )
}

/// The error says that everything was done before: a caller that does it again takes it as done.
fn done_before(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Refused(
            Refusal::LotExists(_) | Refusal::AlreadyCompleted { .. } | Refusal::ReplayedNonce
        )
    )
}

/// The only state in between: a slice whose replacement broke counts as missing, and is sent again.
fn given_up(store: &Store, name: &str) -> bool {
    let missing = |store: &Store| store.upload_state(ID).unwrap().parts[0].missing.clone();
    name == "replace the tail" && missing(store) == [1]
}

/// Runs the steps before `step`, breaks `step` at one visit of one point; `false` if the step does
/// not come to that visit.
fn break_one(step: usize, point: Point, way: Way, visit: u32) -> bool {
    let steps = steps();
    let (name, act) = steps[step];
    let what = format!("{name}, {point:?}, {way:?}, visit {visit}");
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    for (_, before) in &steps[..step] {
        before(&store).unwrap();
    }
    let before = seen(&store);
    store.faults.plan(point, way, visit);
    let result = act(&store);
    if !store.faults.spent() {
        result.unwrap();
        return false;
    }
    match result {
        Ok(()) => panic!("{what}: a break was not reported"),
        Err(StoreError::NotDone { .. }) => {
            assert!(matches!(point, Point::BlobCreate | Point::BlobWrite), "{what}");
            let now = seen(&store);
            assert!(now == before || given_up(&store, name), "{what}: {now}");
        }
        Err(StoreError::StateUnknown { .. }) => {
            assert!(!matches!(point, Point::BlobCreate | Point::BlobWrite), "{what}");
            // No call is answered from a state that nobody knows.
            assert!(matches!(store.lots(), Err(StoreError::StateUnknown { .. })), "{what}");
            assert!(matches!(act(&store), Err(StoreError::StateUnknown { .. })), "{what}");
        }
        Err(error) => panic!("{what}: {error:?}"),
    }
    drop(store);
    let store = Store::open(dir.path()).unwrap();
    let found = seen(&store);
    let given_up = given_up(&store, name);
    match act(&store) {
        Ok(()) => {}
        Err(error) if done_before(&error) => assert_ne!(found, before, "{what}"),
        Err(error) => panic!("{what}, again: {error:?}"),
    }
    let after = seen(&store);
    assert_ne!(after, before, "{what}");
    let between = found != before && found != after;
    assert!(!between || given_up, "{what}: {found}");
    if point == Point::Commit && name != "replace the tail" {
        let expected = if way == Way::NotWritten { &before } else { &after };
        assert_eq!(&found, expected, "{what}");
    }
    for (_, rest) in &steps[step + 1..] {
        rest(&store).unwrap();
    }
    true
}

#[test]
fn every_write_point_breaks_cleanly() {
    let mut broken = std::collections::BTreeMap::new();
    for step in 0..steps().len() {
        for point in POINTS {
            for way in [Way::NotWritten, Way::WrittenButFailed, Way::Torn] {
                if way == Way::Torn && point != Point::BlobWrite {
                    continue;
                }
                let visits = (0..9).take_while(|n| break_one(step, point, way, *n)).count();
                *broken.entry(format!("{point:?} {way:?}")).or_insert(0) += visits;
            }
        }
    }
    // All ways of every point were met: nine steps commit, one of them twice.
    assert_eq!(broken.len(), 13);
    for (what, times) in &broken {
        let least = match what.split(' ').next() {
            Some("Commit" | "Checkpoint") => 10,
            Some("BlobCreate") => 2,
            Some("BlobDirSync") => 1,
            _ => 4,
        };
        assert_eq!(*times, least, "{what}");
    }
}
