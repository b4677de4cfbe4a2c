//! The freeze: statuses by one rule, and every lie found and named.

use crate::common::{
    CODES, DEADLINE, Lot, PLACES, Seeded, at, context, digest, origin, receipt_of, receipted,
};
use kaibiao_crypto::SUITE_1;
use kaibiao_journal::{
    Actor, CheckedFreeze, FreezeContext, FreezeError, FreezeRecord, FreezeStatus, FrozenBid,
    LogOrigin, OpeningLog, Place, PlaceError, PlacePath, ReceiptedBid, Salt, TickBuilder,
    destroyed_statement, freeze_statement, journal_statement,
};
use kaibiao_types::{BidSeq, CustodianIndex, Digest, JournalMoment, Party, TickNo};
use proptest::prelude::*;

fn record() -> FreezeRecord {
    Lot::new(PLACES).freeze().into_record()
}

fn position(record: &FreezeRecord, bidder: usize, seq: u32) -> usize {
    let found = |bid: &FrozenBid| bid.bidder.code.as_str() == CODES[bidder] && bid.seq.get() == seq;
    record.bids.iter().position(found).unwrap()
}

/// Changes the record, gives it the id it would then have, and checks it.
fn refused(edit: impl FnOnce(&mut FreezeRecord)) -> FreezeError {
    let (mut record, origin) = (record(), origin());
    edit(&mut record);
    record.freeze_id = record.id(&context(&origin));
    record.check(&context(&origin)).unwrap_err()
}

fn name(bidder: usize, seq: u32) -> String {
    format!("bid {seq} of {}", CODES[bidder])
}

#[test]
fn statuses_follow_the_bidders_own_manifests() {
    let record = record();
    let status = |bidder, seq| {
        let bid = &record.bids[position(&record, bidder, seq)];
        (bid.status, bid.by)
    };
    let manifest = |bidder, seq| record.bids[position(&record, bidder, seq)].manifest_sha256;
    assert_eq!(status(0, 1), (FreezeStatus::Superseded, Some(manifest(0, 2))));
    assert_eq!(status(0, 2), (FreezeStatus::Current, None));
    assert_eq!(status(1, 1), (FreezeStatus::Withdrawn, Some(manifest(1, 2))));
    assert_eq!(status(1, 2), (FreezeStatus::Withdrawn, Some(manifest(1, 2))));
    assert_eq!(status(2, 1), (FreezeStatus::Current, None));
    assert_eq!(status(3, 5), (FreezeStatus::Current, None));
    assert_eq!(record.bidders, 3);
    assert_eq!(record.current().count(), 3);
}

#[test]
fn a_bid_after_a_withdrawal_stands() {
    let mut lot = Lot::new(PLACES);
    // The withdrawal of bidder 乙 moves to version 1, the bid to version 2.
    for bid in lot.bids.iter_mut().filter(|bid| bid.bidder.code.as_str() == CODES[1]) {
        bid.seq = BidSeq::new(3 - bid.seq.get()).unwrap();
    }
    let record = lot.freeze().into_record();
    let withdrawal = &record.bids[position(&record, 1, 1)];
    assert_eq!(withdrawal.status, FreezeStatus::Withdrawn);
    assert_eq!(withdrawal.by, Some(withdrawal.manifest_sha256));
    assert_eq!(record.bids[position(&record, 1, 2)].status, FreezeStatus::Current);
    assert_eq!(record.bidders, 4);
}

#[test]
fn the_bytes_read_back_and_check() {
    let record = record();
    let bytes = serde_json::to_vec(&record).unwrap();
    let again = FreezeRecord::parse(&bytes).unwrap();
    assert_eq!(again, record);
    let origin = origin();
    let checked = again.check(&context(&origin)).unwrap();
    assert_eq!(checked.deadline(), at(DEADLINE));
    assert_eq!(checked.record(), &record);
}

#[test]
fn an_empty_freeze_is_a_freeze() {
    let origin = origin();
    let head = Lot::new(PLACES).log.head();
    let checked = FreezeRecord::build(&context(&origin), 0, head, Vec::new()).unwrap();
    assert_eq!(checked.record().bidders, 0);
    let lot = Lot::new(PLACES);
    assert_eq!(checked.check_places(&SUITE_1, &lot.log, PLACES, &[]), Ok(()));
}

#[test]
fn the_statement_is_three_lines() {
    let id = record().freeze_id;
    assert_eq!(
        freeze_statement(&origin(), &id),
        format!("kaibiao/v1/freeze\nkaibiao.example/lot/EX-2030-001/1\n{id}\n")
    );
}

#[test]
fn the_statement_of_destruction_is_four_lines() {
    let (ceremony, id) = (digest("ceremony"), record().freeze_id);
    let head = format!("kaibiao/v1/destroyed\nkaibiao.example/lot/EX-2030-001/1\n{ceremony}\n");
    let statement = |freeze| destroyed_statement(&origin(), &ceremony, freeze);
    assert_eq!(statement(Some(&id)), format!("{head}{id}\n"));
    assert_eq!(statement(None), format!("{head}-\n"));
}

#[test]
fn the_statement_over_a_journal_is_six_lines() {
    let (one, two) = (CustodianIndex::new(1).unwrap(), CustodianIndex::new(12).unwrap());
    let sha = digest("journal");
    assert_eq!(
        journal_statement(&origin(), one, JournalMoment::Freeze, 0, &sha),
        format!("kaibiao/v1/journal\nkaibiao.example/lot/EX-2030-001/1\n1\nfreeze\n0\n{sha}\n")
    );
    assert_eq!(
        journal_statement(&origin(), two, JournalMoment::Close, 8_388_608, &sha),
        format!(
            "kaibiao/v1/journal\nkaibiao.example/lot/EX-2030-001/1\n12\nclose\n8388608\n{sha}\n"
        )
    );
}

#[test]
fn the_id_binds_everything() {
    let (base, origin) = (record(), origin());
    let id = base.id(&context(&origin));
    assert_eq!(id, base.freeze_id);
    let mut seen = vec![id];
    let mut other = |edit: &dyn Fn(&mut FreezeRecord)| {
        let mut record = base.clone();
        edit(&mut record);
        let id = record.id(&context(&origin));
        assert!(!seen.contains(&id));
        seen.push(id);
    };
    other(&|r| r.round = 1);
    other(&|r| r.size += 1);
    other(&|r| r.root = digest("x"));
    other(&|r| r.bids.truncate(5));
    other(&|r| r.bids.swap(0, 1));
    other(&|r| r.bids[0].manifest_sha256 = digest("x"));
    other(&|r| r.bids[0].cms_sha256 = digest("x"));
    other(&|r| r.bids[0].completed_at = at(1));
    other(&|r| r.bids[0].status = FreezeStatus::Current);
    other(&|r| r.bids[0].by = Some(digest("x")));
    other(&|r| r.bids[0].place.tick = 9_u64.try_into().unwrap());
    other(&|r| r.bids[0].place.no = 99_u64.try_into().unwrap());
    other(&|r| r.bids[0].place.salt = Salt::from_bytes([0; 32]));
    let elsewhere = LogOrigin::parse("kaibiao.example/lot/EX-2030-001/2").unwrap();
    for context in [
        FreezeContext { ceremony_id: digest("x"), ..context(&origin) },
        FreezeContext { deadline: at(DEADLINE + 1), ..context(&origin) },
        FreezeContext { origin: &elsewhere, ..context(&origin) },
    ] {
        assert!(!seen.contains(&base.id(&context)));
        assert_eq!(base.clone().check(&context).unwrap_err().label(), "freeze-id");
    }
}

#[test]
fn a_wrong_id_is_refused() {
    let (mut record, origin) = (record(), origin());
    record.freeze_id = Digest::ZERO;
    assert_eq!(record.check(&context(&origin)).unwrap_err().label(), "freeze-id");
}

#[test]
fn order_and_places() {
    let error = refused(|r| r.bids.swap(2, 3));
    assert_eq!(error.label(), "freeze-order");
    let error = refused(|r| r.bids.reverse());
    assert_eq!(error.label(), "freeze-order");
    let error = refused(|r| r.bids[1].place = r.bids[0].place.clone());
    assert_eq!(error.label(), "freeze-place-twice");
    assert!(error.to_string().contains(" of 91000000MA"), "{error}");
}

#[test]
fn nothing_is_listed_twice() {
    let error = refused(|r| {
        let mut copy = r.bids[0].clone();
        copy.place.tick = 99_u64.try_into().unwrap();
        r.bids.push(copy);
    });
    assert_eq!(error.label(), "freeze-manifest-twice");
    let error = refused(|r| {
        let mut copy = r.bids[0].clone();
        copy.place.tick = 99_u64.try_into().unwrap();
        copy.manifest_sha256 = digest("another");
        r.bids.push(copy);
    });
    assert_eq!(error.label(), "freeze-seq-twice");
    let error = refused(|r| {
        let index = position(r, 2, 1);
        let object = r.bids[index].objects[0].clone();
        r.bids[index].objects.push(object);
    });
    assert_eq!(
        error,
        refused(|r| {
            let index = position(r, 2, 1);
            r.bids[index].objects[1] = r.bids[index].objects[0].clone();
        })
    );
    assert_eq!(error.label(), "freeze-object-twice");
    assert!(error.to_string().starts_with(&name(2, 1)), "{error}");
}

#[test]
fn a_status_that_the_bidder_did_not_give_is_refused() {
    let set = |bidder, seq, status, by: Option<Digest>| {
        refused(|r| {
            let index = position(r, bidder, seq);
            (r.bids[index].status, r.bids[index].by) = (status, by);
        })
    };
    let manifest = |bidder, seq| {
        let record = record();
        record.bids[position(&record, bidder, seq)].manifest_sha256
    };
    for (error, label) in [
        // A standing bid is suppressed: by nothing, by a stranger, by another bidder, by itself.
        (set(2, 1, FreezeStatus::Withdrawn, None), "freeze-status"),
        (set(2, 1, FreezeStatus::Superseded, None), "freeze-status"),
        (set(2, 1, FreezeStatus::Withdrawn, Some(digest("x"))), "freeze-by-unknown"),
        (set(2, 1, FreezeStatus::Superseded, Some(manifest(0, 2))), "freeze-by-unknown"),
        (set(2, 1, FreezeStatus::Withdrawn, Some(manifest(2, 1))), "freeze-status"),
        (set(0, 2, FreezeStatus::Superseded, Some(manifest(0, 1))), "freeze-status"),
        // A replaced or withdrawn bid comes back.
        (set(0, 1, FreezeStatus::Current, None), "freeze-status"),
        (set(1, 1, FreezeStatus::Current, None), "freeze-status"),
        (set(1, 2, FreezeStatus::Current, None), "freeze-status"),
        // The right status by the wrong manifest.
        (set(0, 1, FreezeStatus::Superseded, None), "freeze-wrong-by"),
        (set(0, 1, FreezeStatus::Superseded, Some(manifest(0, 1))), "freeze-wrong-by"),
        (set(1, 1, FreezeStatus::Withdrawn, None), "freeze-wrong-by"),
        (set(1, 1, FreezeStatus::Withdrawn, Some(manifest(1, 1))), "freeze-wrong-by"),
        (set(2, 1, FreezeStatus::Current, Some(manifest(2, 1))), "freeze-wrong-by"),
        // Replaced is not withdrawn.
        (set(0, 1, FreezeStatus::Withdrawn, Some(manifest(0, 2))), "freeze-status"),
        (set(1, 1, FreezeStatus::Superseded, Some(manifest(1, 2))), "freeze-status"),
    ] {
        assert_eq!(error.label(), label, "{error}");
        assert!(error.to_string().contains(" of 91000000MA"), "{error}");
    }
}

#[test]
fn a_dropped_replacement_is_seen() {
    let error = refused(|r| {
        let index = position(r, 0, 2);
        r.bids.remove(index);
        r.bidders -= 1;
    });
    assert_eq!(error.label(), "freeze-by-unknown");
    assert!(error.to_string().starts_with(&name(0, 1)), "{error}");
}

#[test]
fn bidders_are_counted_once_each() {
    for stated in [0, 2, 4, 6, u32::MAX] {
        assert_eq!(refused(|r| r.bidders = stated), FreezeError::Bidders { stated, found: 3 });
    }
}

#[test]
fn equal_is_late() {
    let set = |time| {
        refused(move |r| {
            let index = position(r, 3, 5);
            r.bids[index].completed_at = at(time);
        })
    };
    for time in [DEADLINE, DEADLINE + 1] {
        let error = set(time);
        assert_eq!(error.label(), "freeze-late");
        assert!(error.to_string().starts_with(&name(3, 5)), "{error}");
    }
}

#[test]
fn records_are_read_strictly() {
    let text = serde_json::to_string(&record()).unwrap();
    let label = |text: &str| FreezeRecord::parse(text.as_bytes()).unwrap_err().label();
    for (from, to) in [
        (r#""round":0"#, r#""round":-1"#),
        (r#""round":0"#, r#""round":0,"round":0"#),
        (r#""round":0"#, r#""round":0,"x":0"#),
        (r#""round":0,"#, ""),
        (r#""status":"current""#, r#""status":"Current""#),
        (r#""status":"current""#, r#""status":"dropped""#),
        (r#","by":null"#, ""),
        (r#""by":null"#, r#""by":"""#),
        (r#""stage":1"#, r#""stage":0"#),
        (r#""salt":""#, r#""salt":"0"#),
        (r#""name":"#, r#""Name":"#),
        ("{\"freeze_id\"", "\u{feff}{\"freeze_id\""),
    ] {
        assert!(text.contains(from), "{from}");
        assert_eq!(label(&text.replacen(from, to, 1)), "freeze-json", "{from} -> {to}");
    }
    assert_eq!(label(&format!("{text}x")), "freeze-json");
    let large = text.replacen(r#""file_len":65836"#, r#""file_len":9007199254740992"#, 1);
    assert_eq!(label(&large), "freeze-number");
    let large = text.replacen(r#""size":4"#, r#""size":9007199254740992"#, 1);
    assert_eq!(label(&large), "freeze-number");
}

fn places(lot: &Lot, freeze: &Lot, paths: &[PlacePath]) -> Result<(), PlaceError> {
    freeze.freeze().check_places(&SUITE_1, &lot.log, PLACES, paths)
}

#[test]
fn every_opened_place_is_in_the_log() {
    let lot = Lot::new(PLACES);
    assert_eq!(places(&lot, &lot, &lot.paths()), Ok(()));
    // The log may have grown since.
    let mut longer = Lot::new(PLACES);
    let end =
        longer.log.next_entry(at(DEADLINE), &Actor::Hall, "end", &serde_json::json!({}), None);
    longer.log.append_entry(end.unwrap()).unwrap();
    assert_eq!(places(&longer, &lot, &lot.paths()), Ok(()));
}

#[test]
fn a_place_that_opens_otherwise_is_named() {
    let lot = Lot::new(PLACES);
    let with = |edit: &dyn Fn(&mut ReceiptedBid)| {
        let mut changed = Lot::new(PLACES);
        edit(&mut changed.bids[3]);
        places(&lot, &changed, &lot.paths()).unwrap_err()
    };
    for error in [
        with(&|bid| bid.manifest_sha256 = digest("swapped")),
        with(&|bid| bid.cms_sha256 = digest("swapped")),
        with(&|bid| bid.completed_at = at(DEADLINE - 2_000_001)),
        with(&|bid| bid.place.salt = Salt::from_bytes([0; 32])),
    ] {
        assert_eq!(error.label(), "place-not-in-tick");
        assert!(error.to_string().starts_with(&name(2, 1)), "{error}");
    }
    let error = with(&|bid| bid.place.tick = 7_u64.try_into().unwrap());
    assert_eq!(error.label(), "place-unknown-tick");
    let free = (0..u64::from(PLACES))
        .map(|no| no.try_into().unwrap())
        .find(|no| lot.bids.iter().all(|bid| bid.place.no != *no))
        .unwrap();
    assert_eq!(with(&|bid| bid.place.no = free).label(), "place-path-missing");
}

#[test]
fn the_bidder_is_bound_through_the_manifest_only() {
    // The place holds the manifest's digest; whose manifest it is, its reader checks.
    let lot = Lot::new(PLACES);
    let mut changed = Lot::new(PLACES);
    let party = Party { name: "另一名称".to_owned(), ..changed.bids[3].bidder.clone() };
    changed.bids[3].bidder = party;
    assert_eq!(places(&lot, &changed, &lot.paths()), Ok(()));
}

#[test]
fn paths_are_needed_and_checked() {
    let lot = Lot::new(PLACES);
    for missing in 0..lot.bids.len() {
        let mut paths = lot.paths();
        paths.remove(missing);
        let error = places(&lot, &lot, &paths).unwrap_err();
        assert_eq!(error.label(), "place-path-missing");
        let bid = &lot.bids[missing];
        assert!(error.to_string().contains(bid.bidder.code.as_str()), "{error}");
    }
    let mut paths = lot.paths();
    paths[4].path[2] = digest("x");
    assert_eq!(places(&lot, &lot, &paths).unwrap_err().label(), "place-not-in-tick");
    let checked = lot.freeze().check_places(&SUITE_1, &lot.log, PLACES * 2, &lot.paths());
    assert_eq!(checked.unwrap_err().label(), "place-not-in-tick");
}

#[test]
fn the_closing_head_is_a_head_of_the_log_and_covers_the_ticks() {
    let lot = Lot::new(PLACES);
    let origin = origin();
    let freeze = |head| FreezeRecord::build(&context(&origin), 0, head, lot.bids.clone()).unwrap();
    let check = |freeze: CheckedFreeze| {
        freeze.check_places(&SUITE_1, &lot.log, PLACES, &lot.paths()).unwrap_err()
    };
    let mut head = lot.log.head();
    head.size += 1;
    assert_eq!(check(freeze(head)), PlaceError::Head { size: 5 });
    head.size -= 2;
    assert_eq!(check(freeze(head)), PlaceError::Head { size: 3 });
    let early = lot.log.checkpoint_at(3).unwrap().head;
    assert_eq!(check(freeze(early)).label(), "place-tick-after-head");
}

/// One log with ticks of two places at the given times, and bids `(tick, stamp)`.
fn stamped(times: &[u64], stamps: &[(u32, u64)]) -> Result<(), PlaceError> {
    let (mut log, mut entropy) = (OpeningLog::new(origin()), Seeded::new("stamps"));
    let (mut bids, mut paths) = (Vec::new(), Vec::new());
    for (no, time) in (0_u32..).zip(times) {
        let mut builder = TickBuilder::new(TickNo::new(no).unwrap(), 2).unwrap();
        let first = bids.len();
        for (seq, (tick, stamp)) in (1_u32..).zip(stamps) {
            if *tick != no {
                continue;
            }
            let salt = Salt::from_bytes(*digest(&seq.to_string()).bytes());
            let place = Place { tick: builder.no(), no: 0_u64.try_into().unwrap(), salt };
            let mut bid = receipted(0, seq, DEADLINE - stamp, place);
            bid.place.no =
                builder.place(receipt_of(&bid).commitment(&SUITE_1), &mut entropy).unwrap();
            bids.push(bid);
        }
        let tick = builder.finish(&mut entropy).unwrap();
        for bid in &bids[first..] {
            let path = tick.path(bid.place.no).unwrap();
            paths.push(PlacePath { tick: bid.place.tick, no: bid.place.no, path });
        }
        let entry = log.next_entry(at(*time), &Actor::Hall, "tick", &tick.data(), None).unwrap();
        log.append_entry(entry).unwrap();
    }
    let origin = origin();
    let freeze = FreezeRecord::build(&context(&origin), 0, log.head(), bids).unwrap();
    freeze.check_places(&SUITE_1, &log, 2, &paths)
}

#[test]
fn a_stamp_lies_between_its_ticks() {
    assert_eq!(stamped(&[100, 200], &[(0, 100), (1, 100), (1, 200)]), Ok(()));
    let label = |stamps: &[(u32, u64)]| stamped(&[100, 200, 300], stamps).unwrap_err().label();
    assert_eq!(label(&[(0, 101)]), "place-stamp-after-tick");
    assert_eq!(label(&[(2, 301)]), "place-stamp-after-tick");
    assert_eq!(label(&[(1, 99)]), "place-back-dated");
    assert_eq!(label(&[(2, 199)]), "place-back-dated");
    assert_eq!(label(&[(0, 50), (1, 60)]), "place-back-dated");
}

#[test]
fn only_a_full_tick_defers() {
    let times = [100, 200, 300];
    assert_eq!(stamped(&times, &[(0, 10), (0, 20), (1, 30)]), Ok(()), "tick 0 is full");
    assert_eq!(stamped(&times, &[(0, 10), (0, 20), (1, 30), (1, 40), (2, 50)]), Ok(()));
    let error = stamped(&times, &[(0, 10), (0, 20), (2, 50)]).unwrap_err();
    assert_eq!(error.label(), "place-back-dated");
    assert!(error.to_string().contains("tick 1"), "{error}");
    let error = stamped(&times, &[(0, 10), (1, 120), (1, 130), (2, 50)]).unwrap_err();
    assert!(error.to_string().contains("tick 0"), "{error}");
}

proptest! {
    #[test]
    fn no_bytes_make_the_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = FreezeRecord::parse(&bytes);
    }

    /// A changed byte of a record is refused, except in what the manifest binds.
    #[test]
    fn damage_is_seen(position in any::<prop::sample::Index>(), byte in 32_u8..127) {
        let good = record();
        let mut bytes = serde_json::to_vec(&good).unwrap();
        let position = position.index(bytes.len());
        prop_assume!(bytes[position] != byte);
        bytes[position] = byte;
        let Ok(damaged) = FreezeRecord::parse(&bytes) else { return Ok(()) };
        let origin = origin();
        if let Ok(checked) = damaged.clone().check(&context(&origin)) {
            let mut same = checked.into_record();
            for (bid, original) in same.bids.iter_mut().zip(&good.bids) {
                bid.bidder = original.bidder.clone();
                bid.seq = original.seq;
                bid.objects.clone_from(&original.objects);
            }
            prop_assert_eq!(same, good);
        }
    }
}
