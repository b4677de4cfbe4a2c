//! Ticks: random places, equal looks, and paths that hold for one place only.

use std::collections::BTreeSet;

use crate::common::{CODES, DEADLINE, Dry, Lot, PLACES, Seeded, at, digest, origin};
use kaibiao_crypto::SUITE_1;
use kaibiao_journal::{
    Actor, EntryLine, OpeningLog, Salt, Tick, TickBuilder, TickData, TickError, commitment,
    verify_place,
};
use kaibiao_types::{PlaceNo, TickNo};

fn no(number: u32) -> TickNo {
    TickNo::new(number).unwrap()
}

fn place(number: u32) -> PlaceNo {
    PlaceNo::new(number).unwrap()
}

#[test]
fn every_place_is_used_once_and_then_the_tick_is_full() {
    let mut entropy = Seeded::new("places");
    let mut builder = TickBuilder::new(no(7), PLACES).unwrap();
    let mut used = BTreeSet::new();
    for number in 0..PLACES {
        let content = digest(&number.to_string());
        assert!(used.insert(builder.place(content, &mut entropy).unwrap()));
    }
    assert_eq!(builder.free(), 0);
    assert_eq!(builder.place(digest("late"), &mut entropy), Err(TickError::Full(no(7))));
    let tick = builder.finish(&mut entropy).unwrap();
    let contents: BTreeSet<_> = tick.contents().iter().copied().collect();
    let expected: BTreeSet<_> = (0..PLACES).map(|number| digest(&number.to_string())).collect();
    assert_eq!(contents, expected);
}

#[test]
fn places_are_spread_and_do_not_follow_the_order_of_arrival() {
    let mut entropy = Seeded::new("spread");
    let mut counts = [0_u32; 8];
    for round in 0..800 {
        let mut builder = TickBuilder::new(no(round), 8).unwrap();
        let first = builder.place(digest("a"), &mut entropy).unwrap();
        counts[usize::try_from(first.get()).unwrap()] += 1;
    }
    // 800 draws over 8 places: 100 each; seven standard deviations are 65.
    assert!(counts.iter().all(|count| (35..=165).contains(count)), "{counts:?}");
}

#[test]
fn a_path_proves_one_content_at_one_place() {
    let lot = Lot::new(PLACES);
    let (bid, tick) = (&lot.bids[0], &lot.ticks[0]);
    let content = crate::common::receipt_of(bid).commitment(&SUITE_1);
    let path = tick.path(bid.place.no).unwrap();
    let check = |content, number, places, path: &[_], root| {
        verify_place(&content, number, places, path, root)
    };
    assert_eq!(check(content, bid.place.no, PLACES, &path, tick.root()), Ok(()));
    for other in (0..PLACES).filter(|other| *other != bid.place.no.get()) {
        assert!(check(content, place(other), PLACES, &path, tick.root()).is_err());
    }
    assert!(check(digest("other"), bid.place.no, PLACES, &path, tick.root()).is_err());
    assert!(check(content, bid.place.no, PLACES / 2, &path, tick.root()).is_err());
    assert!(check(content, bid.place.no, PLACES * 2, &path, tick.root()).is_err());
    assert!(check(content, bid.place.no, PLACES, &path[1..], tick.root()).is_err());
    assert!(check(content, bid.place.no, PLACES, &path, lot.ticks[1].root()).is_err());
    assert_eq!(tick.path(place(PLACES)).unwrap_err().label(), "tick-no-such-place");
}

#[test]
fn a_commitment_binds_each_field() {
    let salt = |byte| Salt::from_bytes([byte; 32]);
    let make = |salt, manifest, cms, time| {
        commitment(&SUITE_1, &salt, &digest(manifest), &digest(cms), at(time))
    };
    let base = make(salt(1), "m", "c", 5);
    assert_ne!(base, make(salt(2), "m", "c", 5));
    assert_ne!(base, make(salt(1), "n", "c", 5));
    assert_ne!(base, make(salt(1), "m", "d", 5));
    assert_ne!(base, make(salt(1), "c", "m", 5));
    assert_ne!(base, make(salt(1), "m", "c", 6));
}

#[test]
fn a_stored_tick_is_the_same_tick() {
    let tick = &Lot::new(PLACES).ticks[1];
    let again = Tick::from_contents(tick.no(), tick.contents().to_vec()).unwrap();
    assert_eq!(again.data(), tick.data());
    let mut other = tick.contents().to_vec();
    other[3] = digest("changed");
    assert_ne!(Tick::from_contents(tick.no(), other).unwrap().root(), tick.root());
}

#[test]
fn places_come_back_after_a_restart() {
    let mut entropy = Seeded::new("restart");
    let mut builder = TickBuilder::new(no(1), 4).unwrap();
    builder.restore(place(2), digest("a")).unwrap();
    let refused = builder.restore(place(2), digest("b")).unwrap_err();
    assert_eq!(refused, TickError::Occupied { tick: no(1), place: place(2) });
    assert_eq!(builder.restore(place(4), digest("b")).unwrap_err().label(), "tick-no-such-place");
    assert_eq!(builder.free(), 3);
    for text in ["b", "c", "d"] {
        assert_ne!(builder.place(digest(text), &mut entropy).unwrap(), place(2));
    }
    assert_eq!(builder.finish(&mut entropy).unwrap().contents()[2], digest("a"));
}

#[test]
fn without_randomness_nothing_is_placed() {
    let mut builder = TickBuilder::new(no(0), 4).unwrap();
    assert_eq!(builder.place(digest("a"), &mut Dry).unwrap_err().label(), "tick-entropy");
    assert_eq!(builder.free(), 4);
    assert_eq!(builder.finish(&mut Dry).unwrap_err().label(), "tick-entropy");
    assert!(Salt::random(&mut Dry).is_err());
}

#[test]
fn refuses_sizes_that_are_none() {
    for places in [0, 65_537, u32::MAX] {
        assert_eq!(TickBuilder::new(no(0), places).unwrap_err().label(), "tick-places");
    }
    assert_eq!(Tick::from_contents(no(0), Vec::new()).unwrap_err().label(), "tick-places");
    assert!(TickBuilder::new(no(0), 65_536).is_ok());
}

#[test]
fn nothing_shows_how_full_a_tick_is_or_what_a_salt_is() {
    let mut builder = TickBuilder::new(no(0), 4).unwrap();
    let empty = format!("{builder:?}");
    builder.restore(place(1), digest("a")).unwrap();
    assert_eq!(format!("{builder:?}"), empty);
    assert_eq!(format!("{:?}", Salt::from_bytes([7; 32])), "Salt(..)");
}

#[test]
fn ticks_of_a_log_are_the_halls_and_gapless() {
    assert_eq!(Lot::new(PLACES).log.ticks().unwrap().len(), 3);
    let data = |number: u64| serde_json::json!({"no": number, "root": digest("root")});
    let host: Actor = format!("host:{}", CODES[4]).parse().unwrap();
    for (by, data, label) in [
        (Actor::Hall, data(1), "tick-number"),
        (host, data(0), "tick-not-hall"),
        (Actor::Hall, serde_json::json!({"no": 0}), "entry-data"),
        (Actor::Hall, serde_json::json!({"no": 0, "root": "00"}), "entry-data"),
        (Actor::Hall, serde_json::json!({"no": -1, "root": digest("root")}), "entry-data"),
        (Actor::Hall, serde_json::json!({"no": 0, "root": digest("root"), "x": 1}), "entry-data"),
    ] {
        let mut log = OpeningLog::new(origin());
        let entry = EntryLine::build(0, at(DEADLINE), &by, TickData::KIND, &data, None).unwrap();
        log.append_entry(entry).unwrap();
        assert_eq!(log.ticks().unwrap_err().label(), label, "{data}");
    }
}
