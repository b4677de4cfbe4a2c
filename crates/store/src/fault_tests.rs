//! Every write point broken in both ways, under every operation.
//!
//! After a break the state found by a new opening is the one before or the one after, never one in
//! between, and doing the operation again leads to the one after.

use kaibiao_types::{Digest, LotId, LotKey, TenderId, UtcMillis};

use crate::{
    Batch, Completion, IntakeKey, NewObject, Nonce, PartName, Refusal, SLICE_LEN, Store,
    StoreError, Upload, UploadId,
    faults::{Point, Way},
};

const POINTS: [Point; 6] = [
    Point::SlotCreate,
    Point::SlotDirSync,
    Point::PoolWrite,
    Point::PoolSync,
    Point::Commit,
    Point::Checkpoint,
];

fn open(dir: &std::path::Path) -> Store {
    Store::open(dir, &IntakeKey::new([7; 32])).unwrap()
}

fn lot() -> LotKey {
    LotKey { tender: TenderId::parse("T").unwrap(), lot: LotId::parse("L").unwrap() }
}

fn documents() -> PartName {
    PartName::parse("documents").unwrap()
}

const ID: UploadId = UploadId::new([1; 16]);

fn begin(store: &Store) -> Result<(), StoreError> {
    let object = |part: PartName, file_len: u64, root: u8| NewObject {
        part,
        file_len,
        header_len: 0,
        slice_roots: vec![root; 64],
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
        notes: &[("seq/1", b"1")],
    };
    store.complete(ID, &completion).map(|_| ())
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
        ("note", |store| store.put_note(&lot(), "note", b"n")),
        ("batch", batch),
    ]
}

/// All that a caller can see.
fn seen(store: &Store) -> String {
    let state = store.upload_state(ID).map(|state| {
        let parts: Vec<_> = state.parts.iter().map(|p| p.missing.clone()).collect();
        let (mut head, mut tail) = ([0; 3], [0; 3]);
        let mut object = store.open_object(ID, &documents()).unwrap();
        let head = object.read_exact_at(&mut head, SLICE_LEN - 3).is_ok().then_some(head);
        let tail = object.read_exact_at(&mut tail, SLICE_LEN).is_ok().then_some(tail);
        assert_eq!(parts[0].is_empty(), head.is_some() && tail.is_some(), "what counts is there");
        (parts, state.completed, head, tail)
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
        (store.note(&lot(), "seq/1").ok(), store.note(&lot(), "note").ok()),
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

/// Runs the steps before `step`, breaks `step` at one visit of one point; `false` if the step does
/// not come to that visit.
fn break_one(step: usize, point: Point, way: Way, visit: u32) -> bool {
    let steps = steps();
    let (name, act) = steps[step];
    let what = format!("{name}, {point:?}, {way:?}, visit {visit}");
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
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
            assert!(matches!(point, Point::SlotCreate), "{what}");
            let now = seen(&store);
            assert_eq!(now, before, "{what}");
        }
        Err(StoreError::StateUnknown { .. }) => {
            assert!(!matches!(point, Point::SlotCreate), "{what}");
            // No call is answered from a state that nobody knows.
            assert!(matches!(store.lots(), Err(StoreError::StateUnknown { .. })), "{what}");
            assert!(matches!(act(&store), Err(StoreError::StateUnknown { .. })), "{what}");
        }
        Err(error) => panic!("{what}: {error:?}"),
    }
    drop(store);
    let store = open(dir.path());
    let found = seen(&store);
    match act(&store) {
        Ok(()) => {}
        Err(error) if done_before(&error) => assert_ne!(found, before, "{what}"),
        Err(error) => panic!("{what}, again: {error:?}"),
    }
    let after = seen(&store);
    assert_ne!(after, before, "{what}");
    assert!(found == before || found == after, "{what}: {found}");
    if point == Point::Commit {
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
                if way == Way::Torn && point != Point::PoolWrite {
                    continue;
                }
                let visits = (0..9).take_while(|n| break_one(step, point, way, *n)).count();
                *broken.entry(format!("{point:?} {way:?}")).or_insert(0) += visits;
            }
        }
    }
    // All ways of every point were met. Three steps commit and seven write to the pool: records, and the
    // pieces of slices, of which the head has eight.
    assert_eq!(broken.len(), 13);
    for (what, times) in &broken {
        let least = match what.split(' ').next() {
            Some("Commit" | "Checkpoint") => 3,
            Some("SlotCreate" | "SlotDirSync") => 1,
            Some("PoolSync") => 7,
            _ => 18,
        };
        assert_eq!(*times, least, "{what}");
    }
}
