//! Every fixture tender agrees with itself and with the roster, and the check would notice if not.

use std::path::Path;
use std::process::Command;

use kaibiao_testkit::{
    FICTIONAL_MARK, FIXTURE_NAMES, FieldKind, Fixture, LoadError, Roster, fixtures, require_tool,
    skip_unless_shared, workspace_root,
};
use kaibiao_types::{Currency, Money};
use serde_json::Value;

const SCRIPTS: [&str; 3] = ["make_indot.py", "make_works.py", "make_zhuzhou.py"];

fn works() -> (Fixture, Roster) {
    (Fixture::load("works-12").unwrap(), Roster::load().unwrap())
}

/// The problems of the works tender after one change.
fn after(change: impl FnOnce(&mut Fixture)) -> Vec<String> {
    let (mut fixture, roster) = works();
    change(&mut fixture);
    fixture.problems(&roster)
}

fn assert_found(problems: &[String], text: &str) {
    assert!(problems.iter().any(|problem| problem.contains(text)), "{text}: {problems:?}");
}

#[test]
fn all_fixtures_are_consistent() {
    let roster = Roster::load().unwrap();
    for name in FIXTURE_NAMES {
        let fixture = Fixture::load(name).unwrap();
        assert_eq!(fixture.name, name);
        assert_eq!(fixture.problems(&roster), Vec::<String>::new(), "{name}");
        assert!(!fixture.fictional.is_empty() && !fixture.notes.is_empty(), "{name}");
        assert_eq!(fixture.bidders.len(), roster.bidders(name).len(), "{name}");
    }
}

#[test]
fn the_works_tender_has_twelve_bids_and_one_over_the_ceiling() {
    let (fixture, _) = works();
    let ceiling = fixture.draft.ceiling.unwrap();
    let over = fixture.bidders.iter().filter(|b| b.sheet.total.minor() > ceiling.minor()).count();
    assert_eq!((fixture.bidders.len(), over, ceiling.currency()), (12, 1, Currency::Cny));
    assert!(fixture.bidders.iter().all(|bidder| bidder.items.len() >= 40));
    let keys: Vec<&str> = fixture.draft.fields.iter().map(|field| field.key.as_str()).collect();
    assert_eq!(keys, ["price", "duration_days", "quality", "manager"]);
    assert_eq!(fixture.draft.fields[1].kind, FieldKind::Integer);
}

#[test]
fn the_procurement_keeps_its_files_for_fifteen_years() {
    // 政府采购法 art. 42: at least fifteen years.
    let fixture = Fixture::load("zhuzhou-2022").unwrap();
    assert_eq!(fixture.draft.template, "government-procurement");
    assert_eq!(fixture.draft.title.zh, "株洲市城市照明设施维护服务");
    assert_eq!((fixture.bidders.len(), fixture.draft.retention_years), (4, 15));
}

#[test]
fn wrong_amounts_are_found() {
    let other = Money::fen(1).unwrap();
    assert_found(&after(|f| f.bidders[3].sheet.total = other), "bidder-works-12-04: total");
    assert_found(&after(|f| f.bidders[0].items[4].amount = other), "item 5: amount");
    assert_found(&after(|f| f.bidders[0].items[4].unit_price = other), "item 5: amount");
    assert_found(&after(|f| f.bidders[0].items[4].quantity_milli += 1000), "item 5: amount");
    assert_found(&after(|f| drop(f.bidders[0].items.remove(4))), "total is not the sum");
    assert_found(&after(|f| f.bidders[0].items.swap(0, 1)), "item 1: numbered 2");
}

#[test]
fn mixed_currencies_are_found() {
    let dollar = |money: Money| Money::new(money.minor(), Currency::Usd).unwrap();
    let total = after(|f| f.bidders[0].sheet.total = dollar(f.bidders[0].sheet.total));
    assert_found(&total, "total is not the sum");
    let item = after(|f| f.bidders[0].items[0].amount = dollar(f.bidders[0].items[0].amount));
    assert_found(&item, "item 1: amount");
    assert_found(&after(|f| f.draft.ceiling = f.draft.ceiling.map(dollar)), "another currency");
}

#[test]
fn wrong_parties_are_found() {
    let second = works().0.bidders[1].party.clone();
    assert_found(&after(|f| f.bidders[0].party = second.clone()), "not the party of the roster");
    assert_found(&after(|f| f.draft.tenderee = second.clone()), "tenderee-works-12: not the party");
    assert_found(&after(|f| f.draft.host = second.clone()), "host-works-12: not the party");
    assert_found(&after(|f| f.draft.supervisor = second.clone()), "supervisor-works-12: not the");
    assert_found(&after(|f| f.bidders[0].identity = "custodian-1".into()), "not a bidder");
    assert_found(&after(|f| f.bidders[0].identity = "bidder-works-12-99".into()), "not a bidder");
    assert_found(&after(|f| f.bidders[2] = f.bidders[1].clone()), "bids twice");
    assert_found(&after(|f| f.bidders.truncate(2)), "fewer bidders");
}

#[test]
fn wrong_fields_are_found() {
    let set = |f: &mut Fixture, key: &str, text: &str| {
        f.bidders[0].sheet.fields.insert(key.into(), text.into());
    };
    assert_found(&after(|f| set(f, "duration_days", "360 天")), "duration_days is not");
    assert_found(&after(|f| set(f, "duration_days", "")), "duration_days is not");
    assert_found(&after(|f| set(f, "price", "1")), "fields differ");
    assert_found(&after(|f| f.bidders[0].sheet.fields.clear()), "fields differ");
    assert_found(&after(|f| drop(f.draft.fields.remove(0))), "not the price");
    assert_found(&after(|f| f.draft.ticks.clear()), "no tick rule");
    assert_found(&after(|f| f.draft.kind = "tender".into()), "version or kind");
}

#[test]
fn an_invented_name_without_its_mark_is_found() {
    let strip = |name: &mut String| *name = name.trim_end_matches(FICTIONAL_MARK).to_owned();
    assert_found(&after(|f| strip(&mut f.bidders[5].party.name)), "without its mark");
    assert_found(&after(|f| strip(&mut f.draft.agency.as_mut().unwrap().name)), "without its mark");
    let mut indot = Fixture::load("indot-b40891").unwrap();
    indot.bidders[0].party.name.push_str(FICTIONAL_MARK);
    assert_found(&indot.problems(&Roster::load().unwrap()), "a real name marked as invented");
}

/// Every text of a JSON value, keys excepted.
fn texts<'v>(value: &'v Value, out: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => out.push(text),
        Value::Array(values) => values.iter().for_each(|value| texts(value, out)),
        Value::Object(map) => map.values().for_each(|value| texts(value, out)),
        _ => {}
    }
}

#[test]
fn no_text_names_an_invented_organisation_without_its_mark() {
    // Words that only names of organisations have, wherever they may stand.
    let words =
        ["公司", "集团", "事务所", "公证处", "档案馆", "监督管理局", "工程局", "LLC", "实验室"];
    let mut paths: Vec<_> = FIXTURE_NAMES
        .iter()
        .map(|name| fixtures().join("tenders").join(format!("{name}.json")))
        .collect();
    paths.push(workspace_root().join("keys-dev/roster.json"));
    let mut names = 0;
    for path in paths {
        let value: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let mut found = Vec::new();
        texts(&value, &mut found);
        for text in found.into_iter().filter(|text| words.iter().any(|word| text.contains(word))) {
            names += 1;
            let marked = text.ends_with(FICTIONAL_MARK) || text == "E & B PAVING LLC";
            assert!(marked, "{}: {text}", path.display());
        }
    }
    assert!(names > 50, "only {names} names seen");
}

#[test]
fn a_fixture_with_an_unknown_key_is_refused() {
    assert!(matches!(Fixture::load("no-such-tender"), Err(LoadError::Read(..))));
    let path = fixtures().join("tenders/works-12.json");
    let text = std::fs::read_to_string(path).unwrap();
    assert!(serde_json::from_str::<Fixture>(&text).is_ok());
    for (good, bad) in [
        ("\"v\":1,", "\"v\":1,\"hidden\":1,"),
        ("\"v\":1,", "\"v\":1,\"v\":1,"),
        ("\"places\":1024", "\"places\":1024.0"),
        ("\"quantity_milli\":", "\"quantity_milli\":-"),
        ("\"currency\":\"CNY\"", "\"currency\":\"EUR\""),
    ] {
        let changed = text.replacen(good, bad, 1);
        assert_ne!(changed, text, "{good}");
        assert!(serde_json::from_str::<Fixture>(&changed).is_err(), "{bad}");
    }
    assert!(serde_json::from_str::<Fixture>(&format!("{text}x")).is_err());
}

/// Copies the scripts and the roster to a folder of their own and runs them there.
fn remake(root: &Path, arguments: &[(&str, Option<&Path>)]) {
    let (tenders, keys) = (root.join("fixtures/tenders"), root.join("keys-dev"));
    std::fs::create_dir_all(&tenders).unwrap();
    std::fs::create_dir_all(&keys).unwrap();
    let from = workspace_root();
    std::fs::copy(from.join("keys-dev/roster.json"), keys.join("roster.json")).unwrap();
    for script in SCRIPTS.iter().chain(&["fixture.py"]) {
        std::fs::copy(fixtures().join("tenders").join(script), tenders.join(script)).unwrap();
    }
    for (script, argument) in arguments {
        let mut command = Command::new("python3");
        command.arg("-B").arg(tenders.join(script)).args(argument.iter());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

fn assert_same(root: &Path, name: &str) {
    let path = Path::new("tenders").join(format!("{name}.json"));
    let committed = std::fs::read(fixtures().join(&path)).unwrap();
    assert!(std::fs::read(root.join("fixtures").join(&path)).unwrap() == committed, "{name}");
}

#[test]
fn the_scripts_make_the_committed_bytes() {
    if !require_tool("python3") {
        return;
    }
    let root = tempfile::tempdir().unwrap();
    remake(root.path(), &[("make_works.py", None), ("make_zhuzhou.py", None)]);
    assert_same(root.path(), "works-12");
    assert_same(root.path(), "zhuzhou-2022");
}

#[test]
fn the_public_file_makes_the_committed_bytes() {
    let shared = skip_unless_shared!();
    if !require_tool("python3") {
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let csv = shared.join("data/indot-letting-2026-04-08.csv");
    remake(root.path(), &[("make_indot.py", Some(&csv))]);
    assert_same(root.path(), "indot-b40891");
}
