//! Statements of the intake: what they say byte for byte, and every way of saying it wrongly.

use std::fs;
use std::path::Path;

use crate::common::{DEADLINE, at, digest, origin};
use kaibiao_crypto::Hex;
use kaibiao_journal::{
    IntakeCall, IntakeRefusal, IntakeRefusalKind, PartProgress, Progress, ProgressKind, Version1,
};
use kaibiao_types::BidPart;
use serde_json::{Value, json};

fn part(text: &str) -> BidPart {
    BidPart::parse(text).unwrap()
}

fn progress() -> Progress {
    let lot = origin().lot_key();
    Progress {
        v: Version1,
        kind: ProgressKind::Progress,
        origin: origin(),
        tender: lot.tender,
        lot: lot.lot,
        manifest_sha256: digest("manifest"),
        upload: Hex([0x5f; 16]),
        parts: vec![
            PartProgress::without(part("price"), 1, &[]),
            PartProgress::without(part("documents"), 9, &[0, 3, 4, 8]),
            PartProgress::without(part("signals"), 1, &[0]),
        ],
        at: at(DEADLINE - 60_000),
    }
}

fn refusal(call: IntakeCall) -> IntakeRefusal {
    let lot = origin().lot_key();
    let slice = call == IntakeCall::Slice;
    IntakeRefusal {
        v: Version1,
        kind: IntakeRefusalKind::IntakeRefusal,
        origin: origin(),
        tender: lot.tender,
        lot: lot.lot,
        manifest_sha256: digest("manifest"),
        call,
        upload: (call != IntakeCall::Begin).then_some(Hex([0x5f; 16])),
        part: slice.then(|| part("documents")),
        slice: slice.then_some(3),
        label: if slice { "wrong-slice" } else { "late" }.to_owned(),
        at: at(DEADLINE),
        deadline: at(DEADLINE),
    }
}

const CALLS: [IntakeCall; 3] = [IntakeCall::Begin, IntakeCall::Slice, IntakeCall::Commit];

/// `fixtures/vectors/journal/intake.json`; `KAIBIAO_BLESS=1` writes it anew.
#[test]
fn statements_are_as_committed() {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let made = json!({
        "progress": text(progress().to_bytes().unwrap()),
        "refusals": CALLS.map(|call| text(refusal(call).to_bytes().unwrap())),
    });
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/vectors/journal/intake.json");
    let made = format!("{}\n", serde_json::to_string_pretty(&made).unwrap());
    if std::env::var_os("KAIBIAO_BLESS").is_some() {
        fs::write(&path, &made).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), made);
}

#[test]
fn what_is_written_is_read_again() {
    let written = progress();
    assert_eq!(Progress::parse(&written.to_bytes().unwrap()).unwrap(), written);
    assert_eq!(written.parts[1].stored, [[1, 2], [5, 7]]);
    assert_eq!(written.stored(), 6);
    for call in CALLS {
        let written = refusal(call);
        assert_eq!(IntakeRefusal::parse(&written.to_bytes().unwrap()).unwrap(), written);
    }
}

#[test]
fn runs_follow_from_what_is_missing() {
    let runs =
        |slices, missing: &[u32]| PartProgress::without(part("price"), slices, missing).stored;
    assert_eq!(runs(3, &[]), [[0, 2]]);
    assert_eq!(runs(3, &[0, 1, 2]), [[0_u32; 2]; 0]);
    assert_eq!(runs(3, &[1]), [[0, 0], [2, 2]]);
    assert_eq!(runs(3, &[2]), [[0, 1]]);
    assert_eq!(runs(0, &[]), [[0_u32; 2]; 0]);
}

#[test]
fn progress_that_cannot_be_is_refused() {
    for (runs, slices) in [
        (vec![[0, 1], [2, 3]], 9),
        (vec![[0, 1], [1, 3]], 9),
        (vec![[4, 5], [0, 1]], 9),
        (vec![[2, 1]], 9),
        (vec![[0, 9]], 9),
        (vec![[0, 0]], 0),
        (vec![[0, u32::MAX]], 9),
    ] {
        let mut bad = progress();
        bad.parts[1].stored = runs;
        bad.parts[1].slices = slices;
        assert_eq!(bad.to_bytes().unwrap_err().label(), "intake-runs", "{:?}", bad.parts[1]);
    }
    let mut other = progress();
    other.lot = kaibiao_types::LotId::parse("other").unwrap();
    assert_eq!(other.to_bytes().unwrap_err().label(), "intake-other-log");
    let long = vec![b' '; kaibiao_journal::limits::PROGRESS_MAX + 1];
    assert_eq!(Progress::parse(&long).unwrap_err().label(), "intake-too-long");
    bad_json(&progress().to_bytes().unwrap(), |bytes| Progress::parse(bytes).unwrap_err().label());
}

#[test]
fn refusals_that_cannot_be_are_refused() {
    let label = |edit: &dyn Fn(&mut IntakeRefusal), call| {
        let mut bad = refusal(call);
        edit(&mut bad);
        bad.to_bytes().unwrap_err().label()
    };
    for call in CALLS {
        let begin = call == IntakeCall::Begin;
        let flip = move |bad: &mut IntakeRefusal| bad.upload = begin.then_some(Hex([1; 16]));
        assert_eq!(label(&flip, call), "intake-place");
        let slice = call == IntakeCall::Slice;
        let flip = move |bad: &mut IntakeRefusal| bad.slice = (!slice).then_some(0);
        assert_eq!(label(&flip, call), "intake-place");
        let flip = move |bad: &mut IntakeRefusal| bad.part = (!slice).then(|| part("price"));
        assert_eq!(label(&flip, call), "intake-place");
        for text in ["", "Late", "late ", "迟到", "late\n", &"l".repeat(41)] {
            assert_eq!(label(&|bad| bad.label = text.to_owned(), call), "intake-label", "{text:?}");
        }
        let other = |bad: &mut IntakeRefusal| {
            bad.tender = kaibiao_types::TenderId::parse("other").unwrap();
        };
        assert_eq!(label(&other, call), "intake-other-log");
    }
    let long = vec![b' '; kaibiao_journal::limits::INTAKE_REFUSAL_MAX + 1];
    assert_eq!(IntakeRefusal::parse(&long).unwrap_err().label(), "intake-too-long");
    let good = refusal(IntakeCall::Slice).to_bytes().unwrap();
    bad_json(&good, |bytes| IntakeRefusal::parse(bytes).unwrap_err().label());
    // One kind is never taken for the other.
    assert!(Progress::parse(&good).is_err());
    assert!(IntakeRefusal::parse(&progress().to_bytes().unwrap()).is_err());
}

/// Every key left out, every key twice, one more, another version or kind, bytes behind.
fn bad_json(good: &[u8], label: impl Fn(&[u8]) -> &'static str) {
    let text = std::str::from_utf8(good).unwrap();
    let value: Value = serde_json::from_str(text).unwrap();
    for key in value.as_object().unwrap().keys() {
        let mut less = value.clone();
        less.as_object_mut().unwrap().remove(key);
        let told = label(less.to_string().as_bytes());
        assert!(["intake-json", "intake-place"].contains(&told), "without {key}: {told}");
        let twice = text.replacen('{', &format!("{{\"{key}\":{},", value[key]), 1);
        assert_eq!(label(twice.as_bytes()), "intake-json", "{key} twice");
    }
    for bad in [
        text.replacen('{', r#"{"more":1,"#, 1),
        text.replacen(r#""v":1"#, r#""v":2"#, 1),
        text.replacen(r#""kind":""#, r#""kind":"x"#, 1),
        format!("{text} x"),
        String::new(),
    ] {
        assert_eq!(label(bad.as_bytes()), "intake-json", "{bad}");
    }
}
