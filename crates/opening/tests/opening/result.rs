//! The last session (复会, ADR-0024): the result of the evaluation is told after the close, bidders say
//! whether they object, and the closed record stays what it is.

use kaibiao_opening::*;
use kaibiao_types::*;

use crate::support::*;

/// How long bidders may answer in these tests.
const ANSWER: u64 = 10 * MINUTE;

/// When the evaluation is done in these tests.
const LATER: u64 = DEADLINE + 3 * 24 * 60 * MINUTE;

pub const SESSION: ResultTerms = ResultTerms { answer_ms: Millis::from_secs(600) };

fn with_session() -> Terms {
    Terms { result: Some(SESSION), ..terms() }
}

fn published() -> LotPublished {
    let tender = TenderFile::new(&TenderDraft::new(with_session()).unwrap(), announced()).unwrap();
    LotPublished::new(&tender, digest(1, 5), digest(1, 6))
}

/// A result that ranks some bidders in this order and rejects others.
pub fn result(no: u32, ranked: &[u8], rejected: &[u8]) -> EvaluationResult {
    let codes = crate::envelope::codes;
    let reject = |bidder| NotPassed { bidder, reason: "报价高于最高投标限价".to_owned() };
    EvaluationResult {
        no,
        ranked: codes(ranked),
        rejected: codes(rejected).into_iter().map(reject).collect(),
        text: "评标委员会已提交书面评标报告。".to_owned(),
    }
}

/// The host tells it.
pub fn tell(no: u32, ranked: &[u8], rejected: &[u8]) -> Command {
    Command::AnnounceResult(result(no, ranked, rejected))
}

/// A bidder answers.
pub fn answer(no: u32, objection: Option<&str>) -> Command {
    Command::AnswerResult { no, objection: objection.map(str::to_owned) }
}

/// What may be tried after the close, right and wrong.
pub fn next(state: &State, who: u8) -> (Actor, Command) {
    let codes = |no: u8| bidder_party(no).code;
    let in_lot = |no: &u8| state.bid_of(&codes(*no)).is_some();
    let (last, all) = (state.next_result() - 1, (1..=6).filter(in_lot).collect::<Vec<u8>>());
    match who {
        0 => (host(), tell(last + 1, &all, &[])),
        1 => (host(), tell(last + 1, &[], &all)),
        2 => (host(), tell(last, &[], &all)),
        3 => (supervisor(), tell(last + 1, &[], &all)),
        no => (bidder(no - 3), answer(last, (no == 4).then_some("评分有误"))),
    }
}

fn walked(lot: LotPublished, phase: Phase) -> Opening {
    let mut opening = Opening::new();
    opening.input(&Input::LotPublished(Box::new(lot))).unwrap();
    opening.walk_to(phase, 4);
    opening
}

fn closed() -> Opening {
    let mut opening = walked(published(), Phase::Closed);
    for no in 1..=3 {
        opening.input(&key_destroyed(no)).unwrap();
    }
    opening.now = LATER;
    opening
}

/// Announced, answered by three of four bidders, corrected, and answered by two.
pub fn told() -> Opening {
    let mut opening = closed();
    opening.host(&tell(1, &[2, 1, 3], &[4]));
    opening.command(&bidder(2), &answer(1, None)).unwrap();
    opening.now += MINUTE;
    opening.command(&bidder(1), &answer(1, Some("我方报价最低，请说明排序依据。"))).unwrap();
    opening.command(&bidder(4), &answer(1, None)).unwrap();
    opening.now += MINUTE;
    let text = "复核算术错误，第一、第二名更正。".to_owned();
    let corrected = EvaluationResult { text, ..result(2, &[1, 2, 3], &[4]) };
    opening.host(&Command::AnnounceResult(corrected));
    opening.command(&bidder(1), &answer(2, None)).unwrap();
    opening.command(&bidder(4), &answer(2, Some("否决理由不成立。"))).unwrap();
    opening
}

/// For the table: after the close with and without an announcement, and when its time is over.
pub fn states() -> Vec<(&'static str, Opening)> {
    let mut announced = closed();
    announced.host(&tell(1, &[1, 2, 3], &[4]));
    let mut over = announced.clone();
    over.now += ANSWER;
    vec![
        ("the result may be told", closed()),
        ("the result is told", announced),
        ("the time for answers is over", over),
    ]
}

fn rule(result: Result<Vec<Event>, Refusal>) -> &'static str {
    match result.expect_err("a refusal") {
        Refusal::BadData { rule, .. } => rule.name(),
        refusal => refusal.label(),
    }
}

fn record(opening: &Opening) -> Vec<u8> {
    OpeningRecord::new(&opening.state).unwrap().to_bytes()
}

#[test]
fn the_result_is_told_answered_and_corrected() {
    let opening = told();
    let [first, last] = opening.state.result() else { panic!("two announcements") };
    assert_eq!(first.told.ranked, crate::envelope::codes(&[2, 1, 3]));
    assert_eq!(first.told.until, first.mark.at.plus(span(ANSWER)));
    assert_eq!(first.objections().count(), 1);
    assert_eq!(first.silent().collect::<Vec<_>>(), [&bidder_party(3).code]);
    assert_eq!((last.told.no, last.answers.len()), (2, 2));
    let objections: Vec<_> = last.objections().collect();
    assert_eq!(objections, [(&bidder_party(4).code, "否决理由不成立。")]);
    assert_eq!(last.silent().count(), 2);
}

/// The closed record never changes: neither its bytes nor the entry that names it.
#[test]
fn the_record_stays_what_it_is() {
    let (before, after) = (closed(), told());
    assert_eq!(record(&before), record(&after));
    assert_eq!(before.state.record(), after.state.record());
    assert_eq!(after.state.phase(), Phase::Closed);
    assert_eq!(before.state.ended(), after.state.ended());
    let mut after = after;
    for command in [Command::CorrectRecord { reason: "更正".to_owned() }, Command::GenerateRecord]
    {
        assert_eq!(label(after.command(&host(), &command)), "lot-closed");
    }
}

#[test]
fn nothing_is_told_before_the_close() {
    for phase in Phase::ALL {
        if [Phase::Closed, Phase::Unpublished, Phase::Adjourned].contains(phase) {
            continue;
        }
        let mut opening = Opening::new();
        opening.input(&Input::LotPublished(Box::new(published()))).unwrap();
        let few = [Phase::TooFew, Phase::Failed].contains(phase);
        opening.walk_to(*phase, if few { 2 } else { 4 });
        let expected = match phase {
            Phase::TooFew | Phase::Failed => "too-few-bidders",
            Phase::Terminated => "lot-closed",
            _ => "result-early",
        };
        let tried = opening.command(&host(), &tell(1, &[1, 2, 3], &[4]));
        assert_eq!(label(tried), expected, "{phase}");
        let tried = opening.command(&bidder(1), &answer(1, None));
        assert_eq!(label(tried), expected, "{phase}");
        let foreign = ResultAnnounced {
            no: 1,
            until: at(opening.now).plus(span(ANSWER)),
            ranked: crate::envelope::codes(&[1, 2, 3, 4]),
            rejected: Vec::new(),
            text: "结果".to_owned(),
        };
        let now = at(opening.now);
        let forged = opening.state.check_and_apply(&host(), now, &Event::ResultAnnounced(foreign));
        assert_eq!(forged.unwrap_err().label(), expected, "{phase}");
    }
}

/// Between two envelopes nobody has seen a price: there is no result to tell.
#[test]
fn nothing_is_told_between_two_envelopes() {
    let mut opening = crate::envelope::adjourned(4);
    assert_eq!(label(opening.command(&host(), &tell(1, &[1, 2, 3], &[4]))), "no-result-session");
    let lot = LotPublished { draws: Vec::new(), ..crate::graph::published(Template::TwoEnvelope) };
    let lot = LotPublished { base_estimate: false, result: Some(SESSION), ..lot };
    let mut opening = walked(lot, Phase::Adjourned);
    assert_eq!(label(opening.command(&host(), &tell(1, &[1, 2, 3], &[4]))), "result-early");
}

/// Who did not pass with an envelope before has a bid in the lot: it is named, never ranked, and may
/// answer.
#[test]
fn whoever_did_not_pass_is_named_and_may_answer() {
    let lot = LotPublished { draws: Vec::new(), ..crate::graph::published(Template::TwoEnvelope) };
    let lot = LotPublished { base_estimate: false, result: Some(SESSION), ..lot };
    let mut opening = walked(lot, Phase::Adjourned);
    opening.walk_to_last_envelope(4);
    opening.walk_to(Phase::Closed, 4);
    let through: Vec<u8> =
        (1..=4).filter(|no| opening.state.current_bid(&bidder_party(*no).code).is_some()).collect();
    assert_eq!(through, [1, 2, 3]);
    assert_eq!(rule(opening.command(&host(), &tell(1, &through, &[]))), "ranking");
    assert_eq!(rule(opening.command(&host(), &tell(1, &[1, 2, 3, 4], &[]))), "cannot-rank");
    opening.host(&tell(1, &[3, 1], &[2, 4]));
    opening.command(&bidder(4), &answer(1, Some("未通过的理由不成立。"))).unwrap();
}

#[test]
fn without_the_term_there_is_no_session() {
    let mut opening = Opening::at(Phase::Closed, 4);
    let closed = opening.clone();
    assert_eq!(label(opening.command(&host(), &tell(1, &[1, 2, 3], &[4]))), "no-result-session");
    assert_eq!(label(opening.command(&bidder(1), &answer(1, None))), "no-result-session");
    assert_eq!(opening.log, closed.log);
    let mut early = Opening::at(Phase::Read, 4);
    assert_eq!(label(early.command(&host(), &tell(1, &[1, 2, 3], &[4]))), "no-result-session");
}

#[test]
fn everybody_stands_in_one_list() {
    let wrong: &[(&[u8], &[u8])] = &[
        (&[1, 2, 3], &[]),
        (&[1, 2, 3, 4], &[4]),
        (&[1, 2, 3, 3], &[4]),
        (&[1, 2, 3], &[4, 4]),
        (&[1, 2, 3, 4], &[5]),
        (&[1, 2, 5], &[3, 4]),
        (&[], &[]),
    ];
    let mut opening = closed();
    for (ranked, rejected) in wrong {
        let tried = opening.command(&host(), &tell(1, ranked, rejected));
        assert_eq!(rule(tried), "ranking", "{ranked:?} {rejected:?}");
    }
    // All bids may be rejected (评标委员会和评标方法暂行规定 art. 27), in any order.
    opening.host(&tell(1, &[], &[4, 2, 1, 3]));
}

#[test]
fn a_withdrawn_bid_is_nobodys() {
    let mut opening = walked(published(), Phase::IntakeClosed);
    let withdrawal = FrozenBid {
        seq: BidSeq::new(2).unwrap(),
        manifest_sha256: digest(41, 4),
        status: BidStatus::Withdrawn,
        by: Some(digest(41, 4)),
        objects: Vec::new(),
        place: FrozenPlace { no: PlaceNo::new(9).unwrap(), ..bid(4).place },
        ..bid(4)
    };
    let mut frozen = SetFrozen { bidders: 3, ..set(4) };
    (frozen.bids[3].status, frozen.bids[3].by) = (BidStatus::Withdrawn, Some(digest(41, 4)));
    frozen.bids.push(withdrawal);
    opening.input(&Input::SetFrozen(frozen)).unwrap();
    opening.walk_to(Phase::Closed, 3);
    assert_eq!(rule(opening.command(&host(), &tell(1, &[1, 2, 3], &[4]))), "ranking");
    opening.host(&tell(1, &[1, 2, 3], &[]));
    assert_eq!(label(opening.command(&bidder(4), &answer(1, None))), "not-a-bidder");
    assert_eq!(label(opening.command(&bidder(9), &answer(1, None))), "not-a-bidder");
}

#[test]
fn who_did_not_open_is_not_ranked() {
    let mut opening = walked(published(), Phase::UnsealingPrices);
    opening.release(Part::Price);
    let shut = not_opened(3, "SERVER_CORRUPT", Fault::NotBidder);
    let mut all: Vec<PriceOutcome> = outcomes(&opening.state);
    all[2] = shut;
    opening.input(&Input::PricesUnsealed(all)).unwrap();
    opening.walk_to(Phase::Closed, 4);
    assert_eq!(rule(opening.command(&host(), &tell(1, &[1, 3], &[2, 4]))), "cannot-rank");
    opening.host(&tell(1, &[1, 2], &[3, 4]));
    opening.command(&bidder(3), &answer(1, None)).unwrap();
}

#[test]
fn only_the_host_tells_it_and_only_bidders_answer() {
    let mut opening = closed();
    for actor in [supervisor(), bidder(1), Actor::Host(code(7)), Actor::Hall] {
        assert_eq!(label(opening.command(&actor, &tell(1, &[1, 2, 3], &[4]))), "wrong-role");
    }
    assert_eq!(label(opening.command(&bidder(1), &answer(1, None))), "no-such-result");
    opening.host(&tell(1, &[1, 2, 3], &[4]));
    for actor in [supervisor(), host(), Actor::Hall, Actor::Custodian(custodian(1))] {
        assert_eq!(label(opening.command(&actor, &answer(1, None))), "wrong-role");
    }
    // Nobody answers in the name of another.
    let answered = ResultAnswered { no: 1, bidder: bidder_party(2).code, objection: None };
    let now = at(opening.now);
    let forged = opening.state.check_and_apply(&bidder(1), now, &Event::ResultAnswered(answered));
    assert_eq!(forged.unwrap_err().label(), "wrong-role");
}

/// What stands in the log is what host and bidder signed, word for word.
#[test]
fn entries_say_what_was_signed() {
    let mut opening = closed();
    let body = |command| SignedCommandBody {
        lot: lot_key(),
        command,
        nonce: "0".repeat(32),
        at: at(0),
        after: 0,
    };
    let now = at(opening.now);
    let signed = result(1, &[1, 2, 3], &[4]);
    let told = Command::AnnounceResult(signed.clone());
    let event = opening.state.decide(&host(), &told, now).unwrap().remove(0);
    let check = |result: EvaluationResult| {
        let body = body(Command::AnnounceResult(result));
        opening.state.check_command(&host(), now, &event, &host(), &body)
    };
    assert_eq!(check(signed.clone()), Ok(()));
    let reason = NotPassed { reason: "另一理由".to_owned(), ..signed.rejected[0].clone() };
    for other in [
        EvaluationResult { no: 2, ..signed.clone() },
        EvaluationResult { ranked: crate::envelope::codes(&[2, 1, 3]), ..signed.clone() },
        EvaluationResult { rejected: vec![reason], ..signed.clone() },
        EvaluationResult { text: "另一结果".to_owned(), ..signed },
    ] {
        assert!(check(other.clone()).is_err(), "{other:?}");
    }
    opening.host(&told);
    let by = bidder(2);
    let said = answer(1, Some("异议"));
    let event = opening.state.decide(&by, &said, now).unwrap().remove(0);
    let check = |command| opening.state.check_command(&by, now, &event, &by, &body(command));
    assert_eq!(check(said), Ok(()));
    for other in [answer(2, Some("异议")), answer(1, Some("另一异议")), answer(1, None)] {
        assert!(check(other).is_err());
    }
}

#[test]
fn answers_come_once_in_time_and_to_the_newest() {
    let mut opening = closed();
    opening.host(&tell(1, &[1, 2, 3], &[4]));
    opening.now = LATER + ANSWER - 1;
    opening.command(&bidder(1), &answer(1, None)).unwrap();
    let again = opening.command(&bidder(1), &answer(1, Some("改为异议")));
    assert_eq!(label(again), "already-done");
    for no in [0, 2] {
        assert_eq!(label(opening.command(&bidder(2), &answer(no, None))), "no-such-result");
    }
    opening.now = LATER + ANSWER; // equal is late
    assert_eq!(label(opening.command(&bidder(2), &answer(1, None))), "result-answers-over");
    // A correction has its own time, and the one before takes no answer any more.
    opening.host(&tell(2, &[2, 1, 3], &[4]));
    assert_eq!(label(opening.command(&bidder(2), &answer(1, None))), "no-such-result");
    opening.command(&bidder(2), &answer(2, None)).unwrap();
    opening.command(&bidder(1), &answer(2, Some("异议"))).unwrap();
}

#[test]
fn its_time_follows_from_the_tender_file() {
    let opening = closed();
    let told = |until: u64| {
        let EvaluationResult { no, ranked, rejected, text } = result(1, &[1, 2, 3], &[4]);
        Event::ResultAnnounced(ResultAnnounced { no, until: at(until), ranked, rejected, text })
    };
    for until in [LATER, LATER + ANSWER - 1, LATER + ANSWER + 1] {
        let refused = opening.state.clone().check_and_apply(&host(), at(LATER), &told(until));
        let rule = Refusal::BadData { step: EventKind::ResultAnnounced, rule: DataRule::Window };
        assert_eq!(refused.unwrap_err().refusal, rule);
    }
    let mut state = opening.state.clone();
    state.check_and_apply(&host(), at(LATER), &told(LATER + ANSWER)).unwrap();
}

#[test]
fn numbers_follow_and_are_bounded() {
    let mut opening = closed();
    for no in [0, 2] {
        assert_eq!(rule(opening.command(&host(), &tell(no, &[1, 2, 3], &[4]))), "number");
    }
    for no in 1..=limits::RESULTS {
        opening.host(&tell(no, &[1, 2, 3], &[4]));
    }
    let more = tell(limits::RESULTS + 1, &[1, 2, 3], &[4]);
    assert_eq!(rule(opening.command(&host(), &more)), "number");
}

/// After the close not even a refusal is written: nobody fills a closed log.
#[test]
fn refused_answers_are_not_written() {
    let mut opening = closed();
    opening.host(&tell(1, &[1, 2, 3], &[4]));
    let refusal = opening.command(&bidder(9), &answer(1, None)).unwrap_err();
    let kind = CommandKind::AnswerResult;
    assert_eq!(opening.state.refusal_event(&bidder(9), kind, &refusal), None);
}

#[test]
fn the_term_is_bounded_and_absent_where_it_is_not_used() {
    for bad in [0, limits::SPAN_MAX + 1] {
        let result = Some(ResultTerms { answer_ms: span(bad) });
        let error = TenderDraft::new(Terms { result, ..terms() }).unwrap_err();
        assert_eq!(error, TenderError::Span("result.answer_ms"));
        let lot = Event::LotPublished(Box::new(LotPublished { result, ..published() }));
        let mut state = State::new(lot_key());
        let refusal = state.check_and_apply(&host(), at(DEADLINE - MINUTE), &lot).unwrap_err();
        let rule = Refusal::BadData { step: EventKind::LotPublished, rule: DataRule::Terms };
        assert_eq!(refusal.refusal, rule);
    }
    let draft = TenderDraft::new(with_session()).unwrap();
    let text = String::from_utf8(draft.to_bytes()).unwrap();
    assert!(text.ends_with(r#","result":{"answer_ms":600000}}"#), "{text}");
    assert_eq!(TenderDraft::parse(text.as_bytes()), Ok(draft));
    for bad in [r#""result":null"#, r#""result":{}"#, r#""result":{"answer_ms":600000,"x":1}"#] {
        let wrong = text.replace(r#""result":{"answer_ms":600000}"#, bad);
        assert_eq!(TenderDraft::parse(wrong.as_bytes()).unwrap_err().label(), "E_TENDER_JSON");
    }
    let without = TenderDraft::new(terms()).unwrap().to_bytes();
    assert!(!String::from_utf8(without).unwrap().contains("result"));
}

/// The file that the host writes is the data of its command.
#[test]
fn a_result_file_is_strict() {
    let good = serde_json::to_string(&result(1, &[1, 2, 3], &[4])).unwrap();
    assert_eq!(EvaluationResult::parse(good.as_bytes()), Ok(result(1, &[1, 2, 3], &[4])));
    let code = bidder_party(1).code;
    for (from, to, expected) in [
        ("\"no\":1", "\"no\":-1", "E_COMMAND_JSON"),
        ("\"no\":1", "\"no\":1,\"no\":1", "E_COMMAND_JSON"),
        ("\"no\":1,", "", "E_COMMAND_JSON"),
        ("\"no\":1", "\"no\":1,\"until\":5", "E_COMMAND_JSON"),
        (code.as_str(), "914403001922038217", "E_COMMAND_JSON"),
        ("报价高于最高投标限价", "", "E_COMMAND_TEXT"),
        ("报价高于最高投标限价", "a\\nb", "E_COMMAND_TEXT"),
        ("评标委员会已提交书面评标报告。", " ", "E_COMMAND_TEXT"),
        ("评标委员会已提交书面评标报告。", "\u{202e}", "E_COMMAND_TEXT"),
    ] {
        assert!(good.contains(from), "{from}");
        let error = EvaluationResult::parse(good.replacen(from, to, 1).as_bytes()).unwrap_err();
        assert_eq!(error.label(), expected, "{to}");
    }
    let long = "长".repeat(limits::OBJECTION_CHARS + 1);
    for command in [
        Command::AnnounceResult(EvaluationResult { text: long.clone(), ..result(1, &[1], &[2]) }),
        answer(1, Some(&long)),
        answer(1, Some("")),
    ] {
        let body = SignedCommandBody {
            lot: lot_key(),
            command,
            nonce: "0123456789abcdef0123456789abcdef".to_owned(),
            at: at(DEADLINE),
            after: 7,
        };
        let error = SignedCommandBody::parse(&body.to_bytes()).unwrap_err();
        assert_eq!(error.label(), "E_COMMAND_TEXT");
    }
}
