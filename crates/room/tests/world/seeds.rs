//! The seeds that are played, and what is said of one that fails.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::oracle::Ending;
use crate::world::{Run, World};

/// Seeds of every run of the tests. `KAIBIAO_WORLD_SEEDS` says another number.
const SEEDS: u64 = 60;
/// Of one seed in so many the package of evidence is verified too.
const PACKAGES: u64 = 8;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap())
}

fn words(cause: &(dyn Any + Send)) -> String {
    let text = cause.downcast_ref::<String>().cloned();
    text.or_else(|| cause.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

/// Plays a seed; a failing one says how it can be played again.
fn play(seed: u64) -> Run {
    let mut world = World::new(seed);
    match catch_unwind(AssertUnwindSafe(|| world.run(seed.is_multiple_of(PACKAGES)))) {
        Ok(run) => run,
        Err(cause) => {
            println!("{}", world.net.last_words());
            println!("seed {seed}: {}", words(&*cause));
            println!(
                "again: KAIBIAO_WORLD_SEED={seed} cargo test -p kaibiao-room --test world -- \
                 --exact seeds::one_seed --nocapture"
            );
            panic!("seed {seed} fails: {}", words(&*cause));
        }
    }
}

/// `KAIBIAO_WORLD_SEED=n`: one seed, with every step of it.
#[test]
fn one_seed() {
    let Some(seed) = number("KAIBIAO_WORLD_SEED") else { return };
    let mut world = World::new(seed);
    let run = catch_unwind(AssertUnwindSafe(|| world.run(seed.is_multiple_of(PACKAGES))));
    println!("{}", world.net.trace().join("\n"));
    match run {
        Ok(run) => println!("seed {seed}: {:?} after {} steps", run.ending, run.steps),
        Err(cause) => panic!("seed {seed} fails: {}", words(&*cause)),
    }
}

#[test]
fn the_same_seed_gives_the_same_log() {
    for seed in [1, 2, 3] {
        let (one, two) = (play(seed), play(seed));
        assert_eq!((one.steps, one.ending), (two.steps, two.ending), "seed {seed}");
        assert!(one.log == two.log, "seed {seed} gave two logs");
    }
}

#[test]
fn openings_come_to_their_end_whatever_breaks() {
    let count = number("KAIBIAO_WORLD_SEEDS").unwrap_or(SEEDS);
    let first = number("KAIBIAO_WORLD_FIRST").unwrap_or(0);
    let (next, endings) = (AtomicU64::new(first), Mutex::new(BTreeMap::<Ending, u64>::new()));
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed >= first + count {
                        return;
                    }
                    let run = play(seed);
                    *endings.lock().unwrap().entry(run.ending).or_default() += 1;
                }
            });
        }
    });
    println!("{count} seeds from {first}: {:?}", endings.into_inner().unwrap());
}
