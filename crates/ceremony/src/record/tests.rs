//! A real record, and every way to alter it.

use kaibiao_types::Digest;
use serde_json::{Value, json};

use super::*;
use crate::DkgError;
use crate::testing::{Ceremony, one_of_one, three_of_five, two_of_three, vkey};

fn value(ceremony: &Ceremony) -> Value {
    serde_json::from_slice(&ceremony.bytes()).unwrap()
}

fn parse(value: &Value) -> Result<CeremonyRecord, RecordError> {
    CeremonyRecord::parse(&serde_json::to_vec(value).unwrap())
}

/// The record of 2 of 3 after one change at a JSON pointer.
fn altered(pointer: &str, new: Value) -> Result<CeremonyRecord, RecordError> {
    let mut record = value(two_of_three());
    let old = record.pointer_mut(pointer).unwrap();
    assert_ne!(*old, new, "{pointer} must change");
    *old = new;
    parse(&record)
}

/// As a forger would: the id is computed again after the change.
fn forged(change: impl FnOnce(&mut CeremonyRecord)) -> CeremonyRecord {
    let mut record = two_of_three().record.clone();
    change(&mut record);
    record.ceremony_id = ceremony_id(&record);
    record
}

#[test]
fn what_was_built_is_what_is_read() {
    for ceremony in [one_of_one(), two_of_three(), three_of_five()] {
        let bytes = ceremony.bytes();
        let record = CeremonyRecord::parse(&bytes).unwrap();
        assert_eq!(record, ceremony.record);
        assert_eq!(record.to_bytes().unwrap(), bytes);
        assert_eq!(record.check_transcript(&ceremony.transcript), Ok(()));
        assert_eq!(record.lot_key().lot.as_str(), "1");
        assert_eq!(record.suite().id(), 1);
        let n = record.threshold.n();
        for (i, share) in (1..=n).zip(&ceremony.shares) {
            let index = CustodianIndex::new(i).unwrap();
            assert_eq!(record.public_share(index), Some(&share.public()));
            assert_eq!(record.custodian(index).unwrap().index, index);
        }
        let beyond = CustodianIndex::new(n + 1).unwrap();
        assert!(record.public_share(beyond).is_none() && record.custodian(beyond).is_none());
    }
    let alone = one_of_one();
    assert_eq!(alone.record.key(), Ok(alone.shares[0].public()), "S_1 = Y");
}

#[test]
fn every_altered_field_is_found() {
    use RecordError as E;
    let custodians = value(two_of_three())["custodians"].clone();
    let other_point = value(three_of_five())["shares"][0].clone();
    let digest = json!("00".repeat(32));
    let no_point = json!(format!("02{}01", "00".repeat(31)));
    let twice = |field: &str| custodians[0][field].clone();
    let same_key_other_name = {
        let text = custodians[0]["cosign_vkey"].as_str().unwrap();
        let key = text.splitn(3, '+').nth(2).unwrap();
        json!(format!("kaibiao.example/other+00000000+{key}"))
    };
    let cases: Vec<(&str, Value, RecordError)> = vec![
        ("/v", json!(2), E::Version { v: 2, suite: 1 }),
        ("/v", json!(0), E::Version { v: 0, suite: 1 }),
        ("/suite", json!(0x0102), E::Version { v: 1, suite: 0x0102 }),
        ("/suite", json!(0x0101), E::Custodians),
        ("/tender", json!("ZZ-2022-0706"), E::Id),
        ("/lot", json!("2"), E::Id),
        ("/threshold/k", json!(3), E::Id),
        ("/threshold/n", json!(2), E::Custodians),
        ("/session", digest.clone(), E::Id),
        ("/custodians/0/index", json!(2), E::Custodians),
        ("/custodians/2/index", json!(4), E::Custodians),
        ("/custodians/1/party/code", json!("914403001922038216"), E::Id),
        ("/custodians/1/party/name", json!("甲"), E::Id),
        ("/custodians/1/cert_sha256", digest.clone(), E::Id),
        ("/custodians/1/cert_sha256", twice("cert_sha256"), E::Policy),
        ("/threshold", json!({"n": 3, "k": 1}), E::Policy),
        ("/threshold", json!({"n": 3, "k": 4}), E::Policy),
        ("/threshold", json!({"n": 3, "k": 0}), E::Policy),
        ("/threshold", json!({"n": 4, "k": 2}), E::Policy),
        ("/threshold", json!({"n": 33, "k": 17}), E::Policy),
        ("/custodians/1/static_key", other_point.clone(), E::Id),
        ("/custodians/1/static_key", no_point.clone(), E::Custodians),
        ("/custodians/1/static_key", twice("static_key"), E::Custodians),
        ("/custodians/1/cosign_vkey", json!(vkey("a", &[1; 32])), E::Id),
        ("/custodians/1/cosign_vkey", twice("cosign_vkey"), E::Custodians),
        ("/custodians/1/cosign_vkey", same_key_other_name, E::Custodians),
        ("/y", other_point.clone(), E::Key),
        ("/y", no_point.clone(), E::Key),
        ("/y", value(two_of_three())["shares"][0].clone(), E::Key),
        ("/shares/0", other_point.clone(), E::Key),
        ("/shares/2", other_point, E::Key),
        ("/shares/1", no_point, E::Key),
        ("/shares/1", value(two_of_three())["shares"][0].clone(), E::Key),
        ("/shares", json!([]), E::Key),
        ("/transcript_sha256", digest.clone(), E::Id),
        ("/policy_sha256", digest.clone(), E::Id),
        ("/ceremony_id", digest, E::Id),
    ];
    for (pointer, new, expected) in cases {
        let error = altered(pointer, new).unwrap_err();
        assert_eq!(error, expected, "{pointer}");
        let label = if expected == E::Policy { "E_POLICY" } else { "E_CEREMONY" };
        assert_eq!(error.label(), label);
    }
}

#[test]
fn values_of_another_form_are_malformed() {
    for (pointer, new) in [
        ("/kind", json!("rehearsal")),
        ("/v", json!("1")),
        ("/suite", json!(-1)),
        ("/tender", json!("")),
        ("/threshold", json!({"n": 3})),
        ("/threshold", json!({"n": 3, "k": 2, "q": 3})),
        ("/threshold", json!({"n": -3, "k": 2})),
        ("/custodians/0/index", json!(0)),
        ("/custodians/0/index", json!(33)),
        ("/custodians/0/party/code", json!("914403001922038217")),
        ("/custodians/0/static_key", json!("02")),
        ("/y", json!(value(two_of_three())["y"].as_str().unwrap().to_uppercase())),
        ("/shares/0", json!(null)),
        ("/session", json!("00")),
        ("/ceremony_id", json!("F".repeat(64))),
    ] {
        let error = altered(pointer, new).unwrap_err();
        assert!(matches!(error, RecordError::Malformed(_)), "{pointer}: {error:?}");
    }
}

#[test]
fn lists_of_another_length_or_order_are_refused() {
    let change = |list: &str, edit: fn(&mut Vec<Value>)| {
        let mut record = value(two_of_three());
        edit(record[list].as_array_mut().unwrap());
        parse(&record).unwrap_err()
    };
    for (list, expected) in [("custodians", RecordError::Custodians), ("shares", RecordError::Key)]
    {
        assert_eq!(change(list, |all| drop(all.pop())), expected);
        let one_more = change(list, |all| all.push(all[0].clone()));
        // One custodian twice is one certificate on two seats.
        let twice = if list == "custodians" { RecordError::Policy } else { expected.clone() };
        assert_eq!(one_more, twice);
        assert_eq!(change(list, |all| all.swap(0, 1)), expected);
        assert_eq!(change(list, Vec::clear), expected);
    }
}

#[test]
fn the_json_is_strict() {
    let bytes = two_of_three().bytes();
    let text = String::from_utf8(bytes.clone()).unwrap();
    let keys: Vec<String> = value(two_of_three()).as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys.len(), 13);
    for key in keys {
        let mut record = value(two_of_three());
        let gone = record.as_object_mut().unwrap().remove(&key).unwrap();
        assert!(matches!(parse(&record), Err(RecordError::Malformed(_))), "{key} missing");
        let doubled = text.replacen('{', &format!("{{{key:?}:{gone},"), 1);
        let error = CeremonyRecord::parse(doubled.as_bytes()).unwrap_err();
        assert!(matches!(error, RecordError::Malformed(_)), "{key} twice: {error:?}");
    }
    let unknown = text.replacen('{', r#"{"note":"","#, 1);
    let bom = format!("\u{feff}{text}");
    let trailing = format!("{text}{{}}");
    let long = format!("{text}{}", " ".repeat(RECORD_MAX));
    for bad in
        [unknown, bom, trailing, long, String::new(), "[]".to_owned(), text.replacen('{', "", 1)]
    {
        let error = CeremonyRecord::parse(bad.as_bytes()).unwrap_err();
        assert!(matches!(error, RecordError::Malformed(_)), "{error:?}");
    }
    let mut latin1 = bytes;
    let name = latin1.iter().position(|byte| *byte > 0x7f).unwrap();
    latin1[name] = 0xff;
    assert!(matches!(CeremonyRecord::parse(&latin1), Err(RecordError::Malformed(_))));
}

#[test]
fn a_newer_record_is_told_from_a_broken_one() {
    let mut record = value(two_of_three());
    record["v"] = json!(2);
    record["successor"] = json!(true);
    assert_eq!(parse(&record), Err(RecordError::Version { v: 2, suite: 1 }));
    record["v"] = json!(1);
    assert!(matches!(parse(&record), Err(RecordError::Malformed(_))));
}

#[test]
fn the_id_covers_every_field() {
    let original = &two_of_three().record;
    let other = &three_of_five().record;
    let changes: [fn(&mut CeremonyRecord, &CeremonyRecord); 15] = [
        |r, _| r.suite = 0x0101,
        |r, _| r.tender = TenderId::parse("ZZ-2022-07051").unwrap(),
        |r, _| r.lot = LotId::parse("01").unwrap(),
        |r, _| r.threshold = Threshold::new(3, 3).unwrap(),
        |r, _| r.threshold = Threshold::new(2, 2).unwrap(),
        |r, o| r.session = o.session,
        |r, _| r.custodians[0].party.name.push(' '),
        |r, _| r.custodians[0].party.code = r.custodians[1].party.code.clone(),
        |r, o| r.custodians[0].static_key = o.custodians[0].static_key,
        |r, _| r.custodians[2].cosign_vkey = vkey("b", &[2; 32]),
        |r, _| r.custodians[1].cert_sha256 = Digest::ZERO,
        |r, o| r.y = o.y,
        |r, o| r.shares[2] = o.shares[2],
        |r, _| r.transcript_sha256 = Digest::ZERO,
        |r, _| r.policy_sha256 = Digest::ZERO,
    ];
    let mut ids = BTreeSet::from([ceremony_id(original)]);
    for change in changes {
        let mut record = original.clone();
        change(&mut record, other);
        assert!(ids.insert(ceremony_id(&record)), "a change that the id does not show");
    }
}

/// Attack A7: a consistent record of other people's making, with its id computed again.
#[test]
fn a_forged_record_does_not_fit_the_transcript() {
    let ceremony = two_of_three();
    let check = |record: CeremonyRecord| {
        let parsed = CeremonyRecord::parse(&record.to_bytes().unwrap()).unwrap();
        parsed.check_transcript(&ceremony.transcript)
    };
    let pop = |i| RecordError::Agreement(DkgError::Pop(CustodianIndex::new(i).unwrap()));
    let other = crate::testing::run(3, 2, 9).record;
    let theirs = forged(|r| (r.y, r.shares) = (other.y, other.shares.clone()));
    assert_eq!(check(theirs), Err(RecordError::Transcript), "another key");
    let hash = forged(|r| r.transcript_sha256 = Digest::ZERO);
    assert_eq!(check(hash), Err(RecordError::Transcript));
    let policy = forged(|r| r.policy_sha256 = Digest::ZERO);
    assert_eq!(check(policy), Err(RecordError::Transcript), "the draft is in the transcript");
    assert_eq!(check(forged(|r| r.session = other.session)), Err(pop(1)));
    assert_eq!(check(forged(|r| r.lot = LotId::parse("2").unwrap())), Err(pop(1)));
    let statics = forged(|r| r.custodians[2].static_key = other.custodians[2].static_key);
    assert_eq!(check(statics), Err(pop(1)));
    let degree = check(forged(|r| r.threshold = Threshold::new(3, 3).unwrap())).unwrap_err();
    assert!(matches!(degree, RecordError::Agreement(DkgError::Degree(_))), "{degree:?}");
    assert_eq!(check(ceremony.record.clone()), Ok(()));
}

#[test]
fn parts_that_do_not_fit_give_no_record() {
    let ceremony = two_of_three();
    let (key, points) = (ceremony.record.key().unwrap(), &ceremony.record.points);
    let build = |agreed: Agreed, key: &Point, shares: &[Point]| {
        agreed.record(&SUITE_1, key, shares, b"transcript").map(|_| ())
    };
    let agreed = || ceremony.record.agreed();
    assert_eq!(build(agreed(), &key, points), Ok(()));
    assert_eq!(build(agreed(), &points[0], points), Err(RecordError::Key));
    assert_eq!(build(agreed(), &key, &points[..2]), Err(RecordError::Key));
    let [a, b, c] = points[..] else { unreachable!("three shares") };
    assert_eq!(build(agreed(), &key, &[a, c, b]), Err(RecordError::Key));
    let mut twice = agreed();
    twice.custodians[1].static_key = twice.custodians[0].static_key;
    assert_eq!(twice.session(&SUITE_1).unwrap_err(), RecordError::Custodians);
    assert_eq!(build(twice, &key, points), Err(RecordError::Custodians));
    let mut fewer = agreed();
    fewer.custodians.pop();
    assert_eq!(fewer.session(&SUITE_1).unwrap_err(), RecordError::Custodians);
}

#[test]
fn a_session_belongs_to_one_lot_and_one_moment() {
    let lot = two_of_three().record.lot_key();
    let other = LotKey { lot: LotId::parse("2").unwrap(), ..lot.clone() };
    let shifted = LotKey {
        tender: TenderId::parse("ZZ-2022-070").unwrap(),
        lot: LotId::parse("51").unwrap(),
    };
    let ids = [
        session_id(&SUITE_1, &lot, &Hex([0; 32])),
        session_id(&SUITE_1, &lot, &Hex([1; 32])),
        session_id(&SUITE_1, &other, &Hex([0; 32])),
        session_id(&SUITE_1, &shifted, &Hex([0; 32])),
    ];
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
}
