//! Faults that the evidence leaves open: a person decides, and only there (办法 art. 31, ruling 21).

use kaibiao_opening::*;
use kaibiao_types::*;

use crate::support::*;

pub fn decide(no: u8, part: Part, fault: Fault) -> Command {
    let text = "托管日志未能说明原因，按招标文件第 5.3 条认定".to_owned();
    Command::DecideFault { bidder: bidder_party(no).code, part, fault, text }
}

/// A lot whose record waits for decisions.
pub fn published() -> LotPublished {
    let terms = Terms { decide_faults: true, ..terms() };
    let tender = TenderFile::new(&TenderDraft::new(terms).unwrap(), announced()).unwrap();
    LotPublished::new(&tender, digest(1, 5), digest(1, 6))
}

/// Prices published: bid 1 opened; of 2 the cause is open; 3 is not the bidder's doing, 4 is.
fn outcomes() -> Vec<PriceOutcome> {
    vec![
        opened(1, sheet_bytes(1)),
        not_opened(2, "CHUNK_REJECTED", Fault::Undetermined),
        not_opened(3, "SERVER_CORRUPT", Fault::NotBidder),
        not_opened(4, "BIDDER_GARBAGE", Fault::Bidder),
    ]
}

fn read(lot: LotPublished) -> Opening {
    let mut opening = Opening::new();
    opening.input(&Input::LotPublished(Box::new(lot))).unwrap();
    opening.walk_to(Phase::UnsealingPrices, 4);
    opening.release(Part::Price);
    opening.input(&Input::PricesUnsealed(outcomes())).unwrap();
    opening.walk_to(Phase::Read, 4);
    opening
}

fn refused(opening: &mut Opening, command: &Command) -> &'static str {
    label(opening.command(&host(), command))
}

/// Documents of which those of bid 3 did not open for a cause that is open.
fn open_documents(opening: &mut Opening) {
    opening.host(&Command::StartUnsealing(Part::Documents));
    opening.release(Part::Documents);
    let mut list = documents(&opening.state);
    list[2] = OpenedDocument {
        verdict: Verdict::NotOpened,
        label: Some("CHUNK_REJECTED".to_owned()),
        fault: Some(Fault::Undetermined),
        plain_sha256: None,
        plain_len: None,
        ..list[2].clone()
    };
    opening.input(&Input::DocumentsUnsealed(list)).unwrap();
}

/// From both open faults to the end.
pub fn closed() -> Opening {
    closed_of(published())
}

pub fn closed_of(lot: LotPublished) -> Opening {
    let mut opening = read(lot);
    open_documents(&mut opening);
    opening.host(&decide(3, Part::Documents, Fault::Undetermined));
    opening.host(&decide(2, Part::Price, Fault::NotBidder));
    opening.host(&Command::GenerateRecord);
    opening.input(&Input::RecordGenerated { sha256: digest(12, 0) }).unwrap();
    opening.walk_to(Phase::Closed, 4);
    opening
}

/// For the table: an open fault, one that was left open, and one that is decided.
pub fn states() -> Vec<(&'static str, Opening)> {
    let open = read(published());
    let mut left = open.clone();
    left.host(&decide(2, Part::Price, Fault::Undetermined));
    let mut decided = open.clone();
    decided.host(&decide(2, Part::Price, Fault::Bidder));
    vec![("fault open", open), ("fault left open", left), ("fault decided", decided)]
}

#[test]
fn the_record_waits_until_every_open_fault_is_decided() {
    let mut opening = read(published());
    assert_eq!(opening.state.faults_open(), [(bidder_party(2).code, Part::Price)]);
    assert_eq!(refused(&mut opening, &Command::GenerateRecord), "faults-open");
    let made = Input::RecordGenerated { sha256: digest(12, 0) };
    assert_eq!(label(opening.input(&made)), "faults-open");
    open_documents(&mut opening);
    opening.host(&decide(2, Part::Price, Fault::Bidder));
    assert_eq!(refused(&mut opening, &Command::GenerateRecord), "faults-open");
    opening.host(&decide(3, Part::Documents, Fault::Undetermined));
    assert!(opening.state.faults_open().is_empty());
    opening.host(&Command::GenerateRecord);
    opening.input(&made).unwrap();
}

/// A tender of before has no such rule: its log replays, and a decision can still be taken.
#[test]
fn without_the_rule_nothing_waits() {
    let mut opening = read(lot_published());
    assert_eq!(opening.state.faults_open().len(), 1);
    opening.host(&Command::GenerateRecord);
    opening.host(&decide(2, Part::Price, Fault::NotBidder));
    opening.input(&Input::RecordGenerated { sha256: digest(12, 0) }).unwrap();
}

#[test]
fn what_evidence_decides_or_what_opened_is_not_decided() {
    let mut opening = read(published());
    for no in [1, 3, 4, 9] {
        for fault in [Fault::Bidder, Fault::NotBidder, Fault::Undetermined] {
            assert_eq!(refused(&mut opening, &decide(no, Part::Price, fault)), "no-open-fault");
        }
    }
    for part in [Part::Documents, Part::Signals] {
        assert_eq!(refused(&mut opening, &decide(2, part, Fault::Bidder)), "no-open-fault");
    }
}

#[test]
fn a_decision_stays_and_one_that_left_it_open_may_follow() {
    let mut opening = read(published());
    opening.host(&decide(2, Part::Price, Fault::Undetermined));
    opening.host(&decide(2, Part::Price, Fault::Bidder));
    for fault in [Fault::Bidder, Fault::NotBidder, Fault::Undetermined] {
        assert_eq!(refused(&mut opening, &decide(2, Part::Price, fault)), "already-done");
    }
    let decided = opening.state.fault_decision(&bidder_party(2).code, Part::Price).unwrap();
    assert_eq!(decided.fault, Fault::Bidder);
}

#[test]
fn the_host_decides_once_prices_are_public_and_nobody_else() {
    let command = decide(2, Part::Price, Fault::Bidder);
    let mut opening = read(published());
    for actor in [supervisor(), bidder(2), Actor::Hall] {
        assert_eq!(label(opening.command(&actor, &command)), "wrong-role");
    }
    for (phase, expected) in [
        (Phase::Receiving, "too-early"),
        (Phase::Freezing, "out-of-order"),
        (Phase::UnsealingPrices, "out-of-order"),
        (Phase::Closed, "lot-closed"),
    ] {
        assert_eq!(refused(&mut Opening::at(phase, 4), &command), expected, "{phase}");
    }
    opening.host(&crate::hold::pause());
    assert_eq!(refused(&mut opening, &command), "opening-held");
}

#[test]
fn the_record_has_the_decision_beside_the_evidence() {
    let opening = closed();
    let record = OpeningRecord::new(&opening.state).unwrap();
    let row = &record.rows[1];
    assert_eq!((row.verdict, row.fault), (Verdict::NotOpened, Some(Fault::Undetermined)));
    let decision = row.decision.as_ref().unwrap();
    assert_eq!(decision.consequence, Some(Consequence::Withdrawn));
    let documents = record.rows[2].documents.as_ref().unwrap();
    assert_eq!(documents.decision.as_ref().unwrap().consequence, None);
    assert!(record.rows[0].decision.is_none() && record.rows[3].decision.is_none());
    let text = record.to_text();
    assert!(
        text.contains("视为撤回") && text.contains("未作认定") && text.contains("5.3"),
        "{text}"
    );
    assert_eq!(Consequence::of(Fault::Bidder), Some(Consequence::Revoked));
    // A decision after the record does not enter it.
    let mut late = read(lot_published());
    late.host(&Command::GenerateRecord);
    late.input(&Input::RecordGenerated { sha256: digest(12, 0) }).unwrap();
    let made = OpeningRecord::new(&late.state);
    late.host(&decide(2, Part::Price, Fault::Bidder));
    assert_eq!(OpeningRecord::new(&late.state), made);
}

#[test]
fn a_reader_refuses_a_record_that_did_not_wait() {
    let opening = read(published());
    let made = Event::RecordGenerated(RecordGenerated { sha256: digest(12, 0) });
    let error = opening.state.clone().check_and_apply(&Actor::Hall, at(opening.now), &made);
    assert_eq!(error.unwrap_err().label(), "faults-open");
    let decided = Event::FaultDecided(FaultDecided {
        bidder: bidder_party(2).code,
        part: Part::Price,
        fault: Fault::Bidder,
        text: "x".to_owned(),
    });
    let error = opening.state.clone().check_and_apply(&Actor::Hall, at(opening.now), &decided);
    assert_eq!(error.unwrap_err().label(), "wrong-role");
    assert_eq!(decided.needs_command(), Some(CommandKind::DecideFault));
    let blank = format!(
        r#"{{"bidder":"{}","part":"price","fault":"bidder","text":""}}"#,
        bidder_party(2).code
    );
    assert_eq!(Event::from_parts("fault-decided", &blank).unwrap_err().label(), "E_EVENT_SHAPE");
}

/// Without the rule the key is absent; `false` is another text for the same and is refused.
#[test]
fn the_rule_has_one_written_form() {
    let with = Terms { decide_faults: true, ..terms() };
    let bytes = TenderDraft::new(with.clone()).unwrap().to_bytes();
    assert_eq!(TenderDraft::parse(&bytes).unwrap().terms(), &with);
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.contains(r#""decide_faults":true"#));
    let off = text.replace(r#""decide_faults":true"#, r#""decide_faults":false"#);
    assert_eq!(TenderDraft::parse(off.as_bytes()).unwrap_err().label(), "E_TENDER_JSON");
    let without = TenderDraft::new(terms()).unwrap().to_bytes();
    assert!(!String::from_utf8(without).unwrap().contains("decide_faults"));
}
