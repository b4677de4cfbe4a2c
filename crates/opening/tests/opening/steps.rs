//! The list of steps: data of the tender file, in front of guards that no list can switch off.

use kaibiao_opening::*;
use kaibiao_types::*;

use crate::support::*;

const ALL: &[Step] = Step::ALL;

/// The steps of a lot whose rules do not ask for the bidders' own decryption.
fn without_window() -> Vec<Step> {
    ALL.iter().copied().filter(|step| *step != Step::BidderWindow).collect()
}

/// How a lot begins.
type Lot = fn() -> LotPublished;

/// The lots that random openings choose from: the order of the first version, each template, and a
/// list in which nothing may be left out.
pub const LISTS: [(&str, Lot); 5] = [
    ("original", lot_published),
    ("works", || with(Template::Works.steps())),
    ("goods-services", || with(Template::GoodsServices.steps())),
    ("government-procurement", || with(Template::GovernmentProcurement.steps())),
    ("nothing left out", || with(all_duties())),
];

fn duty(step: Step) -> ListedStep {
    ListedStep { step, optional: false }
}

/// The ceiling is announced last, once every price is read.
fn all_duties() -> Vec<ListedStep> {
    [
        Step::CheckSeals,
        Step::PublishBidders,
        Step::CheckBidders,
        Step::UnsealPrices,
        Step::ReadPrices,
        Step::AnnounceCeiling,
        Step::Record,
    ]
    .map(duty)
    .to_vec()
}

fn with(steps: Vec<ListedStep>) -> LotPublished {
    LotPublished { steps, ..lot_published() }
}

fn lot(steps: Vec<ListedStep>, phase: Phase) -> Opening {
    let mut opening = Opening::new();
    opening.input(&Input::LotPublished(Box::new(with(steps)))).unwrap();
    opening.walk_to(phase, 4);
    opening
}

/// What the host found about bidder `no`.
pub fn check(no: u8) -> BidderChecked {
    BidderChecked {
        bidder: bidder_party(no).code,
        identity: IdentityState::Fits,
        bond: BondState::Paid,
        reason: None,
    }
}

/// How a step is taken (of the check of bidders: the next bidder).
pub fn taken(state: &State, step: Step) -> Result<Input, (Actor, Command)> {
    let by_host = |command| Err((host(), command));
    match step {
        Step::PublishBidders => by_host(Command::PublishBidders),
        Step::CheckBidders => {
            let unchecked = |bid: &&FrozenBid| !state.checks().contains_key(&bid.bidder.code);
            let next = state.current_bids().find(unchecked).or(state.current_bids().next());
            let bidder = next.unwrap().bidder.code.clone();
            by_host(Command::CheckBidder(BidderChecked { bidder, ..check(1) }))
        }
        Step::CheckSeals => Ok(Input::SealsChecked(seals(state))),
        Step::BidderWindow => Err(crate::bidder_window::taken(state)),
        Step::AnnounceCeiling => by_host(Command::AnnounceCeiling),
        Step::UnsealPrices => by_host(Command::StartUnsealing(Part::Price)),
        Step::ReadPrices => by_host(Command::ReadNext(span(3_000))),
        Step::Record => by_host(Command::GenerateRecord),
    }
}

fn tried(opening: &Opening, step: Step) -> Result<Vec<Event>, Refusal> {
    let (state, now) = (&opening.state, at(opening.now));
    match taken(state, step) {
        Ok(input) => state.decide_input(&input, now),
        Err((actor, command)) => state.decide(&actor, &command, now),
    }
}

/// The step that an entry begins, for the promises that are read from a log alone.
fn begins(kind: EventKind) -> Option<Step> {
    Some(match kind {
        EventKind::BiddersPublished => Step::PublishBidders,
        EventKind::BidderChecked => Step::CheckBidders,
        EventKind::SealsChecked => Step::CheckSeals,
        EventKind::BidderWindowOpened => Step::BidderWindow,
        EventKind::CeilingAnnounced => Step::AnnounceCeiling,
        EventKind::PricesPublished => Step::UnsealPrices,
        EventKind::PriceRead => Step::ReadPrices,
        EventKind::RecordGenerated => Step::Record,
        _ => return None,
    })
}

/// Read from the log alone: steps begin in the order of the list, and none that may not be left out
/// is missing before a later one. Readings may be missing: a lot may have no price to read.
pub fn in_order(log: &[Entry]) {
    let Some((_, _, Event::LotPublished(lot))) = log.first() else { return };
    let list = if lot.steps.is_empty() { original() } else { lot.steps.clone() };
    let mut begun: Vec<Step> = Vec::new();
    for step in log.iter().filter_map(|(_, _, event)| begins(event.kind())) {
        if begun.contains(&step) {
            continue;
        }
        let place = |step: Step| list.iter().position(|listed| listed.step == step);
        let here = place(step).expect("only steps of the list");
        assert!(begun.iter().all(|earlier| place(*earlier).unwrap() < here), "{step} out of order");
        for owed in list[..here].iter().filter(|listed| !listed.optional) {
            let may_miss = owed.step == Step::ReadPrices;
            assert!(may_miss || begun.contains(&owed.step), "{step} without {}", owed.step);
        }
        begun.push(step);
    }
}

fn original() -> Vec<ListedStep> {
    State::new(lot_key()).steps().to_vec()
}

#[test]
fn every_template_keeps_the_rules() {
    for template in [Template::Works, Template::GoodsServices, Template::GovernmentProcurement] {
        let steps = template.steps();
        assert!(steps.len() > 5, "{template:?}");
        let terms = Terms { template, steps, ..terms() };
        let draft = TenderDraft::new(terms).unwrap();
        assert_eq!(TenderDraft::parse(&draft.to_bytes()).unwrap(), draft);
        assert_eq!(TenderFile::new(&draft, announced()).unwrap().terms(), draft.terms());
    }
}

#[test]
fn each_rule_of_a_list_has_its_label() {
    let refused = |change: &dyn Fn(&mut Terms)| {
        let mut terms = Terms { steps: all_duties(), ..terms() };
        assert!(TenderDraft::new(terms.clone()).is_ok());
        change(&mut terms);
        let (steps, ceiling) = (terms.steps.clone(), terms.ceiling);
        let error = TenderDraft::new(terms).expect_err("a rule is broken");
        // The first entry of a log is judged by the same rules.
        let lot = LotPublished { steps, ceiling, ..lot_published() };
        let entry = State::new(lot_key())
            .decide_input(&Input::LotPublished(Box::new(lot)), at(DEADLINE - 1));
        assert_eq!(label(entry), "bad-data");
        error.label()
    };
    let to = |step: Step, place: usize| {
        move |terms: &mut Terms| {
            let from = terms.steps.iter().position(|listed| listed.step == step).unwrap();
            let listed = terms.steps.remove(from);
            terms.steps.insert(place, listed);
        }
    };
    assert_eq!(refused(&to(Step::CheckSeals, 3)), "E_TENDER_STEPS_SEALS");
    assert_eq!(refused(&to(Step::PublishBidders, 3)), "E_TENDER_STEPS_BIDDERS");
    assert_eq!(refused(&to(Step::CheckBidders, 1)), "E_TENDER_STEPS_CHECK");
    assert_eq!(refused(&to(Step::CheckBidders, 3)), "E_TENDER_STEPS_CHECK");
    assert_eq!(refused(&to(Step::ReadPrices, 3)), "E_TENDER_STEPS_READING");
    assert_eq!(refused(&to(Step::Record, 5)), "E_TENDER_STEPS_RECORD");
    assert_eq!(refused(&|t| t.steps.insert(0, duty(Step::CheckSeals))), "E_TENDER_STEPS_TWICE");
    assert_eq!(refused(&|t| t.ceiling = None), "E_TENDER_STEPS_CEILING");
    for step in original() {
        let missing = refused(&|t| t.steps.retain(|listed| listed.step != step.step));
        assert_eq!(missing, "E_TENDER_STEPS_MISSING");
        let optional = refused(&|t| {
            let listed = t.steps.iter_mut().find(|listed| listed.step == step.step);
            listed.unwrap().optional = true;
        });
        assert_eq!(optional, "E_TENDER_STEPS_OPTIONAL");
    }
}

#[test]
fn a_list_has_one_written_form() {
    let terms = Terms { steps: Template::Works.steps(), ..terms() };
    let good = String::from_utf8(TenderDraft::new(terms).unwrap().to_bytes()).unwrap();
    let list = r#"{"step":"publish-bidders","optional":false},"#;
    assert!(good.contains(list));
    for broken in [
        good.replace(list, r#"{"step":"publish-bidders"},"#),
        good.replace(list, r#"{"step":"announce-bidders","optional":false},"#),
        good.replace(list, r#"{"step":"publish-bidders","optional":0},"#),
        good.replace(list, r#"["publish-bidders",false],"#),
        good.replace(list, r#""publish-bidders","#),
    ] {
        assert_eq!(TenderDraft::parse(broken.as_bytes()).unwrap_err().label(), "E_TENDER_JSON");
    }
    // No list is written as no key.
    let plain =
        String::from_utf8(TenderDraft::new(terms_without_steps()).unwrap().to_bytes()).unwrap();
    let empty = plain.replacen("\"source\":null", "\"source\":null,\"steps\":[]", 1);
    assert_ne!(plain, empty);
    assert_eq!(TenderDraft::parse(empty.as_bytes()).unwrap_err().label(), "E_TENDER_JSON");
}

fn terms_without_steps() -> Terms {
    terms()
}

/// An old log has exactly the old order, and none of the new steps.
#[test]
fn a_lot_that_names_no_steps_has_the_order_of_the_first_version() {
    let names: Vec<_> = original().iter().map(|listed| listed.step.name()).collect();
    let expected = ["publish-bidders", "check-seals", "unseal-prices", "read-prices", "record"];
    assert_eq!(names, expected);
    for phase in [Phase::Ready, Phase::SealsChecked, Phase::Published, Phase::Read] {
        let mut opening = Opening::at(phase, 4);
        assert_eq!(label(opening.command(&host(), &Command::AnnounceCeiling)), "step-not-listed");
        let refusal = opening.command(&host(), &Command::CheckBidder(check(1)));
        assert_eq!(refusal, Err(Refusal::StepNotListed { step: Step::CheckBidders }));
    }
}

/// At every point of every list: what the list has next is allowed, and nothing else of it.
#[test]
fn only_the_next_step_is_allowed() {
    for (name, published) in LISTS {
        let mut opening = Opening::new();
        opening.input(&Input::LotPublished(Box::new(published()))).unwrap();
        opening.walk_to(Phase::Ready, 4);
        let mut seen = Vec::new();
        while opening.state.phase() != Phase::RecordGenerated {
            let next: Vec<Step> =
                opening.state.next_steps().iter().map(|listed| listed.step).collect();
            for step in ALL.iter().filter(|_| opening.state.phase() != Phase::UnsealingPrices) {
                let result = tried(&opening, *step);
                assert_eq!(result.is_ok(), next.contains(step), "{name}: {step} {result:?}");
            }
            seen.extend(next);
            let phase = opening.state.phase();
            opening.step(4, Phase::Closed);
            assert!(opening.state.phase() >= phase, "no phase comes back");
        }
        assert!(opening.state.next_steps().is_empty());
        let listed: Vec<Step> = opening.state.steps().iter().map(|l| l.step).collect();
        assert!(listed.iter().all(|step| seen.contains(step)), "{name}: {seen:?}");
        opening.walk_to(Phase::Closed, 4);
        in_order(&opening.log);
    }
}

/// All 5,040 orders of the seven steps: those that pass never unseal before the seals are checked
/// and the bidders are announced.
#[test]
fn no_order_that_passes_breaks_the_law() {
    let mut passed = 0;
    for order in 0..5_040_usize {
        let mut left = without_window();
        let mut rest = order;
        let mut steps = Vec::new();
        while !left.is_empty() {
            steps.push(duty(left.remove(rest % left.len())));
            rest /= left.len() + 1;
        }
        let terms = Terms { steps: steps.clone(), ..terms() };
        if TenderDraft::new(terms).is_err() {
            continue;
        }
        passed += 1;
        let mut opening = lot(steps, Phase::Ready);
        while opening.state.unsealing().is_none() {
            let start = Command::StartUnsealing(Part::Price);
            let sealed = opening.state.seals().is_none();
            let refusal = opening.state.decide(&host(), &start, at(opening.now));
            assert!(!sealed || refusal == Err(Refusal::SealsUnchecked));
            opening.step(4, Phase::Closed);
        }
        assert!(opening.state.seals().is_some());
        opening.walk_to(Phase::Closed, 4);
        in_order(&opening.log);
    }
    assert_eq!(passed, 18);
}

/// A whole opening by the list of works: findings of every kind, one put right, the ceiling said.
pub fn closed() -> Opening {
    let mut opening = lot(Template::Works.steps(), Phase::BiddersPublished);
    let because = |reason: &str| Some(reason.to_owned());
    let guarantee = BidderChecked { bond: BondState::Guarantee, ..check(2) };
    let unknown = BidderChecked {
        bond: BondState::Unknown,
        reason: because("保函文件打不开，待核实"),
        ..check(3)
    };
    let stranger = BidderChecked {
        identity: IdentityState::DoesNotFit,
        bond: BondState::Unpaid,
        reason: because("委托人与授权书不一致"),
        ..check(4)
    };
    for found in [check(1), guarantee, unknown, stranger] {
        opening.now += 1_000;
        opening.host(&Command::CheckBidder(found));
    }
    opening.walk_to(Phase::SealsChecked, 4);
    opening.host(&Command::AnnounceCeiling);
    opening.walk_to(Phase::Reading, 4);
    let verified = BidderChecked { bond: BondState::Guarantee, ..check(3) };
    opening.host(&Command::CheckBidder(verified));
    opening.walk_to(Phase::Closed, 4);
    opening
}

/// domain.md §5, item 20: a bond that cannot be read, an identity that does not fit: said with a
/// reason, and nobody is kept out.
#[test]
fn a_finding_stops_nobody() {
    let opening = closed();
    assert_eq!(opening.state.prices_read(), 4);
    assert_eq!(opening.state.checks().len(), 4);
    let record = OpeningRecord::new(&opening.state).unwrap();
    let found: Vec<_> = record.rows.iter().map(|row| row.check.clone().unwrap()).collect();
    assert_eq!(found[2].bond, BondState::Guarantee);
    assert_eq!((found[3].identity, found[3].bond), (IdentityState::DoesNotFit, BondState::Unpaid));
    assert!(record.rows.iter().all(|row| row.total.is_some()));
    assert!(record.ceiling_announced_at.is_some());
    let text = record.to_text();
    assert!(text.contains("身份不符合") && text.contains("委托人与授权书不一致"));
}

#[test]
fn a_finding_needs_a_reason_and_a_bidder() {
    let mut opening = lot(Template::Works.steps(), Phase::BiddersPublished);
    let mut tried =
        |check: BidderChecked| label(opening.command(&host(), &Command::CheckBidder(check)));
    for bond in [BondState::Unpaid, BondState::Unknown] {
        assert_eq!(tried(BidderChecked { bond, ..check(1) }), "reason-missing");
    }
    let identity = IdentityState::DoesNotFit;
    assert_eq!(tried(BidderChecked { identity, ..check(1) }), "reason-missing");
    assert_eq!(tried(check(9)), "no-such-bidder");
    let finding = Command::CheckBidder(check(1));
    for actor in [bidder(1), supervisor(), Actor::Hall] {
        assert_eq!(label(opening.command(&actor, &finding)), "wrong-role");
    }
    opening.host(&finding);
    assert_eq!(label(opening.command(&host(), &finding)), "already-done");
    assert_eq!(
        opening.input(&Input::SealsChecked(seals(&opening.state))),
        Err(Refusal::StepTurn { next: Step::CheckBidders })
    );
    opening.walk_to(Phase::RecordGenerated, 4);
    let late = BidderChecked { bond: BondState::Guarantee, ..check(1) };
    assert_eq!(label(opening.command(&host(), &Command::CheckBidder(late))), "out-of-order");
}

/// A first finding belongs to its step; one that is left out is not made up for later.
#[test]
fn what_was_left_out_is_over() {
    let mut opening = lot(Template::GovernmentProcurement.steps(), Phase::UnsealingPrices);
    let finding = Command::CheckBidder(check(1));
    assert_eq!(label(opening.command(&host(), &finding)), "out-of-order");
    assert_eq!(label(opening.command(&host(), &Command::AnnounceCeiling)), "out-of-order");
    opening.walk_to(Phase::Read, 4);
    let note = OpeningRecord::new(&opening.state).unwrap().notes;
    assert!(
        note.iter()
            .any(|n| n.zh.contains("未进行的可选步骤：检查投标人身份和保证金、公布最高投标限价"))
    );
}

/// Ruling 27: the amount is that of the signed tender file, in figures and in words.
#[test]
fn only_the_ceiling_of_the_tender_file_is_announced() {
    let opening = lot(all_duties(), Phase::Read);
    let said = |ceiling: Money, capital: String| {
        let event = Event::CeilingAnnounced(CeilingAnnounced { ceiling, capital });
        opening.twin.clone().check_and_apply(&host(), at(opening.now), &event)
    };
    let ceiling = terms().ceiling.unwrap();
    assert!(said(ceiling, ceiling.capital()).is_ok());
    let other = Money::fen(ceiling.minor() + 1).unwrap();
    assert_eq!(said(other, other.capital()).unwrap_err().label(), "bad-data");
    assert_eq!(said(other, ceiling.capital()).unwrap_err().label(), "bad-data");
    assert_eq!(said(ceiling, "壹元整".to_owned()).unwrap_err().label(), "bad-data");
    let dollars = Money::new(ceiling.minor(), Currency::Usd).unwrap();
    assert_eq!(said(dollars, ceiling.capital()).unwrap_err().label(), "bad-data");

    let mut without = Opening::new();
    let lot = LotPublished { ceiling: None, ..with(Template::Works.steps()) };
    without.input(&Input::LotPublished(Box::new(lot))).unwrap();
    without.walk_to(Phase::SealsChecked, 4);
    assert_eq!(label(without.command(&host(), &Command::AnnounceCeiling)), "no-ceiling");
}

/// Where no price opened, the reading is over without a word; not before a step that comes first.
#[test]
fn an_empty_reading_waits_for_its_turn() {
    let mut steps = all_duties();
    let ceiling = steps.remove(5);
    steps.insert(4, ceiling);
    let mut opening = lot(steps, Phase::UnsealingPrices);
    opening.release(Part::Price);
    let none =
        (1..=4).map(|no| not_opened(no, "SERVER_CORRUPT", Fault::NotBidder)).collect::<Vec<_>>();
    opening.input(&Input::PricesUnsealed(none)).unwrap();
    assert_eq!(opening.state.phase(), Phase::Published);
    assert_eq!((opening.state.next_due(), opening.state.due(at(opening.now))), (None, None));
    assert_eq!(label(opening.input(&Input::ReadingOver)), "step-turn");
    opening.host(&Command::AnnounceCeiling);
    assert_eq!(opening.state.phase(), Phase::Read);
    opening.walk_to(Phase::Closed, 4);
}
