//! Two and three envelopes (双信封、三信封), and openings at which nobody names a price.

use std::collections::BTreeMap;

use kaibiao_opening::*;
use kaibiao_types::*;

use crate::support::*;

/// The kinds that stand between two envelopes.
pub const KINDS: &[EventKind] = &[
    EventKind::EnvelopeClosed,
    EventKind::PassedListed,
    EventKind::PassedApproved,
    EventKind::OpeningReconvened,
];

/// When the opening goes on in these tests.
const LATER: u64 = DEADLINE + 600 * MINUTE;

fn stage(number: u8) -> Stage {
    Stage::new(number).unwrap()
}

/// The first entry of a lot of two envelopes.
fn published() -> LotPublished {
    let lot = crate::graph::published(Template::TwoEnvelope);
    LotPublished { draws: Vec::new(), base_estimate: false, ..lot }
}

fn lot(lot: LotPublished) -> Opening {
    let mut opening = Opening::new();
    opening.input(&Input::LotPublished(Box::new(lot))).unwrap();
    opening
}

/// The same set with the objects of every later envelope, and with the round of the lot.
pub fn of_lot(state: &State, mut set: SetFrozen) -> SetFrozen {
    set.round = state.published().unwrap().round_no();
    let stages: Vec<Stage> = state.published().unwrap().stages().skip(1).collect();
    for bid in set.bids.iter_mut().filter(|bid| !bid.objects.is_empty()) {
        let first = bid.objects.clone();
        for (number, stage) in (1_u8..).zip(&stages) {
            let no = bid.manifest_sha256.bytes()[31];
            bid.objects.extend(first.iter().map(|object| FrozenObject {
                stage: *stage,
                header_sha256: digest(60 + 3 * number + object.part.code(), no),
                ct_root: digest(80 + 3 * number + object.part.code(), no),
                ..object.clone()
            }));
        }
    }
    set
}

/// The sheet that bidder `no` sealed into the envelope that is opened.
pub fn sheet(state: &State, no: u8) -> Vec<u8> {
    let lot = state.published().unwrap();
    let rules = lot.sheet_rules(state.lot(), state.stage());
    if rules.fields == fields() {
        return sheet_bytes(no);
    }
    let priced = rules.fields[0].kind == FieldKind::Money;
    let values = rules.fields.iter().skip(usize::from(priced)).map(|field| {
        let value = match field.kind {
            FieldKind::Text => "合格",
            _ => "365",
        };
        (field.key.clone(), value.to_owned())
    });
    let (values, code): (BTreeMap<_, _>, _) = (values.collect(), bidder_party(no).code);
    let sheet = if priced {
        PriceSheet::build(&rules, &code, price(no), values)
    } else {
        PriceSheet::without_price(&rules, &code, values)
    };
    sheet.unwrap().to_bytes()
}

pub fn codes(numbers: &[u8]) -> Vec<OrgCode> {
    numbers.iter().map(|no| bidder_party(*no).code).collect()
}

fn failed(numbers: &[u8]) -> Vec<NotPassed> {
    let one = |bidder| NotPassed { bidder, reason: "业绩不符合要求".to_owned() };
    codes(numbers).into_iter().map(one).collect()
}

pub fn list(passed: &[u8], others: &[u8]) -> Command {
    Command::ListPassed {
        passed: codes(passed),
        failed: failed(others),
        reconvene_at: at(LATER),
        reason: None,
    }
}

fn approve(no: u32, passed: &[u8]) -> Command {
    Command::ApprovePassed { no, passed: codes(passed) }
}

/// The list by which the last bidder fails, if more than three are left.
fn natural(state: &State, now: UtcMillis) -> Command {
    let opened: Vec<OrgCode> = state
        .prices()
        .into_iter()
        .flat_map(|prices| &prices.bids)
        .filter(|bid| bid.verdict != Verdict::NotOpened)
        .map(|bid| bid.bidder.code.clone())
        .collect();
    let through = if opened.len() > 3 { opened.len() - 1 } else { opened.len() };
    let passed = opened[..through].to_vec();
    let others = state.current_bids().map(|bid| bid.bidder.code.clone());
    let others = others.filter(|code| !passed.contains(code));
    let failed = others.map(|bidder| NotPassed { bidder, reason: "未通过".to_owned() }).collect();
    let reason = (passed.len() < 3).then(|| "仍具有竞争性。".to_owned());
    Command::ListPassed { passed, failed, reconvene_at: now.plus(span(60_000)), reason }
}

/// What would bring an adjourned opening on; now and then something else.
pub fn onward(state: &State, who: u8) -> (Actor, Command) {
    match (state.passed(), state.passed_asked()) {
        (Some(_), _) => (host(), Command::Reconvene),
        (None, Some(asked)) if who > 1 => {
            let (no, passed) = (asked.no, asked.passed.clone());
            (supervisor(), Command::ApprovePassed { no, passed })
        }
        (None, Some(asked)) => (supervisor(), approve(asked.no + u32::from(who), &[1, 2, 3])),
        (None, None) if who == 0 => (host(), list(&[1, 2, 3], &[4])),
        (None, None) => (host(), natural(state, state.last_at().plus(span(60_000)))),
    }
}

/// From an adjourned opening to the next envelope.
pub fn reconvene(opening: &mut Opening) {
    let command = natural(&opening.state, at(opening.now));
    opening.host(&command);
    let Command::ListPassed { passed, .. } = command else { panic!("a list") };
    opening.command(&supervisor(), &Command::ApprovePassed { no: 1, passed }).unwrap();
    opening.now += 60_000;
    opening.host(&Command::Reconvene);
}

/// The first of two envelopes is opened and evaluated.
pub fn adjourned(bidders: u8) -> Opening {
    let mut opening = lot(published());
    opening.walk_to(Phase::Adjourned, bidders);
    opening
}

fn listed() -> Opening {
    let mut opening = adjourned(4);
    opening.host(&list(&[1, 2, 3], &[4]));
    opening
}

fn approved() -> Opening {
    let mut opening = listed();
    opening.command(&supervisor(), &approve(1, &[1, 2, 3])).unwrap();
    opening
}

fn second(phase: Phase) -> Opening {
    let mut opening = approved();
    opening.now = LATER;
    opening.host(&Command::Reconvene);
    opening.walk_to(phase, 4);
    opening
}

/// Where an opening of two envelopes stands and one of one envelope does not.
pub fn states() -> Vec<(&'static str, Opening)> {
    let mut first = lot(published());
    first.walk_to(Phase::RecordGenerated, 4);
    first.open_documents();
    vec![
        ("first record", first),
        ("listed", listed()),
        ("approved", approved()),
        ("second ready", second(Phase::Ready)),
        ("second read", second(Phase::Read)),
        ("second record", second(Phase::RecordGenerated)),
    ]
}

/// Two envelopes to the end: the fourth bidder does not pass, objects to that and gets its answer.
pub fn closed() -> Opening {
    let mut opening = listed();
    opening.now += MINUTE;
    // A list that waits may be replaced.
    opening.host(&list(&[1, 2, 3], &[4]));
    opening.command(&supervisor(), &approve(2, &[1, 2, 3])).unwrap();
    opening.now = LATER;
    opening.host(&Command::Reconvene);
    opening.command(&bidder(4), &Command::SignIn(None)).unwrap();
    opening.command(&bidder(4), &Command::RaiseObjection("我方业绩符合要求。".to_owned())).unwrap();
    opening.walk_to(Phase::Read, 4);
    opening.host(&Command::AnswerObjection {
        no: 1, text: "已复核，维持评审结果。".to_owned()
    });
    opening.walk_to(Phase::Closed, 4);
    opening
}

/// 资格预审: applications, and nobody names a price.
pub fn applications() -> Opening {
    let lot_published = crate::graph::published(Template::Prequalification);
    let mut opening = lot(LotPublished { draws: Vec::new(), ..lot_published });
    opening.walk_to(Phase::Closed, 4);
    opening
}

fn label(result: Result<Vec<Event>, Refusal>) -> &'static str {
    result.expect_err("a refusal").label()
}

#[test]
fn only_those_who_passed_are_opened() {
    let mut opening = second(Phase::UnsealingPrices);
    let unsealing = opening.state.unsealing().unwrap();
    assert_eq!(unsealing.stage, stage(2));
    let asked: Vec<&OrgCode> = unsealing.bids.iter().map(|bid| &bid.bidder.code).collect();
    assert_eq!(asked, codes(&[1, 2, 3]).iter().collect::<Vec<_>>());
    // The bid that did not pass is not taken in, nor is anything of the envelope before.
    let mut greedy = partials(&opening.state, 1, Part::Price);
    greedy.partials.as_mut().unwrap().push(partial(digest(2, 4)));
    greedy.count = 4;
    assert_eq!(label(opening.input(&Input::PartialsReceived(greedy))), "bad-data");
    let mut early = partials(&opening.state, 1, Part::Price);
    early.stage = Stage::FIRST;
    assert_eq!(label(opening.input(&Input::PartialsReceived(early))), "bad-data");
    opening.walk_to(Phase::Published, 4);
    let shown: Vec<&OrgCode> =
        opening.state.prices().unwrap().bids.iter().map(|bid| &bid.bidder.code).collect();
    assert_eq!(shown, codes(&[1, 2, 3]).iter().collect::<Vec<_>>());
    assert!(opening.state.prices().unwrap().bids.iter().all(|bid| bid.total.is_some()));
}

#[test]
fn the_first_envelope_shows_no_price() {
    let opening = adjourned(4);
    let prices = opening.state.prices().unwrap();
    assert!(prices.bids.iter().all(|bid| bid.total.is_none() && bid.fields.is_some()));
    let readings = opening.log.iter().filter_map(|(_, _, event)| match event {
        Event::PriceRead(reading) => Some(reading),
        _ => None,
    });
    let readings: Vec<&PriceRead> = readings.collect();
    assert_eq!(readings.len(), 4);
    assert!(readings.iter().all(|reading| reading.total.is_none() && reading.capital.is_none()));
    assert_eq!(
        readings[0].zh,
        "第1家，示例投标人1。工期：365日历天。质量：合格。项目负责人：合格。"
    );
    let record = OpeningRecord::new(&opening.state).unwrap();
    assert!(record.rows.iter().all(|row| row.total.is_none() && row.fields.len() == 3));
}

#[test]
fn a_price_in_the_first_envelope_is_no_sheet_of_it() {
    let mut opening = lot(published());
    opening.walk_to(Phase::UnsealingPrices, 4);
    opening.release(Part::Price);
    let priced = (1..=4).map(|no| opened(no, sheet_bytes(no))).collect();
    opening.input(&Input::PricesUnsealed(priced)).unwrap();
    for bid in &opening.state.prices().unwrap().bids {
        assert_eq!(bid.verdict, Verdict::BadFormat);
        assert_eq!(bid.label.as_deref(), Some("BIDDER_FORMAT_PRICE"));
        assert!(bid.total.is_none());
    }
    let sheet = String::from_utf8(sheet_bytes(1)).unwrap();
    let unpriced = sheet.replace("\"kind\":\"price-sheet\"", "\"kind\":\"read-out-sheet\"");
    let rules = tender();
    let rules = rules.sheet_rules(Stage::FIRST);
    for text in [unpriced.as_str(), &sheet.replace("\"total\":", "\"sum\":")] {
        let error = PriceSheet::parse(&rules, &bidder_party(1).code, text.as_bytes()).unwrap_err();
        assert_eq!(error.label(), "BIDDER_FORMAT_JSON");
    }
}

#[test]
fn an_envelope_is_closed_and_only_the_last_ends_the_opening() {
    let mut opening = lot(published());
    opening.walk_to(Phase::RecordGenerated, 4);
    assert_eq!(label(opening.command(&host(), &Command::CloseEnvelope)), "documents-sealed");
    opening.open_documents();
    assert_eq!(label(opening.command(&host(), &Command::Close)), "envelope-follows");
    opening.host(&Command::CloseEnvelope);
    assert_eq!(label(opening.command(&host(), &Command::Close)), "out-of-order");
    assert_eq!(label(opening.command(&host(), &Command::CloseEnvelope)), "out-of-order");
    let mut last = second(Phase::RecordGenerated);
    last.open_documents();
    assert_eq!(label(last.command(&host(), &Command::CloseEnvelope)), "last-envelope");
    last.host(&Command::Close);
    let mut single = Opening::at(Phase::RecordGenerated, 4);
    single.open_documents();
    assert_eq!(label(single.command(&host(), &Command::CloseEnvelope)), "last-envelope");
}

#[test]
fn the_list_has_everybody_once_and_says_why() {
    let opening = adjourned(4);
    let now = at(opening.now);
    let tried = |command: &Command| match opening.state.decide(&host(), command, now) {
        Ok(_) => "ok",
        Err(refusal) => refusal.label(),
    };
    assert_eq!(tried(&list(&[1, 2, 3], &[4])), "ok");
    assert_eq!(tried(&list(&[1, 2, 3, 4], &[])), "ok");
    for (passed, failed) in [
        (&[1, 2, 3][..], &[][..]),
        (&[2, 1, 3], &[4]),
        (&[1, 2, 3, 3], &[4]),
        (&[1, 2, 3, 4], &[4]),
        (&[1, 2, 3], &[4, 4]),
        (&[1, 2, 3], &[4, 5]),
    ] {
        assert_eq!(tried(&list(passed, failed)), "bad-data", "{passed:?} {failed:?}");
    }
    assert_eq!(tried(&list(&[1, 2, 3, 5], &[4])), "cannot-pass");
    assert_eq!(tried(&list(&[], &[1, 2, 3, 4])), "nobody-passed");
    assert_eq!(tried(&list(&[1, 2], &[3, 4])), "few-passed");
    let with = |passed: &[u8], others: &[u8], reason: Option<&str>, time: u64| {
        tried(&Command::ListPassed {
            passed: codes(passed),
            failed: failed(others),
            reconvene_at: at(time),
            reason: reason.map(str::to_owned),
        })
    };
    assert_eq!(with(&[1, 2], &[3, 4], Some("仍具有竞争性。"), LATER), "ok");
    assert_eq!(with(&[1, 2, 3], &[4], Some("不需要的理由"), LATER), "bad-data");
    assert_eq!(with(&[1, 2, 3], &[4], None, opening.now - 1), "bad-data");
    let supervisor_lists = opening.state.decide(&supervisor(), &list(&[1, 2, 3], &[4]), now);
    assert_eq!(label(supervisor_lists), "wrong-role");
}

#[test]
fn a_bidder_whose_envelope_did_not_open_does_not_pass() {
    let mut opening = lot(published());
    opening.walk_to(Phase::UnsealingPrices, 4);
    opening.release(Part::Price);
    let mut sheets = outcomes(&opening.state);
    sheets[1] = not_opened(2, "BIDDER_GARBAGE", Fault::Bidder);
    opening.input(&Input::PricesUnsealed(sheets)).unwrap();
    opening.walk_to(Phase::Adjourned, 4);
    let refused = opening.command(&host(), &list(&[1, 2, 3], &[4]));
    assert_eq!(refused, Err(Refusal::CannotPass { bidder: bidder_party(2).code }));
    opening.host(&list(&[1, 3, 4], &[2]));
}

#[test]
fn two_persons_and_the_announced_time_open_the_next_envelope() {
    let mut opening = listed();
    assert_eq!(label(opening.command(&host(), &Command::Reconvene)), "passed-missing");
    for wrong in [approve(2, &[1, 2, 3]), approve(1, &[1, 2, 3, 4]), approve(1, &[3, 2, 1])] {
        assert_eq!(label(opening.command(&supervisor(), &wrong)), "no-such-list");
    }
    assert_eq!(label(opening.command(&host(), &approve(1, &[1, 2, 3]))), "wrong-role");
    opening.command(&supervisor(), &approve(1, &[1, 2, 3])).unwrap();
    assert_eq!(label(opening.command(&host(), &list(&[1, 2, 4], &[3]))), "already-done");
    opening.now = LATER - 1;
    let early = opening.command(&host(), &Command::Reconvene);
    assert_eq!(early, Err(Refusal::ReconveneLater { wait: span(1) }));
    assert_eq!(label(opening.command(&supervisor(), &Command::Reconvene)), "wrong-role");
    opening.now = LATER;
    opening.host(&Command::Reconvene);
    assert_eq!((opening.state.stage(), opening.state.phase()), (stage(2), Phase::Ready));
    // What was done for the first envelope does not count for the second.
    let start = Command::StartUnsealing(Part::Price);
    assert_eq!(label(opening.command(&host(), &start)), "seals-unchecked");
}

#[test]
fn an_adjourned_opening_can_be_held_and_ended_and_nothing_else() {
    let mut opening = approved();
    opening.command(&supervisor(), &crate::hold::pause()).unwrap();
    opening.now = LATER;
    assert_eq!(label(opening.command(&host(), &Command::Reconvene)), "opening-held");
    opening.command(&supervisor(), &Command::Resume).unwrap();
    opening.host(&Command::Reconvene);

    let mut failed = adjourned(4);
    crate::hold::take(&mut failed, Measure::Fail);
    assert_eq!(failed.state.phase(), Phase::Failed);
    assert_eq!(label(failed.command(&host(), &Command::Reconvene)), "lot-closed");
    assert_eq!(failed.state.unsealing(), None);

    let mut waiting = adjourned(4);
    for command in [Command::PublishBidders, Command::GenerateRecord, crate::correction::correct()]
    {
        assert_eq!(label(waiting.command(&host(), &command)), "out-of-order");
    }
    assert_eq!(label(waiting.command(&bidder(1), &Command::SignIn(None))), "out-of-order");
    let objection = Command::RaiseObjection("异议".to_owned());
    assert_eq!(label(waiting.command(&bidder(1), &objection)), "out-of-order");
}

#[test]
fn who_did_not_pass_attends_and_objects_and_has_no_price_to_confirm() {
    let mut opening = second(Phase::Ready);
    opening.command(&bidder(4), &Command::SignIn(None)).unwrap();
    assert_eq!(label(opening.command(&bidder(5), &Command::SignIn(None))), "not-a-bidder");
    opening.command(&bidder(4), &Command::RaiseObjection("异议".to_owned())).unwrap();
    opening.walk_to(Phase::Read, 4);
    assert_eq!(label(opening.command(&bidder(4), &Command::ConfirmPrice)), "no-price");
    assert_eq!(label(opening.command(&host(), &Command::GenerateRecord)), "objections-open");
    // In the first envelope nobody objects before anything was shown.
    let mut first = lot(published());
    first.walk_to(Phase::Ready, 4);
    let objection = Command::RaiseObjection("异议".to_owned());
    assert_eq!(label(first.command(&bidder(1), &objection)), "out-of-order");
}

#[test]
fn the_record_of_an_envelope_names_what_went_before() {
    let opening = closed();
    let [first] = opening.state.earlier_stages() else { panic!("one envelope before") };
    let (one, two) =
        (OpeningRecord::new(first).unwrap(), OpeningRecord::new(&opening.state).unwrap());
    let of = |record: &OpeningRecord| record.envelope.clone().unwrap();
    assert_eq!((of(&one).stage, of(&one).of, of(&one).after), (stage(1), 2, None));
    let after = of(&two).after.unwrap();
    assert_eq!(after.record_sha256, first.record().unwrap().sha256);
    assert_eq!(after.reconvened_at, at(LATER));
    assert_eq!(after.failed, failed(&[4]));
    assert_eq!((one.rows.len(), two.rows.len()), (4, 3));
    assert_eq!((one.bidders, two.bidders), (4, 3));
    // The seals of the second envelope were looked at twice.
    assert!(one.rows.iter().all(|row| row.seals.len() == 4));
    assert!(two.rows.iter().all(|row| row.seals.iter().all(|seal| seal.stage == Some(stage(2)))));
    assert!(two.rows.iter().all(|row| row.total.is_some()));
    for record in [&one, &two] {
        assert_eq!(OpeningRecord::read(&record.to_bytes()).unwrap(), *record);
    }
    golden("record-envelope-1.json", &(String::from_utf8(one.to_bytes()).unwrap() + "\n"));
    golden("record-envelope-1.txt", &one.to_text());
    golden("record-envelope-2.json", &(String::from_utf8(two.to_bytes()).unwrap() + "\n"));
    golden("record-envelope-2.txt", &two.to_text());
    let applications = OpeningRecord::new(&applications().state).unwrap();
    assert!(applications.rows.iter().all(|row| row.total.is_none()));
    golden(
        "record-applications.json",
        &(String::from_utf8(applications.to_bytes()).unwrap() + "\n"),
    );
}

#[test]
fn three_envelopes_follow_each_other() {
    let lot_published = crate::graph::published(Template::ThreeEnvelope);
    let mut opening = lot(LotPublished { draws: Vec::new(), ..lot_published });
    opening.walk_to_last_envelope(6);
    assert_eq!(opening.state.stage(), stage(3));
    assert_eq!(opening.state.current_bids().count(), 4);
    opening.walk_to(Phase::Closed, 6);
    let opened: Vec<usize> =
        opening.state.all_stages().map(|stage| stage.prices().unwrap().bids.len()).collect();
    assert_eq!(opened, [6, 5, 4]);
}

#[test]
fn draws_wait_for_the_prices() {
    let mut opening = lot(crate::graph::published(Template::TwoEnvelope));
    opening.walk_to(Phase::Read, 4);
    assert_eq!(label(opening.command(&host(), &Command::StartDraw(1))), "envelope-follows");
    opening.walk_to(Phase::Adjourned, 4);
    reconvene(&mut opening);
    opening.walk_to(Phase::Published, 4);
    crate::draw::hold(&mut opening, 1);
}

#[test]
fn a_frozen_object_belongs_to_an_envelope_of_the_tender() {
    let later = |number: u8| {
        let mut opening = lot(published());
        opening.walk_to(Phase::IntakeClosed, 4);
        let mut set = of_lot(&opening.state, set(4));
        set.bids[0].objects[3].stage = stage(number);
        opening.input(&Input::SetFrozen(set))
    };
    assert!(later(2).is_ok());
    assert_eq!(label(later(3)), "bad-data");
    // The document of the second envelope would be another one of the first.
    assert_eq!(label(later(1)), "bad-data");
    let mut single = Opening::at(Phase::IntakeClosed, 4);
    let mut set = set(4);
    set.bids[0].objects[1].stage = stage(2);
    assert_eq!(label(single.input(&Input::SetFrozen(set))), "bad-data");
}

/// The terms of a tender of two envelopes.
fn two() -> Terms {
    let template = Template::TwoEnvelope;
    Terms { template, steps: template.steps(), envelopes: template.envelopes(), ..terms() }
}

#[test]
fn the_templates_of_envelopes_keep_the_rules() {
    for template in Template::ALL {
        let envelopes = template.envelopes();
        assert_eq!(envelopes.len(), template.earlier_envelopes());
        assert!(!template.steps().is_empty());
        let mut terms = Terms { template: *template, steps: template.steps(), envelopes, ..two() };
        if !terms.names_prices() {
            terms.ceiling = None;
            terms.fields.retain(|field| field.kind != FieldKind::Money);
        }
        let draft = TenderDraft::new(terms).unwrap();
        assert_eq!(TenderDraft::parse(&draft.to_bytes()).unwrap(), draft);
    }
}

/// How terms are broken.
type Change = fn(&mut Terms);

#[test]
fn terms_of_envelopes_are_refused_with_a_label() {
    let refused = |change: Change| {
        let mut terms = two();
        change(&mut terms);
        TenderDraft::new(terms).unwrap_err().label()
    };
    let cases: [(Change, &str); 12] = [
        (|terms| terms.envelopes.clear(), "E_TENDER_ENVELOPES"),
        (|terms| terms.template = Template::ThreeEnvelope, "E_TENDER_ENVELOPES"),
        (|terms| terms.template = Template::Works, "E_TENDER_ENVELOPES"),
        (|terms| terms.envelopes[0].fields[0].kind = FieldKind::Money, "E_TENDER_FIELD_AMOUNT"),
        (|terms| terms.envelopes[0].fields[0].key = "price".to_owned(), "E_TENDER_FIELD_AMOUNT"),
        (|terms| terms.envelopes[0].fields.clear(), "E_TENDER_FIELD_COUNT"),
        (|terms| terms.envelopes[0].title.zh.clear(), "E_TENDER_TEXT"),
        (|terms| terms.envelopes[0].steps.clear(), "E_TENDER_STEPS_MISSING"),
        (|terms| terms.envelopes[0].steps.truncate(3), "E_TENDER_STEPS_MISSING"),
        (|terms| terms.fields = terms.envelopes[0].fields.clone(), "E_TENDER_FIELD_PRICE"),
        (
            |terms| {
                terms.template = Template::Prequalification;
                terms.envelopes.clear();
            },
            "E_TENDER_FIELD_AMOUNT",
        ),
        (
            |terms| {
                terms.template = Template::Prequalification;
                terms.fields = terms.envelopes[0].fields.clone();
                terms.envelopes.clear();
            },
            "E_TENDER_CEILING_WITHOUT_PRICE",
        ),
    ];
    for (number, (change, label)) in cases.into_iter().enumerate() {
        assert_eq!(refused(change), label, "case {number}");
    }
}

#[test]
fn the_first_entry_keeps_the_same_rules() {
    let publish = |change: fn(&mut LotPublished)| {
        let mut lot = published();
        change(&mut lot);
        State::new(lot_key()).decide_input(&Input::LotPublished(Box::new(lot)), at(DEADLINE - 1))
    };
    assert!(publish(|_| {}).is_ok());
    let changes: [fn(&mut LotPublished); 5] = [
        |lot| lot.stage_count = 1,
        |lot| lot.stage_count = 3,
        |lot| lot.envelopes.clear(),
        |lot| lot.envelopes[0].fields[0].kind = FieldKind::Money,
        |lot| lot.envelopes[0].steps.clear(),
    ];
    for change in changes {
        assert_eq!(label(publish(change)), "bad-data");
    }
}
