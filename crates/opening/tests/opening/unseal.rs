//! From the start of the unsealing to prices and documents.

use kaibiao_opening::*;
use kaibiao_types::*;

use crate::support::*;

fn rule(result: Result<Vec<Event>, Refusal>) -> &'static str {
    match result.expect_err("a refusal") {
        Refusal::BadData { rule, .. } => rule.name(),
        other => other.label(),
    }
}

fn published(opening: &Opening) -> Vec<PublishedBid> {
    opening.state.prices().unwrap().bids.clone()
}

#[test]
fn custodians_see_exactly_what_they_may_raise_their_shares_for() {
    for phase in Phase::ALL {
        let bidders = if matches!(phase, Phase::TooFew | Phase::Failed) { 2 } else { 4 };
        if *phase == Phase::Failed {
            continue;
        }
        let opening = Opening::at(*phase, bidders);
        let unsealing = opening.state.unsealing();
        assert_eq!(unsealing.is_some(), *phase == Phase::UnsealingPrices, "{phase}");
    }
    let mut opening = Opening::at(Phase::UnsealingPrices, 4);
    let unsealing = opening.state.unsealing().unwrap();
    assert_eq!((unsealing.part, unsealing.freeze_id), (Part::Price, digest(5, 0)));
    assert_eq!(unsealing.bids.len(), 4);
    opening.release(Part::Price);
    opening.input(&Input::PricesUnsealed(outcomes(&opening.state))).unwrap();
    assert_eq!(opening.state.unsealing(), None);
    opening.host(&Command::StartUnsealing(Part::Documents));
    assert_eq!(opening.state.unsealing().unwrap().part, Part::Documents);
    opening.release(Part::Documents);
    opening.input(&Input::DocumentsUnsealed(documents(&opening.state))).unwrap();
    assert_eq!(opening.state.unsealing(), None);
}

#[test]
fn parts_start_once_and_in_order() {
    let mut opening = Opening::at(Phase::SealsChecked, 4);
    let start = |part| Command::StartUnsealing(part);
    assert_eq!(rule(opening.command(&host(), &start(Part::Documents))), "out-of-order");
    assert_eq!(rule(opening.command(&host(), &start(Part::Signals))), "nothing-to-unseal");
    opening.host(&start(Part::Price));
    assert_eq!(rule(opening.command(&host(), &start(Part::Price))), "out-of-order");
    assert_eq!(rule(opening.command(&host(), &start(Part::Documents))), "out-of-order");
    let mut opening = Opening::at(Phase::Published, 4);
    assert_eq!(rule(opening.command(&host(), &start(Part::Price))), "already-done");
    opening.host(&start(Part::Documents));
    assert_eq!(rule(opening.command(&host(), &start(Part::Documents))), "already-done");
}

#[test]
fn partials_are_complete_bound_and_counted_once() {
    let mut opening = Opening::at(Phase::UnsealingPrices, 4);
    let good = partials(&opening.state, 1, Part::Price);
    let mut release = |change: fn(&mut PartialsReceived)| {
        let mut partials = good.clone();
        change(&mut partials);
        rule(opening.input(&Input::PartialsReceived(partials)))
    };
    assert_eq!(release(|p| p.freeze_id = digest(5, 1)), "wrong-freeze");
    assert_eq!(release(|p| p.custodian = custodian(4)), "unknown-custodian");
    assert_eq!(release(|p| p.part = Part::Documents), "out-of-order");
    assert_eq!(release(|p| p.stage = Stage::new(2).unwrap()), "stage");
    assert_eq!(release(|p| p.partials = None), "partial-set");
    assert_eq!(release(|p| p.count = 3), "partial-set");
    let foreign = |p: &mut PartialsReceived| {
        p.partials.as_mut().unwrap()[0].manifest_sha256 = digest(99, 0);
    };
    assert_eq!(release(foreign), "partial-set");
    let twice = |p: &mut PartialsReceived| {
        let list = p.partials.as_mut().unwrap();
        list[0] = list[1].clone();
    };
    assert_eq!(release(twice), "partial-set");
    let none = |p: &mut PartialsReceived| (p.count, p.partials) = (0, Some(Vec::new()));
    assert_eq!(release(none), "partial-set");
    assert_eq!(release(|p| p.partials.as_mut().unwrap()[0].d = "02".repeat(32)), "shape");
    assert_eq!(release(|p| p.partials.as_mut().unwrap()[0].z = "0D".repeat(32)), "shape");
    opening.input(&Input::PartialsReceived(good.clone())).unwrap();
    assert_eq!(rule(opening.input(&Input::PartialsReceived(good))), "already-done");
    let mut early = Opening::at(Phase::SealsChecked, 4);
    let partials = partials(&early.state, 1, Part::Price);
    assert_eq!(rule(early.input(&Input::PartialsReceived(partials))), "out-of-order");
}

#[test]
fn prices_wait_for_k_custodians() {
    let mut opening = Opening::at(Phase::UnsealingPrices, 4);
    let prices = Input::PricesUnsealed(outcomes(&opening.state));
    assert_eq!(opening.input(&prices), Err(Refusal::CustodyIncomplete { have: 0, need: 2 }));
    let first = partials(&opening.state, 3, Part::Price);
    opening.input(&Input::PartialsReceived(first)).unwrap();
    assert_eq!(opening.input(&prices), Err(Refusal::CustodyIncomplete { have: 1, need: 2 }));
    // Not given up either, while the third may still release.
    let lost = |no| not_opened(no, "UNOPENED_CUSTODY", Fault::NotBidder);
    let given_up = Input::PricesUnsealed((1..=4).map(lost).collect());
    assert_eq!(rule(opening.input(&given_up)), "custody-incomplete");
    let second = partials(&opening.state, 1, Part::Price);
    opening.input(&Input::PartialsReceived(second)).unwrap();
    opening.input(&prices).unwrap();
    assert_eq!(rule(opening.input(&prices)), "out-of-order");
}

/// Ruling 21: too few partials are never the bidder's fault.
#[test]
fn when_custodians_refuse_the_bidder_is_not_to_blame() {
    let mut opening = Opening::at(Phase::UnsealingPrices, 4);
    opening.input(&refused_by(1)).unwrap();
    opening.input(&refused_by(2)).unwrap();
    let lost = |fault| {
        Input::PricesUnsealed((1..=4).map(|no| not_opened(no, "UNOPENED_CUSTODY", fault)).collect())
    };
    assert_eq!(rule(opening.input(&lost(Fault::Bidder))), "blame");
    let prices = Input::PricesUnsealed(outcomes(&opening.state));
    assert_eq!(rule(opening.input(&prices)), "custody-incomplete");
    // A custodian that changes its mind is heard.
    let mut changed = opening.clone();
    changed.release(Part::Price);
    changed.input(&prices).unwrap();
    let events = opening.input(&lost(Fault::NotBidder)).unwrap();
    assert_eq!(events.len(), 2, "nothing to read, so the reading is over at once");
    assert_eq!(opening.state.phase(), Phase::Read);
}

#[test]
fn a_refusal_from_before_the_unsealing_does_not_count() {
    let mut opening = Opening::at(Phase::SealsChecked, 4);
    opening.input(&refused_by(1)).unwrap();
    opening.input(&refused_by(2)).unwrap();
    opening.host(&Command::StartUnsealing(Part::Price));
    let lost = |no| not_opened(no, "UNOPENED_CUSTODY", Fault::NotBidder);
    let given_up = Input::PricesUnsealed((1..=4).map(lost).collect());
    assert_eq!(rule(opening.input(&given_up)), "custody-incomplete");
}

/// Promise 7: one bad bid never stops the others, and each has its own verdict.
#[test]
fn each_bid_has_its_own_verdict() {
    let mut opening = Opening::at(Phase::UnsealingPrices, 4);
    opening.release(Part::Price);
    let wrong = String::from_utf8(sheet_bytes(3)).unwrap().replace("\"L1\"", "\"L2\"");
    let outcomes = vec![
        opened(4, sheet_bytes(4)),
        opened(3, wrong.into_bytes()),
        not_opened(2, "BIDDER_GARBAGE", Fault::Bidder),
        opened(1, sheet_bytes(1)),
    ];
    opening.input(&Input::PricesUnsealed(outcomes)).unwrap();
    let bids = published(&opening);
    let verdicts: Vec<_> = bids.iter().map(|bid| bid.verdict).collect();
    assert_eq!(
        verdicts,
        [Verdict::Opened, Verdict::NotOpened, Verdict::BadFormat, Verdict::Opened]
    );
    assert_eq!((bids[0].total, bids[0].over_ceiling), (Some(price(1)), false));
    assert_eq!((bids[1].fault, bids[1].sheet_b64.clone()), (Some(Fault::Bidder), None));
    // Ruling 21: opened and flagged, not revoked.
    assert_eq!((bids[2].fault, bids[2].total), (None, None));
    assert_eq!(bids[2].label.as_deref(), Some("BIDDER_FORMAT_LOT"));
    assert!(bids[2].sheet_bytes().is_some());
    assert!(bids[3].over_ceiling);
    assert_eq!(opening.state.priced_bids().count(), 2);
    assert_eq!(rule(opening.command(&bidder(2), &Command::ConfirmPrice)), "no-price");
    assert_eq!(rule(opening.command(&bidder(3), &Command::ConfirmPrice)), "no-price");
    opening.command(&bidder(4), &Command::ConfirmPrice).unwrap();
}

/// Promise 6: all prices, in one step, and each follows from its plaintext.
#[test]
fn prices_cannot_be_chosen() {
    let mut opening = Opening::at(Phase::UnsealingPrices, 4);
    opening.release(Part::Price);
    let all = outcomes(&opening.state);
    let prices = |list: &[PriceOutcome]| {
        rule(opening.state.decide_input(&Input::PricesUnsealed(list.to_vec()), at(opening.now)))
    };
    assert_eq!(prices(&all[1..]), "verdict");
    assert_eq!(prices(&[]), "verdict");
    let mut doubled = all.clone();
    doubled.push(all[0].clone());
    assert_eq!(prices(&doubled), "verdict");
    let mut foreign = all.clone();
    foreign[0].manifest_sha256 = digest(99, 0);
    assert_eq!(prices(&foreign), "verdict");
    assert_eq!(
        prices(&[all[1..].to_vec(), vec![not_opened(1, "not a label", Fault::Bidder)]].concat()),
        "shape"
    );

    let event =
        opening.state.decide_input(&Input::PricesUnsealed(all), at(opening.now)).unwrap().remove(0);
    let Event::PricesPublished(good) = event else { panic!("prices") };
    let broken = |change: fn(&mut Vec<PublishedBid>)| {
        let mut prices = good.clone();
        change(&mut prices.bids);
        let event = Event::PricesPublished(prices);
        let error = opening.twin.clone().check_and_apply(&Actor::Hall, at(opening.now), &event);
        let Refusal::BadData { rule, .. } = error.unwrap_err().refusal else { panic!("bad data") };
        assert_eq!(rule, DataRule::Verdict);
    };
    broken(|bids| bids[0].total = Some(price(2)));
    broken(|bids| bids[0].total = None);
    broken(|bids| bids.swap(0, 1));
    broken(|bids| drop(bids.pop()));
    broken(|bids| bids[3].over_ceiling = false);
    broken(|bids| bids[0].over_ceiling = true);
    broken(|bids| bids[0].sheet_b64 = bids[1].sheet_b64.clone());
    broken(|bids| bids[0].sheet_b64 = Some("not base64".to_owned()));
    broken(|bids| bids[0].sheet_sha256 = None);
    broken(|bids| bids[0].fault = Some(Fault::Bidder));
    broken(|bids| bids[0].label = Some("BIDDER_FORMAT_JSON".to_owned()));
    broken(|bids| bids[0].verdict = Verdict::BadFormat);
    broken(|bids| bids[0].verdict = Verdict::NotOpened);
    broken(|bids| bids[0].bidder.name = "另一家".to_owned());
    broken(|bids| drop(bids[0].fields.as_mut().unwrap().insert("days".into(), "1".into())));
}

#[test]
fn documents_follow_their_own_rules() {
    let mut opening = Opening::at(Phase::Published, 4);
    let all = documents(&opening.state);
    let through = |opening: &mut Opening, bids: &[OpenedDocument]| {
        opening.input(&Input::DocumentsUnsealed(bids.to_vec()))
    };
    assert_eq!(rule(through(&mut opening, &all)), "out-of-order");
    opening.host(&Command::StartUnsealing(Part::Documents));
    assert_eq!(rule(through(&mut opening, &all)), "custody-incomplete");
    let good = partials(&opening.state, 1, Part::Documents);
    // Ruling 23: partials of documents never stand in the public log.
    let mut public = good.clone();
    public.partials = Some(vec![partial(digest(2, 1))]);
    assert_eq!(rule(opening.input(&Input::PartialsReceived(public))), "partial-set");
    let mut many = good;
    many.count = 5;
    assert_eq!(rule(opening.input(&Input::PartialsReceived(many))), "partial-set");
    opening.release(Part::Documents);
    assert_eq!(rule(through(&mut opening, &all[1..])), "verdict");
    let mut broken = |change: fn(&mut OpenedDocument)| {
        let mut bids = all.clone();
        change(&mut bids[0]);
        assert_eq!(rule(through(&mut opening, &bids)), "verdict");
    };
    broken(|bid| bid.manifest_sha256 = digest(2, 2));
    broken(|bid| bid.bidder = code(999));
    broken(|bid| bid.verdict = Verdict::BadFormat);
    broken(|bid| bid.verdict = Verdict::NotOpened);
    broken(|bid| bid.plain_len = None);
    broken(|bid| bid.fault = Some(Fault::Bidder));
    through(&mut opening, &all).unwrap();
    assert_eq!(rule(through(&mut opening, &all)), "out-of-order");
}

#[test]
fn documents_can_be_unsealed_until_the_end() {
    for phase in [Phase::Published, Phase::Reading, Phase::Read, Phase::RecordGenerated] {
        let mut opening = Opening::at(phase, 4);
        opening.open_documents();
        assert_eq!(opening.state.phase(), phase);
        assert!(opening.state.documents().is_some());
    }
}

#[test]
fn a_bid_without_a_price_part_does_not_stop_the_others() {
    let mut opening = Opening::at(Phase::IntakeClosed, 4);
    let mut set = set(4);
    set.bids[1].objects.remove(0);
    opening.input(&Input::SetFrozen(set)).unwrap();
    for no in [1, 2, 3] {
        opening.input(&freeze_signed(no)).unwrap();
    }
    opening.host(&Command::PublishBidders);
    opening.input(&Input::SealsChecked(seals(&opening.state))).unwrap();
    opening.host(&Command::StartUnsealing(Part::Price));
    assert_eq!(opening.state.unsealing().unwrap().bids.len(), 3);
    for no in [1, 2] {
        let mut partials = partials(&opening.state, no, Part::Price);
        partials.partials.as_mut().unwrap().remove(1);
        partials.count = 3;
        opening.input(&Input::PartialsReceived(partials)).unwrap();
    }
    assert_eq!(rule(opening.input(&Input::PricesUnsealed(outcomes(&opening.state)))), "verdict");
    let mut outcomes = outcomes(&opening.state);
    outcomes[1] = not_opened(2, "BIDDER_NO_PRICE", Fault::Bidder);
    opening.input(&Input::PricesUnsealed(outcomes)).unwrap();
    assert_eq!(opening.state.priced_bids().count(), 3);
}
