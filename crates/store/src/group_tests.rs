//! Calls that share a commit: what each is told, and what is kept.

use kaibiao_types::{LotId, LotKey, TenderId, UtcMillis};
use rusqlite::Transaction;

use crate::{
    IntakeKey, Nonce, Refusal, Store, StoreError,
    error::Inside,
    faults::{Point, Way},
};

fn lot(n: usize) -> LotKey {
    let lot = LotId::parse(&format!("L{n}")).unwrap();
    LotKey { tender: TenderId::parse("T").unwrap(), lot }
}

fn store(lots: usize) -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), &IntakeKey::new([7; 32])).unwrap();
    for n in 0..lots {
        store.create_lot(&lot(n), UtcMillis::EPOCH).unwrap();
    }
    (dir, store)
}

fn append(store: &Store, n: usize, index: u64) -> Result<(), StoreError> {
    store.append(&lot(n), index, &[format!("{{\"i\":{index}}}").into_bytes()])
}

/// Has all calls wait for the database at once: the first is a group of its own, the others share the
/// next commit. Gives their answers, that of the first first.
fn together<T: Send>(
    store: &Store,
    calls: usize,
    call: impl Fn(usize) -> Result<T, StoreError> + Sync,
) -> Vec<Result<T, StoreError>> {
    std::thread::scope(|scope| {
        let held = store.conn.lock();
        let call = &call;
        let mut threads = vec![scope.spawn(move || call(0))];
        while !store.line.is_led() || store.line.len() > 0 {
            std::thread::yield_now();
        }
        threads.extend((1..calls).map(|n| scope.spawn(move || call(n))));
        while store.line.len() < calls - 1 {
            std::thread::yield_now();
        }
        drop(held);
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn is_unknown<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::StateUnknown { .. }))
}

#[test]
fn calls_that_wait_share_one_commit() {
    let (dir, store) = store(16);
    // The third commit would break.
    store.faults.plan(Point::Commit, Way::NotWritten, 2);
    for result in together(&store, 16, |n| append(&store, n, 0)) {
        result.unwrap();
    }
    assert!(!store.faults.spent(), "more than two commits");
    assert!(is_unknown(&append(&store, 0, 1)));
    drop(store);
    let store = Store::open(dir.path(), &IntakeKey::new([7; 32])).unwrap();
    assert!((0..16).all(|n| store.entry_count(&lot(n)).unwrap() == 1));
}

#[test]
fn a_refusal_undoes_nothing_of_the_others() {
    let (dir, store) = store(9);
    let used = Nonce::new([1; 16]);
    for n in 0..9 {
        assert!(store.use_nonce(&lot(n), used).unwrap());
    }
    let results = together(&store, 9, |n| match n % 3 {
        0 => append(&store, n, 0),
        1 => append(&store, n, 7),
        _ => store.append_with_nonce(&lot(n), used, 0, &[b"{}".to_vec()]),
    });
    for (n, result) in results.into_iter().enumerate() {
        let expected = match n % 3 {
            0 => None,
            1 => Some(Refusal::WrongIndex { expected: 0, given: 7 }),
            _ => Some(Refusal::ReplayedNonce),
        };
        match result {
            Ok(()) => assert_eq!(expected, None, "{n}"),
            Err(StoreError::Refused(refusal)) => assert_eq!(Some(refusal), expected, "{n}"),
            Err(error) => panic!("{n}: {error:?}"),
        }
    }
    drop(store);
    let store = Store::open(dir.path(), &IntakeKey::new([7; 32])).unwrap();
    for n in 0..9 {
        assert_eq!(store.entry_count(&lot(n)).unwrap(), u64::from(n % 3 == 0), "{n}");
    }
}

#[test]
fn one_index_is_given_once_in_a_group() {
    let (_dir, store) = store(1);
    let results = together(&store, 8, |_| append(&store, 0, 0));
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert_eq!(store.entry_count(&lot(0)).unwrap(), 1);
    let results = together(&store, 8, |_| store.use_nonce(&lot(0), Nonce::new([5; 16])));
    assert_eq!(results.iter().filter(|used| matches!(used, Ok(true))).count(), 1);
}

#[test]
fn all_of_a_group_hear_of_a_failed_commit() {
    for (way, kept) in [(Way::NotWritten, 0), (Way::WrittenButFailed, 1)] {
        let (dir, store) = store(12);
        store.faults.plan(Point::Commit, way, 1);
        // Every third one breaks a rule; its answer rests on what nobody knows, too.
        let results = together(&store, 12, |n| append(&store, n, u64::from(n % 3 == 2)));
        assert!(results[0].is_ok());
        assert!(results[1..].iter().all(is_unknown), "{results:?}");
        assert!(is_unknown(&store.lots()));
        drop(store);
        let store = Store::open(dir.path(), &IntakeKey::new([7; 32])).unwrap();
        for n in 0..12 {
            let expected = if n == 0 {
                1
            } else if n % 3 == 2 {
                0
            } else {
                kept
            };
            assert_eq!(store.entry_count(&lot(n)).unwrap(), expected, "{way:?} {n}");
        }
    }
}

#[test]
fn all_of_a_group_hear_of_a_failed_checkpoint() {
    let (dir, store) = store(4);
    store.faults.plan(Point::Checkpoint, Way::NotWritten, 1);
    assert!(together(&store, 4, |n| append(&store, n, 0))[1..].iter().all(is_unknown));
    drop(store);
    let store = Store::open(dir.path(), &IntakeKey::new([7; 32])).unwrap();
    assert!((0..4).all(|n| store.entry_count(&lot(n)).unwrap() == 1));
}

type Act = fn(&Transaction<'_>) -> Result<(), Inside>;

#[test]
fn a_transaction_that_the_database_gave_up_undoes_the_group() {
    let (dir, store) = store(2);
    let acts: [Act; 3] = [
        |tx| {
            tx.execute("INSERT INTO entry VALUES (1, 0, x'7b7d')", [])?;
            Ok(())
        },
        |tx| {
            tx.execute_batch("ROLLBACK")?;
            Err(rusqlite::Error::InvalidQuery.into())
        },
        |_| Ok(()),
    ];
    let given_up = store.write_group("fill the disk", &acts);
    assert!(matches!(given_up, Err(StoreError::NotDone { .. })), "{given_up:?}");
    assert_eq!(store.entry_count(&lot(0)).unwrap(), 0);
    append(&store, 0, 0).unwrap();
    drop(store);
    assert_eq!(
        Store::open(dir.path(), &IntakeKey::new([7; 32])).unwrap().entry_count(&lot(0)).unwrap(),
        1
    );
}

#[test]
fn a_savepoint_that_is_gone_stops_the_store() {
    let (dir, store) = store(1);
    let lost = store.write("lose the savepoint", |tx| {
        tx.execute("INSERT INTO entry VALUES (1, 0, x'7b7d')", [])?;
        tx.execute_batch("RELEASE act")?;
        Ok(())
    });
    assert!(is_unknown(&lost), "{lost:?}");
    assert!(is_unknown(&append(&store, 0, 0)));
    drop(store);
    assert_eq!(
        Store::open(dir.path(), &IntakeKey::new([7; 32])).unwrap().entry_count(&lot(0)).unwrap(),
        0
    );
}

#[test]
fn a_panic_under_the_lock_stops_the_store() {
    let (dir, store) = store(1);
    let panicked = std::thread::scope(|scope| {
        let panics = || store.write("panic", |_| -> Result<(), Inside> { panic!("on purpose") });
        scope.spawn(panics).join()
    });
    assert!(panicked.is_err());
    assert!(is_unknown(&append(&store, 0, 0)));
    assert!(is_unknown(&append(&store, 0, 0)), "and nobody waits for ever");
    drop(store);
    assert_eq!(
        Store::open(dir.path(), &IntakeKey::new([7; 32])).unwrap().entry_count(&lot(0)).unwrap(),
        0
    );
}

#[test]
fn a_store_that_stops_elsewhere_answers_who_waits() {
    let (_dir, store) = store(3);
    let results = together(&store, 3, |n| {
        drop(store.halt("store a slice", "broken on purpose".into()));
        append(&store, n, 0)
    });
    assert!(results.iter().all(is_unknown), "{results:?}");
}
