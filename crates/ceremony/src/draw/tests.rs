//! Every value of a range is as likely as another, and anyone computes the same one.

use kaibiao_crypto::SUITE_1;

use super::*;
use crate::testing::{three_of_five, two_of_three};
use crate::{combine_any, rehearsal_context};

const FREEZE: Digest = Digest::new([7; 32]);

/// A different point for every number.
fn point(i: u16) -> Point {
    SUITE_1.number(i).base_mul().unwrap()
}

#[test]
fn small_and_huge_ranges() {
    let huge = [u64::MAX, u64::MAX - 1, 1 << 63, (1 << 63) + 1, (1 << 63) - 1];
    for i in 1..200 {
        assert_eq!(draw_value(&SUITE_1, &point(i), 1), Ok(0));
        assert!(draw_value(&SUITE_1, &point(i), 2).unwrap() < 2);
        for range in huge {
            assert!(draw_value(&SUITE_1, &point(i), range).unwrap() < range);
        }
        assert_eq!(draw_value(&SUITE_1, &point(i), 0), Err(DrawError));
    }
}

/// (2^63 + 1) rejects almost every second number; the accepted one is the number itself.
#[test]
fn rejected_numbers_are_skipped_in_order() {
    let range = (1_u64 << 63) + 1;
    let mut skipped = 0;
    for i in 1..100 {
        let number = |attempt: u32| {
            let digest = SUITE_1.th("draw-out", &[&point(i).bytes(), &attempt.to_be_bytes()]);
            u64::from_be_bytes(*digest.bytes().first_chunk().unwrap())
        };
        let (attempt, expected) =
            (0..100).map(|attempt| (attempt, number(attempt))).find(|(_, n)| *n < range).unwrap();
        skipped += attempt;
        assert_eq!(draw_value(&SUITE_1, &point(i), range), Ok(expected));
    }
    assert!(skipped > 50, "rejection took place ({skipped} times)");
}

/// Sanity, not proof: 6,000 draws of a die, chi-squared with 5 degrees of freedom below 20.5
/// (exceeded by chance once in a thousand; the points are fixed, so this run is always the same).
#[test]
fn values_are_spread_evenly() {
    let mut counts = [0_u32; 6];
    for i in 1..=6_000 {
        let value = usize::try_from(draw_value(&SUITE_1, &point(i), 6).unwrap()).unwrap();
        counts[value] += 1;
    }
    let chi: u32 = counts.iter().map(|count| count.abs_diff(1_000).pow(2)).sum::<u32>() / 1_000;
    assert!(chi < 20, "{counts:?}");
}

/// Ruling 15: recomputable by anyone from proven partials, whichever custodians took part.
#[test]
fn a_draw_is_recomputed_from_any_k_partials() {
    for ceremony in [two_of_three(), three_of_five()] {
        let id = &ceremony.record.ceremony_id;
        let u = draw_point(&SUITE_1, id, &FREEZE, 0).unwrap();
        let n = ceremony.record.threshold.n();
        let all = ceremony.raise(&FREEZE, &u, &(1..=n).collect::<Vec<_>>());
        let k = usize::from(ceremony.record.threshold.k());
        let value = |partials: &[crate::Partial]| {
            let combined = combine_any(&ceremony.record, &FREEZE, &u, partials).unwrap();
            draw_value(&SUITE_1, &combined.point, 1_000_000).unwrap()
        };
        let expected = value(&all);
        for start in 0..=all.len() - k {
            assert_eq!(value(&all[start..start + k]), expected);
        }
        assert!(combine_any(&ceremony.record, &FREEZE, &u, &all[1..k]).is_err());
    }
}

#[test]
fn every_draw_has_its_own_point() {
    let (one, two) = (Digest::new([1; 32]), Digest::new([2; 32]));
    let points = [
        draw_point(&SUITE_1, &one, &two, 0).unwrap(),
        draw_point(&SUITE_1, &two, &one, 0).unwrap(),
        draw_point(&SUITE_1, &one, &two, 1).unwrap(),
        draw_point(&SUITE_1, &one, &two, u32::MAX).unwrap(),
        draw_point(&SUITE_1, &one, &one, 0).unwrap(),
    ];
    let distinct: std::collections::BTreeSet<_> = points.iter().map(Point::bytes).collect();
    assert_eq!(distinct.len(), points.len());
    assert_ne!(rehearsal_context(&SUITE_1, &one, 0), one);
}
