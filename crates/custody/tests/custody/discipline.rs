//! The disciplined clock: lying sources, lost ones, a system clock that is set, and the property that
//! no reading is ever past the true time.

use std::collections::BTreeSet;

use kaibiao_custody::{ClockReading, DRIFT_PPM, Discipline, FRESH, Sample, SampleFault, Standing};
use kaibiao_types::{Millis, UtcMillis};
use proptest::prelude::*;

const START: u64 = 1_800_000_000_000;
const MAX_ERROR: u64 = 10_000;
const HOUR: i64 = 3_600_000;

fn utc(millis: u64) -> UtcMillis {
    UtcMillis::new(millis).unwrap()
}

fn span(millis: u64) -> Millis {
    Millis::new(millis).unwrap()
}

/// An answer that took 40 ms, from a source that is wrong by `error` and says that it may be wrong by
/// a second. True time runs with the monotonic clock from `START`.
fn answer(source: usize, at: u64, error: i64) -> Sample {
    Sample {
        source,
        sent: span(at - 40),
        received: span(at),
        midpoint: utc((START + at - 20).checked_add_signed(error).unwrap()),
        radius: span(1_000),
    }
}

fn three(agree: usize) -> Discipline {
    Discipline::new(3, agree, span(MAX_ERROR))
}

fn read(clock: &Discipline, at: u64) -> ClockReading {
    clock.read(span(at), utc(START + at))
}

/// The reading is right, and as sure as it says.
#[track_caller]
fn holds(clock: &Discipline, at: u64, standing: Standing) {
    let reading = read(clock, at);
    assert_eq!(reading.standing, standing);
    assert!(reading.earliest() <= utc(START + at) && utc(START + at) <= reading.latest());
}

#[test]
fn sources_that_agree_synchronise_the_clock() {
    let mut clock = three(2);
    assert_eq!(read(&clock, 100).standing, Standing::Never);
    assert!(clock.take(answer(0, 100, 200)).unwrap().agreeing.is_empty());
    assert_eq!(read(&clock, 100).standing, Standing::Never, "one source is not enough");
    let verdict = clock.take(answer(2, 150, -300)).unwrap();
    assert_eq!(verdict.agreeing, [0, 2].into());
    assert!(verdict.false_tickers.is_empty() && !verdict.contradicted);
    holds(&clock, 150, Standing::Synchronised);
    // Each answer spans its radius and its way; the hull of the two, no more.
    let error = read(&clock, 150).max_error.get();
    assert!((1_200..1_400).contains(&error), "{error}");
}

#[test]
fn one_source_is_never_enough_whatever_the_policy_says() {
    for agree in [0, 1] {
        let mut clock = three(agree);
        clock.take(answer(0, 100, 0)).unwrap();
        assert_eq!(read(&clock, 100).standing, Standing::Never);
        // The same source again is the same source.
        clock.take(answer(0, 200, 0)).unwrap();
        assert_eq!(read(&clock, 200).standing, Standing::Never);
    }
}

#[test]
fn a_source_that_lies_by_an_hour_is_named() {
    for lie in [-HOUR, HOUR] {
        let mut clock = three(2);
        clock.take(answer(1, 100, lie)).unwrap();
        clock.take(answer(0, 110, 0)).unwrap();
        assert_eq!(read(&clock, 110).standing, Standing::Never);
        let verdict = clock.take(answer(2, 120, 0)).unwrap();
        assert_eq!(verdict.agreeing, [0, 2].into());
        assert_eq!(verdict.false_tickers, [1].into());
        holds(&clock, 120, Standing::Synchronised);
    }
}

#[test]
fn two_sources_that_lie_together_do_not_reach_a_policy_of_three() {
    for lie in [-HOUR, HOUR] {
        let mut clock = three(3);
        for (source, error) in [(0, lie), (1, lie), (2, 0)] {
            clock.take(answer(source, 100, error)).unwrap();
        }
        assert_eq!(read(&clock, 100).standing, Standing::Never);
        assert!(clock.verdict().agreeing.is_empty());
        assert!(clock.verdict().false_tickers.is_empty(), "nobody can be named");
    }
}

#[test]
fn sources_that_turn_to_lying_together_contradict_the_time_that_has_run() {
    // Two of three, and two are enough: yet they agreed on another time before.
    let mut clock = three(2);
    for source in 0..3 {
        clock.take(answer(source, 100, 0)).unwrap();
    }
    for source in 0..2 {
        clock.take(answer(source, 64_100, HOUR)).unwrap();
    }
    let verdict = clock.verdict();
    assert_eq!((&verdict.agreeing, &verdict.false_tickers), (&[0, 1].into(), &[2].into()));
    assert!(verdict.contradicted);
    holds(&clock, 64_100, Standing::Holdover);
    // Once they tell the truth again, all is well.
    for source in 0..2 {
        clock.take(answer(source, 128_100, 0)).unwrap();
    }
    assert!(!clock.verdict().contradicted);
    holds(&clock, 128_100, Standing::Synchronised);
}

#[test]
fn who_made_the_clock_synchronised_is_known_when_they_agree_no_more() {
    let mut clock = three(2);
    assert!(clock.held_by().is_empty());
    clock.take(answer(0, 1_000, 0)).unwrap();
    clock.take(answer(2, 1_010, 5)).unwrap();
    // The next answer of one of them is an hour off: no two agree, what was held is held.
    let lost = clock.take(answer(2, 1_100, 3_600_000)).unwrap();
    assert!(lost.agreeing.is_empty() && !lost.contradicted);
    assert_eq!(clock.held_by(), &BTreeSet::from([0, 2]));
    assert_eq!(read(&clock, 1_100).standing, Standing::Synchronised);
}

#[test]
fn a_liar_cannot_push_the_reading_past_the_true_time() {
    // The liar overlaps one honest source at its very end; the other one is not reached.
    let mut clock = three(2);
    clock.take(answer(0, 100, -990)).unwrap();
    clock.take(answer(1, 110, 1_000)).unwrap();
    holds(&clock, 110, Standing::Synchronised);
    let mut clock = three(2);
    clock.take(answer(0, 100, 990)).unwrap();
    clock.take(answer(1, 110, 2_900)).unwrap();
    holds(&clock, 110, Standing::Synchronised);
}

#[test]
fn setting_the_system_clock_changes_nothing() {
    let day = 86_400_000;
    let mut clock = three(2);
    for wall in [0, START - day, START + day] {
        let never = clock.read(span(50), utc(wall));
        assert_eq!((never.standing, never.earliest()), (Standing::Never, UtcMillis::EPOCH));
    }
    clock.take(answer(0, 100, 0)).unwrap();
    clock.take(answer(1, 100, 0)).unwrap();
    let honest = read(&clock, 30_000);
    for wall in [0, START - day, START + day] {
        assert_eq!(clock.read(span(30_000), utc(wall)), honest);
    }
}

#[test]
fn lost_sources_leave_a_clock_that_only_drifts() {
    let mut clock = three(2);
    clock.take(answer(0, 100, 0)).unwrap();
    clock.take(answer(1, 100, 0)).unwrap();
    holds(&clock, 100 + FRESH.get(), Standing::Synchronised);
    holds(&clock, 101 + FRESH.get(), Standing::Holdover);
    let (hour, start) = (3_600_000, read(&clock, 100).max_error.get());
    let drifted = read(&clock, 100 + hour).max_error.get() - start;
    assert_eq!(drifted, hour * DRIFT_PPM / 1_000_000);
    // One source alone does not bring it back; a second one does.
    clock.take(answer(0, 1_000_000, 0)).unwrap();
    holds(&clock, 1_000_000, Standing::Holdover);
    clock.take(answer(1, 1_000_000, 0)).unwrap();
    holds(&clock, 1_000_000, Standing::Synchronised);
}

#[test]
fn an_answer_that_proves_too_little_is_not_taken() {
    let mut clock = three(2);
    let coarse = Sample { radius: span(MAX_ERROR + 1), ..answer(0, 100, 0) };
    assert!(matches!(clock.take(coarse), Err(SampleFault::Coarse(_))));
    // Held back on its way: the time may be older by as much.
    let late = Sample { received: span(30_000), ..answer(0, 100, 0) };
    assert!(matches!(clock.take(late), Err(SampleFault::Coarse(_))));
    let backward = Sample { sent: span(101), ..answer(0, 100, 0) };
    assert_eq!(clock.take(backward), Err(SampleFault::Order));
    assert_eq!(clock.take(answer(3, 100, 0)), Err(SampleFault::Unknown));
    clock.take(answer(0, 200, 0)).unwrap();
    assert_eq!(clock.take(answer(0, 150, 0)), Err(SampleFault::Order));
    assert_eq!(read(&clock, 200).standing, Standing::Never);
}

#[test]
fn answers_within_the_ceiling_can_still_be_too_wide_together() {
    let mut clock = three(2);
    clock.take(Sample { radius: span(9_000), ..answer(0, 100, 8_000) }).unwrap();
    clock.take(Sample { radius: span(9_000), ..answer(1, 100, -8_000) }).unwrap();
    assert_eq!(clock.verdict().agreeing.len(), 2);
    holds(&clock, 100, Standing::Holdover);
}

/// One question and its answer, or a while without any.
#[derive(Clone, Debug)]
struct Step {
    gap: u64,
    source: usize,
    there: u64,
    back: u64,
    radius: u64,
    /// Where in its radius the true time lies, in thousandths from -1,000 to 1,000.
    skew: i64,
    lie: i64,
    look: u64,
}

fn step() -> impl Strategy<Value = Step> {
    let lie = prop_oneof![-3_000..3_000_i64, -86_400_000..86_400_000_i64, Just(HOUR)];
    let gap = prop_oneof![0..5_000_u64, 0..90_000_u64, 0..2_000_000_u64];
    (
        gap,
        0..7_usize,
        0..1_500_u64,
        0..1_500_u64,
        1..6_000_u64,
        -1_000..=1_000_i64,
        lie,
        0..1_000_000_u64,
    )
        .prop_map(|(gap, source, there, back, radius, skew, lie, look)| Step {
            gap,
            source,
            there,
            back,
            radius,
            skew,
            lie,
            look,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// With fewer liars than sources that must agree, no reading is past the true time, so nothing is
    /// released before the opening time; and none is behind it by more than it says. Liars know the
    /// true time and choose what they say; the network loses, holds back and reorders; the monotonic
    /// clock drifts.
    #[test]
    fn no_reading_is_past_the_true_time(
        sources in 2..7_usize,
        must in 0..7_usize,
        liars in 0..7_usize,
        drift in -990..=990_i64,
        steps in proptest::collection::vec(step(), 1..60),
    ) {
        let agree = 2 + must % (sources - 1);
        let liars = liars % agree; // sources 0 to liars - 1 lie
        let truth = |mono: u64| {
            let drifted = i64::try_from(mono).unwrap() * drift / 1_000_000;
            (START + mono).checked_add_signed(drifted).unwrap()
        };
        let mut clock = Discipline::new(sources, agree, span(MAX_ERROR));
        let mut mono = 1_000_u64;
        for step in steps {
            mono += step.gap;
            let source = step.source % sources;
            let lies = source < liars;
            let error = if lies { step.lie } else {
                i64::try_from(step.radius).unwrap() * step.skew / 1_000
            };
            let stamped = mono + step.there;
            let _ = clock.take(Sample {
                source,
                sent: span(mono),
                received: span(stamped + step.back),
                midpoint: utc(truth(stamped).checked_add_signed(error).unwrap()),
                radius: span(step.radius),
            });
            for at in [stamped + step.back, stamped + step.back + step.look] {
                let reading = clock.read(span(at), utc(START * 2));
                prop_assert!(reading.earliest() <= utc(truth(at)), "early: {reading:?}");
                if reading.standing != Standing::Never {
                    prop_assert!(utc(truth(at)) <= reading.latest(), "late: {reading:?}");
                }
            }
            let named = clock.verdict().false_tickers.iter().all(|source| *source < liars);
            prop_assert!(named || liars > 0, "an honest source is named although nobody lies");
            prop_assert!(!clock.verdict().contradicted);
        }
    }
}
