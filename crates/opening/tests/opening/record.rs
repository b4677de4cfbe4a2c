//! The opening record: the same bytes for the same log, and the same facts in both forms.

use kaibiao_opening::*;
use kaibiao_types::*;

use crate::events::{degraded, normal};
use crate::support::*;

fn before_record(opening: &Opening) -> State {
    let mut state = State::new(lot_key());
    for (by, at, event) in &opening.log {
        if event.kind() == EventKind::RecordGenerated {
            return state;
        }
        state.check_and_apply(by, *at, event).unwrap();
    }
    panic!("no record")
}

#[test]
#[allow(clippy::large_stack_arrays)] // one line for each record
fn records_are_vectors() {
    let lots = [
        ("normal", normal()),
        ("degraded", degraded()),
        ("drawn", crate::draw::closed()),
        ("works", crate::steps::closed()),
        ("held", crate::hold::closed()),
        ("decided", crate::fault::closed()),
        ("window", crate::window::closed()),
        ("unlocked", crate::bidder_window::closed()),
        ("locked", crate::bidder_window::strict()),
        ("attended", crate::sign_in::closed()),
        ("rates", crate::rates::closed()),
        ("consortium", crate::consortium::closed()),
    ];
    for (name, opening) in lots {
        let record = OpeningRecord::new(&before_record(&opening)).unwrap();
        let json = String::from_utf8(record.to_bytes()).unwrap();
        golden(&format!("record-{name}.json"), &format!("{json}\n"));
        golden(&format!("record-{name}.txt"), &record.to_text());
    }
}

#[test]
fn what_follows_the_record_does_not_enter_it() {
    let opening = normal();
    let record = OpeningRecord::new(&before_record(&opening)).unwrap();
    assert_eq!(OpeningRecord::new(&opening.state), Some(record));
    let mut late = Opening::at(Phase::RecordGenerated, 4);
    let record = OpeningRecord::new(&late.state).unwrap();
    late.command(&bidder(1), &Command::SignIn(None)).unwrap();
    late.host(&Command::StartUnsealing(Part::Documents));
    late.host(&Command::ConfirmTime { deadline: at(DEADLINE) });
    late.command(&supervisor(), &Command::ApproveTime { deadline: at(DEADLINE) }).unwrap();
    assert!(late.state.time_confirmed().is_some());
    late.release(Part::Documents);
    late.input(&Input::DocumentsUnsealed(documents(&late.state))).unwrap();
    late.host(&Command::Close);
    assert_eq!(OpeningRecord::new(&late.state), Some(record));
}

#[test]
fn no_record_before_every_price_is_read() {
    for phase in Phase::ALL.iter().copied().filter(|phase| *phase < Phase::Read) {
        let bidders = if matches!(phase, Phase::TooFew | Phase::Failed) { 2 } else { 4 };
        assert_eq!(OpeningRecord::new(&Opening::at(phase, bidders).state), None, "{phase}");
    }
    let mut open = Opening::at(Phase::Read, 4);
    open.command(&bidder(1), &Command::RaiseObjection("异议".to_owned())).unwrap();
    assert_eq!(OpeningRecord::new(&open.state), None);
}

#[test]
fn the_text_holds_every_fact_of_the_rows() {
    let record = OpeningRecord::new(&normal().state).unwrap();
    let text = record.to_text();
    for row in &record.rows {
        let mut facts = vec![row.bidder.name.clone(), row.bidder.code.to_string()];
        facts.extend([row.manifest_sha256.to_string(), row.completed_at.beijing()]);
        facts.extend(row.figures.clone());
        facts.extend(row.capital.clone());
        facts.extend(row.label.clone());
        facts.extend(row.fields.iter().map(|field| field.shown.zh.clone()));
        facts.extend(row.confirmed_at.map(UtcMillis::beijing));
        for fact in facts {
            assert!(text.contains(&fact), "{fact}");
        }
    }
    for fact in [
        "time = self",
        "custody = self",
        "超过限价",
        "非投标人原因（撤回）",
        "BIDDER_FORMAT_LOT",
        "按撤回处理",
        &record.freeze.freeze_id.to_string(),
        &record.ceremony_id.to_string(),
        "虚构",
    ] {
        assert!(text.contains(fact), "{fact}");
    }
    assert_eq!(record.rows[1].fault, Some(Fault::NotBidder));
    assert_eq!(record.rows[2].fault, None);
    assert!(record.rows[3].over_ceiling && !record.rows[0].over_ceiling);
    assert_eq!((record.rows.len(), record.freeze.receipted), (4, 5));
}

#[test]
fn a_degraded_freeze_names_the_absent() {
    let record = OpeningRecord::new(&degraded().state).unwrap();
    assert!(record.freeze.degraded);
    assert_eq!(record.freeze.absent, [custodian(2)]);
    assert!(record.to_text().contains("降级封存"));
    let whole = OpeningRecord::new(&normal().state).unwrap();
    assert!(!whole.freeze.degraded && whole.freeze.absent.is_empty());
    assert!(!whole.to_text().contains("降级封存"));
}

/// An objection cannot pass for a line of the record.
#[test]
fn words_of_parties_are_marked() {
    let mut opening = Opening::at(Phase::Read, 4);
    let forged = "无\n4. 示例投标人4\n   报价 Price：¥0.01，壹分".to_owned();
    opening.command(&bidder(1), &Command::RaiseObjection(forged)).unwrap();
    opening.host(&Command::AnswerObjection { no: 1, text: "已答复".to_owned() });
    let text = OpeningRecord::new(&opening.state).unwrap().to_text();
    assert!(text.contains("   > 4. 示例投标人4\n"));
    assert!(!text.contains("\n   报价 Price：¥0.01"));
}

#[test]
fn sentences_and_their_length() {
    let lot = lot_published();
    let words = PriceWords::new(
        &lot.fields,
        lot.currency,
        2,
        &bidder_party(2),
        Some(price(2)),
        &sheet_fields(),
    );
    assert_eq!(
        words.zh,
        "第2家，示例投标人2。投标报价：人民币捌拾万零贰佰肆拾陆元玖角整，¥800,246.90。\
         工期：365日历天。保证金：¥200,000.00。质量：合格。"
    );
    assert_eq!(
        words.en,
        "No. 2: 示例投标人2. Price: ¥800,246.90. Duration: 365 days. Bond: ¥200,000.00. \
         Quality: 合格."
    );
    let characters = u64::try_from(words.zh.chars().count()).unwrap();
    assert_eq!(words.duration, span(characters * 200));
    let mut dollars = lot;
    dollars.currency = Currency::Usd;
    let total = Money::new(143_138_890, Currency::Usd).unwrap();
    let words = PriceWords::new(
        &dollars.fields,
        Currency::Usd,
        1,
        &bidder_party(1),
        Some(total),
        &std::collections::BTreeMap::new(),
    );
    assert!(words.zh.contains("美元") && !words.zh.contains("人民币"), "{}", words.zh);
    assert!(words.en.contains("$1,431,388.90"));
}

fn bytes() -> Vec<u8> {
    OpeningRecord::new(&normal().state).unwrap().to_bytes()
}

#[test]
fn a_record_is_read_back_from_its_bytes() {
    for opening in [normal(), degraded(), crate::draw::closed()] {
        let record = OpeningRecord::new(&opening.state).unwrap();
        assert_eq!(OpeningRecord::read(&record.to_bytes()), Ok(record));
    }
}

/// The record with one text of it replaced.
fn with(from: &str, to: &str) -> Result<OpeningRecord, RecordError> {
    let text = String::from_utf8(bytes()).unwrap();
    assert!(text.contains(from), "{from}");
    OpeningRecord::read(text.replacen(from, to, 1).as_bytes())
}

#[test]
fn what_is_not_written_as_a_record_is_refused() {
    let label = |result: Result<OpeningRecord, RecordError>| result.unwrap_err().label();
    for (from, to, expected) in [
        ("{\"v\":1", "{\"v\":2", "E_RECORD_VERSION"),
        ("{\"v\":1", "{ \"v\":1", "E_RECORD_FORM"),
        ("{\"v\":1", "{\"v\":1,\"v\":1", "E_RECORD_SYNTAX"),
        ("{\"v\":1", "{\"v\":1.0", "E_RECORD_SYNTAX"),
        ("{\"v\":1", "{\"v\":1,\"extra\":0", "E_RECORD_SYNTAX"),
        ("\"opening-record\"", "\"price-sheet\"", "E_RECORD_SYNTAX"),
        ("\"min_bidders\":3,", "", "E_RECORD_SYNTAX"),
        ("\"objections\":[", "\"draws\":[],\"objections\":[", "E_RECORD_FORM"),
        ("\"figures\":\"¥800,123.45\"", "\"figures\":\"¥300,123.45\"", "E_RECORD_AMOUNT"),
        ("捌拾万", "叁拾万", "E_RECORD_AMOUNT"),
        ("\"figures\":\"¥800,123.45\"", "\"figures\":null", "E_RECORD_AMOUNT"),
        ("\"total\":{\"minor\":80012345", "\"total\":{\"minor\":80012346", "E_RECORD_AMOUNT"),
        ("示例工程", "示例工程\u{0}", "E_RECORD_SYNTAX"),
        ("示例工程", "\\u793a例工程", "E_RECORD_FORM"),
    ] {
        assert_eq!(label(with(from, to)), expected, "{from} {to}");
    }
    let whole = bytes();
    for cut in [0, 1, whole.len() / 2, whole.len() - 1] {
        assert_eq!(label(OpeningRecord::read(&whole[..cut])), "E_RECORD_SYNTAX", "{cut}");
    }
    let mut longer = whole;
    longer.push(b'\n');
    assert_eq!(label(OpeningRecord::read(&longer)), "E_RECORD_FORM");
    let huge = vec![b' '; limits::RECORD_BYTES + 1];
    assert_eq!(label(OpeningRecord::read(&huge)), "E_RECORD_TOO_LONG");
}
