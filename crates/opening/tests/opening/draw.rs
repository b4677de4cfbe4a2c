//! Draws (K值, 摇号): fixed in the tender file, held in order, one value each.

use kaibiao_opening::*;
use kaibiao_types::*;

use crate::support::*;

/// Two draws: a down rate in tenths of a percent once prices are public, and K once they are read.
pub fn draws() -> Vec<Draw> {
    let range = DrawRange { lowest: 10, highest: 50, step: 5 };
    let list = ["0.95", "0.96", "0.97", "0.98", "0.99"].map(str::to_owned).to_vec();
    vec![
        Draw {
            no: 1,
            name: words("下浮率（千分之）", "Down rate, per mille"),
            values: DrawValues::Range(range),
            after: DrawAfter::PricesPublished,
        },
        Draw {
            no: 2,
            name: words("K值", "K value"),
            values: DrawValues::List(list),
            after: DrawAfter::PricesRead,
        },
    ]
}

fn tender_with_draws() -> TenderFile {
    let terms = Terms { draws: draws(), ..terms() };
    TenderFile::new(&TenderDraft::new(terms).unwrap(), announced()).unwrap()
}

/// The first entry of a lot with both draws.
pub fn published() -> LotPublished {
    LotPublished::new(&tender_with_draws(), digest(1, 5), digest(1, 6))
}

/// A lot with both draws, walked until `phase`.
pub fn drawing_lot(phase: Phase) -> Opening {
    let mut opening = Opening::new();
    opening.input(&Input::LotPublished(Box::new(published()))).unwrap();
    opening.walk_to(phase, 4);
    opening
}

/// What custodian `custodian_no` raised for draw `no`.
pub fn partial(custodian_no: u16, no: u32) -> DrawPartial {
    DrawPartial {
        custodian: custodian(custodian_no),
        no,
        freeze_id: digest(5, 0),
        sha256: digest(13, u8::try_from(custodian_no).unwrap()),
        d: "02".repeat(33),
        c: "0c".repeat(32),
        z: "0d".repeat(32),
    }
}

fn answer(opening: &mut Opening, custodian_no: u16, no: u32) -> Result<Vec<Event>, Refusal> {
    opening.input(&Input::DrawPartial(partial(custodian_no, no)))
}

fn made(no: u32, index: u64, dropped: &[u16]) -> Input {
    Input::DrawCombined { no, index, dropped: dropped.iter().map(|no| custodian(*no)).collect() }
}

fn failed(no: u32, dropped: &[u16]) -> Input {
    Input::DrawFailed { no, dropped: dropped.iter().map(|no| custodian(*no)).collect() }
}

pub fn hold(opening: &mut Opening, no: u32) {
    opening.host(&Command::StartDraw(no));
    for custodian_no in [1, 2] {
        answer(opening, custodian_no, no).unwrap();
    }
    opening.input(&made(no, 2, &[])).unwrap();
}

/// The whole opening: the first draw without trouble; the second fails for want of proofs, is
/// started again and comes out without the custodian whose proof does not hold.
pub fn closed() -> Opening {
    let mut opening = drawing_lot(Phase::Published);
    hold(&mut opening, 1);
    opening.walk_to(Phase::Read, 4);
    opening.host(&Command::StartDraw(2));
    answer(&mut opening, 2, 2).unwrap();
    opening.input(&refused_draw(1, 2)).unwrap();
    opening.input(&refused_draw(3, 2)).unwrap();
    opening.input(&failed(2, &[])).unwrap();
    opening.now += 60_000;
    opening.host(&Command::StartDraw(2));
    for custodian_no in [3, 2, 1] {
        opening.now += 10;
        answer(&mut opening, custodian_no, 2).unwrap();
    }
    opening.input(&made(2, 3, &[2])).unwrap();
    opening.walk_to(Phase::Closed, 4);
    opening
}

/// The states that a draw passes through, for the table of steps.
pub fn states() -> Vec<(&'static str, Opening)> {
    let published = drawing_lot(Phase::Published);
    let mut waiting = published.clone();
    waiting.host(&Command::StartDraw(1));
    let mut answered = waiting.clone();
    answer(&mut answered, 2, 1).unwrap();
    answer(&mut answered, 3, 1).unwrap();
    let mut drawn = answered.clone();
    drawn.input(&made(1, 0, &[])).unwrap();
    let mut lost = waiting.clone();
    lost.now += 5_000;
    lost.input(&failed(1, &[])).unwrap();
    let mut read = drawn.clone();
    read.walk_to(Phase::Read, 4);
    let mut all = read.clone();
    hold(&mut all, 2);
    let mut closing = all.clone();
    closing.walk_to(Phase::RecordGenerated, 4);
    vec![
        ("published, no draw", published),
        ("draw 1 waits", waiting),
        ("draw 1 answered by two", answered),
        ("draw 1 made", drawn),
        ("draw 1 failed", lost),
        ("read, draw 1 made", read),
        ("read, both made", all),
        ("record-generated", closing),
    ]
}

/// The steps of a draw, for the table.
pub fn steps() -> (Vec<Command>, Vec<Input>) {
    let commands = vec![
        Command::StartDraw(1),
        Command::StartDraw(2),
        Command::StartDraw(3),
        Command::ConfirmTime { deadline: at(DEADLINE) },
        Command::GenerateRecord,
        Command::Close,
    ];
    let inputs = vec![
        Input::DrawPartial(partial(1, 1)),
        Input::DrawPartial(partial(2, 1)),
        Input::DrawPartial(partial(1, 2)),
        made(1, 2, &[]),
        made(1, 2, &[2]),
        made(2, 2, &[]),
        failed(1, &[]),
        failed(1, &[2]),
    ];
    (commands, inputs)
}

#[test]
fn a_draw_has_the_value_at_its_position_and_enters_the_record() {
    let opening = closed();
    let value = |no: u32| opening.state.draws()[&no].outcome.clone().unwrap().drawn;
    assert_eq!(value(1), Some((2, "20".to_owned())));
    assert_eq!(value(2), Some((3, "0.98".to_owned())));
    let record = OpeningRecord::new(&opening.state).unwrap();
    let k = &record.draws[1];
    assert_eq!((k.value.as_deref(), k.index), (Some("0.98"), Some(3)));
    assert_eq!(k.proven, [custodian(1), custodian(3)]);
    assert_eq!(k.dropped, [custodian(2)]);
    let text = record.to_text();
    for fact in ["K值 / K value", "0.95, 0.96, 0.97, 0.98, 0.99", "0.98（", "10..50 (+5)"] {
        assert!(text.contains(fact), "{fact}");
    }
}

#[test]
fn a_draw_that_failed_says_so_in_the_record() {
    let mut opening = drawing_lot(Phase::Read);
    hold(&mut opening, 1);
    opening.host(&Command::StartDraw(2));
    answer(&mut opening, 1, 2).unwrap();
    opening.now += 5_000;
    opening.input(&failed(2, &[1])).unwrap();
    let record = OpeningRecord::new(&opening.state).unwrap();
    assert_eq!((record.draws[1].value.as_ref(), record.draws[1].index), (None, None));
    assert!(record.to_text().contains("too few custodians"));
    opening.walk_to(Phase::Closed, 4);
}

#[test]
fn tenders_without_draws_have_no_key_for_them() {
    for text in [tender().to_bytes(), TenderDraft::new(terms()).unwrap().to_bytes()] {
        assert!(!String::from_utf8(text).unwrap().contains("draws"));
    }
    assert!(!Event::LotPublished(Box::new(lot_published())).data_json().contains("draws"));
    let record = OpeningRecord::new(&Opening::at(Phase::Closed, 3).state).unwrap();
    assert!(!String::from_utf8(record.to_bytes()).unwrap().contains("draws"));
}

#[test]
fn tender_and_first_entry_with_draws_have_one_form() {
    let file = tender_with_draws();
    let text = String::from_utf8(file.to_bytes()).unwrap();
    assert_eq!(TenderFile::parse(text.as_bytes()).unwrap(), file);
    golden("tender-drawn.json", &format!("{text}\n"));
    let refused = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        TenderFile::parse(text.replacen(from, to, 1).as_bytes()).unwrap_err().label()
    };
    for (from, to) in [
        (r#""after":"prices-read""#, r#""after":"freeze""#),
        (r#""after":"prices-read""#, r#""after":"prices-read","x":1"#),
        (r#","after":"prices-read""#, ""),
        (r#"{"list":["#, r#"{"list":[1,"#),
        (r#"{"list":["#, r#"{"set":["#),
        (r#"{"range":{"lowest":10,"#, r#"{"list":["1","2"],"range":{"lowest":10,"#),
        (r#""step":5"#, r#""step":5,"x":1"#),
        (r#""step":5"#, r#""step":5.0"#),
        (r#""lowest":10"#, r#""lowest":-10"#),
    ] {
        assert_eq!(refused(from, to), "E_TENDER_JSON", "{to}");
    }
    // An empty list in place of no key would be a second form of one tender.
    let without = String::from_utf8(tender().to_bytes()).unwrap();
    let empty = without.replacen(r#""source":null"#, r#""source":null,"draws":[]"#, 1);
    assert_eq!(TenderFile::parse(empty.as_bytes()).unwrap_err().label(), "E_TENDER_JSON");
    let lot = Event::LotPublished(Box::new(lot_published())).data_json();
    let empty = lot.replacen(r#""source":null"#, r#""source":null,"draws":[]"#, 1);
    assert_eq!(Event::from_parts("lot-published", &empty).unwrap_err().label(), "E_EVENT_FORM");
}

fn refused_terms(change: impl FnOnce(&mut Vec<Draw>)) -> &'static str {
    let mut terms = Terms { draws: draws(), ..terms() };
    change(&mut terms.draws);
    TenderDraft::new(terms).expect_err("a rule is broken").label()
}

#[test]
fn draws_of_a_tender_are_checked() {
    fn list(values: &[&str]) -> impl FnOnce(&mut Vec<Draw>) {
        let list = values.iter().map(|value| (*value).to_owned()).collect();
        move |draws| draws[1].values = DrawValues::List(list)
    }
    fn range(lowest: u64, highest: u64, step: u64) -> impl FnOnce(&mut Vec<Draw>) {
        move |draws| draws[0].values = DrawValues::Range(DrawRange { lowest, highest, step })
    }
    let bad_lists: [&[&str]; 16] = [
        &[],
        &["1"],
        &["1", "1"],
        &["0.95", "0.950"],
        &["1", "1.0"],
        &["1", ""],
        &["1", "-1"],
        &["1", "+2"],
        &["1", "01"],
        &["1", ".5"],
        &["1", "5."],
        &["1", "1.2.3"],
        &["1", "1e3"],
        &["1", " 2"],
        &["1", "２"],
        &["1", "0.1234567890123456789"],
    ];
    for values in bad_lists {
        assert_eq!(refused_terms(list(values)), "E_TENDER_DRAW", "{values:?}");
    }
    let many: Vec<String> = (0..1_001).map(|no: u32| no.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(refused_terms(list(&many)), "E_TENDER_DRAW");
    for (lowest, highest, step) in
        [(1, 1, 1), (2, 1, 1), (1, 10, 0), (1, 10, 2), (0, 1_000, 1), (0, u64::MAX, 1)]
    {
        let label = refused_terms(range(lowest, highest, step));
        assert_eq!(label, "E_TENDER_DRAW", "{lowest}..{highest} by {step}");
    }
    assert_eq!(refused_terms(|draws| draws[0].no = 0), "E_TENDER_DRAW");
    assert_eq!(refused_terms(|draws| draws[1].no = 3), "E_TENDER_DRAW");
    assert_eq!(refused_terms(|draws| draws.swap(0, 1)), "E_TENDER_DRAW");
    assert_eq!(refused_terms(|draws| draws[0].name.zh = String::new()), "E_TENDER_DRAW");
    assert_eq!(refused_terms(|draws| draws[0].name.en = "a\u{202e}".into()), "E_TENDER_DRAW");
    assert_eq!(refused_terms(|draws| draws[1].name = draws[0].name.clone()), "E_TENDER_DRAW");
    let many = refused_terms(|draws| {
        let one = draws[0].clone();
        *draws = (1..=17)
            .map(|no| Draw { no, name: words(&format!("抽取{no}"), "draw"), ..one.clone() })
            .collect();
    });
    assert_eq!(many, "E_TENDER_DRAW");
}

#[test]
fn every_position_has_its_value_and_no_other_has_one() {
    for draw in draws() {
        let count = draw.values.count();
        let values: Vec<String> = (0..count).map(|at| draw.values.value(at).unwrap()).collect();
        assert_eq!(values.len(), values.iter().collect::<std::collections::BTreeSet<_>>().len());
        assert_eq!(draw.values.value(count), None);
        assert_eq!(draw.values.value(u64::MAX), None);
    }
    let range = DrawValues::Range(DrawRange { lowest: 10, highest: 50, step: 5 });
    assert_eq!((range.count(), range.value(8).as_deref()), (9, Some("50")));
}

#[test]
fn a_changed_range_is_another_tender() {
    let mut other = Terms { draws: draws(), ..terms() };
    let DrawValues::Range(range) = &mut other.draws[0].values else { panic!("a range") };
    range.highest = 55;
    let draft = TenderDraft::new(other).unwrap();
    assert!(!tender_with_draws().matches_draft(&draft));
    let file = TenderFile::new(&draft, announced()).unwrap();
    let lot = published();
    assert!(lot.matches(&tender_with_draws()) && !lot.matches(&file));
    assert!(!lot.matches(&tender()));
    // A first entry with a list that breaks the rules is refused without any tender file.
    let mut twice = lot;
    twice.draws[1].no = 1;
    let error = State::new(lot_key())
        .decide_input(&Input::LotPublished(Box::new(twice)), at(DEADLINE - MINUTE))
        .unwrap_err();
    assert!(matches!(error, Refusal::BadData { rule: DataRule::Terms, .. }), "{error:?}");
}

#[test]
fn no_draw_before_its_time_and_none_after() {
    let start =
        |phase: Phase, no: u32| label(drawing_lot(phase).command(&host(), &Command::StartDraw(no)));
    assert_eq!(start(Phase::Receiving, 1), "too-early");
    for phase in [
        Phase::IntakeClosed,
        Phase::Freezing,
        Phase::DegradedNotice,
        Phase::Ready,
        Phase::BiddersPublished,
        Phase::SealsChecked,
        Phase::UnsealingPrices,
    ] {
        assert_eq!(start(phase, 1), "out-of-order", "{phase}");
    }
    let mut opening = drawing_lot(Phase::Published);
    hold(&mut opening, 1);
    assert_eq!(label(opening.command(&host(), &Command::StartDraw(2))), "out-of-order");
    opening.walk_to(Phase::Reading, 4);
    assert_eq!(label(opening.command(&host(), &Command::StartDraw(2))), "out-of-order");
    let mut over = closed();
    assert_eq!(label(over.command(&host(), &Command::StartDraw(1))), "lot-closed");
    assert_eq!(label(answer(&mut over, 1, 1)), "lot-closed");
    let mut few = Opening::at(Phase::Failed, 2);
    assert_eq!(label(few.command(&host(), &Command::StartDraw(1))), "too-few-bidders");
}

#[test]
fn only_draws_of_the_tender_file_in_their_order_and_each_once() {
    let start =
        |opening: &mut Opening, no| label(opening.command(&host(), &Command::StartDraw(no)));
    let mut none = Opening::at(Phase::Read, 4);
    assert_eq!(start(&mut none, 1), "no-such-draw");
    let mut opening = drawing_lot(Phase::Read);
    for no in [0, 3, u32::MAX] {
        assert_eq!(start(&mut opening, no), "no-such-draw");
    }
    assert_eq!(start(&mut opening, 2), "draw-turn");
    assert_eq!(label(answer(&mut opening, 1, 1)), "out-of-order", "nothing was asked");
    opening.host(&Command::StartDraw(1));
    assert_eq!(start(&mut opening, 1), "draw-running");
    assert_eq!(start(&mut opening, 2), "draw-running");
    assert_eq!(label(answer(&mut opening, 1, 2)), "bad-data", "another draw than the one started");
    for actor in [supervisor(), bidder(1)] {
        assert_eq!(label(opening.command(&actor, &Command::StartDraw(1))), "wrong-role");
    }
    answer(&mut opening, 1, 1).unwrap();
    answer(&mut opening, 3, 1).unwrap();
    opening.input(&made(1, 0, &[])).unwrap();
    assert_eq!(start(&mut opening, 1), "already-done", "a value that is not liked stays");
    assert_eq!(label(answer(&mut opening, 2, 1)), "out-of-order");
    assert_eq!(label(opening.input(&made(1, 1, &[]))), "out-of-order");
}

#[test]
fn a_custodian_answers_once_for_this_freeze_and_only_if_it_signed() {
    let mut opening = drawing_lot(Phase::Published);
    opening.host(&Command::StartDraw(1));
    let other = DrawPartial { freeze_id: digest(5, 1), ..partial(1, 1) };
    assert_eq!(label(opening.input(&Input::DrawPartial(other))), "wrong-freeze");
    assert_eq!(label(answer(&mut opening, 4, 1)), "unknown-custodian");
    answer(&mut opening, 1, 1).unwrap();
    assert_eq!(label(answer(&mut opening, 1, 1)), "already-done");
    let mut absent = Opening::new();
    absent.input(&Input::LotPublished(Box::new(published()))).unwrap();
    absent.walk_to(Phase::DegradedNotice, 4);
    for actor in [host(), supervisor()] {
        absent.command(&actor, &Command::ApproveDegraded).unwrap();
    }
    absent.now += 2_000;
    absent.input(&Input::NoticeOver).unwrap();
    absent.walk_to(Phase::SealsChecked, 4);
    absent.host(&Command::StartUnsealing(Part::Price));
    for no in [1, 3] {
        let partials = partials(&absent.state, no, Part::Price);
        absent.input(&Input::PartialsReceived(partials)).unwrap();
    }
    absent.input(&Input::PricesUnsealed(outcomes(&absent.state))).unwrap();
    absent.host(&Command::StartDraw(1));
    assert_eq!(label(answer(&mut absent, 2, 1)), "unsigned-custodian");
}

#[test]
fn a_value_needs_k_custodians_and_must_be_the_one_at_its_position() {
    let mut opening = drawing_lot(Phase::Published);
    opening.host(&Command::StartDraw(1));
    assert_eq!(label(opening.input(&made(1, 0, &[]))), "custody-incomplete");
    answer(&mut opening, 1, 1).unwrap();
    assert_eq!(label(opening.input(&made(1, 0, &[]))), "custody-incomplete");
    answer(&mut opening, 3, 1).unwrap();
    assert_eq!(label(opening.input(&made(1, 0, &[3]))), "custody-incomplete");
    for (index, dropped) in [(9, &[][..]), (0, &[2]), (0, &[3, 1]), (0, &[1, 1])] {
        assert_eq!(label(opening.input(&made(1, index, dropped))), "bad-data", "{index}");
    }
    let wrong = DrawMade { no: 1, index: 0, value: "15".to_owned(), dropped: Vec::new() };
    let error = opening.state.clone().check_and_apply(
        &Actor::Hall,
        at(opening.now),
        &Event::DrawMade(wrong),
    );
    assert_eq!(error.unwrap_err().label(), "bad-data");
    opening.input(&made(1, 0, &[])).unwrap();
}

#[test]
fn a_draw_is_not_given_up_while_k_custodians_may_answer() {
    let mut opening = drawing_lot(Phase::Published);
    assert_eq!(label(opening.input(&failed(1, &[]))), "out-of-order");
    opening.host(&Command::StartDraw(1));
    assert_eq!(label(opening.input(&failed(1, &[]))), "custody-incomplete");
    opening.input(&refused_draw(1, 1)).unwrap();
    assert_eq!(label(opening.input(&failed(1, &[]))), "custody-incomplete");
    // A refusal is taken back by an answer, and an answer by no refusal.
    answer(&mut opening, 1, 1).unwrap();
    opening.input(&refused_draw(1, 1)).unwrap();
    opening.input(&refused_draw(2, 1)).unwrap();
    assert_eq!(label(opening.input(&failed(1, &[]))), "custody-incomplete");
    assert_eq!(label(opening.input(&failed(1, &[2]))), "bad-data", "2 did not answer");
    answer(&mut opening, 3, 1).unwrap();
    assert_eq!(label(opening.input(&failed(1, &[]))), "bad-data", "two answered");
    opening.input(&failed(1, &[1, 3])).unwrap();
    // Silent custodians count as out of reach once the wait is over, and not before.
    opening.host(&Command::StartDraw(1));
    answer(&mut opening, 1, 1).unwrap();
    let until = opening.state.draw_wait_until().unwrap();
    opening.now = until.get() - 1;
    assert!(!opening.state.draw_is_lost(&[], at(opening.now)));
    assert_eq!(label(opening.input(&failed(1, &[]))), "custody-incomplete");
    opening.now = until.get();
    assert!(opening.state.draw_is_lost(&[], at(opening.now)));
    // Late is better than never, as long as the hall has not given up.
    answer(&mut opening, 2, 1).unwrap();
    assert_eq!(label(opening.input(&failed(1, &[]))), "bad-data");
    opening.input(&made(1, 8, &[])).unwrap();
}

#[test]
fn only_refusals_of_this_draw_count_for_it() {
    let mut opening = drawing_lot(Phase::Published);
    // Refused before it was started, and something else refused while it waits.
    opening.input(&refused_draw(1, 1)).unwrap();
    opening.host(&Command::StartDraw(1));
    for custodian_no in [1, 2, 3] {
        opening.input(&refused_by(custodian_no)).unwrap();
        opening.input(&refused_draw(custodian_no, 2)).unwrap();
    }
    assert!(!opening.state.draw_is_lost(&[], at(opening.now)));
    assert_eq!(label(opening.input(&failed(1, &[]))), "custody-incomplete");
    assert_eq!(label(opening.input(&refused_draw(1, 3))), "no-such-draw");
    // Nor does a draw count for the documents, which are unsealed beside it.
    opening.host(&Command::StartUnsealing(Part::Documents));
    opening.input(&refused_draw(1, 1)).unwrap();
    opening.input(&refused_draw(2, 1)).unwrap();
    assert!(opening.state.draw_is_lost(&[], at(opening.now)));
    let lost = documents(&opening.state).into_iter().map(|opened| OpenedDocument {
        verdict: Verdict::NotOpened,
        label: Some("UNOPENED_CUSTODY".to_owned()),
        fault: Some(Fault::NotBidder),
        plain_sha256: None,
        plain_len: None,
        ..opened
    });
    let given_up = Input::DocumentsUnsealed(lost.collect());
    assert_eq!(label(opening.input(&given_up)), "custody-incomplete");
    opening.input(&refused_by(1)).unwrap();
    opening.input(&refused_by(2)).unwrap();
    opening.input(&given_up).unwrap();
}

/// A custodian that does not know the time refuses the draw at once, so it may have failed before
/// anybody could confirm the time.
#[test]
fn a_time_is_confirmed_for_a_draw_that_waits_or_has_no_value_yet() {
    let confirm = Command::ConfirmTime { deadline: at(DEADLINE) };
    let approve = Command::ApproveTime { deadline: at(DEADLINE) };
    let mut opening = drawing_lot(Phase::Published);
    assert_eq!(label(opening.command(&host(), &confirm)), "out-of-order");
    opening.host(&Command::StartDraw(1));
    opening.host(&confirm);
    opening.input(&refused_draw(1, 1)).unwrap();
    opening.input(&refused_draw(2, 1)).unwrap();
    opening.input(&failed(1, &[])).unwrap();
    opening.command(&supervisor(), &approve).unwrap();
    assert_eq!(opening.state.time_confirmed(), Some(at(opening.now)));
    // Once every draw that was started has its value, nobody waits.
    let mut made = drawing_lot(Phase::Published);
    hold(&mut made, 1);
    assert_eq!(label(made.command(&host(), &confirm)), "out-of-order");
    // A draw that failed for good does not wait beyond the record.
    let mut over = drawing_lot(Phase::Read);
    hold(&mut over, 1);
    over.host(&Command::StartDraw(2));
    over.input(&refused_draw(1, 2)).unwrap();
    over.input(&refused_draw(2, 2)).unwrap();
    over.input(&failed(2, &[])).unwrap();
    over.walk_to(Phase::RecordGenerated, 4);
    assert_eq!(label(over.command(&host(), &confirm)), "out-of-order");
}

#[test]
fn neither_record_nor_end_before_every_draw() {
    let mut opening = drawing_lot(Phase::Read);
    let record = |opening: &mut Opening| label(opening.command(&host(), &Command::GenerateRecord));
    assert_eq!(record(&mut opening), "draws-open");
    let by_itself = opening.input(&Input::RecordGenerated { sha256: digest(12, 0) });
    assert_eq!(label(by_itself), "draws-open");
    assert_eq!(OpeningRecord::new(&opening.state), None);
    opening.host(&Command::StartDraw(1));
    assert_eq!(record(&mut opening), "draws-open");
    assert_eq!(label(opening.command(&host(), &Command::Close)), "out-of-order");
    answer(&mut opening, 1, 1).unwrap();
    answer(&mut opening, 2, 1).unwrap();
    opening.input(&made(1, 0, &[])).unwrap();
    assert_eq!(record(&mut opening), "draws-open", "the second one is to come");
    hold(&mut opening, 2);
    opening.walk_to(Phase::Closed, 4);
}

/// A failed draw that was started again keeps the record waiting, and its old answers are void.
#[test]
fn a_draw_that_is_held_again_begins_anew() {
    let mut opening = drawing_lot(Phase::Read);
    hold(&mut opening, 1);
    opening.host(&Command::StartDraw(2));
    answer(&mut opening, 1, 2).unwrap();
    opening.now += 5_000;
    opening.input(&failed(2, &[])).unwrap();
    assert!(OpeningRecord::new(&opening.state).is_some());
    opening.host(&Command::StartDraw(2));
    assert!(OpeningRecord::new(&opening.state).is_none());
    assert!(opening.state.drawing().unwrap().run.answers.is_empty());
    assert_eq!(label(opening.command(&host(), &Command::GenerateRecord)), "draws-open");
    answer(&mut opening, 1, 2).unwrap();
    assert_eq!(label(opening.input(&made(2, 0, &[]))), "custody-incomplete");
}

#[test]
fn the_hall_cannot_start_a_draw_and_nobody_else_writes_its_outcome() {
    let opening = drawing_lot(Phase::Published);
    let start = Event::DrawStarted(DrawStarted { no: 1 });
    assert_eq!(start.needs_command(), Some(CommandKind::StartDraw));
    let check = |state: &State, by: &Actor, event: &Event| {
        state.clone().check_and_apply(by, at(opening.now), event).map_err(|error| error.label())
    };
    assert_eq!(check(&opening.state, &Actor::Hall, &start), Err("wrong-role"));
    assert_eq!(check(&opening.state, &supervisor(), &start), Err("wrong-role"));
    let (_, answered) = states().remove(2);
    let dropped = Vec::new();
    let made = Event::DrawMade(DrawMade { no: 1, index: 0, value: "10".into(), dropped });
    assert_eq!(check(&answered.state, &Actor::Hall, &made), Ok(()));
    for actor in [host(), supervisor(), Actor::Custodian(custodian(1))] {
        assert_eq!(check(&answered.state, &actor, &made), Err("wrong-role"));
    }
    let foreign = Event::DrawPartial(partial(1, 1));
    for actor in [Actor::Hall, Actor::Custodian(custodian(3)), host()] {
        assert_eq!(check(&answered.state, &actor, &foreign), Err("wrong-role"));
    }
    let body = |command| SignedCommandBody {
        lot: lot_key(),
        command,
        nonce: "0123456789abcdef0123456789abcdef".to_owned(),
        at: at(DEADLINE),
        after: 7,
    };
    let beside = |command| {
        let now = at(opening.now);
        opening.state.check_command(&host(), now, &start, &host(), &body(command))
    };
    assert_eq!(beside(Command::StartDraw(1)), Ok(()));
    for other in [Command::StartDraw(2), Command::ReadNext(span(1)), Command::GenerateRecord] {
        assert!(beside(other).is_err(), "the command asks for something else");
    }
}
