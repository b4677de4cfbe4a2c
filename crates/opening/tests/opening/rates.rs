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
