//! Uploads, slices, completion, stored objects.

use std::{
    fs,
    io::{ErrorKind, Read, Seek, SeekFrom},
};

use crate::common::{after_power_cut, at, completion, lot, object, part, store_with_lot, upload};
use kaibiao_store::{
    Completion, NewObject, OBJECT_LEN_MAX, OBJECTS_MAX, Refusal, SLICE_LEN, Store, StoreError,
    Upload, UploadId,
};
use kaibiao_types::Digest;

fn refused<T: core::fmt::Debug>(result: Result<T, StoreError>) -> Refusal {
    match result {
        Err(StoreError::Refused(refusal)) => refusal,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

fn slice(byte: u8) -> Vec<u8> {
    vec![byte; usize::try_from(SLICE_LEN).unwrap()]
}

fn begin(store: &Store, id: u8, objects: &[NewObject]) -> UploadId {
    store.begin_upload(&lot("L1"), &upload(id, objects)).unwrap()
}

/// One part of three slices, the last one 5 bytes long.
fn three_slices() -> [NewObject; 1] {
    [object("documents", 2 * SLICE_LEN + 5)]
}

#[test]
fn slices_come_in_any_order_and_survive_reopening() {
    let (dir, store) = store_with_lot();
    let id = begin(&store, 1, &three_slices());
    let documents = part("documents");
    assert_eq!(store.upload_state(id).unwrap().parts[0].missing, [0, 1, 2]);
    store.write_slice(id, &documents, 2, b"tail.").unwrap();
    store.write_slice(id, &documents, 0, &slice(1)).unwrap();
    assert_eq!(store.upload_state(id).unwrap().parts[0].missing, [1]);
    drop(store);
    let store = crate::common::open(dir.path()).unwrap();
    let state = store.upload_state(id).unwrap();
    assert_eq!((state.parts[0].missing.as_slice(), state.missing()), ([1].as_slice(), 1));
    assert_eq!((state.lot, state.completed), (lot("L1"), false));
    assert_eq!(
        refused(store.complete(id, &completion(state.revision))),
        Refusal::NotComplete { upload: id, missing: 1 }
    );
    assert_eq!(store.submissions(&lot("L1")).unwrap(), []);
    let mut read = [0; 5];
    let mut object = store.open_object(id, &documents).unwrap();
    object.read_exact_at(&mut read, 2 * SLICE_LEN).unwrap();
    assert_eq!(&read, b"tail.");
    let absent = object.read_exact_at(&mut read, SLICE_LEN).unwrap_err();
    assert_eq!(absent.kind(), ErrorKind::NotFound, "a slice that is missing is no zeros");
    let beyond = object.read_exact_at(&mut read, 2 * SLICE_LEN + 1).unwrap_err();
    assert_eq!(beyond.kind(), ErrorKind::UnexpectedEof);
    store.write_slice(id, &documents, 1, &slice(2)).unwrap();
    let revision = store.upload_state(id).unwrap().revision;
    let done = store.complete(id, &completion(revision)).unwrap();
    assert_eq!((done.no, done.receipt.as_slice()), (0, b"receipt".as_slice()));
    let mut file = store.open_object(id, &documents).unwrap();
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes, [slice(1), slice(2), b"tail.".to_vec()].concat());
    file.seek(SeekFrom::Start(2 * SLICE_LEN)).unwrap();
    let mut tail = String::new();
    file.read_to_string(&mut tail).unwrap();
    assert_eq!(tail, "tail.");
}

#[test]
fn wrong_slices_are_refused_and_change_nothing() {
    let (_dir, store) = store_with_lot();
    let id = begin(&store, 1, &three_slices());
    let documents = part("documents");
    let before = store.upload_state(id).unwrap();
    for (n, bytes) in [
        (0, vec![]),
        (0, b"short".to_vec()),
        (0, [slice(1), vec![1]].concat()),
        (2, b"tail".to_vec()),
        (2, b"tail.x".to_vec()),
        (2, slice(1)),
    ] {
        let refusal = refused(store.write_slice(id, &documents, n, &bytes));
        assert!(matches!(refusal, Refusal::SliceLength { .. }), "{n}: {refusal}");
        assert_eq!(refusal.label(), "bad-slice");
    }
    for n in [3, 4, u32::MAX] {
        let refusal = refused(store.write_slice(id, &documents, n, b"tail."));
        assert_eq!(refusal, Refusal::SliceBeyondEnd { part: documents.clone(), n, slices: 3 });
    }
    let refusal = refused(store.write_slice(id, &part("price"), 0, b"x"));
    assert_eq!(refusal, Refusal::UnknownPart(part("price")));
    let other = UploadId::new([0xee; 16]);
    let unknown = Refusal::UnknownUpload(other);
    assert_eq!(refused(store.write_slice(other, &documents, 0, b"x")), unknown);
    assert_eq!(refused(store.upload_state(other)), unknown);
    assert_eq!(refused(store.complete(other, &completion(0))), unknown);
    assert_eq!(refused(store.open_object(other, &documents)), unknown);
    assert_eq!(refused(store.submission_by_upload(other)), unknown);
    assert_eq!(refused(store.open_object(id, &part("price"))), Refusal::UnknownPart(part("price")));
    assert_eq!(store.upload_state(id).unwrap(), before);
}

#[test]
fn an_object_of_exactly_one_slice_has_one() {
    let (_dir, store) = store_with_lot();
    let id = begin(&store, 1, &[object("price", SLICE_LEN)]);
    assert_eq!(store.upload_state(id).unwrap().parts[0].missing, [0]);
    store.write_slice(id, &part("price"), 0, &slice(9)).unwrap();
    assert!(matches!(
        refused(store.write_slice(id, &part("price"), 1, b"x")),
        Refusal::SliceBeyondEnd { slices: 1, .. }
    ));
    assert_eq!(store.upload_state(id).unwrap().missing(), 0);
}

#[test]
fn beginning_again_finds_the_same_upload() {
    let (_dir, store) = store_with_lot();
    let id = begin(&store, 1, &[object("price", 3)]);
    store.write_slice(id, &part("price"), 0, b"abc").unwrap();
    let again =
        Upload { id: UploadId::new([0xaa; 16]), objects: &[object("price", 3)], ..upload(1, &[]) };
    assert_eq!(store.begin_upload(&lot("L1"), &again).unwrap(), id);
    assert_eq!(store.upload_state(id).unwrap().missing(), 0);
    let price = [object("price", 3)];
    let longer = [object("price", 4)];
    let named = [object("documents", 3)];
    for other in [
        Upload { cms: b"another cms", objects: &price, ..again },
        Upload { manifest: b"another manifest", objects: &price, ..again },
        Upload { objects: &longer, ..again },
        Upload { objects: &named, ..again },
        Upload { objects: &[], ..again },
    ] {
        let refusal = refused(store.begin_upload(&lot("L1"), &other));
        assert!(matches!(refusal, Refusal::DifferentBytes { .. }), "{refusal}");
    }
}

fn store_dir(dir: &tempfile::TempDir) -> std::path::PathBuf {
    dir.path().join("pool")
}

fn files(dir: std::path::PathBuf) -> Vec<String> {
    fs::read_dir(dir)
        .unwrap()
        .map(|item| item.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn names_in_use_are_refused() {
    let (_dir, store) = store_with_lot();
    begin(&store, 1, &[object("price", 3)]);
    let objects = [object("price", 3)];
    let id_taken = Upload { id: UploadId::new([1; 16]), ..upload(2, &objects) };
    assert_eq!(refused(store.begin_upload(&lot("L1"), &id_taken)), Refusal::NameTaken);
}

#[test]
fn impossible_objects_are_refused() {
    let (dir, store) = store_with_lot();
    let many: Vec<NewObject> =
        (0..=u8::try_from(OBJECTS_MAX).unwrap()).map(|n| object(&format!("p{n}"), 1)).collect();
    for objects in [
        vec![object("price", 0)],
        vec![object("price", OBJECT_LEN_MAX + 1)],
        vec![NewObject { file_len: u64::MAX, ..object("price", 1) }],
        vec![object("price", 1), object("price", 1)],
        many,
    ] {
        let refusal = refused(store.begin_upload(&lot("L1"), &upload(1, &objects)));
        assert!(matches!(refusal, Refusal::Objects(_)), "{refusal}");
    }
    let refusal = refused(store.begin_upload(&lot("L9"), &upload(1, &[object("price", 1)])));
    assert_eq!(refusal, Refusal::UnknownLot(lot("L9")));
    assert!(files(store_dir(&dir)).is_empty());
}

#[test]
fn the_same_slice_again_changes_nothing_other_bytes_replace() {
    let (_dir, store) = store_with_lot();
    let id = begin(&store, 1, &[object("price", 3)]);
    let price = part("price");
    store.write_slice(id, &price, 0, b"abc").unwrap();
    let judged = store.upload_state(id).unwrap();
    store.write_slice(id, &price, 0, b"abc").unwrap();
    assert_eq!(store.upload_state(id).unwrap(), judged);
    store.write_slice(id, &price, 0, b"xyz").unwrap();
    // Bytes that were swapped after they were judged are not completed.
    assert_eq!(
        refused(store.complete(id, &completion(judged.revision))),
        Refusal::ChangedMeanwhile { upload: id }
    );
    let revision = store.upload_state(id).unwrap().revision;
    store.complete(id, &completion(revision)).unwrap();
    let mut text = String::new();
    store.open_object(id, &price).unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "xyz");
}

#[test]
fn an_upload_is_completed_once() {
    let (dir, store) = store_with_lot();
    let id = begin(&store, 1, &[object("price", 3)]);
    store.write_slice(id, &part("price"), 0, b"abc").unwrap();
    assert_eq!(store.submission_by_upload(id).unwrap(), None);
    assert_eq!(store.submission_by_manifest(&lot("L1"), &Digest::new([1; 32])).unwrap(), None);
    let first = store.complete(id, &completion(1)).unwrap();
    let other = Completion { receipt: b"another receipt", ..completion(1) };
    for refusal in [
        refused(store.complete(id, &other)),
        refused(store.write_slice(id, &part("price"), 0, b"abc")),
        refused(store.write_slice(id, &part("price"), 0, b"xyz")),
    ] {
        assert!(matches!(refusal, Refusal::AlreadyCompleted { .. }), "{refusal}");
    }
    drop(store);
    let store = crate::common::open(dir.path()).unwrap();
    assert_eq!(store.submissions(&lot("L1")).unwrap(), std::slice::from_ref(&first));
    assert_eq!(store.submission_by_upload(id).unwrap().as_ref(), Some(&first));
    let found = store.submission_by_manifest(&lot("L1"), &Digest::new([1; 32])).unwrap();
    assert_eq!(found, Some(first));
    assert!(store.upload_state(id).unwrap().completed);
    // The client that lost the answer finds its upload again.
    assert_eq!(begin(&store, 1, &[object("price", 3)]), id);
}

#[test]
fn submissions_keep_the_order_of_completion() {
    let (_dir, store) = store_with_lot();
    for id in [3, 1, 2] {
        begin(&store, id, &[]);
    }
    for id in [2, 3, 1] {
        store.complete(UploadId::new([id; 16]), &completion(0)).unwrap();
    }
    let order: Vec<(u64, u8)> = store
        .submissions(&lot("L1"))
        .unwrap()
        .iter()
        .map(|done| (done.no, done.upload.bytes()[0]))
        .collect();
    assert_eq!(order, [(0, 2), (1, 3), (2, 1)]);
}

#[test]
fn a_completion_carries_its_notes_or_fails_with_them() {
    let (dir, store) = store_with_lot();
    let key = lot("L1");
    let id = begin(&store, 1, &[]);
    store.put_note(&key, "seq/1", b"taken").unwrap();
    let notes: [(&str, &[u8]); 2] = [("receipt/1", b"1"), ("seq/1", b"mine")];
    let refusal = refused(store.complete(id, &Completion { notes: &notes, ..completion(0) }));
    assert_eq!(refusal, Refusal::DifferentBytes { name: "seq/1".to_owned() });
    assert_eq!(store.submissions(&key).unwrap(), []);
    assert_eq!(store.note(&key, "receipt/1").unwrap(), None);
    let notes: [(&str, &[u8]); 2] = [("receipt/1", b"1"), ("seq/2", b"mine")];
    store.complete(id, &Completion { notes: &notes, ..completion(0) }).unwrap();
    drop(store);
    let store = crate::common::open(dir.path()).unwrap();
    assert_eq!(store.note(&key, "receipt/1").unwrap().unwrap(), b"1");
    assert_eq!(store.note(&key, "seq/1").unwrap().unwrap(), b"taken");
}

#[test]
fn a_note_is_replaced_and_survives_reopening() {
    let (dir, store) = store_with_lot();
    store.create_lot(&lot("L2"), at(5)).unwrap();
    let unknown = Refusal::UnknownLot(lot("L9"));
    assert_eq!(refused(store.put_note(&lot("L9"), "a", b"1")), unknown);
    assert_eq!(refused(store.note(&lot("L9"), "a")), unknown);
    store.put_note(&lot("L1"), "a", b"1").unwrap();
    store.put_note(&lot("L1"), "a", b"2").unwrap();
    store.put_note(&lot("L2"), "a", b"3").unwrap();
    for store in [&store, &after_power_cut(dir.path()).1] {
        assert_eq!(store.note(&lot("L1"), "a").unwrap().unwrap(), b"2");
        assert_eq!(store.note(&lot("L2"), "a").unwrap().unwrap(), b"3");
        assert_eq!(store.note(&lot("L2"), "b").unwrap(), None);
    }
}

#[test]
fn what_could_name_a_bidder_is_not_printed() {
    let (_dir, store) = store_with_lot();
    let id = begin(&store, 1, &[]);
    let done = store.complete(id, &completion(0)).unwrap();
    for text in [format!("{done:?}"), format!("{:?}", completion(0))] {
        assert!(!text.contains("manifest") && !text.contains("salt"), "{text}");
    }
}

#[test]
fn many_uploads_at_once() {
    let (_dir, store) = store_with_lot();
    std::thread::scope(|scope| {
        for n in 1..=8_u8 {
            let store = &store;
            scope.spawn(move || {
                let id = begin(store, n, &[object("price", 3)]);
                for byte in [n, n + 1, n] {
                    store.write_slice(id, &part("price"), 0, &[byte; 3]).unwrap();
                }
                let revision = store.upload_state(id).unwrap().revision;
                store.complete(id, &completion(revision)).unwrap();
            });
        }
    });
    let done = store.submissions(&lot("L1")).unwrap();
    assert_eq!(done.iter().map(|s| s.no).collect::<Vec<_>>(), (0..8).collect::<Vec<_>>());
    for submission in done {
        let mut bytes = Vec::new();
        let mut file = store.open_object(submission.upload, &part("price")).unwrap();
        file.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, [submission.upload.bytes()[0]; 3]);
    }
}

#[test]
fn a_slice_is_known_by_its_root_before_it_comes() {
    let (_dir, store) = store_with_lot();
    let header_len = 322;
    let objects = [NewObject { header_len, ..object("documents", 2 * SLICE_LEN + 5) }];
    let id = begin(&store, 1, &objects);
    let documents = part("documents");
    for n in [0, 1] {
        let known = store.known_slice(id, &documents, n).unwrap();
        assert_eq!(known.root, Digest::new([u8::try_from(n).unwrap(); 32]));
        assert_eq!(known.cut.count(), 2, "the header is no part of the chunks");
    }
    assert_eq!(
        refused(store.known_slice(id, &documents, 2)),
        Refusal::SliceBeyondEnd { part: documents.clone(), n: 2, slices: 2 }
    );
    assert_eq!(
        refused(store.known_slice(id, &part("price"), 0)),
        Refusal::UnknownPart(part("price"))
    );
    let other = UploadId::new([0xee; 16]);
    assert_eq!(refused(store.known_slice(other, &documents, 0)), Refusal::UnknownUpload(other));
    // Slice 0 is longer by the header, and the file has no hole.
    let long = [vec![7; 322], slice(1)].concat();
    assert!(matches!(
        refused(store.write_slice(id, &documents, 0, &slice(1))),
        Refusal::SliceLength { expected, .. } if expected == SLICE_LEN + 322
    ));
    store.write_slice(id, &documents, 0, &long).unwrap();
    let rest = vec![9; usize::try_from(2 * SLICE_LEN + 5 - SLICE_LEN - 322).unwrap()];
    store.write_slice(id, &documents, 1, &rest).unwrap();
    let mut bytes = Vec::new();
    store.open_object(id, &documents).unwrap().read_to_end(&mut bytes).unwrap();
    assert!(bytes == [long, rest].concat());
}

#[test]
fn an_object_that_is_only_a_header_is_refused() {
    let (_dir, store) = store_with_lot();
    for header_len in [3, 4, u64::MAX] {
        let objects = [NewObject { header_len, ..object("price", 3) }];
        let refusal = refused(store.begin_upload(&lot("L1"), &upload(1, &objects)));
        assert_eq!(refusal, Refusal::Objects("nothing but a header"));
    }
}
