//! Lots, documents, opening log, board, nonces, batches.

use crate::common::{at, lines, lot, store_with_lot};
use kaibiao_store::{Batch, LINE_LEN_MAX, Nonce, Refusal, StoreError};

fn refused<T: core::fmt::Debug>(result: Result<T, StoreError>) -> Refusal {
    match result {
        Err(StoreError::Refused(refusal)) => refusal,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[test]
fn everything_is_there_after_reopening() {
    let (dir, store) = store_with_lot();
    let key = lot("L1");
    store.create_lot(&lot("L0"), at(9)).unwrap();
    store.append(&key, 0, &lines(0, 3)).unwrap();
    store.put_doc(&key, "tender", b"{}").unwrap();
    store.kv_put(&key, "places", b"7").unwrap();
    assert_eq!(store.board_post(&key, "custodian:1", "commit", b"a").unwrap(), 0);
    drop(store);
    let store = crate::common::open(dir.path()).unwrap();
    let lots = store.lots().unwrap();
    assert_eq!(lots.len(), 2);
    assert_eq!((&lots[0].key, lots[0].created_at), (&lot("L0"), at(9)));
    assert_eq!(store.entry_count(&key).unwrap(), 3);
    assert_eq!(
        store.entries(&key, 1).unwrap(),
        [(1, lines(1, 1)[0].clone()), (2, lines(2, 1)[0].clone())]
    );
    assert_eq!(store.entries(&key, 3).unwrap(), []);
    assert_eq!(store.doc(&key, "tender").unwrap().unwrap(), b"{}");
    assert_eq!(store.kv_get(&key, "places").unwrap().unwrap(), b"7");
    assert_eq!(store.board(&key, 0).unwrap()[0].body, b"a");
}

#[test]
fn a_wrong_index_is_refused_and_writes_nothing() {
    let (_dir, store) = store_with_lot();
    let key = lot("L1");
    for given in [1, 2, u64::MAX] {
        let refusal = refused(store.append(&key, given, &lines(0, 1)));
        assert_eq!(refusal, Refusal::WrongIndex { expected: 0, given });
    }
    store.append(&key, 0, &lines(0, 2)).unwrap();
    for given in [0, 1, 3] {
        let refusal = refused(store.append(&key, given, &lines(9, 1)));
        assert_eq!(refusal, Refusal::WrongIndex { expected: 2, given });
        assert_eq!(refusal.label(), "stale-head");
    }
    assert_eq!(store.entry_count(&key).unwrap(), 2);
}

#[test]
fn a_bad_line_refuses_all_lines() {
    let (_dir, store) = store_with_lot();
    let key = lot("L1");
    for bad in [b"".to_vec(), b"{}\n".to_vec(), b"{}\n{}".to_vec(), vec![b'a'; LINE_LEN_MAX + 1]] {
        let refusal = refused(store.append(&key, 0, &[b"{}".to_vec(), bad]));
        assert_eq!(refusal, Refusal::BadLine { index: 1 });
    }
    assert_eq!(store.entry_count(&key).unwrap(), 0);
}

#[test]
fn lots_are_made_once_and_kept_apart() {
    let (_dir, store) = store_with_lot();
    assert_eq!(refused(store.create_lot(&lot("L1"), at(6))), Refusal::LotExists(lot("L1")));
    store.create_lot_with(&lot("L2"), at(6), &Batch::new().put_new_doc("draft", b"d")).unwrap();
    store.append(&lot("L1"), 0, &lines(0, 2)).unwrap();
    assert_eq!(store.entry_count(&lot("L2")).unwrap(), 0);
    assert_eq!(store.doc(&lot("L2"), "draft").unwrap().unwrap(), b"d");
    assert_eq!(store.doc(&lot("L1"), "draft").unwrap(), None);
    // Another case is another lot.
    let unknown = Refusal::UnknownLot(lot("l1"));
    assert_eq!(refused(store.append(&lot("l1"), 0, &lines(0, 1))), unknown);
    assert_eq!(refused(store.entries(&lot("l1"), 0)), unknown);
    assert_eq!(refused(store.put_doc(&lot("l1"), "a", b"")), unknown);
    assert_eq!(refused(store.doc(&lot("l1"), "a")), unknown);
    assert_eq!(refused(store.board_post(&lot("l1"), "a", "b", b"")), unknown);
    assert_eq!(refused(store.submissions(&lot("l1"))), unknown);
}

#[test]
fn a_lot_whose_first_documents_are_refused_is_not_made() {
    let (_dir, store) = store_with_lot();
    let batch = Batch::new().put_new_doc("a", b"1").put_new_doc("a", b"2");
    assert!(matches!(
        refused(store.create_lot_with(&lot("L2"), at(6), &batch)),
        Refusal::DifferentBytes { name } if name == "a"
    ));
    assert_eq!(store.lots().unwrap().len(), 1);
}

#[test]
fn documents_written_once() {
    let (_dir, store) = store_with_lot();
    let key = lot("L1");
    store.put_new_doc(&key, "draft", b"one").unwrap();
    store.put_new_doc(&key, "draft", b"one").unwrap();
    let refusal = refused(store.put_new_doc(&key, "draft", b"two"));
    assert_eq!(refusal, Refusal::DifferentBytes { name: "draft".to_owned() });
    assert_eq!(store.doc(&key, "draft").unwrap().unwrap(), b"one");
    store.put_doc(&key, "draft", b"two").unwrap();
    assert_eq!(store.doc(&key, "draft").unwrap().unwrap(), b"two");
    assert_eq!(store.doc(&key, "Draft").unwrap(), None);
}

#[test]
fn the_board_takes_one_message_per_sender_and_kind() {
    let (_dir, store) = store_with_lot();
    let key = lot("L1");
    assert_eq!(store.board_post(&key, "custodian:1", "commit", b"a").unwrap(), 0);
    assert_eq!(store.board_post(&key, "custodian:2", "commit", b"b").unwrap(), 1);
    assert_eq!(store.board_post(&key, "custodian:1", "share", b"c").unwrap(), 2);
    assert_eq!(store.board_post(&key, "custodian:2", "commit", b"b").unwrap(), 1);
    let refusal = refused(store.board_post(&key, "custodian:2", "commit", b"other"));
    assert_eq!(refusal.label(), "duplicate-object");
    let numbers: Vec<u64> = store.board(&key, 1).unwrap().iter().map(|m| m.n).collect();
    assert_eq!(numbers, [1, 2]);
}

#[test]
fn a_nonce_is_good_once_in_a_lot() {
    let (_dir, store) = store_with_lot();
    store.create_lot(&lot("L2"), at(6)).unwrap();
    let nonce = Nonce::new([1; 16]);
    assert!(!store.knows_nonce(&lot("L1"), nonce).unwrap());
    assert!(store.use_nonce(&lot("L1"), nonce).unwrap());
    assert!(store.knows_nonce(&lot("L1"), nonce).unwrap());
    assert!(!store.knows_nonce(&lot("L2"), nonce).unwrap());
    assert!(!store.use_nonce(&lot("L1"), nonce).unwrap());
    assert!(store.use_nonce(&lot("L2"), nonce).unwrap());
    let refusal = refused(store.append_with_nonce(&lot("L1"), nonce, 0, &lines(0, 1)));
    assert_eq!(refusal, Refusal::ReplayedNonce);
    assert_eq!(store.entry_count(&lot("L1")).unwrap(), 0);
}

#[test]
fn a_batch_is_all_or_nothing() {
    let (dir, store) = store_with_lot();
    let key = lot("L1");
    store.put_new_doc(&key, "record", b"old").unwrap();
    let nonce = Nonce::new([3; 16]);
    let batch = Batch::new()
        .nonce(nonce)
        .append(0, lines(0, 2))
        .kv_put("phase", b"closed")
        .put_doc("page", b"p");
    let bad = batch.clone().put_new_doc("record", b"new");
    assert!(matches!(refused(store.commit(&key, &bad)), Refusal::DifferentBytes { .. }));
    let bad = batch.clone().append(1, lines(1, 1));
    assert!(matches!(refused(store.commit(&key, &bad)), Refusal::WrongIndex { .. }));
    assert_eq!(store.entry_count(&key).unwrap(), 0);
    assert_eq!(store.kv_get(&key, "phase").unwrap(), None);
    assert_eq!(store.doc(&key, "page").unwrap(), None);
    // The nonce was not used up by what was refused.
    store.commit(&key, &batch.append(2, lines(2, 1))).unwrap();
    assert_eq!(refused(store.commit(&key, &Batch::new().nonce(nonce))), Refusal::ReplayedNonce);
    drop(store);
    let store = crate::common::open(dir.path()).unwrap();
    assert_eq!(store.entry_count(&key).unwrap(), 3);
    assert_eq!(store.kv_get(&key, "phase").unwrap().unwrap(), b"closed");
    assert!(!store.use_nonce(&key, nonce).unwrap());
}

#[test]
fn two_writers_cannot_take_the_same_index() {
    let (_dir, store) = store_with_lot();
    let key = lot("L1");
    let wins: usize = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    (0..25).filter(|i| store.append(&key, *i, &lines(*i, 1)).is_ok()).count()
                })
            })
            .collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).sum()
    });
    let count = store.entry_count(&key).unwrap();
    assert_eq!(u64::try_from(wins).unwrap(), count);
    assert!(count >= 1);
    let indexes: Vec<u64> = store.entries(&key, 0).unwrap().iter().map(|(i, _)| *i).collect();
    assert_eq!(indexes, (0..count).collect::<Vec<_>>());
}
