use kaibiao_opening::*;
use kaibiao_types::*;

use crate::support::*;

fn parse(bytes: &[u8]) -> Result<PriceSheet, SheetError> {
    let tender = tender();
    PriceSheet::parse(&tender.sheet_rules(Stage::FIRST), &bidder_party(1).code, bytes)
}

fn refused(from: &str, to: &str) -> &'static str {
    let good = String::from_utf8(sheet_bytes(1)).unwrap();
    let bad = good.replacen(from, to, 1);
    assert_ne!(good, bad, "{from} is in the sheet");
    parse(bad.as_bytes()).expect_err("a refusal").label()
}

#[test]
fn a_sheet_round_trips() {
    let bytes = sheet_bytes(1);
    let sheet = parse(&bytes).unwrap();
    assert_eq!(sheet.to_bytes(), bytes);
    assert_eq!(sheet.total(), Some(price(1)));
    assert_eq!(sheet.fields(), &sheet_fields());
    golden("sheet.json", &format!("{}\n", String::from_utf8(bytes).unwrap()));
}

#[test]
fn each_defect_has_its_label() {
    assert_eq!(refused("\"v\":1", "\"v\":2"), "BIDDER_FORMAT_VERSION");
    assert_eq!(refused("\"lot\":\"L1\"", "\"lot\":\"L2\""), "BIDDER_FORMAT_LOT");
    assert_eq!(refused("ZZ-2022-0705", "ZZ-2022-0706"), "BIDDER_FORMAT_LOT");
    let (own, other) = (bidder_party(1).code, bidder_party(2).code);
    assert_eq!(refused(own.as_str(), other.as_str()), "BIDDER_FORMAT_BIDDER");
    assert_eq!(refused("CNY", "USD"), "BIDDER_FORMAT_CURRENCY");
    assert_eq!(refused(",\"quality\":\"合格\"", ""), "BIDDER_FORMAT_MISSING");
    assert_eq!(
        refused("\"quality\":\"合格\"", "\"quality\":\"合格\",\"z\":\"1\""),
        "BIDDER_FORMAT_UNKNOWN"
    );
    assert_eq!(
        refused("\"quality\":\"合格\"", "\"price\":\"1\",\"quality\":\"合格\""),
        "BIDDER_FORMAT_UNKNOWN"
    );
    for bad in ["", "0365", "-1", "+1", "1.0", " 1", "１", "1e2", "1234567890123456"] {
        assert_eq!(refused("\"365\"", &format!("\"{bad}\"")), "BIDDER_FORMAT_INTEGER", "{bad}");
    }
    for bad in ["", "-1", "1.234", "1,000", "¥1", "90071992547409.92"] {
        assert_eq!(refused("\"200000\"", &format!("\"{bad}\"")), "BIDDER_FORMAT_MONEY", "{bad}");
    }
    for bad in ["", " 合格", "合\\n格", "合\\u202e格", &"长".repeat(501)] {
        assert_eq!(refused("\"合格\"", &format!("\"{bad}\"")), "BIDDER_FORMAT_TEXT", "{bad}");
    }
}

#[test]
fn not_strict_json_is_not_a_sheet() {
    for (from, to) in [
        ("\"365\"", "365"),
        ("\"minor\":", "\"minor\":1,\"minor\":"),
        ("\"days\":\"365\"", "\"days\":\"1\",\"days\":\"365\""),
        ("\"v\":1,", ""),
        ("\"kind\":\"price-sheet\"", "\"kind\":\"sheet\""),
        ("{\"v\"", "{\"x\":1,\"v\""),
        ("{\"minor\":80012345,\"currency\":\"CNY\"}", "[80012345,\"CNY\"]"),
        ("{\"minor\":80012345,", "{\"minor\":80012345.5,"),
        ("{\"minor\":80012345,", "{\"minor\":9007199254740992,"),
        ("{\"minor\":80012345,", "{\"minor\":-1,"),
    ] {
        assert_eq!(refused(from, to), "BIDDER_FORMAT_JSON", "{from} -> {to}");
    }
    for bad in [&b""[..], b"[]", b"null", b"\xff\xfe", b"{}", &[0; 100]] {
        assert_eq!(parse(bad).unwrap_err().label(), "BIDDER_FORMAT_JSON");
    }
}

#[test]
fn the_bucket_is_the_limit() {
    let mut bytes = sheet_bytes(1);
    bytes.resize(65_528, b' ');
    assert!(parse(&bytes).is_ok());
    bytes.push(b' ');
    assert_eq!(parse(&bytes).unwrap_err().label(), "BIDDER_FORMAT_JSON");
}

#[test]
fn nothing_wrong_can_be_built() {
    let tender = tender();
    let build = |total, fields| {
        PriceSheet::build(&tender.sheet_rules(Stage::FIRST), &bidder_party(1).code, total, fields)
    };
    assert!(build(price(1), sheet_fields()).is_ok());
    let dollars = Money::new(1, Currency::Usd).unwrap();
    assert_eq!(build(dollars, sheet_fields()), Err(SheetError::Currency));
    let mut fields = sheet_fields();
    fields.remove("days");
    assert_eq!(build(price(1), fields), Err(SheetError::Missing("days".into())));
    let mut fields = sheet_fields();
    fields.insert("price".into(), "1".into());
    assert_eq!(build(price(1), fields), Err(SheetError::Unknown("price".into())));
    let mut fields = sheet_fields();
    fields.insert("days".into(), "a year".into());
    assert_eq!(build(price(1), fields), Err(SheetError::Integer("days".into())));
}
