//! The time sources of a tender file: every rule has a refusal.

use kaibiao_opening::*;
use kaibiao_types::*;

use crate::support::*;
use crate::walk::Opening;

fn server(name: &str, key: u8, code: &str) -> TimeServer {
    TimeServer {
        name: name.to_owned(),
        address: format!("{name}.example:2002"),
        key: TimeKey([key; 32]),
        run_by: Party { code: OrgCode::parse(code).unwrap(), name: "授时中心".to_owned() },
    }
}

/// Organisations that have nothing to do with the lot, and one that has.
const OTHERS: [&str; 3] = ["91990000KB9000011F", "91990000KB9000012J", "91990000KB9000013M"];
const HALL: &str = "91990000KB9000004P";

fn policy() -> TimePolicy {
    let [a, b, c] = OTHERS;
    TimePolicy {
        sources: vec![server("ntsc", 1, a), server("cas", 2, b), server("campus", 3, c)],
        agree: 2,
        max_error_ms: Millis::from_secs(10),
        token: true,
    }
}

fn with(policy: TimePolicy) -> Terms {
    let mut terms = terms();
    terms.custody.time = TimeSource::Sources(policy);
    terms
}

fn refused(change: impl FnOnce(&mut TimePolicy)) -> &'static str {
    let mut policy = policy();
    change(&mut policy);
    TenderDraft::new(with(policy)).expect_err("a rule is broken").label()
}

#[test]
fn sources_round_trip_byte_for_byte() {
    let draft = TenderDraft::new(with(policy())).unwrap();
    let text = String::from_utf8(draft.to_bytes()).unwrap();
    assert!(text.contains(r#""time":{"sources":[{"name":"ntsc","address":"ntsc.example:2002""#));
    assert!(text.contains(r#""agree":2,"max_error_ms":10000,"token":true}"#));
    assert_eq!(TenderDraft::parse(text.as_bytes()).unwrap(), draft);
    golden("draft-time.json", &format!("{text}\n"));
    let file = TenderFile::new(&draft, tender().announced().clone()).unwrap();
    assert_eq!(TenderFile::parse(&file.to_bytes()).unwrap(), file);
    for address in ["10.0.0.1:2002", "[2001:db8::1]:2002", "127.0.0.1:1"] {
        let mut policy = policy();
        policy.sources[0].address = address.to_owned();
        assert!(TenderDraft::new(with(policy)).is_ok(), "{address}");
    }
}

#[test]
fn the_form_is_read_strictly() {
    let draft = TenderDraft::new(with(policy())).unwrap();
    let text = String::from_utf8(draft.to_bytes()).unwrap();
    for (from, to) in [
        (r#""agree":2,"#, ""),
        (r#","token":true"#, ""),
        (r#""token":true"#, r#""token":null"#),
        (r#""token":true"#, r#""token":true,"ntp":[]"#),
        (r#""agree":2"#, r#""agree":300"#),
        (r#""key":"AQEB"#, r#""key":"AQE"#),
        (r#""key":"AQEB"#, r#""key":"01"#),
    ] {
        let broken = text.replacen(from, to, 1);
        assert_ne!(broken, text);
        let label = TenderDraft::parse(broken.as_bytes()).unwrap_err().label();
        assert_eq!(label, "E_TENDER_JSON", "{to}");
    }
    let plain = String::from_utf8(TenderDraft::new(terms()).unwrap().to_bytes()).unwrap();
    for other in [r#""time":"system""#, r#""time":null"#, r#""time":[]"#, r#""time":"Sources""#] {
        let broken = plain.replacen(r#""time":"self""#, other, 1);
        assert_ne!(broken, plain);
        assert_eq!(TenderDraft::parse(broken.as_bytes()).unwrap_err().label(), "E_TENDER_JSON");
    }
}

#[test]
fn every_rule_of_the_sources_has_a_refusal() {
    assert_eq!(refused(|p| p.sources.clear()), "E_TENDER_TIME_SOURCES");
    assert_eq!(refused(|p| p.sources.truncate(1)), "E_TENDER_TIME_SOURCES");
    for agree in [0, 1, 4] {
        assert_eq!(refused(|p| p.agree = agree), "E_TENDER_TIME_AGREE");
    }
    for error in [0, 999, 60_001] {
        assert_eq!(refused(|p| p.max_error_ms = span(error)), "E_TENDER_TIME_ERROR");
    }
    assert_eq!(refused(|p| p.sources[1].key = p.sources[0].key), "E_TENDER_TIME_TWICE");
    assert_eq!(refused(|p| p.sources[1].name = "ntsc".into()), "E_TENDER_TIME_TWICE");
    assert_eq!(refused(|p| p.sources[0].name = "N TSC".into()), "E_TENDER_TEXT");
    assert_eq!(refused(|p| p.sources[0].run_by.name = String::new()), "E_TENDER_TEXT");
    for address in ["time.example", "time.example:0", "time.example:66000", "a b:1", ":1", "Ö:1"] {
        assert_eq!(refused(|p| p.sources[0].address = address.into()), "E_TENDER_TIME_ADDRESS");
    }
    assert_eq!(refused(|p| p.sources[0].address = "127.0.0.1:0".into()), "E_TENDER_TIME_ADDRESS");
}

#[test]
fn one_hand_does_not_make_the_time() {
    const LABEL: &str = "E_TENDER_TIME_NOT_INDEPENDENT";
    // Two of one organisation, and two have to agree.
    assert_eq!(refused(|p| p.sources[1].run_by = p.sources[0].run_by.clone()), LABEL);
    // With three to agree, two of one organisation need a third.
    let mut policy = policy();
    policy.sources[1].run_by = policy.sources[0].run_by.clone();
    policy.agree = 3;
    assert!(TenderDraft::new(with(policy.clone())).is_ok());
    // Tenderee and host are one hand with the platform, which may run one.
    let near = |policy: &mut TimePolicy, count: usize| {
        let terms = terms();
        for (source, party) in
            policy.sources.iter_mut().zip([terms.tenderee, terms.host]).take(count)
        {
            source.run_by = party;
        }
    };
    assert_eq!(refused(|p| near(p, 2)), LABEL);
    policy.agree = 3;
    near(&mut policy, 2);
    assert_eq!(TenderDraft::new(with(policy.clone())).unwrap_err().label(), LABEL);
    let mut one = self::policy();
    near(&mut one, 1);
    assert!(TenderDraft::new(with(one.clone())).is_ok());
    // The platform is known only in the tender file.
    one.sources[2].run_by.code = OrgCode::parse(HALL).unwrap();
    let draft = TenderDraft::new(with(one)).unwrap();
    let refusal = TenderFile::new(&draft, tender().announced().clone()).unwrap_err();
    assert_eq!(refusal.label(), LABEL);
}

/// An opening in which custodians are waited for.
fn frozen() -> Opening {
    Opening::at(Phase::Freezing, 4)
}

fn confirm(deadline: u64) -> Command {
    Command::ConfirmTime { deadline: at(deadline) }
}

fn approve(deadline: u64) -> Command {
    Command::ApproveTime { deadline: at(deadline) }
}

#[test]
fn a_time_is_confirmed_by_host_and_supervisor_once() {
    let mut opening = frozen();
    assert_eq!(label(opening.command(&supervisor(), &approve(DEADLINE))), "time-not-asked");
    assert_eq!(label(opening.command(&supervisor(), &confirm(DEADLINE))), "wrong-role");
    assert_eq!(label(opening.command(&bidder(1), &confirm(DEADLINE))), "wrong-role");
    assert_eq!(label(opening.command(&host(), &confirm(DEADLINE + 1))), "bad-data");
    opening.host(&confirm(DEADLINE));
    assert_eq!(opening.state.time_confirmed(), None, "not by the host alone");
    assert_eq!(label(opening.command(&host(), &approve(DEADLINE))), "wrong-role");
    assert_eq!(label(opening.command(&host(), &confirm(DEADLINE))), "already-done");
    assert_eq!(label(opening.command(&supervisor(), &approve(DEADLINE + 1))), "bad-data");
    opening.command(&supervisor(), &approve(DEADLINE)).unwrap();
    assert_eq!(opening.state.time_confirmed(), Some(at(opening.now)));
    assert_eq!(label(opening.command(&supervisor(), &approve(DEADLINE))), "already-done");
    opening.walk_to(Phase::Closed, 4);
    let record = OpeningRecord::new(&opening.state).unwrap();
    assert!(record.notes.iter().any(|note| note.en.contains("opening time had come")));
}

#[test]
fn no_time_is_confirmed_before_the_deadline_or_when_nobody_waits() {
    let mut early = Opening::at(Phase::Receiving, 4);
    assert_eq!(label(early.command(&host(), &confirm(DEADLINE))), "too-early");
    early.now = DEADLINE;
    assert_eq!(label(early.command(&host(), &confirm(DEADLINE))), "out-of-order");
    for phase in [Phase::IntakeClosed, Phase::Ready, Phase::SealsChecked, Phase::Reading] {
        let mut opening = Opening::at(phase, 4);
        assert_eq!(label(opening.command(&host(), &confirm(DEADLINE))), "out-of-order");
    }
    let mut unsealing = Opening::at(Phase::UnsealingPrices, 4);
    unsealing.host(&confirm(DEADLINE));
}
