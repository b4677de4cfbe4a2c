use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier};

use super::*;

const CHUNKS: Chunks = Chunks { count: 100, longest: 8, begin: 5, step: 3 };

fn threads(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).unwrap()
}

/// Where one of the steps fails; chunk 200 does not exist.
#[derive(Clone, Copy)]
struct Fails {
    take: u64,
    give: u64,
}

const NEVER: Fails = Fails { take: 200, give: 200 };

/// What was given, and how it ended: each chunk holds its number, which `work` squares.
fn run(count: usize, chunks: Chunks, fails: Fails) -> (Vec<u64>, Result<(), String>) {
    let mut given = Vec::new();
    let mut expected = 0;
    let result = together(
        threads(count),
        chunks,
        |index, buffer| {
            assert_eq!(index, expected, "taken out of order");
            expected += 1;
            if index == fails.take {
                return Err(format!("take {index}"));
            }
            buffer.copy_from_slice(&index.to_be_bytes());
            Ok(8)
        },
        |first, chunks| {
            if first.is_multiple_of(3) {
                thread::yield_now();
            }
            let mut numbers = Vec::new();
            for chunk in &mut *chunks {
                let number = u64::from_be_bytes((&**chunk).try_into().unwrap());
                chunk.copy_from_slice(&(number * number).to_be_bytes());
                numbers.push(number);
            }
            assert_eq!(numbers, (first..).take(chunks.len()).collect::<Vec<_>>(), "not in a row");
            numbers
        },
        |index, chunk, number| {
            assert_eq!(index, number, "given with the result of another chunk");
            if index == fails.give {
                return Err(format!("give {index}"));
            }
            given.push(u64::from_be_bytes(chunk.try_into().unwrap()));
            Ok(())
        },
    );
    (given, result)
}

fn squares(count: u64) -> Vec<u64> {
    (0..count).map(|index| index * index).collect()
}

#[test]
fn any_number_of_threads_gives_the_chunks_in_order() {
    for count in [1, 2, 3, 7, 8, 9, 1_000] {
        for chunks in [0, 1, 2, 3, 100] {
            let (given, result) = run(count, Chunks { count: chunks, ..CHUNKS }, NEVER);
            assert_eq!((given, result), (squares(chunks), Ok(())), "{count} {chunks}");
        }
    }
}

#[test]
fn the_first_error_in_the_order_of_the_chunks_is_told() {
    for count in [1, 2, 5] {
        for (take, give, first) in [
            (0, 200, "take 0"),
            (99, 200, "take 99"),
            (200, 0, "give 0"),
            (200, 57, "give 57"),
            (58, 57, "give 57"),
            (57, 58, "take 57"),
        ] {
            let (given, result) = run(count, CHUNKS, Fails { take, give });
            assert_eq!(result, Err(first.to_owned()), "{count}");
            assert_eq!(given, squares(take.min(give)), "{count} {first}");
        }
    }
}

#[test]
fn two_threads_work_at_the_same_time() {
    // Each batch is released only when two threads have met: with one at work it would never end.
    let meeting = Arc::new(Barrier::new(2));
    let met = AtomicU64::new(0);
    let result: Result<(), ()> = together(
        threads(2),
        Chunks { count: 20, longest: 1, ..CHUNKS },
        |_, _| Ok(1),
        |_, chunks| {
            meeting.wait();
            met.fetch_add(1, Ordering::Relaxed);
            vec![(); chunks.len()]
        },
        |_, _, ()| Ok(()),
    );
    assert_eq!((result, met.into_inner()), (Ok(()), 10));
}

#[test]
fn a_panic_ends_all_threads_and_is_passed_on() {
    for step in ["take", "work", "give"] {
        let at = |now: &str, index: u64| assert!(now != step || index != 40, "planted");
        let outcome = std::panic::catch_unwind(|| {
            together(
                threads(4),
                CHUNKS,
                |index, _| {
                    at("take", index);
                    Ok::<_, ()>(8)
                },
                |first, chunks| {
                    at("work", first);
                    vec![(); chunks.len()]
                },
                |index, _, ()| {
                    at("give", index);
                    Ok(())
                },
            )
        });
        assert!(outcome.is_err(), "{step}");
    }
}

#[test]
fn a_chunk_lies_within_its_cache_lines_as_it_does_in_its_file() {
    for (begin, step) in [(0, 1), (322, 262_160), (8_u64.wrapping_neg(), 262_144), (63, 64)] {
        let chunks = Chunks { count: 9, longest: 200, begin, step };
        let mut memory = vec![0; 200 + 2 * LINE];
        for index in 0..9 {
            let place = place(&mut memory, &chunks, index);
            assert_eq!(place.len(), 200);
            let wanted = begin.wrapping_add(index * step) % 64;
            let behind = (64 - place.as_ptr().align_offset(64)) % 64;
            assert_eq!(u64::try_from(behind).unwrap(), wanted, "{begin} {step} {index}");
        }
    }
}
