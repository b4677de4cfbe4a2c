//! Rounds of sealed prices (竞争性磋商的最后报价): each a lot of its own, for those who are invited.

use kaibiao_opening::*;
use kaibiao_types::*;

use crate::support::*;

/// The first round: bidders 1 to 6 are invited.
pub fn first() -> Round {
    Round {
        no: 1,
        of: LotId::parse("L0").unwrap(),
        record_sha256: digest(70, 1),
        invited: (1..=6).map(bidder_party).collect(),
    }
}

fn published() -> LotPublished {
    let lot = crate::graph::published(Template::CompetitiveConsultation);
    LotPublished { draws: Vec::new(), ..lot }
}

fn lot() -> Opening {
    let mut opening = Opening::new();
    opening.input(&Input::LotPublished(Box::new(published()))).unwrap();
    opening
}

fn walked(phase: Phase) -> Opening {
    let mut opening = lot();
    opening.walk_to(phase, 4);
    opening
}

/// Whether the second person is waited for.
pub fn waits(state: &State) -> bool {
    state.round_approved().is_none() && state.published().is_some_and(|lot| lot.round.is_some())
}

/// The supervisor's approval of the round.
pub fn approve(state: &State) -> Command {
    let round = state.published().and_then(|lot| lot.round.clone()).unwrap();
    let invited = round.invited.into_iter().map(|party| party.code).collect();
    Command::ApproveRound { no: round.no, invited }
}

pub fn states() -> Vec<(&'static str, Opening)> {
    let mut approved = walked(Phase::Ready);
    let command = approve(&approved.state);
    approved.command(&supervisor(), &command).unwrap();
    vec![
        ("round receiving", walked(Phase::Receiving)),
        ("round ready", walked(Phase::Ready)),
        ("round approved", approved),
    ]
}

/// Four of six quote.
pub fn closed() -> Opening {
    let mut opening = walked(Phase::Freezing);
    let command = approve(&opening.state);
    opening.command(&supervisor(), &command).unwrap();
    opening.walk_to(Phase::Closed, 4);
    opening
}

fn label(result: Result<Vec<Event>, Refusal>) -> &'static str {
    result.expect_err("a refusal").label()
}

#[test]
fn two_persons_say_who_is_invited() {
    let mut opening = walked(Phase::Ready);
    assert_eq!(label(opening.command(&host(), &Command::PublishBidders)), "round-unapproved");
    let right = approve(&opening.state);
    assert_eq!(label(opening.command(&host(), &right)), "wrong-role");
    let Command::ApproveRound { no, invited } = right.clone() else { panic!("an approval") };
    let fewer = Command::ApproveRound { no, invited: invited[1..].to_vec() };
    let other = Command::ApproveRound { no: no + 1, invited };
    for wrong in [fewer, other] {
        assert_eq!(label(opening.command(&supervisor(), &wrong)), "bad-data");
    }
    opening.command(&supervisor(), &right).unwrap();
    assert_eq!(label(opening.command(&supervisor(), &right)), "already-done");
    opening.host(&Command::PublishBidders);
    let mut early = walked(Phase::Receiving);
    early.command(&supervisor(), &right).unwrap();
    let mut late = walked(Phase::Published);
    assert_eq!(label(late.command(&supervisor(), &right)), "out-of-order");
    let mut none = Opening::at(Phase::Receiving, 4);
    assert_eq!(label(none.command(&supervisor(), &right)), "no-round");
}

#[test]
fn nobody_else_is_in_the_frozen_set() {
    let opening = walked(Phase::IntakeClosed);
    let frozen = |change: fn(&mut SetFrozen)| {
        let mut set = crate::envelope::of_lot(&opening.state, set(4));
        change(&mut set);
        opening.state.decide_input(&Input::SetFrozen(set), at(opening.now))
    };
    assert!(frozen(|_| {}).is_ok());
    assert_eq!(label(frozen(|set| set.round = 0)), "bad-data");
    assert_eq!(label(frozen(|set| set.round = 2)), "bad-data");
    assert_eq!(label(frozen(|set| set.bids[3].bidder = bidder_party(7))), "bad-data");
    let plain = Opening::at(Phase::IntakeClosed, 4);
    let numbered = Input::SetFrozen(SetFrozen { round: 1, ..set(4) });
    assert_eq!(label(plain.state.decide_input(&numbered, at(plain.now))), "bad-data");
}

#[test]
fn the_record_of_a_round_names_what_went_before_and_who_did_not_quote() {
    let opening = closed();
    let record = OpeningRecord::new(&opening.state).unwrap();
    let round = record.round.clone().unwrap();
    assert_eq!((round.no, round.of.as_str()), (1, "L0"));
    assert_eq!(round.silent, [bidder_party(5), bidder_party(6)]);
    assert!(record.rows.iter().all(|row| row.total.is_some()));
    assert_eq!(OpeningRecord::read(&record.to_bytes()).unwrap(), record);
    golden("record-round.json", &(String::from_utf8(record.to_bytes()).unwrap() + "\n"));
    golden("record-round.txt", &record.to_text());
}

/// How terms are broken.
type Change = fn(&mut Terms);

#[test]
fn terms_of_rounds_are_refused_with_a_label() {
    let good =
        || Terms { template: Template::CompetitiveConsultation, round: Some(first()), ..terms() };
    let draft = TenderDraft::new(good()).unwrap();
    assert_eq!(TenderDraft::parse(&draft.to_bytes()).unwrap(), draft);
    let refused = |change: Change| {
        let mut terms = good();
        change(&mut terms);
        TenderDraft::new(terms).unwrap_err().label()
    };
    let round = |terms: &mut Terms, change: fn(&mut Round)| change(terms.round.as_mut().unwrap());
    let cases: [(Change, &str); 9] = [
        (|terms| terms.template = Template::Works, "E_TENDER_ROUND"),
        (|terms| terms.template = Template::TwoEnvelope, "E_TENDER_ROUND"),
        (|terms| terms.round = None, "E_TENDER_FIELD_AMOUNT"),
        (|terms| terms.retention_years = 14, "E_TENDER_RETENTION"),
        (|terms| terms.lot = LotId::parse("L0").unwrap(), "E_TENDER_ROUND"),
        (|terms| terms.min_bidders = 7, "E_TENDER_ROUND"),
        (|terms| terms.fields.remove(0).key.clear(), "E_TENDER_FIELD_PRICE"),
        (|terms| terms.round.as_mut().unwrap().no = 0, "E_TENDER_ROUND"),
        (|terms| terms.round.as_mut().unwrap().no = 21, "E_TENDER_ROUND"),
    ];
    for (number, (change, label)) in cases.into_iter().enumerate() {
        assert_eq!(refused(change), label, "case {number}");
    }
    let mut twice = good();
    round(&mut twice, |round| round.invited.push(bidder_party(1)));
    assert_eq!(TenderDraft::new(twice).unwrap_err().label(), "E_TENDER_ROUND");
    let mut unnamed = good();
    round(&mut unnamed, |round| round.invited[0].name.clear());
    assert_eq!(TenderDraft::new(unnamed).unwrap_err().label(), "E_TENDER_TEXT");
    // The same rules hold for the first entry.
    let changes: [fn(&mut LotPublished); 4] = [
        |lot| lot.template = Template::Works,
        |lot| lot.round = None,
        |lot| lot.round.as_mut().unwrap().of = lot_key().lot,
        |lot| lot.min_bidders = 7,
    ];
    for change in changes {
        let mut lot = published();
        change(&mut lot);
        let input = Input::LotPublished(Box::new(lot));
        let result = State::new(lot_key()).decide_input(&input, at(DEADLINE - 1));
        assert_eq!(label(result), "bad-data");
    }
}
