//! 联合体: its members stand in the sealed sheet; who stands in two bids is named, and rejected by nobody.

use kaibiao_opening::*;
use kaibiao_types::*;

use crate::support::*;

fn sheet(no: u8, members: &[Party]) -> Result<PriceSheet, SheetError> {
    let tender = tender();
    let code = bidder_party(no).code;
    let sheet =
        PriceSheet::build(&tender.sheet_rules(Stage::FIRST), &code, price(no), sheet_fields())
            .unwrap();
    sheet.of_consortium(members.to_vec())
}

fn member(no: u8) -> Party {
    party(300 + u32::from(no), &format!("示例成员{no}"))
}

/// Bidder 1 with two members, one of whom stands with bidder 2 too; bidder 3 is a member of bidder 4.
pub fn closed() -> Opening {
    let mut opening = Opening::at(Phase::UnsealingPrices, 4);
    opening.release(Part::Price);
    let members = [vec![member(1), member(2)], vec![member(2)], Vec::new(), vec![bidder_party(3)]];
    let outcomes = (1..=4)
        .zip(&members)
        .map(|(no, members)| opened(no, sheet(no, members).unwrap().to_bytes()))
        .collect();
    opening.input(&Input::PricesUnsealed(outcomes)).unwrap();
    opening.walk_to(Phase::Closed, 4);
    opening
}

#[test]
fn who_stands_in_two_bids_is_named_and_not_rejected() {
    let record = OpeningRecord::new(&closed().state).unwrap();
    assert_eq!(record.rows[0].consortium, [member(1), member(2)]);
    assert!(record.rows[2].consortium.is_empty());
    let several: Vec<_> =
        record.in_several_bids.iter().map(|s| (s.code.clone(), s.positions.clone())).collect();
    let mut expected = [(member(2).code, vec![1, 2]), (bidder_party(3).code, vec![3, 4])];
    expected.sort();
    assert_eq!(several, expected);
    assert!(record.rows.iter().all(|row| row.verdict == Verdict::Opened && row.total.is_some()));
    let text = record.to_text();
    assert!(
        text.contains("联合体成员 Consortium with：示例成员1") && text.contains("In several bids")
    );
    // Without a consortium nobody stands in two bids, and no key says so.
    let plain = OpeningRecord::new(&Opening::at(Phase::Closed, 4).state).unwrap();
    assert!(plain.in_several_bids.is_empty());
    let json = String::from_utf8(plain.to_bytes()).unwrap();
    assert!(!json.contains("consortium") && !json.contains("in_several_bids"));
}

#[test]
fn a_sheet_without_a_consortium_has_the_old_form() {
    let plain = sheet(1, &[]).unwrap().to_bytes();
    assert_eq!(plain, sheet_bytes(1));
    let tender = tender();
    let parse = |text: String| {
        PriceSheet::parse(&tender.sheet_rules(Stage::FIRST), &bidder_party(1).code, text.as_bytes())
    };
    let text = String::from_utf8(plain).unwrap();
    let empty = text.replacen("}}", "},\"consortium\":[]}", 1);
    assert_ne!(text, empty);
    assert_eq!(parse(empty).unwrap_err().label(), "BIDDER_FORMAT_JSON");
    let with = sheet(1, &[member(1)]).unwrap();
    assert_eq!(parse(String::from_utf8(with.to_bytes()).unwrap()).unwrap(), with);
}

#[test]
fn members_are_other_organisations_each_once() {
    let many: Vec<Party> = (1..=21).map(member).collect();
    assert!(sheet(1, &many[..20]).is_ok());
    let twice = [member(1), Party { name: "另一名称".to_owned(), ..member(1) }];
    let hidden = [Party { name: "示例\u{202e}成员".to_owned(), ..member(1) }];
    let nameless = [Party { name: String::new(), ..member(1) }];
    for bad in [&many[..], &twice, &[bidder_party(1)], &hidden, &nameless] {
        assert_eq!(sheet(1, bad).unwrap_err().label(), "BIDDER_FORMAT_CONSORTIUM");
    }
    // Found at the opening, the bid is shown with its label and without a price.
    let good = String::from_utf8(sheet(1, &[member(1)]).unwrap().to_bytes()).unwrap();
    let own = good.replace(member(1).code.as_str(), bidder_party(1).code.as_str());
    let tender = tender();
    let error =
        PriceSheet::parse(&tender.sheet_rules(Stage::FIRST), &bidder_party(1).code, own.as_bytes())
            .unwrap_err();
    assert_eq!(error.label(), "BIDDER_FORMAT_CONSORTIUM");
}

/// A log that leaves a member out, or adds one, is not believed: the sheet is in it.
#[test]
fn members_follow_from_the_sheet() {
    let opening = closed();
    let place = opening.log.iter().position(|(_, _, e)| e.kind() == EventKind::PricesPublished);
    let place = place.unwrap();
    let changes: [fn(&mut PricesPublished); 3] = [
        |prices| prices.bids[0].consortium.clear(),
        |prices| prices.bids[2].consortium.push(member(1)),
        |prices| prices.bids[0].consortium.swap(0, 1),
    ];
    for change in changes {
        let mut state = State::new(lot_key());
        let mut log = opening.log.clone();
        let Event::PricesPublished(prices) = &mut log[place].2 else { panic!("prices") };
        change(prices);
        let outcome = log.iter().try_for_each(|(by, at, e)| state.check_and_apply(by, *at, e));
        let error = outcome.unwrap_err();
        assert_eq!((error.entry, error.label()), (u64::try_from(place).unwrap(), "bad-data"));
    }
}
