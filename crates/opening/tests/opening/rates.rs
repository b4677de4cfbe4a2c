//! 费率: percentages and parts per thousand as exact decimals, from the sheet to the sentence.

use std::collections::BTreeMap;

use kaibiao_opening::*;
use kaibiao_types::*;

use crate::support::*;

fn rate_fields() -> Vec<ReadOutField> {
    let field = |key: &str, zh: &str, en: &str, kind| ReadOutField {
        key: key.to_owned(),
        zh: zh.to_owned(),
        en: en.to_owned(),
        kind,
        unit: None,
        ceiling: None,
    };
    vec![
        field("price", "投标报价", "Price", FieldKind::Money),
        field("discount", "下浮率", "Down rate", FieldKind::Percent),
        field("fee", "代理费率", "Agency fee", FieldKind::PerMille),
    ]
}

fn values(discount: &str, fee: &str) -> BTreeMap<String, String> {
    [("discount", discount), ("fee", fee)].map(|(k, v)| (k.to_owned(), v.to_owned())).into()
}

fn tender_with_rates() -> TenderFile {
    let terms = Terms { fields: rate_fields(), steps: Template::GoodsServices.steps(), ..terms() };
    TenderFile::new(&TenderDraft::new(terms).unwrap(), announced()).unwrap()
}

fn sheet(no: u8, discount: &str, fee: &str) -> Result<PriceSheet, SheetError> {
    let tender = tender_with_rates();
    let code = bidder_party(no).code;
    PriceSheet::build(&tender.sheet_rules(Stage::FIRST), &code, price(no), values(discount, fee))
}

/// Goods and services with two rates; the ceiling is announced once the prices are public.
pub fn closed() -> Opening {
    let mut opening = Opening::new();
    let lot = LotPublished::new(&tender_with_rates(), digest(1, 5), digest(1, 6));
    opening.input(&Input::LotPublished(Box::new(lot))).unwrap();
    opening.walk_to(Phase::UnsealingPrices, 3);
    opening.release(Part::Price);
    let outcomes = [(1, "5.25", "1.5"), (2, "0", "12"), (3, "10", "0.000001")]
        .map(|(no, discount, fee)| opened(no, sheet(no, discount, fee).unwrap().to_bytes()));
    opening.input(&Input::PricesUnsealed(outcomes.to_vec())).unwrap();
    opening.host(&Command::AnnounceCeiling);
    opening.walk_to(Phase::Closed, 3);
    opening
}

#[test]
fn a_rate_is_read_in_words_and_figures() {
    let opening = closed();
    let sentences: Vec<(String, String)> = opening
        .log
        .iter()
        .filter_map(|(_, _, event)| match event {
            Event::PriceRead(reading) => Some((reading.zh.clone(), reading.en.clone())),
            _ => None,
        })
        .collect();
    let (zh, en) = &sentences[0];
    assert!(zh.ends_with("下浮率：百分之五点二五，5.25%。代理费率：千分之一点五，1.5‰。"), "{zh}");
    assert!(en.ends_with(" Down rate: 5.25 percent. Agency fee: 1.5 per mille."), "{en}");
    assert!(
        sentences[1].0.contains("百分之零，0%。代理费率：千分之十二，12‰"),
        "{:?}",
        sentences[1]
    );
    let record = OpeningRecord::new(&opening.state).unwrap();
    let shown: Vec<&str> = record.rows[2].fields.iter().map(|f| f.shown.zh.as_str()).collect();
    assert_eq!(shown, ["10%", "0.000001‰"]);
    assert_eq!(record.rows[2].fields[1].value, "0.000001");
}

/// Five percent and one and a half per mille at most.
fn with_ceilings() -> Terms {
    let mut fields = rate_fields();
    fields[1].ceiling = Some(Decimal::parse("5").unwrap());
    fields[2].ceiling = Some(Decimal::parse("1.5").unwrap());
    Terms { fields, steps: Template::GoodsServices.steps(), ..terms() }
}

/// Bidder 1 is above one ceiling, bidder 2 above none (equal is not above), bidder 3 above both.
pub fn over_ceilings() -> Opening {
    let tender = TenderFile::new(&TenderDraft::new(with_ceilings()).unwrap(), announced()).unwrap();
    let mut opening = Opening::new();
    let lot = LotPublished::new(&tender, digest(1, 5), digest(1, 6));
    opening.input(&Input::LotPublished(Box::new(lot))).unwrap();
    opening.walk_to(Phase::UnsealingPrices, 3);
    opening.release(Part::Price);
    let outcomes = [(1, "5.000001", "1.5"), (2, "5", "1.499999"), (3, "10", "2")]
        .map(|(no, discount, fee)| opened(no, sheet(no, discount, fee).unwrap().to_bytes()));
    opening.input(&Input::PricesUnsealed(outcomes.to_vec())).unwrap();
    opening.walk_to(Phase::Closed, 3);
    opening
}

#[test]
fn a_rate_above_its_ceiling_is_flagged_and_never_refused() {
    let opening = over_ceilings();
    let over: Vec<&[String]> = opening
        .state
        .prices()
        .unwrap()
        .bids
        .iter()
        .map(|bid| bid.rates_over_ceiling.as_slice())
        .collect();
    assert_eq!(over[0], ["discount"]);
    assert!(over[1].is_empty(), "equal is not above");
    assert_eq!(over[2], ["discount", "fee"]);
    assert!(opening.state.prices().unwrap().bids.iter().all(|bid| bid.verdict == Verdict::Opened));
    let said: Vec<&PriceRead> = opening
        .log
        .iter()
        .filter_map(|(_, _, event)| match event {
            Event::PriceRead(reading) => Some(reading),
            _ => None,
        })
        .collect();
    assert!(
        said[0].zh.contains("5.000001%，超过上限。代理费率：千分之一点五，1.5‰。"),
        "{}",
        said[0].zh
    );
    assert!(
        said[0].en.ends_with("5.000001 percent, above the ceiling. Agency fee: 1.5 per mille.")
    );
    assert!(!said[1].zh.contains("上限") && !said[1].en.contains("ceiling"));
    assert_eq!(said[2].zh.matches("超过上限").count(), 2);
    let record = OpeningRecord::new(&opening.state).unwrap();
    let flags = |row: usize| -> Vec<Option<String>> {
        record.rows[row].fields.iter().map(|f| f.over_ceiling.map(|c| c.to_string())).collect()
    };
    assert_eq!(flags(0), [Some("5".to_owned()), None]);
    assert_eq!(flags(1), [None, None]);
    assert_eq!(flags(2), [Some("5".to_owned()), Some("1.5".to_owned())]);
    assert_eq!(record.to_text().matches("above the ceiling").count(), 3);
    let json = String::from_utf8(record.to_bytes()).unwrap();
    assert_eq!(json.matches(r#""over_ceiling":"5""#).count(), 2);
}

/// A hall that leaves a flag out, or adds one: a reader derives them from the sheets.
#[test]
fn flags_follow_from_the_sheets() {
    let opening = over_ceilings();
    let place = opening.log.iter().position(|(_, _, e)| e.kind() == EventKind::PricesPublished);
    let refused = |change: fn(&mut PricesPublished)| {
        let mut state = State::new(lot_key());
        for (by, at, event) in &opening.log[..place.unwrap()] {
            state.check_and_apply(by, *at, event).unwrap();
        }
        let (by, at, event) = &opening.log[place.unwrap()];
        let Event::PricesPublished(mut prices) = event.clone() else { panic!("prices") };
        change(&mut prices);
        state.check_and_apply(by, *at, &Event::PricesPublished(prices)).unwrap_err().label()
    };
    assert_eq!(refused(|p| p.bids[0].rates_over_ceiling.clear()), "bad-data");
    assert_eq!(refused(|p| p.bids[1].rates_over_ceiling.push("fee".to_owned())), "bad-data");
    assert_eq!(refused(|p| p.bids[2].rates_over_ceiling.reverse()), "bad-data");
    assert_eq!(refused(|p| p.bids[2].rates_over_ceiling.truncate(1)), "bad-data");
}

#[test]
fn only_a_rate_has_a_ceiling_of_its_own() {
    for (key, kind) in [("n", FieldKind::Integer), ("m", FieldKind::Money), ("t", FieldKind::Text)]
    {
        let mut terms = with_ceilings();
        let ceiling = terms.fields[1].ceiling;
        let field = ReadOutField { key: key.to_owned(), kind, ceiling, ..terms.fields[1].clone() };
        terms.fields.push(field);
        assert_eq!(TenderDraft::new(terms).unwrap_err().label(), "E_TENDER_FIELD_CEILING");
    }
    let mut terms = with_ceilings();
    terms.fields[0].ceiling = terms.fields[1].ceiling;
    assert_eq!(TenderDraft::new(terms).unwrap_err().label(), "E_TENDER_FIELD_CEILING");
    let draft = TenderDraft::new(with_ceilings()).unwrap();
    let text = String::from_utf8(draft.to_bytes()).unwrap();
    assert_eq!(TenderDraft::parse(text.as_bytes()).unwrap(), draft);
    let key = r#""ceiling":"1.5"}"#;
    assert!(text.contains(key), "{text}");
    for other in ["\"1.50\"", "\"-1\"", "1.5", "null", "{}", "\"\""] {
        let text = text.replace(key, &["\"ceiling\":", other, "}"].concat());
        assert_eq!(TenderDraft::parse(text.as_bytes()).unwrap_err().label(), "E_TENDER_JSON");
    }
}

#[test]
fn another_form_of_a_rate_is_refused() {
    for bad in
        ["", "5.250", "05.25", "5.", ".5", "5,25", "-5", "+5", "5%", "5e0", "1.0000001", "5 "]
    {
        for error in [sheet(1, bad, "1").unwrap_err(), sheet(1, "1", bad).unwrap_err()] {
            assert_eq!(error.label(), "BIDDER_FORMAT_RATE", "{bad:?}");
        }
    }
    // Found at the opening, it is shown and not revoked (ruling 21).
    let good = String::from_utf8(sheet(1, "5.25", "1").unwrap().to_bytes()).unwrap();
    let tender = tender_with_rates();
    let bytes = good.replace("5.25", "5.250").into_bytes();
    let error = PriceSheet::parse(&tender.sheet_rules(Stage::FIRST), &bidder_party(1).code, &bytes)
        .unwrap_err();
    assert_eq!(error.label(), "BIDDER_FORMAT_RATE");
    let number = good.replace("\"5.25\"", "5").into_bytes();
    let error =
        PriceSheet::parse(&tender.sheet_rules(Stage::FIRST), &bidder_party(1).code, &number)
            .unwrap_err();
    assert_eq!(error.label(), "BIDDER_FORMAT_JSON");
}

#[test]
fn the_price_itself_is_money() {
    for kind in [FieldKind::Percent, FieldKind::PerMille] {
        let mut terms = terms();
        terms.fields[0].kind = kind;
        assert_eq!(TenderDraft::new(terms).unwrap_err().label(), "E_TENDER_FIELD_PRICE");
    }
}
